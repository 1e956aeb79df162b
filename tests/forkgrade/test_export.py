"""Grades are handed on whole, or not at all with a sentence; from an intake they find their way
back.
"""

import json
import sys
from types import SimpleNamespace

import pytest
from forkgrade import export, intake

from tests.forkgrade.downloads import FILE, GRADE_BOOK, NAME, notebook, write_zip
from tests.forkgrade.test_grade_rows import HEADER

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own

CONFIG = """
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
"""
ADA = f"ada,{NAME},graded,2,5,why,,two=2/2 why=0/3,x.html\n"
ZOE = f"zoe,{NAME},graded,5,5,,,two=2/2 why=3/3,x.html\n"
ALI = f"ali,{NAME},not graded,,,,is empty,,\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course whose grades are given, and a function that hands them on."""
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(reconfigure=lambda **_: 0, write=len))
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    (tmp_path / "solutions" / NAME).mkdir(parents=True)
    (tmp_path / "solutions" / NAME / FILE).write_bytes(notebook("the solution"))
    (tmp_path / "book.csv").write_text(GRADE_BOOK, encoding="utf-8")
    work = tmp_path / "grading"
    work.mkdir()

    def hand_on(to, *options, rows=ADA + ZOE + ALI):
        (work / "grades.csv").write_text(HEADER + rows, encoding="utf-8")
        return export.main([to, "--course", str(tmp_path), *options])

    return SimpleNamespace(
        root=tmp_path, work=work, book=str(tmp_path / "book.csv"), hand_on=hand_on
    )


def test_from_an_intake_the_scores_find_their_way_into_canvas(course, capsys):
    files = {
        f"lovelaceada_1001_5001_{FILE}": notebook("a"),
        f"oneilzoë_1002_5002_{FILE}": notebook("z"),
        f"aliali_1003_5003_{FILE}": notebook("l"),
    }
    download = str(write_zip(course.root / "x.zip", files))
    arguments = [download, NAME, "--roster", course.book, "--course", str(course.root)]
    assert intake.main(arguments) == 0
    students = sorted(path.name for path in (course.work / "submitted").iterdir())
    assert students == ["ada", "ali", "zoe"]
    assert course.hand_on("canvas", "--roster", course.book) == 1
    assert capsys.readouterr().err == f"left out: ali, {NAME}: not graded: is empty\n"
    assert (course.work / "canvas.csv").read_text(encoding="utf-8").splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Numbers (77)",
        "    Points Possible,,,,,5",
        '"Lovelace, Ada",1001,s-1,ada,A,2',
        '"O\'Neil, Zoë",1002,s-2,zoe,A,5',
    ]


def test_a_submission_is_handed_on_to_gradescope(course, tmp_path):
    graded = course.work / "autograded" / "ada" / NAME
    graded.mkdir(parents=True)
    marks = {"nbgrader": {"grade": True, "grade_id": "two"}}
    cell = {"cell_type": "code", "metadata": marks, "outputs": []}
    cell["outputs"] = [{"output_type": "stream", "text": "1.1: passed\n"}]
    (graded / FILE).write_text(json.dumps({"cells": [cell]}))
    results = tmp_path / "results" / "results.json"
    assert course.hand_on("gradescope", "--results", str(results), rows=ADA) == 0
    made = json.loads(results.read_text())
    assert made["score"] == 2 and made["visibility"] == "visible"
    assert [one.get("output") for one in made["tests"]] == [
        "1.1: passed",
        "A person grades this answer.",
    ]
    assert course.hand_on("gradescope", "--student", "zoe") == 0
    assert json.loads((course.work / "results.json").read_text())["score"] == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["canvas"], "no roster: expected the grade book that Canvas exported, with --roster\n"),
        (["canvas", "--roster", "gone.csv"], "gone.csv cannot be read (No such file or directory)"),
        (["canvas", "--roster", "BOOK", "--column", "x="], "--column x=: expected ASSIGNMENT=COL"),
        (["canvas", "--roster", "BOOK", "--assignment", "02"], "nothing to hand on"),
        (["gradescope"], "3 rows of grades.csv fit, and results.json is for one submission"),
        (["gradescope", "--student", "bob"], "0 rows of grades.csv fit"),
        (["gradescope", "--student", "ali"], f"ali, {NAME}: not graded: is empty\n"),
    ],
)
def test_each_refusal_is_a_sentence_and_writes_nothing(course, capsys, arguments, says):
    arguments = [course.book if one == "BOOK" else one for one in arguments]
    assert course.hand_on(*arguments) == 2
    assert capsys.readouterr().err.startswith(says)
    assert [path.name for path in course.work.iterdir()] == ["grades.csv"]


def test_a_folder_without_a_course_or_without_grades_is_told(course, tmp_path, capsys):
    assert export.main(["canvas", "--course", str(tmp_path / "no")]) == 2
    assert export.main(["canvas", "--course", str(tmp_path)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "no file" in first and "grades.csv is not there: make grade writes it" in second
