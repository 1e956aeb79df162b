"""How the report on an answer writes values, cases and lines of code."""

import traceback

import torch

from autograd_seen.checks.answers import numbers_in

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _detach, _tolist = torch.Tensor, torch.Tensor.detach, torch.Tensor.tolist

#: Characters of an error's message, and of a value that holds no numbers.
LONGEST = 90
#: Numbers of a list or a tensor that are written out.
MOST_NUMBERS = 6


def written(value: object) -> str:
    """A value in a report: numbers with six digits, a function by its name, anything else cut
    short.
    """
    if isinstance(value, _Tensor) and not value.is_floating_point():
        return f"{shortened(str(_tolist(_detach(value))))}, {value.dtype}"
    numbers = numbers_in(value)
    if numbers is None:
        return _written_otherwise(value)
    parts = [f"{part:.6g}" for part in numbers.values[:MOST_NUMBERS]]
    if not numbers.shape:
        return parts[0]
    if len(numbers.values) > MOST_NUMBERS:
        parts.append("…")
    of_shape = f" of shape {numbers.shape}" if len(numbers.shape) > 1 else ""
    return f"[{', '.join(parts)}]{of_shape}"


def _written_otherwise(value: object) -> str:
    """A value that holds no numbers."""
    if isinstance(value, list | tuple):
        return shortened(f"[{', '.join(map(written, value))}]")
    name = getattr(value, "__name__", "")
    return name if callable(value) and name else shortened(repr(value))


def written_in_case(value: object) -> str:
    """A value of a case: a word without quotes, a function by its formula, else as `written`."""
    if isinstance(value, str):
        return value
    if callable(value) and value.__doc__:
        return value.__doc__
    return written(value)


def shortened(text: str) -> str:
    """The first line of a text, cut to `LONGEST` characters."""
    first = text.split("\n")[0]
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"


def failing_line(error: BaseException, answer: object) -> str:
    """The student's line that an error came from; empty if that is not known."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file]
    return shortened(lines[-1] or "") if lines else ""
