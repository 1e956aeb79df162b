"""How large the gradients are that arrive at each call of a module, and that it sends on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    return tuple(map(_Pass(graph, sent, arrived, seed).of, graph.scopes))


@dataclass(frozen=True)
class _Pass:
    graph: Graph
    sent: Mapping[int, torch.Tensor | None]
    arrived: Mapping[int, Sequence[torch.Tensor | None]]
    seed: torch.Tensor

    def of(self, scope: Scope) -> ScopeGradient:
        made = {edge.target: edge for key in scope.nodes for edge in self.graph.outputs(key)}
        left: dict[int, list] = {}
        kept: dict[int, list] = {}
        for place, edge in (pair for key in scope.nodes for pair in self.graph.entering(key)):
            if place in self.sent and edge.source not in made:
                side = kept if edge.source in scope.own else left
                side.setdefault(edge.source, []).append(self.sent[place])
        came = [self._came(scope, edge) for edge in made.values()]
        return ScopeGradient(_norm(came), _norm(left.values()), _norm(kept.values()))

    def _came(self, scope: Scope, made: Edge) -> list[torch.Tensor | None]:
        """What came from outside to a tensor that a call made: the whole, or its parts."""
        uses = [(place, use) for place, use in self.graph.leaving(made.target) if use.tracked]
        outside = [place for place, use in uses if use.target not in scope.nodes]
        if len(outside) == len(uses):
            # What arrived, and not what was sent: a hook may have changed it between.
            return list(self.arrived.get(made.source, ())[made.slot : made.slot + 1])
        seed = [self.seed] if made.target == self.graph.root else []
        return [*map(self.sent.get, outside), *seed]


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
