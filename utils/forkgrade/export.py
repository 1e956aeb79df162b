"""Hands grades on, from grading/grades.csv: to Canvas, as a grade book that it imports, or to
Gradescope, as an autograder's results.json.

`python -m forkgrade.export canvas --roster canvas_gradebook.csv` writes grading/canvas.csv, and
`python -m forkgrade.export gradescope` writes grading/results.json for one submission.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from forkgrade.canvas import Refused, canvas_rows, read_book
from forkgrade.files import write_whole
from forkgrade.folders import NoCourse, folders_of
from forkgrade.grade_rows import Grade, read_grades
from forkgrade.gradescope import VISIBILITIES, results, said_by_checks
from forkgrade.tables import BadTable, csv_text, plain


def main(arguments: Sequence[str] | None = None) -> int:
    """Hands grades on; returns 1 if a row was left out, 2 if nothing could be written."""
    options = parse(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        folders = folders_of(options.course)
        grades = [
            one
            for one in read_grades(folders.work / "grades.csv")
            if options.student in (None, one.student)
            and options.assignment in (None, one.assignment)
        ]
        if options.to == "canvas":
            return to_canvas(grades, options, folders.work / "canvas.csv")
        return to_gradescope(grades, options, folders.autograded, folders.work / "results.json")
    except (NoCourse, Refused, BadTable) as error:
        print(error, file=sys.stderr)
        return 2


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m forkgrade.export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("to", choices=["canvas", "gradescope"])
    parser.add_argument("--student", help="only this student's")
    parser.add_argument("--assignment", help="only this assignment")
    parser.add_argument("--roster", type=Path, help="the grade book that Canvas exported")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ASSIGNMENT=COLUMN",
        help="the column of Canvas' grade book that is an assignment's, where names differ",
    )
    parser.add_argument("--results", type=Path, help="where to write results.json")
    parser.add_argument("--visibility", choices=VISIBILITIES, default="visible")
    parser.add_argument(
        "--course", type=Path, default=Path(), help="the course's root (default: this folder)"
    )
    return parser.parse_args(arguments)


def to_canvas(grades: Sequence[Grade], options: argparse.Namespace, path: Path) -> int:
    """Writes the grade book that Canvas imports; returns the exit status. Raises Refused and
    BadTable.
    """
    if not options.roster:
        raise Refused("no roster: expected the grade book that Canvas exported, with --roster")
    book, roster = read_book(options.roster)
    rows, left_out = canvas_rows(grades, book, roster, chosen_columns(options.column))
    write_whole(path, csv_text(rows, book.delimiter))
    for line in left_out:
        print(plain(f"left out: {line}"), file=sys.stderr)
    if unfinished := sum(bool(one.open_cells) for one in grades):
        print(f"{unfinished} of these scores lack what a person must still grade")
    print(f"{path}: {len(rows) - 2} students; import it in Canvas, under Grades")
    return 1 if left_out else 0


def chosen_columns(options: Sequence[str]) -> dict[str, str]:
    """{assignment: column} of the command line. Raises Refused."""
    pairs = [one.partition("=") for one in options]
    for option, (name, equals, column) in zip(options, pairs, strict=True):
        if not (name and equals and column):
            raise Refused(f"--column {option}: expected ASSIGNMENT=COLUMN")
    return {name: column for name, _, column in pairs}


def to_gradescope(
    grades: Sequence[Grade], options: argparse.Namespace, autograded: Path, path: Path
) -> int:
    """Writes results.json for one submission; returns the exit status. Raises Refused."""
    if len(grades) != 1:
        raise Refused(
            f"{len(grades)} rows of grades.csv fit, and results.json is for one submission: "
            "choose it with --student and --assignment"
        )
    (grade,) = grades
    if not grade.is_graded:
        raise Refused(f"{grade.student}, {grade.assignment}: not graded: {grade.reason}")
    said = said_by_checks(autograded / grade.student / grade.assignment)
    path = options.results or path
    write_whole(path, json.dumps(results(grade, said, options.visibility), indent=1))
    print(f"{path}: {grade.score:g} of {grade.max_score:g} points")
    return 0


if __name__ == "__main__":
    sys.exit(main())
