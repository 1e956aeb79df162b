"""Helpers of the course: the live graph behind a tensor, what flows back through it, and how to doubt a gradient."""

from utils.backward import record_backward
from utils.compare import compare, numerical_gradient
from utils.draw import GraphPicture, draw_graph
from utils.forward import record_forward
from utils.player import step_through
from utils.plots import plot_tangent

__all__ = [
    "GraphPicture",
    "compare",
    "draw_graph",
    "numerical_gradient",
    "plot_tangent",
    "record_backward",
    "record_forward",
    "step_through",
]
