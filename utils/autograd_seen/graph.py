"""A computation graph as plain data: what was computed, from what, and in which order.

Two kinds of node alternate. A *tensor* is a value; an *operation* is one node of PyTorch's backward
graph. An edge from a tensor to an operation is one entry of the operation's ``next_functions``,
read in the direction of the forward pass; an edge from an operation to a tensor is one of its
outputs. An edge from a tensor to a constant is a *border*: a value went that way, and PyTorch keeps
no way back."""

from dataclasses import dataclass

#: What stands for a gradient that is not defined.
NONE = "None"


@dataclass(frozen=True)
class Node:
    """One tensor, one operation, or the place where drawing stopped.

    ``kind`` is ``"tensor"``, ``"operation"`` or ``"cut"``; ``key`` is the node's place in
    ``Graph.nodes``."""

    key: int
    kind: str
    #: A tensor: "leaf", "intermediate", "root" or "constant". Otherwise the same word as ``kind``.
    role: str
    #: A tensor: the caller's name for it, or "#3". An operation: the maths, such as "x²" or "× 2".
    name: str
    #: An operation: the maths with its inputs, such as "sin(y)".
    expression: str = ""
    #: The name of PyTorch's node: "SinBackward0"; of a leaf, "torch::autograd::AccumulateGrad".
    class_name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    #: A tensor's value in a few words; empty where it is neither alive nor saved.
    value: str = ""
    #: What ``.grad`` holds, in a few words; empty for None.
    grad: str = ""
    #: An operation: the names of the tensors that it keeps for the backward pass.
    saved: tuple[str, ...] = ()
    #: An operation: a backward pass has freed what it saved.
    freed: bool = False
    #: An operation: the order of its inputs matters.
    ordered: bool = False
    #: Facts in the reader's words, such as "detached from x".
    notes: tuple[str, ...] = ()
    #: An operation: the numbers and words that it keeps beside tensors, such as "dim=1".
    settings: tuple[str, ...] = ()
    #: An operation: how many this box stands for, one after the other, where a graph is folded.
    count: int = 1
    #: An operation that was recorded: the source line, or the part of it, that ran it: "line 3:
    #: torch.sin(y)".
    line: str = ""


@dataclass(frozen=True)
class Edge:
    """The value ``source`` enters ``target``, in the direction of the forward pass.

    ``slot`` is the input's place in ``next_functions``, or the output's number. It is None for a
    tensor that an operation saved and that has no place in ``next_functions``, such as the indices
    of an embedding."""

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
    tensors."""

    nodes: tuple[int, ...]
    times: int
    carries: tuple[tuple[int, int], ...] = ()

    @property
    def label(self) -> str:
        return f"× {self.times}"


@dataclass(frozen=True)
class Graph:
    """All nodes, inputs before outputs (so ``nodes[k].key == k``), and all edges.

    ``limit`` is the number of operations after which drawing stopped, or None where nothing is
    missing. ``groups`` are the repeated blocks of a folded graph: of two, one holds the other or
    they share nothing; the outer comes first."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: int
    limit: int | None = None
    groups: tuple[Group, ...] = ()

    def inputs(self, key: int) -> list[Edge]:
        """The edges that enter a node, in slot order."""
        return [e for e in self.edges if e.target == key]

    def count(self) -> int:
        """How many operations the graph stands for: a folded one for more than it has boxes."""
        counts = {node.key: node.count for node in self.nodes if node.kind == "operation"}
        for group in self.groups:
            counts |= {key: counts[key] * group.times for key in group.nodes if key in counts}
        return sum(counts.values())


@dataclass(frozen=True)
class Flow:
    """What went back along one edge from an operation to one of its inputs.

    The texts are in a few words, as a picture shows them. ``local_number`` and ``sent_number`` are
    the exact numbers where the edge carries one number, else None; ``gradient`` is the tensor that
    was sent, or None where the derivative is not defined for this input."""

    #: The edge's place in ``Graph.edges``.
    edge: int
    #: The local derivative; for an elementwise operation, of each element. Empty where it is a
    #: whole Jacobian.
    local: str
    sent: str
    local_number: float | complex | None = None
    sent_number: float | complex | None = None
    gradient: object = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """The turn of one node in a backward pass: an operation's, or a leaf's."""

    #: The node's place in ``Graph.nodes``.
    node: int
    #: The gradient that arrived, summed over all consumers; one for each output of the operation.
    arriving: tuple[str, ...]
    arriving_number: float | complex | None = None
    flows: tuple[Flow, ...] = ()
    #: A leaf: what ``.grad`` held before, and after what arrived was added.
    before: str = ""
    after: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """A backward pass: the graph as it was before, and the steps in the order in which the engine
    took them.
    """

    graph: Graph
    steps: tuple[Step, ...]
    #: The gradient that the pass started from.
    seed: str
    #: Whether the pass added to ``.grad`` and freed what was saved, as ``backward()`` does.
    accumulated: bool = False
    #: Whether the pass was itself recorded, for a higher derivative.
    create_graph: bool = False

    def flows(self) -> dict[int, Flow]:
        """Each flow by the place of its edge in ``graph.edges``."""
        return {flow.edge: flow for step in self.steps for flow in step.flows}

    def passage(self) -> "Passage":
        """What the pass left at each place of the graph."""
        steps = {step.node: step for step in self.steps}
        makers = {
            e.target: e for e in self.graph.edges if self.graph.nodes[e.source].kind == "operation"
        }
        arrived = {
            key: (steps[edge.source].arriving[edge.slot], *steps[edge.source].notes)
            for key, edge in makers.items()
            if edge.source in steps
        }
        leaves = {
            key: step for key, step in steps.items() if self.graph.nodes[key].kind == "tensor"
        }
        return Passage(self.flows(), arrived, leaves)


@dataclass(frozen=True)
class Passage:
    """What a backward pass left at each place of a graph, as a picture of it shows it."""

    #: By the place of the edge in ``Graph.edges``.
    flows: dict[int, Flow]
    #: By the key of a result: the gradient that arrived there, and what is to be said of it.
    arrived: dict[int, tuple[str, ...]]
    #: By the key of a leaf.
    leaves: dict[int, Step]
