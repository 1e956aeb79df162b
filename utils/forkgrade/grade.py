"""Grades one submission: nbgrader's own converters, on a copy that nbgrader can read."""

import json
import os
import re
import tempfile
import traceback
from logging import Logger
from pathlib import Path

from nbgrader.converters import Autograde, GenerateFeedback

from forkgrade.course import Course
from forkgrade.error_log import ErrorLog, open_log, own_failure
from forkgrade.gradebook import withdraw_scores
from forkgrade.notes import KEY
from forkgrade.records import GRADED, NOT_GRADED, Record, Submission
from forkgrade.scratch import remove
from forkgrade.staging import Rejected, stage, unsupported_characters
from forkgrade.warm_client import WarmClient


def grade(submission: Submission, course: Course, client: WarmClient | None = None) -> Record:
    """Grades one submission and returns what came of it, whatever that is.

    Its points and pages are where nbgrader puts them. `client` leads to the warm process that runs
    its notebooks; without one each notebook gets a process of its own.
    """
    record = Record(submission.student, submission.assignment, submission.digest)
    course.staging.mkdir(parents=True, exist_ok=True)
    staging = tempfile.mkdtemp(dir=course.staging)
    with open_log(course.log) as (log, errors):
        try:
            record.reasons += stage_submission(submission, course, Path(staging))
            record.reasons += autograde(submission, course, staging, client, log)
            record.status = GRADED
            record.feedback = write_feedback(submission, course, log)
        except Rejected as error:
            record.reasons.append(str(error))
        except (Exception, SystemExit):
            # Whatever it was, it is this submission's alone: its row says what, and the log shows
            # where.
            record.reasons.append(explain(record, log, errors))
        finally:
            remove(staging)
    if record.status == NOT_GRADED and not unsupported_characters(submission.student):
        withdraw(submission, course)
    return record


def stage_submission(submission: Submission, course: Course, staging: Path) -> list[str]:
    """Lays out a copy of a submission below the folder `staging`; returns what had to be mended.

    Raises Rejected.
    """
    name = submission.assignment
    if not course.source(name).is_dir():
        known = ", ".join(course.assignments())
        raise Rejected(f"{name} is not an assignment: expected one of {known}")
    staged = staging / submission.student / name
    return stage(course.handed_in(submission), staged, course.notebooks(name), course.limits)


def autograde(
    submission: Submission,
    course: Course,
    staging: str,
    client: WarmClient | None,
    log: Logger,
) -> list[str]:
    """Runs and scores the staged copy of a submission; returns the notes in its notebooks."""
    directory = course.directory_with(
        student_id=submission.student,
        assignment_id=submission.assignment,
        submitted_directory=os.path.relpath(staging, course.root),
    )
    converter = Autograde(coursedir=directory, config=course.config, log=log, force=True)
    if client:
        converter.warm_client = client  # where the preprocessor Execute looks for it
    converter.start()
    graded = sorted(course.autograded(submission).glob("*.ipynb"))
    notebooks = [json.loads(path.read_bytes()) for path in graded]
    return [text for nb in notebooks for text in nb["metadata"].get(KEY, [])]


def write_feedback(submission: Submission, course: Course, log: Logger) -> str:
    """Writes the pages for the student; returns the path of the first, from the work folder on."""
    # The page alone: no file that was handed in is copied beside it.
    directory = course.directory_with(
        student_id=submission.student, assignment_id=submission.assignment, ignore=["*"]
    )
    GenerateFeedback(coursedir=directory, config=course.config, log=log, force=True).start()
    first = course.notebooks(submission.assignment)[0]
    page = course.feedback(submission) / f"{first}.html"
    return page.relative_to(course.work).as_posix()


def explain(record: Record, log: Logger, errors: ErrorLog) -> str:
    """What went wrong, in a line; the whole of it goes to the log."""
    error = traceback.format_exc()
    log.error("%s, %s: %s", record.student, record.assignment, error)
    # An error of this package says by itself what an instructor should know.
    cause = re.sub(r"^forkgrade\.[\w.]+: ", "", errors.cause(error))
    return ("no feedback page: " if record.status == GRADED else "") + own_failure(cause)


def withdraw(submission: Submission, course: Course) -> None:
    """Takes back what an earlier run graded of a submission."""
    for folder in course.autograded(submission), course.feedback(submission):
        remove(folder)
    withdraw_scores(course, submission)
