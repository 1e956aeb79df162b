"""Which modules are open in a picture, and the frames around them: pure functions of plain data."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from autograd_seen.arrange.fold import fold_within
from autograd_seen.arrange.folded import Folded, unfolded
from autograd_seen.arrange.labels import on_arrows
from autograd_seen.arrange.shut import chained, shut
from autograd_seen.graph import Graph, Group, Module, Scope
from autograd_seen.values import clip

#: How many boxes and ovals a picture may have whose depth is chosen for it.
MOST_BOXES = 30

#: "auto", so many levels of modules, the names of those to open, or None for no modules.
Opened = str | int | Collection[str] | None


class Arranged(NamedTuple):
    """What is drawn of a graph, and the places in ``Graph.scopes`` of what is open in it; None
    where no modules are drawn.
    """

    drawn: Folded
    opened: frozenset[int] | None = None


def arrange_modules(graph: Graph, fold: bool, most: int, opened: Opened = "auto") -> Arranged:
    """The graph with a frame around each open module and a box for each shut one, and with what
    repeats drawn once if asked for; of a graph without calls of modules, that alone.

    ``most`` is how many boxes of operations are drawn. Raises ValueError for a name that no module
    here has.
    """
    places = None if opened in ("auto", None) else chosen(graph, opened)
    if not graph.scopes or opened is None:
        return Arranged(fold_within(graph, most) if fold else unfolded(graph))
    if places is not None:
        return Arranged(open_scopes(graph, places, fold, most), places)
    best, known = None, {}
    for places in _depths(graph):
        drawn = open_scopes(graph, places, fold, most, known)
        if best is not None and _boxes(drawn.graph) > MOST_BOXES:
            break
        best = Arranged(drawn, places)
    return best


def _depths(graph: Graph) -> Iterator[frozenset[int]]:
    """What is open at each depth, and in the end all. Before that a module in which no other ran is
    shut, so that its parameters stand in its box.
    """
    around = {scope.parent for scope in graph.scopes}
    for depth in range(1 + max(scope.depth for scope in graph.scopes)):
        yield chosen(graph, depth) & around
    yield frozenset(range(len(graph.scopes)))


def chosen(graph: Graph, opened: int | str | Collection[str]) -> frozenset[int]:
    """The places in ``graph.scopes`` of what is to be open: so many levels; or what has one of
    these names, and what it ran inside of.

    Raises ValueError for a name that no module here has.
    """
    scopes = list(enumerate(graph.scopes))
    if isinstance(opened, int):
        return frozenset(place for place, scope in scopes if scope.depth < opened)
    found: set[int] = set()
    for name in [opened] if isinstance(opened, str) else opened:
        places = [place for place, scope in scopes if _is_called(graph, scope, name)]
        if not places:
            raise ValueError(_unknown(graph, name))
        for place in places:
            found |= set(_around(graph, place))
    return frozenset(found)


def open_scopes(
    graph: Graph, opened: Collection[int], fold: bool, most: int, known: dict | None = None
) -> Folded:
    """The graph with these calls open and all others shut; ``known`` as ``shut`` has it."""
    closed = {place for place in range(len(graph.scopes)) if place not in opened}
    # Where all is open, each place stays where it was.
    boxed = shut(graph, closed, known) if closed else unfolded(graph)
    drawn = _folded(boxed.compose(chained) if fold and closed else boxed, fold, most)
    return replace(drawn, graph=_with_frames(graph, boxed, drawn, opened))


def _folded(folded: Folded, fold: bool, most: int) -> Folded:
    return folded.compose(lambda graph: fold_within(graph, most)) if fold else folded


def _boxes(graph: Graph) -> int:
    """How many boxes and ovals a picture has."""
    return len(graph.nodes) - len(on_arrows(graph))


def _around(graph: Graph, place: int | None) -> Iterator[int]:
    """A call and those that it ran inside of."""
    while place is not None:
        yield place
        place = graph.scopes[place].parent


def _is_called(graph: Graph, scope: Scope, name: str) -> bool:
    """Whether a module has a name: that in the picture, or that in ``named_modules()``."""
    *_, outermost = _around(graph, graph.scopes.index(scope))
    root = graph.scopes[outermost].module.name
    within = scope.module.name.removeprefix(f"{root}.") if root else scope.module.name
    return bool(name) and name in (scope.module.name, within)


def _unknown(graph: Graph, name: object) -> str:
    names = list(dict.fromkeys(one.module.name for one in graph.scopes if one.module.name))
    some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    told = f"use one of {some}" if names else "none of its modules has a name: use a number"
    if not graph.scopes:
        told = "pass the tape on which its modules ran, as tape=…"
    return f"modules={clip(repr(name))}: no module of that name ran in this graph; {told}"


# --- frames ---------------------------------------------------------------------------------------


def _with_frames(graph: Graph, boxed: Folded, drawn: Folded, opened: Collection[int]) -> Graph:
    """The drawn graph with a frame around each open module of the whole one, as far as frames can
    stand inside one another.
    """
    frames = _Frames(graph, boxed, drawn)
    for place in sorted(opened):
        frames.add(graph.scopes[place])
    groups = sorted(frames.groups, key=lambda group: (group.nodes[0], -len(group.nodes)))
    return replace(drawn.graph, groups=tuple(groups))


def _covers(graph: Graph, boxed: Folded, drawn: Folded) -> dict[int, frozenset[int]]:
    """By the key of each operation that is drawn: those of the whole graph that it stands for."""
    before = {old: key for key, old in enumerate(boxed.nodes)}
    found = {}
    for node in drawn.graph.nodes:
        if node.kind != "operation":
            continue
        # A chain stands for its last operation, and each of it has one input.
        key, covered = before[drawn.nodes[node.key]], set()
        several = len(node.run) or (node.count if node.module is None else node.module.times)
        for turn in range(several):
            if turn:
                key = boxed.graph.maker(boxed.graph.inputs(key)[0].source).key
            module = boxed.graph.nodes[key].module
            covered |= graph.scopes[module.scope].nodes if module else {boxed.nodes[key]}
        found[node.key] = frozenset(covered)
    return found


class _Frames:
    """The groups of a drawn graph, and frames around what is left of open modules."""

    def __init__(self, graph: Graph, boxed: Folded, drawn: Folded):
        self.graph, self.drawn = graph, drawn
        self.covers = _covers(graph, boxed, drawn)
        self.groups = list(drawn.graph.groups)

    def add(self, scope: Scope) -> None:
        """Puts a frame around a module's operations, where these are several and a frame can hold
        all that they stand for and no other; at a block that is one module, its name.
        """
        operations = {key for key, covered in self.covers.items() if covered <= scope.nodes}
        if len(operations) < 2:
            return
        nodes, inside = operations | self._held(scope, operations), []
        for i, group in enumerate(self.groups):
            these = self.covers.keys() & set(group.nodes)
            if these == operations and not group.module and self._is_whole(scope, these, []):
                self.groups[i] = replace(group, module=self._several(scope, group.times))
                return
            if these <= operations:
                nodes |= set(group.nodes)
                inside.append(group)
            elif operations <= these:
                nodes &= set(group.nodes)
            elif these & operations:
                return
        if self._is_whole(scope, operations, inside) and _is_one_step(self.drawn.graph, nodes):
            # Before those that it holds, and behind those that hold it.
            at = next((i for i, one in enumerate(self.groups) if one in inside), len(self.groups))
            self.groups.insert(at, Group(tuple(sorted(nodes)), 1, module=scope.module))

    def _several(self, scope: Scope, times: int) -> Module:
        """The module of a block that repeats, with the last one's name: where so many calls of one
        class follow one another without anything between them, these are the copies.
        """
        at = self.graph.scopes.index(scope)
        alike = [
            one
            for one in self.graph.scopes[at:]
            if (one.parent, one.module.kind, one.depth)
            == (scope.parent, scope.module.kind, scope.depth)
        ][:times]
        held = frozenset().union(*(one.nodes for one in alike))
        between = range(min(held), max(held) + 1)
        operations = [key for key in between if self.graph.nodes[key].kind == "operation"]
        same_size = {len(one.nodes) for one in alike} == {len(scope.nodes)}
        if len(alike) < times or not same_size or len(operations) != len(held):
            return scope.module._replace(times=times)
        last = alike[-1].module
        return scope.module._replace(times=times, last=last.name, last_scope=last.scope)

    def _is_whole(self, scope: Scope, operations: set[int], inside: list[Group]) -> bool:
        """Whether some operations, with the blocks among them that repeat, stand for all that ran
        in a module.
        """
        counts = {key: len(self.covers[key]) for key in operations}
        for group in inside:
            for key in counts.keys() & set(group.nodes):
                counts[key] *= group.times
        count = sum(counts.values())
        if self.drawn.graph.limit is not None:
            return count <= len(scope.nodes)
        return count == len(scope.nodes)

    def _held(self, scope: Scope, operations: set[int]) -> set[int]:
        """The tensors that stand in a frame with these operations: what one of them makes for
        another, and what belongs to the module and nothing else uses.
        """
        graph, held = self.drawn.graph, set()
        for node in graph.nodes:
            uses = {edge.target for edge in graph.outputs(node.key)}
            if node.kind == "tensor" and uses & operations:
                maker = graph.maker(node.key)
                made_here = maker is not None and maker.key in operations
                theirs = self.drawn.nodes[node.key] in scope.own and uses <= operations
                if made_here or theirs:
                    held.add(node.key)
        return held


def _is_one_step(graph: Graph, nodes: set[int]) -> bool:
    """Whether nothing that some nodes lead to leads back to them."""
    after: set[int] = set()
    for node in graph.nodes:
        sources = {edge.source for edge in graph.inputs(node.key)}
        if node.key in nodes and sources & after:
            return False
        if node.key not in nodes and (sources & nodes or sources & after):
            after.add(node.key)
    return True
