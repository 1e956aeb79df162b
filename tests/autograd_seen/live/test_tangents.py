"""record_jvp: a nudge travels forward through a graph as torch.func.jvp says, or is not known."""

import pytest
import torch
import torch.nn.functional as F
from autograd_seen import draw_graph, record_jvp, step_through
from autograd_seen.graph import Fact
from autograd_seen.live.tangents import push_through

from tests.autograd_seen.live.drawn import function, leaf


def numbers(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=dtype) + 0.25


def written(x):
    y = x * 2
    y[0] = x[1] * x[2]
    y.mul_(x)
    return y.sum(1)


def of_a_function(x, w):
    h = torch.tanh(x @ w)
    return F.layer_norm(h, h.shape[-1:]).softmax(-1).cumsum(0)


CASES = {
    "sin": (torch.sin, [()]),
    "one tensor twice": (lambda x: x * x * x, [()]),
    "two paths that meet": (lambda x, w: (w * x + x) * torch.exp(w), [(), ()]),
    "broadcast": (lambda x, b: (x + b) * b, [(2, 3), (3,)]),
    "a number and a matrix": (lambda x, c: x / c - c, [(2, 3), ()]),
    "matmul": (lambda x, w: x @ w, [(2, 3), (3, 4)]),
    "linear": (F.linear, [(2, 3), (4, 3), (4,)]),
    "a small network": (of_a_function, [(2, 3), (3, 4)]),
    "split": (lambda x: torch.mul(*x.split(2)), [(4,)]),
    "unbind": (lambda x: sum(k * one for k, one in enumerate(x.unbind())), [(3, 2)]),
    "max": (lambda x: x.max(0).values, [(3, 2)]),
    "sorted": (lambda x: x.sort().values * torch.arange(4.0), [(4,)]),
    "linalg": (lambda a, b: torch.linalg.solve(a @ a.T + torch.eye(3), b), [(3, 3), (3,)]),
    "eigh": (lambda a: torch.linalg.eigh(a + a.T).eigenvalues, [(3, 3)]),
    "written in place": (written, [(3, 2)]),
    "convolution": (lambda x, w: F.conv2d(x, w, padding=1), [(1, 2, 4, 4), (3, 2, 3, 3)]),
    "cross entropy": (lambda x: F.cross_entropy(x, torch.tensor([1, 0])), [(2, 3)]),
    "picked": (lambda x: x[torch.tensor([0, 2, 2])] ** 2, [(3, 2)]),
    "norm": (lambda x: x.norm(dim=1) + x.prod(1).log(), [(2, 3)]),
    "cast": (lambda x: (x.float() * 2).double(), [(3,)]),
    "complex": (lambda x: (torch.exp(1j * x) * (2 + x)).abs(), [(3,)]),
    "to a complex number": (lambda x, y: torch.complex(x, y) ** 3, [(3,), (3,)]),
    "stacked": (lambda x, y: torch.stack([x, y, x * y]).logsumexp(0), [(2,), (2,)]),
    "not on the way": (lambda x, y: x.sin() + y.detach(), [(2,), (2,)]),
}


# What PyTorch's forward mode is made of says so when it is first used.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
@pytest.mark.parametrize("case", CASES)
def test_what_arrives_is_what_torch_func_jvp_says(case):
    f, shapes = CASES[case]
    primals = [numbers(*shape, seed=k) for k, shape in enumerate(shapes)]
    tangents = [numbers(*shape, seed=9 + k) for k, shape in enumerate(shapes)]
    expected = torch.func.jvp(f, tuple(primals), tuple(tangents))[1]
    leaves = [one.clone().requires_grad_() for one in primals]
    output = f(*leaves)
    used = draw_graph(output, fold=False).graph.nodes
    count = sum(node.role == "leaf" for node in used)
    nudges = dict(list(zip(leaves, tangents, strict=True))[:count])
    found = record_jvp(output, nudges).output
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert torch.allclose(found, expected, rtol=1e-9 if case != "cast" else 1e-5)


def test_of_each_leaf_alone_the_parts_sum_to_the_whole():
    x, w = leaf(4.0), leaf(3.0)
    z = (w * x + x) * torch.exp(w)
    both = record_jvp(z, {x: 1.0, w: 0.5}).output
    alone = record_jvp(z, {x: 1.0}).output + record_jvp(z, {w: 0.5}).output
    assert torch.isclose(both, alone)
    gx, gw = torch.autograd.grad(z, (x, w))
    assert torch.isclose(both, gx + 0.5 * gw)


def test_a_step_adds_what_each_nudged_input_gives():
    x, w = leaf(4.0), leaf(3.0)
    jvp = record_jvp(w * x, {x: 1.0, w: 0.5})
    (step,) = jvp.steps
    assert [(str(one.local), str(one.sent)) for one in step.flows] == [("4", "2"), ("3", "3")]
    assert str(step.sent[0]) == "5" == str(jvp.tangents[jvp.graph.root])


def test_what_no_nudge_reaches_has_no_step():
    x, w = leaf(4.0), leaf(3.0)
    jvp = record_jvp(w.exp() * x.sin(), {x: 1.0})
    names = [jvp.graph.nodes[step.node].class_name for step in jvp.steps]
    assert names == ["SinBackward0", "MulBackward0"] and len(jvp.steps[1].flows) == 1


def test_a_frozen_path_gives_no_nudge_at_all():
    x, w = leaf(4.0), leaf(3.0)
    z = w.exp() * 2
    with pytest.raises(ValueError, match="no leaf of this graph"):
        record_jvp(z, {x: 1.0})
    assert record_jvp(z, {}).output == 0


def test_one_leaf_with_one_number_is_nudged_by_one():
    x = leaf(4.0)
    assert record_jvp(torch.sin(x**2)).output == torch.autograd.grad(torch.sin(x**2), x)[0]
    assert record_jvp(x).output == 1


# What it says it does not know.


def test_a_function_in_python_is_not_asked_and_what_follows_is_not_known():
    asked = []

    def forward(ctx, x):
        return x * 2

    def backward(ctx, g):
        asked.append(g)
        return g * 2

    x = leaf(3.0)
    y = function(forward, backward)(x.sin())
    z = y * 5 + x
    jvp = record_jvp(z, {x: 1.0})
    assert jvp.output is None and asked == []
    sine, mine, *later = jvp.steps
    assert sine.sent[0] is not None and [one.fact for one in mine.notes] == [
        Fact.FUNCTION_NOT_ASKED
    ]
    assert all(step.sent == (None,) for step in (mine, *later))
    text = str(draw_graph(jvp))
    assert "a Function in Python is not asked" in text and "not known → z" in text


def test_what_a_hook_has_packed_is_not_unpacked():
    unpacked, x = [], leaf(3.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: unpacked.append(t) or t):
        z = x.sin() + 1
    jvp = record_jvp(z, {x: 1.0})
    assert jvp.output is None and unpacked == []
    assert [one.fact for one in jvp.steps[0].notes] == [Fact.PACKED_NOT_ASKED]


def test_a_node_without_a_second_derivative_is_said_to_have_none():
    q = torch.arange(1.0, 9).requires_grad_()
    view = q.view(1, 1, 4, 2)
    z = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(view, view, view)[0]
    jvp = record_jvp(z.sum(), {q: torch.ones(8)})
    assert jvp.output is None
    assert Fact.NOT_TWICE_DIFFERENTIABLE in {n.fact for step in jvp.steps for n in step.notes}


def test_what_comes_from_beyond_what_was_looked_at_is_not_known():
    x = leaf(0.5)
    z = x.sin().cos().exp() * x
    jvp = record_jvp(z, {x: 1.0}, max_operations=2)
    assert jvp.output is None


# What it leaves alone.


def test_nothing_is_changed_by_it():
    ran, x, w = [], leaf(4.0), leaf(3.0)
    y = w * x
    y.retain_grad()
    y.register_hook(ran.append)
    z = torch.dropout(torch.sin(y) * x, 0.0, True)
    z.grad_fn.register_hook(lambda *_: ran.append("node"))
    before = torch.get_rng_state(), [one._version for one in (x, w, y, z)]
    first, second = (record_jvp(z, {x: 1.0}) for _ in range(2))
    assert first == second and torch.equal(first.output, second.output)
    assert (x.grad, w.grad, y.grad, ran) == (None, None, None, [])
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == [one._version for one in (x, w, y, z)]
    z.backward()  # nothing was freed
    assert x.grad is not None


def test_hooks_of_the_callers_do_not_see_what_is_saved_meanwhile():
    x, packed = leaf(4.0), []
    z = torch.sin(x**2)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        record_jvp(z, {x: 1.0})
    assert packed == []


def test_it_runs_where_nothing_is_recorded():
    x = leaf(4.0)
    z = torch.sin(x**2)
    expected = record_jvp(z, {x: 1.0}).output
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert record_jvp(z, {x: 1.0}).output == expected


def test_a_nudge_that_is_written_into_later_was_its_own():
    x, nudge = torch.tensor([1.0, 2.0], requires_grad=True), torch.ones(2)
    same, tripled = (record_jvp(one, {x: nudge}) for one in (x, x * 3))
    nudge.zero_()
    assert (same.output.tolist(), tripled.output.tolist()) == ([1, 1], [3, 3])
    assert not tripled.output.requires_grad


def test_a_node_is_pushed_through_where_nothing_is_recorded():
    z = leaf(3.0) * 2
    with torch.no_grad():
        assert push_through(z.grad_fn, {0: torch.tensor(5.0)}) == {0: (torch.tensor(10.0),)}


# What is refused.


def test_a_graph_that_was_freed_or_written_into_is_refused():
    x = leaf(4.0)
    z = torch.sin(x**2)
    z.backward()
    with pytest.raises(RuntimeError, match="a backward pass has freed it: compute"):
        record_jvp(z, {x: 1.0})
    y = x.exp()
    z = y.sin()
    y.data  # noqa: B018
    with torch.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="SinBackward0 saved a value that was overwritten"):
        record_jvp(z, {x: 1.0})


@pytest.mark.parametrize(
    ("tangents", "error", "message"),
    [
        (lambda x: None, ValueError, r"the leaf has the shape \(2,\): say how far"),
        (lambda x: 1.0, TypeError, r"say which leaf is nudged, and got a float: pass \{x: 1.0\}"),
        (lambda x: {"x": 1.0}, TypeError, "a leaf of the graph, and got a str"),
        (lambda x: {x: torch.ones(3)}, ValueError, r"has the shape \(3,\), and x has \(2,\)"),
        (
            lambda x: {x: "1"},
            TypeError,
            "the nudge of x must be a number or a tensor, and got a str",
        ),
        (lambda x: {x: True}, TypeError, "got a bool"),
        (lambda x: {x: 1j}, TypeError, "the nudge of x is complex, and x is float32"),
        (lambda x: {x: torch.ones(2) * 1j}, TypeError, "the nudge of x is complex"),
        (lambda x: {x.clone(): 1.0}, ValueError, r"no leaf of this graph.*its leaves are x"),
    ],
)
def test_a_nudge_that_does_not_fit_is_refused_with_what_to_pass(tangents, error, message):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    z = x.sin()
    with pytest.raises(error, match=message):
        record_jvp(z, tangents(x))


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match="needs a tensor as its output, and got a float"):
        record_jvp(3.0)
    with pytest.raises(ValueError, match="needs a tensor with a graph"):
        record_jvp(torch.tensor(3.0))
    x, w = leaf(4.0), leaf(3.0)
    with pytest.raises(ValueError, match=r"the leaves .*: say which is nudged"):
        record_jvp(x * w)


def test_a_player_goes_one_way():
    x = leaf(4.0)
    z = x.sin()
    with pytest.raises(TypeError, match="pass one of them"):
        step_through(z, torch.tensor(1.0), tangents={x: 1.0})
    with pytest.raises(TypeError, match="takes nothing else"):
        step_through(record_jvp(z), tangents={x: 1.0})
    with pytest.raises(TypeError, match="takes neither names nor a tape"):
        draw_graph(record_jvp(z), z=z)
