"""A graph in DOT: the same nodes, edges and texts as in the picture, and no layout."""

import re
import shutil
from xml.etree import ElementTree

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.arrange.labels import on_arrows as on_arrows_of
from autograd_seen.show import picture as pictures
from autograd_seen.show.dot import SHAPES, WIDE

from tests.autograd_seen.show.drawn import LESSONS, compose, hostile, sine

SVG = "{http://www.w3.org/2000/svg}"


def test_form_tells_the_roles_apart_in_dot_too():
    assert len({str(form) for form in SHAPES.values()}) == len(SHAPES)


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_dot_holds_the_same_nodes_and_edges(draw):
    picture = draw()
    source = picture.source
    assert source == picture.to_graphviz().source
    nodes = re.findall(r"^\tn(\d+) \[", source, re.MULTILINE)
    edges = re.findall(r"^\tn(\d+) -> n(\d+)", source, re.MULTILINE)
    graph, on_arrows = picture.graph, on_arrows_of(picture.graph)
    drawn = [node.key for node in graph.nodes if node.key not in on_arrows]
    assert [int(key) for key in nodes] == drawn
    # A label's two edges are one.
    assert [(int(a), int(b)) for a, b in edges] == [
        (graph.makers[e.source].source if e.source in on_arrows else e.source, e.target)
        for e in graph.edges
        if e.target not in on_arrows
    ]
    assert source.isprintable() or set(c for c in source if not c.isprintable()) <= {"\n", "\t"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz' program dot is not installed")
@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_graphviz_reads_the_dot_and_shows_the_same_text(draw):
    picture = draw()
    drawn = ElementTree.fromstring(picture.to_graphviz().pipe(format="svg"))
    shown = {" ".join(element.text.split()) for element in drawn.iter(f"{SVG}text")}
    lines = [line.text for box in compose(picture.graph).boxes for line in box.lines]
    assert shown >= {" ".join(line.split()) for line in lines}


def test_a_name_is_never_read_as_markup_by_graphviz():
    x = torch.tensor(1.0, requires_grad=True)
    source = draw_graph(x, **{"<b>a\\Nb": x}).source
    assert not re.search(r"(label|tooltip)=<", source)
    # One backslash before N would stand for the node's own name.
    assert set(re.findall(r"a(\\+)Nb", source)) == {"\\\\"}


@pytest.mark.parametrize("name", ['"', "a\\", '\\"', "<b>x</b>", "\\N", "\\l"])
def test_the_source_is_the_digraphs_for_any_name(name):
    x = torch.tensor(1.0, requires_grad=True)
    z = x * 2
    picture = draw_graph(z, **{name: z})
    assert picture.source == picture.to_graphviz().source


def test_dot_needs_no_layout(monkeypatch):
    def place(*_):
        raise AssertionError("laid out")

    monkeypatch.setattr(pictures, "place", place)
    picture = sine()
    assert picture.source.startswith("digraph") and picture.to_graphviz().source
    with pytest.raises(AssertionError, match="laid out"):
        _ = picture.svg


@pytest.mark.parametrize(
    ("direction", "length", "rankdir"),
    [
        ("auto", WIDE, "LR"),
        ("auto", WIDE + 1, "TB"),
        ("right", WIDE + 1, "LR"),
        ("down", 1, "TB"),
    ],
)
def test_a_long_graph_leads_down_unless_a_direction_is_given(direction, length, rankdir):
    x = torch.tensor(1.0, requires_grad=True)
    for _ in range(length):
        x = torch.sin(x) if _ % 2 else torch.cos(x)
    assert f"rankdir={rankdir}" in draw_graph(x, direction=direction).source


def test_a_block_in_a_block_is_a_cluster_in_a_cluster():
    x = torch.tensor(0.5, requires_grad=True)
    for _ in range(4):
        for _ in range(4):
            x = (torch.sin(x) * x).cos()
        x = x.exp() + x
    source = draw_graph(x).source
    drawn = set(re.findall(r"^\tn(\d+) \[", source, re.MULTILINE))
    assert drawn > set(re.findall(r"^\t\tn(\d+)$", source, re.MULTILINE)) > set()
    assert [line for line in source.splitlines() if "subgraph" in line] == [
        "\tsubgraph cluster0 {",
        "\t\tsubgraph cluster1 {",
    ]


def test_a_label_stands_on_its_edge_with_its_gradient_behind_it():
    x = torch.tensor(4.0, requires_grad=True)
    z = torch.sin(x**2)
    source = draw_graph(record_backward(z)).source
    assert "n2" not in source
    (edge,) = [line for line in source.splitlines() if "n1 -> n3" in line]
    assert r'[label="#1 = 16\n× −0.9577\n◂ −0.9577"' in edge
    assert 'labeltooltip="#1: intermediate, shape (), float32"' in edge
