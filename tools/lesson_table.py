"""Writes the table of lessons in README.md: `python -m tools.lesson_table`.

Number, question and minutes are those of each notebook's first cell. What a reader will see is
written in README.md by hand, because it is said to one who has not opened the lesson, and nowhere
else; it is kept when the table is written anew.
"""

import re
import sys
from pathlib import Path

from tools import frame
from tools.between_marks import Part
from tools.lessons import Lesson, lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

BEGIN, END = "<!-- lessons: make refresh writes them -->\n", "<!-- end of lessons -->\n"
ROW = re.compile(r"^\| \[\d\d\]\(notebooks/(.+?)\.ipynb\) \|.*\| (.*?) \|.*?\|$", re.MULTILINE)
EMPTY = "…"


def part(root: Path) -> Part:
    """The part of a course's README.md that is generated."""
    return Part(root / "README.md", BEGIN, END)


def sights(table: str) -> dict[str, str]:
    """What a reader will see, by slug, as a table says it."""
    return dict(ROW.findall(table))


def row(lesson: Lesson, sight: str) -> str:
    """The row of a lesson; what its first cell does not say is left as ``…``."""
    nb = read(lesson.notebook)
    _, question = frame.title(nb) or ("", EMPTY)
    link = f"[{lesson.number}]({lesson.place(lesson.notebook)})"
    return f"| {link} | {question} | {sight} | {frame.minutes(nb) or EMPTY} |"


def table(written: list[Lesson], seen: dict[str, str]) -> str:
    """The table of lessons in Markdown."""
    lines = ["| lesson | question | what you will see | minutes |", "|---|---|---|---|"]
    lines += [row(lesson, seen.get(lesson.slug, EMPTY)) for lesson in written]
    return "\n".join([*lines, ""])


def body(root: Path) -> str:
    """The table of a course, with the sights that README.md tells now."""
    written = [lesson for lesson in lessons(root) if lesson.notebook.exists()]
    return table(written, sights(part(root).inside()))


def main() -> None:
    """Writes the table of this course."""
    part(ROOT).write(body(ROOT))


if __name__ == "__main__":
    sys.exit(main())
