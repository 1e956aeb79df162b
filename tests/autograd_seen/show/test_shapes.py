"""A scene as shapes: where a line bends, and which way an arrowhead points."""

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.show import theme
from autograd_seen.show.shapes import Arrowhead, Path, Rect, Text, bends, parts, way_back

from tests.autograd_seen.show.drawn import compose, every_role

STRAIGHT = ((0, 5), (10, 5), (40, 5), (50, 5))
ASIDE = ((0, 5), (10, 5), (40, 25), (50, 25))


def test_a_straight_route_has_no_curve():
    assert bends(STRAIGHT, False) == (((0, 5),), ((10, 5),), ((40, 5),), ((50, 5),))


def test_a_route_bends_between_two_ranks_and_nowhere_else():
    first, *others = bends(ASIDE, False)
    assert first == ((0, 5),) and [len(segment) for segment in others] == [1, 3, 1]
    assert others[1] == ((25, 5), (25, 25), (40, 25))


def test_down_is_to_the_right_with_the_axes_exchanged():
    flipped = tuple((y, x) for x, y in ASIDE)
    assert bends(flipped, True, 8) == tuple(
        tuple((y, x) for x, y in segment) for segment in bends(ASIDE, False, 8)
    )
    assert way_back(flipped, True) == tuple((y, x) for x, y in way_back(ASIDE, False))


def test_a_line_ends_where_its_arrowhead_begins():
    assert bends(ASIDE, False, theme.ARROW[0])[-1] == ((50 - theme.ARROW[0], 25),)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_the_way_back_points_at_the_input(direction):
    x = torch.tensor(4.0, requires_grad=True)
    recording = record_backward(torch.sin(x))
    scene = compose(recording.graph, direction, recording.gradients())
    along = 1 if direction == "down" else 0
    for part in parts(scene):
        heads = [shape for shape in part.shapes if isinstance(shape, Arrowhead)]
        for head in heads:
            tip, *others = (point[along] for point in head.points)
            forward = part.kind == "edge"
            assert all(tip > other if forward else tip < other for other in others)
    kinds = [part.kind for part in parts(scene)]
    assert kinds == ["edge", "flow"] * 2 + ["node"] * 3


def test_a_root_has_two_outlines_and_an_operation_has_corners():
    nodes = [part for part in parts(compose(every_role())) if part.kind == "node"]
    outlines = [[s for s in part.shapes if isinstance(s, Rect)] for part in nodes]
    assert [i for i, found in enumerate(outlines) if not found] == [5], "only #1 is a label"
    outlines = [found for found in outlines if found]
    assert {s[0].style: len(s) for s in outlines if len(s) > 1} == {"root": 2}
    cornered = {s[0].style for s in outlines if s[0].radius == theme.CORNER}
    assert cornered == set(theme.CORNERED) - set(theme.RARE)


def test_an_oval_with_a_matrix_leaves_room_for_it_in_its_corners():
    tall = torch.arange(12.0).reshape(4, 3).requires_grad_()
    outline = next(
        shape
        for part in parts(compose(draw_graph(tall.exp().sum()).graph, "down"))
        for shape in part.shapes
        if isinstance(shape, Rect) and shape.style == "leaf"
    )
    assert outline.radius == theme.ROUNDEST < outline.height / 2


def test_each_text_of_a_box_stands_inside_it():
    for part in parts(compose(every_role())):
        if part.kind == "node" and isinstance(part.shapes[0], Rect):
            box = part.shapes[0]
            for text in (shape for shape in part.shapes if isinstance(shape, Text)):
                assert box.y < text.y - text.size / 2 and text.y < box.y + box.height
                assert text.x == box.x + box.width / 2


def test_a_cut_value_goes_one_way_and_says_what_cut_it():
    x = torch.tensor(2.0, requires_grad=True)
    d = x.detach()
    from autograd_seen import record_forward

    with record_forward() as tape:
        d = (x * 3).detach()
        z = d * x
    scene = compose(draw_graph(z, tape=tape).graph)
    (border,) = [
        part
        for part in parts(scene)
        if any(isinstance(s, Path) and s.style == "edge border" for s in part.shapes)
    ]
    assert "detach()" in [shape.text for shape in border.shapes if isinstance(shape, Text)]


@pytest.mark.parametrize("direction", ["right", "down"])
def test_the_line_of_a_label_has_one_head_at_either_end(direction):
    x = torch.tensor(4.0, requires_grad=True)
    recording = record_backward(torch.sin(x**2))
    scene = compose(recording.graph, direction, recording.gradients())
    heads = {
        (part.kind, part.index): sum(isinstance(shape, Arrowhead) for shape in part.shapes)
        for part in parts(scene)
        if part.kind != "node"
    }
    assert (heads["edge", 1], heads["flow", 1]) == (0, 1), "into the label"
    assert (heads["edge", 2], heads["flow", 2]) == (1, 0), "out of it"
    assert (heads["edge", 0], heads["flow", 0]) == (1, 1)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_the_number_of_an_input_stands_in_the_box_where_its_edge_ends(direction):
    a, b, t = (torch.tensor(float(i), requires_grad=True) for i in (3, 2, 1))
    y = torch.where(a > 2, (a - b) ** t, torch.addcmul(a, b, t))
    scene = compose(draw_graph(y).graph, direction)
    numbers = {}
    for box, part in zip(scene.boxes, parts(scene)[-len(scene.boxes) :], strict=True):
        shown = [shape for shape in part.shapes if isinstance(shape, Text)]
        for x, y, slot in box.slots:
            (number,) = [one for one in shown if (one.text, one.size) == (slot, theme.SMALL)]
            # Digits are 0.64 em wide and 0.73 em high.
            left, right = number.x - 0.32 * theme.SMALL, number.x + 0.32 * theme.SMALL
            assert box.x < left < right < box.x + box.width
            assert box.y < number.y - 0.73 * theme.SMALL < number.y < box.y + box.height
            assert abs(number.x - x) < 10 and abs(number.y - y) < 12
            for text in shown[: -len(box.slots)]:
                width = 0.64 * text.size * len(text.text)
                beside = right < text.x - width / 2 or left > text.x + width / 2
                below = number.y < text.y - 0.73 * text.size
                assert beside or below, "a number touches a text"
        numbers[box.text.lines[0].text] = [slot for *_, slot in box.slots]
    assert numbers["−"] == numbers["^"] == ["1", "2"], numbers
    assert not [label for label, found in numbers.items() if label in "abt" and found]
