"""The preprocessor that saves what a notebook scored: what a person gave stays with the answer that
it was given to.
"""

import hashlib
import json
from logging import Logger

from nbformat import NotebookNode
from nbgrader import utils as nbutils
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.preprocessors import SaveAutoGrades

from forkgrade.book_cells import Remembered
from forkgrade.notes import note
from forkgrade.records import CellPoints, Scored, Standing
from forkgrade.restore import grade_id


class SavePoints(SaveAutoGrades):
    """Saves the points of a notebook's tests, and flags what a person must look at.

    What a person gave stays, and is flagged again only where what it was given for has changed. A
    written answer that was written anew loses its old points.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Saves the points of one notebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            entry = book.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            save_points(book, entry, scored(nb, self.log))
        return nb, resources


def save_points(book: Gradebook, entry: SubmittedNotebook, scored: Scored) -> None:
    """Saves what a notebook scored as that of an entry of the grade book, all at once."""
    seen = book.db.get(Remembered, entry.id) or Remembered(notebook_id=entry.id, digests="{}")
    before, flags = json.loads(seen.digests), json.loads(seen.withdrawn or "{}")
    grades, comments = by_cell(book, entry, Grade), by_cell(book, entry, Comment)
    for name, points in scored.points.items():
        grades[name].needs_manual_grade = flags.get(name, grades[name].needs_manual_grade)
        score(grades[name], points, before.get(name))
    for name, unanswered in scored.unanswered.items():
        comments[name].auto_comment = comment_on(unanswered)
    seen.digests, seen.withdrawn = digests_of(scored), None
    book.db.add(seen)
    book.db.commit()


def by_cell(book: Gradebook, entry: SubmittedNotebook, kind: type) -> dict[str, Grade | Comment]:
    """The grades or the comments of an entry, by the names of their cells."""
    rows = book.db.query(BaseCell.name, kind).join(kind, kind.cell_id == BaseCell.id)
    return {name: found for name, found in rows.filter(kind.notebook_id == entry.id)}


def scored(nb: NotebookNode, log: Logger | None = None) -> Scored:
    """What a notebook that was run scored; notes in it what has no points that can be read."""
    known = digests(nb)
    names = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
    return Scored(
        {
            name: CellPoints(earned(nb, cell, log), known[name], nbutils.is_solution(cell))
            for name, cell in names.items()
            if nbutils.is_grade(cell)
        },
        {
            name: is_unanswered(cell)
            for name, cell in names.items()
            if nbutils.is_solution(cell) or nbutils.is_task(cell)
        },
    )


def earned(nb: NotebookNode, cell: NotebookNode, log: Logger | None) -> float | None:
    """The points of a graded cell, None where a person must give them."""
    try:
        return nbutils.determine_grade(cell, log)[0]
    except (KeyError, ValueError):  # its result has no text, or more points than there are
        note(nb, f"{grade_id(cell)}: what it returned is no part of its points: 0 points")
        return 0.0


def score(grade: Standing | Grade, points: CellPoints, before: str | None) -> None:
    """Puts the points of a cell into its grade. `before` is the digest of what it was scored for
    last; None where nobody knows.
    """
    if before not in (None, points.digest) and points.written:
        grade.manual_score = grade.extra_credit = None
    grade.auto_score = points.auto
    if grade.manual_score is None:
        grade.needs_manual_grade = points.auto is None
    elif before != points.digest:
        grade.needs_manual_grade = True


def comment_on(unanswered: bool) -> str | None:
    """What nbgrader says of an answer by itself."""
    return "No response." if unanswered else None


def digests_of(scored: Scored) -> str:
    """The digests of what a notebook was scored for, as the grade book keeps them."""
    return json.dumps({name: points.digest for name, points in scored.points.items()})


def digests(nb: NotebookNode) -> dict[str, str]:
    """{graded cell: a digest of what its points are for}: for a written answer its own text, for a
    test the code of the whole notebook.
    """
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    return {
        cell.metadata.nbgrader.grade_id: digest(
            [cell.source, cell.get("attachments")] if nbutils.is_solution(cell) else code
        )
        for cell in nb.cells
        if nbutils.is_grade(cell)
    }


def digest(value: object) -> str:
    """A digest of something that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def is_unanswered(cell: NotebookNode) -> bool:
    """Whether an answer is still what was handed out; a task has none of its own."""
    if nbutils.is_task(cell):
        return False
    return cell.metadata.nbgrader.get("checksum") == nbutils.compute_checksum(cell)
