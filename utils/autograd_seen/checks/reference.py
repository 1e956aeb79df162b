"""Finds the reference solution of an exercise, where the course on this machine has it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from autograd_seen.checks.points import Assignment, assignment_of

#: The marks around a solution, the first of them with the lines of dots that it takes the place of.
MARK = re.compile(
    r"^(?:[^\n]*= [^\n]*\.\.\.[^\n]*\n)*[ ]*### BEGIN SOLUTION\n|^[ ]*### END SOLUTION\n?",
    re.MULTILINE,
)
ABSENT = "the reference solution is not on this machine: your instructor has it"


class Text(str):
    """A text that a notebook shows as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        """The text itself."""
        return str(self)


def reference(number: str) -> Text:
    """The code that solves an exercise such as "1.2", or a line that says where it is."""
    assignment = assignment_of(number)
    path = _solution(assignment) if assignment else None
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path else []
    except (OSError, ValueError):
        cells = []
    return Text(next(_answers(cells, number), f"{number}: {ABSENT}"))


def _solution(assignment: Assignment) -> Path | None:
    """The notebook with the solutions of an assignment, if it lies above this kernel's folder or
    above this package.
    """
    name = Path("solutions", assignment.slug, f"assignment_{assignment.number}.ipynb")
    places = [*(Path.cwd() / "here").parents, *Path(__file__).parents]
    return next((place / name for place in places if (place / name).is_file()), None)


def _answers(cells: list[dict], number: str) -> Iterator[str]:
    """The code of the cells that a student writes, below the heading of an exercise."""
    heading = ""
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("## "):
            heading = source
        is_answer = cell["metadata"].get("nbgrader", {}).get("solution")
        if heading.startswith(f"## {number} ") and cell["cell_type"] == "code" and is_answer:
            yield MARK.sub("", source).rstrip("\n")
