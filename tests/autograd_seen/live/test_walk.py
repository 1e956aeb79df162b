"""Walking a live graph from its tensor: what hides its graph is named, or drawn without values."""

import unittest

import pytest
import torch
from autograd_seen import draw_graph
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.autograd_seen.live.drawn import leaf, values_of


def test_inside_vmap_the_error_names_vmap():
    w = leaf()
    with pytest.raises(ValueError, match=r"inside torch.vmap .* Draw what torch.vmap returns"):
        torch.vmap(lambda x: draw_graph((w * x).sin()))(torch.ones(3))


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # of torch's own, in 2.14 a FutureWarning
def test_inside_jvp_the_error_names_jvp():
    one = torch.tensor(1.0)
    with pytest.raises(ValueError, match=r"inside torch.func.jvp"):
        torch.func.jvp(lambda x: draw_graph(x * x), (one,), (one,))


def test_what_vmap_returns_can_be_drawn():
    w = leaf()
    y = torch.vmap(lambda x: (w * x).sin())(torch.ones(3))
    z = y.sum()
    assert values_of(draw_graph(z))["w"] == ("2", ())


def test_fake_tensors_are_drawn_without_values():
    with unittest.TestCase().assertNoLogs("torch._subclasses.fake_tensor"), FakeTensorMode():
        w = torch.randn(3, requires_grad=True)
        z = (w * 2).sum()
        inside = str(draw_graph(z))
    assert inside == str(draw_graph(z)) and "w × 2" in inside and "not shown" in inside
