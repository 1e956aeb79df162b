"""A graph in which something was folded, and what its places stand for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autograd_seen.graph import Gradients, Graph, Recording


@dataclass(frozen=True)
class Folded:
    """A folded graph; for each node the key, and for each edge the index, of what it stands for in
    the old graph.

    A chain and a run of views stand for their last operation, the edge into them for that into the
    first, the edge out of them for that out of the last. A block stands for its first copy, an edge
    that leaves it for that which leaves the last copy. What else a place of the first copy has in
    the last one, ``last_nodes`` and ``last_edges`` tell.
    """

    graph: Graph
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    #: By the key of a node, and by the index of an edge, of a first copy: that of the last copy in
    #: the old graph.
    last_nodes: dict[int, int] = field(default_factory=dict)
    last_edges: dict[int, int] = field(default_factory=dict)

    def gradients(self, recording: Recording) -> Gradients:
        """What a recorded pass left at each place, from the places that these stand for.

        Beside the edge into a box that stands for several operations no local derivative is given:
        that of the first would be read as that of all.
        """
        whole = recording.gradients()
        seen = self._seen(whole, dict(enumerate(self.nodes)), dict(enumerate(self.edges)))
        if not self.last_nodes and not self.last_edges:
            return seen
        return replace(seen, last=self._seen(whole, self.last_nodes, self.last_edges))

    def _seen(self, whole: Gradients, nodes: dict[int, int], edges: dict[int, int]) -> Gradients:
        """What a pass left at some places, by what these stand for."""
        flows = {}
        for index, old in edges.items():
            if old in whole.flows:
                box = self.graph.nodes[self.graph.edges[index].target]
                flow = replace(whole.flows[old], edge=index)
                flows[index] = flow if box.count == 1 else replace(flow, local=None)
        keys = nodes.items()
        arrived = {key: whole.arrived[old] for key, old in keys if old in whole.arrived}
        leaves = {key: whole.leaves[old] for key, old in keys if old in whole.leaves}
        return Gradients(flows, arrived, leaves, whole.accumulated)

    def compose(self, step: Callable[[Graph], "Folded | None"]) -> "Folded":
        """After another step; this one where that changes nothing."""
        further = step(self.graph)
        if further is None:
            return self
        nodes = tuple(self.nodes[key] for key in further.nodes)
        edges = tuple(self.edges[index] for index in further.edges)
        return Folded(
            *(further.graph, nodes, edges),
            _last(self.nodes, self.last_nodes, further.nodes, further.last_nodes),
            _last(self.edges, self.last_edges, further.edges, further.last_edges),
        )


def _last(
    stands_for: tuple[int, ...],
    last: dict[int, int],
    further: tuple[int, ...],
    further_last: dict[int, int],
) -> dict[int, int]:
    """What places have in the last copies, after one step and a further one: the last copy of the
    last copy.
    """
    found = {}
    for place, between in enumerate(further):
        end = further_last.get(place, between)
        if place in further_last or end in last:
            found[place] = last.get(end, stands_for[end])
    return found


def unfolded(graph: Graph) -> Folded:
    """The graph as it is: each place stands for itself."""
    return Folded(graph, tuple(range(len(graph.nodes))), tuple(range(len(graph.edges))))
