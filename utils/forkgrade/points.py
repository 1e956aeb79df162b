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

from forkgrade.book_cells import HandedIn


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
            save_points(book, entry, nb, self.log)
        return nb, resources


def save_points(
    book: Gradebook, entry: SubmittedNotebook, nb: NotebookNode, log: Logger | None = None
) -> None:
    """Saves what a notebook scored as that of an entry of the grade book, all at once."""
    seen = book.db.get(HandedIn, entry.id) or HandedIn(notebook_id=entry.id, digests="{}")
    before, now = json.loads(seen.digests), digests(nb)
    flags = json.loads(seen.withdrawn or "{}")
    grades, comments = by_cell(book, entry, Grade), by_cell(book, entry, Comment)
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if nbutils.is_grade(cell):
            grades[name].needs_manual_grade = flags.get(name, grades[name].needs_manual_grade)
            score(cell, grades[name], before.get(name), now[name], log)
        if nbutils.is_solution(cell) or nbutils.is_task(cell):
            comments[name].auto_comment = "No response." if is_unanswered(cell) else None
    seen.digests, seen.withdrawn = json.dumps(now), None
    book.db.add(seen)
    book.db.commit()


def by_cell(book: Gradebook, entry: SubmittedNotebook, kind: type) -> dict[str, Grade | Comment]:
    """The grades or the comments of an entry, by the names of their cells."""
    rows = book.db.query(BaseCell.name, kind).join(kind, kind.cell_id == BaseCell.id)
    return {name: found for name, found in rows.filter(kind.notebook_id == entry.id)}


def score(
    cell: NotebookNode, grade: Grade, before: str | None, now: str, log: Logger | None
) -> None:
    """Puts the points of a cell into its grade. The digests are of what the points are for, when it
    was scored last and now; None where nobody knows.
    """
    if before not in (None, now) and nbutils.is_solution(cell):
        grade.manual_score = grade.extra_credit = None
    grade.auto_score, _ = nbutils.determine_grade(cell, log)
    if grade.manual_score is None:
        grade.needs_manual_grade = grade.auto_score is None
    elif before != now:
        grade.needs_manual_grade = True


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
