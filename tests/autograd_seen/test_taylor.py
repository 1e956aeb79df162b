"""A remainder of order 2 for the right gradient, and of order 1 for a wrong one."""

import math

import pytest
import torch
from autograd_seen import taylor_remainder

X = torch.tensor([0.8, 1.7], dtype=torch.float64)
V = torch.tensor([0.6, -0.3], dtype=torch.float64)
G = torch.tensor([math.cos(0.8) * 1.7**2, 2 * 1.7 * math.sin(0.8)], dtype=torch.float64)


def f(x):
    return torch.sin(x[0]) * x[1] ** 2


def orders(*arguments, **options):
    return taylor_remainder(*arguments, **options).columns["order"]


def test_the_remainders_are_those_of_taylors_theorem():
    found = taylor_remainder(f, X, V, steps=[0.5, 0.25])
    for h, remainder in zip(found.columns["h"], found.columns["remainder"], strict=True):
        assert remainder == pytest.approx(abs((f(X + h * V) - f(X) - h * (G @ V)).item()))
    first, second = found.columns["remainder"]
    assert found.columns["order"] == [None, pytest.approx(math.log2(first / second))]


def test_the_order_is_2_for_the_right_gradient_and_1_for_a_wrong_one():
    assert orders(f, X, V)[1:] == pytest.approx([2, 2, 2], abs=0.01)
    assert orders(f, X, V, gradient=G)[1:] == pytest.approx([2, 2, 2], abs=0.01)
    for wrong in (G * 0, G * 2, G * 1.01, G.flip(0)):
        assert orders(f, X, V, gradient=wrong)[-1] == pytest.approx(1, abs=0.1)


def test_a_direction_at_right_angles_to_what_is_wrong_sees_nothing():
    wrong, blind = G * torch.tensor([0, 1]), torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert orders(f, X, blind, gradient=wrong)[1:3] == pytest.approx([2, 2], abs=0.01)
    assert orders(f, X, V, gradient=wrong)[-1] == pytest.approx(1, abs=0.1)


def test_of_what_drowns_in_rounding_no_order_is_told():
    assert orders(torch.sum, X, V) == [None] * 4
    assert orders(f, X.float(), V.float())[-1] is None
    assert orders(f, X, V, steps=[1e-2, 1e-9])[1] is None


def test_any_shape_and_the_inputs_are_left_alone():
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    found = orders(lambda x: (x**3).sum(), x, torch.ones(2, 3, dtype=torch.float64))
    assert found[1:] == pytest.approx([2, 2, 2], abs=0.01) and x.grad is None


def test_it_asks_for_the_gradient_under_no_grad_too_and_takes_steps_as_a_tensor():
    with torch.no_grad():
        found = orders(f, X, V, steps=torch.tensor([0.1, 0.01]))
    assert found[1] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((f, X, V[:1]), {}, ValueError, r"direction of the shape of x, \(2,\), and got \(1,\)"),
        ((f, X, V), {"gradient": G[:1]}, ValueError, r"gradient of the shape of x"),
        ((f, X, V), {"steps": []}, ValueError, "positive steps"),
        ((f, X, V), {"steps": [0.1, 0]}, ValueError, "positive steps"),
        ((f, X, V), {"steps": [0.1, 0.1]}, ValueError, "each smaller than the one before"),
        ((torch.sin, X, V), {"gradient": G}, ValueError, r"one number, and got the shape \(2,\)"),
        ((torch.sin, X, V), {}, ValueError, r"one number, and got the shape \(2,\)"),
        ((f, 3.0, V), {}, TypeError, "needs a tensor as x, and got a float"),
        ((f, X.int(), V), {}, TypeError, r"real floating point, and got int32: pass x.double\(\)"),
        ((f, X, [1.0, 2.0]), {}, TypeError, "needs a tensor as direction, and got a list"),
        ((lambda x: 3.0, X, V), {}, TypeError, "the function returned a float: return a tensor"),
        ((lambda x: f(x.detach()), X, V), {}, TypeError, "returned a tensor without a graph"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(arguments, options, error, words):
    with pytest.raises(error, match=words) as caught:
        taylor_remainder(*arguments, **options)
    assert "\n" not in str(caught.value)
