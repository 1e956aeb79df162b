"""A report is short, and writes a value as a reader would."""

import math

import numpy
import pytest
import torch
from autograd_seen.checks.report import (
    LONGEST,
    failing_line,
    shortened,
    written,
    written_in_case,
)


def cube(x):
    """x³"""
    return x**3


@pytest.mark.parametrize(
    "value, text",
    [
        (6, "6"),
        (1 / 3, "0.333333"),
        (math.nan, "nan"),
        (torch.tensor(2.5, requires_grad=True), "2.5"),
        (torch.tensor(3), "3, torch.int64"),
        (torch.tensor([True, False]), "[True, False], torch.bool"),
        ([1, 2.5], "[1, 2.5]"),
        (numpy.array([1.5, 2.5]), "[1.5, 2.5]"),
        (list(range(6)), "[0, 1, 2, 3, 4, 5]"),
        (list(range(7)), "[0, 1, 2, 3, 4, 5, …]"),
        (torch.ones(2, 2), "[1, 1, 1, 1] of shape (2, 2)"),
        ([1.0, None], "[1, None]"),
        (True, "True"),
        (None, "None"),
        ("leaf", "'leaf'"),
        ({"x": True}, "{'x': True}"),
        (cube, "cube"),
    ],
)
def test_a_value_is_written(value, text):
    assert written(value) == text


def test_a_value_without_numbers_is_cut_short():
    assert written(["word"] * 100).endswith("…") and len(written(["word"] * 100)) == LONGEST
    assert len(written(torch.arange(999))) == LONGEST + len(", torch.int64")


def test_a_case_shows_words_bare_and_functions_by_their_formula():
    assert written_in_case("z = x·x") == "z = x·x"
    assert written_in_case(cube) == "x³"
    assert written_in_case(lambda x: x) == "<lambda>"
    assert written_in_case(1.5) == "1.5"


def test_a_text_is_cut_to_its_first_line():
    assert shortened("one\ntwo") == "one"
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert shortened("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"


def test_the_line_of_an_error_is_the_last_one_of_the_students_own_file():
    def answer():
        return torch.linalg.inv(torch.zeros(2))

    with pytest.raises(RuntimeError) as caught:
        answer()
    assert failing_line(caught.value, answer) == "return torch.linalg.inv(torch.zeros(2))"
    assert failing_line(caught.value, math.sin) == failing_line(caught.value, 4.2) == ""
