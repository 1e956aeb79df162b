"""numerical_gradient is an oracle."""

import math

import pytest
import torch
from autograd_seen import numerical_gradient

CASES = {
    "sin(x²)": (lambda x: torch.sin(x**2), 1.3, math.cos(1.69) * 2.6),
    "steep": (torch.exp, 10.0, math.exp(10.0)),
    "far out": (lambda x: x**2, 1e6, 2e6),
    "python": (math.log, 0.5, 2.0),
}


@pytest.mark.parametrize(("f", "at", "slope"), CASES.values(), ids=CASES)
def test_a_nudge_in_float64_is_right_to_nine_digits(f, at, slope):
    assert math.isclose(numerical_gradient(f, at).item(), slope, rel_tol=1e-9)


def test_a_nudge_in_float32_is_right_to_three_digits():
    x = torch.tensor(1.3)
    gradient = numerical_gradient(lambda x: torch.sin(x**2), x)
    assert gradient.dtype == torch.float32
    assert math.isclose(gradient.item(), math.cos(1.69) * 2.6, rel_tol=1e-3)


def test_each_input_gets_a_gradient_of_its_shape_as_autograd_gives_it():
    torch.manual_seed(0)
    w = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)

    def f(w, x):
        return torch.tanh(w @ x).sum()

    f(w, x).backward()
    for nudged, exact in zip(numerical_gradient(f, w, x), (w.grad, x.grad), strict=True):
        assert nudged.shape == exact.shape
        assert torch.allclose(nudged, exact, rtol=1e-8, atol=1e-10)


def test_a_nudge_leaves_its_inputs_alone_even_where_they_are_not_contiguous():
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).t()
    before, version = x.clone(), x._version
    assert torch.allclose(numerical_gradient(lambda x: (x**2).sum(), x), 2 * x)
    assert torch.equal(x, before) and x._version == version


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: numerical_gradient(torch.sin), ValueError, "needs the inputs"),
        (lambda: numerical_gradient(torch.sin, torch.tensor(3)), TypeError, "int64"),
        (lambda: numerical_gradient(torch.sin, "3"), TypeError, "str"),
        (lambda: numerical_gradient(torch.sin, True), TypeError, "bool"),
        (lambda: numerical_gradient(torch.sin, torch.ones(3)), ValueError, r"\(3,\)"),
        (
            lambda: numerical_gradient(lambda x: (x * torch.ones(3)).sum(), 2.0),
            TypeError,
            "answered in float32",
        ),
        (
            lambda: numerical_gradient(lambda x: x.long(), torch.tensor(2.0)),
            TypeError,
            "answered in int64",
        ),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
