"""Runs an answer where a derivative is to be worked out by hand: whoever asks autograd is told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch._C import _functorch
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode

from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _inference_mode = torch.Tensor, torch.inference_mode
_stack_of_transforms = _functorch.get_interpreter_stack
_requires_grad = torch.Tensor.requires_grad.__get__
_DERIVES = _functorch.TransformType.Grad, _functorch.TransformType.Jvp


#: What is told where an exercise has nothing better to tell.
LIKELY = "the slopes are yours to work out here: write them as a formula"


class _Refuser(TorchFunctionMode):
    """Refuses each function of torch that is called where autograd follows."""

    def __init__(self, likely: str) -> None:
        super().__init__()
        self.likely = likely

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        value = func(*args, **(kwargs or {}))
        if _derives() or (isinstance(value, _Tensor) and _requires_grad(value)):
            raise Misfit("autograd was asked", "", self.likely)
        return value


def _derives() -> bool:
    """Whether a transform of torch.func takes a derivative here, or forward mode does."""
    transforms = _stack_of_transforms() or ()
    return forward_ad._current_level >= 0 or any(one.key() in _DERIVES for one in transforms)


def by_hand(answer: Callable, *inputs: Any, likely: str = LIKELY) -> Any:
    """What an answer returns for some inputs, if autograd is asked on no way.

    Args:
        answer: the student's function.
        inputs: what it takes. They do not require grad.
        likely: what is told where autograd is asked.

    Raises:
        Misfit: a tensor was made that requires grad, or a derivative was asked of torch.func.
        RuntimeError: what torch says where a backward pass is asked for without such a tensor.
    """
    with _inference_mode(), _Refuser(likely):
        return answer(*inputs)
