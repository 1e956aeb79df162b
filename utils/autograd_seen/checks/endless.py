"""Stops an answer that goes round without end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.overrides import TorchFunctionMode

from autograd_seen.checks.verdicts import Misfit

#: So many functions of torch may be called: the right answers to the exercises that are watched
#: need fewer than a hundred.
MOST_CALLS = 2_000


class Limited(TorchFunctionMode):
    """A block in which functions of torch are called so many times at most.

    Raises Misfit at the call that is one too many.
    """

    def __init__(self, likely: str) -> None:
        """Takes what has likely kept the answer from ending."""
        super().__init__()
        self.likely, self.calls = likely, 0

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise Misfit(f"{MOST_CALLS} calls and no end", "a few rounds", self.likely)
        return func(*args, **(kwargs or {}))
