"""Which pictures a reader comes to from one picture of modules, by opening a box or shutting a
frame: pure functions of plain data.
"""

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from autograd_seen.arrange.folded import Folded
from autograd_seen.arrange.modules import open_scopes
from autograd_seen.graph import Graph, Group, Module

#: A module with so many operations is hardly worth opening.
FEW = 4

#: Places in ``Graph.scopes``, such as those of the modules that are open.
Places = frozenset[int]


class Toggle(NamedTuple):
    """A box that opens, or a frame that shuts: its place in the drawn nodes, or groups; and what is
    open afterwards.
    """

    kind: str
    place: int
    module: Module
    opened: Places


class View(NamedTuple):
    """One picture, with what is open in it."""

    opened: Places
    drawn: Folded
    toggles: tuple[Toggle, ...]


class ModuleViews(NamedTuple):
    """A graph with calls of modules, and how it is drawn: folded or not, in how many boxes."""

    graph: Graph
    fold: bool
    most: int
    #: What is open in the first picture.
    opened: Places

    def reachable(self) -> Iterator[View]:
        """The pictures, the first one first, then those that are one step away, then two: first
        what opens, then what shuts, the fewest modules first, since one step undoes that. Into a
        module with few operations it is one step more.
        """
        waiting, met, known = [(0, 0, self.opened)], {self.opened}, {}
        while waiting:
            steps, _, opened = heapq.heappop(waiting)
            drawn = open_scopes(self.graph, opened, self.fold, self.most, known)
            toggles = tuple(_toggles(self.graph, drawn.graph, opened))
            yield View(opened, drawn, toggles)
            for toggle in sorted(toggles, key=lambda one: (one.kind, len(opened - one.opened))):
                if toggle.opened not in met:
                    met.add(toggle.opened)
                    into_few = toggle.kind == "box" and toggle.module.operations <= FEW
                    further = 2 if into_few else 1
                    heapq.heappush(waiting, (steps + further, len(met), toggle.opened))


def _toggles(graph: Graph, drawn: Graph, opened: Places) -> Iterator[Toggle]:
    for node in drawn.nodes:
        if node.module is not None:
            around = [group for group in drawn.groups if node.key in group.nodes]
            places = _meant(graph, node.module, around)
            yield Toggle("box", node.key, node.module, opened | places)
    for i, group in enumerate(drawn.groups):
        if group.module is not None:
            held = set(group.nodes)
            around = [one for one in drawn.groups if held <= set(one.nodes) and one is not group]
            places = _meant(graph, group.module, around)
            yield Toggle("frame", i, group.module, opened - _within(graph, places))


def _meant(graph: Graph, module: Module, around: list[Group]) -> Places:
    """The calls that a box or frame stands for: also those in the other copies of the blocks that
    repeat around it.
    """
    places = _run(graph, module.scope, module.times)
    for group in around:
        if group.times > 1:
            places |= _copies(graph, places, group)
    return frozenset(places)


def _copies(graph: Graph, places: set[int], group: Group) -> set[int]:
    """The calls at the same place in each copy of a block that repeats."""
    # A block without a module's name repeats this call, or calls beside it.
    top = group.module.scope if group.module else min(places)
    found = set()
    for copy in _run(graph, top, group.times):
        twins = {copy + place - top for place in places}
        if all(_is_twin(graph, copy + place - top, place) for place in places):
            found |= twins
    return found


def _is_twin(graph: Graph, one: int, two: int) -> bool:
    if one >= len(graph.scopes):
        return False
    a, b = graph.scopes[one], graph.scopes[two]
    return (a.depth, a.module.kind, len(a.nodes)) == (b.depth, b.module.kind, len(b.nodes))


def _run(graph: Graph, place: int, times: int) -> set[int]:
    """A call and those of its class that follow it inside the same one, so many in all."""
    scope, found = graph.scopes[place], []
    for i in range(place, len(graph.scopes)):
        other = graph.scopes[i]
        if other.parent == scope.parent and other.module.kind == scope.module.kind:
            found.append(i)
        if len(found) == times:
            break
    return set(found)


def _within(graph: Graph, places: Places) -> Places:
    """Some calls and all that ran inside them."""
    found = set(places)
    for i, scope in enumerate(graph.scopes):
        if scope.parent in found:
            found.add(i)
    return frozenset(found)
