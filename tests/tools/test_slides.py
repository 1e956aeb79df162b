"""A deck asks before it answers, and needs no network."""

import re
import sys

import pytest

pytest.importorskip("sphinx_revealjs", reason="`make slides` installs what a deck needs")

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import slides
from tools.lessons import lessons
from tools.strict_nbval.normal_form import read

LESSON = lessons()[1]


@pytest.fixture(scope="module")
def deck():
    return slides.deck(LESSON)


def test_an_output_that_a_question_asks_for_is_on_the_slide_after_it():
    stored = read(LESSON.notebook)
    asked = [cell for cell in stored.cells if "hide-output" in cell.metadata.get("tags", ())]
    made = {cell.id: cell for cell in slides.slides(read(LESSON.notebook)).cells}
    assert asked
    for cell in asked:
        assert not made[cell.id].outputs
        answer = made[f"{cell.id}-output"]
        assert answer.outputs == cell.outputs
        assert answer.metadata.slideshow.slide_type == "subslide"


def test_no_output_is_lost():
    stored = [output for cell in read(LESSON.notebook).cells for output in cell.get("outputs", ())]
    made = slides.slides(read(LESSON.notebook)).cells
    assert [output for cell in made for output in cell.get("outputs", ())] == stored


def test_each_section_begins_a_column_and_each_question_a_slide():
    for cell in slides.slides(read(LESSON.notebook)).cells:
        kind = cell.metadata.slideshow.slide_type
        if cell.cell_type == "markdown":
            assert (kind == "slide") == bool(re.match("#{1,2} ", cell.source))
            if "**Predict.**" in cell.source:
                assert kind == "subslide"


def test_a_text_is_cut_between_paragraphs_and_an_answer_stays_whole():
    answer = "<details><summary>7</summary>\n\nNo.\n\n</details>"
    long = "\n\n".join(f"Paragraph {i}. {'word ' * 60}" for i in range(12))
    source = f"{long}\n\n## Next\n\nText.\n\n{answer}"
    pieces = list(slides.pieces(source))
    assert "\n\n".join(pieces) == source
    assert len(pieces) > 2 and pieces[-1].startswith("## Next") and pieces[-1].endswith(answer)
    assert all(slides.height(new_markdown_cell(piece)) <= slides.HEIGHT for piece in pieces)


def test_what_is_too_high_for_one_slide_goes_on_on_the_next():
    text = new_markdown_cell("# Title\n\n" + "word " * 150)
    code = new_code_cell("\n".join(["x = 1"] * 15))
    made = slides.slides(new_notebook(cells=[text, code, new_code_cell("x")])).cells
    assert [cell.metadata.slideshow.slide_type for cell in made] == ["slide", "subslide", "-"]


def test_a_deck_fetches_nothing(deck):
    loads = re.findall(r"""(?:src|href)=["'](https?:[^"']*)|url\(["']?(https?:[^)]*)""", deck)
    links = set(re.findall(r'<a [^>]*href="(https?:[^"]*)"', deck))
    assert {one for pair in loads for one in pair if one} <= links
    assert "@import" not in deck and "<script src" not in deck


def test_formulas_are_mathml_and_code_keeps_its_dollars():
    made = slides.with_mathml("a $x^2$ and `$HOME` and $$y = 2x$$")
    assert made.count("<math") == 2 and "`$HOME`" in made and "$$" not in made


def test_a_lesson_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["slides", "77"])
    with pytest.raises(SystemExit, match="no lesson '77': give one of 01, 02"):
        slides.main()
