"""Plain arithmetic on numbers and lists that the oracles of several lessons share."""

import math
from collections.abc import Callable, Sequence


def sigmoid(value: float) -> float:
    """1 / (1 + exp(−value))"""
    return 1 / (1 + math.exp(-value))


def mean(values: Sequence[float]) -> float:
    """The sum divided by how many there are."""
    return math.fsum(values) / len(values)


def products(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """The products of the numbers that stand at the same place of two lists of one length."""
    return [one * other for one, other in zip(first, second, strict=True)]


def descend(
    gradient: Callable[..., Sequence[float]],
    start: Sequence[float],
    lr: float,
    steps: int,
    kept: float = 0.0,
) -> list[float]:
    """The parameters after so many steps of gradient descent.

    Args:
        gradient: takes the parameters, one by one, and returns a slope for each.
        start: the parameters at the beginning.
        lr: how far a step goes for a slope of 1.
        steps: how many there are.
        kept: which part of a gradient is left over when the next one is added to it: 1 if nothing
            clears it.

    Example:
        >>> descend(lambda w: [2 * w], start=[8.0], lr=0.25, steps=3)
        [1.0]
    """
    parameters, accumulated = list(start), [0.0] * len(start)
    for _ in range(steps):
        slopes = gradient(*parameters)
        accumulated = [kept * old + new for old, new in zip(accumulated, slopes, strict=True)]
        steps_made = [lr * slope for slope in accumulated]
        parameters = [at - step for at, step in zip(parameters, steps_made, strict=True)]
    return parameters
