"""Helpers of the course: the live graph behind a tensor, what flows back through it, and shared plots."""

from utils.backward import record_backward
from utils.draw import GraphPicture, draw_graph
from utils.plots import plot_tangent

__all__ = ["GraphPicture", "draw_graph", "plot_tangent", "record_backward"]
