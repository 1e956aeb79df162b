"""A report is short, and writes a value as a reader would."""

import math

import pytest
from plainjudge.values import Array, Odd
from plainjudge.written import LONGEST, nested, shortened, written


@pytest.mark.parametrize(
    "value, text",
    [
        (6, "6"),
        (1 / 3, "0.333333"),
        (math.nan, "nan"),
        (Array("float32", (), [2.5]), "2.5"),
        (Array("int64", (), [3.0]), "3, torch.int64"),
        (Array("bool", (2,), [1.0, 0.0]), "[True, False], torch.bool"),
        (Array("int64", (2, 1), [1.0, 2.0]), "[[1], [2]], torch.int64"),
        ([1, 2.5], "[1, 2.5]"),
        (Array("float64", (2,), [1.5, 2.5], False), "[1.5, 2.5]"),
        (Array("int64", (2,), [1.0, 2.0], False), "[1, 2]"),
        (list(range(6)), "[0, 1, 2, 3, 4, 5]"),
        (list(range(7)), "[0, 1, 2, 3, 4, 5, …]"),
        (Array("float32", (2, 2), [1.0] * 4), "[1, 1, 1, 1] of shape (2, 2)"),
        ([1.0, None], "[1, None]"),
        (True, "True"),
        (None, "None"),
        ("leaf", "'leaf'"),
        ({"x": True}, "{'x': True}"),
        ({"x": Array("float32", (), [2.5]), "y": 9}, "{'x': 2.5, 'y': 9}"),
        (Odd("function", "cube"), "cube"),
        (..., "Ellipsis"),
    ],
)
def test_a_value_is_written(value, text):
    assert written(value) == text


def test_a_value_without_numbers_is_cut_short():
    assert written(["word"] * 100).endswith("…") and len(written(["word"] * 100)) == LONGEST
    many = Array("int64", (999,), [1.0] * 999)
    assert len(written(many)) == LONGEST + len(", torch.int64")


def test_a_text_is_cut_to_its_first_line():
    assert shortened("one\ntwo") == "one"
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert shortened("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"


def test_values_are_nested_by_their_shape():
    assert nested([1, 2, 3, 4, 5, 6], (2, 3)) == [[1, 2, 3], [4, 5, 6]]
    assert nested([7], ()) == 7 and nested([], (0,)) == [] and nested([], (2, 0)) == [[], []]
