"""Graphs that overflow a stack where they are walked or freed by recursion: 1 MB, and a main
thread's.
"""

import subprocess
import sys
import textwrap

import pytest
from autograd_seen.live.found import FEW_TOUCHED, MOST_TOUCHED

from tools.places import ROOT

PROGRAMS = {
    "drawn": """
        picture = draw_graph(chain(), max_operations=10**6)
        print("drawn and freed", picture.graph.limit)
    """,
    "recorded": """
        recording = record_backward(chain(), max_operations=10**6)
        print("recorded and freed", len(recording.steps))
    """,
    "taped": """
        with record_forward() as tape:
            z = chain()
        kept = draw_graph(z, tape=tape, max_operations=10**6).graph.limit, len(tape), tape.full
        del z, tape
        y = torch.tensor(0.5, requires_grad=True) * 2
        with record_forward():
            for _ in range(DEEP):
                y += 1
        del y
        x = torch.tensor(0.5, requires_grad=True)
        for _ in range(8_000):
            with record_forward():
                x = x.sin()
        del x
        print("taped and freed", *kept)
    """,
}
START = """
import threading
import torch
from autograd_seen import draw_graph, record_backward, record_forward

DEEP = {}

def chain():
    z = torch.tensor(0.5, requires_grad=True)
    for _ in range(DEEP):
        z = z.sin()
    return z

def work():
{}

"""
SMALL_THREAD = """
threading.stack_size(2**20)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
#: A main thread with the smallest stack that counts as large, 4 MB: about 20,000 nodes fill it.
MAIN_THREAD = """
import os, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_STACK)
if "again" not in sys.argv:
    resource.setrlimit(resource.RLIMIT_STACK, (2**22, most))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], "again"])
work()
"""


@pytest.fixture(scope="module")
def said():
    """What the programs printed in a small thread."""
    return run_programs(SMALL_THREAD, 8_000)


@pytest.fixture(scope="module")
def said_by_main():
    """What the programs printed in a main thread."""
    pytest.importorskip("resource", reason="there are no limits of a stack to set")
    return run_programs(MAIN_THREAD, 25_000)


def run_programs(start, deep):
    """What the programs print of chains so deep, one line each, run one after the other: a crash
    takes the later lines with it.
    """
    body = "\n".join(map(textwrap.dedent, PROGRAMS.values()))
    program = START.format(deep, textwrap.indent(body, "    ")) + start
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=400
    )
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    return lines | {"end": (done.returncode, done.stderr)}


def test_a_chain_of_25_000_is_drawn_and_freed(said, said_by_main):
    assert said.get("drawn") == f"and freed {FEW_TOUCHED}"
    assert said_by_main.get("drawn") == f"and freed {MOST_TOUCHED}"


def test_a_chain_of_25_000_is_recorded_and_freed(said, said_by_main):
    assert said.get("recorded") == f"and freed {FEW_TOUCHED}"
    assert said_by_main.get("recorded") == f"and freed {MOST_TOUCHED}"


def test_a_loop_of_25_000_is_taped_and_freed(said, said_by_main):
    assert said.get("taped") == f"and freed {FEW_TOUCHED} {MOST_TOUCHED} True"
    assert said_by_main.get("taped") == f"and freed {MOST_TOUCHED} {MOST_TOUCHED} True"


def test_no_complaint_and_no_crash_ends_them(said, said_by_main):
    assert said["end"] == said_by_main["end"] == (0, "")
