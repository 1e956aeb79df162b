"""A worker's process is started anew where a submission ends it, and never after it is over."""

import pickle
import sys
import threading
import zlib
from pathlib import Path

import pytest
from forkgrade.records import HandedIn, Submission

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # distributed's own
    pytest.mark.skipif(sys.platform != "linux", reason="workers run on Linux"),
]
STAND_IN = [sys.executable, str(Path(__file__).with_name("stand_in_grader.py"))]


@pytest.fixture
def on_worker(monkeypatch):
    from forkgrade import on_worker

    monkeypatch.setattr(on_worker, "PROGRAM", STAND_IN)
    return on_worker


@pytest.fixture
def grader(on_worker):
    """A worker's process that stands in for one that grades."""
    grader = on_worker.Grader(pickle.dumps(({}, [], True)))
    grader.setup(None)
    yield grader
    grader.teardown(None)


def task(student):
    return pickle.dumps(HandedIn(Submission(student, "01_numbers"), {}))


def graded_by(grader, student):
    return int(pickle.loads(zlib.decompress(grader.grade(task(student), 20))).record.reasons[0])


def test_another_process_takes_the_place_of_one_that_a_submission_ended(grader, on_worker):
    first = graded_by(grader, "adam")
    assert graded_by(grader, "eve") == first == grader.process.pid
    with pytest.raises(on_worker.Ended, match="went away"):
        grader.grade(task("deadly"), 20)
    assert graded_by(grader, "zoe") not in (first, None)


def test_one_that_takes_too_long_is_ended_with_its_process(grader, on_worker, monkeypatch):
    monkeypatch.setattr(on_worker, "MOMENT", 0.1)
    first = grader.process
    grader.wait()
    with pytest.raises(on_worker.Ended, match=r"sent nothing in 0.2 s"):
        grader.grade(task("slow"), 0.1)
    assert first.poll() is not None


def test_what_is_over_is_not_started_again(grader, on_worker, monkeypatch):
    raised, waits, receive = [], threading.Event(), grader.receive

    def told(seconds):
        waits.set()
        return receive(seconds)

    def wait():
        with pytest.raises(on_worker.Ended) as error:
            grader.grade(task("slow"), 20)
        raised.append(error)

    grader.wait()
    monkeypatch.setattr(grader, "receive", told)
    thread = threading.Thread(target=wait)
    thread.start()
    assert waits.wait(10)
    process = grader.process
    grader.teardown(None)  # while it is at work
    thread.join(10)
    assert raised and process.poll() is not None
    with pytest.raises(on_worker.NotBegun):
        grader.grade(task("adam"), 20)
    assert grader.process is process


def test_a_process_that_cannot_be_started_again_is_told(grader, on_worker, monkeypatch):
    graded_by(grader, "adam")
    grader.stop()
    monkeypatch.setattr(on_worker, "PROGRAM", [sys.executable, "-c", "pass"])
    with pytest.raises(on_worker.NotBegun, match="ended at once"):
        grader.grade(task("eve"), 20)


def test_a_worker_that_is_new_has_no_process_for_a_run(on_worker, monkeypatch):
    monkeypatch.setattr(on_worker, "get_worker", lambda: type("Worker", (), {"plugins": {}}))
    with pytest.raises(on_worker.NotBegun):
        on_worker.do("a run", task("adam"), 20)
