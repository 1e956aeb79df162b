"""The checks of assignment 05: how do you turn the record off?"""

from collections.abc import Callable

import torch
from plainjudge.answers import agree

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import family
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.plain import plain
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_tensor, _sigmoid, _sum, _constant = torch.tensor, torch.sigmoid, torch.sum, torch.nn.init.constant_
_Sequential, _Linear, _Flatten = torch.nn.Sequential, torch.nn.Linear, torch.nn.Flatten
_BatchNorm, _Dropout, _Tanh = torch.nn.BatchNorm1d, torch.nn.Dropout, torch.nn.Tanh
_Tensor, _register_hook = torch.Tensor, torch.Tensor.register_hook
_register_forward_hook = torch.nn.Module.register_forward_hook


def _require_untracked(value, likely):
    """Raises Misfit if a value, or a part of it, is a tensor with a record."""
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, _Tensor) and part.requires_grad for part in parts):
        raise Misfit("a tracked tensor", "the same without a record", likely)


reaches = check_value("5.1", "reaches")

one_held = check_value("5.2", "one_held")


@family
def batch_norm(weight: float, centre: float, variance: float) -> Callable[[], torch.nn.Module]:
    """BatchNorm with these statistics, behind a layer with this weight"""

    def model() -> torch.nn.Module:
        layers = _behind_a_layer(weight, _BatchNorm(1))
        _constant(layers[1].running_mean, centre)
        _constant(layers[1].running_var, variance)
        return layers

    model.__doc__ = "BatchNorm"
    return model


@family
def dropout(weight: float) -> Callable[[], torch.nn.Module]:
    """Dropout that drops all, behind a layer with this weight"""

    def model() -> torch.nn.Module:
        return _behind_a_layer(weight, _Dropout(1.0))

    model.__doc__ = "Dropout(1.0)"
    return model


def _behind_a_layer(weight, last):
    layers = _Sequential(_Linear(1, 1, bias=False), last, _Flatten(0))
    _constant(layers[0].weight, weight)
    return layers


#: What is asked of the model of exercise 5.3.
OUTPUTS, AFTERWARDS = "evaluate(model, x)", "model(x) after evaluate(model, x)"


def _evaluated(answer, asked, make, values):
    """What the answer returns for a model in train mode, or what the model gives afterwards."""
    model, x = make(), _tensor([[value] for value in values])
    recorded = []
    # Whoever calls the layers one by one, or a copy of the model, comes here too.
    _register_forward_hook(model[0], lambda _layer, _x, y: recorded.append(y.requires_grad))
    value = answer(model, x)
    likely = "eval() changes what BatchNorm and Dropout compute; it does not stop the record"
    _require_untracked(value, likely)
    if any(recorded):
        likely = "detach(), item() and float() drop a record that was made: call it under no_grad()"
        raise Misfit("a record while the model computed", "none, from the start", likely)
    return model(x) if asked == AFTERWARDS else value


evaluate = check_function(
    "5.3",
    "evaluate",
    cases=[
        (OUTPUTS, batch_norm(2.5, 1.5, 4.0), [0.7, 1.9, 3.2]),
        (OUTPUTS, dropout(2.5), [-1.3, 0.4]),
        (AFTERWARDS, batch_norm(2.5, 1.5, 4.0), [-1.3, 0.4]),
        (AFTERWARDS, dropout(2.5), [0.7, 1.9, 3.2]),
    ],
    evaluate=_evaluated,
    template="{0} for a model with {1}, x = {2}",
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
    cases=[(1.7, 1.3), (0.6, -1.4)],
    evaluate=_head,
    template="[loss, w.grad] of head_loss at w = {}, x = {}",
)

#: What the first layer's gradient is off by where the second is not frozen as the pass arrives.
SPOILT = 1.0


def _two_layers(w, v, bias, old):
    """Two layers with these weights, of which the second has an old gradient."""
    model = _Sequential(_Linear(1, 1, bias=False), _Tanh(), _Linear(1, 1))
    for parameter, value in zip(model.parameters(), (w, v, bias), strict=True):
        _constant(parameter, value)
    second = list(model[2].parameters())
    for parameter in second:
        parameter.grad = _tensor(old).expand_as(parameter).clone()
    # A pass comes here last. What is frozen by then was frozen before it.
    _register_hook(
        model[0].weight,
        lambda gradient: gradient + SPOILT * any(one.requires_grad for one in second),
    )
    return model


def _frozen_second(answer, w, v, bias, old, x):
    """What the answer returns for two layers, of which the second must be frozen afterwards,
    without a gradient.
    """
    model = _two_layers(w, v, bias, old)
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
        _require_frozen(name, parameter, old)
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


def _require_frozen(name, parameter, old):
    """Raises Misfit unless a parameter of the second layer is frozen and has no gradient."""
    if parameter.grad is not None:
        _refuse_gradient(name, _sum(parameter.grad), old)
    if parameter.requires_grad:
        raise Misfit(
            f"a {name} of the second layer that requires grad",
            "requires_grad False",
            "its gradient is thrown away, but it is not frozen: the next pass brings a new one",
        )


def _refuse_gradient(name, gradient, old):
    """Raises Misfit: the gradient is the old one, or 0 in its place, or one of this pass."""
    if agree(plain(gradient), old) or agree(plain(gradient), 0):
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
    cases=[(0.6, 2.5, 0.4, 0.35, 1.3), (-0.3, 1.7, 0.4, 0.35, 0.8)],
    evaluate=_frozen_second,
    template="first_only(model, x) for the weights {0} and {1}, x = {4}",
)

#: What is asked of the sigmoid of a leaf in exercise 5.6.
KEPT = "sure(p) before p.sum().backward()"
GRADIENT = "x.grad after sure(p) and p.sum().backward()"


def _then_backward(answer, asked, values):
    """What the answer returns for the sigmoid of a leaf, or the gradient that then arrives at the
    leaf.
    """
    x = leaf(values)
    p = _sigmoid(x)
    loss = _sum(p)
    value = answer(p)
    likely = "a clone() alone is recorded, and so is a write into p: detach() as well"
    _require_untracked(value, likely)
    if asked == KEPT:
        return value
    loss.backward()
    return x.grad


sure = check_function(
    "5.6",
    "sure",
    cases=[
        (KEPT, [1.4, -0.7, 0.3]),
        (KEPT, [-1.1, 2.2, 0.0]),
        (GRADIENT, [1.4, -0.7, 0.3]),
        (GRADIENT, [-1.1, 2.2, 0.0]),
    ],
    evaluate=_then_backward,
    template="{0}, x = {1}",
)
