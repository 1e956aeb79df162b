"""A course knows its folders and what lies in them, and releases an assignment once."""

import os

import pytest
from forkgrade.records import Submission
from traitlets.config import Config

from tests.forkgrade.conftest import NAME

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


def test_a_course_finds_its_assignments_and_what_was_handed_in(small):
    for student, name in [("zoe", NAME), ("adam", NAME), ("adam", "99_unknown")]:
        small.hand_in(student, assignment=name)
    (small.root / "grading" / "submitted" / "adam" / ".DS_Store").write_text("")
    (small.root / "grading" / "submitted" / "loose.ipynb").write_text("{}")
    course = small.course
    everything = [("adam", NAME), ("adam", "99_unknown"), ("zoe", NAME)]
    assert course.assignments() == [NAME]
    assert course.notebooks(NAME) == ["assignment_01"]
    assert course.submissions() == [Submission(*key) for key in everything]


def test_the_folders_are_those_of_the_config(small):
    course, submission = small.course, Submission("zoe", NAME)
    assert course.source(NAME) == small.root / "solutions" / NAME
    assert course.work == small.root / "grading"
    for step in "submitted", "autograded", "feedback":
        found = {
            "submitted": course.handed_in,
            "autograded": course.autograded,
            "feedback": course.feedback,
        }[step]
        assert found(submission) == small.root / "grading" / step / "zoe" / NAME
    other = course.directory_with(student_id="zoe", submitted_directory="elsewhere")
    assert (other.student_id, other.submitted_directory) == ("zoe", "elsewhere")
    assert course.directory.submitted_directory == "grading/submitted"


@pytest.mark.parametrize("structure", [None, "{student_id}/at/{nbgrader_step}/{assignment_id}"])
def test_folders_grade_book_and_name_are_what_nbgrader_says(small, structure):
    from forkgrade.course import Course

    for config in Config(), small.course.config:
        if structure:
            config.CourseDirectory.directory_structure = structure
        course = Course(config, small.root)
        for step in "source", "release", "submitted", "autograded", "feedback":
            name = getattr(course.directory, f"{step}_directory")
            assert str(course.folder(step, "zoe", NAME)) == course.directory.format_path(
                name, "zoe", NAME
            )
        assert course.db_url == course.directory.db_url
        assert course.course_id == course.directory.course_id


def test_an_assignment_is_released_once_and_again_where_its_solution_changed(small):
    release = small.root / "grading" / "release" / NAME / "assignment_01.ipynb"
    first = small.course.release(NAME)
    assert "YOUR CODE HERE" in release.read_text() and "answer = 2" not in release.read_text()
    before = release.stat().st_mtime_ns
    assert small.course.release(NAME) == first
    assert release.stat().st_mtime_ns == before
    (small.root / "solutions" / NAME / "data.csv").write_text("1")
    assert small.course.release(NAME) != first
    assert release.with_name("data.csv").exists()


def test_what_only_an_instructor_may_have_is_not_released(small):
    private = small.root / "solutions" / NAME / "private"
    private.mkdir()
    (private / "wrong_answers.py").write_text("WRONG = ['answer = 3']")
    small.course.release(NAME)
    released = small.root / "grading" / "release"
    assert [path.name for path in released.rglob("*") if path.is_file()] == ["assignment_01.ipynb"]


def test_an_assignment_that_cannot_be_released_stops_everything_and_says_why(small):
    from forkgrade.course import CourseError

    path = small.root / "solutions" / NAME / "assignment_01.ipynb"
    path.write_text(path.read_text().replace("### END SOLUTION", ""))
    with pytest.raises(CourseError, match="no end solution statement found") as caught:
        small.course.release(NAME)
    assert str(caught.value).startswith(f"{NAME} cannot be entered into the grade book: ")
    assert "move" in str(caught.value) and str(small.course.work) in str(caught.value)


def test_a_grade_book_that_needs_a_name_for_the_course_is_told_before_it_is_opened(small):
    from forkgrade.course import CourseError

    small.course.db_url = "postgresql+psycopg://grader:secret@nowhere/grades"
    with pytest.raises(CourseError, match=r"^c\.CourseDirectory\.course_id is empty") as caught:
        small.course.release(NAME)
    assert "secret" not in str(caught.value)


def test_a_students_folder_that_cannot_be_read_is_named(small, monkeypatch):
    for student in "adam", "zoe":
        small.hand_in(student)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "zoe" and allowed(path, mode))
    assert small.course.closed_folders() == ["grading/submitted/zoe"]


def test_a_mark_that_is_broken_is_made_again(small):
    first = small.course.release(NAME)
    mark = small.course.records / f"{NAME}.release"
    mark.write_bytes(b"\xff")
    assert small.course.release(NAME) == first and mark.read_text() == first


def test_what_is_asked_is_kept_until_something_that_it_depends_on_changes(small, monkeypatch):
    from forkgrade import course as module

    source = small.root / "solutions" / NAME
    assert small.course.questions(NAME) == [] and not (small.root / "grading" / "secret").exists()
    (source / "private").mkdir()
    (source / "private" / "oracles.py").write_text("", encoding="utf-8")
    small.course.config.Judge.probe = "a.probe"
    compiled = []

    def questions(self, folder, secret):
        compiled.append(secret)
        return {"numbers": {"check-two": {"number": len(compiled)}}}

    monkeypatch.setattr(module.Judge, "variants", questions)
    first = small.course.questions(NAME)
    assert small.course.questions(NAME) == first and len(compiled) == 1
    (source / "private" / "oracles.py").write_text("ORACLES = []", encoding="utf-8")
    assert small.course.questions(NAME) != first and len(compiled) == 2
    (small.root / "grading" / "secret").write_text("another", encoding="utf-8")
    small.course.questions(NAME)
    assert compiled[2] == b"another"
    (small.course.records / f"{NAME}.questions").write_text("{", encoding="utf-8")
    small.course.questions(NAME)
    small.course.limits.course_packages = ["plainjudge"]
    small.course.questions(NAME)
    small.course.questions(NAME)
    assert len(compiled) == 5


def test_oracles_that_cannot_be_used_are_told(small):
    from forkgrade.course import CourseError

    private = small.root / "solutions" / NAME / "private"
    private.mkdir()
    (private / "oracles.py").write_text("1 / 0", encoding="utf-8")
    small.course.config.Judge.probe = "a.probe"
    with pytest.raises(CourseError, match=r"oracles\.py cannot be loaded: ZeroDivisionError"):
        small.course.questions(NAME)
