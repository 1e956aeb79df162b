"""What is asked is drawn beside, and what goes wrong there is told by whoever asks."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from forkgrade.drawing import drawn_meanwhile

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def course(root, harm=lambda name: None):
    """A course that keeps by which process an assignment was asked for."""

    def questions(name):
        harm(name)
        (root / name).write_text(str(os.getpid()))

    return SimpleNamespace(questions=questions)


def test_it_is_drawn_by_another_process_when_the_block_ends(tmp_path):
    with drawn_meanwhile(course(tmp_path), ["01_a", "02_b"]):
        pass
    numbers = {(tmp_path / name).read_text() for name in ("01_a", "02_b")}
    assert len(numbers) == 1 and str(os.getpid()) not in numbers


def test_what_cannot_be_drawn_is_left_to_who_asks(tmp_path, capfd):
    def harm(name):
        if name == "01_a":
            raise ValueError("no such oracle")

    with drawn_meanwhile(course(tmp_path, harm), ["01_a", "02_b"]):
        pass
    assert not (tmp_path / "01_a").exists() and (tmp_path / "02_b").exists()
    assert capfd.readouterr() == ("", "")


def test_where_the_block_is_interrupted_nothing_goes_on(tmp_path):
    started, others = time.monotonic(), set(multiprocessing.active_children())
    with (
        pytest.raises(KeyboardInterrupt),
        drawn_meanwhile(course(tmp_path, lambda name: time.sleep(60)), ["01_a"]),
    ):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 30 and not (tmp_path / "01_a").exists()
    assert set(multiprocessing.active_children()) == others


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends a child with its parent")
def test_it_ends_with_the_process_that_started_it(tmp_path):
    program = """
import json, os, sys, time
from types import SimpleNamespace
from forkgrade.drawing import drawn_meanwhile

def questions(name):
    print(json.dumps(os.getpid()), flush=True)
    time.sleep(60)

with drawn_meanwhile(SimpleNamespace(questions=questions), ["01_a"]):
    time.sleep(60)
"""
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    number = json.loads(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    until = time.monotonic() + 10
    while is_running(number) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(number)


def is_running(number):
    """Whether a process runs; one that has ended may be there until somebody asks for it."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
