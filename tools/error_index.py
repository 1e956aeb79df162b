"""Writes the table of errors in notebooks/README.md: `python -m tools.error_index`.

A row for each first line of an error or a warning that a lesson shows, with the sections that
explain it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode

from tools.between_marks import Part
from tools.normal_form import ROOT, notebooks, read
from tools.rules import HEADING, anchor_in_lab

PART = Part(
    ROOT / "notebooks" / "README.md",
    "<!-- errors: make refresh writes them -->\n",
    "<!-- end of errors -->\n",
)
#: How a lesson prints a warning that it caught.
WARNING = re.compile(r"^\w*Warning: .+", re.MULTILINE)


def messages(cell: NotebookNode) -> Iterator[str]:
    """The first line of each error and each warning in a cell's outputs."""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}".split("\n")[0]
        yield from WARNING.findall(output.get("text", ""))


def messages_by_heading(nb: NotebookNode) -> Iterator[tuple[str, str]]:
    """(what PyTorch says, the heading under which it says so) for each error and warning of a
    notebook.
    """
    heading = ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        for line in messages(cell):
            yield line, heading


def table(paths: list[Path]) -> str:
    """The table in Markdown, in the order of the alphabet.

    A line that several sections show has one row.
    """
    rows = {}
    for path in paths:
        for line, heading in messages_by_heading(read(path)):
            link = f"[{path.stem[:2]} · {heading}]({path.name}#{quote(anchor_in_lab(heading))})"
            rows.setdefault(line, {})[link] = None
    lines = ["| Python says | explained and mended in |", "|---|---|"]
    for line in sorted(rows, key=str.lower):
        lines.append(f"| {as_code(line)} | {'<br>'.join(rows[line])} |")
    return "\n".join([*lines, ""])


def as_code(line: str) -> str:
    """A line as code inside a table, whatever it holds."""
    line = line.replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def main() -> None:
    """Writes the table of all lessons."""
    PART.write(table(notebooks("notebooks")))


if __name__ == "__main__":
    sys.exit(main())
