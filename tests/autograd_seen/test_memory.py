"""What a graph keeps for its backward pass, as bytes in a table."""

import pytest
import torch
from autograd_seen import draw_graph, record_forward, saved_bytes
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.autograd_seen.live.drawn import function, leaf

ONE = 65_536  # an activation of (64, 256)


def network(activation=nn.ReLU):
    """Eight layers of 256, and a batch of 64."""
    torch.manual_seed(0)
    layers = [part for _ in range(8) for part in (nn.Linear(256, 256), activation())]
    return nn.Sequential(*layers), torch.randn(64, 256)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid])
def test_what_a_layer_gives_is_shared_with_the_next(activation):
    net, x = network(activation)
    found = saved_bytes(net(x).sum())
    assert (found.total, found.intermediates, found.constants) == (9 * ONE, 8 * ONE, ONE)
    assert found.complete and found.leaves == 7 * 256 * 256 * 4  # the first needs no gradient of x


@pytest.mark.parametrize("activation", [nn.GELU, nn.SiLU])
def test_an_activation_that_keeps_what_goes_in_doubles_it(activation):
    net, x = network(activation)
    assert saved_bytes(net(x).sum()).total == 16 * ONE


def test_frozen_parameters_are_apart_as_well():
    net, x = network()
    net.requires_grad_(False)
    assert saved_bytes(net(x.requires_grad_()).sum()).total == 8 * ONE
    x.requires_grad_(False)
    net[14].requires_grad_()
    assert saved_bytes(net(x).sum()).total == 2 * ONE
    net[14].requires_grad_(False)
    net[0].requires_grad_()
    assert saved_bytes(net(x).sum()).total == 9 * ONE


def test_without_a_graph_there_is_nothing_to_count():
    net, x = network()
    with torch.no_grad():
        output = net(x)
    with pytest.raises(ValueError, match="keeps nothing: requires_grad is False"):
        saved_bytes(output)
    with pytest.raises(TypeError, match="saved_bytes needs a tensor, and got a Sequential"):
        saved_bytes(net)
    with pytest.raises(TypeError, match="is no tape"):
        saved_bytes(net(x), tape=3)


def test_five_small_layers_keep_nine_thousand_bytes():
    torch.manual_seed(0)
    net = nn.Sequential(*[part for _ in range(5) for part in (nn.Linear(24, 24), nn.Tanh())])
    assert saved_bytes(net(torch.randn(16, 24)).sum()).total == 9_216


def test_the_sums_are_those_of_the_picture_and_of_the_rows():
    net, x = network()
    loss = net(x).sum()
    found, memory = saved_bytes(loss), draw_graph(loss).graph.memory
    assert (found.total, found.leaves) == (memory.intermediate + memory.constant, memory.leaf)
    assert sum(row.bytes for row in found.rows if row.is_counted) == found.total
    assert sum(row.bytes for row in found.rows if row.role == "leaf") == found.leaves
    assert found.by_operation == {"AddmmBackward0": ONE, "ReluBackward0": 8 * ONE}
    assert found.by_module == {"": 9 * ONE}


def hidden_in_a_list():
    def forward(ctx, x):
        ctx.kept = [x * 2]
        return x * 1

    return function(forward)(leaf())


def hidden_in_an_object():
    def forward(ctx, x):
        ctx.kept = {"twice": x * 2}
        return x * 1

    return function(forward)(leaf())


def packed():
    return checkpoint(torch.sin, leaf(), use_reentrant=False) * 2


def freed():
    z = leaf().exp()
    z.backward()
    return z


def too_long():
    z = leaf()
    for _ in range(6_100):
        z = z.sin()
    return z


def on_the_cpu():
    with torch.autograd.graph.save_on_cpu():
        return leaf().exp()


@pytest.mark.parametrize(
    "make", [hidden_in_a_list, hidden_in_an_object, packed, freed, too_long, on_the_cpu]
)
def test_what_cannot_be_seen_makes_the_total_a_least(make):
    found = saved_bytes(make())
    assert not found.complete and "at least; some cannot be seen" in str(found)


def test_plain_settings_on_a_functions_ctx_hide_nothing():
    def forward(ctx, x):
        ctx.dim, ctx.shape, ctx.kind, ctx.mean = 1, x.shape, x.dtype, None
        ctx.save_for_backward(x)
        return x * 1

    found = saved_bytes(function(forward)(leaf()))
    assert found.complete and (found.total, found.leaves) == (0, 4)


def test_a_sparse_tensor_keeps_its_numbers_and_their_places():
    # Two numbers of float32, and two places of two int64.
    wide = torch.sparse_coo_tensor(
        [[0, 1], [0, 1]], [1.0, 2.0], (1000, 1000), check_invariants=True
    )
    x = torch.rand(1000, 1, requires_grad=True)
    assert saved_bytes((wide @ x).sum()).total == 2 * 4 + 4 * 8


def test_nothing_changes_and_the_same_graph_gives_the_same_table():
    with record_forward() as tape:
        x = leaf([1.0, 2.0])
        z = (x.exp() * x).sum()
    before = torch.get_rng_state()
    one, two = str(saved_bytes(z)), str(saved_bytes(z))
    assert one == two and x.grad is None and torch.equal(before, torch.get_rng_state())
    assert {row.line for row in saved_bytes(z, tape=tape).rows} != {""}
    z.backward()
    assert x.grad is not None
