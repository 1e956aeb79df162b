"""Grades what a Dask worker sends, one submission after another: `python -m
forkgrade.grader_process FD`, see on_worker.py.

First come the bundles, and "" goes back once notebooks can be run, or why they cannot. Then each
submission that comes is graded, and what came of it goes back. It holds the one warm process of its
worker. It ends when its worker does, when its warm process does, when a submission takes longer
than its seconds, and where nothing has come for long: the worker then starts another one.
"""

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
import warnings
import zlib
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from forkgrade.bundle import Bundle
from forkgrade.grade import get_ready
from forkgrade.limits import Limits
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.pool import Grading, deadline
from forkgrade.warm_client import NoSandbox, WarmProcess

#: Seconds without a submission after which whoever asked is taken for dead.
IDLE = 900


class GraderProcess:
    """What this process is: a way to its worker, and a warm process."""

    def __init__(self, connection: Connection):
        self.connection, self.received = connection, queue.SimpleQueue()
        self.warm: WarmProcess | None = None

    def receive(self) -> None:
        """Takes what the worker sends, and ends this process when the worker ends, whatever this
        process is doing then.
        """
        try:
            while True:
                self.received.put(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.end()

    def end(self) -> None:
        """Ends this process and its warm process."""
        if self.warm:
            self.warm.close()
        os._exit(0)

    def begin(self, bundles: Mapping[str, Bundle], modules: Sequence[str], pages: bool) -> Grading:
        """What will grade, once notebooks can be run. Raises NoSandbox, and RuntimeError where the
        warm process could not start.
        """
        limits = next(iter(bundles.values())).limits if bundles else {}
        limits = Limits(**limits | {"preload": list(modules), "preload_with": {}})
        self.warm = WarmProcess(limits)
        for bundle in bundles.values():  # while the warm process imports what it needs
            get_ready(bundle)
        return Grading(bundles, self.warm.wait(), pages)

    def work(self) -> None:
        """Does all that this process does."""
        threading.Thread(target=self.receive, daemon=True).start()
        bundles, modules, pages = pickle.loads(self.received.get())
        try:
            grading = self.begin(bundles, modules, pages)
        except (NoSandbox, RuntimeError) as error:
            self.connection.send(str(error))
            return
        self.connection.send("")
        seconds = max((one.limits["grading_seconds"] for one in bundles.values()), default=1)
        while task := self.next():
            with deadline(seconds):
                graded = grading(pickle.loads(task))
            if self.warm.process.poll() is not None:
                return  # and the worker starts another
            self.connection.send_bytes(zlib.compress(pickle.dumps(graded), 1))

    def next(self) -> bytes | None:
        """The next submission; None where there has been none for long."""
        try:
            return self.received.get(timeout=IDLE)
        except queue.Empty:
            return None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    warnings.simplefilter("ignore")  # nbgrader's own
    keep_what_is_compiled()
    process = GraderProcess(Connection(int(sys.argv[1])))
    try:
        process.work()
    except Exception:
        traceback.print_exc()  # to the worker's log
    process.end()
