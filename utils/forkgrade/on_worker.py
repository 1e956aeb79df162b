"""What a Dask worker is asked to do: to keep a process that grades, see grader_process.py, and to
send it one submission after another.

The process is a program of its own: what a worker may not start with multiprocessing, since it is
a daemon, it may start so; and whatever a submission does to that process, the worker lives on.
It holds the bundles, and ends with its worker, however that ends.
"""

import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import Pipe

from forkgrade.protocol import MOMENT
from forkgrade.versions import difference, facts
from forkgrade.warm_client import START, WarmProcess

#: {(address of the worker, name of the run): its process}.
graders: dict[tuple[str, str], "Grader"] = {}


class Unfit(Exception):
    """This worker cannot grade; the message says why, after the worker's name."""


class NotBegun(Exception):
    """This worker has no process for the run, or one that cannot be started again."""


class Ended(Exception):
    """The process ended while it graded a submission; the message says how."""


class Grader:
    """A process that grades, and the way to it.

    It is sent what it needs at once, and ends when the way to it does.
    """

    def __init__(self, outfit: bytes):
        """Starts it without waiting; `outfit` is what it is sent first."""
        self.outfit, self.lock, self.is_ready = outfit, threading.Lock(), False
        self.connection, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "forkgrade.grader_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt at the worker's terminal is the worker's
            )
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # wait says so
            self.connection.send_bytes(outfit)

    def wait(self) -> None:
        """Returns once it can grade. Raises Unfit."""
        if not self.is_ready:
            try:
                reason = pickle.loads(self.receive(START))
            except Ended:
                reason = "it ended at once, see the worker's log"
            if reason:
                raise Unfit(f"could not start the process that grades: {reason}")
            self.is_ready = True

    def grade(self, task: bytes, seconds: float) -> bytes:
        """What it makes of a submission. Raises Ended."""
        try:
            self.connection.send_bytes(task)
        except OSError as error:
            raise Ended("went away") from error
        return self.receive(seconds + MOMENT)  # it ends itself after its seconds

    def receive(self, seconds: float) -> bytes:
        """What it sends within some seconds. Raises Ended."""
        try:
            if self.connection.poll(seconds):
                return self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise Ended("went away") from error
        raise Ended(f"sent nothing in {seconds:g} s")

    def close(self) -> None:
        """Ends it. Whoever waits for it is told by Ended."""
        self.process.kill()  # whoever runs notebooks for it ends with it
        self.process.wait()


# --- what is called -------------------------------------------------------------------------------


def begin(
    name: str, outfit: bytes, here: Mapping[str, str], preload: Sequence[str], packages: Sequence
) -> str:
    """Starts the process of a run and waits until it can grade; returns what of a notebook cannot
    be confined on this machine, "" if all can. Raises Unfit where this machine differs from the one
    that asks.
    """
    from forkgrade import sandbox

    if differs := difference(here, facts(preload, packages)):
        raise Unfit(differs)
    if not WarmProcess.is_possible():
        raise Unfit(f"runs on {sys.platform}, and notebooks are confined on Linux only")
    grader = graders[this_worker(), name] = Grader(outfit)
    try:
        grader.wait()
    except Unfit:
        grader.close()
        raise
    return sandbox.missing() or ""


def do(name: str, task: bytes, seconds: float) -> bytes:
    """What the process of a run makes of a submission. Raises Ended where that cost its life, and
    NotBegun where there is none.
    """
    key = this_worker(), name
    if (grader := graders.get(key)) is None:
        raise NotBegun("it was started anew")
    with grader.lock:
        try:
            grader = alive(key)
            return grader.grade(task, seconds)
        except Ended:
            if graders.get(key) is grader:  # and not meanwhile told to end
                grader.close()
            raise
        except Unfit as error:
            raise NotBegun(str(error)) from error


def alive(key: tuple[str, str]) -> Grader:
    """The process of a run that can grade: another where the last one has ended. Raises Unfit, or
    Ended where the run did.
    """
    grader = graders.get(key)
    if grader is None:
        raise Ended("went away")
    if grader.process.poll() is not None:
        lock = grader.lock
        grader = Grader(grader.outfit)
        grader.lock = lock
        graders[key] = grader
    grader.wait()
    return grader


def end(name: str, dask_worker: object = None) -> None:
    """Ends the process of a run on a worker; called by its loop, whatever its threads wait for."""
    if grader := graders.pop((dask_worker.address, name), None):
        grader.close()


def this_worker() -> str:
    """The address of the worker that runs this task."""
    from distributed import get_worker

    return get_worker().address
