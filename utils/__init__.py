"""Helpers of the course: ``draw_graph`` draws the live graph behind a tensor."""

from utils.draw import GraphPicture, draw_graph

__all__ = ["GraphPicture", "draw_graph"]
