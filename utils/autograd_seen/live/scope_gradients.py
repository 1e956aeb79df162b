"""How large the gradients are that arrive at each call of a module, and that it sends on."""

from collections.abc import Iterable, Mapping, Sequence

import torch

from autograd_seen.graph import Edge, Graph, Scope, ScopeGradient, Step


def scope_gradients(
    graph: Graph,
    steps: Iterable[Step],
    arrived: Mapping[int, Sequence[torch.Tensor | None]],
    seed: torch.Tensor,
) -> tuple[ScopeGradient, ...]:
    """One for each of ``graph.scopes``: the Euclidean norms of what came in from outside, over all
    that the call gave, of what went out to all that it took, and of what went to its parameters.

    ``arrived`` has by the key of an operation what arrived at each of its outputs.
    """
    sent = {flow.edge: flow.gradient for step in steps for flow in step.flows}
    entering: dict[int, list[tuple[int, Edge]]] = {}
    for index, edge in enumerate(graph.edges):
        entering.setdefault(edge.target, []).append((index, edge))
    return tuple(_of(scope, graph, sent, entering, arrived, seed) for scope in graph.scopes)


def _of(
    scope: Scope,
    graph: Graph,
    sent: Mapping[int, torch.Tensor | None],
    entering: Mapping[int, list[tuple[int, Edge]]],
    arrived: Mapping[int, Sequence[torch.Tensor | None]],
    seed: torch.Tensor,
) -> ScopeGradient:
    made = {edge.target: edge for key in scope.nodes for edge in graph.outputs(key)}
    came: dict[int, list] = {}
    for key, edge in made.items():
        uses = [use for use in graph.outputs(key) if use.tracked]
        outside = [use for use in uses if use.target not in scope.nodes]
        if len(outside) == len(uses) and (uses or key == graph.root):
            # What arrived, and not what was sent: a hook may have changed it between.
            outputs = arrived.get(edge.source, ())
            came[key] = [outputs[edge.slot] if edge.slot < len(outputs) else None]
            continue
        same = (i for use in outside for i, one in entering[use.target] if one is use)
        came[key] = [sent.get(i) for i in same] + ([seed] if key == graph.root else [])
    left: dict[int, list] = {}
    kept: dict[int, list] = {}
    for key in scope.nodes:
        for index, edge in entering.get(key, ()):
            if index in sent and edge.source not in made:
                side = kept if edge.source in scope.own else left
                side.setdefault(edge.source, []).append(sent[index])
    return ScopeGradient(_norm(came.values()), _norm(left.values()), _norm(kept.values()))


def _norm(parts: Iterable[list[torch.Tensor | None]]) -> float | None:
    """The Euclidean norm of all numbers of some gradients, each the sum of what was sent to one
    tensor; None where nothing was sent, or something cannot be read.
    """
    squares = []
    with torch.no_grad():
        for several in parts:
            given = [one.detach() for one in several if one is not None]
            if any(one.is_nested or one.is_meta for one in given):
                return None
            if given:
                total = sum(given[1:], given[0])
                total = total.to_dense() if total.layout != torch.strided else total
                norm = torch.linalg.vector_norm(total, dtype=_wide(total.dtype))
                squares.append(float(norm) ** 2)
    return sum(squares) ** 0.5 if squares else None


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.complex128 if dtype.is_complex else torch.float64
