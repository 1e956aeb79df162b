"""The table of grades: one row for each submission, in a CSV that a spreadsheet can open."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook

from forkgrade.course import Course
from forkgrade.files import write_whole
from forkgrade.gradebook import open_book, scores
from forkgrade.records import GRADED, Record

COLUMNS = [
    "student",
    "assignment",
    "status",
    "score",
    "max_score",
    "needs_manual_grade",
    "reason",
    "cells",
    "feedback",
]


def report_path(course: Course) -> Path:
    """Where the table of a course lies."""
    return course.work / "grades.csv"


def write_report(course: Course, records: Iterable[Record]) -> None:
    """Writes the table: one row for each record. Points are read from the grade book, which
    nbgrader and its formgrader write too.
    """
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    with open_book(course) as book:
        for record in records:
            writer.writerow({key: plain(value) for key, value in row(record, book).items()})
    write_whole(report_path(course), table.getvalue())


def row(record: Record, book: Gradebook) -> dict[str, str]:
    """The row of one record."""
    known = {
        "student": record.student,
        "assignment": record.assignment,
        "status": record.status,
        "reason": "; ".join(record.reasons),
        "feedback": record.feedback,
    }
    points = scores(book, record) if record.status == GRADED else {}
    return dict.fromkeys(COLUMNS, "") | known | points


def plain(value: str) -> str:
    """A value that a spreadsheet shows and does not run, on one line."""
    line = " ".join(value.split())
    text = line.encode("utf-8", "replace").decode()  # a file's name may be no text at all
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
