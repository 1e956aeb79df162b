"""How the report on an answer writes what only the notebook knows: cases, and lines of code."""

import traceback

from plainjudge.written import shortened, written

from autograd_seen.checks.plain import plain


def written_live(value: object) -> str:
    """A value that is no plain data yet, as a report writes it."""
    return written(plain(value))


def written_in_case(value: object) -> str:
    """A value of a case: a word without quotes, a function by its formula, else as `written`."""
    if isinstance(value, str):
        return value
    if callable(value) and value.__doc__:
        return value.__doc__
    return written_live(value)


def failing_line(error: BaseException, answer: object) -> str:
    """The student's line that an error came from; empty if that is not known."""
    # Of a Function, or of its apply, the student's own code is that of the class.
    answer = getattr(getattr(answer, "__self__", answer), "forward", answer)
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file]
    return shortened(lines[-1] or "") if lines else ""
