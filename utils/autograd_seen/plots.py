"""Plots that more than one lesson draws. Each draws on the axes it is given and shows nothing
itself.
"""

from collections.abc import Callable
from typing import Any

import torch


def plot_tangent(
    axes: Any, f: Callable[[torch.Tensor], torch.Tensor], at: float, reach: float = 1.0
) -> float:
    """Draws the point of ``f`` at ``at`` and its tangent, and returns the tangent's slope.

    ``axes`` are matplotlib's. The slope is autograd's. ``f`` takes and returns a float64 tensor of
    shape ``()``; ``reach`` is how far the line runs to either side, in units of x.

    Raises:
        TypeError: ``f`` does not return a tensor.
        ValueError: its result holds more than one number, or was not computed from the tensor that
            it got (by ``.item()`` or ``detach()``, say), so that autograd has no slope for it.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().add_subplot()
        >>> plot_tangent(axes, torch.square, at=3.0)
        6.0
    """
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        y = f(x)
    slope = _slope(x, y)
    height = y.item()
    ends = [at - reach, at + reach]
    (line,) = axes.plot(ends, [height + slope * (end - at) for end in ends], linewidth=2)
    axes.plot(at, height, "o", color=line.get_color())
    # Below the line, on the side where it falls away from the text.
    side = 1 if slope > 0 else -1 if slope < 0 else 0
    axes.annotate(
        f"slope {slope:.2f}".replace("-", "−"),
        (at, height),
        xytext=(7 * side, -13),
        textcoords="offset points",
        ha={1: "left", -1: "right", 0: "center"}[side],
        fontsize=9,
    )
    axes.margins(0.13)
    return slope


def _slope(x: torch.Tensor, y: object) -> float:
    if not isinstance(y, torch.Tensor):
        raise TypeError(
            f"plot_tangent needs a function that returns a tensor, and got {type(y).__name__}: use "
            "torch's functions, such as torch.sin instead of math.sin"
        )
    if y.numel() != 1:
        raise ValueError(
            "plot_tangent needs a function that returns one number, and got the shape "
            f"{tuple(y.shape)}: take an element"
        )
    slope = None
    if y.requires_grad:
        (slope,) = torch.autograd.grad(y, x, allow_unused=True)
    if slope is None:
        raise ValueError(
            "plot_tangent got a result that was not recorded from x: compute it from the tensor "
            "that the function gets, without .item() or detach()"
        )
    return slope.item()
