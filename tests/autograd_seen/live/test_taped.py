"""What a tape adds to a graph: only what was seen of this graph, as it was when it was seen."""

import pytest
import torch
from autograd_seen import record_forward
from autograd_seen.live.found import GradientEdge, find
from autograd_seen.live.taped import Detached, Taped, apply_tape

from tests.autograd_seen.live.drawn import leaf


def taped_of(output, tape):
    return apply_tape(find(output, 1_000), tape)


def test_without_a_tape_there_is_nothing():
    z = leaf().sin()
    taped = taped_of(z, None)
    assert taped == Taped(find(z, 1_000)) and taped.given(z.grad_fn) == ()
    assert taped.detached(torch.ones(1), z.grad_fn) == []


def test_a_node_has_the_operation_and_the_line_that_made_it():
    x = leaf()
    unseen = x.exp()
    with record_forward() as tape:
        y = x.sin()
        z = y * unseen
    taped = taped_of(z, tape)
    assert taped.turns == {y.grad_fn: 0, z.grad_fn: 1}
    assert [one.name for one in (taped.operations[y.grad_fn], taped.operations[z.grad_fn])] == [
        "sin",
        "mul",
    ]
    assert taped.lines[y.grad_fn].endswith(": x.sin()") and unseen.grad_fn not in taped.lines


def test_what_stands_on_the_tape_and_not_in_the_graph_is_left_out():
    x = leaf()
    with record_forward() as tape:
        z, other = x.sin(), x.cos()
    assert list(taped_of(z, tape).operations) == [z.grad_fn]
    assert other.grad_fn not in taped_of(z, tape).turns


def test_a_node_made_on_the_way_has_the_line_of_what_made_it():
    x = leaf()
    with record_forward() as tape:
        z = torch.nn.functional.softsign(x)
    taped = taped_of(z, tape)
    addition = z.grad_fn.next_functions[1][0]
    assert addition is not None and taped.lines[addition] == taped.lines[z.grad_fn]


def test_a_result_that_nothing_else_holds_is_kept():
    with record_forward() as tape:
        z = (leaf(2.0) + 1).sin()
    (sum_of,) = (source for source, _ in z.grad_fn.next_functions)
    assert taped_of(z, tape).tensors[GradientEdge(sum_of, 0)] == 3


def test_what_was_written_into_since_is_moved_and_not_kept():
    x, c = leaf(), torch.tensor(5.5)
    with record_forward() as tape:
        z = x + c
    found = find(z, 1_000)
    assert apply_tape(found, tape).moved == {}
    with torch.no_grad():
        x.add_(1)
    c.fill_(7)
    taped = apply_tape(found, tape)
    assert taped.moved == {found.spot(x): (0, 1), found.spot(c): (0, 1)}
    assert found.spot(x) not in taped.tensors and found.spot(x) not in taped.confirmed


def test_what_was_given_is_told_only_where_it_fits_the_node():
    x, c = leaf(), torch.tensor([5.5])
    with record_forward() as tape:
        z, w = x + 4, x + c
        hidden = torch.nn.functional.softsign(x)
    assert list(taped_of(z, tape).given(z.grad_fn))[1:] == [4]
    assert taped_of(w, tape).given(w.grad_fn)[1].tensor is c
    addition = hidden.grad_fn.next_functions[1][0]
    assert taped_of(hidden, tape).given(addition) == ()


def test_what_was_given_is_not_told_where_the_node_has_something_else():
    x, A, c = torch.rand(1, 2, requires_grad=True), torch.eye(2), torch.tensor([5.5, -1.5])
    with record_forward() as tape:
        z = torch.nn.functional.linear(x, A, c)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            cast = torch.nn.functional.linear(x, A, c)
    assert taped_of(z, tape).given(z.grad_fn)[0].tensor is c
    assert z.grad_fn.name() == cast.grad_fn.name()
    assert taped_of(cast, tape).given(cast.grad_fn) == ()


def detached_in(program):
    """The ways from a tensor of the graph to a constant that a program makes of it."""
    with record_forward() as tape:
        y = leaf() * 1.5
        k = program(y)
        z = k * y
    ways = taped_of(z, tape).detached(k, z.grad_fn)
    assert {way.source for way in ways} <= {GradientEdge(y.grad_fn, 0)}
    return [(way.word, way.direct) for way in ways]


def test_a_way_to_a_constant_says_what_cut_it_and_whether_it_is_one_step():
    assert detached_in(lambda y: y.detach()) == [("detach()", True)]
    assert detached_in(lambda y: y.sin().detach() + 1) == [("detach()", False)]
    assert detached_in(lambda y: torch.tensor(2.0)) == []


@pytest.mark.parametrize("before", [True, False])
def test_what_was_written_into_a_constant_counts_only_before_its_use(before):
    with record_forward() as tape:
        y, k = leaf() * 1.5, torch.tensor(2.0)
        if before:
            k.add_(y.detach())
        z = k * y
        if not before:
            k.add_(y.detach())
    way = Detached(GradientEdge(y.grad_fn, 0), "detach()", False)
    assert taped_of(z, tape).detached(k, z.grad_fn) == ([way] if before else [])
