"""What no picture may have: a text on a box, on another text or on a line. No tests here."""

import itertools

from autograd_seen.show.shapes import way_back


def rectangle(block):
    """(left, top, right, bottom) of what has a corner and a size."""
    return block.x, block.y, block.x + block.width, block.y + block.height


def texts_of(scene):
    """The rectangles of all texts on arrows and of the frames' labels."""
    texts = [box.label for box in scene.boxes if box.text.style == "label"]
    texts += [route.flow for route in scene.routes if route.flow]
    return [rectangle(text) for text in [*texts, *(c.label for c in scene.clusters)]]


def boxes_of(scene):
    """The rectangles of all boxes that are drawn."""
    return [rectangle(box) for box in scene.boxes if box.text.style != "label"]


def lines_of(scene):
    """(left, top, right, bottom) of each stretch of an edge and of the way back: a bend is nowhere
    further out than its ends.
    """
    routes = [route.points for route in scene.routes]
    ways = [way_back(route.points, scene.down) for route in scene.routes if route.text.back]
    stretches = set()
    for points in (*routes, *ways):
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            stretches.add((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return stretches


def overlap(one, two):
    """Whether two rectangles share more than their border; a line is one without breadth."""
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def covered(scene):
    """What stands on something else, as (what, rectangle, rectangle); empty for a good picture."""
    texts, boxes, lines = texts_of(scene), boxes_of(scene), lines_of(scene)
    whole = (0, 0, scene.width, scene.height)
    found = [("texts", *pair) for pair in itertools.combinations(texts, 2) if overlap(*pair)]
    found += [("boxes", *pair) for pair in itertools.combinations(boxes, 2) if overlap(*pair)]
    found += [("box on a line", b, li) for b in boxes for li in lines if overlap(b, li)]
    for text in texts:
        found += [("box", text, box) for box in boxes if overlap(text, box)]
        found += [("line", text, line) for line in lines if overlap(text, line)]
        inside = whole[0] <= text[0] and whole[1] <= text[1]
        if not (inside and text[2] <= whole[2] and text[3] <= whole[3]):
            found.append(("border", text, whole))
    return found
