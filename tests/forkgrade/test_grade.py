"""One submission, one record: with its points in the grade book, or with a reason."""

import json
import os
import pickle
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from forkgrade.records import GRADED, NOT_GRADED, Given, Submission
from forkgrade.warm_client import WarmClient
from plainjudge.keys import OpenKey

from tests.forkgrade.conftest import NAME, submission
from tests.forkgrade.hostile import save
from tools.places import ROOT

#: Python's audit events of what changes a file or a folder.
CHANGES = "os.mkdir os.remove os.rename os.rmdir tempfile.mkdtemp".split()

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.fixture
def grade(grade_here):
    """A function that grades what a student handed in; returns the record."""
    return grade_here


@pytest.fixture
def handed_in(small):
    """zoe's submission, and the bundle of its assignment."""
    from forkgrade import batches

    folder = small.hand_in("zoe")
    (folder / "data.csv").write_text("1,2")
    nb = json.loads((folder / "assignment_01.ipynb").read_text())
    nb["cells"] += [{"cell_type": "markdown", "source": "mine"}] * 2 + nb["cells"][:1]  # and no ids
    (folder / "assignment_01.ipynb").write_text(json.dumps(nb))
    small.course.release(NAME)
    with batches.open_book(small.course) as book:
        bundles = {NAME: batches.make_bundle(small.course, book, NAME)}
    (handed_in,) = batches.read_all(small.course, [Submission("zoe", NAME, "a digest")], bundles)
    return handed_in, bundles[NAME]


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
    monkeypatch.setattr(module, "restore", lambda *a: 1 / 0)
    record = grade("zoe")
    (reason,) = record.reasons
    assert record.status == NOT_GRADED
    assert reason.startswith("the grader failed on it (ZeroDivisionError: division by zero), which")
    assert "grade again" in reason and "see log.txt beside grades.csv" in reason
    assert "ZeroDivisionError" in (small.root / "grading" / "log.txt").read_text()


def test_points_stay_where_only_the_page_could_not_be_made(small, grade, monkeypatch):
    from forkgrade import grade as module

    small.hand_in("zoe")
    monkeypatch.setattr(module, "feedback_page", lambda *a: 1 / 0)
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
    small.course.limits.page_seconds, small.course.limits.source_chars = 0.5, 450_000
    began = time.monotonic()
    record = grade("zoe")
    assert time.monotonic() - began < 60  # ten minutes without a limit
    assert record.status == GRADED
    assert record.reasons == ["shown as plain text, as its page took longer than 0.5 s"]
    assert points(small, "zoe")["check-two"] == (2.0, False)
    assert (small.root / "grading" / record.feedback).exists()


def test_a_notebook_that_the_grader_could_not_run_is_not_graded(small, warm, grade):
    small.hand_in("zoe")
    grade("zoe")
    record = grade("zoe", client=WarmClient(os.path.join(warm.folder, "no socket")))
    assert record.status == NOT_GRADED
    assert record.reasons[0].startswith(
        "the grader failed on it (the process that runs notebooks has ended"
    )
    assert points(small, "zoe")["check-two"] == (None, True)


# --- bytes in, a record out -----------------------------------------------------------------------


def test_the_same_bytes_give_the_same_record(handed_in, warm):
    from forkgrade.grade import grade

    one, bundle = pickle.loads(pickle.dumps(handed_in))
    first, second = grade(one, bundle, warm), grade(*handed_in, warm)
    assert first == second and first.record.status == GRADED
    assert sorted(first.files) == ["assignment_01.ipynb", "data.csv"]
    assert list(first.pages) == ["assignment_01.html"]
    assert first.scored["assignment_01"].points["check-two"].auto == 2.0
    assert first.scored["assignment_01"].unanswered == {"answer": False, "explain": False}


def test_no_file_is_touched_but_in_a_folder_of_its_own(handed_in, warm, small, tmp_path):
    from forkgrade.grade import grade

    for folder in "grading", "solutions":
        shutil.rmtree(small.root / folder)
    report, out = os.pipe()
    if not (child := os.fork()):  # an audit hook stays as long as its process
        seen = []
        sys.addaudithook(lambda event, about: seen.append((event, *map(str, about[:2]))))
        status = grade(*handed_in, warm).record.status
        os.write(out, json.dumps([status, seen[:]]).encode())
        os._exit(0)
    os.close(out)
    with open(report, "rb") as file:
        status, seen = json.loads(file.read())
    assert os.waitpid(child, 0)[1] == 0 and status == GRADED
    touched = [name for event, name, *_ in seen if event in CHANGES or event == "open"]
    changed = [name for event, name, *_ in seen if event in CHANGES]
    mine = [path for path in changed if path.startswith(warm.folder)]
    assert mine and not [path for path in touched if path.startswith(str(tmp_path))]
    assert not [path for path in changed if path.startswith("/") and path not in mine]
    assert not [path for path in Path(warm.folder).iterdir() if path.name.startswith("notebook-")]


def test_a_page_is_left_for_later(handed_in, warm):
    from forkgrade.grade import ToShow, grade, show, shown

    now, later = grade(*handed_in, warm), grade(*handed_in, warm, pages=False)
    assert later.pages == {} and later.files == now.files and later.scored == now.scored
    said = {name: shown(scored, {}) for name, scored in later.scored.items()}
    notebooks = {"assignment_01": later.files["assignment_01.ipynb"]}
    task = ToShow(handed_in[0].submission, notebooks, said, {})
    assert show(task).pages == now.pages


def test_a_page_shows_what_a_person_gave_for_this_very_answer(handed_in, warm):
    from forkgrade.grade import grade

    one, bundle = handed_in
    digest = grade(one, bundle, warm).scored["assignment_01"].points["explain"].digest
    for before, score in (digest, "3.5"), ("of another answer", "2.0"):
        given = Given(manual_score=1.5, comment="Well said.", digest=before)
        known = replace(one, given={"assignment_01": {"explain": given}})
        page = grade(known, bundle, warm).pages["assignment_01.html"].decode()
        assert f"(Score: {score} / 5.0)" in page and "Well said." in page


def test_a_page_without_a_notebook_says_what_is_missing():
    from forkgrade.grade import ToShow, show

    graded = show(ToShow(Submission("zoe", NAME), {}, {}, {}))
    assert graded.pages == {} and "its graded notebooks are gone" in graded.record.reasons[0]


def test_what_stands_where_a_file_of_the_course_is_to_be_is_left_out(handed_in, warm):
    from forkgrade.grade import grade

    one, bundle = handed_in
    bundle = replace(bundle, files={"data/table.csv": b"1", "own.py": b"2"})
    odd = {"data": b"", "own.py/x": b"", "assignment_01.ipynb/x": b"", "data/mine": b"", "b": b""}
    graded = grade(replace(one, files=one.files | odd), bundle, warm)
    assert graded.record.status == GRADED
    assert sorted(graded.files) == ["assignment_01.ipynb", "b", "data.csv", "data/mine"]


def test_what_is_asked_instead_of_tests_is_handed_on(handed_in, warm, monkeypatch):
    from forkgrade.execute import Execute
    from forkgrade.grade import grade

    asked = []
    monkeypatch.setattr(
        Execute, "run_cells", lambda self, nb, cells, folder, **more: asked.append(more)
    )
    one, bundle = handed_in
    grade(one, bundle, warm)
    grade(one, replace(bundle, questions=[{"assignment_01": {"check-two": {"probe": 1}}}]), warm)
    assert asked == [{}, {"questions": {"check-two": {"probe": 1}}}]


def test_without_fork_a_hand_in_is_graded_by_what_a_kernel_is_asked(handed_in, monkeypatch):
    from forkgrade.grade import grade

    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where a new process finds the probe
    one, bundle = handed_in
    question = {
        "observe": "tests.forkgrade.probe.observe",
        "module": "a",
        "check": "answer",
        "number": "9.9",
        "rounds": [{"cases": [[]], "shown": ["answer"], "key": OpenKey([2], {}).as_json()}],
    }
    bundle = replace(bundle, questions=[{"assignment_01": {"check-two": question}}])
    wrong = one.files["assignment_01.ipynb"].replace(b"answer = 2", b"answer = 3")
    for files, points in (one.files, 2), (one.files | {"assignment_01.ipynb": wrong}, 0):
        graded = grade(replace(one, files=files), bundle)
        assert (graded.record.status, graded.trouble) == (GRADED, "")
        assert graded.scored["assignment_01"].points["check-two"].auto == points


def test_each_hand_in_is_asked_a_variant_and_a_regrade_the_same(handed_in):
    from forkgrade.grade import asked_of

    one, bundle = handed_in
    bundle = replace(bundle, questions=[{"number": at} for at in range(16)], salt="a salt")

    def asked(bundle=bundle, **change):
        return asked_of(replace(one, **change), bundle)["number"]

    assert asked() == asked()
    others = [{"b.txt": b"%d" % number} for number in range(60)]
    assert len({asked(files=one.files | other) for other in others}) > 10
    students = [replace(one.submission, student=f"s{number}") for number in range(60)]
    assert len({asked(submission=student) for student in students}) > 10
    salts = [replace(bundle, salt=str(number)) for number in range(60)]
    assert len({asked(salted) for salted in salts}) > 10
    assert asked_of(one, replace(bundle, questions=[])) == {}


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
