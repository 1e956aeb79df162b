"""The checks of assignment 05: how do you turn the record off?"""

import math

import torch

from autograd_seen.checks.answers import agree
from autograd_seen.checks.arithmetic import mean, sigmoid
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.report import written
from autograd_seen.checks.verdicts import Misfit

_tensor, _sigmoid, _sum, _constant = torch.tensor, torch.sigmoid, torch.sum, torch.nn.init.constant_
_Sequential, _Linear, _Tanh = torch.nn.Sequential, torch.nn.Linear, torch.nn.Tanh
_register_hook = torch.Tensor.register_hook
_BatchNorm, _Flatten, _Tensor = torch.nn.BatchNorm1d, torch.nn.Flatten, torch.Tensor

reaches = check_value(
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

one_held = check_value(
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


def _normalised(values, centre, variance):
    return [(WEIGHT * value - centre) / math.sqrt(variance + EPS) for value in values]


def _right(values):
    return _normalised(values, MEAN, VARIANCE)


def _by_the_batch(values):
    """What BatchNorm gives in train mode: it takes the statistics of this batch."""
    centre = WEIGHT * mean(values)
    variance = mean([(WEIGHT * value - centre) ** 2 for value in values])
    return _normalised(values, centre, variance)


def _evaluated(answer, values):
    """What the answer returns for a model in train mode, which must be in it afterwards."""
    model = _Sequential(_Linear(1, 1, bias=False), _BatchNorm(1), _Flatten(0))
    _constant(model[0].weight, WEIGHT)
    _constant(model[1].running_mean, MEAN)
    _constant(model[1].running_var, VARIANCE)
    value = answer(model, _tensor([[value] for value in values]))
    if not isinstance(value, _Tensor):
        return value
    if value.requires_grad:
        likely = "eval() changes what BatchNorm and Dropout compute; it does not stop the record"
        raise Misfit("a tracked tensor", "the same without a record", likely)
    if not model[1].training and agree(value, _right(values)):
        raise Misfit(
            "a model in eval mode",
            "train mode, as it came",
            "no train() at the end: it would train like this",
        )
    return value


evaluate = check_function(
    "5.3",
    "evaluate",
    _right,
    {
        "train mode: BatchNorm took the statistics of this batch; "
        "no_grad() does not change that": _by_the_batch,
    },
    cases=[([0.7, 1.9, 3.2],), ([-1.3, 0.4],)],
    evaluate=_evaluated,
    template="evaluate(model, x) for a model with BatchNorm, x = {}",
)


def _head(answer, w, x):
    """The loss that the answer computes, and the gradient of w after a backward pass from it."""
    w, x = leaf(w), leaf(x)
    loss = attached(answer(w, x))
    loss.backward()
    if x.grad is not None:
        raise Misfit(
            "a gradient in x.grad",
            "None there",
            "h was computed again, with a record: use the one you have",
        )
    return [_sum(loss), arrived(w, "w", "loss", likely="w was cut off: cut h off, and only h")]


head_loss = check_function(
    "5.4",
    "head_loss",
    lambda w, x: [(w * x**3 - 2) ** 2, 2 * (w * x**3 - 2) * x**3],
    {
        "the square is missing": lambda w, x: [w * x**3 - 2, x**3],
        "h was left out: the loss is (wh − 2)²": lambda w, _: [(w - 2) ** 2, 2 * (w - 2)],
        "x stands where h should: the loss is (wh − 2)²": lambda w, x: [
            (w * x - 2) ** 2,
            2 * (w * x - 2) * x,
        ],
        "backward() inside the function: a leaf adds what arrives": lambda w, x: [
            (w * x**3 - 2) ** 2,
            4 * (w * x**3 - 2) * x**3,
        ],
    },
    cases=[(1.7, 1.3), (0.6, -1.4)],
    evaluate=_head,
    template="[loss, w.grad] of head_loss at w = {}, x = {}",
)

#: The second layer of exercise 5.5: its bias, and what its parameters have in .grad before the
#: exercise begins, from an earlier step.
BIAS, OLD = 0.4, 0.35
#: What the first layer's gradient is off by where the second is not frozen as the pass arrives.
SPOILT = 1.0


def _slope(w, v, x):
    return v * (1 - math.tanh(w * x) ** 2) * x


def _two_layers(w, v):
    """Two layers with these weights, of which the second has an old gradient."""
    model = _Sequential(_Linear(1, 1, bias=False), _Tanh(), _Linear(1, 1))
    for parameter, value in zip(model.parameters(), (w, v, BIAS), strict=True):
        _constant(parameter, value)
    second = list(model[2].parameters())
    for parameter in second:
        parameter.grad = _tensor(OLD).expand_as(parameter).clone()
    # A pass comes here last. What is frozen by then was frozen before it.
    _register_hook(
        model[0].weight,
        lambda gradient: gradient + SPOILT * any(one.requires_grad for one in second),
    )
    return model


def _frozen_second(answer, w, v, x):
    """What the answer returns for two layers, of which the second must be frozen afterwards,
    without a gradient.
    """
    model = _two_layers(w, v)
    try:
        value = answer(model, _tensor([x]))
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        raise _nothing_recorded(model) from None
    if value is ...:
        return value
    if not model[0].weight.requires_grad:
        raise Misfit(
            "a frozen first layer",
            "a first layer that learns",
            "model[0] is the first layer, model[2] the second",
        )
    for name, parameter in model[2].named_parameters():
        _require_frozen(name, parameter)
    return value


def _nothing_recorded(model):
    """What to say of a backward pass that found no record."""
    if model[0].weight.requires_grad:
        likely = (
            "the record is cut behind the first layer, by no_grad() or detach(): "
            "freeze weights instead"
        )
    else:
        likely = "all is frozen, the first layer too: freeze model[2]"
    wanted = "one that reaches the first layer"
    return Misfit("a backward pass that finds no record", wanted, likely)


def _require_frozen(name, parameter):
    """Raises Misfit unless a parameter of the second layer is frozen and has no gradient."""
    if parameter.grad is not None:
        _refuse_gradient(name, _sum(parameter.grad))
    if parameter.requires_grad:
        raise Misfit(
            f"a {name} of the second layer that requires grad",
            "requires_grad False",
            "its gradient is thrown away, but it is not frozen: the next pass brings a new one",
        )


def _refuse_gradient(name, gradient):
    """Raises Misfit: the gradient is the old one, or 0 in its place, or one of this pass."""
    if agree(gradient, OLD) or agree(gradient, 0):
        raise Misfit(
            f"{written(gradient)} in the .grad of the second layer's {name}",
            "None there",
            "its old gradient: an optimiser still uses it, so set it to None",
        )
    raise Misfit(
        f"a new gradient in the second layer's {name}",
        "None there",
        "not frozen before the pass; eval() freezes nothing, and a layer has a weight and a bias",
    )


first_only = check_function(
    "5.5",
    "first_only",
    _slope,
    {
        "the pass began at the first layer's output: the second, frozen, still multiplies": (
            lambda w, _, x: _slope(w, 1, x)
        ),
        "that is the output: the gradient is in model[0].weight.grad": (
            lambda w, v, x: v * math.tanh(w * x) + BIAS
        ),
        "two backward passes, and a leaf adds what arrives": lambda w, v, x: 2 * _slope(w, v, x),
        "frozen after the pass, not before it: a hook adds 1 where the pass finds it unfrozen": (
            lambda w, v, x: _slope(w, v, x) + SPOILT
        ),
    },
    cases=[(0.6, 2.5, 1.3), (-0.3, 1.7, 0.8)],
    evaluate=_frozen_second,
    template="first_only(model, x) for the weights {} and {}, x = {}",
)


def _probabilities(values):
    return [sigmoid(value) for value in values]


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
        raise Misfit("a tracked tensor", "the same without a record", likely)
    loss.backward()
    slopes = [p * (1 - p) for p in _probabilities(values)]
    if not agree(x.grad, slopes):
        likely = "p is written over, unnoticed: .data and numpy() share its memory, uncounted"
        raise Misfit(f"x.grad {written(x.grad)}", f"x.grad {written(slopes)}", likely)
    return value


sure = check_function(
    "5.6",
    "sure",
    lambda values: [p if p >= 0.5 else 0.0 for p in _probabilities(values)],
    {
        "nothing was set to 0": _probabilities,
        "the sure ones were set to 0: < 0.5, not >": lambda values: [
            p if p < 0.5 else 0.0 for p in _probabilities(values)
        ],
        "only what is below 0.5 changes; the others keep their value": lambda values: [
            float(p >= 0.5) for p in _probabilities(values)
        ],
    },
    cases=[([1.4, -0.7, 0.3],), ([-1.1, 2.2],)],
    evaluate=_then_backward,
    template="sure(p), then backward(), x = {}",
)
