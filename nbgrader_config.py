"""The course as nbgrader sees it: it looks for this file in the folder where it is started.

`make grade` and `make exercises` read it too. Work folders lie under grading/, which git ignores.
"""

import os

from forkgrade import AUTOGRADE, FEEDBACK, SANITIZE, WEB_PAGES

c = get_config()  # noqa: F821  (traitlets defines it)

course = c.CourseDirectory
course.source_directory = "solutions"
course.release_directory = os.path.join("grading", "release")
course.submitted_directory = os.path.join("grading", "submitted")
course.autograded_directory = os.path.join("grading", "autograded")
course.feedback_directory = os.path.join("grading", "feedback")
# What only an instructor may have, and what a student may not hand on: nbgrader copies every other
# file.
course.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "private", *WEB_PAGES]
# A writer waits for another one's lock; after SQLite's own 5 s nbgrader would stop.
course.db_url = "sqlite:///grading/gradebook.db?timeout=60"

# An untouched exercise runs: its check then says that it was not attempted.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
c.ClearSolutions.text_stub = "*Your answer here.*"

c.Limits.course_packages = ["plainjudge", "autograd_seen"]
# What every notebook's first picture and first error would make, which all can share.
c.Limits.warm_up = [
    "1 / 0",
    "import torch\nfrom autograd_seen import draw_graph\n"
    "w = torch.nn.Parameter(torch.ones(()))\n"
    "draw_graph(torch.ones(2, requires_grad=True).exp().sum() * 2 + w)",
    "get_ipython().find_line_magic('load_ext')",
    "from autograd_seen.explained import rows_for\nrows_for('ZeroDivisionError: division by zero')",
]
# An exercise with an oracle is asked by this function, and judged elsewhere.
c.Judge.probe = "autograd_seen.checks.probing.observe"

c.Autograde.sanitize_preprocessors = SANITIZE
c.Autograde.autograde_preprocessors = AUTOGRADE
c.GenerateFeedback.preprocessors = FEEDBACK
c.GenerateFeedback.exporter_class = "forkgrade.feedback.FeedbackPage"
# A notebook is validated after the last preprocessor, not after each.
c.Exporter.optimistic_validation = True
