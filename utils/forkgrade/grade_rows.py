"""The rows of grades.csv, to be handed on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forkgrade.records import GRADED
from forkgrade.tables import BadTable, read_table, unquoted

NEEDED = ("student", "assignment", "status", "score", "max_score")


@dataclass(frozen=True)
class Grade:
    """A row of grades.csv.

    Attributes:
        student, assignment, reason: as it says.
        is_graded: whether it has a score.
        score, max_score: the points.
        cells: {graded cell: (its points, its most)}.
        open_cells: the cells that a person must still grade.
    """

    student: str
    assignment: str
    is_graded: bool
    reason: str = ""
    score: float = math.nan
    max_score: float = math.nan
    cells: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    open_cells: frozenset[str] = frozenset()


def read_grades(path: Path) -> list[Grade]:
    """The rows of grades.csv. Raises BadTable."""
    if not path.exists():
        raise BadTable(f"{path} is not there: make grade writes it")
    table = read_table(path)
    if missing := set(NEEDED) - set(table.header):
        raise BadTable(f"{path} has no column {', '.join(sorted(missing))}: make grade writes it")
    return [grade_of(dict(zip(table.header, row, strict=True)), path) for row in table.rows]


def grade_of(row: Mapping[str, str], path: Path) -> Grade:
    """The grade that a row says. Raises BadTable."""
    student, assignment = unquoted(row["student"]), unquoted(row["assignment"])
    reason = row.get("reason", "")
    if row["status"] != GRADED:
        return Grade(student, assignment, False, reason)
    try:
        cells = dict(points_of(cell) for cell in row.get("cells", "").split())
        score, most = (finite(unquoted(row[name])) for name in ("score", "max_score"))
    except ValueError as error:
        raise BadTable(
            f"{path}: the points of {student}, {assignment} are none ({error}): make grade"
        ) from error
    to_grade = frozenset(row.get("needs_manual_grade", "").split())
    return Grade(student, assignment, True, reason, score, most, cells, to_grade)


def points_of(cell: str) -> tuple[str, tuple[float, float]]:
    """A graded cell and its points, from `check-1-1=1.5/2`. Raises ValueError."""
    name, _, points = cell.rpartition("=")
    score, _, most = points.partition("/")
    return name, (finite(score), finite(most))


def finite(text: str) -> float:
    """A number. Raises ValueError."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number of points")
    return number
