"""What the tests of the tools share: a small course to break."""

import shutil

import pytest

from tools import lesson_table
from tools.lessons import checks_folder, lessons
from tools.places import ROOT


@pytest.fixture
def course(tmp_path):
    """The root of a course of two lessons, copies of our first two with all their parts."""
    ours = lessons()
    for lesson in ours[:2]:
        parts = [lesson.notebook, lesson.solution, lesson.exercise, lesson.keys]
        for part in (*parts, lesson.checks, lesson.oracles, lesson.wrong_answers):
            copy = tmp_path / lesson.place(part)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(part, copy)
    engine = checks_folder(ROOT) / "engine.py"
    shutil.copyfile(engine, checks_folder(tmp_path) / engine.name)
    part = lesson_table.part(tmp_path)
    table = lesson_table.part(ROOT).inside()
    kept = [line for line in table.splitlines() if not any(one.slug in line for one in ours[2:])]
    text = "\n".join(["# A course", part.begin.strip(), *kept, part.end])
    part.page.write_text(text, encoding="utf-8")
    return tmp_path
