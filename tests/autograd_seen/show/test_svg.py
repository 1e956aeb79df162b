"""A picture as SVG: it says what it is, keeps to itself, and tells its parts apart."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import autograd_seen
import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.graph import Fact, Note
from autograd_seen.show.svg import to_svg

from tests.autograd_seen.show.drawn import LESSONS, compose, every_role, hostile, sine
from tests.autograd_seen.shown import shown

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(autograd_seen.__file__).parents[2]


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_the_svg_says_what_it_is_to_a_screen_reader(draw):
    picture = draw()
    svg = ElementTree.fromstring(picture.svg)
    title, description = svg[0], svg[1]
    assert svg.tag == f"{SVG}svg" and svg.get("role") == "img"
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert (
        title.text
        == svg.get("aria-label")
        == f"Computation graph of {shown(picture.graph).nodes[-1].name}"
    )
    assert description.text == str(picture)


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_the_svg_shares_nothing_with_the_page_around_it(draw):
    svg = draw().svg
    assert not re.search(r"\sid=|url\(|<script|<!|href", svg)
    # Every rule of the style sheet is about this picture and no other element of the page.
    style = re.search("<style>(.*)</style>", svg)[1]
    for selector in re.findall(
        r"([^{}]+)\{", style.replace("@media screen and (prefers-color-scheme:dark){", "")
    ):
        assert selector.startswith(".autograd-graph ")


@pytest.mark.parametrize("draw", LESSONS)
def test_a_lessons_svg_is_small(draw):
    assert len(draw().svg.encode()) < 20_000


def test_the_dark_theme_is_for_screens_only():
    style = re.search("<style>(.*)</style>", sine().svg)[1]
    light, dark = style.split("@media screen and (prefers-color-scheme:dark){")
    assert "@media" not in light + dark
    painted = r"(\.autograd-graph [.\w]+)\{[^}]*(?:fill|stroke):[#n]"
    assert set(re.findall(painted, dark)) == set(re.findall(painted, light))


@pytest.mark.parametrize("draw", LESSONS)
def test_every_box_and_every_arrow_is_inside_the_picture(draw):
    svg = ElementTree.fromstring(draw().svg)
    width, height = float(svg.get("width")), float(svg.get("height"))
    for rect in svg.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert 0 <= x <= x + float(rect.get("width")) <= width
        assert 0 <= y <= y + float(rect.get("height")) <= height


def test_form_and_word_tell_the_roles_apart_without_colour():
    svg = to_svg(compose(every_role()), "t", "d")
    style = re.search("<style>(.*)</style>", svg)[1]
    forms = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        outlines = [(r.get("class"), r.get("rx") == "5") for r in group.iter(f"{SVG}rect")]
        if not outlines:
            continue  # a label
        name = outlines[0][0]
        widths = re.findall(rf"\.{name}{{stroke-width:([\d.]+)}}", style)
        dashes = re.findall(rf"\.{name}{{stroke-dasharray:([\d ]+)}}", style)
        forms[name] = (len(outlines), outlines[0][1], *widths, *dashes)
    assert set(forms) == {"leaf", "constant", "operation", "intermediate", "cut", "freed", "root"}
    assert len(set(forms.values())) == len(forms)
    words = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    for role in ("leaf", "constant", "root", "intermediate"):
        assert any(word.split(" · ")[0] == role for word in words)
    assert "continues, not drawn" in words and "saved tensors freed" in words


def clashing():
    x = torch.tensor([0.7, 1.9], requires_grad=True)
    with record_forward() as tape:
        y = torch.exp(x)
        z = y.sum()
        y.add_(10)
    return draw_graph(z, tape=tape)


def test_a_box_that_would_raise_has_an_outline_a_mark_and_words_of_its_own():
    picture = clashing()
    style = re.search("<style>(.*)</style>", picture.svg)[1]
    widths = dict(re.findall(r"\.(\w+){stroke-width:([\d.]+)}", style))
    assert [float(width) for style, width in widths.items() if style != "raises"] < [
        float(widths["raises"])
    ]
    light, dark = style.split("@media screen")
    assert ".raises{fill:" in light and ".raises{fill:" in dark
    said = texts(picture)
    at = said.index("✗ would raise")
    assert said[at + 1 : at + 3] == ["saved result (y)", "overwritten: version 0 → 1"]
    assert re.fullmatch(r"by line \d+: y.add_\(10\)", said[at + 3])
    assert "✗ would raise" in picture.html and "penwidth=3.4" in picture.source
    assert ".raises" not in sine().svg, "a rule where no box has this style"


def test_a_minus_in_a_value_is_a_minus_and_a_name_stays_as_it_is():
    params = {"a-b": torch.tensor(-4.5, requires_grad=True)}
    z = params["a-b"] * 1.5
    assert "params['a-b'] = −4.5" in texts(draw_graph(z))


def test_a_recorded_leaf_by_itself_has_the_colour_of_a_gradient_and_can_be_found():
    x = torch.tensor(1.0, requires_grad=True)
    svg = draw_graph(record_backward(x)).svg
    assert re.search(r"\.back\{fill:#", svg) and '<g data-node="0">' in svg


def test_a_value_that_may_be_newer_says_now():
    graph = every_role()
    for fact in (Fact.MAY_BE_NEWER, Fact.OVERWRITTEN):
        note = Note(fact, (0, 1) if fact is Fact.OVERWRITTEN else ())
        leaf = graph.nodes[0]._replace(notes=(note,))
        drawn = to_svg(compose(replace(graph, nodes=(leaf, *graph.nodes[1:]))), "t", "d")
        assert ">x = 4 now<" in drawn
    assert ">x = 4<" in to_svg(compose(graph), "t", "d")
