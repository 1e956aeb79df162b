"""The preprocessor that gives a submission back the cells that its release had: whole, once, in
order.
"""

import copy
import functools
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum

from forkgrade.notes import note

#: The cells that nbgrader knows by name, as they were handed out.
Known = dict[str, NotebookNode]
#: {name: the cell of that name and the ordinary ones behind it}; under None what stands before all.
Groups = dict[str | None, list[NotebookNode]]

MOST_LISTED = 8


class Restore(NbGraderPreprocessor):
    """Puts the cells that nbgrader knows by name back as the release had them, but for the
    student's answers.

    A second cell of a name becomes an ordinary cell: the last one counts, as in nbgrader. A missing
    cell comes back as it was handed out, so that it is graded, not forgotten. Cells out of order
    are sorted; what a student wrote between them stays behind the cell that it followed. Everything
    else that nbgrader reads from a cell's metadata is the release's. What was mended is noted.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Mends a notebook."""
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir
        restore(nb, released(course, about["assignment"], about["notebook"]))
        return nb, resources


def released(course: CourseDirectory, assignment: str, notebook: str) -> NotebookNode:
    """A notebook as students got it. It is read once: nobody may change it."""
    folder = course.format_path(course.release_directory, ".", assignment)
    path = Path(folder, f"{notebook}.ipynb")
    if not path.exists():
        raise FileNotFoundError(f"no {path}: run `nbgrader generate_assignment {assignment}` first")
    return read_once(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=32)
def read_once(path: Path, changed: int) -> NotebookNode:
    """The notebook in a file that was last changed then."""
    return nbformat.read(path, as_version=4)


def restore(nb: NotebookNode, released: NotebookNode) -> None:
    """Puts the cells of a notebook back as the release had them; notes in it what was mended."""
    known = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    nb.metadata = copy.deepcopy(released.metadata)
    if lost := name_by_id(nb, known):
        note(nb, f"marks lost, known by their ids: {listed(lost)}")
    if twice := name_last_only(nb, known):
        note(nb, f"there more than once, the last one counts: {listed(twice)}")
    give_ids(nb)
    groups = grouped(nb, known)
    for text in differences(groups, known):
        note(nb, text)
    nb.cells = groups[None] + [
        cell for name in known for cell in mended(groups.get(name, []), known[name])
    ]
    nb.nbformat, nb.nbformat_minor = 4, 5


def grade_id(cell: NotebookNode) -> str | None:
    """The name that nbgrader gave a cell; None for any other cell."""
    marks = cell.metadata.get("nbgrader")
    return marks.get("grade_id") if isinstance(marks, dict) else None


def name_by_id(nb: NotebookNode, known: Known) -> list[str]:
    """Names cells that lost their marks but have the id of a known cell, which is not there under
    its name; returns these names. Of several with one id the last is meant.
    """
    names_of = {cell.id: name for name, cell in known.items() if "id" in cell}
    there = {grade_id(cell) for cell in nb.cells}
    lost = []
    for cell in reversed(nb.cells):
        name = names_of.get(cell.get("id"))
        if name and grade_id(cell) is None and name not in there:
            cell.metadata["nbgrader"] = {"grade_id": name}
            there.add(name)
            lost.insert(0, name)
    return lost


def name_last_only(nb: NotebookNode, known: Known) -> list[str]:
    """Gives the last cell of each known name the marks of its release and makes all others ordinary
    ones; returns the names that were there more than once.
    """
    last, twice = set(), set()
    for cell in reversed(nb.cells):
        name = grade_id(cell)
        cell.metadata.pop("nbgrader", None)
        if name in last:
            twice.add(name)
        elif name in known:
            last.add(name)
            cell.metadata["nbgrader"] = copy.deepcopy(known[name].metadata.nbgrader)
    return [name for name in known if name in twice]


def give_ids(nb: NotebookNode) -> None:
    """Gives a new id to each cell that has none, or that of an earlier cell."""
    taken, ids = {cell.get("id") for cell in nb.cells}, set()
    new = (name for number in itertools.count() if (name := f"new-{number}") not in taken)
    for cell in nb.cells:
        if not cell.get("id") or cell.id in ids:
            cell["id"] = next(new)
        ids.add(cell.id)


def grouped(nb: NotebookNode, known: Known) -> Groups:
    """The cells of a notebook by the known cell that they are, or follow."""
    groups, current = {None: []}, None
    for cell in nb.cells:
        name = grade_id(cell)
        current = name if name in known else current
        groups.setdefault(current, []).append(cell)
    return groups


def differences(groups: Groups, known: Known) -> Iterator[str]:
    """What in a notebook is not as it was handed out, in a sentence each."""
    there = [name for name in known if name in groups]
    if missing := [name for name in known if name not in groups]:
        yield f"missing and put back as handed out: {listed(missing)}"
    if [name for name in groups if name] != there:
        yield "cells were out of order: sorted as handed out"
    if changed := [name for name in there if is_changed(groups[name][0], known[name])]:
        yield f"changed and put back as handed out: {listed(changed)}"


def listed(names: Sequence[str]) -> str:
    """Names in a note: all of them, where they are few."""
    if len(names) <= MOST_LISTED:
        return ", ".join(names)
    shown = MOST_LISTED - 1
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"


def is_locked(release: NotebookNode) -> bool:
    """Whether a student is not to change a cell's source."""
    marks = release.metadata.nbgrader
    return bool(marks.get("locked") or (marks.get("grade") and not marks.get("solution")))


def is_changed(cell: NotebookNode, release: NotebookNode) -> bool:
    """Whether a cell is not of its release's kind or, where that is locked, has another source."""
    if cell.cell_type != release.cell_type:
        return True
    return is_locked(release) and cell.source != release.source


def mended(cells: list[NotebookNode], release: NotebookNode) -> list[NotebookNode]:
    """A group whose first cell has the kind, the marks and, where it is locked, the source of its
    release; of a group that is missing, the cell as it was handed out.
    """
    first = copy.deepcopy(release)
    if not cells:
        return [first]
    first.id = cells[0].id
    if not is_locked(release):
        first.source = cells[0].source
        if cells[0].get("attachments") and release.cell_type == "markdown":
            first["attachments"] = cells[0]["attachments"]
    return [first, *cells[1:]]


def put_back(nb: NotebookNode, cells: dict[str, dict], kernelspec: dict | None) -> None:
    """Gives the cells of a restored notebook what the grade book has of them, hidden tests too, as
    nbgrader's OverwriteCells and OverwriteKernelspec do.

    `cells` are the columns of its table of sources by the names of the cells. Raises RuntimeError
    where a source and its checksum do not fit.
    """
    if kernelspec:
        nb.metadata["kernelspec"] = copy.deepcopy(kernelspec)
    for cell in nb.cells:
        name = grade_id(cell)
        if name is None:
            continue
        if name not in cells:
            del cell.metadata.nbgrader["grade_id"]
            continue
        known = cells[name]
        cell.metadata.nbgrader["checksum"] = known["checksum"]
        if known["locked"] and compute_checksum(cell) != known["checksum"]:
            cell.source = known["source"]
            if compute_checksum(cell) != known["checksum"]:
                raise RuntimeError(f"the checksum of {name} is not that of its source")
