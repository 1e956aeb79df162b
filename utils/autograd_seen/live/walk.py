"""From a live tensor to a Graph of plain data.

Walking reads and never changes anything. It calls no node, unpacks nothing that a saved-tensor hook
has packed (a checkpointed forward would run again) and bounds how many nodes it touches: PyTorch
keeps a Python wrapper alive with each node that Python has touched, and freeing a deep chain of
these overflows the C++ stack.

It has four steps: `found` walks the nodes, `known` reads what stands there (with `saved`, what each
operation keeps, and `taped`, what a tape adds), `versions` and `arithmetic` find what was written
into since, and `build` numbers it all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from autograd_seen.births import NOTHING, mark_values, value_of
from autograd_seen.graph import Graph
from autograd_seen.live import known
from autograd_seen.live.build import Builder
from autograd_seen.live.forward import Tape
from autograd_seen.live.found import MOST_TOUCHED, Found, GradientEdge
from autograd_seen.live.scopes import Named
from autograd_seen.values import clip, kind_of

__all__ = ["MOST_TOUCHED", "Live", "check_limit", "check_names", "trace", "trace_live"]


@dataclass(frozen=True)
class Live:
    """What the keys of a Graph stand for, as long as the computation is alive."""

    #: Of each operation, PyTorch's node.
    operations: dict[int, object]
    #: Of each leaf and each result.
    gradient_edges: dict[int, GradientEdge]
    #: Keys of operations whose saved tensors a hook has packed: calling these could run code of the
    #: user's.
    packed: frozenset[int]
    #: The tensors that are known to stand in the graph.
    tensors: tuple[torch.Tensor, ...]


def trace(
    output: torch.Tensor,
    names: Sequence[tuple[str, torch.Tensor]],
    max_operations: int,
    tape: Tape | None = None,
    asked: Mapping[str, torch.Tensor] | None = None,
    modules: Named = (),
) -> Graph:
    """The graph that leads to ``output``: its last ``max_operations`` operations, newest first.

    ``names`` gives names to tensors; of two names for one tensor the first wins. ``asked`` are
    names whose tensors must be able to stand in the graph. ``tape`` is what ``record_forward`` has
    of the computation, or None; ``modules`` gives names to modules, whose calls a tape has. A
    tensor without a graph raises ValueError.
    """
    return _built(output, names, max_operations, tape, asked, modules)[0]


def trace_live(
    output: torch.Tensor,
    names: Sequence[tuple[str, torch.Tensor]],
    max_operations: int,
    tape: Tape | None = None,
    asked: Mapping[str, torch.Tensor] | None = None,
    modules: Named = (),
) -> tuple[Graph, Live]:
    """The same, with what the graph's keys stand for."""
    graph, builder = _built(output, names, max_operations, tape, asked, modules)
    edges = {key: spot for spot, key in builder.keys.items() if isinstance(spot, GradientEdge)}
    saved, tensors = builder.known.saved, tuple(builder.known.tensors.values())
    packed = frozenset(key for key, node in builder.operations.items() if saved[node].packed)
    return graph, Live(builder.operations, edges, packed, tensors)


def _built(output, names, max_operations, tape, asked, modules) -> tuple[Graph, Builder]:
    """The same, with what has built it."""
    if not output.requires_grad:
        raise ValueError(
            f"draw_graph needs a tensor with a graph, and this one has none: {why_no_graph(output)}"
        )
    read = known.read(output, names, max_operations, tape)
    _check_asked(read.found, asked or {})
    builder = Builder(read, modules)
    graph = builder.graph()
    if not _ends_finite(graph):
        graph = mark_values(graph)
    return graph, builder


def _ends_finite(graph: Graph) -> bool:
    """Whether the root is known to be finite: then no number that is not has reached it."""
    value = value_of(graph.nodes[graph.root])
    return value is not None and value.not_finite == NOTHING


def check_limit(max_operations: int) -> None:
    """Raises ValueError where this is no number of operations."""
    whole = isinstance(max_operations, int) and not isinstance(max_operations, bool)
    if not whole or max_operations < 1:
        raise ValueError(f"max_operations={max_operations!r}: use a whole number of at least 1")


def check_names(named: Mapping[str, torch.Tensor]) -> None:
    """Raises TypeError where a name is given to what is no tensor."""
    for name, tensor in named.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"{clip(name)}=… names a tensor of the graph, and got {kind_of(tensor)}"
            )


def _check_asked(found: Found, asked: Mapping[str, torch.Tensor]) -> None:
    """Raises ValueError where a name is given to what cannot be in the graph.

    What the walk did not reach might be in it, and a constant that no operation saved is nowhere:
    naming either does no harm."""
    if found.cut:
        return
    for name, tensor in asked.items():
        if tensor.requires_grad and found.spot(tensor) not in found.edges:
            raise ValueError(
                f"{clip(name)}=… names a tensor that is not in this graph: the output was not "
                "made from it"
            )


def why_no_graph(tensor: torch.Tensor) -> str:
    """What an error says of a tensor without a graph, and how to get one."""
    transform = _transform_around(tensor)
    if transform:
        return (
            f"inside {transform} it stands for more than one tensor, and shows no graph. Draw what "
            f"{transform} returns, or call the function without it"
        )
    if tensor.is_inference():
        return "it was made under torch.inference_mode(). Compute it outside"
    return (
        "requires_grad is False and grad_fn is None. Give an input requires_grad=True, and compute "
        "the result outside no_grad() and without detach()"
    )


def _transform_around(tensor: torch.Tensor) -> str:
    """The transform inside which a tensor hides its graph; else empty."""
    functorch = torch._C._functorch
    stack = functorch.peek_interpreter_stack()
    if stack is None or not functorch.is_functorch_wrapped_tensor(tensor):
        return ""
    kinds = functorch.TransformType
    return {kinds.Vmap: "torch.vmap", kinds.Jvp: "torch.func.jvp"}.get(stack.key(), "")
