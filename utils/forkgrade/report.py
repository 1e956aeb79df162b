"""The table of grades: one row for each submission, in a CSV that a spreadsheet can open."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import column, create_engine, func, select, table
from sqlalchemy.sql.expression import TableClause

from forkgrade.course import Course, CourseError
from forkgrade.files import write_whole
from forkgrade.records import GRADED, Record, Standing, worth
from forkgrade.tables import csv_text, quoted

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
    nbgrader and its formgrader write too. Raises CourseError where it lacks what was graded.
    """
    records = list(records)
    known = {}
    if any(record.status == GRADED for record in records):
        known = {key: points(cells) for key, cells in submissions_in(course.db_url)}
    rows = [[quoted(value) for value in row(record, known).values()] for record in records]
    write_whole(report_path(course), csv_text([COLUMNS, *rows]))


def row(record: Record, known: dict[tuple[str, str], dict[str, str]]) -> dict[str, str]:
    """The row of one record; `known` has the columns that come from the grade book."""
    values = {
        "student": record.student,
        "assignment": record.assignment,
        "status": record.status,
        "reason": "; ".join(record.reasons),
        "feedback": record.feedback,
    }
    if record.status == GRADED:
        if (record.student, record.assignment) not in known:
            raise CourseError(
                f"the grade book has no points of {record.student}, {record.assignment}, which was "
                "graded: bring the grade book back, or grade all again with "
                "python -m forkgrade --again"
            )
        values |= known[record.student, record.assignment]
    return dict.fromkeys(COLUMNS, "") | values


def submissions_in(db_url: str) -> Iterator[tuple[tuple[str, str], list]]:
    """((student, assignment), its graded cells) of each submission in a grade book, from one query.

    The tables are nbgrader's. They are named here, not imported: to import nbgrader takes longer
    than all else that a run does which has nothing to grade.
    """
    grade = named(
        "grade", "auto_score manual_score extra_credit needs_manual_grade cell_id notebook_id"
    )
    cell, notebook = named("base_cell", "id name"), named("submitted_notebook", "id assignment_id")
    submitted = named("submitted_assignment", "id student_id assignment_id")
    assignment = named("assignment", "id name")
    tests, tasks = (named(name, "id max_score") for name in ("grade_cells", "task_cells"))
    query = (
        select(
            submitted.c.student_id,
            assignment.c.name,
            cell.c.name,
            grade.c.auto_score,
            grade.c.manual_score,
            grade.c.extra_credit,
            grade.c.needs_manual_grade,
            func.coalesce(tests.c.max_score, tasks.c.max_score),
        )
        .join_from(grade, cell, cell.c.id == grade.c.cell_id)
        .join(notebook, notebook.c.id == grade.c.notebook_id)
        .join(submitted, submitted.c.id == notebook.c.assignment_id)
        .join(assignment, assignment.c.id == submitted.c.assignment_id)
        .outerjoin(tests, tests.c.id == cell.c.id)
        .outerjoin(tasks, tasks.c.id == cell.c.id)
    )
    found = defaultdict(list)
    engine = create_engine(db_url)
    with engine.connect() as connection:
        for student, name, *cell_facts in connection.execute(query):
            found[student, name].append(cell_facts)
    engine.dispose()
    yield from found.items()


def named(name: str, columns: str) -> TableClause:
    """A table of nbgrader's grade book."""
    return table(name, *map(column, columns.split()))


def points(cells: list) -> dict[str, str]:
    """The columns that the grade book knows of a submission, from those of its cells."""
    scores = [
        (name, worth(Standing(auto, manual, extra)), most, flag)
        for name, auto, manual, extra, flag, most in cells
    ]
    return {
        "score": f"{sum(score for _, score, _, _ in scores):g}",
        "max_score": f"{sum(most for _, _, most, _ in scores):g}",
        "needs_manual_grade": " ".join(sorted(name for name, _, _, flag in scores if flag)),
        "cells": " ".join(sorted(f"{name}={score:g}/{most:g}" for name, score, most, _ in scores)),
    }
