"""Plots that more than one lesson draws. Each draws on the axes it is given and shows nothing
itself.
"""

from collections.abc import Callable

import torch


def plot_tangent(
    axes, f: Callable[[torch.Tensor], torch.Tensor], at: float, reach: float = 1.0
) -> float:
    """Draws the point of ``f`` at ``at`` and its tangent, and returns the tangent's slope.

    The slope is autograd's. ``f`` takes and returns a tensor of shape ``()``; ``reach`` is how far
    the line runs to either side, in units of x.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> plot_tangent(axes, torch.square, at=3.0)
        6.0
    """
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    y = f(x)
    (slope,) = torch.autograd.grad(y, x)
    height, slope = y.item(), slope.item()
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
