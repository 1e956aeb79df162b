"""What a graph looks like before anything draws it: boxes with lines of text, and routes between
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autograd_seen.arrange.labels import thread
from autograd_seen.arrange.layout import Layout, least_length
from autograd_seen.arrange.nesting import Frame, arrange_framed
from autograd_seen.graph import Gradients, Graph, Node
from autograd_seen.show import theme
from autograd_seen.show.content import Content, EdgeText, Line, NodeText, content

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


Rows = tuple[Row, ...]


class Label(NamedTuple):
    """Rows of text, and the top left corner, the width and the height of their block."""

    x: int
    y: int
    width: int
    height: int
    rows: Rows


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


def compose(graph: Graph, direction: str = "auto", gradients: Gradients | None = None) -> Scene:
    """Lays a graph out and says what stands in each box; with a pass through it, also what flowed
    back.
    """
    return place(graph, content(graph, gradients), direction)


def place(graph: Graph, texts: Content, direction: str = "auto") -> Scene:
    """Gives each text of a graph its place: to the right, or down where that would be too wide."""
    if direction != "down":
        plan = _Plan(graph, texts, down=False)
        if direction == "right" or plan.least_length() <= theme.WIDEST:
            scene = plan.scene()
            if direction == "right" or scene.width <= theme.WIDEST + 2 * theme.MARGIN:
                return scene
    return _Plan(graph, texts, down=True).scene()


class _Plan:
    """A graph on its way to a scene that leads right, or down: what is to be laid out."""

    def __init__(self, graph: Graph, texts: Content, down: bool):
        self.graph, self.texts, self.down = graph, texts, down
        # Where a picture leads down, lines of text stand side by side.
        widest = theme.WIDEST_ROW if down else 0
        self.rows = [rows_of(text.lines, widest) for text in texts.nodes]
        self.flows = [rows_of(text.lines, widest) for text in texts.edges]
        self.labels = {key for key, text in enumerate(texts.nodes) if text.style == "label"}
        #: By the key of a label the edge that leaves it, whose text is on its other side.
        self.after = {e.source: i for i, e in enumerate(graph.edges) if e.source in self.labels}
        alone = set(range(len(graph.edges))) - set(self.after.values())
        self.threaded = thread(graph, {i for i in alone if self.flows[i]})
        self.sizes = self._sizes()

    def _sizes(self) -> list[Size]:
        threaded = self.threaded
        sizes = [(0, 0)] * (len(threaded.nodes) + len(threaded.texts))
        for key, number in enumerate(threaded.nodes):
            if key in self.labels:
                sizes[number] = self._size_on_arrow(self.rows[key], self.flows[self.after[key]])
            else:
                sizes[number] = _box_size(self.graph.nodes[key], self.rows[key])
        for index, number in threaded.texts.items():
            sizes[number] = self._size_on_arrow((), self.flows[index])
        return sizes

    def _size_on_arrow(self, before: Rows, after: Rows) -> Size:
        """The size of what stands on an arrow: texts on either side of it."""
        one, two = _block_size(before), _block_size(after)
        side = 0 if self.down else 1
        across = self._near(before) + theme.ASIDE[1] + two[side]
        along = max(one[1 - side], two[1 - side])
        return (across, along) if self.down else (along, across)

    def _near(self, before: Rows) -> int:
        """How far a text before an arrow reaches from it."""
        return _block_size(before)[0 if self.down else 1] + theme.ASIDE[0]

    def least_length(self) -> int:
        """How long the picture is at least."""
        lengths = [size[1 if self.down else 0] for size in self.sizes]
        return least_length(lengths, self.threaded.edges)

    def scene(self) -> Scene:
        """The graph laid out."""
        titles = [rows_of(text.lines, 0) for text in self.texts.groups]
        numbers = self.threaded.nodes
        passed = {numbers[key]: self._near(self.rows[key]) for key in self.labels}
        passed |= dict.fromkeys(self.threaded.texts.values(), theme.ASIDE[0])
        layout, frames = arrange_framed(
            *(self.sizes, self.threaded.edges, self.threaded.tree),
            [_block_size(rows) for rows in titles],
            "down" if self.down else "right",
            passed,
        )
        corners = [(x + theme.MARGIN, y + theme.MARGIN) for x, y in layout.corners]
        clusters = tuple(
            _cluster(frame, rows, text.tip)
            for frame, rows, text in zip(frames, titles, self.texts.groups, strict=True)
        )
        return Scene(
            tuple(self._box(key, corners[number]) for key, number in enumerate(numbers)),
            tuple(self._route(i, layout, corners) for i in range(len(self.graph.edges))),
            *(layout.width + 2 * theme.MARGIN, layout.height + 2 * theme.MARGIN, self.down),
            clusters,
            self.texts.recorded,
        )

    def _box(self, key: int, corner: Corner) -> Box:
        text, rows = self.texts.nodes[key], self.rows[key]
        size = self.sizes[self.threaded.nodes[key]]
        if key in self.labels:
            return Box(*corner, *size, text, self._beside(rows, corner, size, 0))
        block = _block_size(rows)
        top = corner[1] + (size[1] - block[1]) / 2
        return Box(*corner, *size, text, Label(corner[0], top, size[0], block[1], rows))

    def _beside(self, rows: Rows, corner: Corner, size: Size, off: int) -> Label:
        """Rows on an arrow, so far across from where its box begins, in the middle along it."""
        (x, y), block = corner, _block_size(rows)
        if self.down:
            return Label(x + off, y + (size[1] - block[1]) // 2, *block, rows)
        return Label(x + (size[0] - block[0]) // 2, y + off, *block, rows)

    def _route(self, index: int, layout: Layout, corners: list[Corner]) -> Route:
        edge, flow = self.graph.edges[index], None
        part = self.threaded.parts[index]
        points = layout.routes[part]
        number, near = self.threaded.texts.get(index), theme.ASIDE[0]
        if number is not None:
            points = points[:-1] + layout.routes[part + 1][1:]
        if edge.source in self.labels:
            number, near = self.threaded.nodes[edge.source], self._near(self.rows[edge.source])
            (x, y), (across, along) = layout.corners[number], points[0]
            # Through the label.
            points = (((across, y) if self.down else (x, along)), *points[1:])
        if self.flows[index]:
            off = near + theme.ASIDE[1]
            flow = self._beside(self.flows[index], corners[number], self.sizes[number], off)
        points = tuple((x + theme.MARGIN, y + theme.MARGIN) for x, y in points)
        begins, ends = edge.source not in self.labels, edge.target not in self.labels
        return Route(points, self.texts.edges[index], flow, begins, ends)


def _cluster(frame: Frame, rows: Rows, tip: str) -> Cluster:
    corner = (frame.x + theme.MARGIN, frame.y + theme.MARGIN)
    start = tuple(place + theme.MARGIN for place in frame.label)
    label = Label(*start, *_block_size(rows), rows)
    return Cluster(*corner, frame.width, frame.height, label, tip)


# --- texts ----------------------------------------------------------------------------------------


def rows_of(lines: tuple[Line, ...], widest: int) -> Rows:
    """Lines of text as rows: one that may stand behind the line before it does, where the row is no
    wider than ``widest``.
    """
    rows: list[list[Line]] = []
    for line in lines:
        if rows and line.beside and _row_width([*rows[-1], line]) <= widest:
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(map(_row, rows))


def _row(lines: list[Line]) -> Row:
    if len(lines) == 1:
        return Row(tuple(lines), (0,))
    middles, x = [], -_row_width(lines) / 2
    for line in lines:
        width = _text_width(line)
        middles.append(x + width / 2)
        x += width + theme.SPACE
    return Row(tuple(lines), tuple(middles))


def _row_width(lines: Sequence[Line]) -> float:
    return sum(map(_text_width, lines)) + theme.SPACE * (len(lines) - 1)


def _box_size(node: Node, rows: Rows) -> Size:
    """The size of a box: even numbers, so that a middle is a whole pixel."""
    widest, height = _measured(rows)
    height += theme.OVAL_PAD if node.kind == "tensor" else theme.BOX_PAD
    sides = max(height * 0.5, theme.OVAL_SIDE) if node.kind == "tensor" else theme.BOX_SIDE
    return 2 * round((widest + sides) / 2), 2 * round(height / 2)


def _block_size(rows: Rows) -> Size:
    """The size of rows of text by themselves."""
    width, height = _measured(rows)
    return round(width), round(height)


def _measured(rows: Rows) -> tuple[float, float]:
    """The width and the height of rows of text, one below the other."""
    widest = max((_row_width(row.lines) for row in rows), default=0)
    return widest, sum(row.height for row in rows)


def _text_width(line: Line) -> float:
    if line.style == "mono":
        return theme.MONO_WIDTH * line.size * len(line.text)
    width = sum(theme.WIDTHS.get(c, theme.OTHER_WIDTH) for c in line.text) * line.size
    return width * (theme.BOLDER if line.style == "strong" else 1)
