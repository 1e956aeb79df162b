"""Which modules run while a tape records: for each call of one what it took and gave, and the span
of autograd's nodes that were made inside it.
"""

import itertools
import threading
from collections import deque
from collections.abc import Iterator

import torch
from torch.nn.modules.module import (
    _global_forward_hooks_with_kwargs,
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from autograd_seen.live.reading import shape_of

#: How many calls are kept, and how many shapes of what one took or gave.
MOST_CALLS, MOST_SHAPES = 10_000, 100

Shapes = tuple[tuple[int, ...], ...]


class Call:
    """One call of a module: ``inputs`` and ``outputs`` are the shapes of its tensors, ``parent``
    is the call inside which it ran, or None. Of one that has not returned there are no shapes.
    """

    __slots__ = ("after", "first", "inputs", "module", "outputs", "parent", "turns")

    def __init__(self, module: torch.nn.Module, parent: "Call | None", turn: int):
        self.module, self.parent = module, parent
        self.inputs: Shapes = ()
        self.outputs: Shapes = ()
        #: How many operations a tape had counted when it began, and when it ended; None while it
        #: runs.
        self.turns: tuple[int, int | None] = (turn, None)
        #: The numbers in which autograd counts its nodes: the first that this call could give, and
        #: the first after it; None while it runs.
        self.first: int = torch.autograd._get_sequence_nr()
        self.after: int | None = None


class Calls:
    """Listens to the calls of modules between ``start`` and ``stop``, in the thread of these.

    A call in which no node was made is not kept, and of the others the newest 10,000.
    """

    def __init__(self):
        self._kept: deque[Call] = deque(maxlen=MOST_CALLS)
        self._running: list[Call] = []
        self._handles: list = []
        self._thread = 0
        #: How many operations the tape has counted.
        self.turn = 0

    def start(self) -> None:
        """Listens from now on."""
        self._thread = threading.get_ident()
        self._handles = [
            register_module_forward_pre_hook(self._begin),
            # Also where the module raised: what the caller runs after that is not the module's.
            register_module_forward_hook(self._end, with_kwargs=True, always_call=True),
        ]

    def stop(self) -> None:
        """Listens no more."""
        for handle in self._handles:
            handle.remove()
            # PyTorch leaves this behind.
            _global_forward_hooks_with_kwargs.pop(handle.id, None)
        self._handles = []
        while self._running:
            self._close(self._running.pop())

    def __iter__(self) -> Iterator[Call]:
        """The calls that have ended, in the order in which they did, then those that still run, the
        innermost first.
        """
        yield from self._kept
        yield from reversed(self._running)

    def _begin(self, module: torch.nn.Module, args: tuple) -> None:
        if threading.get_ident() == self._thread:
            parent = self._running[-1] if self._running else None
            self._running.append(Call(module, parent, self.turn))

    def _end(self, module: torch.nn.Module, args: tuple, *rest: object) -> None:
        # After an error PyTorch leaves the keyword arguments out.
        *keywords, result = rest
        here = threading.get_ident() == self._thread
        # Of one that began before the recording nothing is known here.
        running = self._running
        if not here or not running:
            return
        if running[-1].module is not module:
            if not any(call.module is module for call in running):
                return
            while running[-1].module is not module:
                self._close(running.pop())
        call = running.pop()
        call.inputs = _shapes((*args, *(one for given in keywords for one in given.values())))
        call.outputs = _shapes((result,))
        self._close(call)

    def _close(self, call: Call) -> None:
        call.after = torch.autograd._get_sequence_nr()
        call.turns = (call.turns[0], self.turn)
        if call.after > call.first:
            self._kept.append(call)


def _shapes(things: tuple) -> Shapes:
    """The shapes of the tensors among some things, also of those in lists, tuples and dicts."""
    with torch._C.DisableTorchFunction():
        if len(things) == 1 and isinstance(things[0], torch.Tensor):  # as nearly always
            shape = shape_of(things[0])
            return () if shape is None else (shape,)
        return _shapes_within(things)


def _shapes_within(things: tuple) -> Shapes:
    found, met, waiting = [], set(), [things]
    while waiting and len(found) < MOST_SHAPES and len(met) < MOST_SHAPES:
        thing = waiting.pop()
        if isinstance(thing, torch.Tensor):
            found.append(shape_of(thing))
        elif type(thing) in (list, tuple, dict) and id(thing) not in met:
            met.add(id(thing))
            held = thing.values() if type(thing) is dict else thing
            waiting += reversed(list(itertools.islice(held, MOST_SHAPES)))
    return tuple(one for one in found if one is not None)
