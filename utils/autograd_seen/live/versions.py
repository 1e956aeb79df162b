"""Which tensors hold what the computation used, and which may have been written into since.

PyTorch counts the writes into a tensor, and remembers the count of what an operation saved. Of any
other tensor it keeps no count: then a write may have come before the computation or after it."""

from dataclasses import dataclass, field

import torch

from autograd_seen.graph import Fact, Note
from autograd_seen.live import operations
from autograd_seen.live.found import ConstantId, GradientEdge, Spot, spot_of
from autograd_seen.live.known import Known

#: Operators of which the result has its input's memory and its count of writes.
ALIASING = {"Alias", "AsStrided", "Expand", "Permute", "ReshapeAlias", "Select", "Slice"}
ALIASING |= {"Squeeze", "T", "Transpose", "Unsqueeze", "View"}


def version_notes(known: Known) -> dict[Spot, Note]:
    """By tensor: a note where it holds something newer, or where that is not known."""
    tensors = known.tensors | _constants(known)
    written = [spot for spot, one in tensors.items() if one.is_inference() or one._version]
    notes = {}
    if written or any(saved.lost for saved in known.saved.values()):
        history = _History(known, tensors)
        notes = {spot: Note(Fact.OVERWRITTEN, then) for spot, then in history.lost.items()}
        for spot in written:
            if spot not in notes and not history.is_certain(spot):
                notes[spot] = Note(Fact.MAY_BE_NEWER)
    return notes | {spot: Note(Fact.OVERWRITTEN, v) for spot, v in known.taped.moved.items()}


def _constants(known: Known) -> dict[Spot, torch.Tensor]:
    return {
        ConstantId(id(operand.source)): operand.source
        for operands in known.operands.values()
        for operand in operands
        if isinstance(operand.source, torch.Tensor)
    }


@dataclass
class _History:
    """When tensors that share one count of writes were used here, and when PyTorch looked at it.

    Time is the number that autograd gives to each node."""

    known: Known
    tensors: dict[Spot, torch.Tensor]
    #: By tensor: what has the same count, as the spot of the tensor that it is a view of.
    counters: dict[Spot, Spot] = field(init=False)
    #: By counter: the first time that an operation used or made its value.
    used: dict[Spot, int] = field(init=False, default_factory=dict)
    #: By counter: the first time from which on nothing was written.
    confirmed: dict[Spot, int] = field(init=False, default_factory=dict)
    #: By tensor: its version when an operation saved it, and now.
    lost: dict[Spot, tuple] = field(init=False, default_factory=dict)

    def __post_init__(self):
        known = self.known
        self.counters = {spot: self._counter(tensor) for spot, tensor in self.tensors.items()}
        self.results: dict = {}
        for edge in known.found.edges:
            self.results.setdefault(edge.node, []).append(edge)
        for node in reversed(known.found.operations):
            self._use(node)
        for node in known.found.operations:
            self._confirm(node)
        for spot, time in known.taped.confirmed.items():
            if spot in self.counters:
                self._note_earliest(self.confirmed, self.counters[spot], time)
        for node in known.found.operations:
            self._lose(node)

    def is_certain(self, spot: Spot) -> bool:
        """Whether nothing that PyTorch counts was written since a tensor's first use here."""
        counter = self.counters[spot]
        confirmed = self.confirmed.get(counter)
        return confirmed is not None and confirmed <= self.used.get(counter, confirmed)

    def _counter(self, tensor: torch.Tensor) -> Spot:
        base = tensor._base if tensor._is_view() else None
        return self.known.found.spot(tensor if base is None else base)

    def _use(self, node) -> None:
        sources = [spot_of(operand.source) for operand in self.known.operands[node]]
        counters = [self.counters[spot] for spot in sources if spot in self.counters]
        results = self.results[node]
        if self.known.operators[node].kind in ALIASING:
            # Of a view that nothing holds, its input tells the count.
            for edge in results:
                if counters:
                    self.counters.setdefault(edge, counters[0])
            return
        counters += [self.counters[edge] for edge in results if edge in self.counters]
        for counter in counters:
            self._note_earliest(self.used, counter, node._sequence_nr())

    def _confirm(self, node) -> None:
        for tensor in self.known.saved[node].tensors.values():
            if tensor is not None:
                counter = self._counter(tensor)
                self._note_earliest(self.confirmed, counter, node._sequence_nr())

    def _note_earliest(self, times: dict, counter: Spot, time: int) -> None:
        times[counter] = min(time, times.get(counter, time))

    def _lose(self, node) -> None:
        """Notes the tensors whose values an operation saved, and that hold others by now."""
        saved = self.known.saved[node]
        for attribute, lost in saved.lost.items():
            if not lost.versions:
                continue
            self.lost[self._edge_of(node, attribute)] = lost.versions
            if lost.tensor is None:
                continue
            counter = self._counter(lost.tensor)
            for spot, other in self.counters.items():
                if other == counter and _is_older(spot, node):
                    self.lost[spot] = lost.versions

    def _edge_of(self, node, attribute: str) -> Spot | None:
        """Where the tensor stood in the graph when an operation saved it by this name."""
        operator = self.known.operators[node]
        if operations.is_output(operator, attribute) and len(node._input_metadata) == 1:
            return GradientEdge(node, 0)
        slot = operator.slots.index(attribute) if attribute in operator.slots else 0
        inputs = self.known.found.inputs[node]
        one_input = len(inputs) == 1 or attribute in operator.slots
        return inputs[slot] if one_input and slot < len(inputs) else None


def _is_older(spot: Spot, node) -> bool:
    """Whether a tensor stood in the graph before an operation ran: a leaf or constant always."""
    if not isinstance(spot, GradientEdge) or not spot.node.next_functions:
        return True
    return spot.node._sequence_nr() <= node._sequence_nr()
