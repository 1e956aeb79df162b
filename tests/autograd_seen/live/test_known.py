"""What is known of a graph: its inputs, by whatever object they are held, and nothing guessed."""

import pytest
import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.live import known
from autograd_seen.live.found import GradientEdge
from autograd_seen.live.known import Operand

from tests.autograd_seen.live.drawn import function, leaf, values_of


def keep_index(ctx, x):
    index = x.argmax()
    ctx.mark_non_differentiable(index)
    ctx.save_for_backward(index)
    return x.max(), index


@pytest.mark.parametrize(
    "program",
    [
        lambda x: torch.frexp(x),
        lambda x: torch.linalg.lu(x.diag() + torch.ones(3, 3))[1::-1],
        function(keep_index),
    ],
    ids=["frexp", "lu", "function"],
)
def test_an_output_is_never_drawn_as_an_input(program):
    result, other = program(torch.tensor([1.0, 5.0, 2.0], requires_grad=True))
    z = result.sum()
    assert "other" not in values_of(draw_graph(z)) and other.numel()


def keep_both(ctx, x, c):
    ctx.save_for_backward(x, c)
    return x * c


def test_what_a_function_saves_is_its_input_where_a_tape_has_seen_it():
    x, c = leaf(), torch.tensor(3.0)
    with record_forward() as tape:
        z = function(keep_both, lambda ctx, grad: (grad, None))(x, c)
    assert "c" not in values_of(draw_graph(z))
    assert "Mine(x, c)" in str(draw_graph(z, tape=tape))


def test_with_five_names_the_graph_is_walked_once(monkeypatch):
    walks = []
    find = known.find
    monkeypatch.setattr(known, "find", lambda *given: walks.append(1) or find(*given))
    x = leaf()
    a = x * 2
    b = a.sin()
    c = b.exp()
    z = c + a
    draw_graph(z, one=x, two=a, three=b, four=c, five=z)
    assert len(walks) == 1


def operands_of(output, named=()):
    return known.read(output, list(named), 1_000, None).operands[output.grad_fn]


def test_an_input_stands_at_its_slot_as_an_edge_a_constant_or_unknown():
    x, c = leaf(3.0), torch.tensor(2.0)
    edge = torch.autograd.graph.get_gradient_edge(x)
    assert operands_of(x * c) == (Operand(0, GradientEdge(edge.node, 0)), Operand(1, c))
    assert operands_of(x * x)[0] == operands_of(x * x)[1]._replace(slot=0)
    assert operands_of(c + x)[0] == Operand(0, None), "an addition saves no constant"


def test_a_tape_gives_the_constants_that_no_operation_saved():
    x = leaf(3.0)
    with record_forward() as tape:
        z = 4 + x
    given = known.read(z, [], 1_000, tape).operands[z.grad_fn]
    assert [one.source for one in given][1:] == [4]


def test_what_an_operation_saved_beside_its_inputs_is_drawn_where_the_caller_has_a_name_for_it():
    rows, table = torch.tensor([2, 0]), torch.rand(5, 3, requires_grad=True)
    z = torch.nn.functional.embedding(rows, table)
    assert [one.slot for one in operands_of(z)] == [0]
    (_, beside) = operands_of(z, [("rows", rows)])
    assert beside.slot is None and beside.source is rows


def test_of_two_names_for_one_tensor_the_first_wins():
    x = leaf()
    z = x.sin()
    read = known.read(z, [("one", x), ("two", x), ("z", z)], 1_000, None)
    assert list(read.names.values()) == ["one", "z"]


def test_a_tensor_is_the_leaf_or_what_the_caller_holds_before_what_was_saved():
    x = leaf()
    y = x.exp()
    z = y * 2
    read = known.read(z, [("y", y)], 1_000, None)
    at_y = GradientEdge(y.grad_fn, 0)
    assert read.tensors[at_y] is y is not y.grad_fn._saved_result
    assert any(tensor is x for tensor in read.tensors.values())
    assert at_y in known.read(z, [], 1_000, None).tensors, "what was saved is known too"
