"""Two ways to doubt a gradient: compute it again by nudging the inputs, and put several answers
side by side.
"""

from collections.abc import Callable

import torch

from autograd_seen.values import dtype_name, number

#: The step of a central difference, relative to the input: near the cube root of the dtype's
#: precision, where the error of the formula and that of rounding are equal (Press et al., Numerical
#: Recipes, 5.7).
STEPS = {torch.float64: 6e-6, torch.float32: 5e-3}
#: The smallest power of ten that a difference is compared with.
SMALLEST = -12
#: More numbers than this are told by their range.
MOST_SHOWN = 6


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
        tensor(6.0000, dtype=torch.float64)
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


class Comparison:
    """Several answers to one question. ``str()`` gives the table, ``largest`` the largest
    difference between two.
    """

    def __init__(self, rows: dict[str, torch.Tensor]):
        self.rows = rows
        stacked = torch.stack(list(rows.values()))
        #: The largest difference between two answers in the same place; nan where one of them is
        #: not a number.
        self.largest = (stacked.amax(0) - stacked.amin(0)).max().item() if stacked.numel() else 0.0

    def __str__(self) -> str:
        shown = {name: _shown(row) for name, row in self.rows.items()}
        columns = max(len(cells) for cells in shown.values())
        name_width = max(len(name) for name in shown)
        widths = [max(len(cells[i]) for cells in shown.values()) for i in range(columns)]
        lines = [
            "   ".join(
                [name.ljust(name_width), *(c.rjust(w) for c, w in zip(cells, widths, strict=True))]
            )
            for name, cells in shown.items()
        ]
        return "\n".join([*lines, f"largest difference: {_bound(self.largest)}"])

    __repr__ = __str__


def compare(**answers) -> Comparison:
    """Puts several answers side by side: ``compare(by_hand=6.0, autograd=x.grad, nudged=slope)``.

    Returns a Comparison that Jupyter shows as a table, a row for each answer, with the largest
    difference rounded up to a power of ten: the last digits of a float32 are not the same
    everywhere. Each answer is a number, a tensor, or a list of these, and all have the same number
    of elements; an underscore in a name becomes a space.

    Raises:
        ValueError: there are fewer than two answers, or they differ in size.
        TypeError: an answer is None or something else that holds no numbers.

    Example:
        >>> compare(by_hand=[3, 8], autograd=[torch.tensor(3.0), torch.tensor(8.0)])
        by hand    3.0000   8.0000
        autograd   3.0000   8.0000
        largest difference: below 1e-12
    """
    if len(answers) < 2:
        raise ValueError(
            "compare needs at least two answers, such as compare(by_hand=6.0, autograd=x.grad)"
        )
    rows = {name.replace("_", " "): _flat(name, value) for name, value in answers.items()}
    sizes = {name: row.numel() for name, row in rows.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(
            f"compare needs answers of one size, and got these numbers of elements: {told}"
        )
    return Comparison(rows)


def _flat(name: str, value) -> torch.Tensor:
    if isinstance(value, list | tuple):
        return (
            torch.cat([_flat(name, part) for part in value])
            if value
            else torch.empty(0, dtype=torch.float64)
        )
    if value is None:
        raise TypeError(
            f"compare got {name}=None: no gradient has arrived there; call backward() first"
        )
    if not isinstance(value, torch.Tensor | int | float):
        raise TypeError(
            f"compare got {name} as {type(value).__name__}: pass a number, a tensor, or a list of these"
        )
    return torch.as_tensor(value).detach().to("cpu", torch.float64).reshape(-1)


def _shown(row: torch.Tensor) -> list[str]:
    if row.numel() > MOST_SHOWN:
        return [
            f"{row.numel()} numbers",
            f"{number(row.min().item())} … {number(row.max().item())}",
        ]
    return [
        f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"
        for value in row.tolist()
    ]


def _bound(difference: float) -> str:
    """The next power of ten above a difference; what is smaller than SMALLEST depends on the
    machine.
    """
    if difference != difference or difference == float("inf"):
        return number(difference)
    exponent = SMALLEST
    while 10.0**exponent <= difference:
        exponent += 1
    return f"below 1e{exponent:+03d}"
