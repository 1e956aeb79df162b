"""The checks of assignment 03: what does a neuron learn from being sure and wrong?"""

import math

import torch

from autograd_seen.checks.engine import Fault, attached, leaf, predict, program, written

_tensor, _sum = torch.tensor, torch.sum


def _sigmoid(z):
    return 1 / (1 + math.exp(-z))


def _bce(z, t):
    """The cross-entropy of a logit and a target, by log-sum-exp."""
    return max(z, 0) - z * t + math.log1p(math.exp(-abs(z)))


reads = predict(
    "3.1",
    "reads",
    {"silent": "q", "steepest": "p", "error": "b", "error_times_input": "w"},
    {
        "silent: the target is 1, and 1 − t is the factor of the other log": {"silent": "p"},
        "silent: a dashed oval is a constant, to which nothing is sent, not even 0": {
            "silent": "t"
        },
        "steepest: the sigmoid is flat, its local derivative is p(1 − p), never above 0.25": {
            "steepest": "z"
        },
        "steepest: compare the two logs, 1/p and 1/q": {"steepest": "q"},
        "error, error_times_input: b receives p − t, and w that times x": {
            "error": "w",
            "error_times_input": "b",
        },
        "error: you are asked for a leaf, and an operation made this one": {"error": "z"},
        "error_times_input: x is the input, but nobody marked it, so nothing comes": {
            "error_times_input": "x"
        },
    },
)

mean_slope = predict(
    "3.2",
    "mean_slope",
    -1.9,
    {
        "÷N is forgotten: the loss is the mean of the two": -3.8,
        "the x are forgotten: ∂L/∂w is error times input": -0.05,
        "the error is p − t, not t − p": 1.9,
        "t and 1 − t have changed places": 0.6,
        "p(1 − p) has cancelled in p − t, and is not wanted again": -0.339,
        "that is (∂L/∂p)·x: the slope of the sigmoid, p(1 − p), is missing": -65 / 6,
        "the mean of the products is not the product of the means": -0.025,
        "that is the loss, not its slope": -math.log(0.2 * 0.3) / 2,
        "that is the first sample alone": -2.4,
    },
)

arrives = predict(
    "3.3",
    "arrives",
    {
        "formula": "right",
        "clamp 1e-8": "zero",
        "clamp 1e-6": "zero",
        "BCELoss": "right",
        "with logits": "right",
    },
    {
        "formula: it divides by p here, and float32 has room near 0": {"formula": "nan"},
        "formula: nothing in it is flat but the sigmoid, and that factor cancels": {
            "formula": "zero"
        },
        "clamp 1e-8: it does nothing near 1, but at this end it does: compare p with it": {
            "clamp 1e-8": "right"
        },
        "clamp 1e-8: it holds p away from 0 here, so no 1/0 is formed": {"clamp 1e-8": "nan"},
        "clamp 1e-6: p lies below it, and a clamp is flat": {"clamp 1e-6": "right"},
        "clamp 1e-6: it holds p away from 0, so no 1/0 is formed": {"clamp 1e-6": "nan"},
        "BCELoss: its log has not reached −100, and p(1 − p) not 1e-12": {"BCELoss": "zero"},
        "BCELoss: it bounds the log, so no infinity is formed": {"BCELoss": "nan"},
        "with logits: it is given z, so nothing can round away": {"with logits": "zero"},
    },
)


def _factors(w, b, x, t):
    """∂L/∂p, ∂p/∂z and ∂z/∂w, and p."""
    p = _sigmoid(w * x + b)
    return [-t / p + (1 - t) / (1 - p), p * (1 - p), x], p


def _first(of):
    """The factors with another ∂L/∂p, a function of p and t."""

    def wrong(w, b, x, t):
        (_, second, third), p = _factors(w, b, x, t)
        return [of(p, t), second, third]

    return wrong


def _rest(of):
    """The factors with the right ∂L/∂p and, for the other two, what a function of p, w and x
    returns.
    """

    def wrong(w, b, x, t):
        (first, _, _), p = _factors(w, b, x, t)
        return [first, *of(p, w, x)]

    return wrong


def _products(w, b, x, t):
    (first, second, third), _ = _factors(w, b, x, t)
    return [first, first * second, first * second * third]


factors = program(
    "3.4",
    "factors",
    lambda w, b, x, t: _factors(w, b, x, t)[0],
    {
        "∂L/∂p: t and 1 − t have changed places": _first(lambda p, t: -(1 - t) / p + t / (1 - p)),
        "∂L/∂p: the sign, since L is minus the logs": _first(
            lambda p, t: t / p - (1 - t) / (1 - p)
        ),
        "∂L/∂p: log(1 − p) falls as p rises, so two minuses meet": _first(
            lambda p, t: -t / p - (1 - t) / (1 - p)
        ),
        "∂L/∂p: the part of log(1 − p) is missing": _first(lambda p, t: -t / p),
        "∂L/∂p: p − t is the product of the first two factors": _first(lambda p, t: p - t),
        "∂p/∂z: the slope of the sigmoid is p(1 − p), not p": _rest(lambda p, w, x: [p, x]),
        "∂p/∂z: 1 − p is one half of it, p the other": _rest(lambda p, w, x: [1 - p, x]),
        "∂z/∂w is x; w is the slope as x moves": _rest(lambda p, w, x: [p * (1 - p), w]),
        "∂z/∂w: x is forgotten, and 1 is ∂z/∂b": _rest(lambda p, w, x: [p * (1 - p), 1]),
        "these are the products so far: give each factor alone": _products,
    },
    at=[(0.6, -0.2, 1.7, 0.25), (-0.9, 0.4, 1.3, 1.0)],
)


def _descend(of, error=lambda z, t: _sigmoid(z) - t):
    """A fit by gradient descent, where `of` makes the gradients of w and b out of the errors and
    the inputs.
    """

    def fit(x, t, steps, lr):
        w = b = 0.0
        for _ in range(steps):
            dw, db = of([error(w * one + b, target) for one, target in zip(x, t, strict=True)], x)
            w, b = w - lr * dw, b - lr * db
        return [w, b]

    return fit


def _mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


def _times(errors, x):
    return [error * one for error, one in zip(errors, x, strict=True)]


def _right(errors, x):
    return _mean(_times(errors, x)), _mean(errors)


def _steep(z, t):
    """The error with a second slope of the sigmoid."""
    p = _sigmoid(z)
    return (p - t) * p * (1 - p)


def _fit(answer, x, t, steps, lr):
    """The w and the b that the answer returns for two lists."""
    found = answer(_tensor(x), _tensor(t), steps, lr)
    if isinstance(found, tuple | list) and any(
        getattr(part, "shape", ()) == (len(x),) for part in found
    ):
        likely = "each sample has its own w or b now: the mean of the gradients is missing"
        raise Fault(f"{len(x)} numbers for w or for b", "one number for each", likely)
    return found


fit = program(
    "3.5",
    "fit",
    _descend(_right),
    {
        "÷N is forgotten: the loss is the mean over the samples": _descend(
            lambda errors, x: (sum(_times(errors, x)), sum(errors))
        ),
        "the x are forgotten: dw is the mean of error times input": _descend(
            lambda errors, x: (_mean(errors), _mean(errors))
        ),
        "x in db too: the input of b is 1": _descend(
            lambda errors, x: (_mean(_times(errors, x)),) * 2
        ),
        "the error is p − t: with t − p each step climbs": _descend(
            _right, lambda z, t: t - _sigmoid(z)
        ),
        "t and 1 − t have changed places": _descend(_right, lambda z, t: _sigmoid(z) - (1 - t)),
        "the sigmoid is forgotten: the error is p − t, not z − t": _descend(
            _right, lambda z, t: z - t
        ),
        "p(1 − p) has cancelled in p − t, and is not wanted again": _descend(_right, _steep),
        "the mean of the products is not the product of the means": _descend(
            lambda errors, x: (_mean(errors) * _mean(x), _mean(errors))
        ),
    },
    at=[
        ([1.5, -0.4, 2.2, -1.7], [1.0, 0.0, 0.8, 0.3], 3, 0.4),
        ([0.8, -1.1, 0.3], [0.3, 0.9, 0.6], 5, 0.7),
    ],
    ask=_fit,
    shown="fit(x, t, {2}, {3}) for x = {0} and t = {1}",
)


def _loss_and_slope(z, t):
    return [_bce(z, t), _sigmoid(z) - t]


def _tie(slope):
    """The right answer but for z = 0, where max(z, 0) is given this slope."""
    return lambda z, t: [_bce(z, t), (_sigmoid(z) if z else slope) - t]


def _sigmoid_twice(z, t):
    p = _sigmoid(z)
    return [_bce(p, t), (_sigmoid(p) - t) * p * (1 - p)]


def _then_backward(answer, z, t):
    """The loss that the answer computes for a new leaf, and the gradient of the leaf after a
    backward pass from it.
    """
    logit = leaf(z)
    loss = attached(answer(logit, _tensor(t)))
    loss.backward()
    if logit.grad is None:
        raise Fault(
            "None in z.grad after L.backward()",
            "a number",
            "a new tensor on the way cuts L off from z",
        )
    got, slope, wanted = [_sum(loss), logit.grad], float(logit.grad), written(_loss_and_slope(z, t))
    if math.isinf(loss) and (math.isnan(slope) or slope == 0):
        near = "1 − p is 0 in float32, and near 1 an eps such as 1e-8 does nothing: 1 - 1e-8 is 1"
        far = "right at z = 20, lost further out: an exp is inf by now, or a sigmoid 0 or 1"
        raise Fault(written(got), wanted, near if abs(z) < 88 else far)
    if slope == 0 and float(loss) > 5:
        raise Fault(
            written(got),
            wanted,
            "an eps or a bound keeps the loss finite, but flat: no gradient, no learning",
        )
    return got


loss_of_logit = program(
    "3.6",
    "loss_of_logit",
    _loss_and_slope,
    {
        "right but at z = 0, a kink of max(z, 0): its slope was taken as 0, as relu does": _tie(
            0.0
        ),
        "right but at z = 0, a kink of max(z, 0): its slope was taken as 1, not 0.5": _tie(1.0),
        "t and 1 − t have changed places": lambda z, t: _loss_and_slope(z, 1 - t),
        "a sigmoid too many: this loss wants z, not p": _sigmoid_twice,
    },
    at=[(1.3, 1.0), (-0.8, 0.25), (0.0, 0.0), (20.0, 0.0), (120.0, 0.0), (-120.0, 1.0)],
    ask=_then_backward,
    shown="[loss_of_logit(z, t), z.grad] at z = {}, t = {}",
)
