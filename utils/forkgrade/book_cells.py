"""Keeps the grade book's cells those of an assignment, though submissions have grades already.

nbgrader refuses to, so that a test that is added or dropped would cost every manual grade.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils as nbutils
from nbgrader.api import (
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    InvalidEntry,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from sqlalchemy import Column, String, Text
from sqlalchemy.exc import IntegrityError, ProgrammingError

#: (kind of cell, its name): what else the grade book wants to know of a new one.
Cells = dict[tuple[type, str], dict[str, object]]
#: How often a grade book is opened anew where another grader has come between.
TRIES = 5


class Remembered(Base):
    """What a submitted notebook was when it was scored last, in a table beside nbgrader's own.

    It stands here, below whatever opens the grade book first: then all tables are made.

    Attributes:
        notebook_id: that of the submitted notebook.
        digests: JSON, {cell: a digest of what its points are for}.
        withdrawn: where its scores were taken back, JSON, {cell: whether a person had to look}.
    """

    __tablename__ = "forkgrade_handed_in"
    notebook_id = Column(String(32), primary_key=True)
    digests = Column(Text(), nullable=False)
    withdrawn = Column(Text())


def open_book(db_url: str, course_id: str) -> Gradebook:
    """The grade book of a course, for a `with`; its tables are made where there are none."""
    for _ in range(TRIES):
        # Another grader may just be making the same tables, one by one, or the same course.
        with contextlib.suppress(ProgrammingError, IntegrityError, InvalidEntry):
            return Gradebook(db_url, course_id)
    return Gradebook(db_url, course_id)


def owner_of(book: Gradebook, assignment: str) -> str | None:
    """The course whose assignment has this name in a grade book; None where there is none."""
    try:
        return book.find_assignment(assignment).course_id
    except MissingEntry:
        return None


def fit_cells(book: Gradebook, assignment: str, notebooks: Iterable[Path]) -> list[list[str]]:
    """Adds the cells that an assignment's notebooks have and the grade book has not, and drops
    those that they have no more. What was given to all others stays.

    Returns the points that persons had given to what was dropped: [student, assignment, cell,
    points]. The caller commits.
    """
    dropped = []
    for path in notebooks:
        try:
            entry = book.find_notebook(path.stem, assignment)
        except MissingEntry:
            continue
        if entry.submissions:  # else nbgrader makes its cells anew
            dropped += fit_notebook(book, entry, cells_of(nbformat.read(path, as_version=4)))
    return dropped


def cells_of(nb: NotebookNode) -> Cells:
    """The cells that nbgrader keeps of a notebook."""
    found = {}
    for cell in nb.cells:
        name, kinds = cell.metadata.get("nbgrader", {}).get("grade_id"), list(kinds_of(cell))
        for kind in kinds:
            graded = kind in (GradeCell, TaskCell)
            points = {"max_score": float(cell.metadata.nbgrader.points)} if graded else {}
            typed = {} if kind is SolutionCell else {"cell_type": cell.cell_type}
            found[kind, name] = points | typed
    return found


def kinds_of(cell: NotebookNode) -> Iterator[type]:
    """The kinds of cell that one cell is to nbgrader."""
    known = {
        GradeCell: nbutils.is_grade(cell),
        SolutionCell: nbutils.is_solution(cell),
        TaskCell: nbutils.is_task(cell),
    }
    yield from (kind for kind, is_it in known.items() if is_it)
    if any(known.values()) or nbutils.is_locked(cell):
        yield SourceCell


def fit_notebook(book: Gradebook, entry: Notebook, wanted: Cells) -> list[list[str]]:
    """Does what fit_cells does for one notebook."""
    there = {
        (kind, cell.name): cell
        for kind in (GradeCell, SolutionCell, TaskCell, SourceCell)
        for cell in book.db.query(kind).filter(kind.notebook_id == entry.id)
    }
    dropped = []
    for key in there.keys() - wanted.keys():
        dropped += drop(book, entry, there[key])
    for kind, name in sorted(wanted.keys() - there.keys(), key=str):
        add(book, entry, kind(name=name, notebook_id=entry.id, **wanted[kind, name]))
    return dropped


def drop(book: Gradebook, entry: Notebook, cell: BaseCell | SourceCell) -> list[list[str]]:
    """Drops a cell with its grades and comments; returns what persons had given."""
    given = []
    if isinstance(cell, BaseCell):
        grades = book.db.query(Grade).filter(Grade.cell_id == cell.id).all()
        given = [
            [grade.student.id, entry.assignment.name, cell.name, f"{grade.manual_score:g}"]
            for grade in grades
            if grade.manual_score is not None
        ]
        for kind in Grade, Comment:
            book.db.query(kind).filter(kind.cell_id == cell.id).delete()
        book.db.flush()
    book.db.delete(cell)
    return sorted(given)


def add(book: Gradebook, entry: Notebook, cell: BaseCell | SourceCell) -> None:
    """Adds a cell, and an empty grade or comment to each submission, as nbgrader does for a new
    one.
    """
    book.db.add(cell)
    book.db.flush()
    for submitted in entry.submissions:
        if isinstance(cell, GradeCell | TaskCell):
            book.db.add(Grade(cell_id=cell.id, notebook_id=submitted.id))
        if isinstance(cell, SolutionCell | TaskCell):
            book.db.add(Comment(cell_id=cell.id, notebook_id=submitted.id))
