"""``flip``: plots of which a slider shows one at a time."""

import base64
import io
from collections.abc import Mapping
from typing import Any

from autograd_seen.plates import drawn
from autograd_seen.show.slider import Picture, Slider, Slides
from autograd_seen.values import clip, kind_of

#: A plot has few colours, and with a palette it takes a quarter of the bytes: the smallest palette
#: in which no part of a pixel's colour, of 0 to 255, is further off than this.
PALETTES, FURTHEST = (32, 64, 128, 256), 48


def flip(figures: Mapping[str, Any], /) -> Slider:
    """Returns the figures as pictures with a slider that moves from one to the next.

    Each is drawn when ``flip`` is called, as a PNG of at most 256 colours at the figure's own size
    and dpi, so moving the slider needs no kernel. The label of a figure is shown under the slider
    and is its alt text. A page that runs no script shows the first figure, and the others behind a
    line with their labels. The figures stay as they were, open or not: one that pyplot made is also
    shown by Jupyter, and one made with ``matplotlib.figure.Figure`` is not.

    Args:
        figures: for each label a figure of matplotlib's.

    Raises:
        TypeError: ``figures`` is no dict, or holds something else than figures.
        ValueError: there is no figure, or the figures take more than 120 kB: the error says how
            many fit.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figures = {}
        >>> for step in [0.1, 0.5]:
        ...     figures[f"step {step}"] = figure = Figure(figsize=(5, 3.5))
        ...     _ = figure.add_subplot().plot([1, 1 - 2 * step])
        >>> print(flip(figures))
        step 0.1
        step 0.5
    """
    if not isinstance(figures, Mapping):
        raise TypeError(
            f"flip needs a dict of figures, and got {kind_of(figures)}: pass {{label: figure, …}}"
        )
    if not figures:
        raise ValueError("flip got no figure: pass {label: figure, …}")
    labels = [clip(label, 200) for label in figures]
    pictures = [
        Picture("png", base64.b64encode(_png(label, figure)).decode(), at)
        for at, (label, figure) in enumerate(zip(labels, figures.values(), strict=True))
    ]
    return Slider(Slides("", {"": labels}, tuple(pictures), tuple(range(len(pictures)))))


def _png(label: str, figure) -> bytes:
    # Importing matplotlib takes ten times as long as importing this package.
    from matplotlib.figure import Figure
    from PIL import Image, ImageChops

    if not isinstance(figure, Figure):
        hint = ": pass its .figure" if hasattr(figure, "figure") else ""
        raise TypeError(f"flip needs figures, and {label!r} is {kind_of(figure)}{hint}")
    ink, small = drawn(figure), io.BytesIO()
    image = Image.alpha_composite(Image.new("RGBA", ink.size, "white"), ink).convert("RGB")
    for colours in PALETTES:
        fewer = image.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        off = ImageChops.difference(image, fewer.convert("RGB")).getextrema()
        if max(most for _, most in off) <= FURTHEST:
            break
    fewer.save(small, "PNG", optimize=True)
    return small.getvalue()
