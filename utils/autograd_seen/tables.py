"""Columns of values as a table."""

import html
import math
import unicodedata
from collections.abc import Mapping, Sequence

import torch

from autograd_seen.values import kind_of

#: Blanks as wide as a decimal point and as a digit; in a terminal all are.
POINT, DIGIT = "\u2008", "\u2007"
BLANKS = str.maketrans({POINT: " ", DIGIT: " "})

#: A value of a table, once it is out of its tensor.
Value = float | int | bool | complex | str | None


class Table:
    """Columns side by side. ``str()`` gives them aligned; Jupyter shows a table in HTML. The
    decimal points of a column stand below one another.
    """

    def __init__(self, columns: dict[str, list[Value]], caption: str, digits: int):
        #: The values of each column as plain Python values.
        self.columns = columns
        #: What the table shows, in a few words; empty if it has none.
        self.caption = caption
        self._cells = {
            name: _aligned(vs, [_written(v, digits) for v in vs]) for name, vs in columns.items()
        }
        self._rows = list(zip(*self._cells.values(), strict=True))

    def __str__(self) -> str:
        sides = [_is_right(values) for values in self.columns.values()]
        lines = [tuple(self._cells), *self._rows]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        body = [
            "   ".join(map(_padded, line, widths, sides)).translate(BLANKS).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *body] if self.caption else body)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        sides = ["right" if _is_right(values) else "left" for values in self.columns.values()]
        caption = html.escape(self.caption)
        if caption:
            caption = f'<caption style="text-align: left">{caption}</caption>'
        head = "".join(
            f'<th scope="col" style="text-align: {side}">{html.escape(name)}</th>'
            for name, side in zip(self.columns, sides, strict=True)
        )
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align: {side}">{html.escape(cell)}</td>'
                for cell, side in zip(row, sides, strict=True)
            )
            + "</tr>"
            for row in self._rows
        )
        return (
            '<div style="max-width: 100%; overflow-x: auto"><table style="'
            f'font-variant-numeric: tabular-nums">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )


def table(
    columns: Mapping[str, Sequence | torch.Tensor], caption: str = "", digits: int = 4
) -> Table:
    """Puts columns of values side by side: ``table({"step": [0, 1], "loss": losses})``.

    Args:
        columns: the values of each column by its heading: a list of numbers, tensors of one
            element, texts, bools and None; or a tensor of one dimension. All are of one length.
        caption: a line above the table.
        digits: the significant digits of a number that is not whole.

    Returns a Table that Jupyter shows; ``str()`` gives it aligned as text. Numbers are written as
    Python reads them.

    Raises TypeError for a column that is no sequence of such values, ValueError for columns of
    unequal length, for none at all and for fewer digits than one.

    Example:
        >>> table({"h": [1.0, 0.1], "slope": torch.tensor([7.0, 6.1])})
          h   slope
        1.0     7.0
        0.1     6.1
    """
    if not isinstance(columns, Mapping):
        raise TypeError(
            f'table takes its columns by their headings, as in table({{"loss": losses}}), and was '
            f"given {kind_of(columns)}"
        )
    if not columns:
        raise ValueError('table needs at least one column, as in table({"loss": losses})')
    if not isinstance(digits, int) or digits < 1:
        raise ValueError(f"digits is the number of significant digits, at least 1, not {digits!r}")
    values = {str(name): _values(name, column) for name, column in columns.items()}
    lengths = {name: len(column) for name, column in values.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise ValueError(f"the columns of a table are of one length, and these are not: {told}")
    return Table(values, caption, digits)


def _values(name: str, column: object) -> list[Value]:
    """The values of a column, out of their tensors."""
    if isinstance(column, torch.Tensor):
        if column.dim() != 1:
            raise TypeError(
                f"the column {name!r} is a tensor of shape {tuple(column.shape)}: a column is a "
                f"tensor of one dimension, as flatten() makes it"
            )
        return column.tolist()
    if isinstance(column, str) or not isinstance(column, Sequence):
        raise TypeError(
            f"the column {name!r} is {kind_of(column)}: a column is a list of values, or a tensor "
            "of one dimension"
        )
    return [_value(name, value) for value in column]


def _value(name: str, value: object) -> Value:
    """A value, out of its tensor."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value.item()
    if value is None or isinstance(value, float | int | complex | str):
        return value
    kind = kind_of(value)
    if isinstance(value, torch.Tensor):
        kind = f"a tensor of shape {tuple(value.shape)}"
    raise TypeError(
        f"the column {name!r} holds {kind}: a table shows numbers, tensors of one element, "
        f"texts, bools and None"
    )


def _written(value: Value, digits: int) -> str:
    """A value in its cell, as Python would read it."""
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.{digits}g}"
    # 7.0 stays a float, and -0.0 is 0.0 to a reader.
    whole = text.lstrip("-").isdigit()
    return f"{text}.0".replace("-0.0", "0.0") if whole else text


def _aligned(values: list[Value], cells: list[str]) -> list[str]:
    """The cells of a column of numbers, filled up behind, so that what is before their decimal
    points ends at one place.
    """
    if not any(isinstance(value, float) and math.isfinite(value) for value in values):
        return cells
    if any(isinstance(value, str | bool | complex) for value in values):
        return cells
    behind = [
        "" if value is None or not math.isfinite(value) else cell.lstrip("-0123456789")
        for value, cell in zip(values, cells, strict=True)
    ]
    longest = max(behind, key=len)
    fill = "".join(POINT if letter == "." else DIGIT for letter in longest)
    return [cell + fill[len(part) :] for cell, part in zip(cells, behind, strict=True)]


def _is_right(values: list[Value]) -> bool:
    """Whether a column is set to the right: it holds numbers."""
    return not any(isinstance(value, str | bool) for value in values)


def _width(text: str) -> int:
    """The columns that a text takes in a terminal: an accent above a letter takes none."""
    return sum(not unicodedata.combining(letter) for letter in text)


def _padded(text: str, width: int, right: bool) -> str:
    """A text filled up with blanks."""
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
