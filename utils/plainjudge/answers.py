"""Compares two plain values: the numbers that they hold, their words, True and False."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from plainjudge.values import Array

#: An answer may be off by this part of the right value, or by this many roundings of its dtype if
#: that is more, but never by more than the last.
TOLERANCE, ROUNDINGS, COARSEST = 1e-4, 4, 1e-3
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
    """The numbers in a number, an array or a list of these; None for anything else."""
    match value:
        case bool():
            return None
        case int() | float():
            return Numbers((), [float(value)], 0.0)
        case list() | tuple():
            return _numbers_in_list(value)
        case Array() if value.dtype != "bool":
            return Numbers(value.shape, value.values, value.rounding)
    return None


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


def truth_in(value: object) -> bool | None:
    """True or False, as Python, NumPy or a tensor of one element says it; None for anything
    else.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Array) and value.dtype == "bool" and len(value.values) == 1:
        return bool(value.values[0])
    return None


def same_shape(got: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether two answers have one shape, or one number is wanted and a single one was given."""
    return got == wanted or (wanted == () and math.prod(got) == 1)


def number_pairs(got: object, wanted: object) -> Iterator[tuple[float, float]]:
    """Each number of an answer beside the one that is wanted. Both have as many."""
    return zip(numbers_in(got).values, numbers_in(wanted).values, strict=True)


def agree(got: object, wanted: object, partly: bool = False, within: float = 1) -> bool:
    """Whether two answers are the same: numbers within the tolerance, words up to capitals.

    An array with one element agrees with a number.

    Args:
        got: the answer.
        wanted: what it is compared with.
        partly: looks only at those keys of a dict that are wanted.
        within: so many tolerances apart still is the same.
    """
    if isinstance(wanted, dict):
        return _dicts_agree(got, wanted, partly, within)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return truth_in(got) is wanted
    if isinstance(wanted, str):
        return isinstance(got, str) and got.strip().casefold() == wanted.casefold()
    return _numbers_agree(numbers_in(got), numbers_in(wanted), within)


def _dicts_agree(got: object, wanted: dict, partly: bool, within: float) -> bool:
    if not isinstance(got, dict):
        return False
    keys_fit = wanted.keys() <= got.keys() if partly else wanted.keys() == got.keys()
    return keys_fit and all(agree(got[key], value, False, within) for key, value in wanted.items())


def _numbers_agree(got: Numbers | None, wanted: Numbers, within: float) -> bool:
    if got is None or not same_shape(got.shape, wanted.shape):
        return False
    tolerance = max(TOLERANCE, min(ROUNDINGS * got.rounding, COARSEST)) * within
    return all(
        math.isclose(value, want, rel_tol=tolerance, abs_tol=NEAR_ZERO * within)
        for value, want in zip(got.values, wanted.values, strict=True)
    )
