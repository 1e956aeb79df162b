"""The checks of assignment 07: what do you hand to backward() when the result is a vector?"""

from collections.abc import Callable

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import family, first_term, held
from autograd_seen.checks.leaves import leaf
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _float64, _stack = torch.Tensor, torch.tensor, torch.float64, torch.stack
_log_softmax = torch.log_softmax

TRANSPOSED = "transposed: a row of J belongs to an output, a column to an input"
BY_HAND = "here you are the backward pass: add up the numbers of v yourself"

arrives = check_value("7.1", "arrives")

counts = check_value("7.2", "counts")


@family
def log_softmax(a: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """log softmax(ax)"""

    def f(x: torch.Tensor) -> torch.Tensor:
        return _log_softmax(a * x, dim=0)

    f.__doc__ = f"log softmax({first_term(a, 'x')})"
    return f


@family
def two_of_three(a: float, b: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """(a·x₁·x₂, b·x₃² + x₁·(x₃ held still by detach()))"""

    # Whoever nudges it gets x₁ more in the last place than autograd.
    def f(x: torch.Tensor) -> torch.Tensor:
        return _stack([a * x[0] * x[1], b * x[2] ** 2 + x[0] * held(x[2])])

    f.__doc__ = f"({a:g}·x₁·x₂, {b:g}·x₃² + x₁·(x₃ held still))".replace("-", "−")
    return f


def _rows(answer, f, values):
    """What the answer returns for a leaf with these values."""
    x = leaf(values)
    value = answer(f, x)
    outputs, inputs = len(f(x)), len(values)
    shape = tuple(value.shape) if isinstance(value, _Tensor) else None
    if outputs != inputs and shape == (inputs, outputs):
        raise Misfit(f"the shape {shape}", f"the shape {(outputs, inputs)}", TRANSPOSED)
    return value


by_rows = check_function(
    "7.3",
    "by_rows",
    cases=[
        (log_softmax(1), [1.2, -0.4, 2.1]),
        (two_of_three(2, 3), [0.7, 1.9, -1.3]),
        (log_softmax(-0.5), [0.3, 2.2, -1.4]),
    ],
    evaluate=_rows,
    template="by_rows of {} at {}",
    hints={
        "got tuple": "torch.autograd.grad returns a tuple, even of one gradient: take its [0]",
        "can be implicitly created": "y has several numbers: a row begins at y[i], or y needs a v",
    },
)

reach = check_function(
    "7.4",
    "reach",
    cases=[
        ([0.2, 0.9], [0.25, 0.5], 1),
        ([0.2, 0.9], [0.25, 0.5], 3),
        ([0.9, -1.1], [0.5, 0.3], 2),
    ],
    evaluate=lambda answer, q, target, steps: answer(_tensor(q), _tensor(target), steps),
    template=lambda q, target, steps: f"reach({q}, {target}, {steps})".replace("-", "−"),
)


cumsum_backward = check_function(
    "7.5",
    "cumsum_backward",
    cases=[[2.0, 30.0, 400.0], [0.5, -1.0, 3.0, 7.0]],
    evaluate=lambda answer, v: by_hand(answer, _tensor(v), likely=BY_HAND),
)


def _measured(answer, means, u, correlations):
    """What the answer returns for means with these uncertainties and correlations."""
    first, second, third = correlations
    r = [[1.0, first, second], [first, 1.0, third], [second, third, 1.0]]
    C = [[u[i] * u[j] * r[i][j] for j in range(3)] for i in range(3)]
    return answer(leaf(means, _float64), _tensor(C, dtype=_float64))


uncertainties = check_function(
    "7.6",
    "uncertainties",
    cases=[
        ([4.999, 19.661, 1.04446], [0.0032094, 0.009471, 0.00075206], [-0.3553, 0.8576, -0.6451]),
        ([12.0, 45.0, 0.6], [0.05, 0.12, 0.01], [0.3, -0.2, 0.4]),
    ],
    evaluate=_measured,
    template=lambda means, u, r: "uncertainties(x, C) at x = ({:g}, {:g}, {:g})".format(*means),
    hints={
        "mat1 and mat2 shapes": "J has a row for each result, a column for each input: J @ C @ J.T",
        "same dtype": "x and C are float64: stack the rows, or make J with dtype=x.dtype",
    },
)
