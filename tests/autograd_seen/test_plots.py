"""plot_tangent draws what it returns: a point of the function and the line that touches it."""

import math

import pytest
import torch
from autograd_seen import plot_tangent
from matplotlib.figure import Figure


def drawn(f, at, **options):
    """The slope, and the points of the line, the point and the text that were drawn."""
    axes = Figure().add_subplot()
    slope = plot_tangent(axes, f, at, **options)
    line, point = axes.get_lines()
    (text,) = axes.texts
    return slope, line.get_xydata().tolist(), point.get_xydata().tolist(), text


def test_the_line_goes_through_the_point_with_the_slope_returned():
    slope, line, point, text = drawn(lambda x: x**3, 2.0, reach=0.5)
    assert slope == 12.0
    assert point == [[2.0, 8.0]]
    assert line == [[1.5, 2.0], [2.5, 14.0]]
    assert text.get_text() == "slope 12.00"


@pytest.mark.parametrize(
    ("at", "said", "side"),
    [(3, "slope 6.00", "left"), (-2, "slope −4.00", "right"), (0, "slope 0.00", "center")],
)
def test_the_text_stands_where_the_line_falls_away(at, said, side):
    _, _, _, text = drawn(torch.square, at)
    assert (text.get_text(), text.get_ha()) == (said, side)


def test_the_slope_is_there_inside_no_grad_too():
    with torch.no_grad():
        assert math.isclose(drawn(torch.sin, 1.0)[0], math.cos(1.0))


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda x: math.sin(x.item()), TypeError, "got float: use torch's"),
        (lambda x: x * torch.ones(3), ValueError, r"\(3,\)"),
        (lambda x: x.detach() ** 2, ValueError, "not recorded from x"),
        (lambda x: torch.ones((), requires_grad=True) * 2, ValueError, "not recorded from x"),
    ],
)
def test_a_function_without_a_slope_gets_one_line_that_says_what_to_do(f, error, words):
    with pytest.raises(error, match=words) as caught:
        drawn(f, 1.0)
    assert "\n" not in str(caught.value)
