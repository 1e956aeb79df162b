"""What a graph looks like before anything draws it: boxes with lines of text, and routes between
them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from autograd_seen.arrange.labels import place_labels
from autograd_seen.arrange.layout import Layout
from autograd_seen.arrange.nesting import arrange_framed
from autograd_seen.graph import Gradients, Graph, Node
from autograd_seen.show import theme
from autograd_seen.show.content import Content, EdgeText, Line, NodeText, content

Size = tuple[int, int]
Corner = tuple[int, int]


class Box(NamedTuple):
    """A node as drawn: its top left corner, its size, and its text."""

    x: int
    y: int
    width: int
    height: int
    text: NodeText

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in the box."""
        return self.text.lines


class Label(NamedTuple):
    """Lines of text, and the top left corner and width of their block."""

    x: int
    y: int
    width: int
    lines: tuple[Line, ...]


class Route(NamedTuple):
    """An edge as drawn: its points as ``Layout`` gives them, and the lines beside it, if any."""

    points: tuple[tuple[int, int], ...]
    text: EdgeText
    flow: Label | None = None


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
    """Gives each text of a graph its place."""
    boxes = [_box_size(node, text) for node, text in zip(graph.nodes, texts.nodes, strict=True)]
    blocks = [_block_size(text.lines) for text in texts.edges]
    titles = [_block_size(text.lines) for text in texts.groups]
    pairs = [(edge.source, edge.target) for edge in graph.edges]
    rooms = _rooms(graph, blocks)
    layout, frames = arrange_framed(boxes, pairs, graph.tree, titles, direction, rooms)
    covered = _rectangles(layout.corners, boxes)
    covered += _rectangles([frame.label for frame in frames], titles)
    corners = place_labels(blocks, layout.routes, covered, layout.down)
    shift, width, height = _extent(layout, corners, blocks)
    return Scene(
        tuple(
            Box(*shift(corner), *size, text)
            for corner, size, text in zip(layout.corners, boxes, texts.nodes, strict=True)
        ),
        tuple(
            Route(tuple(map(shift, points)), text, _label(text.lines, block, corner, shift))
            for points, text, block, corner in zip(
                layout.routes, texts.edges, blocks, corners, strict=True
            )
        ),
        *(width, height, layout.down),
        tuple(
            Cluster(
                *shift((frame.x, frame.y)),
                *(frame.width, frame.height),
                *(_label(text.lines, title, frame.label, shift), text.tip),
            )
            for frame, title, text in zip(frames, titles, texts.groups, strict=True)
        ),
        texts.recorded,
    )


def _box_size(node: Node, text: NodeText) -> Size:
    """The size of a box: even numbers, so that a middle is a whole pixel."""
    widest, height = _measured(text.lines)
    height += theme.OVAL_PAD if node.kind == "tensor" else theme.BOX_PAD
    sides = height * 0.5 if node.kind == "tensor" else theme.BOX_SIDE
    return 2 * round((widest + sides) / 2), 2 * round(height / 2)


def _block_size(lines: tuple[Line, ...]) -> Size | None:
    """The size of lines of text by themselves; None where there are none."""
    if not lines:
        return None
    width, height = _measured(lines)
    return round(width), round(height)


def _measured(lines: tuple[Line, ...]) -> tuple[float, float]:
    """The width and the height of lines of text, one below the other."""
    widths = [text_width(line) for line in lines]
    return max(widths), sum(line.size * theme.LINE_HEIGHT for line in lines)


def text_width(line: Line) -> float:
    """How many pixels a line of text is wide, in a wide font."""
    if line.style == "mono":
        return theme.MONO_WIDTH * line.size * len(line.text)
    width = sum(theme.WIDTHS.get(c, theme.OTHER_WIDTH) for c in line.text) * line.size
    return width * (theme.BOLDER if line.style == "strong" else 1)


def _rooms(graph: Graph, blocks: list[Size | None]) -> list[Size]:
    """How much room each edge needs for the text beside it, along the edge and across."""
    leaving = Counter(edge.source for edge, block in zip(graph.edges, blocks, strict=True) if block)
    rooms = []
    for edge, block in zip(graph.edges, blocks, strict=True):
        # Where three or more leave one tensor, the outer lines need room to part before the inner
        # one's text.
        parting = theme.CROWD if leaving[edge.source] > 2 else 0
        along, across = (pad + parting for pad in theme.LABEL_PAD)
        rooms.append((block[0] + along, block[1] + across) if block else (0, 0))
    return rooms


def _rectangles(corners: Iterable[Corner], sizes: list[Size]) -> list[tuple[int, int, int, int]]:
    return [(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]


def _extent(
    layout: Layout, corners: list[Corner | None], blocks: list[Size | None]
) -> tuple[Callable[[Corner], Corner], int, int]:
    """How a corner of the layout is shifted in the picture, and the picture's width and height: a
    text may reach beyond the outermost box.
    """
    texts = [
        (*corner, *block) for corner, block in zip(corners, blocks, strict=True) if corner and block
    ]
    left = max([0, *(-x for x, _, _, _ in texts)]) + theme.MARGIN
    top = max([0, *(-y for _, y, _, _ in texts)]) + theme.MARGIN
    right = max([layout.width, *(x + width for x, _, width, _ in texts)]) + theme.MARGIN
    bottom = max([layout.height, *(y + height for _, y, _, height in texts)]) + theme.MARGIN
    return lambda corner: (corner[0] + left, corner[1] + top), left + right, top + bottom


def _label(
    lines: tuple[Line, ...],
    size: Size | None,
    corner: Corner | None,
    shift: Callable[[Corner], Corner],
) -> Label | None:
    return Label(*shift(corner), size[0], lines) if corner and size else None
