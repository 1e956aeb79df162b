"""Submissions are read as they are needed, and written a batch at a time."""

import pytest
from forkgrade.course import CourseError
from forkgrade.records import NOT_GRADED, Graded, Record, RecordStore, Submission

from tests.forkgrade.conftest import NAME

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


class Writer:
    """Stands in for the writer: keeps what it is given."""

    def __init__(self):
        self.batches = []

    def write(self, batch):
        self.batches.append([one.record.student for one in batch])
        return [one.record for one in batch]


def came(count):
    for number in range(count):
        yield Graded(Record(str(number), NAME, ""))


def test_a_batch_is_written_where_it_is_full_or_where_it_waited_long(monkeypatch):
    from forkgrade import batches

    monkeypatch.setattr(batches, "BATCH", 4)
    writer = Writer()
    records = [record.student for some in batches.written(came(10), writer) for record in some]
    assert records == list("0123456789")
    assert [len(batch) for batch in writer.batches] == [4, 4, 2]
    monkeypatch.setattr(batches, "SECONDS", -1)
    list(batches.written(came(3), writer))
    assert [len(batch) for batch in writer.batches[3:]] == [1, 1, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, CourseError])
def test_what_has_come_is_written_where_it_is_interrupted_or_cannot_go_on(error):
    from forkgrade import batches

    def interrupted():
        yield from came(3)
        raise error

    writer = Writer()
    with pytest.raises(error):
        list(batches.written(interrupted(), writer))
    assert writer.batches == [["0", "1", "2"]]


def test_a_cluster_grades_where_there_is_one(small):
    from forkgrade import batches

    class Cluster:
        def grade_all(self, handed_in, bundles, pages):
            self.asked = list(bundles), pages
            for one in handed_in:
                of = one.submission
                yield Graded(Record(of.student, of.assignment, of.digest, reasons=[*one.files]))

    small.hand_in("adam")
    course, cluster = small.course, Cluster()
    store = RecordStore(course.records)
    ((record,),) = batches.grade_submissions(course, course.submissions(), store, cluster, 1, True)
    assert cluster.asked == ([NAME], False) and record.reasons == ["assignment_01.ipynb"]
    assert store.read(record.submission) == record


@pytest.fixture
def read(small):
    """A function that reads submissions of students; returns {student: what was handed in}."""
    from forkgrade import batches

    small.course.release(NAME)
    with batches.open_book(small.course) as book:
        bundles = {NAME: batches.make_bundle(small.course, book, NAME)}

    def read(*students, assignment=NAME):
        submissions = [Submission(student, assignment) for student in students]
        found = batches.read_all(small.course, submissions, bundles)
        return {one.submission.student: one for one in found}

    return read


def test_what_is_read_comes_with_what_persons_gave(small, read, grade_here):
    from forkgrade.gradebook import open_book

    for student in "adam", "zoe":
        small.hand_in(student)
    files = [list(one.files) for one in read("adam", "zoe").values()]
    assert files == [["assignment_01.ipynb"]] * 2
    grade_here("zoe")
    with open_book(small.course) as book:
        book.find_grade("explain", "assignment_01", NAME, "zoe").manual_score = 1.5
        book.db.commit()
    found = read("adam", "zoe")
    assert found["adam"].given == {}
    assert found["zoe"].given["assignment_01"]["explain"].manual_score == 1.5


def test_what_cannot_be_read_has_a_reason_and_no_file(small, read, monkeypatch):
    from forkgrade import batches

    small.hand_in("zoe")
    small.hand_in("zoe", assignment="99_unknown")
    (unknown,) = read("zoe", assignment="99_unknown").values()
    assert unknown.messages == [f"99_unknown is not an assignment: expected one of {NAME}"]
    small.hand_in("caf\udce9")
    (odd,) = read("caf\udce9").values()
    assert odd.messages[0].startswith("bytes that are no text in") and odd.files == {}
    monkeypatch.setattr(batches, "read_handed_in", lambda *_: 1 / 0)
    (broken,) = read("zoe").values()
    assert broken.messages[0].startswith("the grader failed on it (ZeroDivisionError: ")


def test_where_students_are_entered_by_hand_an_unknown_one_is_told(small, read):
    from forkgrade.gradebook import open_book

    small.hand_in("zoe")
    small.course.config.Autograde.create_student = False
    (unknown,) = read("zoe").values()
    assert unknown.files == {} and unknown.messages == [
        "zoe is no student in the grade book, and c.Autograde.create_student is off: "
        "nbgrader db student add zoe"
    ]
    with open_book(small.course) as book:
        book.add_student("zoe")
    assert read("zoe")["zoe"].messages == []


def test_submissions_are_taken_some_of_one_assignment_at_a_time(monkeypatch):
    from forkgrade import batches

    monkeypatch.setattr(batches, "ASKED", 2)
    mixed = [Submission(student, name) for student in "abc" for name in ("02", "01")]
    groups = [[(one.assignment, one.student) for one in some] for some in batches.in_groups(mixed)]
    assert groups == [
        [("01", "a"), ("01", "b")],
        [("01", "c")],
        [("02", "a"), ("02", "b")],
        [("02", "c")],
    ]


def test_a_page_that_fails_again_says_so_once(small, grade_here, monkeypatch):
    from forkgrade import batches, grade

    small.hand_in("zoe")
    record = grade_here("zoe", pages=False)
    store = RecordStore(small.course.records)
    with monkeypatch.context() as patch:
        patch.setattr(grade, "feedback_page", lambda *_: 1 / 0)
        for _ in range(2):
            ((record,),) = batches.write_pages(small.course, [record], store, 1)
            assert record.feedback == "" and len(record.reasons) == 1
            assert record.reasons[0].startswith("no feedback page: the grader failed on it")
    ((record,),) = batches.write_pages(small.course, [record], store, 1)
    assert record.reasons == [] and (small.course.work / record.feedback).is_file()
    assert store.read(Submission("zoe", NAME)) == record and record.status != NOT_GRADED
