"""Plots that the lessons use, drawn with matplotlib, which is imported when one is asked for."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from autograd_seen.values import number

#: The colours from the lowest number to the highest, and the one of what v picks.
COLOURS, PICKED = "PuOr", "#b3202c"
#: The palest part of the colours is used, so that black numbers can be read on each.
PALE = 2.5
#: Significant digits of a number in its cell.
DIGITS = 4


def plot_jacobian(
    axes: Any,
    jacobian: torch.Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    v: torch.Tensor | None = None,
) -> Any:
    """Draws a Jacobian as a heat map with its numbers: a row for each output, a column for each
    input.

    With ``v`` the rows that it picks, whose weight in v is not 0, are framed and have that weight
    behind their name. The bars below are vᵀJ: what ``backward(gradient=v)`` sends to each input.

    Args:
        axes: matplotlib's axes to draw on; None makes a figure.
        jacobian: of the shape (outputs, inputs).
        rows: the names of the outputs.
        columns: the names of the inputs.
        v: of the shape (outputs,).

    Returns the axes of the heat map, or the figure that was made. It is shown as the value of a
    cell.

    Raises ValueError where the shapes and the names do not fit together.
    """
    matrix = torch.as_tensor(jacobian).detach().double()
    weights = None if v is None else torch.as_tensor(v).detach().double()
    _check(matrix, rows, columns, weights)
    figure = None
    if axes is None:
        # Importing matplotlib takes ten times as long as importing this package.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 3.5), layout="constrained")
        axes = figure.add_subplot()
    _heat_map(axes, matrix, rows, columns, weights)
    if weights is not None:
        _frames(axes, weights, len(columns))
        _bars(axes, weights @ matrix)
    return axes if figure is None else figure


def _check(
    matrix: torch.Tensor, rows: Sequence[str], columns: Sequence[str], v: torch.Tensor | None
) -> None:
    shape = tuple(matrix.shape)
    if matrix.dim() != 2 or not matrix.numel():
        raise ValueError(
            f"plot_jacobian needs a matrix of the shape (outputs, inputs), and got shape {shape}"
        )
    if (len(rows), len(columns)) != shape:
        raise ValueError(
            f"plot_jacobian got a matrix of the shape {shape}, names of {len(rows)} rows and of "
            f"{len(columns)} columns: each row and each column has one name"
        )
    if v is not None and v.shape != matrix.shape[:1]:
        raise ValueError(
            f"plot_jacobian got v of the shape {tuple(v.shape)} for {len(rows)} rows: v has a "
            "number for each output"
        )


def _heat_map(
    axes: Any,
    matrix: torch.Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    v: torch.Tensor | None,
) -> None:
    finite = matrix[matrix.isfinite()].abs()
    most = PALE * (finite.max().item() if finite.numel() else 0) or 1.0
    axes.imshow(matrix.tolist(), cmap=COLOURS, vmin=-most, vmax=most, aspect="auto")
    for i, numbers in enumerate(matrix.tolist()):
        for j, one in enumerate(numbers):
            axes.text(j, i, _told(one), ha="center", va="center", color="black")
    names = list(rows)
    if v is not None:
        pairs = zip(rows, v.tolist(), strict=True)
        names = [f"{name}, v = {_told(weight)}" if weight else name for name, weight in pairs]
    axes.set_yticks(range(len(rows)), names)
    axes.set_xticks(range(len(columns)), list(columns))
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)


def _frames(axes: Any, v: torch.Tensor, columns: int) -> None:
    from matplotlib.patches import Rectangle

    for i in v.nonzero().flatten().tolist():
        look = {"fill": False, "edgecolor": PICKED, "linewidth": 2.5, "clip_on": False}
        axes.add_patch(Rectangle((-0.5, i - 0.48), columns, 0.96, **look))


def _bars(axes: Any, product: torch.Tensor) -> None:
    """The bars of vᵀJ below the heat map, each below its column."""
    from mpl_toolkits.axes_grid1 import make_axes_locatable

    below = make_axes_locatable(axes).append_axes("bottom", size="70%", pad=0.15, sharex=axes)
    heights = product.tolist()
    below.bar(range(len(heights)), heights, width=0.5, color=PICKED)
    below.axhline(0, color="black", linewidth=0.8)
    for j, (height, said) in enumerate(zip(heights, _told_alike(heights), strict=True)):
        side, off = ("bottom", 2) if height >= 0 else ("top", -2)
        place = {"xytext": (0, off), "textcoords": "offset points", "ha": "center", "va": side}
        below.annotate(said, (j, height), **place)
    below.margins(y=0.3)
    below.set_ylabel("vᵀJ")
    below.set_yticks([])
    below.tick_params(length=0, top=False, labeltop=False, labelbottom=False)
    below.spines[:].set_visible(False)


def _told(value: float) -> str:
    """A number in a few significant digits, with a true minus sign."""
    return number(float(f"{value:.{DIGITS}g}")).replace("-", "−")


def _told_alike(values: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as the largest has in a few significant digits; each by itself
    where that would be too many.
    """
    largest = max(map(abs, values))
    if not 1e-3 <= largest < 10**DIGITS:  # an inf and a nan too
        return [_told(value) for value in values]
    decimals = DIGITS - 1 - math.floor(math.log10(largest))
    return [f"{value:.{decimals}f}".replace("-", "−") for value in values]
