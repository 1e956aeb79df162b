"""Calls a function, and hears what it calls its tensors."""

import inspect
import sys
from collections.abc import Callable

import torch

from autograd_seen.live import names
from autograd_seen.live.source import OURS


def call(
    function: Callable, leaves: dict[str, torch.Tensor]
) -> tuple[object, list[tuple[str, torch.Tensor]]]:
    """What ``function`` returns for ``leaves``, and the tensors that its names reach as it returns.

    A leaf is passed by its name where the function has a parameter of that name. One leaf whose
    name it does not have is passed as the first argument. The names are those of the function's own
    frame, so a function that is not written in Python has none.
    """
    by_name = len(leaves) > 1 or _has_parameter(function, *leaves)
    positional, keywords = ((), leaves) if by_name else (leaves.values(), {})
    here, found = sys._getframe(), []

    def hear(frame, event: str, _) -> None:
        # Of a function in C, what records its operations is called from here too.
        ours = frame.f_code.co_filename.startswith(OURS)
        if event == "return" and frame.f_back is here and not ours:
            found[:] = names.of_frame(frame)

    # Only a profiler is shown a frame as it is left; one that runs already pauses meanwhile.
    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        result = function(*positional, **keywords)
    finally:
        sys.setprofile(before)
    return result, found


def _has_parameter(function: Callable, name: str) -> bool:
    try:
        parameter = inspect.signature(function).parameters.get(name)
    except (TypeError, ValueError):  # a function written in C need not say
        return False
    return parameter is not None and parameter.kind is not parameter.POSITIONAL_ONLY
