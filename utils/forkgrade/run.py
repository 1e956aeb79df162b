"""A whole run: finds what has no grade yet, has it graded, and writes the table of all.

One submission, one record; one record, one row. A record is written last and whole, so that a run
which was cut off goes on where it stopped.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from forkgrade.course import Course
from forkgrade.files import tree_digest
from forkgrade.gradebook import enter_students
from forkgrade.lock import only_run
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.pool import grade_all
from forkgrade.records import Record, RecordStore, Submission
from forkgrade.report import write_report
from forkgrade.scratch import remove
from forkgrade.staging import MAKE_READABLE
from forkgrade.warm_client import WarmProcess


def run(
    course: Course,
    warm: WarmProcess | None = None,
    only: str | None = None,
    jobs: int | None = None,
    again: bool = False,
    say: Callable[[str], object] = print,
) -> list[Record]:
    """Grades what has no grade yet, of one assignment or all; returns the records of these.

    What could not be graded is tried again. `again` grades anew what has a grade. The table has
    every submission of the course, in any case. Raises CourseError where an assignment cannot be
    entered into the grade book, and Busy where another run holds the course.
    """
    keep_what_is_compiled()
    with only_run(course.records):
        remove(course.staging)  # what a run left that was killed
        try:
            return run_alone(course, warm, only, jobs, again, say)
        finally:
            remove(course.staging)


def run_alone(
    course: Course,
    warm: WarmProcess | None,
    only: str | None,
    jobs: int | None,
    again: bool,
    say: Callable[[str], object],
) -> list[Record]:
    """Does what run does, in a course that no other run changes meanwhile."""
    store = RecordStore(course.records, say)
    submissions = with_digests(course, course.submissions(only))
    to_grade = [one for one in submissions if again or not store.has_grade(one)]
    say(f"{len(submissions)} submissions, {len(to_grade)} to grade")
    if not submissions:
        say(f"expected {expected(course, only)}")
    for folder in course.closed_folders():
        say(f"{folder} cannot be read, so what is in it has no row: {MAKE_READABLE}")
    for one in to_grade:
        store.forget(one)  # or a run that is killed would leave it with half of what it had
    if to_grade:
        enter_students(course, to_grade)
        client = warm.wait() if warm else None
        records = grade_all(to_grade, course, client, jobs or os.cpu_count())
        keep(records, store, say)
    write_report(course, map(store.read, course.submissions()))
    return [store.read(one) for one in submissions]


def with_digests(course: Course, submissions: Sequence[Submission]) -> list[Submission]:
    """The submissions, each with a digest of all that its grade depends on: what was handed in, the
    solution, and the limits. Enters the assignments into the grade book.
    """
    handed_in = {submission.assignment for submission in submissions}
    known = sorted(handed_in & set(course.assignments()))
    releases = {name: course.release(name) for name in known}
    limits = json.dumps(course.limits.as_dict())

    def digest(submission: Submission) -> str:
        files = tree_digest(course.handed_in(submission))
        facts = [releases.get(submission.assignment, ""), files, limits]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()

    return [replace(one, digest=digest(one)) for one in submissions]


def expected(course: Course, only: str | None) -> str:
    """Where a submission would be found."""
    name = only or next(iter(course.assignments()), "<assignment>")
    return f"{course.directory.submitted_directory}/<student>/{name}/<notebook>.ipynb"


def keep(records: Iterable[Record], store: RecordStore, say: Callable[[str], object]) -> None:
    """Writes records as they come, and says so."""
    for number, record in enumerate(records, 1):
        store.write(record)
        reason = f": {record.reasons[0]}" if record.reasons else ""
        say(f"{number:4} {record.status:10} {record.student}, {record.assignment}{reason}")
