"""numerical_gradient is right, or says that it cannot tell."""

import contextlib
import math

import pytest
import torch
import torch.nn.functional as F
from autograd_seen import numerical_gradient

DTYPES = {torch.float64: 1e-6, torch.float32: 1e-3}


def softplus(x):
    return torch.log(1 + torch.exp(x))


def stable_loss(z):
    return z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))


def sigmoid_slope(x):
    return math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2


# name: function, points, exact derivative. In float64 all of them are told.
SMOOTH = {
    "sin(x²)": (
        lambda x: torch.sin(x**2),
        [1.3, 4.0, 100.0, 40000.3, 40003.0],
        lambda x: math.cos(x * x) * 2 * x,
    ),
    "sin": (torch.sin, [0.0, 0.1, 10.0, 1e6, 1e8], math.cos),
    "cos": (torch.cos, [0.0, 2.0, 1e-6], lambda x: -math.sin(x)),
    "1/x": (lambda x: 1 / x, [1e-6, 1e-5, 1e-3, 7.0, -1e6], lambda x: -1 / x**2),
    "log": (torch.log, [1e-6, 0.5, 1e9], lambda x: 1 / x),
    "−log p": (lambda p: -torch.log(p), [1e-6, 1e-3, 1e-2], lambda p: -1 / p),
    "−log(1 − p)": (
        lambda p: -torch.log(1 - p),
        [1 - 1e-6, 0.9999, 0.5, 1e-3],
        lambda p: 1 / (1 - p),
    ),
    "sqrt": (torch.sqrt, [1e-6, 2.0, 1e12], lambda x: 0.5 / math.sqrt(x)),
    "exp": (torch.exp, [-30.0, -3.0, 0.0, 10.0, 100.0, 700.0], math.exp),
    "exp(10⁶x)": (lambda x: torch.exp(1e6 * x), [0.0], lambda x: 1e6 * math.exp(1e6 * x)),
    "x²": (lambda x: x**2, [0.0, 3.0, -2.5, 1e6, 1e-6, 1e-12], lambda x: 2 * x),
    "x³": (lambda x: x**3, [0.0, 0.5, 10.0, 1e-4], lambda x: 3 * x**2),
    "x⁵": (lambda x: x**5, [0.0], lambda x: 5 * x**4),
    "sigmoid": (torch.sigmoid, [-30.0, -6.0, 0.0, 6.0], sigmoid_slope),
    "tanh": (torch.tanh, [0.3, 2.0], lambda x: 1 - math.tanh(x) ** 2),
    "softplus": (F.softplus, [-20.0, 3.0], lambda x: 1 / (1 + math.exp(-x))),
    "log(1 + eˣ)": (softplus, [-10.0, 0.5], lambda x: 1 / (1 + math.exp(-x))),
    "stable loss": (stable_loss, [0.0, 1e-3, -4.0], lambda x: 1 / (1 + math.exp(-x))),
    "1 − cos": (lambda x: 1 - torch.cos(x), [1e-5, 1e-3, 1.0], math.sin),
    "Runge": (
        lambda x: 1 / (1 + 25 * x**2),
        [0.3, -2.0],
        lambda x: -50 * x / (1 + 25 * x**2) ** 2,
    ),
    "steep step": (lambda x: torch.atan(1e4 * x), [0.1], lambda x: 1e4 / (1 + 1e8 * x**2)),
    "tiny": (lambda x: 1e-30 * x**2, [3.0], lambda x: 6e-30),
    "huge": (lambda x: 1e30 * x**2, [3.0], lambda x: 6e30),
    "python": (math.log, [0.5], lambda x: 1 / x),
    "x": (lambda x: x, [7.7], lambda x: 1.0),
    "3x + 1": (lambda x: 3 * x + 1, [1.1, -1e5], lambda x: 3.0),
    "constant": (lambda x: 0 * x + 5.5, [1.3, 0.0], lambda x: 0.0),
    "plain number": (lambda x: 3, [1.3], lambda x: 0.0),
    "relu": (torch.relu, [0.3, 1e-7, -0.2, -1e-4, 5.0], lambda x: float(x > 0)),
    "abs": (torch.abs, [1e-13, -2.0], lambda x: math.copysign(1, x)),
    "clamp": (lambda x: x.clamp(-1, 1), [0.9999, 1.5, 0.0], lambda x: float(abs(x) < 1)),
    "x|x|": (lambda x: x * x.abs(), [0.1, -3.0], lambda x: 2 * abs(x)),
    "round": (torch.round, [3.3], lambda x: 0.0),
}
POINTS = [(name, x) for name, (_, points, _) in SMOOTH.items() for x in points]


@pytest.mark.parametrize(("name", "x"), POINTS, ids=[f"{name} at {x}" for name, x in POINTS])
def test_float64_is_right_to_six_digits_at_every_scale(name, x):
    f, _, slope = SMOOTH[name]
    gradient = numerical_gradient(f, x)
    assert (gradient.dtype, gradient.shape) == (torch.float64, ())
    assert math.isclose(gradient.item(), slope(x), rel_tol=1e-6)


# What cannot be told in seven digits.
TOO_FINE = {
    "sin(x²)": {100.0, 40000.3, 40003.0},
    "sin": {1e6, 1e8},
    "−log(1 − p)": {1 - 1e-6, 0.9999},
    "exp": {100.0, 700.0},
    "exp(10⁶x)": {0.0},
    "log(1 + eˣ)": {-10.0},
    "cos": {1e-6},
    "steep step": {0.1},
    "relu": {-1e-4},
    "clamp": {0.9999},
}


@pytest.mark.parametrize(("name", "x"), POINTS, ids=[f"{name} at {x}" for name, x in POINTS])
def test_float32_is_right_to_three_digits_or_refused(name, x):
    f, _, slope = SMOOTH[name]
    point = torch.tensor(x)
    if x in TOO_FINE.get(name, ()):
        with pytest.raises(ArithmeticError, match="cannot tell"):
            numerical_gradient(f, point)
        return
    gradient = numerical_gradient(f, point)
    assert gradient.dtype == torch.float32
    nearly_zero = 3e-5 if "cos" in name else 0.0
    assert math.isclose(gradient.item(), slope(point.item()), rel_tol=1e-3, abs_tol=nearly_zero)


def test_a_slope_of_nearly_zero_is_told_in_relation_to_those_beside_it():
    assert numerical_gradient(torch.cos, math.pi).item() == 0
    assert numerical_gradient(lambda x: x**3 - x, 1 / math.sqrt(3)).item() == 0
    assert math.isclose(numerical_gradient(torch.cos, 1e-9).item(), -1e-9, abs_tol=1e-9 * 0.1)


ROUGH = {
    "abs at 0": (torch.abs, 0.0, "-1 to the left and 1 to the right"),
    "relu at 0": (torch.relu, 0.0, "0 to the left and 1 to the right"),
    "relu + x² at 0": (lambda x: x.relu() + x**2, 0.0, "left and 1 to the right"),
    "a faint kink": (lambda x: x + 1e-4 * x.abs(), 0.0, "1 ±"),
    "maximum": (lambda x: torch.maximum(x, x**2), 1.0, "1 to the left and 2.* to the right"),
    "a kink out of sight": (lambda x: torch.relu(x - 1 - 1e-12), 1.0, "to the left"),
    "a jump in the curvature": (lambda x: x * x.abs(), 0.0, "±"),
    "step": (lambda x: (x > 0) + 0 * x, 0.0, "0 to the left"),
    "floor": (torch.floor, 3.0, "0 to the right"),
    "cube root": (lambda x: x.sign() * x.abs() ** (1 / 3), 0.0, "±"),
    "cusp": (lambda x: x.abs().sqrt(), 0.0, "to the left"),
    "x sin(1/x)": (lambda x: x * torch.sin(1 / x) if x else x, 0.0, "to the left"),
    "sqrt at 0": (torch.sqrt, 0.0, "nan to the left"),
    "log at 0": (torch.log, 0.0, "nan or inf there"),
    "1/x at 0": (lambda x: 1 / x, 0.0, "nan or inf there"),
    "log at −1": (torch.log, -1.0, "nan or inf there"),
    "at inf": (torch.tanh, math.inf, "no point of the real line"),
    "too fast": (torch.sin, 1e12, "to the left"),
    "too fast at 0": (lambda x: torch.sin(2 * math.pi * 1e12 * x), 0.0, "±"),
    "detail": (lambda x: x + 1e-9 * torch.sin(1e9 * x), 1.0, "steps near"),
    "too coarse": (lambda x: 1e10 + x, 1.1, "1 ±"),
    "saturated": (torch.sigmoid, 30.0, "to the left"),
    "rounded": (lambda x: torch.round(1e3 * x) / 1e3, 1.2345, "±"),
}


@pytest.mark.parametrize(("f", "x", "words"), ROUGH.values(), ids=ROUGH)
def test_what_cannot_be_told_is_refused_with_what_was_seen(f, x, words):
    with pytest.raises(ArithmeticError, match=f"cannot tell the slope at x = .*{words}") as caught:
        numerical_gradient(f, x)
    assert "\n" not in str(caught.value)


COARSE = {
    "the whole": lambda x: (x.float() ** 2).double(),
    "through item()": lambda x: (x.float() ** 2).item(),
    "a small one": lambda x: 1e-6 * (x.float() ** 2).double(),
    "in float64 after it": lambda x: torch.exp(torch.sin(x.float()).double() / 3),
    "its input": lambda x: torch.tensor(x.item()).double() ** 3,
    "half": lambda x: (x.half() ** 2).double(),
    "bfloat16": lambda x: (x.bfloat16() ** 2).double(),
    "a sum": lambda x: (x.float() * torch.arange(1.0, 4.0)).double().sum(),
    "large numbers": lambda x: (x + 1e8) - 1e8,
}


@pytest.mark.parametrize("x", [3.0, 0.7, math.pi])
@pytest.mark.parametrize("f", COARSE.values(), ids=COARSE)
def test_a_function_that_computes_more_coarsely_than_its_input_is_found(f, x):
    with pytest.raises(TypeError, match=r"float64 input.*more coarsely than that") as caught:
        numerical_gradient(f, x)
    assert "\n" not in str(caught.value)


def test_a_function_in_float32_is_found_by_its_answers_where_these_are_small():
    with pytest.raises(TypeError, match="only answers that fit float32"):
        numerical_gradient(lambda x: (x.float() ** 2).double(), 1e-3)


def test_a_function_that_stands_still_for_small_steps_is_found_by_that():
    with pytest.raises(TypeError, match=r"one answer from x − 5.2e-07 to x \+ 5.2e-07, on a slope"):
        numerical_gradient(COARSE["in float64 after it"], 50.3)


@pytest.mark.parametrize("f", COARSE.values(), ids=COARSE)
def test_a_function_that_computes_more_coarsely_is_never_believed(f):
    with pytest.raises((TypeError, ArithmeticError), match="coarsely"):
        numerical_gradient(f, 123.4)


@pytest.mark.parametrize("coarse", [torch.float16, torch.bfloat16])
def test_half_precision_inside_is_found_behind_a_float32_too(coarse):
    with pytest.raises(TypeError, match=r"float32 input.*more coarsely"):
        numerical_gradient(lambda x: (x.to(coarse) ** 2).float(), torch.tensor(3.1))


def test_a_part_in_float32_is_not_passed_over():
    with pytest.raises(ArithmeticError, match=r"steps near .* give 1, and steps near .* 1.76"):
        numerical_gradient(lambda x: x + torch.sin(x.float()).double(), 0.7)


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


def test_a_function_of_any_shape_gets_its_jacobian():
    torch.manual_seed(0)
    x = torch.randn(2, 2, dtype=torch.float64)

    def f(x):
        return torch.stack([x.exp().sum(0), 1e6 * x[0], torch.ones_like(x[0])])

    exact = torch.autograd.functional.jacobian(f, x)
    nudged = numerical_gradient(f, x)
    assert nudged.shape == exact.shape == (3, 2, 2, 2)
    assert torch.allclose(nudged, exact, rtol=1e-8, atol=0)


def test_inputs_that_are_a_million_times_apart_get_steps_of_their_own():
    # Misra1a of NIST's reference data sets, at its first start.
    volumes = torch.linspace(77.6, 760, 14, dtype=torch.float64)

    def f(b):
        return b[0] * (1 - torch.exp(-b[1] * volumes))

    start = torch.tensor([500.0, 0.0001], dtype=torch.float64)
    exact = torch.autograd.functional.jacobian(f, start)
    assert torch.allclose(numerical_gradient(f, start), exact, rtol=1e-9, atol=0)


def test_each_output_gets_steps_of_its_own_size():
    def f(x):
        return torch.stack([torch.sin(1e4 * x), torch.sin(x), torch.sin(50 * x**2)])

    nudged = numerical_gradient(f, 1.1)
    exact = torch.autograd.functional.jacobian(f, torch.tensor(1.1, dtype=torch.float64))
    assert torch.allclose(nudged, exact, rtol=1e-6, atol=0)


def test_outputs_that_need_a_closer_look_get_one_each():
    def f(x):
        return torch.stack([torch.cos((x - 40003) / 1e4), torch.sin(x**2)])

    nudged = numerical_gradient(f, 40003.0)
    assert nudged[0] == 0
    assert math.isclose(nudged[1], math.cos(40003.0**2) * 80006, rel_tol=1e-6)


def test_no_elements_and_no_outputs_have_an_empty_jacobian():
    empty = torch.zeros(0, dtype=torch.float64)
    assert numerical_gradient(lambda x: x.sum(), empty).shape == (0,)
    assert numerical_gradient(lambda x: x[:0], torch.ones(2)).shape == (0, 2)


def test_step_is_the_plain_quotient_with_that_step():
    assert numerical_gradient(lambda x: x**3, 1.0, step=0.5).item() == 3.25
    assert numerical_gradient(torch.abs, 0.0, step=1e-3).item() == 0
    assert numerical_gradient(torch.floor, 3.0, step=0.25).item() == 2
    slopes = numerical_gradient(lambda w, x: (w * x).sum(), torch.ones(2), torch.ones(2), step=0.5)
    assert [slope.tolist() for slope in slopes] == [[1, 1], [1, 1]]
    # 0.1 is not among float32's numbers; what x moved in fact is divided by.
    assert numerical_gradient(lambda x: x, torch.tensor(1000.0), step=1e-3).item() == 1


def test_the_function_may_compute_gradients_and_none_is_recorded_for_the_input():
    seen = []

    def slope(x):
        seen.append(x.requires_grad)
        (gradient,) = torch.autograd.grad(x.requires_grad_() ** 3, x)
        return gradient

    for context in (torch.no_grad, torch.inference_mode, torch.enable_grad):
        with context():
            assert math.isclose(numerical_gradient(slope, 2.0).item(), 12.0)
    assert not any(seen)


def test_a_nudge_leaves_inputs_gradients_and_the_random_state_alone():
    x = torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3).t().requires_grad_()
    x.sum().backward()
    before, gradient, version = x.clone(), x.grad.clone(), x._version
    state = torch.get_rng_state()
    assert torch.allclose(
        numerical_gradient(lambda x: x.detach().mul_(2).sum(), x), 2 * before / before
    )
    assert torch.equal(x, before) and torch.equal(x.grad, gradient) and x._version == version
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("f", "inputs", "most"), [(lambda x: (x**2).sum(), 5, 2 + 18 * 5), (torch.abs, 1, 2 + 36)]
)
def test_the_function_is_called_as_often_as_promised(f, inputs, most):
    calls = []

    def counted(x):
        calls.append(x)
        return f(x)

    x = torch.arange(inputs, dtype=torch.float64)
    with contextlib.suppress(ArithmeticError):
        numerical_gradient(counted, x if inputs > 1 else 0.0)
    assert len(calls) == most


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: numerical_gradient(torch.sin), ValueError, "needs the inputs"),
        (lambda: numerical_gradient(torch.sin, torch.tensor(3)), TypeError, "int64"),
        (lambda: numerical_gradient(torch.sin, torch.ones(1).half()), TypeError, "float16"),
        (lambda: numerical_gradient(torch.sin, "3"), TypeError, "str"),
        (lambda: numerical_gradient(torch.sin, True), TypeError, "bool"),
        (lambda: numerical_gradient(lambda x: None, 3.0), TypeError, "NoneType"),
        (lambda: numerical_gradient(lambda x: x * 1j, 3.0), TypeError, "complex128"),
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
        (lambda: numerical_gradient(lambda x: x * torch.rand(()), 2.0), ValueError, "random"),
        (lambda: numerical_gradient(torch.sin, 2.0, step=0), ValueError, "positive number as step"),
        (
            lambda: numerical_gradient(torch.sum, torch.eye(2).to_sparse()),
            TypeError,
            "nudges plain tensors, and got a sparse, nested or meta one: pass x.to_dense()",
        ),
        (
            lambda: numerical_gradient(torch.Tensor.to_sparse, torch.eye(2)),
            TypeError,
            "returns a plain tensor, and got a sparse",
        ),
        (lambda: numerical_gradient(torch.sin, 2.0, step=-1e-3), ValueError, "positive number"),
        (lambda: numerical_gradient(torch.sin, 2.0, step="1"), ValueError, "positive number"),
        (
            lambda: numerical_gradient(torch.sin, torch.tensor(3.0), step=1e-7),
            ValueError,
            "cannot nudge 3 by this step.*float32 rounds",
        ),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
