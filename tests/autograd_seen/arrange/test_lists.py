"""A list of what each copy of a block makes: one edge where it takes all of them, in turn."""

import pytest
import torch
from autograd_seen import draw_graph, record_backward

from tests.autograd_seen.arrange.sketched import boxes, labels
from tests.autograd_seen.shown import shown

DATA = [1.0, 0.5, -0.3, 0.8, 0.2, 3.1, 2.2, 0.9, -1.4, 0.4]


def states(kept=lambda h: h):
    """What is kept of each state of a loop over data."""
    a, h, found = torch.tensor(0.3, requires_grad=True), torch.tensor(0.0), []
    for v in DATA:
        h = a * v + (1 - a) * h
        found.append(kept(h))
    return found


def told(graph):
    return [note for node in shown(graph).nodes for note in node.notes if "of each" in note]


@pytest.mark.parametrize(
    ("join", "kept"),
    [
        (torch.stack, lambda h: h),
        (torch.stack, lambda h: h * 2),
        (torch.cat, lambda h: h.view(1)),
    ],
    ids=["the state", "beside it", "cat"],
)
def test_a_list_of_each_copys_result_does_not_unfold_a_loop(join, kept):
    loss = join(states(kept)).square().sum()
    whole, picture = (draw_graph(loss, fold=fold) for fold in (False, True))
    (group,) = picture.graph.groups
    assert group.times in (9, 10) and len(boxes(picture.graph)) < 16
    assert picture.graph.count() == len(boxes(whole.graph))
    (note,) = told(picture.graph)
    assert note.endswith(f"of each of the {group.times} copies") and note in str(picture)
    slots = [[edge.slot for edge in picture.graph.inputs(node.key)] for node in joined(picture)]
    assert slots == [sorted(slots[0])] and slots[0][-1] == 9


def test_what_a_variable_holds_of_the_last_round_stands_for_itself():
    a, h, outputs = torch.tensor(0.3, requires_grad=True), torch.tensor(0.0), []
    for v in DATA:
        h = a * v + (1 - a) * h
        outputs.append((h * 2).sin())
    picture = draw_graph(torch.stack(outputs).sum())
    (group,) = picture.graph.groups
    (node,) = joined(picture)
    # A round is taken from one state to the next: what is kept of a state comes first in it.
    assert group.times == 9 and told(picture.graph) == ["outputs[8] of each of the 9 copies"]
    assert [edge.slot for edge in picture.graph.inputs(node.key)] == [8, 9]


def joined(picture):
    return [node for node in picture.graph.nodes if node.operator and node.operator.takes_list]


@pytest.mark.parametrize(
    "take",
    [
        lambda ones: ones[::-1],
        lambda ones: ones[::2],
        lambda ones: [*ones[:4], *ones[5:]],
        lambda ones: [*ones[:5], ones[4], *ones[5:]],
        lambda ones: [*ones[:5], ones[6], ones[5], *ones[7:]],
    ],
    ids=["backwards", "every second", "all but one", "one twice", "two swapped"],
)
def test_a_list_of_anything_else_is_drawn_edge_by_edge(take):
    loss = torch.stack(take(states())).sum()
    whole, picture = (draw_graph(loss, fold=fold) for fold in (False, True))
    assert not told(picture.graph)
    (node,), (same,) = joined(picture), joined(whole)
    assert len(picture.graph.inputs(node.key)) == len(whole.graph.inputs(same.key)) == node.arity


def test_a_recording_of_a_folded_list_shows_what_went_back_into_the_last():
    loss = torch.stack(states()).square().sum()
    recording = record_backward(loss)
    picture = draw_graph(recording)
    (node,) = joined(picture)
    assert labels(picture.graph) and len(picture.graph.inputs(node.key)) == 2
    edges = picture.graph.edges
    (sent,) = [
        flow.sent
        for index, flow in picture._gradients.flows.items()
        if edges[index].target == node.key and edges[index].slot == 9
    ]
    (last,) = [
        flow.sent
        for flow in recording.flows().values()
        if recording.graph.nodes[recording.graph.edges[flow.edge].target].class_name
        == "StackBackward0"
        and recording.graph.edges[flow.edge].slot == 9
    ]
    assert sent == last
