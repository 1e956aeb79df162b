"""``plot_gradients``: the sizes of all gradients of a training in one plot."""

import math
from typing import Any

from autograd_seen.flow import GradientFlow, Size, is_number
from autograd_seen.values import endings, kind_of

#: The most rows and columns that are drawn; of more, several are joined.
MOST_ROWS, MOST_COLUMNS = 40, 250
#: What has no place on a log scale, from the least to the worst: its mark and its colour.
MARKS = {
    "None": ("//", "#d9d9d9"),
    "frozen": ("..", "#c6dbef"),
    "0": ("oo", "white"),
    "inf": ("++", "#fdae6b"),
    "nan": ("xx", "#fb6a6a"),
}
#: The order in which one of several is shown.
RANKS = {"None": 0, "frozen": 1, "0": 2, "size": 3, "inf": 4, "nan": 5}
#: Numbers beyond these have the colour of the nearer one: matplotlib's scale overflows there.
COLOURED = (1e-250, 1e250)
#: Characters of a name beside its row.
SHOWN_NAME = 24


def plot_gradients(flow: GradientFlow, axes: Any = None) -> Any:
    """Draws how large each parameter's gradient was at each step: parameters down, in the model's
    order, steps along, colour on a log scale.

    What has no place on that scale has a colour and a mark of its own, and stands in the legend:
    nan, inf, 0 in all entries, None, and frozen. Of more than 40 parameters, or 250 steps, several
    neighbours share a cell, which shows the largest of them, inf above all numbers and nan above
    that; the axis says how many. ``print(flow)`` has the numbers.

    Args:
        flow: what ``watch_gradients`` noted.
        axes: matplotlib's axes to draw on; None makes a figure.

    Returns the axes, or the figure that was made. It is shown as the value of a cell.

    Raises:
        TypeError: ``flow`` is no GradientFlow.
        ValueError: no step was seen.
    """
    if not isinstance(flow, GradientFlow):
        raise TypeError(
            f"plot_gradients needs what watch_gradients gives, and got {kind_of(flow)}: write "
            "`with watch_gradients(model) as flow:` around the loop, and pass flow"
        )
    if not flow.steps:
        raise ValueError(
            "no step was seen: call optimizer.step() inside the block of watch_gradients, or "
            "flow.step() where there is no optimizer"
        )
    down = math.ceil(len(flow.names) / MOST_ROWS)
    along = math.ceil(len(flow.steps) / MOST_COLUMNS)
    cells = _joined(list(flow.read.values()), down, along)
    figure = None
    if axes is None:
        from matplotlib.figure import Figure

        height = max(3.5, 0.17 * len(cells) + 1.3)
        figure = Figure(figsize=(5, height), layout="constrained")
        axes = figure.add_subplot()
    edges = _edges(flow.steps, along)
    _colours(axes, cells, edges)
    _marks(axes, cells, edges)
    _axes(axes, flow, down, along, len(cells))
    return axes if figure is None else figure


def kind(size: Size) -> str:
    """What a cell shows: "size", or the name of what has no place on a log scale."""
    if not is_number(size):
        return str(size)
    if math.isnan(size):
        return "nan"
    return "inf" if math.isinf(size) else "size" if size else "0"


def _joined(rows: list[list[Size]], down: int, along: int) -> list[list[Size]]:
    """Of so many rows and columns the largest each."""
    return [
        [
            max((one for row in rows[i : i + down] for one in row[j : j + along]), key=_order)
            for j in range(0, len(rows[0]), along)
        ]
        for i in range(0, len(rows), down)
    ]


def _order(size: Size) -> tuple[int, float]:
    found = kind(size)
    return RANKS[found], size if found == "size" else 0.0


def _edges(steps: list[int], along: int) -> list[float]:
    """Where each column begins, and where the last one ends: at the step that would come next."""
    every = steps[1] - steps[0] if len(steps) > 1 else 1
    return [step - 0.5 for step in (*steps[::along], steps[-1] + every)]


def _colours(axes: Any, cells: list[list[Size]], edges: list[float]) -> None:
    """The sizes as colours, and the bar that tells them."""
    from matplotlib.colors import LogNorm

    least, most = COLOURED
    numbers = [
        [min(max(one, least), most) if kind(one) == "size" else math.nan for one in row]
        for row in cells
    ]
    found = [one for row in numbers for one in row if not math.isnan(one)]
    if not found:
        return
    low, high = min(found), max(found)
    if high < 10 * low:  # sizes that are nearly equal have nearly equal colours
        low, high = low / 3, high * 3
    rows = range(len(cells) + 1)
    scale = LogNorm(low, high)
    image = axes.pcolormesh(edges, rows, numbers, norm=scale, cmap="viridis", rasterized=True)
    axes.figure.colorbar(image, ax=axes, label="root mean square of .grad")


def _marks(axes: Any, cells: list[list[Size]], edges: list[float]) -> None:
    """What has no size, with one patch for each run along a row, and a legend of them."""
    from matplotlib.patches import Patch, Rectangle

    looks = {
        name: {"hatch": hatch, "facecolor": colour, "edgecolor": "0.35", "linewidth": 0.4}
        for name, (hatch, colour) in MARKS.items()
    }
    present = set()
    for i, row in enumerate(cells):
        kinds = [kind(one) for one in row]
        start = 0
        for j in range(1, len(kinds) + 1):
            if j < len(kinds) and kinds[j] == kinds[start]:
                continue
            if kinds[start] != "size":
                present.add(kinds[start])
                width = edges[j] - edges[start]
                axes.add_patch(Rectangle((edges[start], i), width, 1, **looks[kinds[start]]))
            start = j
    if present:
        patches = [Patch(label=one, **looks[one]) for one in MARKS if one in present]
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1.01), "borderaxespad": 0}
        axes.legend(handles=patches, ncols=3, fontsize=9, columnspacing=1, frameon=False, **place)


def _axes(axes: Any, flow: GradientFlow, down: int, along: int, rows: int) -> None:
    """Names beside the rows, the first on top, and what the axes tell."""
    names = [name if down == 1 else f"{name} …" for name in flow.names[::down]]
    ends = endings(names, SHOWN_NAME)
    # A name with $ in it is no formula.
    style = {"fontsize": 8, "parse_math": False}
    axes.set_yticks([i + 0.5 for i in range(rows)], [ends[name] for name in names], **style)
    axes.set_ylim(rows, 0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(*(_edges(flow.steps, along)[i] for i in (0, -1)))
    axes.xaxis.get_major_locator().set_params(integer=True)
    joined = f" (a cell is the largest of {along})" if along > 1 else ""
    axes.set_xlabel(f"step{joined}")
    if down > 1:
        axes.set_ylabel(f"parameters (a row is the largest of {down})")
