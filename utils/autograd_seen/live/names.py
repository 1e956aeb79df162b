"""What the caller calls its tensors."""

import itertools
from collections.abc import Iterable
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType

import torch

from autograd_seen.values import clip_name

#: How many tensors are looked at in one list, dict or module. Reading ``grad_fn`` wraps that node
#: in a Python object, and freeing a deep chain of wrapped nodes overflows the C++ stack.
MOST_IN_ONE = 100
#: Names that Jupyter gives to the history of a notebook.
HISTORY = ("In", "Out")
#: What is looked into, beside modules.
HOLDERS = (list, tuple, dict)
#: What most names stand for: no tensor, and nothing that holds one. Of its type that is known at
#: once.
PLAIN = frozenset(
    (type(None), bool, int, float, str, type, FunctionType, BuiltinFunctionType, ModuleType)
)


def of_frame(frame: FrameType) -> list[tuple[str, torch.Tensor]]:
    """Each tensor that a name in the frame reaches, as (name, tensor), nearest scope first.

    Looks one level into lists, tuples, dicts and modules: ``params['w']``, ``layers[0]``,
    ``model.0.weight``. Names that start with an underscore are left out; in Jupyter these are the
    history."""
    plain, holders = [], []
    for name, thing in _visible(frame):
        if isinstance(thing, torch.Tensor):
            plain.append((clip_name(name), thing))
        elif type(thing) in HOLDERS or isinstance(thing, torch.nn.Module):
            holders.append((clip_name(name), thing))
    return plain + [pair for name, thing in holders for pair in _inside(name, thing)]


def modules_of_frame(frame: FrameType) -> list[tuple[str, torch.nn.Module]]:
    """Each module that a name in the frame stands for, as (name, module), nearest scope first."""
    return [
        (clip_name(name), thing)
        for name, thing in _visible(frame)
        if isinstance(thing, torch.nn.Module)
    ]


def _visible(frame: FrameType) -> list[tuple[str, object]]:
    near = dict(frame.f_locals)
    # The place of a key is that of its first entry, its value that of the last: both are the
    # nearest scope's.
    scope = {**near, **frame.f_globals, **near}
    return [
        (name, thing)
        for name, thing in scope.items()
        if type(thing) not in PLAIN and not name.startswith("_") and name not in HISTORY
    ]


def _inside(name: str, thing) -> list[tuple[str, torch.Tensor]]:
    """The tensors that one list, tuple, dict or module holds."""
    of_module = isinstance(thing, torch.nn.Module)
    try:
        members = itertools.islice(_members(thing), MOST_IN_ONE)
        return [
            (clip_name(f"{name}.{key}" if of_module else f"{name}[{key!r}]"), value)
            for key, value in members
            if type(value) not in PLAIN and isinstance(value, torch.Tensor)
        ]
    except Exception:  # code of the user's, such as a module's own named_parameters()
        return []


def _members(thing) -> Iterable[tuple[str | int, object]]:
    if isinstance(thing, torch.nn.Module):
        return thing.named_parameters()
    if type(thing) is dict:
        return ((key, value) for key, value in thing.items() if isinstance(key, (str, int)))
    return enumerate(thing)
