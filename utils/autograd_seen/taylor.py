"""Whether a gradient is right, by what a step along one direction leaves of the function."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from autograd_seen.tables import Table, table
from autograd_seen.values import dtype_name, kind_of

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
        TypeError: ``x`` is no tensor of real floating point, ``direction`` or ``gradient`` no
            tensor, or no gradient is given and the function returns what has no graph.
        ValueError: a shape is another than that of ``x``, the function returns more than one
            number, or there are no steps, or they do not fall from one positive number to the next.

    Example:
        >>> x, v = torch.tensor([0.8, 1.7]).double(), torch.tensor([0.6, -0.3]).double()
        >>> taylor_remainder(lambda x: torch.sin(x[0]) * x[1] ** 2, x, v, steps=[1e-2, 1e-3])
            h   remainder      order
        0.01    7.34e-05    None
        0.001   7.349e-07      1.999
    """
    _check_point(x)
    steps = _falling(steps)
    point = x.detach()
    here, rounding = _number(function, point), torch.finfo(x.dtype).eps
    gradient = _gradient(function, point) if gradient is None else gradient
    for name, one in (("direction", direction), ("gradient", gradient)):
        _check_shape(name, one, x)
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
    return table({"h": steps, "remainder": remainders, "order": orders})


def _check_point(x: object) -> None:
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"taylor_remainder needs a tensor as x, and got {kind_of(x)}")
    if not x.dtype.is_floating_point:
        raise TypeError(
            f"taylor_remainder needs x in real floating point, and got {dtype_name(x.dtype)}: pass "
            "x.double()"
        )


def _check_shape(name: str, one: object, x: torch.Tensor) -> None:
    if not isinstance(one, torch.Tensor):
        raise TypeError(f"taylor_remainder needs a tensor as {name}, and got {kind_of(one)}")
    if one.shape != x.shape:
        raise ValueError(
            f"taylor_remainder needs a {name} of the shape of x, {tuple(x.shape)}, and got "
            f"{tuple(one.shape)}"
        )


def _falling(steps: Sequence[float] | torch.Tensor) -> list[float]:
    steps = [float(h) for h in steps]
    falls = all(larger > smaller for larger, smaller in pairwise(steps))
    if not steps or not falls or not all(0 < h < math.inf for h in steps):
        raise ValueError(
            f"taylor_remainder needs positive steps, each smaller than the one before, and got "
            f"{steps}"
        )
    return steps


def _gradient(function: Callable, point: torch.Tensor) -> torch.Tensor:
    leaf = point.clone().requires_grad_()
    with torch.enable_grad():
        value = function(leaf)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        got = "a tensor without a graph" if isinstance(value, torch.Tensor) else kind_of(value)
        raise TypeError(
            f"taylor_remainder asks autograd for the gradient, and the function returned {got}: "
            "return a tensor that is computed from x, or pass gradient=…"
        )
    return torch.autograd.grad(value, leaf)[0]


def _number(function: Callable, point: torch.Tensor) -> float:
    value = torch.as_tensor(function(point.clone()))
    if value.numel() != 1:
        raise ValueError(
            "taylor_remainder needs a function that returns one number, and got the shape "
            f"{tuple(value.shape)}: pass one of its elements, or a weighted sum"
        )
    return value.item()
