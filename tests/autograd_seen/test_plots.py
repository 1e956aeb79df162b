"""The heat map of a Jacobian: its numbers, names, the rows that v picks, and their sum; and the
grid of a matrix with the sums of its columns and rows.
"""

import pytest
import torch
from autograd_seen import plot_jacobian, plot_sums
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

J = torch.tensor([[-0.4271, -0.3089, -0.0565], [0.6268, 0.2446, 0.0825]])
ROWS, JOINTS = ["x", "y"], ["shoulder", "elbow", "wrist"]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def frames(axes):
    return [one for one in axes.patches if isinstance(one, Rectangle)]


def test_each_number_stands_in_its_cell_below_the_name_of_its_column():
    figure = plot_jacobian(None, J, ROWS, JOINTS)
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(cells) == 6 and cells[0, 1] == "0.6268" and cells[2, 0] == "−0.0565"
    assert [label.get_text() for label in axes.get_xticklabels()] == JOINTS
    assert [label.get_text() for label in axes.get_yticklabels()] == ROWS
    # The lowest number and the highest have opposite colours.
    (image,) = axes.images
    low, high = image.get_clim()
    assert low == -high and high > 0.6268 and not frames(axes)


def test_the_rows_that_v_picks_are_framed_and_their_sum_is_drawn_below():
    v = torch.tensor([0.0, -19.62], requires_grad=True)
    axes, below = plot_jacobian(None, J, ROWS, JOINTS, v).axes
    (frame,) = frames(axes)
    assert frame.get_y() < 1 < frame.get_y() + frame.get_height() and frame.get_y() > 0.5 - 0.1
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y, v = −19.62"]
    heights = torch.tensor([bar.get_height() for bar in below.patches])
    torch.testing.assert_close(heights, v.detach() @ J, check_dtype=False)
    assert texts(below) == ["−12.30", "−4.80", "−1.62"]  # all to the same place
    assert len(frames(plot_jacobian(None, J, ROWS, JOINTS, torch.ones(2)).axes[0])) == 2


def test_it_draws_on_given_axes_and_returns_them():
    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert plot_jacobian(second, J, ROWS, JOINTS, torch.ones(2)) is second
    assert not first.texts and len(second.texts) == 6 and len(figure.axes) == 3


def test_a_grid_has_the_sums_of_its_columns_below_and_those_of_its_rows_at_its_right():
    M = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, -30.5]], requires_grad=True)
    (axes,) = plot_sums(None, M, ROWS, JOINTS, below="b", right="c").axes
    at = {text.get_position(): text.get_text() for text in axes.texts if text.get_text()}
    below, right = max(y for _, y in at), max(x for x, _ in at)
    assert [at[x, 0] for x in range(3)] == ["1", "2", "3"] and at[2, 1] == "−30.5"
    assert [at[x, below] for x in range(3)] == ["11", "22", "−27.5"]
    assert [at[right, y] for y in range(2)] == ["6", "−0.5"] and at[right, below] == "5.5"
    assert "b" in at.values() and "c" in at.values()
    assert [label.get_text() for label in axes.get_xticklabels()] == JOINTS
    assert [label.get_text() for label in axes.get_yticklabels()] == ROWS


def test_each_sum_has_a_solid_line_to_its_cells_and_a_dashed_one_back():
    (axes,) = plot_sums(None, torch.ones(4, 3)).axes
    arrows = [text.arrow_patch for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 2 * (4 + 3)
    assert sum(arrow.get_linestyle() in ("--", "dashed") for arrow in arrows) == 4 + 3


def test_a_grid_is_drawn_on_given_axes_too():
    figure = Figure()
    axes = figure.subplots()
    assert plot_sums(axes, torch.ones(1, 2)) is axes and figure.axes == [axes]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((J[0],), r"matrix of the shape \(rows, columns\), and got shape \(3,\)"),
        ((J[:0],), "matrix of the shape"),
        ((J, JOINTS, ROWS), r"shape \(2, 3\), names of 3 rows and of 2 columns"),
    ],
)
def test_what_is_no_grid_is_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        plot_sums(None, *arguments)


@pytest.mark.parametrize("fill", [0.0, float("nan"), float("inf")])
def test_numbers_without_a_size_are_drawn_too(fill, tmp_path):
    figure = plot_jacobian(None, torch.full((1, 2), fill), ["x"], ["a", "b"])
    figure.savefig(tmp_path / "one.png")
    assert texts(figure.axes[0]) == [f"{fill:g}"] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            (J[0], ["x"], JOINTS),
            r"matrix of the shape \(outputs, inputs\), and got shape \(3,\)",
        ),
        ((J[:0], [], JOINTS), "matrix of the shape"),
        ((J, JOINTS, ROWS), r"shape \(2, 3\), names of 3 rows and of 2 columns"),
        ((J, ROWS, JOINTS, torch.ones(3)), r"v of the shape \(3,\) for 2 rows"),
    ],
)
def test_what_does_not_fit_is_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        plot_jacobian(None, *arguments)
