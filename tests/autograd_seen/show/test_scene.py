"""Where each text of a graph stands."""

from itertools import pairwise

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.show import theme
from autograd_seen.show.content import Line, content
from autograd_seen.show.scene import block_of, place, retold
from autograd_seen.show.svg import to_svg

from tests.autograd_seen.show.apart import covered
from tests.autograd_seen.show.drawn import LESSONS, MANY, compose, every_role


@pytest.mark.parametrize("draw", LESSONS)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_boxes_are_inside_the_margin_and_hold_their_lines(draw, direction):
    scene = compose(draw().graph, direction)
    for box in scene.boxes:
        assert box.height >= sum(row.height for row in box.label.rows) - 1
        assert box.x >= theme.MARGIN and box.x + box.width <= scene.width - theme.MARGIN
        assert box.y >= theme.MARGIN and box.y + box.height <= scene.height - theme.MARGIN
        # A middle is a whole pixel.
        assert box.text.style == "label" or box.width % 2 == box.height % 2 == 0


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
        "label" if node.name == "#1" else "freed" if node.freed else node.role
        for node in graph.nodes
    ]
    for edge, route in zip(graph.edges, scene.routes, strict=True):
        source, target = scene.boxes[edge.source], scene.boxes[edge.target]
        # Through a label the line goes on.
        assert route.begins == (source.text.style != "label")
        assert route.points[0][0] == source.x + (source.width if route.begins else 0)
        assert route.points[-1][0] == target.x
        assert route.ends == (target.text.style != "label")


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


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("draw", [*LESSONS, *MANY])
def test_nothing_stands_on_anything_else(draw, direction):
    picture = draw()
    gradients = picture.recording and picture.recording.gradients()
    # A folded picture is laid out from what it holds.
    scene = compose(picture.graph, direction, None if picture.graph.groups else gradients)
    assert not covered(scene)


def test_what_stands_on_something_is_found():
    scene = compose(draw_graph(torch.tensor(4.0, requires_grad=True).sin().exp()).graph, "down")
    box = scene.boxes[1]
    text = next(box for box in scene.boxes if box.text.style == "label")
    assert not covered(scene)
    for corner in ((box.x, box.y), (text.x + theme.ASIDE[0] + 1, text.y), (-5, text.y)):
        moved = text._replace(label=text.label._replace(x=corner[0], y=corner[1]))
        boxes = tuple(moved if one is text else one for one in scene.boxes)
        assert covered(type(scene)(boxes, scene.routes, scene.width, scene.height, scene.down))


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_value_stands_on_one_side_of_its_arrow_and_the_gradient_on_the_other(direction):
    x = torch.tensor(4.0, requires_grad=True)
    z = torch.sin(x**2)
    recording = record_backward(z)
    scene = compose(recording.graph, direction, recording.gradients())
    (label,) = [box.label for box in scene.boxes if box.text.style == "label"]
    assert [line.text for row in label.rows for line in row.lines] == ["#1 = 16"]
    after = scene.routes[2]
    side = 0 if scene.down else 1
    (line,) = {point[side] for point in after.points}
    assert (label.x + label.width, label.y + label.height)[side] == line - theme.ASIDE[0]
    assert (after.flow.x, after.flow.y)[side] == line + theme.ASIDE[1]
    before = scene.routes[1]
    # One line with two heads: forward at the end, back at the beginning.
    assert before.points[-1][1 - side] == after.points[0][1 - side]
    assert (before.begins, before.ends, after.begins, after.ends) == (True, False, False, True)


def test_lines_share_a_row_up_to_a_width_where_a_picture_leads_down():
    lines = (
        Line("one", "strong", 12),
        Line("two", "muted", 10, beside=True),
        Line("three", "plain", 12),
        Line("four" * 9, "plain", 12, beside=True),
    )

    def rows(widest):
        found = block_of(lines, widest).rows
        return [[line.text for line in row.lines] for row in found]

    assert rows(0) == [["one"], ["two"], ["three"], ["four" * 9]]
    assert rows(100) == [["one", "two"], ["three"], ["four" * 9]]
    # Wide enough for each, and not for both.
    assert rows(240) == rows(100)
    assert rows(1000) == [["one", "two"], ["three", "four" * 9]]


def test_nothing_stands_behind_the_last_row_of_a_matrix():
    one, two = (Line(text, "local cells", 12) for text in ("[[1, 0],", " [0, 1]]"))
    sent = Line("◂ 3", "back", 12, beside=True)

    def rows(*lines):
        return [[line.text for line in row.lines] for row in block_of(lines, 1000).rows]

    assert rows(one, two, sent) == [["[[1, 0],"], [" [0, 1]]"], ["◂ 3"]]
    # A row alone leaves no column.
    assert rows(one, sent) == [["[[1, 0],", "◂ 3"]]


def test_what_shares_a_row_does_not_touch():
    lines = (Line("name", "strong", 15), Line("a note", "muted", 11, beside=True))
    block = block_of(lines, 500)
    (row,) = block.rows
    widths = [block_of((line,), 0).width for line in lines]
    ends = [(middle - w / 2, middle + w / 2) for middle, w in zip(row.middles, widths, strict=True)]
    assert ends[1][0] - ends[0][1] == pytest.approx(theme.SPACE)
    assert (ends[0][0], ends[1][1]) == pytest.approx((-block.width / 2, block.width / 2))


@pytest.mark.parametrize(("count", "down"), [(3, False), (12, True)])
def test_auto_leads_down_where_right_would_be_too_wide(count, down):
    x = torch.tensor(0.5, requires_grad=True)
    for i in range(count):
        x = x.sin() if i % 2 else x.cos()
    graph = draw_graph(x, fold=False).graph
    scene, right = compose(graph), compose(graph, "right")
    assert scene.down == down == (right.width > theme.WIDEST + 2 * theme.MARGIN)
    assert scene == (compose(graph, "down") if down else right)


#: The pictures of the lessons that were taller than a window, and how tall each may be.
TALL = {
    "the_neuron_of_lesson_03": 900,
    "the_line_of_lesson_06": 640,
    "a_pass_that_ends_in_nan": 430,
}


@pytest.mark.parametrize("draw", [draw for draw in MANY if draw.__name__ in TALL])
def test_a_lessons_picture_fits(draw):
    picture = draw()
    scene = compose(picture.graph, gradients=picture.recording.gradients())
    assert scene.height <= TALL[draw.__name__] and scene.width <= 800


def test_a_scene_that_is_told_anew_has_the_same_places_and_other_texts():
    recordings = []
    for value in (123.456, 2.0):
        x = torch.tensor(value, requires_grad=True)
        recordings.append(record_backward(x * x * value))
    graph = recordings[0].graph
    before, after = (content(one.graph, one.gradients()) for one in recordings)
    scene = place(graph, before, "right")
    told = retold(scene, after)
    assert [box.text for box in told.boxes] == list(after.nodes)
    assert [route.text for route in told.routes] == list(after.edges)
    assert [box[:4] for box in told.boxes] == [box[:4] for box in scene.boxes]
    svg = to_svg(told, "", "")
    assert "x = 2" in svg and "× 2: MulBackward0" in svg, "what one who points is told moves too"
    assert "× 123" not in svg and "123.456" not in svg and "246.912" not in svg
    assert retold(told, before) == scene


def test_other_texts_of_one_form_stand_in_the_same_places():
    def told(value):
        x = torch.tensor(value, requires_grad=True)
        recording = record_backward(torch.sin(x**2))
        return recording.graph, content(recording.graph, recording.gradients())

    (graph, four), (_, five) = told(4.0), told(5.0)
    scene = place(graph, four, "down")
    other = retold(scene, five)
    assert retold(scene, four) == scene != other
    for one, two, text in zip(scene.boxes, other.boxes, five.nodes, strict=True):
        assert (one[:4], one.label[:4]) == (two[:4], two.label[:4])
        assert tuple(line for row in two.label.rows for line in row.lines) == text.lines
    assert [len(row.lines) for row in other.routes[2].flow.rows] == [2]
    assert other.routes[2].flow.rows[0].lines == five.edges[2].lines


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("count", [2, 4, 12, 30])
def test_numbers_of_inputs_stand_apart(direction, count):
    leaves = [torch.tensor(float(i), requires_grad=True) for i in range(count)]
    scene = compose(draw_graph(torch.stack(leaves).sum()).graph, direction)
    (slots,) = [box.slots for box in scene.boxes if box.slots]
    along = sorted(place[direction == "right"] for place in slots)
    apart = [two - one for one, two in pairwise(along)]
    shown = [number for *_, number in slots]
    assert min(apart) >= theme.SLOT_APART - 1
    assert shown == ([str(i + 1) for i in range(count)] if count <= 12 else ["1", str(count)])
