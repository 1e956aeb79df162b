"""How many minutes a lesson takes, by a rule: `python -m tools.minutes` prints it for each lesson.

A reader reads 150 words a minute, and takes 5 s for a line of code with its output, 24 s for a
displayed formula, 30 s for a prediction with its answers, and 18 s for a checkpoint. It is a model
and no measurement, so a lesson may print a fifth more or less.

Words are those of the prose, each number and each formula within a line one of them. What is folded
is counted with its prediction or its checkpoint, and not as words. Code lines are all that are not
empty. What a lesson says can be skipped counts as the rest does.
"""

import re
import sys

from nbformat import NotebookNode

from tools.lessons import lessons
from tools.predictions import is_prediction
from tools.strict_nbval.normal_form import code_cells, read

WORDS_A_MINUTE = 150
CODE_LINE, FORMULA, PREDICTION, CHECKPOINT = 5, 24, 30, 18  # seconds
#: By how much the printed minutes may differ from the rule.
TOLERANCE = 0.2

FORMULAS = re.compile(r"\$\$.*?\$\$", re.DOTALL)
CHECKPOINTS = re.compile(r"^\*\*Checkpoint\b", re.MULTILINE)
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"\$[^$\n]+\$")
TARGET = re.compile(r"\]\([^)]*\)|<[^<>]*>")
WORD = re.compile(r"\S*\w\S*")


def estimate(nb: NotebookNode) -> float:
    """The minutes that a lesson takes, by the rule above."""
    cells = [cell for cell in nb.cells if cell.cell_type == "markdown"]
    prose = "\n\n".join(cell.source for cell in cells)
    lines = [line for cell in code_cells(nb) for line in cell.source.splitlines() if line.strip()]
    seconds = (
        CODE_LINE * len(lines)
        + FORMULA * len(FORMULAS.findall(FOLDED.sub("", prose)))
        + PREDICTION * sum(map(is_prediction, cells))
        + CHECKPOINT * len(CHECKPOINTS.findall(prose))
    )
    return words(prose) / WORDS_A_MINUTE + seconds / 60


def words(prose: str) -> int:
    """How many words of Markdown a reader reads, without what is folded.

    >>> words("Take $f(x) = x^2$ at [the point](https://example.org) 3. <details>More</details>")
    6
    """
    for pattern, instead in [(FOLDED, ""), (FORMULAS, ""), (FENCED, ""), (INLINE, "x")]:
        prose = pattern.sub(instead, prose)
    return len(WORD.findall(TARGET.sub(" ", prose)))


def main() -> None:
    """Prints for each lesson of this course the minutes of the rule."""
    for lesson in lessons():
        print(f"{lesson.slug:28} {estimate(read(lesson.notebook)):4.0f} minutes")


if __name__ == "__main__":
    sys.exit(main())
