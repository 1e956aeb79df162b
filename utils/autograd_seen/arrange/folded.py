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
    that leaves it for that which leaves the last copy.
    """

    graph: Graph
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    #: By the index of an old edge: all edges that one edge into the box of a module stands for,
    #: where these are several.
    ways: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def gradients(self, recording: Recording) -> Gradients:
        """What a recorded pass left at each place, from the places that these stand for.

        Beside the edge into a box that stands for several operations no local derivative is given:
        that of the first would be read as that of all.
        """
        whole = recording.gradients()
        flows = {}
        for index, old in enumerate(self.edges):
            same = [whole.flows[one] for one in self.ways.get(old, (old,)) if one in whole.flows]
            if same:
                box = self.graph.nodes[self.graph.edges[index].target]
                sent = next((one for one in same if one.sent is not None), same[0])
                flow = replace(sent, edge=index, ways=len(same))
                flows[index] = flow if box.count == 1 else replace(flow, local=None)
                if box.module is not None:
                    flows[index] = replace(flow, local=None, jacobian=None)
        keys = list(enumerate(self.nodes))
        arrived = {key: whole.arrived[old] for key, old in keys if old in whole.arrived}
        leaves = {key: whole.leaves[old] for key, old in keys if old in whole.leaves}
        return Gradients(flows, arrived, leaves, whole.accumulated, whole.scopes)

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
        return Folded(further.graph, nodes, edges, self.ways | ways)


def unfolded(graph: Graph) -> Folded:
    """The graph as it is: each place stands for itself."""
    return Folded(graph, tuple(range(len(graph.nodes))), tuple(range(len(graph.edges))))
