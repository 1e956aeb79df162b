"""flip: figures become pictures behind a slider, and stay as they were."""

import base64
import io

import pytest
from autograd_seen import flip
from autograd_seen.show import slider
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image


def plot(step, figure=None):
    figure = figure or Figure(figsize=(3, 2))
    figure.add_subplot().plot([1, 1 - 2 * step], "C0o-")
    return figure


def images(shown):
    data = [base64.b64decode(one.data) for one in shown.slides.pictures]
    return [Image.open(io.BytesIO(one)).convert("RGB") for one in data]


def test_each_figure_is_a_picture_of_its_own_size_under_its_label():
    shown = flip({"slow": plot(0.1), "wild": plot(1.5, Figure(figsize=(4, 2), dpi=50))})
    assert shown.slides.inputs == {"": ["slow", "wild"]}
    slow, wild = images(shown)
    assert slow.size == (300, 200) and wild.size == (200, 100)
    assert str(shown) == "slow\nwild"


def test_a_picture_looks_as_matplotlib_draws_it_in_fewer_bytes():
    figure, whole = plot(0.1), io.BytesIO()
    figure.savefig(whole, dpi=figure.dpi)
    shown = flip({"slow": figure})
    (small,) = images(shown)
    exact = Image.open(whole).convert("RGB")
    pairs = zip(small.tobytes(), exact.tobytes(), strict=True)
    assert max(abs(one - two) for one, two in pairs) <= 48
    blue = (31, 119, 180)
    assert {(255, 255, 255), blue, (0, 0, 0)} <= {color for _, color in small.getcolors()}
    assert len(shown.slides.pictures[0].data) * 3 / 4 < len(whole.getvalue()) / 2


def test_a_plot_of_many_colours_has_a_larger_palette():
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().imshow([[i * j for i in range(20)] for j in range(20)], cmap="hsv")
    few, many = images(flip({"line": plot(0.1), "map": figure}))
    assert len(few.getcolors()) <= 32 < len(many.getcolors())


def test_what_is_transparent_is_white():
    (clear,) = images(flip({"clear": plot(0.1, Figure(figsize=(3, 2), facecolor="none"))}))
    assert clear.getpixel((0, 0)) == (255, 255, 255)


def test_the_same_figures_give_the_same_bytes():
    assert flip({"slow": plot(0.1)}).html == flip({"slow": plot(0.1)}).html


def test_figures_stay_as_they_were():
    figure = pyplot.figure(figsize=(3, 2), dpi=70)
    try:
        plot(0.1, figure)
        flip({"slow": figure})
        assert pyplot.get_fignums() == [figure.number]
        assert figure.dpi == 70 and tuple(figure.get_size_inches()) == (3, 2)
        flip({"slow": plot(0.1)})
        assert pyplot.get_fignums() == [figure.number], "it opens none"
    finally:
        pyplot.close(figure)


@pytest.mark.parametrize(
    "given, error, words",
    [
        ({}, ValueError, "flip got no figure"),
        ([Figure()], TypeError, "needs a dict of figures, and got a list"),
        (Figure(), TypeError, "needs a dict of figures, and got a Figure"),
        ({"a": 3}, TypeError, "flip needs figures, and 'a' is an int"),
        ({"a": Figure().add_subplot()}, TypeError, "'a' is an Axes: pass its .figure"),
    ],
)
def test_what_is_no_figure_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        flip(given)


def test_it_says_how_many_figures_fit(monkeypatch):
    monkeypatch.setattr(slider, "MOST_BYTES", 15_000)
    figure = plot(0.1)
    with pytest.raises(ValueError, match=r"the first [12] fit. Give fewer, or make each picture"):
        flip({str(at): figure for at in range(4)})
