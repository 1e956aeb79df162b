"""Places short texts beside edges, where they cover as little as possible: a pure function."""

import itertools
from collections.abc import Sequence

#: Pixels between a line and the text beside it: more on the side where the gradient's own line
#: comes back.
NEAR, FAR = 4, 10
#: Side of a square of the grid in which neighbours are looked up.
SQUARE = 48
#: Pixels between the points that stand for a line.
EVERY = 6


def place_labels(
    sizes: Sequence[tuple[int, int] | None],
    routes: Sequence[Sequence[tuple[int, int]]],
    boxes: Sequence[tuple[int, int, int, int]],
    down: bool,
) -> list[tuple[int, int] | None]:
    """The top left corner of each edge's label, or None for an edge without one.

    ``sizes`` holds (width, height) for each route, ``routes`` the points of a ``Layout``, ``boxes``
    (x, y, width, height). A label stands beside the straight line before the last bend of its edge,
    on the side where it covers no box, no label and least of the other lines."""
    if not any(sizes):
        return [None] * len(sizes)
    grid = _Grid()
    for x, y, width, height in boxes:
        grid.add_box((x, y, x + width, y + height))
    for route in routes:
        for start, end in itertools.pairwise(route):
            grid.add_line(start, end)
    corners: list[tuple[int, int] | None] = []
    for size, route in zip(sizes, routes, strict=True):
        if size is None:
            corners.append(None)
            continue
        # Where many edges leave one tensor side by side, there is room only at their other ends.
        places = _places(route[-3], size, down) + _places(route[-2], size, down)
        x, y = min(places, key=lambda corner: grid.covered(corner, size))
        grid.add_box((x, y, x + size[0], y + size[1]))
        corners.append((x, y))
    return corners


def _places(end, size, down: bool) -> list[tuple[int, int]]:
    """Where a label may stand: on either side of the straight line that ends here."""
    (x, y), (width, height) = end, size
    if down:
        return [(x + FAR, y - height - 6), (x - NEAR - width, y - height - 6)]
    return [(x - width - 6, y - NEAR - height), (x - width - 6, y + FAR)]


class _Grid:
    """Boxes and points by the squares that they touch."""

    def __init__(self):
        self.boxes: dict[tuple[int, int], list] = {}
        self.points: dict[tuple[int, int], list] = {}

    def add_box(self, box) -> None:
        for square in _squares(box):
            self.boxes.setdefault(square, []).append(box)

    def add_line(self, start, end) -> None:
        (x0, y0), (x1, y1) = start, end
        count = max(abs(x1 - x0), abs(y1 - y0)) // EVERY + 1
        for i in range(count + 1):
            x, y = x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count
            self.points.setdefault((int(x // SQUARE), int(y // SQUARE)), []).append((x, y))

    def covered(self, corner, size) -> float:
        """How much a label at this corner would cover: pixels of boxes and labels count, points of
        lines less.
        """
        left, top = corner
        right, bottom = left + size[0], top + size[1]
        boxes, cost = set(), 0.0
        for square in _squares((left, top, right, bottom)):
            boxes.update(self.boxes.get(square, ()))
            cost += 3 * sum(
                left < x < right and top < y < bottom for x, y in self.points.get(square, ())
            )
        for x0, y0, x1, y1 in boxes:
            cost += max(0.0, min(right, x1) - max(left, x0)) * max(
                0.0, min(bottom, y1) - max(top, y0)
            )
        return cost


def _squares(box):
    left, top, right, bottom = box
    for i in range(int(left // SQUARE), int(right // SQUARE) + 1):
        for j in range(int(top // SQUARE), int(bottom // SQUARE) + 1):
            yield i, j
