"""Lays out a graph in which some nodes stand together in frames: a pure function to whole numbers.

What is in a frame is laid out by itself. Around it the frame is one box, with a port for each
tensor that passes: so a frame holds its own nodes and no other, and an edge crosses a frame only
where it enters or leaves it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograd_seen.arrange.layout import WIDEST, Layout, arrange

#: Pixels between a frame and what it holds, and between a frame's corner and its label.
PAD, INSET = 16, 9


@dataclass(frozen=True)
class Frame:
    """A frame's top left corner and size, and the top left corner of its label, in pixels."""

    x: int
    y: int
    width: int
    height: int
    label: tuple[int, int]


def arrange_framed(
    sizes: Sequence[tuple[int, int]],
    edges: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]],
    labels: Sequence[tuple[int, int]],
    direction: str = "auto",
    rooms: Sequence[tuple[int, int]] | None = None,
) -> tuple[Layout, tuple[Frame, ...]]:
    """The layout of ``arrange``, and a frame for each group of nodes.

    Of two groups, one holds the other or they share nothing. Nothing that a group leads to leads
    back to it. ``labels`` holds the (width, height) of each frame's label, which stands in a corner
    that no edge passes."""
    if not groups:
        return arrange(sizes, edges, direction, rooms), ()
    if direction == "auto":
        placed, frames = arrange_framed(sizes, edges, groups, labels, "right", rooms)
        if placed.width <= WIDEST:
            return placed, frames
        direction = "down"
    plan = _Plan(sizes, edges, labels, direction, rooms or [(0, 0)] * len(edges))
    area = plan.lay(
        set(range(len(sizes))),
        [(i, set(group)) for i, group in enumerate(groups)],
        [(source, target, e) for e, (source, target) in enumerate(edges)],
    )
    placed = Layout(
        tuple(area.corners[key] for key in range(len(sizes))),
        tuple(area.routes[e] for e in range(len(edges))),
        *(area.width, area.height, direction == "down"),
    )
    return placed, tuple(area.frames[i] for i in range(len(groups)))


@dataclass
class _Area:
    """A part that is laid out: positions are relative to its top left corner."""

    width: int
    height: int
    corners: dict[int, tuple[int, int]]
    routes: dict[int, tuple[tuple[int, int], ...]]
    frames: dict[int, Frame]
    #: How far along its side each source outside enters, and each source inside leaves.
    entries: dict[int, int]
    exits: dict[int, int]

    def moved(self, dx: int, dy: int) -> "_Area":
        return replace(
            self,
            corners={key: (x + dx, y + dy) for key, (x, y) in self.corners.items()},
            routes={
                e: tuple((x + dx, y + dy) for x, y in points) for e, points in self.routes.items()
            },
            frames={
                i: replace(
                    frame,
                    x=frame.x + dx,
                    y=frame.y + dy,
                    label=(frame.label[0] + dx, frame.label[1] + dy),
                )
                for i, frame in self.frames.items()
            },
        )


class _Plan:
    """What all parts share."""

    def __init__(self, sizes, edges, labels, direction, rooms):
        self.sizes, self.edges, self.labels, self.rooms = sizes, edges, labels, rooms
        self.direction = direction
        self.down = direction == "down"

    def lay(
        self, nodes: set[int], groups: list[tuple[int, set[int]]], edges: list[tuple[int, int, int]]
    ) -> _Area:
        """The part that holds these nodes, with all edges that touch one of them: (source, target,
        place).
        """
        outer = [(i, group) for i, group in groups if not any(group < other for _, other in groups)]
        home = {key: i for i, group in outer for key in group}
        areas = {
            i: self._framed(i, group, [pair for pair in groups if pair[1] < group], edges)
            for i, group in outer
        }
        # An item is ("node", key), ("frame", group), or a ("port", key) on the side, for a source
        # outside or inside.
        items = [("enter", key) for key in sorted({s for s, _, _ in edges if s not in nodes})]
        loose = [(key, ("node", key)) for key in nodes if key not in home]
        items += [
            item for _, item in sorted(loose + [(max(group), ("frame", i)) for i, group in outer])
        ]
        items += [("leave", key) for key in sorted({s for s, t, _ in edges if t not in nodes})]
        index = {item: i for i, item in enumerate(items)}

        def item_of(key):
            return ("frame", home[key]) if key in home else ("node", key)

        pairs, ports, rooms, way = [], [], [], {}
        shared: dict[tuple, int] = {}
        for source, target, e in edges:
            begin = item_of(source) if source in nodes else ("enter", source)
            end = item_of(target) if target in nodes else ("leave", source)
            if begin == end:
                continue  # inside a frame
            # One line for one source, as far as it leads to the same side.
            line = (source, end) if end[0] in ("frame", "leave") else (e,)
            if line not in shared:
                shared[line] = len(pairs)
                pairs.append((index[begin], index[end]))
                ports.append(
                    (
                        self._port(areas, begin, source, "exits"),
                        self._port(areas, end, source, "entries"),
                    )
                )
                rooms.append((0, 0) if end[0] in ("frame", "leave") else self.rooms[e])
            way[e] = shared[line]
        boxes = [self._box(areas, item) for item in items]
        first = {i for i, item in enumerate(items) if item[0] == "enter"}
        placed = arrange(boxes, pairs, self.direction, rooms, first, ports)
        return self._joined(placed, items, areas, home, edges, way)

    def _port(self, areas, item, source: int, side: str) -> int | None:
        if item[0] != "frame":
            return None
        area = areas[item[1]]
        return getattr(area, side)[source] - (area.width if self.down else area.height) // 2

    def _box(self, areas, item) -> tuple[int, int]:
        kind, key = item
        if kind == "frame":
            return areas[key].width, areas[key].height
        return self.sizes[key] if kind == "node" else (0, 0)

    def _joined(self, placed: Layout, items, areas, home, edges, way) -> _Area:
        """One part of what stands around frames and of what is in them."""
        across = 0 if self.down else 1
        area = _Area(placed.width, placed.height, {}, {}, {}, {}, {})
        inner = {}
        for (kind, key), corner in zip(items, placed.corners, strict=True):
            if kind == "frame":
                inner[key] = areas[key].moved(*corner)
                area.corners |= inner[key].corners
                area.frames |= inner[key].frames
            elif kind == "node":
                area.corners[key] = corner
            else:
                (area.entries if kind == "enter" else area.exits)[key] = corner[across]
        for source, target, e in edges:
            begin, end = home.get(source), home.get(target)
            if begin is not None and begin == end:
                area.routes[e] = inner[begin].routes[e]
                continue
            route = placed.routes[way[e]]
            if begin is not None:
                route = inner[begin].routes[e] + route
            if end is not None:
                route += inner[end].routes[e]
            area.routes[e] = route
        return area

    def _framed(self, i: int, group: set[int], groups, edges) -> _Area:
        """A group in its frame."""
        area = self.lay(
            group, groups, [edge for edge in edges if edge[0] in group or edge[1] in group]
        )
        width, height = self.labels[i]
        top = height + INSET + 6
        boxes = [(x, y, *self.sizes[key]) for key, (x, y) in area.corners.items()]
        boxes += [(frame.x, frame.y, frame.width, frame.height) for frame in area.frames.values()]
        # Where edges leave, there is room already.
        end = (
            max(area.height + 2, PAD + max(y + h for _, y, _, h in boxes))
            if self.down
            else area.height + PAD
        )
        if self.down:
            # The label stands where no edge enters, on the left if it can, else on the right.
            left, right = PAD, area.width + 2 * PAD
            ends = [left + x for x in area.entries.values()]
            if not ends or min(ends) >= INSET + width + 6:
                x, right = INSET, max(right, width + 2 * INSET)
            else:
                x = max(max(ends) + 6, right - INSET - width)
                right = x + width + INSET
            # An edge that comes in nearly in the middle comes in there, so that it is straight.
            off = 2 * min(ends, default=0) - right if len(ends) == 1 else 0
            if 0 < abs(off) <= 4 * PAD:
                shift = max(0, -off)
                left, x, right = left + shift, x if x == INSET else x + shift, right + abs(off)
        else:
            left, x = PAD, INSET
            right = max(
                left + max(area.width + 2, PAD + max(x + w for x, _, w, _ in boxes)),
                width + 2 * INSET,
            )
        whole, tall = right + right % 2, top + end + (top + end) % 2
        moved = area.moved(left, top)
        moved.width, moved.height = whole, tall
        moved.frames[i] = Frame(0, 0, whole, tall, (x, INSET - 2))
        shift = (left, top)
        along = shift[0 if self.down else 1]
        moved.entries = {key: x + along for key, x in area.entries.items()}
        moved.exits = {key: x + along for key, x in area.exits.items()}
        # The edges go on to the frame itself, straight through its border.
        for source, target, e in edges:
            if e in moved.routes:
                points = moved.routes[e]
                if source not in group:
                    points = ((points[0][0], 0) if self.down else (0, points[0][1]), *points[1:])
                if target not in group:
                    x, y = points[-1]
                    points = (*points[:-1], (x, tall) if self.down else (whole, y))
                moved.routes[e] = points
        return moved
