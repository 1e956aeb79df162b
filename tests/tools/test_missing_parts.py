"""Each part that a lesson can lack is named in a sentence."""

import shutil

import pytest

from tools import missing_parts as parts
from tools.lessons import lessons


@pytest.fixture
def lesson(course):
    return lessons(course)[1]


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def drop_row(lesson):
    readme = lesson.root / "README.md"
    lines = readme.read_text(encoding="utf-8").splitlines(keepends=True)
    readme.write_text("".join(line for line in lines if lesson.slug not in line), encoding="utf-8")


def empty_the_row(lesson):
    readme = lesson.root / "README.md"
    (row,) = [
        line for line in readme.read_text(encoding="utf-8").splitlines() if lesson.slug in line
    ]
    cells = row.split("|")
    edit(readme, row, "|".join([*cells[:3], " … ", *cells[4:]]))


def first_name(lesson):
    return next(iter(lesson.load_tables()))


def rename_a_table(lesson):
    # Longer, so that Python does not take the file for the one that it compiled a moment ago.
    edit(lesson.wrong_answers, f'"{first_name(lesson)}": Table', '"a name of no check": Table')


def drop_an_oracle(lesson):
    with lesson.oracles.open("a", encoding="utf-8") as file:
        file.write("ORACLES.pop()\n")


def rename_a_check(lesson):
    edit(lesson.checks, f"\n{first_name(lesson)} = ", "\na_name_of_no_table = ")


TAKEN_OUT = {
    "notebook": (lambda lesson: lesson.notebook.unlink(), "has no notebook: write notebooks/02_"),
    "solution": (lambda lesson: lesson.solution.unlink(), "has no solution: write solutions/02_"),
    "assignment": (
        lambda lesson: shutil.rmtree(lesson.exercise.parent),
        "has no exercise: `make exercises` makes exercises/02_",
    ),
    "checks": (lambda lesson: lesson.checks.unlink(), "has no checks: write utils/autograd_seen/"),
    "wrong answers": (
        lambda lesson: lesson.wrong_answers.unlink(),
        "has no wrong answers: write solutions/02_",
    ),
    "oracles": (
        lambda lesson: lesson.oracles.unlink(),
        "has no oracles: write solutions/02_",
    ),
    "keys": (
        lambda lesson: lesson.keys.unlink(),
        "has no keys: `make exercises` makes exercises/02_",
    ),
    "row": (drop_row, "has no row in README.md: `make refresh` writes it"),
    "what one sees": (empty_the_row, "does not say what a reader will see"),
    "every table": (
        lambda lesson: lesson.wrong_answers.write_text("TABLES = {}\n"),
        "private/wrong_answers.py holds no table",
    ),
    "every check": (lambda lesson: lesson.checks.write_text(""), ".py holds no check"),
    "a table": (rename_a_table, " has no table, so nothing shows"),
    "an oracle": (drop_an_oracle, " has no oracle, so nothing says what is right"),
    "every oracle": (
        lambda lesson: lesson.oracles.write_text("RIGHT = 2\n"),
        "private/oracles.py needs a list ORACLES",
    ),
    "a check": (rename_a_check, " has no check: add it to utils/autograd"),
    "sense": (lambda lesson: lesson.wrong_answers.write_text("1 +"), "cannot be loaded: Syntax"),
}


def test_no_lesson_of_a_whole_course_lacks_anything(course):
    assert not [sentence for lesson in lessons(course) for sentence in parts.missing_parts(lesson)]


@pytest.mark.parametrize("part", TAKEN_OUT)
def test_a_part_that_is_taken_out_is_named(lesson, part):
    take_out, words = TAKEN_OUT[part]
    take_out(lesson)
    missing = parts.missing_parts(lesson)
    assert any(words in sentence for sentence in missing), missing
    others = [other for other in lessons(lesson.root) if other != lesson]
    assert others and not any(map(parts.missing_parts, others))


def test_one_missing_file_is_one_sentence(lesson):
    lesson.wrong_answers.unlink()
    assert len(parts.missing_parts(lesson)) == 1


def test_the_command_prints_what_is_missing(lesson, monkeypatch, capsys):
    monkeypatch.setattr(parts, "lessons", lambda: lessons(lesson.root))
    monkeypatch.setattr(parts, "strays", lambda: [])
    assert parts.main() == 0
    assert capsys.readouterr().out == "no part of a lesson is missing\n"
    lesson.checks.unlink()
    assert parts.main() == 1
    assert capsys.readouterr().out.startswith(f"{lesson.slug} has no checks: write ")
