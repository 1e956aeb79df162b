"""The closing summary tells all that tests report."""

import pytest

from tests.conftest import KINDS, closing_lines, kind_of


def test_texts_stand_as_they_are_and_numbers_are_added_up():
    told = [("note", "b"), ("graphs", 900), ("summary", "a"), ("graphs", 700), ("edges", 2)]
    assert closing_lines(told) == ["a", "b", "2 edges", "1,600 graphs"]


@pytest.mark.parametrize(
    ("nodeid", "short"),
    [
        ("notebooks/01_a.ipynb::Cell 0", "outputs"),
        ("utils/autograd_seen/draw.py::autograd_seen.draw.draw_graph", "examples"),
        ("tools/figures.py::tools.figures.branches", "examples"),
        ("tests/tools/test_rules.py::test_a", "hygiene"),
        ("tests/tools/test_new.py::test_a", "tools"),
        ("tests/autograd_seen/live/test_operators.py::test_a", "operators"),
        ("tests/test_conftest.py::test_a", "tests"),
    ],
)
def test_each_test_has_a_line_of_the_summary(nodeid, short):
    assert kind_of(nodeid)[0] == short


def test_no_line_of_the_summary_hides_behind_an_earlier_one():
    starts = list(KINDS)
    hidden = [b for at, b in enumerate(starts) for a in starts[:at] if b.startswith(a)]
    assert not hidden
