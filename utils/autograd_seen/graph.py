"""A computation graph as plain data: what was computed, from what, and in which order.

Two kinds of node alternate. A *tensor* is a value; an *operation* is one node of PyTorch's backward
graph. An edge from a tensor to an operation is one entry of the operation's ``next_functions``,
read in the direction of the forward pass; an edge from an operation to a tensor is one of its
outputs. An edge from a tensor to a constant is a *border*: a value went that way, and PyTorch keeps
no way back.

There are numbers, shapes, names and facts here, and no sentences: those are made where something is
shown.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple

from autograd_seen.values import Value


class Fact(Enum):
    """What can be said of a place in a graph, beside its numbers. A `Note` holds the details."""

    #: A leaf that has requires_grad=False since the graph was made.
    FROZEN = auto()
    #: (number, of how many): one of several outputs of one operation.
    OUTPUT = auto()
    #: (version then, version now): the tensor was written into after an operation here used it.
    OVERWRITTEN = auto()
    #: The tensor was written into at some time, and nothing shows whether before or after its use.
    MAY_BE_NEWER = auto()
    #: (name): a tensor that was cut off from the tensor of that name.
    DETACHED = auto()
    #: (name, how, word): a tensor made from that one "under", "by" or "through" what cut the graph.
    MADE = auto()
    #: (name): a tensor whose memory is also that one's.
    SHARES_MEMORY = auto()
    #: A tensor made in inference mode.
    INFERENCE = auto()
    #: (version before, version after): an operation that wrote into its operand.
    WROTE = auto()
    #: (what the operation calls it, its name or "", its version then and now or nothing, the source
    #: line that wrote or ""): an operation has lost a value that it saved.
    SAVED_OVERWRITTEN = auto()
    #: Drawing stopped here.
    CONTINUES = auto()
    #: (how many): the result of the last copy of a repeated block.
    AFTER_ALL = auto()
    #: (name, how many): a list takes what is called so of each copy of a repeated block.
    OF_EACH = auto()
    #: (name, first, second, last): a setting that grows from copy to copy of a repeated block.
    GROWS = auto()
    #: (first, second, last), as values: a number that each copy of a repeated block has for itself.
    OWN_NUMBER = auto()
    #: (shape before, after): the engine summed what the forward pass had broadcast.
    SUMMED = auto()
    #: (dtype before, after): the engine cast a gradient.
    CAST = auto()
    #: (expected, found), as values: a hook changed a gradient.
    HOOKED = auto()
    #: (expected, found), as values: a hook changed what ``.grad`` holds.
    HOOKED_GRAD = auto()
    #: No gradient arrived at a leaf.
    NOTHING_ARRIVED = auto()
    #: A gradient arrived at a leaf that accumulates none, being frozen.
    NOT_ACCUMULATED = auto()
    #: In ``backward()`` a hook of the user's runs after a leaf's gradient was added.
    POST_HOOK = auto()
    #: The result of an operation is not what its operands give: one was overwritten since.
    DO_NOT_FIT = auto()
    #: (expected, found), as values: what a node sent is not local derivative times arriving.
    NOT_THE_PRODUCT = auto()
    #: (expected, found), as values: what arrived is not the sum of what was sent.
    NOT_THE_SUM = auto()
    #: (expected, found), as values: ``.grad`` does not hold what the pass made of it.
    NOT_THE_GRAD = auto()
    #: (before, after), as values: a gradient is too small for the dtype that it was cast to.
    UNDERFLOWED = auto()
    #: (before, after), as values: a gradient is too large for the dtype that it was cast to.
    OVERFLOWED = auto()
    #: A tensor of another graph, from which a constant of this one was cut off.
    ELSEWHERE = auto()
    #: (source line): an operation of another graph.
    RAN_ELSEWHERE = auto()
    #: A checkpoint ran its forward again to get back what it had not kept.
    RAN_AGAIN = auto()
    #: (kind, certain): of an operation's inputs none was "nan", "inf" or "-inf", and of its results
    #: one is; it reaches the root. Where not certain, values between were not kept.
    BORN = auto()
    #: (kinds): an operation sent back what is not finite, and nothing so arrived at it.
    BORN_BACK = auto()
    #: (kind, how many, of how many, arrived, local): how that came about, at one of the numbers;
    #: what is not known is None.
    BORN_OF = auto()
    #: (kind, parts, as values): these gradients are finite, or of another kind, and their sum is
    #: so. Without parts: their sum is not so either, and what arrived is.
    BORN_IN_SUM = auto()
    #: (kind, name, line): a constant is not finite since this operation of a tape made it so.
    BORN_OUTSIDE = auto()
    #: (kind): a gradient is not finite since a value of the forward pass was not.
    BORN_BEFORE = auto()
    #: Why forward mode goes no further: a Function written in Python, what a hook has packed, and a
    #: node without a second derivative.
    FUNCTION_NOT_ASKED = auto()
    PACKED_NOT_ASKED = auto()
    NOT_TWICE_DIFFERENTIABLE = auto()


@dataclass(frozen=True)
class Note:
    """A fact with its details."""

    fact: Fact
    details: tuple = ()


@dataclass(frozen=True)
class Operator:
    """What is known of one of PyTorch's operators, by the name of its node.

    One row of ``live.operations.OPERATORS``.
    """

    #: The node's name without its ending: "Sin" for "SinBackward0".
    kind: str
    #: What a person says: "sin", "layer_norm".
    word: str = ""
    #: The sign between its inputs, for an operator that is written between them.
    sign: str = ""
    #: Whether its inputs may be swapped.
    commutes: bool = False
    #: For the tensors that a node saves, the argument's place in ``next_functions``.
    slots: tuple[str, ...] = ()
    #: How the caller writes it where it need not save a constant: function names, and where among
    #: their arguments the inputs stand, in the order of ``next_functions``.
    functions: tuple[str, ...] = ()
    argument_places: tuple[int, ...] = ()
    #: Whether the caller writes its inputs as a list.
    takes_list: bool = False
    #: Whether each element of the output depends on the same element of each input alone.
    elementwise: bool = False
    #: Whether it only arranges values.
    view: bool = False
    #: Whether it is a Function written in Python.
    python: bool = False


class Kept(NamedTuple):
    """A tensor that an operation keeps for the backward pass.

    ``name`` is the operation's name for it, ``tensor`` the caller's or the picture's, or empty.
    ``role`` is "leaf" for what has the memory of a leaf or of a parameter, "constant" for what does
    not require grad, "intermediate", or "number" for a Python number that PyTorch keeps as a
    tensor.
    """

    name: str
    tensor: str
    shape: tuple[int, ...]
    dtype: str
    role: str
    #: The bytes of its memory; 0 where this is counted already, and for a number.
    size: int
    #: Whether its memory is also that of a tensor that was kept before.
    shared: bool = False


class Memory(NamedTuple):
    """The bytes that a graph keeps for its backward pass, each memory counted once, and the number
    of tensors that these are.
    """

    tensors: int
    leaf: int
    constant: int
    intermediate: int
    #: Whether that is all: nothing lies beyond what was walked, was freed, or was packed by a hook,
    #: and every node tells what it keeps.
    complete: bool


class Module(NamedTuple):
    """A call of an ``nn.Module``, in one box or in a frame around its operations.

    ``name`` is "model.layers.0", or empty for one that no variable of the caller's leads to;
    ``kind`` is the name of its class.
    """

    name: str
    kind: str
    #: The place in ``Graph.scopes``.
    scope: int
    #: The shapes of the tensors that it took, and that it gave.
    inputs: tuple[tuple[int, ...], ...] = ()
    outputs: tuple[tuple[int, ...], ...] = ()
    #: How many numbers its parameters hold, those of the modules in it included; None where that
    #: could not be read.
    parameters: int | None = None
    #: How many operations ran in it, or in all that a box stands for.
    operations: int = 1
    #: Which call of this module it is, of how many of which the graph has an operation.
    call: tuple[int, int] = (1, 1)
    #: A box or a frame that stands for several modules, one after the other: how many, and the last
    #: one's name and place in ``Graph.scopes``.
    times: int = 1
    last: str = ""
    last_scope: int | None = None
    #: All that two boxes must share to be drawn as one.
    form: tuple = ()


@dataclass(frozen=True)
class Scope:
    """A call of an ``nn.Module`` while a tape recorded, and what ran in it.

    ``nodes`` are the keys of its operations, those of the calls inside it included. ``own`` are the
    keys of leaves and constants that are its parameters and buffers, or that were made in it.
    """

    module: Module
    nodes: frozenset[int]
    own: frozenset[int] = frozenset()
    #: The place in ``Graph.scopes`` of the call inside which it ran; None for an outermost one.
    parent: int | None = None
    #: How many calls it ran inside of.
    depth: int = 0
    #: The place in ``Graph.scopes`` of the first call of the same module.
    first: int = 0


class Node(NamedTuple):
    """One tensor, one operation, or the place where drawing stopped.

    ``kind`` is ``"tensor"``, ``"operation"`` or ``"cut"``; ``key`` is the node's place in
    ``Graph.nodes``.
    """

    key: int
    kind: str
    #: A tensor: "leaf", "intermediate", "root" or "constant". Otherwise the same word as ``kind``.
    role: str
    #: A tensor: the caller's name for it, or "#3". Of an operation empty.
    name: str = ""
    #: A tensor: whether the name is the caller's.
    named: bool = False
    #: The name of PyTorch's node: "SinBackward0"; of a leaf, "torch::autograd::AccumulateGrad".
    class_name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    #: A tensor: what it holds; None where it is neither alive nor saved.
    value: Value | None = None
    #: What ``.grad`` holds; None for None.
    grad: Value | None = None
    #: An operation: what is known of its kind.
    operator: Operator | None = None
    #: An operation: how many inputs it has, and by slot those that are numbers and not drawn.
    arity: int = 0
    constants: tuple[tuple[int, Value], ...] = ()
    #: An operation: the names of the tensors that it keeps for the backward pass.
    saved: tuple[str, ...] = ()
    #: An operation: these, as far as they can be read, with their bytes.
    kept: tuple[Kept, ...] = ()
    #: An operation: a backward pass has freed what it saved.
    freed: bool = False
    #: An operation: a checkpoint keeps none of what it saved, and runs the forward again for it.
    recomputed: bool = False
    #: An operation: it may keep more, which nothing can see from outside.
    opaque: bool = False
    notes: tuple[Note, ...] = ()
    #: An operation: the numbers and words that it keeps beside tensors, such as ("dim", 1).
    settings: tuple[tuple[str, object], ...] = ()
    #: An operation: how many this box stands for, one after the other, where a graph is folded.
    count: int = 1
    #: The operations of a run of views that this box stands for.
    run: tuple["Node", ...] = ()
    #: An operation that was recorded: the source line, or the part of it, that ran it:
    #: "line 3: torch.sin(y)".
    line: str = ""
    #: A box that stands for all operations of a module.
    module: Module | None = None

    @property
    def raises(self) -> bool:
        """Whether a backward pass that comes here is certain to raise: a saved tensor was written
        into since. A Function written in Python need not ask for what it saved.
        """
        return self.has(Fact.SAVED_OVERWRITTEN) and not self.operator.python

    @property
    def is_birthplace(self) -> bool:
        """Whether a number that is not finite came to be here."""
        return self.has(Fact.BORN) or self.has(Fact.BORN_BACK)

    def has(self, fact: Fact) -> bool:
        """Whether a note of this kind stands here."""
        return bool(self.notes) and any(note.fact is fact for note in self.notes)


class Edge(NamedTuple):
    """The value ``source`` enters ``target``, in the direction of the forward pass.

    ``slot`` is the input's place in ``next_functions``, or the output's number. It is None for a
    tensor that an operation saved and that has no place in ``next_functions``, such as the indices
    of an embedding.
    """

    source: int
    target: int
    slot: int | None
    #: What cut a constant off from the tensor that it was made from: "detach()", "no_grad". Else
    #: empty.
    border: str = ""

    @property
    def tracked(self) -> bool:
        """Whether a gradient can come back this way, or could if the derivative is defined."""
        return not self.border


@dataclass(frozen=True)
class Group:
    """A block that occurs ``times`` times in a row, where a graph is folded: ``nodes`` are those of
    its first copy.

    ``carries`` holds (what enters the first copy, what takes its place in the next) as keys of
    tensors.
    """

    nodes: tuple[int, ...]
    times: int
    carries: tuple[tuple[int, int], ...] = ()
    #: Keys of the leaves and constants of the first copy in whose place the others have their own.
    #: A constant that is known to hold the same numbers in all copies is not among them.
    own: tuple[int, ...] = ()
    #: Whether the copies may differ in what the graph does not show: numbers that were not saved,
    #: saved tensors that are not drawn.
    unknown: bool = False
    #: Whether each copy has numbers for itself, such as the factor of a product: notes of the first
    #: copy's operations tell some of them.
    numbers: bool = False
    #: Whether the versions that are told of the first copy are others in the next ones.
    versions: bool = False
    #: The module whose operations these are: ``times`` is then 1, or where the block is a module
    #: that repeats, how often it does.
    module: Module | None = None


@dataclass(frozen=True)
class Branch:
    """A group in the tree of groups: its place in ``Graph.groups``, and the groups inside it."""

    index: int
    group: Group
    inner: tuple["Branch", ...]


#: An edge, behind its place in ``Graph.edges``.
Placed = tuple[int, Edge]


@dataclass(frozen=True)
class Graph:
    """All nodes, inputs before outputs (so ``nodes[k].key == k``), and all edges.

    ``limit`` is the number of operations after which drawing stopped, or None where nothing is
    missing. ``groups`` are the repeated blocks of a folded graph: of two, one holds the other or
    they share nothing; the outer comes first.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: int
    limit: int | None = None
    groups: tuple[Group, ...] = ()
    #: What all operations keep that were walked, drawn or not.
    memory: Memory | None = None
    #: The calls of modules that a tape has of this graph, each after those that it ran inside of.
    scopes: tuple[Scope, ...] = ()

    @cached_property
    def makers(self) -> dict[int, Edge]:
        """By the key of each result: the edge from the operation, or the cut, that made it."""
        return {e.target: e for e in self.edges if self.nodes[e.source].kind != "tensor"}

    @cached_property
    def _ends(self) -> tuple[dict[int, list[Placed]], dict[int, list[Placed]]]:
        """By key: the edges that enter a node, and those that leave one."""
        entering: dict[int, list[Placed]] = {}
        leaving: dict[int, list[Placed]] = {}
        for place, edge in enumerate(self.edges):
            entering.setdefault(edge.target, []).append((place, edge))
            leaving.setdefault(edge.source, []).append((place, edge))
        return entering, leaving

    def entering(self, key: int) -> list[Placed]:
        """The edges that enter a node, in slot order, each behind its place in ``edges``."""
        return self._ends[0].get(key, [])

    def leaving(self, key: int) -> list[Placed]:
        """The edges that leave a node, each behind its place in ``edges``."""
        return self._ends[1].get(key, [])

    def inputs(self, key: int) -> list[Edge]:
        """The edges that enter a node, in slot order."""
        return [edge for _, edge in self.entering(key)]

    def outputs(self, key: int) -> list[Edge]:
        """The edges that leave a node: of an operation its results, of a tensor its uses."""
        return [edge for _, edge in self.leaving(key)]

    def results(self, key: int) -> list[Node]:
        """The tensors that an operation made."""
        return [self.nodes[edge.target] for edge in self.outputs(key)]

    def maker(self, key: int) -> Node | None:
        """The operation that made a tensor, or the cut before it; None for a leaf or a constant."""
        edge = self.makers.get(key)
        return None if edge is None else self.nodes[edge.source]

    @cached_property
    def tree(self) -> tuple[Branch, ...]:
        """The groups as a tree."""
        return self._branches(tuple(enumerate(self.groups)))

    def _branches(self, groups: tuple[tuple[int, Group], ...]) -> tuple[Branch, ...]:
        branches, rest = [], groups
        while rest:
            index, outer = rest[0]
            held = set(outer.nodes)
            inside = tuple(pair for pair in rest[1:] if set(pair[1].nodes) <= held)
            rest = tuple(pair for pair in rest[1:] if pair not in inside)
            branches.append(Branch(index, outer, self._branches(inside)))
        return tuple(branches)

    def module_of(self, key: int) -> str:
        """The name of the innermost ``nn.Module`` in which an operation ran, or of its class where
        it has none; empty where no tape tells.
        """
        inside = [scope for scope in self.scopes if key in scope.nodes]
        if not inside:
            return ""
        innermost = max(inside, key=lambda scope: scope.depth).module
        return innermost.name or innermost.kind

    def count(self) -> int:
        """How many operations the graph stands for: a folded one for more than it has boxes."""
        counts = {node.key: node.count for node in self.nodes if node.kind == "operation"}
        for group in self.groups:
            counts |= {key: counts[key] * group.times for key in group.nodes if key in counts}
        return sum(counts.values())


@dataclass(frozen=True)
class EdgeGradient:
    """What went back along one edge from an operation to one of its inputs.

    ``gradient`` is the tensor that was sent, or None where the derivative is not defined for this
    input; ``sent`` is the same as a value.
    """

    #: The edge's place in ``Graph.edges``.
    edge: int
    #: The local derivative; for an elementwise operation, of each element. None where it is a whole
    #: Jacobian, or was not asked for.
    local: Value | None
    sent: Value | None
    gradient: object = None
    notes: tuple[Note, ...] = ()
    #: Whether the node was asked for its local derivative. A Function written in Python, and what a
    #: hook has packed, is not.
    asked: bool = True
    #: The local Jacobian where it is one of few entries: a row for each number of the result.
    jacobian: Value | None = None
    #: In forward mode, of an operation with several results: what is sent to each.
    parts: tuple[Value | None, ...] = ()
    #: Of how many gradients this is the first, where an edge into a module's box stands for several
    #: edges.
    ways: int = 1


@dataclass(frozen=True)
class Step:
    """The turn of one node in a backward pass: an operation's, or a leaf's."""

    #: The node's place in ``Graph.nodes``.
    node: int
    #: The gradient that arrived, summed over all consumers; one for each output of the operation.
    arriving: tuple[Value | None, ...]
    flows: tuple[EdgeGradient, ...] = ()
    #: A leaf: what ``.grad`` held before, and what it holds, or would, after what arrived is added.
    before: Value | None = None
    after: Value | None = None
    notes: tuple[Note, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether a leaf's ``.grad`` is left as it was, for a reason that a note gives."""
        reasons = {Fact.NOTHING_ARRIVED, Fact.NOT_ACCUMULATED}
        return any(note.fact in reasons for note in self.notes)


class ScopeGradient(NamedTuple):
    """The Euclidean norms of the gradients at one call of a module: of what arrived at all that it
    gave, of what it sent to all that it took, and of what it sent to its own parameters. None where
    nothing was sent.
    """

    arrived: float | None
    sent: float | None
    parameters: float | None


@dataclass(frozen=True)
class Recording:
    """A backward pass: the graph as it was before, and the steps in the order in which the engine
    took them.
    """

    graph: Graph
    steps: tuple[Step, ...]
    #: The gradient that the pass started from.
    seed: Value | None
    #: Whether the pass added to ``.grad`` and freed what was saved, as ``backward()`` does. A pass
    #: that did not was a rehearsal.
    accumulated: bool = False
    #: Whether the pass was itself recorded, for a higher derivative.
    create_graph: bool = False
    #: What came to each of ``graph.scopes``.
    scopes: tuple[ScopeGradient, ...] = ()

    def flows(self) -> dict[int, EdgeGradient]:
        """What each edge carried, by its place in ``graph.edges``, in the order of the steps."""
        return {flow.edge: flow for step in self.steps for flow in step.flows}

    def gradients(self) -> "Gradients":
        """What the pass left at each place of the graph."""
        steps = {step.node: step for step in self.steps}
        arrived = {
            key: Arrival(steps[edge.source].arriving[edge.slot], steps[edge.source].notes)
            for key, edge in self.graph.makers.items()
            if edge.source in steps
        }
        leaves = {k: step for k, step in steps.items() if self.graph.nodes[k].kind == "tensor"}
        return Gradients(
            self.flows(),
            arrived,
            leaves,
            accumulated=self.accumulated,
            scopes=self.scopes,
        )


@dataclass(frozen=True)
class Arrival:
    """The gradient that arrived at a result, and what is to be said of it."""

    gradient: Value | None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Gradients:
    """What a backward pass left at each place of a graph, as a picture of it shows it."""

    #: By the place of the edge in ``Graph.edges``.
    flows: dict[int, EdgeGradient]
    #: By the key of a result.
    arrived: dict[int, Arrival]
    #: By the key of a leaf.
    leaves: dict[int, Step]
    #: Whether the pass added to ``.grad``; else it was a rehearsal.
    accumulated: bool = False
    #: What it left in the last copy of a block that is drawn once, at the places of the first.
    last: "Gradients | None" = None
    #: Whether these are tangents, which travel forward: what arrived at a tensor is its own.
    forward: bool = False
    #: By the place of a call of a module in ``Graph.scopes``.
    scopes: tuple[ScopeGradient, ...] = ()


@dataclass(frozen=True)
class TangentStep:
    """The turn of one operation in forward mode: a nudge arrives and is sent on."""

    #: The node's place in ``Graph.nodes``.
    node: int
    #: For each input that is nudged: the local derivative, and as ``sent`` its product with the
    #: tangent of the input; None where that is not known.
    flows: tuple[EdgeGradient, ...]
    #: For each result its tangent, the sum of these products.
    sent: tuple[Value | None, ...]
    #: Why it is not known.
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class JVP:
    """A nudge that was pushed forward through a graph: a Jacobian-vector product, step by step."""

    graph: Graph
    #: The operations that a nudge reached, inputs before outputs.
    steps: tuple[TangentStep, ...]
    #: By the key of each tensor that a nudge reached its tangent; None where that is not known.
    tangents: dict[int, Value | None]
    #: The keys of the leaves that were nudged.
    nudged: tuple[int, ...]
    #: The tangent of the output, a tensor; None where it is not known.
    output: object = field(default=None, compare=False)

    def flows(self) -> dict[int, EdgeGradient]:
        """What entered each operation, by its place in ``graph.edges``, in the order of the
        steps.
        """
        return {flow.edge: flow for step in self.steps for flow in step.flows}

    def gradients(self) -> Gradients:
        """The tangents at each place of the graph."""
        notes = {step.node: step.notes for step in self.steps}
        makers = self.graph.makers
        arrived = {
            key: Arrival(value, notes.get(makers[key].source, ()) if key in makers else ())
            for key, value in self.tangents.items()
        }
        return Gradients(self.flows(), arrived, {}, forward=True)
