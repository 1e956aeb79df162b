"""Frames: each holds its own nodes and no other, and an edge crosses it only to enter or leave."""

import itertools
import random

import pytest
from autograd_seen.arrange.layout import arrange
from autograd_seen.arrange.nesting import arrange_framed
from autograd_seen.graph import Graph, Group

from tests.autograd_seen.arrange.test_layout import boxes_of, overlap, passes_through, random_graph


def tree_of(groups):
    """Groups of nodes as ``Graph.tree`` has them."""
    return Graph((), (), 0, groups=tuple(Group(tuple(group), 2) for group in groups)).tree


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_frame_holds_its_nodes_and_no_other(direction):
    chance = random.Random(1)
    for seed in range(80):
        sizes, edges = random_graph(seed)
        if len(sizes) < 4:
            continue
        start = chance.randrange(len(sizes) - 2)
        stop = chance.randrange(start + 1, len(sizes))
        groups = [range(start, stop), *([range(start + 1, stop - 1)] if stop - start > 3 else [])]
        groups += [range(stop, len(sizes) - 1)] if stop < len(sizes) - 1 else []
        sides = [(chance.randint(20, 150), 30) for _ in groups]
        placed, frames = arrange_framed(sizes, edges, tree_of(groups), sides, direction)
        boxes = boxes_of(placed, sizes)
        framed = [(f.x, f.y, f.x + f.width, f.y + f.height) for f in frames]
        texts = [
            (*f.label, f.label[0] + w, f.label[1] + h)
            for f, (w, h) in zip(frames, sides, strict=True)
        ]
        for group, (left, top, right, bottom), text in zip(groups, framed, texts, strict=True):
            assert left < text[0] and text[2] < right and top < text[1] and text[3] < bottom
            for key, box in enumerate(boxes):
                assert not overlap(box, text), "a label lies on a box"
                if key in group:
                    assert left < box[0] and box[2] < right and top < box[1] and box[3] < bottom
                else:
                    assert not overlap(box, (left, top, right, bottom)), "a frame holds a stranger"
        for (source, target), points in zip(edges, placed.routes, strict=True):
            forward, across = (
                [point[side] for point in points] for side in (placed.down, not placed.down)
            )
            assert forward == sorted(forward) and across[::2] == across[1::2], (
                "an edge bends inside a rank"
            )
            assert all(
                forward[i] < forward[i + 1] or across[i] == across[i + 1]
                for i in range(len(points) - 1)
            )
            assert (
                forward[0] == boxes[source][2 + placed.down]
                and forward[-1] == boxes[target][placed.down]
            )
            for start_of, end_of in itertools.pairwise(points):
                assert not any(passes_through(start_of, end_of, box) for box in boxes + texts)
                for group, frame in zip(groups, framed, strict=True):
                    if source not in group and target not in group:
                        assert not passes_through(start_of, end_of, frame), (
                            "an edge passes through a frame"
                        )
        for x, y in itertools.chain(*placed.routes, *((f[:2], f[2:]) for f in framed)):
            assert 0 <= x <= placed.width and 0 <= y <= placed.height


def test_without_groups_the_layout_is_that_of_the_graph():
    sizes, edges = random_graph(5)
    for direction in ("right", "down"):
        placed = arrange_framed(sizes, edges, (), (), direction)
        assert placed == (arrange(sizes, edges, direction), ())


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_text_in_a_frame_is_passed_where_it_should_be(direction):
    # The second box is text beside the edge from the first to the third.
    sizes, edges = [(60, 40), (200, 100), (60, 40), (60, 40)], [(0, 1), (1, 2), (2, 3)]
    placed, (frame,) = arrange_framed(
        sizes, edges, tree_of([[1, 2]]), [(40, 20)], direction, {1: 30}
    )
    across = 1 - placed.down
    line = placed.corners[1][across] + 30
    assert {placed.routes[0][-1][across], placed.routes[1][0][across]} == {line}
    assert line == placed.corners[2][across] + sizes[2][across] // 2
    assert (frame.x, frame.y)[across] < placed.corners[1][across]


@pytest.mark.parametrize("entering", [1, 2, 4])
def test_a_label_stands_beside_all_that_enters_from_above(entering):
    count = entering + 1
    sizes, edges = [(60, 40)] * count, [(i, entering) for i in range(entering)]
    label = (150, 30)
    placed, (frame,) = arrange_framed(sizes, edges, tree_of([[entering]]), [label], "down")
    box = (*frame.label, frame.label[0] + label[0], frame.label[1] + label[1])
    for points in placed.routes:
        assert not any(passes_through(one, two, box) for one, two in itertools.pairwise(points))


def test_a_way_through_a_frames_border_is_straight():
    sizes, edges = [(60, 40)] * 5, [(0, 2), (1, 2), (2, 3), (3, 4)]
    for direction, along in (("right", 0), ("down", 1)):
        placed, (frame,) = arrange_framed(sizes, edges, tree_of([[2, 3]]), [(50, 20)], direction)
        border = (frame.x, frame.y)[along]
        for points in placed.routes[:2]:
            before, after = (
                [p for p in points if p[along] <= border][-1],
                next(p for p in points if p[along] > border),
            )
            assert before[1 - along] == after[1 - along]
