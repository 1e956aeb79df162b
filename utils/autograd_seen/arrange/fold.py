"""Folds what repeats in a large graph: chains of one operation, repeated blocks, and runs of views.

Nothing is taken on trust: two blocks are one only if every operation, input, shape and setting
agrees. A pure function of plain data."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import eq

from autograd_seen.graph import Fact, Gradients, Graph, Group, Node, Note, Recording

#: A chain of one operation folds from this length on; a block where it occurs so often.
LONG_CHAIN, OFTEN = 4, 3
#: A block folds where that takes away at least so many operations.
WORTH = 4
#: Where more operations than this are left when all repeats are folded, runs of views fold too.
LARGE = 30
#: Settings that may grow by a fixed step from copy to copy: which part of a tensor is taken.
PARTS = {"SelectBackward0": ("index",), "SliceBackward0": ("start", "end")}
#: How many regions are looked at in a graph, and how often one copy fewer is tried.
MOST_TRIED, FEWER = 24, 4


@dataclass(frozen=True)
class Folded:
    """A folded graph; for each node the key, and for each edge the place, of what it stands for in
    the old graph.

    A chain and a run of views stand for their last operation, the edge into them for that into the
    first, the edge out of them for that out of the last. A block stands for its first copy, an edge
    that leaves it for that which leaves the last copy."""

    graph: Graph
    nodes: tuple[int, ...]
    edges: tuple[int, ...]

    def gradients(self, recording: Recording) -> Gradients:
        """What a recorded pass left at each place, from the places that these stand for.

        Beside the edge into a box that stands for several operations no local derivative is given:
        that of the first would be read as that of all.
        """
        whole = recording.gradients()
        flows = {}
        for place, old in enumerate(self.edges):
            if old in whole.flows:
                box = self.graph.nodes[self.graph.edges[place].target]
                flow = replace(whole.flows[old], edge=place)
                flows[place] = flow if box.count == 1 else replace(flow, local=None)
        keys = list(enumerate(self.nodes))
        arrived = {key: whole.arrived[old] for key, old in keys if old in whole.arrived}
        leaves = {key: whole.leaves[old] for key, old in keys if old in whole.leaves}
        return Gradients(flows, arrived, leaves, whole.accumulated)


def fold(graph: Graph) -> Folded:
    """The graph with what repeats drawn once; the same graph where nothing does.

    - A chain of at least four equal operations becomes one box, "sin × 998". Nothing else uses what
    is inside.
    - A block of operations that occurs at least three times in a row, each copy fed by the one
      before, becomes a Group, "× 12". It shows the first copy, which takes what the picture shows
      as entering; what leaves it is what leaves the last copy. So all that is outside of a group is
      as it was. Repeats inside a block fold too.
    - Where the graph is large even then, a run of views becomes one box, "view, transpose, view".

    A variable's tensor is never folded away. A member of a list or a module is, where the one that
    stays has the same name but for numbers: ``layers.0.weight`` for ``layers.7.weight``."""
    folded = _then(unfolded(graph), _fold_chains)
    before = None
    while before is not folded:
        before = folded
        folded = _then(folded, _fold_blocks)
    if _boxes(folded.graph) > LARGE:
        folded = _then(folded, _fold_views)
    return folded


def fold_within(graph: Graph, most: int) -> Folded:
    """The folded graph, cut where it has more than ``most`` boxes of operations: only the last ones
    are left.

    ``limit`` then says how many operations these stand for. A block is cut as a whole.
    """
    folded = fold(graph)
    if _boxes(folded.graph) <= most:
        return folded
    last = _then(folded, lambda graph: _last(graph, most))
    # A block larger than the limit: without folding, a part of it is left.
    return last if _boxes(last.graph) else _then(unfolded(graph), lambda graph: _last(graph, most))


def unfolded(graph: Graph) -> Folded:
    """The graph as it is: each place stands for itself."""
    return Folded(graph, tuple(range(len(graph.nodes))), tuple(range(len(graph.edges))))


def _then(folded: Folded, step: Callable[[Graph], Folded | None]) -> Folded:
    """After another step, if it changes anything."""
    further = step(folded.graph)
    if further is None:
        return folded
    nodes = tuple(folded.nodes[key] for key in further.nodes)
    return Folded(further.graph, nodes, tuple(folded.edges[place] for place in further.edges))


def _boxes(graph: Graph) -> int:
    return sum(node.kind == "operation" for node in graph.nodes)


class _Work:
    """A graph as a row of operations, and what a step takes away from it. Operations are numbered
    by place.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.operations = [node for node in graph.nodes if node.kind == "operation"]
        place = {node.key: i for i, node in enumerate(self.operations)}
        #: Of each operation (slot, tensor, place of the edge) for its inputs, and for its outputs.
        self.inputs: list[list[tuple]] = [[] for _ in place]
        self.outputs: list[list[tuple]] = [[] for _ in place]
        #: Of each tensor (operation, slot) that it comes from, and those that it goes to.
        self.maker: dict[int, tuple] = {}
        self.users: dict[int, list[tuple]] = {node.key: [] for node in graph.nodes}
        #: What each place where drawing stopped leads to, and each tensor across a border.
        self.others: dict[int, list[tuple]] = {}
        for e, edge in enumerate(graph.edges):
            if edge.target in place:
                self.inputs[place[edge.target]].append((edge.slot, edge.source, e))
                self.users[edge.source].append((place[edge.target], edge.slot))
            elif edge.source in place:
                self.outputs[place[edge.source]].append((edge.slot, edge.target, e))
                self.maker[edge.target] = (place[edge.source], edge.slot)
            else:
                self.others.setdefault(edge.source, []).append((edge.slot, edge.target, e))
        #: Tensors that come from nowhere that a comparison could follow.
        self.stopped = {tensor for edges in self.others.values() for _, tensor, _ in edges}
        #: The innermost group that a node is in.
        self.within = dict.fromkeys(self.users, 0)
        for number, group in enumerate(graph.groups, 1):
            self.within |= dict.fromkeys(group.nodes, number)
        #: Tensors that go on beyond what the edges show.
        self.needed = {
            graph.root,
            *self.others,
            *(after for group in graph.groups for _, after in group.carries),
        }
        self.removed: set[int] = set()
        self.changed: dict[int, Node] = {}
        self.groups = [(set(group.nodes), group.times, group.carries) for group in graph.groups]

    def last_use(self, tensor: int) -> int:
        """The last operation that uses a tensor."""
        return (
            len(self.operations)
            if tensor in self.needed
            else max((i for i, _ in self.users[tensor]), default=-1)
        )

    def result(self) -> Folded:
        """What is left, in the old order."""
        kept = [node.key for node in self.graph.nodes if node.key not in self.removed]
        new = {key: i for i, key in enumerate(kept)}
        edges = []
        place = {node.key: i for i, node in enumerate(self.operations)}
        for key in kept:
            if key in place:
                edges += [(source, key, e) for _, source, e in self.inputs[place[key]]]
                edges += [(key, target, e) for _, target, e in self.outputs[place[key]]]
            edges += [(key, target, e) for _, target, e in self.others.get(key, ())]
        groups = [
            Group(
                tuple(sorted(new[key] for key in nodes if key in new)),
                times,
                tuple((new[a], new[b]) for a, b in on),
            )
            for nodes, times, on in self.groups
        ]
        graph = Graph(
            tuple(
                replace(self.changed.get(key, self.graph.nodes[key]), key=new[key]) for key in kept
            ),
            tuple(
                replace(self.graph.edges[e], source=new[source], target=new[target])
                for source, target, e in edges
            ),
            new[self.graph.root],
            self.graph.limit,
            tuple(sorted(groups, key=lambda group: (group.nodes[0], -len(group.nodes)))),
        )
        return Folded(graph, tuple(kept), tuple(e for _, _, e in edges))

    def runs(self, joins: Callable[[int, int], bool]) -> Iterator[list[int]]:
        """The longest runs of operations in which each has one input and one output, and feeds only
        the next.
        """
        after = {}
        for i, outputs in enumerate(self.outputs):
            if len(outputs) == len(self.inputs[i]) == 1:
                tensor = outputs[0][1]
                follows = [j for j, _ in self.users[tensor]]
                hidden = tensor not in self.needed and not self.graph.nodes[tensor].named
                if (
                    hidden
                    and len(follows) == 1
                    and self._is_between(i, tensor, follows[0])
                    and joins(i, follows[0])
                ):
                    after[i] = follows[0]
        for i in sorted(set(after) - set(after.values())):
            run = [i]
            while run[-1] in after:
                run.append(after[run[-1]])
            yield run

    def _is_between(self, i: int, tensor: int, j: int) -> bool:
        nodes = (self.operations[i].key, tensor, self.operations[j].key)
        return (
            len(self.inputs[j]) == len(self.outputs[j]) == 1
            and len({self.within[key] for key in nodes}) == 1
        )

    def merge(self, run: list[int], box: Node) -> None:
        """Makes a run one box, which stands where its last operation stood."""
        lines = {self.operations[i].line for i in run}
        line = lines.pop() if len(lines) == 1 else ""
        self.changed[box.key] = replace(box, line=line, count=len(run))
        self.inputs[run[-1]] = self.inputs[run[0]]
        for i in run[:-1]:
            self.removed |= {self.operations[i].key, self.outputs[i][0][1]}

    def look(self, i: int) -> tuple:
        """All of an operation that does not depend on where its inputs come from."""
        node, nodes = self.operations[i], self.graph.nodes
        return (
            *(node.class_name, node.arity, node.constants, node.saved, node.freed),
            *(node.notes, node.count, node.run, _parts(node)[0], self.within[node.key]),
            tuple(slot for slot, _, _ in self.inputs[i]),
            tuple((slot, _look(nodes[tensor])) for slot, tensor, _ in self.outputs[i]),
        )

    def is_known(self, i: int) -> bool:
        """Whether all inputs of an operation are known: a number that was not saved is not."""
        slots = sum(slot is not None for slot, _, _ in self.inputs[i])
        return slots + len(self.operations[i].constants) == self.operations[i].arity


def _look(tensor: Node) -> tuple:
    """All of a tensor that the same tensor in another copy must share."""
    return tensor.shape, tensor.dtype, tensor.notes, tensor.class_name, tensor.grad is not None


def _parts(node: Node) -> tuple[tuple, tuple[tuple[str, int], ...]]:
    """An operation's settings: those that are the same in all copies, and those that may grow."""
    growing = PARTS.get(node.class_name, ())
    moves = [name in growing and isinstance(value, int) for name, value in node.settings]
    same = [pair for pair, moving in zip(node.settings, moves, strict=True) if not moving]
    parts = [pair for pair, moving in zip(node.settings, moves, strict=True) if moving]
    return tuple(same), tuple(parts)


def _is_told_by(one: Node, other: Node) -> bool:
    """Whether a tensor may go where another one is shown: it has no name, or one that differs in
    numbers only.
    """
    if not one.named:
        return True
    name, shown = one.name, other.name
    one, two = (re.sub(r"\d+", "0", text.removesuffix("…")) for text in (name, shown))
    if name.endswith("…") or shown.endswith(
        "…"
    ):  # shortened, at another place where a number is longer
        shortest = min(len(one), len(two))
        one, two = one[:shortest], two[:shortest]
    return one == two and re.search(r"[.\[]", name) is not None


def _fold_chains(graph: Graph) -> Folded | None:
    """A chain of one operation becomes one box."""
    work = _Work(graph)
    looks = [work.look(i) for i in range(len(work.operations))]

    def joins(i: int, j: int) -> bool:
        one, two = work.operations[i], work.operations[j]
        shapes = {
            (graph.nodes[t].shape, graph.nodes[t].dtype)
            for k in (i, j)
            for _, t, _ in work.inputs[k]
        }
        # Nothing says that a number that was not saved is the same one each time.
        return (
            looks[i] == looks[j]
            and one.settings == two.settings
            and len(shapes) == 1
            and work.is_known(i)
        )

    for run in work.runs(joins):
        if len(run) >= LONG_CHAIN:
            work.merge(run, work.operations[run[-1]])
    return work.result() if work.removed else None


def _fold_views(graph: Graph) -> Folded | None:
    """A run of views becomes one box that lists them."""
    work = _Work(graph)
    plain = [node.operator.view and node.count == 1 and not node.notes for node in work.operations]
    for run in work.runs(
        lambda i, j: plain[i] and plain[j] and work.operations[i].freed == work.operations[j].freed
    ):
        nodes = [work.operations[i] for i in run]
        box = replace(
            nodes[-1],
            class_name=", ".join(node.class_name for node in nodes),
            saved=tuple(name for node in nodes for name in node.saved),
            settings=(),
            run=tuple(nodes),
        )
        work.merge(run, box)
    return work.result() if work.removed else None


def _last(graph: Graph, most: int) -> Folded:
    """The last boxes, and the places before them where drawing stops."""
    work = _Work(graph)
    first = work.operations[-most].key
    for group in graph.groups:  # the outer ones come first
        if group.nodes[0] < first <= group.nodes[-1]:
            first = group.nodes[-1] + 1
    tensors = {graph.root}
    for i, node in enumerate(work.operations):
        if node.key >= first:
            tensors |= {tensor for _, tensor, _ in (*work.inputs[i], *work.outputs[i])}
    left = tensors | {node.key for node in work.operations if node.key >= first}
    for i, node in enumerate(work.operations):
        outputs = [output for output in work.outputs[i] if output[1] in tensors]
        if node.key < first and outputs:
            left.add(node.key)
            work.inputs[i], work.outputs[i] = [], outputs
            stop = (Note(Fact.CONTINUES),)
            work.changed[node.key] = Node(
                node.key, "cut", "cut", class_name=node.class_name, notes=stop
            )
    for key, edges in work.others.items():
        work.others[key] = [edge for edge in edges if edge[1] in tensors]
        if work.others[key] and graph.nodes[key].kind == "cut":
            left.add(key)
    for key in set(work.others) - left:
        del work.others[key]
    work.removed = set(work.users) - left
    work.groups = [group for group in work.groups if group[0] <= left and min(group[0]) >= first]
    result = work.result()
    return replace(result, graph=replace(result.graph, limit=result.graph.count()))


def _fold_blocks(graph: Graph) -> Folded | None:
    """The largest repeats that share nothing, each as its first copy."""
    work = _Work(graph)
    for block in _Search(work).blocks():
        _take(work, block)
    return work.result() if work.removed else None


@dataclass(frozen=True)
class _Block:
    """``times`` copies of ``period`` operations, the first from ``start`` on."""

    start: int
    period: int
    times: int
    #: (operation of one copy, output) that the next copy takes -> the tensor that the first copy
    #: takes.
    carries: dict[tuple[int, int], int]
    #: (operation of the first copy, place in its inputs) of each leaf and constant that a copy has
    #: for itself.
    own: tuple[tuple[int, int], ...]

    @property
    def end(self) -> int:
        return self.start + self.times * self.period

    @property
    def first_copy(self) -> range:
        return range(self.start, self.start + self.period)


def _take(work: _Work, block: _Block) -> None:
    """Leaves a block's first copy, and of the last copy what is used after it."""
    last = block.end - block.period - block.start
    stays, made, goes_on = set(), set(), {}
    nodes = {work.operations[i].key for i in block.first_copy} | {
        work.inputs[i][k][1] for i, k in block.own
    }
    for i in block.first_copy:
        outputs = []
        for here, there in zip(work.outputs[i], work.outputs[i + last], strict=True):
            leaves = work.last_use(there[1]) >= block.end
            if not leaves or _is_used_by(work, here[1], block.first_copy):
                outputs.append(here)
                nodes.add(here[1])
            if leaves:
                outputs.append(there)
                final = work.graph.nodes[there[1]]
                work.changed[final.key] = replace(
                    final, notes=(*final.notes, Note(Fact.AFTER_ALL, (block.times,)))
                )
            goes_on[i, here[0]] = outputs[-1][1]
        copies = range(i, block.end, block.period)
        made |= {tensor for j in copies for _, tensor, _ in work.outputs[j]}
        stays |= {tensor for _, tensor, _ in outputs}
        work.outputs[i] = outputs
        work.removed |= {work.operations[j].key for j in copies[1:]}
        notes = _steps([work.operations[j] for j in copies])
        if notes:
            node = work.operations[i]
            work.changed[node.key] = replace(node, notes=(*node.notes, *notes))
    for i, k in block.own:
        work.removed |= {
            work.inputs[j][k][1] for j in range(i + block.period, block.end, block.period)
        }
    work.removed |= made - stays
    carries = tuple((tensor, goes_on[output]) for output, tensor in sorted(block.carries.items()))
    work.groups.append((nodes, block.times, carries))


def _is_used_by(work: _Work, tensor: int, operations: range) -> bool:
    return any(user in operations for user, _ in work.users[tensor])


def _steps(copies: list[Node]) -> list[Note]:
    """What grows from copy to copy: "index 0, 1 … 19"."""
    first, second, last = (_parts(copies[k])[1] for k in (0, 1, -1))
    return [
        Note(Fact.GROWS, (name, a, b, c))
        for (name, a), (_, b), (_, c) in zip(first, second, last, strict=True)
        if a != b
    ]


class _Search:
    """Looks for blocks: equal looks at an equal distance say where, exact comparison says
    whether.
    """

    def __init__(self, work: _Work):
        self.work = work
        numbers: dict[tuple, int] = {}
        self.looks = [
            numbers.setdefault(work.look(i), len(numbers)) for i in range(len(work.operations))
        ]

    def blocks(self) -> Iterator[_Block]:
        """Blocks that share no operation, those that take most away first."""
        taken: list[range] = []
        waiting, tried = self._candidates()[::-1], 0
        while waiting and tried < MOST_TRIED:
            period, start, stop = waiting.pop()
            if any(start < other.stop and other.start < stop + period for other in taken):
                continue
            block = self._best(period, start, stop)
            if block is None:
                tried += 1
                continue
            yield block
            taken.append(range(block.start, block.end))
            fewest = max((OFTEN - 1) * period, WORTH)
            sides = [(period, start, block.start - period), (period, block.end, stop)]
            waiting += [side for side in sides if side[2] - side[1] >= fewest]

    def _candidates(self) -> list[tuple[int, int, int]]:
        """(period, start, stop): the operations from start to stop look like those one period
        later.
        """
        found = []
        for period in range(1, len(self.looks) // OFTEN + 1):
            same = bytes(map(eq, self.looks[period:], self.looks))
            fewest = b"\1" * max((OFTEN - 1) * period, WORTH)
            start = same.find(fewest)
            while start >= 0:
                stop = same.find(b"\0", start)
                stop = len(same) if stop < 0 else stop
                found.append((period, start, stop))
                start = same.find(fewest, stop)
        found.sort(key=lambda run: (-((run[2] - run[1]) // run[0] * run[0]), run[0]))
        return found

    def _best(self, period: int, start: int, stop: int) -> _Block | None:
        """Of all ways to place copies here: those that take most away, then those with fewest
        carries.

        Then those whose parameters share most of their names, as those of one layer do, then the
        last."""
        nodes = self.work.graph.nodes
        pairs = [self._compare(i, i + period) for i in range(start, stop)]
        # From one pair on: how many may be of the first copy and the second; how many of later
        # copies.
        begin, go_on = [0] * (len(pairs) + 1), [0] * (len(pairs) + 1)
        for i in reversed(range(len(pairs))):
            if pairs[i] is not None:
                begin[i] = begin[i + 1] + 1
                later = i >= period and _alike(pairs[i], pairs[i - period])
                go_on[i] = go_on[i + 1] + 1 if later else 0
        # The first operation from each on whose results go on beyond the next copy; and that makes
        # a variable's tensor.
        count = len(pairs) + period
        far, named = [count] * (count + 1), [count] * (count + 1)
        for i in reversed(range(count)):
            results = [tensor for _, tensor, _ in self.work.outputs[start + i]]
            used = max(map(self.work.last_use, results), default=-1)
            own_name = any(not _is_told_by(nodes[tensor], nodes[tensor]) for tensor in results)
            far[i] = i if used - start - i >= 2 * period else far[i + 1]
            named[i] = i if own_name else named[i + 1]
        best, reason = None, (0,)
        for i in range(len(pairs) - period + 1):
            times = 2 + (go_on[i + period] // period if i + period < len(pairs) else 0)
            # Such an operation can only be of the last copy; in the first a variable's tensor is
            # shown.
            times = min(times, 1 + (min(far[i], named[i + period]) - i) // period)
            if begin[i] >= period and times >= OFTEN and (times - 1) * period >= reason[0]:
                block = self._check(start + i, period, times, pairs[i : i + period])
                if block is not None:
                    merit = (
                        (block.times - 1) * period,
                        -len(block.carries),
                        self._shared_name(block),
                        i,
                    )
                    if merit > reason:
                        best, reason = block, merit
        return best

    def _compare(self, i: int, j: int) -> list[tuple] | None:
        """How each input of an operation corresponds to that of the same operation one copy later;
        None if not.

        "shared": the same tensor. "own": a leaf or constant that each has for itself. "made": by
        operations at the same distance. "enters": what was made by a copy, and for the first copy
        by anything else."""
        work, nodes, relations = self.work, self.work.graph.nodes, []
        for (slot, one, _), (_, two, _) in zip(work.inputs[i], work.inputs[j], strict=True):
            by_one, by_two = work.maker.get(one), work.maker.get(two)
            a, b = nodes[one], nodes[two]
            if one == two:
                relations.append(("shared", one))
            elif by_two is not None:
                if (a.shape, a.dtype) != (b.shape, b.dtype) or a.role == "constant":
                    return None
                same = by_one is not None and (i - by_one[0], by_one[1]) == (
                    j - by_two[0],
                    by_two[1],
                )
                relations.append(("made" if same else "enters", j - by_two[0], by_two[1], one))
            else:
                moved = [(user + j - i, place) for user, place in work.users[one]] == work.users[
                    two
                ]
                alone = by_one is None and not {one, two} & (work.stopped | work.needed)
                same = (a.role, *_look(a)) == (b.role, *_look(b)) and work.within[
                    one
                ] == work.within[two]
                if not (moved and alone and same and _is_told_by(b, a)):
                    return None
                relations.append(("own", slot))
        (_, one), (_, two) = (_parts(work.operations[k]) for k in (i, j))
        steps = tuple(b - a for (_, a), (_, b) in zip(one, two, strict=True))
        return [*relations, ("step", steps)]

    def _check(
        self, start: int, period: int, times: int, pairs: list[list[tuple]]
    ) -> _Block | None:
        """The block that starts here, with as many copies as hide nothing; ``pairs`` are of the
        first copy.
        """
        work, carries, shared, own = self.work, {}, set(), []
        copy = range(start, start + period)
        for i, relations in zip(copy, pairs, strict=True):
            for k, (kind, *facts) in enumerate(relations):
                if kind == "shared":
                    shared.add(facts[0])
                elif kind == "own":
                    own.append((i, k))
                elif kind in ("made", "enters"):
                    distance, slot, tensor = facts
                    maker = i + period - distance
                    if maker < start or (kind == "enters" and maker not in copy):
                        return None  # what the second copy takes is not of the first
                    if maker in copy and carries.setdefault((maker, slot), tensor) != tensor:
                        return None  # one carry, for which the first copy takes two tensors
        entering = set(carries.values())
        its_own = {work.inputs[i][k][1] for i, k in own}
        if len(entering) < len(carries) or entering & (shared | its_own):
            return None  # one tensor plays two parts in the first copy
        if any(work.maker.get(tensor, (-1,))[0] >= start for tensor in entering | shared):
            return None  # of a copy, and not in the same place in each
        if any(user not in copy for tensor in its_own for user, _ in work.users[tensor]):
            return None
        block = _Block(start, period, times, carries, tuple(own))
        for _ in range(FEWER):
            if block.times < OFTEN or (block.times - 1) * period < WORTH:
                return None
            if not self._hides_something(block):
                return block
            block = replace(block, times=block.times - 1)
        return None

    def _hides_something(self, block: _Block) -> bool:
        """Whether anything that is folded away is used elsewhere or has a name of its own."""
        work, nodes = self.work, self.work.graph.nodes
        last = block.end - block.period
        for i in block.first_copy:
            for k, (_, shown, _) in enumerate(work.outputs[i]):
                final = work.outputs[i + last - block.start][k][1]
                leaves = work.last_use(final) >= block.end
                if leaves and not _is_used_by(work, shown, block.first_copy):
                    shown = final
                for j in range(i, block.end, block.period):
                    tensor = work.outputs[j][k][1]
                    if j < last and work.last_use(tensor) >= block.end:
                        return True
                    kept = tensor == shown or (leaves and tensor == final)
                    if not kept and not _is_told_by(nodes[tensor], nodes[shown]):
                        return True
        return False

    def _shared_name(self, block: _Block) -> int:
        """How many characters all names of a copy's own parameters begin with."""
        own = [self.work.graph.nodes[self.work.inputs[i][k][1]] for i, k in block.own]
        letters = zip(*(node.name for node in own if node.named), strict=False)
        return sum(1 for _ in itertools.takewhile(lambda ones: len(set(ones)) == 1, letters))


def _alike(one: list[tuple], two: list[tuple]) -> bool:
    """Whether two comparisons say the same, wherever the first copy takes what enters."""

    def said(relations):
        if relations is None:
            return None
        return [
            ("made", *facts[:2]) if kind in ("made", "enters") else (kind, *facts)
            for kind, *facts in relations
        ]

    return said(one) == said(two)
