"""What a graph looks like before anything draws it: boxes with lines of text, and routes between them."""

from dataclasses import dataclass

from utils.graph import Graph, Node
from utils.layout import Layout, arrange
from utils.values import clip

#: Characters that a box shows of a name or a class name, and of a value.
SHOWN, SHOWN_VALUE = 26, 36
#: Blank pixels around the picture.
MARGIN = 16

# Widths in em of a wide sans-serif font (DejaVu Sans): text measured so fits in the narrower ones too.
WIDTHS = {
    **dict.fromkeys("ijlIftr|!.,:;'\"`()[]{} -/\\¹⁻⁰²³⁴⁵⁶⁷⁸⁹", 0.41),
    **dict.fromkeys("=+−×÷<>~^#@ABCDEGHKNOQRUVwXY", 0.82),
    **dict.fromkeys("mMW…%", 1.0),
}
BOLDER = 1.1


@dataclass(frozen=True)
class Line:
    """One line of text in a box: ``weight`` is "strong", "plain", "muted" or "mono"; ``size`` is in pixels."""

    text: str
    weight: str
    size: float


@dataclass(frozen=True)
class Box:
    """A node as drawn: its top left corner, size, style (a tensor's role, "operation", "freed" or "cut")."""

    x: int
    y: int
    width: int
    height: int
    style: str
    lines: tuple[Line, ...]
    tip: str


@dataclass(frozen=True)
class Route:
    """An edge as drawn: its points as ``Layout`` gives them, and a short text beside its end."""

    points: tuple[tuple[int, int], ...]
    label: str


@dataclass(frozen=True)
class Scene:
    """All that a picture shows, in pixels; boxes and routes in the order of the graph's nodes and edges."""

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: int
    height: int
    down: bool


def compose(graph: Graph, direction: str = "auto") -> Scene:
    """Lays a graph out and says what stands in each box."""
    lines = [_lines(node) for node in graph.nodes]
    sizes = [_size(node, text) for node, text in zip(graph.nodes, lines, strict=True)]
    placed: Layout = arrange(sizes, [(e.source, e.target) for e in graph.edges], direction)
    boxes = [
        Box(x + MARGIN, y + MARGIN, *size, _style(node), text, _tip(node))
        for node, text, size, (x, y) in zip(graph.nodes, lines, sizes, placed.corners, strict=True)
    ]
    routes = [
        Route(tuple((x + MARGIN, y + MARGIN) for x, y in points), _slot_label(graph, edge))
        for edge, points in zip(graph.edges, placed.routes, strict=True)
    ]
    width, height = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN
    return Scene(tuple(boxes), tuple(routes), width, height, placed.down)


def bends(route: Route, down: bool, shorten: int = 0) -> list[tuple[tuple[int, int], ...]]:
    """A route as line and curve segments: each a tuple of one point, or of two control points and a point.

    ``shorten`` leaves that many pixels at the end, for the arrowhead.
    """
    points = list(route.points)
    x, y = points[-1]
    points[-1] = (x, y - shorten) if down else (x - shorten, y)
    segments = [(points[0],)]
    for i in range(1, len(points)):
        (x0, y0), (x1, y1) = points[i - 1], points[i]
        between_ranks = i % 2 == 0
        if not between_ranks or (x0 == x1 if down else y0 == y1):
            if points[i] != points[i - 1]:
                segments.append(((x1, y1),))
        elif down:
            middle = (y0 + y1) // 2
            segments.append(((x0, middle), (x1, middle), (x1, y1)))
        else:
            middle = (x0 + x1) // 2
            segments.append(((middle, y0), (middle, y1), (x1, y1)))
    return segments


def minus(text: str) -> str:
    """Numbers with a true minus sign, as a page shows them."""
    return text.replace("-", "−")


def _lines(node: Node) -> tuple[Line, ...]:
    if node.kind == "cut":
        return (Line("…", "strong", 16), *(Line(note, "muted", 11) for note in node.notes))
    if node.kind == "operation":
        said = ["saved tensors freed"] if node.freed else []
        return (
            Line(clip(node.name, SHOWN), "strong", 16),
            Line(clip(node.class_name.removeprefix("torch::autograd::"), SHOWN), "mono", 10.5),
            *(Line(clip(note, SHOWN + 8), "muted", 11) for note in [*said, *node.notes]),
        )
    short = node.value and " … " not in node.value
    name = node.name if len(node.name) <= SHOWN else "…" + node.name[1 - SHOWN :]  # its end tells it apart
    first = f"{name} = {minus(clip(node.value, SHOWN_VALUE))}" if short else name
    lines = [Line(first, "strong", 15)]
    detail = []
    if node.shape:
        detail.append(clip(str(node.shape), SHOWN))
    if node.dtype not in ("float32", ""):
        detail.append(node.dtype)
    if node.value and not short:
        detail.append(minus(node.value))
    if detail:
        lines.append(Line(" · ".join(detail), "plain", 12))
    notes = [*node.notes] if node.value else [*node.notes, "value not kept"]
    lines.append(Line(" · ".join([node.role, *(clip(n, SHOWN + 8) for n in notes)]), "muted", 11))
    if node.grad:
        lines.append(Line(minus(f".grad = {clip(node.grad, SHOWN_VALUE)}"), "plain", 12))
    return tuple(lines)


def _size(node: Node, lines: tuple[Line, ...]) -> tuple[int, int]:
    widest = max(_text_width(line) for line in lines)
    height = sum(line.size * 1.3 for line in lines) + (10 if node.kind == "tensor" else 12)
    sides = height * 0.5 if node.kind == "tensor" else 18
    # Even numbers, so that a middle is a whole pixel.
    return 2 * round((widest + sides) / 2), 2 * round(height / 2)


def _text_width(line: Line) -> float:
    if line.weight == "mono":
        return 0.605 * line.size * len(line.text)
    width = sum(WIDTHS.get(c, 0.64) for c in line.text) * line.size
    return width * (BOLDER if line.weight == "strong" else 1)


def _style(node: Node) -> str:
    return "freed" if node.freed else node.role


def _slot_label(graph: Graph, edge) -> str:
    """The input's number where the order of the inputs matters: a − b is not b − a."""
    target = graph.nodes[edge.target]
    return str(edge.slot + 1) if target.ordered and edge.slot is not None else ""


def _tip(node: Node) -> str:
    if node.kind == "cut":
        return f"{node.class_name}, and what leads to it, is not drawn"
    if node.kind == "operation":
        saves = f"saves {', '.join(node.saved)}" if node.saved else "saves nothing"
        return f"{node.expression}: {node.class_name} {'has freed what it saved' if node.freed else saves}"
    shape = "shape unknown" if node.shape is None else f"shape {node.shape}"
    return f"{node.name}: {node.role}, {shape}, {node.dtype}"
