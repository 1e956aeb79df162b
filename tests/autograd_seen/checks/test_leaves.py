"""A leaf is made for an answer, and what cuts a graph off from it is named."""

import pytest
import torch
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.verdicts import Misfit


def misfit(run, *case, **more):
    with pytest.raises(Misfit) as caught:
        run(*case, **more)
    return caught.value.got, caught.value.wanted, caught.value.likely


def test_a_leaf_requires_grad_and_is_float32():
    x = leaf([1, 2])
    assert x.is_leaf and x.requires_grad and x.dtype is torch.float32
    assert leaf(2.5, dtype=torch.float64).dtype is torch.float64


def test_a_tensor_with_its_graph_is_attached():
    y = leaf(2.5) * 2
    assert attached(y) is y


@pytest.mark.parametrize(
    "value, got, likely",
    [
        (6.25, "6.25", "type float, which has no history"),
        (None, "None", "type NoneType, which has no history"),
        (torch.tensor(6.25), "6.25, without grad_fn", "detached, copied, or not tracked"),
    ],
)
def test_what_has_no_graph_is_named(value, got, likely):
    assert misfit(attached, value) == (got, "a tensor with its graph", likely)


def test_what_is_untouched_is_not_blamed_for_its_form():
    with pytest.raises(NotImplementedError):
        attached(...)


def test_a_gradient_has_arrived():
    x = leaf(2.5)
    (x * x).backward()
    assert arrived(x, "x", "z") is x.grad


def test_a_gradient_that_has_not_arrived_is_explained():
    told = "None in x.grad after z.backward()", "a number"
    assert misfit(arrived, leaf(2.5), "x", "z") == (
        *told,
        "a new tensor on the way cuts z off from x",
    )
    assert misfit(arrived, leaf(2.5), "x", "z", likely="x is cut off") == (*told, "x is cut off")
