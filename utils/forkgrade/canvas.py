"""Canvas' grade book: the scores of grades.csv in the form in which Canvas imports them, which is
that of its own export (canvas-lms, lib/gradebook_exporter.rb and gradebook_importer.rb).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from forkgrade.grade_rows import Grade
from forkgrade.rosters import Roster, is_canvas, roster_of
from forkgrade.tables import NUMBER, Table, plain, read_table


class Refused(Exception):
    """No grade book can be written; the message says why, and what would mend it."""


def read_book(path: Path) -> tuple[Table, Roster]:
    """(the grade book that Canvas exported, its students). Raises Refused and BadTable."""
    book = read_table(path)
    if not is_canvas([name.casefold() for name in book.header]) or "Section" not in book.header:
        raise Refused(
            f"{path} is not Canvas' grade book: expected the columns Student, ID and Section, as "
            "Grades, Export writes them"
        )
    return book, roster_of(book, str(path))


def canvas_rows(
    grades: Sequence[Grade], book: Table, roster: Roster, chosen: Mapping[str, str]
) -> tuple[list[list[str]], list[str]]:
    """(the rows of the grade book for Canvas, which grades were left out and why).

    `book` is the one that Canvas exported, and `roster` its students. A student without a new
    score is not in it, and where one has no score for an assignment, the old one stays: Canvas
    takes an empty cell for a score that is to be removed. Raises Refused.
    """
    scores, left_out = scores_of(grades, roster)
    names = sorted({name for by_name in scores.values() for name in by_name})
    if not names:
        raise Refused("nothing to hand on: no graded row belongs to a student of the grade book")
    # Whose a row is: Canvas needs these columns as it exported them.
    ids = range(book.header.index("Section") + 1)
    places = {name: column_of(name, book, chosen) for name in names}
    points = {name: points_possible(name, grades, book, places[name]) for name in names}
    header = [book.header[place] for place in (*ids, *places.values())]
    most = ["    Points Possible", *[""] * (len(ids) - 1), *points.values()]
    rows = [header, most]
    for number in sorted(scores):
        row = book.rows[number]
        new = [scores[number].get(name, shown(row[places[name]])) for name in names]
        rows.append([*(plain(row[place]) for place in ids), *new])
    return rows, left_out


def scores_of(
    grades: Sequence[Grade], roster: Roster
) -> tuple[dict[int, dict[str, str]], list[str]]:
    """({row of the roster: {assignment: score}}, which grades were left out and why)."""
    found: dict[int, dict[str, list[Grade]]] = {}
    left_out = []
    for one in grades:
        who = f"{one.student}, {one.assignment}"
        if not one.is_graded:
            left_out.append(f"{who}: not graded: {one.reason}")
            continue
        student, why = roster.find(levels_of(one.student))
        if student is None:
            left_out.append(f"{who}: {one.student} {why}")
            continue
        found.setdefault(student.row, {}).setdefault(one.assignment, []).append(one)
    scores: dict[int, dict[str, str]] = {}
    for row, by_name in found.items():
        for name, rivals in by_name.items():
            if len(rivals) > 1:
                students = " and ".join(one.student for one in rivals)
                left_out.append(f"{students}, {name}: are one student of the roster")
            else:
                scores.setdefault(row, {})[name] = f"{rivals[0].score:g}"
    return scores, left_out


def levels_of(student: str) -> Iterator[list[tuple[str, str]]]:
    """What may be known of a student by the name in the course: see Roster.find."""
    yield [("student", student)]
    yield [(kind, student) for kind in ("login", "sid", "id", "email", "name")]
    if match := re.fullmatch(r"(?:(?P<name>.+)_)?(?P<id>\d+)", student):  # as Canvas names files
        yield [("id", match["id"]), *([("name", match["name"])] if match["name"] else [])]


def column_of(assignment: str, book: Table, chosen: Mapping[str, str]) -> int:
    """Which column of Canvas' grade book is an assignment's, `Name (id)`. Raises Refused."""
    columns = {
        place: name
        for place, name in enumerate(book.header)
        if place > book.header.index("Section") and re.search(r"\(\d+\)$", name)
    }
    wanted = chosen.get(assignment)
    name = slug(assignment)
    ways = [
        lambda column: column == wanted if wanted else slug(title(column)) == name,
        lambda column: not wanted and name.lstrip("0123456789") in slug(title(column)),
    ]
    fits = ([place for place, column in columns.items() if way(column)] for way in ways)
    fitting = next(filter(None, fits), [])
    if len(fitting) == 1:
        return fitting[0]
    several = "several columns" if fitting else "no column"
    raise Refused(
        f"{several} of Canvas' grade book can be {assignment}'s: give it with "
        f'--column "{assignment}=NAME (ID)", of {", ".join(columns.values()) or "none"}'
    )


def title(column: str) -> str:
    """An assignment's name without its number in Canvas.

    >>> title("Scalar gradients (4711)")
    'Scalar gradients'
    """
    return re.sub(r"\s*\(\d+\)$", "", column)


def slug(name: str) -> str:
    """A name in small letters and digits only.

    >>> slug("01_scalar_gradients"), slug("01 · Scalar gradients")
    ('01scalargradients', '01scalargradients')
    """
    return re.sub(r"[\W_]", "", name.casefold())


def points_possible(assignment: str, grades: Sequence[Grade], book: Table, place: int) -> str:
    """The points of an assignment. Raises Refused where Canvas has others: a score would count
    for more or less than it is.
    """
    most = {one.max_score for one in grades if one.is_graded and one.assignment == assignment}
    if len(most) > 1:
        points = " and of ".join(f"{one:g}" for one in sorted(most))
        raise Refused(f"{assignment} has rows of {points} points: make grade, then again")
    points = most.pop()
    there = next((row[place] for row in book.rows if "Points Possible" in row[0]), "").strip()
    same = NUMBER.fullmatch(there) and float(there.replace(",", ".")) == points
    if there and not same:
        raise Refused(
            f"Canvas has {there} points for {book.header[place]}, and the assignment {points:g}: "
            f"set them to {points:g} in Canvas, and export its grade book again"
        )
    return f"{points:g}"


def shown(value: str) -> str:
    """A cell of Canvas' grade book as it was, save that no spreadsheet runs it."""
    return value if value.strip() in ("", "-") else plain(value)
