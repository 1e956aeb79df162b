"""The layout: whatever the graph, boxes stay apart and edges can be followed."""

import itertools
import random

import pytest
from autograd_seen.arrange.layout import BEFORE_BOX, BEND, GAP, arrange, least_length

SIZE = (60, 40)
LESSONS = {
    "diamond": [(0, 1), (0, 2), (1, 3), (2, 3)],
    "residual": [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)],
    "used twice": [(0, 2), (1, 2), (2, 3), (0, 3)],
    # A loss of two linear layers: inputs, weights that are transposed first, biases, a target.
    "two layers": [
        *((0, 1), (1, 2), (3, 5), (4, 5), (2, 5), (5, 6), (6, 7), (7, 8), (9, 10), (10, 11)),
        *((12, 13), (8, 13), (11, 13), (13, 14), (14, 16), (15, 16), (16, 17)),
    ],
}


def boxes_of(layout, sizes):
    """Left, top, right and bottom of each box."""
    return [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)]


def overlap(one, two):
    return max(one[0], two[0]) < min(one[2], two[2]) and max(one[1], two[1]) < min(one[3], two[3])


def passes_through(start, end, box):
    """Whether what is drawn between two points, at most as far out as they are, meets the inside of
    a box.
    """
    (x0, x1), (y0, y1) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    left, top, right, bottom = box
    # A straight line has no breadth: it is inside where it lies strictly between the sides.
    across = left < x0 < right if x0 == x1 else max(x0, left) < min(x1, right)
    along = top < y0 < bottom if y0 == y1 else max(y0, top) < min(y1, bottom)
    return across and along


def check(sizes, edges, direction):
    """Every property that a layout of any graph must have."""
    layout = arrange(sizes, edges, direction)
    boxes = boxes_of(layout, sizes)
    forward = 1 if layout.down else 0
    assert not any(overlap(*pair) for pair in itertools.combinations(boxes, 2))
    assert len(layout.routes) == len(edges)
    for (source, target), points in zip(edges, layout.routes, strict=True):
        steps = [point[forward] for point in points]
        assert steps == sorted(steps) and steps[0] < steps[-1], "an edge leads back"
        assert steps[0] == boxes[source][2 + forward], "an edge begins away from its source"
        assert steps[-1] == boxes[target][forward], "an edge ends away from its target"
        for point, box in ((points[0], boxes[source]), (points[-1], boxes[target])):
            assert box[1 - forward] <= point[1 - forward] <= box[3 - forward], (
                "an edge misses the side of its box"
            )
        # What is drawn between two points lies between their heights, where most boxes do not.
        for start, end in itertools.pairwise(points):
            low, high = start[forward], end[forward]
            near = [box for box in boxes if box[forward] <= high and low <= box[2 + forward]]
            assert not any(passes_through(start, end, box) for box in near), (
                "an edge passes through a box"
            )
    ends = [(target, points[-1]) for (_, target), points in zip(edges, layout.routes, strict=True)]
    assert len(set(ends)) == len(ends), "two edges end in one point"
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= layout.width and 0 <= y0 < y1 <= layout.height
    for x, y in itertools.chain(*layout.routes):
        assert 0 <= x <= layout.width and 0 <= y <= layout.height
    return layout


def random_graph(seed):
    """Boxes of many sizes and edges between them, some of them twice, as x * x has it."""
    chance = random.Random(seed)
    count = chance.randint(1, 24)
    sizes = [(2 * chance.randint(10, 110), 2 * chance.randint(10, 40)) for _ in range(count)]
    edges = []
    for target in range(1, count):
        edges += [
            (chance.randrange(target), target) for _ in range(chance.choice([0, 1, 1, 2, 2, 3]))
        ]
    return sizes, edges


def crossings(layout):
    """How many pairs of edges change sides in the gap between two ranks."""
    forward, gaps = (1 if layout.down else 0), {}
    for points in layout.routes:
        for start, end in zip(points[1::2], points[2::2], strict=False):
            # Edges of one tensor share their way and are one line.
            gaps.setdefault(start[forward], set()).add((start[1 - forward], end[1 - forward]))
    return sum(
        (a - c) * (b - d) < 0
        for ways in gaps.values()
        for (a, b), (c, d) in itertools.combinations(ways, 2)
    )


def bends(layout):
    """How often an edge moves aside."""
    across = 0 if layout.down else 1
    return sum(
        start[across] != end[across]
        for points in layout.routes
        for start, end in itertools.pairwise(points)
    )


@pytest.mark.parametrize("direction", ["right", "down"])
def test_boxes_stay_apart_and_edges_lead_forward_around_them(direction):
    for seed in range(100):
        check(*random_graph(seed), direction)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_two_hundred_operations_keep_the_same_rules(direction):
    chance = random.Random(0)
    sizes, edges = [(120, 50)], []
    for key in range(1, 400):
        sizes.append((120, 50))
        # A long chain in which every tenth operation also takes something from further back.
        edges.append((key - 1, key))
        if key % 20 == 0:
            edges.append((key - 2 * chance.randint(2, 10), key))
    check(sizes, edges, direction)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_one_box_alone_fills_the_picture(direction):
    layout = check([SIZE], [], direction)
    assert (layout.corners, layout.routes, (layout.width, layout.height)) == (((0, 0),), (), SIZE)


def test_nothing_at_all_is_a_layout_too():
    assert arrange([], []).corners == ()


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_chain_is_straight(direction):
    sizes = [(60, 40), (90, 30), (44, 70), (60, 20)]
    layout = check(sizes, [(0, 1), (1, 2), (2, 3)], direction)
    middles = {
        (x + w // 2) if layout.down else (y + h // 2)
        for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)
    }
    points = {point[0 if layout.down else 1] for route in layout.routes for point in route}
    assert middles == points and len(middles) == 1


@pytest.mark.parametrize("times", [2, 3, 7])
def test_edges_of_one_pair_end_at_points_of_their_own(times):
    layout = check([SIZE, SIZE], [(0, 1)] * times, "right")
    assert len({route[-1] for route in layout.routes}) == times
    assert len({route[0] for route in layout.routes}) == times


@pytest.mark.parametrize("edges", LESSONS.values(), ids=LESSONS)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_lessons_graph_has_no_crossings(edges, direction):
    layout = check([SIZE] * (max(itertools.chain(*edges)) + 1), edges, direction)
    assert crossings(layout) == 0


@pytest.mark.parametrize("direction", ["right", "down"])
def test_neighbours_change_places_where_that_saves_a_crossing(direction):
    layout = check([SIZE] * 6, [(0, 2), (1, 2), (0, 3), (3, 4), (1, 5)], direction)
    assert crossings(layout) == 0


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_short_edge_gives_way_to_a_long_one_that_runs_straight(direction):
    edges = [(0, 1), (1, 2), (1, 3), (3, 5), (4, 5), (0, 6), (5, 6)]
    assert bends(check([SIZE] * 7, edges, direction)) == 8


def test_a_box_stands_no_further_from_its_neighbour_than_it_must():
    layout = check([SIZE] * 7, [(0, 3), (1, 3), (2, 3), (3, 6), (4, 6), (5, 6)], "right")
    tops = [y for _, y in layout.corners[:3]]
    assert [two - one for one, two in itertools.pairwise(tops)] == [SIZE[1] + GAP] * 2


def test_operands_stand_in_the_order_in_which_they_are_written():
    layout = arrange([SIZE] * 4, [(0, 3), (1, 3), (2, 3)], "right")
    tops = [y for _, y in layout.corners[:3]]
    assert tops == sorted(tops)
    entries = [route[-1][1] for route in layout.routes]
    assert entries == sorted(entries)


def random_texts(seed):
    """A random graph with a text on each of some edges: sizes, edges, and where each text's edge
    passes.
    """
    chance = random.Random(seed)
    sizes, edges = random_graph(seed)
    with_text = [chance.random() < 0.6 for _ in edges]
    # Inputs first: before each box the texts on the edges that enter it.
    number, placed, texts, found = {}, [], {}, []
    for target, size in enumerate(sizes):
        entering = [i for i, edge in enumerate(edges) if edge[1] == target]
        for i in entering:
            if with_text[i]:
                near, far = chance.randint(0, 90), chance.randint(8, 120)
                texts[len(placed)] = near
                found += [(number[edges[i][0]], len(placed)), (len(placed), edges[i])]
                placed.append((near + far, 2 * chance.randint(6, 30)))
            else:
                found.append((number[edges[i][0]], edges[i]))
        number[target] = len(placed)
        placed.append(size)
    ways = [(s, number[t[1]] if isinstance(t, tuple) else t) for s, t in found]
    return placed, ways, texts


@pytest.mark.parametrize("direction", ["right", "down"])
def test_an_edge_passes_its_text_where_it_should_and_nothing_else_touches_it(direction):
    for seed in range(50):
        sizes, edges, texts = random_texts(seed)
        if direction == "right":
            sizes = [size[::-1] if i in texts else size for i, size in enumerate(sizes)]
        layout = arrange(sizes, edges, direction, texts=texts)
        boxes, across = boxes_of(layout, sizes), 1 - layout.down
        assert not any(overlap(*pair) for pair in itertools.combinations(boxes, 2))
        for (source, target), points in zip(edges, layout.routes, strict=True):
            for text, point in ((source, points[0]), (target, points[-1])):
                if text in texts:
                    assert point[across] == boxes[text][across] + texts[text]
            for start, end in itertools.pairwise(points):
                assert not any(passes_through(start, end, box) for box in boxes)
        assert layout.width >= max(box[2] for box in boxes)


def test_a_straight_edge_takes_less_room_than_one_that_bends():
    chain = arrange([SIZE] * 2, [(0, 1)], "right")
    assert chain.width == 2 * SIZE[0] + BEFORE_BOX
    fork = arrange([SIZE] * 3, [(0, 1), (0, 2)], "right")
    assert fork.width >= max(2 * SIZE[0] + BEND, chain.width + 1)


def test_the_least_length_is_that_of_no_longer_layout():
    for seed in range(60):
        sizes, edges = random_graph(seed)
        assert least_length([w for w, _ in sizes], edges) <= arrange(sizes, edges, "right").width
    assert least_length([60, 90, 40], [(0, 1), (1, 2)]) > 190
    assert least_length([], []) == 0


def test_the_same_graph_has_the_same_layout():
    for seed in range(20):
        sizes, edges = random_graph(seed)
        assert arrange(sizes, edges) == arrange(list(sizes), list(edges))


def test_every_number_is_whole():
    layout = arrange(*random_graph(3))
    numbers = [layout.width, layout.height, *itertools.chain(*layout.corners)]
    numbers += itertools.chain(*itertools.chain(*layout.routes))
    assert {type(number) for number in numbers} == {int}
