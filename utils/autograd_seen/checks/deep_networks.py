"""The checks of assignment 16: what becomes of a gradient in twenty layers, what does it cost?"""

import sys

import torch
from torch.nn.utils import clip_grad
from torch.overrides import TorchFunctionMode

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Doubted, Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor = torch.Tensor, torch.tensor
_Linear, _no_grad, _zero_ = torch.nn.Linear, torch.no_grad, torch.Tensor.zero_
_tolist, _flatten = torch.Tensor.tolist, torch.Tensor.flatten

fading = check_value("16.1", "fading")

DRAWN = "measured on weights that were drawn: work it out from how many inputs there are"


def _std(answer, inputs, outputs, slope):
    """What the answer returns for a layer whose weights are all 0 by now."""
    layer = _Linear(inputs, outputs)
    with _no_grad():
        _zero_(layer.weight)
    first, second = answer(layer, slope), answer(layer, slope)
    if repr(first) != repr(second) or any(_tolist(_flatten(layer.weight))):
        raise Misfit(f"{written(first)}, and at the next call {written(second)}", "", DRAWN)
    return first


he_std = check_function(
    "16.2",
    "he_std",
    cases=[(320, 80, 0.0), (60, 200, 0.3), (45, 30, 0.2)],
    evaluate=_std,
    template="he_std(nn.Linear({}, {}), {})",
    hints={"'Linear' object has no attribute": "the number of inputs is layer.in_features"},
)

predicted = check_value("16.3", "predicted")

#: What is asked of the clipping of exercise 16.4.
RETURNED = "clip_norm(p, {:g})"
GRADS = ".grad after clip_norm(p, {:g})"
LATER = ".grad after a next clip_norm(p, {:g}), of halves"
#: Each number that a parameter of exercise 16.4 holds.
HELD = 0.5

BY_HAND = "here the clipping is yours to write, without PyTorch's clip_grad_…"
MOVED = "the parameters themselves were changed: clip their .grad"
SHAPES = "the parameters have different shapes: square and sum each by itself"
NO_GRAD = "a parameter without a gradient has .grad None: leave it out"


class _WithoutClipGrad(TorchFunctionMode):
    """Refuses what is computed on behalf of torch.nn.utils.clip_grad_…"""

    def __init__(self):
        super().__init__()
        self.refused = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.go_on()
        frame = sys._getframe(1)
        while frame and not self.refused:
            self.refused = frame.f_code.co_filename == clip_grad.__file__
            frame = frame.f_back
        self.go_on()
        return func(*args, **(kwargs or {}))

    def go_on(self):
        """Raises what has been refused. An answer that catches it gets it again."""
        if self.refused:
            raise Misfit("a function of torch.nn.utils.clip_grad was called", "", BY_HAND)


def _numbers(tensors):
    return [number for one in tensors if one is not None for number in _tolist(_flatten(one))]


def _require_only_grads_changed(parameters, grads):
    """Raises Misfit where parameters were changed, or a .grad stands where there was none."""
    if any(number != HELD for number in _numbers(parameters)):
        raise Misfit(f"p = {written(parameters[0])} afterwards", "p as it was", MOVED)
    filled = (one.grad for one, grad in zip(parameters, grads, strict=True) if grad is None)
    if any(grad is not None for grad in filled):
        raise Misfit("a .grad where there was none", "None, as it was", NO_GRAD)


def _clipped(answer, asked, grads, limit):
    """What the answer returns, or all numbers that stand in the .grad of parameters after it."""
    parameters = [leaf([HELD] * len(grad or [0])) for grad in grads]
    for share in (1, 0.5) if asked == LATER else (1,):
        for one, grad in zip(parameters, grads, strict=True):
            one.grad = None if grad is None else _tensor([share * number for number in grad])
        with _WithoutClipGrad() as mode:
            value = answer(list(parameters), limit)
        mode.go_on()
        if is_untouched(value):
            return value
    _require_only_grads_changed(parameters, grads)
    if asked == RETURNED and value is None:
        raise Misfit("None", "a number", "no `return`: give back the length from before")
    if asked == RETURNED:
        return value
    return _numbers(one.grad for one in parameters)


clip_norm = check_function(
    "16.4",
    "clip_norm",
    cases=[
        (RETURNED, [[3.0, -4.0, 12.0]], 2.0),
        (GRADS, [[3.0, -4.0, 12.0]], 2.0),
        (RETURNED, [[1.2, -2.5], None, [3.1]], 1.5),
        (GRADS, [[1.2, -2.5], None, [3.1]], 1.5),
        (GRADS, [[0.3, -0.2], [0.4]], 5.0),
        (LATER, [[1.2, -2.5], [0.4, 3.1, -0.7]], 3.0),
    ],
    evaluate=_clipped,
    template=lambda asked, grads, limit: (
        f"{asked.format(limit)}, .grad {', '.join(map(str, grads))}".replace("-", "−")
    ),
    hints={
        "'NoneType'": NO_GRAD,
        "not NoneType": NO_GRAD,
        "got None": NO_GRAD,
        "must match the size": SHAPES,
        "expects each tensor to be equal size": (SHAPES),
        "Boolean value of Tensor": "ask whether p.grad is not None: a tensor is no yes or no",
        "zero-dimensional tensor": "one number each: torch.stack joins them, torch.cat does not",
        "leaf Variable that requires grad": MOVED,
    },
)

#: What is asked of the forecasts of exercise 16.5.
LOSS = "cut_every({1:g}, {2:g}, x, {4})"
SLOPES = f"[a.grad, b.grad] of {LOSS}"
CUT_OFF = "detached, or its state begins anew, so that neither a nor b plays a part"
WITH_A_PASS = "the backward pass is made by the check: return the loss, with its graph"


def _forecast(answer, asked, a, b, x, k):
    """What the answer returns for leaves, or what a backward pass brings to them."""
    a, b = leaf(a), leaf(b)
    value = answer(a, b, _tensor(x), k)
    if value is None:
        return value
    if isinstance(value, _Tensor) and value.grad_fn is None:
        raise Misfit(f"{written(value)}, without grad_fn", "a tensor with its graph", CUT_OFF)
    attached(value)
    if a.grad is not None or b.grad is not None:
        raise Misfit("a gradient in a or b before loss.backward()", "none", WITH_A_PASS)
    if asked == LOSS:
        return value
    value.backward()
    return [arrived(a, "a", "the loss"), arrived(b, "b", "the loss")]


cut_every = check_function(
    "16.5",
    "cut_every",
    cases=[
        (asked, *case)
        for case in [
            (0.4, 0.2, [2.0, 3.5, 1.0, 4.0, 2.5], 2),
            (0.7, 0.3, [1.2, -0.6, 2.9, 2.1, -1.4, 0.3, 1.7], 3),
            (0.3, 0.1, [-1.5, 2.2, 0.4, 3.1, 1.6, -0.8, 2.4, 1.1], 2),
        ]
        for asked in (LOSS, SLOPES)
    ],
    evaluate=_forecast,
    template=lambda asked, *case: f"{asked.format(asked, *case)}, x = {case[2]}".replace("-", "−"),
    hints={
        "a second time": WITH_A_PASS,
        "'float' object has no attribute 'detach'": (
            "the trend begins as a number: begin with torch.zeros(()), or cut tensors alone"
        ),
        "'int' object has no attribute 'detach'": (
            "the trend begins as a number: begin with torch.zeros(()), or cut tensors alone"
        ),
    },
)

#: What is asked of the critic's step of exercise 16.6.
STEP = "C after critic_step"
AGAIN = "C after two calls of critic_step"
WAITING = "G.grad (it was −0.75) after two critic_step"
LOSS_OF_STEP = "critic_step"
WAITS = -0.75

CUT_FROM_C = "nothing was recorded: detach the fakes alone, and the loss after its backward pass"
NO_GRAD_IN_C = "C.grad is None: the loss was cut off from C, or C.grad was cleared before the step"
CLEARED = "G.grad was cleared, with what was waiting there"
KEPT_GRAPH = "its graph is kept for as long as the sum is: take the number, loss.item()"
G_WAS_LEFT = "G learns in the step after this one: leave G as it came in"


def _stepped(answer, asked, G, C, z, real, lr):
    """What becomes of a critic C, or of what is waiting at a generator G, or what is returned."""
    G, C, z, real = leaf(G), leaf(C), _tensor(z), _tensor(real)
    start = G.item()
    G.grad = _tensor(WAITS) if asked == WAITING else None
    for _ in range(2 if asked in (AGAIN, WAITING) else 1):
        value = answer(G, C, z, real, lr)
        if is_untouched(value):
            return value
    if G.item() != start or not G.requires_grad:
        got = f"G = {G.item():g}, which requires {'' if G.requires_grad else 'no '}grad, afterwards"
        raise Misfit(got, f"G = {start:g}, which requires grad", G_WAS_LEFT)
    if asked in (STEP, AGAIN):
        return C
    if asked == WAITING and G.grad is None:
        raise Misfit("None in G.grad after the step", f"{WAITS}".replace("-", "−"), CLEARED)
    if asked == WAITING:
        return G.grad
    if isinstance(value, _Tensor) and value.requires_grad:
        return Doubted(value, Misfit("a tensor with its graph", "a number", KEPT_GRAPH))
    return value


critic_step = check_function(
    "16.6",
    "critic_step",
    cases=[
        (asked, *case)
        for case in [
            (0.5, 2.0, [3.0, -1.0], [1.5, 0.8], 0.1),
            (-0.8, 1.3, [0.7, 2.2, -1.6], [2.1, 1.4, -0.4], 0.05),
        ]
        for asked in (STEP, WAITING, LOSS_OF_STEP, AGAIN)
    ],
    evaluate=_stepped,
    template=lambda asked, G, C, z, real, lr: f"{asked}({G:g}, {C:g}, {z}, {real}, {lr:g})".replace(
        "-", "−"
    ),
    hints={
        "a second time": "the graph of one backward pass is gone: compute the scores anew",
        "does not require grad": CUT_FROM_C,
        "'NoneType'": NO_GRAD_IN_C,
    },
)
