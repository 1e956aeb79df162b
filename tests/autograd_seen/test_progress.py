"""How far one is: an assignment summed up, and a table of the course."""

import json
import re

import pytest
from autograd_seen import progress
from autograd_seen.checks import record
from autograd_seen.checks.points import assignments

FIRST, SECOND, *_, LAST = assignments()


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    """Working copies of which one lesson was run in part; the kernel runs in an assignment."""
    monkeypatch.setattr(record, "_session", record.Session())
    for place in ("notebooks", f"exercises/{FIRST.slug}"):
        (tmp_path / "my" / place).mkdir(parents=True)
    cells = [{"cell_type": "code", "execution_count": count} for count in (1, 2, None)]
    cells.append({"cell_type": "markdown"})
    page = tmp_path / "my" / "notebooks" / f"{FIRST.slug}.ipynb"
    page.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "my" / "exercises" / FIRST.slug)
    return tmp_path


def pass_all(assignment, but=()):
    for number in assignment.left(but):
        record.mark(number, True)


def test_an_assignment_is_summed_up_and_the_next_exercise_named():
    pass_all(FIRST, but=["1.5"])
    assert repr(progress(1)).splitlines() == [
        f"Assignment 01 · {FIRST.title}",
        "  passed   5 of 7 · 11 of 16 points",
        "  open     1.5",
        "  by hand  1.7, which a person reads: 2 points",
        "  next     exercise 1.5",
    ]
    assert "✓" not in progress(1)._repr_html_()


def test_after_the_last_check_the_next_lesson_is_named_with_its_link():
    pass_all(FIRST)
    step = f"lesson 02 · {SECOND.title}"
    assert repr(progress(1)).endswith(f"  next     {step}")
    shown = progress(1)._repr_html_()
    assert f'<a href="../../notebooks/{SECOND.slug}.ipynb">{step}</a>' in shown
    assert "✓ every check passed" in shown


def test_after_the_last_lesson_there_is_no_next_one():
    pass_all(LAST)
    assert "next     the end of the course" in progress(int(LAST.number)).text


def test_the_course_is_a_table_of_lessons_and_assignments():
    record.mark("2.1", True)
    head, first, second, *others = progress().text.splitlines()
    assert head.split("   ")[0] == "lesson"
    assert re.split(r" {3,}", first) == [f"01 · {FIRST.title}", "2 of 3", "0 of 7", "0 of 16"]
    assert re.split(r" {3,}", second) == [f"02 · {SECOND.title}", "–", "1 of 7", "2 of 16"]
    assert len(others) == len(assignments()) - 2
    shown = progress()._repr_html_()
    assert f'<a href="../../notebooks/{FIRST.slug}.ipynb">01 · {FIRST.title}</a>' in shown
    assert f'<a href="../{SECOND.slug}/assignment_02.ipynb">1 of 7</a>' in shown
    heads = re.findall(r'<th scope="(col|row)"', shown)
    assert heads == ["col"] * 4 + ["row"] * len(assignments()) and "<caption>" in shown


def test_links_fit_the_notebook_that_shows_them(course, monkeypatch):
    monkeypatch.chdir(course / "my" / "notebooks")
    shown = progress()._repr_html_()
    assert f'<a href="{FIRST.slug}.ipynb">' in shown
    assert f'<a href="../exercises/{FIRST.slug}/assignment_01.ipynb">' in shown


def test_elsewhere_it_says_that_it_is_not_kept_and_leads_nowhere(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert progress().text.endswith(
        "This counts until the kernel ends. `make lab` opens working copies, which keep it."
    )
    assert "<a " not in progress()._repr_html_() + progress(1)._repr_html_()


def test_a_note_on_a_broken_file_is_shown(course):
    for show in (progress, lambda: progress(1)):
        (course / "my" / "progress.json").write_text("{", encoding="utf-8")
        assert "begun anew" in show().text
        (course / "my" / "progress.json").write_text("{", encoding="utf-8")
        assert "begun anew" in show()._repr_html_()


def test_a_lesson_that_is_not_there_is_refused():
    for wrong in (0, 99, "1"):
        with pytest.raises(ValueError, match="pass the number of a lesson, 1, 2, "):
            progress(wrong)
