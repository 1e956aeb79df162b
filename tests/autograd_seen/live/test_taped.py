"""What a tape adds to a graph: only what was seen of this graph, as it was when it was seen."""

import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.graph import Fact
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


# --- what was cut off from another graph ----------------------------------------------------------


def elsewhere(graph):
    """The names of what is not in this graph, and (source, target, word) of the edges there."""
    strangers = [node for node in graph.nodes if node.has(Fact.ELSEWHERE)]
    names = {node.key: node.name or node.kind for node in graph.nodes}
    keys = {node.key for node in graph.nodes if node.kind == "cut" or node in strangers}
    ends = [(names[e.source], names[e.target], e.border) for e in graph.edges if e.source in keys]
    return [(node.name, node.role) for node in strangers], ends


def test_a_value_that_was_cut_off_from_another_graph_shows_where_it_comes_from():
    G, C, z = leaf(0.5), leaf(2.0), torch.tensor(3.0)
    with record_forward() as tape:
        fake = G * z
        score = C * fake.detach()
    for graph in (
        draw_graph(score, tape=tape).graph,
        record_backward(score, tape=tape).graph,
    ):
        nodes, ends = elsewhere(graph)
        assert nodes == [("G", "leaf"), ("fake", "intermediate")]
        assert ends[:2] == [("G", "cut", ""), ("cut", "fake", "")]
        assert ends[2][0] == "fake" and ends[2][2] == "detach()"
        assert graph.count() == 1  # what is elsewhere is none of its operations
        (cut,) = (node for node in graph.nodes if node.kind == "cut")
        assert cut.line.endswith(": G * z") and cut.class_name == "MulBackward0"
    text = str(draw_graph(score, tape=tape))
    assert "not in this graph; " in text and "detached from fake" in text
    assert elsewhere(draw_graph(score).graph) == ([], [])


def test_a_pass_leaves_what_is_elsewhere_alone():
    G, C = leaf(0.5), leaf(2.0)
    with record_forward() as tape:
        fake = G * 3
        score = C * fake.detach()
    recording = record_backward(score, tape=tape, accumulate=True)
    assert G.grad is None and C.grad == 1.5
    assert {recording.graph.nodes[step.node].name for step in recording.steps} == {"", "C"}


def names_elsewhere(picture):
    return [name for name, _ in elsewhere(picture.graph)[0]]


def test_each_value_from_elsewhere_stands_once_and_at_most_two_of_them_before_a_constant():
    G, H, C = leaf(0.5), leaf(0.25), leaf(2.0)
    with record_forward() as tape:
        fake = G * 3
        twice = C * fake.detach() + C.exp() * fake.detach()
        near = C * G.detach()
        with torch.no_grad():
            three, two = torch.stack([G, H, fake]), torch.stack([fake, H, fake])
            mixed = C * H
        far, full, beside = (C * three).sum(), (C * two).sum(), C * mixed
    assert names_elsewhere(draw_graph(twice, tape=tape)) == ["G", "fake"]
    assert names_elsewhere(draw_graph(near, tape=tape)) == ["G"]
    assert names_elsewhere(draw_graph(far, tape=tape)) == []
    assert names_elsewhere(draw_graph(full, tape=tape)) == ["G", "fake", "H"]
    assert names_elsewhere(draw_graph(beside, tape=tape)) == []  # it has C


def test_what_has_left_the_graph_itself_is_not_drawn_as_its_own_source():
    x, C = leaf(3.0), leaf(2.0)
    with record_forward() as tape:
        y = x * 2
        x.requires_grad_(False)
        y.detach_()
        z = C * x + C * y
    assert names_elsewhere(draw_graph(z, tape=tape)) == []


def test_of_many_leaves_elsewhere_none_is_drawn():
    leaves, C = [leaf(float(i)) for i in range(3)], leaf(2.0)
    with record_forward() as tape:
        fake = torch.stack(leaves)
        score = (C * fake.detach()).sum()
    assert [name for name, _ in elsewhere(draw_graph(score, tape=tape).graph)[0]] == ["fake"]


def test_what_was_written_over_elsewhere_has_no_value():
    G, C = leaf(0.5), leaf(2.0)
    with record_forward() as tape:
        fake = G * 3
        score = C * fake.clone().detach()
    with torch.no_grad():
        G.add_(1)
    graph = draw_graph(score, tape=tape).graph
    values = {node.name: node.value for node in graph.nodes if node.has(Fact.ELSEWHERE)}
    assert len(values) == 1 and None not in values.values()  # the clone: fake is beyond it
    with record_forward() as tape:
        score = C * G.detach()
    with torch.no_grad():
        G.add_(1)
    (stranger,) = (n for n in draw_graph(score, tape=tape).graph.nodes if n.has(Fact.ELSEWHERE))
    assert stranger.name == "G" and stranger.value is None
