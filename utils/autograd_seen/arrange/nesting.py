"""Lays out a graph in which some nodes stand together in frames: a pure function to whole numbers.

What is in a frame is laid out by itself. Around it the frame is one box, with a port for each
tensor that passes: so a frame holds its own nodes and no other, and an edge crosses a frame only
where it enters or leaves it.

All of it is laid out in one direction. A point is (along, across): along the edges, and across
them. Only in the end this becomes (x, y), or (y, x) where the edges lead down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from autograd_seen.arrange.layout import Layout, arrange
from autograd_seen.graph import Branch

#: Pixels between a frame and what it holds, and between a frame's corner and its label.
PAD, INSET = 16, 9
#: Pixels between a frame's label and what stands next to it.
BESIDE = 6

#: A point, or a size: (x, y) or (along, across), (width, height) or (length, breadth).
Pair = tuple[int, int]
Route = tuple[Pair, ...]


@dataclass(frozen=True)
class Frame:
    """A frame's top left corner and size, and the top left corner of its label, in pixels."""

    x: int
    y: int
    width: int
    height: int
    label: tuple[int, int]


def arrange_framed(
    sizes: Sequence[Pair],
    edges: Sequence[Pair],
    tree: Sequence[Branch],
    labels: Sequence[Pair],
    direction: str = "right",
    texts: Mapping[int, int] | None = None,
) -> tuple[Layout, tuple[Frame, ...]]:
    """The layout of ``arrange``, and a frame for each group of nodes.

    ``tree`` holds the groups as ``Graph.tree`` has them. Nothing that a group leads to leads back
    to it. ``labels`` holds the (width, height) of each frame's label, in the order of the groups;
    it stands in a corner that no edge passes. ``texts`` are the boxes that are text beside an edge,
    as ``arrange`` has them.
    """
    texts = texts or {}
    if not tree:
        return arrange(sizes, edges, direction, texts=texts), ()
    if direction == "right":
        area = _Plan(sizes, edges, labels, texts, down=False).arranged(tree)
        return _to_the_right(area, len(sizes), len(edges))
    area = _Plan(_flipped(sizes), edges, _flipped(labels), texts, down=True).arranged(tree)
    return _transposed(*_to_the_right(area, len(sizes), len(edges)))


def _to_the_right(area: "_Area", nodes: int, edges: int) -> tuple[Layout, tuple[Frame, ...]]:
    """A whole area as a layout whose edges lead right."""
    corners = tuple(area.corners[key] for key in range(nodes))
    routes = tuple(area.routes[e] for e in range(edges))
    frames = tuple(area.frames[i] for i in range(len(area.frames)))
    return Layout(corners, routes, area.length, area.breadth, False), frames


def _transposed(placed: Layout, frames: tuple[Frame, ...]) -> tuple[Layout, tuple[Frame, ...]]:
    """A layout whose edges lead right as one whose edges lead down."""
    routes = tuple(_flipped(route) for route in placed.routes)
    down = Layout(_flipped(placed.corners), routes, placed.height, placed.width, True)
    return down, tuple(Frame(f.y, f.x, f.height, f.width, f.label[::-1]) for f in frames)


def _flipped(pairs: Sequence[Pair]) -> Route:
    return tuple((two, one) for one, two in pairs)


class _Part(Enum):
    """What an item of an area is."""

    #: A tensor outside, where its edges come in; its key.
    ENTRY = "entry"
    #: A node; its key.
    NODE = "node"
    #: A frame with all that it holds; the index of its group.
    FRAME = "frame"
    #: A tensor inside, where its edges go out; its key.
    EXIT = "exit"


class _Item(NamedTuple):
    """One of the boxes of an area."""

    part: _Part
    number: int


class _Edge(NamedTuple):
    """An edge of the graph, and its index."""

    source: int
    target: int
    index: int


@dataclass
class _Area:
    """A part that is laid out: positions are relative to its first corner."""

    length: int
    breadth: int
    corners: dict[int, Pair] = field(default_factory=dict)
    routes: dict[int, Route] = field(default_factory=dict)
    frames: dict[int, Frame] = field(default_factory=dict)
    #: How far across each source outside enters, and each source inside leaves.
    entries: dict[int, int] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)

    def moved(self, along: int, across: int) -> "_Area":
        """The same area elsewhere; its size stays."""
        return replace(
            self,
            corners={key: (a + along, b + across) for key, (a, b) in self.corners.items()},
            routes={
                index: tuple((a + along, b + across) for a, b in points)
                for index, points in self.routes.items()
            },
            frames={i: _moved(frame, along, across) for i, frame in self.frames.items()},
            entries={key: b + across for key, b in self.entries.items()},
            exits={key: b + across for key, b in self.exits.items()},
        )


def _moved(frame: Frame, along: int, across: int) -> Frame:
    label = (frame.label[0] + along, frame.label[1] + across)
    return replace(frame, x=frame.x + along, y=frame.y + across, label=label)


@dataclass
class _Lines:
    """What an area's edges are to ``arrange``: one line for one source, as far as it leads to the
    same frame or the same side.
    """

    ends: list[Pair] = field(default_factory=list)
    ports: list[tuple[int | None, int | None]] = field(default_factory=list)
    #: By the index of an edge, the place of its line in these lists.
    of_edge: dict[int, int] = field(default_factory=dict)


@dataclass
class _Contents:
    """What an area holds: the areas of its frames by group, and for each node inside one of them
    the group.
    """

    areas: dict[int, _Area]
    group_of: dict[int, int]
    items: list[_Item]

    def item(self, key: int) -> _Item:
        """What stands for a node."""
        group = self.group_of.get(key)
        return _Item(_Part.NODE, key) if group is None else _Item(_Part.FRAME, group)


@dataclass(frozen=True)
class _Plan:
    """What all parts share. Sizes are (length, breadth)."""

    sizes: Sequence[Pair]
    edges: Sequence[Pair]
    labels: Sequence[Pair]
    texts: Mapping[int, int]
    #: Whether the picture leads down: then a frame's label stands before what the frame holds, and
    #: else beside it.
    down: bool

    def arranged(self, tree: Sequence[Branch]) -> _Area:
        """The whole graph."""
        edges = [_Edge(source, target, e) for e, (source, target) in enumerate(self.edges)]
        return self._area(set(range(len(self.sizes))), tree, edges)

    def _area(self, nodes: set[int], branches: Sequence[Branch], edges: list[_Edge]) -> _Area:
        """The part that holds these nodes, with all edges that touch one of them."""
        contents = self._contents(nodes, branches, edges)
        lines = self._lines(nodes, contents, edges)
        boxes = [self._size(contents.areas, item) for item in contents.items]
        first = {i for i, item in enumerate(contents.items) if item.part is _Part.ENTRY}
        texts = {
            i: self.texts[number]
            for i, (part, number) in enumerate(contents.items)
            if part is _Part.NODE and number in self.texts
        }
        placed = arrange(boxes, lines.ends, "right", first, lines.ports, texts)
        return _joined(placed, contents, lines, edges)

    def _contents(
        self, nodes: set[int], branches: Sequence[Branch], edges: list[_Edge]
    ) -> _Contents:
        areas = {branch.index: self._framed(branch, edges) for branch in branches}
        group_of = {key: branch.index for branch in branches for key in branch.group.nodes}
        entries = sorted({edge.source for edge in edges if edge.source not in nodes})
        exits = sorted({edge.source for edge in edges if edge.target not in nodes})
        # A frame stands where the last of its nodes stood.
        inside = [(key, _Item(_Part.NODE, key)) for key in nodes if key not in group_of]
        inside += [(max(b.group.nodes), _Item(_Part.FRAME, b.index)) for b in branches]
        items = [
            *(_Item(_Part.ENTRY, key) for key in entries),
            *(item for _, item in sorted(inside, key=lambda pair: pair[0])),
            *(_Item(_Part.EXIT, key) for key in exits),
        ]
        return _Contents(areas, group_of, items)

    def _lines(self, nodes: set[int], contents: _Contents, edges: list[_Edge]) -> _Lines:
        position = {item: i for i, item in enumerate(contents.items)}
        lines, shared = _Lines(), {}
        for edge in edges:
            inside, stays = edge.source in nodes, edge.target in nodes
            begin = contents.item(edge.source) if inside else _Item(_Part.ENTRY, edge.source)
            end = contents.item(edge.target) if stays else _Item(_Part.EXIT, edge.source)
            if begin == end:
                continue  # inside a frame
            to_a_node = end.part is _Part.NODE
            line = (edge.index,) if to_a_node else (edge.source, end)
            if line not in shared:
                shared[line] = len(lines.ends)
                lines.ends.append((position[begin], position[end]))
                lines.ports.append(_ports(contents.areas, begin, end, edge.source))
            lines.of_edge[edge.index] = shared[line]
        return lines

    def _size(self, areas: dict[int, _Area], item: _Item) -> Pair:
        if item.part is _Part.FRAME:
            area = areas[item.number]
            return area.length, area.breadth
        return self.sizes[item.number] if item.part is _Part.NODE else (0, 0)

    def _framed(self, branch: Branch, edges: list[_Edge]) -> _Area:
        """A group in its frame."""
        group = set(branch.group.nodes)
        touching = [edge for edge in edges if edge.source in group or edge.target in group]
        area = self._area(group, branch.inner, touching)
        ends = [along + self.sizes[key][0] for key, (along, _) in area.corners.items()]
        ends += [frame.x + frame.width for frame in area.frames.values()]
        # Where edges leave, there is room already.
        length = max(area.length + 2, PAD + max(ends))
        inside = _label_before if self.down else _label_beside
        start, size, label = inside(area, length, self.labels[branch.index])
        framed = area.moved(*start)
        framed.length, framed.breadth = (side + side % 2 for side in size)
        framed.frames[branch.index] = Frame(0, 0, framed.length, framed.breadth, label)
        _extend(framed, touching, group)
        return framed


def _label_beside(area: _Area, length: int, label: Pair) -> tuple[Pair, Pair, Pair]:
    """Where an area begins in its frame, the frame's size, and where the label stands: across from
    the edges.
    """
    across = label[1] + INSET + BESIDE
    size = (max(PAD + length, label[0] + 2 * INSET), across + area.breadth + PAD)
    return (PAD, across), size, (INSET, INSET - 2)


def _label_before(area: _Area, length: int, label: Pair) -> tuple[Pair, Pair, Pair]:
    """The same where the label stands on the side on which edges enter: where none does, at the
    first corner if it can, else at the other.
    """
    along = label[0] + INSET + BESIDE
    across, breadth = PAD, area.breadth + 2 * PAD
    entries = [across + entry for entry in area.entries.values()]
    if min(entries, default=INSET + label[1] + BESIDE) >= INSET + label[1] + BESIDE:
        corner, breadth = INSET, max(breadth, label[1] + 2 * INSET)
    else:
        corner = max(max(entries) + BESIDE, breadth - INSET - label[1])
        breadth = corner + label[1] + INSET
    # An edge that comes in nearly in the middle comes in there, so that it is straight.
    off = 2 * entries[0] - breadth if len(entries) == 1 else 0
    if 0 < abs(off) <= 4 * PAD:
        shift = max(0, -off)
        across, breadth = across + shift, breadth + abs(off)
        corner += 0 if corner == INSET else shift
    return (along, across), (along + length, breadth), (INSET - 2, corner)


def _extend(framed: _Area, edges: list[_Edge], group: set[int]) -> None:
    """Makes edges go on to the frame itself, straight through its border."""
    for edge in edges:
        points = list(framed.routes[edge.index])
        if edge.source not in group:
            points[0] = (0, points[0][1])
        if edge.target not in group:
            points[-1] = (framed.length, points[-1][1])
        framed.routes[edge.index] = tuple(points)


def _ports(
    areas: dict[int, _Area], begin: _Item, end: _Item, source: int
) -> tuple[int | None, int | None]:
    """How far from the middle of a frame an edge leaves it, and enters one; None for a node."""
    leave = enter = None
    if begin.part is _Part.FRAME:
        area = areas[begin.number]
        leave = area.exits[source] - area.breadth // 2
    if end.part is _Part.FRAME:
        area = areas[end.number]
        enter = area.entries[source] - area.breadth // 2
    return leave, enter


def _joined(placed: Layout, contents: _Contents, lines: _Lines, edges: list[_Edge]) -> _Area:
    """One part of what stands around frames and of what is in them."""
    area = _Area(placed.width, placed.height)
    inner: dict[int, _Area] = {}
    for (part, number), corner in zip(contents.items, placed.corners, strict=True):
        if part is _Part.FRAME:
            inner[number] = contents.areas[number].moved(*corner)
            area.corners |= inner[number].corners
            area.frames |= inner[number].frames
        elif part is _Part.NODE:
            area.corners[number] = corner
        else:
            (area.entries if part is _Part.ENTRY else area.exits)[number] = corner[1]
    for source, target, index in edges:
        begin, end = contents.group_of.get(source), contents.group_of.get(target)
        if index not in lines.of_edge:
            area.routes[index] = inner[begin].routes[index]
            continue
        before = () if begin is None else inner[begin].routes[index]
        after = () if end is None else inner[end].routes[index]
        area.routes[index] = (*before, *placed.routes[lines.of_edge[index]], *after)
    return area
