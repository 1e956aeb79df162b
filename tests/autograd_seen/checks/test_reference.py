"""The reference solution is found from a working copy and from the package, or its absence told."""

import json

import pytest
from autograd_seen.checks import reference as module
from autograd_seen.checks.reference import ABSENT, reference

from tools.lessons import lessons


def cell(kind, source, solution=False):
    return {"cell_type": kind, "source": source, "metadata": {"nbgrader": {"solution": solution}}}


CELLS = [
    cell("code", "import torch"),
    cell("markdown", "## 1.21 · Another exercise, whose number begins alike"),
    cell("code", "z = 5", solution=True),
    cell("markdown", "## 1.2 · Predict a slope"),
    cell("code", "x = 2"),
    cell("code", "k = 1\ny = ...\n### BEGIN SOLUTION\ny = 4\n### END SOLUTION", solution=True),
    cell("code", "check.y(y)\n### BEGIN HIDDEN TESTS\nassert y == 4\n### END HIDDEN TESTS"),
    cell("markdown", "## 1.7 · Explain"),
    cell("markdown", "Because.", solution=True),
]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with a solution of its own, and a working copy, whose folder this kernel is in."""
    solution = tmp_path / "solutions" / "01_scalar_gradients" / "assignment_01.ipynb"
    copy = tmp_path / "my" / "exercises" / "01_scalar_gradients"
    for folder in (solution.parent, copy):
        folder.mkdir(parents=True)
    solution.write_text(json.dumps({"cells": CELLS}), encoding="utf-8")
    monkeypatch.chdir(copy)
    return solution


def test_a_working_copy_finds_the_code_alone_without_marks_dots_and_hidden_tests(course):
    assert repr(reference("1.2")) == "k = 1\ny = 4"


def test_what_is_no_code_has_no_solution_to_show(course):
    assert reference("1.7") == f"1.7: {ABSENT}"


@pytest.mark.parametrize("text", ["{", "\xff"])
def test_a_solution_that_cannot_be_read_is_as_good_as_none(course, text):
    course.write_bytes(text.encode("latin-1"))
    assert reference("1.2") == f"1.2: {ABSENT}"


def test_where_there_are_no_solutions_the_instructor_has_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "package" / "reference.py"))
    assert repr(reference("1.2")) == f"1.2: {ABSENT}"


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_each_check_has_a_solution_that_the_package_finds(lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for check in lesson.load_checks().values():
        found = reference(check.number)
        assert check.name in found and not [
            word for word in ("SOLUTION", "HIDDEN", "...") if word in found
        ]
        compile(found, check.name, "exec")
