"""Autograd, seen: the live graph behind a tensor, what flows back through it, and how to doubt a
gradient.
"""

from autograd_seen.comparison import compare
from autograd_seen.draw import draw_graph
from autograd_seen.explore import explore
from autograd_seen.flip import flip
from autograd_seen.live.backward import record_backward
from autograd_seen.live.forward import record_forward
from autograd_seen.numeric import numerical_gradient
from autograd_seen.plots import plot_tangent
from autograd_seen.show.picture import GraphPicture
from autograd_seen.step import step_through

__all__ = [
    "GraphPicture",
    "compare",
    "draw_graph",
    "explore",
    "flip",
    "numerical_gradient",
    "plot_tangent",
    "record_backward",
    "record_forward",
    "step_through",
]
