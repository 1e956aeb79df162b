"""Plots in a notebook as plates with round corners, which stand on a dark page too."""

import sys
from io import BytesIO
from typing import Any

#: The module and the name of what matplotlib draws on.
FIGURE = ("matplotlib.figure", "Figure")
#: The radius of a corner, in pixels.
CORNER = 10
#: A mask is drawn so many times as large and made smaller, so that its corners are smooth.
FINER = 4


class Plates:
    """Shows matplotlib's figures as plates with round corners.

    Matplotlib's backend for notebooks sets its own way when the first figure is made, so it is not
    enough to do so once.
    """

    def __init__(self, shell: Any):
        self.formatter = shell.display_formatter.formatters["image/png"]
        self.as_before: Any = None

    def install(self, *_: object) -> None:
        """Before a cell, and again before matplotlib's backend shows what a cell has plotted."""
        module, name = FIGURE
        if module not in sys.modules:
            self.formatter.for_type_by_name(module, name, figure_png)
            return
        before = self.formatter.for_type(getattr(sys.modules[module], name), figure_png)
        if before is not figure_png:
            self.as_before = before

    def remove(self) -> None:
        """Figures are shown as before."""
        self.formatter.pop(".".join(FIGURE), None)
        if self.as_before is not None:
            self.formatter.for_type_by_name(*FIGURE, self.as_before)


def figure_png(figure: Any) -> bytes:
    """A matplotlib figure as a PNG, transparent beyond its round corners."""
    from PIL import Image, ImageDraw

    picture, rounded = drawn(figure, bbox_inches="tight"), BytesIO()
    width, height = (FINER * side for side in picture.size)
    mask = Image.new("L", (width, height))
    corner = FINER * CORNER
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), corner, fill=255)
    picture.putalpha(mask.resize(picture.size, Image.Resampling.BOX))
    # Without matplotlib's metadata, which would name its version.
    picture.info.clear()
    picture.save(rounded, "PNG", optimize=True)
    return rounded.getvalue()


def drawn(figure: Any, **options: object) -> Any:
    """A matplotlib figure as Pillow's picture with transparency: its own colours, its own dots per
    inch. ``options`` go to ``savefig``.
    """
    # Only who plots needs it: matplotlib brings it.
    from PIL import ImageFile

    file, reader = BytesIO(), ImageFile.Parser()
    figure.savefig(file, format="png", dpi=figure.dpi, **options)
    reader.feed(file.getvalue())
    return reader.close().convert("RGBA")
