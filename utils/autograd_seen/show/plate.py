"""Pictures as HTML: an image with its description, at its own size, on any page.

JupyterLab gives no ``image/svg+xml`` and no ``image/png`` output a description, nor does nbconvert.
An ``<img alt>`` in ``text/html`` has one, also in an untrusted notebook, which shows no SVG output.
"""

import base64
import re
from html import escape

from autograd_seen.show import theme

#: Lines of a description that an image carries; the text form has all of them.
MOST_LINES = 60
#: An image as wide as the page on paper, where nothing scrolls.
ON_PAPER = "<style>@media print{.autograd-picture img{max-width:100%!important}}</style>"


def graph_html(svg: str, description: str) -> str:
    """An SVG as an image that is read as ``description``.

    It is never shrunk, so that its text stays readable: where it is wider than the page it scrolls
    sideways, and its edge fades. An image takes light or dark from the page around it.
    """
    width = re.search(r"<svg[^>]*?\swidth=\"([\d.]+(?:pt)?)", svg)[1]
    width = width if width.endswith("pt") else f"{width}px"
    # 0 where the picture fits, and the width of the fade where it does not.
    fade = f"clamp(0px,({width} - 100%)*99,{theme.FADE}px)"
    mask = f"linear-gradient(to left,transparent,#000 {fade})"
    payload = base64.b64encode(svg.encode()).decode()
    return (
        # MathJax would take a dollar sign in a name for a formula.
        f'<div class="autograd-picture mathjax_ignore tex2jax_ignore" style="overflow-x:auto;'
        f'padding-right:{fade};-webkit-mask-image:{mask};mask-image:{mask}">{ON_PAPER}'
        f'<img alt="{escape(description)}" src="data:image/svg+xml;base64,{payload}" '
        f'style="display:block;max-width:none"></div>'
    )


def spoken(text: str) -> str:
    """Aligned lines of text as sentences, the way a screen reader reads them out."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    more = len(lines) - MOST_LINES
    lines = lines[:MOST_LINES] + ([f"… and {more} more lines"] if more > 0 else [])
    return "; ".join(lines)
