"""Writes Find your error, as a page and as a table in notebooks/README.md: `python -m
tools.error_index`.

Both are made from the rows of utils/autograd_seen/error_rows.py. `unproven` holds these rows
against what the lessons raise.
"""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from autograd_seen.explained import ROWS, Row, Section
from forkgrade.files import write_whole
from nbformat import NotebookNode

from tools.between_marks import Part
from tools.places import ROOT, name
from tools.rules import HEADING
from tools.strict_nbval.normal_form import read

PART = Part(
    ROOT / "notebooks" / "README.md",
    "<!-- errors: make refresh writes them -->\n",
    "<!-- end of errors -->\n",
)
PAGE = ROOT / "notebooks" / "errors.html"
#: The page, with {rows} where its table goes, and {search} where what searches it does.
TEMPLATE = Path(__file__).with_name("errors_page.html")
#: What finds the row of a line, on this page and on the site.
SEARCH = Path(__file__).with_name("find_error.js")
#: How a lesson shows a warning.
WARNING = re.compile(r"^\w*Warning: .+", re.MULTILINE)


def messages(cell: NotebookNode) -> Iterator[str]:
    """Each error and each warning in a cell's outputs, as Python prints it."""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        yield from WARNING.findall(output.get("text", ""))


def raised(path: Path) -> Iterator[tuple[str, Section]]:
    """(what Python says, the section in which it says so) for each error and warning of a
    lesson.
    """
    heading = ""
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        for said in messages(cell):
            yield said, Section(path.stem, heading)


def unproven(rows: tuple[Row, ...], lessons: list[Path]) -> list[str]:
    """A sentence for each error of a lesson that has no row, and for each section of a row that
    does not raise its error. The first says which line to add.
    """
    shown = [
        (" ".join(said.split()), section) for path in lessons for said, section in raised(path)
    ]
    found = [
        f"no row of utils/autograd_seen/error_rows.py explains what {section} raises; add\n"
        f"{line_to_add(said, section)}"
        for said, section in shown
        if not any(row.explains(said) for row in rows)
    ]
    for row in rows:
        proven = {section for said, section in shown if row.explains(said)}
        there = "; ".join(map(repr, sorted(proven, key=repr))) or "no lesson raises it"
        found += [
            f"no cell of {section!r} raises {row}: take it out of "
            f"utils/autograd_seen/error_rows.py, or name where it is raised ({there})"
            for section in row.sections
            if section not in proven
        ]
    return found


def line_to_add(said: str, section: Section) -> str:
    """The row for an error that has none yet, as it is written in Python."""
    kind, _, message = said.partition(": ")
    place = (section.lesson, section.heading)
    return f"    ({kind!r}, {message!r}, ({place!r},)),  # with … for what differs"


def sorted_rows() -> list[Row]:
    """The rows in the order of the alphabet."""
    return sorted(ROWS, key=lambda row: str(row).lower())


def table(folder: str = "") -> str:
    """The table in Markdown, with links into the folder of the lessons as a page sees it."""
    lines = ["| Python says | explained and fixed in |", "|---|---|"]
    for row in sorted_rows():
        links = "<br>".join(f"[{titled(part)}]({folder}{part.link})" for part in row.sections)
        lines.append(f"| {as_code(str(row))} | {links} |")
    return "\n".join([*lines, ""])


def titled(section: Section) -> str:
    """A section as a link names it in Markdown."""
    return f"{section.lesson[:2]} · {section.heading}"


def as_code(line: str) -> str:
    """A line as code inside a table, whatever it holds."""
    line = line.replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def page() -> str:
    """The page: the table in HTML with a box above it that finds the row of a line."""
    rows = "\n".join(
        f'<tr data-pattern="{html.escape(row.pattern)}">'
        f"<td><code>{html.escape(str(row))}</code></td>"
        f"<td>{'<br>'.join(map(_linked, row.sections))}</td></tr>"
        for row in sorted_rows()
    )
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{search}", SEARCH.read_text(encoding="utf-8")).replace("{rows}", rows)


def _linked(section: Section) -> str:
    """A section as a link in HTML."""
    title = re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(titled(section)))
    return f'<a href="{html.escape(section.link)}" target="_blank">{title}</a>'


def main() -> None:
    """Writes the table and the page of all lessons."""
    PART.write(table())
    new = page()
    changed = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != new
    if changed:
        write_whole(PAGE, new)
    print(f"{'changed' if changed else 'unchanged':9}  {name(PAGE)}")


if __name__ == "__main__":
    sys.exit(main())
