"""The checks of assignment 02: where does −7.6613 come from?"""

from collections.abc import Callable, Sequence

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import cosine, half_held
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.verdicts import Misfit

_sum, _register_hook = torch.sum, torch.Tensor.register_hook

#: The operations that a chain is made of, by their names.
STEPS = {
    "x²": torch.square,
    "x³": lambda x, pow=torch.pow: pow(x, 3),
    "sin": torch.sin,
    "cos": torch.cos,
    "exp": torch.exp,
}

reads = check_value("2.1", "reads")

three_steps = check_value("2.2", "three_steps")

three_factors = check_function("2.3", "three_factors", cases=[0.9, 1.3], evaluate=by_hand)


def formula(steps: Sequence[str]) -> str:
    """The formula of a chain, from the names of its operations.

    Example:
        >>> formula(["x²", "sin", "x³"])
        '(sin(x²))³'
    """
    text = "x"
    for step in steps:
        if step.startswith("x"):
            text = step.replace("x", text if text == "x" else f"({text})")
        else:
            text = f"{step}({text})"
    return text


def _send(answer: Callable, steps: Sequence[str], x: float) -> object:
    """What the answer returns for the end of a chain that starts at a new leaf."""
    x = z = leaf(x)
    for step in steps:
        z = STEPS[step](z)
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
    cases=[(["x²", "cos"], 1.3), (["x³", "sin", "exp"], 0.9), (["sin"], 0.7)],
    evaluate=_send,
    template=lambda steps, x: f"send_back(z) for z = {formula(steps)} at x = {x:g}",
)


def _of_y(f: Callable, x: float) -> str:
    """A case of exercise 2.5: there the input of f is called y."""
    return f"middle_gradient(f, x) for f(y) = {f.__doc__.replace('x', 'y')}, x = {x:g}"


middle_gradient = check_function(
    "2.5",
    "middle_gradient",
    cases=[(cosine(1, 1), 1.3), (half_held(1), 0.8)],
    evaluate=lambda answer, f, x: answer(f, leaf(x)),
    template=_of_y,
    hints={"not a leaf Tensor": "y is no leaf: call y.retain_grad() before backward()"},
)


def _then_backward(answer: Callable, x: float) -> list:
    """The value that the answer computes, and the gradient of x after a backward pass from it."""
    x = leaf(x)
    z = attached(answer(x))
    z.backward()
    return [_sum(z), arrived(x, "x", "z")]


connected = check_function(
    "2.6",
    "connected",
    cases=[0.7, 2.3],
    evaluate=_then_backward,
    template="[z, x.grad] for z = connected(x) and z.backward(), at x = {}",
)
