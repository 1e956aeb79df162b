"""The rows of grades.csv are read as the report writes them."""

import pytest
from forkgrade.grade_rows import read_grades
from forkgrade.tables import BadTable, quoted

HEADER = "student,assignment,status,score,max_score,needs_manual_grade,reason,cells,feedback\n"


@pytest.fixture
def grades(tmp_path):
    """A function that reads grades.csv with these rows."""

    def read(rows, header=HEADER):
        (tmp_path / "grades.csv").write_text(header + rows, encoding="utf-8")
        return read_grades(tmp_path / "grades.csv")

    return read


def test_the_columns_are_those_of_the_report():
    from forkgrade.report import COLUMNS

    assert HEADER.strip().split(",") == COLUMNS


def test_a_graded_row_has_its_points(grades):
    (one,) = grades("'=zoe,01,graded,2.5,5,explain,is late,check-two=2.5/2 explain=0/3,x.html\n")
    assert (one.student, one.assignment, one.is_graded) == ("=zoe", "01", True)
    assert (one.score, one.max_score, one.open_cells) == (2.5, 5, {"explain"})
    assert one.cells == {"check-two": (2.5, 2), "explain": (0, 3)}


def test_a_score_below_zero_is_read_as_the_report_writes_it(grades):
    row = ",".join(map(quoted, ["zoe", "01", "graded", "-0.5", "5", "", "", "two=-0.5/5", ""]))
    (one,) = grades(f"{row}\n")
    assert (one.score, one.cells) == (-0.5, {"two": (-0.5, 5)})


def test_a_row_that_is_not_graded_has_its_reason_and_no_score(grades):
    (one,) = grades("zoe,01,not graded,,,,is empty,,\n")
    assert (one.is_graded, one.reason, one.cells) == (False, "is empty", {})
    assert one.score != one.score


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("zoe,01,graded,,5,,,,\n", "the points of zoe, 01 are none"),
        ("zoe,01,graded,nan,5,,,,\n", "nan is no number of points"),
        ("zoe,01,graded,1,5,,,check=1,\n", "the points of zoe, 01 are none"),
    ],
)
def test_points_that_are_none_are_refused(grades, row, says):
    with pytest.raises(BadTable, match=says):
        grades(row)


def test_a_table_that_is_not_that_of_grades_is_refused(grades, tmp_path):
    with pytest.raises(BadTable, match=r"has no column score, status: make grade writes it"):
        grades("zoe,01,5\n", "student,assignment,max_score\n")
    with pytest.raises(BadTable, match=r"is not there: make grade writes it"):
        read_grades(tmp_path / "no.csv")
