"""A graph in which something was folded, and what its places stand for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autograd_seen.graph import JVP, Gradients, Graph, Recording


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
    #: By the index of an old edge: all edges that one edge into the box of a module stands for,
    #: where these are several.
    ways: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def gradients(self, recording: Recording | JVP) -> Gradients:
        """What a recorded pass left at each place, from the places that these stand for.

        Beside the edge into a box that stands for several operations no local derivative is given:
        that of the first would be read as that of all. So would what a tangent gives there.
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
            same = [whole.flows[one] for one in self.ways.get(old, (old,)) if one in whole.flows]
            if same:
                box = self.graph.nodes[self.graph.edges[index].target]
                sent = next((one for one in same if one.sent is not None), same[0])
                flow = replace(sent, edge=index, ways=len(same))
                if box.count == 1 and box.module is None:
                    flows[index] = flow
                elif not whole.forward:
                    flows[index] = replace(flow, local=None, jacobian=None)
        keys = nodes.items()
        arrived = {key: whole.arrived[old] for key, old in keys if old in whole.arrived}
        leaves = {key: whole.leaves[old] for key, old in keys if old in whole.leaves}
        return replace(whole, flows=flows, arrived=arrived, leaves=leaves)

    def compose(self, step: Callable[[Graph], "Folded | None"]) -> "Folded":
        """After another step; this one where that changes nothing."""
        further = step(self.graph)
        if further is None:
            return self
        nodes = tuple(self.nodes[key] for key in further.nodes)
        edges = tuple(self.edges[index] for index in further.edges)
        ways = {
            self.edges[first]: tuple(self.edges[index] for index in same)
            for first, same in further.ways.items()
        }
        return Folded(
            further.graph,
            nodes,
            edges,
            last_nodes=_last(self.nodes, self.last_nodes, further.nodes, further.last_nodes),
            last_edges=_last(self.edges, self.last_edges, further.edges, further.last_edges),
            ways=self.ways | ways,
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
