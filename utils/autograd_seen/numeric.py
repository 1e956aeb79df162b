"""A gradient computed again by nudging the inputs, from values of the function alone."""

import math
from collections.abc import Callable
from functools import partial

import torch

from autograd_seen.ridders import TOLERANCE, Nudges, settled_slopes
from autograd_seen.values import dtype_name, kind_of


def numerical_gradient(
    f: Callable, *inputs: torch.Tensor | float, step: float | None = None
) -> torch.Tensor | tuple[torch.Tensor, ...]:
    """The gradient of ``f`` at ``inputs``, by central differences (f(x + h) − f(x − h)) / 2h with
    steps h of many sizes, for one element at a time.

    Returns a tensor of the shape and dtype of the input, or a tuple of them for several inputs. If
    ``f`` returns a tensor of another shape than ``()``, the result is the Jacobian, of the shape
    ``f(x).shape + x.shape``. Python numbers count as float64.

    The quotients are extrapolated to h = 0 with an estimate of the error, by Ridders' method
    (C. J. F. Ridders, Advances in Engineering Software 4, 1982; Press et al., Numerical Recipes,
    5.7, ``dfridr``). A result is given only if left and right agree, coarse and fine steps tell the
    same, and the error is estimated below 1e-6 of the gradient for float64, 1e-3 for float32. (Of
    a gradient that is nearly 0: below 1e-9 and 3e-5 of the slopes next to x. A function whose
    answers are all the same has the gradient 0.) Otherwise an error says that the values of ``f``
    do not tell the gradient.

    ``f`` gets copies of the inputs in their own dtype, which do not require grad; it may compute
    gradients itself. It is called twice at the inputs, and for each element 18 times, and 18 times
    more for each output that these do not settle. The inputs, their ``.grad`` and the random state
    are left as they are, unless ``f`` changes them.

    ``step`` asks for the plain central difference with this one step, whatever it is worth, to see
    how the quotient depends on it.

    Raises:
        ArithmeticError: the quotients do not settle: ``f`` has a kink, a jump or no finite values
            there, or rounds too coarsely for this accuracy.
        TypeError: an input is not a float32 or float64 tensor, nor a Python number; or ``f``
            returns no real numbers, or computes more coarsely than its inputs, so that small nudges
            drown in rounding.
        ValueError: there is no input; ``step`` is no positive number or is lost in rounding; or
            ``f`` gives two answers to one input.

    Example:
        >>> numerical_gradient(lambda x: x**2, 3.0)
        tensor(6., dtype=torch.float64)
        >>> numerical_gradient(lambda x: torch.stack([x[0] * x[1], x[0]]), torch.tensor([2.0, 3.0]))
        tensor([[3., 2.],
                [1., 0.]])
        >>> numerical_gradient(lambda x: x**3, 1.0, step=0.5)
        tensor(3.2500, dtype=torch.float64)
    """
    if not inputs:
        raise ValueError(
            "numerical_gradient needs the inputs after the function: numerical_gradient(f, 3.0)"
        )
    if step is not None and not (isinstance(step, int | float) and 0 < step < math.inf):
        raise ValueError(f"numerical_gradient needs a positive number as step, and got {step!r}")
    points = [_point(value) for value in inputs]
    jacobians = tuple(_jacobian(f, points, which, step) for which in range(len(points)))
    return jacobians[0] if len(jacobians) == 1 else jacobians


def _point(value: torch.Tensor | float) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        if value.dtype not in TOLERANCE:
            raise TypeError(
                f"numerical_gradient nudges float64 and float32, and got {dtype_name(value.dtype)}"
            )
        if not _is_plain(value):
            raise TypeError(
                "numerical_gradient nudges plain tensors, and got a sparse, nested or meta one: "
                "pass x.to_dense(), or a tensor that holds numbers"
            )
        return value.detach().clone()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(
            f"numerical_gradient needs tensors or numbers as inputs, and got {kind_of(value)}"
        )
    return torch.tensor(float(value), dtype=torch.float64)


def _is_plain(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided and not (tensor.is_nested or tensor.is_meta)


def _jacobian(
    f: Callable, points: list[torch.Tensor], which: int, step: float | None
) -> torch.Tensor:
    point = points[which]
    here = _answer(f, points, point.dtype)
    if not torch.allclose(here, _answer(f, points, point.dtype), 0, 0, equal_nan=True):
        raise ValueError(
            "numerical_gradient got two answers to one input: the function draws random numbers or "
            "changes something; seed it inside, or switch dropout off with model.eval()"
        )
    jacobian = torch.empty(here.numel(), point.numel(), dtype=torch.float64)
    for element, x in enumerate(point.reshape(-1).tolist()):
        nudge = partial(_nudged, f, points, which, element, here.reshape(-1))
        if step is None:
            jacobian[:, element] = settled_slopes(nudge, x, point.dtype)
        else:
            jacobian[:, element] = nudge(torch.tensor([step], dtype=torch.float64)).slopes[0]
    return jacobian.reshape(here.shape + point.shape).to(point)


def _answer(f: Callable, points: list[torch.Tensor], wanted: torch.dtype) -> torch.Tensor:
    """What ``f`` returns for copies of the points, in float64."""
    with torch.inference_mode(False), torch.enable_grad():
        value = f(*[p.clone() for p in points])
    if not isinstance(value, torch.Tensor):
        try:
            return torch.tensor(float(value), dtype=torch.float64)
        except (TypeError, ValueError):
            raise TypeError(
                "numerical_gradient needs a function that returns a tensor or a number, and got "
                f"{kind_of(value)}"
            ) from None
    if not _is_plain(value):
        raise TypeError(
            "numerical_gradient needs a function that returns a plain tensor, and got a sparse, "
            "nested or meta one: return .to_dense() of it, or one that holds numbers"
        )
    if not value.is_floating_point() or torch.finfo(value.dtype).eps > torch.finfo(wanted).eps:
        kind = dtype_name(wanted)
        raise TypeError(
            f"numerical_gradient nudges a {kind} input, and the function answered in "
            f"{dtype_name(value.dtype)}, which cannot show the nudge: let it use {kind} tensors "
            "only, or pass its inputs in the dtype that it answers in"
        )
    return value.detach().to("cpu", torch.float64)


def _nudged(
    f: Callable,
    points: list[torch.Tensor],
    which: int,
    element: int,
    here: torch.Tensor,
    steps: torch.Tensor,
) -> Nudges:
    """The answers when one element of one point moves by each step, to both sides."""
    point = points[which]
    x = point.reshape(-1)[element].cpu()
    # x + h is rounded: these are the steps that x can make.
    steps = ((x.abs() + steps.to(x.dtype)) - x.abs()).double()
    if not steps.all():
        raise ValueError(
            f"numerical_gradient cannot nudge {x:.8g} by this step, which {dtype_name(x.dtype)} "
            "rounds away: pass a larger step, or float64"
        )
    answers = []
    for step in [*(-steps).tolist(), *steps.tolist()]:
        flat = point.reshape(-1).clone()
        flat[element] += step
        nudged = [*points[:which], flat.reshape(point.shape), *points[which + 1 :]]
        answers.append(_answer(f, nudged, point.dtype).reshape(-1))
    low, high = torch.stack(answers).chunk(2)
    return Nudges(steps[:, None], low, here, high)
