"""`make lesson` lays down a whole empty lesson or nothing, and the tests reject it."""

import os

import pytest

from tools import exercises, lesson_table
from tools import lesson as scaffold
from tools.frame import RULES, findings
from tools.lesson import Refused, lay_down
from tools.lessons import Lesson, lessons, strays
from tools.missing_parts import missing_parts
from tools.rules import EVERYWHERE
from tools.rules import findings as rules_broken
from tools.strict_nbval.normal_form import read, write_text

SLUG = "03_jacobians"


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_empty_lesson_is_told_what_it_lacks(course):
    lesson = lay_down(SLUG, course)
    assert missing_parts(lesson) == [
        f"{SLUG} has no exercise: `make exercises` makes exercises/{SLUG}/assignment_03.ipynb",
        f"{SLUG} has no keys: `make exercises` makes exercises/{SLUG}/checks.json",
        f"{SLUG} has no row in README.md: `make refresh` writes it",
        "utils/autograd_seen/checks/jacobians.py holds no check",
        f"solutions/{SLUG}/private/wrong_answers.py holds no table",
    ]
    found = findings(lesson)
    for words in ("title", "can do", "how long", "sections", "predictions", "assert", "now know"):
        assert any(words in finding for finding in found), words
    assert any("nothing but …" in finding for finding in found)


def test_what_is_laid_down_takes_away_some_of_the_work(course):
    # The set-up and the links stand there already.
    lesson = lay_down(SLUG, course)
    nb = read(lesson.notebook)
    kept = [rule.__name__ for rule in RULES if not list(rule(lesson, nb))]
    assert kept == [
        "minutes_untrue",  # there are none yet
        "set_up_missing",
        "too_many_predictions",
        "assignment_not_linked",
        "errors_page_not_linked",
    ]
    last = lessons(course)[1].notebook.name
    assert f"Read [lesson 02]({last}) first." in nb.cells[0].source


def test_both_notebooks_are_valid_and_in_normal_form(course):
    lesson = lay_down(SLUG, course)
    for path in (lesson.notebook, lesson.solution):
        assert not rules_broken(read(path), EVERYWHERE)
        assert path.read_text(encoding="utf-8") == write_text(read(path))


def test_its_pattern_of_an_exercise_becomes_one_for_students(course):
    lesson = lay_down(SLUG, course)
    assert exercises.main(["--course", str(course)]) == 0
    given = {cell.id: cell.source for cell in read(lesson.exercise).cells}
    assert given["answer-3-1"].splitlines()[-1].strip() == "# YOUR CODE HERE"
    assert given["check-3-1"] == "check.doubled(doubled)"
    assert "Rubric" not in given["explain-3-2"]
    assert not [path for path in lesson.exercise.parent.rglob("*") if path.name == "private"]


def test_the_row_that_the_readme_gets_asks_for_what_one_will_see(course):
    lesson = lay_down(SLUG, course)
    lesson_table.part(course).write(lesson_table.body(course))
    assert any("does not say what a reader will see" in one for one in missing_parts(lesson))


def test_every_other_lesson_stays_as_it_is(course):
    before = files(course)
    lesson = lay_down(SLUG, course)
    after = files(course)
    private = [lesson.oracles, lesson.wrong_answers]
    made = [lesson.notebook, lesson.solution, *private, lesson.checks]
    assert {path: data for path, data in after.items() if path not in made} == before
    assert not any(map(missing_parts, lessons(course)[:-1])) and not list(strays(course))


def test_the_same_slug_gives_the_same_bytes(course, tmp_path_factory):
    first = files(course / "solutions" / lay_down(SLUG, course).slug)
    for path in (*first, Lesson(SLUG, course).notebook, Lesson(SLUG, course).checks):
        path.unlink()
    (course / "solutions" / SLUG / "private").rmdir()
    (course / "solutions" / SLUG).rmdir()
    assert files(course / "solutions" / lay_down(SLUG, course).slug) == first


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("3_jacobians", "is no name of a lesson: it takes two digits"),
        ("03_Jacobians", "is no name of a lesson"),
        ("03_", "is no name of a lesson"),
        ("../03_a", "is no name of a lesson"),
        ("03_lambda", "lambda is a word of Python"),
        ("04_jacobians", "the next lesson has the number 03: 03_jacobians"),
        ("02_jacobians", "the next lesson has the number 03: 03_jacobians"),
        ("03_engine", "already, and is left alone: utils/autograd_seen/checks/engine.py"),
    ],
)
def test_a_slug_that_cannot_be_the_next_is_refused(course, capsys, slug, reason):
    before = files(course)
    assert scaffold.main([slug, "--course", str(course)]) == 2
    said = capsys.readouterr()
    assert reason in said.err and said.err.count("\n") == 1 and not said.out
    assert files(course) == before


def test_what_another_lesson_needs_is_refused(course):
    lesson = lessons(course)[0]
    with pytest.raises(Refused, match=f"left alone: notebooks/{lesson.slug}"):
        lay_down(lesson.slug, course)
    with pytest.raises(Refused, match=f"left alone: utils/autograd_seen/checks/{lesson.name}"):
        lay_down(f"03_{lesson.name}", course)


def test_laying_down_twice_is_refused(course):
    lay_down(SLUG, course)
    with pytest.raises(Refused, match="left alone: notebooks/03_jacobians"):
        lay_down(SLUG, course)


@pytest.mark.parametrize("written", range(4))
def test_a_disk_that_fills_up_leaves_nothing_behind(course, monkeypatch, written):
    before, replace, left = files(course), os.replace, [written]

    def fill_up(*paths):
        if not left[0]:
            raise OSError("no space left")
        left[0] -= 1
        replace(*paths)

    monkeypatch.setattr(os, "replace", fill_up)
    with pytest.raises(OSError, match="no space"):
        lay_down(SLUG, course)
    assert files(course) == before
    assert not (course / "solutions" / SLUG).exists()


def test_the_command_says_what_is_still_missing(course, capsys):
    assert scaffold.main([SLUG, "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert f"  notebooks/{SLUG}.ipynb\n" in said and "has no row in README.md" in said


def test_the_first_lesson_of_all_has_nothing_to_read_before_it(tmp_path):
    lesson = lay_down("01_slopes", tmp_path)
    assert "Nothing to read first." in read(lesson.notebook).cells[0].source
