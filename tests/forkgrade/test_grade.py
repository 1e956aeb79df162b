"""One submission, one record: with its points in the grade book, or with a reason."""

import os
import time

import nbformat
import pytest
from forkgrade.records import GRADED, NOT_GRADED, Submission
from forkgrade.warm_client import WarmClient

from tests.forkgrade.conftest import NAME, submission
from tests.forkgrade.hostile import save

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.fixture
def grade(small, warm):
    """A function that grades what a student handed in; returns the record."""
    from forkgrade.grade import grade

    small.course.release(NAME)
    return lambda student, name=NAME: grade(
        Submission(student, name, "a digest"), small.course, warm
    )


def points(small, student):
    """{cell: (automatic points, whether a person must look)} in the grade book."""
    from forkgrade.gradebook import open_book

    with open_book(small.course) as book:
        (notebook,) = book.find_submission(NAME, student).notebooks
        return {one.name: (one.auto_score, one.needs_manual_grade) for one in notebook.grades}


def test_a_right_answer_has_its_points_and_a_page(small, grade):
    small.hand_in("zoe")
    record = grade("zoe")
    assert (record.student, record.assignment, record.digest) == ("zoe", NAME, "a digest")
    assert (record.status, record.reasons) == (GRADED, [])
    assert points(small, "zoe") == {"check-two": (2.0, False), "explain": (None, True)}
    page = (small.root / "grading" / record.feedback).read_text(encoding="utf-8")
    assert record.feedback == f"feedback/zoe/{NAME}/assignment_01.html"
    assert "Score: 2.0 / 2.0" in page and "<script" not in page


def test_nothing_that_was_handed_in_lies_beside_a_page(small, grade):
    folder = small.hand_in("zoe")
    for name in "data.csv", "deep/page.html", "notes.pdf":
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("<script>")
    page = small.root / "grading" / grade("zoe").feedback
    assert [path.name for path in page.parent.iterdir()] == ["assignment_01.html"]


def test_a_script_in_an_answer_is_stored_nowhere_as_one(small, grade):
    display = "from IPython.display import HTML\nanswer = 2\nHTML('<script>x</script><b>2</b>')"
    nb = submission(display)
    nb.cells[3].source = "<img src=x onerror=alert(1)> because"
    save(nb, small.hand_in("zoe"))
    record = grade("zoe")
    assert points(small, "zoe")["check-two"] == (2.0, False)
    (graded,) = (small.root / "grading" / "autograded").rglob("*.ipynb")
    copy = nbformat.read(graded, as_version=4)
    assert copy.cells[1].outputs[0].data["text/html"] == "<b>2</b>"
    assert copy.cells[3].source == "<div><p><img> because</p>\n</div>"
    page = (small.root / "grading" / record.feedback).read_text(encoding="utf-8")
    assert "<img> because" in page and "onerror" not in page and "<b>2</b>" in page


def test_a_wrong_answer_has_none_and_what_happened_is_noted(small, grade):
    small.hand_in("zoe", answer="answer = 3\nprint('x' * 30_000)")
    record = grade("zoe")
    assert record.status == GRADED and points(small, "zoe")["check-two"] == (0.0, False)
    assert record.reasons == ["code cell 2: its output was cut"]
    page = (small.root / "grading" / record.feedback).read_text(encoding="utf-8")
    assert "Notes from grading" in page and "its output was cut" in page


def test_a_submission_that_cannot_be_read_has_a_reason_and_no_points(small, grade):
    (small.hand_in("zoe") / "assignment_01.ipynb").write_text("{")
    record = grade("zoe")
    assert record.status == NOT_GRADED and record.feedback == ""
    assert "assignment_01.ipynb is not a notebook" in record.reasons[0]


def test_an_assignment_that_is_none_is_told(small, grade):
    small.hand_in("zoe", assignment="99_unknown")
    record = grade("zoe", "99_unknown")
    assert record.reasons == [f"99_unknown is not an assignment: expected one of {NAME}"]


def test_what_cannot_be_graded_any_more_takes_the_old_grade_back(small, grade):
    folder = small.hand_in("zoe")
    grade("zoe")
    (folder / "assignment_01.ipynb").write_text("{")
    assert grade("zoe").status == NOT_GRADED
    assert points(small, "zoe") == {"check-two": (None, True), "explain": (None, True)}
    for step in "autograded", "feedback":
        assert not (small.root / "grading" / step / "zoe" / NAME).exists()


def test_an_error_of_the_graders_own_is_this_submissions_alone(small, grade, monkeypatch):
    from forkgrade import grade as module

    small.hand_in("zoe")
    monkeypatch.setattr(module, "autograde", lambda *a: 1 / 0)
    record = grade("zoe")
    (reason,) = record.reasons
    assert record.status == NOT_GRADED
    assert reason.startswith("the grader failed on it (ZeroDivisionError: division by zero), which")
    assert "grade again" in reason and "see log.txt beside grades.csv" in reason
    assert "ZeroDivisionError" in (small.root / "grading" / "log.txt").read_text()


def test_points_stay_where_only_the_page_could_not_be_made(small, grade, monkeypatch):
    from forkgrade import grade as module

    small.hand_in("zoe")
    monkeypatch.setattr(module, "write_feedback", lambda *a: 1 / 0)
    record = grade("zoe")
    assert record.status == GRADED and record.feedback == ""
    (reason,) = record.reasons
    assert reason.startswith("no feedback page: the grader failed on it (ZeroDivisionError: ")
    assert points(small, "zoe")["check-two"] == (2.0, False)


def test_a_text_that_takes_too_long_to_show_costs_no_points_and_no_page(small, grade):
    folder = small.hand_in("zoe")
    nb = nbformat.read(folder / "assignment_01.ipynb", 4)
    nb.cells[-1].source = "[" * 450_000
    nbformat.write(nb, folder / "assignment_01.ipynb")
    small.course.config.Limits.update(page_seconds=0.5, source_chars=450_000)
    began = time.monotonic()
    record = grade("zoe")
    assert time.monotonic() - began < 5  # ten minutes without a limit
    assert record.status == GRADED
    assert record.reasons == ["shown as plain text, as its page took longer than 0.5 s"]
    assert points(small, "zoe")["check-two"] == (2.0, False)
    assert (small.root / "grading" / record.feedback).exists()


def test_a_notebook_that_the_grader_could_not_run_is_not_graded(small, warm):
    from forkgrade.grade import grade

    small.course.release(NAME)
    small.hand_in("zoe")
    gone = WarmClient(os.path.join(warm.folder, "no socket"))
    record = grade(Submission("zoe", NAME), small.course, gone)
    assert record.status == NOT_GRADED
    assert record.reasons[0].startswith(
        "the grader failed on it (the process that runs notebooks has ended"
    )
    assert points(small, "zoe")["check-two"] == (None, True)


def test_nothing_but_the_work_is_left(small, grade):
    small.hand_in("zoe")
    grade("zoe")
    kept = ["autograded", "feedback", "gradebook.db", "records", "release", "submitted"]
    assert sorted(path.name for path in (small.root / "grading").iterdir()) == kept


def test_what_only_an_instructor_may_have_is_not_beside_a_notebook_that_runs(small, grade):
    private = small.root / "solutions" / NAME / "private"
    private.mkdir()
    (private / "wrong_answers.py").write_text("WRONG = ['answer = 3']")
    (private.parent / "data.csv").write_text("1,2")
    small.hand_in("zoe", answer="import os\nprint(sorted(os.listdir()))")
    grade("zoe")
    folder = small.root / "grading" / "autograded" / "zoe" / NAME
    assert sorted(path.name for path in folder.rglob("*")) == ["assignment_01.ipynb", "data.csv"]
    assert "['data.csv']" in (folder / "assignment_01.ipynb").read_text()
