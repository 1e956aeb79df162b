"""How every picture looks: each colour, width, radius, dash and font stands here, once.

What is drawn has a *style*: the class of an element in an SVG, which the other forms look up here
as well. Form tells the styles apart without colour: a leaf has a thick outline, a root two, a
constant a dashed one; an operation has corners, and where a backward pass would raise, a thick
outline and a cross, where a number was born that is not finite, two outlines.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours on one plate: fill and outline of each box, and the colour of each ink."""

    boxes: dict[str, tuple[str, str]]
    inks: dict[str, str]


LIGHT = Palette(
    boxes={
        "plate": ("#fcfcfa", "none"),
        "leaf": ("#e1f2e6", "#1f7046"),
        "intermediate": ("#ffffff", "#6b7685"),
        "root": ("#e2ecfb", "#1f5aa6"),
        "constant": ("none", "#6b7685"),
        "operation": ("#fdf0d6", "#a06508"),
        "raises": ("#fbe4e2", "#b3202c"),
        "module": ("#ece9f8", "#5a3fc0"),
        "frame": ("#f2f1ec", "#566170"),
    },
    inks={
        "ink": "#1d2530",
        "muted": "#566170",
        "local": "#7d4e00",
        "back": "#b3202c",
        "accent": "#5a3fc0",
    },
)
DARK = Palette(
    boxes={
        "plate": ("#1b2027", "none"),
        "leaf": ("#16382a", "#62c892"),
        "intermediate": ("#262d37", "#95a1b0"),
        "root": ("#182f50", "#83b3f4"),
        "constant": ("none", "#95a1b0"),
        "operation": ("#3a2d12", "#dfa640"),
        "raises": ("#43201f", "#ff9087"),
        "module": ("#2c2740", "#b7a3ff"),
        "frame": ("#222932", "#a9b4c1"),
    },
    inks={
        "ink": "#e9edf2",
        "muted": "#a9b4c1",
        "local": "#f0bf62",
        "back": "#ff9087",
        "accent": "#b7a3ff",
    },
)
#: A box that takes its colours from another.
COLOURED_AS = {"freed": "operation", "cut": "constant", "born": "raises"}
#: The boxes of nodes, in the order of their rules, behind the plate.
BOXES = ("plate", "leaf", "intermediate", "root", "constant", "operation", "freed", "cut")
#: And those that a picture has rules for only where it has such a box.
RARE = ("raises", "born", "module")
#: Which ink a text or a line has, where its style is not the ink's name.
INKS = {
    "strong": "ink",
    "plain": "ink",
    "mono": "muted",
    "cells": "ink",
    "tip": "muted",
    "edge": "muted",
    "way": "back",
}

#: The width of an outline or a line.
STROKES = dict.fromkeys(BOXES, 1.4) | {
    "leaf": 2.4,
    "raises": 3.4,
    "born": 1.4,
    "module": 2.2,
    "frame": 1.4,
    "edge": 1.6,
    "way": 1.4,
}
#: Dash and gap, in pixels. A border is an edge on which no gradient can come back.
DASHES = {
    "constant": (5, 3),
    "freed": (5, 3),
    "cut": (2, 4),
    "border": (2, 4),
    "frame": (7, 4),
    "way": (5, 3),
}
#: The boxes with corners; any other is an oval.
CORNERED = ("operation", "module", "raises", "born", "freed", "cut")
#: Radius of the corners of a box, of a frame, and of the plate.
CORNER, FRAME_CORNER, PLATE_CORNER = 5, 12, 10
#: The largest radius of an oval that holds a matrix, whose rows reach into its corners.
ROUNDEST = 16
#: Over how many pixels the edge of a page fades, where a picture is wider than the page.
FADE = 28
#: How far the second outline of a root, or of a birthplace, lies inside the first.
INSET = 3.5

#: An arrowhead's length and half its width, of an edge and of the way back.
ARROW, BACK_ARROW = (8, 4), (7, 3.5)
#: Pixels between an edge and the line on which its gradient comes back.
BESIDE = 5
#: Where the number of an input stands, inside the box, from the tip of its edge; and the pixels
#: that a box with such numbers has more, along the way.
SLOT_DOWN, SLOT_RIGHT, SLOT_ROOM = (0, 10.5), (8, 3.5), (8, 10)
#: How far apart these inputs are at least, and how many have their number; of more, the first and
#: the last do.
SLOT_APART, MOST_SLOTS = 12, 12

#: The families of an SVG, and the two that matplotlib brings along.
FONT = "system-ui,'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
FIGURE_FONT, FIGURE_MONO = "DejaVu Sans", "DejaVu Sans Mono"
STRONG = 600
#: Sizes of text, in pixels: an operation's title, a tensor's name, a number, a note, a class name,
#: and what stands beside an edge.
TITLE, NAME, NUMBER, NOTE, CLASS, SMALL = 16, 15, 12, 11, 10.5, 10
#: The height of a line, and how far its baseline lies above its end, in sizes of its text.
LINE_HEIGHT, DESCENT = 1.3, 0.32
#: Widths in em of a wide sans-serif font (DejaVu Sans): text measured so fits in the narrower ones
#: too.
WIDTHS = {
    **dict.fromkeys("ijlIftr|!.,:;'\"`()[]{} -/\\¹⁻⁰²³⁴⁵⁶⁷⁸⁹", 0.41),
    **dict.fromkeys("=+−×÷<>~^#@ABCDEGHKNOQRUVwXY", 0.82),
    **dict.fromkeys("mMW…%", 1.0),
}
OTHER_WIDTH, MONO_WIDTH, BOLDER = 0.64, 0.605, 1.1

#: Pixels around the text in a box: above and below in an oval and in a box with corners, and beside
#: it, at least, in both.
OVAL_PAD, BOX_PAD, OVAL_SIDE, BOX_SIDE = 8, 8, 20, 18
#: Pixels between two lines of text in one row, and the width up to which lines share one.
SPACE, WIDEST_ROW = 8, 250
#: Pixels between an edge and the text on either side of it: more on the side where the gradient's
#: own line comes back.
ASIDE = (5, 11)
#: Blank pixels around a text beside an edge that leads to the right, where boxes stand next to it.
LABEL_PAD = 10
#: Blank pixels around the picture.
MARGIN = 12
#: A picture that would be wider than this between its margins leads downwards.
WIDEST = 830


def colours(palette: Palette, style: str) -> tuple[str, str]:
    """The fill and the outline of a box."""
    return palette.boxes[COLOURED_AS.get(style, style)]


def ink(palette: Palette, style: str) -> str:
    """The colour of a text, a line or an arrowhead."""
    return palette.inks[INKS.get(style, style)]


def dash(style: str) -> tuple[int, ...]:
    """Dash and gap of a style, or of the last of several; empty for a line without gaps."""
    return next((DASHES[one] for one in reversed(style.split()) if one in DASHES), ())
