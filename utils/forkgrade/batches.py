"""Grades submissions of a course: reads them, has them graded, and writes what came of them.

Importing this module imports nbgrader, which takes a second: it is for a run that has something to
grade.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from forkgrade.bundle import Bundle, make_bundle, settings_of
from forkgrade.course import Course, CourseError
from forkgrade.error_log import own_failure
from forkgrade.grade import NO_PAGE, ToShow, get_ready
from forkgrade.gradebook import given, known_students, open_book, shown
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.pool import grade_all, show_all
from forkgrade.records import (
    Graded,
    HandedIn,
    Record,
    RecordStore,
    Submission,
    key,
    unsupported_characters,
)
from forkgrade.staging import Rejected, read_handed_in
from forkgrade.warm_client import WarmProcess
from forkgrade.writer import Writer

# It needs the package distributed, which nobody else does.
if TYPE_CHECKING:
    from forkgrade.cluster import Cluster

#: So many are entered into the grade book at once, or what comes in so many seconds.
BATCH, SECONDS = 50, 1
#: For so many at a time the grade book is asked what it holds.
ASKED = 200


def grade_submissions(
    course: Course,
    submissions: Sequence[Submission],
    store: RecordStore,
    warm: "WarmProcess | Cluster | None",
    jobs: int,
    later: bool,
) -> Iterator[list[Record]]:
    """Grades submissions and yields their records, a batch at a time, once all of it is written.
    Pages are left for another run where `later`. They are graded on the machines of a cluster where
    `warm` is one.

    Raises CourseError where an assignment cannot be entered into the grade book.
    """
    keep_what_is_compiled()
    known = sorted({one.assignment for one in submissions} & set(course.assignments()))
    for name in known:
        course.release(name)
    with open_book(course) as book:
        bundles = {name: make_bundle(course, book, name) for name in known}
    writer = Writer(course, bundles, store)
    pages = not (later or writer.penalties)
    read = read_all(course, submissions, bundles)
    if warm and not isinstance(warm, WarmProcess):
        yield from written(warm.grade_all(read, bundles, pages), writer)
        return
    if warm:
        for bundle in bundles.values():  # while the warm process imports what it needs
            get_ready(bundle)
    client = warm.wait() if warm else None
    yield from written(grade_all(read, bundles, client, jobs, pages), writer)


def written(graded: Iterable[Graded], writer: Writer) -> Iterator[list[Record]]:
    """Writes what was graded, in batches, and yields the records of each; what has come is written
    where it is interrupted, or cannot go on, too.
    """
    batch, began = [], time.monotonic()
    try:
        for one in graded:
            began = began if batch else time.monotonic()
            batch.append(one)
            if len(batch) == BATCH or time.monotonic() - began > SECONDS:
                some, batch = batch, []
                yield writer.write(some)
    except (KeyboardInterrupt, CourseError):
        if batch:
            writer.write(batch)
        raise
    if batch:
        yield writer.write(batch)


# --- reading --------------------------------------------------------------------------------------


def read_all(
    course: Course, submissions: Sequence[Submission], bundles: Mapping[str, Bundle]
) -> Iterator[HandedIn]:
    """Yields what was handed in, as it is asked for, with what the grade book holds of it."""
    for some in in_groups(submissions):
        name = some[0].assignment
        students = [one.student for one in some if not unsupported_characters(one.student)]
        with open_book(course) as book:
            held, known = given(book, name, students), known_students(book, students)
        for one in some:
            handed_in = read(course, one, bundles, known)
            yield replace(handed_in, given=held.get(one.student, {}))


def in_groups(submissions: Sequence[Submission]) -> Iterator[list[Submission]]:
    """Submissions, some of one assignment at a time."""
    for _, group in groupby(sorted(submissions, key=by_assignment), by_assignment):
        group = list(group)
        yield from (group[at : at + ASKED] for at in range(0, len(group), ASKED))


def by_assignment(submission: Submission | Record) -> str:
    """The assignment of a submission."""
    return submission.assignment


def read(
    course: Course, submission: Submission, bundles: Mapping[str, Bundle], known: set[str]
) -> HandedIn:
    """What was handed in; without any file, and with the reason, where nothing can be graded."""
    try:
        return read_handed_in(
            submission,
            course.handed_in(submission),
            notebooks_of(course, submission, bundles, known),
            course.limits,
            course.directory.ignore,
        )
    except Rejected as error:
        return HandedIn(submission, {}, [str(error)])
    except Exception as error:  # this submission's alone
        return HandedIn(submission, {}, [own_failure(f"{type(error).__name__}: {error}")])


def notebooks_of(
    course: Course, submission: Submission, bundles: Mapping[str, Bundle], known: set[str]
) -> list[str]:
    """The notebooks that a submission should have. Raises Rejected where it is of no assignment, or
    of nobody.
    """
    name, student = submission.assignment, submission.student
    if name not in bundles:
        expected = ", ".join(course.assignments())
        raise Rejected(f"{name} is not an assignment: expected one of {expected}")
    if student not in known and not course.config.Autograde.get("create_student", True):
        raise Rejected(
            f"{student} is no student in the grade book, and c.Autograde.create_student is off: "
            f"nbgrader db student add {student}"
        )
    return sorted(bundles[name].notebooks)


# --- pages ----------------------------------------------------------------------------------------


def write_pages(
    course: Course, records: Sequence[Record], store: RecordStore, jobs: int
) -> Iterator[list[Record]]:
    """Writes the pages of what was graded without them, and yields their records. No notebook
    runs.
    """
    writer, waiting = Writer(course, {}, store), {key(one): one for one in records}
    tasks, fork = to_show(course, records), WarmProcess.is_possible()
    keep_what_is_compiled()
    for graded in show_all(tasks, jobs, course.limits.grading_seconds, fork):
        record = waiting.pop(key(graded.record))
        record.reasons = [one for one in record.reasons if not one.startswith(NO_PAGE)]
        record.reasons += graded.record.reasons
        if graded.trouble:
            writer.log(record, graded.trouble)
        graded.record = record
        writer.place_pages(graded)
        store.write(record)
        yield [record]


def to_show(course: Course, records: Sequence[Record]) -> Iterator[ToShow]:
    """Yields what the pages of graded submissions are made of."""
    settings = settings_of(course.config)
    for some in in_groups([record.submission for record in records]):
        with open_book(course) as book:
            said = shown(book, some[0].assignment, [one.student for one in some])
        for one in some:
            graded = sorted(course.autograded(one).glob("*.ipynb"))
            notebooks = {path.stem: path.read_bytes() for path in graded}
            yield ToShow(one, notebooks, said.get(one.student, {}), settings)
