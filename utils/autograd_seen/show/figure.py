"""A scene as a matplotlib figure, for PNG and PDF: no browser, no Graphviz, no system font."""

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path as Outline
from matplotlib.text import Text as Words

from autograd_seen.show import theme
from autograd_seen.show.scene import Scene
from autograd_seen.show.shapes import Arrowhead, Path, Rect, Text, parts

#: Pixels of the scene in an inch, and points in a pixel.
PIXELS, POINTS = 96, 0.75


def to_figure(scene: Scene) -> Figure:
    """The scene in its light colours; ``figure.savefig`` writes it."""
    plate, _ = theme.colours(theme.LIGHT, "plate")
    figure = Figure(figsize=(scene.width / PIXELS, scene.height / PIXELS), facecolor=plate)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, scene.width), ylim=(scene.height, 0))
    axes.axis("off")
    shapes = [shape for part in parts(scene) for shape in part.shapes]
    for order, shape in enumerate(shapes):
        artist = ARTISTS[type(shape)](shape)
        # What comes later stands before, as in an SVG.
        artist.set_zorder(order)
        axes.add_artist(artist)
    return figure


def _rect(rect: Rect) -> Artist:
    fill, line = theme.colours(theme.LIGHT, rect.style)
    return FancyBboxPatch(
        (rect.x, rect.y),
        rect.width,
        rect.height,
        boxstyle=f"round,pad=0,rounding_size={rect.radius}",
        facecolor=fill,
        edgecolor=line,
        **_stroke(rect.style),
    )


def _path(path: Path) -> Artist:
    points = [point for segment in path.segments for point in segment]
    codes = [Outline.MOVETO]
    for segment in path.segments[1:]:
        codes += [Outline.CURVE4] * 3 if len(segment) == 3 else [Outline.LINETO]
    colour = theme.ink(theme.LIGHT, path.style.split()[0])
    return PathPatch(Outline(points, codes), fill=False, edgecolor=colour, **_stroke(path.style))


def _stroke(style: str) -> dict:
    """Width and dashes, as matplotlib wants them: the dashes in widths of the line."""
    width = theme.STROKES[style.split()[0]]
    dash = theme.dash(style)
    line = (0, tuple(length / width for length in dash)) if dash else "solid"
    return {"linewidth": width * POINTS, "linestyle": line, "capstyle": "butt"}


def _arrowhead(head: Arrowhead) -> Artist:
    return Polygon(head.points, facecolor=theme.ink(theme.LIGHT, head.style), linewidth=0)


def _text(text: Text) -> Artist:
    styles = text.style.split()
    return Words(
        text.x,
        text.y,
        text.text,
        size=text.size * POINTS,
        weight="bold" if text.style == "strong" else "normal",
        style="italic" if "back" in styles else "normal",
        family=theme.FIGURE_MONO if styles[-1] in ("mono", "cells") else theme.FIGURE_FONT,
        color=theme.ink(theme.LIGHT, styles[0]),
        horizontalalignment="center",
        verticalalignment="baseline",
        parse_math=False,
    )


ARTISTS = {Rect: _rect, Path: _path, Arrowhead: _arrowhead, Text: _text}
