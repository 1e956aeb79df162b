"""Lays down an empty lesson, which the tests reject until it is one: `python -m tools.lesson
18_your_topic`.

It writes the notebook, the assignment with one exercise as a pattern to copy, the module of checks
and the wrong answers, all of them or none, and prints what is still missing.
"""

import argparse
import keyword
import shutil
import sys
from pathlib import Path

import nbformat
from forkgrade.files import write_whole
from nbformat import NotebookNode

from tools.frame import findings
from tools.lessons import SLUG, Lesson, lessons
from tools.missing_parts import missing_parts
from tools.places import ROOT
from tools.predictions import HIDDEN, Choice, in_form
from tools.strict_nbval.normal_form import normalise, write_text

TITLE = """\
# {number} · …

After this lesson you can

- …
- …

*… minutes. {before}*"""
SET_UP = """\
%load_ext autograd_seen

import torch
from autograd_seen import draw_graph"""
SECTION = """\
## …

…"""
PREDICTION = in_form(
    "> **Predict.** …", [Choice("…", "**Yes.** … because …"), Choice("…", "… is …")]
)
REASON = "…"
END = """\
## What you now know

- …

| idea | in PyTorch | trap |
|---|---|---|
| … | … | … |

An error on the way? [Find your error](README.md#find-your-error) leads to the section on it.
Exercises: [assignment {number}](../exercises/{slug}/assignment_{number}.ipynb)."""

ASSIGNMENT = """\
# Assignment {number} · …

… exercises and one question after [lesson {number}](../../notebooks/{slug}.ipynb).

*… minutes, … points. Replace each `...` or write where it says so, run the cell, then run the check
below it. A check passes in one green line, or names the likely cause. Once one has passed,
`check.doubled.solution()`, for example, shows the reference solution.*"""
ASSIGNMENT_SET_UP = """\
%load_ext autograd_seen

import torch
from autograd_seen import progress
from autograd_seen.checks import {name} as check"""
TASK = """\
## {first}.1 · … · easy · … min · … points

…

<details><summary>Hint</summary>…</details>
<details><summary>Stronger hint</summary>…</details>"""
ANSWER = '''\
def doubled(x):
    """Twice x: doubled(3.0) is 6.0."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''
CHECK = "check.doubled(doubled)"
QUESTION = """\
## {first}.2 · … · medium · … min · … points

… Your answer is read by a person."""
EXPLANATION = """\
…

**Rubric.** …"""

CHECKS = '''\
"""The checks of assignment {number}."""
'''
ORACLES = '''\
"""The oracles of assignment {number}, whose module of checks is called `check` here."""

ORACLES = []
'''
WRONG_ANSWERS = '''\
"""Answers to assignment {number}: a Table of tests/wrong_answers.py for each check, by its name."""

TABLES = {{}}
'''


class Refused(Exception):
    """An empty lesson cannot be laid down here; the message says why."""


def refuse(slug: str, root: Path) -> None:
    """Raises Refused where `slug` cannot be the next lesson of the course in `root`."""
    if not SLUG.fullmatch(slug):
        raise Refused(
            f"{slug} is no name of a lesson: it takes two digits, an underscore and small letters, "
            f"such as 18_your_topic"
        )
    lesson = Lesson(slug, root)
    if keyword.iskeyword(lesson.name):
        raise Refused(f"{lesson.name} is a word of Python, so no module can be called so")
    places = [lesson.notebook, lesson.solution.parent, lesson.exercise.parent, lesson.checks]
    if taken := [lesson.place(path) for path in places if path.exists()]:
        raise Refused(f"{slug} needs what is there already, and is left alone: {', '.join(taken)}")
    following = f"{len(lessons(root)) + 1:02}"
    if lesson.number != following:
        raise Refused(f"the next lesson has the number {following}: {following}_{lesson.name}")


def files(lesson: Lesson) -> dict[Path, str]:
    """The text of each file of an empty lesson."""
    earlier = [other for other in lessons(lesson.root) if other.number < lesson.number]
    return {
        lesson.notebook: write_text(page(lesson, earlier)),
        lesson.solution: write_text(assignment(lesson)),
        lesson.checks: CHECKS.format(number=lesson.number),
        lesson.oracles: ORACLES.format(number=lesson.number),
        lesson.wrong_answers: WRONG_ANSWERS.format(number=lesson.number),
    }


def page(lesson: Lesson, earlier: list[Lesson]) -> NotebookNode:
    """The notebook of an empty lesson that follows others."""
    before = "Nothing to read first."
    if earlier:
        last = earlier[-1]
        before = f"Read [lesson {last.number}]({last.notebook.name}) first."
    return notebook(
        text("title", TITLE.format(number=lesson.number, before=before)),
        code("set-up", SET_UP),
        text("section", SECTION),
        text("prediction", PREDICTION),
        code("answer", "...", tags=[HIDDEN]),
        text("reason", REASON),
        text("end", END.format(number=lesson.number, slug=lesson.slug)),
    )


def assignment(lesson: Lesson) -> NotebookNode:
    """An assignment of one exercise and one question, with what nbgrader wants to know of them."""
    first = int(lesson.number)
    name, number, slug = lesson.name, lesson.number, lesson.slug
    return notebook(
        text("title", ASSIGNMENT.format(number=number, slug=slug)),
        graded(code("setup", ASSIGNMENT_SET_UP.format(name=name)), locked=True),
        text(f"task-{first}-1", TASK.format(first=first)),
        graded(code(f"answer-{first}-1", ANSWER), solution=True),
        graded(code(f"check-{first}-1", CHECK), locked=True, points=1),
        text(f"task-{first}-2", QUESTION.format(first=first)),
        graded(text(f"explain-{first}-2", EXPLANATION), solution=True, points=1),
        graded(code("progress", f"progress({first})"), locked=True),
    )


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells, in normal form."""
    return normalise(nbformat.v4.new_notebook(cells=list(cells)))


def text(cell_id: str, source: str) -> NotebookNode:
    """A cell of Markdown."""
    return nbformat.v4.new_markdown_cell(source, id=cell_id)


def code(cell_id: str, source: str, **metadata: list[str]) -> NotebookNode:
    """A cell of code, with metadata such as its tags."""
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)


def graded(
    cell: NotebookNode, solution: bool = False, locked: bool = False, points: int = 0
) -> NotebookNode:
    """A cell with what nbgrader keeps of it: whether a student writes it, and its points."""
    marks = {
        "grade": points > 0,
        "grade_id": cell.id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    cell.metadata.nbgrader = marks | ({"points": points} if points else {})
    return cell


def lay_down(slug: str, root: Path = ROOT) -> Lesson:
    """Writes an empty lesson, whole or not at all.

    Raises Refused where the slug cannot be that of the next lesson.
    """
    refuse(slug, root)
    lesson = Lesson(slug, root)
    try:
        for path, content in files(lesson).items():
            write_whole(path, content)
    except BaseException:
        # Nothing of it was there before: `refuse` has looked.
        shutil.rmtree(lesson.solution.parent, ignore_errors=True)
        for path in (lesson.notebook, lesson.checks):
            path.unlink(missing_ok=True)
        raise
    return lesson


def main(arguments: list[str] | None = None) -> int:
    """Lays down the lesson that the command line names, and prints what it still lacks."""
    parser = argparse.ArgumentParser(prog="python -m tools.lesson", description=__doc__)
    parser.add_argument("slug", help="such as 18_your_topic")
    parser.add_argument("--course", type=Path, default=ROOT, help="the folder with notebooks/")
    options = parser.parse_args(arguments)
    try:
        lesson = lay_down(options.slug, options.course.resolve())
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 2
    print("laid down", *(f"  {lesson.place(path)}" for path in files(lesson)), sep="\n")
    missing = [*missing_parts(lesson), *findings(lesson)]
    print("`make test` is red until it has", *(f"  {sentence}" for sentence in missing), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
