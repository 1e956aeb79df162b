"""The checks of assignment 11: is my gradient right?"""

import traceback
from collections import Counter
from collections.abc import Callable

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import Check, check_function, check_value
from autograd_seen.checks.families import family, first_term, term
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_tensor, _float64 = torch.tensor, torch.float64
_Tensor, _tolist, _stack, _sum = torch.Tensor, torch.Tensor.tolist, torch.stack, torch.sum

NUDGE = "the quotients are asked for here: call f at moved points, and divide"
BY_HAND = "here you are the backward pass: use x and g alone"


def _of_four_columns(answer):
    """The letters, if none stands for two of the four ways."""
    letters = answer.values() if isinstance(answer, dict) and len(answer) == 4 else ()
    often = Counter(one.strip().upper() for one in letters if isinstance(one, str))
    for letter, times in often.items():
        if times > 1:
            likely = "four ways have four columns, so each letter stands once"
            raise Misfit(f"{letter[:20]!r} for {times} of the ways", "", likely)
    return answer


columns = Check("11.1", "columns", evaluate=_of_four_columns)

quotients = check_value("11.2", "quotients")


def _vector(values):
    return _tensor(values, dtype=_float64)


@family
def two_of_three(a: float, b: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """(a·x₁²·x₂, b·x₃³ − x₁·x₂)"""

    def f(x: torch.Tensor) -> torch.Tensor:
        return _stack([a * x[0] ** 2 * x[1], b * x[2] ** 3 - x[0] * x[1]])

    f.__doc__ = f"({first_term(a, 'x₁²x₂')}, {first_term(b, 'x₃³')} − x₁x₂)"
    return f


def _with_jacobian(answer, f, x, v, off):
    """What the answer returns for a Jacobian in which one number is off by this much."""
    _, (a, b) = f.made_by
    J = [[2 * a * x[0] * x[1], a * x[0] ** 2, 0.0], [-x[1], off - x[0], 3 * b * x[2] ** 2]]
    return answer(f, _vector(x), _vector(v), _vector(J))


def _shown(f, x, v, off):
    place = ", ".join(f"{one:g}" for one in x)
    fault = f"J₂₂ off by {off:g}" if off else "J right"
    return f"order for {f.__doc__} at [{place}], {fault}".replace("-", "−")


order = check_function(
    "11.3",
    "order",
    cases=[
        (two_of_three(2, 1), [1.5, -0.7, 2.0], [0.6, -0.3, 0.8], 0.0),
        (two_of_three(2, 1), [1.5, -0.7, 2.0], [0.6, -0.3, 0.8], 3.0),
        (two_of_three(-1, 3), [0.5, 1.2, 0.4], [-0.7, 0.5, 0.9], 0.0),
    ],
    evaluate=_with_jacobian,
    template=_shown,
    hints={
        "mat1 and mat2 shapes": "J has a row for each output, a column for each input: J @ v",
        "size mismatch": "J has a row for each output, a column for each input: J @ v",
        "must match the size": "a remainder has as many numbers as f(x): J @ v has, J * v has not",
    },
)


@family
def cubes(a: float, b: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """a·x₁²·x₂ + b·(x₁³ + x₂³ + …)"""

    def f(x: torch.Tensor) -> torch.Tensor:
        return a * x[0] ** 2 * x[1] + b * _sum(x**3)

    f.__doc__ = first_term(a, "x₁²x₂") + term(b, "(x₁³ + x₂³ + …)")
    return f


def _nudged(answer, f, values, part):
    """What the answer returns, for an x that must be the same afterwards."""
    x = _vector(values)
    value = by_hand(answer, f, x, part, likely=NUDGE)
    if value is not None and value is not ... and not _alike(_tolist(x), values):
        got = f"x = {[round(one, 4) for one in _tolist(x)]} afterwards"
        likely = "x itself was nudged, and not put back: nudge x.clone()"
        raise Misfit(got, f"x = {values}, as it was", likely)
    return value


def _alike(got, values):
    return all(abs(one - other) < 1e-9 for one, other in zip(got, values, strict=True))


central = check_function(
    "11.4",
    "central",
    cases=[
        (cubes(1, 1), [1.5, -0.7], 0.2),
        (cubes(3, -2), [0.4, 2.5, -1.2], 0.1),
        (cubes(-2, 1), [30.0, 0.5], 0.3),
    ],
    evaluate=_nudged,
    template="central(f, {1}, {2}) for f = {0}",
)


def _judged(answer, values, offs):
    """What the answer says of a gradient, beside the nudged one."""
    nudged = _vector(values)
    try:
        return answer(nudged * (1 + _vector(offs)), nudged)
    except TypeError as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        left = [name for name in ("rtol", "atol") if frame.f_locals.get(name) is ...]
        if len(left) == 1:
            raise Misfit("...", "", f"still `...` at {left[0]}") from None
        raise


def _off(values, offs):
    return f"agrees(g, n) for n = {values}, g = n but for parts of {offs}".replace("-", "−")


agrees = check_function(
    "11.5",
    "agrees",
    cases=[
        ([3.2, -0.45, 7.1], [4e-9, 4e-9, 4e-9]),
        ([3.2, -0.45, 7.1], [4.6e-4, 4.6e-4, 4.6e-4]),
        ([3.2, -0.45, 7.1], [0.2, 0.2, 0.2]),
        ([2.8e5, 6.4e4], [-4e-9, -4e-9]),
        ([2.8e5, 6.4e4], [-4.6e-4, -4.6e-4]),
        ([-4.1e5, -9.3], [4e-9, 4.6e-4]),
        ([1e-9, -2.3e-9], [4e-9, 4e-9]),
        ([1e-9, -2.3e-9], [4.6e-4, 4e-9]),
    ],
    evaluate=_judged,
    template=_off,
)


def _sent_on(answer, x, g):
    return by_hand(answer, _vector(x), _vector(g), likely=BY_HAND)


returned = check_function(
    "11.6",
    "returned",
    cases=[
        ([1.5, -0.7, 2.3], [1.0, 10.0, 100.0]),
        ([0.4, 2.1], [-2.0, 0.5]),
        ([-1.2, 0.8, 2.6, 0.5], [0.3, -1.4, 2.0, 0.9]),
    ],
    evaluate=_sent_on,
    hints={"does not require grad": BY_HAND},
)
