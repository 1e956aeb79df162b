"""A whole run: finds what has no grade yet, has it graded, and writes the table of all.

One submission, one record; one record, one row. A record is written last and whole, so that a run
which was cut off goes on where it stopped.
"""

import errno
import gc
import hashlib
import importlib
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import ArgumentError, DBAPIError
from traitlets.config import Config

from forkgrade import AUTOGRADE, FEEDBACK, SANITIZE
from forkgrade.course import Course, CourseError
from forkgrade.drawing import drawn_meanwhile
from forkgrade.error_log import first_line
from forkgrade.files import MAKE_READABLE, tree_digest
from forkgrade.judge import digest_of
from forkgrade.lock import only_run
from forkgrade.progress import Progress
from forkgrade.records import GRADED, Record, RecordStore, Submission, is_of, key
from forkgrade.report import write_report
from forkgrade.scratch import remove
from forkgrade.warm_client import WarmProcess

if TYPE_CHECKING:
    from forkgrade.cluster import Cluster

#: What a full disk says, or a quota, or a limit of this process.
FULL = errno.ENOSPC, errno.EDQUOT, errno.EFBIG
#: Starts what runs the notebooks of these assignments, a process or a cluster; None where there is
#: no fork.
Start = Callable[[Sequence[str]], "WarmProcess | Cluster | None"]


def run(
    course: Course,
    start: Start,
    only: str | None = None,
    jobs: int | None = None,
    again: bool = False,
    later: bool = False,
    say: Callable[[str], object] = print,
    progress: Progress | None = None,
) -> list[Record]:
    """Grades what has no grade yet, of one assignment or all; returns the records of these.

    What could not be graded is tried again. `again` grades anew what has a grade. Pages are left to
    another run where `later`. The table has every submission of the course, in any case. Raises
    CourseError where the grade book or the disk cannot be written, and Busy where another run holds
    the course.
    """
    with in_a_sentence(), only_run(course.records):
        remove(course.staging)  # what a run left that was killed
        try:
            return run_alone(
                course, start, only, jobs or os.cpu_count(), again, later, say, progress
            )
        finally:
            remove(course.staging)


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Says what to do where the grade book or the disk fails. Raises CourseError."""
    keeps = "What has a grade keeps it"
    try:
        yield
    except DBAPIError as error:
        raise CourseError(
            f"the grade book cannot be used: {first_line(error.orig)}. {keeps}: see to the grade "
            "book, and grade again"
        ) from error
    except ArgumentError as error:
        raise CourseError(
            f"c.CourseDirectory.db_url cannot be read: {first_line(error)}"
        ) from error
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise CourseError(
            "the grade book is PostgreSQL, whose driver is not installed: "
            'pip install -e ".[grading,postgresql]"'
        ) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise CourseError(
            f"{error.filename or 'a file'} cannot be written: {error.strerror}. {keeps}: make "
            "room, and grade again"
        ) from error


def run_alone(
    course: Course,
    start: Start,
    only: str | None,
    jobs: int,
    again: bool,
    later: bool,
    say: Callable[[str], object],
    progress: Progress | None,
) -> list[Record]:
    """Does what run does, in a course that no other run changes meanwhile."""
    store, everything = RecordStore(course.records, say), course.submissions()
    records = {key(one): store.read(one) for one in everything}
    mine = [one for one in everything if only in (None, one.assignment)]
    certain = assignments(one for one in mine if again or records[key(one)].status != GRADED)
    warm = start_early(course, start, certain)
    mine = with_digests(course, mine)
    to_grade = [one for one in mine if again or not is_of(records[key(one)], one)]
    say(f"{len(mine)} submissions, {len(to_grade)} to grade")
    for warning in warnings_of(course, only, mine):
        say(warning)
    for one in to_grade:
        store.forget(one)  # or a run that is killed would leave it with half of what it had
    keep = Keeper(records, say, progress)
    if to_grade:
        warm = warm if certain else start(assignments(to_grade))
        from forkgrade.batches import grade_submissions

        keep(len(to_grade), grade_submissions(course, to_grade, store, warm, jobs, later))
    without = list(filter(has_no_page, keep.of(mine)))
    if without and not later:
        from forkgrade.batches import write_pages

        say(f"{len(without)} pages to write")
        keep(len(without), write_pages(course, without, store, jobs), told=False)
    write_report(course, records.values())
    return keep.of(mine)


def start_early(
    course: Course, start: Start, names: Sequence[str]
) -> "WarmProcess | Cluster | None":
    """Starts what runs the notebooks of assignments, and meanwhile imports what grading needs, and
    draws what is asked. Starts nothing where there are none.
    """
    if not names:
        return None
    warm = start(names)
    # A way to a cluster has threads of its own, and where there is no fork there is no process.
    here = isinstance(warm, WarmProcess)
    with drawn_meanwhile(course, names) if here else nullcontext(), uncollected():
        importlib.import_module("forkgrade.batches")
    return warm


@contextmanager
def uncollected() -> Iterator[None]:
    """Has Python's collector pass over what is imported in the block, which stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def assignments(submissions: Iterable[Submission]) -> list[str]:
    """The assignments of submissions, each once."""
    return sorted({one.assignment for one in submissions})


def warnings_of(
    course: Course, only: str | None, submissions: Sequence[Submission]
) -> Iterator[str]:
    """What an instructor should know of what was handed in, in a line each."""
    if not submissions:
        yield f"expected {expected(course, only)}"
    for folder in course.closed_folders():
        yield f"{folder} cannot be read, so what is in it has no row: {MAKE_READABLE}"
    for name in unused(course.config):
        yield f"{name} is in the config and is not run here: nbgrader's own commands run it"


def unused(config: Config) -> Iterator[str]:
    """What a config adds to nbgrader's steps, which are not taken here one by one."""
    ours = {"nbgrader.preprocessors.SaveAutoGrades", *SANITIZE, *AUTOGRADE, *FEEDBACK}
    for kind in "Autograde", "GenerateFeedback":
        for name, value in config[kind].items():
            if name.endswith("preprocessors"):
                yield from (str(one) for one in value if one not in ours)
            if name.endswith("_hook"):
                yield f"c.{kind}.{name}"


def has_no_page(record: Record) -> bool:
    """Whether a submission was graded and its page was not written."""
    return record.status == GRADED and not record.feedback


class Keeper:
    """Keeps records as they come, and says how far the run is."""

    def __init__(
        self,
        records: dict[tuple[str, str], Record],
        say: Callable[[str], object],
        progress: Progress | None,
    ):
        self.records, self.say, self.progress = records, say, progress

    def __call__(self, total: int, batches: Iterable[Sequence[Record]], told: bool = True) -> None:
        """Keeps the records of some batches, `total` in all, and tells each in a line if `told`."""
        if self.progress:
            self.progress.begin(total)
        count = itertools.count(1)
        for batch in batches:
            for record in batch:
                self.records[key(record)] = record
                if told:
                    self.say(line(next(count), record))
            if self.progress:
                self.progress.add(len(batch))

    def of(self, submissions: Iterable[Submission]) -> list[Record]:
        """The records of submissions, as they are by now."""
        return [self.records[key(one)] for one in submissions]


def line(number: int, record: Record) -> str:
    """What is said of a record once it is kept."""
    reason = f": {record.reasons[0]}" if record.reasons else ""
    return f"{number:4} {record.status:10} {record.student}, {record.assignment}{reason}"


def with_digests(course: Course, submissions: Sequence[Submission]) -> list[Submission]:
    """The submissions, each with a digest of all that its grade depends on: what was handed in, the
    solution, the limits, and what is asked.
    """
    handed_in = {submission.assignment for submission in submissions}
    known = sorted(handed_in & set(course.assignments()))
    releases = {name: tree_digest(course.source(name)) for name in known}
    questions = {name: digest_of(course.questions(name)) for name in known}
    limits = json.dumps(course.limits.as_dict())

    def digest(submission: Submission) -> str:
        files = tree_digest(course.handed_in(submission))
        name = submission.assignment
        facts = [releases.get(name, ""), files, limits, questions.get(name, "")]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()

    return [replace(one, digest=digest(one)) for one in submissions]


def expected(course: Course, only: str | None) -> str:
    """Where a submission would be found."""
    name = only or next(iter(course.assignments()), "<assignment>")
    return f"{course.step('submitted')}/<student>/{name}/<notebook>.ipynb"
