"""A scene as SVG: text that any browser draws, the same bytes for the same scene."""

from collections.abc import Sequence
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from autograd_seen.show import theme
from autograd_seen.show.scene import Scene
from autograd_seen.show.shapes import Arrowhead, Part, Path, Rect, Segment, Shape, Text, parts


def to_svg(scene: Scene, title: str, description: str = "") -> str:
    """The scene as one SVG element, with the title and the description that a screen reader speaks.
    An image on a page has its description in ``alt`` and needs none here.

    Follows the reader's light or dark theme on a plate of its own, and prints light.
    """
    size = f'width="{scene.width}" height="{scene.height}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-graph" role="img" '
        f'aria-label={quoteattr(title)} {size} viewBox="0 0 {scene.width} {scene.height}">',
        f"<title>{escape(title)}</title>",
        *([f"<desc>{escape(description)}</desc>"] if description else []),
        f"<style>{style_of([scene])}</style>",
        f'<rect class="plate" {size} rx="{theme.PLATE_CORNER}"/>',
    ]
    drawn = "".join(drawn_part(part, scene.recorded) for part in parts(scene))
    return "\n".join(head) + f"{drawn}\n</svg>\n"


def style_of(scenes: Sequence[Scene]) -> str:
    """The style sheet for what is drawn in some pictures."""
    styles = {box.text.style for scene in scenes for box in scene.boxes}
    return _css(
        any(scene.recorded for scene in scenes),
        not all(route.text.tracked for scene in scenes for route in scene.routes),
        any(bool(scene.clusters) for scene in scenes),
        any(_has_cells(part) for scene in scenes for part in parts(scene)),
        tuple(one for one in theme.RARE if one in styles),
    )


def _has_cells(part: Part) -> bool:
    return any(isinstance(one, Text) and one.style.endswith("cells") for one in part.shapes)


# --- shapes ---------------------------------------------------------------------------------------


def drawn_part(part: Part, recorded: bool) -> str:
    """A part as a group; in a recorded pass with a number, by which a player finds it."""
    shapes = "".join(map(_shape, part.shapes))
    tip = f"<title>{escape(part.tip)}</title>" if part.tip else ""
    if part.kind == "flow":
        # On the line of its edge.
        return f'<g class="flow" data-flow="{part.index}">{shapes}</g>'
    if recorded and part.kind != "frame":
        return f'\n<g data-{part.kind}="{part.index}">{tip}{shapes}</g>'
    return f"\n<g>{tip}{shapes}</g>" if tip else f"\n{shapes}"


def _shape(shape: Shape) -> str:
    return SHAPES[type(shape)](shape)


def _rect(rect: Rect) -> str:
    return (
        f'<rect class="{rect.style}" x="{_short(rect.x)}" y="{_short(rect.y)}" '
        f'width="{_short(rect.width)}" height="{_short(rect.height)}" '
        f'rx="{_short(rect.radius)}"/>'
    )


def _path(path: Path) -> str:
    first, *others = path.segments
    d = f"M{_points(first)}" + "".join(
        ("C" if len(segment) == 3 else "L") + _points(segment) for segment in others
    )
    return f'<path class="{path.style}" d="{d}"/>'


def _points(segment: Segment) -> str:
    return " ".join(f"{x} {y}" for x, y in segment)


def _arrowhead(head: Arrowhead) -> str:
    (x, y), one, two = head.points
    d = f"M{x} {y}{_move((x, y), one)}{_move(one, two)}z"
    return f'<path class="{head.style}" d="{d}"/>'


def _move(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A straight line, relative to where it begins, in the shortest form."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    if not dy:
        return f"h{_short(dx)}"
    return f"v{_short(dy)}" if not dx else f"l{_short(dx)} {_short(dy)}"


def _text(text: Text) -> str:
    return (
        f'<text class="{text.style}" x="{_short(text.x)}" y="{_short(text.y)}" '
        f'font-size="{_short(text.size)}">{escape(text.text)}</text>'
    )


SHAPES = {Rect: _rect, Path: _path, Arrowhead: _arrowhead, Text: _text}


def _short(value: float) -> str:
    return str(value) if type(value) is int else f"{value:.1f}".removesuffix(".0")


# --- style sheet ----------------------------------------------------------------------------------


@cache
def _css(
    recorded: bool, bordered: bool, framed: bool, in_cells: bool, rare: tuple[str, ...]
) -> str:
    """The style sheet, with rules for what is drawn. Every rule is about this picture alone."""
    rules = [
        f"text{{font-family:{theme.FONT};text-anchor:middle}}",
        f".strong{{font-weight:{theme.STRONG}}}",
        f".mono{{font-family:{theme.MONO}}}",
        f".edge{{fill:none;{_width('edge')}}}",
    ]
    if recorded:
        rules += [f".way{{fill:none;{_width('way')};{_dash('way')}}}", ".back{font-style:italic}"]
    rules += [f".cells{{font-family:{theme.MONO}}}"] if in_cells else []
    rules += [f".border{{{_dash('border')}}}"] if bordered else []
    rules += [f".frame{{{_width('frame')};{_dash('frame')}}}"] if framed else []
    rules += [f".{style}{{{_width(style)}}}" for style in (*theme.BOXES, *rare)]
    rules += [f".{style}{{{_dash(style)}}}" for style in theme.BOXES if theme.dash(style)]
    rules += _colours(theme.LIGHT, recorded, framed, rare)
    # "screen", so that print is always dark on light.
    dark = "".join(
        f".autograd-graph {rule}" for rule in _colours(theme.DARK, recorded, framed, rare)
    )
    light = "".join(f".autograd-graph {rule}" for rule in rules)
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _width(style: str) -> str:
    return f"stroke-width:{theme.STROKES[style]}"


def _dash(style: str) -> str:
    return f"stroke-dasharray:{' '.join(map(str, theme.dash(style)))}"


def _colours(
    palette: theme.Palette, recorded: bool, framed: bool, rare: tuple[str, ...]
) -> list[str]:
    rules = [_box_colours(palette, style) for style in (*theme.BOXES, *rare)]
    rules.append(f"text{{fill:{palette.inks['ink']}}}")
    rules += [f".{style}{{fill:{theme.ink(palette, style)}}}" for style in ("muted", "mono", "tip")]
    rules.append(f".edge{{stroke:{theme.ink(palette, 'edge')}}}")
    rules += [_box_colours(palette, "frame")] if framed else []
    if recorded:
        rules += [f".{style}{{fill:{theme.ink(palette, style)}}}" for style in ("local", "back")]
        rules.append(f".way{{stroke:{theme.ink(palette, 'way')}}}")
    return rules


def _box_colours(palette: theme.Palette, style: str) -> str:
    fill, line = theme.colours(palette, style)
    return f".{style}{{fill:{fill};stroke:{line}}}"
