"""What Gradescope reads has the keys of its documentation, and shows no hidden test."""

import json

import pytest
from forkgrade.grade_rows import Grade
from forkgrade.gradescope import MOST_SAID, results, said_by, said_by_checks

GRADE = Grade(
    "ada",
    "01",
    True,
    "a note",
    2.0,
    5.0,
    {"two": (2.0, 2.0), "why": (0.0, 3.0)},
    frozenset({"why"}),
)


def test_each_check_is_a_test_with_its_points_and_what_it_said():
    made = results(GRADE, {"two": "1.1: passed"}, "after_published")
    assert made == {
        "score": 2.0,
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": "two",
                "visibility": "after_published",
                "score": 2.0,
                "max_score": 2.0,
                "output": "1.1: passed",
            },
            {
                "name": "why",
                "visibility": "after_published",
                "output": "A person grades this answer.",
            },
        ],
    }
    assert "a note" not in json.dumps(made)  # it is the instructor's


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ([], ""),
        ([{"output_type": "stream", "text": ["1.1: ", "passed\n"]}], "1.1: passed"),
        ([{"output_type": "execute_result", "data": {"text/plain": "1.1: passed"}}], "1.1: passed"),
        ([{"output_type": "display_data", "data": {"image/png": "x"}}], ""),
        (
            [
                {"output_type": "stream", "text": "\x1b[31mred\x1b[0m\n"},
                {"output_type": "error", "ename": "Wrong", "evalue": "got 3", "traceback": ["x"]},
            ],
            "red\ngot 3",
        ),
        (
            [
                {
                    "output_type": "error",
                    "ename": "AssertionError",
                    "evalue": "",
                    "traceback": ["assert secret == 7"],
                }
            ],
            "AssertionError",
        ),
        ([{"output_type": "stream", "text": "x" * 20_000}], "x" * MOST_SAID + " …"),
    ],
)
def test_a_check_is_shown_by_its_words_and_not_by_its_code(outputs, text):
    assert said_by(outputs) == text


def test_only_graded_cells_of_code_are_read(tmp_path):
    def cell(name, kind="code", grade=True):
        marks = {"grade_id": name, "grade": grade}
        outputs = [{"output_type": "stream", "text": name}]
        return {"cell_type": kind, "metadata": {"nbgrader": marks}, "outputs": outputs}

    cells = [cell("two"), cell("why", "markdown"), cell("setup", grade=False), {"cell_type": "raw"}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert said_by_checks(tmp_path) == {"two": "two"}
    assert said_by_checks(tmp_path / "none") == {}
