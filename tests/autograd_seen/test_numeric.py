"""numerical_gradient is an oracle, and compare says how far answers are apart."""

import math

import pytest
import torch
from autograd_seen import compare, numerical_gradient

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
        (lambda: compare(autograd=1.0), ValueError, "at least two"),
        (
            lambda: compare(by_hand=[1, 2], autograd=torch.ones(3)),
            ValueError,
            "by hand 2, autograd 3",
        ),
        (lambda: compare(by_hand=1.0, autograd=None), TypeError, "autograd=None.*backward"),
        (lambda: compare(by_hand=1.0, autograd="1"), TypeError, "str"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_comparison_is_a_table_with_the_largest_difference():
    assert str(compare(by_hand=[-7.6613, 8], autograd=torch.tensor([-7.6611, 8.0]))) == (
        "by hand    -7.6613   8.0000\nautograd   -7.6611   8.0000\nlargest difference: below 1e-03"
    )


BOUNDS = [
    (1.0, 1.0, "below 1e-12"),
    (1.0, 1.0 + 2e-16, "below 1e-12"),
    (1.0, 1.0009, "below 1e-03"),
    (1.0, 1.001, "below 1e-02"),
    (0.0, 9.99, "below 1e+01"),
    (1.0, float("nan"), "nan"),
    (1.0, float("inf"), "inf"),
]


@pytest.mark.parametrize(("one", "two", "told"), BOUNDS)
def test_a_difference_is_rounded_up_to_a_power_of_ten(one, two, told):
    assert str(compare(one=one, two=two)).splitlines()[-1] == f"largest difference: {told}"


def test_the_difference_between_any_two_counts():
    assert compare(a=1.0, b=1.0, c=3.5).largest == 2.5
    assert math.isnan(compare(a=1.0, b=float("nan")).largest)


def test_many_numbers_are_told_by_their_range():
    lines = str(compare(a=torch.arange(10.0), b=torch.arange(10.0) + 0.5)).splitlines()
    assert lines == [
        "a   10 numbers       0 … 9",
        "b   10 numbers   0.5 … 9.5",
        "largest difference: below 1e+00",
    ]
