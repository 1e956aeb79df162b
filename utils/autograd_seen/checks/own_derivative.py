"""The checks of assignment 13: how do you give PyTorch a derivative of your own?"""

import torch

from autograd_seen.checks.by_hand import backward_by_hand, forward_by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.report import written_in_case
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _float64, _sum = torch.Tensor, torch.tensor, torch.float64, torch.sum
_NO_BACKWARD = torch.autograd.Function.backward
_mul_, _detach, _tolist = _Tensor.mul_, _Tensor.detach, _Tensor.tolist

BY_HAND = "here you write the backward pass: a formula of g and of what was saved"

#: What PyTorch says of what a backward() returns.
RETURNED = {
    "incorrect number of gradients": "return one gradient for each argument of forward, as a tuple",
    "different than None": "a plain number such as n gets no gradient: return None in its place",
    "expected Variable or None": "a gradient is a tensor; where there is none, return None",
    "must implement either the backward": "a Function needs a backward, with @staticmethod above",
    "not enough values to unpack": "fewer tensors were saved than are asked for",
    "too many values to unpack": "more tensors were saved than are asked for",
    "has no attribute 'saved_tensor'": "what was saved is in ctx.saved_tensors, with an s",
    "Backward' object has no attribute": (
        "ctx has only what forward put there; a tensor that was saved is in ctx.saved_tensors"
    ),
    "'tuple' object is not callable": "no brackets: ctx.saved_tensors is an attribute",
    "backward() missing": "backward gets ctx and a g for each result of forward: here one",
    "an invalid gradient at index": "a gradient has the shape of its argument: sum nothing up",
}

flows = check_value("13.1", "flows")

slopes = check_value("13.2", "slopes")


def _forward(answer, *given):
    """What the answer, a Function or its apply, returns for leaves."""
    value = forward_by_hand(getattr(answer, "apply", answer), *given, likely=BY_HAND)
    if value is None:
        backward = getattr(getattr(answer, "__self__", answer), "backward", None)
        if backward is _NO_BACKWARD or is_untouched(backward):
            raise NotImplementedError
        raise Misfit("None", "a tensor with its graph", "forward has no `return`")
    return attached(value)


def _pass(value, arriving, **leaves):
    """A backward pass through a student's Function, which must write into no tensor of others."""
    g = _tensor(arriving, dtype=_float64)
    names = {"g": g, **leaves}
    before = {name: _tolist(tensor) for name, tensor in names.items()}
    backward_by_hand(value, g, likely=BY_HAND)
    for name, tensor in names.items():
        if _tolist(tensor) != before[name]:
            likely = "backward wrote into a tensor that others use as well: make a new one"
            raise Misfit(f"{name} = {written(tensor)} afterwards", f"{name} as it was", likely)


def _power(answer, x, n, arriving):
    """What comes back to a leaf x."""
    x = leaf(x, _float64)
    _pass(_forward(answer, x, n), arriving, x=x)
    return arrived(x, "x", "Power.apply(x, n)", "backward returned None for x")


Power = check_function(
    "13.3",
    "Power",
    cases=[(1.5, 3, 4.0), ([0.7, -1.8], -2, [-3.0, 5.0]), ([2.2, -0.7, 1.3], 4, [1.0, 10.0, -0.3])],
    evaluate=_power,
    template=lambda *case: (
        "x.grad, where {2} arrives at Power.apply({0}, {1}),".format(*map(written_in_case, case))
    ).replace("-", "−"),
    hints=RETURNED,
)

#: What is asked of the Function of exercise 13.4.
RESULT = "Hypot.apply({1}, {2})"
SENT = f"[a.grad, b.grad], where {{3}} arrives at {RESULT},"
SILENT = "whether a pass from r = Hypot.apply(a, b) sends other numbers after {4} *= 10"


def _passed(answer, a, b, arriving, written_over=""):
    """What comes back to two leaves, of which one, or the result, may be written over before."""
    names = {"a": leaf(a, _float64), "b": leaf(b, _float64)}
    names["r"] = value = _forward(answer, names["a"], names["b"])
    if written_over:
        _mul_(_detach(names[written_over]), 10)
    _pass(value, arriving, a=names["a"], b=names["b"])
    return [
        _tolist(
            arrived(names[name], name, "Hypot.apply(a, b)", f"backward returned None for {name}")
        )
        for name in "ab"
    ]


def _hypot(answer, asked, a, b, arriving, written_over):
    """What the answer returns, what comes back, or whether a write is overlooked."""
    if asked == RESULT:
        return _forward(answer, leaf(a, _float64), leaf(b, _float64))
    sent = _passed(answer, a, b, arriving)
    if asked == SENT:
        return sent
    try:
        return _passed(answer, a, b, arriving, written_over) != sent
    except Misfit:
        raise
    except Exception:  # PyTorch's, or one of the student's own: either way it is not silent
        return False


Hypot = check_function(
    "13.4",
    "Hypot",
    cases=[
        (RESULT, 1.2, 3.5, 2.0, ""),
        (SENT, 1.2, 3.5, 2.0, ""),
        (SENT, [0.8, -2.4], [-1.5, 0.7], [3.0, -0.5], ""),
        (SILENT, 1.2, 3.5, 2.0, "a"),
        (SILENT, 1.2, 3.5, 2.0, "b"),
        (SILENT, 1.2, 3.5, 2.0, "r"),
    ],
    evaluate=_hypot,
    template=lambda asked, *case: asked.format(asked, *map(written_in_case, case)).replace(
        "-", "−"
    ),
    hints=RETURNED,
)

#: What is asked of the loss of exercise 13.5.
COST = "cost(r, {2:g}, {3:g})"
SLOPES = "r.grad, from cost(r, {2:g}, {3:g}).backward(),"


def _cost(answer, asked, r, under, over):
    """What the answer returns for a leaf, or what a backward pass brings to it."""
    days, r = r, leaf(r)
    value = answer(r, under, over)
    if _tolist(r) != _tolist(leaf(days)):
        raise Misfit(f"r = {written(r)} afterwards", "r as it was", "cost wrote into r")
    if value is None:
        return value
    attached(value)
    if asked == COST:
        return value
    value.backward()
    return arrived(r, "r", "cost")


cost = check_function(
    "13.5",
    "cost",
    cases=[
        (COST, [-1.5, 0.4, 2.0], 0.8, 0.3),
        (SLOPES, [-1.5, 0.4, 2.0], 0.8, 0.3),
        (COST, [3.5, -0.6, -2.2, 1.3], 1.5, 4.0),
        (SLOPES, [3.5, -0.6, -2.2, 1.3], 1.5, 4.0),
    ],
    evaluate=_cost,
    template=lambda asked, r, under, over: (
        f"{asked.format(asked, r, under, over)} for r = {r}".replace("-", "−")
    ),
    hints={
        "only be used when": "r holds a number for each day: use torch.where or relu, not an if",
        "Boolean value of Tensor": (
            "r holds a number for each day: torch.where or torch.maximum, not an if or max(…)"
        ),
    },
)

#: What is asked of the hook of exercise 13.6.
BEHIND = "x.grad, with clip(h, {2:g}) and w = {1},"
BESIDE = "y.grad, of which clip(h, {2:g}) should change nothing, w = {1},"
ENDED = "x.grad after handle = clip(h, {2:g}), then handle.remove(), w = {1},"


def _clip(answer, asked, w, limit):
    """What a backward pass brings to x, behind h, or to y, which gets the same tensor as h."""
    x, y = leaf([0.5] * len(w), _float64), leaf([2.0] * len(w), _float64)
    # k before h: so the pass comes to h first, and to k with what a hook has made of the tensor.
    k = 2 * y
    h = 3 * x
    handle = answer(h, limit)
    if is_untouched(handle):
        return handle
    if isinstance(handle, _Tensor):
        likely = "that changes h on the way forward: a hook changes what arrives at h, later"
        raise Misfit(written(handle), "the handle of a hook", likely)
    if asked == ENDED:
        if not hasattr(handle, "remove"):
            likely = "return the handle, which register_hook returns"
            raise Misfit(written(handle), "a handle with remove()", likely)
        handle.remove()
    name, of = ("y", y) if asked == BESIDE else ("x", x)
    L = _sum((h + k) * _tensor(w, dtype=_float64))
    passes = []
    for _ in range(2):
        of.grad = None
        L.backward(retain_graph=True)
        passes.append(_tolist(arrived(of, name, "L")))
    if passes[0] != passes[1]:
        likely = "the hook is to stay, and do the same in each pass, until remove() is called"
        raise Misfit(f"{written(passes[1])} in {name}.grad by a second pass", "the same", likely)
    return passes[0]


clip = check_function(
    "13.6",
    "clip",
    cases=[
        (BEHIND, [0.7, 5.0, -4.0], 1.0),
        (BESIDE, [0.7, 5.0, -4.0], 1.0),
        (ENDED, [0.7, 5.0, -4.0], 1.0),
        (BEHIND, [-12.0, 0.3, 2.6, -1.1], 2.0),
    ],
    evaluate=_clip,
    template=lambda asked, w, limit: asked.format(asked, w, limit).replace("-", "−"),
    hints={
        "has no attribute 'clamp": (
            "no gradient has arrived yet: a hook is called as soon as one does"
        ),
        "has changed the size of value": "a hook returns a tensor of the shape that arrived",
        "has changed the type of value": "a hook returns a tensor of the dtype that arrived",
        "expected Variable": "a hook returns a tensor, not a number or a list",
        "Boolean value of Tensor": "g holds several numbers: g.clamp(…), not an if or max(…)",
    },
)
