"""One plot of all gradients of a training: what has no place on its scale is told apart."""

import math

import pytest
import torch
from autograd_seen import plot_gradients, watch_gradients
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure


def flow_of(rows, every=1):
    """A flow with these sizes, written into ``.grad`` step by step."""
    leaves = {name: torch.tensor([1.0], requires_grad=True) for name in rows}
    with watch_gradients(leaves, every=every) as flow:
        for sizes in zip(*rows.values(), strict=True):
            for leaf, size in zip(leaves.values(), sizes, strict=True):
                leaf.requires_grad_(size != "frozen")
                leaf.grad = torch.tensor([size]) if isinstance(size, float) else None
            flow.step()
    return flow


def colours(axes):
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    return mesh.get_array()


def marks(axes):
    """By (row, first step, steps): the mark of each patch."""
    return {
        (patch.get_y(), patch.get_x() + 0.5, patch.get_width()): patch.get_hatch()
        for patch in axes.patches
    }


def legend(axes):
    found = axes.get_legend()
    names = [text.get_text() for text in found.texts]
    return dict(zip(names, [one.get_hatch() for one in found.get_patches()], strict=True))


def test_a_row_for_each_parameter_a_column_for_each_step_and_a_log_scale():
    figure = plot_gradients(flow_of({"first": [1e-18, 1e-9, 1e-3], "last": [1.0, 1.0, 2.0]}))
    assert isinstance(figure, Figure) and tuple(figure.get_size_inches()) == (5, 3.5)
    axes, bar = figure.axes
    assert colours(axes).shape == (2, 3) and colours(axes)[0, 2] == pytest.approx(1e-3)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "last"]
    assert axes.get_ylim() == (2, 0) and axes.get_xlim() == (0.5, 3.5)  # the first on top
    assert axes.get_xlabel() == "step" and bar.get_ylabel() == "root mean square of .grad"
    assert bar.get_yscale() == "log" and axes.get_legend() is None


def test_none_frozen_zero_inf_and_nan_have_marks_of_their_own_and_stand_in_the_legend():
    strange = [None, None, "frozen", 0.0, 0.0, math.inf, math.nan, 1e-30]
    (axes, _) = plot_gradients(flow_of({"a": strange, "b": [1.0] * 8})).axes
    told = legend(axes)
    assert list(told) == ["None", "frozen", "0", "inf", "nan"]
    assert len(set(told.values())) == 5 and all(told.values())
    places = [(0, 1, 2), (0, 3, 1), (0, 4, 2), (0, 6, 1), (0, 7, 1)]
    assert marks(axes) == dict(zip(places, told.values(), strict=True))
    assert colours(axes).mask.tolist() == [[True] * 7 + [False], [False] * 8]


def test_where_no_gradient_has_a_size_there_is_no_scale(tmp_path):
    figure = plot_gradients(flow_of({"a": [None, 0.0]}))
    assert len(figure.axes) == 1 and list(legend(figure.axes[0])) == ["None", "0"]
    figure.savefig(tmp_path / "one.png")


def test_sizes_that_are_nearly_equal_have_nearly_equal_colours():
    (axes, _) = plot_gradients(flow_of({"a": [2.0, 2.1]})).axes
    (mesh,) = axes.collections
    assert mesh.norm(2.1) - mesh.norm(2.0) < 0.05


def test_many_steps_and_parameters_are_joined_and_hide_no_nan():
    rows = {f"w{i}": [1e-5] * 600 for i in range(90)}
    rows["w31"][7], rows["w32"][8], rows["w33"][599] = math.nan, 1e-2, None
    (axes, _) = plot_gradients(flow_of(rows)).axes
    cells = colours(axes)
    assert cells.shape == (30, 200)
    assert marks(axes) == {(10, 7, 3): "xx"}
    assert cells[10].mask.tolist() == [False] * 2 + [True] + [False] * 197
    # The nan wins over the number beside it, and a number over None.
    assert cells[11, 199] == pytest.approx(1e-5)
    assert axes.get_xlabel() == "step (a cell is the largest of 3)"
    assert axes.get_ylabel() == "parameters (a row is the largest of 3)"
    assert axes.get_yticklabels()[1].get_text() == "w3 …"
    assert axes.figure.get_size_inches()[1] < 9


def test_of_every_third_step_each_column_reaches_to_the_next_that_was_read():
    (axes, _) = plot_gradients(flow_of({"a": [1.0, 1.0, 1.0, None, 1.0, 1.0, 1.0]}, every=3)).axes
    assert colours(axes).shape == (1, 3) and axes.get_xlim() == (0.5, 9.5)
    assert list(marks(axes)) == [(0, 4, 3)]


def test_it_draws_on_given_axes_and_shows_the_end_of_a_long_name():
    axes = Figure().subplots()
    name = "encoder.layers.11.attention.output.weight"
    assert plot_gradients(flow_of({name: [1.0]}), axes) is axes
    assert axes.get_yticklabels()[0].get_text() == "…attention.output.weight"[-24:]


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(TypeError, match="what watch_gradients gives, and got a dict"):
        plot_gradients({})
    with pytest.raises(ValueError, match="no step was seen"):
        plot_gradients(flow_of({"a": []}))


def test_a_name_is_no_formula_and_no_other_names(tmp_path):
    names = ["$x_$", "$w_1$", *(f"net.layers.{i}.self_attn.out_proj.weight" for i in (0, 1))]
    figure = plot_gradients(flow_of({name: [1.0, 2.0] for name in names}))
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown[:2] == names[:2] and len(set(shown)) == 4
    figure.savefig(tmp_path / "names.png")


@pytest.mark.parametrize("size", [5e-324, 1e308])
def test_the_least_and_the_largest_number_have_a_colour(size, tmp_path):
    leaf = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    with watch_gradients({"w": leaf}) as flow:
        leaf.grad = torch.full_like(leaf, size)
        flow.step()
    figure = plot_gradients(flow)
    figure.savefig(tmp_path / "sizes.png")
    assert colours(figure.axes[0]).count() == 1
