"""The pictures that several tests look at."""

import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.graph import Edge, Fact, Graph, Node, Note
from autograd_seen.live.operations import operator
from autograd_seen.show.content import content
from autograd_seen.show.scene import place
from autograd_seen.values import Value

HOSTILE = [
    "<b>&\"'",
    "a\nb",
    "x" * 10_000,
    "\ud800",
    "back\\slash\\N\\",
    "]]>",
    "<b>x</b>",
    "\x00",
    "--",
    "${x}",
]


def compose(graph, direction="auto", gradients=None):
    """The scene of a graph; with a pass through it, also what flowed back."""
    return place(graph, content(graph, gradients), direction)


def sine():
    x = torch.tensor(4.0, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    return draw_graph(z)


def neuron():
    """Binary cross-entropy of one neuron, written out term by term."""
    x, t = torch.tensor(3.0), torch.tensor(1.0)
    w, b = torch.tensor(0.5, requires_grad=True), torch.tensor(-0.2, requires_grad=True)
    z = w * x + b
    p = 1 / (1 + torch.exp(-z))
    L = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return draw_graph(L)


def network():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    x, t = torch.rand(8, 2), torch.rand(8, 1)
    loss = torch.nn.functional.mse_loss(model(x), t)
    return draw_graph(loss)


LESSONS = [sine, neuron, network]


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def recorded_sine():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    return draw_graph(record_backward(z))


def square():
    x = leaf(3.0)
    z = x * x
    return draw_graph(record_backward(z))


def diamond():
    x = leaf(0.7)
    z = x.sin() * x.exp()
    return draw_graph(record_backward(z))


def fan():
    x = leaf(0.7)
    z = x.sin() * x.exp() * x.cos() * (x + 1)
    return draw_graph(record_backward(z))


def mean():
    v = torch.tensor([1.5, 2.5, 7.0], requires_grad=True)
    m = (v**2).mean()
    return draw_graph(record_backward(m))


def the_neuron_of_lesson_03():
    x, t, w, b = torch.tensor(6.7), torch.tensor(0.0), leaf(1.0), leaf(0.0)
    with record_forward() as tape:
        z = w * x + b
        p = torch.sigmoid(z)
        L = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return draw_graph(record_backward(L, tape=tape, target=t))


def the_line_of_lesson_06():
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    t, w, b = 2 * x, leaf(0.0), leaf(0.0)
    p = w * x + b
    r = p - t
    L = (r**2).mean()
    return draw_graph(record_backward(L))


def a_pass_that_ends_in_nan():
    z = leaf(20.0)
    p = torch.sigmoid(z)
    L = -torch.log(1 - p)
    return draw_graph(record_backward(L))


def hooked():
    x = leaf(2.0)
    h = x * 3
    once = x.exp()
    once.register_hook(lambda gradient: gradient * 10)
    h.register_hook(lambda gradient: gradient + 1)
    z = (once * h).sin() + h
    del once
    return draw_graph(record_backward(z))


def recorded_network():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    loss = torch.nn.functional.mse_loss(model(torch.rand(5, 3)), torch.rand(5, 1))
    return draw_graph(record_backward(loss))


def residual():
    torch.manual_seed(0)
    one, two, norm = torch.nn.Conv2d(3, 3, 1), torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3)
    x = torch.rand(2, 3, 4, 4)
    h = torch.relu(norm(one(x)))
    loss = torch.relu(two(h) + x * 2 + h).mean()
    return draw_graph(loss)


def complex_and_mapped():
    x = torch.tensor([1.0 + 2j, 3.0 - 1j], requires_grad=True)
    y = torch.vmap(lambda v: (v * v.conj()).real.exp())(x)
    z = (y * torch.view_as_real(x).sum(-1)).sum()
    return draw_graph(record_backward(z))


def several_results():
    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    a, b, c = (x * 2).unbind()
    ordered, _ = x.sort()
    z = a.sin() * b.exp() - c + ordered.exp().sum()
    del a, b, c, ordered
    return draw_graph(record_backward(z))


def blocks_in_blocks():
    x = leaf(0.5)
    for _ in range(4):
        for _ in range(4):
            x = (torch.sin(x) * x).cos()
        x = x.exp() + x
    return draw_graph(x)


def transformer():
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return draw_graph(model(torch.rand(2, 3, 8)).sum())


def matrices():
    """A product of small matrices and a vector of six numbers, with gradients held before."""
    X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])
    W = torch.tensor([[0.5, -1.25], [2.0, 0.3], [1 / 3, 400.0]], requires_grad=True)
    b = torch.tensor([0.25, -1.5, 3.0, 1e-5, 7.0, 1 / 7], requires_grad=True)
    (X @ W * 0.1).sum().backward()
    loss = ((X @ W).tanh() ** 2).sum() + (b**3).sum()
    return draw_graph(record_backward(loss))


#: Graphs of many forms, most of them with a pass.
MANY = [
    matrices,
    recorded_sine,
    square,
    diamond,
    fan,
    mean,
    the_neuron_of_lesson_03,
    the_line_of_lesson_06,
    a_pass_that_ends_in_nan,
    hooked,
    recorded_network,
    residual,
    complex_and_mapped,
    several_results,
    blocks_in_blocks,
    transformer,
]


def hostile():
    tensors = {name: torch.tensor(1.5, requires_grad=True) for name in HOSTILE}
    z = sum(tensors.values())
    return draw_graph(z, **{"<i>&\n\\N\\": tensors[HOSTILE[0]]})


def every_role():
    """A graph that no tensor has: one node of each kind and role, and one label."""
    nodes = [
        Node(0, "tensor", "leaf", "x", shape=(), dtype="float32", value=Value(1, (), (4,))),
        Node(1, "tensor", "constant", "c", shape=(), dtype="float32", value=Value(1, (), (3,))),
        Node(
            2,
            "operation",
            "operation",
            operator=operator("MulBackward0"),
            arity=2,
            class_name="MulBackward0",
        ),
        Node(3, "tensor", "intermediate", "y", named=True, shape=(), dtype="float32"),
        Node(4, "cut", "cut", class_name="SinBackward0", notes=(Note(Fact.CONTINUES),)),
        Node(5, "tensor", "intermediate", "#1", shape=(2,), dtype="float32"),
        Node(
            6,
            "operation",
            "operation",
            operator=operator("AddBackward0"),
            arity=2,
            class_name="AddBackward0",
            freed=True,
        ),
        Node(7, "tensor", "root", "z", shape=(2,), dtype="float32", value=Value(2, (2,), (1, 2))),
    ]
    ends = [(0, 2, 0), (1, 2, 1), (2, 3, 0), (3, 6, 0), (4, 5, 0), (5, 6, 1), (6, 7, 0)]
    return Graph(tuple(nodes), tuple(Edge(*three) for three in ends), 7, limit=2)
