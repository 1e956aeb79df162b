"""What Canvas imports has its own form, only new scores, and none in another's row."""

import pytest
from forkgrade.canvas import Refused, canvas_rows, read_book
from forkgrade.grade_rows import Grade

from tests.forkgrade.downloads import GRADE_BOOK, NAME


def grade(student, score=4.5, assignment=NAME, most=5.0):
    return Grade(student, assignment, True, "", score, most)


@pytest.fixture
def rows(tmp_path):
    """A function that returns the rows for Canvas, and what was left out."""

    def make(grades, text=GRADE_BOOK, **chosen):
        (tmp_path / "book.csv").write_text(text, encoding="utf-8")
        return canvas_rows(grades, *read_book(tmp_path / "book.csv"), chosen)

    return make


def test_the_columns_of_the_export_stay_and_each_assignment_has_its_own(rows):
    found, left_out = rows([grade("zoe"), grade("ada", 5)])
    assert found == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Numbers (77)"],
        ["    Points Possible", "", "", "", "", "5"],
        ["Lovelace, Ada", "1001", "s-1", "ada", "A", "5"],
        ["O'Neil, Zoë", "1002", "s-2", "zoe", "A", "4.5"],
    ]
    assert left_out == []


@pytest.mark.parametrize("name", ["ada", "1001", "lovelaceada_1001", "s-1", "Ada Lovelace"])
def test_a_student_is_found_by_each_name_that_an_intake_gives(rows, name):
    found, left_out = rows([grade(name)])
    assert [row[1] for row in found[2:]] == ["1001"] and not left_out


def test_an_old_score_stays_where_there_is_no_new_one(rows):
    text = GRADE_BOOK.replace("Notes", "Words (78)").replace("zoe,A,", "zoe,A,EX")
    text = text.replace("ali,A,", "ali,A,@x")
    words = [grade(name, 3, "02_words", 3) for name in ("ada",)]
    found, _ = rows([grade("zoe"), grade("ali"), *words], text)
    assert found[0][-2:] == ["Numbers (77)", "Words (78)"]
    assert [row[-2:] for row in found[2:]] == [["", "3"], ["4.5", "EX"], ["4.5", "'@x"]]


def test_what_has_no_score_or_no_student_is_left_out_and_listed(rows):
    grades = [grade("zoe"), Grade("ada", NAME, False, "is empty"), grade("bob")]
    found, left_out = rows(grades)
    assert [row[3] for row in found[2:]] == ["zoe"]
    assert left_out == [
        f"ada, {NAME}: not graded: is empty",
        f"bob, {NAME}: bob is nobody's of the roster",
    ]


def test_of_two_submissions_of_one_student_none_counts(rows):
    found, left_out = rows([grade("ada"), grade("lovelaceada_1001", 1), grade("zoe")])
    assert [row[3] for row in found[2:]] == ["zoe"]
    assert left_out == [f"ada and lovelaceada_1001, {NAME}: are one student of the roster"]


def test_no_formula_in_a_name_is_run(rows):
    found, _ = rows([grade("ada")], GRADE_BOOK.replace("Lovelace, Ada", '=""x""&A1'))
    assert found[2][0] == """'="x"&A1"""


def test_a_grade_book_with_semicolons_and_first_names_is_read(rows, tmp_path):
    text = """\
LastName;FirstName;ID;SIS Login ID;Section;Numbers (77)
    Points Possible;;;;;5,00
Lovelace;Ada;1001;ada;A;
"""
    found, _ = rows([grade("ada")], text)
    assert found[2] == ["Lovelace", "Ada", "1001", "ada", "A", "4.5"]
    assert read_book(tmp_path / "book.csv")[0].delimiter == ";"


@pytest.mark.parametrize(
    ("column", "chosen"),
    [
        ("01 Numbers (77)", {}),
        ("Homework 1: numbers (77)", {}),
        ("Homework (77)", {NAME: "Homework (77)"}),
    ],
)
def test_the_column_of_an_assignment_is_found_by_its_name_or_chosen(rows, column, chosen):
    found, _ = rows([grade("ada")], GRADE_BOOK.replace("Numbers (77)", column), **chosen)
    assert found[0][-1] == column


@pytest.mark.parametrize(
    ("grades", "change", "chosen", "says"),
    [
        ([grade("bob")], ("", ""), {}, "nothing to hand on: no graded row"),
        ([grade("ada")], ("Numbers", "Words"), {}, "no column of Canvas' grade book can be 01_num"),
        ([grade("ada")], ("", ""), {NAME: "x (1)"}, r'--column "01_numbers=NAME \(ID\)", of Num'),
        ([grade("ada")], ("Notes", "Numbers 2 (78)"), {"x": "y"}, None),
        ([grade("ada")], ("Notes", "numbers (78)"), {}, "several columns of Canvas' grade book"),
        (
            [grade("ada")],
            ("5.00", "100.00"),
            {},
            r"Canvas has 100.00 points for Numbers \(77\), and",
        ),
        ([grade("ada")], ("5.00", "(read only)"), {}, r"Canvas has \(read only\) points"),
        ([grade("ada"), grade("zoe", most=6.0)], ("", ""), {}, "has rows of 5 and of 6 points"),
        ([grade("ada")], ("Section", "section"), {}, "is not Canvas' grade book: expected the col"),
    ],
)
def test_what_could_put_a_wrong_score_into_canvas_is_refused(rows, grades, change, chosen, says):
    says = says or "several columns of Canvas' grade book"
    with pytest.raises(Refused, match=says):
        rows(grades, GRADE_BOOK.replace(*change), **chosen)
