"""A page that is no lesson is told what it lacks."""

import nbformat
import pytest

from tools import frame
from tools.lessons import Lesson

TITLE = """\
# 04 · How steep is it?

After this lesson you can

- take a slope;
- check it.

*4 minutes. Read nothing first.*"""
BEAT = "## A part of it\n\nProse.\n\nMore."
PREDICTION = "> **Predict.** Is it 6 or 7?"
END = """\
## What you now know

- A slope is a ratio.

| idea | in PyTorch | trap |
|---|---|---|
| slope | `grad` | none |

An error? [Find your error](README.md#find-your-error).
Exercises: [assignment 04](../exercises/04_slopes/assignment_04.ipynb)."""


def page():
    """A lesson of four parts that keeps every rule."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [text(TITLE), code("%load_ext autograd_seen\n\nimport torch")]
    for number in range(4):
        cells += [text(BEAT.replace("A part", f"Part {number}")), text(PREDICTION)]
        cells += [code("x = 6\nassert x == 6\nx"), code("x")]
    return nbformat.v4.new_notebook(cells=[*cells, text(END)])


def findings(nb):
    lesson = Lesson("04_slopes")
    return [finding for rule in frame.RULES for finding in rule(lesson, nb)]


def put(cell, old, new):
    """A change of a page: what stands in one of its cells."""

    def change(nb):
        assert old in nb.cells[cell].source
        nb.cells[cell].source = nb.cells[cell].source.replace(old, new)

    return change


def put_everywhere(old, new):
    """A change of a page: what stands in all of its cells but the last."""

    def change(nb):
        for cell in nb.cells[:-1]:
            cell.source = cell.source.replace(old, new)

    return change


SIX_LINES = "import torch\nimport a\nimport b\nimport c\nimport d\nimport e"
REJECTED = {
    "no title": (put(0, "# 04 · How", "How"), "its first line must be its title, `# 04 · ` and a"),
    "no question": (put(0, "steep is it?", "steep"), "`# 04 · ` and a question"),
    "another number": (put(0, "# 04", "# 05"), "its title says number 05, its file 04"),
    "one goal": (put(0, "\n- check", "\ncheck"), "must list what a reader can do afterwards"),
    "no minutes": (put(0, "*4 minutes.", "*Minutes."), "must say how long it takes"),
    "too few minutes": (put(0, "*4", "*2"), "it says 2 minutes, and takes 4 by"),
    "too many minutes": (put(0, "*4", "*6"), "it says 6 minutes, and takes 4"),
    "no set-up": (lambda nb: nb.cells.pop(1), "its second cell must be code that sets up"),
    "no extension": (put(1, "%load_ext autograd_seen\n", ""), "begins with `%load_ext autograd_se"),
    "a long set-up": (put(1, "import torch", SIX_LINES), "has 7 lines, 6 at most"),
    "three sections": (put(2, "## Part", "Part"), "it has 3 sections (## …), 4 at least"),
    "three predictions": (put(3, "> **Predict.**", "Predict."), "it has 3 predictions"),
    "nine predictions": (put(3, "7?", f"7?\n{PREDICTION}" + f"\n{PREDICTION}" * 4), "8 at most"),
    "no assert": (put_everywhere("assert", "print"), "it has 0 cells with an assert, 3 at least"),
    "no summary": (put(-1, "What you now know", "The end"), "its last section must be"),
    "no sentence": (put(-1, "- A", "A"), "needs lines that begin with -, and a table"),
    "no table": (put(-1, "|---", "|"), "needs lines that begin with -, and a table"),
    "no link": (put(-1, "(../exercises", "(../solutions"), "its assignment, ../exercises/04_slop"),
    "no page of errors": (put(-1, "README.md#find-your-error", "README.md"), "finds an error"),
    "placeholders": (put(2, "Prose.", "- …\n\n…"), "hold nothing but … are left in it: 2"),
    "a section without a name": (put(2, "Part 0 of it", "…"), "it has 3 sections"),
    "an empty prediction": (put(3, "Is it 6 or 7?", "…"), "it has 3 predictions"),
}


def test_a_whole_page_keeps_every_rule():
    assert not findings(page())


@pytest.mark.parametrize("what", REJECTED)
def test_a_page_is_told_what_it_lacks(what):
    change, words = REJECTED[what]
    nb = page()
    change(nb)
    found = findings(nb)
    assert any(words in finding for finding in found), found
    assert len(found) <= 2


#: What a page cannot break by holding nothing.
OF_A_FULL_PAGE = {frame.minutes_untrue, frame.too_many_predictions, frame.placeholders}


def test_every_rule_of_what_must_be_there_rejects_a_page_of_two_cells():
    cells = [nbformat.v4.new_markdown_cell("# Hello"), nbformat.v4.new_code_cell("print(1)")]
    nb = nbformat.v4.new_notebook(cells=cells)
    rejecting = [rule for rule in frame.RULES if list(rule(Lesson("04_slopes"), nb))]
    assert rejecting == [rule for rule in frame.RULES if rule not in OF_A_FULL_PAGE]


def test_a_page_without_a_cell_is_told_what_it_lacks():
    assert len(findings(nbformat.v4.new_notebook())) >= len(frame.RULES) - len(OF_A_FULL_PAGE)


def test_a_finding_names_the_page(tmp_path):
    lesson = Lesson("04_slopes", tmp_path)
    assert frame.findings(lesson) == []
    lesson.notebook.parent.mkdir()
    lesson.notebook.write_text(nbformat.writes(nbformat.v4.new_notebook()), encoding="utf-8")
    found = frame.findings(lesson)
    assert found and all(line.startswith("notebooks/04_slopes.ipynb: it") for line in found)
