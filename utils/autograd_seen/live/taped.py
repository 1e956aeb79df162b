"""What a tape adds to a graph: values, source lines, numbers that PyTorch does not save, and where
a value left the graph.
"""

import numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch.autograd.graph import GradientEdge
from torch.autograd.graph import Node as TorchNode

from autograd_seen.live import operations
from autograd_seen.live.forward import Operation, Tape, TensorState, version
from autograd_seen.live.found import MOST_TOUCHED, ConstantId, Found, Spot, most_touched, node_name
from autograd_seen.live.memory import storage
from autograd_seen.live.modules import Call

#: How many times as many operations as a walk may touch are touched with those that stand on a
#: tape and not in the graph.
WITH_TAPE = 1.5


class Detached(NamedTuple):
    """A way from a tensor of the graph to a constant, on which PyTorch keeps no way back."""

    source: Spot
    #: What cut it off: "detach()", "no_grad".
    word: str
    #: Whether one operation made the constant from ``source``.
    direct: bool


class Elsewhere(NamedTuple):
    """The same from a tensor that is not in the graph: what an operation met, and what it was cut
    off by.
    """

    seen: TensorState
    word: str


@dataclass
class Taped:
    """What a tape has of one graph; without a tape, nothing."""

    found: Found
    #: By node: the tape's operation that made it, its turn on the tape, and its source line.
    operations: dict = field(default_factory=dict)
    turns: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    #: The tensors that the tape has kept, where they stand in the graph.
    tensors: dict[Spot, torch.Tensor] = field(default_factory=dict)
    #: The versions of a tensor when an operation here used it, and now, where these differ.
    moved: dict[Spot, tuple] = field(default_factory=dict)
    #: Tensors whose versions have not changed since, with the number that autograd would have
    #: given to a node when the tape first met them so.
    confirmed: dict[Spot, int] = field(default_factory=dict)
    #: By the ``id()`` of a tensor: the tape's operations that made or wrote it, with their turns.
    makers: dict[int, list] = field(default_factory=dict)
    #: All of the tape's operations that wrote in place, oldest first.
    writes: tuple = ()
    #: The calls of modules in which a node was made.
    calls: tuple[Call, ...] = ()
    #: How many operations ran before the first that the tape has kept, whose turn is 0.
    before: int = 0
    #: The addresses of the memory of all tensors that the tape's operations took or made.
    places: frozenset[int] = frozenset()

    def spot(self, seen: TensorState) -> Spot | None:
        """Where a tensor of the tape stood in the graph; its id where it had no graph, None where
        that is not known.
        """
        return _spot(self.found, seen)

    def writer(self, tensor: torch.Tensor, then: int, now: int) -> str:
        """The source line that first wrote into what an operation saved at the version ``then``;
        empty where the tape does not tell.
        """
        place = storage(tensor)
        for operation in self.writes:
            for seen, before in operation.written:
                counted = before is not None and then <= before < now == version(seen.tensor)
                if counted and place == storage(seen.tensor) and not self._is_data(seen.tensor):
                    return operation.line
        return ""

    def _is_data(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor came from ``.data``, which has the memory and not the versions."""
        return any(made.name == "data" for _, made, _ in self.makers.get(id(tensor), ()))

    def given(self, node: TorchNode) -> Sequence:
        """For each input of a node what the caller gave there, as far as the tape tells; empty
        where it does not.
        """
        operation = self.operations.get(node)
        if operation is None:
            return ()
        sources = node.next_functions
        if operation.index:
            return self._written(operation, sources)
        operator = operations.operator(node_name(node))
        inputs = operations.inputs_of(operator, operation.name, operation.arguments)
        for slot, one in enumerate(inputs):
            source = sources[slot] if slot < len(sources) else None
            if not self._fits(one, source):
                return ()
        return inputs

    def _written(self, operation, sources: tuple) -> Sequence:
        """What ``y[…] = value`` takes: what y was before is told by the graph or not at all."""
        value = operation.arguments[2]
        return (None, value) if len(sources) == 2 and self._fits(value, sources[1]) else ()

    def _fits(self, given, source: tuple | None) -> bool:
        """Whether the caller may have given this where a node has that in ``next_functions``."""
        if isinstance(given, numbers.Number):
            return source is None or source[0] is None
        if given is None or source is None:
            return False
        if source[0] is None:
            return not given.tracked
        spot = self.spot(given)
        return spot is None or spot[:2] == source

    def detached(self, constant: torch.Tensor, node: TorchNode) -> list[Detached]:
        """From which tensors of the graph a constant was made that enters ``node``.

        What was written into it after that operation ran does not count."""
        before = self.turns.get(node, MOST_TOUCHED)
        found, waiting, met = [], [(constant, before, "")], set()
        while waiting:
            tensor, before, word = waiting.pop()
            for turn, operation in self._makers_of(tensor, before, bool(word)):
                if turn in met:
                    continue
                met.add(turn)
                for seen in operation.sources_of(tensor):
                    cut = word or (operation.border if seen.tracked else "")
                    spot = self.spot(seen) if seen.tracked else None
                    if spot in self.found.edges:
                        found.append(Detached(spot, cut, tensor is constant))
                    else:
                        waiting.append((seen.tensor, turn, cut))
        return found

    def elsewhere(self, constant: torch.Tensor, node: TorchNode) -> list[Elsewhere]:
        """From which tensors of another graph one operation made a constant that enters
        ``node``.
        """
        before = self.turns.get(node, MOST_TOUCHED)
        return [
            Elsewhere(seen, operation.border)
            for _, operation in self._makers_of(constant, before, False)
            for seen in operation.sources_of(constant)
            if seen.tracked and seen.tensor is not constant
            if self.spot(seen) not in self.found.edges
        ]

    def made_elsewhere(self, seen: TensorState) -> tuple[str, tuple[TensorState, ...]]:
        """The source line that made a tensor of another graph, and what it took; empty where the
        tape does not tell.
        """
        makers = [one for _, one, tracked in self.makers.get(id(seen.tensor), ()) if tracked]
        return (makers[-1].line, makers[-1].operands) if makers else ("", ())

    def _makers_of(self, tensor, before: int, is_cut: bool) -> Iterator[tuple[int, object]]:
        for turn, operation, tracked in self.makers.get(id(tensor), ()):
            # What has a graph is followed only on the far side of the cut.
            if turn < before and tracked <= is_cut:
                yield turn, operation


def apply_tape(found: Found, tape: Tape | None) -> Taped:
    """What a tape has of this graph, the newest operation first; of no tape, nothing."""
    if tape is None:
        return Taped(found)
    writes = tuple(operation for operation in tape.operations if operation.written)
    calls = tuple(tape.calls)
    states = (seen for one in tape.operations for seen in one.operands + one.results)
    taped = Taped(
        found,
        makers=tape.makers(),
        writes=writes,
        calls=calls,
        before=tape.count - len(tape),
        places=frozenset(storage(seen.tensor) for seen in states) if calls else frozenset(),
    )
    foreign: set = set()
    most_foreign = WITH_TAPE * most_touched() - len(found.operations)
    for turn, operation in reversed(list(enumerate(tape.operations))):
        results = [(seen, _spot(found, seen)) for seen in operation.results]
        foreign |= {
            spot.node
            for _, spot in results
            if isinstance(spot, GradientEdge) and spot not in found.edges
        }
        if len(foreign) > most_foreign:
            break
        _add_operation(taped, turn, operation, results)
    return taped


def _add_operation(
    taped: Taped,
    turn: int,
    operation: Operation,
    results: list[tuple[TensorState, Spot | None]],
) -> None:
    """Adds what an operation tells that made a node of the graph; ``results`` has each of its
    results with the place where it stood.
    """
    found = taped.found
    made = [
        spot.node
        for seen, spot in results
        if spot in found.edges and _is_made_by(operation, seen, spot.node)
    ]
    if not made:
        return
    taped.operations.update(dict.fromkeys(made, operation))
    taped.turns.update(dict.fromkeys(made, turn))
    _add_lines(taped.lines, made, operation)
    operands = [(seen, _spot(found, seen)) for seen in operation.operands]
    for seen, spot in results + operands:
        _add_tensor(taped, seen, spot, operation)


def _add_tensor(taped: Taped, seen, spot: Spot | None, operation) -> None:
    if seen.overwritten:
        taped.moved[spot] = (seen.version, seen.tensor._version)
        return
    taped.confirmed[spot] = operation.span[0]
    if spot not in taped.found.edges:
        return
    taped.tensors.setdefault(spot, seen.tensor)
    if seen.tensor._is_view() and seen.tensor._base is not None:
        # Such as what a layer computed before it gave back a view.
        base = taped.found.spot(seen.tensor._base)
        if base in taped.found.edges:
            taped.tensors.setdefault(base, seen.tensor._base)


def _add_lines(lines: dict, made: list, operation) -> None:
    """Gives the line of an operation to its results' nodes, and to those that it made on the way
    to them.
    """
    waiting = list(made)
    while waiting:
        node = waiting.pop()
        lines[node] = operation.line
        for source, _ in node.next_functions:
            if source is not None and source not in lines and _runs_in(operation, source):
                waiting.append(source)


def _spot(found: Found, seen) -> Spot | None:
    if seen.tracked and id(seen.tensor) in found.leaf_edges:
        return found.leaf_edges[id(seen.tensor)]
    if seen.place is not None:
        return GradientEdge(*seen.place)
    spot = None if seen.overwritten else found.spot(seen.tensor)
    if isinstance(spot, GradientEdge):
        return spot
    # What has left the graph since has lost its edge there.
    return None if seen.tracked else ConstantId(id(seen.tensor))


def _runs_in(operation, node) -> bool:
    """Whether a node was made while a recorded operation ran."""
    first, after = operation.span
    return first <= node._sequence_nr() < after


def _is_made_by(operation, seen, node) -> bool:
    # A Function written in Python gets its node after the operations inside it have run.
    return _runs_in(operation, node) or not seen.tracked
