"""A computation graph as plain data: what was computed, from what, and in which order.

Two kinds of node alternate. A *tensor* is a value; an *operation* is one node of PyTorch's backward graph.
An edge from a tensor to an operation is one entry of the operation's ``next_functions``, read in the
direction of the forward pass; an edge from an operation to a tensor is one of its outputs.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """One tensor, one operation, or the place where drawing stopped.

    ``kind`` is ``"tensor"``, ``"operation"`` or ``"cut"``; ``key`` is the node's place in ``Graph.nodes``.
    """

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


@dataclass(frozen=True)
class Edge:
    """The value ``source`` enters ``target``, in the direction of the forward pass.

    ``slot`` is the input's place in ``next_functions``, or the output's number. It is None for a tensor that
    an operation saved and that has no place in ``next_functions``, such as the indices of an embedding.
    """

    source: int
    target: int
    slot: int | None


@dataclass(frozen=True)
class Graph:
    """All nodes, inputs before outputs (so ``nodes[k].key == k``), and all edges.

    ``limit`` is the number of operations after which drawing stopped, or None where nothing is missing.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: int
    limit: int | None = None

    def inputs(self, key: int) -> list[Edge]:
        """The edges that enter a node, in slot order."""
        return [e for e in self.edges if e.target == key]


@dataclass(frozen=True)
class Flow:
    """What went back along one edge from an operation to one of its inputs.

    The texts are in a few words, as a picture shows them. ``local_number`` and ``sent_number`` are the exact
    numbers where the edge carries one number, else None; ``gradient`` is the tensor that was sent, or None
    where the derivative is not defined for this input.
    """

    #: The edge's place in ``Graph.edges``.
    edge: int
    #: The local derivative; for an elementwise operation, of each element. Empty where it is a whole Jacobian.
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
    """A backward pass: the graph as it was before, and the steps in the order in which the engine took them."""

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
