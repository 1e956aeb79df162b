"""A lesson is a unit: whatever part of it is missing is named in a sentence."""

import pytest

from tools import lesson_table
from tools.frame import findings
from tools.lessons import lessons, strays
from tools.missing_parts import missing_parts
from tools.places import ROOT

each = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)


@each
def test_no_part_of_a_lesson_is_missing(lesson):
    missing = missing_parts(lesson)
    assert not missing, "\n".join(missing)


@each
def test_a_lesson_keeps_the_frame(lesson):
    found = findings(lesson)
    assert not found, "\n".join(found)


def test_nothing_lies_among_the_lessons_that_belongs_to_none():
    found = list(strays())
    assert not found, "\n".join(found)


def test_the_table_in_the_readme_is_what_the_first_cells_say():
    part = lesson_table.part(ROOT)
    assert part.filled(part.text(), lesson_table.body(ROOT)) == part.text(), "make refresh"
