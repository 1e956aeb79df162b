"""The process that grades for a worker makes what this machine makes, and ends when it should."""

import pickle
import sys
import threading
import zlib
from multiprocessing import Pipe
from types import SimpleNamespace

import pytest
from forkgrade.records import HandedIn, Submission
from forkgrade.warm_client import WarmProcess

from tests.forkgrade.conftest import NAME

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own
    pytest.mark.skipif(sys.platform != "linux", reason="workers run on Linux"),
]
NO_BUNDLE = pickle.dumps(({}, [], True))


@pytest.fixture
def begun(monkeypatch):
    """A function that begins its work in a thread of this process; returns the way to it, the
    thread, and what is set when the whole process would end.
    """
    from forkgrade import grader_process

    made = []

    def begun(outfit, warm=None):
        way, theirs = Pipe()
        process = grader_process.GraderProcess(theirs)
        if warm:
            monkeypatch.setattr(grader_process, "WarmProcess", lambda limits: warm)
        thread, ended = threading.Thread(target=process.work), threading.Event()
        process.end = ended.set
        thread.start()
        way.send_bytes(outfit)
        made.append((process, way, thread))
        return way, thread, ended

    yield begun
    for process, way, thread in made:
        way.close()
        process.received.put(None)
        thread.join(10)
        if isinstance(process.warm, WarmProcess):
            process.warm.close()


def stand_in(alive=True):
    return SimpleNamespace(
        process=SimpleNamespace(poll=lambda: None if alive else 1),
        wait=lambda: None,
        close=lambda: None,
    )


def answer(way):
    assert way.poll(20)
    return pickle.loads(zlib.decompress(way.recv_bytes()))


def test_what_it_makes_is_what_the_pool_of_this_machine_makes(small, warm, begun):
    from forkgrade import batches, pool

    for student, text in ("adam", "answer = 2"), ("eve", "answer = 3"), ("zoe", "print(1/0)"):
        small.hand_in(student, text)
    course = small.course
    course.release(NAME)
    with batches.open_book(course) as book:
        bundles = {NAME: batches.make_bundle(course, book, NAME)}
    read = list(batches.read_all(course, course.submissions(), bundles))
    here = sorted(pool.grade_all(read, bundles, warm, 1), key=lambda one: one.record.student)

    way, _, ended = begun(pickle.dumps((bundles, [], True)))
    assert way.poll(30) and way.recv() == ""
    for one, expected in zip(read, here, strict=True):
        way.send_bytes(pickle.dumps(one))
        assert answer(way) == expected and expected.pages and expected.files
    way.close()  # its worker has ended
    assert ended.wait(10)


def test_it_ends_with_its_warm_process_and_keeps_what_it_cannot_trust(begun, monkeypatch):
    from forkgrade import grader_process

    monkeypatch.setattr(grader_process, "Grading", lambda *_: lambda one: one.submission.student)
    task = pickle.dumps(HandedIn(Submission("adam", NAME), {}))
    way, thread, _ = begun(NO_BUNDLE, stand_in())
    assert way.poll(10) and way.recv() == ""
    way.send_bytes(task)
    assert answer(way) == "adam" and thread.is_alive()

    way, thread, _ = begun(NO_BUNDLE, stand_in(alive=False))
    assert way.poll(10) and way.recv() == ""
    way.send_bytes(task)
    thread.join(10)
    assert not thread.is_alive() and not way.poll(0)


def test_it_ends_where_nobody_has_asked_for_long(begun, monkeypatch):
    from forkgrade import grader_process

    monkeypatch.setattr(grader_process, "IDLE", 0.05)
    _, thread, _ = begun(NO_BUNDLE, stand_in())
    thread.join(10)
    assert not thread.is_alive()


def test_why_it_cannot_begin_is_answered(begun, monkeypatch):
    from forkgrade import grader_process
    from forkgrade.warm_client import NoSandbox

    def refuse(limits):
        raise NoSandbox("no Landlock")

    monkeypatch.setattr(grader_process, "WarmProcess", refuse)
    way, thread, _ = begun(NO_BUNDLE)
    assert way.poll(10) and way.recv() == "no Landlock"
    thread.join(10)
    assert not thread.is_alive()
