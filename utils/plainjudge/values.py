"""The plain data that an answer becomes: it holds no code, and goes over a line as JSON.

A plain value is None, True or False, a number, a word, a list or a dict of plain values, an `Array`
of numbers, an `Odd` thing of which only a description is left, or ``...`` where an answer is still
to be written.
"""

import base64
import binascii
import math
from array import array
from dataclasses import dataclass, field

#: Numbers of one array, parts of one list or dict, characters of one word, lists within lists.
MOST_NUMBERS, MOST_PARTS, MOST_CHARS, DEEPEST = 10_000, 1_000, 2_000, 6
#: Bits of a whole number. One that no float can hold is no answer.
MOST_BITS = 1_000
#: What each floating type rounds to, relatively.
ROUNDING = {"float64": 2**-52, "float32": 2**-23, "float16": 2**-10, "bfloat16": 2**-7}


class NotPlain(ValueError):
    """Something that came over the line is no plain value; the message says what it is."""


@dataclass(frozen=True)
class Array:
    """The numbers of a tensor or an array.

    Attributes:
        dtype: such as ``float32``.
        shape: as of a tensor.
        values: row after row, as float64.
        is_tensor: whether it was a tensor of PyTorch.
    """

    dtype: str
    shape: tuple[int, ...]
    values: list[float] = field(repr=False)
    is_tensor: bool = True

    @property
    def is_floating_point(self) -> bool:
        """Whether it holds floating point numbers."""
        return "float" in self.dtype

    @property
    def rounding(self) -> float:
        """The largest relative error of rounding to its dtype; 0 if that is exact."""
        return ROUNDING.get(self.dtype, 0.0)


@dataclass(frozen=True)
class Odd:
    """A thing that is no answer, by the name of its type and by how a report writes it."""

    kind: str
    text: str


def encode(value: object) -> object:
    """A plain value as JSON can hold it."""
    match value:
        case Array(dtype, shape, values, is_tensor):
            data = base64.b64encode(array("d", values).tobytes()).decode()
            return {"array": [dtype, list(shape), data, is_tensor]}
        case Odd(kind, text):
            return {"odd": [kind, text]}
        case dict():
            return {"dict": [[key, encode(part)] for key, part in value.items()]}
        case list() | tuple():
            return [encode(part) for part in value]
    return {"open": True} if value is ... else value


def decode(sent: object, depth: int = 0) -> object:
    """The plain value that `encode` made this of. Raises NotPlain, whatever it is given."""
    if depth > DEEPEST:
        raise NotPlain(f"lists within lists, more than {DEEPEST} deep")
    if sent is None or isinstance(sent, bool | float):
        return sent
    match sent:
        case int():
            if sent.bit_length() > MOST_BITS:
                raise NotPlain(f"a whole number of {sent.bit_length()} bits, more than {MOST_BITS}")
            return sent
        case str():
            return _word(_bounded(sent, MOST_CHARS, "characters"))
        case list():
            parts = _bounded(sent, MOST_PARTS, "parts")
            return [decode(part, depth + 1) for part in parts]
        case {"open": True}:
            return ...
        case {"odd": [str(kind), str(text)]}:
            return Odd(kind[:MOST_CHARS], text[:MOST_CHARS])
        case {"dict": list(pairs)}:
            return dict(_pair(pair, depth) for pair in _bounded(pairs, MOST_PARTS, "parts"))
        case {"array": [str(dtype), list(shape), str(data), bool(is_tensor)]}:
            return _array(dtype, shape, data, is_tensor)
    raise NotPlain(f"no plain value: {str(sent)[:80]}")


def _word(text: str) -> str:
    """A text in which every character can be written."""
    return text.encode("utf-8", "replace").decode()


def _bounded(parts: list | str, most: int, what: str) -> list | str:
    if len(parts) > most:
        raise NotPlain(f"{len(parts)} {what}, more than {most}")
    return parts


def _pair(pair: object, depth: int) -> tuple[str, object]:
    match pair:
        case [str(key), part]:
            return _word(key), decode(part, depth + 1)
    raise NotPlain(f"no key with its value: {str(pair)[:80]}")


def _array(dtype: str, shape: list, data: str, is_tensor: bool) -> Array:
    values = array("d")
    try:
        values.frombytes(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as error:
        raise NotPlain(f"an array's numbers cannot be read: {error}") from error
    if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > DEEPEST:
        raise NotPlain(f"no shape: {str(shape)[:80]}")
    # Sides beside one of 0 hold no numbers, but lists within lists all the same.
    lists = math.prod(max(side, 1) for side in shape)
    if math.prod(shape) != len(values) or lists > MOST_NUMBERS:
        raise NotPlain(f"{len(values)} numbers for an array of shape {str(tuple(shape))[:80]}")
    if "float" not in dtype and not all(map(math.isfinite, values)):
        raise NotPlain(f"numbers that are not finite in an array of {dtype[:80]}")
    return Array(dtype[:MOST_CHARS], tuple(shape), list(values), is_tensor)
