"""The leaves that a check gives to an answer, and the gradients that arrive there."""

import torch

from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _float32 = torch.Tensor, torch.tensor, torch.float32


def leaf(value: float | list, dtype: torch.dtype = _float32) -> torch.Tensor:
    """A new tensor that requires grad."""
    return _tensor(value, dtype=dtype, requires_grad=True)


def attached(value: object) -> torch.Tensor:
    """The value, if it is a tensor with a graph behind it.

    Raises:
        Misfit: it is something else, or a tensor without a graph.
        NotImplementedError: nothing was answered yet.
    """
    if is_untouched(value):
        raise NotImplementedError
    wanted = "a tensor with its graph"
    if not isinstance(value, _Tensor):
        likely = f"type {type(value).__name__}, which has no history"
        raise Misfit(written(value), wanted, likely)
    if value.grad_fn is None:
        got = f"{written(value)}, without grad_fn"
        raise Misfit(got, wanted, "detached, copied, or not tracked")
    return value


def arrived(tensor: torch.Tensor, name: str, root: str, likely: str = "") -> torch.Tensor:
    """The gradient that a backward pass has left at a leaf.

    Args:
        tensor: the leaf.
        name: how the report calls it.
        root: how the report calls the tensor that the pass began at.
        likely: why none has arrived. By default a new tensor, made on the way from leaf to root.

    Raises:
        Misfit: no gradient has arrived.
    """
    if tensor.grad is None:
        likely = likely or f"a new tensor on the way cuts {root} off from {name}"
        raise Misfit(f"None in {name}.grad after {root}.backward()", "a number", likely)
    return tensor.grad
