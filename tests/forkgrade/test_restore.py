"""A submission gets back the cells of its release, whole, once, in order, and keeps its answers."""

import copy

import pytest
from forkgrade.notes import notes
from nbformat import v4

from tests.forkgrade.conftest import cells, submission

NAMES = ["setup", "answer", "check-two", "explain"]


@pytest.fixture
def restored():
    """A function that changes the cells of a submission and restores it."""
    from forkgrade.restore import restore

    def restored(change):
        nb = submission("answer = 7")
        nb.cells = change(nb.cells) or nb.cells
        restore(nb, submission("# YOUR CODE HERE"))
        return nb

    return restored


def named(nb):
    return [cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata]


def answers(nb):
    marks = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
    return [
        cell.source
        for cell, mark in zip(nb.cells, marks, strict=True)
        if mark.get("grade_id") == "answer"
    ]


def test_an_honest_submission_is_left_as_it_is(restored):
    nb = restored(lambda cells: None)
    assert notes(nb) == [] and nb.cells == cells("answer = 7")


def test_a_missing_cell_comes_back_as_it_was_handed_out(restored):
    nb = restored(lambda cells: cells[:1])
    assert named(nb) == NAMES and nb.cells[1].source == "# YOUR CODE HERE"
    assert notes(nb) == ["missing and put back as handed out: answer, check-two, explain"]


def test_a_locked_cell_gets_its_source_back_and_an_answer_stays(restored):
    nb = restored(lambda cells: [cell.update(source="pass") for cell in cells] and None)
    assert [cell.source for cell in nb.cells] == [
        "import math",
        "pass",
        "assert answer == 2",
        "pass",
    ]
    assert notes(nb) == ["changed and put back as handed out: setup, check-two"]


def test_the_marks_are_those_of_the_release(restored):
    def promote(cells):
        cells[2].metadata.nbgrader.update(points=1000, locked=False, solution=True)

    nb = restored(promote)
    assert nb.cells[2].metadata == cells("")[2].metadata


def test_of_two_cells_of_a_name_the_last_counts(restored):
    def twice(cells):
        draft = copy.deepcopy(cells[1])
        draft.source = "answer = None"
        return [*cells[:1], draft, *cells[1:]]

    nb = restored(twice)
    assert named(nb) == NAMES and answers(nb) == ["answer = 7"]
    assert nb.cells[1].source == "answer = None"
    assert notes(nb) == ["there more than once, the last one counts: answer"]
    assert len({cell.id for cell in nb.cells}) == len(nb.cells)


def test_a_cell_that_lost_its_marks_is_known_by_its_id(restored):
    nb = restored(lambda cells: [cell.metadata.clear() for cell in cells] and None)
    assert nb.cells == cells("answer = 7")
    assert notes(nb) == [f"marks lost, known by their ids: {', '.join(NAMES)}"]


def test_an_id_names_no_cell_whose_name_is_there(restored):
    def copied(cells):
        nameless = v4.new_code_cell("answer = 8", id="answer")
        cells[1].id = "other"
        return [*cells, nameless]

    nb = restored(copied)
    assert named(nb) == NAMES and answers(nb) == ["answer = 7"]
    assert notes(nb) == [] and nb.cells[-1].source == "answer = 8"


def test_cells_out_of_order_are_sorted_with_what_followed_them(restored):
    def shuffled(cells):
        own = v4.new_code_cell("answer += 1", id="own")
        return [cells[2], cells[1], own, cells[0], cells[3]]

    nb = restored(shuffled)
    assert [cell.id for cell in nb.cells] == ["setup", "answer", "own", "check-two", "explain"]
    assert notes(nb) == ["cells were out of order: sorted as handed out"]


def test_a_strange_name_makes_an_ordinary_cell(restored):
    def strange(cells):
        marks = {"nbgrader": {"grade_id": "bonus", "points": 100, "grade": True}}
        return [*cells, v4.new_code_cell("1", metadata=marks)]

    nb = restored(strange)
    assert named(nb) == NAMES and nb.cells[-1].metadata == {}


def test_a_long_list_of_names_ends():
    from forkgrade.restore import listed

    assert listed("abc") == "a, b, c"
    assert listed("abcdefghij") == "a, b, c, d, e, f, g and 3 more"
