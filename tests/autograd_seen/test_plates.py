"""A plot is a plate: by itself, and in an IPython that has the extension."""

from io import BytesIO

from autograd_seen.plates import figure_png
from matplotlib.figure import Figure
from PIL import Image

PLOTTED = "from matplotlib.figure import Figure\nfigure = Figure(figsize=(2, 1))"
SHOWN = "png = get_ipython().display_formatter.format(figure)[0].get('image/png')"
INLINE = """
from IPython.core.pylabtools import select_figure_formats
select_figure_formats(get_ipython(), {"png"})
"""


def test_a_figure_is_a_plate(reader):
    reader.run(f"{PLOTTED}\n{SHOWN}")
    assert reader.shell.user_ns["png"] == figure_png(reader.shell.user_ns["figure"])


def test_a_figure_stays_a_plate_when_a_backend_sets_its_own_way(reader):
    reader.run(f"{PLOTTED}\n{INLINE}")
    reader.run(SHOWN)
    assert reader.shell.user_ns["png"] == figure_png(reader.shell.user_ns["figure"])


def test_a_plot_of_the_same_cell_is_a_plate_once_the_cell_has_run(reader):
    """As matplotlib's backend shows it: after the cell, and after what was registered before."""
    shown = []
    reader.run(PLOTTED)
    reader.shell.events.register("post_execute", lambda: shown.append(reader.shell.ev("figure")))
    reader.run(INLINE)
    formatted, _ = reader.shell.display_formatter.format(shown[-1])
    assert formatted["image/png"] == figure_png(shown[-1])


def test_without_the_extension_a_figure_is_shown_as_before(reader):
    reader.run(f"{PLOTTED}\n{INLINE}")
    reader.run("%unload_ext autograd_seen")
    reader.run(SHOWN)
    own = reader.shell.user_ns["png"]
    assert own != figure_png(reader.shell.user_ns["figure"])


def test_a_figure_is_a_plate_with_round_corners():
    figure = Figure(figsize=(2, 1))
    png = figure_png(figure)
    assert png.startswith(b"\x89PNG") and b"matplotlib" not in png
    picture = Image.open(BytesIO(png))
    width, height = picture.size
    assert picture.getpixel((0, 0))[3] == picture.getpixel((width - 1, height - 1))[3] == 0
    assert picture.getpixel((width // 2, 0)) == picture.getpixel((0, height // 2)) == (255,) * 4
    assert png == figure_png(figure)
