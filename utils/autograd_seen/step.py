"""``step_through``: a computation played forward and then backward, one operation at a time."""

import sys

import torch

from autograd_seen.graph import JVP, Recording
from autograd_seen.live import names
from autograd_seen.live.backward import record
from autograd_seen.live.forward import Tape
from autograd_seen.live.tangents import Tangents, push
from autograd_seen.show.player import Player
from autograd_seen.values import kind_of


def step_through(
    output_or_recording: torch.Tensor | Recording | JVP,
    /,
    gradient: torch.Tensor | None = None,
    *,
    tangents: Tangents | None = None,
    tape: Tape | None = None,
    **names_of_tensors: torch.Tensor,
) -> Player:
    """Returns a player that steps forward and then backward through the graph that led to
    ``output_or_recording``.

    A page that runs scripts (JupyterLab, VS Code, an exported page, with or without a kernel) shows
    the player: play, pause, speed, a slider, and on the keyboard ← → Home End and space; any other
    key goes to the page. Values and gradients appear as they are reached. Any other page shows the
    picture of the finished pass and the table of its steps. A pass that was not recorded with
    ``accumulate=True`` leaves ``.grad`` as it was, and the player says what it would become.

    With ``tangents`` there is no backward pass: a nudge of these leaves travels forward, and each
    step computes a value and its tangent. See ``record_jvp``.

    Args:
        output_or_recording: a tensor, of which a backward pass is recorded that leaves ``.grad``
            alone; or what ``record_backward`` or ``record_jvp`` returned.
        gradient: dL/d(output), of the output's shape; left out, 1 for an output with one element.
        tangents: by leaf its nudge, such as ``{x: 1.0}``; not together with ``gradient``.
        tape: what ``record_forward`` recorded of the forward pass, which kept each value.

    Raises:
        TypeError: ``output_or_recording`` is neither a tensor nor a recording, or something else
            comes with a recording.
        ValueError: as ``record_backward``.
        RuntimeError: as ``record_backward``.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> y = x**2
        >>> z = torch.sin(y)
        >>> print(step_through(z))
        Graph of z: 2 operations
        x           leaf            4
        y = x²      intermediate    16       PowBackward0 saves self
        z = sin(y)  root            -0.2879  SinBackward0 saves self
        <BLANKLINE>
        step  node        gradient arriving  local derivative  gradient sent on  .grad would become
        1     z = sin(y)  1                  -0.9577           -0.9577 → y
        2     y = x²      -0.9577            8                 -7.6613 → x
        3     x (leaf)    -7.6613                                                None → -7.6613
    """
    if isinstance(output_or_recording, Recording | JVP):
        if any(one is not None for one in (gradient, tangents, tape)) or names_of_tensors:
            raise TypeError(
                "step_through of a recording takes nothing else: record_backward or record_jvp "
                "took the rest"
            )
        return Player(output_or_recording)
    if not isinstance(output_or_recording, torch.Tensor):
        raise TypeError(
            "step_through needs a tensor or what record_backward returned, and got "
            f"{kind_of(output_or_recording)}: pass the tensor at the end of a computation"
        )
    if gradient is not None and tangents is not None:
        raise TypeError(
            "step_through goes back with gradient=… or forward with tangents=…: pass one of them"
        )
    callers = names.of_frame(sys._getframe(1))
    if tangents is not None:
        return Player(push(output_or_recording, tangents, names_of_tensors, callers, tape=tape))
    modules = names.modules_of_frame(sys._getframe(1))
    recording = record(
        output_or_recording, gradient, names_of_tensors, callers, tape=tape, modules=modules
    )
    return Player(recording)
