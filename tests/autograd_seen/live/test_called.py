"""A function is called with its leaves, and its own names are heard."""

import functools
import sys

import pytest
import torch
from autograd_seen.live.called import call
from autograd_seen.live.forward import record_forward

OUTSIDE = torch.tensor(2.0)


def leaf(value=3.0):
    return torch.tensor(value, requires_grad=True)


def power(x, exponent=2):
    y = x**exponent
    return y * OUTSIDE


def names_of(function, leaves):
    return {name: tensor for name, tensor in call(function, leaves)[1] if tensor.dim() == 0}


def test_the_names_are_those_of_the_function():
    x = leaf()
    names = names_of(power, {"x": x})
    assert names["x"] is x and names["OUTSIDE"] is OUTSIDE
    assert names["y"].item() == 9


def test_names_of_what_the_function_calls_are_not_heard():
    def outer(x):
        a = power(x)
        return a + 1

    assert "a" in names_of(outer, {"x": leaf()})
    assert "y" not in names_of(outer, {"x": leaf()})


@pytest.mark.parametrize("function", [functools.partial(power, exponent=2), lambda v: power(v)])
def test_a_name_may_stand_behind_what_calls_the_function(function):
    result, _ = call(function, {"x": leaf()})
    assert result.item() == 18


def test_a_function_in_c_has_no_names():
    with record_forward():  # its own frames are no function of the caller's
        result, names = call(torch.sin, {"x": leaf(0.0)})
    assert result.item() == 0 and names == []


def test_a_leaf_goes_to_the_parameter_of_its_name():
    def subtract(a, b=1):
        return a - b

    two = {"b": leaf(1.0), "a": leaf(5.0)}
    assert call(subtract, two)[0].item() == 4
    with pytest.raises(TypeError, match="missing"):
        call(subtract, {"b": leaf()})


def test_a_parameter_that_takes_no_name_gets_the_leaf_by_its_place():
    def square(x, /):
        return x * x

    assert call(square, {"x": leaf(3.0)})[0].item() == 9


def test_a_profiler_that_ran_before_runs_after():
    def profiler(*_):
        pass

    def broken(x):
        raise ArithmeticError

    before = sys.getprofile()
    try:
        sys.setprofile(profiler)
        call(power, {"x": leaf()})
        assert sys.getprofile() is profiler
        with pytest.raises(ArithmeticError):
            call(broken, {"x": leaf()})
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)
