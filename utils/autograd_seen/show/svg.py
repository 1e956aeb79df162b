"""A scene as SVG: text that any browser draws, the same bytes for the same scene."""

from xml.sax.saxutils import escape, quoteattr

from autograd_seen.show.scene import Box, Cluster, Route, Scene, bends

ARROW = 8
#: Pixels between an edge and the line on which its gradient comes back.
BESIDE = 5
FONT = "system-ui,'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
#: Fill and outline of each style, on a light and on a dark plate. Form tells the styles apart as
#: well: a leaf has a thick outline, a root two, a constant a dashed one; an operation has corners.
LIGHT = {
    "plate": ("#fcfcfa", "none"),
    "leaf": ("#e1f2e6", "#1f7046"),
    "intermediate": ("#ffffff", "#6b7685"),
    "root": ("#e2ecfb", "#1f5aa6"),
    "constant": ("none", "#6b7685"),
    "operation": ("#fdf0d6", "#a06508"),
    "frame": ("#f2f1ec", "#566170"),
    "ink": "#1d2530",
    "muted": "#566170",
    "local": "#7d4e00",
    "back": "#b3202c",
}
DARK = {
    "plate": ("#1b2027", "none"),
    "leaf": ("#16382a", "#62c892"),
    "intermediate": ("#262d37", "#95a1b0"),
    "root": ("#182f50", "#83b3f4"),
    "constant": ("none", "#95a1b0"),
    "operation": ("#3a2d12", "#dfa640"),
    "frame": ("#222932", "#a9b4c1"),
    "ink": "#e9edf2",
    "muted": "#a9b4c1",
    "local": "#f0bf62",
    "back": "#ff9087",
}
#: Which palette entry a style takes its colours from.
COLOURS = {"freed": "operation", "cut": "constant"}
DASHES = {"constant": "5 3", "freed": "5 3", "cut": "2 4"}
#: How a border is dashed: a value went this way, and no gradient comes back.
BORDER = "2 4"
OUTLINES = {"leaf": 2.4}


def to_svg(scene: Scene, title: str, description: str) -> str:
    """The scene as one SVG element, with the title and the description that a screen reader speaks.

    Follows the reader's light or dark theme on a plate of its own, and prints light.
    """
    recorded = any(route.back for route in scene.routes)
    bordered = not all(route.tracked for route in scene.routes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-graph" role="img" '
        f"aria-label={quoteattr(title)} "
        f'width="{scene.width}" height="{scene.height}" viewBox="0 0 {scene.width} {scene.height}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f"<style>{_css(recorded, bordered, bool(scene.clusters))}</style>",
        f'<rect class="plate" width="{scene.width}" height="{scene.height}" rx="10"/>',
        *(_cluster(cluster) for cluster in scene.clusters),
        *(_route(i, route, scene.down, recorded) for i, route in enumerate(scene.routes)),
        *(_box(i, box, recorded) for i, box in enumerate(scene.boxes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _css(recorded: bool, bordered: bool, framed: bool) -> str:
    rules = [
        f"text{{font-family:{FONT};text-anchor:middle}}",
        ".strong{font-weight:600}",
        f".mono{{font-family:{MONO}}}",
        ".edge{fill:none;stroke-width:1.6}",
        *(
            [".way{fill:none;stroke-width:1.4;stroke-dasharray:5 3}", ".back{font-style:italic}"]
            if recorded
            else ()
        ),
        *([f".border{{stroke-dasharray:{BORDER}}}"] if bordered else ()),
        *([".frame{stroke-width:1.4;stroke-dasharray:7 4}"] if framed else ()),
        *(
            f".{style}{{stroke-width:{OUTLINES.get(style, 1.4)}}}"
            for style in [*_boxes(LIGHT), *COLOURS]
        ),
        *(f".{style}{{stroke-dasharray:{dash}}}" for style, dash in DASHES.items()),
        *_colours(LIGHT, recorded, framed),
    ]
    # "screen", so that print is always dark on light.
    dark = "".join(f".autograd-graph {rule}" for rule in _colours(DARK, recorded, framed))
    return (
        "".join(f".autograd-graph {r}" for r in rules)
        + f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
    )


def _boxes(palette: dict) -> dict:
    return {
        style: colours
        for style, colours in palette.items()
        if isinstance(colours, tuple) and style != "frame"
    }


def _colours(palette: dict, recorded: bool, framed: bool) -> list[str]:
    boxes = _boxes(palette) | {style: palette[like] for style, like in COLOURS.items()}
    rules = [
        *(f".{style}{{fill:{fill};stroke:{line}}}" for style, (fill, line) in boxes.items()),
        f"text{{fill:{palette['ink']}}}",
        *(f".{style}{{fill:{palette['muted']}}}" for style in ("muted", "mono", "tip")),
        f".edge{{stroke:{palette['muted']}}}",
    ]
    if framed:
        rules.append(".frame{{fill:{};stroke:{}}}".format(*palette["frame"]))
    if recorded:
        rules += [f".{style}{{fill:{palette[style]}}}" for style in ("local", "back")]
        rules.append(f".way{{stroke:{palette['back']}}}")
    return rules


def _box(key: int, box: Box, recorded: bool) -> str:
    corner = 5 if box.style in ("operation", "freed", "cut") else box.height / 2
    shape = _rect(box.x, box.y, box.width, box.height, corner, box.style)
    if box.style == "root":
        shape += _rect(
            box.x + 3.5, box.y + 3.5, box.width - 7, box.height - 7, corner - 3.5, "root"
        )
    top = box.y + (box.height - sum(line.size * 1.3 for line in box.lines)) / 2
    number = f' data-node="{key}"' if recorded else ""  # by which a player finds it
    return f"<g{number}><title>{escape(box.tip)}</title>{shape}{_text(box.lines, box.x + box.width // 2, top)}</g>"


def _cluster(cluster: Cluster) -> str:
    shape = _rect(cluster.x, cluster.y, cluster.width, cluster.height, 12, "frame")
    label = _text(cluster.label.lines, cluster.label.x + cluster.label.width // 2, cluster.label.y)
    return f"<g><title>{escape(cluster.tip)}</title>{shape}{label}</g>"


def _text(lines, x: int, y: float) -> str:
    """Lines of text around x, one below the other from y on."""
    parts = []
    for line in lines:
        y += line.size * 1.3
        baseline = _short(y - line.size * 0.32)
        parts.append(
            f'<text class="{line.weight}" x="{x}" y="{baseline}" font-size="{_short(line.size)}">'
            f"{escape(line.text)}</text>"
        )
    return "".join(parts)


def _rect(x, y, width, height, corner, style) -> str:
    return (
        f'<rect class="{style}" x="{_short(x)}" y="{_short(y)}" width="{_short(width)}" '
        f'height="{_short(height)}" rx="{_short(corner)}"/>'
    )


def _route(index: int, route: Route, down: bool, recorded: bool) -> str:
    x, y = route.points[-1]
    head = f"M{x} {y}l-4 -{ARROW}h8z" if down else f"M{x} {y}l-{ARROW} -4v8z"
    label_at = (x + 9, y - ARROW - 1) if down else (x - ARROW - 3, y - 6)
    label = ""
    if route.label:
        label = f'<text class="muted" x="{label_at[0]}" y="{label_at[1]}" font-size="10">{escape(route.label)}</text>'
    if not route.tracked:
        said = _text(route.flow.lines, route.flow.x + route.flow.width // 2, route.flow.y)
        line = f'<path class="edge border" d="{_path(bends(route, down, ARROW))}"/><path class="tip" d="{head}"/>{said}'
        return _numbered(index, line) if recorded else line
    line = f'<path class="edge" d="{_path(bends(route, down, ARROW))}"/><path class="tip" d="{head}"/>{label}'
    if not recorded:
        return line
    if not route.back and route.flow is None:
        return _numbered(index, line)
    return (
        f'{_numbered(index, line)}<g class="flow" data-flow="{index}">{_way_back(route, down)}</g>'
    )


def _numbered(index: int, line: str) -> str:
    """The line of an edge in a group by which a player finds it."""
    return f'<g data-edge="{index}">{line}</g>'


def _way_back(route: Route, down: bool) -> str:
    """The dashed line beside an edge on which the gradient came back, its arrowhead, and what it
    carried.
    """
    parts = []
    if route.back:
        beside = way_back(route, down)
        x, y = beside.points[0]
        head = f"M{x} {y}l-3.5 7h7z" if down else f"M{x} {y}l7 -3.5v7z"
        parts.append(
            f'<path class="way" d="{_path(bends(beside, down))}"/><path class="back" d="{head}"/>'
        )
    if route.flow is not None:
        parts.append(_text(route.flow.lines, route.flow.x + route.flow.width // 2, route.flow.y))
    return "".join(parts)


def way_back(route: Route, down: bool) -> Route:
    """The route of the gradient: beside that of the value."""
    return Route(tuple((x + BESIDE, y) if down else (x, y + BESIDE) for x, y in route.points), "")


def _path(segments) -> str:
    first, *others = segments
    return f"M{_points(first)}" + "".join(
        ("C" if len(s) == 3 else "L") + _points(s) for s in others
    )


def _points(segment) -> str:
    return " ".join(f"{x} {y}" for x, y in segment)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
