"""The checks of assignment 05: how do you turn the record off?"""

import math

import torch

from autograd_seen.checks.engine import Fault, agree, attached, leaf, predict, program, written

_tensor, _sigmoid, _sum, _constant = torch.tensor, torch.sigmoid, torch.sum, torch.nn.init.constant_
_Sequential, _Linear, _Tanh = torch.nn.Sequential, torch.nn.Linear, torch.nn.Tanh
_BatchNorm, _Flatten, _Tensor = torch.nn.BatchNorm1d, torch.nn.Flatten, torch.Tensor

reaches = predict(
    "5.1",
    "reaches",
    {"x": True, "w": False, "v": True, "k": False},
    {
        "w: its only path to z ends at detach(), so it is not even drawn": {"w": True},
        "x: one path is cut, another leads through u": {"x": False},
        "v: it multiplies a constant, and its own path to z is whole": {"v": False},
        "k: its outline is dashed: it was frozen before anything was computed": {"k": True},
    },
)

one_held = predict(
    "5.2",
    "one_held",
    12.5,
    {
        "the detached factor was counted as moving: for this record it is the number 2.5": 18.75,
        "the other factor is the detached one: x² moves": 6.25,
        "a held factor gets no gradient, but it still multiplies": 5.0,
        "detach() cuts one path; the other, through x², is left": 0.0,
        "15.625 is the value of z, not its slope": 15.625,
    },
)

#: The model of exercise 5.3: a weight, then a BatchNorm with these statistics and eps as it is by
#: default.
WEIGHT, MEAN, VARIANCE, EPS = 2.5, 1.5, 4.0, 1e-5


def _normalised(values, mean, variance):
    return [(WEIGHT * value - mean) / math.sqrt(variance + EPS) for value in values]


def _by_the_batch(values):
    """What BatchNorm gives in train mode: it takes the statistics of this batch."""
    mean = WEIGHT * sum(values) / len(values)
    return _normalised(
        values, mean, sum((WEIGHT * value - mean) ** 2 for value in values) / len(values)
    )


def _evaluated(answer, values):
    """What the answer returns for a model in train mode, which must be in it afterwards."""
    model = _Sequential(_Linear(1, 1, bias=False), _BatchNorm(1), _Flatten(0))
    _constant(model[0].weight, WEIGHT)
    _constant(model[1].running_mean, MEAN)
    _constant(model[1].running_var, VARIANCE)
    value = answer(model, _tensor([[value] for value in values]))
    if isinstance(value, _Tensor) and value.requires_grad:
        likely = "eval() changes what BatchNorm and Dropout compute; it does not stop the record"
        raise Fault("a tracked tensor", "the same without a record", likely)
    if (
        isinstance(value, _Tensor)
        and agree(value, _normalised(values, MEAN, VARIANCE))
        and not model[1].training
    ):
        raise Fault(
            "a model in eval mode",
            "train mode, as it came",
            "no train() at the end: it would train like this",
        )
    return value


evaluate = program(
    "5.3",
    "evaluate",
    lambda values: _normalised(values, MEAN, VARIANCE),
    {
        "train mode: BatchNorm took the statistics of this batch; no_grad() does not change that": _by_the_batch,
    },
    at=[([0.7, 1.9, 3.2],), ([-1.3, 0.4],)],
    ask=_evaluated,
    shown="evaluate(model, x) for a model with BatchNorm, x = {}",
)


def _head(answer, w, x):
    """The loss that the answer computes, and the gradient of w after a backward pass from it."""
    w, x = leaf(w), leaf(x)
    loss = attached(answer(w, x))
    loss.backward()
    if x.grad is not None:
        raise Fault(
            "a gradient in x.grad",
            "None there",
            "h was computed again, with a record: use the one you have",
        )
    if w.grad is None:
        raise Fault(
            "None in w.grad after loss.backward()",
            "a number",
            "w was cut off: cut h off, and only h",
        )
    return [_sum(loss), w.grad]


head_loss = program(
    "5.4",
    "head_loss",
    lambda w, x: [(w * x**3 - 2) ** 2, 2 * (w * x**3 - 2) * x**3],
    {
        "the square is missing": lambda w, x: [w * x**3 - 2, x**3],
        "h was left out: the loss is (wh − 2)²": lambda w, x: [(w - 2) ** 2, 2 * (w - 2)],
        "x stands where h should: the loss is (wh − 2)²": lambda w, x: [
            (w * x - 2) ** 2,
            2 * (w * x - 2) * x,
        ],
        "backward() inside the function: a leaf adds what arrives": lambda w, x: [
            (w * x**3 - 2) ** 2,
            4 * (w * x**3 - 2) * x**3,
        ],
    },
    at=[(1.7, 1.3), (0.6, -1.4)],
    ask=_head,
    shown="[loss, w.grad] of head_loss at w = {}, x = {}",
)

#: What the second layer's parameters have in .grad, from an earlier step, before exercise 5.5
#: begins.
OLD = 0.35


def _slope(w, v, x):
    return v * (1 - math.tanh(w * x) ** 2) * x


def _frozen_second(answer, w, v, x):
    """What the answer returns for two layers, of which the second must be frozen afterwards,
    without a gradient.
    """
    model = _Sequential(_Linear(1, 1, bias=False), _Tanh(), _Linear(1, 1))
    for parameter, value in zip(model.parameters(), (w, v, 0.4), strict=True):
        _constant(parameter, value)
    for parameter in model[2].parameters():
        parameter.grad = _tensor(OLD).expand_as(parameter).clone()
    try:
        value = answer(model, _tensor([x]))
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        cut = "the record is cut behind the first layer, by no_grad() or detach(): freeze weights instead"
        likely = (
            cut
            if model[0].weight.requires_grad
            else "all is frozen, the first layer too: freeze model[2]"
        )
        raise Fault(
            "a backward pass that finds no record", "one that reaches the first layer", likely
        ) from None
    if value is ...:
        return value
    if not model[0].weight.requires_grad:
        raise Fault(
            "a frozen first layer",
            "a first layer that learns",
            "model[0] is the first layer, model[2] the second",
        )
    for name, parameter in model[2].named_parameters():
        if parameter.grad is not None and not any(
            agree(_sum(parameter.grad), old) for old in (OLD, 0)
        ):
            likely = "not frozen before the pass; eval() freezes nothing, and a layer has a weight and a bias"
            raise Fault(f"a new gradient in the second layer's {name}", "None there", likely)
        if parameter.grad is not None:
            likely = "its old gradient: an optimiser still uses it, so set it to None"
            got = f"{written(_sum(parameter.grad))} in the .grad of the second layer's {name}"
            raise Fault(got, "None there", likely)
        if parameter.requires_grad:
            likely = (
                "its gradient is thrown away, but it is not frozen: the next pass brings a new one"
            )
            raise Fault(f"a marked {name} in the second layer", "requires_grad False", likely)
    return value


first_only = program(
    "5.5",
    "first_only",
    _slope,
    {
        "the pass began at the first layer's output: the second, frozen, still multiplies": lambda w, v, x: (
            (1 - math.tanh(w * x) ** 2) * x
        ),
        "that is the output: the gradient is in model[0].weight.grad": lambda w, v, x: (
            v * math.tanh(w * x) + 0.4
        ),
        "two backward passes, and a leaf adds what arrives": lambda w, v, x: 2 * _slope(w, v, x),
    },
    at=[(0.6, 2.5, 1.3), (-0.3, 1.7, 0.8)],
    ask=_frozen_second,
    shown="first_only(model, x) for the weights {} and {}, x = {}",
)


def _logistic(values):
    return [1 / (1 + math.exp(-value)) for value in values]


def _then_backward(answer, values):
    """What the answer returns for the sigmoid of a leaf, if the gradient of that leaf stays
    right.
    """
    x = leaf(values)
    p = _sigmoid(x)
    loss = _sum(p)
    value = answer(p)
    if value is ...:
        return value
    if isinstance(value, _Tensor) and value.requires_grad:
        likely = "a clone() alone is recorded, and so is a write into p: detach() as well"
        raise Fault("a tracked tensor", "the same without a record", likely)
    loss.backward()
    slopes = [p * (1 - p) for p in _logistic(values)]
    if not agree(x.grad, slopes):
        likely = "p is written over, unnoticed: .data and numpy() share its memory, uncounted"
        raise Fault(f"x.grad {written(x.grad)}", f"x.grad {written(slopes)}", likely)
    return value


sure = program(
    "5.6",
    "sure",
    lambda values: [p if p >= 0.5 else 0.0 for p in _logistic(values)],
    {
        "nothing was set to 0": _logistic,
        "the sure ones were set to 0: < 0.5, not >": lambda values: [
            p if p < 0.5 else 0.0 for p in _logistic(values)
        ],
        "only what is below 0.5 changes; the others keep their value": lambda values: [
            float(p >= 0.5) for p in _logistic(values)
        ],
    },
    at=[([1.4, -0.7, 0.3],), ([-1.1, 2.2],)],
    ask=_then_backward,
    shown="sure(p), then backward(), x = {}",
)
