"""Writes the table of errors in notebooks/README.md: `python -m tools.error_index`.

A row for each first line of an error or a warning that a lesson shows, with the sections that
explain it."""

import re
import sys
from urllib.parse import quote

from forkgrade.files import write_whole

from tools.normal_form import ROOT, notebooks, read
from tools.rules import HEADING, anchor_in_lab

PAGE = ROOT / "notebooks" / "README.md"
BEGIN, END = "<!-- errors: make refresh writes them -->\n", "<!-- end of errors -->\n"
#: How a lesson prints a warning that it caught.
WARNING = re.compile(r"^\w*Warning: .+", re.MULTILINE)


def said(cell):
    """The first line of each error and each warning in a cell's outputs."""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}".split("\n")[0]
        yield from WARNING.findall(output.get("text", ""))


def found(nb):
    """(what PyTorch says, the heading under which it says so) for each error and warning of a
    notebook.
    """
    heading = ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        for line in said(cell):
            yield line, heading


def table(paths):
    """The table in Markdown, in the order of the alphabet; a line that several sections show has a
    row.
    """
    rows = {}
    for path in paths:
        for line, heading in found(read(path)):
            link = f"[{path.stem[:2]} · {heading}]({path.name}#{quote(anchor_in_lab(heading))})"
            rows.setdefault(line, {})[link] = None
    lines = [
        f"| {code(line)} | {'<br>'.join(rows[line])} |" for line in sorted(rows, key=str.lower)
    ]
    return "\n".join(["| Python says | explained and mended in |", "|---|---|", *lines, ""])


def code(line):
    """A line as code inside a table, whatever it holds."""
    line = line.replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def up_to_date(text, paths):
    """The page's text with the table of these lessons between its two marks."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise SystemExit(
            f"{PAGE.name} needs, once and in this order, the lines\n{BEGIN}{END}between which the table goes"
        )
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table(paths)}\n{END}{rest.split(END)[1]}"


def main():
    before = PAGE.read_text(encoding="utf-8")
    after = up_to_date(before, notebooks("notebooks"))
    if after != before:
        write_whole(PAGE, after)
    print(f"{'unchanged' if after == before else 'changed'}  notebooks/{PAGE.name}")


if __name__ == "__main__":
    sys.exit(main())
