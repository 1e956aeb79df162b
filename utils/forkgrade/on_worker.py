"""What a Dask worker is asked to do: to keep a process that grades, see grader_process.py, and to
send it one submission after another.

The process is a program of its own: what a worker may not start with multiprocessing, since it is
a daemon, it may start so; and whatever a submission does to that process, the worker lives on.
It holds the bundles, and ends with its worker, however that ends.
"""

import asyncio
import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from distributed import Worker, WorkerPlugin, get_worker

from forkgrade import sandbox
from forkgrade.protocol import MOMENT
from forkgrade.versions import difference, facts
from forkgrade.warm_client import START, WarmProcess

#: The process, which is told where it is spoken to.
PROGRAM = [sys.executable, "-P", "-m", "forkgrade.grader_process"]


class Unfit(Exception):
    """This worker cannot grade; the message says why, after the worker's name."""


class NotBegun(Exception):
    """This worker has no process for the run, or one that cannot be started again."""


class Ended(Exception):
    """The process ended while it graded a submission; the message says how."""


class Grader(WorkerPlugin):
    """The process of a worker that grades, and the way to it. It ends with the worker."""

    process: subprocess.Popen
    connection: Connection

    def __init__(self, outfit: bytes):
        """`outfit` is what the process is sent first."""
        self.outfit, self.lock = outfit, threading.Lock()
        self.is_ready = self.is_over = False

    def setup(self, worker: Worker) -> None:
        """Starts the process, and does not wait."""
        self.start()

    def teardown(self, worker: Worker) -> None:
        """Ends the process for good. Whoever waits for it is told by Ended."""
        self.is_over = True
        self.stop()

    def start(self) -> None:
        """Starts a process without waiting, which ends when the way to it does."""
        self.connection, theirs = Pipe()
        self.is_ready = False
        with theirs:
            self.process = subprocess.Popen(
                [*PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt at the worker's terminal is the worker's
            )
        if self.is_over:
            self.stop()
        with contextlib.suppress(OSError):  # wait says so
            self.connection.send_bytes(self.outfit)

    def stop(self) -> None:
        """Ends the process, if it has not ended."""
        self.process.kill()  # what runs notebooks for it ends with it
        self.process.wait()

    def wait(self) -> None:
        """Returns once the process can grade. Raises Unfit."""
        if not self.is_ready:
            try:
                reason = pickle.loads(self.receive(START))
            except Ended:
                reason = "it ended at once, see the worker's log"
            if reason:
                raise Unfit(f"could not start the process that grades: {reason}")
            self.is_ready = True

    def grade(self, task: bytes, seconds: float) -> bytes:
        """What comes of a submission; the process is started anew where the last one ended it.
        Raises Ended and NotBegun.
        """
        with self.lock:
            if self.is_over:
                raise NotBegun("its process was ended")
            if self.process.poll() is not None:
                self.start()
            try:
                self.wait()
                return self.answer(task, seconds + MOMENT)  # it ends itself after its seconds
            except Unfit as error:
                raise NotBegun(str(error)) from error
            except Ended:
                self.stop()
                raise

    def answer(self, task: bytes, seconds: float) -> bytes:
        """What the process answers within some seconds. Raises Ended."""
        try:
            self.connection.send_bytes(task)
        except OSError as error:
            raise Ended("it went away") from error
        return self.receive(seconds)

    def receive(self, seconds: float) -> bytes:
        """What the process sends within some seconds. Raises Ended."""
        try:
            if self.connection.poll(seconds):
                return self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise Ended("it went away") from error
        raise Ended(f"it sent nothing in {seconds:g} s")


# --- what is called -------------------------------------------------------------------------------


async def begin(
    name: str, outfit: bytes, here: Mapping[str, str], preload: Sequence[str], packages: Sequence
) -> str:
    """Starts the process of a run and waits until it can grade; returns what of a notebook cannot
    be confined on this machine, "" if all can. Raises Unfit where this machine differs from the one
    that asks.
    """
    if differs := difference(here, facts(preload, packages)):
        raise Unfit(differs)
    if not WarmProcess.is_possible():
        raise Unfit(f"runs on {sys.platform}, and notebooks are confined on Linux only")
    grader = Grader(outfit)
    await get_worker().plugin_add(grader, name, catch_errors=False)
    await asyncio.to_thread(grader.wait)
    return sandbox.missing() or ""


def do(name: str, task: bytes, seconds: float) -> bytes:
    """What the process of a run makes of a submission. Raises Ended where that cost its life, and
    NotBegun where there is none.
    """
    grader = get_worker().plugins.get(name)
    if grader is None:
        raise NotBegun("the worker is a new one")
    return grader.grade(task, seconds)


async def end(name: str, dask_worker: Worker) -> None:
    """Ends the process of a run, if there is one, whatever the threads of the worker wait for."""
    if name in dask_worker.plugins:
        await dask_worker.plugin_remove(name)
