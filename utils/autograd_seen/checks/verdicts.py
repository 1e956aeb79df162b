"""What a check says of an answer: right, not right yet, or not there yet."""

import html
import textwrap
from dataclasses import dataclass
from typing import Any

#: White on green: with a ground of its own it reads the same on a light page and on a dark one.
PLATE = "background:#1a7f37;color:#fff;border-radius:4px;padding:2px 8px;font-weight:600"


class NotYet(AssertionError):
    """Not right yet. A notebook shows the message alone, without a traceback.

    Attributes:
        so_far: how far the student is in this assignment, shown below the message; may be empty.
    """

    so_far = ""

    def _render_traceback_(self) -> list[str]:
        so_far = textwrap.indent(self.so_far, " " * 10).replace(" " * 10, "  so far  ", 1)
        return [*str(self).splitlines(), *so_far.splitlines()]


class NotAttempted(NotYet):
    """No answer yet: one line, and no points."""

    def _render_traceback_(self) -> list[str]:
        return _joined(str(self), self.so_far).splitlines()


class Misfit(Exception):
    """Raised while an answer is evaluated, for what is wrong with it that no value shows.

    Attributes:
        got: what the answer did, as text.
        wanted: what was to be there instead; "" for the right value, which no check knows.
        likely: the likely cause.
    """

    def __init__(self, got: str, wanted: str, likely: str) -> None:
        """Takes three texts, each of which stands on a line of its own in the report."""
        super().__init__(got, wanted, likely)
        self.got = got
        self.wanted = wanted
        self.likely = likely


@dataclass(frozen=True)
class Doubted:
    """A value with a misfit that counts only where the value is right.

    Attributes:
        value: what the answer gives.
        misfit: what is wrong with it all the same.
    """

    value: Any
    misfit: Misfit


@dataclass(frozen=True)
class Passed:
    """What a check returns for a right answer: one line in the notebook, green where it can be.

    Attributes:
        number: the exercise.
        so_far: how far the student is in this assignment; may be empty.
    """

    number: str
    so_far: str = ""

    def __repr__(self) -> str:
        """The line as text."""
        return _joined(f"{self.number}: passed", self.so_far)

    def _repr_html_(self) -> str:
        so_far = html.escape(self.so_far).replace("\n", "<br>")
        return f'<div><span style="{PLATE}">✓ {self.number} passed</span> {so_far}</div>'


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
