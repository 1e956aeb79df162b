"""What a person gave stays with the answer that it was given to, and is flagged where that
changed.
"""

import nbformat
import pytest
from forkgrade.records import CellPoints, Standing

from tests.forkgrade.conftest import NAME, cells

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.fixture
def graded(small, grade_here):
    """A function that grades an answer and a text of zoe's; returns {cell: (automatic points, those
    of a person, whether a person must look)}.
    """

    def graded(text="Because.", answer="answer = 2"):
        path = small.hand_in("zoe", answer) / "assignment_01.ipynb"
        nb = nbformat.read(path, 4)
        nb.cells[-1].source = text
        nbformat.write(nb, path)
        grade_here("zoe")
        return points(small)

    return graded


def points(small):
    from forkgrade.gradebook import open_book

    with open_book(small.course) as book:
        (notebook,) = book.find_submission(NAME, "zoe").notebooks
        return {
            one.name: (one.auto_score, one.manual_score, one.needs_manual_grade)
            for one in notebook.grades
        }


def give(small, cell, given, extra=None):
    """What the form grader does when a person has graded."""
    from forkgrade.gradebook import open_book

    with open_book(small.course) as book:
        grade = book.find_grade(cell, "assignment_01", NAME, "zoe")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = given, extra, False
        book.find_comment("explain", "assignment_01", NAME, "zoe").manual_comment = "Well said."
        book.db.commit()


def test_an_unchanged_answer_is_left_alone_and_a_new_one_is_flagged_without_its_old_points(
    small, graded
):
    assert graded()["explain"] == (None, None, True)
    give(small, "explain", 2.5, extra=1)
    assert graded(answer="answer = 3") == {
        "check-two": (0.0, None, False),
        "explain": (None, 2.5, False),
    }
    assert graded("Because it is so.")["explain"] == (None, None, True)


def test_an_answer_has_changed_where_what_was_handed_in_has_though_the_same_is_shown(small, graded):
    graded('<b onclick="one()">Because</b>')
    give(small, "explain", 2.5)
    assert graded('<b onclick="one()">Because</b>')["explain"] == (None, 2.5, False)
    assert graded('<b onclick="two()">Because</b>')["explain"] == (None, None, True)


def test_points_for_a_test_stay_and_are_flagged_where_the_code_changed(small, graded):
    graded(answer="answer = 3")
    give(small, "check-two", 1)
    assert graded("Another text.", "answer = 3")["check-two"] == (0.0, 1.0, False)
    assert graded("Another text.", "answer = 4")["check-two"] == (0.0, 1.0, True)


def test_what_was_taken_back_counts_again_once_it_can_be_graded(small, graded, monkeypatch):
    from forkgrade import grade as module

    graded()
    give(small, "explain", 2.5)
    with monkeypatch.context() as patch:
        patch.setattr(module, "restore", lambda *a: 1 / 0)
        for _ in range(2):
            assert graded()["explain"] == (None, 2.5, True)
    assert graded()["explain"] == (None, 2.5, False)


# --- one cell -------------------------------------------------------------------------------------


def scored(before, now, **known):
    """The grade of a text with 2 points of a person's, scored."""
    from forkgrade.points import score

    grade = Standing(**{"manual_score": 2, "extra_credit": 1} | known)
    score(grade, CellPoints(None, now, written=True), before)
    return grade


def test_of_what_nobody_remembers_the_points_stay_and_are_flagged():
    grade = scored(None, "b", needs_manual_grade=False)
    assert (grade.manual_score, grade.needs_manual_grade) == (2, True)


def test_a_flag_that_a_person_left_stays():
    assert scored("a", "a", needs_manual_grade=True).needs_manual_grade


def test_extra_points_for_an_old_text_go_too():
    grade = scored("a", "b", needs_manual_grade=False)
    assert (grade.manual_score, grade.extra_credit) == (None, None)


def test_a_picture_is_part_of_an_answer_and_of_no_other():
    from forkgrade.points import digests

    nb = nbformat.v4.new_notebook(cells=cells("answer = 2"))
    first = digests(nb)
    nb.cells[-1]["attachments"] = {"image.png": {"image/png": "iVBORw0KGgo="}}
    second = digests(nb)
    assert first["explain"] != second["explain"] and first["check-two"] == second["check-two"]
    nb.cells[1].source = "answer = 3"
    third = digests(nb)
    assert third["explain"] == second["explain"] and third["check-two"] != second["check-two"]


def test_an_answer_that_was_not_touched_is_told_and_needs_nobody(small, graded):
    from forkgrade.gradebook import open_book

    small.course.release(NAME)
    released = small.root / "grading" / "release" / NAME / "assignment_01.ipynb"
    stub = nbformat.read(released, 4).cells[-1].source
    assert graded(stub)["explain"] == (0.0, None, False)
    with open_book(small.course) as book:
        assert book.find_comment("explain", "assignment_01", NAME, "zoe").comment == "No response."
