"""draw_graph: what a picture says of a tensor is so, drawing changes nothing, and no graph is too
much for it.
"""

import re
import warnings
from pathlib import Path

import autograd_seen
import numpy as np
import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.show.picture import MOST_OPERATIONS

from tests.autograd_seen.live.drawn import edges_of, operations_of, tensors_of
from tests.autograd_seen.shown import shown

ROOT = Path(autograd_seen.__file__).parents[2]


def leaf(value=3.0):
    return torch.tensor(value, requires_grad=True)


# What the picture says.


def test_without_any_argument_it_shows_the_road_from_x_to_z():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    picture = draw_graph(z)
    assert str(picture).splitlines() == [
        "Graph of z: 2 operations",
        "x           leaf            4",
        "y = x²      intermediate    16       PowBackward0 saves self",
        "z = sin(y)  root            -0.2879  SinBackward0 saves self",
    ]
    assert edges_of(picture) == [("x", "x²", 0), ("x²", "y", 0), ("y", "sin", 0), ("sin", "z", 0)]
    assert [node.class_name for node in operations_of(picture)] == ["PowBackward0", "SinBackward0"]
    assert tensors_of(picture)["x"].class_name == "torch::autograd::AccumulateGrad"


def test_tensors_and_operations_alternate():
    x = leaf()
    z = (x * x).sin() / (x + 2)
    picture = draw_graph(z)
    kinds = {
        (shown(picture.graph).nodes[e.source].kind, shown(picture.graph).nodes[e.target].kind)
        for e in picture.graph.edges
    }
    assert kinds == {("tensor", "operation"), ("operation", "tensor")}


def test_a_tensor_used_twice_has_two_edges():
    x = leaf()
    z = x * x
    assert edges_of(draw_graph(z)) == [("x", "×", 0), ("x", "×", 1), ("×", "z", 0)]


def test_the_four_roles():
    x, c = torch.ones(2, requires_grad=True), torch.tensor([3.0, 4.0])
    y = c * x
    z = y.sum()
    roles = {name: node.role for name, node in tensors_of(draw_graph(z)).items()}
    assert roles == {"x": "leaf", "c": "constant", "y": "intermediate", "z": "root"}


def test_the_root_is_the_tensor_that_was_passed():
    x = leaf()
    y = x**2
    z = y.sin()
    picture = draw_graph(y)
    assert shown(picture.graph).nodes[picture.graph.root].name == "y" and "z" not in tensors_of(
        picture
    )
    assert z.requires_grad


def test_a_leaf_by_itself_is_one_oval():
    x = leaf()
    picture = draw_graph(x)
    assert [node.role for node in shown(picture.graph).nodes] == [
        "leaf"
    ] and not picture.graph.edges


def test_a_value_comes_from_a_variable_or_from_what_is_saved_and_else_is_said_to_be_gone():
    x = torch.tensor([1.0, 7.0, 17.0], requires_grad=True)
    z = ((x + 1) * 2).sqrt().sum()
    shown = {node.name: (node.value, node.shape) for node in tensors_of(draw_graph(z)).values()}
    # Nothing holds what + and × made; sqrt has saved its own result.
    assert shown["#1"] == shown["#2"] == ("", (3,))
    assert shown["#3"] == ("[2, 4, 6]", (3,))
    text = str(draw_graph(z)).splitlines()
    assert [("value not kept" in line) for line in text[1:]] == [False, True, True, False, False]
    assert "value not kept" in draw_graph(z).svg


def test_what_cannot_be_read_is_not_said_to_be_gone():
    x = torch.ones(2, 3, dtype=torch.complex64, requires_grad=True)
    z = x * 2
    assert "value not kept" not in str(draw_graph(z))


def test_a_shape_and_a_dtype_are_shown_where_they_are_not_the_usual():
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    z = x.sum()
    assert "(2, 3) float64  [[0, 1, 2], [3, 4, 5]]" in str(draw_graph(z))
    assert "(2, 3) · float64" in draw_graph(z).svg


def test_grad_is_shown_where_there_is_one():
    x = leaf()
    y = x**2
    z = y * 5
    y.retain_grad()
    z.backward()
    nodes = tensors_of(draw_graph(z))
    assert (nodes["x"].grad, nodes["y"].grad, nodes["z"].grad) == ("30", "5", "")


def test_a_write_in_place_is_an_operation():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    view = y[1:]
    view.mul_(3)
    z = y.sum()
    picture = draw_graph(z)
    assert [node.name for node in operations_of(picture)] == ["× 2", "write into a view", "sum"]
    assert tensors_of(picture)["y"].value == "[2, 6, 6] now"


def test_double_backward_is_a_graph_like_any_other():
    x = leaf()
    y = x.sin()
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    (bend,) = torch.autograd.grad(slope, x, create_graph=True)
    assert tensors_of(draw_graph(bend))["bend"].value == "-0.1411"


# Names.


def test_a_name_goes_to_the_tensor_that_holds_it_now():
    x = leaf()
    first = x
    x = x.sin()
    x = x.cos()
    nodes = tensors_of(draw_graph(x))
    assert {name: node.role for name, node in nodes.items()} == {
        "first": "leaf",
        "#1": "intermediate",
        "x": "root",
    }
    assert first.is_leaf


def test_a_keyword_wins_over_a_variable():
    x = leaf()
    z = x.sin()
    assert set(tensors_of(draw_graph(z, angle=x, height=z))) == {"angle", "height"}


def test_a_keyword_takes_its_name_from_the_variable_that_has_it():
    x = leaf()
    y = x * 2
    z = y.sin()
    nodes = tensors_of(draw_graph(z, x=y))
    assert nodes["x"].role == "intermediate" and nodes["#1"].role == "leaf"


def test_tensors_in_lists_dicts_and_modules_have_their_names():
    layers = [leaf(), leaf(2.0)]
    params = {"w": leaf(1.5)}
    model = torch.nn.Linear(1, 1)
    z = model((layers[0] * layers[1] * params["w"]).reshape(1))
    assert {"layers[0]", "layers[1]", "params['w']", "model.weight", "model.bias"} <= set(
        tensors_of(draw_graph(z))
    )


def test_a_private_name_is_no_name():
    _x = leaf()
    z = _x.sin()
    assert set(tensors_of(draw_graph(z))) == {"#1", "z"}


# Drawing changes nothing.


def test_drawing_leaves_everything_as_it_was():
    fired = []
    x, w = leaf(), leaf(2.0)
    x.register_hook(lambda grad: fired.append("tensor"))
    y = x * w
    z = y.sin()
    z.grad_fn.register_hook(lambda *grads: fired.append("node"))
    z.grad_fn.register_prehook(lambda *grads: fired.append("prehook"))
    w.register_post_accumulate_grad_hook(lambda tensor: fired.append("accumulated"))
    x.grad = torch.tensor(7.0)
    kept = x.grad
    random_state, versions = torch.get_rng_state(), [t._version for t in (x, w, y, z)]
    _, _ = draw_graph(z).svg, str(draw_graph(z))
    assert not fired
    assert x.grad is kept and kept.item() == 7.0 and w.grad is None
    assert torch.equal(random_state, torch.get_rng_state())
    assert versions == [t._version for t in (x, w, y, z)]
    z.backward()
    assert sorted(fired) == ["accumulated", "node", "prehook", "tensor"]
    assert torch.isclose(w.grad, 3 * torch.cos(torch.tensor(6.0)))


def test_backward_gives_the_same_gradients_with_a_picture_as_without():
    def gradients(draw):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(), torch.nn.Dropout()
        )
        loss = (model(torch.rand(5, 3)) ** 2).mean()
        if draw:
            draw_graph(loss)
        loss.backward()
        return [parameter.grad for parameter in model.parameters()]

    assert all(
        torch.equal(one, two) for one, two in zip(gradients(True), gradients(False), strict=True)
    )


def test_what_a_subclass_does_with_calls_does_not_see_the_drawing():
    class Rude(torch.Tensor):
        rude = False

        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            assert not cls.rude
            return super().__torch_function__(function, types, args, kwargs or {})

    x = torch.tensor([1.5, 2.5]).as_subclass(Rude).requires_grad_()
    z = x.sum()
    Rude.rude = True
    picture = draw_graph(z, x=x)
    assert tensors_of(picture)["x"].value == "[1.5, 2.5]"


def test_drawing_warns_of_nothing():
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    z = y.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # reading .grad of an intermediate would warn
        _ = draw_graph(z).svg, draw_graph(z).source


# No graph is too much.


def one_of_its_own(**attributes):
    """A Function that doubles, and that keeps these attributes."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            for name, value in attributes.items():
                setattr(ctx, name, value)
            return 2 * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad

    return Double.apply


@pytest.mark.parametrize(
    "attribute", ["variable", "name", "saved", "exponent", "_raw_saved_x", "_saved_alpha"]
)
def test_a_function_may_keep_what_it_likes(attribute):
    x = leaf()
    z = one_of_its_own(**{attribute: "mine"})(x)
    assert [node.expression for node in operations_of(draw_graph(z))] == ["Double(x)"]


def saved_by_a_function():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            return 3 * ctx.saved_tensors[0] ** 2 * grad

    return Cube.apply(leaf())


def sparse_gradient():
    table = torch.nn.Embedding(5, 2, sparse=True)
    z = table(torch.tensor([1, 1])).sum()
    z.backward()
    return z


def nested():
    parts = [torch.ones(n, 3, requires_grad=True) for n in (2, 4)]
    return torch.nested.as_nested_tensor(parts, layout=torch.jagged) * 2


def shared(rungs=2_000):
    a = b = leaf(0.5)
    for _ in range(rungs):
        a, b = a + b, a * b
    return a + b


GRAPHS = {
    "complex": lambda: torch.ones(2, 3, dtype=torch.complex128, requires_grad=True) * 2,
    "complex number": lambda: torch.tensor(1 - 2j, requires_grad=True).abs(),
    "float16": lambda: torch.ones(2, 3, dtype=torch.float16, requires_grad=True).sum(),
    "bfloat16": lambda: torch.ones(5, dtype=torch.bfloat16, requires_grad=True) * 2,
    "float64": lambda: torch.ones(5, dtype=torch.float64, requires_grad=True).exp(),
    "meta": lambda: (torch.ones(2, 3, device="meta", requires_grad=True) * 2).exp(),
    "nan and inf": lambda: (
        torch.tensor([[float("nan"), float("inf")]], requires_grad=True).sum() * float("nan")
    ),
    "empty": lambda: torch.ones(0, 3, requires_grad=True).sum(),
    "sparse leaf": lambda: torch.sparse.mm(
        torch.eye(3).to_sparse().requires_grad_(), torch.ones(3, 2)
    ),
    "sparse gradient": sparse_gradient,
    "nested": nested,
    "parameter": lambda: torch.nn.Parameter(torch.ones(3)).norm(),
    "a function that saves": saved_by_a_function,
    "einsum": lambda: torch.einsum(
        "ij,jk->ik", torch.ones(2, 3, requires_grad=True), torch.ones(3, 2)
    ),
    "lstm": lambda: torch.nn.LSTM(2, 3)(torch.ones(4, 1, 2))[0],
    "attention": lambda: torch.nn.MultiheadAttention(4, 2)(*[torch.ones(3, 1, 4)] * 3)[0],
    "convolution": lambda: torch.nn.Conv2d(1, 2, 3)(torch.ones(1, 1, 5, 5)).relu(),
    "shared": shared,
}


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_any_graph_is_drawn_whole_or_says_where_it_stops(make):
    z = make()
    picture = draw_graph(z)
    forms = picture.svg + str(picture) + picture.source
    assert len(operations_of(picture)) <= MOST_OPERATIONS
    assert (picture.graph.limit is None) == ("continues" not in forms)
    assert all(edge.source < edge.target for edge in picture.graph.edges)


def test_a_freed_graph_is_drawn_for_every_kind_of_saving():
    v, rows = torch.arange(3.0, requires_grad=True), torch.tensor([0])
    z = torch.cat([v[rows], v.exp(), v * v]).prod() + saved_by_a_function()
    z.backward()
    picture = draw_graph(z)
    freed = {node.class_name for node in operations_of(picture) if node.freed}
    assert freed == {
        "IndexBackward0",
        "ExpBackward0",
        "MulBackward0",
        "ProdBackward0",
        "CubeBackward",
    }


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_mode_in_which_it_is_called_is_all_one(mode):
    x = leaf()
    z = x.sin()
    outside = str(draw_graph(z)), str(draw_graph(x))
    with mode():
        assert (str(draw_graph(z)), str(draw_graph(x))) == outside


def test_inside_torch_func_grad_the_graph_is_the_one_being_built():
    pictures = []

    def f(a):
        b = a * a
        pictures.append(draw_graph(b))
        return b

    assert torch.func.grad(f)(torch.tensor(3.0)) == 6
    assert str(pictures[0]).splitlines()[-1].split()[:6] == ["b", "=", "a", "×", "a", "root"]
    assert tensors_of(pictures[0])["b"].value == "9"


def test_a_dead_tensor_among_the_callers_names_does_no_harm():
    kept = []
    torch.func.vmap(torch.func.grad(lambda a: kept.append(a * a) or a.sin()))(torch.ones(2))
    dead = kept[0]
    lazy = torch.nn.LazyLinear(3)
    x = leaf()
    z = x.sin()
    assert set(tensors_of(draw_graph(z))) == {"x", "z"}
    assert dead is not None and lazy is not None


def test_a_recording_takes_neither_names_nor_a_tape():
    x = leaf()
    with record_forward() as tape:
        z = x.sin()
    for more in ({"tape": tape}, {"x": x}):
        with pytest.raises(TypeError, match="nor a tape: give them to record_backward"):
            draw_graph(record_backward(z), **more)


def test_a_long_graph_stops_at_the_stated_number_and_says_so():
    z = leaf()
    for i in range(50):
        z = z.clamp(max=i + 1.5)
    picture = draw_graph(z, max_operations=7)
    assert len(operations_of(picture)) == picture.graph.limit == 7
    (cut,) = (node for node in shown(picture.graph).nodes if node.kind == "cut")
    assert cut.notes == ("continues, not drawn",)
    assert str(picture).splitlines()[1] == "… continues, not drawn: only the last 7 operations are"
    assert "continues, not drawn" in picture.svg and "continues, not drawn" in picture.source
    assert draw_graph(z, max_operations=50).graph.limit is None


# What cannot be drawn gets one line.

with torch.inference_mode():
    INFERENCE = torch.ones(2) * 2

NOT_DRAWN = [
    (3, TypeError, "got an int: .* pass the tensor"),
    (2.5, TypeError, "got a float: .* pass the tensor"),
    (np.ones(2), TypeError, "got a ndarray: .* pass the tensor"),
    ([leaf()], TypeError, "got a list: pass one of its tensors"),
    ((leaf(),), TypeError, "got a tuple: pass one of its tensors"),
    ({"z": leaf()}, TypeError, "got a dict: pass one of its tensors"),
    (
        torch.nn.Linear(1, 1),
        TypeError,
        r"got a Linear: pass what the module returns, such as draw_graph\(model",
    ),
    (None, TypeError, "got a NoneType: pass the tensor at the end"),
    ("z", TypeError, "got a str: pass the tensor at the end"),
    (
        torch.tensor(1.0),
        ValueError,
        "requires_grad is False and grad_fn is None. Give an input requires_grad=True",
    ),
    (torch.tensor(1), ValueError, "requires_grad is False"),
    (leaf().detach(), ValueError, r"without detach\(\)"),
    (INFERENCE, ValueError, r"under torch.inference_mode\(\). Compute it outside"),
]


@pytest.mark.parametrize(
    ("thing", "error", "says"), NOT_DRAWN, ids=[says[:20] for _, _, says in NOT_DRAWN]
)
def test_what_cannot_be_drawn_is_named_with_what_to_pass(thing, error, says):
    x = leaf()
    for names in ({}, {"x": x}):
        with pytest.raises(error, match=says) as raised:
            draw_graph(thing, **names)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (
            {"direction": "up"},
            ValueError,
            "direction='up' is unknown: use 'auto', 'right' or 'down'",
        ),
        ({"direction": ["up"]}, ValueError, "use 'auto', 'right' or 'down'"),
        ({"direction": None}, ValueError, "use 'auto', 'right' or 'down'"),
        ({"max_operations": 0}, ValueError, "max_operations=0: use a whole number of at least 1"),
        ({"max_operations": True}, ValueError, "use a whole number"),
        ({"max_operations": 2.0}, ValueError, "use a whole number"),
        ({"engine": "neato"}, ValueError, "engine='neato' is unknown: use 'embedded', or 'dot'"),
        ({"a": 3}, TypeError, "a=… names a tensor of the graph, and got an int"),
        ({"a": None}, TypeError, "a=… names a tensor of the graph, and got a NoneType"),
        ({"a": leaf(1.5)}, ValueError, "a=… names a tensor that is not in this graph"),
        ({"a": leaf(1.5).sin()}, ValueError, "a=… names a tensor that is not in this graph"),
        ({"a\n" * 5_000: 3}, TypeError, "names a tensor of the graph"),
    ],
)
def test_a_wrong_argument_is_named_with_the_right_ones(options, error, says):
    x = leaf()
    z = x.sin()
    with pytest.raises(error, match=says) as raised:
        draw_graph(z, **options)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 200


def test_a_constant_may_be_named_though_no_operation_kept_it():
    x, c = leaf(), torch.tensor(2.0)
    z = x + c
    assert set(tensors_of(draw_graph(z, c=c))) == {"x", "z"}


@pytest.mark.parametrize(
    "modules, error, told",
    [
        (True, TypeError, "modules=a bool: pass 'auto'"),
        (1.5, TypeError, "modules=a float: pass 'auto'"),
        ([1], TypeError, "modules=a list: pass 'auto'"),
        (-1, ValueError, "modules=-1: use a whole number of at least 0"),
        ("a", ValueError, "modules='a': no module of that name ran in this graph"),
    ],
)
def test_what_opens_no_module_raises(modules, error, told):
    x = torch.tensor(2.0, requires_grad=True)
    with pytest.raises(error, match=re.escape(told)):
        draw_graph(x * 2, modules=modules)


def test_a_module_shows_in_text_dot_and_files(tmp_path):
    layer, x = torch.nn.Linear(2, 1), torch.ones(1, 2)
    with record_forward() as tape:
        z = layer(x)
    shut = draw_graph(z, tape=tape, modules=0)
    opened = draw_graph(z, tape=tape, modules=1)
    assert "z = layer(x)" in str(shut)
    assert "Linear, 2 operations, 3 parameters, saves 8 bytes" in str(shut)
    assert "╭ layer, Linear" in str(opened) and "1 box" in str(shut)
    assert "layer" in shut.source and 'label="layer\\nLinear"' in opened.source
    for picture in (shut, opened):
        for ending in (".svg", ".png", ".dot"):
            assert picture.save(tmp_path / f"picture{ending}").stat().st_size > 300
