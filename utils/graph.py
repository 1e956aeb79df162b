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
