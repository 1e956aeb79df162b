"""The warm process serves many notebooks, each in a process of its own, and ends with its maker."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from forkgrade.limits import Limits
from forkgrade.warm_client import Cell, WarmGone, WarmProcess

from tests.forkgrade.notebooks import LIMITS, is_running, run, text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


def test_notebooks_share_nothing(warm, tmp_path):
    first = run(warm, tmp_path, "import math\nx = math.tau = 1\nx")
    second = run(warm, tmp_path, "import math\n'x' in globals(), math.tau > 6")
    assert (text(first.results[0]), text(second.results[0])) == ("1", "(False, True)")


def test_many_notebooks_run_at_once(warm, tmp_path):
    found = []
    slow = "import time\ntime.sleep(0.4)"
    threads = [
        threading.Thread(target=lambda: found.append(run(warm, tmp_path, slow).ended))
        for _ in range(4)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [""] * 4 and time.monotonic() - began < 1.6


@pytest.fixture
def asked(warm):
    """A function that asks the warm process for a notebook; returns the connection, what is
    answered, and the two ends of the way to the notebook.
    """
    opened = []

    def ask(task):
        connection = warm.connected()
        connection.sendall(json.dumps(task).encode() + b"\n")
        said, descriptors, _, _ = socket.recv_fds(connection, 1000, 2)
        opened.append((connection, descriptors))
        return connection, json.loads(said), descriptors

    yield ask
    for connection, descriptors in opened:
        connection.close()
        for descriptor in descriptors:
            os.close(descriptor)


def wait_for_the_end(process):
    """Waits until there is no process of this number, not even one that has ended."""
    end = time.monotonic() + 5
    while os.path.exists(f"/proc/{process}"):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_notebook_ends_with_its_connection(asked, tmp_path):
    task = {"folder": str(tmp_path), "limits": LIMITS.as_dict()}
    connection, said, _ = asked(task)
    assert is_running(said["process"])
    connection.close()
    wait_for_the_end(said["process"])


def test_a_notebook_that_has_ended_keeps_its_number_until_its_status_was_told(asked, tmp_path):
    task = {"folder": str(tmp_path), "limits": LIMITS.as_dict()}
    connection, said, (from_it, _) = asked(task)
    os.kill(said["process"], signal.SIGTERM)
    while os.read(from_it, 1000):
        pass
    assert os.path.exists(f"/proc/{said['process']}")
    connection.sendall(b"{}\n")
    assert json.loads(connection.recv(1000)) == {"status": signal.SIGTERM}
    assert connection.recv(1000) == b"" and not os.path.exists(f"/proc/{said['process']}")


def test_why_a_notebook_could_not_be_begun_is_told_and_others_are(asked, warm, tmp_path):
    connection, said, descriptors = asked({"folder": "", "limits": {"no": 1}})
    assert said["broken"].startswith("TypeError: ") and "no" in said["broken"]
    assert descriptors == [] and connection.recv(1000) == b""
    assert run(warm, tmp_path, "1").ended == ""


# --- its life -------------------------------------------------------------------------------------


MAKER = """
import time
from forkgrade.limits import Limits
from forkgrade.warm_client import WarmProcess
process = WarmProcess(Limits(preload=[], preload_with={}))
process.wait()
print(process.pid, flush=True)
time.sleep(60)
"""


def test_the_warm_process_ends_with_its_maker():
    with subprocess.Popen([sys.executable, "-c", MAKER], stdout=subprocess.PIPE) as maker:
        pid = int(maker.stdout.readline())
        os.kill(pid, 0)
        maker.send_signal(signal.SIGKILL)
    end = time.monotonic() + 5
    while time.monotonic() < end and is_running(pid):
        time.sleep(0.05)
    assert not is_running(pid)


def test_a_notebook_ends_with_the_warm_process_however_that_ends(tmp_path):
    process = WarmProcess(Limits(preload=[], preload_with={}))
    client = process.wait()
    os.mkfifo(tmp_path / "number")
    source = "import os, time\nopen('number', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    failed = []

    def send():
        try:
            client.run([Cell(source, "student")], str(tmp_path), LIMITS)
        except WarmGone as error:
            failed.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    number = int((tmp_path / "number").read_text())
    assert is_running(number)
    os.kill(process.pid, signal.SIGKILL)
    thread.join(timeout=5)
    end = time.monotonic() + 5
    while time.monotonic() < end and is_running(number):
        time.sleep(0.01)
    assert failed and not is_running(number)
    process.close()
