"""Places boxes and routes edges: a pure function from sizes and edges to whole numbers.

A layered layout after Sugiyama, Tagawa and Toda (1981, "Methods for visual understanding of
hierarchical system structures"): nodes get ranks, long edges get a way-point in each rank that they
pass, the order within a rank is improved until few edges cross, and then coordinates are chosen.
Only additions, multiplications and divisions in a fixed order: the same bytes on every machine."""

import itertools
from bisect import bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

#: Pixels between two neighbours in one rank.
GAP = 20
#: Pixels before a rank into which all edges run straight: where they end in boxes, with arrowheads,
#: and where they only pass texts.
BEFORE_BOX, BEFORE_TEXT = 13, 4
#: Pixels before a rank in which an edge bends: at least, and at most, for one that bends far aside.
BEND, WIDE_BEND = 13, 22
#: Where more edges pass between ranks than this, fewer rounds are spent on their order.
MANY = 2_000


#: (width, height), (source, target), (x, y).
Pair = tuple[int, int]
#: How far from the middle of its source an edge leaves, and of its target it enters.
Port = tuple[int | None, int | None]
#: Items of each rank; of each item its neighbours in the rank before and in the rank after; by rank
#: the way-points of an edge.
Rows = list[list[int]]
Links = list[tuple[list[int], list[int]]]
Chain = dict[int, int]
#: How far each item reaches from its own coordinate: to the near side, and to the far one.
Sides = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Layout:
    """Top left corners of the boxes; for each edge its points; and the whole size, all in pixels.

    An edge's points are its start, then for every rank that it passes where it enters and leaves
    it, then its end: straight inside a rank, free to bend between one rank and the next.
    """

    corners: tuple[tuple[int, int], ...]
    routes: tuple[tuple[tuple[int, int], ...], ...]
    width: int
    height: int
    down: bool


def arrange(
    sizes: Sequence[Pair],
    edges: Sequence[Pair],
    direction: str = "right",
    first: Collection[int] = (),
    ports: Sequence[Port] | None = None,
    texts: Mapping[int, int] | None = None,
) -> Layout:
    """Places boxes of the given (width, height) so that every edge leads right, or down.

    ``edges`` holds (source, target) pairs with source < target; a pair that occurs twice is two
    edges. ``direction`` is "right" or "down". The boxes in ``first`` stand at the very beginning.
    ``ports`` gives for each edge how far from the middle of its source it leaves, and from the
    middle of its target it enters, or None where that is free. ``texts`` are the boxes that are
    text beside an edge, with one edge in and one out: how far from their near side these pass.
    """
    down = direction == "down"
    # From here on a box has a depth, in the direction of the edges, and a breadth, across it.
    boxes = [(h, w) if down else (w, h) for w, h in sizes]
    texts = texts or {}
    ranks = _ranks(len(sizes), edges, first)
    ports = ports or [(None, None)] * len(edges)
    # What shares a way: all edges of one source, or of one port.
    sources = [(source, port) for (source, _), (port, _) in zip(edges, ports, strict=True)]
    rows, chains = _rows(ranks, edges, sources)
    links = _links(edges, ranks, chains, sum(map(len, rows)))
    _order(rows, links)
    points = len(links) - len(boxes)
    near = [texts.get(i, breadth // 2) for i, (_, breadth) in enumerate(boxes)] + [0] * points
    far = [breadth - side for (_, breadth), side in zip(boxes, near, strict=False)] + [0] * points
    across = _assign_coordinates(rows, links, (near, far), len(boxes))
    ways = _Ways(edges, ranks, chains, [round(x) for x in across], boxes, near, set(texts))
    corners, routes = _route_edges(ways, ports)
    return _whole(corners, routes, boxes, down)


def least_length(lengths: Sequence[int], edges: Sequence[Pair]) -> int:
    """How long any layout of boxes of these lengths is at least."""
    ways = list(lengths)
    for source, target in sorted(edges, reverse=True):
        ways[source] = max(ways[source], lengths[source] + BEFORE_TEXT + ways[target])
    return max(ways, default=0)


def _ranks(count: int, edges: Sequence[Pair], first: Collection[int]) -> list[int]:
    """Each node as near to what uses it as its longest way to the end allows."""
    height = [0] * count
    for source, target in sorted(edges, reverse=True):
        height[source] = max(height[source], height[target] + 1)
    top = max(height, default=0)
    return [0 if node in first else top - h for node, h in enumerate(height)]


def _rows(
    ranks: list[int], edges: Sequence[Pair], sources: Sequence[tuple]
) -> tuple[Rows, list[Chain]]:
    """The rows of items, and for each edge its chain of way-points.

    Items are the nodes, then the way-points. All edges of one source share a way-point in each
    rank.
    """
    rows: Rows = [[] for _ in range(max(ranks, default=0) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    furthest: dict[tuple, int] = {}
    for (_, target), source in zip(edges, sources, strict=True):
        furthest[source] = max(furthest.get(source, 0), ranks[target])
    chains: dict[tuple, Chain] = {}
    item = len(ranks)
    for source, last in furthest.items():
        chains[source] = {}
        for rank in range(ranks[source[0]] + 1, last):
            chains[source][rank] = item
            rows[rank].append(item)
            item += 1
    return rows, [chains[source] for source in sources]


def _links(edges: Sequence[Pair], ranks: list[int], chains: list[Chain], count: int) -> Links:
    """For each of so many items the items that it touches in the rank before, and in the rank
    after.
    """
    links: Links = [([], []) for _ in range(count)]
    joined = set()
    for (source, target), chain in zip(edges, chains, strict=True):
        way = [source, *(chain[r] for r in range(ranks[source] + 1, ranks[target])), target]
        for one, two in itertools.pairwise(way):
            # Two edges from one tensor to one operation pull twice; a shared way-point only once.
            if two != target and (one, two) in joined:
                continue
            joined.add((one, two))
            links[one][1].append(two)
            links[two][0].append(one)
    return links


def _order(rows: Rows, links: Links) -> None:
    """Orders each row so that few edges cross: sweeps of medians, and swaps of neighbours."""
    many = sum(len(after) for _, after in links) > MANY
    _first_order(rows, links)
    position = [0] * len(links)
    for row in rows:
        _number(row, position)
    best, fewest = [list(row) for row in rows], _crossings(rows, links, position)
    for sweep in range(4 if many else 16):
        if not fewest:
            break
        side = (sweep + 1) % 2
        for row in reversed(rows) if side else rows:
            medians = {
                item: _median([position[o] for o in links[item][side]], position[item])
                for item in row
            }
            row.sort(key=medians.get)
            _number(row, position)
        if not many:
            _swap_neighbours(rows, links, position)
        crossings = _crossings(rows, links, position)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, ordered in zip(rows, best, strict=True):
        row[:] = ordered


def _first_order(rows: Rows, links: Links) -> None:
    """As a walk from the end meets the items, first inputs first: operands stay in the order they
    are written.
    """
    met: dict[int, int] = {}
    stack = [item for row in rows for item in reversed(row) if not links[item][1]]
    while stack:
        item = stack.pop()
        if item not in met:
            met[item] = len(met)
            stack += reversed(links[item][0])
    for row in rows:
        row.sort(key=met.get)


def _number(row: list[int], position: list[int]) -> None:
    for i, item in enumerate(row):
        position[item] = i


def _median(places: list[int], otherwise: int) -> float:
    if not places:
        return otherwise
    places.sort()
    middle = len(places) // 2
    return places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def _swap_neighbours(rows: Rows, links: Links, position: list[int]) -> None:
    for _ in range(4):
        better = False
        for row in rows:
            for i in range(len(row) - 1):
                one, two = row[i], row[i + 1]
                if _crossed(one, two, links, position) > _crossed(two, one, links, position):
                    row[i], row[i + 1] = two, one
                    position[one], position[two] = i + 1, i
                    better = True
        if not better:
            return


def _crossed(left: int, right: int, links: Links, position: list[int]) -> int:
    """How many edges of two neighbours cross when they stand in this order."""
    return sum(
        position[a] > position[b]
        for side in (0, 1)
        for a in links[left][side]
        for b in links[right][side]
    )


def _crossings(rows: Rows, links: Links, position: list[int]) -> int:
    """How many pairs of edges cross: inversions, counted by insertion into a sorted list."""
    count = 0
    for row in rows:
        seen: list[int] = []
        for item in row:
            ends = sorted(position[o] for o in links[item][1])
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _assign_coordinates(rows: Rows, links: Links, sides: Sides, real: int) -> list[float]:
    """Coordinates across the ranks, after Brandes and Köpf (2001, "Fast and simple horizontal
    coordinate assignment"). ``sides`` holds how far each item reaches to either side of its own.

    Four times, from each corner, items are tied to a median neighbour into straight blocks, and the
    blocks are packed; each item takes the mean of the middle two of its four places.
    """
    position = [0] * len(links)
    for row in rows:
        _number(row, position)
    conflicts = _conflicts(rows, links, position, real)
    candidates = []
    for side in (0, 1):
        for mirrored in (False, True):
            order = [row[::-1] if mirrored else row for row in (rows[::-1] if side else rows)]
            reach = sides[::-1] if mirrored else sides
            places = _pack(order, _blocks(order, links, side, conflicts), reach)
            candidates.append([-x for x in places] if mirrored else places)
    spans = [_span(places, sides) for places in candidates]
    low, high = min(spans, key=lambda span: span[1] - span[0])
    for places, span, mirrored in zip(candidates, spans, (False, True, False, True), strict=True):
        shift = high - span[1] if mirrored else low - span[0]
        places[:] = [x + shift for x in places]
    across = []
    for four in zip(*candidates, strict=True):
        ordered = sorted(four)
        across.append((ordered[1] + ordered[2]) / 2)
    low = _span(across, sides)[0]
    return [x - low for x in across]


def _span(places: list[float], sides: Sides) -> tuple[float, float]:
    near, far = sides
    return (
        min((x - side for x, side in zip(places, near, strict=True)), default=0.0),
        max((x + side for x, side in zip(places, far, strict=True)), default=0.0),
    )


def _conflicts(rows: Rows, links: Links, position: list[int], real: int) -> set[Pair]:
    """The links that cross a link between two way-points: these give way, so that long edges run
    straight.
    """
    found = set()
    for above, row in itertools.pairwise(rows):
        left, scanned = 0, 0
        for i, item in enumerate(row):
            inner = [o for o in links[item][0] if item >= real and o >= real]
            if not inner and i < len(row) - 1:
                continue
            right = position[inner[0]] if inner else len(above)
            for other in row[scanned : i + 1]:
                for end in links[other][0]:
                    if not left <= position[end] <= right and not (other >= real and end >= real):
                        found.add((end, other))
            scanned, left = i + 1, right
    return found


def _blocks(order: Rows, links: Links, side: int, conflicts: set[Pair]) -> list[int]:
    """For each item the first item of its block: a straight line of items, each a median neighbour
    of the next.
    """
    first = list(range(len(links)))
    follower = list(range(len(links)))
    position = [0] * len(links)
    for row in order:
        _number(row, position)
    for row in order[1:]:
        taken = -1
        for item in row:
            near = sorted(links[item][side], key=lambda other: position[other])
            for other in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                free = follower[item] == item and taken < position[other]
                if free and (other, item) not in conflicts and (item, other) not in conflicts:
                    first[item] = first[other]
                    follower[other] = item
                    follower[item] = first[item]
                    taken = position[other]
    return first


def _pack(order: Rows, first: list[int], sides: Sides) -> list[float]:
    """Places the blocks as far to the left as they go, then each as near to its right neighbours as
    it goes.
    """
    near, far = sides
    apart: dict[tuple[int, int], float] = {}
    for row in order:
        for one, two in itertools.pairwise(row):
            pair = first[one], first[two]
            apart[pair] = max(apart.get(pair, 0.0), far[one] + near[two] + GAP)
    before: dict[int, list] = {}
    after: dict[int, list] = {}
    for (one, two), distance in apart.items():
        before.setdefault(two, []).append((one, distance))
        after.setdefault(one, []).append((two, distance))
    heads = sorted(set(first))
    missing = {head: len(before.get(head, ())) for head in heads}
    ready = [head for head in heads if not missing[head]]
    place: dict[int, float] = {}
    for head in ready:
        place[head] = max(
            (place[one] + distance for one, distance in before.get(head, ())), default=0.0
        )
        for two, _ in after.get(head, ()):
            missing[two] -= 1
            if not missing[two]:
                ready.append(two)
    for head in reversed(ready):
        if head in after:
            place[head] = max(
                place[head], min(place[two] - distance for two, distance in after[head])
            )
    return [place[head] for head in first]


@dataclass(frozen=True)
class _Ways:
    """What the edges' routes depend on; ``middle`` is each item's coordinate across the ranks, from
    which a box reaches to both sides.
    """

    edges: Sequence[Pair]
    ranks: list[int]
    chains: list[Chain]
    middle: list[int]
    boxes: list[Pair]
    #: How far each item reaches to its near side.
    near: list[int]
    #: The boxes that are text beside an edge.
    texts: Collection[int]

    def before(self, e: int) -> int:
        """The item from which an edge comes to its target."""
        source, target = self.edges[e]
        return self.chains[e].get(self.ranks[target] - 1, source)

    def after(self, e: int) -> int:
        """The item to which an edge goes from its source."""
        source, target = self.edges[e]
        return target if self.is_short(e) else self.chains[e][self.ranks[source] + 1]

    def passed(self, e: int) -> list[int]:
        """The way-points of an edge, in its order."""
        source, target = self.edges[e]
        return [self.chains[e][r] for r in range(self.ranks[source] + 1, self.ranks[target])]

    def is_short(self, e: int) -> bool:
        """Whether an edge leads to the next rank."""
        source, target = self.edges[e]
        return self.ranks[target] == self.ranks[source] + 1


def _route_edges(ways: _Ways, ports: Sequence[Port]) -> tuple[list[Pair], list[tuple[Pair, ...]]]:
    """Whole pixels: the corners of the boxes, and the points of the edges."""
    boxes, ranks, middle = ways.boxes, ways.ranks, ways.middle
    entries, exits = _entries(ways, ports), _exits(ways, ports)
    lines = [
        [middle[s] + exits[e], *(middle[i] for i in ways.passed(e)), middle[t] + entries[e]]
        for e, (s, t) in enumerate(ways.edges)
    ]
    spans = _spans(ways, lines)
    near = [
        start + (end - start - boxes[node][0]) // 2
        for node, (start, end) in enumerate(spans[rank] for rank in ranks)
    ]
    corners = [(near[i], middle[i] - ways.near[i]) for i in range(len(boxes))]
    routes = []
    for (source, target), line in zip(ways.edges, lines, strict=True):
        first, last = ranks[source], ranks[target]
        points = [(near[source] + boxes[source][0], line[0]), (spans[first][1], line[0])]
        for rank, across in enumerate(line[1:-1], first + 1):
            points += [(along, across) for along in spans[rank]]
        points += [(spans[last][0], line[-1]), (near[target], line[-1])]
        routes.append(tuple(points))
    return corners, routes


def _spans(ways: _Ways, lines: list[list[int]]) -> list[Pair]:
    """Where each rank starts and ends; ``lines`` has for each edge where across it passes each
    rank.
    """
    count = max(ways.ranks, default=0) + 1
    depths, gaps = [0] * count, [BEFORE_TEXT] * count
    for (depth, _), rank in zip(ways.boxes, ways.ranks, strict=True):
        depths[rank] = max(depths[rank], depth)
    for e, ((source, target), line) in enumerate(zip(ways.edges, lines, strict=True)):
        for rank, (one, two) in enumerate(itertools.pairwise(line), ways.ranks[source] + 1):
            if one != two:
                gaps[rank] = max(gaps[rank], min(BEND + abs(one - two) // 8, WIDE_BEND))
        # A text's own line has room for an arrowhead.
        if target not in ways.texts and ways.before(e) not in ways.texts:
            gaps[ways.ranks[target]] = max(gaps[ways.ranks[target]], BEFORE_BOX)
    spans = [(0, depths[0])]
    for depth, gap in zip(depths[1:], gaps[1:], strict=True):
        start = spans[-1][1] + gap
        spans.append((start, start + depth))
    return spans


def _whole(
    corners: list[Pair], routes: list[tuple[Pair, ...]], boxes: list[Pair], down: bool
) -> Layout:
    """The layout, with the size of the whole; transposed where it leads down."""
    ends = [
        (x + depth, y + breadth) for (x, y), (depth, breadth) in zip(corners, boxes, strict=True)
    ]
    length = max((x for x, _ in ends), default=0)
    wide = max([0, *(y for _, y in ends), *(y for route in routes for _, y in route)])
    if down:
        corners = [(y, x) for x, y in corners]
        routes = [tuple((y, x) for x, y in route) for route in routes]
        return Layout(tuple(corners), tuple(routes), wide, length, True)
    return Layout(tuple(corners), tuple(routes), length, wide, False)


def _entries(ways: _Ways, ports: Sequence[Port]) -> list[int]:
    """How far from the middle of its target each edge ends, so that no two end in one point."""
    entering: dict[int, list[Pair]] = {}
    for e, (_, target) in enumerate(ways.edges):
        if ports[e][1] is None:
            entering.setdefault(target, []).append((ways.middle[ways.before(e)], e))
    entries = [enter or 0 for _, enter in ports]
    for target, ends in entering.items():
        offsets = _offsets(len(ends), ways.boxes[target][1])
        for offset, (_, e) in zip(offsets, sorted(ends), strict=True):
            entries[e] = offset
    return entries


def _exits(ways: _Ways, ports: Sequence[Port]) -> list[int]:
    """How far from the middle of its source each edge begins: in one point those that share
    way-points, and each other one by itself.
    """
    #: For each source its points: (where it leads to, the edges).
    leaving: dict[int, list[tuple[int, list[int]]]] = {}
    shared: dict[int, list[int]] = {}
    for e, (source, _) in enumerate(ways.edges):
        if ports[e][0] is not None:
            continue
        points = leaving.setdefault(source, [])
        if ways.is_short(e):
            points.append((ways.middle[ways.after(e)], [e]))
        elif source in shared:
            shared[source].append(e)
        else:
            shared[source] = [e]
            points.append((ways.middle[ways.after(e)], shared[source]))
    exits = [leave or 0 for leave, _ in ports]
    for source, points in leaving.items():
        offsets = _offsets(len(points), ways.boxes[source][1])
        for offset, (_, edges) in zip(offsets, sorted(points), strict=True):
            for e in edges:
                exits[e] = offset
    return exits


def _offsets(count: int, breadth: int) -> list[int]:
    if count == 1:
        return [0]
    step = min(16.0, breadth * 0.5 / (count - 1))
    return [round((i - (count - 1) / 2) * step) for i in range(count)]
