"""What has a record is whole: points first, then files, then the record."""

import os
import signal
import stat

import pytest
from forkgrade.records import GRADED, NOT_GRADED, Graded, Record, RecordStore, Submission, is_of

from tests.forkgrade.conftest import NAME
from tests.forkgrade.test_gradebook import graded, points

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


@pytest.fixture
def writer(small):
    """A writer for the small course, whose assignment is released."""
    from forkgrade import batches

    (small.root / "solutions" / NAME / "data.csv").write_text("1,2")
    small.course.release(NAME)
    with batches.open_book(small.course) as book:
        bundles = {NAME: batches.make_bundle(small.course, book, NAME)}
    return batches.Writer(small.course, bundles, RecordStore(small.course.records))


def with_files(student, *names, pages=("assignment_01.html",), **more):
    """What came of a submission with these files."""
    one = graded(student, **more)
    one.files = {name: name.encode() for name in names}
    one.pages = {name: b"a page" for name in pages}
    return one


def entered(course):
    from forkgrade.gradebook import open_book

    with open_book(course) as book:
        return points(book)


def below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_points_files_pages_and_a_record_are_where_they_belong(small, writer):
    batch = [with_files(name, "assignment_01.ipynb", "deep/a.txt") for name in ("adam", "zoe")]
    records = writer.write(batch)
    grading = small.root / "grading"
    assert [record.feedback for record in records] == [
        f"feedback/{name}/{NAME}/assignment_01.html" for name in ("adam", "zoe")
    ]
    folder = grading / "autograded" / "zoe" / NAME
    assert below(folder) == ["assignment_01.ipynb", "data.csv", "deep/a.txt"]
    assert (folder / "data.csv").read_text() == "1,2"
    rights = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert rights == {0o444} and (grading / records[1].feedback).read_bytes() == b"a page"
    store = RecordStore(small.course.records)
    assert [store.read(Submission(name, NAME)) for name in ("adam", "zoe")] == records
    assert {name: one["check-two"][0] for name, one in entered(small.course).items()} == {
        "adam": 2.0,
        "zoe": 2.0,
    }


def test_what_lay_there_goes_with_all_that_was_in_it(small, writer):
    writer.write([with_files("zoe", "assignment_01.ipynb", "old.txt")])
    (record,) = writer.write([with_files("zoe", "assignment_01.ipynb", pages=())])
    assert below(small.root / "grading" / "autograded" / "zoe") == [
        f"{NAME}/assignment_01.ipynb",
        f"{NAME}/data.csv",
    ]
    assert record.feedback == "" and not below(small.root / "grading" / "feedback")
    assert list(small.course.staging.iterdir()) == []


def test_files_that_cannot_be_laid_down_cost_one_submission_its_grade_and_no_other(small, writer):
    odd = with_files("odd", "a", "a/b")
    records = writer.write([odd, with_files("zoe", "assignment_01.ipynb")])
    assert [record.status for record in records] == [NOT_GRADED, GRADED]
    assert "the grader failed on it (" in records[0].reasons[0]
    assert entered(small.course)["odd"]["check-two"] == (None, None, True)
    assert below(small.root / "grading" / "autograded") == [
        f"zoe/{NAME}/assignment_01.ipynb",
        f"zoe/{NAME}/data.csv",
    ]


def test_a_page_may_lie_beside_the_folder_of_the_table(small, writer):
    small.course.config.CourseDirectory.feedback_directory = "pages"
    (record,) = writer.write([with_files("zoe", "assignment_01.ipynb")])
    assert record.feedback == f"../pages/zoe/{NAME}/assignment_01.html"
    assert (small.course.work / record.feedback).is_file()


def test_a_group_may_share_the_folders(small):
    from forkgrade import batches

    small.course.config.CourseDirectory.groupshared = True
    writer = batches.Writer(small.course, {}, RecordStore(small.course.records))
    writer.swap(small.root / "grading" / "autograded" / "zoe" / NAME, {"a": b""}, writer.rights)
    folder = small.root / "grading" / "autograded" / "zoe" / NAME
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o664
    for path in folder, folder.parent:
        assert path.stat().st_mode & 0o2770 == 0o2770


def test_one_that_cannot_be_entered_costs_no_other_its_grade(small, writer):
    bad = with_files("bad", "assignment_01.ipynb")
    bad.scored["assignment_01"].points["check-two"] = "no points"
    records = writer.write([with_files("adam", "a.ipynb"), bad, with_files("zoe", "a.ipynb")])
    assert [record.status for record in records] == [GRADED, NOT_GRADED, GRADED]
    assert records[1].reasons[0].startswith("the grader failed on it (AttributeError: ")
    assert sorted(entered(small.course)) == ["adam", "zoe"]
    assert not (small.root / "grading" / "autograded" / "bad").exists()
    assert "AttributeError" in (small.root / "grading" / "log.txt").read_text()


def test_where_the_grade_book_cannot_be_written_there_is_no_record(small, writer, monkeypatch):
    from forkgrade import writer as module
    from sqlalchemy.exc import OperationalError

    def locked(*_):
        raise OperationalError("UPDATE", {}, Exception("database is locked\nand more"))

    monkeypatch.setattr(module, "enter", locked)
    with pytest.raises(OperationalError, match="database is locked"):
        writer.write([with_files("adam", "a.ipynb"), with_files("zoe", "a.ipynb")])
    assert not list(small.course.records.glob("*/*.json"))


def test_what_cannot_be_graded_takes_back_what_was(small, writer):
    writer.write([with_files("zoe", "assignment_01.ipynb")])
    failed = Graded(Record("zoe", NAME, "another digest", reasons=["is empty"]))
    writer.write([failed, Graded(Record("[odd]", NAME, "", reasons=["a pattern"]))])
    assert entered(small.course)["zoe"]["check-two"] == (None, None, True)
    for step in "autograded", "feedback":
        assert not (small.root / "grading" / step / "zoe" / NAME).exists()


@pytest.mark.parametrize("step", ["enter", "swap", "write"])
def test_a_writer_that_is_killed_leaves_no_record_of_what_is_not_whole(
    small, writer, monkeypatch, step
):
    from forkgrade import writer as module

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def batch():
        return [with_files(name, "assignment_01.ipynb") for name in ("adam", "zoe")]

    if not (child := os.fork()):
        place = {"enter": module, "swap": module.Writer, "write": RecordStore}[step]
        monkeypatch.setattr(place, step, die)
        writer.write(batch())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    store = RecordStore(small.course.records)
    names = [Submission(name, NAME, "a digest") for name in ("adam", "zoe")]
    assert not any(is_of(store.read(one), one) for one in names)
    writer.write(batch())
    assert all(is_of(store.read(one), one) for one in names)
    assert {one["check-two"] for one in entered(small.course).values()} == {(2.0, None, False)}
