"""Shuts modules: all operations of one become one box. A pure function of plain data.

What leaves the box and what enters it stays drawn, so that every edge between two boxes is an edge
of the graph.
"""

import hashlib
import heapq
from collections.abc import Collection, Iterable
from functools import cached_property

from autograd_seen.arrange import alike
from autograd_seen.arrange.folded import Folded
from autograd_seen.arrange.repeats import OFTEN
from autograd_seen.arrange.rows import Row
from autograd_seen.graph import Edge, Fact, Graph, Node, Note, Operator

#: What a shut module says of the operations in it.
BORN = (Fact.BORN, Fact.BORN_BACK)


def shut(graph: Graph, scopes: Collection[int], known: dict | None = None) -> Folded:
    """The graph with a box for each of these calls of modules, given by their places in
    ``graph.scopes``; of two of which one ran inside the other, only for the outer one.

    In the box is what only the module uses: what its operations make for one another, and its own
    parameters and buffers. A parameter that another module uses too stays drawn. A call in which
    one operation ran, without parameters, stays that operation. So does each operation of a call
    that leads out of it and back in.

    ``Folded.nodes`` gives for a box the key of its last operation. ``known`` keeps the boxes that
    were worked out, for another call with the same graph.
    """
    shutting = list(_outermost(graph, scopes))
    while True:
        boxed = _Boxed(graph, shutting, {} if known is None else known)
        order = boxed.order()
        if len(order) == len(boxed.kept):
            return boxed.folded(order)
        # What waits for itself is not one step.
        placed = set(order)
        shutting = [one for one in shutting if boxed.box_key[one] in placed]


def chained(graph: Graph) -> Folded | None:
    """At least three equal boxes of modules, each of which feeds only the next, as one box."""
    row = Row(graph)

    def joins(one: int, two: int) -> bool:
        first, second = row.operations[one].module, row.operations[two].module
        return first is not None and second is not None and first.form == second.form

    for run in row.runs(joins):
        if len(run) >= OFTEN:
            boxes = [row.operations[i] for i in run]
            first, last = boxes[0].module, boxes[-1]
            module = first._replace(
                last=last.module.name,
                last_scope=last.module.scope,
                times=len(run),
                operations=sum(one.module.operations for one in boxes),
                outputs=last.module.outputs,
            )
            kept = tuple(kept for one in boxes for kept in one.kept)
            row.merge(run, last)
            row.changed[last.key] = row.changed[last.key]._replace(
                module=module, kept=kept, count=sum(one.count for one in boxes)
            )
    return row.result() if row.removed else None


def _outermost(graph: Graph, scopes: Collection[int]) -> Iterable[int]:
    for place in sorted(scopes):
        scope, around = graph.scopes[place], graph.scopes[place].parent
        while around is not None and around not in scopes:
            around = graph.scopes[around].parent
        if around is None and (len(scope.nodes) > 1 or scope.own):
            yield place


class _Boxed:
    """A graph on its way to one with boxes."""

    def __init__(self, graph: Graph, shutting: list[int], known: dict):
        self.graph, self.known = graph, known
        #: The call in whose box an operation, or a tensor that is hidden, is.
        self.box: dict[int, int] = {}
        for place in shutting:
            self.box |= dict.fromkeys(graph.scopes[place].nodes, place)
        #: A box has the key of its last operation.
        self.box_key = {place: max(graph.scopes[place].nodes) for place in shutting}
        for node in graph.nodes:
            self._hide_own(node)
        for key in graph.makers:
            self._hide_result(key)
        boxes = set(self.box_key.values())
        #: What stays of the nodes, and a box for its operations.
        self.kept = [n.key for n in graph.nodes if n.key not in self.box or n.key in boxes]
        self.entering = {key: self._entering(key) for key in self.kept}
        self.leaving = {key: self._leaving(key) for key in self.kept}

    def _hide_own(self, node: Node) -> None:
        """Hides a leaf or constant that only the module uses to which it belongs."""
        if node.role not in ("leaf", "constant") or node.key == self.graph.root:
            return
        places = {self.box.get(edge.target) for edge in self.graph.outputs(node.key)}
        if not places or None in places or not alike.is_of_a_collection(node):
            return
        scopes = [self.graph.scopes[place] for place in places]
        one_module = len({scope.first for scope in scopes}) == 1
        if one_module and all(node.key in scope.own for scope in scopes):
            self.box[node.key] = min(places)

    def _hide_result(self, key: int) -> None:
        """Hides what a module's operations make for one another."""
        place = self.box.get(self.graph.makers[key].source)
        uses = {self.box.get(use.target) for use in self.graph.outputs(key)}
        if place is not None and uses == {place} and key != self.graph.root:
            self.box[key] = place

    def _entering(self, key: int) -> dict[tuple, list[int]]:
        """By (source, slot, word of a border): the edges into an operation or a box."""
        if key not in self.box:
            # A tensor has its one maker, whose edge leads out of that.
            is_tensor = self.graph.nodes[key].kind == "tensor"
            entering = [] if is_tensor else self.graph.entering(key)
            return {(e.source, e.slot, e.border): [i] for i, e in entering}
        found: dict[tuple, list[int]] = {}
        place = self.box[key]
        for inside in self._inside(place):
            for index, edge in self.graph.entering(inside):
                maker = self.graph.makers.get(edge.source)
                made_here = maker is not None and self.box.get(maker.source) == place
                is_tensor = self.graph.nodes[edge.source].kind == "tensor"
                if is_tensor and edge.source not in self.box and not made_here:
                    found.setdefault((edge.source, edge.border), []).append(index)
        return {(s, i, word): olds for i, ((s, word), olds) in enumerate(found.items())}

    def _leaving(self, key: int) -> dict[tuple, list[int]]:
        """By (target, slot, word of a border): the edges to results, and across a border."""
        sources = self._inside(self.box[key]) if key in self.box else [key]
        found = {}
        for source in sources:
            for index, edge in self.graph.leaving(source):
                to_a_tensor = self.graph.nodes[edge.target].kind == "tensor"
                if to_a_tensor and edge.target not in self.box:
                    slot = len(found) if key in self.box else edge.slot
                    found[edge.target, slot, edge.border] = [index]
        return found

    def _inside(self, place: int) -> list[int]:
        return self._members.get(place, [])

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for key in sorted(self.box):
            found.setdefault(self.box[key], []).append(key)
        return found

    def order(self) -> list[int]:
        """What stays, inputs before outputs, and otherwise as it was; what waits for itself is
        missing.
        """
        after: dict[int, list[int]] = {}
        missing = dict.fromkeys(self.kept, 0)
        pairs = [(ends[0], key) for key in self.kept for ends in self.entering[key]]
        pairs += [(key, ends[0]) for key in self.kept for ends in self.leaving[key]]
        for source, target in pairs:
            after.setdefault(source, []).append(target)
            missing[target] += 1
        ready = [key for key in self.kept if not missing[key]]
        heapq.heapify(ready)
        order = []
        while ready:
            key = heapq.heappop(ready)
            order.append(key)
            for target in after.get(key, ()):
                missing[target] -= 1
                if not missing[target]:
                    heapq.heappush(ready, target)
        return order

    def folded(self, order: list[int]) -> Folded:
        """The graph with boxes, and what its places stand for."""
        new = {key: i for i, key in enumerate(order)}
        nodes, edges, olds, ways = [], [], [], {}
        for key in order:
            node = self._known_box(key) if key in self.box else self.graph.nodes[key]
            nodes.append(node._replace(key=new[key]))
            ends = [(source, key, *rest) for (source, *rest) in self.entering[key]]
            ends += [(key, *rest) for rest in self.leaving[key]]
            many = [*self.entering[key].values(), *self.leaving[key].values()]
            for (source, target, slot, word), same in zip(ends, many, strict=True):
                edges.append(Edge(new[source], new[target], slot, word))
                olds.append(same[0])
                if len(same) > 1:
                    ways[same[0]] = tuple(same)
        root, limit = new[self.graph.root], self.graph.limit
        graph = Graph(tuple(nodes), tuple(edges), root, limit, memory=self.graph.memory)
        return Folded(graph, tuple(order), tuple(olds), ways=ways)

    def _known_box(self, key: int) -> Node:
        told = (self.box[key], tuple(self.entering[key]), tuple(self.leaving[key]))
        if told not in self.known:
            self.known[told] = self._box(key)
        return self.known[told]

    def _box(self, key: int) -> Node:
        """The box of a module."""
        place = self.box[key]
        module = self.graph.scopes[place].module
        inside = [self.graph.nodes[one] for one in self._inside(place)]
        operations = [node for node in inside if node.kind == "operation"]
        return Node(
            key,
            "operation",
            "operation",
            class_name=module.kind,
            operator=Operator(module.kind, module.name or module.kind),
            arity=len(self.entering[key]),
            kept=tuple(kept for node in operations for kept in node.kept),
            freed=any(node.freed for node in operations),
            # What a hook has packed has a name and no size.
            opaque=any(one.opaque or len(one.saved) > len(one.kept) for one in operations),
            notes=_notes_of(operations),
            count=sum(node.count for node in operations),
            module=module._replace(operations=len(operations), form=self._form(key, inside)),
        )

    def _form(self, key: int, inside: list[Node]) -> tuple:
        """All that two boxes must share to be drawn as one: what runs in them, from what, and what
        comes out. The names of modules and their parameters are left out.
        """
        number = {node.key: i for i, node in enumerate(inside)}
        entering = [source for source, *_ in self.entering[key]]
        told: list = [self.graph.scopes[self.box[key]].module.kind]
        for node in inside:
            if node.kind == "operation":
                sources = [(e.slot, e.source) for e in self.graph.inputs(node.key)]
                told.append((alike.signature(node), _placed(sources, number, entering)))
            else:
                makers = [(e.slot, e.source) for e in self.graph.inputs(node.key)]
                form = alike.signature_of_tensor(node)
                told.append((node.role, form, _placed(makers, number, entering)))
        ends = [*entering, *(target for target, *_ in self.leaving[key])]
        told += [(self.graph.nodes[one].shape, self.graph.nodes[one].dtype) for one in ends]
        # Short, since it is compared often.
        return (hashlib.sha256(repr(told).encode()).hexdigest()[:24],)


def _notes_of(operations: list[Node]) -> tuple[Note, ...]:
    """What a box says of the operations in it: each saved value that is lost, and once what was
    born.
    """
    lost = (
        note
        for node in operations
        if node.raises
        for note in node.notes
        if note.fact is Fact.SAVED_OVERWRITTEN
    )
    born = (note for node in operations for note in node.notes if note.fact in BORN)
    return (*lost, *dict.fromkeys(born))


def _placed(ends: list, number: dict[int, int], entering: list[int]) -> list[tuple]:
    """Where each input comes from: from the same box, or from what enters it."""
    return [
        (slot, "in", number[key]) if key in number else (slot, "from", entering.index(key))
        for slot, key in ends
        if key in number or key in entering
    ]
