"""The table says of each submission what is known, and runs nothing in a spreadsheet."""

import csv

import pytest
from forkgrade.records import Record

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=2+5", "'=2+5"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("two\nlines\t and more", "two lines and more"),
        ("caf\udce9", "caf?"),
        ("Zoë O'Neil, 2nd", "Zoë O'Neil, 2nd"),
        ("", ""),
    ],
)
def test_a_value_is_one_line_that_a_spreadsheet_shows(value, shown):
    from forkgrade.tables import quoted

    assert quoted(value) == shown


def test_what_has_no_grade_has_an_empty_score_and_its_reasons(small):
    from forkgrade.report import COLUMNS, report_path, write_report

    write_report(small.course, [Record("=zoe", "01", "", reasons=["is empty", "is late"])])
    with report_path(small.course).open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    known = {"student": "'=zoe", "assignment": "01", "status": "not graded"}
    assert row == dict.fromkeys(COLUMNS, "") | known | {"reason": "is empty; is late"}
