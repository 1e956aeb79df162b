"""The oracles of assignment 03: what does a neuron learn from being sure and wrong?"""

import itertools
import math
import operator

from autograd_seen.checks import binary_cross_entropy as check
from plainjudge.arithmetic import descend, mean, products, sigmoid
from plainjudge.oracles import number, oracle, prediction, signed


def target_between(source):
    """A target that is neither 0 nor 1, nor near 0.5."""
    return source.choice([number(source, 0.15, 0.4, 2), number(source, 0.6, 0.85, 2)])


# --- 3.4 ------------------------------------------------------------------------------------------


def factors(
    first=lambda p, t: -t / p + (1 - t) / (1 - p),
    second=lambda p: p * (1 - p),
    third=lambda _, x: x,
):
    """∂L/∂p, ∂p/∂z and ∂z/∂w, each from what a function makes of p and t, of p, of w and x."""

    def of_a_neuron(w, b, x, t):
        p = sigmoid(w * x + b)
        return [first(p, t), second(p), third(w, x)]

    return of_a_neuron


def products_so_far(w, b, x, t):
    """The products so far of the right factors."""
    return list(itertools.accumulate(factors()(w, b, x, t), operator.mul))


def a_neuron(source, t):
    """A w, b, x and t, where p is far from 0, from 1 and from t."""
    while True:
        sizes = [(0.4, 1.6), (0.1, 1.2), (0.5, 2.4)]
        w, b, x = (signed(source, *bounds, 2) for bounds in sizes)
        p = sigmoid(w * x + b)
        if 0.1 < p < 0.9 and abs(p - t) > 0.1:
            return w, b, x, t


def neurons(source):
    """Three neurons: one target lies between, the others are 0 and 1."""
    return [a_neuron(source, t) for t in (target_between(source), 0.0, 1.0)]


# --- 3.5 ------------------------------------------------------------------------------------------


def error(z, t):
    return sigmoid(z) - t


def steep(z, t):
    """The error with a second slope of the sigmoid."""
    p = sigmoid(z)
    return (p - t) * p * (1 - p)


def slopes(errors, x):
    """The slopes of the loss in w and b, from the errors and the inputs."""
    return mean(products(errors, x)), mean(errors)


def fitted(slopes=slopes, error=error):
    """A fit of w and b by gradient descent, with another way to the slopes or another error."""

    def fit(x, t, steps, lr):
        def gradient(w, b):
            return slopes([error(w * one + b, want) for one, want in zip(x, t, strict=True)], x)

        return descend(gradient, [0.0, 0.0], lr, steps)

    return fit


def samples(source):
    """Inputs and targets, with 0 and 1 among these."""
    t = [0.0, 1.0] + [number(source, 0, 1) for _ in range(source.randint(1, 3))]
    source.shuffle(t)
    return [signed(source, 0.3, 2.5) for _ in t], t


def a_fit(source, steps):
    """What `fit` takes, drawn until neither w nor b ends near 0."""
    while True:
        case = *samples(source), steps, number(source, 0.2, 0.9)
        if all(abs(parameter) > 0.03 for parameter in fitted()(*case)):
            return case


# --- 3.6 ------------------------------------------------------------------------------------------


def bce(z, t):
    """The cross-entropy of a logit and a target, by log-sum-exp."""
    return max(z, 0) - z * t + math.log1p(math.exp(-abs(z)))


def loss_and_slope(z, t):
    return [bce(z, t), sigmoid(z) - t]


def tie(slope):
    """The right answer but for z = 0, where max(z, 0) is given this slope."""
    return lambda z, t: [bce(z, t), (sigmoid(z) if z else slope) - t]


def size_far_out(z, t):
    """The right answer where z is near 0, and |z| with its slope elsewhere."""
    return [abs(z), math.copysign(1, z)] if abs(z) > 10 else loss_and_slope(z, t)


def sigmoid_twice(z, t):
    p = sigmoid(z)
    return [bce(p, t), (sigmoid(p) - t) * p * (1 - p)]


def logits(source):
    """Six cases: an ordinary one, z = 0, and a sure neuron, wrong on either side, right, and with a
    target between.
    """
    return [
        (signed(source, 2, 3.5, 2), target_between(source)),
        (0.0, source.choice([1.0, target_between(source)])),
        (number(source, 90, 119), 0.0),
        (-number(source, 17, 119), 1.0),
        (number(source, 17, 119), 1.0),
        (signed(source, 17, 119), target_between(source)),
    ]


ORACLES = [
    prediction(
        check.reads,
        {"silent": "q", "steepest": "p", "error": "b", "error_times_input": "w"},
        {
            "silent: the target is 1, and 1 − t is the factor of the other log": {"silent": "p"},
            "silent: t is a number and no oval, so nothing is sent to it, not even 0": {
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
            "error_times_input: x is the input: it is no leaf but a number, so nothing comes": {
                "error_times_input": "x"
            },
        },
    ),
    prediction(
        check.mean_slope,
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
    ),
    prediction(
        check.arrives,
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
    ),
    oracle(
        check.factors,
        factors(),
        {
            "∂L/∂p: t and 1 − t have changed places": factors(
                first=lambda p, t: -(1 - t) / p + t / (1 - p)
            ),
            "∂L/∂p: the sign, since L is minus the logs": factors(
                first=lambda p, t: t / p - (1 - t) / (1 - p)
            ),
            "∂L/∂p: log(1 − p) falls as p rises, so two minuses meet": factors(
                first=lambda p, t: -t / p - (1 - t) / (1 - p)
            ),
            "∂L/∂p: the part of log(1 − p) is missing": factors(first=lambda p, t: -t / p),
            "∂L/∂p: p − t is the product of the first two factors": factors(
                first=lambda p, t: p - t
            ),
            "∂p/∂z: the slope of the sigmoid is p(1 − p), not p": factors(second=lambda p: p),
            "∂p/∂z: 1 − p is one half of it, p the other": factors(second=lambda p: 1 - p),
            "∂z/∂w is x; w is the slope as x moves": factors(third=lambda w, _: w),
            "∂z/∂w: x is forgotten, and 1 is ∂z/∂b": factors(third=lambda *_: 1),
            "these are the products so far: give each factor alone": products_so_far,
        },
        draw=neurons,
    ),
    oracle(
        check.fit,
        fitted(),
        {
            "÷N is forgotten: the loss is the mean over the samples": fitted(
                lambda errors, x: (sum(products(errors, x)), sum(errors))
            ),
            "the x are forgotten: dw is the mean of error times input": fitted(
                lambda errors, _: (mean(errors), mean(errors))
            ),
            "x in db too: the input of b is 1": fitted(
                lambda errors, x: (mean(products(errors, x)),) * 2
            ),
            "the error is p − t: with t − p each step climbs": fitted(
                error=lambda z, t: t - sigmoid(z)
            ),
            "t and 1 − t have changed places": fitted(error=lambda z, t: error(z, 1 - t)),
            "the sigmoid is forgotten: the error is p − t, not z − t": fitted(
                error=lambda z, t: z - t
            ),
            "p(1 − p) has cancelled in p − t, and is not wanted again": fitted(error=steep),
            "the mean of the products is not the product of the means": fitted(
                lambda errors, x: (mean(errors) * mean(x), mean(errors))
            ),
        },
        draw=lambda source: [a_fit(source, source.randint(3, 5)), a_fit(source, 8)],
    ),
    oracle(
        check.loss_of_logit,
        loss_and_slope,
        {
            "right but at z = 0, a kink of max(z, 0): its slope was taken as 0, as relu does": tie(
                0.0
            ),
            "right but at z = 0, a kink of max(z, 0): its slope was taken as 1, not 0.5": tie(1.0),
            "t and 1 − t have changed places": lambda z, t: loss_and_slope(z, 1 - t),
            "far out |z| is the loss of the wrong side: where z is right it is 0": size_far_out,
            "the sign: a cross-entropy is never below 0": lambda z, t: [
                -one for one in loss_and_slope(z, t)
            ],
            "a sigmoid too many: this loss wants z, not p": sigmoid_twice,
        },
        draw=logits,
    ),
]
