"""A meter counts what a process has ever written, and says which limit it has passed."""

import os
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from forkgrade import meter
from forkgrade.meter import Meter

from tests.forkgrade.notebooks import LIMITS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts")


def test_what_was_written_counts_also_when_its_file_is_gone(tmp_path):
    before = meter.written(os.getpid())
    with (tmp_path / "one").open("wb") as file:
        os.unlink(tmp_path / "one")
        file.write(bytes(3_000_000))
    assert 3_000_000 <= meter.written(os.getpid()) - before < 3_100_000


def test_the_threads_of_a_process_are_counted():
    before, end = meter.threads(os.getpid()), threading.Event()
    threading.Thread(target=end.wait).start()
    assert meter.threads(os.getpid()) == before + 1
    end.set()


def test_a_process_cannot_say_by_its_name_what_it_uses():
    name = (
        "import time\nopen('/proc/self/comm', 'w').write('x\\nThreads: 0')\nprint('', flush=True)\n"
    )
    program = [sys.executable, "-c", f"{name}time.sleep(60)"]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        process.stdout.read(1)
        assert meter.threads(process.pid) == 1
        process.kill()


def test_a_process_that_has_ended_uses_nothing():
    with subprocess.Popen(["true"]) as process:
        pass
    assert meter.written(process.pid) == meter.threads(process.pid) == 0


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"written_mb": -1}, "wrote more than -1 MiB to files in all"),
        ({"threads": 0}, "ran more than 0 threads at once"),
        ({"folder_mb": 0}, "wrote more than 0 MiB of files"),
        ({"files": 0}, "made more than 0 files and folders"),
        ({}, ""),
    ],
)
def test_the_limit_that_was_passed_is_named(tmp_path, limits, says):
    (tmp_path / "one").write_text("x")
    wide = {"written_mb": 10**6, "threads": 10**6}
    found = Meter(os.getpid(), str(tmp_path), replace(LIMITS, **wide | limits)).exceeded(sent=0)
    assert (says in found) if says else found == ""


def test_what_was_sent_as_results_is_no_file(tmp_path):
    written = meter.written(os.getpid())
    limits = replace(LIMITS, written_mb=written // 2**20 - 1, threads=10**6)
    watch = Meter(os.getpid(), str(tmp_path), limits)
    assert "to files in all" in watch.exceeded(sent=0)
    assert watch.exceeded(sent=2**21) == ""


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path):
    watch = Meter(os.getpid(), str(tmp_path / ("x" * 300)), replace(LIMITS, written_mb=10**6))
    assert "a folder that cannot be looked into: File name too long" in watch.exceeded(sent=0)
