"""What is known of a graph before it is drawn: names, tensors, what is saved, what a tape adds."""

import numbers
from collections.abc import Sequence
from typing import NamedTuple

import torch

from autograd_seen.graph import Operator
from autograd_seen.live import operations
from autograd_seen.live.forward import Tape
from autograd_seen.live.found import Found, GradientEdge, Spot, find, node_name
from autograd_seen.live.saved import Saved, read_saved
from autograd_seen.live.taped import Taped, apply_tape


class Operand(NamedTuple):
    """One input of an operation.

    ``slot`` is its place in ``next_functions``, or beyond these; None for what the operation saved
    beside its inputs, such as indices. ``source`` is None where it is not known.
    """

    slot: int | None
    source: GradientEdge | torch.Tensor | numbers.Number | None


class Known(NamedTuple):
    """All that drawing a graph needs, read and not changed from here on."""

    found: Found
    names: dict[Spot, str]
    #: The tensors that are known to stand in the graph.
    tensors: dict[GradientEdge, torch.Tensor]
    #: By node, of those that are drawn.
    operators: dict[object, Operator]
    saved: dict[object, Saved]
    operands: dict[object, tuple[Operand, ...]]
    taped: Taped
    #: What the caller has names for, in the graph or not.
    named: Sequence[tuple[str, torch.Tensor]]


def read(
    output: torch.Tensor,
    named: Sequence[tuple[str, torch.Tensor]],
    max_operations: int,
    tape: Tape | None,
) -> Known:
    """Walks the graph of ``output`` once, and reads what stands there."""
    found = find(output, max_operations)
    names: dict[Spot, str] = {}
    for name, tensor in named:
        names.setdefault(found.spot(tensor), name)
    operators = {node: operations.operator(node_name(node)) for node in found.operations}
    saved = {node: read_saved(node) for node in found.operations}
    taped = apply_tape(found, tape)
    tensors = _tensors(found, [output, *(one for _, one in named)], saved)
    for spot, tensor in taped.tensors.items():
        tensors.setdefault(spot, tensor)
    reader = _Operands(found, names, operators, saved, taped)
    operands = {node: reader.of(node) for node in found.operations}
    return Known(found, names, tensors, operators, saved, operands, taped, named)


def _tensors(found: Found, given: list[torch.Tensor], saved: dict) -> dict:
    """The tensors that stand in the graph: leaves, then what the caller holds, then what is
    saved.
    """
    tensors = {GradientEdge(node, 0): leaf for node, leaf in found.leaves.items()}
    kept = (one for node in found.operations for one in saved[node].tensors.values())
    for tensor in (*given, *kept):
        spot = None if tensor is None else found.spot(tensor)
        if spot in found.edges:
            tensors.setdefault(spot, tensor)
    return tensors


class _Operands:
    """Finds what enters an operation: results and leaves, constants, and numbers."""

    def __init__(self, found: Found, names: dict, operators: dict, saved: dict, taped: Taped):
        self.found, self.names, self.operators = found, names, operators
        self.saved, self.taped = saved, taped

    def of(self, node) -> tuple[Operand, ...]:
        """The inputs of an operation, in order."""
        operator = self.operators[node]
        given = self.taped.given(node)
        slots, entries, in_slots = operator.slots, [], set()
        for slot, edge in enumerate(self.found.inputs[node]):
            argument = slots[slot] if slot < len(slots) else None
            if edge is not None:
                entries.append(Operand(slot, edge))
                continue
            in_slots.add(argument)
            constant = self._saved_as(node, argument)
            if constant is None and slot < len(given):
                constant = _given(given[slot])
            entries.append(Operand(slot, constant))
        beyond = range(len(entries), len(given))
        entries += [Operand(slot, _given(given[slot])) for slot in beyond]
        beside = self._beside(node, operator, in_slots)
        drawn = {id(entry.source) for entry in entries} if beside else set()
        for tensor in beside:
            if id(tensor) not in drawn:
                drawn.add(id(tensor))
                entries.append(Operand(None, tensor))
        return tuple(entries)

    def _saved_as(self, node, argument: str | None) -> torch.Tensor | None:
        saved = self.saved[node]
        lost = saved.lost.get(argument)
        return saved.tensors.get(argument) if lost is None else lost.tensor

    def _beside(self, node, operator, in_slots: set) -> list[torch.Tensor]:
        """What an operation saved beside its inputs, such as indices, where the caller has a name
        for it.
        """
        constants = [
            (attribute, tensor)
            for attribute, tensor in self.saved[node].tensors.items()
            if tensor is not None and not tensor.requires_grad and attribute not in in_slots
        ]
        if not constants:
            return []
        recorded = self.taped.operations.get(node)
        operands = recorded.operands if recorded else ()
        tracked = {id(seen.tensor) for seen in operands if seen.tracked}
        taken = {id(seen.tensor) for seen in operands}
        found = []
        for attribute, tensor in constants:
            # A Function written in Python may have made what it saves.
            is_input = (
                id(tensor) in taken
                if operator.python
                else not operations.is_output(operator, attribute)
            )
            if is_input and id(tensor) in self.names and id(tensor) not in tracked:
                found.append(tensor)
        return found


def _given(given) -> torch.Tensor | numbers.Number | None:
    """A constant as the caller gave it."""
    return given if given is None or isinstance(given, numbers.Number) else given.tensor
