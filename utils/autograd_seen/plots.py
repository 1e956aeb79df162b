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
#: The colour of what broadcasting copies, and the room between a matrix and its sums, in cells.
COPIED, GAP = "0.6", 0.4


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
    _check_matrix("plot_jacobian", "(outputs, inputs)", matrix)
    _check_names("plot_jacobian", matrix, rows, columns)
    if v is not None and v.shape != matrix.shape[:1]:
        raise ValueError(
            f"plot_jacobian got v of the shape {tuple(v.shape)} for {len(rows)} rows: v has a "
            "number for each output"
        )


def _check_matrix(function: str, sides: str, matrix: torch.Tensor) -> None:
    if matrix.dim() != 2 or not matrix.numel():
        raise ValueError(
            f"{function} needs a matrix of the shape {sides}, and got shape {tuple(matrix.shape)}"
        )


def _check_names(
    function: str, matrix: torch.Tensor, rows: Sequence[str], columns: Sequence[str]
) -> None:
    shape = tuple(matrix.shape)
    if (len(rows), len(columns)) != shape:
        raise ValueError(
            f"{function} got a matrix of the shape {shape}, names of {len(rows)} rows and of "
            f"{len(columns)} columns: each row and each column has one name"
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
    _name(axes, names, columns)


def _name(axes: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Names beside the rows of a matrix and above its columns, and no frame."""
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns)
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


def plot_sums(
    axes: Any,
    numbers: torch.Tensor,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    below: str = "",
    right: str = "",
) -> Any:
    """Draws a matrix as a grid with its sums: those of the columns below it, those of the rows at
    its right, and the sum of all in the corner.

    Along each column and each row go two lines, as in a graph: a solid one to the cells, which is
    how broadcasting copies a number into them, and a dashed one back, which is how the gradients of
    the copies are added.

    Args:
        axes: matplotlib's axes to draw on; None makes a figure as large as the matrix needs.
        numbers: of the shape (rows, columns).
        rows: a name for each row; None leaves them without.
        columns: a name for each column; None leaves them without.
        below: what the sums of the columns are.
        right: what the sums of the rows are.

    Returns the axes, or the figure that was made. It is shown as the value of a cell.

    Raises ValueError where the numbers are no matrix, or have another number of names.
    """
    matrix = torch.as_tensor(numbers).detach().double()
    _check_matrix("plot_sums", "(rows, columns)", matrix)
    names = rows or [""] * matrix.shape[0], columns or [""] * matrix.shape[1]
    _check_names("plot_sums", matrix, *names)
    figure = None
    if axes is None:
        from matplotlib.figure import Figure

        height, width = matrix.shape
        figure = Figure(figsize=(width + 2, 0.6 * height + 1.1), layout="constrained")
        axes = figure.add_subplot()
    _grid(axes, matrix)
    _sums(axes, matrix, below, right)
    axes.set_xlim(-0.6, matrix.shape[1] + GAP + 0.6)
    axes.set_ylim(matrix.shape[0] + GAP + 0.5, -0.6)
    _name(axes, *names)
    return axes if figure is None else figure


def _grid(axes: Any, matrix: torch.Tensor) -> None:
    box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": COPIED}
    for i, numbers in enumerate(matrix.tolist()):
        for j, one in enumerate(numbers):
            axes.text(j, i, _told(one), ha="center", va="center", bbox=box, zorder=3)


def _sums(axes: Any, matrix: torch.Tensor, below: str, right: str) -> None:
    """The sums in the places of one more row and one more column, and the lines that lead there."""
    bottom, side = matrix.shape[0] + GAP, matrix.shape[1] + GAP
    for j, total in enumerate(matrix.sum(0).tolist()):
        _there_and_back(axes, (j, bottom), (j, 0), (0.1, 0), 12)
        _sum(axes, j, bottom, total)
    for i, total in enumerate(matrix.sum(1).tolist()):
        _there_and_back(axes, (side, i), (0, i), (0, 0.1), 22)
        _sum(axes, side, i, total)
    _sum(axes, side, bottom, matrix.sum().item())
    axes.text(-0.6, bottom, below, ha="right", va="center")
    axes.text(side, -0.6, right, ha="center", va="bottom")


def _there_and_back(axes: Any, total: tuple, cell: tuple, off: tuple, room: int) -> None:
    """A solid arrow from a sum to the farthest of its cells, and beside it a dashed one back, each
    with room for the boxes at its ends.
    """
    (x, y), (to_x, to_y), (dx, dy) = total, cell, off
    for begin, end, sign, look in [
        ((x, y), (to_x, to_y), 1, {"color": COPIED, "linewidth": 1}),
        ((to_x, to_y), (x, y), -1, {"color": PICKED, "linewidth": 1.5, "linestyle": "dashed"}),
    ]:
        start, stop = ((px + sign * dx, py + sign * dy) for px, py in (begin, end))
        arrow = {"arrowstyle": "-|>", "shrinkA": room, "shrinkB": room, **look}
        axes.annotate("", stop, start, arrowprops=arrow, zorder=2)


def _sum(axes: Any, x: float, y: float, total: float) -> None:
    box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": PICKED, "linewidth": 1.5}
    told = _told(total)
    axes.text(x, y, told, ha="center", va="center", color=PICKED, bbox=box, zorder=3)


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
