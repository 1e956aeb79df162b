"""The checks of assignment 03: what does a neuron learn from being sure and wrong?"""

import itertools
import math
import operator

import torch

from autograd_seen.checks.arithmetic import descend, mean, products, sigmoid
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.report import written
from autograd_seen.checks.verdicts import Misfit

_tensor, _sum = torch.tensor, torch.sum

#: From about this logit on exp(z) is inf in float32.
FAR = 88


def _bce(z, t):
    """The cross-entropy of a logit and a target, by log-sum-exp."""
    return max(z, 0) - z * t + math.log1p(math.exp(-abs(z)))


reads = check_value(
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
        "error_times_input: x is the input: it does not require grad, so nothing comes": {
            "error_times_input": "x"
        },
    },
)

mean_slope = check_value(
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

arrives = check_value(
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


def _factors(
    first=lambda p, t: -t / p + (1 - t) / (1 - p),
    second=lambda p: p * (1 - p),
    third=lambda _, x: x,
):
    """∂L/∂p, ∂p/∂z and ∂z/∂w, each from what a function makes of p and t, of p, of w and x."""

    def factors(w, b, x, t):
        p = sigmoid(w * x + b)
        return [first(p, t), second(p), third(w, x)]

    return factors


def _products(w, b, x, t):
    """The products so far of the right factors."""
    return list(itertools.accumulate(_factors()(w, b, x, t), operator.mul))


factors = check_function(
    "3.4",
    "factors",
    _factors(),
    {
        "∂L/∂p: t and 1 − t have changed places": _factors(
            first=lambda p, t: -(1 - t) / p + t / (1 - p)
        ),
        "∂L/∂p: the sign, since L is minus the logs": _factors(
            first=lambda p, t: t / p - (1 - t) / (1 - p)
        ),
        "∂L/∂p: log(1 − p) falls as p rises, so two minuses meet": _factors(
            first=lambda p, t: -t / p - (1 - t) / (1 - p)
        ),
        "∂L/∂p: the part of log(1 − p) is missing": _factors(first=lambda p, t: -t / p),
        "∂L/∂p: p − t is the product of the first two factors": _factors(first=lambda p, t: p - t),
        "∂p/∂z: the slope of the sigmoid is p(1 − p), not p": _factors(second=lambda p: p),
        "∂p/∂z: 1 − p is one half of it, p the other": _factors(second=lambda p: 1 - p),
        "∂z/∂w is x; w is the slope as x moves": _factors(third=lambda w, _: w),
        "∂z/∂w: x is forgotten, and 1 is ∂z/∂b": _factors(third=lambda *_: 1),
        "these are the products so far: give each factor alone": _products,
    },
    cases=[(0.6, -0.2, 1.7, 0.25), (-0.9, 0.4, 1.3, 1.0)],
)


def _error(z, t):
    return sigmoid(z) - t


def _steep(z, t):
    """The error with a second slope of the sigmoid."""
    p = sigmoid(z)
    return (p - t) * p * (1 - p)


def _slopes(errors, x):
    """The slopes of the loss in w and b, from the errors and the inputs."""
    return mean(products(errors, x)), mean(errors)


def _fitted(slopes=_slopes, error=_error):
    """A fit of w and b by gradient descent, with another way to the slopes or another error."""

    def fit(x, t, steps, lr):
        def gradient(w, b):
            return slopes([error(w * one + b, want) for one, want in zip(x, t, strict=True)], x)

        return descend(gradient, [0.0, 0.0], lr, steps)

    return fit


def _fit(answer, x, t, steps, lr):
    """The w and the b that the answer returns for two lists."""
    found = answer(_tensor(x), _tensor(t), steps, lr)
    if isinstance(found, tuple | list) and any(
        getattr(part, "shape", ()) == (len(x),) for part in found
    ):
        likely = "each sample has its own w or b now: the mean of the gradients is missing"
        raise Misfit(f"{len(x)} numbers for w or for b", "one number for each", likely)
    return found


fit = check_function(
    "3.5",
    "fit",
    _fitted(),
    {
        "÷N is forgotten: the loss is the mean over the samples": _fitted(
            lambda errors, x: (sum(products(errors, x)), sum(errors))
        ),
        "the x are forgotten: dw is the mean of error times input": _fitted(
            lambda errors, _: (mean(errors), mean(errors))
        ),
        "x in db too: the input of b is 1": _fitted(
            lambda errors, x: (mean(products(errors, x)),) * 2
        ),
        "the error is p − t: with t − p each step climbs": _fitted(
            error=lambda z, t: t - sigmoid(z)
        ),
        "t and 1 − t have changed places": _fitted(error=lambda z, t: _error(z, 1 - t)),
        "the sigmoid is forgotten: the error is p − t, not z − t": _fitted(
            error=lambda z, t: z - t
        ),
        "p(1 − p) has cancelled in p − t, and is not wanted again": _fitted(error=_steep),
        "the mean of the products is not the product of the means": _fitted(
            lambda errors, x: (mean(errors) * mean(x), mean(errors))
        ),
    },
    cases=[
        ([1.5, -0.4, 2.2, -1.7], [1.0, 0.0, 0.8, 0.3], 3, 0.4),
        ([0.8, -1.1, 0.3], [0.3, 0.9, 0.6], 5, 0.7),
    ],
    evaluate=_fit,
    template="fit(x, t, {2}, {3}) for x = {0} and t = {1}",
)


def _loss_and_slope(z, t):
    return [_bce(z, t), sigmoid(z) - t]


def _tie(slope):
    """The right answer but for z = 0, where max(z, 0) is given this slope."""
    return lambda z, t: [_bce(z, t), (sigmoid(z) if z else slope) - t]


def _sigmoid_twice(z, t):
    p = sigmoid(z)
    return [_bce(p, t), (sigmoid(p) - t) * p * (1 - p)]


def _then_backward(answer, z, t):
    """The loss that the answer computes for a new leaf, and the gradient of the leaf after a
    backward pass from it.
    """
    logit = leaf(z)
    loss = attached(answer(logit, _tensor(t)))
    loss.backward()
    gradient = arrived(logit, "z", "L")
    got = [_sum(loss), gradient]
    if likely := _lost(z, float(loss), float(gradient)):
        raise Misfit(written(got), written(_loss_and_slope(z, t)), likely)
    return got


def _lost(z, loss, gradient):
    """Why the gradient of a sure and wrong neuron is lost; empty if it is not."""
    if math.isinf(loss) and (math.isnan(gradient) or gradient == 0):
        near = "1 − p is 0 in float32, and near 1 an eps such as 1e-8 does nothing: 1 - 1e-8 is 1"
        far = "right at z = 20, lost further out: an exp is inf by now, or a sigmoid 0 or 1"
        return near if abs(z) < FAR else far
    if gradient == 0 and loss > 5:
        return "an eps or a bound keeps the loss finite, but flat: no gradient, no learning"
    return ""


loss_of_logit = check_function(
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
    cases=[(1.3, 1.0), (-0.8, 0.25), (0.0, 0.0), (20.0, 0.0), (120.0, 0.0), (-120.0, 1.0)],
    evaluate=_then_backward,
    template="[loss_of_logit(z, t), z.grad] at z = {}, t = {}",
)
