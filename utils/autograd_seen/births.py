"""Where numbers that are not finite come to be: a pure function of plain data.

"inf" and "-inf" are told from "nan", since one turns into the other: 1 ÷ 0 is inf, and 0 · inf is
nan. A number is *born* where an operation makes it of inputs among which there is none of its kind.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from autograd_seen.graph import Fact, Graph, Node, Note, Recording
from autograd_seen.values import Value

Kinds = frozenset[str]
INFINITE = frozenset({"inf", "-inf", "±inf"})
NOTHING: Kinds = frozenset()
OPPOSITE = {"inf": "-inf", "-inf": "inf"}
#: What a convolution keeps where it has no bias.
NO_BIAS = ("bias_sym_sizes_opt", (0,))


def family(kinds: Kinds) -> Kinds:
    """The same, every infinite number as "inf": no sign keeps one from coming from another."""
    return frozenset("nan" if kind == "nan" else "inf" for kind in kinds)


def value_of(node: Node) -> Value | None:
    """What a tensor held when it was used; None where that is not known."""
    newer = node.has(Fact.OVERWRITTEN) or node.has(Fact.MAY_BE_NEWER)
    return None if newer else node.value


def _read(node: Node) -> Kinds | None:
    value = value_of(node)
    return None if value is None else value.not_finite


def _negative(kinds: Kinds) -> Kinds:
    return frozenset(OPPOSITE.get(kind, kind) for kind in kinds)


def _only_passes(node: Node) -> bool:
    """Whether an operation gives nothing but numbers that entered it, or their negatives."""
    return node.kind == "operation" and (node.operator.view or node.operator.kind == "Neg")


@dataclass(frozen=True)
class Entered:
    """What went into an operation: all that is not finite among it, and whether all is known.

    A value that was not kept is looked through, to what it was computed from.
    """

    kinds: Kinds
    known: bool


@dataclass(frozen=True)
class Forward:
    """The values of a graph that are not finite, and where they were born."""

    graph: Graph

    @cached_property
    def _kinds(self) -> dict[int, Kinds]:
        """By the key of each tensor of which it is known: what is not finite in it.

        What an operation only passes tells of the one side what is known of the other.
        """
        found = {node.key: _read(node) for node in self.graph.nodes if node.kind == "tensor"}
        passing = [
            node
            for node in self.graph.nodes
            if _only_passes(node) and len(self.graph.inputs(node.key)) == 1
        ]
        for node in passing:
            self._tell_results(node, found)
        for node in reversed(passing):
            self._tell_input(node, found)
        return {key: kinds for key, kinds in found.items() if kinds is not None}

    def _tell_results(self, node: Node, found: dict[int, Kinds | None]) -> None:
        """Tells of the results of an operation that only passes what is known of its input."""
        (entering,) = self.graph.inputs(node.key)
        kinds = found[entering.source]
        # A view may show none of the numbers that are not finite.
        if kinds is None or (kinds and node.operator.view):
            return
        for edge in self.graph.outputs(node.key):
            if found[edge.target] is None:
                found[edge.target] = _negative(kinds)

    def _tell_input(self, node: Node, found: dict[int, Kinds | None]) -> None:
        """Tells of the input of an operation that only passes what is known of its results."""
        (entering,) = self.graph.inputs(node.key)
        if found[entering.source] is not None:
            return
        results = [found[edge.target] or NOTHING for edge in self.graph.outputs(node.key)]
        kinds = NOTHING.union(*results)
        found[entering.source] = (kinds if node.operator.view else _negative(kinds)) or None

    def kinds(self, key: int) -> Kinds | None:
        """What is not finite in a tensor; None where that is not known."""
        return self._kinds.get(key)

    @cached_property
    def _entered(self) -> dict[int, Entered]:
        """By the key of each operation, and of each place where drawing stopped."""
        found: dict[int, Entered] = {}
        for node in self.graph.nodes:
            if node.kind == "cut":
                found[node.key] = Entered(NOTHING, False)
            elif node.kind == "operation":
                found[node.key] = self._of_inputs(node, found)
        return found

    def _of_inputs(self, node: Node, found: dict[int, Entered]) -> Entered:
        numbers = [value.not_finite or NOTHING for _, value in node.constants]
        kinds, known = NOTHING.union(*numbers), not self._lacks_an_input(node)
        for edge in self.graph.inputs(node.key):
            mine, maker = self.kinds(edge.source), self.graph.makers.get(edge.source)
            if mine is None:
                known = False
                mine = found[maker.source].kinds if maker is not None else NOTHING
            kinds |= mine
        return Entered(kinds, known)

    def _lacks_an_input(self, node: Node) -> bool:
        """Whether the graph shows nothing of an input: no slope was asked for it, and nothing has
        saved it. Where a normalisation has no weight and bias, these count as such.
        """
        shown = [edge for edge in self.graph.inputs(node.key) if edge.slot is not None]
        return len(shown) + len(node.constants) + (NO_BIAS in node.settings) < node.arity

    def entered(self, key: int) -> Entered:
        """What went into an operation."""
        return self._entered[key]

    def made(self, key: int) -> Kinds:
        """What is known to be not finite among the results of an operation."""
        return NOTHING.union(*(self.kinds(one.key) or NOTHING for one in self.graph.results(key)))

    def born(self, key: int) -> Kinds:
        """What is born in an operation, or where its inputs are not known at the latest there."""
        came = family(self.entered(key).kinds)
        return frozenset(k for k in self.made(key) if not family(frozenset({k})) <= came)

    def candidates(self, key: int) -> tuple[int, ...]:
        """The operations before one in which what it made may have been born: those that lie behind
        values that are not known, in the order in which they ran.
        """
        found = self._behind(key) - {key}
        return tuple(one for one in sorted(found) if not _only_passes(self.graph.nodes[one]))

    def _behind(self, key: int) -> set[int]:
        """An operation, and those from which what it made may have come through unknown values."""
        found, waiting = {key}, [key]
        while waiting:
            for edge in self.graph.inputs(waiting.pop()):
                maker = self.graph.makers.get(edge.source)
                if self.kinds(edge.source) is None and maker and maker.source not in found:
                    found.add(maker.source)
                    waiting.append(maker.source)
        return found

    def may_have_entered(self, key: int) -> bool:
        """Whether what an operation made may have been in a leaf, a constant or an input that is
        not drawn, of which it is not known what it held.
        """
        return any(
            self._lacks_an_input(self.graph.nodes[one])
            or any(self._is_unknown_end(edge.source) for edge in self.graph.inputs(one))
            for one in self._behind(key)
        )

    def _is_unknown_end(self, key: int) -> bool:
        is_tensor = self.graph.nodes[key].kind == "tensor"
        return is_tensor and key not in self.graph.makers and self.kinds(key) is None

    @cached_property
    def reaching(self) -> frozenset[int]:
        """The tensors and operations from which a way of numbers that are not finite, or not known,
        leads to the root, which is not finite; none where that is finite.
        """
        waiting = [self.graph.root] if self.kinds(self.graph.root) else []
        found = set(waiting)
        while waiting:
            for edge in self.graph.inputs(waiting.pop()):
                is_tensor = self.graph.nodes[edge.source].kind == "tensor"
                leads = not is_tensor or self.kinds(edge.source) != NOTHING
                if leads and edge.tracked and edge.source not in found:
                    found.add(edge.source)
                    waiting.append(edge.source)
        return frozenset(found)

    def births(self, reaching: bool = True) -> dict[int, Kinds]:
        """By the key of each operation in which one is born: what. Those from which one reaches the
        root, or the others.
        """
        operations = (node.key for node in self.graph.nodes if node.kind == "operation")
        found = {key: self.born(key) for key in operations if (key in self.reaching) == reaching}
        return {key: kinds for key, kinds in found.items() if kinds}

    def given(self) -> dict[int, Kinds]:
        """By the key of each leaf and constant that is not finite: what it holds."""
        ends = [key for key in self._kinds if key not in self.graph.makers]
        return {key: self._kinds[key] for key in ends if self._kinds[key]}


def mark_values(graph: Graph) -> Graph:
    """The graph with a note at each operation in which a number was born that is not finite, and
    that reaches the root.
    """
    forward = Forward(graph)
    notes = {
        key: tuple(Note(Fact.BORN, (kind, forward.entered(key).known)) for kind in sorted(kinds))
        for key, kinds in (forward.births() if forward.reaching else {}).items()
    }
    return _noted(graph, notes)


def mark_gradients(recording: Recording) -> Recording:
    """The recording with a note in its graph at each operation that sent what was born in it."""
    notes = {}
    for step in recording.steps:
        told = [note for flow in step.flows for note in flow.notes]
        kinds = {note.details[0]: None for note in told if note.fact is Fact.BORN_OF}
        if kinds:
            notes[step.node] = (Note(Fact.BORN_BACK, tuple(kinds)),)
    return replace(recording, graph=_noted(recording.graph, notes)) if notes else recording


def _noted(graph: Graph, notes: dict[int, tuple[Note, ...]]) -> Graph:
    if not notes:
        return graph
    nodes = [node._replace(notes=(*node.notes, *notes.get(node.key, ()))) for node in graph.nodes]
    return replace(graph, nodes=tuple(nodes))
