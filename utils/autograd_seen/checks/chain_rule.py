"""The checks of assignment 02: where does −7.6613 come from?"""

import math

import torch

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, half_held, leaf
from autograd_seen.checks.verdicts import Misfit

_sum, _cos, _register_hook = torch.sum, torch.cos, torch.Tensor.register_hook

#: An operation by its name: its value, its local derivative, and PyTorch's own.
STEPS = {
    "x²": (lambda v: v * v, lambda v: 2 * v, torch.square),
    "x³": (lambda v: v**3, lambda v: 3 * v * v, lambda x, pow=torch.pow: pow(x, 3)),
    "sin": (math.sin, math.cos, torch.sin),
    "cos": (math.cos, lambda v: -math.sin(v), torch.cos),
    "exp": (math.exp, math.exp, torch.exp),
}
#: A chain by its formula: its operations from x on.
CHAINS = {
    "cos(x²)": ["x²", "cos"],
    "exp(sin(x³))": ["x³", "sin", "exp"],
    "sin(x)": ["sin"],
    "cos(exp(sin(x²)))": ["x²", "sin", "exp", "cos"],
}

reads = check_value(
    "2.1",
    "reads",
    {"root": "z", "leaf": "x", "first": "ExpBackward0", "last": "MulBackward0"},
    {
        "first: a backward pass starts at the root": {"first": "MulBackward0"},
        "root and leaf: you ask from the root, and the leaf is where you began": {
            "root": "x",
            "leaf": "z",
        },
        "leaf: its outline is dashed, so it does not require grad": {"leaf": "k"},
        "leaf: an operation made it, so it is an intermediate": {"leaf": "u"},
        "first and last: the boxes are the nodes, not the tensors": {"first": "z"},
        "last: the sine stands in the middle": {"last": "SinBackward0"},
    },
)

three_steps = check_value(
    "2.2",
    "three_steps",
    21.0,
    {
        "24.5 is the value of z, not its slope": 24.5,
        "7 is the gradient of u: one local derivative is left, that of 3x + 1": 7.0,
        "the slope of y/2 is missing": 42.0,
        "local derivatives multiply along a chain; these were added": 17.5,
        "the local derivative of u² is taken at u = 7, not at x": 6.0,
        "14 is the local derivative of u² alone": 14.0,
    },
)


def _factors(x):
    """The three local derivatives of exp(cos(x³)), from the root on."""
    return math.exp(math.cos(x**3)), -math.sin(x**3), 3 * x**2


three_factors = check_function(
    "2.3",
    "three_factors",
    lambda x: math.prod(_factors(x)),
    {
        "the factor 3x² is missing, the local derivative of x³": lambda x: math.prod(
            _factors(x)[:2]
        ),
        "the factor −sin(y) is missing, the local derivative of the cosine": lambda x: (
            _factors(x)[0] * 3 * x**2
        ),
        "the factor exp(u) is missing: the exponential is its own slope": lambda x: math.prod(
            _factors(x)[1:]
        ),
        "local derivatives multiply along a chain; these were added": lambda x: sum(_factors(x)),
        "the slope of the cosine is −sin: the sign": lambda x: -math.prod(_factors(x)),
        "the sine is taken at y, which enters that box, not at x": lambda x: (
            -_factors(x)[0] * math.sin(x) * 3 * x**2
        ),
        "the exponential is taken at u, which enters that box": lambda x: (
            math.exp(x**3) * math.prod(_factors(x)[1:])
        ),
    },
    cases=[0.9, 1.3],
)


def _chain(formula, x):
    return _sent_back(CHAINS[formula], x)[-1]


def _sent_back(steps, x, arriving=1.0):
    """What each node sends on, from the root to the leaf."""
    entering = []
    for step in steps:
        entering.append(x)
        x = STEPS[step][0](x)
    sent = [arriving]
    for step, value in zip(reversed(steps), reversed(entering), strict=True):
        sent.append(sent[-1] * STEPS[step][1](value))
    return sent


def _value(formula, x):
    for step in CHAINS[formula]:
        x = STEPS[step][0](x)
    return x


def _send(answer, formula, x):
    """What the answer returns for the end of a chain that starts at a new leaf."""
    x = z = leaf(x)
    for step in CHAINS[formula]:
        z = STEPS[step][2](z)
    # Autograd asks the hook of a tensor on its way. Whoever calls the nodes does not.
    _register_hook(z, lambda gradient: 2 * gradient)
    sent = answer(z)
    if x.grad is not None:
        raise Misfit(
            "a new number in x.grad",
            "the gradient returned, and x.grad left alone",
            "backward() was called, or AccumulateGrad, the node of the leaf: it adds to x.grad",
        )
    return sent


send_back = check_function(
    "2.4",
    "send_back",
    _chain,
    {
        "a backward pass starts with 1, not with the value of z": lambda f, x: (
            _chain(f, x) * _value(f, x)
        ),
        "the last operation before the leaf was not called": lambda f, x: _sent_back(CHAINS[f], x)[
            -2
        ],
        "only the first node was called: go on until the leaf": lambda f, x: _sent_back(
            CHAINS[f], x
        )[1],
        "each node is called with what the one before it returned, not with 1": lambda f, x: (
            _sent_back(CHAINS[f][:1], x)[1]
        ),
        "autograd walked, not you: it obeys a hook on z, which doubles; a node knows no hook": (
            lambda f, x: 2 * _chain(f, x)
        ),
    },
    cases=[("cos(x²)", 1.3), ("exp(sin(x³))", 0.9), ("sin(x)", 0.7)],
    evaluate=_send,
    template="send_back(z) for z = {} at x = {}",
)


def cosine(y: torch.Tensor) -> torch.Tensor:
    """cos y"""
    return _cos(y)


#: The functions that exercise 2.5 is tried on: their value, and their slope by autograd.
LAST_STEPS = {cosine: (math.cos, lambda y: -math.sin(y)), half_held: (half_held, lambda y: y)}

middle_gradient = check_function(
    "2.5",
    "middle_gradient",
    lambda f, x: LAST_STEPS[f][1](x**3),
    {
        "that is the gradient of x: y.grad is wanted": lambda f, x: (
            LAST_STEPS[f][1](x**3) * 3 * x**2
        ),
        "that is the local derivative of x³: dz/dy belongs to the other box": lambda _, x: 3 * x**2,
        "that is z itself": lambda f, x: LAST_STEPS[f][0](x**3),
        "dz/dy is taken at y, not at x": lambda f, x: LAST_STEPS[f][1](x),
        "a formula for the cosine: let autograd differentiate whatever f is": lambda _, x: (
            -math.sin(x**3)
        ),
        "by a nudge or a formula: this f holds one y still, which only autograd knows": (
            lambda f, x: 2 * x**3 if f is half_held else -math.sin(x**3)
        ),
    },
    cases=[(cosine, 1.3), (half_held, 0.8)],
    evaluate=lambda answer, f, x: answer(f, leaf(x)),
    template="middle_gradient(f, x) for f(y) = {}, x = {}",
    hints={"not a leaf Tensor": "y is no leaf: call y.retain_grad() before backward()"},
)


def _then_backward(answer, x):
    """The value that the answer computes, and the gradient of x after a backward pass from it."""
    x = leaf(x)
    z = attached(answer(x))
    z.backward()
    return [_sum(z), arrived(x, "x", "z")]


connected = check_function(
    "2.6",
    "connected",
    lambda x: [math.exp(math.sin(x)), math.exp(math.sin(x)) * math.cos(x)],
    {
        "the exponential comes after the sine, as in broken": lambda x: [
            math.sin(math.exp(x)),
            math.cos(math.exp(x)) * math.exp(x),
        ],
        "the exponential is lost": lambda x: [math.sin(x), math.cos(x)],
        "the sine is lost": lambda x: [math.exp(x), math.exp(x)],
        "backward() inside the function: a leaf adds what arrives": lambda x: [
            math.exp(math.sin(x)),
            2 * math.exp(math.sin(x)) * math.cos(x),
        ],
    },
    cases=[0.7, 2.3],
    evaluate=_then_backward,
    template="[z, x.grad] for z = connected(x) and z.backward(), at x = {}",
)
