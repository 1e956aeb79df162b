"""Pictures cut into pieces, each of which is written down once, wherever it stands in how many
pictures.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autograd_seen.show.scene import Scene
from autograd_seen.show.shapes import Arrowhead, Part, Path, Point, Rect, Shape, Text, parts
from autograd_seen.show.svg import drawn_part

#: What a character stands for in a piece; where a text has that character, it is written as a
#: number there. The last one would be six characters where a notebook stores a script.
SHORT = {
    "¤": "<text class='",
    "§": "</text>",
    "¶": "' font-size='",
    "ª": "' x='",
    "º": "' y='",
    "®": "<g><title>",
    "¬": "</title>",
    "¢": "<path class='edge' d='",
    "£": "<path class='tip' d='",
    "¯": "'/>",
    "¦": "<",
}


@dataclass
class Pieces:
    """The pieces of all pictures that were added, as SVG around the origin."""

    table: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, scene: Scene) -> tuple[list[int], list[Part]]:
        """A picture as numbers, three for each of its parts: which piece it is, and where that
        stands, x and y; and the parts.
        """
        shown = list(_split(parts(scene)))
        return [number for part in shown for number in self._placed(part)], shown

    def _placed(self, part: Part) -> tuple[int, int, int]:
        x, y = (round(one) for one in _corner(part.shapes[0]))
        moved = tuple(_moved(shape, -x, -y) for shape in part.shapes)
        text = in_brief(drawn_part(part._replace(shapes=moved), recorded=False).strip())
        number = self._numbers.setdefault(text, len(self.table))
        if number == len(self.table):
            self.table.append(text)
        return number, x, y


def in_brief(svg: str) -> str:
    """SVG in which what occurs often is one character: see SHORT."""
    svg = re.sub(r"<[^>]*>", lambda tag: tag[0].replace('"', "'"), svg)
    for sign in SHORT:
        svg = svg.replace(sign, f"&#{ord(sign)};")
    for sign, text in SHORT.items():
        svg = svg.replace(text, sign)
    return svg


def _split(whole: Iterable[Part]) -> Iterable[Part]:
    """A frame as two parts: its outline, and its label."""
    for part in whole:
        if part.kind == "frame":
            yield part._replace(shapes=part.shapes[:1], tip="")
            yield part._replace(kind="label", shapes=part.shapes[1:])
        else:
            yield part


def _corner(shape: Shape) -> Point:
    if isinstance(shape, Path):
        return shape.segments[0][0]
    return shape.points[0] if isinstance(shape, Arrowhead) else (shape.x, shape.y)


def _moved(shape: Shape, x: int, y: int) -> Shape:
    if isinstance(shape, Rect | Text):
        return shape._replace(x=shape.x + x, y=shape.y + y)
    if isinstance(shape, Path):
        return shape._replace(segments=tuple(_shifted(one, x, y) for one in shape.segments))
    return shape._replace(points=_shifted(shape.points, x, y))


def _shifted(points: Sequence[Point], x: int, y: int) -> tuple[Point, ...]:
    return tuple((a + x, b + y) for a, b in points)
