"""Where the lessons explain an error: the search that a reader calls."""

import html
from pathlib import Path

from autograd_seen.explained import Row, Section, rows_for, rows_opening, rows_with
from autograd_seen.values import kind_of

#: Where the lessons may lie, seen from the notebook: beside it, or two folders up.
FOLDERS = ("", "../../notebooks/")


class FoundError:
    """What `find_error` found. ``rows`` holds the rows, none where no lesson explains the error."""

    def __init__(self, text: str, rows: list[Row]):
        #: The text that was looked for.
        self.text = text
        #: Each has a ``kind``, a ``message`` and ``sections``.
        self.rows = rows

    def __str__(self) -> str:
        if not self.rows:
            return self._nothing
        return "\n".join(f"{row}\n  {row.where}" for row in self.rows)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{html.escape(self._nothing)}</p>"
        found = (
            f"<p><code>{html.escape(str(row))}</code><br>"
            f"Explained in {'; '.join(map(linked, row.sections))}</p>"
            for row in self.rows
        )
        return f'<div style="max-width: 60em">{"".join(found)}</div>'

    @property
    def _nothing(self) -> str:
        first = " ".join(self.text.split())
        shown = first if len(first) <= 80 else first[:79] + "…"
        return (
            f"No lesson explains this yet: {shown}\n"
            "Give the last line of the traceback or the line with the warning, as Python prints it."
        )


def linked(section: Section) -> str:
    """A section in HTML: as a link, where the lessons lie near the notebook."""
    name = html.escape(str(section))
    for folder in FOLDERS:
        if Path(folder, f"{section.lesson}.ipynb").exists():
            return f'<a href="{html.escape(folder + section.link)}">{name}</a>'
    return name


def find_error(text: str) -> FoundError:
    """Looks up which section of which lesson explains an error or a warning.

    Args:
        text: the line as Python prints it, with your own numbers, sizes and types, or a piece of
            it, or a whole traceback.

    Returns a FoundError that Jupyter shows with links; ``str()`` gives the same as text.

    Raises TypeError for anything but text, and ValueError for an empty one.

    Example:
        >>> find_error("RuntimeError: The size of tensor a (5) must match the size of tensor b (7) "
        ...            "at non-singleton dimension 1").rows[0].where
        'Explained in 09, The size of tensor a must match the size of tensor b'
    """
    if not isinstance(text, str):
        raise TypeError(
            "find_error takes the line that Python printed, as a text in quotes, and was given "
            f"{kind_of(text)}"
        )
    if not text.strip():
        raise ValueError(
            "find_error was given an empty text: paste the line that Python printed between the "
            "quotes"
        )
    return FoundError(text, rows_for(text) or rows_with(text) or rows_opening(text))
