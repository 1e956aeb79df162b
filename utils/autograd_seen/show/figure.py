"""A scene as a matplotlib figure, for PNG and PDF: no browser, no Graphviz, no system font."""

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from autograd_seen.show.scene import Box, Cluster, Route, Scene, bends
from autograd_seen.show.svg import ARROW, BORDER, COLOURS, DASHES, LIGHT, OUTLINES, way_back

#: Pixels of the scene in an inch, and points in a pixel.
PIXELS, POINTS = 96, 0.75
#: Where in the palette the colour of a text stands.
TEXT_COLOURS = {"strong": "ink", "plain": "ink", "mono": "muted"}


def to_figure(scene: Scene) -> Figure:
    """The scene in its light colours; ``figure.savefig`` writes it."""
    figure = Figure(
        figsize=(scene.width / PIXELS, scene.height / PIXELS), facecolor=LIGHT["plate"][0]
    )
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, scene.width), ylim=(scene.height, 0))
    axes.axis("off")
    for cluster in scene.clusters:
        _cluster(axes, cluster)
    for route in scene.routes:
        _route(axes, route, scene.down)
    for box in scene.boxes:
        _box(axes, box)
    return figure


def _box(axes, box: Box) -> None:
    corner = 5 if box.style in ("operation", "freed", "cut") else box.height / 2
    for inset in (0, 3.5) if box.style == "root" else (0,):
        fill, line = LIGHT[COLOURS.get(box.style, box.style)]
        axes.add_patch(
            FancyBboxPatch(
                (box.x + inset, box.y + inset),
                box.width - 2 * inset,
                box.height - 2 * inset,
                boxstyle=f"round,pad=0,rounding_size={corner - inset}",
                facecolor=fill,
                edgecolor=line,
                linewidth=OUTLINES.get(box.style, 1.4) * POINTS,
                linestyle=_dash(box.style),
            )
        )
    top = box.y + (box.height - sum(line.size * 1.3 for line in box.lines)) / 2
    _text(axes, box.lines, box.x + box.width / 2, top)


def _cluster(axes, cluster: Cluster) -> None:
    fill, line = LIGHT["frame"]
    at, style = (cluster.x, cluster.y), "round,pad=0,rounding_size=12"
    look = {
        "facecolor": fill,
        "edgecolor": line,
        "linewidth": 1.4 * POINTS,
        "linestyle": (0, (7, 4)),
    }
    axes.add_patch(FancyBboxPatch(at, cluster.width, cluster.height, boxstyle=style, **look))
    _text(axes, cluster.label.lines, cluster.label.x + cluster.label.width / 2, cluster.label.y)


def _text(axes, lines, x: float, y: float) -> None:
    for line in lines:
        y += line.size * 1.3
        axes.text(
            x,
            y - line.size * 0.32,
            line.text,
            size=line.size * POINTS,
            weight="bold" if line.weight == "strong" else "normal",
            style="italic" if line.weight == "back" else "normal",
            family="DejaVu Sans Mono" if line.weight == "mono" else "DejaVu Sans",
            color=LIGHT[TEXT_COLOURS.get(line.weight, line.weight)],
            ha="center",
            va="baseline",
            parse_math=False,
        )


def _dash(style: str):
    return _dashes(DASHES[style]) if style in DASHES else "solid"


def _dashes(lengths: str):
    return (0, tuple(float(n) for n in lengths.split()))


def _route(axes, route: Route, down: bool) -> None:
    dash = "solid" if route.tracked else _dashes(BORDER)
    _line(axes, bends(route, down, shorten=ARROW), LIGHT["muted"], dash)
    x, y = route.points[-1]
    back = (
        [(x - 4, y - ARROW), (x + 4, y - ARROW)]
        if down
        else [(x - ARROW, y - 4), (x - ARROW, y + 4)]
    )
    axes.add_patch(Polygon([(x, y), *back], facecolor=LIGHT["muted"], linewidth=0))
    if route.label:
        at = (x + 9, y - ARROW - 1) if down else (x - ARROW - 3, y - 6)
        axes.text(*at, route.label, size=10 * POINTS, color=LIGHT["muted"], ha="center")
    if route.back:
        beside = way_back(route, down)
        _line(axes, bends(beside, down), LIGHT["back"], (0, (5, 3)))
        x, y = beside.points[0]
        wide = (
            [(x - 3.5, y + 7), (x + 3.5, y + 7)] if down else [(x + 7, y - 3.5), (x + 7, y + 3.5)]
        )
        axes.add_patch(Polygon([(x, y), *wide], facecolor=LIGHT["back"], linewidth=0))
    if route.flow is not None:
        _text(axes, route.flow.lines, route.flow.x + route.flow.width / 2, route.flow.y)


def _line(axes, segments, colour: str, dash) -> None:
    points = [point for segment in segments for point in segment]
    codes = [Path.MOVETO]
    for segment in segments[1:]:
        codes += [Path.CURVE4] * 3 if len(segment) == 3 else [Path.LINETO]
    line = Path(points, codes)
    axes.add_patch(
        PathPatch(line, fill=False, edgecolor=colour, linewidth=1.5 * POINTS, linestyle=dash)
    )
