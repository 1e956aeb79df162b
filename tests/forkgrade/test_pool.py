"""Every submission has its record, whatever becomes of the process that grades it."""

import multiprocessing
import os
import signal
import sys
import time
from types import SimpleNamespace

import pytest
from forkgrade.records import GRADED, NOT_GRADED, Graded, HandedIn, Record, Submission

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
]


@pytest.fixture
def grade_all(warm, monkeypatch):
    """A function that grades submissions by a function of the test's own; returns {student: what
    came of it} and how many came.
    """
    from forkgrade import pool

    def grade_all(grade, *students, seconds=300, jobs=2):
        monkeypatch.setattr(pool, "grade", grade)
        found = list(pool.grade_all(handed_in(students), bundles(seconds), warm, jobs))
        return {one.record.student: one.record for one in found}, len(found)

    return grade_all


def handed_in(students):
    for student in students:
        yield HandedIn(Submission(student, "01_numbers", "a digest"), {})


def bundles(seconds=300):
    return {"01_numbers": SimpleNamespace(limits={"grading_seconds": seconds})}


def graded(handed_in, *_):
    """Stands in for what grades; ends its process, fails or takes too long for some students."""
    one = handed_in.submission
    if one.student == "deadly":
        os._exit(1)
    if one.student == "slow":
        time.sleep(60)
    if one.student == "odd":
        raise OSError("no space left")
    return Graded(Record(one.student, one.assignment, one.digest, GRADED))


def test_each_submission_has_one_record(grade_all):
    records, count = grade_all(graded, *"abcdefg")
    assert sorted(records) == list("abcdefg") and count == 7
    assert {record.status for record in records.values()} == {GRADED}


def test_one_that_ends_its_worker_costs_no_other_its_grade(grade_all):
    records, count = grade_all(graded, "a", "b", "deadly", "c", "d")
    assert count == 5 and records["deadly"].status == NOT_GRADED
    assert "ended the grader's own process" in records["deadly"].reasons[0]
    assert records["deadly"].digest == "a digest"
    assert {records[student].status for student in "abcd"} == {GRADED}


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

    def stopped(handed_in, *_):
        if handed_in.submission.student == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        return graded(handed_in)

    monkeypatch.setattr(pool, "MOMENT", 0.3)
    records, count = grade_all(stopped, "stopped", "a", seconds=0.3, jobs=1)
    assert count == 2 and records["a"].status == GRADED
    assert "ended the grader's own process" in records["stopped"].reasons[0]


def test_a_run_that_is_interrupted_leaves_no_worker(warm, monkeypatch):
    from forkgrade import pool

    monkeypatch.setattr(pool, "grade", graded)
    others = set(multiprocessing.active_children())
    records = pool.grade_all(handed_in(["a", "slow"]), bundles(), warm, 2)
    next(records)
    children = set(multiprocessing.active_children()) - others
    began = time.monotonic()
    records.close()
    assert time.monotonic() - began < 5 and children
    assert not [child for child in children if child.is_alive()]


def test_submissions_are_read_as_they_are_needed(warm, monkeypatch):
    from forkgrade import pool

    read = []

    def counted():
        for one in handed_in(map(str, range(50))):
            read.append(one)
            yield one

    monkeypatch.setattr(pool, "grade", graded)
    for number, _ in enumerate(pool.grade_all(counted(), bundles(), warm, 2), 1):
        assert len(read) <= number + 2 * pool.IN_MEMORY
    assert number == 50


def test_many_that_end_their_workers_cost_no_other_its_grade(grade_all):
    students = [name for number in range(12) for name in (f"a{number}", "deadly")]
    records, count = grade_all(graded, *students)
    assert count == 24 and records.pop("deadly").status == NOT_GRADED
    assert {record.status for record in records.values()} == {GRADED} and len(records) == 12


def test_only_those_that_were_at_work_with_one_that_ended_it_are_tried_alone(
    grade_all, monkeypatch
):
    from forkgrade import pool

    begun, original = [], pool.pool
    monkeypatch.setattr(pool, "pool", lambda *how: begun.append(how) or original(*how))
    _, count = grade_all(graded, "deadly", *map(str, range(30)))
    assert count == 31 and len(begun) <= 2 + 2 * pool.IN_MEMORY + 1
