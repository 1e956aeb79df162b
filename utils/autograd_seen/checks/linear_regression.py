"""The checks of assignment 06: how does a gradient fit a line?"""

from collections.abc import Callable

import torch

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import family, first_term

# A student may patch torch. What stands here is torch as it was when it was imported.
_tensor, _mean = torch.tensor, torch.mean
_detach, _abs = torch.Tensor.detach, torch.Tensor.abs

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

gets_grad = check_value("6.1", "gets_grad")

one_step = check_value("6.2", "one_step")

largest_step = check_function(
    "6.3",
    "largest_step",
    cases=[[1.5, 2.2, 4.1], [0.3, -0.8, 2.4, 3.5, 0.7]],
    evaluate=lambda answer, x: answer(_tensor(x)),
    template="largest_step(x) at x = {}",
)


@family
def squares(a: float) -> Loss:
    """mean of a(p − t)²"""

    def loss(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return _mean(a * (p - t) ** 2)

    loss.__doc__ = f"mean of {first_term(a, '(p − t)²')}"
    return loss


@family
def weighted(a: float) -> Loss:
    """mean of a|p − t|·(p − t)², |p − t| held"""

    # Its slope by autograd is 2a|p − t|·(p − t). Whoever nudges it gets 3a|p − t|·(p − t).
    def loss(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return _mean(a * _detach(_abs(p - t)) * (p - t) ** 2)

    loss.__doc__ = f"mean of {first_term(a, '|p − t|·(p − t)²')}, |p − t| held"
    return loss


fit = check_function(
    "6.4",
    "fit",
    cases=[
        (squares(1), [1.0, 2.0, 4.0], [4.0, 3.0, 9.0], 0.03, 3),
        (weighted(1), [0.4, -1.0, 2.5], [1.2, 0.7, -0.9], 0.05, 4),
    ],
    evaluate=lambda answer, loss, x, t, *rest: answer(loss, _tensor(x), _tensor(t), *rest),
    template="fit(…, {3}, {4}), x = {1}, t = {2}, {0}",
)


def _as_tensors(answer, x, t, *rest):
    return answer(_tensor(x), _tensor(t), *rest)


least_squares = check_function(
    "6.5",
    "least_squares",
    cases=[
        ([1.5, 2.2, 4.1], [4.0, 3.5, 7.0]),
        ([0.4, -0.8, 2.5, 3.5, 6.1], [1.2, 0.7, 3.1, 6.4, 4.6]),
    ],
    evaluate=_as_tensors,
    template="least_squares(x, t) at x = {0}, t = {1}",
)

corrected = check_function(
    "6.6",
    "corrected",
    cases=[
        ([1.5, 2.2, 4.1], [4.0, 3.5, 9.0], 0.04, 3),
        ([0.4, -0.8, 2.5, 3.5], [1.2, 0.7, 3.1, 6.4], 0.06, 5),
    ],
    evaluate=_as_tensors,
    template="corrected(x, t, {2}, {3}) at x = {0}, t = {1}",
)
