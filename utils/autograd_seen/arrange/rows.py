"""A graph as a row of operations, from which folding takes some away."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from autograd_seen.arrange import alike
from autograd_seen.arrange.folded import Folded
from autograd_seen.graph import Graph, Group, Node


class Link(NamedTuple):
    """An input or an output of an operation: its slot, the tensor's key, the index of the edge."""

    slot: int | None
    tensor: int
    edge: int


class End(NamedTuple):
    """An operation's position in the row, and the slot of one of its inputs or outputs."""

    position: int
    slot: int | None


class Row:
    """A graph as a row of operations, and what a step takes away from it.

    Operations are numbered by position, tensors by key. In a ``loose`` row operations are alike
    though each has numbers and versions for itself.
    """

    def __init__(self, graph: Graph, loose: bool = False):
        self.graph, self.loose = graph, loose
        self.operations = [node for node in graph.nodes if node.kind == "operation"]
        self.inputs: list[list[Link]] = [[] for _ in self.operations]
        self.outputs: list[list[Link]] = [[] for _ in self.operations]
        #: Of each tensor the output that it is, and the inputs that it goes to.
        self.maker: dict[int, End] = {}
        self.users: dict[int, list[End]] = {node.key: [] for node in graph.nodes}
        #: What each place where drawing stopped leads to, and each tensor across a border.
        self.others: dict[int, list[Link]] = {}
        self._position = {node.key: i for i, node in enumerate(self.operations)}
        self._link()
        #: Tensors that come from nowhere that a comparison could follow.
        self.stopped = {link.tensor for links in self.others.values() for link in links}
        #: The innermost group that a node is in.
        self.within = dict.fromkeys(self.users, 0)
        for number, group in enumerate(graph.groups, 1):
            self.within |= dict.fromkeys(group.nodes, number)
        #: Tensors that go on beyond what the edges show.
        carried = {after for group in graph.groups for _, after in group.carries}
        self.needed = {graph.root, *self.others, *carried}
        #: What a step changes: nodes that go, nodes that another takes the place of, and groups.
        self.removed: set[int] = set()
        self.changed: dict[int, Node] = {}
        self.groups = list(graph.groups)
        #: By a node, and by an edge, of the first of several copies: that of the last.
        self.last_nodes: dict[int, int] = {}
        self.last_edges: dict[int, int] = {}

    @cached_property
    def last_uses(self) -> list[int]:
        """By position: that of the last operation that uses a result of an operation."""
        return [
            max((self.last_use(link.tensor) for link in links), default=-1)
            for links in self.outputs
        ]

    @cached_property
    def named(self) -> list[bool]:
        """By position: whether a result has the name of a variable."""
        nodes = self.graph.nodes
        return [any(nodes[link.tensor].named for link in links) for links in self.outputs]

    def _link(self) -> None:
        for e, edge in enumerate(self.graph.edges):
            if edge.target in self._position:
                position = self._position[edge.target]
                self.inputs[position].append(Link(edge.slot, edge.source, e))
                self.users[edge.source].append(End(position, edge.slot))
            elif edge.source in self._position:
                position = self._position[edge.source]
                self.outputs[position].append(Link(edge.slot, edge.target, e))
                self.maker[edge.target] = End(position, edge.slot)
            else:
                link = Link(edge.slot, edge.target, e)
                self.others.setdefault(edge.source, []).append(link)

    def last_use(self, tensor: int) -> int:
        """The position of the last operation that uses a tensor."""
        if tensor in self.needed:
            return len(self.operations)
        return max((user.position for user in self.users[tensor]), default=-1)

    def signature(self, position: int) -> tuple:
        """All of an operation that does not depend on where its inputs come from."""
        node, nodes = self.operations[position], self.graph.nodes
        slots = tuple(link.slot for link in self.inputs[position])
        results = tuple(
            (slot, alike.signature_of_tensor(nodes[tensor], self.loose))
            for slot, tensor, _ in self.outputs[position]
        )
        return (*alike.signature(node, self.loose), self.within[node.key], slots, results)

    def depends_on_more(self, position: int) -> bool:
        """Whether an operation may compute something else than another with its signature."""
        beside = sum(link.slot is None for link in self.inputs[position])
        operands = len(self.inputs[position]) - beside
        return alike.depends_on_more(self.operations[position], operands, beside)

    def runs(self, joins: Callable[[int, int], bool]) -> Iterator[list[int]]:
        """The longest runs of operations in which each has one input and one output, and feeds only
        the next.

        ``joins`` says of two that follow each other whether a run may hold both.
        """
        following = {}
        for position in range(len(self.operations)):
            after = self._only_user(position)
            if after is not None and joins(position, after):
                following[position] = after
        for position in sorted(set(following) - set(following.values())):
            run = [position]
            while run[-1] in following:
                run.append(following[run[-1]])
            yield run

    def _only_user(self, position: int) -> int | None:
        """The operation that an operation feeds, if they are a pair of a run."""
        if not self._has_one_way(position):
            return None
        tensor = self.outputs[position][0].tensor
        users = self.users[tensor]
        if len(users) != 1 or tensor in self.needed or self.graph.nodes[tensor].named:
            return None
        after = users[0].position
        keys = (self.operations[position].key, tensor, self.operations[after].key)
        in_one_group = len({self.within[key] for key in keys}) == 1
        return after if self._has_one_way(after) and in_one_group else None

    def _has_one_way(self, position: int) -> bool:
        return len(self.inputs[position]) == len(self.outputs[position]) == 1

    def merge(self, run: list[int], box: Node) -> None:
        """Makes a run one box, which stands where its last operation stood."""
        lines = {self.operations[i].line for i in run}
        line = lines.pop() if len(lines) == 1 else ""
        self.changed[box.key] = box._replace(line=line, count=len(run))
        self.inputs[run[-1]] = self.inputs[run[0]]
        for i in run[:-1]:
            self.removed |= {self.operations[i].key, self.outputs[i][0].tensor}

    def result(self) -> Folded:
        """What is left, in the old order."""
        kept = [node.key for node in self.graph.nodes if node.key not in self.removed]
        new = {key: i for i, key in enumerate(kept)}
        ends = [triple for key in kept for triple in self._ends(key)]
        nodes = [
            self.changed.get(key, self.graph.nodes[key])._replace(key=new[key]) for key in kept
        ]
        edges = [
            self.graph.edges[e]._replace(source=new[source], target=new[target])
            for source, target, e in ends
        ]
        groups = sorted(
            (_renumbered(group, new) for group in self.groups),
            key=lambda group: (group.nodes[0], -len(group.nodes)),
        )
        graph = Graph(
            nodes=tuple(nodes),
            edges=tuple(edges),
            root=new[self.graph.root],
            limit=self.graph.limit,
            groups=tuple(groups),
            memory=self.graph.memory,
        )
        lasts = self.last_edges
        return Folded(
            graph,
            nodes=tuple(kept),
            edges=tuple(e for _, _, e in ends),
            last_nodes={new[key]: last for key, last in self.last_nodes.items() if key in new},
            last_edges={i: lasts[e] for i, (_, _, e) in enumerate(ends) if e in lasts},
        )

    def _ends(self, key: int) -> list[tuple[int, int, int]]:
        """The edges that are put down with a node: (source, target, index)."""
        ends = []
        if key in self._position:
            position = self._position[key]
            ends += [(link.tensor, key, link.edge) for link in self.inputs[position]]
            ends += [(key, link.tensor, link.edge) for link in self.outputs[position]]
        return ends + [(key, link.tensor, link.edge) for link in self.others.get(key, ())]


def _renumbered(group: Group, new: dict[int, int]) -> Group:
    """A group by the keys that are left."""
    return replace(
        group,
        nodes=tuple(sorted(new[key] for key in group.nodes if key in new)),
        carries=tuple((new[before], new[after]) for before, after in group.carries),
        own=tuple(sorted(new[key] for key in group.own if key in new)),
    )
