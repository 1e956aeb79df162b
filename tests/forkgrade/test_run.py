"""A run grades what has no grade yet, and its table has every submission once."""

import csv
import errno
import functools
import os
import signal
import subprocess
import sys

import pytest
from forkgrade import AUTOGRADE
from forkgrade.course import CourseError
from forkgrade.lock import Busy
from forkgrade.records import GRADED, NOT_GRADED, Submission
from forkgrade.run import in_a_sentence
from sqlalchemy.exc import ArgumentError, OperationalError

from tests.forkgrade.conftest import NAME
from tests.forkgrade.test_lock import held

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, about how it uses its data base
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
]


@pytest.fixture
def run(small, warm_process):
    """A function that runs the grader; returns the records and what it said."""
    from forkgrade.run import run

    def run_it(**options):
        said = []
        start = lambda names: warm_process  # noqa: E731
        return run(small.course, start, jobs=1, say=said.append, **options), said

    return run_it


def rows(small):
    with (small.root / "grading" / "grades.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_second_run_grades_only_what_is_new(small, run):
    folder = small.hand_in("adam")
    small.hand_in("zoe", answer="answer = 3")
    records, said = run()
    assert said[0] == "2 submissions, 2 to grade" and sorted(said[1:]) == [
        f"   1 graded     adam, {NAME}",
        f"   2 graded     zoe, {NAME}",
    ]
    assert [record.status for record in records] == [GRADED] * 2
    assert [row["cells"] for row in rows(small)] == [
        "check-two=2/2 explain=0/3",
        "check-two=0/2 explain=0/3",
    ]

    table = (small.root / "grading" / "grades.csv").read_bytes()
    assert run() == (records, ["2 submissions, 0 to grade"])
    assert (small.root / "grading" / "grades.csv").read_bytes() == table

    (folder / "note.txt").write_text("one more thing")
    assert run()[1][0] == "2 submissions, 1 to grade"
    assert run(again=True)[1][0] == "2 submissions, 2 to grade"


def test_one_assignment_is_graded_and_the_table_has_all(small, run):
    small.hand_in("adam")
    small.hand_in("zoe", assignment="02_other")
    records, _ = run(only=NAME)
    assert [record.student for record in records] == ["adam"]
    adam, zoe = rows(small)
    assert (adam["status"], adam["score"], adam["needs_manual_grade"]) == ("graded", "2", "explain")
    assert (zoe["status"], zoe["score"]) == ("not graded", "")
    assert "has not been graded yet" in zoe["reason"]


def test_what_was_not_graded_is_tried_again_and_a_broken_record_too(small, run, monkeypatch):
    from forkgrade import grade as module

    for student in "adam", "zoe":
        small.hand_in(student)
    with monkeypatch.context() as patch:
        patch.setattr(module, "restore", lambda *a: 1 / 0)
        assert [record.status for record in run()[0]] == [NOT_GRADED] * 2
    records, said = run()
    assert said[0] == "2 submissions, 2 to grade"
    assert [record.status for record in records] == [GRADED] * 2
    table = (small.root / "grading" / "grades.csv").read_bytes()
    (small.course.records / "adam" / f"{NAME}.json").write_bytes(b"")
    records, said = run()
    assert "was broken" in said[0] and said[1] == "2 submissions, 1 to grade"
    assert len(said) == 3 and "adam" in said[2]
    assert (small.root / "grading" / "grades.csv").read_bytes() == table


def test_a_course_is_graded_by_one_run_at_a_time(small, run):
    small.hand_in("adam")
    with held(small.course.records), pytest.raises(Busy, match="being graded by process"):
        run()
    assert not (small.root / "grading" / "grades.csv").exists()


def test_a_killed_run_goes_on_to_the_same_bytes(small, warm_process, run, monkeypatch):
    from forkgrade import batches
    from forkgrade.run import run as run_here

    monkeypatch.setattr(batches, "BATCH", 1)

    def die(text):
        if text.startswith("   1 "):
            os.kill(os.getpid(), signal.SIGKILL)

    for student in "adam", "eve", "zoe":
        small.hand_in(student)
    if not (child := os.fork()):
        run_here(small.course, lambda names: warm_process, jobs=2, say=die)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    (kept,) = small.course.records.glob("*/*.json")
    assert not (small.root / "grading" / "grades.csv").exists()

    before = kept.stat().st_mtime_ns
    records, said = run()
    assert said[0] == "3 submissions, 2 to grade" and kept.stat().st_mtime_ns == before
    table = (small.root / "grading" / "grades.csv").read_bytes()
    run(again=True)
    assert (small.root / "grading" / "grades.csv").read_bytes() == table
    assert {record.status for record in records} == {GRADED}


def test_what_a_killed_run_had_staged_is_removed(small, run):
    left = small.course.staging / "abc" / "adam"
    left.mkdir(parents=True)
    left.chmod(0)
    run()
    assert sorted(path.name for path in small.course.records.iterdir()) == [".lock"]


def test_what_an_interrupted_run_had_staged_is_removed(small, run, monkeypatch):
    from forkgrade import batches

    def interrupted(*_):
        (small.course.staging / "abc").mkdir(parents=True)
        raise KeyboardInterrupt
        yield

    small.hand_in("adam")
    monkeypatch.setattr(batches, "grade_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not small.course.staging.exists()


def test_where_nothing_is_to_be_graded_nothing_is_started_or_imported(small, run):
    small.hand_in("adam")
    run()
    here = "import sys; from pathlib import Path; from traitlets.config import Config\n"
    here += "from forkgrade.course import Course; from forkgrade.run import run\n"
    here += f"run(Course(Config({dict(small.course.config)!r}), Path()), lambda names: 1 / 0)\n"
    here += "print({'nbgrader', 'nbformat', 'torch'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", here], cwd=small.root, capture_output=True)
    assert done.stdout.decode().splitlines() == ["1 submissions, 0 to grade", "set()"], done.stderr


def test_notebooks_process_starts_while_what_is_asked_is_drawn(small, warm_process, monkeypatch):
    from forkgrade import run

    happened, digests = [], run.with_digests
    monkeypatch.setattr(run, "with_digests", lambda *a: happened.append("drawn") or digests(*a))
    start = lambda names: happened.append(f"started for {names}") or warm_process  # noqa: E731
    grade = functools.partial(run.run, small.course, start, jobs=1, say=lambda text: None)
    folder = small.hand_in("adam")
    grade()
    assert happened == [f"started for ['{NAME}']", "drawn"]
    # Whether a changed notebook is to be graded anew is known by its digest alone.
    (notebook,) = folder.glob("*.ipynb")
    notebook.write_text(notebook.read_text().replace("answer = 2", "answer = 3"))
    grade()
    grade()
    assert happened[2:] == ["drawn", f"started for ['{NAME}']", "drawn"]
    grade(again=True)
    assert happened[5:] == [f"started for ['{NAME}']", "drawn"]


def test_pages_are_written_later_and_nothing_runs_for_that(small, run, monkeypatch):
    from forkgrade.gradebook import open_book

    for student in "adam", "zoe":
        small.hand_in(student)
    records, said = run(later=True)
    assert len(said) == 3 and [record.feedback for record in records] == ["", ""]
    feedback = small.root / "grading" / "feedback"
    assert not feedback.exists() and [row["score"] for row in rows(small)] == ["2", "2"]
    assert run(later=True)[1] == ["2 submissions, 0 to grade"]
    with open_book(small.course) as book:
        grade = book.find_grade("explain", "assignment_01", NAME, "zoe")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    records, said = run()
    assert said == ["2 submissions, 0 to grade", "2 pages to write"]
    pages = sorted(path for path in feedback.rglob("*") if path.is_file())
    assert [str(path.relative_to(small.root / "grading")) for path in pages] == [
        record.feedback for record in records
    ]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    assert "(Score: 2.0 / 5.0)" in texts[0] and "(Score: 3.5 / 5.0)" in texts[1]
    assert run()[1] == ["2 submissions, 0 to grade"]


def test_a_grade_depends_on_files_solution_and_limits(small):
    from forkgrade.run import with_digests

    small.hand_in("zoe")

    def digest():
        (found,) = with_digests(small.course, [Submission("zoe", NAME)])
        return found.digest

    digests = [digest(), digest()]
    assert digests[0] == digests[1]
    (small.root / "grading" / "submitted" / "zoe" / NAME / "note.txt").write_text("x")
    digests.append(digest())
    (small.root / "solutions" / NAME / "data.csv").write_text("x")
    digests.append(digest())
    small.course.limits.cell_seconds = 77
    digests.append(digest())
    assert len(set(digests)) == 4


def test_a_persons_points_stay_and_count(small, run):
    from forkgrade.gradebook import open_book

    small.hand_in("zoe")
    run()
    with open_book(small.course) as book:
        (notebook,) = book.find_submission(NAME, "zoe").notebooks
        (grade,) = [one for one in notebook.grades if one.name == "explain"]
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    run()
    (row,) = rows(small)
    assert (row["score"], row["needs_manual_grade"]) == ("3.5", "")
    assert row["cells"] == "check-two=2/2 explain=1.5/3"


def test_where_nothing_was_handed_in_a_run_says_where_it_looked(small, run):
    records, said = run()
    assert records == [] and said == [
        "0 submissions, 0 to grade",
        f"expected grading/submitted/<student>/{NAME}/<notebook>.ipynb",
    ]
    assert rows(small) == []


def test_a_step_of_the_config_that_is_not_run_is_named(small, run):
    assert len(run()[1]) == 2
    small.course.config.Autograde.autograde_preprocessors = [*AUTOGRADE, "mine.Plagiarism"]
    small.course.config.GenerateFeedback.post_convert_hook = print
    said = " is in the config and is not run here: nbgrader's own commands run it"
    assert run()[1][2:] == [f"mine.Plagiarism{said}", f"c.GenerateFeedback.post_convert_hook{said}"]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            OperationalError("UPDATE", {}, Exception("database is locked.\nand more")),
            "^the grade book cannot be used: database is locked. What has a grade keeps it: see to",
        ),
        (ArgumentError("no URL"), r"^c\.CourseDirectory\.db_url cannot be read: no URL$"),
        (ModuleNotFoundError("no", name="psycopg"), r"not installed: pip install -e .*postgresql"),
        (OSError(errno.ENOSPC, "No space left", "a.json"), "^a.json cannot be .* make room, and"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "^a file cannot be written: Quota exceeded. "),
    ],
)
def test_what_an_instructor_can_mend_is_told_in_a_sentence(error, says):
    with pytest.raises(CourseError, match=says) as raised, in_a_sentence():
        raise error
    assert "\n" not in str(raised.value) and raised.value.__cause__ is error


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), ImportError(name="torch")])
def test_what_nobody_expected_keeps_its_traceback(error):
    with pytest.raises(type(error)) as raised, in_a_sentence():
        raise error
    assert raised.value is error


def test_a_course_without_a_solution_is_no_reason_to_break(small, run):
    for path in (small.root / "solutions" / NAME).iterdir():
        path.unlink()
    assert "<student>/<assignment>/<notebook>.ipynb" in run()[1][1]
