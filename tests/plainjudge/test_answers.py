"""Two answers agree if a reader would call them the same, whatever holds the numbers."""

import math

import pytest
from plainjudge.answers import agree, number_pairs, numbers_in, same_shape, truth_in
from plainjudge.values import Array, Odd


def array(*values, dtype="float32", shape=None, **more):
    return Array(dtype, (len(values),) if shape is None else shape, list(values), **more)


HALF = array(1.0, dtype="float16", shape=())


@pytest.mark.parametrize(
    "value, shape, values",
    [
        (3, (), [3.0]),
        (2.5, (), [2.5]),
        ([1, 2.5], (2,), [1.0, 2.5]),
        (((1, 2), [3, 4]), (2, 2), [1.0, 2.0, 3.0, 4.0]),
        (array(1.5, 2.5, shape=(2, 1)), (2, 1), [1.5, 2.5]),
        ([array(1.5, 2.5), array(3.0, 4.0, dtype="int64")], (2, 2), [1.5, 2.5, 3.0, 4.0]),
    ],
)
def test_numbers_are_found_in(value, shape, values):
    found = numbers_in(value)
    assert (found.shape, found.values) == (shape, values)


@pytest.mark.parametrize(
    "value",
    [
        *(True, [True, 1.0], "2.5", None, ..., {"x": 1.0}, [], [1.0, [2.0]]),
        *(array(1.0, dtype="bool", shape=()), Odd("Tensor of complex64", "tensor(1j)")),
    ],
    ids=repr,
)
def test_no_numbers_are_found_in(value):
    assert numbers_in(value) is None


def test_the_coarsest_dtype_of_a_list_sets_its_rounding():
    assert numbers_in([array(1.0, shape=()), HALF, 1.0]).rounding == 2**-10
    assert numbers_in(array(3.0, dtype="int64")).rounding == 0.0


def test_a_single_number_has_the_shape_of_a_number():
    assert same_shape((1,), ()) and same_shape((1, 1), ())
    assert not same_shape((), (1,)) and not same_shape((2,), ())


def test_numbers_are_paired_row_by_row():
    assert list(number_pairs([[1, 2], [3, 4]], array(5.0, 6.0, 7.0, 8.0, shape=(2, 2)))) == [
        *((1, 5), (2, 6), (3, 7), (4, 8))
    ]


@pytest.mark.parametrize(
    "got, wanted",
    [
        (1.00009, 1.0),
        (9e-7, 0.0),
        (-9e-7, 0),
        ([3, 4.0], array(3.0, 4.0)),
        (array(2.5), 2.5),
        (array(0.10009765625, dtype="float16"), 0.1),
        (math.inf, math.inf),
        (True, True),
        (array(1.0, dtype="bool", shape=()), True),
        (array(0.0, dtype="bool"), False),
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
        (array(1.0, dtype="bool", shape=()), False),
        (array(1.0, 1.0, dtype="bool"), True),
        (array(1.0, dtype="int64", shape=()), True),
        ("leaves", "leaf"),
        (None, "leaf"),
        (None, 1.0),
        ({"x": 1}, {"x": 1, "y": 2}),
        ({"x": 1, "y": 2}, {"x": 1}),
        ([1], {"x": 1}),
        (array(0.10009765625, dtype="float16"), 0.102),
        (array(0.1005, dtype="bfloat16"), 0.1),
    ],
)
def test_do_not_agree(got, wanted):
    assert not agree(got, wanted)


def test_a_dict_agrees_partly_with_some_of_its_keys():
    assert agree({"x": 1, "y": 2}, {"x": 1}, partly=True)
    assert not agree({"x": 1, "y": 2}, {"x": 2}, partly=True)
    assert not agree({"y": 2}, {"x": 1}, partly=True)


def test_a_truth_is_one_element():
    assert truth_in(array(1.0, dtype="bool")) is True and truth_in(False) is False
    assert truth_in(array(1.0, 1.0, dtype="bool")) is None and truth_in(1) is None


def test_answers_may_be_asked_to_differ_by_more():
    assert not agree(1.0005, 1.0) and agree(1.0005, 1.0, within=10)
    assert not agree(1.002, 1.0, within=10) and agree({"x": 1.0005}, {"x": 1.0}, within=10)
