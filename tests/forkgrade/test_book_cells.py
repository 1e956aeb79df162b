"""Cells may be added and dropped after people have graded: what they gave to the others stays."""

import nbformat
import pytest
from forkgrade.records import GRADED

from tests.forkgrade.conftest import NAME, solution
from tests.forkgrade.hostile import named, save
from tests.forkgrade.test_points import give

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.fixture
def grade(small, grade_here):
    """A function that releases an assignment with these cells and grades zoe's; returns
    {cell: points} and the points that persons gave.
    """
    from forkgrade.gradebook import open_book

    def graded(change=lambda cells: cells):
        nb = solution()
        nb.cells = change(nb.cells)
        save(nb, small.root / "solutions" / NAME)
        path = small.hand_in("zoe") / "assignment_01.ipynb"
        mine = nbformat.read(path, 4)
        mine.cells[-1].source = "Because."
        nbformat.write(mine, path)
        record = grade_here("zoe")
        assert (record.status, record.feedback != "") == (GRADED, True), record.reasons
        with open_book(small.course) as book:
            (notebook,) = book.find_submission(NAME, "zoe").notebooks
            return {
                one.name: (one.auto_score, one.manual_score, one.needs_manual_grade)
                for one in notebook.grades
            }

    return graded


@pytest.mark.parametrize("collisions", [4, 9])
def test_a_book_is_opened_again_where_another_grader_made_the_same(monkeypatch, collisions):
    from forkgrade import book_cells
    from nbgrader.api import InvalidEntry

    tried = []

    def book(*address):
        tried.append(address)
        if len(tried) <= collisions:
            raise InvalidEntry("the course is there already")
        return "the book"

    monkeypatch.setattr(book_cells, "Gradebook", book)
    if collisions < book_cells.TRIES:
        assert book_cells.open_book("an address", "numbers") == "the book"
    else:
        with pytest.raises(InvalidEntry, match="is there already"):
            book_cells.open_book("an address", "numbers")
        assert len(tried) == book_cells.TRIES + 1
    assert set(tried) == {("an address", "numbers")}


def test_a_test_comes_and_goes_and_a_persons_points_stay(small, grade):
    more = named("check-more", "assert answer > 1", grade=True, locked=True, points=4)
    another = named("bonus", "### BEGIN SOLUTION\n1\n### END SOLUTION", solution=True)
    grade()
    give(small, "explain", 2.5)
    stays = {"explain": (None, 2.5, False)}
    assert grade(lambda cells: [*cells[:2], *cells[3:]]) == stays
    assert grade(lambda cells: [another, *cells, more]) == stays | {
        "check-two": (2.0, None, False),
        "check-more": (4.0, None, False),
    }
    assert not (small.course.work / "dropped_points.csv").exists()


def test_points_for_a_question_that_was_dropped_are_kept_in_a_file(small, grade):
    grade()
    give(small, "explain", 2.5)
    assert grade(lambda cells: cells[:3]) == {"check-two": (2.0, None, False)}
    kept = (small.course.work / "dropped_points.csv").read_text(encoding="utf-8")
    assert kept.splitlines() == [f"zoe,{NAME},explain,2.5"]


def test_a_solution_that_cannot_be_read_is_told(small, grade):
    from forkgrade.course import CourseError

    grade()
    (small.root / "solutions" / NAME / "assignment_01.ipynb").write_text("{")
    with pytest.raises(CourseError, match=f"^{NAME} cannot be read: "):
        small.course.release(NAME)


def test_the_cells_of_a_notebook_are_those_that_nbgrader_keeps():
    from forkgrade.book_cells import cells_of

    found = {(kind.__name__, name): about for (kind, name), about in cells_of(solution()).items()}
    graded = {"max_score": 2.0, "cell_type": "code"}, {"max_score": 3.0, "cell_type": "markdown"}
    assert found == {
        ("SourceCell", "setup"): {"cell_type": "code"},
        ("SolutionCell", "answer"): {},
        ("SourceCell", "answer"): {"cell_type": "code"},
        ("GradeCell", "check-two"): graded[0],
        ("SourceCell", "check-two"): {"cell_type": "code"},
        ("GradeCell", "explain"): graded[1],
        ("SolutionCell", "explain"): {},
        ("SourceCell", "explain"): {"cell_type": "markdown"},
    }
