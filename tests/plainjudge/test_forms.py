"""A wrong form is named before any value is compared."""

import pytest
from plainjudge.forms import form_error, form_of, in_words, type_of
from plainjudge.values import Array, Odd


def array(*values, dtype="float32", shape=None, is_tensor=True):
    return Array(dtype, (len(values),) if shape is None else shape, list(values), is_tensor)


@pytest.mark.parametrize(
    "wanted, words",
    [
        (2.5, "one number"),
        ([1.0, 2.0], "numbers of shape (2,)"),
        ([[0.0] * 3] * 2, "numbers of shape (2, 3)"),
        (True, "True or False"),
        ("leaf", "a word"),
        ({"x": True, "y": False}, "a dict with True or False for each of x, y"),
        ("7", "a word"),
        ("A", "a letter"),
        ({"x": "r", "y": 9.0}, "a dict with a letter for x, one number for y"),
        ({"x": "A", "y": "B"}, "a dict with a letter for each of x, y"),
        ({"x": "A", "y": "leaf"}, "a dict with a word for each of x, y"),
    ],
)
def test_a_form_is_told_without_its_value(wanted, words):
    assert in_words(form_of(wanted)) == words
    assert form_error(wanted, form_of(wanted)) == ""


@pytest.mark.parametrize(
    "value, wanted, words",
    [
        ("2.5", 2.5, "type str, where one number should be"),
        (None, True, "type NoneType, where True or False should be"),
        (1, True, "type int, where True or False should be"),
        (
            array(1.0, 1.0, dtype="bool", is_tensor=False),
            True,
            "type ndarray, where True or False should be",
        ),
        (4, "leaf", "type int, where a word should be"),
        (4, "A", "type int, where a letter should be"),
        ("leaf", "A", ""),
        (True, 1.0, "type bool, where one number should be"),
        ([1.0, 2.0], 2.5, "shape (2,), where one number should be"),
        (2.5, [2.5], "shape (), where numbers of shape (1,) should be"),
        (
            Odd("Tensor of complex64", "tensor(1j)"),
            2.5,
            "type Tensor of complex64, where one number should be",
        ),
        (array(3.0, dtype="bool"), 3.0, "type Tensor, where one number should be"),
        (
            array(3.0, dtype="int64"),
            3.0,
            "a tensor of torch.int64: a gradient is a floating point number",
        ),
        ([1], {"x": 1}, "type list, where a dict with one number for each of x should be"),
        ({"x": 1, "z": 2}, {"x": 1, "y": 2}, "the names are x, y: look at y, z"),
        ({"x": 1, "y": "2"}, {"x": 1, "y": 2}, "y: type str, where one number should be"),
    ],
)
def test_a_wrong_form_is_named(value, wanted, words):
    assert form_error(value, form_of(wanted)) == words


@pytest.mark.parametrize(
    "value, wanted",
    [
        *((array(2.5), 2.5), (3, 3.0), (array(3.0, dtype="int64"), 3)),
        (array(1.0, 2.0, dtype="int64", is_tensor=False), [1.5, 2]),
    ],
)
def test_another_right_form(value, wanted):
    assert form_error(value, form_of(wanted)) == ""


def test_a_type_is_called_as_it_was():
    assert type_of(array(1.0)) == "Tensor" and type_of(array(1.0, is_tensor=False)) == "ndarray"
    assert type_of(Odd("function", "cube")) == "function" and type_of(2) == "int"
