"""Of two runs on one course the second is told who holds it; one that was killed is not in the
way.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from forkgrade.lock import Busy, described, only_run

HOLDER = """
import sys, time
from pathlib import Path
from forkgrade.lock import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held(folder):
    """Another process that holds the lock of a folder, until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


def test_the_second_is_told_who_holds_it_and_a_killed_one_is_not_in_the_way(tmp_path):
    with held(tmp_path) as other:
        pattern = rf"graded by process {other.pid} of \S+ on \S+, since 20\d\d-\S+ \S+: wait until"
        with pytest.raises(Busy, match=pattern), only_run(tmp_path):
            pytest.fail("two at once")
        other.kill()
        other.wait()
        assert (tmp_path / ".holder.json").exists()  # it could not clean up
        with only_run(tmp_path):
            assert json.loads((tmp_path / ".holder.json").read_bytes())["process"] == str(
                os.getpid()
            )


def test_it_is_free_again_after_an_error_and_for_another_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), only_run(tmp_path / "a"):
        with only_run(tmp_path / "b"):
            pass
        1 / 0  # noqa: B018
    with only_run(tmp_path / "a"):
        pass
    assert not (tmp_path / "a" / ".holder.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
def test_a_process_that_is_forked_meanwhile_neither_keeps_nor_frees_it(tmp_path):
    with only_run(tmp_path):
        if not (kept := os.fork()):
            signal.pause()
        if not (ended := os.fork()):
            os._exit(0)
        os.waitpid(ended, 0)
        command = [sys.executable, "-c", HOLDER, str(tmp_path)]
        other = subprocess.run(command, capture_output=True, text=True)
        assert "Busy: this course is being graded by process" in other.stderr
    with only_run(tmp_path):
        os.kill(kept, signal.SIGKILL)
        os.waitpid(kept, 0)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"\xff"])
def test_a_holder_that_wrote_nothing_yet_is_another_process(tmp_path, content):
    if content is not None:
        (tmp_path / "holder").write_bytes(content)
    assert described(tmp_path / "holder") == "another process"
