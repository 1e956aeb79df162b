"""What the places of a folded graph stand for in the whole one, and what a pass left there."""

import torch
from autograd_seen import draw_graph
from autograd_seen.arrange import fold
from autograd_seen.arrange.folded import Folded, unfolded
from autograd_seen.graph import Edge
from autograd_seen.live.backward import record_backward

from tests.autograd_seen.arrange.sketched import chain, check, layers
from tests.autograd_seen.shown import shown


def test_the_edges_of_a_chain_stand_for_its_first_and_its_last():
    graph = chain(["exp"] + ["sin"] * 5 + ["cos"])
    folded = check(graph)
    into, out = (
        next(i for i, e in enumerate(folded.graph.edges) if getattr(e, end) == 3)
        for end in ("target", "source")
    )
    assert graph.edges[folded.edges[into]] == Edge(2, 3, 0) and graph.edges[
        folded.edges[out]
    ] == Edge(11, 12, 0)
    assert folded.nodes[3] == 11


def test_what_leaves_a_group_is_what_leaves_its_last_copy():
    graph = layers()
    folded = check(graph)
    ((_, after),) = folded.graph.groups[0].carries
    assert folded.nodes[after] == max(
        e.source for e in graph.edges if shown(graph).nodes[e.target].name == "log"
    )


def test_a_graph_without_repetition_is_returned_as_it_is():
    graph = chain(["sin", "cos", "exp", "log", "tanh", "sin", "exp"])
    folded = fold.fold(graph)
    assert folded.graph is graph
    assert (folded.nodes, folded.edges) == (tuple(range(15)), tuple(range(14)))


def recorded(count):
    """A pass back through a chain of sines, and the folded graph."""
    x = z = torch.tensor(0.5, requires_grad=True)
    for _ in range(count):
        z = z.sin()
    recording = record_backward(z)
    assert x.grad is None
    return recording, fold.fold(recording.graph)


def test_a_folded_place_has_the_gradient_of_the_place_that_it_stands_for():
    recording, folded = recorded(6)
    whole, seen = recording.gradients(), folded.gradients(recording)
    (into,) = (i for i, edge in enumerate(folded.graph.edges) if edge.source == 0)
    (first,) = (i for i, edge in enumerate(recording.graph.edges) if edge.source == 0)
    assert seen.flows[into].sent == whole.flows[first].sent
    assert seen.flows[into].edge == into
    assert seen.arrived == {folded.graph.root: whole.arrived[recording.graph.root]}
    assert seen.leaves == {0: whole.leaves[0]} and not seen.accumulated


def test_no_local_derivative_stands_beside_a_box_of_several_operations():
    recording, folded = recorded(6)
    assert [flow.local for flow in folded.gradients(recording).flows.values()] == [None]
    recording, folded = recorded(2)
    assert folded.gradients(recording) == recording.gradients()
    assert None not in [flow.local for flow in recording.flows().values()]


def test_steps_one_after_the_other_lead_back_to_the_whole_graph():
    graph = chain(["sin"] * 5 + ["cos"])
    first = unfolded(graph).compose(
        lambda graph: Folded(graph, tuple(range(len(graph.nodes))), (3, 2, 1, 0))
    )
    again = first.compose(lambda graph: Folded(graph, (4, 2), (1, 3)))
    assert (again.nodes, again.edges) == ((4, 2), (2, 0))


def test_a_step_that_changes_nothing_is_none():
    folded = unfolded(chain(["sin"]))
    assert folded.compose(lambda graph: None) is folded


def test_beside_a_chain_in_one_box_stands_no_jacobian_of_its_first_operation():
    z = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
    for _ in range(6):
        z = z.softmax(0)
    picture = draw_graph(record_backward(z, torch.ones(3)))
    assert [node.count for node in picture.graph.nodes if node.kind == "operation"] == [6]
    assert "J =" not in picture.source
