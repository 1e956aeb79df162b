"""The checks of assignment 03: what does a neuron learn from being sure and wrong?"""

import math
from collections.abc import Callable

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.report import written_live
from autograd_seen.checks.verdicts import Misfit

_tensor, _sum = torch.tensor, torch.sum

#: From about this logit on exp(z) is inf in float32.
FAR = 88

reads = check_value("3.1", "reads")

mean_slope = check_value("3.2", "mean_slope")

arrives = check_value("3.3", "arrives")

factors = check_function(
    "3.4",
    "factors",
    cases=[(0.6, -0.2, 1.7, 0.25), (-0.9, 0.4, 1.3, 1.0)],
    evaluate=by_hand,
)


def _fit(answer: Callable, x: list, t: list, steps: int, lr: float) -> object:
    """The w and the b that the answer returns for two lists."""
    found = by_hand(answer, _tensor(x), _tensor(t), steps, lr)
    if isinstance(found, tuple | list) and any(
        getattr(part, "shape", ()) == (len(x),) for part in found
    ):
        likely = "each sample has its own w or b now: the mean of the gradients is missing"
        raise Misfit(f"{len(x)} numbers for w or for b", "one number for each", likely)
    return found


fit = check_function(
    "3.5",
    "fit",
    cases=[
        ([1.5, -0.4, 2.2, -1.7], [1.0, 0.0, 0.8, 0.3], 3, 0.4),
        ([0.8, -1.1, 0.3], [0.3, 0.9, 0.6], 5, 0.7),
    ],
    evaluate=_fit,
    template="fit(x, t, {2}, {3}) for x = {0} and t = {1}",
)


def _then_backward(answer: Callable, z: float, t: float) -> list:
    """The loss that the answer computes for a new leaf, and the gradient of the leaf after a
    backward pass from it.
    """
    logit = leaf(z)
    loss = attached(answer(logit, _tensor(t)))
    loss.backward()
    gradient = arrived(logit, "z", "L")
    got = [_sum(loss), gradient]
    if likely := _lost(z, float(loss), float(gradient)):
        raise Misfit(written_live(got), "", likely)
    return got


def _lost(z: float, loss: float, gradient: float) -> str:
    """Why the gradient of a sure and wrong neuron is lost; empty if it is not."""
    # A right value is never called lost: from −120 to 120 the loss is finite, and where its
    # gradient p − t is 0, the loss is the entropy of t, at most log 2.
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
    cases=[
        (1.3, 1.0),
        (-0.8, 0.25),
        (0.0, 0.0),
        (20.0, 0.0),
        (120.0, 0.0),
        (-120.0, 1.0),
        (100.0, 1.0),
        (-60.0, 0.3),
    ],
    evaluate=_then_backward,
    template="[loss_of_logit(z, t), z.grad] at z = {}, t = {}",
)
