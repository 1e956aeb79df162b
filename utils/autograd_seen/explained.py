"""Which error is explained where: the rows behind the page `notebooks/errors.html`, behind the last
line of a short traceback, and behind `find_error`.

A row holds what Python prints. The tests hold each row against the cells of its section, and each
error of a lesson against the rows.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from autograd_seen import error_rows

#: Stands in a message for what differs from case to case.
GAP = "…"
#: So many sections are named below a traceback; Find your error has all.
MOST_NAMED = 3
#: So much of a message must be given where no whole first sentence is.
FEWEST_CHARACTERS = 8
#: So long must be what a message opens with, where only that is given.
FEWEST_OF_OPENING = 25


@dataclass(frozen=True)
class Section:
    """A section of a lesson, by the lesson's slug and the heading as it stands in the notebook."""

    lesson: str
    heading: str

    def __str__(self) -> str:
        return f"{self.lesson[:2]}, {self.heading.replace('`', '')}"

    @property
    def link(self) -> str:
        """The address from the folder of the lessons; JupyterLab's own form after the #, which it
        finds only where nothing is quoted.
        """
        shown = re.sub(r"`([^`]*)`|\*", r"\1", self.heading)
        return f"{self.lesson}.ipynb#{shown.replace(' ', '-')}"


@dataclass(frozen=True)
class Row:
    """An error or a warning that lessons explain.

    Attributes:
        kind: its class, such as "RuntimeError".
        message: the whole message, with `GAP` for what differs from case to case.
        sections: where it is raised and explained, the best one first.
    """

    kind: str
    message: str
    sections: tuple[Section, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"

    @cached_property
    def pattern(self) -> str:
        """A regular expression, in Python and in JavaScript, for the message's first sentence at
        the beginning of a text or after a colon.
        """
        sentence = re.match(r".*?(?=\.\s|\.?$)", self.message).group()
        return r"(?:^|: )" + ".*?".join(_escaped(part) for part in sentence.split(GAP))

    def explains(self, line: str) -> bool:
        """Whether a line, whose blanks are single, holds this message."""
        return bool(re.search(self.pattern, line))

    def contains(self, line: str) -> bool:
        """Whether a line is a piece of this message, and no short one."""
        return len(line) >= FEWEST_CHARACTERS and line.lower() in str(self).lower()

    @property
    def opening(self) -> str:
        """The message up to its first pause, which the releases of PyTorch have kept where they
        changed the rest; empty where something in it differs from case to case.
        """
        opening = re.split(r" \(|[.,:] ", self.message)[0]
        return "" if GAP in opening else opening

    def opens(self, line: str) -> bool:
        """Whether a line holds the opening of this message, and that is no short one."""
        return len(self.opening) >= FEWEST_OF_OPENING and self.opening.lower() in line.lower()

    @property
    def where(self) -> str:
        """The line that says where it is explained."""
        return f"Explained in {'; '.join(map(str, self.sections[:MOST_NAMED]))}"


def _escaped(text: str) -> str:
    """A constant part of a message as Python and JavaScript both read it in a pattern."""
    return re.sub(r"[\\^$.|?*+()\[\]{}]", r"\\\g<0>", text)


ROWS = tuple(
    Row(kind, message, tuple(Section(lesson, heading) for lesson, heading in sections))
    for kind, message, sections in error_rows.ROWS
)


def rows_for(text: str) -> list[Row]:
    """The rows for an error, or for any text in which it stands as Python prints it."""
    line = on_one_line(text)
    return [row for row in ROWS if row.explains(line)]


def rows_with(text: str) -> list[Row]:
    """The rows of which a text is a piece."""
    line = on_one_line(text)
    return [row for row in ROWS if row.contains(line)]


def rows_opening(text: str) -> list[Row]:
    """The rows whose message begins as a text says, and goes on in another way."""
    line = on_one_line(text)
    return [row for row in ROWS if row.opens(line)]


def on_one_line(text: str) -> str:
    """A text without line breaks and colours, and with single blanks."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
