"""Everything that grading one assignment needs, as plain values that another machine can be
sent.

No secret, no address of the grade book and no path of this machine is in it.
"""

import json
import os
from dataclasses import dataclass, field

from nbgrader import utils as nbutils
from nbgrader.api import Gradebook, GradeCell, SourceCell, TaskCell
from nbgrader.converters import Autograde
from traitlets.config import Config

from forkgrade.course import Course
from forkgrade.judge import derived, secret_of
from forkgrade.versions import versions

#: The parts of an nbgrader config that the grade of a submission depends on.
SECTIONS = "LimitOutput", "ClearHiddenTests"


@dataclass(frozen=True)
class NotebookBundle:
    """One notebook of an assignment.

    Attributes:
        released: what students got, as the JSON of a notebook.
        cells: {grade_id: {"cell_type", "locked", "source" with hidden tests, "checksum", "points"}}
            of the solution.
        kernelspec: that of the solution.
    """

    released: str
    cells: dict[str, dict]
    kernelspec: dict


@dataclass(frozen=True)
class Bundle:
    """One assignment.

    Attributes:
        assignment: its name.
        course_id: that of the course, as nbgrader's config has it.
        notebooks: by their names, without .ipynb.
        files: {path: bytes} of what lies beside the notebooks.
        limits: what one submission may use, as Limits.as_dict gives it.
        settings: what the config says of nbgrader's own steps, by their names.
        versions: what grades must agree on, see `versions`.
        questions: variants of {notebook: {grade_id: what is asked}}, of the cells whose tests are
            not run.
        salt: a text of the course's own, from which no other secret can be found: with it a
            hand-in is given its variant.
    """

    assignment: str
    course_id: str
    notebooks: dict[str, NotebookBundle]
    files: dict[str, bytes]
    limits: dict[str, object]
    settings: dict[str, dict] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    questions: list[dict[str, dict[str, dict]]] = field(default_factory=list)
    salt: str = ""


def make_bundle(course: Course, book: Gradebook, assignment: str) -> Bundle:
    """The bundle of an assignment that was released."""
    released = course.folder("release", ".", assignment)
    questions = course.questions(assignment)
    notebooks = {
        entry.name: NotebookBundle(
            (released / f"{entry.name}.ipynb").read_text(encoding="utf-8"),
            cells_in(book, entry.id),
            json.loads(entry.kernelspec or "{}"),
        )
        for entry in book.find_assignment(assignment).notebooks
    }
    return Bundle(
        assignment,
        course.course_id,
        notebooks,
        files_beside(course, assignment),
        course.limits.as_dict(),
        settings_of(course.config),
        versions(course.limits.preload),
        questions,
        derived(secret_of(course.work), "which variant").decode() if questions else "",
    )


def settings_of(config: Config) -> dict[str, dict]:
    """What a config says of nbgrader's own steps that a grade or a page depends on."""
    return {name: dict(config[name]) for name in SECTIONS if name in config}


def cells_in(book: Gradebook, notebook_id: str) -> dict[str, dict]:
    """What the grade book has of the cells of a notebook."""
    points = {
        cell.name: cell.max_score
        for kind in (GradeCell, TaskCell)
        for cell in book.db.query(kind).filter(kind.notebook_id == notebook_id)
    }
    return {
        cell.name: {
            "cell_type": cell.cell_type,
            "locked": cell.locked,
            "source": cell.source,
            "checksum": cell.checksum,
            "points": points.get(cell.name),
        }
        for cell in book.db.query(SourceCell).filter(SourceCell.notebook_id == notebook_id)
    }


def files_beside(course: Course, assignment: str) -> dict[str, bytes]:
    """The files of a solution that nbgrader lays beside each submission, in the place of a
    student's own of that name.
    """
    source = str(course.source(assignment))
    found = nbutils.find_all_files(source, [*course.directory.ignore, "*.ipynb"])
    kept = Autograde(coursedir=course.directory, config=course.config).exclude_overwriting
    files = {}
    for path in sorted(found):
        name = os.path.relpath(path, source)
        if name not in kept.get(assignment, ()):
            with open(path, "rb") as file:
                files[name.replace(os.sep, "/")] = file.read()
    return files
