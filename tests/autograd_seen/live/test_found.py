"""The walk of a graph: newest operation first, within its limits, and each tensor by its place."""

import pytest
import torch
from autograd_seen import draw_graph
from autograd_seen.live.found import LEAF, MOST_TOUCHED, GradientEdge, find, node_name

from tests.autograd_seen.live.drawn import function, leaf, operations_of, tensors_of
from tests.autograd_seen.shown import shown


def test_an_intermediate_is_found_by_its_place_and_not_by_its_wrapper():
    x = torch.arange(4.0, requires_grad=True)
    a, b = x.chunk(2)
    z = (a.exp() * b).sum()
    # What exp saved is another Python object than any variable, and stands where no variable does.
    exponential = z.grad_fn.next_functions[0][0].next_functions[0][0]._saved_result
    assert "exponential" in tensors_of(draw_graph(z))
    assert exponential.requires_grad


def test_what_a_cut_leaves_out_is_what_was_computed_first():
    x = leaf()
    early = x.exp()
    late = (x * 2).sin()
    z = early + late
    assert [node.name for node in operations_of(draw_graph(z, max_operations=3))] == [
        "× 2",
        "sin",
        "+",
    ]


def test_no_wish_touches_more_nodes_than_a_small_stack_can_free():
    z = leaf()
    for _ in range(MOST_TOUCHED + 200):
        z = z.sin()
    assert draw_graph(z, max_operations=10**6).graph.limit == MOST_TOUCHED


@pytest.mark.parametrize("dim", [0, -1])
def test_a_stack_of_very_many_is_not_looked_into(dim):
    def kinds(count):
        x = torch.ones(2, requires_grad=True)
        picture = draw_graph(
            torch.stack([x * i for i in range(count)], dim).sum(), fold=False, max_operations=5
        )
        return {node.class_name for node in shown(picture.graph).nodes if node.kind == "cut"}

    assert kinds(1000) == {"MulBackward0"}
    assert kinds(1001) == {"StackBackward0"}


def names_of(nodes):
    return [node_name(node) for node in nodes]


def test_operations_are_found_the_newest_first():
    x = leaf()
    early = x.sin()
    late = x.cos()
    z = late * early
    found = find(z, 1_000)
    assert names_of(found.operations) == ["MulBackward0", "CosBackward0", "SinBackward0"]
    assert found.root == GradientEdge(z.grad_fn, 0) and not found.cut
    assert names_of(found.leaves) == [LEAF] and len(found.edges) == 4


def test_a_limit_leaves_operations_out_and_keeps_where_the_walk_stopped():
    z = leaf().sin().cos().exp()
    found = find(z, 2)
    assert names_of(found.operations) == ["ExpBackward0", "CosBackward0"]
    assert names_of(found.cut) == ["SinBackward0"] and not found.leaves
    assert names_of(edge.node for edge in found.edges)[-1] == "SinBackward0"


def test_a_tensor_stands_at_its_gradient_edge_or_at_no_edge():
    x, c = leaf(), torch.tensor(2.0)
    y = x * c
    a, b = torch.arange(4.0, requires_grad=True).chunk(2)
    found = find(y + (a * b).sum(), 1_000)
    assert found.spot(x) == GradientEdge(y.grad_fn.next_functions[0][0], 0)
    assert found.spot(y) == GradientEdge(y.grad_fn, 0)
    assert [found.spot(part).output_nr for part in (a, b)] == [0, 1]
    assert found.spot(c) == id(c) and found.spot(y.detach()) not in found.edges


def test_a_leaf_of_another_graph_has_no_edge_here():
    other = leaf()
    assert find(leaf().sin(), 1_000).spot(other) == id(other)


def test_a_view_that_autograd_refuses_stands_nowhere():
    base = torch.ones(4, requires_grad=True).clone()
    refused, _ = base.split(2)
    base.mul_(2)
    with pytest.raises(RuntimeError, match="is a view and its base"):
        _ = refused.grad_fn
    found = find(base.sum(), 1_000)
    assert found.spot(refused) == id(refused)


def test_a_function_that_keeps_a_name_has_the_name_of_its_type():
    def forward(ctx, x):
        ctx.name = "not mine"
        return x * 1

    assert node_name(function(forward)(leaf()).grad_fn) == "MineBackward"
