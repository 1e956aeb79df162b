"""Records a forward pass as it runs: each operation with its values, its source line and what it
wrote in place.
"""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import torch
from torch.overrides import TorchFunctionMode

from autograd_seen.live.found import MOST_TOUCHED, most_touched
from autograd_seen.live.modules import Calls
from autograd_seen.live.reading import read_value
from autograd_seen.live.source import Place, Places
from autograd_seen.values import clip

#: How many tensors are kept of one list that goes into an operation, or that comes out.
MOST_IN_ONE = 100
#: Attributes whose reading is an operation; all others are only looked up.
PROPERTIES = {"T", "mT", "H", "mH", "real", "imag", "data"}
#: Methods that only tell of a tensor; layers of PyTorch ask them at each call.
QUESTIONS = {
    *("dim", "element_size", "get_device", "is_complex", "is_contiguous", "is_floating_point"),
    *("item", "numel", "size", "storage_offset", "stride", "__bool__", "__len__"),
}
#: Operators that write into their first operand. Methods that do have names such as ``add_``.
WRITERS = {
    f"__i{verb}__"
    for verb in "add sub mul truediv floordiv mod pow and or xor lshift rshift".split()
}
WRITERS |= {"__setitem__"}
#: Functions of several tensors of which each result has the numbers of one.
ONE_BY_ONE = {"atleast_1d", "atleast_2d", "atleast_3d", "broadcast_tensors", "meshgrid"}
#: What changes a tensor's place in the graph, and not its value.
RELEASES = {"detach_", "requires_grad_"}
#: Where the operands that may also be passed by keyword stand.
KEYWORDS = {"input": 0, "self": 0, "tensors": 0, "other": 1, "bias": 2}

HERE = os.path.abspath(__file__)
NUMBERS = (int, float, complex)
#: A tuple, since ``list | tuple`` would be made anew at each call.
SEQUENCES = (list, tuple)
#: How Python calls the reading and the setting of an attribute.
WRAPPER = type(torch.Tensor.dtype.__get__)


class TensorState:
    """A tensor as an operation met it.

    ``version`` is what PyTorch's counter of in-place writes said then (None for an inference
    tensor, which has no counter), ``tracked`` whether it required grad. ``place`` is its (node,
    output number) where a later write moved it from there, else None."""

    __slots__ = ("place", "tensor", "tracked", "version")

    def __init__(self, tensor: torch.Tensor):
        self.tensor = tensor
        self.version = version(tensor)
        self.tracked = tensor.requires_grad
        self.place = None

    @property
    def overwritten(self) -> bool:
        """Whether the tensor holds something else by now."""
        return self.version != version(self.tensor)


class Operation:
    """One call of the user's code that made a tensor or wrote into one."""

    __slots__ = (
        *("arguments", "index", "mode", "name", "operands", "place", "results", "span", "written"),
    )

    def __init__(
        self,
        name: str,
        arguments: tuple,
        operands: tuple[TensorState, ...],
        results: Iterable[TensorState],
        written: Iterable[tuple[TensorState, int]],
        place: Place,
        mode: str,
        span: tuple[int, int],
        index: tuple = (),
    ):
        #: The public name of the function: "sin", "add_", "linear".
        self.name: str = name
        #: In the caller's order: a TensorState, a number, a tuple of these, or None for the rest.
        self.arguments: tuple = arguments
        #: All tensors among the arguments.
        self.operands: tuple[TensorState, ...] = operands
        #: The tensors that it made, and those that it wrote into.
        self.results: tuple[TensorState, ...] = tuple(results)
        #: Of those that it wrote into, (as it was after that, version before).
        self.written: tuple[tuple[TensorState, int], ...] = tuple(written)
        #: Where in the user's code it ran.
        self.place: Place = place
        #: "no_grad" or "inference_mode" where it ran under one of these, else empty.
        self.mode: str = mode
        #: The numbers in which autograd counts its nodes: the first that this call could give, and
        #: the first after it.
        self.span: tuple[int, int] = span
        #: Of ``y[…] = value`` what stands in the brackets, a TensorState for a tensor; else empty.
        self.index: tuple = index

    @property
    def line(self) -> str:
        """The source line that ran it, or of a longer line the part that did: "line 3:
        torch.sin(y)".
        """
        return self.place.text

    @property
    def border(self) -> str:
        """What cuts its results off from the graph of its operands: "detach()", "no_grad" or a
        function's name.
        """
        if self.name == "data":
            return ".data"
        if self.name == "requires_grad_":
            return "requires_grad_(False)"
        if self.name in ("detach", "detach_") or not self.mode:
            return f"{clip(self.name)}()"
        return self.mode

    def sources_of(self, result: torch.Tensor) -> tuple[TensorState, ...]:
        """The operands whose numbers may be in a result. ``zeros_like`` and ``expand_as`` take of
        others only their shape or dtype.
        """
        if self.name.endswith("_like") or self.name.startswith("new_"):
            return ()
        if self.name.endswith("_as") or self.name == "to":
            return self.operands[:1]
        if self.name not in ONE_BY_ONE:
            return self.operands
        # What was given back as it was is no result: then nothing tells which belongs to which.
        if len(self.results) != len(self.operands):
            return ()
        pairs = zip(self.operands, self.results, strict=True)
        return tuple(given for given, made in pairs if made.tensor is result)


class Tape:
    """The newest operations of a recorded forward pass, oldest first, at most 6,000.

    ``str()`` gives a row for each: its name, what it made, and the source line.
    """

    def __init__(self):
        self._operations: deque[Operation] = deque(maxlen=MOST_TOUCHED)
        self._noted = 0
        #: What stands on the tape and may be moved by a write, by the ``id()`` of whose memory it
        #: has; how many operations had run when it was last looked through, and first.
        self._movable: dict[int, list[TensorState]] = {}
        self._looked_at = self._looked_from = 0
        #: How many operations ran, kept or not.
        self.count = 0
        #: The calls of modules that ran.
        self.calls = Calls()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Those that are kept, oldest first."""
        return tuple(self._operations)

    @property
    def full(self) -> bool:
        """Whether more operations ran than are kept."""
        return self.count > len(self._operations)

    def __len__(self) -> int:
        return len(self._operations)

    def makers(self) -> dict[int, list[tuple[int, Operation, bool]]]:
        """By the ``id()`` of each tensor: the operations that made or wrote it, with their places
        on the tape, and whether the tensor required grad then.
        """
        found: dict[int, list] = {}
        for i, operation in enumerate(self._operations):
            for seen in operation.results:
                found.setdefault(id(seen.tensor), []).append((i, operation, seen.tracked))
        return found

    def add(self, operation: Operation) -> None:
        """Keeps an operation; the oldest goes where there are too many."""
        self._operations.append(operation)
        self.count += 1
        self.calls.turn = self.count

    def note_places(self, target: torch.Tensor, operands: tuple[TensorState, ...]) -> None:
        """Notes where ``target``, and what shares its memory, stands in the graph: a write is about
        to move it.

        Only then, since a node that Python has touched must not be one of too many in one chain.
        """
        if self._noted >= most_touched():
            return
        self._look_for_movable()
        base = _base(target)
        mine = [seen for seen in operands if seen.tracked and _base(seen.tensor) is base]
        # The write will find them moved, so they are looked at once.
        for seen in (*mine, *self._movable.pop(id(base), ())):
            if not seen.overwritten and seen.tensor.grad_fn is not None:
                self._noted += 1
                seen.place = (seen.tensor.grad_fn, seen.tensor.output_nr)

    def _look_for_movable(self) -> None:
        """Sorts what has come since the last write by the memory that it has."""
        if self.count - self._looked_from > 2 * MOST_TOUCHED:  # what has left the tape is let go
            self._movable.clear()
            self._looked_at = self._looked_from = self.count - len(self)
        new = min(self.count - self._looked_at, len(self))
        for operation in islice(reversed(self._operations), new):
            for seen in operation.results + operation.operands:
                if seen.tracked:
                    self._movable.setdefault(id(_base(seen.tensor)), []).append(seen)
        self._looked_at = self.count

    def __str__(self) -> str:
        kept = (
            f"the newest {len(self):,} of {self.count:,} operations"
            if self.full
            else _count(len(self))
        )
        rows = [(o.name, _values(o), "; ".join(_facts(o)), o.line) for o in self._operations]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True) if w).rstrip()
            for row in rows
        ]
        return "\n".join([f"Tape of {kept}", *lines])

    __repr__ = __str__


@contextmanager
def record_forward() -> Iterator[Tape]:
    """Records what runs inside a ``with`` block on a Tape, for ``draw_graph`` and
    ``record_backward``.

    The tape keeps each operation's name, operands and results, so that a picture can show every
    value, also of what no variable holds: that is also its price, since nothing that is on the tape
    is freed before the tape is. It knows the source line of each operation, the numbers that
    PyTorch does not save, what was written in place, and where a value left the graph through
    ``detach()`` or under ``no_grad()``.

    Random numbers and what is saved for the backward pass are what they are without it, and so are
    results, with one exception: PyTorch has a fast path for ``nn.TransformerEncoder`` and
    ``nn.MultiheadAttention`` in ``eval()`` where nothing requires grad, and leaves it while calls
    are listened to. What these modules give then differs by rounding, and at padded positions, of
    which the fast path makes zeros, by more.

    An operation is what your code calls: of a function made of several, such as
    ``F.cross_entropy``, the tape has the last result and not what stands between. It keeps the
    newest 6,000 operations, and ``tape.full`` says whether there were more. What an exception
    interrupts stays on the tape up to there; blocks may be nested. It is not for what
    ``torch.compile`` compiles, which does not run as it is written: record the function as it was
    before. It raises nothing of its own: what the block raises goes on.

    Recording adds in the order of ten microseconds to each operation, a few times as much to one
    that writes in place, whatever the size of its tensors and the length of the tape: on a CPU it
    makes a scalar operation several times as slow, and one that takes a millisecond hardly slower.
    Beside the values the tape holds about half a kilobyte for each operation.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> with record_forward() as tape:
        ...     z = torch.sin(x**2)
        >>> print(tape)
        Tape of 2 operations
        pow  16       line 2: x**2
        sin  -0.2879  line 2: torch.sin(x**2)
    """
    tape = Tape()
    tape.calls.start()
    try:
        with _Recorder(tape):
            yield tape
    finally:
        tape.calls.stop()


def check_tape(tape: object) -> None:
    """Raises TypeError for what is neither a tape nor None."""
    if tape is not None and not isinstance(tape, Tape):
        kind = type(tape).__name__
        raise TypeError(
            f"tape={kind if len(kind) < 40 else 'something'} is no tape: pass what `with "
            "record_forward() as tape:` gives, and call a tensor that you want to name something "
            "else"
        )


def version(tensor: torch.Tensor) -> int | None:
    """How often PyTorch has counted a write into a tensor, or into what shares its memory."""
    try:
        return tensor._version
    except RuntimeError:  # an inference tensor has no counter
        return None


class _Recorder(TorchFunctionMode):
    """Sees every call of a function of torch before it runs."""

    def __init__(self, tape: Tape):
        super().__init__()
        self.tape = tape
        self.places = Places(HERE)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = _public_name(function)
        if name is None:
            return function(*args, **kwargs)
        # What a subclass, or another mode, does with each call is not meant for what is only looked
        # at.
        with torch._C.DisableTorchFunction():
            arguments, operands = _look(args, kwargs)
            may_write = kwargs or name.endswith("_")
            if may_write and operands and operands[0].tracked and _writes(name, kwargs):
                self.tape.note_places(operands[0].tensor, operands)
        first = torch.autograd._get_sequence_nr()
        result = function(*args, **kwargs)
        span = (first, torch.autograd._get_sequence_nr())
        with torch._C.DisableTorchFunction():
            results, written = _what_came(name, operands, result)
            place = self.places.of(sys._getframe(1), name == "__setitem__") if results else None
            if place is not None:
                mode = ""
                if not torch.is_grad_enabled():
                    mode = "inference_mode" if torch.is_inference_mode_enabled() else "no_grad"
                index = _index(args[1], arguments[1]) if name == "__setitem__" else ()
                self.tape.add(
                    Operation(name, arguments, operands, results, written, place, mode, span, index)
                )
        return result


def _public_name(function) -> str | None:
    """The name of what is called, or None for what makes no tensor."""
    if type(function) is not WRAPPER:
        name = getattr(function, "__name__", "") or type(function).__name__
        return None if name in QUESTIONS else name
    name, attribute = function.__name__, function.__self__.__name__
    if name == "__get__":
        return attribute if attribute in PROPERTIES else None
    if name == "__set__":
        return "requires_grad_" if attribute == "requires_grad" else None
    return name


def _writes(name: str, kwargs) -> bool:
    """Whether a function may write into its first operand."""
    return (
        (name.endswith("_") and not name.endswith("__"))
        or name in WRITERS
        or bool(kwargs.get("inplace"))
    )


def _look(args, kwargs) -> tuple[tuple, tuple[TensorState, ...]]:
    """The arguments as an Operation keeps them, and the tensors among them."""
    operands: list[TensorState] = []
    arguments: list = []
    for thing in args:
        if isinstance(thing, torch.Tensor):  # as in _seen, and faster
            operands.append(TensorState(thing))
            arguments.append(operands[-1])
        else:
            arguments.append(_seen(thing, operands))
    for keyword, thing in kwargs.items():
        seen = _seen(thing, operands)
        if KEYWORDS.get(keyword) == len(arguments):
            arguments.append(seen)
    return tuple(arguments), tuple(operands)


def _seen(thing: object, operands: list[TensorState]) -> object:
    """An argument as an Operation keeps it; a tensor is added to the operands."""
    if isinstance(thing, torch.Tensor):
        operands.append(TensorState(thing))
        return operands[-1]
    if isinstance(thing, NUMBERS):
        return thing
    if isinstance(thing, SEQUENCES) and len(thing) <= MOST_IN_ONE:
        return tuple(
            _seen(one, operands) if isinstance(one, torch.Tensor) else None for one in thing
        )
    return None


def _index(given: object, seen: object) -> tuple:
    """What stands in the brackets of ``y[…] = value``: whole numbers, slices and what a tape keeps
    of tensors; empty where there is anything else.
    """
    parts, looked = (given, seen) if isinstance(given, tuple) else ((given,), (seen,))
    if not isinstance(looked, tuple) or len(looked) != len(parts):
        return ()
    pairs = zip(parts, looked, strict=True)
    index = tuple(b if isinstance(b, TensorState) else a for a, b in pairs)
    return index if all(map(_is_plain, index)) else ()


def _is_plain(part: object) -> bool:
    """Whether a part of an index can be told as Python writes it."""
    if isinstance(part, slice):
        return all(one is None or type(one) is int for one in (part.start, part.stop, part.step))
    return part is None or part is ... or type(part) in (int, TensorState)


def _what_came(
    name: str, operands: tuple[TensorState, ...], result
) -> tuple[Sequence[TensorState], Sequence[tuple[TensorState, int]]]:
    """What an operation made or wrote, and of what it wrote also the versions before."""
    # A function may give back what it was given, such as contiguous(): then it has made nothing.
    is_new, written = isinstance(result, torch.Tensor), ()
    for seen in operands:
        if seen.tensor is result:
            is_new = False
        if seen.overwritten:
            written += _written(seen)
    if not written and name not in RELEASES and not isinstance(result, SEQUENCES):
        return ((TensorState(result),) if is_new else ()), ()
    results = [state for state, _ in written]
    if name in RELEASES and operands and not operands[0].tensor.requires_grad:
        results.append(TensorState(operands[0].tensor))
    return results + _made(result, [*operands, *results]), written


def _made(result, met: Iterable[TensorState]) -> list[TensorState]:
    """The tensors among what a function gave back, without those that were ``met``."""
    known = {id(seen.tensor) for seen in met}
    given = result[:MOST_IN_ONE] if isinstance(result, SEQUENCES) else (result,)
    tensors = [one for one in given if isinstance(one, torch.Tensor)]
    return [TensorState(one) for one in tensors if id(one) not in known]


def _written(seen: TensorState) -> tuple[tuple[TensorState, int], ...]:
    """A tensor that was written, as it is after that, with its version before."""
    # Through a view the tensor that it is a view of is written too.
    tensors = {id(one): one for one in (seen.tensor, _base(seen.tensor))}.values()
    return tuple((TensorState(one), seen.version) for one in tensors)


def _base(tensor: torch.Tensor) -> torch.Tensor:
    return tensor._base if tensor._is_view() and tensor._base is not None else tensor


def _count(number: int) -> str:
    return f"{number:,} operation{'' if number == 1 else 's'}"


def _values(operation: Operation) -> str:
    texts = []
    for seen in operation.results[:3]:
        shape = f"shape {tuple(seen.tensor.shape)}"
        texts.append(
            "overwritten since" if seen.overwritten else str(read_value(seen.tensor)) or shape
        )
    return clip(", ".join(texts) + (", …" if len(operation.results) > 3 else ""))


def _facts(operation: Operation) -> Iterator[str]:
    if operation.mode:
        yield f"under {operation.mode}"
    for seen, before in operation.written[:1]:
        yield f"wrote in place: version {before} → {seen.version}"
