"""``saved_bytes``: what a graph keeps alive for its backward pass."""

import sys

import torch

from autograd_seen.live import names
from autograd_seen.live.forward import Tape, check_tape
from autograd_seen.live.reading import unseen
from autograd_seen.live.walk import MOST_TOUCHED, trace, why_no_graph
from autograd_seen.show.saved import SavedBytes
from autograd_seen.values import kind_of


def saved_bytes(output: torch.Tensor, /, *, tape: Tape | None = None) -> SavedBytes:
    """Returns the bytes that the graph of ``output`` keeps alive for a backward pass.

    Counted is the whole memory of each saved tensor, as a view keeps that of its base; memory that
    several operations keep is counted once, at the first of them in the order of the forward pass.
    Leaves and parameters, frozen ones too, are apart: their memory is there with a graph or
    without. Where something cannot be seen the sum is *at least* what is counted: what a hook has
    packed (a checkpoint, ``save_on_cpu``), what a backward pass has freed, lists and objects on the
    ctx of a Function written in Python, what ``torch.compile`` keeps, and what lies beyond the last
    6,000 operations, or 1,000 where the stack is small, as in a thread.

    It is what ``torch.autograd.graph.saved_tensors_hooks`` is handed, each storage once, but for
    Python numbers such as the 3 of ``3 * x``. Nothing is unpacked, and nothing changes.

    Args:
        output: any tensor with ``requires_grad=True``, such as a loss.
        tape: what ``record_forward`` recorded, for source lines and modules.

    Returns a SavedBytes: ``total``, without leaves, is ``intermediates`` plus ``constants``;
    ``leaves`` is apart, and ``complete`` says whether that is all. ``rows`` has one for each saved
    tensor, ``by_operation`` and ``by_module`` are dicts of bytes. ``str()`` gives a table.

    Raises:
        TypeError: ``output`` is no tensor.
        ValueError: ``output`` has no graph.

    Example:
        >>> x = torch.ones(100, requires_grad=True)
        >>> y = x.exp()
        >>> loss = (y * y).sum()
        >>> print(saved_bytes(loss))
        operation   saves              bytes
        y = exp(x)  result = y (100,)    400
        #1 = y × y  other = y (100,)       0  memory counted before
                    self = y (100,)        0  memory counted before
        total                            400
        >>> saved_bytes(loss).total
        400
    """
    if not isinstance(output, torch.Tensor):
        raise TypeError(
            f"saved_bytes needs a tensor, and got {kind_of(output)}: pass the tensor at the end of "
            "a computation, such as saved_bytes(loss)"
        )
    check_tape(tape)
    if not output.requires_grad:
        raise ValueError(
            "saved_bytes needs a tensor with a graph, and this one has none, so it keeps nothing: "
            f"{why_no_graph(output)}"
        )
    named = names.of_frame(sys._getframe(1))
    modules = [] if tape is None else names.modules_of_frame(sys._getframe(1))
    with unseen():
        return SavedBytes(trace(output, named, MOST_TOUCHED, tape, None, modules))
