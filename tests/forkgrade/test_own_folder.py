"""A temporary folder goes with its owner, and nobody's goes before."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest
from forkgrade.own_folder import OwnFolder, remove_abandoned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

OWNER = """
import os, time
from forkgrade.own_folder import OwnFolder
folder = OwnFolder()
if not os.fork():  # once it has let go of the lock
    print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A temporary folder of the test's own, for its children too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_is_there_until_it_is_closed(temporary):
    one, other = OwnFolder(), OwnFolder()
    remove_abandoned()
    assert one.path != other.path and os.path.isdir(one.path) and os.path.isdir(other.path)
    one.close()
    assert [str(path) for path in temporary.iterdir()] == [other.path]
    other.close()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_a_living_ones_is_not():
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as owner:
        try:
            path = owner.stdout.readline().strip()
            os.mkdir(os.path.join(path, "closed"), 0)
            remove_abandoned()
            assert os.path.isdir(path)
            os.kill(owner.pid, signal.SIGKILL)  # and not what it forked
            owner.wait()
            remove_abandoned()
            assert not os.path.exists(path)
        finally:
            os.killpg(owner.pid, signal.SIGKILL)


def test_what_others_made_stays(temporary):
    for name in "forkgrade-of-another", "warm-and-cosy":
        (temporary / name).mkdir()
    remove_abandoned()
    assert len(list(temporary.iterdir())) == 2
