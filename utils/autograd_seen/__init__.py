"""Autograd, seen: the live graph behind a tensor, what flows back through it, and how to doubt a
gradient.
"""

from autograd_seen.comparison import compare
from autograd_seen.draw import draw_graph
from autograd_seen.explore import explore
from autograd_seen.extension import load_ipython_extension, unload_ipython_extension
from autograd_seen.find import find_error
from autograd_seen.flip import flip
from autograd_seen.flow import watch_gradients
from autograd_seen.flow_plot import plot_gradients
from autograd_seen.live.backward import record_backward
from autograd_seen.live.forward import record_forward
from autograd_seen.live.tangents import record_jvp
from autograd_seen.memory import saved_bytes
from autograd_seen.nonfinite import find_nonfinite
from autograd_seen.numeric import numerical_gradient
from autograd_seen.plots import plot_jacobian, plot_sums
from autograd_seen.progress import progress
from autograd_seen.show.picture import GraphPicture
from autograd_seen.show.side_by_side import side_by_side
from autograd_seen.step import step_through
from autograd_seen.tables import table
from autograd_seen.taylor import taylor_remainder

__all__ = [
    "GraphPicture",
    "compare",
    "draw_graph",
    "explore",
    "find_error",
    "find_nonfinite",
    "flip",
    "load_ipython_extension",
    "numerical_gradient",
    "plot_gradients",
    "plot_jacobian",
    "plot_sums",
    "progress",
    "record_backward",
    "record_forward",
    "record_jvp",
    "saved_bytes",
    "side_by_side",
    "step_through",
    "table",
    "taylor_remainder",
    "unload_ipython_extension",
    "watch_gradients",
]
