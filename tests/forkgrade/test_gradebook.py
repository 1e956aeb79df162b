"""The grade book has the rows that nbgrader itself would have made."""

import os
import shutil
import stat

import nbformat
import pytest
from forkgrade import AUTOGRADE
from forkgrade.records import CellPoints, Graded, Record, Scored, Submission

from tests.forkgrade.conftest import NAME, solution
from tests.forkgrade.hostile import save

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base

#: {student: (answer, text, when it was handed in)}.
CLASS = {
    "adam": ("answer = 2", "Because.", None),
    "eve": ("answer = 3", "*stub*", "2026-02-01 10:00:00 UTC"),
    "Zoë O'Neil": ("answer = 2", "So.", "2026-02-03 12:00:00 +0200"),
}
HIDDEN = "assert answer\n### BEGIN HIDDEN TESTS\nassert answer == 2\n### END HIDDEN TESTS"


@pytest.fixture(params=["no penalty", "a penalty"])
def handed_in(small, request):
    """A course with the submissions of a class, of which one is late where that is punished."""
    from forkgrade.gradebook import open_book

    config = small.course.config
    config.ClearSolutions.text_stub = "*stub*"
    config.Autograde.autograde_preprocessors = [
        "nbgrader.preprocessors.SaveAutoGrades" if name.endswith("SavePoints") else name
        for name in AUTOGRADE
    ]
    if request.param == "a penalty":
        config.LateSubmissionPlugin.penalty_method = "zero"
    folder = small.root / "solutions" / NAME
    (folder / "data.csv").write_text("1,2")
    nb = solution()
    nb.cells[2].source = HIDDEN
    save(nb, folder)
    small.course.release(NAME)
    with open_book(small.course) as book:
        book.update_or_create_assignment(NAME, duedate="2026-02-02 09:00:00 UTC")
    for student, (answer, text, time) in CLASS.items():
        folder = small.hand_in(student, answer)
        nb = nbformat.read(folder / "assignment_01.ipynb", 4)
        nb.cells[2].source = "assert answer"
        nb.cells[-1].source = text
        save(nb, folder)
        (folder / "data.csv").write_text("my own")
        (folder / "notes.txt").write_text("mine")
        if time:
            (folder / "timestamp.txt").write_text(time)
    return small


def by_nbgrader(course, client):
    """Grades the class with nbgrader's own converters."""
    from nbgrader.converters import Autograde, GenerateFeedback

    for student in CLASS:
        directory = course.directory_with(student_id=student, assignment_id=NAME)
        for kind in Autograde, GenerateFeedback:
            converter = kind(coursedir=directory, config=course.config, force=True)
            converter.warm_client = client
            converter.start()


def kept(course):
    """All rows of the grade book that are nbgrader's, without their ids, and all files with their
    rights; of feedback the pages.
    """
    from forkgrade.gradebook import open_book

    with open_book(course) as book:
        rows = [
            (student.id, student.first_name, student.last_name, student.email, student.lms_user_id)
            for student in book.students
        ]
        for entry in book.assignment_submissions(NAME):
            rows.append((entry.student.id, entry.timestamp, entry.extension, entry.score))
            for notebook in entry.notebooks:
                penalty, flagged = notebook.late_submission_penalty, notebook.flagged
                rows.append((entry.student.id, notebook.name, penalty, flagged))
                rows += [list(grade.to_dict().items())[1:] for grade in notebook.grades]
                rows += [list(comment.to_dict().items())[1:] for comment in notebook.comments]
    files = {
        str(path.relative_to(course.work)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for step in ("autograded", "feedback")
        for path in (course.work / step).rglob("*")
        if path.is_file() and (step == "autograded" or path.suffix == ".html")
    }
    return sorted(map(str, rows)), files


def test_all_is_as_nbgrader_s_own_converters_leave_it(handed_in, warm_process):
    from forkgrade.run import run

    course = handed_in.course
    book = handed_in.root / "grading" / "gradebook.db"
    shutil.copy(book, handed_in.root / "empty.db")
    by_nbgrader(course, warm_process.client)
    rows, files = kept(course)
    for step in "autograded", "feedback":
        shutil.rmtree(course.work / step)
    os.replace(handed_in.root / "empty.db", book)
    run(course, lambda names: warm_process, jobs=2, say=lambda text: None)
    mine, my_files = kept(course)
    assert mine == rows and len(rows) >= 7 * len(CLASS)
    assert my_files.keys() == files.keys() and len(files) >= 4 * len(CLASS)
    assert [name for name in files if files[name] != my_files[name]] == []


# --- many at once ---------------------------------------------------------------------------------


def graded(student, points=2.0, digest="a", scored=True):
    """What came of a submission of which only a test was scored."""
    result = Scored({"check-two": CellPoints(points, digest, False)}, {"answer": False})
    notebooks = {"assignment_01": result} if scored else {}
    return Graded(Record(student, NAME, "a digest", "graded"), notebooks)


@pytest.fixture
def book(small):
    """The grade book of a course whose assignment is released."""
    from forkgrade.gradebook import open_book

    small.course.release(NAME)
    with open_book(small.course) as book:
        yield book


def points(book):
    """{student: {cell: (automatic points, those of a person, whether a person must look)}}."""
    book.db.expire_all()
    return {
        entry.student.id: {
            one.name: (one.auto_score, one.manual_score, one.needs_manual_grade)
            for notebook in entry.notebooks
            for one in notebook.grades
        }
        for entry in book.assignment_submissions(NAME)
    }


def test_a_batch_is_a_few_statements_however_many_are_in_it(book):
    from forkgrade.gradebook import enter
    from sqlalchemy import event

    statements, counts = [], []
    event.listen(book.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
    for number in 1, 40:
        statements.clear()
        enter(book, NAME, [graded(f"{number}-{at}") for at in range(number)])
        counts.append(len(statements))
    assert counts[0] == counts[1] < 30 and len(points(book)) == 41


def test_a_batch_that_fails_leaves_nothing(book):
    from forkgrade.gradebook import enter

    bad = graded("bad")
    bad.scored["assignment_01"].points["check-two"] = "no points"
    with pytest.raises(AttributeError):
        enter(book, NAME, [graded("adam"), bad])
    assert points(book) == {} and book.students == []


def test_what_was_entered_once_is_entered_again_over_it(book):
    from forkgrade.gradebook import enter

    for earned in 2.0, 1.0:
        enter(book, NAME, [graded("adam", earned), graded("eve", earned)])
    assert {student: one["check-two"][0] for student, one in points(book).items()} == {
        "adam": 1.0,
        "eve": 1.0,
    }


def test_a_notebook_that_was_not_handed_in_has_no_points_and_nobody_looks(book):
    from forkgrade.gradebook import enter

    enter(book, NAME, [graded("adam", scored=False)])
    nothing = (0.0, None, False)
    assert points(book) == {"adam": {"check-two": nothing, "explain": nothing}}


def test_what_a_person_gives_meanwhile_is_not_overwritten(book):
    from forkgrade.gradebook import enter, given

    enter(book, NAME, [graded("adam")])
    assert given(book, NAME, ["adam"]) == {}
    grade = book.find_grade("check-two", "assignment_01", NAME, "adam")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.5, False
    book.find_comment("answer", "assignment_01", NAME, "adam").manual_comment = "Good."
    book.db.commit()
    enter(book, NAME, [graded("adam", 0.0, "b")])
    assert points(book)["adam"]["check-two"] == (0.0, 1.5, True)
    held = given(book, NAME, ["adam", "eve"])["adam"]["assignment_01"]
    assert (held["check-two"].manual_score, held["check-two"].extra_credit) == (1.5, 0.5)
    assert held["check-two"].digest == "b" and held["answer"].comment == "Good."


def test_scores_of_what_was_never_graded_need_no_withdrawal(book):
    from forkgrade.gradebook import withdraw_scores

    withdraw_scores(book, Submission("nobody", "a"))
    assert book.students == []


def test_only_a_plugin_that_takes_points_off_is_run(small):
    from forkgrade.gradebook import gives_penalties

    assert not gives_penalties(small.course)
    small.course.config.LateSubmissionPlugin.penalty_method = "zero"
    assert gives_penalties(small.course)
