"""What a graph looks like before anything draws it: boxes with lines of text, and routes between
them.
"""

from collections import Counter
from dataclasses import dataclass

from autograd_seen.arrange.labels import place_labels
from autograd_seen.arrange.nesting import arrange_framed
from autograd_seen.graph import Gradients, Graph, Group, Node, Step
from autograd_seen.show import words
from autograd_seen.show.maths import read
from autograd_seen.values import clip

#: Characters that a box shows of a name or a class name, and of a value.
SHOWN, SHOWN_VALUE = 26, 36
#: Pixels more between two ranks where many labelled edges leave one tensor.
CROWD = 40
#: Blank pixels around the picture.
MARGIN = 12

# Widths in em of a wide sans-serif font (DejaVu Sans): text measured so fits in the narrower ones
# too.
WIDTHS = {
    **dict.fromkeys("ijlIftr|!.,:;'\"`()[]{} -/\\¹⁻⁰²³⁴⁵⁶⁷⁸⁹", 0.41),
    **dict.fromkeys("=+−×÷<>~^#@ABCDEGHKNOQRUVwXY", 0.82),
    **dict.fromkeys("mMW…%", 1.0),
}
BOLDER = 1.1


@dataclass(frozen=True)
class Line:
    """One line of text: ``weight`` is "strong", "plain", "muted", "mono", "local" or "back";
    ``size`` in pixels.
    """

    text: str
    weight: str
    size: float


@dataclass(frozen=True)
class Box:
    """A node as drawn: its top left corner, size, style (a tensor's role, "operation", "freed" or
    "cut").
    """

    x: int
    y: int
    width: int
    height: int
    style: str
    lines: tuple[Line, ...]
    tip: str


@dataclass(frozen=True)
class Label:
    """Lines of text beside an edge, and the top left corner and width of their block."""

    x: int
    y: int
    width: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Route:
    """An edge as drawn: its points as ``Layout`` gives them, and a short text beside its end.

    ``back`` says that a gradient came back along it, ``flow`` what it was. ``tracked`` is False for
    a border, where ``flow`` says what cut the graph."""

    points: tuple[tuple[int, int], ...]
    label: str
    back: bool = False
    flow: Label | None = None
    tracked: bool = True


@dataclass(frozen=True)
class Cluster:
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


def compose(graph: Graph, direction: str = "auto", gradients: Gradients | None = None) -> Scene:
    """Lays a graph out and says what stands in each box; with a pass through it, also what flowed
    back.
    """
    passed = _Passed(graph, gradients or Gradients({}, {}, {}))
    lines = [
        _lines(graph, node, node.key not in passed.leaves) + passed.lines(node)
        for node in graph.nodes
    ]
    sizes = [_size(node, text) for node, text in zip(graph.nodes, lines, strict=True)]
    texts = [passed.beside(i) for i in range(len(graph.edges))]
    blocks = [_block(text) if text else None for text in texts]
    leaving = Counter(edge.source for edge, block in zip(graph.edges, blocks, strict=True) if block)
    # Where three or more leave one tensor, the outer lines need room to part before the inner one's
    # text.
    parting = [CROWD if leaving[edge.source] > 2 else 0 for edge in graph.edges]
    rooms = [
        (block[0] + 12 + parting[i], block[1] + 10 + parting[i]) if block else (0, 0)
        for i, block in enumerate(blocks)
    ]
    titles = [_title(group) for group in graph.groups]
    sides = [_block(title) for title in titles]
    pairs, held = (
        [(e.source, e.target) for e in graph.edges],
        [group.nodes for group in graph.groups],
    )
    placed, frames = arrange_framed(sizes, pairs, held, sides, direction, rooms)
    boxes = [(*corner, *size) for corner, size in zip(placed.corners, sizes, strict=True)]
    covered = [(*frame.label, *side) for frame, side in zip(frames, sides, strict=True)]
    corners = place_labels(blocks, placed.routes, boxes + covered, placed.down)
    # A text may reach beyond the outermost box.
    texts_at = [
        (*corner, *block) for corner, block in zip(corners, blocks, strict=True) if corner and block
    ]
    left, top = (-min([0, *(box[side] for box in texts_at)]) for side in (0, 1))
    right = max([placed.width, *(x + width for x, _, width, _ in texts_at)])
    bottom = max([placed.height, *(y + height for _, y, _, height in texts_at)])
    dx, dy = MARGIN + left, MARGIN + top
    return Scene(
        tuple(
            Box(x + dx, y + dy, width, height, _style(node), text, _tip(graph, node))
            for node, text, (x, y, width, height) in zip(graph.nodes, lines, boxes, strict=True)
        ),
        tuple(
            Route(
                tuple((x + dx, y + dy) for x, y in placed.routes[i]),
                _slot_label(graph, edge),
                passed.back(i),
                Label(corner[0] + dx, corner[1] + dy, blocks[i][0], texts[i])
                if (corner := corners[i])
                else None,
                edge.tracked,
            )
            for i, edge in enumerate(graph.edges)
        ),
        right + left + 2 * MARGIN,
        bottom + top + 2 * MARGIN,
        placed.down,
        tuple(
            Cluster(
                *(frame.x + dx, frame.y + dy, frame.width, frame.height),
                Label(frame.label[0] + dx, frame.label[1] + dy, side[0], title),
                _tip_of_group(graph, group),
            )
            for group, frame, side, title in zip(graph.groups, frames, sides, titles, strict=True)
        ),
    )


class _Passed:
    """A backward pass in lines of text."""

    def __init__(self, graph: Graph, gradients: Gradients):
        self.graph = graph
        self.flows, self.arrived = gradients.flows, gradients.arrived
        self.leaves, self.accumulated = gradients.leaves, gradients.accumulated

    def back(self, index: int) -> bool:
        """Whether a gradient came back along an edge."""
        if index in self.flows:
            return self.flows[index].gradient is not None
        edge = self.graph.edges[index]
        made_there = self.graph.nodes[edge.source].kind == "operation"
        arrival = self.arrived.get(edge.target)
        return made_there and arrival is not None and arrival.gradient is not None

    def lines(self, node: Node) -> tuple[Line, ...]:
        """The gradient of a tensor, under its value."""
        texts = []
        if node.key in self.leaves:
            texts = _leaf_texts(self.leaves[node.key], self.accumulated)
        elif node.key in self.arrived:
            arrival = self.arrived[node.key]
            gradient = clip(words.told(arrival.gradient), SHOWN_VALUE)
            texts = [f"◂ {gradient}", *words.notes(arrival.notes)]
        return tuple(Line(minus(text), "back", 12) for text in texts)

    def beside(self, index: int) -> tuple[Line, ...]:
        """The local derivative and the gradient sent, beside an edge."""
        flow = self.flows.get(index)
        if flow is None:
            border = self.graph.edges[index].border
            return (Line(clip(border, SHOWN), "muted", 10),) if border else ()
        local = []
        if flow.local is not None:
            local = [Line(minus(f"× {clip(words.told(flow.local), SHOWN)}"), "local", 12)]
        sent = f"◂ {clip(words.told(flow.sent), SHOWN)}"
        sent = sent if flow.gradient is not None else "◂ None: not defined"
        notes = (Line(note, "muted", 10) for note in words.notes(flow.notes))
        return (*local, Line(minus(sent), "back", 12), *notes)


def _leaf_texts(step: Step, accumulated: bool) -> list[str]:
    """What arrived at a leaf, and what became of ``.grad``, or would have."""
    arriving, notes = clip(words.told(step.arriving[0]), SHOWN_VALUE), words.notes(step.notes)
    if step.arriving[0] is None:
        return ["◂ None: nothing arrived", *notes[1:]]
    if step.stays:
        return [f"◂ {arriving}", *notes]
    before, after = (clip(words.told(value), SHOWN) for value in (step.before, step.after))
    held = "" if step.before is None else f"{before} + {arriving} = "
    if accumulated:
        return [f"◂ .grad = {held}{after}", *notes]
    return [f"◂ {arriving}", f".grad would become {held}{after}", *notes]


def _block(lines: tuple[Line, ...]) -> tuple[int, int]:
    """The size of lines of text, one below the other."""
    return round(max(_text_width(line) for line in lines)), round(
        sum(line.size * 1.3 for line in lines)
    )


def bends(route: Route, down: bool, shorten: int = 0) -> list[tuple[tuple[int, int], ...]]:
    """A route as line and curve segments: each a tuple of one point, or of two control points and a
    point.

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


def _lines(graph: Graph, node: Node, with_grad: bool) -> tuple[Line, ...]:
    if node.kind == "cut":
        notes = (Line(note, "muted", 11) for note in words.notes(node.notes))
        return (Line("…", "strong", 16), *notes)
    if node.kind == "operation":
        return _operation_lines(graph, node)
    return _tensor_lines(node, with_grad)


def _operation_lines(graph: Graph, node: Node) -> tuple[Line, ...]:
    notes = ["saved tensors freed"] if node.freed else []
    notes += words.notes(node.notes)
    class_name = node.class_name.removeprefix("torch::autograd::")
    return (
        *(Line(text, "strong", 16) for text in _listed(read(graph, node).title)),
        *(Line(text, "mono", 10.5) for text in _listed(class_name)),
        *(Line(clip(note, SHOWN + 8), "muted", 11) for note in notes),
    )


def _tensor_lines(node: Node, with_grad: bool) -> tuple[Line, ...]:
    value = words.held(node)
    short = value and " … " not in value and not value.startswith("all ")
    # The end of a long name tells it apart.
    name = node.name if len(node.name) <= SHOWN else "…" + node.name[1 - SHOWN :]
    first = f"{name} = {minus(clip(value, SHOWN_VALUE))}" if short else name
    detail = [clip(str(node.shape), SHOWN)] if node.shape else []
    detail += [node.dtype] if node.dtype not in ("float32", "") else []
    detail += [minus(value)] if value and not short else []
    notes = words.notes(node.notes) + ([] if value else ["value not kept"])
    said = " · ".join([node.role, *(clip(note, SHOWN + 8) for note in notes)])
    lines = [Line(first, "strong", 15)]
    lines += [Line(" · ".join(detail), "plain", 12)] if detail else []
    lines.append(Line(said, "muted", 11))
    if node.grad is not None and with_grad:
        lines.append(Line(minus(f".grad = {clip(words.grad(node), SHOWN_VALUE)}"), "plain", 12))
    return tuple(lines)


def _listed(text: str) -> list[str]:
    """A name on one line, shortened; several, with commas between them, on as many lines as they
    need.
    """
    lines: list[str] = []
    for name in text.split(", "):
        if lines and len(lines[-1]) + len(name) + 3 <= SHOWN + 8:
            lines[-1] += f", {name}"
        else:
            lines.append(clip(name, SHOWN))
    return [line + "," for line in lines[:-1]] + lines[-1:]


def _title(group: Group) -> tuple[Line, ...]:
    shown = f"the first of {group.times} is shown"
    return Line(f"× {group.times}", "strong", 16), Line(shown, "muted", 11)


def _tip_of_group(graph: Graph, group: Group) -> str:
    return f"this block {group.times} times; {words.carried(graph, group)}"


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
    if edge.slot is None or target.kind != "operation" or not read(graph, target).ordered:
        return ""
    return str(edge.slot + 1)


def _tip(graph: Graph, node: Node) -> str:
    if node.kind == "cut":
        return f"{node.class_name}, and what leads to it, is not drawn"
    if node.kind == "operation":
        expression = read(graph, node).expression
        tip = f"{expression}: {node.class_name} {words.saves(node)}"
        return f"{tip}\n{node.line}" if node.line else tip
    shape = "shape unknown" if node.shape is None else f"shape {node.shape}"
    return f"{node.name}: {node.role}, {shape}, {node.dtype}"
