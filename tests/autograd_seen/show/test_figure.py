"""The figure is the SVG: what is read back from matplotlib's artists is what the SVG says."""

import re
import unittest
from xml.etree import ElementTree

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.show import theme
from autograd_seen.show.figure import POINTS, to_figure
from autograd_seen.show.svg import to_svg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text

from tests.autograd_seen.show.drawn import compose, every_role

SVG = "{http://www.w3.org/2000/svg}"


def recorded(direction):
    w = torch.tensor(1.5, requires_grad=True)
    h = w * 2
    L = h * h - torch.exp(h * w)
    recording = record_backward(L)
    return compose(recording.graph, direction, recording.gradients())


def folded():
    x = torch.tensor(0.5, requires_grad=True)
    for _ in range(4):
        x = (torch.sin(x) * x).cos()
    return compose(draw_graph(x).graph, "down")


def matrices():
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    L = torch.exp(W * 0.5).sum()
    recording = record_backward(L)
    return compose(recording.graph, "right", recording.gradients())


SCENES = {
    "matrices": matrices,
    "every role": lambda: compose(every_role()),
    "to the right": lambda: recorded("right"),
    "down": lambda: recorded("down"),
    "folded": folded,
}


def css(svg, classes):
    """What the style sheet says of an element of these classes, in its light colours."""
    style = re.search("<style>(.*)@media", svg)[1]
    found = {}
    for one in ("text", *(f".{name}" for name in classes.split())):
        for rule in re.findall(rf"\.autograd-graph {re.escape(one)}\{{([^}}]*)\}}", style):
            found |= dict(part.split(":", 1) for part in rule.split(";"))
    return found


def stroke(svg, classes):
    """Width, dashes and colour."""
    look = css(svg, classes)
    dashes = tuple(map(float, look.get("stroke-dasharray", "").split()))
    return float(look["stroke-width"]), dashes, look["stroke"]


def fill(colour):
    return None if colour == "none" else colour


def rounded(numbers):
    return tuple(round(float(number), 1) for number in numbers)


def read_svg(svg):
    """Each shape of an SVG: its kind, its coordinates, and how it looks."""
    found = []
    for element in ElementTree.fromstring(svg).iter():
        classes = element.get("class", "")
        if element.tag == f"{SVG}rect" and classes != "plate":
            place = [element.get(name) for name in ("x", "y", "width", "height", "rx")]
            look = (*stroke(svg, classes), fill(css(svg, classes)["fill"]))
            found.append(("rect", rounded(place), look))
        elif element.tag == f"{SVG}path":
            line = classes.split()[0] in ("edge", "way")
            points, codes = trace(element.get("d"))
            look = stroke(svg, classes) if line else css(svg, classes)["fill"]
            found.append(("line" if line else "head", rounded(points), codes, look))
        elif element.tag == f"{SVG}text":
            place = [element.get(name) for name in ("x", "y", "font-size")]
            found.append(("text", rounded(place), element.text, css(svg, classes)["fill"]))
    return found


def trace(d):
    """The points of a path and the kind of each, as matplotlib has them."""
    points, codes, at = [], [], (0.0, 0.0)
    for command, rest in re.findall(r"([MLClhv])([^A-Za-z]*)", d):
        numbers = [float(number) for number in rest.split()]
        if command in "lhv":
            dx, dy = {"l": numbers, "h": [*numbers, 0], "v": [0, *numbers]}[command]
            numbers = [at[0] + dx, at[1] + dy]
        points += numbers
        at = tuple(numbers[-2:])
        kind = {"M": Path.MOVETO, "C": Path.CURVE4}.get(command, Path.LINETO)
        codes += [int(kind)] * (len(numbers) // 2)
    return points, codes


def read_artist(artist):
    """The same of an artist of matplotlib."""
    if isinstance(artist, Text):
        place = (*artist.get_position(), artist.get_size() / POINTS)
        return "text", rounded(place), artist.get_text(), to_hex(artist.get_color())
    colour = to_hex(artist.get_facecolor()) if artist.get_facecolor()[3] else None
    if isinstance(artist, Polygon):
        points = artist.get_xy()[:-1].flatten()
        codes = [int(Path.MOVETO), *[int(Path.LINETO)] * 2]
        return "head", rounded(points), codes, colour
    width, dashes = artist.get_linewidth() / POINTS, artist.get_linestyle()
    dashes = rounded(length * width for length in dashes[1]) if isinstance(dashes, tuple) else ()
    look = (round(width, 3), dashes, to_hex(artist.get_edgecolor()))
    if isinstance(artist, PathPatch):
        path = artist.get_path()
        return "line", rounded(path.vertices.flatten()), [int(code) for code in path.codes], look
    box = (artist.get_x(), artist.get_y(), artist.get_width(), artist.get_height())
    return "rect", rounded((*box, artist.get_boxstyle().rounding_size)), (*look, colour)


def read_figure(figure):
    """Each shape of a figure, from the back to the front."""
    (axes,) = figure.axes
    kinds = (Text, Polygon, PathPatch, FancyBboxPatch)
    drawn = [one for one in axes.get_children() if isinstance(one, kinds)]
    shapes = [one for one in drawn if not isinstance(one, Text) or one.get_text()]
    return [read_artist(one) for one in sorted(shapes, key=lambda one: one.get_zorder())]


@pytest.mark.parametrize("name", SCENES)
def test_each_shape_is_that_of_the_svg(name):
    scene = SCENES[name]()
    wanted, got = read_svg(to_svg(scene, "t", "d")), read_figure(to_figure(scene))
    assert {shape[0] for shape in wanted} == {"rect", "line", "head", "text"}
    assert got == wanted


def test_the_figure_is_as_large_as_the_svg():
    scene = recorded("right")
    width, height = to_figure(scene).get_size_inches() * 96
    assert (round(width), round(height)) == (scene.width, scene.height)


def test_letters_are_those_that_matplotlib_brings(tmp_path):
    with unittest.TestCase().assertNoLogs():
        to_figure(compose(every_role())).savefig(tmp_path / "all.png")


def test_a_dollar_sign_is_no_formula():
    x = torch.tensor(1.0, requires_grad=True)
    figure = to_figure(compose(draw_graph(x, **{"${x}$": x}).graph))
    assert any(shape[2] == "${x}$ = 1" for shape in read_figure(figure) if shape[0] == "text")


def test_the_rows_of_a_matrix_and_the_names_of_classes_have_letters_of_one_width():
    axes = to_figure(matrices()).axes[0]
    families = {
        one.get_text().strip("\u00a0"): one.get_family()
        for one in axes.get_children()
        if isinstance(one, Text)
    }
    for text in ("[[1, 2],", "◂ [[0.8244, 1.3591],", "ExpBackward0"):
        assert families[text] == [theme.FIGURE_MONO]
    assert families["leaf"] == [theme.FIGURE_FONT]
