"""Several answers to one question side by side, and in how many digits they agree."""

import cmath
import math
import sys
from fractions import Fraction
from itertools import combinations

import torch

from autograd_seen.values import kind_of, number

#: Digits that are the same on every machine: a float32's last one is not.
DIGITS = {
    torch.float64: 12,
    torch.complex128: 12,
    torch.float32: 6,
    torch.complex64: 6,
    torch.float16: 3,
    torch.bfloat16: 2,
}
#: The digits of integers.
EXACT = 99
#: With fewer digits in common, two numbers differ.
FEWEST = 3
#: More numbers than this are told by their range, and so are those of a matrix with more rows or
#: columns.
MOST_SHOWN = 6


class Comparison:
    """Several answers to one question. ``str()`` gives the table and the verdict, ``largest`` the
    largest difference between two answers in the same place.
    """

    def __init__(self, rows: dict[str, list], digits: int, shape: tuple[int, ...] | None = None):
        #: The numbers of each answer, and how many digits of them are compared.
        self.rows, self.digits = rows, digits
        #: The shape of the answers; None where it is not one shape.
        self.shape = shape
        #: The largest difference between two answers in the same place; nan where one of them is
        #: not a number.
        self.largest = _largest(list(rows.values()))

    def __str__(self) -> str:
        shown = [
            ("" if i else name, cells)
            for name, row in self.rows.items()
            for i, cells in enumerate(self._lines(row))
        ]
        columns = max(len(cells) for _, cells in shown)
        name_width = max(map(len, self.rows))
        padded = [(name, cells + [""] * (columns - len(cells))) for name, cells in shown]
        widths = [max(len(cells[i]) for _, cells in padded) for i in range(columns)]
        lines = []
        for name, cells in padded:
            aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
            lines.append("   ".join([name.ljust(name_width), *aligned]).rstrip())
        return "\n".join([*lines, self.verdict])

    def _lines(self, row: list) -> list[list[str]]:
        """The cells of one answer: a small matrix row by row, anything else on one line."""
        if self.shape is None or len(self.shape) != 2 or max(self.shape) > MOST_SHOWN:
            return [_cells(row)]
        width = self.shape[1]
        return [[_cell(v) for v in row[i : i + width]] for i in range(0, len(row), width)] or [[]]

    __repr__ = __str__

    @property
    def verdict(self) -> str:
        """The last line: ``agree to 6 digits``, or ``differ: 0.6955 against −0.3092``."""
        places = list(zip(*self.rows.values(), strict=True))
        if not places:
            return "agree: there are no numbers"
        gaps = [max(gap for gap, _, _ in self._gaps(place)) for place in places]
        wrong = [gap for gap in gaps if _digits(gap, self.digits) < min(FEWEST, self.digits)]
        if wrong:
            at = gaps.index(max(wrong))
            return self._difference(places[at], len(wrong), len(places), self._place(at))
        everybody = "both" if len(self.rows) == 2 else "all"
        kinds = [_kind(place) for place in places]
        if kinds[0] and len(set(kinds)) == 1:
            return f"agree: {everybody} {kinds[0]}"
        digits = _digits(max(gaps), self.digits)
        agree = "agree exactly" if digits == EXACT else f"agree to {digits} digits"
        nans = kinds.count("nan")
        return f"{agree}, {everybody} nan in {nans} of {len(places)} numbers" if nans else agree

    def _gaps(self, place: tuple) -> list[tuple[float, tuple, tuple]]:
        """How far apart each two answers are in one place, and their names and values."""
        pairs = combinations(zip(self.rows, place, strict=True), 2)
        return [(_gap(one[1], two[1], self.digits), one, two) for one, two in pairs]

    def _place(self, at: int) -> str:
        """``"[1, 2]"``: where a number stands in a matrix or in a long vector; else empty."""
        shape = self.shape or ()
        if len(shape) < 2 and math.prod(shape) <= MOST_SHOWN:
            return ""
        index = []
        for size in reversed(shape):
            at, place = divmod(at, size)
            index.insert(0, place)
        return str(index)

    def _difference(self, place: tuple, count: int, size: int, at: str) -> str:
        _, *pair = max(self._gaps(place), key=lambda gap: gap[0])
        named = len(self.rows) > 2
        one, two = (_told(value) + (f" ({name})" if named else "") for name, value in pair)
        where = f" in {count} of {size} numbers" if size > 1 else ""
        if at:
            return f"differ{where}, {'most ' if count > 1 else ''}at {at}: {one} against {two}"
        return f"differ{where}{', most in' if count > 1 else ':'} {one} against {two}"


def compare(**answers: object) -> Comparison:
    """Puts several answers side by side: ``compare(by_hand=6.0, autograd=x.grad, nudged=slope)``.

    Returns a Comparison that Jupyter shows as a table, a row for each answer, and below it the
    number of digits in which all of them agree: the difference of two numbers in relation to the
    larger one, rounded down, and at most what is the same on every machine (12 digits; 6 where an
    answer is a float32, 3 for float16, 2 for bfloat16). With fewer than 3 digits in common they
    differ, and the two numbers that differ most are told, with their place in a matrix or in a long
    vector. A matrix of at most six rows and columns has a line for each row; of more than six other
    numbers the table tells the range.

    An exact 0 agrees with numbers below 1e-12 (below 1e-6 where an answer is a float32, 1e-3 and
    1e-2 for the shorter ones). inf agrees with inf of the same sign, and nan only with nan.
    Integers alone must be equal. Complex numbers are compared as such.

    Each answer is a number, a tensor, or a list of these. All have the same number of elements, in
    the same shape; one written as a flat list fits any shape. An underscore in a name becomes a
    space.

    Raises:
        ValueError: there are fewer than two answers, or they differ in size or shape.
        TypeError: an answer is None or something else that holds no numbers, or none that can be
            read, such as a meta or a nested tensor.

    Example:
        >>> compare(by_hand=[3, 8], autograd=[torch.tensor(3.0), torch.tensor(8.0)])
        by hand    3.0000   8.0000
        autograd   3.0000   8.0000
        agree to 6 digits
        >>> compare(cosine_at_y=-0.3092, cosine_at_x=0.6955)
        cosine at y   -0.3092
        cosine at x    0.6955
        differ: −0.3092 against 0.6955
    """
    if len(answers) < 2:
        raise ValueError(
            "compare needs at least two answers, such as compare(by_hand=6.0, autograd=x.grad)"
        )
    dtypes: set[torch.dtype] = set()
    rows = {
        name.replace("_", " "): _numbers(name, value, dtypes) for name, value in answers.items()
    }
    sizes = {name: len(row) for name, row in rows.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(
            f"compare needs answers of one size, and got these numbers of elements: {told}"
        )
    _check_shapes(dict(zip(rows, answers.values(), strict=True)))
    digits = min((DIGITS.get(dtype, EXACT) for dtype in dtypes), default=EXACT)
    shapes = [shape for shape in map(_whole_shape, answers.values()) if shape is not None]
    # One that is written as a flat list has the shape of the others.
    shape = max(shapes, key=len) if len(shapes) == len(answers) else None
    return Comparison(rows, digits, shape)


def _numbers(name: str, value: object, dtypes: set[torch.dtype]) -> list:
    """The elements as Python numbers, which hold each exactly; adds their dtypes to ``dtypes``."""
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(name, part, dtypes)]
    if value is None:
        raise TypeError(
            f"compare got {name}=None: no gradient has arrived there; call backward() first"
        )
    if isinstance(value, torch.Tensor):
        dtypes.add(value.dtype)
        try:
            return value.detach().to_dense().reshape(-1).tolist()
        except (RuntimeError, NotImplementedError) as problem:  # meta, nested, quantized
            raise TypeError(
                f"compare cannot read the numbers of {name}: pass a plain tensor that holds them"
            ) from problem
    if not isinstance(value, int | float | complex):
        raise TypeError(
            f"compare got {kind_of(value)} as {name}: pass a number, a tensor, or a list of these"
        )
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise TypeError(f"compare got an int as {name} that is larger than any float64")
    if not isinstance(value, int):
        dtypes.add(torch.float64)
    return [value]


def _check_shapes(answers: dict[str, object]) -> None:
    """Answers of two or more dimensions have one shape, lists of one length part by part."""
    values = list(answers.values())
    if all(isinstance(value, list | tuple) for value in values) and len(set(map(len, values))) == 1:
        for parts in zip(*values, strict=True):
            _check_shapes(dict(zip(answers, parts, strict=True)))
        return
    shapes = {name: _shape(value) for name, value in answers.items()}
    if len({shape for shape in shapes.values() if len(shape) > 1}) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"compare needs answers of one shape, and got {told}: transpose one of them, or "
            "flatten all if their elements are in the same order"
        )


def _shape(value: object) -> tuple[int, ...]:
    """The shape of an answer without its ones; lists of unequal parts are flat."""
    if isinstance(value, torch.Tensor):
        return tuple(size for size in value.shape if size != 1)
    if not isinstance(value, list | tuple):
        return ()
    shapes = {_shape(part) for part in value}
    inner = shapes.pop() if len(shapes) == 1 else ()
    return tuple(size for size in (len(value), *inner) if size != 1)


def _whole_shape(value: object) -> tuple[int, ...] | None:
    """The shape of an answer with its ones; None for lists of unequal parts."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    if not isinstance(value, list | tuple):
        return ()
    shapes = set(map(_whole_shape, value))
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(value), *(shapes.pop() if shapes else ()))


def _kind(place: tuple) -> str:
    """``"nan"``, ``"inf"``, ``"−inf"`` or ``"0"``, where numbers that agree are one of these."""
    if cmath.isnan(place[0]) or cmath.isinf(place[0]):
        return _told(place[0])
    return "0" if 0 in place else ""


def _gap(one: complex, two: complex, digits: int) -> float:
    """The difference in relation to the larger number, to three decimals where that is much, so
    that the last bits do not decide which pair is furthest apart.
    """
    if one == two or (cmath.isnan(one) and cmath.isnan(two)):
        return 0.0
    if digits == EXACT or not (cmath.isfinite(one) and cmath.isfinite(two)):
        return math.inf
    size = max(abs(one), abs(two))
    if 0 in (one, two):
        return 1.0 if size >= 10.0**-digits else 0.0
    if isinstance(one, complex) or isinstance(two, complex):
        gap = abs(one - two) / size
    else:
        gap = float(abs(Fraction(one) - Fraction(two)) / Fraction(size))
    return round(gap, 3) if gap > 0.1 else gap


def _digits(gap: float, most: int) -> int:
    """The digits that two numbers have in common."""
    if gap == 0:
        return most
    return max(0, min(most, math.floor(-math.log10(gap)))) if gap < 1 else 0


def _largest(rows: list[list]) -> float:
    pairs = (pair for place in zip(*rows, strict=True) for pair in combinations(place, 2))
    differences = [_difference(one, two) for one, two in pairs]
    return math.nan if any(map(math.isnan, differences)) else max(differences, default=0.0)


def _difference(one: complex, two: complex) -> float:
    if one == two:
        return 0.0
    if isinstance(one, int) and math.isfinite(abs(two)) and not isinstance(two, complex):
        return float(abs(one - Fraction(two)))
    return float(abs(one - two))


def _cells(row: list) -> list[str]:
    """The numbers of one answer, or how many there are and their range."""
    if len(row) <= MOST_SHOWN:
        return [_cell(value) for value in row]
    finite = [value for value in row if cmath.isfinite(value)]
    cells = [f"{len(row)} numbers"]
    if any(isinstance(value, complex) for value in row):
        finite = [abs(value) for value in finite]
        cells = [f"{len(row)} complex numbers, of size"]
    if finite:
        cells.append(f"{number(min(finite))} … {number(max(finite))}")
    nans = sum(map(cmath.isnan, row))
    counts = {"nan": nans, "inf": len(row) - len(finite) - nans}
    return cells + [f"{kind} in {count}" for kind, count in counts.items() if count]


def _cell(value: complex) -> str:
    if isinstance(value, bool | complex) or (isinstance(value, int) and abs(value) >= 1e6):
        return number(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"


def _told(value: complex) -> str:
    return (f"{value:.4g}" if isinstance(value, float) else number(value)).replace("-", "−")
