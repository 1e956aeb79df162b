"""What nbgrader lacks, through its own extension points: speed, limits, and a grade for every
submission.

An instructor's own nbgrader_config.py takes these lists, and the class of the pages:

    c = get_config()
    from forkgrade import AUTOGRADE, FEEDBACK, SANITIZE, WEB_PAGES
    c.Autograde.sanitize_preprocessors, c.Autograde.autograde_preprocessors = SANITIZE, AUTOGRADE
    c.GenerateFeedback.preprocessors = FEEDBACK
    c.GenerateFeedback.exporter_class = "forkgrade.feedback.FeedbackPage"
    c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "private", *WEB_PAGES]

Importing this package imports neither nbgrader nor torch.

From a run down to the process of a notebook: run (what has no grade yet), batches (read, graded,
written), pool and cluster (many at once), grade (bytes and a bundle in, a record out, by restore,
execute, points, make_safe and feedback), judge and asked (what is asked in the place of a test, the
verdict), writer and gradebook (where nbgrader looks for it), safe_html (what a browser may see),
warm_client and warm_server (a process that holds torch), supervise, child, cells (one notebook).
"""

__all__ = ["AUTOGRADE", "FEEDBACK", "SANITIZE", "WEB_PAGES"]

SANITIZE = [
    "nbgrader.preprocessors.ClearOutput",
    "forkgrade.restore.Restore",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
AUTOGRADE = [
    "forkgrade.execute.Execute",
    "nbgrader.preprocessors.LimitOutput",
    "forkgrade.points.SavePoints",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    "forkgrade.make_safe.MakeSafe",
]
FEEDBACK = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "forkgrade.feedback.ShowNotes",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
#: What a browser opens as a page of its own. nbgrader copies what is handed in from step to step,
#: and its form grader serves it.
WEB_PAGES = (
    "*.[hH][tT][mM]*",
    "*.[sSxX][hH][tT]*",
    "*.[mM][hH][tT]*",
    "*.[sS][vV][gG]*",
    "*.[xX][mMsS][lL]*",
    "*.[pP][dD][fF]",
)
