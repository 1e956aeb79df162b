"""In which call of a module each operation ran: by its number among autograd's nodes."""

import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.autograd_seen.live.drawn import function
from tests.autograd_seen.nets import Encoder, Loop, Twice, nets


def scopes_of(graph):
    """(name, class, depth, what ran there itself) of each call."""
    inner = {}
    for scope in graph.scopes:
        inner.setdefault(scope.parent, set()).update(scope.nodes)
    told = []
    for place, scope in enumerate(graph.scopes):
        own = sorted(scope.nodes - inner.get(place, set()))
        kinds = [graph.nodes[key].class_name.removesuffix("Backward0") for key in own]
        told.append((scope.module.name, scope.module.kind, scope.depth, kinds))
    return told


def test_without_a_tape_there_are_no_calls():
    model, x = Twice(), torch.ones(1, 3)
    assert record_backward(model(x).sum()).graph.scopes == ()


def test_names_are_those_of_the_variable_and_of_named_modules():
    model, x = Twice(), torch.ones(1, 3)
    with record_forward() as tape:
        z = model(x).sum()
    assert scopes_of(record_backward(z, tape=tape).graph) == [
        ("model", "Twice", 0, ["Tanh", "Mul", "Sum"]),
        ("model.a", "Linear", 1, ["T", "Addmm"]),
        ("model.a", "Linear", 1, ["T", "Addmm"]),
    ]


def test_a_module_that_no_variable_leads_to_has_its_class_and_its_own_names():
    with record_forward() as tape:
        z = Twice()(torch.ones(1, 3))
    assert [
        (name, kind) for name, kind, _, _ in scopes_of(record_backward(z.sum(), tape=tape).graph)
    ] == [
        ("", "Twice"),
        ("a", "Linear"),
        ("a", "Linear"),
    ]


def test_a_part_that_is_called_alone_is_named_from_its_variable():
    model, x = Twice(), torch.ones(1, 3)
    with record_forward() as tape:
        z = model.a(x).sum()
    assert record_backward(z, tape=tape).graph.scopes[0].module.name == "model.a"


def test_a_variable_of_a_part_wins_over_a_path_to_it():
    model, x = Twice(), torch.ones(1, 3)
    part = model.a
    with record_forward() as tape:
        z = part(x).sum()
    assert record_backward(z, tape=tape).graph.scopes[0].module.name == "part"


def test_names_that_raise_are_left_out():
    class Odd(nn.Module):
        def named_modules(self, *given, **more):
            raise RuntimeError

        def forward(self, x):
            return x * 2

    model = Odd()
    with record_forward() as tape:
        z = model(torch.ones(1, requires_grad=True))
    assert [scope.module.name for scope in record_backward(z, tape=tape).graph.scopes] == ["model"]


def test_parameters_that_raise_are_not_counted():
    class Odd(nn.Linear):
        def parameters(self, *given):
            raise RuntimeError

    model = Odd(2, 1)
    with record_forward() as tape:
        z = model(torch.ones(1, 2))
    (scope,) = record_backward(z, tape=tape).graph.scopes
    assert scope.module.parameters is None and not scope.own


@pytest.mark.parametrize("name", nets())
def test_every_operation_of_the_model_is_in_its_scope_and_no_other(name):
    model, x = nets()[name]
    before = x.clone().requires_grad_().sin()
    with record_forward() as tape:
        z = (model(before) * 2).exp()
    graph = record_backward(z, tape=tape).graph
    outside = {node.key for node in graph.nodes if node.kind == "operation"} - graph.scopes[0].nodes
    kinds = sorted(graph.nodes[key].class_name for key in outside)
    assert kinds == ["ExpBackward0", "MulBackward0", "SinBackward0"]


def test_a_call_is_inside_the_one_that_ran_it():
    model, x = Encoder(), torch.randn(2, 5, 3)
    with record_forward() as tape:
        z = model(x)
    graph = record_backward(z, tape=tape).graph
    for scope in graph.scopes:
        if scope.parent is not None:
            parent = graph.scopes[scope.parent]
            assert scope.nodes <= parent.nodes and scope.depth == parent.depth + 1
            assert scope.module.name.startswith(f"{parent.module.name}.")
    layers = [s.module.name for s in graph.scopes if s.module.kind == "TransformerEncoderLayer"]
    assert layers == [f"model.encoder.layers.{i}" for i in range(4)]


def test_calls_of_one_module_are_counted():
    model, x = Loop(), torch.randn(4, 2)
    with record_forward() as tape:
        z = model(x)
    graph = record_backward(z, tape=tape).graph
    cells = [scope for scope in graph.scopes if scope.module.kind == "LSTMCell"]
    assert [scope.module.call for scope in cells] == [(i, 4) for i in range(1, 5)]
    assert {scope.first for scope in cells} == {graph.scopes.index(cells[0])}


def test_a_function_written_in_python_is_in_the_module_that_applies_it():
    double = function(lambda ctx, x: x * 2, lambda ctx, grad: grad * 2)

    class Applies(nn.Module):
        def forward(self, x):
            return double(x)

    model = Applies()
    with record_forward() as tape:
        z = model(torch.ones(1, requires_grad=True)).sin()
    graph = record_backward(z, tape=tape).graph
    assert scopes_of(graph) == [("model", "Applies", 0, ["MineBackward"])]


def test_what_runs_after_a_forward_that_raised_is_outside():
    class Bad(nn.Module):
        def forward(self, x):
            self.h = x * 2
            raise ValueError

    model = Bad()
    with record_forward() as tape:
        with pytest.raises(ValueError):
            model(torch.ones(1, requires_grad=True))
        z = model.h.sin()
    assert scopes_of(record_backward(z, tape=tape).graph) == [("model", "Bad", 0, ["Mul"])]


def test_a_checkpointed_module_stands_where_it_was_called():
    class Checks(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Sequential(nn.Linear(3, 3), nn.Tanh()), nn.Linear(3, 1)

        def forward(self, x):
            return self.b(checkpoint(self.a, x, use_reentrant=False))

    model, x = Checks(), torch.ones(2, 3)
    with record_forward() as tape:
        z = model(x).sum()
        first = record_backward(z, tape=tape).graph
        again = record_backward(z, tape=tape).graph
    names = ["model", "model.a", "model.a.0", "model.a.1", "model.b"]
    assert [scope.module.name for scope in first.scopes] == names
    assert [scope.module.name for scope in again.scopes] == names


def test_a_modules_own_are_its_parameters_and_what_was_made_in_it():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(3))
            self.register_buffer("scale", torch.ones(3))

        def forward(self, x, noise):
            mask = torch.rand(3) > -1
            return self.w * self.scale * x * mask.float() * noise

    model, x = Noisy(), torch.ones(3)
    with record_forward() as tape:
        z = model(x, torch.rand(3))
    graph = record_backward(z.sum(), tape=tape).graph
    shown = {node.key: node for node in graph.nodes if node.role in ("leaf", "constant")}
    own = graph.scopes[0].own
    assert [shown[key].role for key in sorted(own)] == ["leaf", "constant", "constant"]
    # The input, and noise that came from outside.
    assert [node.name for key, node in shown.items() if key not in own][:1] == ["x"]
    assert len(shown) - len(own) == 2


def test_a_dropouts_mask_is_its_own_and_a_view_of_the_input_is_not():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
    x = torch.ones(2, 5, 3)
    with record_forward() as tape:
        z = model(x).sum()
    graph = record_backward(z, tape=tape).graph
    constants = {node.key: node.shape for node in graph.nodes if node.role == "constant"}
    own = graph.scopes[0].own
    assert sorted(constants.values()) == [(2, 5, 4), (10, 3)]
    assert [constants[key] for key in own & constants.keys()] == [(2, 5, 4)]


def test_a_full_tape_still_knows_what_was_made_inside():
    from autograd_seen.live import forward

    class Noisy(nn.Module):
        def forward(self, x):
            return x * torch.rand(3)

    model, x = Noisy(), torch.ones(3, requires_grad=True)
    with record_forward() as tape:
        for _ in range(forward.MOST_TOUCHED + 5):
            torch.ones(1)
        z = (model(x) * torch.rand(3)).sum()
    assert tape.full
    graph = record_backward(z, tape=tape).graph
    made = [node.key for node in graph.nodes if node.role == "constant"]
    assert len(made) == 2 and set(graph.scopes[0].own) == {made[0]}


def test_the_picture_is_the_same_while_the_module_still_runs():
    drawn = []

    class Draws(nn.Module):
        def forward(self, x):
            y = (x * 2).sin()
            drawn.append(draw_graph(y, tape=self.tape, modules=0))
            return y

    model, x = Draws(), torch.ones(1, requires_grad=True)
    with record_forward() as tape:
        object.__setattr__(model, "tape", tape)
        model(x)
    (box,) = [node for node in drawn[0].graph.nodes if node.kind == "operation"]
    assert box.module.kind == "Draws" and box.module.operations == 2
