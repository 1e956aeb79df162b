"""The process that forks answers by a number, sends errors where it is told, and ends in time."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools.strict_nbval import warm

pytestmark = pytest.mark.skipif(not warm.is_possible(), reason="no kernel can be forked here")
PROGRAM = Path(warm.__file__).with_name("forking.py")


@pytest.fixture
def link():
    """The end of a socket at which a process answers."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
        yield ours
    assert process.wait(timeout=30) == 0, "it ends when the other end is closed"


def test_a_fork_says_what_is_wrong_where_it_was_told_to(link, tmp_path):
    wanted = {"arguments": ["--no-such-option"], "folder": str(tmp_path), "environment": {}}
    with (tmp_path / "errors").open("w+b") as errors:
        socket.send_fds(link, [json.dumps(wanted).encode()], [errors.fileno()])
        kernel = warm.ForkedKernel(int(link.recv(32)))
        assert kernel.wait() == 0
        errors.seek(0)
        assert b"no-such-option" in errors.read()


def test_nothing_is_left_of_a_fork_that_ended(link, tmp_path):
    wanted = {"arguments": ["--help"], "folder": str(tmp_path), "environment": {}}
    with open(os.devnull, "w") as errors:
        socket.send_fds(link, [json.dumps(wanted).encode()], [errors.fileno()])
    number = int(link.recv(32))
    warm.ForkedKernel(number).wait()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
