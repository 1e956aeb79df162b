"""Makes a deck of a lesson, one file that needs no network: `python -m tools.slides 02`.

nbconvert's reveal with reveal.js on board. Each beat is a column of slides: a question and its
code, and below it the output and what is said of it.
"""

import argparse
import copy
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from forkgrade.files import write_whole
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from traitlets.config import Config

from tools.formulas import mathml
from tools.frame import title
from tools.lessons import Lesson, lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

DECKS = ROOT / "site" / "_build" / "slides"
TEMPLATES = Path(__file__).parent
#: Code, which keeps its dollars, and formulas.
FORMULA = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
#: A part of a text between blank lines; answers that open hold such lines.
BLOCK = re.compile(r"(?:<details>.*?</details>|```.*?```|[^\n]|\n(?!\n))+", re.DOTALL)
#: A slide's height, and that of a line of text, of code, a gap, a folded answer and a picture, in
#: pixels; and how many characters fit into a line.
HEIGHT, LINE, CODE_LINE, GAP, FOLD, PICTURE, WIDE = 600, 33, 27, 28, 52, 380, 92
#: A theme would fetch its fonts.
FETCHES = re.compile(r"@import[^;]*;")


def slides(nb: NotebookNode) -> NotebookNode:
    """A notebook whose cells say on which slide they stand. An output stands on the slide after the
    question that asks for it, and what is too high for one slide goes on on the next.
    """
    cells, used = [], 0.0
    for cell in parts(nb):
        begins = asks = False
        if cell.cell_type == "markdown":
            begins = bool(re.match(r"#{1,2} ", cell.source))
            asks = "<details>" in cell.source and "**Predict.**" in cell.source
        needed = height(cell)
        full = used + needed > HEIGHT
        answers = "only-output" in cell.metadata.get("tags", ())
        kind = "slide" if begins else "subslide" if asks or answers or full else "-"
        used = needed if kind != "-" else used + needed
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
        cells.append(on(cell, kind))
    nb.cells = cells
    return nb


def parts(nb: NotebookNode) -> Iterator[NotebookNode]:
    """The cells of a notebook; an output that a question asks for is a cell of its own."""
    for cell in nb.cells:
        cell = copy.deepcopy(cell)
        if cell.cell_type == "markdown":
            for place, source in enumerate(pieces(cell.source)):
                yield new_markdown_cell(source, id=f"{cell.id}-{place}")
            continue
        if "hide-output" not in cell.metadata.get("tags", ()):
            yield cell
            continue
        output = new_code_cell("", outputs=cell.outputs, id=f"{cell.id}-output")
        output.metadata.tags = ["only-output"]
        cell.outputs = []
        yield from (cell, output)


def pieces(source: str) -> Iterator[str]:
    """A text in parts that each fit on a slide, cut between paragraphs; a heading begins a new one.
    An answer that opens stays whole.
    """
    held: list[str] = []
    for block in (found.strip("\n") for found in BLOCK.findall(source)):
        longer = "\n\n".join([*held, block])
        if held and (block.startswith("#") or height(new_markdown_cell(longer)) > HEIGHT):
            yield "\n\n".join(held)
            held = []
        held.append(block)
    yield "\n\n".join(held)


def height(cell: NotebookNode) -> float:
    """About how many pixels a cell is high on a slide, its answers folded."""
    if cell.cell_type == "markdown":
        text, answers = re.subn(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL)
        shown = answers * FOLD
        for block in text.split("\n\n"):
            rows = block.strip().split("\n")
            wraps = sum(-(-len(row) // WIDE) for row in rows) if "|" in block else 0
            shown += LINE * (wraps or -(-len(" ".join(rows)) // WIDE)) + GAP
        return shown
    lines = len(cell.source.splitlines()) if cell.source else 0
    lines += sum(len(output.get("text", "").splitlines()) for output in cell.outputs)
    lines += sum(len(output.get("traceback", ())) * 6 for output in cell.outputs)
    drawn = [output.data for output in cell.outputs if "data" in output]
    rows = sum(data.get("text/html", "").count("<tr") for data in drawn)
    pictures = sum("image/png" in data or "<img" in data.get("text/html", "") for data in drawn)
    return CODE_LINE * lines + GAP + LINE * rows + PICTURE * pictures


def on(cell: NotebookNode, kind: str) -> NotebookNode:
    """A cell that begins a slide of this kind, or goes on with one."""
    cell.metadata.slideshow = {"slide_type": kind}
    return cell


def with_mathml(source: str) -> str:
    """A text with its formulas as MathML, which a browser draws without a script."""

    def formula(found: re.Match) -> str:
        if found[1]:
            return found[1]
        made = mathml(found[2] or found[3], displayed=bool(found[2]))
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
