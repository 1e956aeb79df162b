"""The oracles of assignment 05: how do you turn the record off?"""

import math

from autograd_seen.checks import disabling_tracking as check
from autograd_seen.checks.disabling_tracking import AFTERWARDS, GRADIENT, KEPT, OUTPUTS
from plainjudge.arithmetic import mean, sigmoid
from plainjudge.oracles import number, oracle, prediction, signed

#: What torch.nn.BatchNorm1d adds to a variance by default.
EPS = 1e-5


# --- 5.3 ------------------------------------------------------------------------------------------


def normalised(outputs, centre, variance):
    return [(output - centre) / math.sqrt(variance + EPS) for output in outputs]


def by_the_batch(outputs, *_):
    """What BatchNorm gives in train mode: it takes the statistics of this batch."""
    centre = mean(outputs)
    return normalised(outputs, centre, mean([(output - centre) ** 2 for output in outputs]))


#: What each layer gives in train mode and in eval mode, from what reaches it.
IN_TRAIN = {check.batch_norm: by_the_batch, check.dropout: lambda outputs: [0.0] * len(outputs)}
IN_EVAL = {check.batch_norm: normalised, check.dropout: list}


def through(layers, make, values):
    """What a model gives whose last layer gives what `layers` says."""
    maker, (weight, *rest) = make.made_by
    return layers[maker]([weight * value for value in values], *rest)


def a_batch(source):
    """Three numbers of one sign. The one between the others lies well below their mean."""
    ranges = (0.3, 0.9), (1, 1.4), (3.2, 4.5)
    values = [number(source, *bounds) for bounds in ranges]
    return source.sample(values, 3)


def models(source):
    """Both models, evaluated and afterwards. A mean of the other sign than the outputs keeps what
    is normalised away from 0.
    """
    sign = source.choice([1, -1])
    weight, centre = sign * number(source, 1.3, 3), -sign * number(source, 1, 3)
    by_statistics = check.batch_norm(weight, centre, number(source, 1.5, 6))
    dropped = check.dropout(signed(source, 1.3, 3))
    return [
        (asked, make, a_batch(source))
        for asked in (OUTPUTS, AFTERWARDS)
        for make in (by_statistics, dropped)
    ]


# --- 5.4 ------------------------------------------------------------------------------------------


def loss_on(w, h):
    """[(wh − 2)², its slope as w moves]"""
    return [(w * h - 2) ** 2, 2 * (w * h - 2) * h]


def heads(source):
    """One w with a wh below 0, one with a wh above 3: neither loss is near 0."""
    w, x = signed(source, 0.4, 2.4), number(source, 0.6, 1.4)
    large = number(source, 1.5, 2.4), number(source, 1.3, 1.6)
    return [(w, math.copysign(x, -w)), large]


# --- 5.5 ------------------------------------------------------------------------------------------


def first_slope(w, v, x):
    """The slope of v·tanh(wx) as w moves."""
    return v * (1 - math.tanh(w * x) ** 2) * x


def spoilt(w, v, _bias, _old, x):
    return first_slope(w, v, x) + check.SPOILT


def two_layers(source):
    return [
        (
            signed(source, 0.2, 1.1),
            signed(source, 1.4, 4),
            signed(source, 0.2, 2),
            round(signed(source, 0.2, 0.8) + 0.05, 2),
            signed(source, 0.4, 1.5),
        )
        for _ in range(3)
    ]


# --- 5.6 ------------------------------------------------------------------------------------------


def answered(change):
    """An oracle of 5.6 that changes each probability for itself, and none in the record."""

    def right(asked, values):
        probabilities = [sigmoid(value) for value in values]
        if asked == KEPT:
            return [change(p) for p in probabilities]
        return [p * (1 - p) for p in probabilities]

    return right


def kept_if_sure(p):
    return p if p >= 0.5 else 0.0


def written_over(asked, values):
    """As right, but the record holds what was written: where p is 0, its slope p(1 − p) is, too."""
    kept = answered(kept_if_sure)(KEPT, values)
    return kept if asked == KEPT else [p * (1 - p) for p in kept]


def logits(source):
    """Lists with logits of both signs and 0, where p is 0.5, none other near it; and a single one
    below it.
    """
    sure, unsure = number(source, 0.2, 2.5), -number(source, 0.2, 2.5)
    mixed = [sure, unsure, signed(source, 0.2, 2.5), 0.0]
    lists = source.sample(mixed, 4), [unsure]
    return [(asked, values) for asked in (KEPT, GRADIENT) for values in lists]


ORACLES = [
    prediction(
        check.reaches,
        {"x": True, "w": False, "v": True, "k": False},
        {
            "w: its only path to z ends at detach(), so it is not even drawn": {"w": True},
            "x: one path is cut, another leads through u": {"x": False},
            "v: it multiplies a constant, and its own path to z is whole": {"v": False},
            "k: its outline is dashed: it was frozen before anything was computed": {"k": True},
        },
    ),
    prediction(
        check.one_held,
        12.5,
        {
            "the detached factor was counted as moving: for this record it is the number 2.5": (
                18.75
            ),
            "the other factor is the detached one: x² moves": 6.25,
            "a held factor gets no gradient, but it still multiplies": 5.0,
            "detach() cuts one path; the other, through x², is left": 0.0,
            "15.625 is the value of z, not its slope": 15.625,
        },
    ),
    oracle(
        check.evaluate,
        lambda asked, *case: through(IN_EVAL if asked == OUTPUTS else IN_TRAIN, *case),
        {
            "train mode: BatchNorm took the statistics of this batch, Dropout dropped; "
            "no_grad() changes neither": lambda _, *case: through(IN_TRAIN, *case),
            "the model is still in eval mode, no train() at the end: it would train like this": (
                lambda _, *case: through(IN_EVAL, *case)
            ),
        },
        draw=models,
    ),
    oracle(
        check.head_loss,
        lambda w, x: loss_on(w, x**3),
        {
            "the square is missing": lambda w, x: [w * x**3 - 2, x**3],
            "h was left out: the loss is (wh − 2)²": lambda w, _: loss_on(w, 1),
            "x stands where h should: the loss is (wh − 2)²": loss_on,
            "backward() inside the function: a leaf adds what arrives": lambda w, x: [
                loss_on(w, x**3)[0],
                2 * loss_on(w, x**3)[1],
            ],
        },
        draw=heads,
    ),
    oracle(
        check.first_only,
        lambda w, v, _bias, _old, x: first_slope(w, v, x),
        {
            "the pass began at the first layer's output: the second, frozen, still multiplies": (
                lambda w, _v, _bias, _old, x: first_slope(w, 1, x)
            ),
            "that is the output: the gradient is in model[0].weight.grad": (
                lambda w, v, bias, _old, x: v * math.tanh(w * x) + bias
            ),
            "two backward passes, and a leaf adds what arrives": (
                lambda w, v, _bias, _old, x: 2 * first_slope(w, v, x)
            ),
            "frozen after the pass, not before it: "
            "a hook adds 1 where the pass finds it unfrozen": spoilt,
        },
        draw=two_layers,
    ),
    oracle(
        check.sure,
        answered(kept_if_sure),
        {
            "nothing was set to 0": answered(lambda p: p),
            "the sure ones were set to 0: < 0.5, not >": answered(lambda p: p if p <= 0.5 else 0.0),
            "0.5 itself stays: at least 0.5 is shown": answered(lambda p: p if p > 0.5 else 0.0),
            "only what is below 0.5 changes; the others keep their value": answered(
                lambda p: float(p >= 0.5)
            ),
            "p is written over, unnoticed: .data and numpy() share its memory, uncounted": (
                written_over
            ),
        },
        draw=logits,
    ),
]
