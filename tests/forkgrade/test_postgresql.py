"""A grade book in PostgreSQL holds what one in SQLite holds, for several graders at once."""

import os
import pickle
import subprocess
import sys
import traceback
from threading import Thread

import pytest
from forkgrade.course import Course, CourseError

from tests.forkgrade.conftest import NAME, PASSWORD, small_config, solution, submission
from tests.forkgrade.hostile import save

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, about how it uses its data base
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
]
pytest.importorskip("psycopg", reason="no driver for PostgreSQL is installed")

#: {student: answer}.
CLASS = {"adam": "answer = 2", "eve": "answer = 3", "Zoë O'Neil": "1 / 0", "zoe": "answer = 2"}


def course_in(root, database, course_id="numbers", name=NAME, students=CLASS):
    """A course in a folder, whose grade book is in a database, with what a class handed in."""
    config = small_config(root)
    config.CourseDirectory.db_url, config.CourseDirectory.course_id = database, course_id
    save(solution(), root / "solutions" / name)
    for student, answer in students.items():
        save(submission(answer), root / "grading" / "submitted" / student / name)
    return Course(config, root)


@pytest.fixture
def run(small, warm_process):
    """A function that grades a course, and returns its table and what was said."""
    from forkgrade.run import run

    def run_it(course, **options):
        said = []
        os.chdir(course.root)
        run(course, lambda names: warm_process, jobs=2, say=said.append, **options)
        return (course.work / "grades.csv").read_bytes(), said

    return run_it


def test_the_table_is_that_of_sqlite_byte_for_byte(small, run, database, tmp_path):
    for student, answer in CLASS.items():
        small.hand_in(student, answer)
    (small.hand_in("mo") / "assignment_01.ipynb").write_text("{")
    expected, _ = run(small.course)
    course = course_in(tmp_path / "other", database)
    (course.root / "grading" / "submitted" / "mo" / NAME).mkdir(parents=True)
    (course.root / "grading" / "submitted" / "mo" / NAME / "assignment_01.ipynb").write_text("{")
    table, _ = run(course)
    assert table == expected and table.count(b"\n") == len(CLASS) + 2


def side_by_side(*calls):
    """Makes calls at once, each in a process of its own."""
    children = []
    for call in calls:
        if not (child := os.fork()):
            code = 1
            try:
                call()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(calls)


def test_two_graders_at_once_share_a_grade_book(run, database, tmp_path):
    courses = [
        course_in(tmp_path / name, database, name, f"0{number}_{name}")
        for number, name in enumerate(["algebra", "biology"], 1)
    ]
    # Neither table nor student is there, and both graders need the same ones.
    side_by_side(*(lambda course=course: run(course) for course in courses))
    for course in courses:
        (name,) = course.assignments()
        table = (course.work / "grades.csv").read_text(encoding="utf-8")
        assert [line.split(",")[:4] for line in table.splitlines()[1:]] == [
            ["Zoë O'Neil", name, "graded", "0"],
            ["adam", name, "graded", "2"],
            ["eve", name, "graded", "0"],
            ["zoe", name, "graded", "2"],
        ]


def test_two_graders_may_add_a_student_at_once(database):
    from forkgrade.gradebook import add_students
    from nbgrader.api import Gradebook

    def add():
        with book.engine.begin() as connection:
            add_students(connection, ["eve", "zoe"])

    with Gradebook(database, "numbers") as book:
        with book.engine.begin() as connection:
            add_students(connection, ["zoe", "adam"])
            other = Thread(target=add)
            other.start()
            other.join(0.1)
            assert other.is_alive()  # it waits for what becomes of zoe
        other.join(5)
        assert sorted(student.id for student in book.students) == ["adam", "eve", "zoe"]


def test_an_assignment_of_another_course_is_not_taken_for_ones_own(run, database, tmp_path):
    first, second = (course_in(tmp_path / name, database, name) for name in ("algebra", "biology"))
    run(first)
    with pytest.raises(CourseError, match=f"^{NAME} is in the .* of the course algebra, .*rename"):
        run(second)
    assert run(first)[1] == ["4 submissions, 0 to grade"]


def test_a_course_without_a_name_is_told_to_have_one(run, database, tmp_path):
    with pytest.raises(CourseError, match=r"^c\.CourseDirectory\.course_id is empty: .* such as '"):
        run(course_in(tmp_path, database, course_id=""))


def test_what_a_person_gave_survives_a_regrade(run, database, tmp_path):
    from nbgrader.api import Gradebook

    course = course_in(tmp_path, database)
    run(course)
    for student in "adam", "zoe":
        with Gradebook(database, "numbers") as book:
            grade = book.find_grade("explain", "assignment_01", NAME, student)
            grade.manual_score, grade.needs_manual_grade = 1.5, False
            book.find_comment("explain", "assignment_01", NAME, student).manual_comment = "So so."
            book.db.commit()
    rewritten = submission("answer = 3")
    rewritten.cells[-1].source = "Another reason."
    save(rewritten, tmp_path / "grading" / "submitted" / "zoe" / NAME)
    lines = run(course, again=True)[0].decode().splitlines()
    assert lines[2].startswith(f"adam,{NAME},graded,3.5,5,,,check-two=2/2 explain=1.5/3,")
    assert lines[4].startswith(f"zoe,{NAME},graded,0,5,explain,,check-two=0/2 explain=0/3,")
    with Gradebook(database, "numbers") as book:  # by nbgrader's own ways
        assert book.find_submission(NAME, "adam").score == 3.5
        assert book.average_assignment_score(NAME) == 3.5 / 4
        assert sorted(one["id"] for one in book.student_dicts()) == sorted(CLASS)
        comment = book.find_comment("explain", "assignment_01", NAME, "zoe")
        assert (comment.comment, comment.manual_comment) == ("So so.", "So so.")


# --- the password ---------------------------------------------------------------------------------

#: What a notebook can look at, and print.
PRY = """
import glob, os
def read(path):
    try:
        return open(path, errors="replace").read()
    except OSError:
        return ""
print(dict(os.environ), *map(read, glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline")))
answer = 2
"""


def command_in(root, database):
    """Grades a course in a folder as `make grade` does; returns the exit status and what was
    printed.
    """
    config = {name: dict(part) for name, part in small_config(root).items()}
    config["CourseDirectory"] |= {"db_url": database, "course_id": "numbers"}
    lines = [
        f"c.{name}.{key} = {value!r}"
        for name, part in config.items()
        for key, value in part.items()
    ]
    (root / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *lines]))
    command = [sys.executable, "-m", "forkgrade", "--course", str(root)]
    environment = os.environ | {"PGPASSWORD": PASSWORD, "DATABASE_URL": database}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_password_is_nowhere_but_in_the_config(small, database, tmp_path):
    from forkgrade import batches

    course = course_in(tmp_path, database, students={"adam": PRY, "eve": "answer = 2"})
    code, printed = command_in(tmp_path, database)
    assert code == 0 and "2 rows" in printed and PASSWORD not in printed
    with batches.open_book(course) as book:
        bundle = batches.make_bundle(course, book, NAME)
    assert PASSWORD.encode() not in pickle.dumps(bundle)
    files = [path for path in course.work.rglob("*") if path.is_file()]
    assert len(files) > 8
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "address, says",
    [
        ("postgresql+psycopg://me:{}@127.0.0.1:1/numbers", "connection failed: "),
        ("postgresql+psycopg://me:{}@/numbers?host=/nowhere", "/.s.PGSQL.5432"),
        ("postgresql+nothing://me:{}@/numbers", "db_url cannot be read: Can't load plugin"),
        ("postgresql me:{}", "db_url cannot be read: Could not parse"),
    ],
)
def test_a_grade_book_that_cannot_be_opened_is_told_without_the_password(
    run, tmp_path, address, says
):
    with pytest.raises(CourseError) as raised:
        run(course_in(tmp_path, address.format(PASSWORD)))
    assert says in str(raised.value) and PASSWORD not in str(raised.value)
    assert str(raised.value).count("\n") == 0
