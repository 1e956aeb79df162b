"""Where the texts beside edges stand: next to their edge, and on nothing else."""

import ast
import inspect
import itertools

import pytest
import torch
from autograd_seen import record_backward
from autograd_seen.arrange import labels
from autograd_seen.arrange.labels import place_labels
from autograd_seen.show.scene import compose
from autograd_seen.show.shapes import bends, way_back

nn = torch.nn


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def sine():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    return record_backward(z)


def square():
    x = leaf(3.0)
    z = x * x
    return record_backward(z)


def neuron():
    x, t, w, b = 6.7, 0.0, leaf(1.0), leaf(0.0)
    z = w * x + b
    p = torch.sigmoid(z)
    loss = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return record_backward(loss)


def diamond():
    x = leaf(0.7)
    a, b = x.sin(), x.exp()
    z = a * b
    return record_backward(z)


def fan():
    x = leaf(0.7)
    a, b, c = x.sin(), x.exp(), x.cos()
    z = a * b * c
    return record_backward(z)


def mlp():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    loss = nn.functional.mse_loss(model(torch.rand(5, 3)), torch.rand(5, 1))
    return record_backward(loss)


def mean():
    v = torch.tensor([1.5, 2.5, 7.0], requires_grad=True)
    m = (v**2).mean()
    return record_backward(m)


LESSONS = {
    "sine": sine,
    "square": square,
    "neuron": neuron,
    "diamond": diamond,
    "fan": fan,
    "mlp": mlp,
    "mean": mean,
}
EVERY = pytest.mark.parametrize("make", LESSONS.values(), ids=LESSONS)
BOTH = pytest.mark.parametrize("direction", ["right", "down"])


def blocks(scene):
    """(left, top, right, bottom) of each text beside an edge."""
    texts = [route.flow for route in scene.routes if route.flow]
    return [
        (t.x, t.y, t.x + t.width, t.y + sum(line.size * 1.3 for line in t.lines)) for t in texts
    ]


def overlap(one, two):
    """The area that two rectangles share."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    return max(0, width) * max(0, height)


@BOTH
@EVERY
def test_no_text_covers_a_box(make, direction):
    recording = make()
    scene = compose(recording.graph, direction, recording.gradients())
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in scene.boxes]
    assert len(blocks(scene)) == len(recording.flows())
    assert not [pair for pair in itertools.product(blocks(scene), boxes) if overlap(*pair)]


@BOTH
@EVERY
def test_no_text_covers_another(make, direction):
    recording = make()
    scene = compose(recording.graph, direction, recording.gradients())
    assert not [pair for pair in itertools.combinations(blocks(scene), 2) if overlap(*pair)]


def drawn(route, down):
    """Points along an edge as it is drawn, with its curves."""
    first, *others = bends(route, down)
    start, found = first[0], []
    for segment in others:
        corners = [start, *([start] * (3 - len(segment))), *segment]
        for t in (i / 40 for i in range(41)):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            found.append(
                [
                    sum(w * x for w, x in zip(weights, line, strict=True))
                    for line in zip(*corners, strict=True)
                ]
            )
        start = segment[-1]
    return found


@BOTH
@EVERY
def test_no_line_crosses_a_text(make, direction):
    recording = make()
    scene = compose(recording.graph, direction, recording.gradients())
    routes = [route.points for route in scene.routes]
    lines = [one for points in routes for one in (points, way_back(points, scene.down))]
    points = [point for line in lines for point in drawn(line, scene.down)]
    for left, top, right, bottom in blocks(scene):
        assert not [(x, y) for x, y in points if left < x < right and top < y < bottom]


@BOTH
@EVERY
def test_every_text_is_inside_the_picture(make, direction):
    recording = make()
    scene = compose(recording.graph, direction, recording.gradients())
    for left, top, right, bottom in blocks(scene):
        assert 0 <= left < right <= scene.width and 0 <= top < bottom <= scene.height


@BOTH
@EVERY
def test_a_text_stands_beside_the_end_of_its_edge(make, direction):
    recording = make()
    scene = compose(recording.graph, direction, recording.gradients())
    for route in scene.routes:
        if route.flow:
            x, y = route.points[-3]
            left, top = route.flow.x, route.flow.y
            right, bottom = (
                left + route.flow.width,
                top + sum(line.size * 1.3 for line in route.flow.lines),
            )
            assert max(left - x, x - right, top - y, y - bottom) <= labels.FAR


@BOTH
def test_texts_of_two_edges_of_one_pair_stand_on_different_sides(direction):
    recording = square()
    scene = compose(recording.graph, direction, recording.gradients())
    one, two = (route for route in scene.routes if route.flow)
    side = 0 if scene.down else 1  # across the direction in which the edges lead
    between = (one.points[-3][side] + two.points[-3][side]) / 2
    first, second = sorted(blocks(scene), key=lambda block: block[side])
    assert first[side + 2] <= between <= second[side]


def test_an_edge_without_a_text_gets_no_place():
    line = [(0, 50), (20, 50), (60, 50), (80, 50), (100, 50)]
    assert place_labels([None], [line], [], False) == [None]
    assert place_labels([None, (10, 10)], [line, line], [], False)[0] is None


def test_a_text_avoids_a_box_beside_its_edge():
    line = [(0, 50), (0, 50), (100, 50), (100, 50), (140, 50)]
    (free,) = place_labels([(40, 20)], [line], [], False)
    above = free[1] < 50
    blocked = (40, 50 - 60, 120, 55) if above else (40, 55, 120, 55)
    (moved,) = place_labels([(40, 20)], [line], [blocked], False)
    assert (moved[1] < 50) != above


def test_a_text_avoids_the_text_of_another_edge():
    line = [(0, 50), (0, 50), (100, 50), (100, 50), (140, 50)]
    for down in (False, True):
        one, two = place_labels([(40, 20), (40, 20)], [line, line], [], down)
        assert not overlap((*one, one[0] + 40, one[1] + 20), (*two, two[0] + 40, two[1] + 20))


def test_places_are_the_same_twice_and_what_was_passed_is_unchanged():
    sizes, boxes = [(40, 20), None, (30, 30)], [(0, 0, 30, 30), (150, 0, 30, 30)]
    routes = [[(30, y), (60, y), (90, y + 10), (120, y + 10), (150, y + 10)] for y in (5, 10, 20)]
    given = repr((sizes, routes, boxes))
    assert place_labels(sizes, routes, boxes, False) == place_labels(sizes, routes, boxes, False)
    assert place_labels(sizes, routes, boxes, True) == place_labels(sizes, routes, boxes, True)
    assert repr((sizes, routes, boxes)) == given


def test_placing_knows_no_time_no_chance_and_no_identity():
    tree = ast.parse(inspect.getsource(labels))
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)}
    assert not names & {"random", "time", "id", "hash", "global"}


@EVERY
def test_a_picture_is_the_same_twice(make):
    recording = make()
    for direction in ("right", "down"):
        assert compose(recording.graph, direction, recording.gradients()) == compose(
            recording.graph, direction, recording.gradients()
        )
