"""A scene as shapes: rectangles, lines, arrowheads and texts, each with its style and its place.

SVG and matplotlib both draw these and nothing else, so that no picture can differ from another in
its geometry.
"""

from collections.abc import Iterator
from typing import NamedTuple

from autograd_seen.show import theme
from autograd_seen.show.scene import Box, Cluster, Label, Route, Scene, oval_radius

Point = tuple[float, float]
#: One point to which a straight line leads, or two control points and the end of a curve.
Segment = tuple[Point, ...]


class Rect(NamedTuple):
    """A rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    style: str


class Path(NamedTuple):
    """A line of straight and curved segments; the first is the point where it begins."""

    segments: tuple[Segment, ...]
    style: str


class Arrowhead(NamedTuple):
    """A triangle; the first point is its tip."""

    points: tuple[Point, Point, Point]
    style: str


class Text(NamedTuple):
    """One line of text around ``x``, on its baseline ``y``."""

    x: float
    y: float
    text: str
    size: float
    style: str


Shape = Rect | Path | Arrowhead | Text


class Part(NamedTuple):
    """Shapes that belong together: a "node", an "edge", the "flow" back along it, or a "frame".

    ``index`` is the place in the graph's nodes, edges or groups; ``tip`` is what a reader who
    points at a part is told.
    """

    kind: str
    index: int
    shapes: tuple[Shape, ...]
    tip: str = ""


def parts(scene: Scene) -> list[Part]:
    """All that a scene shows, what stands behind coming first."""
    found = [_frame(i, cluster) for i, cluster in enumerate(scene.clusters)]
    for i, route in enumerate(scene.routes):
        found += _edge(i, route, scene.down)
    return found + [_node(i, box, scene.down) for i, box in enumerate(scene.boxes)]


def _node(index: int, box: Box, down: bool) -> Part:
    style, texts = box.text.style, [*_texts(box.label), *_slots(box, down)]
    if style == "label":
        return Part("node", index, tuple(texts), box.text.tip)
    radius = theme.CORNER if style in theme.CORNERED else oval_radius(box.lines, box.height)
    insets = (0, theme.INSET) if style in ("root", "born") else (0,)
    outlines = [
        Rect(
            x=box.x + inset,
            y=box.y + inset,
            width=box.width - 2 * inset,
            height=box.height - 2 * inset,
            radius=radius - inset,
            style=style,
        )
        for inset in insets
    ]
    return Part("node", index, (*outlines, *texts), box.text.tip)


def _slots(box: Box, down: bool) -> Iterator[Text]:
    right, below = theme.SLOT_DOWN if down else theme.SLOT_RIGHT
    for x, y, slot in box.slots:
        yield Text(x + right, y + below, slot, theme.SMALL, "muted")


def _frame(index: int, cluster: Cluster) -> Part:
    corner, size = (cluster.x, cluster.y), (cluster.width, cluster.height)
    outline = Rect(*corner, *size, theme.FRAME_CORNER, "frame")
    return Part("frame", index, (outline, *_texts(cluster.label)), cluster.tip)


def _texts(label: Label) -> Iterator[Text]:
    """Rows of text, one below the other, each on one baseline."""
    x, y = label.x + label.width // 2, label.y
    for row in label.rows:
        y += row.height
        baseline = y - max(line.size for line in row.lines) * theme.DESCENT
        for line, middle in zip(row.lines, row.middles, strict=True):
            yield Text(x + middle, baseline, line.text, line.size, line.style)


def _edge(index: int, route: Route, down: bool) -> Iterator[Part]:
    """The edge itself, and what flowed back along it."""
    text, flow = route.text, route.flow
    beside = tuple(_texts(flow)) if flow else ()
    tip, style = route.points[-1], "edge" if text.tracked else "edge border"
    line = Path(bends(route.points, down, theme.ARROW[0] if route.ends else 0), style)
    head = [_arrowhead(tip, theme.ARROW, down, "tip")] if route.ends else []
    shapes = (line, *head)
    if not text.tracked:
        # What cut the graph stands there whether or not a pass was recorded.
        yield Part("edge", index, (*shapes, *beside))
        return
    yield Part("edge", index, shapes)
    if text.back or beside:
        yield Part("flow", index, (*_way_back(route, down), *beside))


def _way_back(route: Route, down: bool) -> list[Shape]:
    """The dashed line beside an edge on which the gradient came back, and its arrowhead."""
    if not route.text.back:
        return []
    points = way_back(route.points, down)
    length, half = theme.BACK_ARROW
    head = [_arrowhead(points[0], (-length, half), down, "back")] if route.begins else []
    return [Path(bends(points, down), "way"), *head]


def way_back(points: tuple[Point, ...], down: bool) -> tuple[Point, ...]:
    """The points of the gradient's way: beside that of the value."""
    return tuple((x + theme.BESIDE, y) if down else (x, y + theme.BESIDE) for x, y in points)


def _arrowhead(tip: Point, size: tuple[float, float], down: bool, style: str) -> Arrowhead:
    """An arrowhead that points along an edge, or against it where its length is negative."""
    (x, y), (length, half) = tip, size
    if down:
        return Arrowhead((tip, (x - half, y - length), (x + half, y - length)), style)
    return Arrowhead((tip, (x - length, y - half), (x - length, y + half)), style)


def bends(points: tuple[Point, ...], down: bool, shorten: int = 0) -> tuple[Segment, ...]:
    """The points of a route as straight and curved segments.

    ``shorten`` leaves that many pixels at the end, for the arrowhead.
    """
    (*others, (x, y)) = points
    points = (*others, (x, y - shorten) if down else (x - shorten, y))
    segments: list[Segment] = [(points[0],)]
    for i in range(1, len(points)):
        # Between two ranks a route may move aside.
        curved = i % 2 == 0
        segments += _bend(points[i - 1], points[i], curved, down)
    return tuple(segments)


def _bend(start: Point, end: Point, curved: bool, down: bool) -> list[Segment]:
    (x0, y0), (x1, y1) = start, end
    if start == end:
        return []
    if not curved or (x0 == x1 if down else y0 == y1):
        return [(end,)]
    if down:
        middle = (y0 + y1) // 2
        return [((x0, middle), (x1, middle), end)]
    middle = (x0 + x1) // 2
    return [((middle, y0), (middle, y1), end)]
