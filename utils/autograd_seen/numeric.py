"""A gradient computed again by nudging the inputs, from values of the function alone."""

from collections.abc import Callable

import torch

from autograd_seen.values import dtype_name

#: The step of a central difference, relative to the input: near the cube root of the dtype's
#: precision, where the error of the formula and that of rounding are equal (Press et al., Numerical
#: Recipes, 5.7).
STEPS = {torch.float64: 6e-6, torch.float32: 5e-3}


def numerical_gradient(f: Callable, *inputs: torch.Tensor | float):
    """The gradient of ``f`` at ``inputs`` by central differences: (f(x + h) − f(x − h)) / 2h, one
    element at a time.

    Returns a tensor of the shape and dtype of the input, or a tuple of them for several inputs.
    ``f`` is called twice for each element, with tensors that do not require grad, and returns one
    number. Python numbers count as float64. The inputs are left as they are.

    For a smooth function of ordinary size the error is about 1e-10 of the result in float64 and
    1e-4 in float32. At a kink it is meaningless.

    Raises:
        TypeError: an input is not a float32 or float64 tensor, nor a Python number, or ``f``
            computes more coarsely than its inputs, so that the nudge would drown in rounding.
        ValueError: there is no input, or ``f`` does not return one number.

    Example:
        >>> numerical_gradient(lambda x: x**2, 3.0)
        tensor(6., dtype=torch.float64)
    """
    if not inputs:
        raise ValueError(
            "numerical_gradient needs the inputs after the function: numerical_gradient(f, 3.0)"
        )
    points = [_point(value) for value in inputs]
    gradients = tuple(_nudged(f, points, i) for i in range(len(points)))
    return gradients[0] if len(gradients) == 1 else gradients


def _point(value) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        if value.dtype not in STEPS:
            raise TypeError(
                f"numerical_gradient nudges float64 and float32, and got {dtype_name(value.dtype)}"
            )
        return value.detach().clone()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(
            f"numerical_gradient needs tensors or numbers as inputs, and got {type(value).__name__}"
        )
    return torch.tensor(float(value), dtype=torch.float64)


def _nudged(f, points, which: int) -> torch.Tensor:
    point = points[which]
    slopes = []
    for index in range(point.numel()):
        place = point.reshape(-1)[index].item()
        step = STEPS[point.dtype] * max(1.0, abs(place))
        values, moved = [], []
        for side in (step, -step):
            nudged = [p.clone() for p in points]
            flat = nudged[which].reshape(-1)
            flat[index] += side
            nudged[which] = flat.reshape(point.shape)
            moved.append(flat[index].item())
            with torch.no_grad():
                values.append(_one_number(f(*nudged), point.dtype))
        # What the input moved in fact, since x + h is rounded too.
        slopes.append((values[0] - values[1]) / (moved[0] - moved[1]))
    return torch.tensor(slopes, dtype=point.dtype, device=point.device).reshape(point.shape)


def _one_number(value, wanted: torch.dtype) -> float:
    if isinstance(value, torch.Tensor) and value.numel() != 1:
        raise ValueError(
            f"numerical_gradient needs a function that returns one number, and got the shape {tuple(value.shape)}: "
            "take an element or a sum"
        )
    if isinstance(value, torch.Tensor) and torch.finfo(wanted).eps < _precision(value.dtype):
        raise TypeError(
            f"numerical_gradient nudges a {dtype_name(wanted)} input, and the function answered in "
            f"{dtype_name(value.dtype)}, which rounds the nudge away: let the function use {dtype_name(wanted)} "
            "tensors only, or pass its inputs in the dtype that it answers in"
        )
    return float(value)


def _precision(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps if dtype.is_floating_point or dtype.is_complex else 1.0
