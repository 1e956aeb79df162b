"""README's table of lessons is made from the first cells; what one will see is kept."""

import nbformat
import pytest

from tools import lesson_table
from tools.lessons import Lesson, lessons

CELL = "# 01 · How steep?\n\n*12 minutes. Nothing to read first.*"
ROW = "| [01](notebooks/01_a.ipynb) | How steep? | one call; a nudge | 12 |"


@pytest.fixture
def lesson(tmp_path):
    made = Lesson("01_a", tmp_path)
    write(made, CELL)
    return made


def write(lesson, text):
    lesson.notebook.parent.mkdir(exist_ok=True)
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    lesson.notebook.write_text(nbformat.writes(nb), encoding="utf-8")


def test_a_row_has_the_number_the_question_and_the_minutes(lesson):
    assert lesson_table.row(lesson, "one call; a nudge") == ROW


@pytest.mark.parametrize("text", ["", "# Steep", "*12 minutes*\n\n# 01 · How steep?"])
def test_what_a_first_cell_does_not_say_is_left_open(lesson, text):
    write(lesson, text)
    assert lesson_table.row(lesson, "s") == "| [01](notebooks/01_a.ipynb) | … | s | … |"


def test_what_one_will_see_is_kept_by_slug(lesson):
    seen = lesson_table.sights(f"| lesson | q | s | m |\n|---|---|---|---|\n{ROW}\n")
    assert seen == {"01_a": "one call; a nudge"}
    write(lesson, CELL.replace("steep", "flat"))
    assert ROW.replace("steep", "flat") in lesson_table.table([lesson], seen)
    assert "| … | 12 |" in lesson_table.table([lesson], {})


def test_a_table_written_again_is_the_same(course):
    part = lesson_table.part(course)
    text = part.text()
    part.write(lesson_table.body(course))
    assert part.text() == text


def test_a_lesson_without_a_notebook_has_no_row(course):
    lesson = lessons(course)[0]
    lesson.notebook.unlink()
    assert lesson.slug not in lesson_table.body(course)
