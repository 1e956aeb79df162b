"""What a check says of an answer: right, not right yet, or not there yet."""

from dataclasses import dataclass


class NotYet(AssertionError):
    """Not right yet. A notebook shows the message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class NotAttempted(NotYet):
    """No answer yet: one line, and no points."""


class Misfit(Exception):
    """Raised while an answer is evaluated, for what is wrong with it that no value shows.

    Attributes:
        got: what the answer did, as text.
        wanted: what was to be there instead.
        likely: the likely cause.
    """

    def __init__(self, got: str, wanted: str, likely: str) -> None:
        """Takes three texts, each of which stands on a line of its own in the report."""
        super().__init__(got, wanted, likely)
        self.got = got
        self.wanted = wanted
        self.likely = likely


@dataclass(frozen=True)
class Passed:
    """What a check returns for a right answer: one line in the notebook."""

    number: str

    def __repr__(self) -> str:
        """The line that a notebook shows."""
        return f"{self.number}: passed"
