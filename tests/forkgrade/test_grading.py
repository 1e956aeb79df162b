"""Grading loses nothing, lets nothing out and pays no cheat: one batch of everything in hostile.py,
cut off once.
"""

import csv
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from traitlets.config.loader import PyFileConfigLoader

from tests.forkgrade.hostile import escapes, file_of, hostile, is_test, solved
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="without fork, nbgrader grades as it comes"),
]

NAMES = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
FIRST = NAMES[0]
CASES = hostile(ROOT)  # for their names
CONFIG = f"""
load_subconfig({str(ROOT / "nbgrader_config.py")!r})
c = get_config()
c.Limits.cell_seconds = 3  # many times what an honest cell takes: a busy machine changes no grade
c.Limits.grace_seconds = 2
c.Limits.total_seconds = 12
c.Limits.memory_mb = 256
c.Limits.folder_mb = 4
c.Limits.written_mb = 24
c.Limits.preload = ["torch"]
"""


def notebook(folder, name):
    return read(ROOT / folder / name / file_of(name))


def command(root):
    return [sys.executable, "-m", "forkgrade", "--course", str(root)]


@pytest.fixture(scope="module")
def monkeypatch_module():
    """A monkeypatch that lasts as long as the batch."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def batch(tmp_path_factory, pytestconfig, monkeypatch_module):
    """A course with every submission of hostile.py, graded: killed on the way, then run again."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "solutions", root / "solutions")
    (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    handed_in = root / "grading" / "submitted"
    rare = pytestconfig.getoption("--all-mutations")
    for student, case in [
        (student, case) for student, case in hostile(root).items() if rare or not case.rare
    ]:
        case.make(
            solved(notebook("solutions", FIRST), notebook("exercises", FIRST)),
            handed_in / student / FIRST,
        )
    for name in NAMES:
        untouched = notebook("exercises", name)
        for student, nb in (
            ("all right", solved(notebook("solutions", name), untouched)),
            ("untouched", untouched),
        ):
            place = handed_in / student / name / file_of(name)
            place.parent.mkdir(parents=True)
            nbformat.write(nb, place)
    nbformat.write(untouched, handed_in / "untouched" / "loose.ipynb")

    monkeypatch_module.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
    before = cut_off(root)
    env = os.environ | {"TEST_TOKEN": "STOLEN", "COURSE_DATABASE": "STOLEN"}
    output = root.with_name("output")
    with output.open("w") as stdout, output.with_suffix(".errors").open("w") as stderr:
        run = subprocess.Popen(command(root), cwd=ROOT, env=env, stdout=stdout, stderr=stderr)
        while not output.stat().st_size and run.poll() is None:
            time.sleep(0.05)
        second = subprocess.run(command(root), cwd=ROOT, capture_output=True, text=True)
        code = run.wait()
    errors = output.with_suffix(".errors").read_text()
    done = SimpleNamespace(returncode=code, stdout=output.read_text(), stderr=errors, pid=run.pid)
    left = sorted(Path(os.environ["TMPDIR"]).iterdir())
    return SimpleNamespace(
        root=root, before=before, done=done, second=second, rows=rows(root), left=left
    )


def cut_off(root):
    """Runs the batch until it has graded a few, then kills it as a power cut would; returns
    {record of a grade: its time}.
    """
    with subprocess.Popen(command(root), cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            if line.startswith("   4 "):
                break
        run.send_signal(signal.SIGKILL)
    records = (root / "grading" / "records").glob("*/*.json")
    return {
        path: path.stat().st_mtime_ns
        for path in records
        if json.loads(path.read_bytes())["status"] == "graded"
    }


def rows(root):
    with (root / "grading" / "grades.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def in_csv(student):
    """A student's name as the CSV has it."""
    shown = student.encode("utf-8", "replace").decode()
    return f"'{shown}" if shown[0] in "=+-@" else shown


def row_of(batch, student, assignment=FIRST):
    (row,) = [
        row
        for row in batch.rows
        if (row["student"], row["assignment"]) == (in_csv(student), assignment)
    ]
    return row


def points(row, what="check"):
    """The (points, of how many) of the tests in a row, in order."""
    cells = dict(cell.split("=") for cell in row["cells"].split())
    return [
        tuple(map(float, cells[name].split("/"))) for name in sorted(cells) if name.startswith(what)
    ]


# --- every submission in, one row out -------------------------------------------------------------


def test_every_submission_has_one_row(batch):
    handed_in = [
        (in_csv(path.parent.name), path.name)
        for path in (batch.root / "grading" / "submitted").glob("*/*")
    ]
    found = [(row["student"], row["assignment"]) for row in batch.rows]
    assert sorted(found) == sorted(handed_in)


@pytest.mark.parametrize("name", CASES)
def test_a_submission_has_its_grade_and_a_reason(batch, name, pytestconfig):
    if CASES[name].rare and not pytestconfig.getoption("--all-mutations"):
        pytest.skip("rare: tried with --all-mutations")
    row, case = row_of(batch, name), CASES[name]
    if case.score is None:
        assert (row["status"], row["score"], row["cells"]) == ("not graded", "", "")
    else:
        full = [got == most for got, most in points(row)]
        some = [got > 0 for got, _ in points(row)]
        assert row["status"] == "graded", row["reason"]
        kept = full[:2] == [1, 1]
        wanted = {
            "all": all(full),
            "none": not any(some),
            "kept": kept,
            "before": kept and not any(some[2:]),
        }
        assert wanted[case.score], row
    assert case.reason in row["reason"]


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_exercise_scores_nothing_and_says_so_in_one_line(batch, name):
    # Handed in as it was given out: tagged, so that Run All goes on where a check raises.
    checks = [cell for cell in notebook("exercises", name).cells if is_test(cell)]
    assert all("raises-exception" in cell.metadata.tags for cell in checks)
    row = row_of(batch, "untouched", name)
    assert row["status"] == "graded" and not row["reason"]
    assert all(got == 0 for got, _ in points(row, ""))
    for cell in graded(batch, "untouched", name).cells:
        if is_test(cell):
            (output,) = cell.outputs
            assert output.evalue.endswith("not attempted yet") and len(output.traceback) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_scores_everything_but_what_a_person_grades(batch, name):
    row = row_of(batch, "all right", name)
    assert row["status"] == "graded" and not row["reason"]
    assert all(got == most for got, most in points(row))
    (manual,) = row["needs_manual_grade"].split()
    assert manual.startswith("explain") and points(row, "explain")[0][1] > 0


def test_the_run_ends_with_a_list_of_what_has_no_grade(batch):
    failed = [
        f"{row['student'].lstrip(chr(39))}, {row['assignment']}"
        for row in batch.rows
        if row["status"] != "graded"
    ]
    told = [
        line.split(": ")[1]
        for line in batch.done.stderr.splitlines()
        if line.startswith("not graded: ")
    ]
    assert batch.done.returncode == 1 and failed
    assert sorted(told) == sorted(failed)
    assert "Traceback" not in batch.done.stderr


def test_a_spreadsheet_runs_nothing(batch):
    assert not [
        value for row in batch.rows for value in row.values() if value[:1] in ("=", "+", "-", "@")
    ]


# --- nothing gets out -----------------------------------------------------------------------------


def graded(batch, student, name=FIRST):
    return read(batch.root / "grading" / "autograded" / student / name / file_of(name))


def texts(nb):
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            yield (
                output.get("text", "")
                + output.get("evalue", "")
                + output.get("data", {}).get("text/plain", "")
            )


@pytest.mark.parametrize("attempt", escapes(ROOT))
def test_a_notebook_cannot(batch, attempt):
    (line,) = [
        line
        for line in "\n".join(texts(graded(batch, "escapes"))).splitlines()
        if line.startswith(f"{attempt}: ")
    ]
    assert line.removeprefix(f"{attempt}: ") in (
        "PermissionError",
        "FileNotFoundError",
        "OSError",
        "KeyError",
        "ZeroDivisionError",
    )


def test_an_honest_notebook_is_refused_nothing(batch):
    for student, name in [("honest", FIRST), *(("all right", name) for name in NAMES)]:
        errors = [
            output for cell in graded(batch, student, name).cells for output in errors_of(cell)
        ]
        assert not errors


def errors_of(cell):
    expected = "raises-exception" in cell.metadata.get("tags", ())
    return [
        output
        for output in cell.get("outputs", ())
        if output.output_type == "error" and not expected
    ]


def test_nothing_is_written_but_work(batch):
    assert sorted(path.name for path in batch.root.iterdir()) == [
        "grading",
        "nbgrader_config.py",
        "solutions",
    ]
    kept = {
        "autograded",
        "feedback",
        "gradebook.db",
        "grades.csv",
        "records",
        "release",
        "secret",
        "submitted",
    }
    assert {path.name for path in (batch.root / "grading").iterdir()} == kept
    hidden = {path.name for path in (batch.root / "grading" / "records").glob(".*")}
    assert hidden == {".lock"}
    assert stat.S_IMODE((batch.root / "grading" / "gradebook.db").stat().st_mode) & stat.S_IWUSR


def test_what_only_an_instructor_may_have_is_in_no_folder_of_a_student(batch):
    private = [path.name for path in batch.root.glob("solutions/*/private/*")]
    made = [path for path in (batch.root / "grading").rglob("*") if path.is_file()]
    assert "wrong_answers.py" in private and (batch.root / "grading" / "release").is_dir()
    assert not [path for path in made if "private" in path.parts or path.name in private]


def test_no_process_outlives_its_batch(batch):
    def running():
        return [
            path
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if str(batch.root).encode() in command_of(path)
        ]

    def command_of(path):
        try:
            return path.read_bytes()
        except OSError:  # it has just ended
            return b""

    end = time.monotonic() + 5
    while running() and time.monotonic() < end:
        time.sleep(0.1)
    assert not running()


# --- an interrupted run ---------------------------------------------------------------------------


def test_a_run_that_was_killed_goes_on_where_it_stopped(batch):
    assert 1 <= len(batch.before) < len(batch.rows)
    assert not [path for path, time in batch.before.items() if path.stat().st_mtime_ns != time]
    first = batch.done.stdout.splitlines()[0]
    assert first == f"{len(batch.rows)} submissions, {len(batch.rows) - len(batch.before)} to grade"


def test_a_second_run_at_the_same_time_is_told_who_grades(batch):
    assert batch.second.returncode == 2 and batch.second.stdout == ""
    (line,) = batch.second.stderr.splitlines()
    assert line.startswith(f"this course is being graded by process {batch.done.pid} of ")


def test_nothing_is_left_in_the_temporary_folder(batch):
    assert batch.left == []


@pytest.fixture
def course(batch, monkeypatch):
    """The same course, opened in this process."""
    from forkgrade.course import Course

    monkeypatch.chdir(batch.root)
    config = PyFileConfigLoader(str(batch.root / "nbgrader_config.py")).load_config()
    return Course(config, batch.root)


@pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base
def test_the_grade_book_has_each_submission_once(course, batch):
    from forkgrade.gradebook import open_book

    with open_book(course) as book:
        found = [
            (one.student.id, one.assignment.name)
            for name in NAMES
            for one in book.assignment_submissions(name)
        ]
    graded = [row for row in batch.rows if row["status"] == "graded"]
    assert len(found) == len(set(found)) == len(graded)


@pytest.mark.filterwarnings("ignore")
def test_a_second_run_tries_what_has_no_grade_and_changes_no_byte(course, batch, warm_process):
    from forkgrade.run import run

    before, said = (batch.root / "grading" / "grades.csv").read_bytes(), []
    run(course, lambda names: warm_process, say=said.append)
    failed = [row for row in batch.rows if row["status"] != "graded"]
    assert said[0] == f"{len(batch.rows)} submissions, {len(failed)} to grade"
    assert len(said) == 1 + len(failed)
    assert (batch.root / "grading" / "grades.csv").read_bytes() == before


# --- feedback -------------------------------------------------------------------------------------


def page(batch, student):
    return (batch.root / "grading" / row_of(batch, student)["feedback"]).read_text(encoding="utf-8")


def test_feedback_shows_the_points_and_the_notes(batch):
    html = page(batch, "edited")
    assert "Notes from grading" in html and "changed and put back" in html
    assert "HIDDEN" not in html and "Score: 14.0 / 16.0" in html


@pytest.mark.parametrize("name", ["output", "thousand-cells"])
def test_a_feedback_page_stays_small(batch, name):
    assert len(page(batch, name)) < 4_000_000


def test_feedback_says_nothing_of_this_machine(batch):
    assert str(ROOT) not in page(batch, "loop") and str(batch.root) not in page(batch, "loop")
