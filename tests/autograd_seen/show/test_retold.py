"""A scene keeps its places when its texts change."""

import torch
from autograd_seen import record_backward
from autograd_seen.show.content import content
from autograd_seen.show.retold import retold
from autograd_seen.show.scene import place
from autograd_seen.show.svg import to_svg


def test_a_scene_that_is_told_anew_has_the_same_places_and_other_texts():
    recordings = []
    for value in (123.456, 2.0):
        x = torch.tensor(value, requires_grad=True)
        recordings.append(record_backward(x * x * value))
    graph = recordings[0].graph
    before, after = (content(one.graph, one.gradients()) for one in recordings)
    scene = place(graph, before, "right")
    told = retold(scene, before, after)
    assert [box.text for box in told.boxes] == list(after.nodes)
    assert [route.text for route in told.routes] == list(after.edges)
    assert [box[:4] for box in told.boxes] == [box[:4] for box in scene.boxes]
    svg = to_svg(told, "", "")
    assert "x = 2" in svg and "× 2: MulBackward0" in svg, "what one who points is told moves too"
    assert "× 123" not in svg and "123.456" not in svg and "246.912" not in svg
    assert retold(told, after, before) == scene
