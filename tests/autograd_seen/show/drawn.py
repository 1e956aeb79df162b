"""The pictures that several tests look at."""

import torch
from autograd_seen import draw_graph
from autograd_seen.graph import Edge, Fact, Graph, Node, Note
from autograd_seen.live.operations import operator
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


def hostile():
    tensors = {name: torch.tensor(1.5, requires_grad=True) for name in HOSTILE}
    z = sum(tensors.values())
    return draw_graph(z, **{"<i>&\n\\N\\": tensors[HOSTILE[0]]})


def every_role():
    """A graph that no tensor has: one node of each kind and role."""
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
        Node(3, "tensor", "intermediate", "y", shape=(), dtype="float32"),
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
