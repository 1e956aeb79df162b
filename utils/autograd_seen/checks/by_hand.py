"""Runs an answer where a derivative is to be worked out by hand: whoever asks autograd is told."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

import torch
from torch._C import _functorch
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode

from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _inference_mode = torch.Tensor, torch.inference_mode
_stack_of_transforms = _functorch.get_interpreter_stack
_requires_grad = torch.Tensor.requires_grad.__get__
_is_grad_enabled, _set_grad_enabled = torch.is_grad_enabled, torch.set_grad_enabled
_run_backward = torch.autograd.Variable._execution_engine.run_backward
_DERIVES = _functorch.TransformType.Grad, _functorch.TransformType.Jvp


#: What is told where an exercise has nothing better to tell.
LIKELY = "the slopes are yours to work out here: write them as a formula"


class _Refuser(TorchFunctionMode):
    """Refuses what autograd follows, and each function of torch that is off."""

    def __init__(self, likely: str, off: Mapping[str, str], follows: Callable[[Any], bool]) -> None:
        super().__init__()
        self.likely, self.off, self.follows = likely, off, follows
        self.refused: Misfit | None = None

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        # An answer that catches it gets it again, at the latest when it returns.
        self.go_on()
        name = getattr(func, "__name__", "")
        for part, likely in self.off.items():
            if part in name:
                self.refuse(f"{name}() was called", likely)
        kwargs = kwargs or {}
        # Before the call too: what records may write its result and return nothing.
        if _derives() or self.follows([args, *kwargs.values()]):
            self.refuse("autograd was asked", self.likely)
        value = func(*args, **kwargs)
        if self.follows(value):
            self.refuse("autograd was asked", self.likely)
        return value

    def refuse(self, got: str, likely: str) -> NoReturn:
        """Refuses the answer, for good."""
        self.refused = Misfit(got, "", likely)
        raise self.refused

    def go_on(self) -> None:
        """Raises what has been refused, if anything."""
        if self.refused:
            raise self.refused


def _is_recorded(value: Any) -> bool:
    """Whether a tensor, or one of those in lists, requires grad."""
    if isinstance(value, list | tuple):
        return any(map(_is_recorded, value))
    return isinstance(value, _Tensor) and _requires_grad(value)


def _is_being_recorded(value: Any) -> bool:
    """The same, where operations are recorded."""
    return _is_grad_enabled() and _is_recorded(value)


def _derives() -> bool:
    """Whether a transform of torch.func takes a derivative here, or forward mode does."""
    transforms = _stack_of_transforms() or ()
    return forward_ad._current_level >= 0 or any(one.key() in _DERIVES for one in transforms)


def by_hand(
    answer: Callable,
    *inputs: Any,
    likely: str = LIKELY,
    off: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """What an answer returns for some inputs, if autograd is asked on no way.

    Args:
        answer: the student's function.
        inputs: what it takes. They do not require grad.
        likely: what is told where autograd is asked.
        off: what is told where another function of torch is called, by a part of its name.

    Raises:
        Misfit: a tensor was made that requires grad, a derivative was asked of torch.func, or a
            function was called that is off.
        RuntimeError: what torch says where a backward pass is asked for without such a tensor.
    """
    refuser = _Refuser(likely, off, _is_recorded)
    with _inference_mode(), refuser:
        value = answer(*inputs)
    refuser.go_on()
    return value


@contextlib.contextmanager
def _within_a_function(records: bool, likely: str) -> Iterator[None]:
    """A block in which nothing may be recorded, whether the record is on at first or not."""
    refuser = _Refuser(likely, {}, _is_being_recorded)
    # It stands outside: what is refused may keep a block of the answer from its own way back.
    with _set_grad_enabled(records), refuser:
        yield
    refuser.go_on()


def forward_by_hand(answer: Callable, *inputs: Any, likely: str = LIKELY) -> Any:
    """What the ``apply`` of a student's own ``torch.autograd.Function`` returns, if nothing is
    recorded but the Function as one node: no operation within it, and none beside it.

    Args:
        answer: what is to be called.
        inputs: what it takes; leaves may require grad.
        likely: what is told where autograd is asked.

    Raises:
        Misfit: an operation was recorded, or a derivative was asked of torch.func.
    """
    with _within_a_function(True, likely):
        return answer(*inputs)


def backward_by_hand(value: torch.Tensor, arriving: torch.Tensor, likely: str = LIKELY) -> None:
    """A backward pass from what `forward_by_hand` returned, which fills the leaves' ``.grad``.

    Args:
        value: the result.
        arriving: the gradient that the pass begins with.
        likely: what is told where ``backward`` asks autograd in its turn.

    Raises:
        Misfit: an operation was recorded, or a derivative was asked of torch.func.
    """
    # torch.autograd.backward would leave the refuser outside: a mode ends where torch takes over.
    with _within_a_function(False, likely):
        _run_backward((value,), (arriving,), False, False, (), True, True)
