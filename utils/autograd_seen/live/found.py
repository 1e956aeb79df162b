"""Which nodes lead to a tensor: the first look at a graph, at which no value is read."""

import heapq
import threading
from typing import NamedTuple, NewType

import torch
from torch.autograd.graph import GradientEdge
from torch.autograd.graph import Node as TorchNode

LEAF = "torch::autograd::AccumulateGrad"
#: The most operations that a walk touches, on a large stack and on any other. To free a chain of
#: nodes that Python has touched takes 208 to 256 bytes of stack for each: a stack of 8 MB overflows
#: from about 40,000, one of 1 MB from about 4,000, one of 512 kB from about 2,000.
MOST_TOUCHED, FEW_TOUCHED = 6_000, 1_000
#: A stack of so many bytes is large: more than twice what freeing the most takes.
LARGE_STACK = 2**22

#: The ``id()`` of a tensor that stands at no gradient edge: a constant.
ConstantId = NewType("ConstantId", int)
#: What tells one tensor of a graph from the others, whatever Python object holds it.
Spot = GradientEdge | ConstantId


class Found(NamedTuple):
    """The nodes that lead to one tensor, and the gradient edges between them.

    A leaf's gradient edge is (its AccumulateGrad, 0), a result's (its operation, output number).
    """

    root: GradientEdge
    #: Newest first, as the engine runs.
    operations: tuple
    #: By operation: the gradient edges of its inputs, in the order of ``next_functions``; None for
    #: an input that has none.
    inputs: dict[object, list[GradientEdge | None]]
    #: The operations at which the walk stopped.
    cut: dict[object, None]
    #: By its AccumulateGrad.
    leaves: dict[object, torch.Tensor]
    #: All edges that something here consumes, and the root; an ordered set.
    edges: dict[GradientEdge, None]
    #: By the ``id()`` of a leaf.
    leaf_edges: dict[int, GradientEdge]

    def spot(self, tensor: torch.Tensor) -> Spot:
        """Where a tensor stands; its id where it is neither a leaf of this graph nor a result."""
        edge = self.leaf_edges.get(id(tensor))
        if edge is not None:
            return edge
        try:
            node = tensor.grad_fn
        except RuntimeError:  # a view whose base was changed in a way that autograd refuses
            node = None
        if node is None:
            return ConstantId(id(tensor))
        return GradientEdge(node, tensor.output_nr)


class _Queue:
    """The operations that are still to be visited, the newest first, and the leaves met so far."""

    def __init__(self):
        self.waiting: list = []
        self.seen: set = set()
        self.leaves: dict = {}

    def visit(self, node) -> None:
        if node in self.seen:
            return
        self.seen.add(node)
        if node_name(node) == LEAF:
            self.leaves[node] = node.variable
        else:
            heapq.heappush(self.waiting, (-node._sequence_nr(), len(self.seen), node))

    def newest(self):
        return heapq.heappop(self.waiting)[2]


def most_touched() -> int:
    """How many operations a walk may touch here: the main thread alone has a stack whose size is
    known, and on Linux and macOS it is large unless somebody has made it small.
    """
    if threading.current_thread() is not threading.main_thread():
        return FEW_TOUCHED
    try:
        import resource
    except ImportError:  # Windows
        return FEW_TOUCHED
    size, _ = resource.getrlimit(resource.RLIMIT_STACK)
    is_large = size == resource.RLIM_INFINITY or size >= LARGE_STACK
    return MOST_TOUCHED if is_large else FEW_TOUCHED


def find(output: torch.Tensor, max_operations: int) -> Found:
    """Walks from a tensor to its inputs, the newest operation first.

    What a limit leaves out is then what was computed earliest."""
    root = GradientEdge(output.grad_fn, output.output_nr)
    if root.node is None:  # a leaf by itself
        root = GradientEdge(torch.autograd.graph.get_gradient_edge(output).node, 0)
    most = min(max_operations, FEW_TOUCHED)
    inputs, cut, edges = {}, {}, {root: None}
    queue = _Queue()
    queue.visit(root.node)
    while queue.waiting and len(inputs) < most:
        node = queue.newest()
        if _stacked(node) > FEW_TOUCHED:
            cut[node] = None
            continue
        inputs[node] = [
            None if one[0] is None else GradientEdge(*one) for one in node.next_functions
        ]
        for edge in inputs[node]:
            if edge is not None:
                edges[edge] = None
                queue.visit(edge.node)
        if len(inputs) == FEW_TOUCHED:  # as in few graphs
            most = min(max_operations, most_touched())
    while queue.waiting:
        cut[queue.newest()] = None
    leaf_edges = {id(leaf): GradientEdge(node, 0) for node, leaf in queue.leaves.items()}
    return Found(root, tuple(inputs), inputs, cut, queue.leaves, edges, leaf_edges)


def node_name(node: TorchNode) -> str:
    """The name of PyTorch's node.

    Through the type, since a Function may keep something of its own as ctx.name."""
    return type(node).name(node)


def spot_of(source: GradientEdge | torch.Tensor | None) -> Spot | None:
    """Where a tensor stands, of an edge of the graph or of a constant."""
    return ConstantId(id(source)) if isinstance(source, torch.Tensor) else source


def metadata(output: object) -> tuple:
    """Shape and dtype of one output of a node, as its ``_input_metadata`` has them."""
    try:
        return output.shape, output.dtype
    except RuntimeError:  # a nested tensor has no one shape
        return None, output.dtype


def _stacked(node) -> int:
    """How many tensors a stack was made of: reading its ``next_functions`` touches them all, at any
    depth.
    """
    if node_name(node) != "StackBackward0":
        return 0
    shape, dim = metadata(node._input_metadata[0])[0], node._saved_dim
    return shape[dim - 2**64 if dim >= 2**63 else dim]
