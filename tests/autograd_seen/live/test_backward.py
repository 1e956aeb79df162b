"""record_backward: what it says is what the engine did, and without ``accumulate`` it leaves no
trace.
"""

import contextlib
import math
import random
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import autograd_seen
import numpy as np
import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward, step_through
from autograd_seen.live.found import LEAF
from torch.utils.checkpoint import checkpoint

from tests.autograd_seen.shown import shown, shown_steps

ROOT = Path(autograd_seen.__file__).parents[2]
nn = torch.nn


def leaf(value=3.0, **kwargs):
    return torch.tensor(value, requires_grad=True, **kwargs)


def name_of(recording, step):
    """What a step belongs to: the tensor that an operation made, or the leaf."""
    nodes, edges = shown(recording.graph).nodes, recording.graph.edges
    made = [
        nodes[e.target].name
        for e in edges
        if e.source == step.node and nodes[step.node].kind == "operation"
    ]
    return [*made, nodes[step.node].name][0]


def steps_of(recording):
    """Name to step."""
    return {name_of(recording, step): step for step in shown_steps(recording)}


def flows_of(recording):
    """(name of the consumer's result, name of the input) to flow, where each pair has one."""
    nodes, edges = shown(recording.graph).nodes, recording.graph.edges
    found = {}
    for step in shown_steps(recording):
        for flow in step.flows:
            pair = name_of(recording, step), nodes[edges[flow.edge].source].name
            assert pair not in found, "two edges of one pair"
            found[pair] = flow
    return found


def notes_of(recording):
    """Every note of every step and flow."""
    return [
        note
        for step in shown_steps(recording)
        for part in (step, *step.flows)
        for note in part.notes
    ]


def nodes_below(output):
    """All of PyTorch's nodes that lead to a tensor."""
    found = [output.grad_fn]
    for node in found:
        found += [
            source
            for source, _ in node.next_functions
            if source is not None and source not in found
        ]
    return found


def draw(recording):
    """The picture of a recording, after the checks that any picture must pass."""
    svg = draw_graph(recording, fold=False).svg
    ElementTree.fromstring(svg)
    assert draw_graph(recording, fold=False).svg == svg, "other bytes the second time"
    assert not re.search(r"0x[0-9a-f]{6,}", svg + str(draw_graph(recording)))
    keys = [int(key) for key in re.findall(r'<g data-node="(\d+)"', svg)]
    assert not recording.flows() or keys == [node.key for node in shown(recording.graph).nodes]
    flows = [int(key) for key in re.findall(r'<g class="flow" data-flow="(\d+)"', svg)]
    assert set(recording.flows()) <= set(flows) and len(set(flows)) == len(flows)
    edges = [int(key) for key in re.findall(r'<g data-edge="(\d+)"', svg)]
    assert not flows or edges == [*range(len(recording.graph.edges))]
    return svg


# What a recording says.


def test_the_backward_pass_of_sin_x_squared_step_by_step():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    recording = record_backward(z)
    steps = [(name_of(recording, step), step.arriving) for step in shown_steps(recording)]
    assert steps == [("z", ("1",)), ("y", ("-0.9577",)), ("x", ("-7.6613",))]
    flows = {pair: (flow.local, flow.sent) for pair, flow in flows_of(recording).items()}
    assert flows == {("z", "y"): ("-0.9577", "-0.9577"), ("y", "x"): ("8", "-7.6613")}
    assert (steps_of(recording)["x"].before, steps_of(recording)["x"].after) == ("None", "-7.6613")
    assert (str(recording.seed), recording.accumulated, recording.create_graph) == (
        "1",
        False,
        False,
    )
    assert notes_of(recording) == []
    svg = draw(recording)
    for number in ("16", "−0.2879", "× 8", "× −0.9577", "◂ −7.6613"):
        assert number in svg


def test_numbers_are_exact_beside_their_texts():
    x = leaf(4.0, dtype=torch.float64)
    z = torch.sin(x**2)
    recording = record_backward(z)
    ((sine,), (power,), ()), at_x = (
        [step.flows for step in shown_steps(recording)],
        shown_steps(recording)[-1],
    )
    assert math.isclose(sine.local_number, math.cos(16), rel_tol=1e-15)
    assert power.local_number == 8 and math.isclose(
        power.sent_number, 8 * math.cos(16), rel_tol=1e-15
    )
    assert power.gradient.item() == power.sent_number == at_x.arriving_number


def test_a_saturated_neuron_has_a_steep_logarithm():
    x, t = 6.7, 0.0
    w, b = leaf(1.0), leaf(0.0)
    z = w * x + b
    p = torch.sigmoid(z)
    q = 1 - p
    loss = -(t * torch.log(p) + (1 - t) * torch.log(q))
    recording = record_backward(loss)
    steep = [flow for (_, source), flow in flows_of(recording).items() if source == "q"]
    assert [round(flow.local_number, 2) for flow in steep] == [813.36]
    assert "× 813.36" in draw(recording)
    loss.backward()
    assert math.isclose(steps_of(recording)["w"].arriving_number, w.grad.item(), rel_tol=1e-6)
    assert math.isclose(steps_of(recording)["b"].arriving_number, b.grad.item(), rel_tol=1e-6)


def test_what_arrives_is_the_sum_over_all_consumers():
    x = leaf(3.0)
    y = x * x
    z = y.sin() + y * 5
    recording = record_backward(z)
    at_y = steps_of(recording)["y"]
    assert math.isclose(at_y.arriving_number, math.cos(9) + 5, rel_tol=1e-6)
    assert [(flow.local, flow.sent_number) for flow in at_y.flows] == [
        ("3", at_y.flows[1].sent_number)
    ] * 2
    assert math.isclose(
        shown_steps(recording)[-1].arriving_number, 6 * (math.cos(9) + 5), rel_tol=1e-6
    )
    draw(recording)


def test_a_leaf_adds_what_arrives_to_what_it_holds():
    w = leaf(2.0)
    w.grad = torch.tensor(12.0)
    loss = w * 53.6
    recording = record_backward(loss)
    step = steps_of(recording)["w"]
    assert (step.before, step.arriving, step.after) == ("12", ("53.6",), "65.6")
    assert "12 + 53.6 = 65.6" in draw(recording)
    assert w.grad.item() == 12


def test_a_non_scalar_edge_carries_what_was_sent():
    x = torch.tensor([[1.0, 2.0, 5.0], [0.5, 3.0, 4.0]], requires_grad=True)
    w = torch.tensor([[0.5, 2.0], [1.0, 3.0], [7.0, 0.1]], requires_grad=True)
    z = x @ w
    v = torch.tensor([[1.0, 0.2], [0.3, 2.0]])
    recording = record_backward(z, v)
    to_x, to_w = (flows_of(recording)["z", name] for name in "xw")
    assert torch.equal(to_x.gradient, v @ w.T) and torch.equal(to_w.gradient, x.T @ v)
    assert (to_x.local, to_x.local_number, to_x.sent_number) == ("", None, None)
    assert to_x.sent == "[[0.9, 1.6, 7.02], [4.15, 6.3, 2.3]]"
    assert "Jacobian" in str(draw_graph(recording))
    draw(recording)


def test_an_elementwise_operation_shows_the_derivative_of_each_element():
    x = torch.tensor([0.5, 3.0, 4.0], requires_grad=True)
    y = x**2
    recording = record_backward(y, torch.tensor([1.0, 10.0, 100.0]))
    flow = flows_of(recording)["y", "x"]
    assert (flow.local, flow.sent) == ("[1, 6, 8]", "[1, 60, 800]")
    assert (flow.local_number, flow.sent_number) == (None, None)


def test_an_elementwise_operation_shows_no_derivative_for_an_input_for_which_it_sums():
    x, value = torch.zeros(4, requires_grad=True), leaf(5.0)
    z = x.masked_fill(torch.tensor([True, False, True, True]), value)
    flows = flows_of(record_backward(z, torch.tensor([1.0, 10.0, 100.0, 1000.0])))
    assert (flows["z", "x"].local, flows["z", "x"].sent) == ("[0, 1, 0, 0]", "[0, 10, 0, 0]")
    assert (flows["z", "value"].local, flows["z", "value"].sent) == ("", "1101")


def test_a_gradient_goes_by_position_or_by_name():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y, v = x * 3, torch.tensor([5.0, 7.0])
    one, two = record_backward(y, v), record_backward(y, gradient=v)
    assert str(one.seed) == str(two.seed) == "[5, 7]"
    assert shown_steps(one)[-1].arriving == shown_steps(two)[-1].arriving == ("[15, 21]",)
    assert "v" not in {node.name for node in shown(two.graph).nodes}


def test_a_complex_operation_has_no_one_number_as_its_derivative():
    x = leaf(1 - 2j)
    y = x**2
    z = y.abs()
    recording = record_backward(z)
    assert [
        (flow.local, flow.local_number) for step in shown_steps(recording) for flow in step.flows
    ][1:] == [("", None)]
    z.backward()
    assert shown_steps(recording)[-1].arriving_number == pytest.approx(x.grad.item(), rel=1e-7)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int64])
def test_a_gradient_of_another_dtype_is_cast_as_in_backward(dtype):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y, v = x * 3, torch.tensor([5, 7], dtype=dtype)
    recording = record_backward(y, v)
    y.backward(v)
    assert torch.equal(flows_of(recording)["y", "x"].gradient, x.grad) and notes_of(recording) == []


def test_a_sum_over_what_was_broadcast_is_said():
    x, b = torch.ones(4, 3, requires_grad=True), torch.ones(3, requires_grad=True)
    z = x + b
    flows = flows_of(record_backward(z, torch.ones(4, 3)))
    assert flows["z", "x"].notes == ()
    assert (flows["z", "b"].notes, flows["z", "b"].sent) == (("summed (4, 3) → (3,)",), "[4, 4, 4]")


def test_a_cast_on_the_way_is_said():
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, dtype=torch.float64, requires_grad=True)
    z = x * y
    flows = flows_of(record_backward(z, torch.ones(2, dtype=torch.float64)))
    assert (flows["z", "x"].notes, flows["z", "x"].gradient.dtype) == (
        ("cast float64 → float32",),
        torch.float32,
    )
    assert flows["z", "y"].notes == ()


@pytest.mark.parametrize(("at", "step"), [("x", "x"), ("y", "y"), ("z", "z")])
def test_a_hook_that_changed_a_gradient_is_said(at, step):
    x = leaf(3.0)
    y = x * 2
    z = y * 5
    {"x": x, "y": y, "z": z}[at].register_hook(lambda grad: grad * 100)
    recording = record_backward(z)
    before = {"x": 10, "y": 5, "z": 1}[at]
    assert steps_of(recording)[step].notes == (f"a hook changed {before} to {before * 100}",)
    assert len(notes_of(recording)) == 1
    assert "a hook changed" in draw(recording)
    z.backward()
    assert steps_of(recording)["x"].arriving_number == x.grad.item() == 1000


def test_what_a_hook_of_a_node_changed_is_told_without_blame_since_it_cannot_be_listed():
    x, b = torch.ones(4, 3, requires_grad=True), torch.ones(3, requires_grad=True)
    z = x * b
    z.grad_fn.register_hook(lambda sent, arriving: (sent[0], sent[1] * 10))
    recording = record_backward(z.sum())
    flows = flows_of(recording)
    assert flows["z", "x"].notes == ()
    assert flows["z", "b"].notes == (
        "summed (4, 3) → (3,)",
        "sent [40, 40, 40], where local × arriving is [4, 4, 4]",
    )
    assert steps_of(recording)["b"].arriving == ("[40, 40, 40]",)


def test_a_hook_that_changes_nothing_is_not_mentioned():
    x = leaf(3.0)
    y = x * 2
    y.register_hook(lambda grad: grad * 1)
    y.register_hook(lambda grad: None)
    assert notes_of(record_backward(y * 5)) == []


def test_rounding_is_not_taken_for_a_hook():
    torch.manual_seed(0)
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        x = torch.rand(50).to(dtype).requires_grad_()
        y = x * 1.5
        z = sum((y * c).sum() for c in torch.rand(40).to(dtype))
        assert notes_of(record_backward(z)) == [], dtype


def test_an_undefined_gradient_is_none():
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, grad):
            return grad * 7, None

    x, y = leaf(2.0), leaf(5.0)
    z = Half.apply(x, y)
    recording = record_backward(z)
    flow = flows_of(recording)["z", "y"]
    assert (flow.gradient, flow.sent, flow.sent_number, flow.local) == (None, "None", None, "")
    step = steps_of(recording)["y"]
    assert (step.arriving, step.before, step.after, step.notes) == (
        ("None",),
        "None",
        "None",
        ("nothing arrived",),
    )
    assert "None: not defined" in draw(recording) and "None: nothing arrived" in draw(recording)


def test_of_several_outputs_each_has_its_gradient():
    x = torch.arange(6.0, requires_grad=True)
    a, b, c = x.split(2)
    z = (a * 2 + c * 3).sum()
    recording = record_backward(z)
    (split,) = (
        s
        for s in shown_steps(recording)
        if shown(recording.graph).nodes[s.node].class_name == "SplitBackward0"
    )
    assert split.arriving == ("[2, 2]", "None", "[3, 3]") and split.arriving_number is None
    assert split.flows[0].gradient.tolist() == [2, 2, 0, 0, 3, 3]
    assert b.requires_grad
    draw(recording)


def test_unbind_sends_one_gradient_for_all():
    x = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    p, q, r = x
    z = p * q
    recording = record_backward(z)
    (unbind,) = (
        s
        for s in shown_steps(recording)
        if shown(recording.graph).nodes[s.node].class_name == "UnbindBackward0"
    )
    assert unbind.arriving == ("3", "2", "None")
    assert r.requires_grad and shown_steps(recording)[-1].after == "[3, 2, 0]"


def test_a_second_derivative_is_a_pass_through_the_first():
    x = leaf(2.0, dtype=torch.float64)
    y = x**3
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    recording = record_backward(slope)
    assert math.isclose(steps_of(recording)["x"].arriving_number, 12, rel_tol=1e-12)
    draw(recording)


def test_create_graph_records_the_pass_itself():
    x, seen = leaf(2.0), []
    x.register_hook(seen.append)
    y = x**3
    assert record_backward(y, create_graph=True).create_graph
    record_backward(y)
    assert [grad.requires_grad for grad in seen] == [True, False]
    assert shown_steps(record_backward(y, accumulate=True, create_graph=True))[-1].after == "12"
    assert x.grad.requires_grad
    (bend,) = torch.autograd.grad(x.grad, x)
    assert bend.item() == 12


def test_a_frozen_leaf_takes_nothing():
    w, x = leaf(2.0), leaf(5.0)
    z = w * x
    w.requires_grad_(False)
    for accumulate in (False, True):
        recording = record_backward(z, accumulate=accumulate)
        step = steps_of(recording)["w"]
        assert (step.arriving, step.before, step.after) == (("5",), "None", "None")
        assert step.notes == ("frozen: not accumulated",)
        assert "frozen: not accumulated" in draw(recording)
    assert w.grad is None and x.grad.item() == 2


def cut_by_detach(x):
    return (x * 3).detach()


def cut_by_no_grad(x):
    with torch.no_grad():
        return x * 3


@pytest.mark.parametrize("cut", [cut_by_detach, cut_by_no_grad])
def test_nothing_flows_through_a_cut(cut):
    x = leaf(2.0)
    d = cut(x)
    z = d * x
    recording = record_backward(z)
    assert set(flows_of(recording)) == {("z", "x")}
    assert flows_of(recording)["z", "x"].sent == "6"
    (edge,) = (
        i
        for i, e in enumerate(recording.graph.edges)
        if shown(recording.graph).nodes[e.source].name == "d"
    )
    assert f'data-flow="{edge}"' not in draw(recording)


def test_a_leaf_by_itself_is_one_step():
    x = leaf(2.0)
    x.grad = torch.tensor(4.0)
    recording = record_backward(x)
    (step,) = shown_steps(recording)
    assert (step.before, step.arriving, step.after) == ("4", ("1",), "5")
    draw(recording)
    assert shown_steps(record_backward(x, accumulate=True))[0].after == "5" and x.grad.item() == 5


def test_keywords_name_tensors():
    x = leaf()
    z = x.sin()
    assert {node.name for node in shown(record_backward(z, angle=x).graph).nodes} >= {"angle", "z"}


# The recorder against PyTorch.


def random_program(chance):
    """A leaf in float64 and a number computed from it by a few random operations."""
    x = leaf(chance.uniform(-2, 2), dtype=torch.float64)
    values = [x]
    for _ in range(chance.randint(1, 14)):
        a, b = chance.choice(values), chance.choice(values)
        values.append(
            chance.choice(
                [
                    lambda a, b: a * b / 3,
                    lambda a, b: a + b,
                    lambda a, b: a - 2 * b,
                    lambda a, b: a.sin(),
                    lambda a, b: torch.exp(-(a**2)),
                    lambda a, b: a / (b**2 + 1.5),
                    lambda a, b: torch.tanh(a),
                    lambda a, b: torch.log(a**2 + 0.5),
                    lambda a, b: torch.maximum(a, b),
                    lambda a, b: a.detach() * b,
                    lambda a, b: torch.sigmoid(a),
                ]
            )(a, b)
        )
    return x, sum(value for value in values if value.requires_grad)


def test_the_products_of_local_derivatives_summed_over_paths_are_the_gradient():
    for seed in range(100):
        x, z = random_program(random.Random(seed))
        recording = record_backward(z)
        graph = recording.graph
        # Inputs come before outputs, so one sweep carries d(root)/d(node) from the root to every
        # input.
        total = dict.fromkeys(range(len(graph.nodes)), 0.0)
        total[graph.root] = 1.0
        flows = recording.flows()
        for i, edge in sorted(enumerate(graph.edges), key=lambda pair: -pair[1].target):
            if i in flows:
                total[edge.source] += total[edge.target] * flows[i].local.number
            elif edge.slot is not None and graph.nodes[edge.source].kind == "operation":
                total[edge.source] += total[edge.target]
        (found,) = (n.key for n in graph.nodes if n.class_name == LEAF)
        z.backward()
        assert math.isclose(total[found], x.grad.item(), rel_tol=1e-12, abs_tol=1e-12), seed
        assert math.isclose(
            shown_steps(recording)[-1].arriving_number, x.grad.item(), rel_tol=1e-12, abs_tol=1e-12
        ), seed


def mlp():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    return nn.functional.cross_entropy(model(torch.rand(5, 3)), torch.tensor([0, 1, 1, 0, 1]))


def branches():
    x = leaf(0.5)
    a, b = x.sin(), x.exp()
    return (a * b + a / b) * torch.stack([a, b, x]).prod()


def transformer():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
    return (encoder(torch.randn(2, 5, 8)) ** 2).mean()


def lstm():
    torch.manual_seed(0)
    cell, state = nn.LSTMCell(2, 3), None
    for step in torch.rand(4, 1, 2):
        state = cell(step, state)
    return state[0].sum()


def shared_embedding():
    torch.manual_seed(0)
    table = nn.Embedding(5, 2)
    return (table(torch.tensor([1, 1, 3])) @ table.weight.T).logsumexp(1).sum()


PROGRAMS = {
    "mlp": mlp,
    "branches": branches,
    "transformer": transformer,
    "lstm": lstm,
    "embedding": shared_embedding,
}


def operations_in_order(recording):
    nodes = shown(recording.graph).nodes
    return [
        nodes[s.node].class_name
        for s in shown_steps(recording)
        if nodes[s.node].kind == "operation"
    ]


def leaves_in_place(names):
    """A list of node names in which each run of leaves is a count: those of one moment have no
    order.
    """
    return re.sub(
        f"(?:{LEAF};)+", lambda run: f"{run[0].count(';')};", "".join(f"{name};" for name in names)
    )


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_steps_come_in_the_order_of_the_engine(make, accumulate):
    output, ran = make(), []
    for node in nodes_below(output):
        node.register_prehook(lambda grads, node=node: ran.append(node))
    output.backward(retain_graph=True)
    engine, ran[:] = list(ran), []
    recording = record_backward(output, accumulate=accumulate)
    assert [n for n in ran if n.name() != LEAF] == [n for n in engine if n.name() != LEAF]
    nodes = shown(recording.graph).nodes
    told = [nodes[step.node].class_name for step in shown_steps(recording)]
    assert leaves_in_place(told) == leaves_in_place(node.name() for node in engine)
    assert accumulate or draw(recording)


@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_accumulate_does_what_backward_does(make):
    state = torch.get_rng_state()
    one, two = make(), make()
    recording = record_backward(one, accumulate=True)
    two.backward()
    assert recording.accumulated
    pairs = [
        (a, b) for a, b in zip(nodes_below(one), nodes_below(two), strict=True) if a.name() == LEAF
    ]
    assert pairs and all(torch.equal(a.variable.grad, b.variable.grad) for a, b in pairs)
    with pytest.raises(RuntimeError, match="a second time"):
        one.backward()
    torch.set_rng_state(state)


def test_accumulate_shows_the_sum_and_makes_it():
    w = leaf(2.0)
    assert shown_steps(record_backward(w * 5, accumulate=True))[-1].after == "5"
    step = shown_steps(record_backward(w * 7, accumulate=True))[-1]
    assert (step.before, step.arriving, step.after) == ("5", ("7",), "12")
    assert w.grad.item() == 12


def test_accumulate_shows_what_is_left_by_a_hook_after_it():
    w = leaf(2.0)

    def step(parameter):
        parameter.grad = None

    w.register_post_accumulate_grad_hook(step)
    (last,) = shown_steps(record_backward(w * 5, accumulate=True))[1:]
    assert (last.before, last.arriving, last.after) == ("None", ("5",), "None")
    assert last.notes == ("a hook changed .grad from 5 to None",)


# By default it leaves no trace.


def state_of(output):
    nodes = nodes_below(output)
    leaves = [node.variable for node in nodes if node.name() == LEAF]
    saved = [
        (getattr(node, name), getattr(node, name)._version)
        for node in nodes
        for name in dir(type(node))
        if name.startswith("_saved_") and isinstance(getattr(node, name), torch.Tensor)
    ]
    return [(one.grad, one._version) for one in leaves], [(t.detach().clone(), v) for t, v in saved]


@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
def test_recording_leaves_everything_as_it_was(make):
    output = make()
    (grads, saved), random_state = state_of(output), torch.get_rng_state()
    first, second = record_backward(output), record_backward(output)
    grads_now, saved_now = state_of(output)
    assert all(a[0] is b[0] and a[1] == b[1] for a, b in zip(grads, grads_now, strict=True))
    assert all(
        torch.equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(saved, saved_now, strict=True)
    )
    assert torch.equal(random_state, torch.get_rng_state())
    assert str(draw_graph(first)) == str(draw_graph(second))
    output.backward()


def test_the_grad_that_it_leaves_is_the_same_tensor():
    x = leaf()
    x.grad = kept = torch.tensor(7.0)
    record_backward(x.sin())
    assert x.grad is kept and kept.item() == 7


def test_what_retain_grad_keeps_stays_as_it_was():
    x = leaf()
    y = x**2
    nested = [[(y * 3).sin()]]
    z = nested[0][0] ** 2 + y
    y.retain_grad()
    nested[0][0].retain_grad()
    record_backward(z)
    assert y.grad is None and nested[0][0].grad is None
    y.grad = kept = torch.tensor(7.0)
    record_backward(z)
    assert y.grad is kept and kept.item() == 7
    record_backward(z, accumulate=True)
    assert y.grad.item() != 7 and nested[0][0].grad is not None


def test_hooks_of_the_user_run_once():
    fired = []
    x = leaf()
    x.register_hook(lambda grad: fired.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda tensor: fired.append("accumulated"))
    y = x * x
    y.register_hook(lambda grad: fired.append("tensor"))
    z = y.sin()
    z.grad_fn.register_hook(lambda sent, arriving: fired.append("node"))
    z.grad_fn.register_prehook(lambda arriving: fired.append("prehook"))
    record_backward(z)
    assert fired == ["prehook", "node", "tensor", "leaf"]
    fired.clear()
    record_backward(z, accumulate=True)
    assert fired == ["prehook", "node", "tensor", "leaf", "accumulated"]


def test_hooks_of_the_recorder_are_gone_after_the_pass(monkeypatch):
    x = leaf()
    z = (x * x).sin()
    record_backward(z)
    assert not_listening(monkeypatch, z)


class Failing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, grad):
        raise ArithmeticError("mine")


def failing_hook(x):
    y = x * 2

    def fail(grad):
        raise ArithmeticError("mine")

    y.register_hook(fail)
    return y.sin()


def failing_function(x):
    return Failing.apply(x * 2).sin()


def overwritten(x):
    y = x * 2
    z = (y**2).exp()
    y.add_(1)
    return z


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (failing_hook, ArithmeticError, "^mine$"),
        (failing_function, ArithmeticError, "^mine$"),
        (
            overwritten,
            RuntimeError,
            r"PowBackward0 saved a value .* overwritten in place since \(PowBackward0 saved self "
            r"at version 0, now at 1\): one of the var",
        ),
    ],
)
def test_a_pass_that_fails_leaves_no_hook_and_no_grad(make, error, says, accumulate, monkeypatch):
    x = leaf(1.5)
    z = make(x)
    x.grad = kept = torch.tensor(7.0)
    with pytest.raises(error, match=says) as raised:
        record_backward(z, accumulate=accumulate)
    assert "\n" not in str(raised.value)
    assert x.grad is kept and kept.item() == 7
    assert not_listening(monkeypatch, z)


def not_listening(monkeypatch, output):
    """Whether a real pass goes by unheard: each hook of the recorder copies what it hears."""
    heard = []
    monkeypatch.setattr("autograd_seen.live.backward._keep", heard.append)
    with contextlib.suppress(ArithmeticError, RuntimeError):
        output.backward()
    return not heard


def test_a_checkpointed_forward_runs_as_often_as_in_backward():
    calls = []

    def block(x):
        calls.append(1)
        return (x.sin() * x).exp()

    x = leaf()
    z = checkpoint(block, x, use_reentrant=False) * 2
    recording = record_backward(z)
    assert len(calls) == 2
    z.backward()
    assert len(calls) == 3 and math.isclose(
        shown_steps(recording)[-1].arriving_number, x.grad.item(), rel_tol=1e-7
    )


def test_a_reentrant_checkpoint_fails_as_in_grad_and_works_as_in_backward():
    calls = []

    def block(x):
        calls.append(1)
        return x.sin() * 2

    x = leaf()
    z = checkpoint(block, x, use_reentrant=True) * 2
    with pytest.raises(RuntimeError, match="use_reentrant"):
        record_backward(z)
    assert x.grad is None and len(calls) == 1
    record_backward(z, accumulate=True)
    assert len(calls) == 2 and math.isclose(x.grad.item(), 4 * math.cos(3), rel_tol=1e-6)


def test_what_a_hook_has_packed_is_unpacked_as_often_as_in_backward():
    unpacked = []
    x = leaf()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: unpacked.append(1) or t):
        z = (x * x).exp()
    record_backward(z)
    assert len(unpacked) == 3
    z.backward()
    assert len(unpacked) == 6


class Cube(torch.autograd.Function):
    calls = 0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        Cube.calls += 1
        return 3 * ctx.saved_tensors[0] ** 2 * grad


def test_a_function_of_the_users_is_called_once_a_pass_and_not_asked_for_its_derivative():
    x = leaf(2.0)
    y = Cube.apply(x)
    z = y * 5
    Cube.calls = 0
    recording = record_backward(z)
    assert Cube.calls == 1
    flow = flows_of(recording)["y", "x"]
    assert (flow.local, flow.sent_number) == ("", 60)
    assert "not asked" in str(step_through(recording)) and "Jacobian" not in draw(recording)
    z.backward()
    assert Cube.calls == 2


class Clipping(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, grad):
        return grad.clamp(-1, 1)


@pytest.mark.parametrize("factor", [0, 10])
def test_what_a_function_sent_over_what_arrived_is_no_local_derivative(factor):
    recording = record_backward(Clipping.apply(leaf(2.4)) * factor)
    table, svg = str(step_through(recording)), draw(recording)
    assert "not asked" in table and "0.1" not in table + svg and "Jacobian" not in table + svg


def test_what_a_checkpoint_has_packed_shows_its_derivative_where_something_arrives():
    x = leaf(4.0)
    y = checkpoint(torch.square, x, use_reentrant=False)
    (flow,) = record_backward(y * 5).steps[1].flows
    assert (str(flow.local), str(flow.sent), flow.asked) == ("8", "40", False)
    (flow,) = record_backward(y * 0).steps[1].flows
    assert (flow.local, str(flow.sent), flow.asked) == (None, "0", False)


def test_the_modulus_of_a_complex_number_has_no_local_derivative():
    x = leaf(3 + 4j)
    (flow,) = record_backward(x.abs()).steps[0].flows
    assert (flow.local, str(flow.sent)) == (None, "0.6+0.8j")


def test_a_function_of_the_users_is_not_judged_by_its_name():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum() * torch.ones(2, 2)

        @staticmethod
        def backward(ctx, grad):
            return grad.sum() * torch.ones(3)

    x = torch.ones(3, requires_grad=True)
    z = Square.apply(x)
    flow = flows_of(record_backward(z, torch.ones(2, 2)))["z", "x"]
    assert (flow.local, flow.notes) == ("", ())


# Any graph, in any mode.


def sparse_embedding():
    table = nn.Embedding(5, 2, sparse=True)
    return (table(torch.tensor([1, 1])) * table(torch.tensor([3, 1]))).sum()


def autocast():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return model(torch.rand(4, 3)).float().sum()


def in_place():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y[1:].mul_(3)
    return y.sum()


class Plain(torch.Tensor):
    pass


def subclass():
    return (torch.tensor([1.5, 2.5]).as_subclass(Plain).requires_grad_() * 2).sum()


def nested():
    parts = [torch.ones(n, 3, requires_grad=True) for n in (2, 4)]
    return torch.nested.as_nested_tensor(parts, layout=torch.jagged).sin().values().sum()


def nested_strided():
    parts = [torch.ones(n, 3, requires_grad=True) for n in (2, 4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its interface may change
        return (torch.nested.as_nested_tensor(parts) * 2).to_padded_tensor(0.0).sum()


def of(dtype):
    return lambda: (torch.full((2, 3), 0.3, dtype=dtype, requires_grad=True) * 2).sin().sum().abs()


KINDS = {
    "float16": of(torch.float16),
    "bfloat16": of(torch.bfloat16),
    "float64": of(torch.float64),
    "complex": of(torch.complex64),
    "complex number": lambda: (torch.tensor(1 - 2j, requires_grad=True) ** 2).abs(),
    "sparse": sparse_embedding,
    "sparse throughout": lambda: torch.sparse.sum(torch.eye(3).to_sparse().requires_grad_() * 2),
    "empty": lambda: torch.ones(0, 3, requires_grad=True).exp().sum(),
    "autocast": autocast,
    "in place": in_place,
    "subclass": subclass,
    "nested": nested,
    "nested strided": nested_strided,
    "nan": lambda: torch.tensor([float("nan"), 2.0], requires_grad=True).exp().sum() * float("inf"),
    "one in a row": lambda: torch.tensor([[2.0]], requires_grad=True).exp(),
    "a function of the user's": lambda: Cube.apply(torch.ones(3, requires_grad=True)).sum(),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_every_kind_of_tensor_has_the_gradients_of_a_real_pass(make):
    output = make()
    recording = record_backward(output)
    assert notes_of(recording) == [] or all(
        note.startswith(("summed", "cast")) or " since a value " in note
        for note in notes_of(recording)
    )
    draw(recording)
    real = real_flows(output, None)
    assert len(recording.steps[-1].arriving) == 1
    compare_flows(recording, output, real)


def test_without_numbers_there_are_shapes():
    x = torch.ones(2, 3, device="meta", requires_grad=True)
    z = (x * 2).exp().sum()
    recording = record_backward(z)
    assert shown_steps(recording)[-1].arriving == ("shape (2, 3)",) and notes_of(recording) == []
    draw(recording)


def real_flows(output, gradient):
    """What the hooks of a real backward report: (name of the node, slot) to the gradients sent, in
    engine order.
    """
    sent = {}
    handles = []
    for node in nodes_below(output):
        if node.name() != LEAF:
            handles.append(
                node.register_hook(
                    lambda gi, go, node=node: sent.setdefault(node.name(), []).append(gi)
                )
            )
    torch.autograd.backward(output, gradient, retain_graph=True)
    for handle in handles:
        handle.remove()
    return sent


def plain(tensor):
    """The dense tensors in a tensor of any layout."""
    return [part.to_dense() for part in (tensor.unbind() if tensor.is_nested else [tensor])]


def compare_flows(recording, output, real):
    nodes, edges = shown(recording.graph).nodes, recording.graph.edges
    turns = {}
    for step in shown_steps(recording):
        node = nodes[step.node]
        if node.kind != "operation":
            continue
        name = node.class_name
        sent = real[name][turns.get(name, 0)]
        turns[name] = turns.get(name, 0) + 1
        for flow in step.flows:
            expected = sent[edges[flow.edge].slot]
            if expected is None:
                assert flow.gradient is None
            else:
                assert (
                    flow.gradient.layout == expected.layout
                    and flow.gradient.dtype == expected.dtype
                )
                pairs = zip(plain(flow.gradient), plain(expected), strict=True)
                assert all(torch.allclose(*pair, rtol=0, atol=0, equal_nan=True) for pair in pairs)
    assert {name: len(found) for name, found in real.items()} == turns


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
@pytest.mark.parametrize("accumulate", [False, True])
def test_the_mode_in_which_it_is_called_is_all_one(mode, accumulate):
    x, y = leaf(), leaf()
    z, other = x.sin() * 2, y.sin() * 2
    outside = record_backward(z, accumulate=accumulate, x=x, z=z)
    with mode():
        inside = record_backward(other, accumulate=accumulate, x=y, z=other)
    assert [(s.arriving, s.after, [f.local for f in s.flows]) for s in shown_steps(inside)] == [
        (s.arriving, s.after, [f.local for f in s.flows]) for s in shown_steps(outside)
    ]
    assert (y.grad is not None) == accumulate
    assert not any(flow.gradient.is_inference() for flow in inside.flows().values())


def test_what_a_subclass_does_with_calls_does_not_see_the_recording():
    seen = []

    class Watching(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            seen.append(function)
            return super().__torch_function__(function, types, args, kwargs or {})

    x = torch.tensor([1.5, 2.5]).as_subclass(Watching).requires_grad_()
    z = (x * 2).sum()
    seen.clear()
    record_backward(z)
    assert {getattr(function, "__name__", "") for function in seen} <= {
        "grad",
        "_make_grads",
        "ones_like",
        "__get__",
    }
    assert len(seen) <= 12


def test_a_graph_that_was_freed_says_so_in_one_line_and_one_that_saved_nothing_is_recorded():
    x = leaf()
    freed, kept = x.sin(), x + 2
    freed.backward()
    kept.backward()
    with pytest.raises(
        RuntimeError, match="an earlier backward pass has freed it: compute the output again"
    ) as raised:
        record_backward(freed)
    assert "\n" not in str(raised.value)
    assert shown_steps(record_backward(kept))[-1].arriving == ("1",)


@pytest.mark.parametrize("tape", [False, True])
def test_after_a_pass_that_failed_the_write_that_clashed_is_told_and_not_only_that_it_freed(tape):
    x = leaf(1.5)
    with record_forward() as recorded:
        y = x * 2
        z = (y**2).exp()
        y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        z.backward()
    with pytest.raises(RuntimeError) as raised:
        record_backward(z, tape=recorded if tape else None)
    said = re.sub(r"line \d+", "line n", str(raised.value))
    writer = ", written by line n: y.add_(1)" if tape else ""
    assert said == (
        "PowBackward0 saved a value for the backward pass, and it was overwritten in place since "
        f"(PowBackward0 saved self (y) at version 0, now at 1{writer}). No backward pass can come "
        "by there, and an earlier one has freed what lies before it: compute the output again, "
        "without that write"
    )


def test_a_graph_that_is_cut_has_steps_for_what_is_drawn():
    x = leaf(0.5)
    z = x
    for _ in range(20):
        z = z.sin()
    for accumulate in (False, True):
        recording = record_backward(z, max_operations=5, accumulate=accumulate)
        assert operations_in_order(recording) == ["SinBackward0"] * 5 and len(recording.steps) == 5
        assert notes_of(recording) == []
        assert recording.graph.limit == 5 and len(recording.flows()) == 5
        draw(recording)
    assert x.grad is not None


def test_a_leaf_used_on_both_sides_of_a_cut_has_its_whole_gradient_and_no_hook():
    w = leaf(0.5)
    z = w
    for _ in range(10):
        z = (z * w).sin()
    recording = record_backward(z, max_operations=6)
    assert notes_of(recording) == []
    z.backward()
    assert math.isclose(steps_of(recording)["w"].arriving_number, w.grad.item(), rel_tol=1e-6)
    draw(recording)


# What cannot be recorded gets one line.

with torch.inference_mode():
    INFERENCE = torch.ones(2) * 2


def two():
    return torch.ones(2, requires_grad=True) * 2


NOT_RECORDED = [
    (lambda: record_backward(3), TypeError, "needs a tensor as its output, and got an int"),
    (lambda: record_backward(np.ones(2)), TypeError, "got a ndarray"),
    (lambda: record_backward([leaf()]), TypeError, "got a list"),
    (lambda: record_backward(None), TypeError, "got a NoneType"),
    (
        lambda: record_backward(two(), 2.0),
        TypeError,
        "needs a tensor as its gradient, and got a float",
    ),
    (
        lambda: record_backward(two(), gradient=[1, 1]),
        TypeError,
        "needs a tensor as its gradient, and got a list",
    ),
    (
        lambda: record_backward(leaf().detach()),
        ValueError,
        "record_backward needs a tensor with a graph",
    ),
    (lambda: record_backward(torch.tensor(1.0)), ValueError, "Give an input requires_grad=True"),
    (
        lambda: record_backward(INFERENCE),
        ValueError,
        r"under torch.inference_mode\(\). Compute it outside",
    ),
    (
        lambda: record_backward(two()),
        RuntimeError,
        r"shape \(2,\): pass gradient=…, a tensor of that shape",
    ),
    (lambda: record_backward(two()[:0]), RuntimeError, r"shape \(0,\): pass gradient=…"),
    (
        lambda: record_backward(two(), torch.ones(3)),
        RuntimeError,
        r"shape \(3,\) and the output \(2,\)",
    ),
    (
        lambda: record_backward(leaf(1j)),
        RuntimeError,
        "only for real scalar outputs, and this one is complex64: pass",
    ),
    (
        lambda: record_backward(leaf(), max_operations=0),
        ValueError,
        "max_operations=0: use a whole number of at",
    ),
    (lambda: record_backward(leaf(), max_operations=True), ValueError, "use a whole number"),
    (lambda: record_backward(leaf(), max_operations="9"), ValueError, "use a whole number"),
    (
        lambda: record_backward(leaf(), a=3),
        TypeError,
        "a=… names a tensor of the graph, and got an int",
    ),
    (
        lambda: record_backward(leaf(), retain_graph=True),
        TypeError,
        "retain_graph=… names a tensor",
    ),
    (
        lambda: record_backward(leaf(), a=leaf()),
        ValueError,
        "a=… names a tensor that is not in this graph",
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "says"), NOT_RECORDED, ids=[says[:24] for _, _, says in NOT_RECORDED]
)
def test_what_cannot_be_recorded_is_named_with_what_to_pass(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call()
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 260


@pytest.mark.parametrize("make", [two, lambda: leaf(1j) * 2])
def test_a_missing_gradient_is_pytorchs_own_error_made_clearer(make):
    with pytest.raises(RuntimeError) as theirs:
        make().backward()
    with pytest.raises(RuntimeError) as ours:
        record_backward(make())
    beginning = re.match(
        r"grad can be implicitly created only for (real )?scalar outputs", str(theirs.value)
    )
    assert str(ours.value).startswith(beginning[0])


@pytest.mark.parametrize("accumulate", [False, True])
def test_a_gradient_is_added_to_a_sparse_one_as_pytorch_adds_it(accumulate):
    table = nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    recording = record_backward(table.weight.pow(2).sum(), accumulate=accumulate)
    expected = (2 * table.weight).detach() + torch.tensor([[0.0, 0], [1, 1], [0, 0]])
    assert recording.steps[-1].after.numbers == pytest.approx(expected.flatten().tolist())


def test_a_rehearsal_says_where_a_hook_may_change_grad_afterwards():
    x = torch.tensor([1.0, 2.0], requires_grad=True)

    def clear(tensor):
        tensor.grad = None

    x.register_post_accumulate_grad_hook(clear)
    said = "in backward() a hook of yours runs after that, and may change .grad"
    assert said in notes_of(record_backward((x * 3).sum()))
    assert said not in notes_of(record_backward((x * 3).sum(), accumulate=True))


def test_a_hook_of_several_leaves_is_named_with_what_to_do():
    x, y = (torch.ones(2, requires_grad=True) for _ in range(2))
    called = []
    handle = torch.autograd.graph.register_multi_grad_hook([x, y], called.append)
    z = (x * y).sum()
    with pytest.raises(RuntimeError, match=r"register_multi_grad_hook .* pass accumulate=True"):
        record_backward(z)
    record_backward(z, accumulate=True)
    handle.remove()
    assert len(called) == 1 and x.grad.tolist() == [1, 1]


def test_the_pass_starts_from_a_gradient_in_the_dtype_of_the_output():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    recording = record_backward(x * 2, torch.tensor([True, False]))
    assert recording.steps[-1].arriving[0].numbers == (2, 0)


def test_a_nested_leaf_has_no_shape_and_is_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its interface may change
        n = torch.nested.nested_tensor([torch.ones(2), torch.ones(1)], requires_grad=True)
        z = torch.nested.to_padded_tensor(n, 0.0).sum()
    draw(recording := record_backward(z))
    (node,) = [one for one in recording.graph.nodes if one.role == "leaf"]
    assert (node.name, node.shape) == ("n", None)
