"""Lists that take a result of each copy of a block, such as ``torch.stack`` of a loop's states.

Folding asks that nothing outside a block uses what its copies make, but for the last. So a list is
first thinned out to the last of the results that are made alike, or to the last two, where a
variable holds what the last round of a loop made; after folding it is looked at which of the others
are drawn, and told that the rest enters too. Pure functions of plain data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from autograd_seen.arrange.folded import Folded
from autograd_seen.graph import Edge, Fact, Graph, Node, Note

#: From so many results that are made alike on a list is thinned out.
MANY = 3


def thin(graph: Graph, left_out: int) -> Folded | None:
    """The graph without the edges into lists that are not the last of their kind; None where there
    are no such lists. As many as are ``left_out`` at the end of each list stand for themselves.
    """
    dropped = {index for alike in _alike(graph, left_out) for index in alike[:-1]}
    if not dropped:
        return None
    left = tuple(index for index in range(len(graph.edges)) if index not in dropped)
    edges = tuple(graph.edges[index] for index in left)
    return Folded(replace(graph, edges=edges), tuple(range(len(graph.nodes))), left)


def filled(whole: Graph, folded: Folded, left_out: int) -> Folded | None:
    """A folded thinned graph in which each list tells how much of ``whole`` it takes.

    None where a list takes something that is folded away and is not of each copy of one block.
    """
    keys = {old: new for new, old in enumerate(folded.nodes)}
    nodes, added = list(folded.graph.nodes), []
    for alike in _alike(whole, left_out):
        edges = [whole.edges[index] for index in alike]
        target = keys.get(edges[-1].target)
        if target is None or edges[-1].source not in keys:
            return None
        drawn = [index for index in alike[:-1] if whole.edges[index].source in keys]
        added += drawn
        if len(drawn) < len(alike) - 1:
            times = _copies(whole, folded, keys, edges)
            if times is None:
                return None
            name = folded.graph.nodes[keys[edges[-1].source]].name
            note = Note(Fact.OF_EACH, (name, times))
            nodes[target] = nodes[target]._replace(notes=(*nodes[target].notes, note))
    return _with_edges(whole, folded, keys, nodes, added)


def _alike(graph: Graph, left_out: int) -> Iterator[list[int]]:
    """The edges into each list of what is made by one kind of operation, in the list's order, where
    these are many; without the last ones that are left out.
    """
    found: dict[tuple, list[int]] = {}
    for index, edge in enumerate(graph.edges):
        operator, maker = graph.nodes[edge.target].operator, graph.makers.get(edge.source)
        if operator is not None and operator.takes_list and maker is not None:
            made_by = graph.nodes[maker.source].class_name
            found.setdefault((edge.target, made_by, maker.slot), []).append(index)
    for alike in found.values():
        if len(alike) >= MANY + left_out:
            yield alike[: len(alike) - left_out]


def _copies(whole: Graph, folded: Folded, keys: dict, edges: Sequence[Edge]) -> int | None:
    """How many copies a block has, of which each makes one of what a list takes; None where the
    list takes anything else that is folded away.
    """
    graph, last = folded.graph, keys[edges[-1].source]
    counts = [n.details[0] for n in graph.nodes[last].notes if n.fact is Fact.AFTER_ALL]
    maker = graph.makers[last].source
    groups = [group for group in graph.groups if maker in group.nodes]
    if len(counts) != 1 or len(groups) != 1:
        return None
    of_copies = edges[-counts[0] :]
    gone = {edge for edge in edges if edge.source not in keys}
    if len(of_copies) < counts[0] or not gone <= set(of_copies):
        return None
    period = sum(graph.nodes[key].count for key in groups[0].nodes if _runs(graph.nodes[key]))
    return counts[0] if _made_in_turn(whole, of_copies, period) else None


def _made_in_turn(graph: Graph, edges: Sequence[Edge], period: int) -> bool:
    """Whether the operations that made what edges bring ran ``period`` operations apart."""
    turns = {node.key: turn for turn, node in enumerate(filter(_runs, graph.nodes))}
    made = [turns[graph.makers[edge.source].source] for edge in edges]
    return all(b - a == period for a, b in pairwise(made))


def _runs(node: Node) -> bool:
    return node.kind == "operation"


def _with_edges(
    whole: Graph, folded: Folded, keys: dict, nodes: list[Node], added: list[int]
) -> Folded:
    """A folded graph with some of the edges of the whole one again, each beside those that enter
    the same node.
    """
    ends = list(zip(folded.graph.edges, folded.edges, strict=True))
    for index in added:
        edge = whole.edges[index]
        edge = edge._replace(source=keys[edge.source], target=keys[edge.target])
        places = [i for i, (other, _) in enumerate(ends) if other.target == edge.target]
        before = [i for i in places if ends[i][0].slot is None or ends[i][0].slot > edge.slot]
        ends.insert(min(before), (edge, index))
    graph = replace(folded.graph, nodes=tuple(nodes), edges=tuple(edge for edge, _ in ends))
    edges = tuple(index for _, index in ends)
    lasts = {folded.edges[place]: last for place, last in folded.last_edges.items()}
    last_edges = {place: lasts[index] for place, index in enumerate(edges) if index in lasts}
    return Folded(graph, folded.nodes, edges, folded.last_nodes, last_edges, folded.ways)
