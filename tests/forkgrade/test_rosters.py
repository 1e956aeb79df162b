"""A student is found by whatever a platform says, and never taken for another."""

import pytest
from forkgrade.rosters import read_roster
from forkgrade.tables import BadTable

from tests.forkgrade.downloads import GRADE_BOOK

PARTICIPANTS = (
    "Identifier,Full name,ID number,Email address,Status\n"
    "Participant 90,Ada Lovelace,4711,ada@x.org,Submitted\n"
    "Teilnehmer/in91,Zoë O'Neil,4712,zoe@x.org,\n"
)
GRADESCOPE = (
    "First Name,Last Name,SID,Email,Role\n"
    "Ada,Lovelace,4711,ada@x.org,Student\nZoë,O'Neil,4712,zoe@x.org,Student\n"
)
OWN = "student;id;email;file\nada;4711;Ada@X.org;homework 7.ipynb\nzoe;4712;;\n"


@pytest.fixture
def roster(tmp_path):
    """A function that reads a roster with this text."""

    def read(text):
        (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
        return read_roster(tmp_path / "roster.csv")

    return read


@pytest.mark.parametrize(
    ("text", "keys", "name"),
    [
        (GRADE_BOOK, [("id", "1001")], "ada"),
        (GRADE_BOOK, [("sid", "S-2")], "zoe"),
        (GRADE_BOOK, [("login", "ali")], "ali"),
        (GRADE_BOOK, [("name", "lovelaceada")], "ada"),
        (GRADE_BOOK, [("name", "Ada Lovelace")], "ada"),
        (GRADE_BOOK, [("name", "oneilzoë")], "zoe"),
        (GRADE_BOOK, [("id", "1003"), ("name", "hassanali")], "ali"),
        (PARTICIPANTS, [("id", "91")], "zoe@x.org"),
        (PARTICIPANTS, [("name", "Ada Lovelace")], "ada@x.org"),
        (GRADESCOPE, [("sid", "4711")], "ada@x.org"),
        (GRADESCOPE, [("name", "Zoë O'Neil")], "zoe@x.org"),
        (OWN, [("email", "ada@x.org")], "ada"),
        (OWN, [("sid", "4712")], "zoe"),
        (OWN, [("id", "4712")], "zoe"),
        (OWN, [("file", "homework 7.ipynb")], "ada"),
        ("Last Name,First Name,Username\nLovelace,Ada,al\n", [("name", "Ada Lovelace")], "al"),
        ("name,email\nAda Lovelace,\n", [("name", "lovelaceada")], "Ada Lovelace"),
    ],
)
def test_a_student_is_found_by_what_the_platform_knows(roster, text, keys, name):
    student, why = roster(text).find([keys])
    assert (student and student.name, why) == (name, "")


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ([[("name", "alihassan")]], "alihassan can mean ali or hassan of the roster"),
        ([[("id", "1001"), ("name", "oneilzoë")]], "1001 and oneilzoë can mean ada or zoe of the"),
        ([[("id", "1")], [("login", "bob")]], "is nobody's of the roster"),
        ([], "is nobody's of the roster"),
    ],
)
def test_who_could_be_two_or_nobody_is_nobody(roster, levels, says):
    student, why = roster(GRADE_BOOK).find(levels)
    assert student is None and why.startswith(says)


def test_the_first_level_of_which_anything_is_known_decides(roster):
    levels = [[("login", "bob")], [("login", "zoe")], [("login", "ada")]]
    assert roster(GRADE_BOOK).find(levels)[0].name == "zoe"


def test_rows_of_canvas_that_are_no_students_are_none(roster):
    students = roster(GRADE_BOOK).students
    assert [(one.name, one.row) for one in students] == [
        ("ada", 2),
        ("zoe", 3),
        ("ali", 4),
        ("hassan", 5),
    ]


def test_columns_of_canvas_behind_the_section_say_nobodys_name(roster):
    text = GRADE_BOOK.replace("Notes", "Email").replace(
        "O'Neil, Zoë\",1002,s-2,zoe,A,", 'x",9,,z,A,ada'
    )
    assert roster(text).find([[("email", "ada")]]) == (None, "is nobody's of the roster")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("student,points\nada,3\n", "has the columns student, points: expected a roster of Canvas"),
        ("name\nAda L\nada l\n", "calls two students ada l: give each a name of its own"),
        ("student,id\nada,1\nada,2\n", "calls two students ada"),
    ],
)
def test_a_roster_that_could_mix_students_up_is_refused(roster, text, says):
    with pytest.raises(BadTable, match=says):
        roster(text)
