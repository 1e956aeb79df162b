"""What the places of a folded graph stand for in the whole one, and what a pass left there."""

import pytest
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


def through(weights, rounds, stacked):
    h, seen = torch.tensor([0.5, -0.25], requires_grad=True), []
    for i, weight in enumerate(weights, 1):
        h = torch.sigmoid(h * weight)
        seen.append(h)
        if rounds > 1 and i % (len(weights) // rounds) == 0:
            h = torch.exp(h)
    return torch.stack(seen).sum() if stacked else h.sum()


def layered(depth, rounds=1, stacked=False):
    """A pass back through layers with own weights, and the weights' gradients."""
    starts = [[0.5 + 0.1 * i, 0.9] for i in range(depth * rounds)]
    weights = [torch.tensor(start, requires_grad=True) for start in starts]
    y = through(weights, rounds, stacked)
    recording = record_backward(y)
    grads = [recording_grad(recording, f"weights[{i}]") for i in range(len(weights))]
    return recording, fold.fold(recording.graph), grads


def recording_grad(recording, name):
    steps = [step for step in recording.steps if recording.graph.nodes[step.node].name == name]
    return steps[0].after


def of_leaves(folded, gradients):
    names = {key: folded.graph.nodes[key].name for key in gradients.leaves}
    return {names[key]: step.after for key, step in gradients.leaves.items()}


@pytest.mark.parametrize("stacked", [False, True])
def test_a_place_in_a_block_also_has_what_the_pass_left_in_the_last_copy(stacked):
    recording, folded, grads = layered(6, stacked=stacked)
    assert [group.times for group in folded.graph.groups] == [6]
    seen = folded.gradients(recording)
    assert of_leaves(folded, seen)["weights[0]"] == grads[0]
    assert of_leaves(folded, seen.last) == {"weights[0]": grads[-1]}
    # The same edges of the last layer as of the first, and none that is outside of the block.
    inside = set(folded.graph.groups[0].nodes)
    places = {i for i, edge in enumerate(folded.graph.edges) if edge.target in inside}
    flows = {i for i in places if folded.graph.nodes[folded.graph.edges[i].target].operator}
    assert set(seen.last.flows) == flows
    whole = recording.graph
    for place in flows:
        first, last = (
            whole.nodes[whole.edges[edge].target]
            for edge in (folded.edges[place], folded.last_edges[place])
        )
        assert first.class_name == last.class_name
        assert last.key == max(n.key for n in whole.nodes if n.class_name == last.class_name)
        assert whole.edges[folded.edges[place]].slot == whole.edges[folded.last_edges[place]].slot


def test_of_a_block_in_a_block_the_last_copy_is_that_in_the_last_one():
    recording, folded, grads = layered(4, rounds=3)
    assert sorted(group.times for group in folded.graph.groups) == [3, 4]
    seen = folded.gradients(recording)
    assert of_leaves(folded, seen.last) == {"weights[0]": grads[-1]}
    assert of_leaves(folded, seen)["weights[0]"] == grads[0] != grads[-1]


def test_where_nothing_is_folded_there_is_no_last_copy():
    recording, folded, _ = layered(2)
    assert folded.gradients(recording).last is None


def squared(h, weights, seen):
    for weight in weights:
        s = torch.sigmoid(h * weight)
        seen.append(s)
        h = s * torch.exp(s)
    return h


def listed(weights):
    """A list of what is made in each round, and as many rounds behind it."""
    seen, half = [], len(weights) // 2
    squared(torch.tensor(0.3, requires_grad=True), weights[:half], seen)
    return squared(torch.stack(seen).sum(), weights[half:], [])


def test_what_arrived_in_the_last_copy_stands_at_the_result_of_the_first():
    weights = [torch.tensor(0.5 + i / 8, requires_grad=True) for i in range(6)]
    y = squared(torch.tensor(0.3, requires_grad=True), weights, [])
    recording = record_backward(y)
    folded = fold.fold(recording.graph)
    seen = folded.gradients(recording)
    sigmoids = [
        key for key in seen.last.arrived if folded.graph.maker(key).class_name == "SigmoidBackward0"
    ]
    whole = recording.gradients()
    ends = [
        whole.arrived[key]
        for key, edge in recording.graph.makers.items()
        if recording.graph.nodes[edge.source].class_name == "SigmoidBackward0"
    ]
    assert [seen.arrived[key] for key in sigmoids] == ends[:1]
    assert [seen.last.arrived[key] for key in sigmoids] == ends[-1:] != ends[:1]


def test_edges_behind_a_list_still_stand_for_those_of_the_last_copy():
    weights = [torch.tensor(0.5 + i / 8, requires_grad=True) for i in range(12)]
    y = listed(weights)
    whole = record_backward(y).graph
    folded = fold.fold(whole)
    drawn = folded.graph
    assert len(drawn.groups) == 2
    for place, last in folded.last_edges.items():
        one, two = drawn.nodes[drawn.edges[place].target], whole.nodes[whole.edges[last].target]
        assert one.class_name == two.class_name
        assert drawn.edges[place].slot == whole.edges[last].slot


def test_beside_a_chain_in_one_box_stands_no_jacobian_of_its_first_operation():
    z = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
    for _ in range(6):
        z = z.softmax(0)
    picture = draw_graph(record_backward(z, torch.ones(3)))
    assert [node.count for node in picture.graph.nodes if node.kind == "operation"] == [6]
    assert "J =" not in picture.source
