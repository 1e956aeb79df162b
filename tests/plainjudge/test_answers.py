"""Two answers agree if a reader would call them the same, whatever holds the numbers."""

import math
from decimal import Decimal

import numpy
import pytest
import torch
from autograd_seen.checks.answers import Numbers, agree, number_pairs, numbers_in, same_shape


@pytest.mark.parametrize(
    "value, shape, values",
    [
        (3, (), [3.0]),
        (2.5, (), [2.5]),
        (numpy.float32(2.5), (), [2.5]),
        ([1, 2.5], (2,), [1.0, 2.5]),
        (((1, 2), [3, 4]), (2, 2), [1.0, 2.0, 3.0, 4.0]),
        (torch.tensor([[1.5], [2.5]], requires_grad=True), (2, 1), [1.5, 2.5]),
        ([torch.tensor([1.5, 2.5]), numpy.array([3, 4])], (2, 2), [1.5, 2.5, 3.0, 4.0]),
    ],
)
def test_numbers_are_found_in(value, shape, values):
    found = numbers_in(value)
    assert (found.shape, found.values) == (shape, values)


@pytest.mark.parametrize(
    "value",
    [
        *(True, [True, 1.0], "2.5", None, ..., print, {"x": 1.0}, [], [1.0, [2.0]], 1j),
        *(torch.tensor(1j), torch.tensor(True), numpy.array("2.5"), numpy.array([None])),
    ],
    ids=repr,
)
def test_no_numbers_are_found_in(value):
    assert numbers_in(value) is None


def test_the_coarsest_dtype_of_a_list_sets_its_rounding():
    half, single = torch.tensor(1.0, dtype=torch.float16), torch.tensor(1.0)
    assert numbers_in([single, half, 1.0]).rounding == torch.finfo(torch.float16).eps
    assert numbers_in(torch.tensor(3)).rounding == 0.0


def test_a_single_number_has_the_shape_of_a_number():
    number, one_element, two = Numbers((), [1.0], 0.0), numbers_in([1.0]), numbers_in([1.0, 2.0])
    assert same_shape(one_element, number)
    assert not same_shape(number, one_element) and not same_shape(two, number)


def test_numbers_are_paired_row_by_row():
    assert list(number_pairs([[1, 2], [3, 4]], torch.tensor([[5, 6], [7, 8]]))) == [
        *((1, 5), (2, 6), (3, 7), (4, 8))
    ]


@pytest.mark.parametrize(
    "got, wanted",
    [
        (1.00009, 1.0),
        (9e-7, 0.0),
        (-9e-7, 0),
        ([3, 4.0], torch.tensor([3.0, 4.0])),
        (torch.tensor([2.5]), 2.5),
        (torch.tensor(0.1, dtype=torch.bfloat16), 0.1),
        (math.inf, math.inf),
        (True, True),
        (numpy.True_, True),
        (torch.tensor([False]), False),
        (Decimal("2.5"), 2.5),
        ([Decimal("2.5"), 3], [2.5, 3.0]),
        ("Leaf ", "leaf"),
        ({"x": 1, "y": "Z"}, {"y": "z", "x": 1.0}),
    ],
)
def test_agree(got, wanted):
    assert agree(got, wanted)


@pytest.mark.parametrize(
    "got, wanted",
    [
        (1.00011, 1.0),
        (2e-6, 0.0),
        (math.nan, math.nan),
        ([2.5], [[2.5]]),
        (2.5, [2.5]),
        ([1.0, 2.0], 1.0),
        (1, True),
        (True, 1),
        (numpy.True_, False),
        (numpy.array([True, True]), True),
        (numpy.int64(1), True),
        ("leaves", "leaf"),
        (None, "leaf"),
        (None, 1.0),
        ({"x": 1}, {"x": 1, "y": 2}),
        ({"x": 1, "y": 2}, {"x": 1}),
        ([1], {"x": 1}),
        (torch.tensor(0.1, dtype=torch.bfloat16), 0.105),
    ],
)
def test_do_not_agree(got, wanted):
    assert not agree(got, wanted)


def test_a_dict_agrees_partly_with_some_of_its_keys():
    assert agree({"x": 1, "y": 2}, {"x": 1}, partly=True)
    assert not agree({"x": 1, "y": 2}, {"x": 2}, partly=True)
    assert not agree({"y": 2}, {"x": 1}, partly=True)
