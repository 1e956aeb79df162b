"""A slug leads to the parts of a lesson, and a part that cannot be read stops nothing else."""

import pytest

from tools.lessons import Lesson, PartBroken, lessons, strays


def test_a_slug_leads_to_each_part(tmp_path):
    lesson = Lesson("04_accumulation", tmp_path)
    parts = [lesson.notebook, lesson.solution, lesson.exercise, lesson.wrong_answers, lesson.checks]
    assert [lesson.place(part) for part in parts] == [
        "notebooks/04_accumulation.ipynb",
        "solutions/04_accumulation/assignment_04.ipynb",
        "exercises/04_accumulation/assignment_04.ipynb",
        "solutions/04_accumulation/private/wrong_answers.py",
        "utils/autograd_seen/checks/accumulation.py",
    ]


def test_a_lesson_is_whatever_has_a_notebook_or_an_assignment(tmp_path):
    for place in ("notebooks/02_b.ipynb", "solutions/03_c/x", "exercises/01_a/x", "exercises/.x/x"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [lesson.slug for lesson in lessons(tmp_path)] == ["01_a", "02_b", "03_c"]


def test_checks_and_tables_have_the_same_names(course):
    for lesson in lessons(course):
        assert list(lesson.load_checks()) == list(lesson.load_tables()) != []


def test_what_is_not_there_is_empty(tmp_path):
    lesson = Lesson("01_a", tmp_path)
    assert (lesson.load_checks(), lesson.load_tables(), lesson.broken_parts()) == ({}, {}, [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def (", "cannot be loaded: SyntaxError"),
        ("import gone_from_here", "cannot be loaded: ModuleNotFoundError: No module named 'gone_f"),
        ("TABLE = {}", "needs a dict TABLES"),
        ("TABLES = []", "needs a dict TABLES"),
        (
            "from tests.wrong_answers import Table\nTABLES = {'a': Table({}, {})}",
            "a Table needs one right answer",
        ),
    ],
)
def test_broken_wrong_answers_are_told_with_the_reason(tmp_path, text, reason):
    lesson = Lesson("01_a", tmp_path)
    lesson.wrong_answers.parent.mkdir(parents=True)
    lesson.wrong_answers.write_text(text, encoding="utf-8")
    with pytest.raises(PartBroken, match="solutions/01_a/private/wrong_answers"):
        lesson.load_tables()
    (sentence,) = lesson.broken_parts()
    assert reason in sentence


def test_a_name_that_is_none_of_a_lesson_is_told(course):
    assert not list(strays(course))
    (course / "notebooks" / "7_jacobians.ipynb").touch()
    (course / "solutions" / "Extra").mkdir()
    assert [sentence.split()[0] for sentence in strays(course)] == ["7_jacobians", "Extra"]


def test_checks_without_a_lesson_are_told(course):
    used = lessons(course)[0].checks
    used.with_name("unused.py").write_bytes(used.read_bytes())
    used.with_name("helpers.py").write_text("X = 1\n", encoding="utf-8")
    assert list(strays(course)) == [
        "utils/autograd_seen/checks/unused.py holds checks and belongs to no lesson"
    ]
