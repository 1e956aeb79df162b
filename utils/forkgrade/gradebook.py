"""What grading reads from nbgrader's grade book and writes into it, beside what nbgrader does."""

import json
from collections import Counter
from collections.abc import Sequence

from nbgrader.api import Gradebook, MissingEntry

from forkgrade.book_cells import HandedIn
from forkgrade.course import Course
from forkgrade.records import Record, Submission
from forkgrade.staging import unsupported_characters


def open_book(course: Course) -> Gradebook:
    """The grade book of a course, for a `with`."""
    return Gradebook(course.directory.db_url, course.directory.course_id)


def enter_students(course: Course, submissions: Sequence[Submission]) -> None:
    """Enters students of whom two workers may grade something at once: each would add them, and one
    would fail.
    """
    if not course.config.Autograde.get("create_student", True):
        return
    counts = Counter(submission.student for submission in submissions)
    with open_book(course) as book:
        for student in sorted(student for student, count in counts.items() if count > 1):
            if not unsupported_characters(student):
                book.update_or_create_student(student)


def withdraw_scores(course: Course, submission: Submission) -> None:
    """Marks what an earlier run graded as open: an old score must not stand for a new submission.
    What a person gave counts again once the same answer can be graded.
    """
    with open_book(course) as book:
        try:
            entry = book.find_submission(submission.assignment, submission.student)
        except MissingEntry:
            return
        for notebook in entry.notebooks:
            seen = book.db.get(HandedIn, notebook.id)
            if seen and not seen.withdrawn:
                flags = {grade.name: grade.needs_manual_grade for grade in notebook.grades}
                seen.withdrawn = json.dumps(flags)
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = None, True
        book.db.commit()


def scores(book: Gradebook, record: Record) -> dict[str, str]:
    """The columns of a report that the grade book knows of a graded submission."""
    entry = book.find_submission(record.assignment, record.student)
    grades = [grade for notebook in entry.notebooks for grade in notebook.grades]
    cells = [f"{grade.name}={grade.score:g}/{grade.max_score:g}" for grade in grades]
    return {
        "score": f"{entry.score:g}",
        "max_score": f"{entry.max_score:g}",
        "needs_manual_grade": " ".join(
            sorted(grade.name for grade in grades if grade.needs_manual_grade)
        ),
        "cells": " ".join(sorted(cells)),
    }
