"""Recorded passes of one function, at many values of its inputs, as pictures with a slider.

Positions whose graphs have the same shape share one picture, in which every box is wide enough for
the widest of their texts. From position to position only texts differ there.
"""

import base64
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import NamedTuple

from autograd_seen.graph import Graph, Recording
from autograd_seen.show import words
from autograd_seen.show.content import Content, Line, content, minus
from autograd_seen.show.picture import MOST_OPERATIONS, folded
from autograd_seen.show.scene import place, retold, text_width
from autograd_seen.show.slider import Picture, Slider, Slides
from autograd_seen.show.svg import to_svg

#: A picture that would be wider leads downwards. Wider than that of one pass: each box has room for
#: the widest text of many.
WIDEST = 1000
#: What a script finds again as the texts of a picture: a line, or what a reader is told who points.
TEXT = re.compile(r"<(?:text|title)\b[^>]*>([^<]*)</")
#: How a screen reader is told what the texts of a picture are.
DESCRIPTION = "One of several positions of a slider; its numbers are beside it"


class Position(NamedTuple):
    """A pass that was recorded, and the place of each input in its graph; None for an input that
    was not used.
    """

    recording: Recording
    inputs: tuple[int | None, ...]


class Shape(NamedTuple):
    """The picture of one shape of the graph, at the first position that has it.

    ``places`` are those of its texts that differ between positions, and ``texts`` what they say at
    each of these positions.
    """

    svg: str
    places: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...]


def explored(
    inputs: Mapping[str, Sequence[str]], positions: Sequence[Position], called: str
) -> Slider:
    """The pictures of all positions with a slider for each input.

    ``inputs`` holds the texts of the values of each, and ``positions`` one pass for each
    combination of these, those of the last input first. ``called`` names the result where it has no
    one name.
    """
    names = {_root(one).name for one in positions}
    name = names.pop() if len(names) == 1 else called
    columns = (name, *(f"∂{name.partition('(')[0]}/∂{one}" for one in inputs))
    rows = tuple(map(_row, positions))
    shapes, of_position = drawn([one.recording for one in positions], name)
    first = [of_position.index(at) for at in range(len(shapes))]
    slides = Slides(
        subject=f"Graph of {name}",
        inputs={name: tuple(map(minus, texts)) for name, texts in inputs.items()},
        columns=columns,
        rows=tuple(tuple(map(minus, row)) for row in rows),
        pictures=tuple(
            Picture("svg+xml", base64.b64encode(shape.svg.encode()).decode(), at, shape.places)
            for shape, at in zip(shapes, first, strict=True)
        ),
        picture_of=of_position,
        texts=_texts(shapes, of_position),
    )
    return Slider(slides)


def drawn(recordings: Sequence[Recording], name: str) -> tuple[list[Shape], tuple[int, ...]]:
    """The shapes in the order in which they are met, and for each recording its shape's number."""
    found: dict[Hashable, list[tuple[Graph, Content]]] = {}
    forms = []
    for recording in recordings:
        whole = folded(recording.graph, True, MOST_OPERATIONS)
        told = content(whole.graph, whole.gradients(recording))
        forms.append(_form(whole.graph, told))
        found.setdefault(forms[-1], []).append((whole.graph, told))
    numbers = {form: number for number, form in enumerate(found)}
    shapes = [_shape(same, f"Computation graph of {name}") for same in found.values()]
    return shapes, tuple(numbers[form] for form in forms)


def _form(graph: Graph, told: Content) -> Hashable:
    """Equal where a picture differs in nothing but the words of its texts."""
    parts = [*told.nodes, *told.edges, *told.groups]
    lines = tuple(tuple(line._replace(text="") for line in part.lines) for part in parts)
    styles = tuple((node.style, bool(node.tip)) for node in told.nodes)
    ways = tuple((edge.slot, edge.back, edge.tracked) for edge in told.edges)
    return (graph.edges, tuple(group.nodes for group in graph.groups), lines, styles, ways)


def _shape(same: list[tuple[Graph, Content]], title: str) -> Shape:
    graph, contents = same[0][0], [told for _, told in same]
    widest = _widest(contents)
    scene = place(graph, widest, "right")
    if scene.width > WIDEST:
        scene = place(graph, widest)
    svgs = [to_svg(retold(scene, told), title, DESCRIPTION) for told in contents]
    texts = [TEXT.findall(svg) for svg in svgs]
    places = [at for at, told in enumerate(zip(*texts, strict=True)) if len(set(told)) > 1]
    moving = tuple(tuple(unescape(told[at]) for at in places) for told in texts)
    return Shape(svgs[0], tuple(places), moving)


def _widest(contents: list[Content]) -> Content:
    """Each line at its widest."""
    first = contents[0]
    return replace(
        first,
        nodes=tuple(map(_widest_part, *(told.nodes for told in contents))),
        edges=tuple(map(_widest_part, *(told.edges for told in contents))),
        groups=tuple(map(_widest_part, *(told.groups for told in contents))),
    )


def _widest_part(*parts: NamedTuple) -> NamedTuple:
    """One box, edge or frame with the widest text of each of its lines."""
    return parts[0]._replace(lines=tuple(map(_widest_line, *(part.lines for part in parts))))


def _widest_line(*lines: Line) -> Line:
    return max(lines, key=text_width)


def _texts(shapes: Iterable[Shape], of_position: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """The texts of each position, in order."""
    left = [iter(shape.texts) for shape in shapes]
    return tuple(next(left[number]) for number in of_position)


def _root(position: Position):
    graph = position.recording.graph
    return graph.nodes[graph.root]


def _row(position: Position) -> tuple[str, ...]:
    """The result, and the gradient that arrived at each input."""
    arrived = {step.node: step.arriving[0] for step in position.recording.steps}
    gradients = [words.told(arrived.get(key)) for key in position.inputs]
    return (words.value(_root(position)), *gradients)
