"""``find_nonfinite``: where the nan in a loss, or in a gradient, came from."""

import sys

import torch

from autograd_seen.graph import Recording
from autograd_seen.live import names
from autograd_seen.live.backward import record
from autograd_seen.live.forward import Tape
from autograd_seen.show.nonfinite import NonFinite
from autograd_seen.values import kind_of


def find_nonfinite(
    output_or_recording: torch.Tensor | Recording,
    /,
    gradient: torch.Tensor | None = None,
    *,
    tape: Tape | None = None,
    **names_of_tensors: torch.Tensor,
) -> NonFinite:
    """Returns where numbers that are not finite were born, on the way to a tensor and on the way
    back from it.

    An operation is a birthplace where an inf, or a nan, is among what it made and none was among
    what went into it; on the way back, where one is among what it sent and none among what arrived.
    inf and nan are told apart: where 1 ÷ 0 made an inf and 0 · inf a nan of it, both are named. Of
    an operation that takes each number by itself, each number is looked at; of any other the whole
    tensor, so what is born beside an earlier nan is not listed there. A leaf or a constant that
    holds one already is named too. What is finite again at the root, such as the −inf with which a
    mask enters a softmax, is told as that, and is no birth.

    On the way forward this sees the values that something still holds: an operation's saved
    tensors, your variables, or all with a ``tape``. Where values between were not kept, it says
    "here or before". The pass back is a rehearsal, as ``record_backward`` runs it: it changes no
    ``.grad``, frees nothing, and runs your hooks once.

    Args:
        output_or_recording: a tensor, such as a loss, of any shape; or what ``record_backward``
            returned.
        gradient: dL/d(output), of the output's shape; left out, 1 for an output with one element.
        tape: what ``record_forward`` recorded of the forward pass: all values and source lines.

    Returns a NonFinite: ``births`` has all, forward ones first as they ran, then those on the way
    back in the engine's order; ``first`` is the first or None, and ``bool()`` says whether there is
    any. ``str()`` tells them, and Jupyter shows the picture below.

    Raises:
        TypeError: the first argument is neither a tensor nor a recording, or something else comes
            with a recording.
        ValueError: as ``record_backward``.
        RuntimeError: as ``record_backward``.

    Example:
        >>> w = torch.tensor(0.0, requires_grad=True)
        >>> inside = torch.log(w)
        >>> z = torch.where(w > 0, inside, 0.0)
        >>> print(find_nonfinite(z))
        z = 0 is finite, and the gradient of w holds nan
        1. nan is born on the way back through inside = log(w) (LogBackward0)
           0 · inf = nan
        -inf is made by inside = log(w), and is not in z
    """
    if isinstance(output_or_recording, Recording):
        if gradient is not None or tape is not None or names_of_tensors:
            raise TypeError(
                "find_nonfinite of a recording takes nothing else: record_backward took the rest"
            )
        return NonFinite(output_or_recording)
    if not isinstance(output_or_recording, torch.Tensor):
        raise TypeError(
            "find_nonfinite needs a tensor or what record_backward returned, and got "
            f"{kind_of(output_or_recording)}: pass the loss, before loss.backward()"
        )
    callers = names.of_frame(sys._getframe(1))
    modules = names.modules_of_frame(sys._getframe(1))
    recording = record(
        output_or_recording, gradient, names_of_tensors, callers, tape=tape, modules=modules
    )
    return NonFinite(recording)
