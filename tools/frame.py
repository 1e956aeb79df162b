"""The frame of a lesson: each rule is a function from a lesson and its notebook to its findings.

What stands inside the frame is an author's; without it a page is no lesson of this course.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.lessons import Lesson
from tools.minutes import TOLERANCE, estimate
from tools.rules import markdown
from tools.strict_nbval.normal_form import code_cells, read

TITLE = re.compile(r"# (\d\d) · (\S.*\?)")
MINUTES = re.compile(r"^\*(\d+) minutes\.", re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
LISTED = re.compile(r"^[-*] +\w", re.MULTILINE)
PREDICTION = re.compile(r"^> \*\*Predict\.\*\* (?!…)", re.MULTILINE)
PLACEHOLDER = re.compile(r"^[\s#>*-]*(?:\d\d ·)?\s*…\s*$", re.MULTILINE)
END = "What you now know"
SET_UP, SECTIONS, PREDICTIONS, CHECKED = 6, 4, 4, 3
MOST_PREDICTIONS = 8
EXTENSION = "%load_ext autograd_seen"
ERRORS_PAGE = re.compile(r"\]\([^)\s]*find[-_]your[-_]error[^)\s]*\)", re.IGNORECASE)


def title(nb: NotebookNode) -> tuple[str, str] | None:
    """The number and the question in the first line of a notebook, if they stand there."""
    match = TITLE.fullmatch(first_cell(nb).split("\n")[0])
    return match.groups() if match else None


def minutes(nb: NotebookNode) -> str | None:
    """The minutes that a notebook says it takes, if it says so."""
    match = MINUTES.search(first_cell(nb))
    return match[1] if match else None


def first_cell(nb: NotebookNode) -> str:
    """The text of a notebook's first cell; empty where that is code, or there is none."""
    return next((cell.source for cell in nb.cells[:1] if cell.cell_type == "markdown"), "")


def last_section(nb: NotebookNode) -> str:
    """What stands under the last `##` of a notebook, the heading first."""
    return markdown(nb).rpartition("\n## ")[2]


# --- the rules ------------------------------------------------------------------------------------


def title_missing(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The title is the number and the question that the lesson answers."""
    found = title(nb)
    if found is None:
        yield f"its first line must be its title, `# {lesson.number} · ` and a question"
    elif found[0] != lesson.number:
        yield f"its title says number {found[0]}, its file {lesson.number}"


def goals_missing(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The first cell lists what a reader can do afterwards."""
    if len(LISTED.findall(first_cell(nb))) < 2:
        yield "its first cell must list what a reader can do afterwards, in lines that begin with -"


def minutes_missing(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The first cell says how long it takes."""
    if minutes(nb) is None:
        yield "its first cell must say how long it takes, in a line such as `*15 minutes. …*`"


def minutes_untrue(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The minutes that the first cell says are those of the rule in tools/minutes.py."""
    printed, counted = int(minutes(nb) or 0), estimate(nb)
    if printed and abs(counted - printed) > TOLERANCE * printed:
        yield f"it says {printed} minutes, and takes {counted:.0f} by the rule in tools/minutes.py"


def set_up_missing(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The second cell sets up what the others need, and is short."""
    code = [cell.source for cell in nb.cells[1:2] if cell.cell_type == "code"]
    lines = [line for source in code for line in source.splitlines() if line.strip()]
    if lines[:1] != [EXTENSION]:
        yield f"its second cell must be code that begins with `{EXTENSION}`"
    if "import torch" not in lines:
        yield "its second cell must be code that sets up the others, with `import torch`"
    if len(lines) > SET_UP:
        yield f"its set-up has {len(lines)} lines, {SET_UP} at most"


def too_few(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """There are sections, predictions before the numbers, and checks of them."""
    text, code = markdown(nb), [cell.source for cell in code_cells(nb)]
    sections = {heading for heading in SECTION.findall(text) if heading not in (END, "…")}
    asserting = [source for source in code if re.search(r"^\s*assert ", source, re.MULTILINE)]
    parts = [
        ("sections (## …)", len(sections), SECTIONS),
        ("predictions (> **Predict.** …)", len(PREDICTION.findall(text)), PREDICTIONS),
        ("cells with an assert", len(asserting), CHECKED),
    ]
    for what, have, least in parts:
        if have < least:
            yield f"it has {have} {what}, {least} at least"


def too_many_predictions(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """There are not more predictions than a reader thinks about."""
    have = len(PREDICTION.findall(markdown(nb)))
    if have > MOST_PREDICTIONS:
        yield f"it has {have} predictions, {MOST_PREDICTIONS} at most"


def summary_missing(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The last section says what a reader now knows: in sentences, and in a table."""
    section = last_section(nb)
    if not section.startswith(f"{END}\n"):
        yield f"its last section must be `## {END}`"
    elif not (LISTED.search(section) and "\n|---|" in section):
        yield f"`## {END}` needs lines that begin with -, and a table"


def assignment_not_linked(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The last section leads to the exercises."""
    link = Path("..", lesson.place(lesson.exercise)).as_posix()
    if f"]({link})" not in last_section(nb):
        yield f"its last section must link to its assignment, {link}"


def errors_page_not_linked(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """The page that finds an error is linked, for whoever meets one on the way."""
    if not ERRORS_PAGE.search(markdown(nb)):
        yield "it must link to the page that finds an error, README.md#find-your-error"


def placeholders(lesson: Lesson, nb: NotebookNode) -> Iterator[str]:
    """No line is left as it was laid down."""
    left = len(PLACEHOLDER.findall(markdown(nb)))
    if left:
        yield f"lines that hold nothing but … are left in it: {left}"


RULES = [
    title_missing,
    goals_missing,
    minutes_missing,
    minutes_untrue,
    set_up_missing,
    too_few,
    too_many_predictions,
    summary_missing,
    assignment_not_linked,
    errors_page_not_linked,
    placeholders,
]


def findings(lesson: Lesson) -> list[str]:
    """A sentence for each piece of the frame that a lesson's notebook lacks; none if there is no
    notebook.
    """
    if not lesson.notebook.exists():
        return []
    nb = read(lesson.notebook)
    found = [finding for rule in RULES for finding in rule(lesson, nb)]
    return [f"{lesson.place(lesson.notebook)}: {finding}" for finding in found]
