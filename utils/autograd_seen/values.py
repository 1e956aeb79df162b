"""What a tensor holds, as plain data, and how a number is written. Knows no torch."""

import cmath
import math
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

#: A longer name, value or label is shortened to this many characters.
LONGEST = 40
#: The same of a name.
LONGEST_NAME = 60
#: Significant digits that tell a number from the whole number that it rounds to.
DIGITS = 7
#: The numbers of a vector that stand in a sentence.
BRIEF = 4


class Value(NamedTuple):
    """What a tensor holds: all of its numbers where these are few, else the ends of their range.

    A number is the shortest decimal that stands for it in the tensor's own dtype, so that two
    numbers that differ differ here too.
    """

    #: How many numbers the tensor holds.
    size: int
    #: The shape; None for a nested tensor.
    shape: tuple[int, ...] | None = ()
    #: All numbers, those of the last dimension together: of a tensor without dimensions, a short
    #: vector or a small matrix. Else empty.
    numbers: tuple[int | float | complex | bool, ...] = ()
    #: The smallest and the largest number, where they could be read.
    ends: tuple[int | float | bool, int | float | bool] | None = None
    #: How many are not a number.
    nans: int = 0
    #: How many are infinite, of a tensor of which neither numbers nor ends are here; None where
    #: they were not counted.
    infs: int | None = None

    @property
    def number(self) -> int | float | complex | bool | None:
        """The one number of a tensor without dimensions; None for any other."""
        return self.numbers[0] if self.numbers and self.shape == () else None

    @property
    def is_readable(self) -> bool:
        """Whether anything is known of what the tensor holds."""
        known = self.numbers or self.ends is not None or self.nans or self.infs
        return self.size == 0 or bool(known)

    @property
    def not_finite(self) -> frozenset[str] | None:
        """What is among the numbers that is not finite: "nan", "inf", "-inf", or "±inf" for an
        infinite number whose sign was not read. None where that is not known.
        """
        if self.size == 0:
            return frozenset()
        if self.numbers or self.ends:
            return frozenset(kind for one in self.numbers or self.ends for kind in _kinds(one))
        if self.infs is None:
            return None
        kinds = {"nan": self.nans, "±inf": self.infs}
        return frozenset(kind for kind, count in kinds.items() if count)

    def count(self, kind: str) -> int | None:
        """How many of the numbers are "nan", "inf", "-inf" or "±inf"; None where that is not
        known.
        """
        if self.numbers:
            return sum(kind in _kinds(one) for one in self.numbers)
        if self.ends and self.ends[0] == self.ends[1] and kind in _kinds(self.ends[0]):
            return self.size
        return {"nan": self.nans, "±inf": self.infs}.get(kind) or None

    @property
    def rows(self) -> tuple[tuple[int | float | complex | bool, ...], ...]:
        """The rows of a matrix that is written out; empty for any other value, and for a matrix of
        which "all 1" tells as much.
        """
        if self.shape is None or len(self.shape) != 2 or not self.numbers or self._all_same:
            return ()
        width = self.shape[1]
        return tuple(self.numbers[i : i + width] for i in range(0, self.size, width))

    @property
    def _all_same(self) -> bool:
        """Whether a matrix holds one number many times."""
        return self.size > 1 and all(one == self.numbers[0] for one in self.numbers)

    def brief(self) -> str:
        """The same with at most four numbers, else the smallest and the largest."""
        one_line = self.shape is not None and len(self.shape) < 2
        if len(self.numbers) <= (BRIEF if one_line else 1):
            return str(self)
        nans = sum(map(cmath.isnan, self.numbers))
        if nans or any(isinstance(one, complex) for one in self.numbers):
            ends = None
        else:
            ends = min(self.numbers), max(self.numbers)
        return str(self._replace(numbers=(), ends=ends, nans=nans))

    def __str__(self) -> str:
        """One number, those of a short vector in brackets, those of a small matrix in brackets row
        by row, or the smallest and the largest; empty if none of these could be read.
        """
        if self.size == 0 and self.shape is not None:
            return "empty"
        if self.number is not None:
            return number(self.number)
        if self.rows:
            return bracketed(map(bracketed, (map(number, row) for row in self.rows)))
        if self.numbers and self.shape is not None and len(self.shape) == 2:
            return f"all {number(self.numbers[0])}"
        if self.numbers:
            return bracketed(map(number, self.numbers))
        if self.nans:
            return f"nan in {self.nans} of {self.size}"
        if self.infs:
            return f"inf in {self.infs} of {self.size}"
        if self.ends is None:
            return ""
        low, high = self.ends
        if low == high:
            return f"all {number(low)}"
        ends = [_rough(low), _rough(high)]
        return " … ".join(ends if ends[0] != ends[1] else [number(low), number(high)])


def _kinds(value: int | float | complex | bool) -> tuple[str, ...]:
    """What of a number is not finite."""
    if isinstance(value, complex):
        parts = {
            kind.replace("-inf", "inf")
            for part in (value.real, value.imag)
            for kind in _kinds(part)
        }
        return tuple("±inf" if kind == "inf" else kind for kind in sorted(parts))
    if not isinstance(value, float) or math.isfinite(value):
        return ()
    return ("nan",) if math.isnan(value) else ("inf",) if value > 0 else ("-inf",)


def bracketed(parts: Iterable[str]) -> str:
    """``"[1, 2]"`` for the texts "1" and "2"."""
    return f"[{', '.join(parts)}]"


def clip(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, every character printable, at most ``longest`` of them."""
    if type(text) is str and len(text) <= longest and text.isprintable():
        return text  # nearly always
    head = str(text)[: longest + 1]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else "�" for c in head)
    return head if len(head) <= longest else head[: longest - 1] + "…"


def clip_name(text: str) -> str:
    """A name on one line, at most ``LONGEST_NAME`` characters: of a longer one both ends, which
    tell it apart from others.
    """
    if len(text) > LONGEST_NAME:
        start = LONGEST_NAME // 4
        text = f"{text[:start]}…{text[start + 1 - LONGEST_NAME :]}"
    return clip(text, LONGEST_NAME)


def ending(name: str, longest: int) -> str:
    """A name, or its end: that of a long name tells it apart."""
    return name if len(name) <= longest else "…" + name[1 - longest :]


def endings(names: Iterable[str], longest: int) -> dict[str, str]:
    """By name how it is shown in little room: whole, or by its end. The end grows where it would be
    that of another name too.
    """
    known = set(names)
    shown = {one: one for one in known if len(one) <= longest}
    left = known - shown.keys()
    while left:
        ends = {one: ending(one, longest) for one in left}
        counts = Counter(ends.values())
        shown |= {one: end for one, end in ends.items() if counts[end] == 1}
        left -= shown.keys()
        longest += 1
    return shown


def number(value: object) -> str:
    """A number in a few digits: four decimals, or scientific form where these show too little.

    What is not whole is never written as if it were: 0.99998 keeps its digits, and what is nearer
    to 1 than seven digits tell is "≈1".
    """
    if isinstance(value, complex):
        sign = "" if value.imag < 0 else "+"
        return f"{number(value.real)}{sign}{number(value.imag)}j"
    if isinstance(value, bool) or not isinstance(value, float):
        return clip(str(value))
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return _decimal(value)
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def exact(value: object) -> str:
    """A number that a caller wrote, in all its digits: two numbers that differ read differently.

    From the eighth digit on "…" says that it goes on.
    """
    if isinstance(value, complex):
        sign = "" if value.imag < 0 or math.isnan(value.imag) else "+"
        return f"{exact(value.real)}{sign}{exact(value.imag)}j"
    if isinstance(value, bool) or not isinstance(value, float) or not math.isfinite(value):
        return number(value)
    if value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    short = f"{value:.{DIGITS}g}"
    if float(short) == value:
        mantissa, _, exponent = short.partition("e")
        return mantissa + (f"e{int(exponent)}" if exponent else "")
    return f"{value:.{DIGITS}g}".replace("e", "…e", 1) if "e" in short else f"{short}…"


def _decimal(value: float) -> str:
    """At most four decimals, or more where these would read as a whole number that it is not."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    if text == "-0":
        text = "0"
    if "." in text or float(text) == value:
        return text
    longer = f"{value:.{DIGITS}g}"
    return longer if "." in longer and float(longer) != float(text) else f"≈{text}"


def _rough(value: object) -> str:
    """Three digits are enough for the end of a range, or more where these would read as a whole
    number that it is not.
    """
    if not isinstance(value, float) or not math.isfinite(value):
        return number(value)
    rounded = (float(f"{value:.{digits}g}") for digits in range(3, DIGITS + 1))
    return number(next((one for one in rounded if one == value or not one.is_integer()), value))


def kind_of(thing: object) -> str:
    """``"an int"`` for 3: what an error says was passed."""
    kind = type(thing).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


@cache
def dtype_name(dtype: object) -> str:
    """``"float32"`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")
