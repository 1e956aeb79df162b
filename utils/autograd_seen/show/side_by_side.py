"""``side_by_side``: graphs next to one another, or next to what is asked of them."""

from collections.abc import Mapping
from html import escape

from autograd_seen.show.picture import GraphPicture
from autograd_seen.values import clip, kind_of

#: Pictures stand in a row as long as it has room for them at their own size, and go on below.
ROW = "display:flex;flex-wrap:wrap;gap:16px 32px;align-items:flex-start"
FRAME = "margin:0;max-width:100%"
LABEL = "font-weight:bold;margin-bottom:8px"
#: A text takes the room that the pictures leave, or stands below them where that is too narrow.
TEXT = "flex:1 1 15em;margin:0;max-width:40em"
LINE = "margin-bottom:8px"


class Row:
    """Labelled pictures and texts in a row. ``str()`` gives what they say, one below another, each
    under its label.
    """

    def __init__(self, pictures: dict[str, GraphPicture | str]):
        #: The pictures and texts by their labels, in their order.
        self.pictures = pictures

    def __str__(self) -> str:
        parts = self.pictures.items()
        return "\n\n".join(f"{label}\n{part}" if label else str(part) for label, part in parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        figures = "".join(figure(label, part) for label, part in self.pictures.items())
        return f'<div class="mathjax_ignore tex2jax_ignore" style="{ROW}">{figures}</div>'


def figure(label: str, part: GraphPicture | str) -> str:
    """A picture or a text under its label, as HTML."""
    caption = f'<figcaption style="{LABEL}">{escape(label)}</figcaption>' if label else ""
    if isinstance(part, str):
        lines = (f'<div style="{LINE}">{escape(line)}</div>' for line in part.splitlines())
        return f'<figure style="{TEXT}">{caption}{"".join(lines)}</figure>'
    return f'<figure style="{FRAME}">{caption}{part.html}</figure>'


def side_by_side(pictures: Mapping[str, GraphPicture | str], /) -> Row:
    """Returns pictures of graphs as one output, in a row, each under its label.

    Each picture keeps its own size and its description for screen readers. Where a row has no room
    for the next one, it stands below. A text among them keeps its lines, and takes the room that
    is left.

    Args:
        pictures: for each label what ``draw_graph`` returned, or a text, such as what is asked of
            the picture beside it. An empty label is not shown.

    Raises:
        TypeError: ``pictures`` is no dict, or holds something else than pictures and texts.
        ValueError: there is no picture.

    Example:
        >>> import torch
        >>> from autograd_seen import draw_graph
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> print(side_by_side({"square": draw_graph(x**2), "double": draw_graph(2 * x)}))
        square
        Graph of #1: 1 operation
        x        leaf    3
        #1 = x²  root    9  PowBackward0 saves self
        <BLANKLINE>
        double
        Graph of #1: 1 operation
        x           leaf    3
        #1 = x × 2  root    6  MulBackward0 saves other
    """
    if not isinstance(pictures, Mapping):
        raise TypeError(
            f"side_by_side needs a dict of pictures, and got {kind_of(pictures)}: pass "
            f"{{label: draw_graph(y), …}}"
        )
    if not pictures:
        raise ValueError("side_by_side got no picture: pass {label: draw_graph(y), …}")
    for label, picture in pictures.items():
        if not isinstance(picture, GraphPicture | str):
            raise TypeError(
                f"side_by_side needs pictures of graphs or texts, and {clip(label)!r} is "
                f"{kind_of(picture)}: pass what draw_graph returns"
            )
    return Row(
        {
            clip(label, 200): part.strip() if isinstance(part, str) else part
            for label, part in pictures.items()
        }
    )
