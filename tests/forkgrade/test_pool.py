"""Every submission has its record, whatever becomes of the process that grades it."""

import multiprocessing
import os
import signal
import sys
import time

import pytest
from forkgrade.records import GRADED, NOT_GRADED, Record, Submission

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
]


@pytest.fixture
def grade_all(small, warm, monkeypatch):
    """A function that grades submissions by a function of the test's own; returns {student: record}
    and the number of records.
    """
    from forkgrade import pool

    def grade_all(grade, *students, seconds=300, jobs=2):
        monkeypatch.setattr(pool, "grade", grade)
        small.course.limits.grading_seconds = seconds
        small.course.config.Limits.grading_seconds = seconds
        submissions = [Submission(student, "01_numbers", "a digest") for student in students]
        records = list(pool.grade_all(submissions, small.course, warm, jobs))
        return {record.student: record for record in records}, len(records)

    return grade_all


def graded(submission, *_):
    """Stands in for what grades; ends its process, fails or takes too long for some students."""
    if submission.student == "deadly":
        os._exit(1)
    if submission.student == "slow":
        time.sleep(60)
    if submission.student == "odd":
        raise OSError("no space left")
    return Record(submission.student, submission.assignment, submission.digest, GRADED)


def test_each_submission_has_one_record(grade_all):
    records, count = grade_all(graded, *"abcdefg")
    assert sorted(records) == list("abcdefg") and count == 7
    assert {record.status for record in records.values()} == {GRADED}


def test_one_that_ends_its_worker_costs_no_other_its_grade(grade_all, small):
    records, count = grade_all(graded, "a", "b", "deadly", "c", "d")
    assert count == 5 and records["deadly"].status == NOT_GRADED
    assert "ended the grader's own process" in records["deadly"].reasons[0]
    assert records["deadly"].digest == "a digest"
    assert {records[student].status for student in "abcd"} == {GRADED}
    assert "deadly" in (small.course.work / "log.txt").read_text()


def test_one_that_takes_too_long_is_ended(grade_all):
    records, _ = grade_all(graded, "slow", "a", seconds=0.5, jobs=1)
    assert "took longer than 0.5 s" in records["slow"].reasons[0]
    assert records["a"].status == GRADED


def test_one_that_fails_in_a_way_nobody_thought_of_says_how(grade_all):
    records, _ = grade_all(graded, "odd", "a")
    (reason,) = records["odd"].reasons
    assert reason.startswith("the grader failed on it (OSError: no space left)")
    assert records["a"].status == GRADED


def test_a_worker_that_cannot_even_end_itself_is_ended(grade_all, monkeypatch):
    from forkgrade import pool

    def stopped(submission, *_):
        if submission.student == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        return graded(submission)

    monkeypatch.setattr(pool, "MOMENT", 0.3)
    records, count = grade_all(stopped, "stopped", "a", seconds=0.3, jobs=1)
    assert count == 2 and records["a"].status == GRADED
    assert "ended the grader's own process" in records["stopped"].reasons[0]


def test_a_run_that_is_interrupted_leaves_no_worker(small, warm, monkeypatch):
    from forkgrade import pool

    monkeypatch.setattr(pool, "grade", graded)
    submissions = [Submission(student, "01_numbers") for student in ("a", "slow")]
    records = pool.grade_all(submissions, small.course, warm, 2)
    next(records)
    children = set(multiprocessing.active_children())
    began = time.monotonic()
    records.close()
    assert time.monotonic() - began < 5 and children
    assert not [child for child in children if child.is_alive()]
