"""Whether a gradient is right, by what a step along one direction leaves of the function."""

import math
from collections.abc import Callable, Sequence

import torch

from autograd_seen.tables import Table, table

#: The steps that are tried unless others are given.
STEPS = (1e-2, 1e-3, 1e-4, 1e-5)
#: Of a remainder below so many units of rounding no order is told.
UNITS = 64


def taylor_remainder(
    function: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    direction: torch.Tensor,
    gradient: torch.Tensor | None = None,
    steps: Sequence[float] = STEPS,
) -> Table:
    """A table of the remainders ``|f(x + h·v) − f(x) − h·g·v|`` at several steps h, with orders.

    With the right gradient g a remainder is of order 2: it becomes a hundred times as small where h
    becomes a tenth. With a wrong one it is of order 1 in the end, unless the direction v is at
    right angles to what is wrong: so v should be drawn at random. A step takes one call of the
    function, however many numbers x holds. (A test of P. E. Farrell, D. A. Ham, S. W. Funke and
    M. E. Rognes, SIAM Journal on Scientific Computing 35, 2013, C369.)

    The order between two steps is the slope of the remainder in logarithmic scales. It is None
    where a remainder drowns in rounding: float64 has room for it, float32 hardly any.

    Args:
        function: takes ``x`` and returns one number.
        x: where, of any shape.
        direction: v, of the shape of ``x``.
        gradient: g, of the shape of ``x``; left out, what autograd finds.
        steps: the steps h, from large to small.

    Returns a Table with the columns ``h``, ``remainder`` and ``order``; its attribute ``columns``
    has the numbers.

    Raises:
        ValueError: a shape is another than that of ``x``, the function returns more than one
            number, or there are no steps, or one that is not positive.

    Example:
        >>> x, v = torch.tensor([0.8, 1.7]).double(), torch.tensor([0.6, -0.3]).double()
        >>> taylor_remainder(lambda x: torch.sin(x[0]) * x[1] ** 2, x, v, steps=[1e-2, 1e-3])
            h   remainder      order
        0.01    7.34e-05    None
        0.001   7.349e-07      1.999
    """
    point = x.detach()
    here, rounding = _number(function, point), torch.finfo(x.dtype).eps
    gradient = _gradient(function, point) if gradient is None else gradient
    for name, one in (("direction", direction), ("gradient", gradient)):
        if one.shape != x.shape:
            raise ValueError(
                f"taylor_remainder needs a {name} of the shape of x, {tuple(x.shape)}, and got "
                f"{tuple(one.shape)}"
            )
    if not steps or not all(0 < h < math.inf for h in steps):
        raise ValueError(f"taylor_remainder needs positive steps, and got {list(steps)}")
    slope = (gradient.detach() * direction).sum().item()
    remainders, told = [], []
    for h in steps:
        there = _number(function, point + h * direction)
        remainders.append(abs(there - here - h * slope))
        told.append(remainders[-1] > UNITS * rounding * max(abs(there), abs(here)))
    orders = [None]
    for i in range(1, len(steps)):
        fall = remainders[i - 1] / remainders[i] if told[i - 1] and told[i] else None
        orders.append(fall and math.log(fall) / math.log(steps[i - 1] / steps[i]))
    return table({"h": list(steps), "remainder": remainders, "order": orders})


def _gradient(function: Callable, point: torch.Tensor) -> torch.Tensor:
    leaf = point.clone().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf)[0]


def _number(function: Callable, point: torch.Tensor) -> float:
    value = torch.as_tensor(function(point.clone()))
    if value.numel() != 1:
        raise ValueError(
            "taylor_remainder needs a function that returns one number, and got the shape "
            f"{tuple(value.shape)}: pass one of its elements, or a weighted sum"
        )
    return value.item()
