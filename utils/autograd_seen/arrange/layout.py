"""Places boxes and routes edges: a pure function from sizes and edges to whole numbers.

A layered layout after Sugiyama, Tagawa and Toda (1981, "Methods for visual understanding of
hierarchical system structures"): nodes get ranks, long edges get a way-point in each rank that they
pass, the order within a rank is improved until few edges cross, and then coordinates are chosen.
Only additions, multiplications and divisions in a fixed order: the same bytes on every machine."""

import itertools
from bisect import bisect_right, insort
from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: Pixels between two ranks, and between two neighbours in one rank.
RANK_GAP, GAP = 28, 20
#: Pixels between the text beside an edge and the next rank, where no edge bends.
STRAIGHT = 14
#: A layout that would be wider runs downwards.
WIDEST = 830
#: Where more edges pass between ranks than this, fewer rounds are spent on their order.
MANY = 2_000


@dataclass(frozen=True)
class Layout:
    """Top left corners of the boxes; for each edge its points; and the whole size, all in pixels.

    An edge's points are its start, then for every rank that it passes where it enters and leaves
    it, then its end: straight inside a rank, free to bend between one rank and the next."""

    corners: tuple[tuple[int, int], ...]
    routes: tuple[tuple[tuple[int, int], ...], ...]
    width: int
    height: int
    down: bool


def arrange(
    sizes: Sequence[tuple[int, int]],
    edges: Sequence[tuple[int, int]],
    direction: str = "auto",
    rooms: Sequence[tuple[int, int]] | None = None,
    first: Collection[int] = (),
    ports: Sequence[tuple[int | None, int | None]] | None = None,
) -> Layout:
    """Places boxes of the given (width, height) so that every edge leads right, or down.

    ``edges`` holds (source, target) pairs with source < target; a pair that occurs twice is two
    edges. ``direction`` is "right", "down" or "auto": right if that is not too wide. ``rooms``
    gives for each edge the (width, height) that a text beside it needs: before its last bend it
    runs straight for so long. The boxes in ``first`` stand at the very beginning. ``ports`` gives
    for each edge how far from the middle of its source it leaves, and from the middle of its target
    it enters, or None where that is free."""
    ports = ports or [(None, None)] * len(edges)
    # What shares a way: all edges of one source, or of one port.
    origins = [(source, port) for (source, _), (port, _) in zip(edges, ports, strict=True)]
    ranks = _ranks(len(sizes), edges, first)
    if direction == "auto":
        depth, lead = [0] * (max(ranks, default=0) + 1), [RANK_GAP] * (max(ranks, default=0) + 1)
        for (width, _), rank in zip(sizes, ranks, strict=True):
            depth[rank] = max(depth[rank], width)
        for (_, target), (width, _) in zip(edges, rooms or (), strict=False):
            lead[ranks[target]] = max(lead[ranks[target]], width + STRAIGHT)
        direction = "right" if sum(depth) + sum(lead[1:]) <= WIDEST else "down"
    down = direction == "down"
    # From here on a box has a depth, in the direction of the edges, and a breadth, across it.
    boxes = [(h, w) if down else (w, h) for w, h in sizes]
    rows, chains = _rows(ranks, edges, origins)
    links = _links(edges, ranks, chains, sum(map(len, rows)))
    _order(rows, links)
    breadth = [b for _, b in boxes] + [0] * (sum(len(row) for row in rows) - len(boxes))
    across = _spread(rows, links, breadth, len(boxes))
    leads = [room[1 if down else 0] for room in rooms] if rooms else [0] * len(edges)
    return _draw(boxes, edges, ranks, rows, chains, across, leads, ports, down)


def _ranks(count: int, edges, first) -> list[int]:
    """Each node as near to what uses it as its longest way to the end allows."""
    height = [0] * count
    for source, target in sorted(edges, reverse=True):
        height[source] = max(height[source], height[target] + 1)
    top = max(height, default=0)
    return [0 if node in first else top - h for node, h in enumerate(height)]


def _rows(ranks, edges, origins):
    """The rows of items, and for each edge its chain of way-points.

    Items are the nodes, then the way-points. All edges of one origin share a way-point in each
    rank."""
    rows = [[] for _ in range(max(ranks, default=0) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    chains, item = {}, len(ranks)
    furthest: dict[tuple, int] = {}
    for (_, target), origin in zip(edges, origins, strict=True):
        furthest[origin] = max(furthest.get(origin, 0), ranks[target])
    for origin, last in furthest.items():
        chains[origin] = {}
        for rank in range(ranks[origin[0]] + 1, last):
            chains[origin][rank] = item
            rows[rank].append(item)
            item += 1
    return rows, [chains[origin] for origin in origins]


def _links(edges, ranks, chains, count: int) -> list[tuple[list[int], list[int]]]:
    """For each of so many items the items that it touches in the rank before, and in the rank
    after.
    """
    links = [([], []) for _ in range(count)]
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


def _order(rows, links) -> None:
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


def _first_order(rows, links) -> None:
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


def _number(row, position) -> None:
    for i, item in enumerate(row):
        position[item] = i


def _median(places: list[int], otherwise: int) -> float:
    if not places:
        return otherwise
    places.sort()
    middle = len(places) // 2
    return places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def _swap_neighbours(rows, links, position) -> None:
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


def _crossed(left: int, right: int, links, position) -> int:
    """How many edges of two neighbours cross when they stand in this order."""
    return sum(
        position[a] > position[b]
        for side in (0, 1)
        for a in links[left][side]
        for b in links[right][side]
    )


def _crossings(rows, links, position) -> int:
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


def _spread(rows, links, breadth, real: int) -> list[float]:
    """Coordinates across the ranks, after Brandes and Köpf (2001, "Fast and simple horizontal
    coordinate assignment").

    Four times, from each corner, items are tied to a median neighbour into straight blocks, and the
    blocks are packed; each item takes the mean of the middle two of its four places."""
    position = [0] * len(links)
    for row in rows:
        _number(row, position)
    conflicts = _conflicts(rows, links, position, real)
    candidates = []
    for side in (0, 1):
        for mirrored in (False, True):
            order = [row[::-1] if mirrored else row for row in (rows[::-1] if side else rows)]
            places = _pack(order, _blocks(order, links, side, conflicts), breadth)
            candidates.append([-x for x in places] if mirrored else places)
    spans = [_span(places, breadth) for places in candidates]
    low, high = min(spans, key=lambda span: span[1] - span[0])
    for places, span, mirrored in zip(candidates, spans, (False, True, False, True), strict=True):
        shift = high - span[1] if mirrored else low - span[0]
        places[:] = [x + shift for x in places]
    across = []
    for four in zip(*candidates, strict=True):
        ordered = sorted(four)
        across.append((ordered[1] + ordered[2]) / 2)
    low = _span(across, breadth)[0]
    return [x - low for x in across]


def _span(places, breadth) -> tuple[float, float]:
    return (
        min((x - b / 2 for x, b in zip(places, breadth, strict=True)), default=0.0),
        max((x + b / 2 for x, b in zip(places, breadth, strict=True)), default=0.0),
    )


def _conflicts(rows, links, position, real: int) -> set[tuple[int, int]]:
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


def _blocks(order, links, side: int, conflicts) -> list[int]:
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


def _pack(order, first, breadth) -> list[float]:
    """Places the blocks as far to the left as they go, then each as near to its right neighbours as
    it goes.
    """
    apart: dict[tuple[int, int], float] = {}
    for row in order:
        for one, two in itertools.pairwise(row):
            pair = first[one], first[two]
            apart[pair] = max(apart.get(pair, 0.0), (breadth[one] + breadth[two]) / 2 + GAP)
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


def _draw(boxes, edges, ranks, rows, chains, across, leads, ports, down) -> Layout:
    """Whole pixels: corners of the boxes, and the points of the edges."""
    middle = [round(x) for x in across]
    entries, exits = _ports(edges, ranks, chains, middle, boxes, ports)
    depth = [max((boxes[i][0] for i in row if i < len(boxes)), default=0) for row in rows]
    gaps = [RANK_GAP] * len(rows)
    for e, (source, target) in enumerate(edges):
        before = chains[e].get(ranks[target] - 1, source)
        bent = middle[before] + (exits[e] if before == source else 0) != middle[target] + entries[e]
        gaps[ranks[target]] = max(gaps[ranks[target]], leads[e] + (RANK_GAP if bent else STRAIGHT))
    start = [0] * len(rows)
    for r in range(1, len(rows)):
        start[r] = start[r - 1] + depth[r - 1] + gaps[r]
    near = [start[r] + (depth[r] - boxes[i][0]) // 2 for i, r in enumerate(ranks)]
    corners = [(near[i], middle[i] - boxes[i][1] // 2) for i in range(len(boxes))]
    routes = []
    for e, (source, target) in enumerate(edges):
        begin, end = middle[source] + exits[e], middle[target] + entries[e]
        points = [
            (near[source] + boxes[source][0], begin),
            (start[ranks[source]] + depth[ranks[source]], begin),
        ]
        for rank in range(ranks[source] + 1, ranks[target]):
            x = middle[chains[e][rank]]
            points += [(start[rank], x), (start[rank] + depth[rank], x)]
        x, y = points[-1]
        points[-1] = (x + leads[e], y)
        points += [(start[ranks[target]], end), (near[target], end)]
        routes.append(tuple(points))
    length = start[-1] + depth[-1]
    wide = max((c[1] + b[1] for c, b in zip(corners, boxes, strict=True)), default=0)
    wide = max([wide, *(y for route in routes for _, y in route)])
    if down:
        corners = [(y, x) for x, y in corners]
        routes = [tuple((y, x) for x, y in route) for route in routes]
        return Layout(tuple(corners), tuple(routes), wide, length, True)
    return Layout(tuple(corners), tuple(routes), length, wide, False)


def _ports(edges, ranks, chains, middle, boxes, ports) -> tuple[list[int], list[int]]:
    """How far from the middle of its box each edge ends and begins, so that no two edges end in one
    point.
    """
    entering: dict[int, list] = {}
    leaving: dict[int, list] = {}
    for e, (source, target) in enumerate(edges):
        chain, (leave, enter) = chains[e], ports[e]
        if enter is None:
            entering.setdefault(target, []).append(
                (middle[chain.get(ranks[target] - 1, source)], e)
            )
        # One port for all edges that share way-points; one for each edge that does not.
        short = ranks[target] == ranks[source] + 1
        if leave is None:
            leaving.setdefault(source, []).append(
                (middle[target if short else chain[ranks[source] + 1]], short, e)
            )
    entries, exits = [enter or 0 for _, enter in ports], [leave or 0 for leave, _ in ports]
    for target, ends in entering.items():
        for offset, (_, e) in zip(_offsets(len(ends), boxes[target][1]), sorted(ends), strict=True):
            entries[e] = offset
    for source, ends in leaving.items():
        doors = [(x, [e]) for x, short, e in ends if short]
        shared = [(x, e) for x, short, e in ends if not short]
        if shared:
            doors.append((shared[0][0], [e for _, e in shared]))
        doors.sort()
        for offset, (_, members) in zip(_offsets(len(doors), boxes[source][1]), doors, strict=True):
            for e in members:
                exits[e] = offset
    return entries, exits


def _offsets(count: int, breadth: int) -> list[int]:
    if count == 1:
        return [0]
    step = min(16.0, breadth * 0.5 / (count - 1))
    return [round((i - (count - 1) / 2) * step) for i in range(count)]
