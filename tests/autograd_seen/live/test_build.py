"""A graph of plain data: numbered inputs first, and each tensor says what is known of it."""

import threading

import torch
from autograd_seen import draw_graph
from autograd_seen.graph import Fact, Note
from autograd_seen.live import build
from autograd_seen.live.found import find, node_name
from autograd_seen.live.walk import trace

from tests.autograd_seen.live.drawn import edges_of, leaf, tensors_of, values_of


def notes_on_constant(x, constant):
    z = (x * constant).sum()
    return values_of(draw_graph(z, k=constant))["k"][1]


def test_a_parameter_made_from_data_shares_its_memory():
    data = torch.ones(3)
    assert notes_on_constant(torch.nn.Parameter(data), data) == ("shares memory with x",)


def test_a_transposed_tensor_shares_memory_with_the_square_that_it_was():
    square = torch.arange(9.0).reshape(3, 3).requires_grad_()
    assert notes_on_constant(square, square.detach().T) == ("shares memory with x",)


def test_two_parts_of_one_buffer_share_memory_only_where_they_overlap():
    def notes(make, part):
        buffer = torch.arange(8.0)
        return notes_on_constant(make(buffer).requires_grad_(), part(buffer))

    shares = ("shares memory with x",)
    assert notes(lambda b: b[:4], lambda b: b[4:]) == ()
    assert notes(lambda b: b[:4], lambda b: b[2:6]) == shares
    assert notes(lambda b: b[::2], lambda b: b[1::2]) == ()
    assert notes(lambda b: b[::2], lambda b: b[::2]) == shares


def test_of_a_node_with_several_outputs_each_says_which_it_is():
    x = torch.arange(6.0, requires_grad=True)
    a, b, c = x.split(2)
    z = (a * c).sum()
    nodes = tensors_of(draw_graph(z))
    assert nodes["a"].notes == ("output 0 of 3",) and nodes["c"].notes == ("output 2 of 3",)
    assert "b" not in nodes and b.requires_grad
    assert ("split", "c", 2) in edges_of(draw_graph(z))


def test_a_detached_tensor_is_a_constant_and_says_whose_memory_it_has():
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    d = x.detach()
    z = d * x
    node = tensors_of(draw_graph(z))["d"]
    assert (node.role, node.value, node.notes) == (
        "constant",
        "[1.5, 2.5]",
        ("shares memory with x",),
    )


def test_a_detached_number_without_a_name_is_no_number_of_its_own():
    x = leaf()
    z = x.detach() * x
    assert tensors_of(draw_graph(z))["#1"].notes == ("shares memory with x",)


def test_a_part_of_a_detached_tensor_shares_its_memory():
    x = torch.ones(2, 3, requires_grad=True)
    d = x.detach()[0]
    z = (d * x).sum()
    assert tensors_of(draw_graph(z))["d"].notes == ("shares memory with x",)


def test_what_was_built_under_no_grad_is_a_plain_constant():
    x = leaf(3.0)
    with torch.no_grad():
        d = x**2
    z = d * x
    node = tensors_of(draw_graph(z))["d"]
    assert (node.role, node.value, node.notes) == ("constant", "9", ())


def test_a_clone_of_a_detached_tensor_is_its_own():
    x = leaf()
    d = x.detach().clone()
    z = d * x
    assert tensors_of(draw_graph(z))["d"].notes == ()


def test_a_leaf_that_was_frozen_later_is_still_a_leaf_of_this_graph():
    x = leaf()
    z = x**2
    x.requires_grad_(False)
    node = tensors_of(draw_graph(z))["x"]
    assert (node.role, node.notes) == ("leaf", ("frozen: requires_grad=False",))


def test_operations_come_inputs_first_and_else_as_they_were_executed():
    x = leaf()
    early = x.sin()
    late = x.cos()
    z = late * early
    found = find(z, 1_000)
    names = [node_name(node) for node in build.in_order(found)]
    assert names == ["SinBackward0", "CosBackward0", "MulBackward0"]


def test_what_another_thread_computed_comes_after_what_it_took():
    y, made = leaf().sin(), []
    thread = threading.Thread(target=lambda: made.append(y.cos()))  # that counts its own nodes
    thread.start()
    thread.join()
    found = find(made[0], 1_000)
    sin, cos = (node._sequence_nr() for node in reversed(found.operations))
    assert cos < sin
    names = [node_name(node) for node in build.in_order(found)]
    assert names == ["SinBackward0", "CosBackward0"]


def test_what_enters_is_numbered_before_what_it_enters():
    x = leaf()
    (slope,) = torch.autograd.grad(x.exp().sin(), x, create_graph=True)
    graph = trace(slope, [], 1_000)
    assert [node.key for node in graph.nodes] == list(range(len(graph.nodes)))
    assert all(edge.source < edge.target for edge in graph.edges)


def test_a_place_where_the_walk_stopped_is_a_cut_before_all_that_is_drawn():
    z = leaf().sin().cos().exp()
    graph = trace(z, [], 2)
    assert [node.kind for node in graph.nodes][:2] == ["cut", "tensor"]
    assert (graph.limit, graph.nodes[0].class_name) == (2, "SinBackward0")
    assert trace(z, [], 3).limit is None


def test_a_tensor_without_a_name_gets_the_next_number():
    graph = trace((leaf() * leaf()).sin(), [], 1_000)
    names = [node.name for node in graph.nodes if node.kind == "tensor"]
    assert names == ["#1", "#2", "#3", "#4"] and not any(node.named for node in graph.nodes)


def test_a_constant_that_is_one_number_goes_into_its_operation_unless_it_has_a_name():
    c = torch.tensor(5.5)
    z = leaf() * c
    (times,) = (node for node in trace(z, [], 1_000).nodes if node.kind == "operation")
    assert times.constants[0][1].numbers == (5.5,) and times.arity == 2
    nodes = trace(z, [("c", c)], 1_000).nodes
    assert [node.name for node in nodes if node.role == "constant"] == ["c"]
    assert all(node.constants == () for node in nodes)


def test_a_frozen_leaf_and_one_that_is_not_are_told_apart():
    x, y = leaf(), leaf()
    z = x * y
    x.requires_grad_(False)
    nodes = {node.name: node for node in trace(z, [("x", x), ("y", y)], 1_000).nodes}
    assert (nodes["x"].notes, nodes["y"].notes) == ((Note(Fact.FROZEN),), ())
