"""A wrong form is named before any value is compared, and what is untouched is no answer."""

import numpy
import pytest
import torch
from autograd_seen.checks.forms import form_error, form_of, is_untouched


def empty(x):
    """What is left of a function when its solution is taken out."""


def empty_with_return(x):
    return None


def one_line(x):
    return x


@pytest.mark.parametrize("value", [..., [1, ...], (..., 2), {"x": ...}, empty, empty_with_return])
def test_untouched(value):
    assert is_untouched(value)


@pytest.mark.parametrize("value", [None, 0, [], {}, "...", one_line, print, lambda: ...])
def test_touched(value):
    assert not is_untouched(value)


@pytest.mark.parametrize(
    "wanted, words",
    [
        (2.5, "one number"),
        ([1.0, 2.0], "numbers of shape (2,)"),
        (torch.zeros(2, 3), "numbers of shape (2, 3)"),
        (True, "True or False"),
        ("leaf", "a word"),
        ({"x": True, "y": False}, "a dict with True or False for each of x, y"),
    ],
)
def test_a_form_is_told_without_its_value(wanted, words):
    assert form_of(wanted) == words
    assert form_error(wanted, wanted) == ""


@pytest.mark.parametrize(
    "value, wanted, words",
    [
        ("2.5", 2.5, "type str, where one number should be"),
        (None, True, "type NoneType, where True or False should be"),
        (1, True, "type int, where True or False should be"),
        (numpy.array([True, True]), True, "type ndarray, where True or False should be"),
        (4, "leaf", "type int, where a word should be"),
        (True, 1.0, "type bool, where one number should be"),
        ([1.0, 2.0], 2.5, "shape (2,), where one number should be"),
        (2.5, [2.5], "shape (), where numbers of shape (1,) should be"),
        (torch.tensor(1j), 2.5, "type Tensor, where one number should be, of torch.complex64"),
        (
            torch.tensor(3),
            3.0,
            "a tensor of torch.int64: a gradient is a floating point number",
        ),
        ([1], {"x": 1}, "type list, where a dict with one number for each of x should be"),
        ({"x": 1, "z": 2}, {"x": 1, "y": 2}, "the names are x, y: look at y, z"),
        ({"x": 1, "y": "2"}, {"x": 1, "y": 2}, "y: type str, where one number should be"),
    ],
)
def test_a_wrong_form_is_named(value, wanted, words):
    assert form_error(value, wanted) == words


@pytest.mark.parametrize(
    "value, wanted",
    [(torch.tensor([2.5]), 2.5), (3, 3.0), (torch.tensor(3), 3), (numpy.array([1, 2]), [1.5, 2])],
)
def test_another_right_form(value, wanted):
    assert form_error(value, wanted) == ""
