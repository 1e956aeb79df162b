"""What goes on too long is ended, and it is told why a notebook ended."""

import os
import signal
import socket
import sys
import time
from dataclasses import replace

import pytest
from forkgrade import scratch, supervise
from forkgrade.limits import Limits
from forkgrade.protocol import JsonLines

from tests.forkgrade.hostile import DEEP, STOPPED
from tests.forkgrade.notebooks import LIMITS, run, text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


WRITES = """
import contextlib, os
for descriptor in range(3, 256):
    with contextlib.suppress(OSError):
        os.write(descriptor, """


SMALL = replace(LIMITS, written_mb=2, files=50, threads=20, total_chars=10_000)
# Each file is gone when the cell ends.
REMOVED = """
import os
for n in range(99):
    with open("one", "wb") as file:
        os.unlink("one")
        file.write(bytes(2**18))
"""
THREADS = """
import threading, time
for _ in range(40):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)
"""
ENDS = {
    "import os\nos._exit(3)": "the notebook ended its process with exit code 3",
    "import os\nos.kill(os.getpid(), 9)": "the notebook's process was ended by SIGKILL",
    "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass": (
        "a cell ran longer than 1 s and could not be interrupted"
    ),
    "for n in range(3):\n    open(f'{n}', 'wb').write(bytes(2**19))": (
        "the notebook wrote more than 1 MiB of files"
    ),
    REMOVED: "the notebook wrote more than 2 MiB to files in all, removed ones too",
    "import os\nfor n in range(99):\n    os.mkdir(f'{n}')": (
        "the notebook made more than 50 files and folders"
    ),
    DEEP: "the notebook made more than 50 files and folders",
    THREADS: "the notebook ran more than 20 threads at once",
    "class Long(Exception): pass\nfor n in range(9): print('x' * 9_000)\nraise Long('x' * 9_000)": (
        "the notebook sent more than 20000 bytes of output"
    ),
    STOPPED: "a cell ran longer than 1 s and could not be interrupted",
    WRITES + "b'{}\\n')": "the notebook wrote on the channel of its results",
    WRITES + "b'x\\n')": "the notebook wrote on the channel of its results",
}


@pytest.mark.parametrize("source", ENDS)
def test_a_notebook_that_ends_early_keeps_what_it_did_and_says_why(warm, tmp_path, source):
    began = time.monotonic()
    done = run(warm, tmp_path, "1", source, "import time\ntime.sleep(0.3)", limits=SMALL)
    assert time.monotonic() - began < 20  # many times the limits
    assert done.ended == ENDS[source]
    assert text(done.results[0]) == "1" and len(done.results) < 3


def test_all_cells_together_have_a_limit(warm, tmp_path):
    limits = Limits(cell_seconds=1, total_seconds=0.3).for_notebook()
    done = run(
        warm, tmp_path, "import time\ntime.sleep(0.2)", *["time.sleep(0.2)"] * 3, limits=limits
    )
    assert done.ended == "the notebook ran longer than 0.3 s in total"
    assert len(done.results) == 2 and done.results[1].outputs[0]["ename"] == "CellTimeoutError"


def test_cells_have_a_limit_in_number(warm, tmp_path):
    done = run(warm, tmp_path, *"123", limits=replace(LIMITS, cells=2))
    assert done.ended == "the notebook has more than 2 cells to run" and len(done.results) == 2


def test_no_process_outlives_its_notebook(warm, tmp_path):
    done = run(warm, tmp_path, "import os\nos.getpid()")
    with pytest.raises(ProcessLookupError):
        os.kill(int(text(done.results[0])), 0)


@pytest.fixture
def tmp_path(tmp_path):
    """A folder that goes at once: pytest could not remove what lies 3,000 folders deep in it."""
    yield tmp_path
    scratch.remove(str(tmp_path))


@pytest.fixture
def pipes():
    """Both sides of a line: the grader's, and that of a notebook's process."""
    sockets = socket.socketpair()
    yield [JsonLines(one.fileno(), one.fileno()) for one in sockets]
    for one in sockets:
        one.close()


class Idle:
    """The meter of a process that uses nothing."""

    limits = LIMITS

    def exceeded(self, sent):
        return ""


IDLE = Idle()
CELL = {"source": "1", "kind": "student", "key": "the key"}


def nested(count):
    """Lists within lists."""
    value = []
    for _ in range(count):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"key": "another", "outputs": []}, "wrote on the channel of its results"),
        ({"outputs": []}, "wrote on the channel of its results"),
        (["no result"], "wrote on the channel of its results"),
        (
            {"failed": "Traceback\ngive 16 of 16\n"},
            "^the process of the notebook failed$",
        ),
        ({"key": "the key", "seen": nested(60)}, "wrote on the channel of its results"),
    ],
)
def test_only_who_was_given_the_cell_may_answer(pipes, answer, says):
    below, child = pipes
    child.send(answer)
    with pytest.raises(supervise.Ended, match=says):
        supervise.run_cell(CELL, below, 1, IDLE)


def test_a_cell_goes_down_with_its_seconds_and_its_result_comes_back_without_the_key(pipes):
    below, child = pipes
    child.send({"key": "the key", "outputs": [], "seen": None})
    result = supervise.run_cell(CELL, below, 1, IDLE)
    assert result == {"outputs": [], "seen": None}
    assert child.receive() == CELL | {"seconds": 1}


def test_more_brackets_than_can_be_read_are_no_result(pipes):
    below, child = pipes
    os.write(child.outward, b"[" * 50_000 + b"]" * 50_000 + b"\n")
    with pytest.raises(supervise.Ended, match="wrote on the channel of its results"):
        supervise.run_cell(CELL, below, 1, IDLE)


def test_a_result_holds_no_word_of_the_grader_s_own(pipes):
    below, child = pipes
    child.send({"key": "the key", "outputs": [], "seen": 1, "broken": "it", "ended": "done"})
    assert supervise.run_cell(CELL, below, 1, IDLE) == {"outputs": [], "seen": 1}


def test_a_process_that_does_not_read_is_not_waited_for(pipes):
    below, _ = pipes
    with pytest.raises(supervise.Ended, match=r"longer than 0\.1 s and could not be interrupted"):
        supervise.run_cell(CELL | {"source": "#" * 2**22}, below, 0.1, IDLE)


def test_a_process_that_could_not_start_says_why(pipes):
    below, child = pipes
    child.send({"failed": "no folder"})
    with pytest.raises(supervise.Ended, match="could not start: no folder"):
        list(supervise.results([CELL], below, IDLE))


def test_how_a_process_ended_is_read_from_its_status():
    assert supervise.how_it_ended(3 << 8).endswith("with exit code 3")
    assert supervise.how_it_ended(signal.SIGSEGV).endswith("was ended by SIGSEGV")
