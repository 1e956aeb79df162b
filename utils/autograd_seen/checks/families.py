"""Functions that a check hands to a student's function, made from numbers that may be drawn."""

import functools
import math
from collections.abc import Callable

import torch

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _detach, _cos = torch.Tensor, torch.Tensor.detach, torch.cos

Number = float | torch.Tensor


def family(maker: Callable[..., Callable]) -> Callable[..., Callable]:
    """Makes the functions that ``maker`` returns remember how they were made, in ``made_by``:
    (maker, its arguments). So a case that holds one can be sent as plain data.
    """

    @functools.wraps(maker)
    def make(*given: object) -> Callable:
        function = maker(*given)
        function.made_by = (make, given)
        return function

    return make


def term(factor: float, rest: str) -> str:
    """A term of a formula that is not its first: " + 3x", " − x"."""
    return f" {'−' if factor < 0 else '+'} {_size(factor, rest)}"


def first_term(factor: float, rest: str) -> str:
    """The first term of a formula: "3x", "−x"."""
    return f"{'−' if factor < 0 else ''}{_size(factor, rest)}"


def _size(factor: float, rest: str) -> str:
    size = abs(factor)
    return rest if size == 1 and rest[:1] != "/" else f"{size:g}{rest}"


def held(x: Number) -> Number:
    """The number x, held still by detach()."""
    return _detach(x) if isinstance(x, _Tensor) else x


@family
def cubic(a: float, b: float) -> Callable[[Number], Number]:
    """ax³ + bx"""

    def f(x: Number) -> Number:
        return a * x * x * x + b * x

    f.__doc__ = first_term(a, "x³") + term(b, "x")
    return f


@family
def ratio(a: float, b: float) -> Callable[[Number], Number]:
    """ax² + b/x"""

    def f(x: Number) -> Number:
        return a * x * x + b / x

    f.__doc__ = first_term(a, "x²") + term(b, "/x")
    return f


@family
def half_held(a: float) -> Callable[[Number], Number]:
    """ax · (x held still by detach())"""

    # Its slope by autograd is ax. Whoever nudges it, or writes a formula down, gets 2ax.
    def f(x: Number) -> Number:
        return a * x * held(x)

    f.__doc__ = f"{first_term(a, 'x')} · (x held still by detach())"
    return f


@family
def cosine(a: float, b: float) -> Callable[[Number], Number]:
    """a · cos(bx)"""

    def f(x: Number) -> Number:
        return a * (_cos(b * x) if isinstance(x, _Tensor) else math.cos(b * x))

    f.__doc__ = first_term(a, f"cos({first_term(b, 'x')})")
    return f
