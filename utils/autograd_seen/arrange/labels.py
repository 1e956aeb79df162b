"""Which tensors are labels on their arrow, and how texts beside edges get room: pure functions.

A text beside an edge is laid out as a box through which the edge runs, so that nothing else comes
to stand there.
"""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from autograd_seen.graph import Branch, Graph, Node


def on_arrows(graph: Graph) -> frozenset[int]:
    """The keys of the tensors that are labels: unnamed, made by one operation, and used by one.

    A tensor is an oval where it has a name, and where it begins or ends something: a leaf, a
    constant, the root, and what is used more than once or not at all.
    """
    return frozenset(node.key for node in graph.nodes if _is_on_an_arrow(graph, node))


def _is_on_an_arrow(graph: Graph, node: Node) -> bool:
    if node.role != "intermediate" or node.named:
        return False
    uses = graph.outputs(node.key)
    return len(uses) == 1 and uses[0].tracked and bool(graph.inputs(node.key))


@dataclass(frozen=True)
class Threaded:
    """A graph in which the texts beside edges are boxes too, numbered inputs first.

    ``edges`` are (source, target) by these numbers; ``tree`` holds the groups by them.
    """

    #: The number of each node of the graph.
    nodes: tuple[int, ...]
    #: By the index of an edge with a text, the number of the text.
    texts: dict[int, int]
    edges: tuple[tuple[int, int], ...]
    #: For each edge of the graph where its part, or its first part of two, is in ``edges``.
    parts: tuple[int, ...]
    tree: tuple[Branch, ...]


def thread(graph: Graph, with_text: Collection[int]) -> Threaded:
    """Puts a box on each of the edges ``with_text``, given by their places in ``graph.edges``.

    A text stands just before the target of its edge, and in its frame.
    """
    entering: dict[int, list[int]] = {}
    for index in sorted(with_text):
        entering.setdefault(graph.edges[index].target, []).append(index)
    nodes, texts, number = [], {}, 0
    for node in graph.nodes:
        for index in entering.get(node.key, ()):
            texts[index] = number
            number += 1
        nodes.append(number)
        number += 1
    edges, parts = [], []
    for index, edge in enumerate(graph.edges):
        stops = [
            nodes[edge.source],
            *([texts[index]] if index in texts else []),
            nodes[edge.target],
        ]
        parts.append(len(edges))
        edges += itertools.pairwise(stops)
    within = {key: [nodes[key], *(texts[i] for i in entering.get(key, ()))] for key in entering}
    tree = _renumbered(graph.tree, nodes, within)
    return Threaded(tuple(nodes), texts, tuple(edges), tuple(parts), tree)


def _renumbered(
    branches: Iterable[Branch], nodes: list[int], within: dict[int, list[int]]
) -> tuple[Branch, ...]:
    found = []
    for branch in branches:
        held = [n for key in branch.group.nodes for n in within.get(key, [nodes[key]])]
        group = replace(branch.group, nodes=tuple(sorted(held)))
        found.append(Branch(branch.index, group, _renumbered(branch.inner, nodes, within)))
    return tuple(found)
