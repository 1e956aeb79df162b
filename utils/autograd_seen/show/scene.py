"""What a graph looks like before anything draws it: boxes with lines of text, and routes between
them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from autograd_seen.arrange.labels import thread
from autograd_seen.arrange.layout import Layout, least_length
from autograd_seen.arrange.nesting import Frame, arrange_framed
from autograd_seen.graph import Graph, Node
from autograd_seen.show import theme
from autograd_seen.show.content import Content, EdgeText, Line, NodeText

Size = tuple[int, int]
Corner = tuple[int, int]


class Row(NamedTuple):
    """Lines of text side by side: the middle of each, from the middle of the row."""

    lines: tuple[Line, ...]
    middles: tuple[float, ...]

    @property
    def height(self) -> float:
        """How much room the row takes."""
        return max(line.size for line in self.lines) * theme.LINE_HEIGHT


class Block(NamedTuple):
    """Rows of text one below the other, and the width and the height that they take."""

    rows: tuple[Row, ...]
    width: float
    height: float

    @property
    def size(self) -> Size:
        """The size in whole pixels."""
        return round(self.width), round(self.height)


NOTHING = Block((), 0, 0)


class Label(NamedTuple):
    """Rows of text, and the top left corner, the width and the height of their block."""

    x: int
    y: int
    width: int
    height: int
    rows: tuple[Row, ...]


class Box(NamedTuple):
    """A node as drawn: its top left corner, its size, its text, and where that stands.

    Of a tensor on its arrow the box is all that stands on the arrow, on either side of it.
    """

    x: int
    y: int
    width: int
    height: int
    text: NodeText
    label: Label
    #: The tip of each edge whose input has a number, and that number.
    slots: tuple[tuple[int, int, str], ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in the box."""
        return self.text.lines


class Route(NamedTuple):
    """An edge as drawn: its points as ``Layout`` gives them, and the lines beside it, if any.

    ``begins`` and ``ends`` say whether it does so at a box, or is one line with the edge on the
    other side of a label.
    """

    points: tuple[tuple[int, int], ...]
    text: EdgeText
    flow: Label | None = None
    begins: bool = True
    ends: bool = True


class Cluster(NamedTuple):
    """The frame around a repeated block: its top left corner and size, and its label in one of its
    corners.
    """

    x: int
    y: int
    width: int
    height: int
    label: Label
    tip: str


@dataclass(frozen=True)
class Scene:
    """All that a picture shows, in pixels; boxes and routes in the order of the graph's nodes and
    edges.

    A cluster stands behind them, and behind the clusters that it holds, which come later.
    """

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: int
    height: int
    down: bool
    clusters: tuple[Cluster, ...] = ()
    recorded: bool = False


def place(graph: Graph, texts: Content, direction: str = "auto") -> Scene:
    """Gives each text of a graph its place: to the right, or down where that would be too wide."""
    if direction != "down":
        plan = _Plan(graph, texts, down=False)
        if direction == "right" or plan.least_length() <= theme.WIDEST:
            scene = plan.scene()
            if direction == "right" or scene.width <= theme.WIDEST + 2 * theme.MARGIN:
                return scene
    return _Plan(graph, texts, down=True).scene()


def retold(scene: Scene, texts: Content) -> Scene:
    """The same places with other texts of the same form, none of them wider."""
    boxes = [
        box._replace(text=text, label=_with_lines(box.label, text.lines))
        for box, text in zip(scene.boxes, texts.nodes, strict=True)
    ]
    routes = [
        route._replace(text=text, flow=route.flow and _with_lines(route.flow, text.lines))
        for route, text in zip(scene.routes, texts.edges, strict=True)
    ]
    clusters = [
        cluster._replace(label=_with_lines(cluster.label, text.lines), tip=text.tip)
        for cluster, text in zip(scene.clusters, texts.groups, strict=True)
    ]
    return replace(scene, boxes=tuple(boxes), routes=tuple(routes), clusters=tuple(clusters))


def _with_lines(label: Label, lines: tuple[Line, ...]) -> Label:
    """The same rows with other lines."""
    rest = iter(lines)
    rows = [Row(tuple(islice(rest, len(row.lines))), row.middles) for row in label.rows]
    return label._replace(rows=tuple(rows))


class _Plan:
    """A graph on its way to a scene that leads right, or down: what is to be laid out."""

    def __init__(self, graph: Graph, texts: Content, down: bool):
        self.graph, self.texts, self.down = graph, texts, down
        # Where a picture leads down, lines of text stand side by side.
        widest = theme.WIDEST_ROW if down else 0
        self.blocks = [block_of(text.lines, widest) for text in texts.nodes]
        self.flows = [block_of(text.lines, widest) for text in texts.edges]
        self.labels = {key for key, text in enumerate(texts.nodes) if text.style == "label"}
        #: By the key of a label the edge that leaves it, whose text is on its other side.
        self.after = {e.source: i for i, e in enumerate(graph.edges) if e.source in self.labels}
        alone = set(range(len(graph.edges))) - set(self.after.values())
        self.threaded = thread(graph, {i for i in alone if self.flows[i].rows})
        #: The operations in whose box the numbers of their inputs stand, where each edge ends.
        ends = zip(graph.edges, texts.edges, strict=True)
        self.numbered = Counter(edge.target for edge, text in ends if text.slot)
        self.sizes = self._sizes()

    def _sizes(self) -> list[Size]:
        threaded = self.threaded
        sizes = [(0, 0)] * (len(threaded.nodes) + len(threaded.texts))
        for key, number in enumerate(threaded.nodes):
            if key in self.labels:
                sizes[number] = self._size_on_arrow(self.blocks[key], self.flows[self.after[key]])
            else:
                width, height = _box_size(self.graph.nodes[key], self.blocks[key])
                right, below = self._room(key)
                if self.down:
                    width = max(width, self._spread(key))
                else:
                    height = max(height, self._spread(key))
                sizes[number] = width + right, height + below
        for index, number in threaded.texts.items():
            sizes[number] = self._size_on_arrow(NOTHING, self.flows[index])
        return sizes

    def _size_on_arrow(self, before: Block, after: Block) -> Size:
        """The size of what stands on an arrow: texts on either side of it."""
        one, two = before.size, after.size
        side = 0 if self.down else 1
        across = self._near(before) + theme.ASIDE[1] + two[side]
        along = max(one[1 - side], two[1 - side])
        return (across, along) if self.down else (along + theme.LABEL_PAD, across)

    def _room(self, key: int) -> Size:
        """How far to the right, and below, the text of a box leaves room for numbers of inputs."""
        if key not in self.numbered:
            return 0, 0
        return (0, theme.SLOT_ROOM[0]) if self.down else (theme.SLOT_ROOM[1], 0)

    def _spread(self, key: int) -> int:
        """How broad a box is at least, so that the numbers of its inputs, which take half of that,
        stand apart.
        """
        count = min(self.numbered[key], theme.MOST_SLOTS)
        return 2 * theme.SLOT_APART * max(count - 1, 0)

    def _near(self, before: Block) -> int:
        """How far a text before an arrow reaches from it."""
        return before.size[0 if self.down else 1] + theme.ASIDE[0]

    def least_length(self) -> int:
        """How long the picture is at least."""
        lengths = [size[1 if self.down else 0] for size in self.sizes]
        return least_length(lengths, self.threaded.edges)

    def scene(self) -> Scene:
        """The graph laid out."""
        titles = [block_of(text.lines, theme.WIDEST_ROW) for text in self.texts.groups]
        numbers = self.threaded.nodes
        passed = {numbers[key]: self._near(self.blocks[key]) for key in self.labels}
        passed |= dict.fromkeys(self.threaded.texts.values(), theme.ASIDE[0])
        layout, frames = arrange_framed(
            self.sizes,
            self.threaded.edges,
            self.threaded.tree,
            labels=[title.size for title in titles],
            direction="down" if self.down else "right",
            texts=passed,
        )
        corners = [(x + theme.MARGIN, y + theme.MARGIN) for x, y in layout.corners]
        clusters = tuple(
            _cluster(frame, title, text.tip)
            for frame, title, text in zip(frames, titles, self.texts.groups, strict=True)
        )
        routes = tuple(self._route(i, layout, corners) for i in range(len(self.graph.edges)))
        slots: dict[int, list] = {key: [] for key in self.numbered}
        for edge, route in zip(self.graph.edges, routes, strict=True):
            if route.text.slot:
                slots[edge.target].append((*route.points[-1], route.text.slot))
        slots = {
            key: ends if len(ends) <= theme.MOST_SLOTS else [ends[0], ends[-1]]
            for key, ends in slots.items()
        }
        boxes = (self._box(key, corners[number]) for key, number in enumerate(numbers))
        return Scene(
            tuple(box._replace(slots=tuple(slots.get(i, ()))) for i, box in enumerate(boxes)),
            routes,
            width=layout.width + 2 * theme.MARGIN,
            height=layout.height + 2 * theme.MARGIN,
            down=self.down,
            clusters=clusters,
            recorded=self.texts.recorded,
        )

    def _box(self, key: int, corner: Corner) -> Box:
        text, block = self.texts.nodes[key], self.blocks[key]
        size = self.sizes[self.threaded.nodes[key]]
        if key in self.labels:
            return Box(*corner, *size, text, self._beside(block, corner, size, 0))
        right, below = self._room(key)
        top = corner[1] + below + (size[1] - below - block.height) / 2
        label = Label(corner[0] + right, top, size[0] - right, block.size[1], block.rows)
        return Box(*corner, *size, text, label)

    def _beside(self, block: Block, corner: Corner, size: Size, off: int) -> Label:
        """A text on an arrow, so far across from where its box begins, in the middle along it."""
        (x, y), (width, height) = corner, block.size
        if self.down:
            return Label(x + off, y + (size[1] - height) // 2, width, height, block.rows)
        return Label(x + (size[0] - width) // 2, y + off, width, height, block.rows)

    def _route(self, index: int, layout: Layout, corners: list[Corner]) -> Route:
        edge, flow = self.graph.edges[index], None
        part = self.threaded.parts[index]
        points = layout.routes[part]
        number, near = self.threaded.texts.get(index), theme.ASIDE[0]
        if number is not None:
            points = points[:-1] + layout.routes[part + 1][1:]
        if edge.source in self.labels:
            number, near = self.threaded.nodes[edge.source], self._near(self.blocks[edge.source])
            (x, y), (across, along) = layout.corners[number], points[0]
            # Through the label.
            points = (((across, y) if self.down else (x, along)), *points[1:])
        if self.flows[index].rows:
            off = near + theme.ASIDE[1]
            flow = self._beside(self.flows[index], corners[number], self.sizes[number], off)
        points = tuple((x + theme.MARGIN, y + theme.MARGIN) for x, y in points)
        begins, ends = edge.source not in self.labels, edge.target not in self.labels
        return Route(points, self.texts.edges[index], flow, begins, ends)


def _cluster(frame: Frame, title: Block, tip: str) -> Cluster:
    corner = (frame.x + theme.MARGIN, frame.y + theme.MARGIN)
    start = tuple(place + theme.MARGIN for place in frame.label)
    label = Label(*start, *title.size, title.rows)
    return Cluster(*corner, frame.width, frame.height, label, tip)


# --- texts ----------------------------------------------------------------------------------------


def block_of(lines: tuple[Line, ...], widest: int) -> Block:
    """Lines of text in rows: one that may stand behind the line before it does, where the row is no
    wider than ``widest``. None stands behind the last row of a matrix, which would move it aside.
    """
    if not lines:
        return NOTHING
    rows: list[tuple[list[Line], list[float]]] = []
    for line in lines:
        width = text_width(line)
        fits = rows and line.beside and _row_width([*rows[-1][1], width]) <= widest
        if fits and not _ends_matrix(rows):
            rows[-1][0].append(line)
            rows[-1][1].append(width)
        else:
            rows.append(([line], [width]))
    placed = tuple(_row(row, widths) for row, widths in rows)
    broadest = max(_row_width(widths) for _, widths in rows)
    return Block(placed, broadest, sum(row.height for row in placed))


def _ends_matrix(rows: Sequence[tuple[list[Line], list[float]]]) -> bool:
    """Whether the last two of some rows are rows of a matrix."""
    last = [lines[-1].style for lines, _ in rows[-2:]]
    return len(last) == 2 and all(style.endswith("cells") for style in last)


def _row(lines: list[Line], widths: list[float]) -> Row:
    if len(lines) == 1:
        return Row(tuple(lines), (0,))
    middles, x = [], -_row_width(widths) / 2
    for width in widths:
        middles.append(x + width / 2)
        x += width + theme.SPACE
    return Row(tuple(lines), tuple(middles))


def _row_width(widths: Sequence[float]) -> float:
    return sum(widths) + theme.SPACE * (len(widths) - 1)


def _box_size(node: Node, block: Block) -> Size:
    """The size of a box: even numbers, so that a middle is a whole pixel."""
    height = block.height + (theme.OVAL_PAD if node.kind == "tensor" else theme.BOX_PAD)
    sides = theme.BOX_SIDE
    if node.kind == "tensor":
        lines = [line for row in block.rows for line in row.lines]
        sides = max(oval_radius(lines, height), theme.OVAL_SIDE)
    return 2 * round((block.width + sides) / 2), 2 * round(height / 2)


def oval_radius(lines: Iterable[Line], height: float) -> float:
    """The radius of an oval's ends: half its height, or less where a matrix fills it."""
    filled = any(line.style.endswith("cells") for line in lines)
    return min(height / 2, theme.ROUNDEST) if filled else height / 2


def text_width(line: Line) -> float:
    """How many pixels a line of text is wide, in a wide font."""
    if line.style.split()[-1] in ("mono", "cells"):
        return theme.MONO_WIDTH * line.size * len(line.text)
    width = sum(theme.WIDTHS.get(c, theme.OTHER_WIDTH) for c in line.text) * line.size
    return width * (theme.BOLDER if line.style == "strong" else 1)
