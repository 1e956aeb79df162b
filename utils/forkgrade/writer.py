"""The one writer of a run: puts what was graded where nbgrader looks for it, a batch at a time.

Of a batch the points are committed first, all at once, then its files are swapped in, and its
records are written last. So what has a record is whole, and a run that is killed loses nothing and
grades nothing twice.
"""

import os
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from sqlalchemy.exc import InterfaceError, OperationalError

from forkgrade.bundle import Bundle
from forkgrade.course import Course
from forkgrade.error_log import first_line, open_log, own_failure
from forkgrade.gradebook import enter, enter_penalties, gives_penalties, open_book, withdraw_scores
from forkgrade.records import (
    GRADED,
    NOT_GRADED,
    Graded,
    Record,
    RecordStore,
    unsupported_characters,
)
from forkgrade.scratch import remove


class Writer:
    """Writes what was graded of a course.

    Attributes:
        penalties: whether points are taken off what is late, which a page must show.
    """

    def __init__(self, course: Course, bundles: Mapping[str, Bundle], store: RecordStore):
        self.course, self.bundles, self.store = course, bundles, store
        self.penalties = gives_penalties(course)
        self.shared = course.directory.groupshared
        self.rights, self.page_rights = (
            int(str(kind(coursedir=course.directory, config=course.config).permissions), 8)
            for kind in (Autograde, GenerateFeedback)
        )

    def write(self, batch: Sequence[Graded]) -> list[Record]:
        """Keeps a batch; returns the records. Raises what SQLAlchemy does where the grade book
        cannot be written.
        """
        with open_book(self.course) as book:
            self.enter_all(book, batch)
        for one in batch:
            if one.record.status == GRADED:
                self.place_or_withdraw(one)
            if one.trouble:
                self.log(one.record, one.trouble)
            self.store.write(one.record)
        return [one.record for one in batch]

    def enter_all(self, book: Gradebook, batch: Sequence[Graded]) -> None:
        """Enters the points of what was graded, and takes back those of what could not be."""
        graded = [one for one in batch if one.record.status == GRADED]
        graded.sort(key=assignment_of)
        for name, some in groupby(graded, assignment_of):
            self.enter(book, name, list(some))
        for one in batch:
            if one.record.status == NOT_GRADED:
                self.withdraw(book, one)

    def enter(self, book: Gradebook, assignment: str, some: list[Graded]) -> None:
        """Enters points; where those of one submission cannot be entered, it alone has no grade."""
        try:
            enter(book, assignment, some)
        except (OperationalError, InterfaceError):  # no submission's fault
            raise
        except Exception as error:
            if len(some) > 1:
                for one in some:
                    self.enter(book, assignment, [one])
                return
            fail(some[0], error)

    def withdraw(self, book: Gradebook, graded: Graded) -> None:
        """Takes back what an earlier run graded of a submission."""
        submission = graded.record.submission
        if not unsupported_characters(submission.student):
            for folder in self.course.autograded(submission), self.course.feedback(submission):
                remove(folder)
            withdraw_scores(book, submission)

    def place_or_withdraw(self, graded: Graded) -> None:
        """Puts the files of a submission in their place; where that cannot be done, it has no
        grade.
        """
        try:
            self.place(graded)
        except OSError as error:
            fail(graded, error)
            with open_book(self.course) as book:
                self.withdraw(book, graded)

    def place(self, graded: Graded) -> None:
        """Puts the files of a submission in their place, and the pages, if there are any."""
        submission = graded.record.submission
        if self.penalties:
            enter_penalties(self.course, graded)
        files = graded.files | self.bundles[submission.assignment].files
        self.swap(self.course.autograded(submission), files, self.rights)
        self.place_pages(graded)

    def place_pages(self, graded: Graded) -> None:
        """Puts the pages of a submission in their place, and the first of them into its record."""
        folder = self.course.feedback(graded.record.submission)
        self.swap(folder, graded.pages, self.page_rights)
        first = next(iter(graded.pages), None)
        page = os.path.relpath(folder / first, self.course.work) if first else ""
        graded.record.feedback = Path(page).as_posix() if page else ""

    def swap(self, folder: Path, files: Mapping[str, bytes], rights: int) -> None:
        """Puts files in the place of a folder and of all that was in it; none, where there are no
        files.
        """
        self.course.staging.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=self.course.staging))
        for name, content in files.items():
            path = beside / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(rights)
        if os.path.lexists(folder):
            os.rename(folder, beside / "old")
        if files:
            folder.parent.mkdir(parents=True, exist_ok=True)
            os.rename(beside / "new", folder)
            if self.shared:
                share(folder)
        remove(beside)

    def log(self, record: Record, trouble: str) -> None:
        """Adds what went wrong to the log."""
        with open_log(self.course.log) as (log, _):
            log.error("%s, %s: %s", record.student, record.assignment, trouble)


def assignment_of(graded: Graded) -> str:
    """The assignment of what was graded."""
    return graded.record.assignment


def fail(graded: Graded, error: Exception) -> None:
    """Makes of what was graded what could not be, for an error that is just handled."""
    why = own_failure(f"{type(error).__name__}: {first_line(error)}")
    graded.record.status, graded.trouble = NOT_GRADED, traceback.format_exc()
    graded.record.reasons.append(why)


def share(folder: Path) -> None:
    """Lets the group write in a folder and those in it, as nbgrader's groupshared asks."""
    for path in (folder.parent, folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(path.stat().st_mode & 0o2777 | 0o2770)
