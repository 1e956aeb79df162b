"""``side_by_side``: graphs next to one another, to compare them."""

from collections.abc import Mapping
from html import escape

from autograd_seen.show.picture import GraphPicture
from autograd_seen.values import clip, kind_of

#: Pictures stand in a row as long as it has room for them at their own size, and go on below.
ROW = "display:flex;flex-wrap:wrap;gap:16px 32px;align-items:flex-start"
FRAME = "margin:0;max-width:100%"
LABEL = "font-weight:bold;margin-bottom:8px"


class Row:
    """Labelled pictures in a row. ``str()`` gives their texts below one another, each under its
    label.
    """

    def __init__(self, pictures: dict[str, GraphPicture]):
        #: The pictures by their labels, in their order.
        self.pictures = pictures

    def __str__(self) -> str:
        return "\n\n".join(f"{label}\n{picture}" for label, picture in self.pictures.items())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        figures = (
            f'<figure style="{FRAME}"><figcaption style="{LABEL}">{escape(label)}</figcaption>'
            f"{picture.html}</figure>"
            for label, picture in self.pictures.items()
        )
        return f'<div class="mathjax_ignore tex2jax_ignore" style="{ROW}">{"".join(figures)}</div>'


def side_by_side(pictures: Mapping[str, GraphPicture], /) -> Row:
    """Returns pictures of graphs as one output, in a row, each under its label.

    Each picture keeps its own size and its description for screen readers. Where a row has no room
    for the next one, it stands below.

    Args:
        pictures: for each label what ``draw_graph`` returned.

    Raises:
        TypeError: ``pictures`` is no dict, or holds something else than pictures of graphs.
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
        if not isinstance(picture, GraphPicture):
            raise TypeError(
                f"side_by_side needs pictures of graphs, and {clip(label)!r} is "
                f"{kind_of(picture)}: pass what draw_graph returns"
            )
    return Row({clip(label, 200): picture for label, picture in pictures.items()})
