"""Builds the plain data of a Graph from what is known of the live one, inputs before outputs."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import EllipsisType
from typing import NamedTuple

import torch

from autograd_seen.graph import Edge, Fact, Graph, Node, Note
from autograd_seen.live.arithmetic import misfits
from autograd_seen.live.births import of_constant
from autograd_seen.live.forward import TensorState
from autograd_seen.live.found import (
    LEAF,
    ConstantId,
    Found,
    GradientEdge,
    Spot,
    metadata,
    node_name,
    spot_of,
)
from autograd_seen.live.kept import Ledger
from autograd_seen.live.known import Known, Operand
from autograd_seen.live.memory import share_memory, storage
from autograd_seen.live.reading import read_value, sizes
from autograd_seen.live.scopes import Named, scopes_of
from autograd_seen.live.versions import version_notes
from autograd_seen.values import Value, clip, dtype_name

#: The most tensors of another graph that are drawn before a constant, and leaves before these.
MOST_ELSEWHERE = 2


class Entry(NamedTuple):
    """One input of an operation: the key of a tensor, or a number that is not drawn."""

    slot: int | None
    key: int | None = None
    number: Value | None = None


@dataclass
class Builder:
    """Numbers the nodes and edges of one graph as it adds them."""

    known: Known
    #: The modules that the caller has names for.
    modules: Named = ()
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    #: The key of each tensor that is drawn.
    keys: dict[Spot, int] = field(default_factory=dict)
    #: By the key of an operation: PyTorch's node.
    operations: dict[int, object] = field(default_factory=dict)
    #: By the ``id()`` of a tensor of another graph: its key.
    strangers: dict[int, int] = field(default_factory=dict)
    unnamed: int = 0

    def __post_init__(self):
        self.versions = version_notes(self.known)
        self.ledger = Ledger(self.known)
        self.misfits = misfits(self.known, self.versions)

    @cached_property
    def _sharing(self) -> dict[int, list]:
        """By address of memory: the tensors of the graph that hold it."""
        found: dict[int, list] = {}
        for spot, tensor in self.known.tensors.items():
            if tensor.requires_grad:
                found.setdefault(storage(tensor), []).append((spot, tensor))
        return found

    def graph(self) -> Graph:
        """The whole graph."""
        found = self.known.found
        outputs: dict = {}
        for edge in found.edges:
            outputs.setdefault(edge.node, []).append(edge)
        for node in in_order(found):
            entries = [self._enter(one, node) for one in self.known.operands.get(node, ())]
            key = self._operation(node, entries)
            for entry in entries:
                if entry.key is not None:
                    self.edges.append(Edge(entry.key, key, entry.slot))
            for edge in sorted(outputs[node], key=lambda edge: edge.output_nr):
                self.edges.append(Edge(key, self._result(edge), edge.output_nr))
        if found.root not in self.keys:
            self._result(found.root)  # a leaf by itself
        limit = len(found.operations) if found.cut else None
        return Graph(
            tuple(self.nodes),
            tuple(self.edges),
            self.keys[found.root],
            limit,
            memory=self.ledger.memory(),
            scopes=scopes_of(self.known, self.nodes, self.operations, self.keys, self.modules),
        )

    def _enter(self, operand: Operand, node) -> Entry:
        slot, source = operand
        if source is None:
            return Entry(slot)
        if isinstance(source, GradientEdge):
            return Entry(slot, self._result(source))
        if not isinstance(source, torch.Tensor):
            return Entry(slot, number=Value(1, (), (source,)))
        spot = ConstantId(id(source))
        if spot in self.keys:
            return Entry(slot, self.keys[spot])
        detached, notes = self._provenance(source, node)
        unsaid = spot not in self.known.names and not notes
        if source.dim() == 0 and unsaid:  # a number: it goes into the operation's title
            return Entry(slot, number=self._number(spot, source))
        notes = (*notes, *of_constant(source, self.known.taped))
        key = self._tensor(spot, source, "constant", "", metadata(source), notes)
        self.edges += [Edge(origin, key, None, word) for origin, word in detached]
        return Entry(slot, key)

    def _number(self, spot: Spot, constant: torch.Tensor) -> Value | None:
        if spot in self.versions and self.versions[spot].fact is Fact.OVERWRITTEN:
            return None
        value = read_value(constant)
        return value if value.is_readable else None

    def _provenance(
        self, constant: torch.Tensor, node
    ) -> tuple[list[tuple[int, str]], tuple[Note, ...]]:
        """Where a constant was cut off from this graph, as (key of a tensor, word), and what is to
        say of it.
        """
        cuts, notes = {}, {}
        for one in self.known.taped.detached(constant, node):
            is_leaf = one.source.node in self.known.found.leaves
            key = self._result(one.source) if is_leaf else self.keys.get(one.source)
            if key is not None:
                cuts[key, one.word] = None
                notes[_made_from(self.nodes[key].name, one.word, one.direct)] = None
        if not cuts:
            for key, word in self._elsewhere(constant, node):
                cuts[key, word] = None
                notes[_made_from(self.nodes[key].name, word, True)] = None
        aliases = self._aliases(constant)
        if any(note.fact is Fact.DETACHED for note in notes):
            aliases = ()  # the tape says it with the word that was used
        return list(cuts), (*aliases, *notes)

    def _elsewhere(self, constant: torch.Tensor, node) -> Iterator[tuple[int, str]]:
        """The keys of the tensors of another graph that a constant was cut off from, and the words
        for the cuts; none where they are more than ``MOST_ELSEWHERE``.
        """
        ways = self.known.taped.elsewhere(constant, node)
        found = {id(way.seen.tensor): way for way in ways}
        for seen, word in found.values() if len(found) <= MOST_ELSEWHERE else ():
            yield self._of_another_graph(seen), word

    def _of_another_graph(self, seen: TensorState) -> int:
        """The key of a tensor of another graph: with what made it, and the leaves that this took,
        where these are few.
        """
        if id(seen.tensor) in self.strangers:
            return self.strangers[id(seen.tensor)]
        line, operands = self.known.taped.made_elsewhere(seen)
        if seen.tensor.is_leaf:
            return self._stranger(seen, "leaf")
        leaves = [one for one in operands if one.tracked and one.tensor.is_leaf]
        few = len(leaves) <= MOST_ELSEWHERE
        takes = [self._of_another_graph(one) for one in leaves] if few else []
        cut, stop = len(self.nodes), (Note(Fact.RAN_ELSEWHERE, (line,)),)
        name = clip(node_name(seen.tensor.grad_fn))
        self.nodes.append(Node(cut, "cut", "cut", class_name=name, notes=stop, line=line))
        self.edges += [Edge(key, cut, None) for key in takes]
        key = self._stranger(seen, "intermediate")
        self.edges.append(Edge(cut, key, None))
        return key

    def _stranger(self, seen: TensorState, role: str) -> int:
        tensor = seen.tensor
        name = next((name for name, other in self.known.named if other is tensor), None)
        self.unnamed += name is None
        key = self.strangers[id(tensor)] = len(self.nodes)
        self.nodes.append(
            Node(
                *(key, "tensor", role),
                f"#{self.unnamed}" if name is None else name,
                name is not None,
                shape=sizes(tensor.shape),
                dtype=dtype_name(tensor.dtype),
                value=None if seen.overwritten else read_value(tensor),
                grad=_grad(tensor),
                notes=(Note(Fact.ELSEWHERE),),
            )
        )
        return key

    def _aliases(self, constant: torch.Tensor) -> tuple[Note, ...]:
        """With which tensor of the graph a constant shares memory; nothing tells how that came."""
        if constant.is_inference():
            return (Note(Fact.INFERENCE),)
        for spot, tensor in self._sharing.get(storage(constant), ()):
            if tensor is not constant and share_memory(constant, tensor):
                name = self.known.names.get(spot, "a tensor of this graph")
                return (Note(Fact.SHARES_MEMORY, (name,)),)
        return ()

    def _operation(self, node, entries: list[Entry]) -> int:
        name, key = clip(node_name(node)), len(self.nodes)
        if node in self.known.found.cut:
            stop = (Note(Fact.CONTINUES),)
            self.nodes.append(Node(key, "cut", "cut", class_name=name, notes=stop))
            return key
        self.operations[key] = node
        saved = self.known.saved[node]
        numbers = [(one.slot, one.number) for one in entries if one.number is not None]
        settings = [*saved.settings.items(), *self._index(node)]
        self.nodes.append(
            Node(
                key,
                "operation",
                "operation",
                operator=self.known.operators[node],
                arity=len([one for one in entries if one.slot is not None]),
                constants=tuple(numbers),
                class_name=name,
                saved=(*saved.tensors, *[f"{one} (on ctx)" for one in saved.on_ctx]),
                kept=self.ledger.of(node, partial(self._called_here, node, entries)),
                freed=saved.freed,
                recomputed=saved.recomputed,
                opaque=saved.opaque,
                notes=tuple(self._notes(node)),
                settings=tuple([(name, _frozen(value)) for name, value in settings]),
                line=self.known.taped.lines.get(node, ""),
            )
        )
        return key

    def _called_here(self, node, entries: list[Entry], spot: Spot) -> str:
        """What the picture calls an input of an operation; empty for what is none."""
        for operand, entry in zip(self.known.operands[node], entries, strict=True):
            if entry.key is not None and spot_of(operand.source) == spot:
                return self.nodes[entry.key].name
        return ""

    def _index(self, node) -> list[tuple[str, object]]:
        """Where ``y[…] = value`` has written, as far as a tape tells: each part of the index."""
        recorded = self.known.taped.operations.get(node)
        return [] if recorded is None else [("index", self._part(one)) for one in recorded.index]

    def _part(self, part: TensorState | int | slice | EllipsisType | None) -> int | str:
        """A part of an index as a picture has it; of a tensor the name, or what it is."""
        if not isinstance(part, TensorState):
            return part if type(part) is int else written_index(part)
        kind = "mask" if part.tensor.dtype in (torch.bool, torch.uint8) else "indices"
        return self.known.names.get(ConstantId(id(part.tensor)), kind)

    def _notes(self, node) -> Iterator[Note]:
        recorded = self.known.taped.operations.get(node)
        if recorded is not None:
            for seen, before in recorded.written[:1]:
                yield Note(Fact.WROTE, (before, seen.version))
        for attribute, lost in self.known.saved[node].lost.items():
            name, writer = self._called(lost.tensor), ""
            if lost.tensor is not None and lost.versions:
                writer = self.known.taped.writer(lost.tensor, *lost.versions)
            yield Note(Fact.SAVED_OVERWRITTEN, (attribute, name, lost.versions, writer))
        if node in self.misfits:
            yield Note(Fact.DO_NOT_FIT)

    def _called(self, tensor: torch.Tensor | None) -> str:
        """What the caller calls a tensor, or the one whose memory it has; empty for neither."""
        if tensor is None:
            return ""
        place, base = storage(tensor), ""
        for name, other in self.known.named:
            if other is tensor or (place and storage(other) == place):
                if other.shape == tensor.shape:
                    return name
                base = base or f"in {name}"
        return base

    def _result(self, edge: GradientEdge) -> int:
        """The key of the leaf or result at a gradient edge."""
        if edge in self.keys:
            return self.keys[edge]
        node, slot = edge.node, edge.output_nr
        tensor = self.known.tensors.get(edge)
        leaf = self.known.found.leaves.get(node)
        if leaf is not None:
            notes = () if leaf.requires_grad else (Note(Fact.FROZEN),)
            return self._tensor(edge, tensor, "leaf", LEAF, metadata(leaf), notes)
        outputs = node._input_metadata
        notes = (Note(Fact.OUTPUT, (slot, len(outputs))),) if len(outputs) > 1 else ()
        form = metadata(outputs[slot]) if slot < len(outputs) else (None, None)
        role = "root" if edge == self.known.found.root else "intermediate"
        return self._tensor(edge, tensor, role, "", form, notes)

    def _tensor(
        self,
        spot: Spot,
        tensor: torch.Tensor | None,
        role: str,
        class_name: str,
        form: tuple,
        notes: tuple[Note, ...],
    ) -> int:
        if spot in self.known.taped.moved:
            tensor = None
        if spot in self.versions and (tensor is not None or self._is_lost(spot)):
            notes = (*notes, self.versions[spot])
        name = self.known.names.get(spot)
        self.unnamed += name is None
        key = self.keys[spot] = len(self.nodes)
        shape, dtype = form
        self.nodes.append(
            Node(
                key,
                "tensor",
                role,
                f"#{self.unnamed}" if name is None else name,
                name is not None,
                class_name=class_name,
                shape=sizes(shape),
                dtype="" if dtype is None else dtype_name(dtype),
                value=None if tensor is None else read_value(tensor),
                grad=_grad(tensor),
                notes=notes,
            )
        )
        return key

    def _is_lost(self, spot: Spot) -> bool:
        return self.versions[spot].fact is Fact.OVERWRITTEN


def in_order(found: Found) -> list:
    """The operations and the places where drawing stops, inputs first, otherwise as they were
    executed.
    """
    if not found.cut and _wait_for_nothing(found):
        return list(reversed(found.operations))
    age = {node: (node._sequence_nr(), -i) for i, node in enumerate(found.operations)}
    age |= {node: (node._sequence_nr(), 0) for node in found.cut}
    oldest = sorted(age, key=age.get)
    rank = {node: i for i, node in enumerate(oldest)}
    consumers: dict = {}
    missing = dict.fromkeys(age, 0)
    for node in found.operations:
        sources = {edge.node for edge in found.inputs[node] if edge is not None} & age.keys()
        missing[node] = len(sources)
        for source in sources:
            consumers.setdefault(source, []).append(node)
    ready = [rank[node] for node in age if not missing[node]]
    heapq.heapify(ready)
    ordered = []
    while ready:
        node = oldest[heapq.heappop(ready)]
        ordered.append(node)
        for consumer in consumers.get(node, ()):
            missing[consumer] -= 1
            if not missing[consumer]:
                heapq.heappush(ready, rank[consumer])
    return ordered


def _wait_for_nothing(found: Found) -> bool:
    """Whether each operation is newer than those whose results it takes, as nearly always."""
    return all(
        edge is None or edge.node in found.leaves or edge.node._sequence_nr() < node._sequence_nr()
        for node, edges in found.inputs.items()
        for edge in edges
    )


def _made_from(name: str, word: str, direct: bool) -> Note:
    """What is to say of a constant that was made from a tensor of the graph."""
    if direct and word.startswith("detach"):
        return Note(Fact.DETACHED, (name,))
    if word in ("no_grad", "inference_mode"):
        return Note(Fact.MADE, (name, "under", word))
    return Note(Fact.MADE, (name, "by" if direct else "through", word))


def written_index(part: slice | EllipsisType | None) -> str:
    """A part of an index as Python writes it: "1:3", "..." or "None"."""
    if not isinstance(part, slice):
        return "None" if part is None else "..."
    ends = [part.start, part.stop] + ([part.step] if part.step is not None else [])
    return ":".join("" if one is None else str(one) for one in ends)


def _frozen(value):
    """A setting that can be compared and hashed."""
    return tuple(map(_frozen, value)) if isinstance(value, (tuple, list)) else value


def _grad(tensor: torch.Tensor | None) -> Value | None:
    # .grad of another intermediate is always None, and asking for it warns.
    if tensor is None or not (tensor.is_leaf or tensor.retains_grad) or tensor.grad is None:
        return None
    return read_value(tensor.grad)
