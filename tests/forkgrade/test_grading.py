"""Grading loses nothing, lets nothing out and pays no cheat: one batch of everything in hostile.py,
cut off once.
"""

import csv
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import warnings
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from traitlets.config import Config

from tests.forkgrade.hostile import cheated, escapes, file_of, hostile, is_test, solved, trusting
from tools.normal_form import ROOT, read

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="without fork, nbgrader grades as it comes"
)

NAMES = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
FIRST = NAMES[0]
TRUSTING = "99_trusting"
CASES = hostile(ROOT)  # for their names
CONFIG = f"""
load_subconfig({str(ROOT / "utils" / "forkgrade" / "nbgrader_config.py")!r})
c = get_config()
c.Limits.cell_seconds = 3  # many times what an honest cell takes: a busy machine changes no grade
c.Limits.grace_seconds = 2
c.Limits.total_seconds = 12
c.Limits.memory_mb = 256
c.Limits.folder_mb = 4
c.Limits.preload = ["torch"]
"""


def notebook(folder, name):
    return read(ROOT / folder / name / file_of(name))


def command(root):
    return [
        sys.executable,
        "-m",
        "forkgrade",
        "--course",
        str(root),
        "--config",
        str(root / "config.py"),
    ]


@pytest.fixture(scope="module")
def batch(tmp_path_factory, pytestconfig):
    """A course with every submission of hostile.py, graded: killed on the way, then run again."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "solutions", root / "solutions")
    (root / "config.py").write_text(CONFIG, encoding="utf-8")
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
    (root / "solutions" / TRUSTING).mkdir()
    nbformat.write(trusting(), root / "solutions" / TRUSTING / file_of(TRUSTING))
    cheated(trusting(), handed_in / "cheat" / TRUSTING)

    before = cut_off(root)
    env = os.environ | {"TEST_TOKEN": "STOLEN"}
    done = subprocess.run(command(root), cwd=ROOT, env=env, capture_output=True, text=True)
    return SimpleNamespace(root=root, before=before, done=done, rows=rows(root))


def cut_off(root):
    """Runs the batch until it has graded a few, then kills it as a power cut would; returns
    {record: its time}.
    """
    with subprocess.Popen(command(root), cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            if line.startswith("   4 "):
                break
        run.send_signal(signal.SIGKILL)
    return {
        path: path.stat().st_mtime_ns for path in (root / "grading" / "records").rglob("*.json")
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


@pytest.mark.parametrize(
    "name", [cell.metadata.nbgrader.grade_id for cell in trusting().cells if is_test(cell)]
)
def test_no_cheat_pays_even_where_a_test_believes_what_it_calls(batch, name):
    cells = dict(cell.split("=") for cell in row_of(batch, "cheat", TRUSTING)["cells"].split())
    assert cells[name] == ("1/1" if name == "a-table" else "0/1")


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_exercise_scores_nothing_and_says_so_in_one_line(batch, name):
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
        "config.py",
        "grading",
        "solutions",
    ]
    kept = {
        "autograded",
        "feedback",
        "gradebook.db",
        "grades.csv",
        "records",
        "release",
        "submitted",
    }
    # What the cut-off run had staged is the only thing that it leaves behind.
    assert {
        path.name
        for path in (batch.root / "grading").iterdir()
        if not path.name.startswith("staged-")
    } == kept
    assert stat.S_IMODE((batch.root / "grading" / "gradebook.db").stat().st_mode) & stat.S_IWUSR


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
    assert 4 <= len(batch.before) < len(batch.rows)
    assert not [path for path, time in batch.before.items() if path.stat().st_mtime_ns != time]
    first = batch.done.stdout.splitlines()[0]
    assert first == f"{len(batch.rows)} submissions, {len(batch.rows) - len(batch.before)} to grade"


@pytest.fixture(scope="module")
def again(batch):
    """The same course, opened in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from forkgrade.batch import Batch
        from traitlets.config.loader import PyFileConfigLoader

        config = PyFileConfigLoader(str(batch.root / "config.py")).load_config()
        here = os.getcwd()
        os.chdir(batch.root)
        yield Batch(config, batch.root)
        os.chdir(here)


def test_the_grade_book_has_each_submission_once(again, batch):
    from nbgrader.api import Gradebook

    with Gradebook(again.course.db_url) as book:
        found = [
            (one.student.id, one.assignment.name)
            for name in [*NAMES, TRUSTING]
            for one in book.assignment_submissions(name)
        ]
    assert (
        len(found)
        == len(set(found))
        == len([row for row in batch.rows if row["status"] == "graded"])
    )


def test_a_second_run_grades_nothing_and_changes_no_byte(again, batch):
    before, said = (batch.root / "grading" / "grades.csv").read_bytes(), []
    again.run(say=said.append)
    assert said == [f"{len(batch.rows)} submissions, 0 to grade"]
    assert (batch.root / "grading" / "grades.csv").read_bytes() == before


def test_a_persons_points_stay_and_count(again, batch):
    from nbgrader.api import Gradebook

    with Gradebook(again.course.db_url) as book:
        submission = book.find_submission(FIRST, "all right")
        (grade,) = [one for one in submission.notebooks[0].grades if one.name.startswith("explain")]
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    before = float(row_of(batch, "all right")["score"])
    again.run(say=lambda text: None)
    (row,) = [
        row
        for row in rows(batch.root)
        if (row["student"], row["assignment"]) == ("all right", FIRST)
    ]
    assert float(row["score"]) == before + 1.5 and not row["needs_manual_grade"]


def test_a_new_hand_in_that_cannot_be_read_takes_the_old_grade_back(again, batch):
    place = batch.root / "grading" / "submitted" / "=2+5" / FIRST / file_of(FIRST)
    old = again.read_record("=2+5", FIRST)
    place.write_text("{", encoding="utf-8")
    record = again.grade("=2+5", FIRST, "another digest")
    again.write_csv([record])
    (row,) = rows(batch.root)
    assert (old.status, row["status"], row["score"], row["cells"]) == (
        "graded",
        "not graded",
        "",
        "",
    )
    assert not (batch.root / "grading" / "feedback" / "=2+5" / FIRST).exists()


def test_what_was_handed_in_anew_is_graded_anew(again, batch):
    key = "all right", FIRST
    place = batch.root / "grading" / "submitted" / "all right" / FIRST
    digest = again.tasks([key])[key]
    assert again.is_done(*key, digest)
    (place / "note.txt").write_text("one more thing", encoding="utf-8")
    assert not again.is_done(*key, again.tasks([key])[key])


def test_a_grader_that_breaks_costs_one_submission_its_grade_and_not_the_batch(again, batch):
    broken = Future()
    broken.set_exception(BrokenProcessPool("gone"))
    record = again.outcome(broken, ("unknown-kernel", FIRST), "a digest")
    assert record == again.read_record("unknown-kernel", FIRST)
    assert record.status == "not graded" and "ended the grader's own process" in record.reasons[0]


def test_two_workers_never_add_the_same_student(again, monkeypatch):
    from nbgrader.api import Gradebook, MissingEntry

    keys = [
        ("twice", FIRST),
        ("twice", NAMES[1]),
        ("once", FIRST),
        ("[odd]", FIRST),
        ("[odd]", NAMES[1]),
    ]
    monkeypatch.setattr(again, "pool", lambda jobs: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # before there is any worker
        list(again.graded(keys, {}, 2))
    with Gradebook(again.course.db_url) as book:
        assert book.find_student("twice")
        for other in "once", "[odd]":
            with pytest.raises(MissingEntry):
                book.find_student(other)
        book.remove_student("twice")


# --- feedback -------------------------------------------------------------------------------------


def page(batch, student):
    return (batch.root / "grading" / row_of(batch, student)["feedback"]).read_text(encoding="utf-8")


def test_feedback_shows_the_points_the_notes_and_no_hidden_test(batch):
    html = page(batch, "edited")
    assert "Notes from grading" in html and "changed and put back" in html
    assert "HIDDEN" not in html and "Score: 14.0 / 16.0" in html
    for hidden in ("assert 12.24", "cases=[(check.ratio, -2.4"):
        assert hidden in (ROOT / "solutions" / FIRST / file_of(FIRST)).read_text(encoding="utf-8")
        assert hidden not in html


@pytest.mark.parametrize("name", ["output", "thousand-cells"])
def test_a_feedback_page_stays_small(batch, name):
    assert len(page(batch, name)) < 4_000_000


def test_feedback_says_nothing_of_this_machine(batch):
    assert str(ROOT) not in page(batch, "loop") and str(batch.root) not in page(batch, "loop")


# --- the warm process -----------------------------------------------------------------------------


def test_the_warm_process_imports_what_the_solutions_need():
    from forkgrade.limits import Limits

    limits = Limits(preload=["torch"], preload_with={"torch.optim": "torch._dynamo"})
    assert (
        limits.modules("torch.optim.SGD([w], lr=0.1)")
        == limits.modules()
        == ["torch", "torch._dynamo"]
    )
    assert limits.modules("torch.sin(x)") == ["torch"]


def test_the_solutions_are_those_to_what_was_handed_in(batch, monkeypatch):
    from forkgrade.__main__ import solutions_to

    monkeypatch.chdir(batch.root)
    course = Config(submitted_directory="grading/submitted", source_directory="solutions")
    assert "# Assignment 04 ·" in solutions_to(
        course, None
    ) and "# Assignment 01 ·" in solutions_to(course, None)
    assert "# Assignment 04 ·" not in solutions_to(
        course, FIRST
    ) and "# Assignment 01 ·" in solutions_to(course, FIRST)
    assert solutions_to(course, "07_of_nothing") == ""
    assert solutions_to(Config(), FIRST) == solutions_to(Config(), None) == ""


# --- elsewhere ------------------------------------------------------------------------------------


def test_without_fork_nbgrader_runs_the_notebook_as_it_does(again, monkeypatch):
    from forkgrade import execute

    ran = []
    monkeypatch.setattr(execute.Warm, "possible", staticmethod(lambda: False))
    monkeypatch.setattr(
        execute.ColdExecute,
        "preprocess",
        lambda self, nb, resources, km: ran.append(nb) or (nb, {}),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        execute.Execute().preprocess("a notebook", {})
    assert ran == ["a notebook"]
