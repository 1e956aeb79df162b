"""A shut module is one box: what is beside it, and every edge between boxes, is what was there."""

import itertools

import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.arrange.folded import unfolded
from autograd_seen.arrange.shut import chained, shut
from autograd_seen.graph import Graph, Module, Scope
from torch import nn

from tests.autograd_seen.arrange.sketched import Sketch
from tests.autograd_seen.nets import Encoder, nets, recorded_graph


def graph_of(model, x):
    with record_forward() as tape:
        z = model(x)
    return record_backward(z, tape=tape).graph


def boxes(graph):
    return [
        n.module.name if n.module else n.class_name for n in graph.nodes if n.kind == "operation"
    ]


def places(graph, *names):
    return {i for i, scope in enumerate(graph.scopes) if scope.module.name in names}


def scoped(sketch, *held):
    """A sketched graph in which the operations that these tensors are made by ran in modules."""
    graph = sketch.graph()
    scopes = [
        Scope(Module(f"m{i}", "M", i), frozenset(graph.makers[key].source for key in keys), first=i)
        for i, keys in enumerate(held)
    ]
    return Graph(graph.nodes, graph.edges, graph.root, scopes=tuple(scopes))


def where(graph, folded, closed):
    """By the key of each node of the graph: the drawn node in which it is."""
    inside = {folded.nodes[n.key]: n.key for n in folded.graph.nodes}
    for node in folded.graph.nodes:
        if node.module is not None:
            inside |= dict.fromkeys(graph.scopes[node.module.scope].nodes, node.key)
    return inside


@pytest.mark.parametrize("name", nets())
@pytest.mark.parametrize("depth", range(4))
def test_edges_between_boxes_are_edges_of_the_graph_and_all_of_them(name, depth):
    graph = recorded_graph(name)
    closed = {i for i, scope in enumerate(graph.scopes) if scope.depth >= depth}
    folded = shut(graph, closed)
    inside = where(graph, folded, closed)
    drawn = set()
    for index, edge in enumerate(folded.graph.edges):
        assert edge.source < edge.target
        for old in folded.ways.get(folded.edges[index], (folded.edges[index],)):
            one = graph.edges[old]
            assert (inside[one.source], inside[one.target]) == (edge.source, edge.target)
            drawn.add(old)
    for index, edge in enumerate(graph.edges):
        ends = inside.get(edge.source), inside.get(edge.target)
        if None not in ends and ends[0] != ends[1] and index not in drawn:
            # A result that leaves a box, and that the box uses itself.
            assert (
                graph.makers[edge.source].source
                in graph.scopes[folded.graph.nodes[ends[1]].module.scope].nodes
            )
    assert folded.graph.count() == graph.count()


@pytest.mark.parametrize("name", nets())
def test_what_is_hidden_is_used_in_its_box_alone(name):
    graph = recorded_graph(name)
    folded = shut(graph, {0})
    inside = graph.scopes[0].nodes
    for key in set(range(len(graph.nodes))) - set(folded.nodes) - inside:
        assert all(edge.target in inside for edge in graph.outputs(key))
        maker = graph.maker(key)
        assert key in graph.scopes[0].own if maker is None else maker.key in inside


def test_of_a_module_inside_another_the_outer_box_is_drawn():
    graph = recorded_graph("twice")
    model = nets()["twice"][0]
    assert boxes(shut(graph, {0, 1, 2}).graph) == ["model"]
    assert boxes(shut(graph, {1, 2}).graph)[:3] == ["model.a", "TanhBackward0", "MulBackward0"]
    assert model is not None


def test_a_box_has_what_its_operations_have_in_all():
    model, x = nn.Linear(3, 2), torch.ones(5, 3)
    with record_forward() as tape:
        z = model(x).sum()
    (box, _) = [
        n
        for n in shut(record_backward(z, tape=tape).graph, {0}).graph.nodes
        if n.kind == "operation"
    ]
    assert (box.module.name, box.module.kind, box.class_name) == ("model", "Linear", "Linear")
    assert (box.module.inputs, box.module.outputs) == (((5, 3),), ((5, 2),))
    assert (box.module.parameters, box.module.operations, box.count) == (8, 2, 2)
    assert sum(kept.size for kept in box.kept if kept.role != "leaf") == 5 * 3 * 4


def test_an_operation_alone_stays_that_operation():
    model, x = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2)
    graph = graph_of(lambda x: model(x).sum(), x)
    assert boxes(shut(graph, {1, 2}).graph) == ["0", "ReluBackward0", "SumBackward0"] or (
        boxes(shut(graph, {1, 2}).graph)[1] == "ReluBackward0"
    )


def test_a_module_that_leads_out_and_back_in_is_not_shut():
    sketch = Sketch()
    x = sketch.tensor(name="x")
    a = sketch.apply("sin", x)
    b = sketch.apply("exp", a)
    c = sketch.apply("cos", b)
    sketch.apply("neg", c)
    graph = scoped(sketch, [a, c])
    assert boxes(shut(graph, {0}).graph) == [
        "SinBackward0",
        "ExpBackward0",
        "CosBackward0",
        "NegBackward0",
    ]
    graph = scoped(sketch, [a, c], [b])
    assert len(boxes(shut(graph, {0, 1}).graph)) == 4


def test_a_result_used_inside_and_outside_leaves_the_box():
    sketch = Sketch()
    x = sketch.tensor(name="x")
    a = sketch.apply("sin", x)
    b = sketch.apply("exp", a)
    sketch.apply("add", a, b)
    drawn = shut(scoped(sketch, [a, b]), {0}).graph
    assert boxes(drawn) == ["m0", "AddBackward0"]
    assert len(drawn.results(1)) == 2 and [edge.slot for edge in drawn.outputs(1)] == [0, 1]


def test_what_leads_into_a_part_that_is_not_drawn_still_does_beside_a_box():
    made, judge = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    with record_forward() as tape:
        fake = made(torch.ones(5, 2))
        score = judge(fake.detach())
    whole = draw_graph(score, tape=tape, modules=None).graph
    one_box = draw_graph(score, tape=tape, modules=()).graph
    assert "Sequential" in [node.module.kind for node in one_box.nodes if node.module]
    for graph in (whole, one_box):
        (cut,) = [node.key for node in graph.nodes if node.kind == "cut"]
        into = [graph.nodes[edge.source].name for edge in graph.edges if edge.target == cut]
        assert into == ["made.weight", "made.bias"]


def test_a_tensor_that_enters_twice_is_one_edge_that_stands_for_both():
    sketch = Sketch()
    x = sketch.tensor(name="x")
    a = sketch.apply("mul", x, x)
    b = sketch.apply("exp", a)
    sketch.apply("neg", b)
    folded = shut(scoped(sketch, [a, b]), {0})
    assert [edge.source for edge in folded.graph.inputs(1)] == [0]
    assert folded.ways == {0: (0, 1)}


def test_a_parameter_of_two_modules_stays_drawn():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(self.a(x)).sum()

    model, x = Tied(), torch.ones(1, 3)
    with record_forward() as tape:
        z = model(x)
    graph = record_backward(z, tape=tape).graph
    drawn = shut(graph, {1, 2}).graph
    (weight,) = [node for node in drawn.nodes if node.role == "leaf"]
    assert weight.name == "model.a.weight" and len(drawn.outputs(weight.key)) == 2


def test_a_parameter_of_one_module_that_is_called_twice_is_in_its_boxes():
    graph = recorded_graph("twice")
    assert [n.role for n in shut(graph, {1, 2}).graph.nodes if n.role in ("leaf", "constant")] == [
        "constant"
    ]


def test_a_parameter_that_a_variable_names_stays_drawn():
    model, x = nn.Linear(3, 2), torch.ones(1, 3)
    w = model.weight
    with record_forward() as tape:
        z = model(x).sum()
    drawn = shut(record_backward(z, tape=tape, w=w).graph, {0}).graph
    assert [node.name for node in drawn.nodes if node.role == "leaf"] == ["w"]


def test_where_a_value_left_the_graph_is_drawn_from_and_to_a_box():
    class Cuts(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x):
            y = self.a(x)
            return (self.b(y.detach() * 2) - y).sum()

    model, x = Cuts(), torch.ones(1, 3)
    with record_forward() as tape:
        z = model(x)
    graph = record_backward(z, tape=tape).graph
    drawn = shut(graph, {1, 2}).graph
    (border,) = [edge for edge in drawn.edges if edge.border]
    assert drawn.maker(border.source).module.name == "model.a"
    assert [e.target for e in drawn.outputs(border.target)] == [
        node.key for node in drawn.nodes if node.module and node.module.name == "model.b"
    ]


def layers(kinds):
    """A chain of modules, each of two operations of these kinds."""
    sketch = Sketch()
    x, held = sketch.tensor(name="x"), []
    for kind in kinds:
        a = sketch.apply(kind, x)
        x = sketch.apply("exp", a)
        held.append([a, x])
    sketch.apply("neg", x)
    graph = scoped(sketch, *held)
    return shut(graph, set(range(len(held)))).graph


@pytest.mark.parametrize("times", [1, 2])
def test_fewer_than_three_boxes_stay_apart(times):
    assert chained(layers(["sin"] * times)) is None


def test_three_equal_boxes_are_one():
    drawn = chained(layers(["sin"] * 3)).graph
    (box, _) = [node for node in drawn.nodes if node.kind == "operation"]
    assert (box.module.name, box.module.last, box.module.times) == ("m0", "m2", 3)
    assert (box.count, box.module.operations, box.module.last_scope) == (6, 6, 2)
    assert [drawn.nodes[edge.source].name for edge in drawn.inputs(box.key)] == ["x"]


def test_boxes_that_differ_inside_stay_apart():
    assert chained(layers(["sin", "cos", "sin", "cos"])) is None


def test_boxes_whose_wiring_differs_stay_apart():
    def wired(sketch, x, first):
        a, b = sketch.apply("sin", x), sketch.apply("cos", x)
        return sketch.apply("sub", a, b) if first else sketch.apply("sub", b, a)

    for pattern, equal in (([1, 1, 1], True), ([1, 0, 1], False)):
        sketch = Sketch()
        x, held = sketch.tensor(name="x"), []
        for first in pattern:
            start = len(sketch.nodes)
            x = wired(sketch, x, first)
            held.append([n.key for n in sketch.nodes[start:] if n.kind == "tensor"])
        sketch.apply("neg", x)
        graph = shut(scoped(sketch, *held), {0, 1, 2}).graph
        assert (chained(graph) is not None) == equal


def test_a_named_result_between_boxes_keeps_them_apart():
    model, x = nn.Sequential(*[nn.Linear(3, 3) for _ in range(4)]), torch.ones(1, 3)
    with record_forward() as tape:
        h = model[1](model[0](x))
        z = model[3](model[2](h)).sum()
    graph = record_backward(z, tape=tape).graph
    assert chained(shut(graph, {0, 1, 2, 3}).graph) is None
    assert h is not None


def test_boxes_kept_for_another_call_are_the_same():
    torch.manual_seed(0)
    graph = graph_of(Encoder(), torch.randn(2, 5, 3))
    known = {}
    deep = [i for i, scope in enumerate(graph.scopes) if scope.depth == 2]
    for closed in itertools.chain([deep], ([one] for one in deep), [[0]], [deep]):
        assert shut(graph, set(closed), known) == shut(graph, set(closed))


def test_nothing_shut_is_the_graph_as_it_was():
    graph = recorded_graph("loop")
    drawn, whole = shut(graph, set()), unfolded(graph)
    assert drawn.graph.nodes == graph.nodes and drawn.nodes == whole.nodes
    assert sorted(drawn.graph.edges) == sorted(graph.edges)
