"""Where each text of a graph stands."""

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.show import theme
from autograd_seen.show.content import Line, content
from autograd_seen.show.scene import compose, place

from tests.autograd_seen.show.drawn import LESSONS, every_role


@pytest.mark.parametrize("draw", LESSONS)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_boxes_are_inside_the_margin_and_hold_their_lines(draw, direction):
    scene = compose(draw().graph, direction)
    for box in scene.boxes:
        assert box.x >= theme.MARGIN and box.x + box.width <= scene.width - theme.MARGIN
        assert box.y >= theme.MARGIN and box.y + box.height <= scene.height - theme.MARGIN
        assert box.height >= sum(line.size for line in box.lines)
        # A middle is a whole pixel.
        assert box.width % 2 == box.height % 2 == 0


def test_a_longer_text_has_a_wider_box():
    graph = every_role()
    narrow = compose(graph).boxes[0]
    texts = content(graph)
    lines = (Line("x = 123456789", "strong", theme.NAME), *texts.nodes[0].lines[1:])
    longer = type(texts.nodes[0])(lines, "leaf", "")
    wide = place(graph, type(texts)((longer, *texts.nodes[1:]), texts.edges, ())).boxes[0]
    assert wide.width > narrow.width and wide.height == narrow.height


def test_boxes_and_routes_are_in_the_order_of_the_graph():
    graph = every_role()
    scene = compose(graph, "right")
    assert [box.text.style for box in scene.boxes] == [
        "freed" if node.freed else node.role for node in graph.nodes
    ]
    for edge, route in zip(graph.edges, scene.routes, strict=True):
        source, target = scene.boxes[edge.source], scene.boxes[edge.target]
        assert route.points[0][0] == source.x + source.width
        assert route.points[-1][0] == target.x


def test_a_text_beside_an_edge_keeps_its_place_inside_the_picture():
    x = torch.tensor(4.0, requires_grad=True)
    recording = record_backward(x * 123456.789, accumulate=False)
    scene = compose(recording.graph, "down", recording.gradients())
    labels = [route.flow for route in scene.routes if route.flow]
    assert labels and all(0 <= label.x <= scene.width - label.width for label in labels)


def test_the_same_graph_has_the_same_scene():
    graph = draw_graph(torch.tensor(4.0, requires_grad=True).sin()).graph
    assert compose(graph) == compose(graph)
    assert compose(graph, "down") != compose(graph, "right")
