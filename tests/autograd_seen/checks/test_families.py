"""A function of a family has its formula, its slope, and remembers how it was made."""

import math

import pytest
import torch
from autograd_seen.checks.families import cosine, cubic, first_term, half_held, held, ratio, term


@pytest.mark.parametrize(
    "function, formula, value, slope",
    [
        (cubic(5, -4), "5x³ − 4x", 5 * 27 - 12, 15 * 9 - 4),
        (cubic(-1, 1), "−x³ + x", -27 + 3, -27 + 1),
        (ratio(1, 6), "x² + 6/x", 9 + 2, 6 - 6 / 9),
        (cosine(2, 1), "2cos(x)", 2 * math.cos(3), -2 * math.sin(3)),
        (half_held(1), "x · (x held still by detach())", 9, 3),
        (half_held(-2.5), "−2.5x · (x held still by detach())", -22.5, -7.5),
    ],
)
def test_a_function_has_its_formula_and_its_slope(function, formula, value, slope):
    x = torch.tensor(3.0, requires_grad=True)
    function(x).backward()
    assert function.__doc__ == formula
    assert function(3.0) == pytest.approx(value) and function(x).item() == pytest.approx(value)
    assert x.grad.item() == pytest.approx(slope)


def test_a_function_remembers_how_it_was_made():
    maker, given = ratio(1, 6).made_by
    assert maker is ratio and given == (1, 6) and maker(*given)(3.0) == ratio(1, 6)(3.0)


def test_what_is_half_held_has_another_slope_by_a_nudge():
    f = half_held(1)
    assert abs((f(3.001) - f(2.999)) / 0.002 - 6) < 1e-6


def test_a_number_is_held_as_it_is_and_a_tensor_detached():
    x = torch.tensor(2.0, requires_grad=True)
    assert held(2.0) == 2.0 and not held(x).requires_grad


def test_a_term_has_the_sign_of_its_factor():
    assert [term(factor, "x") for factor in (2, -1, 0.5)] == [" + 2x", " − x", " + 0.5x"]
    assert [first_term(factor, "x²") for factor in (1, -3)] == ["x²", "−3x²"]
    assert term(1, "/x") == " + 1/x"
