"""Recorded passes at many positions: one layout for each shape, and the texts that move."""

import base64
import re

import torch
from autograd_seen.live.backward import record_backward
from autograd_seen.show.positions import TEXT, WIDEST, Position, drawn, explored

from tests.autograd_seen.show.drawn import compose

VALUES = [0.0, 2.0, -1234.567]


def wave(value):
    x = torch.tensor(value, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    return record_backward(z)


def chain(value, length):
    x = torch.tensor(value, requires_grad=True)
    y = x
    for one in range(length):
        y = y.sin() if one % 2 else y.exp()
    return record_backward(y)


def width(svg):
    return int(re.search(r'width="(\d+)"', svg)[1])


def height(svg):
    return int(re.search(r'height="(\d+)"', svg)[1])


def sizes(recording):
    scene = compose(recording.graph, "right", recording.gradients())
    return [box.width for box in scene.boxes], scene.width


def test_positions_of_one_shape_share_a_picture_with_room_for_the_widest():
    recordings = [wave(value) for value in VALUES]
    (shape,), of_position = drawn(recordings, "z")
    assert of_position == (0, 0, 0)
    widest = [max(some) for some in zip(*(sizes(one)[0] for one in recordings), strict=True)]
    found = re.findall(r'data-node="\d+">.*?<rect[^>]* width="(\d+)"', shape.svg)
    assert list(map(int, found)) == widest
    assert width(shape.svg) >= max(sizes(one)[1] for one in recordings)


def test_only_texts_that_differ_move_and_the_picture_has_those_of_the_first():
    (shape,), _ = drawn([wave(value) for value in VALUES], "z")
    texts = TEXT.findall(shape.svg)
    assert tuple(texts[place] for place in shape.places) == shape.texts[0]
    assert all(len(set(some)) > 1 for some in zip(*shape.texts, strict=True))
    assert {"y = 0", "◂ 0", "z = 0"} <= set(shape.texts[0])
    assert "PowBackward0" in texts and "PowBackward0" not in shape.texts[0]


def test_texts_that_move_are_plain_and_not_escaped():
    x, w = (torch.tensor(one, requires_grad=True) for one in (1.0, 2.0))
    first = record_backward(x * 2, **{"a<b": x})
    second = record_backward(w * 2, **{"a<b": w})
    (shape,), _ = drawn([first, second], "z")
    assert any("a<b = 2" in text for text in shape.texts[1])
    assert "a&lt;b = 1" in shape.svg


def test_another_graph_is_another_shape_and_shapes_come_as_they_are_met():
    recordings = [chain(1.0, 1), chain(1.0, 2), chain(2.0, 1)]
    shapes, of_position = drawn(recordings, "y")
    assert of_position == (0, 1, 0)
    assert [len(shape.texts) for shape in shapes] == [2, 1]
    assert "SinBackward0" in shapes[1].svg and "SinBackward0" not in shapes[0].svg


def test_a_picture_leads_right_as_long_as_that_fits_a_page():
    (short,), _ = drawn([wave(1.0), wave(1.5)], "z")
    y = torch.tensor(0.5, requires_grad=True)
    for name in "sin exp tanh cos sigmoid atan square log1p sqrt erf expm1 sinh".split():
        y = getattr(torch, name)(y)
    (long,), _ = drawn([record_backward(y)], "y")
    assert height(short.svg) < width(short.svg) <= WIDEST
    assert width(long.svg) < height(long.svg)


def test_what_is_read_off_is_the_result_and_what_arrived_at_each_input():
    recording = wave(2.0)
    slides = explored({"x": ["2"]}, [Position(recording, (0,))], "f(x)").slides
    assert slides.columns == ("z", "∂z/∂x")
    assert slides.rows == (("−0.7568", "−2.6146"),)
    assert slides.told(0) == "x = 2: z = −0.7568, ∂z/∂x = −2.6146"
    svg = base64.b64decode(slides.pictures[0].data).decode()
    assert 'aria-label="Computation graph of z"' in svg


def test_a_result_of_many_names_is_called_after_the_function():
    x = torch.tensor(1.0, requires_grad=True)
    one, two = x * 2, x * 3
    recordings = [record_backward(one), record_backward(two)]
    positions = [Position(recording, (0,)) for recording in recordings]
    slides = explored({"x": ["1", "1"]}, positions, "f(x)").slides
    assert slides.columns == ("f(x)", "∂f/∂x") and slides.subject == "Graph of f(x)"
