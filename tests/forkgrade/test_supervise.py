"""A supervisor ends what goes on too long, and says why a notebook ended."""

import os
import signal
import socket
import sys
import time

import pytest
from forkgrade import supervise
from forkgrade.files import TooMuch
from forkgrade.limits import Limits
from forkgrade.protocol import JsonLines

from tests.forkgrade.notebooks import LIMITS, run, text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


WRITES = """
import contextlib, os
for descriptor in range(3, 9):
    with contextlib.suppress(OSError):
        os.write(descriptor, """


ENDS = {
    "import os\nos._exit(3)": "the notebook ended its process with exit code 3",
    "import os\nos.kill(os.getpid(), 9)": "the notebook's process was ended by SIGKILL",
    "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass": (
        "a cell ran longer than 1 s and could not be interrupted"
    ),
    "for n in range(3):\n    open(f'{n}', 'wb').write(bytes(2**19))": (
        "the notebook wrote more than 1 MiB of files"
    ),
    "import os\nos.makedirs('/'.join('d' * 30))": (
        "the folder of the notebook has folders more than 20 deep"
    ),
    WRITES + "b'{}\\n')": "the notebook wrote on the channel of its results",
    WRITES + "b'x\\n')": "the notebook wrote on the channel of its results",
}


@pytest.mark.parametrize("source", ENDS)
def test_a_notebook_that_ends_early_keeps_what_it_did_and_says_why(warm, tmp_path, source):
    began = time.monotonic()
    done = run(warm, tmp_path, "1", source, "2")
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


def test_no_process_outlives_its_notebook(warm, tmp_path):
    done = run(warm, tmp_path, "import os\nos.getpid()")
    with pytest.raises(ProcessLookupError):
        os.kill(int(text(done.results[0])), 0)


@pytest.fixture
def pipes():
    """Both sides of two lines: above and below the supervisor, seen from it and from beyond."""
    sockets = [*socket.socketpair(), *socket.socketpair()]
    yield [JsonLines(one.fileno(), one.fileno()) for one in sockets]
    for one in sockets:
        one.close()


CELL = {"source": "1", "kind": "student", "key": "the key"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"key": "another", "outputs": []}, "wrote on the channel of its results"),
        ({"outputs": []}, "wrote on the channel of its results"),
        (["no result"], "wrote on the channel of its results"),
        (
            {"failed": "Traceback\nOSError: gone\n"},
            "the process of the notebook failed: OSError: gone",
        ),
    ],
)
def test_only_who_was_given_the_cell_may_answer(pipes, answer, says):
    above, _, below, child = pipes
    child.send(answer)
    with pytest.raises(supervise.Ended, match=says):
        supervise.run_cell(CELL, above, below, 1, LIMITS)


def test_a_cell_goes_down_with_its_seconds_and_its_result_comes_back_without_the_key(pipes):
    above, _, below, child = pipes
    child.send({"key": "the key", "outputs": [], "put_back": []})
    result = supervise.run_cell(CELL, above, below, 1, LIMITS)
    assert result == {"outputs": [], "put_back": []}
    assert child.receive() == CELL | {"seconds": 1}


def test_a_child_that_does_not_take_its_cell_is_not_waited_for(pipes):
    above, _, below, _ = pipes
    began = time.monotonic()
    with pytest.raises(supervise.Ended, match=r"longer than 0\.1 s and could not be interrupted"):
        supervise.run_cell(CELL | {"source": "x" * 2**22}, above, below, 0.1, LIMITS)
    assert time.monotonic() - began < 5


def test_what_the_keeper_itself_cannot_do_is_told_as_such(monkeypatch):
    ours, its = socket.socketpair()
    monkeypatch.setattr(supervise, "run_below", lambda *a: 1 / 0)
    supervise.supervise(its, None)
    answer = JsonLines(ours.fileno(), ours.fileno()).receive(seconds=1)
    assert answer == {"broken": "ZeroDivisionError: division by zero"}
    ours.close()
    its.close()


def test_a_folder_that_was_closed_cannot_be_counted(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    look = os.scandir

    def refuse(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "not yours")
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(TooMuch, match="closed to the grader"):
        supervise.size_of(str(tmp_path))


def test_a_process_that_could_not_start_says_why(pipes, tmp_path):
    above, _, below, child = pipes
    child.send({"failed": "no folder"})
    with pytest.raises(supervise.Ended, match="could not start: no folder"):
        supervise.pass_cells(above, below, str(tmp_path), LIMITS)


def test_the_size_of_a_folder_is_that_of_its_own_files(tmp_path):
    (tmp_path / "beside").write_bytes(bytes(10_000))
    own = tmp_path / "own"
    (own / "inner").mkdir(parents=True)
    (own / "one").write_bytes(bytes(300))
    (own / "inner" / "two").write_bytes(bytes(50))
    (own / "link").symlink_to(tmp_path)
    assert supervise.size_of(str(own)) == 350 + len(str(tmp_path))


def test_how_a_process_ended_is_read_from_its_status():
    assert supervise.how_it_ended(3 << 8).endswith("with exit code 3")
    assert supervise.how_it_ended(signal.SIGSEGV).endswith("was ended by SIGSEGV")
