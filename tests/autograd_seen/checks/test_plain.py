"""What an answer gives becomes plain data, whatever it is, and what is untouched is no answer."""

from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
import torch
from autograd_seen.checks.plain import is_untouched, left_open, plain
from plainjudge.values import MOST_NUMBERS, MOST_PARTS, Array, Odd, decode, encode


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


def template(x):
    held = x + 1
    found = ...
    return held, found


def template_that_acts(x):
    old = ...
    x.append(1)
    return old


def two_open(x):
    first = ...
    second = ...
    return first, second


def with_a_loop(x):
    found = ...
    for one in x:
        one.append(1)
    return found


def set_at_last(x):
    found = ...
    found = x
    return found


@pytest.mark.parametrize("answer", [template, template_that_acts, two_open, one_line, ..., print])
def test_a_template_is_not_left_open(answer):
    assert left_open(answer) == ""


def test_a_function_that_goes_on_after_its_dots_is_left_open():
    assert left_open(with_a_loop) == left_open(set_at_last) == "found"


@pytest.mark.parametrize(
    "value, data",
    [
        (None, None),
        (..., ...),
        (True, True),
        (2, 2),
        (2.5, 2.5),
        (10**30, 1e30),
        (Decimal("2.5"), 2.5),
        (Fraction(1, 4), 0.25),
        ("leaf", "leaf"),
        ((1, [2.5, None]), [1, [2.5, None]]),
        ({"x": True, 3: ...}, {"x": True, "3": ...}),
        (torch.tensor([[1.5], [2.5]], requires_grad=True), Array("float32", (2, 1), [1.5, 2.5])),
        (torch.tensor(True), Array("bool", (), [1.0])),
        (torch.tensor([3, 4]), Array("int64", (2,), [3.0, 4.0])),
        (torch.nn.Parameter(torch.ones(1)), Array("float32", (1,), [1.0])),
        (numpy.float32(2.5), 2.5),
        (numpy.int64(3), 3.0),
        (numpy.array([1, 2]), Array("int64", (2,), [1.0, 2.0], False)),
        (numpy.True_, Array("bool", (), [1.0], False)),
        ([0.0] * (MOST_PARTS + 1), Odd("list", f"{MOST_PARTS + 1} parts")),
        (print, Odd("builtin_function_or_method", "print")),
        (torch.tensor(1j), Odd("Tensor of complex64", "tensor(0.+1.j)")),
        (numpy.array(["a"]), Odd("ndarray", "array(['a'], dtype='<U1')")),
        (torch.zeros(MOST_NUMBERS + 1), Odd(f"Tensor of {MOST_NUMBERS + 1} numbers", "float32")),
    ],
    ids=lambda value: str(type(value)),
)
def test_an_answer_is_plain_and_survives_the_line(value, data):
    made = plain(value)
    assert made == data and type(made) is type(data)
    assert decode(encode(made)) == data


def test_a_class_that_cannot_be_shown_is_described():
    class Broken:
        def __repr__(self):
            raise ValueError

    assert plain(Broken()) == Odd("Broken", "(cannot be shown: ValueError)")


def test_a_number_that_claims_to_equal_everything_is_a_number():
    class Liar(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert type(plain(Liar(2.0))) is float and type(plain([Liar(2.0)])[0]) is float


def test_a_word_of_a_class_of_its_own_is_a_word():
    class Word(str):
        def casefold(self):
            return "leaf"

    assert type(plain(Word("root"))) is str
