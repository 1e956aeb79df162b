"""The grade book is told of students before two workers could both add one, and read once more."""

import pytest
from forkgrade.records import Submission

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base

ODD = "[odd]"


def students(course):
    from forkgrade.gradebook import open_book

    with open_book(course) as book:
        return sorted(student.id for student in book.students)


def test_who_handed_in_twice_is_entered_before_there_is_any_worker(small):
    from forkgrade.gradebook import enter_students

    keys = [("twice", "a"), ("twice", "b"), ("once", "a"), (ODD, "a"), (ODD, "b")]
    enter_students(small.course, [Submission(*key) for key in keys])
    assert students(small.course) == ["twice"]


def test_a_course_that_adds_no_student_by_itself_is_left_alone(small):
    from forkgrade.gradebook import enter_students

    small.course.config.Autograde.create_student = False
    enter_students(small.course, [Submission("twice", "a"), Submission("twice", "b")])
    assert students(small.course) == []


def test_scores_of_what_was_never_graded_need_no_withdrawal(small):
    from forkgrade.gradebook import withdraw_scores

    withdraw_scores(small.course, Submission("nobody", "a"))
    assert students(small.course) == []
