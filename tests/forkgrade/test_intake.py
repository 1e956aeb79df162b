"""What a platform hands over is laid down for grading, once; nothing is lost, and nothing is
written elsewhere.
"""

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from forkgrade.intake import COLUMNS, main
from forkgrade.lock import only_run

from tests.forkgrade.downloads import (
    FILE,
    GRADE_BOOK,
    METADATA,
    NAME,
    link_entry,
    notebook,
    write_zip,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own

CONFIG = """
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.Limits.notebook_mb = c.Limits.files_mb = 1
"""
ADA, ZOE = "lovelaceada_1001_5001_" + FILE, "oneilzoë_LATE_1002_5002_" + FILE
LATER = (2026, 9, 2, 12, 0, 0)


class Class:
    """A course in a folder, and what an intake did there."""

    def __init__(self, root):
        self.root = root
        self.roster = root.parent / "roster.csv"
        self.roster.write_text(GRADE_BOOK, encoding="utf-8")
        self.zip = root.parent / "x.zip"
        (root / "solutions" / NAME).mkdir(parents=True)
        (root / "solutions" / NAME / FILE).write_bytes(notebook("the solution"))
        (root / "nbgrader_config.py").write_text(CONFIG)

    def take(self, files, *options, when=(2026, 9, 1, 12, 0, 0), roster=True):
        """Takes in a zip of these files, or a folder; returns the exit status."""
        path = files if isinstance(files, Path) else write_zip(self.zip, files, when)
        who = ["--roster", str(self.roster)] if roster else []
        return main([str(path), NAME, "--course", str(self.root), *who, *options])

    def files(self, folder="submitted"):
        """{path: content} of a folder of grading/."""
        work = self.root / "grading" / folder
        return {
            path.relative_to(work).as_posix(): path.read_bytes()
            for path in sorted(work.rglob("*"))
            if path.is_file()
        }

    def table(self):
        """{file: why} of the table."""
        with (self.root / "grading" / "intake.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert all(list(row) == COLUMNS and row["assignment"] == NAME for row in rows)
        return {row["file"]: row["why"] for row in rows}


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "course").mkdir()
    monkeypatch.setattr(sys, "stdout", open(os.devnull, "w"))  # noqa: SIM115  (it can reconfigure)
    return Class(tmp_path / "course")


def test_importing_it_imports_neither_nbgrader_nor_torch():
    names = "{'nbgrader', 'torch', 'nbformat', 'yaml'}"
    code = f"import sys, forkgrade.intake, forkgrade.export; exit(len({names} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- platforms ------------------------------------------------------------------------------------


def test_a_zip_of_canvas_is_laid_down_by_its_grade_book(course):
    assert course.take({ADA: notebook("a"), ZOE: notebook("z")}) == 1
    assert course.files() == {
        f"ada/{NAME}/{FILE}": notebook("a"),
        f"zoe/{NAME}/{FILE}": notebook("z"),
    }
    assert course.table() == {ZOE: "is taken; Canvas says that it is late, and not by how much"}


def test_a_zip_of_canvas_needs_no_roster(course):
    assert course.take({ADA: notebook("a")}, roster=False) == 0
    assert list(course.files()) == [f"lovelaceada_1001/{NAME}/{FILE}"]


@pytest.mark.parametrize("place", ["_/" + FILE, "/my work.ipynb", "_" + FILE])
def test_a_zip_of_moodle_is_laid_down_in_each_of_its_layouts(course, place):
    text = "Identifier,Full name\nParticipant 90,Ada Lovelace\nParticipant 91,Zoë\n"
    course.roster.write_text(text, encoding="utf-8")
    assert course.take({f"Ada Lovelace_90_assignsubmission_file{place}": notebook("a")}) == 0
    assert course.files() == {f"90/{NAME}/{FILE}": notebook("a")}


def test_an_export_of_gradescope_is_laid_down_with_its_times_for_each_of_a_group(course):
    from nbgrader.utils import parse_utc

    files = {
        "assignment_9_export/submission_metadata.yml": METADATA.encode(),
        f"assignment_9_export/submission_501/{FILE}": notebook("a"),
        "assignment_9_export/submission_502/hw.ipynb": notebook("z"),
        "assignment_9_export/submission_502/data/x.csv": b"1",
        "assignment_9_export/submission_502/submission_metadata.yml": b"a student's",
    }
    assert course.take(files, roster=False) == 0
    laid_down = course.files()
    assert laid_down[f"zoe@x.org/{NAME}/submission_metadata.yml"] == b"a student's"
    assert laid_down[f"ali@x.org/{NAME}/{FILE}"] == laid_down[f"zoe@x.org/{NAME}/{FILE}"]
    assert laid_down[f"zoe@x.org/{NAME}/data/x.csv"] == b"1"
    when = laid_down[f"ada@x.org/{NAME}/timestamp.txt"].decode()
    assert str(parse_utc(when)) == "2026-09-01 17:00:00.250000"


def test_a_folder_of_any_names_is_laid_down_by_a_roster(course, tmp_path):
    text = "student,email,name,file\nada,ada@x.org,Ada Lovelace,\nzoe,,,homework 7.ipynb\n"
    course.roster.write_text(text, encoding="utf-8")
    folder = tmp_path / "mail"
    folder.mkdir()
    for name in "hw1 from ada lovelace.ipynb", "homework 7.ipynb", "hw1.ipynb":
        (folder / name).write_bytes(notebook(name))
    assert course.take(folder) == 1
    assert sorted(course.files()) == [f"ada/{NAME}/{FILE}", f"zoe/{NAME}/{FILE}"]
    assert course.table() == {"hw1.ipynb": "is nobody's of the roster"}
    assert course.files(f"unmapped/{NAME}") == {"hw1.ipynb": notebook("hw1.ipynb")}


def test_all_of_a_download_is_one_students_where_one_is_named(course):
    files = {FILE: notebook("a"), "helper.py": b"x = 1"}
    assert course.take(files, "--student", "bob", roster=False) == 0
    assert course.files() == {
        f"bob/{NAME}/{FILE}": notebook("a"),
        f"bob/{NAME}/helper.py": b"x = 1",
    }


# --- which of several -----------------------------------------------------------------------------


def test_the_latest_of_a_student_wins_and_the_others_are_listed(course):
    second, third = (f"lovelaceada_1001_{n}_assignment_01-{n % 10}.ipynb" for n in (5011, 5012))
    files = {third: notebook("3"), ADA: notebook("1"), second: notebook("2")}
    assert course.take(files) == 1
    assert course.files() == {f"ada/{NAME}/{FILE}": notebook("3")}
    assert course.table() == dict.fromkeys([ADA, second], f"is older than {third}")


def test_the_latest_of_another_file_wins_too(course):
    older, later = (f"lovelaceada_1001_{number}_helper.py" for number in (5002, 5003))
    assert course.take({ADA: notebook("a"), later: b"later", older: b"older"}) == 1
    assert course.files()[f"ada/{NAME}/helper.py"] == b"later"
    assert course.table() == {older: "is older than another of its name: left in the download"}


def test_a_notebook_of_the_right_name_wins_over_a_later_one_of_another(course):
    other = "lovelaceada_1001_9999_scratch.ipynb"
    assert course.take({ADA: notebook("a"), other: notebook("s")}) == 1
    assert course.files() == {f"ada/{NAME}/{FILE}": notebook("a")}
    assert course.table() == {other: f"is not called {FILE}"}
    assert course.files(f"unmapped/{NAME}") == {other: notebook("s")}


def test_of_two_of_the_same_time_none_is_taken_unless_they_are_the_same(course):
    files = {"ada/x.ipynb": notebook("1"), "ada/y.ipynb": notebook("2")}
    assert course.take(files) == 1
    assert course.files() == {}
    assert set(course.table()) == set(files) and len(course.files(f"unmapped/{NAME}")) == 2
    assert course.take({"ada/x.ipynb": notebook("1"), "ada/y.ipynb": notebook("1")}) == 0


def test_each_notebook_of_an_assignment_of_two_is_found_by_its_name(course):
    (course.root / "solutions" / NAME / "part_2.ipynb").write_bytes(notebook("too"))
    names = FILE, "part_2.ipynb", "x.ipynb"
    assert course.take({f"ada/{name}": notebook(name) for name in names}) == 1
    assert sorted(course.files()) == [f"ada/{NAME}/{name}" for name in names[:2]]
    assert course.table() == {"ada/x.ipynb": f"is not called {FILE} or part_2.ipynb"}


# --- again ----------------------------------------------------------------------------------------


def everything(course):
    """Each path below grading/, with its time and content."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted((course.root / "grading").rglob("*"))
    }


def test_a_second_intake_of_the_same_zip_changes_nothing(course):
    files = {ADA: notebook("a"), ZOE: notebook("z"), "bob_7_8_x.ipynb": notebook("b")}
    assert course.take(files) == 1
    before = everything(course)
    assert course.take(course.zip) == 1
    assert everything(course) == before
    assert not (course.root / "grading" / ".intake").exists()


def test_a_newer_one_replaces_what_is_there_and_the_old_one_is_kept_aside(course):
    for text, day in ("first", 1), ("second", 2), ("third", 3):
        assert course.take({ADA: notebook(text)}, when=(2026, 9, day, 0, 0, 0)) == 0
    assert course.files() == {f"ada/{NAME}/{FILE}": notebook("third")}
    assert course.files("replaced") == {
        f"ada/{NAME}.1/{FILE}": notebook("first"),
        f"ada/{NAME}.2/{FILE}": notebook("second"),
    }


@pytest.mark.parametrize("when", [(2026, 9, 1, 0, 0, 0), LATER, (2026, 9, 2, 12, 0, 2)])
def test_what_is_not_newer_replaces_nothing_and_is_kept(course, when):
    assert course.take({ADA: notebook("second")}, when=LATER) == 0
    assert course.take({ADA: notebook("first")}, when=when) == 1
    assert course.files() == {f"ada/{NAME}/{FILE}": notebook("second")}
    assert course.files(f"unmapped/{NAME}") == {ADA: notebook("first")}
    assert "is not known to be newer" in course.table()[ADA]


def test_rows_of_other_assignments_stay_in_the_table(course):
    path = course.root / "grading" / "intake.csv"
    path.parent.mkdir()
    path.write_text("assignment,file,student,why\n02,a,,x\n01_numbers,b,,y\n")
    course.take({ADA: notebook("a")})
    assert path.read_text().split() == ["assignment,file,student,why", "02,a,,x"]


# --- hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [f"../../{FILE}", f"/x/{FILE}", f"C:/{FILE}", f"..\\{FILE}", f"ada/../../../{FILE}"]
)
def test_a_path_that_leads_out_writes_nothing_there(course, path):
    before = {one for one in course.root.parent.rglob("*") if "grading" not in one.parts}
    assert course.take({path: notebook("a"), "ada.ipynb": notebook("b")}) == 1
    after = {one for one in course.root.parent.rglob("*") if "grading" not in one.parts}
    assert after - before <= {course.zip}
    assert list(course.files()) == [f"ada/{NAME}/{FILE}"]
    assert list(course.table().values()) == ["has a path that leads out of the download"]
    assert list(course.files(f"unmapped/{NAME}").values()) == [notebook("a")]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a*b", "has * in the student's name, which nbgrader cannot take"),
        ("a:b", "has a student's name that no folder can have"),
        ("a\tb", "has a student's name that no folder can have"),
        ("..", "has a student's name that no folder can have"),
        ("n" * 201, "has a student's name that no folder can have"),
    ],
)
def test_a_name_that_a_student_cannot_have_is_refused_and_the_file_kept(course, name, says):
    assert course.take({FILE: notebook("a")}, "--student", name, roster=False) == 1
    assert course.table() == {FILE: says}
    assert course.files() == {} and len(course.files(f"unmapped/{NAME}")) == 1


def test_a_link_and_what_is_too_large_are_left_in_the_download(course):
    with zipfile.ZipFile(course.zip, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(link_entry("ada/link.ipynb"), "/etc/passwd")
        file.writestr("zoe/" + FILE, bytes(2**20 + 1))
        file.writestr("ali/" + FILE, notebook("a"))
        file.writestr("ali/big.bin", bytes(2**20 + 1))
        file.writestr("bob/big.bin", bytes(2**20 + 1))
    assert course.take(course.zip) == 1
    assert list(course.files()) == [f"ali/{NAME}/{FILE}"] and not course.files("unmapped")
    large = "has 1.0 MiB or more, 1 at most: left in the download"
    assert course.table() == {
        "ada/link.ipynb": "is a link",
        f"zoe/{FILE}": large,
        "ali/big.bin": large,
        "bob/big.bin": f"is nobody's of the roster; it {large}",
    }


def test_what_a_student_may_not_hand_in_is_no_part_of_the_submission(course):
    files = {
        f"ada/{FILE}": notebook("a"),
        "ada/timestamp.txt": b"2020-01-01 00:00:00 UTC",
        f"ada/{FILE}/x": b"in a file",
        "ada/" + "d/" * 30 + "x": b"deep",
        "zoe/x.txt": b"no notebook",
    }
    assert course.take(files) == 1
    assert course.files() == {f"ada/{NAME}/{FILE}": notebook("a")}
    why = course.table()
    assert why["ada/timestamp.txt"] == "is nbgrader's own, and no student's"
    assert why[f"ada/{FILE}/x"].startswith("cannot be written")
    assert why["ada/" + "d/" * 30 + "x"].startswith("is one file or folder too many")
    assert why["zoe/x.txt"] == "came without a notebook"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_nothing_is_written_through_a_link(course, tmp_path):
    (course.root / "grading" / "submitted").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", course.root / "grading" / "submitted" / "ada")
    assert course.take({ADA: notebook("a")}) == 1
    assert not list((tmp_path / "elsewhere").iterdir())
    assert course.table() == {ADA: "would be written through a link"}


def test_no_more_is_kept_of_nobodys_files_than_is_allowed(course, monkeypatch):
    monkeypatch.setattr("forkgrade.intake.MOST_KEPT", 1000)
    assert course.take({f"x{n}.ipynb": bytes([n]) * 600 for n in range(3)}) == 1
    assert len(course.files(f"unmapped/{NAME}")) == 1
    assert [why.count("left in the download") for why in course.table().values()] == [0, 1, 1]


def test_a_name_of_any_length_is_kept_under_one_that_a_folder_can_have(course):
    names = "ü" * 300 + ".ipynb", "../..", "..", "a/" * 40 + "b"
    assert course.take({name: name.encode() for name in names}) == 1
    kept = course.files(f"unmapped/{NAME}")
    assert sorted(kept.values()) == sorted(name.encode() for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each name is text")
def test_a_name_that_is_no_text_is_kept_and_listed(course, tmp_path):
    folder = os.fsencode(tmp_path / "mail")
    os.makedirs(folder + b"/caf\xe9")
    for name in b"caf\xe9/" + FILE.encode(), b"\xff.ipynb":
        (Path(os.fsdecode(folder)) / os.fsdecode(name)).write_bytes(notebook("a"))
    assert course.take(tmp_path / "mail", roster=False) == 1
    assert course.files() == {}
    assert {why.split(" in ")[0] for why in course.table().values()} == {
        "has bytes that are no text"
    }
    assert len(course.files(f"unmapped/{NAME}")) == 2


def test_a_formula_in_a_files_name_is_not_run(course):
    assert course.take({"=2+5.ipynb": notebook("a"), "b.ipynb": b""}) == 1
    assert "'=2+5.ipynb" in course.table()


# --- refused --------------------------------------------------------------------------------------


@pytest.fixture
def refused(course, capsys):
    """A function that takes in what is refused, and returns the sentence."""

    def take(*arguments):
        before = everything(course)
        assert main([*arguments, "--course", str(course.root)]) == 2
        assert everything(course) == before
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return take


def test_each_refusal_is_a_sentence(course, refused, tmp_path, monkeypatch):
    write_zip(course.zip, {ADA: notebook("a")})
    (tmp_path / "bad.csv").write_text("x,y\n1,2\n")
    (course.root / "grading" / "records").mkdir(parents=True)
    assert "no assignment '02': expected one of 01_numbers" in refused(str(course.zip), "02")
    for path in "", str(course.root), str(tmp_path):  # make intake FROM= was forgotten
        monkeypatch.chdir(course.root)
        assert "holds the course itself: expected a zip" in refused(path, NAME)
    bad = "--roster", str(tmp_path / "bad.csv")
    assert "expected a roster of Canvas" in refused(str(course.zip), NAME, *bad)


def test_a_download_that_is_none_is_refused(course, capsys, tmp_path):
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert course.take(tmp_path / "no.zip") == 2
    assert (
        capsys.readouterr().err
        == f"{tmp_path / 'no.zip'} is no zip that can be read (File is not a zip file)\n"
    )
    assert course.take(tmp_path / "gone") == 2
    assert "is not there: expected a zip or a folder" in capsys.readouterr().err
    assert not (course.root / "grading" / "intake.csv").exists()


def test_a_disk_that_is_full_stops_it_and_leaves_no_half_submission(course, capsys, monkeypatch):
    from forkgrade import intake

    def write(path, content):
        if b"z" in content:
            raise OSError(28, "No space left on device")
        write_whole(path, content)

    write_whole = intake.write_whole
    monkeypatch.setattr(intake, "write_whole", write)
    assert course.take({ADA: notebook("a"), ZOE: notebook("z")}) == 2
    assert "stopped: [Errno 28] No space left on device" in capsys.readouterr().err
    assert list(course.files()) == [f"ada/{NAME}/{FILE}"]
    assert not (course.root / "grading" / ".intake").exists()


def test_a_folder_without_a_course_is_told(tmp_path, capsys, course):
    assert main([str(tmp_path), NAME, "--course", str(tmp_path)]) == 2
    assert "no file" in capsys.readouterr().err


def test_it_is_refused_while_a_run_grades(course):
    with only_run(course.root / "grading" / "records"):
        code = (
            "import sys; from forkgrade.intake import main; "
            f"sys.exit(main(['gone.zip', {NAME!r}, '--course', {str(course.root)!r}]))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and "this course is being graded by process" in done.stderr
