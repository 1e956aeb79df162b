"""What the caller calls its tensors."""

from collections.abc import Iterator
from types import FrameType

import torch

from autograd_seen.values import clip

#: How many tensors are looked at in one list, dict or module. Reading ``grad_fn`` wraps that node
#: in a Python object, and freeing a deep chain of wrapped nodes overflows the C++ stack.
MOST_IN_ONE = 100
#: Names that Jupyter gives to the history of a notebook.
HISTORY = ("In", "Out")


def of_frame(frame: FrameType) -> list[tuple[str, torch.Tensor]]:
    """Each tensor that a name in the frame reaches, as (name, tensor), nearest scope first.

    Looks one level into lists, tuples, dicts and modules: ``params['w']``, ``layers[0]``,
    ``model.0.weight``. Names that start with an underscore are left out; in Jupyter these are the
    history."""
    visible = _visible(frame)
    plain = [(clip(name), thing) for name, thing in visible if isinstance(thing, torch.Tensor)]
    holders = [(clip(name), thing) for name, thing in visible if _may_hold(thing)]
    return plain + [pair for name, thing in holders for pair in _inside(name, thing)]


def modules_of_frame(frame: FrameType) -> list[tuple[str, torch.nn.Module]]:
    """Each module that a name in the frame stands for, as (name, module), nearest scope first."""
    return [
        (clip(name), thing) for name, thing in _visible(frame) if isinstance(thing, torch.nn.Module)
    ]


def _visible(frame: FrameType) -> list[tuple[str, object]]:
    scope = dict(frame.f_locals)
    scope |= {name: thing for name, thing in list(frame.f_globals.items()) if name not in scope}
    return [
        (name, thing)
        for name, thing in scope.items()
        if not name.startswith("_") and name not in HISTORY
    ]


def _may_hold(thing) -> bool:
    return type(thing) in (list, tuple, dict) or isinstance(thing, torch.nn.Module)


def _inside(name: str, thing) -> list[tuple[str, torch.Tensor]]:
    """The tensors that one list, tuple, dict or module holds."""
    found = []
    try:
        for _, (label, value) in zip(range(MOST_IN_ONE), _members(name, thing), strict=False):
            if isinstance(value, torch.Tensor):
                found.append((clip(label), value))
    except Exception:  # code of the user's, such as a module's own named_parameters()
        return []
    return found


def _members(name: str, thing) -> Iterator[tuple[str, object]]:
    if isinstance(thing, torch.nn.Module):
        for part, value in thing.named_parameters():
            yield f"{name}.{part}", value
    elif type(thing) in (list, tuple):
        for i, value in enumerate(thing):
            yield f"{name}[{i}]", value
    elif type(thing) is dict:
        for key, value in thing.items():
            if isinstance(key, str | int):
                yield f"{name}[{key!r}]", value
