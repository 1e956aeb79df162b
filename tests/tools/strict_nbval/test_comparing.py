"""Two pictures are one if a reader cannot tell them apart.

What else makes two pages differ is shown in tests/pages/test_mutation.py.
"""

import base64
import io

import matplotlib
import pytest
from matplotlib.figure import Figure

from tools.strict_nbval.comparing import same_picture


def plot(last=8.0, colour="tab:blue", label="loss", width=5.0, hinting="default"):
    """A plot as a PNG in base64."""
    with matplotlib.rc_context({"text.hinting": hinting}):
        figure = Figure(figsize=(width, 3.5))
        axes = figure.add_subplot(xlabel="step", ylabel=label, ylim=(0, 9))
        axes.plot([1, 2, 4, last], color=colour)
        held = io.BytesIO()
        figure.savefig(held, bbox_inches="tight")
    return base64.b64encode(held.getvalue()).decode()


@pytest.mark.parametrize(
    "other",
    [{"last": 8.2}, {"colour": "tab:orange"}, {"label": ""}, {"width": 5.1}],
    ids=["value", "colour", "label", "size"],
)
def test_a_plot_that_looks_different_is_another_plot(other):
    assert not same_picture(plot(), plot(**other))


@pytest.mark.parametrize("broken", [plot, str], ids=["torn", "nothing"])
def test_what_is_no_picture_is_another_plot(broken):
    assert not same_picture(plot(), broken()[:200])
    assert not same_picture(plot(), "no PNG")


@pytest.mark.parametrize(
    "other", [{}, {"last": 8.02}, {"hinting": "none"}], ids=["same", "value", "letters"]
)
def test_a_plot_may_differ_by_what_is_too_small_to_see(other):
    assert same_picture(plot(), plot(**other))
