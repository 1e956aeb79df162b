"""Tables in CSV files: read as platforms and spreadsheets write them, and written so that no
spreadsheet runs what is in them.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Bytes of a table that are read: a grade book of 10,000 students is a tenth of it.
MOST = 64 * 2**20
NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


class BadTable(Exception):
    """A file is no table that can be used; the message says why, and what would mend it."""


@dataclass(frozen=True)
class Table:
    """A table as it stands in a file.

    Attributes:
        header: the names of its columns.
        rows: its cells, each row as long as the header.
        delimiter: what stands between two cells.
    """

    header: list[str]
    rows: list[list[str]]
    delimiter: str = ","


def read_table(path: Path) -> Table:
    """The table in a CSV file, with commas, semicolons or tabs. Raises BadTable."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as error:
        raise BadTable(f"{path} cannot be read ({error.strerror}): expected a CSV file") from error
    if len(content) > MOST:
        raise BadTable(f"{path} has more than {MOST // 2**20} MiB: expected a CSV file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(f"{path} is not UTF-8: save it again as CSV UTF-8") from error
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadTable(f"{path} is no CSV file ({error})") from error
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise BadTable(f"{path} is empty: expected a row with the names of the columns")
    header = [name.strip() for name in lines[0]]
    width = len(header)
    rows = [[*line, *[""] * width][:width] for line in lines[1:]]
    return Table(header, rows, delimiter)


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """The rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def quoted(value: str) -> str:
    """A value that a spreadsheet shows and does not run, on one line."""
    line = " ".join(value.split())
    text = line.encode("utf-8", "replace").decode()  # a file's name may be no text at all
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def plain(value: str) -> str:
    """A value as `quoted` writes it; but a number stays one.

    >>> plain("=2+5"), plain("-1.5"), plain("-1+2")
    ("'=2+5", '-1.5', "'-1+2")
    """
    number = value.strip()
    return number if NUMBER.fullmatch(number) else quoted(value)


def unquoted(value: str) -> str:
    """What a value was before it was quoted."""
    return value[1:] if re.match(r"'[=+\-@]", value) else value
