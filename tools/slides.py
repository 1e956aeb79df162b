"""Makes a deck of a lesson, one file that needs no network: `python -m tools.slides 02`.

nbconvert's reveal with reveal.js on board. Each beat is a column of slides: a question and its
code, and below it the output and what is said of it.
"""

import argparse
import copy
import re
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

from forkgrade.files import write_whole
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from traitlets.config import Config

from tools.frame import title
from tools.lessons import Lesson, lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

DECKS = ROOT / "site" / "_build" / "slides"
TEMPLATES = Path(__file__).parent
#: Code, which keeps its dollars, and formulas.
FORMULA = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
#: A theme would fetch its fonts.
FETCHES = re.compile(r"@import[^;]*;")


def slides(nb: NotebookNode) -> NotebookNode:
    """A notebook whose cells say on which slide they stand; an output stands on the slide after
    the question that asks for it.
    """
    cells = []
    for cell in nb.cells:
        cell = copy.deepcopy(cell)
        if cell.cell_type == "markdown":
            begins = re.match(r"#{1,2} ", cell.source)
            asks = "<details>" in cell.source and "**Predict.**" in cell.source
            kind = "slide" if begins else "subslide" if asks or starts_anew(cells) else "-"
            cell.source = with_mathml(cell.source)
            cells.append(on(cell, kind))
        elif "hide-output" in cell.metadata.get("tags", ()):
            output = new_code_cell("", outputs=cell.outputs, id=f"{cell.id}-output")
            output.metadata.tags = ["only-output"]
            cell.outputs = []
            cells += [on(cell, "-"), on(output, "subslide")]
        else:
            cells.append(on(cell, "-"))
    nb.cells = cells
    return nb


def starts_anew(cells: list[NotebookNode]) -> bool:
    """Whether the next text needs a slide of its own: a text and an output stand there already."""
    kinds = []
    for cell in reversed(cells):
        kinds.append(cell.cell_type)
        if cell.metadata.slideshow.slide_type != "-":
            break
    return "code" in kinds and "markdown" in kinds


def on(cell: NotebookNode, kind: str) -> NotebookNode:
    """A cell that begins a slide of this kind, or goes on with one."""
    cell.metadata.slideshow = {"slide_type": kind}
    return cell


@cache
def converter() -> object:
    """What makes MathML of a formula; `make slides` installs it."""
    from math_core import LatexToMathML

    return LatexToMathML()


def with_mathml(source: str) -> str:
    """A text with its formulas as MathML, which a browser draws without a script."""

    convert = converter()

    def formula(found: re.Match) -> str:
        if found[1]:
            return found[1]
        made = convert.convert_with_local_state(found[2] or found[3], displaystyle=bool(found[2]))
        if found[2]:
            return f'<div class="formula displayed">{made}</div>'
        return made

    return FORMULA.sub(formula, source)


def deck(lesson: Lesson) -> str:
    """The deck of a lesson, as HTML."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs" / "dist"
    nb = read(lesson.notebook)
    number, question = title(nb)
    config = Config(
        {
            "TemplateExporter": {"extra_template_basedirs": [str(TEMPLATES)]},
            "TagRemovePreprocessor": {"enabled": True, "remove_input_tags": ["only-output"]},
        }
    )
    exporter = SlidesExporter(config=config, template_name="deck")
    resources = {
        "title": f"{number} · {question}".replace("`", ""),
        "reveal_css": (reveal / "reveal.css").read_text(encoding="utf-8"),
        "reveal_js": (reveal / "reveal.js").read_text(encoding="utf-8"),
        "reveal_theme": FETCHES.sub("", (reveal / "theme" / "white.css").read_text("utf-8")),
    }
    html, _ = exporter.from_notebook_node(slides(nb), resources)
    return html


def main() -> None:
    """Writes the deck of the lesson whose number is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", help="its number, such as 02")
    number = parser.parse_args().lesson
    found = [lesson for lesson in lessons() if number in (lesson.number, lesson.slug)]
    if not found:
        numbers = ", ".join(lesson.number for lesson in lessons())
        raise SystemExit(f"there is no lesson {number!r}: give one of {numbers}")
    (lesson,) = found
    DECKS.mkdir(parents=True, exist_ok=True)
    path = DECKS / f"{lesson.slug}.html"
    write_whole(path, deck(lesson))
    print(f"The deck is {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
