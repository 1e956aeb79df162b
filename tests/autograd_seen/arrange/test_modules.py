"""How deep modules are opened, and which frames stand around them."""

from dataclasses import replace

import pytest
import torch
from autograd_seen import record_backward, record_forward
from autograd_seen.arrange.fold import fold_within
from autograd_seen.arrange.labels import on_arrows
from autograd_seen.arrange.modules import MOST_BOXES, arrange_modules, chosen, open_scopes
from torch import nn

from tests.autograd_seen.nets import Encoder, Loop, Residual, nets, recorded_graph


def frames(graph):
    return [(group.module and group.module.name, group.times) for group in graph.groups]


def boxes(graph):
    return [
        n.module.name if n.module else n.class_name for n in graph.nodes if n.kind == "operation"
    ]


def drawn(graph, opened="auto", fold=True, most=200):
    return arrange_modules(graph, fold, most, opened).drawn.graph


def test_a_graph_without_calls_is_folded_and_no_more():
    x = torch.ones(3, requires_grad=True)
    graph = record_backward((x.sin() * x).sum()).graph
    for opened in ("auto", 0, 7, None):
        assert arrange_modules(graph, True, 200, opened) == (fold_within(graph, 200), None)


def test_none_draws_no_module():
    graph = recorded_graph("residual")
    assert drawn(graph, None).groups == () and not any(n.module for n in drawn(graph, None).nodes)


@pytest.mark.parametrize("name", nets())
def test_the_first_picture_has_at_most_thirty_boxes_and_ovals(name):
    graph = recorded_graph(name)
    first = drawn(graph)
    assert len(first.nodes) - len(on_arrows(first)) <= MOST_BOXES
    assert first.count() == graph.count()


@pytest.mark.parametrize("name", nets())
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("opened", range(5))
def test_every_picture_stands_for_all_operations_and_its_frames_nest(name, fold, opened):
    graph = recorded_graph(name)
    last = drawn(graph, opened, fold)
    assert last.count() == graph.count()
    for i, one in enumerate(last.groups):
        for two in last.groups[i + 1 :]:
            a, b = set(one.nodes), set(two.nodes)
            assert b <= a or not a & b
    for group in last.groups:
        if group.module and group.times == 1:
            assert stands_for(last, group) == len(graph.scopes[group.module.scope].nodes)


def stands_for(graph, frame):
    """How many operations the boxes in a frame stand for."""
    at = graph.groups.index(frame)
    counts = {
        key: graph.nodes[key].count for key in frame.nodes if graph.nodes[key].kind == "operation"
    }
    for group in graph.groups[at + 1 :]:
        if set(group.nodes) <= set(frame.nodes):
            counts |= {key: counts[key] * group.times for key in group.nodes if key in counts}
    return sum(counts.values())


def test_an_encoder_is_first_seen_as_one_layer_and_how_many():
    graph = recorded_graph("encoder")
    assert frames(drawn(graph)) == [
        ("model", 1),
        ("model.encoder", 1),
        ("model.encoder.layers.0", 4),
    ]
    block = drawn(graph).groups[-1].module
    assert (block.times, block.last) == (4, "model.encoder.layers.3")


def test_equal_layers_are_one_box_that_names_the_first_and_the_last():
    (box,) = [
        n for n in drawn(recorded_graph("encoder"), 2).nodes if n.module and n.module.times > 1
    ]
    assert (box.module.name, box.module.last, box.module.times) == (
        "model.encoder.layers.0",
        "model.encoder.layers.3",
        4,
    )


def test_blocks_that_differ_are_boxes_of_their_own():
    stages = [box for box in boxes(drawn(recorded_graph("residual"))) if ".layer" in box]
    assert stages == [f"model.layer{i}.{j}" for i in range(1, 5) for j in range(2)]


def test_a_cell_in_a_loop_is_one_box_and_how_often():
    graph = recorded_graph("loop")
    first = drawn(graph)
    assert boxes(first).count("model.cell") <= 3
    assert max(group.times for group in first.groups) >= 6


def test_a_level_opens_what_is_less_deep():
    graph = recorded_graph("residual")
    assert boxes(drawn(graph, 0)) == ["model"]
    assert "model.layer1" in boxes(drawn(graph, 1)) and "model.layer1.0" in boxes(drawn(graph, 2))
    assert not any(node.module for node in drawn(graph, 9).nodes)


def test_a_module_with_a_name_opens_with_what_it_is_in_and_nothing_else():
    graph = recorded_graph("residual")
    for name in ("model.layer2.0", "layer2.0", ["layer2.0"], {"layer2.0", "layer2"}):
        found = boxes(drawn(graph, name))
        assert {"model.layer1", "model.layer2.0.conv1", "model.layer2.1", "model.layer4"} <= set(
            found
        )
        assert "model.layer2" not in found


def test_a_name_opens_each_call_of_that_module():
    graph = recorded_graph("loop")
    assert len(chosen(graph, "cell")) == 1 + 8


def test_an_unknown_name_raises_and_says_which_there_are():
    graph = recorded_graph("twice")
    with pytest.raises(ValueError, match=r"modules='b': .* use one of model, model\.a"):
        arrange_modules(graph, True, 200, "b")


def test_a_name_without_a_tape_raises_and_says_so():
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match=r"pass the tape on which its modules ran"):
        arrange_modules(record_backward(x.sum()).graph, True, 200, ["layer"])


def test_names_where_none_has_one():
    with record_forward() as tape:
        z = nn.Tanh()(torch.ones(1, requires_grad=True) * 2)
    with pytest.raises(ValueError, match="none of its modules has a name: use a number"):
        arrange_modules(record_backward(z, tape=tape).graph, True, 200, "b")


def test_a_frame_with_one_operation_is_left_out():
    model, x = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), torch.ones(1, 2)
    with record_forward() as tape:
        z = model(x).sum()
    assert frames(drawn(record_backward(z, tape=tape).graph)) == [("model", 1), ("model.0", 1)]


def test_a_block_that_reaches_out_of_a_module_is_not_framed_as_that_module():
    class Starts(nn.Module):
        def forward(self, x):
            return (x.exp() * 2).sin().cos()

    starts, x = Starts(), torch.ones(2, requires_grad=True)
    with record_forward() as tape:
        y = starts(x)
        for _ in range(4):
            y = y.sin().cos()
        z = y.sum()
    # The first of five equal pairs ran in the module, and four did not.
    last = drawn(record_backward(z, tape=tape).graph)
    assert [group.times for group in last.groups if group.module] in ([], [1])
    for group in last.groups:
        if group.module:
            assert stands_for(last, group) == 4


def test_a_chain_through_several_modules_is_in_no_frame_of_one():
    model, x = nn.Sequential(*[nn.Tanh() for _ in range(6)]), torch.ones(2, requires_grad=True)
    with record_forward() as tape:
        z = model(x).sum()
    last = drawn(record_backward(z, tape=tape).graph)
    assert [n.count for n in last.nodes if n.kind == "operation"] == [6, 1]
    assert last.groups == ()


def test_parameters_stand_in_the_frame_of_their_module():
    last = drawn(recorded_graph("recurrent"))
    lstm = next(group for group in last.groups if group.module.name == "model.lstm")
    names = [last.nodes[key].name for key in lstm.nodes if last.nodes[key].role == "leaf"]
    assert len(names) == 8 and all(name.startswith("model.lstm.") for name in names)


def test_a_cut_picture_keeps_true_frames():
    graph = recorded_graph("residual")
    last = drawn(graph, 9, most=12)
    assert last.limit is not None and last.groups
    for group in last.groups:
        assert stands_for(last, group) <= len(graph.scopes[group.module.scope].nodes)


@pytest.mark.parametrize("seed", range(6))
def test_any_choice_of_open_modules_is_a_picture_of_the_whole(seed):
    torch.manual_seed(0)
    for model, x in (
        (Encoder(3), torch.randn(1, 2, 3)),
        (Residual(), torch.randn(2, 3, 32, 32)),
        (Loop(), torch.randn(5, 2)),
    ):
        with record_forward() as tape:
            z = model(x)
        graph = record_backward(z, tape=tape).graph
        chance = torch.rand(len(graph.scopes), generator=torch.Generator().manual_seed(seed))
        opened = {i for i, one in enumerate(chance.tolist()) if one > 0.4}
        last = open_scopes(graph, opened, True, 200).graph
        assert last.count() == graph.count()
        assert all(edge.source < edge.target for edge in last.edges)


def test_a_module_that_leads_out_and_back_in_has_no_frame():
    class Calls(nn.Module):
        def forward(self, x, other):
            a = x.sin()
            return (a.exp() + other(a)).cos()

    part, x = nn.Linear(2, 2), torch.ones(2, requires_grad=True)
    graph = graph_with_a_hole(Calls(), part, x)
    assert frames(open_scopes(graph, {0, 1}, True, 200).graph) == [("", 1), ("part", 1)]
    outer = replace(graph.scopes[0], nodes=graph.scopes[0].nodes - graph.scopes[1].nodes)
    apart = replace(graph, scopes=(outer, replace(graph.scopes[1], parent=None, depth=0)))
    assert frames(open_scopes(apart, {0, 1}, True, 200).graph) == [("part", 1)]


def graph_with_a_hole(model, part, x):
    with record_forward() as tape:
        z = model(x, part).sum()
    del model
    return record_backward(z, tape=tape).graph


def test_boxes_that_differ_inside_are_no_block_that_repeats():
    class Mixes(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.a, self.function = nn.Linear(2, 2), function

        def forward(self, x, y):
            return self.function(self.a(x)) * y

    y = torch.ones(1, 2, requires_grad=True)
    for functions, times in (
        ([torch.tanh] * 6, [6]),
        ([torch.tanh, torch.relu, torch.relu, torch.tanh, torch.relu, torch.tanh], []),
    ):
        layers, x = nn.ModuleList(map(Mixes, functions)), torch.ones(1, 2, requires_grad=True)
        with record_forward() as tape:
            h = x
            for layer in layers:
                h = layer(h, y)
            z = h.sum()
        del h, layer
        last = drawn(record_backward(z, tape=tape).graph, 0)
        assert [group.times for group in last.groups] == times


def test_beside_the_edge_into_a_box_no_derivative_stands():
    model, x = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), torch.ones(1, 2, requires_grad=True)
    with record_forward() as tape:
        z = model(x).sum()
    recording = record_backward(z, tape=tape)
    folded = arrange_modules(recording.graph, True, 200, 0).drawn
    flows = folded.gradients(recording).flows
    into = {e.target: flows[i] for i, e in enumerate(folded.graph.edges) if i in flows}
    box = next(node.key for node in folded.graph.nodes if node.module)
    assert into[box].sent is not None and into[box].local is into[box].jacobian is None
