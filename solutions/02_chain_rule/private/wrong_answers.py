"""Answers to assignment 02."""

import math

import torch

from tests.wrong_answers import OF_A_GRAPH, Table


def composed(f):
    """The slope of f at a number, by autograd."""

    def slope(x):
        x = torch.tensor(float(x), requires_grad=True)
        return torch.autograd.grad(f(x), x)[0]

    return slope


def walk(z, arriving=None, stop=0, limit=99):
    """Calls the nodes from z back, all but `stop` of them and at most `limit`."""
    nodes = []
    node = z.grad_fn
    while node.next_functions:
        nodes.append(node)
        node = node.next_functions[0][0]
    gradient = torch.tensor(1.0) if arriving is None else arriving
    for node in nodes[: len(nodes) - stop][:limit]:
        gradient = node(gradient)
    return gradient


def by_recursion(z, node=None):
    """What the nodes from z on send to the leaf, the last of them called by the first."""

    def sent(node, gradient):
        return sent(node.next_functions[0][0], node(gradient)) if node.next_functions else gradient

    return sent(z.grad_fn, torch.tensor(1.0))


def always_with_one(z):
    node, gradient = z.grad_fn, None
    while node.next_functions:
        gradient = node(torch.tensor(1.0))
        node = node.next_functions[0][0]
    return gradient


def with_the_leaf(z):
    node, gradient = z.grad_fn, torch.tensor(1.0)
    while node is not None:
        gradient = node(gradient)
        node = node.next_functions[0][0] if node.next_functions else None
    return gradient


def past_the_leaf(z):
    node, gradient = z.grad_fn, torch.tensor(1.0)
    while node:
        gradient = node(gradient)
        node = node.next_functions[0][0]
    return gradient


def leaf_of(z):
    node = z.grad_fn
    while node.next_functions:
        node = node.next_functions[0][0]
    return node.variable


def by_backward(z):
    z.backward()
    return leaf_of(z).grad


def by_backward_and_cleared(z):
    gradient = by_backward(z)
    leaf_of(z).grad = None
    return gradient


def middle(read, before=lambda y: y.retain_grad(), after=lambda y: None):
    def middle_gradient(f, x):
        y = x**3
        z = f(y)
        before(y)
        z.backward()
        after(y)
        return read(x, y)

    return middle_gradient


def by_hook(f, x):
    y = x**3
    kept = []
    y.register_hook(kept.append)
    f(y).backward()
    return kept[0]


def by_a_nudge(f, x):
    y = x.detach().double() ** 3
    return (f(y + 1e-6) - f(y - 1e-6)) / 2e-6


def broken(x):
    u = torch.sin(x)
    v = torch.tensor(u.item(), requires_grad=True)
    return torch.exp(v)


def backward_inside(x):
    z = torch.exp(torch.sin(x))
    z.backward(retain_graph=True)
    return z


TABLES = {
    "reads": Table(
        right={
            "as read": {"root": "z", "leaf": "x", "first": "ExpBackward0", "last": "MulBackward0"},
            "capitals": {
                "root": "Z",
                "leaf": "x",
                "first": "expbackward0",
                "last": "MulBackward0 ",
            },
        },
        wrong={
            "forward_order": (
                {"root": "z", "leaf": "x", "first": "MulBackward0", "last": "ExpBackward0"},
                "starts at the root",
            ),
            "root_and_leaf_swapped": (
                {"root": "x", "leaf": "z", "first": "ExpBackward0", "last": "MulBackward0"},
                "root and leaf",
            ),
            "a_constant_is_a_leaf": (
                {"root": "z", "leaf": "k", "first": "ExpBackward0", "last": "MulBackward0"},
                "dashed",
            ),
            "an_intermediate_is_a_leaf": (
                {"root": "z", "leaf": "u", "first": "ExpBackward0", "last": "MulBackward0"},
                "intermediate",
            ),
            "tensors_are_nodes": (
                {"root": "z", "leaf": "x", "first": "z", "last": "x"},
                "not the tensors",
            ),
            "stopped_in_the_middle": (
                {"root": "z", "leaf": "x", "first": "ExpBackward0", "last": "SinBackward0"},
                "in the middle",
            ),
        },
    ),
    "three_steps": Table(
        right={"int": 21, "as a product": 0.5 * 14 * 3},
        wrong={
            "value": (24.5, "the value of z"),
            "dropped_the_inner": (7, "gradient of u"),
            "dropped_the_outer": (42, "y/2 is missing"),
            "added": (17.5, "were added"),
            "wrong_point": (6, "not at x"),
            "one_factor": (14, "alone"),
            "sign": (-21, "the sign"),
        },
    ),
    "three_factors": Table(
        right={
            "as taught": lambda x: -math.exp(math.cos(x**3)) * math.sin(x**3) * 3 * x**2,
        },
        wrong={
            "dropped_the_inner": (
                lambda x: -math.exp(math.cos(x**3)) * math.sin(x**3),
                "3x² is missing",
            ),
            "dropped_the_middle": (
                lambda x: math.exp(math.cos(x**3)) * 3 * x**2,
                "−sin(y) is missing",
            ),
            "dropped_the_outer": (lambda x: -math.sin(x**3) * 3 * x**2, "exp(u) is missing"),
            "added": (lambda x: math.exp(math.cos(x**3)) - math.sin(x**3) + 3 * x**2, "were added"),
            "slope_of_the_cosine": (
                lambda x: math.exp(math.cos(x**3)) * math.sin(x**3) * 3 * x**2,
                "is −sin",
            ),
            "sine_at_x": (lambda x: -math.exp(math.cos(x**3)) * math.sin(x) * 3 * x**2, "at y"),
            "exponential_at_y": (lambda x: -math.exp(x**3) * math.sin(x**3) * 3 * x**2, "at u"),
            "other_order": (
                lambda x: -math.exp(math.cos(x) ** 3) * 3 * math.cos(x) ** 2 * math.sin(x),
                "open the hint",
            ),
            "by_autograd": (
                composed(lambda x: torch.exp(torch.cos(x**3))),
                "yours to work out here",
            ),
        },
    ),
    "send_back": Table(
        right={
            "as taught": walk,
            "as a number": lambda z: walk(z).item(),
            "from the last to the first": by_recursion,
        },
        wrong={
            "started_with_z": (lambda z: walk(z, arriving=z.detach()), "starts with 1"),
            "stopped_too_early": (lambda z: walk(z, stop=1), "was not called"),
            "one_node": (lambda z: walk(z, limit=1), "only the first node"),
            "always_with_one": (always_with_one, "not with 1"),
            "called_the_leaf": (with_the_leaf, "AccumulateGrad"),
            "went_past_the_leaf": (past_the_leaf, "stop before you call it"),
            "by_backward": (by_backward, "adds to x.grad"),
            "by_backward_and_cleared": (by_backward_and_cleared, "autograd walked"),
            "by_autograd_grad": (
                lambda z: torch.autograd.grad(z, leaf_of(z))[0],
                "autograd walked",
            ),
            "two_nodes_only": (lambda z: walk(z, limit=2), "open the hint"),
        },
    ),
    "middle_gradient": Table(
        right={
            "as taught": middle(lambda x, y: y.grad),
            "by autograd.grad": lambda f, x: torch.autograd.grad(f(y := x**3), y)[0],
            "by a hook": by_hook,
            "by a leaf of its own": lambda f, x: composed(f)(x.detach() ** 3),
        },
        wrong={
            "nothing_retained": (
                middle(lambda x, y: y.grad, before=lambda y: None),
                "retain_grad()",
            ),
            "retained_too_late": (
                middle(lambda x, y: y.grad, before=lambda y: None, after=lambda y: y.retain_grad()),
                "no gradient has reached",
            ),
            "gradient_of_x": (middle(lambda x, y: x.grad), "y.grad is wanted"),
            "other_box": (lambda f, x: 3 * x**2, "other box"),
            "value": (lambda f, x: f(x**3), "z itself"),
            "at_x": (lambda f, x: composed(f)(x), "not at x"),
            "sign": (lambda f, x: -composed(f)(x.detach() ** 3), "the sign"),
            "by_the_formula": (lambda f, x: -torch.sin(x**3), "whatever f is"),
            "by_a_nudge": (by_a_nudge, "only autograd knows"),
        },
    ),
    "connected": Table(
        right={
            "as taught": lambda x: torch.exp(torch.sin(x)),
            "by methods": lambda x: x.sin().exp(),
            "float64": lambda x: x.double().sin().exp(),
            "one element": lambda x: x.reshape(1).sin().exp(),
        },
        wrong={
            "as_given": (broken, "cuts z off"),
            "detached": (lambda x: torch.exp(torch.sin(x).detach()), "detached, copied"),
            "a_number": (lambda x: math.exp(math.sin(x.item())), "type float"),
            "swapped": (lambda x: torch.sin(torch.exp(x)), "after the sine"),
            "no_exponential": (torch.sin, "exponential is lost"),
            "no_sine": (torch.exp, "sine is lost"),
            "backward_inside": (backward_inside, "backward() inside"),
        },
        forms=OF_A_GRAPH,
    ),
}
