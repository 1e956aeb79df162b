"""Helpers of the course: the live graph behind a tensor, and the plots that lessons share."""

from utils.draw import GraphPicture, draw_graph
from utils.plots import plot_tangent

__all__ = ["GraphPicture", "draw_graph", "plot_tangent"]
