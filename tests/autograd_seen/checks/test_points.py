"""What an exercise is worth is read from the table, and added up."""

import pytest
from autograd_seen.checks.points import Assignment, assignment_of, assignments

MIXED = Assignment("07_jacobians", "Which?", {"7.1": 2, "7.2": 3, "7.10": 1}, ("7.10",))


def test_an_assignment_adds_up_what_is_passed_of_it():
    numbers = {"7.10", "7.2", "6.1"}
    assert (MIXED.number, MIXED.passed(numbers)) == ("07", ["7.2", "7.10"])
    assert MIXED.so_far(numbers) == "2 of 3 · 4 of 6 points"
    assert MIXED.so_far(set()) == "0 of 3 · 0 of 6 points"


def test_right_parts_are_worth_their_share_when_graded():
    assert MIXED.of_parts("7.1", 3, 4) == "3 of 4 right here, for 1.5 of 2 points when graded"
    assert MIXED.of_parts("7.1", 0, 4) == MIXED.of_parts("7.1", 4, 4) == ""


def test_what_a_person_reads_is_not_open_for_a_check():
    assert MIXED.left({"7.2"}) == ["7.1"]


def test_an_exercise_leads_to_its_assignment():
    assert assignment_of("2.3").slug == "02_chain_rule"
    assert assignment_of("9.9") is None


@pytest.mark.parametrize("one", assignments(), ids=lambda one: one.slug)
def test_the_table_knows_titles_points_and_what_a_person_reads(one):
    assert one.title.endswith("?")
    assert one.by_hand == (list(one.points)[-1],)
    assert all(number.startswith(f"{int(one.number)}.") for number in one.points)
