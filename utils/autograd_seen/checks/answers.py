"""Compares two answers: the numbers that they hold, their words, True and False.

An answer is a number, a list, an array or a tensor of numbers, True or False, a word, or a dict of
these."""

import math
from collections.abc import Iterator
from decimal import Decimal
from numbers import Real
from typing import NamedTuple

import torch

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _as_tensor, _finfo = torch.Tensor, torch.as_tensor, torch.finfo
_detach, _to, _reshape, _tolist = _Tensor.detach, _Tensor.to, _Tensor.reshape, _Tensor.tolist
_bool, _float64 = torch.bool, torch.float64

#: An answer may be off by this part of the right value, or by this many roundings of its dtype if
#: that is more.
TOLERANCE, ROUNDINGS = 1e-4, 4
#: Nearer than this to a right value of 0 counts as 0.
NEAR_ZERO = 1e-6


class Numbers(NamedTuple):
    """The numbers in an answer.

    Attributes:
        shape: as of a tensor; () for a single number.
        values: row after row.
        rounding: the largest relative error of rounding to its dtype; 0 if that is exact.
    """

    shape: tuple[int, ...]
    values: list[float]
    rounding: float


def numbers_in(value: object) -> Numbers | None:
    """The numbers in a number, a tensor, an array or a list of these; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Real | Decimal):
        return Numbers((), [float(value)], 0.0)
    if isinstance(value, list | tuple):
        return _numbers_in_list(value)
    return _numbers_in_tensor(value)


def _numbers_in_list(parts: list | tuple) -> Numbers | None:
    """The numbers in a list, if all of its parts have the same shape."""
    found = [numbers_in(part) for part in parts]
    if not found or None in found:
        return None
    shapes = {part.shape for part in found}
    if len(shapes) > 1:
        return None
    values = [value for part in found for value in part.values]
    return Numbers((len(found), *shapes.pop()), values, max(part.rounding for part in found))


def _numbers_in_tensor(value: object) -> Numbers | None:
    """The numbers in a tensor, or in an array of NumPy."""
    is_array = hasattr(value, "__array__") and not isinstance(value, _Tensor)
    try:
        tensor = _detach(_as_tensor(value) if is_array else value)
    except (TypeError, ValueError, RuntimeError):
        return None
    if tensor.is_complex() or tensor.dtype is _bool:
        return None
    values = _tolist(_reshape(_to(tensor, "cpu", _float64), (-1,)))
    rounding = _finfo(tensor.dtype).eps if tensor.is_floating_point() else 0.0
    return Numbers(tuple(tensor.shape), values, rounding)


def truth_in(value: object) -> bool | None:
    """True or False, as Python, NumPy or a tensor of one element says it; None for anything
    else.
    """
    if isinstance(value, bool):
        return value
    if str(getattr(value, "dtype", "")) not in {"bool", "torch.bool"}:
        return None
    values = _tolist(_reshape(_as_tensor(value), (-1,)))
    return values[0] if len(values) == 1 else None


def same_shape(got: Numbers, wanted: Numbers) -> bool:
    """Whether two answers have one shape, or one number is wanted and a single one was given."""
    return got.shape == wanted.shape or (wanted.shape == () and len(got.values) == 1)


def number_pairs(got: object, wanted: object) -> Iterator[tuple[float, float]]:
    """Each number of an answer beside the one that is wanted. Both have as many."""
    return zip(numbers_in(got).values, numbers_in(wanted).values, strict=True)


def agree(got: object, wanted: object, partly: bool = False) -> bool:
    """Whether two answers are the same: numbers within the tolerance, words up to capitals.

    A tensor with one element agrees with a number.

    Args:
        got: the answer.
        wanted: what it is compared with.
        partly: looks only at those keys of a dict that are wanted.
    """
    if isinstance(wanted, dict):
        return _dicts_agree(got, wanted, partly)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return truth_in(got) is wanted
    if isinstance(wanted, str):
        return isinstance(got, str) and got.strip().casefold() == wanted.casefold()
    return _numbers_agree(numbers_in(got), numbers_in(wanted))


def _dicts_agree(got: object, wanted: dict, partly: bool) -> bool:
    if not isinstance(got, dict):
        return False
    keys_fit = wanted.keys() <= got.keys() if partly else wanted.keys() == got.keys()
    return keys_fit and all(agree(got[key], value) for key, value in wanted.items())


def _numbers_agree(got: Numbers | None, wanted: Numbers) -> bool:
    if got is None or not same_shape(got, wanted):
        return False
    tolerance = max(TOLERANCE, ROUNDINGS * got.rounding)
    return all(
        math.isclose(value, want, rel_tol=tolerance, abs_tol=NEAR_ZERO)
        for value, want in zip(got.values, wanted.values, strict=True)
    )
