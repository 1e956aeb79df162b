"""The preprocessor that gives a submission back the cells that its release had: whole, once, in
order.
"""

import copy
from pathlib import Path

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from forkgrade.notes import note


def grade_id(cell):
    """The name that nbgrader gave a cell; None for any other cell."""
    marks = cell.metadata.get("nbgrader")
    return marks.get("grade_id") if isinstance(marks, dict) else None


class Restore(NbGraderPreprocessor):
    """Puts the cells that nbgrader knows by name back as the release had them, but for the
    student's answers.

    A second cell of a name becomes an ordinary cell: the last one counts, as in nbgrader. A missing
    cell comes back as it was handed out, so that it is graded, not forgotten. Cells out of order
    are sorted; what a student wrote between them stays behind the cell that it followed. Everything
    else that nbgrader reads from a cell's metadata is the release's. What was mended is noted."""

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        released = self.released(about["assignment"], about["notebook"])
        known = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
        nb.metadata = copy.deepcopy(released.metadata)
        self.recognise(nb, released, known)
        groups = self.group(nb, known)
        found = [name for name in groups if name]
        if missing := [name for name in known if name not in groups]:
            note(nb, f"missing and put back as handed out: {listed(missing)}")
            groups |= {name: [copy.deepcopy(known[name])] for name in missing}
        if found != [name for name in known if name in found]:
            note(nb, "cells were out of order: sorted as handed out")
        if changed := [name for name in known if is_changed(groups[name][0], known[name])]:
            note(nb, f"changed and put back as handed out: {listed(changed)}")
        nb.cells = groups[None] + [
            cell for name in known for cell in mended(groups[name], known[name])
        ]
        nb.nbformat, nb.nbformat_minor = 4, 5
        return nb, resources

    def released(self, assignment, notebook):
        """The notebook as students got it."""
        course = self.parent.parent.coursedir
        path = Path(
            course.format_path(course.release_directory, ".", assignment), f"{notebook}.ipynb"
        )
        if not path.exists():
            raise FileNotFoundError(
                f"no {path}: run `nbgrader generate_assignment {assignment}` first"
            )
        return nbformat.read(path, as_version=4)

    def recognise(self, nb, released, known):
        """Finds cells that lost their names by their ids, and makes second ones and strange ones
        ordinary.
        """
        by_id = {cell.get("id"): grade_id(cell) for cell in released.cells if grade_id(cell)}
        names = {grade_id(cell) for cell in nb.cells}
        last, twice, lost = set(), set(), []
        for cell in reversed(nb.cells):
            name = grade_id(cell)
            if name is None and (by_id.get(cell.get("id")) or None) not in {None, *names, *last}:
                name = by_id[cell.id]
                lost.insert(0, name)
            cell.metadata.pop("nbgrader", None)
            if name in last:
                twice.add(name)
            elif name in known:
                last.add(name)
                cell.metadata["nbgrader"] = copy.deepcopy(known[name].metadata.nbgrader)
        if lost:
            note(nb, f"marks lost, known by their ids: {listed(lost)}")
        if twice:
            note(
                nb,
                f"there more than once, the last one counts: {listed([name for name in known if name in twice])}",
            )
        ids = set()
        for cell in nb.cells:
            if cell.get("id") in ids or not cell.get("id"):
                cell["id"] = nbformat.v4.new_code_cell().id
            ids.add(cell["id"])

    def group(self, nb, known):
        """{name: the cell of that name and the ordinary ones behind it}; under None what stands
        before all.
        """
        groups, at = {None: []}, None
        for cell in nb.cells:
            name = grade_id(cell)
            at = name if name in known else at
            groups.setdefault(at, []).append(cell)
        return groups


def listed(names):
    """Names in a note: all of them, where they are few."""
    return (
        ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:7])} and {len(names) - 7} more"
    )


def is_locked(release):
    marks = release.metadata.nbgrader
    return marks.get("locked") or (marks.get("grade") and not marks.get("solution"))


def is_changed(cell, release):
    """Whether a cell is not of its release's kind or, where that is locked, has another source."""
    return cell.cell_type != release.cell_type or bool(
        is_locked(release) and cell.source != release.source
    )


def mended(cells, release):
    """A group whose first cell has the kind, the marks and, where it is locked, the source of its
    release.
    """
    first = copy.deepcopy(release)
    first.id = cells[0].id
    if not is_locked(release):
        first.source = cells[0].source
        if cells[0].get("attachments") and release.cell_type == "markdown":
            first["attachments"] = cells[0]["attachments"]
    return [first, *cells[1:]]
