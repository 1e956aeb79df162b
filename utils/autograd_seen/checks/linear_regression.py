"""The checks of assignment 06: how does a gradient fit a line?"""

import math

import torch

from autograd_seen.checks.arithmetic import descend, mean, products
from autograd_seen.checks.engine import check_function, check_value

_tensor, _mean = torch.tensor, torch.mean
_detach, _abs = torch.Tensor.detach, torch.Tensor.abs

gets_grad = check_value(
    "6.1",
    "gets_grad",
    {"w0": True, "w1": False, "b": True, "x": False},
    {
        "w1: an operation made it, so it is an intermediate, whatever it is used for": {"w1": True},
        "w0: it is the leaf at the end of the way, and no step can move it any more": {"w0": False},
        "b: changed in place under no_grad, it is the leaf that it was": {"b": False},
        "x: its outline is dashed, so it does not require grad": {"x": True},
    },
)

one_step = check_value(
    "6.2",
    "one_step",
    2.6,
    {
        "÷N is missing: the loss is the mean, not the sum": 3.8,
        "uphill: a step goes against the gradient": 1.4,
        "the 2 that the square brings down is missing": 2.3,
        "the factor x is missing: a residual reaches w times its own x": 2.16,
        "0.6 is how far w moves, not where it arrives": 0.6,
        "−20 is the gradient: one step is still to be made": -20.0,
        "22 is a step of size 1: the gradient is multiplied by lr": 22.0,
    },
)


def _curvatures(x):
    """The eigenvalues of 2·[[mean x², mean x], [mean x, 1]], the Hessian in w and b: the smaller
    one first.
    """
    squares = mean(products(x, x))
    half_gap = math.hypot(squares - 1, 2 * mean(x))
    return squares + 1 - half_gap, squares + 1 + half_gap


largest_step = check_function(
    "6.3",
    "largest_step",
    lambda x: 2 / _curvatures(x)[1],
    {
        "1/λ: there the factor 1 − lr·λ is 0; it may go down to −1": lambda x: (
            1 / _curvatures(x)[1]
        ),
        "upside down: more curvature allows a smaller step": lambda x: _curvatures(x)[1] / 2,
        "the smallest λ decides how many steps are needed, the largest gives the limit": lambda x: (
            2 / _curvatures(x)[0]
        ),
        "that is the largest λ, a curvature: the limit is 2 divided by it": lambda x: _curvatures(
            x
        )[1],
        "2 over an entry of H: the curvature along w alone": lambda x: 1 / mean(products(x, x)),
        "÷N is missing in H: the loss is the mean, not the sum": lambda x: (
            2 / _curvatures(x)[1] / len(x)
        ),
    },
    cases=[([1.5, 2.2, 4.1],), ([0.3, -0.8, 2.4, 3.5, 0.7],)],
    evaluate=lambda answer, x: answer(_tensor(x)),
    template="largest_step(x) at x = {}",
)


def squares(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """mean of (p − t)²"""
    return _mean((p - t) ** 2)


def weighted(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """mean of |p − t|·(p − t)², |p − t| held"""
    return _mean(_detach(_abs(p - t)) * (p - t) ** 2)


#: The losses that exercise 6.4 is tried on: how steep each is in a residual, by autograd.
LOSSES = {squares: lambda r: 2 * r, weighted: lambda r: 2 * abs(r) * r}
#: The same by a nudge.
NUDGED = LOSSES | {weighted: lambda r: 3 * abs(r) * r}


def _fitted(x, t, lr, steps, kept=0.0, moves_b=True, slope=LOSSES[squares]):
    """[w, b] from 0 after so many steps down a loss, by its slope in a residual. ``kept`` is as in
    `descend`.
    """

    def gradient(w, b):
        slopes = [slope(w * one + b - want) for one, want in zip(x, t, strict=True)]
        return mean(products(slopes, x)), mean(slopes) if moves_b else 0.0

    return descend(gradient, [0.0, 0.0], lr, steps, kept)


def _kept(*case):
    return _fitted(*case, kept=1.0)


def _summed(x, t, lr, steps):
    """As `_fitted`, on the sum of the squares instead of their mean."""
    return _fitted(x, t, lr * len(x), steps)


def _as_tensors(answer, x, t, *rest):
    return answer(_tensor(x), _tensor(t), *rest)


def _down(loss, *case, **options):
    """As `_fitted`, down one of the losses."""
    return _fitted(*case, slope=LOSSES[loss], **options)


fit = check_function(
    "6.4",
    "fit",
    _down,
    {
        "each gradient was added to those before it: clear .grad after the step": (
            lambda *case: _down(*case, kept=1.0)
        ),
        "uphill: a step goes against the gradient": (
            lambda loss, x, t, lr, steps: _down(loss, x, t, -lr, steps)
        ),
        "b has not moved: it makes its own step, with its own .grad": (
            lambda *case: _down(*case, moves_b=False)
        ),
        "one step only: all of it is repeated, from the loss on": (
            lambda loss, x, t, lr, _: _down(loss, x, t, lr, 1)
        ),
        "nothing moved: was .grad cleared before the step used it?": [0.0, 0.0],
        "the squares whatever the loss is: call the loss that is given": (
            lambda _, *case: _fitted(*case)
        ),
        "by a nudge or a formula: this loss holds a factor still, which only autograd knows": (
            lambda loss, *case: _fitted(*case, slope=NUDGED[loss])
        ),
    },
    cases=[
        (squares, [1.0, 2.0, 4.0], [4.0, 3.0, 9.0], 0.03, 3),
        (weighted, [0.4, -1.0, 2.5], [1.2, 0.7, -0.9], 0.05, 4),
    ],
    evaluate=lambda answer, loss, x, t, *rest: answer(loss, _tensor(x), _tensor(t), *rest),
    template="fit(…, {3}, {4}), x = {1}, t = {2}, {0}",
)


def _standardised_slope(x, t):
    """The least squares slope of the standardised data, and what maps it back: std of t over std of
    x.
    """
    dx, dt = [value - mean(x) for value in x], [value - mean(t) for value in t]
    std_x, std_t = math.sqrt(mean(products(dx, dx))), math.sqrt(mean(products(dt, dt)))
    return mean(products(dx, dt)) / (std_x * std_t), std_t / std_x


def _line(x, t, times=1, power=1):
    """[slope, intercept] of the least squares line; ``times`` and ``power`` spoil the slope."""
    w, ratio = _standardised_slope(x, t)
    slope = times * w * ratio**power
    return [slope, mean(t) - slope * mean(x)]


least_squares = check_function(
    "6.5",
    "least_squares",
    _line,
    {
        "not mapped back: that is the line of the standardised data": lambda x, t: [
            _standardised_slope(x, t)[0],
            0.0,
        ],
        "upside down: a slope is so much t for each x, so std of t over std of x": lambda x, t: (
            _line(x, t, power=-1)
        ),
        "the intercept is where x = 0, not where x has its mean": lambda x, t: [
            _line(x, t)[0],
            mean(t),
        ],
        "the intercept takes the slope after it is mapped back, not w": lambda x, t: [
            _line(x, t)[0],
            mean(t) - _standardised_slope(x, t)[0] * mean(x),
        ],
        "the slope is mapped back, the intercept is not": lambda x, t: [_line(x, t)[0], 0.0],
        "a line through 0: X lacks its column of ones": lambda x, t: [
            math.fsum(products(x, t)) / math.fsum(products(x, x)),
            0.0,
        ],
        "÷N is missing: the loss is the mean, not the sum": lambda x, t: _line(x, t, times=len(x)),
    },
    cases=[
        ([1.5, 2.2, 4.1], [4.0, 3.5, 7.0]),
        ([0.4, -0.8, 2.5, 3.5, 6.1], [1.2, 0.7, 3.1, 6.4, 4.6]),
    ],
    evaluate=_as_tensors,
    template="least_squares(x, t) at x = {0}, t = {1}",
)

mended = check_function(
    "6.6",
    "mended",
    _fitted,
    {
        "(N, 1) − (N,) sets every prediction against every target": (
            lambda x, t, lr, steps: _fitted(x, [mean(t)] * len(t), lr, steps)
        ),
        "each gradient was added to those before it: zero_grad() is lost": _kept,
        "nothing moved: zero_grad() before step() leaves it no gradient": [0.0, 0.0],
        "÷N is missing: the loss is the mean, not the sum": _summed,
        "the weight comes first, then the bias": lambda *case: _fitted(*case)[::-1],
    },
    cases=[
        ([1.5, 2.2, 4.1], [4.0, 3.5, 9.0], 0.04, 3),
        ([0.4, -0.8, 2.5, 3.5], [1.2, 0.7, 3.1, 6.4], 0.06, 5),
    ],
    evaluate=_as_tensors,
    template="mended(x, t, {2}, {3}) at x = {0}, t = {1}",
)
