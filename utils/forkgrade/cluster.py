"""Grades on the machines of a Dask cluster, in the place of pool.py.

Who does what is decided here, not by Dask's scheduler: a worker has one submission at work and one
that waits, so submissions are taken as they are needed; it is known which submissions were on a
worker that died; and a worker gets one only after it has shown that it grades as this machine does.
Only this module needs the package `distributed`.
"""

import contextlib
import pickle
import queue
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass

from distributed import Client, Future, KilledWorker

from forkgrade import on_worker
from forkgrade.bundle import Bundle
from forkgrade.course import CourseError
from forkgrade.error_log import own_failure
from forkgrade.limits import Limits
from forkgrade.pool import IN_MEMORY
from forkgrade.records import Graded, HandedIn, not_graded
from forkgrade.versions import facts

#: Seconds to reach the scheduler, between two looks at which workers there are, and for a worker to
#: come before the run is given up.
CONNECT, LOOK, PATIENCE = 30, 1, 300
#: Seconds for a result to come over, and until it is asked whether its worker is still there.
TRANSFER, SOON = 60, 3
#: Seconds that the first workers have to show that they are fit, before any submission is sent.
MEETING = 60
#: So often a submission may end what grades it before that is its record.
TRIES = 2
KEEPS = "What has a grade keeps it: "


@dataclass(eq=False)
class Task:
    """A submission on its way.

    Attributes:
        handed_in: what is to be graded.
        worker: the address of the worker that has it.
        endings: how often what graded it came to an end.
    """

    handed_in: HandedIn
    worker: str = ""
    endings: int = 0


class Cluster:
    """The workers of a Dask scheduler.

    Attributes:
        ready: {address of a worker that can grade: the tasks that it has}.
        refused: the addresses of those that cannot.
    """

    def __init__(
        self,
        address: str,
        limits: Limits,
        solutions: str | None = None,
        say: Callable[[str], object] = print,
    ):
        """Reaches the scheduler. What TLS needs is in distributed's own config. `solutions` is the
        text of those to what will be graded: see Limits.modules. Raises CourseError.
        """
        self.address, self.say, self.limits = address, say, limits
        self.modules, self.name = limits.modules(solutions), secrets.token_hex(8)
        self.ready: dict[str, list[Task]] = {}
        self.refused: set[str] = set()
        self.meeting: dict[Future, str] = {}  # those of whom it is not known yet, by their answer
        self.pending: dict[Future, Task] = {}
        self.suspects: deque[Task] = deque()
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.client = connected(address)
        if address.startswith("tcp://"):
            say(f"{address} is not encrypted: for a private network only; tls:// is for any other")

    def close(self) -> None:
        """Takes back what is not done, and leaves the workers as they were."""
        if self.client.status != "running":
            return
        with contextlib.suppress(Exception):  # a scheduler that is gone has nothing to take back
            # First, or a worker that was busy could begin after it was told to end.
            self.client.cancel([*self.pending, *self.meeting], force=True)
            self.client.run(on_worker.end, self.name, on_error="ignore")
        self.client.close()

    def grade_all(
        self, handed_in: Iterable[HandedIn], bundles: Mapping[str, Bundle], pages: bool = True
    ) -> Iterator[Graded]:
        """Yields what came of each submission as it is graded, whatever becomes of the worker that
        grades it. Submissions are taken as they are needed. It closes the way to the cluster.

        Raises CourseError where the scheduler is lost, or no worker can be had.
        """
        self.outfit = outfit(bundles, self.modules, pages)
        packages = self.limits.course_packages
        self.facts = facts(self.modules, packages), self.modules, packages
        self.began = self.last_ready = time.monotonic()
        self.met, self.waits, self.looked = False, False, 0.0
        tasks = map(Task, handed_in)
        self.ahead = next(tasks, None)
        try:
            while self.ahead or self.pending or self.suspects:
                self.look()
                yield from self.given_up()
                self.hand_out(tasks)
                yield from self.come()
        finally:
            self.close()

    # -- workers

    def look(self) -> None:
        """Sees which workers have come and gone. Raises CourseError."""
        now = time.monotonic()
        if now - self.looked < LOOK:
            return
        self.looked = now
        present = self.present()
        for address in self.ready.keys() - present:
            self.forget(address)
        self.refused &= present
        asked = {*self.meeting.values()}
        for address in sorted(present - self.ready.keys() - self.refused - asked):
            self.meet(address)
        for future in [one for one, address in self.meeting.items() if address not in present]:
            self.drop(self.meeting, future)
        self.met = self.met or not self.meeting or now - self.began > MEETING
        if self.ready:
            self.last_ready, self.waits = now, False
        else:
            self.wait_for_one(now)

    def present(self) -> set[str]:
        """The addresses of all workers. Raises CourseError."""
        try:
            return set(self.client.scheduler_info()["workers"])
        except Exception as error:
            raise self.lost() from error

    def wait_for_one(self, now: float) -> None:
        """Says that no worker is there. Raises CourseError where none can be had."""
        if self.refused and not self.meeting:
            raise CourseError(f"no worker of {self.address} can grade this course, see above")
        if now - self.last_ready > PATIENCE:
            raise CourseError(
                f"no worker of {self.address} was ready in {PATIENCE:g} s. {KEEPS}"
                f"start workers (dask worker {self.address} --nthreads 1), and grade again"
            )
        if not (self.waits or self.meeting):
            self.waits = True
            self.say(f"{self.address} has no worker: waiting for one, {PATIENCE:g} s at most")

    def meet(self, address: str) -> None:
        """Sends a worker what it needs, and asks whether it is fit."""
        future = self.submit(address, on_worker.begin, self.name, self.outfit, *self.facts)
        self.meeting[future] = address

    def met_one(self, future: Future) -> None:
        """Takes a worker's answer."""
        address = self.meeting.pop(future)
        try:
            unconfined = future.result(timeout=TRANSFER)
        except CancelledError as error:
            raise self.lost() from error
        except Exception as error:
            self.refused.add(address)
            self.say(f"worker {address} {why_unfit(error)}. It gets no submission")
            return
        self.ready[address] = []
        if unconfined:
            self.say(f"Not confined on worker {address}: {unconfined}.")

    def forget(self, address: str) -> None:
        """Takes back what a worker has that is gone; one that comes under its address is new."""
        for task in self.ready.pop(address, []):
            future = next(one for one, other in self.pending.items() if other is task)
            self.drop(self.pending, future)
            self.suspects.append(task)
            task.endings += 1

    # -- submissions

    def hand_out(self, tasks: Iterator[Task]) -> None:
        """Sends submissions to the workers that have room; one that may have ended a worker gets
        one for itself alone, and before any other.
        """
        if not self.met:
            return
        while self.suspects and (idle := self.with_room(1)):
            self.send(self.suspects.popleft(), idle)
        while not self.suspects and self.ahead and (address := self.with_room(IN_MEMORY)):
            self.send(self.ahead, address)
            self.ahead = next(tasks, None)

    def with_room(self, most: int) -> str | None:
        """The worker that has the fewest tasks, if these are less than `most` and none of them is
        to be alone.
        """
        room = [
            (len(tasks), address)
            for address, tasks in self.ready.items()
            if len(tasks) < most and not any(task.endings for task in tasks)
        ]
        return min(room)[1] if room else None

    def send(self, task: Task, address: str) -> None:
        """Sends a submission to a worker."""
        content, seconds = pickle.dumps(task.handed_in), self.limits.grading_seconds
        future = self.submit(address, on_worker.do, self.name, content, seconds)
        self.pending[future], task.worker = task, address
        self.ready[address].append(task)

    def submit(self, address: str, call: Callable, *arguments: object) -> Future:
        """The future of a call on one worker, which will be told in `done`."""
        key = f"forkgrade-{secrets.token_hex(8)}"
        future = self.client.submit(
            call, *arguments, workers=[address], allow_other_workers=False, pure=False, key=key
        )
        future.add_done_callback(self.done.put)
        return future

    def drop(self, futures: dict[Future, object], future: Future) -> None:
        """Takes back a call: nobody waits for what comes of it."""
        del futures[future]
        self.client.cancel([future], force=True)

    def come(self) -> Iterator[Graded]:
        """Yields what has come, if anything does before it is time to look again."""
        try:
            future = self.done.get(timeout=LOOK)
        except queue.Empty:
            return
        if future in self.meeting:
            self.met_one(future)
            self.looked = 0.0
        elif future in self.pending:
            task = self.pending.pop(future)
            with contextlib.suppress(KeyError, ValueError):
                self.ready[task.worker].remove(task)
            if graded := self.outcome(task, future):
                yield graded

    def outcome(self, task: Task, future: Future) -> Graded | None:
        """What a worker made of a submission; a record that says why it could not; None where it
        will be tried again.
        """
        try:
            return pickle.loads(zlib.decompress(self.result(task, future)))
        except CancelledError as error:
            raise self.lost() from error
        except (on_worker.Ended, on_worker.NotBegun, KilledWorker, TimeoutError) as error:
            if not isinstance(error, on_worker.Ended):
                self.forget(task.worker)  # and get to know it anew
            task.endings += 1
            self.suspects.append(task)
            return None
        except Exception as error:  # this submission's alone
            reason = own_failure(f"{type(error).__name__}: {error}")
            return not_graded(task.handed_in.submission, reason)

    def result(self, task: Task, future: Future) -> bytes:
        """What a call came to. Raises what it raised, and TimeoutError where it was lost with its
        worker.
        """
        try:
            return future.result(timeout=SOON)
        except TimeoutError:
            if task.worker not in self.present():
                raise
        return future.result(timeout=TRANSFER)

    def given_up(self) -> Iterator[Graded]:
        """Yields a record of each submission that has ended too much to be tried again."""
        for task in [one for one in self.suspects if one.endings >= TRIES]:
            self.suspects.remove(task)
            yield not_graded(
                task.handed_in.submission,
                f"grading it ended the process that graded it {TRIES} times, or took longer than "
                f"{self.limits.grading_seconds:g} s: open the notebook and see what it does",
            )

    def lost(self) -> CourseError:
        """What is said where the scheduler does not answer any more."""
        return CourseError(
            f"the scheduler at {self.address} does not answer any more. {KEEPS}"
            "see to the scheduler, and grade again"
        )


def outfit(bundles: Mapping[str, Bundle], modules: Sequence[str], pages: bool) -> bytes:
    """All that a worker is sent beside the submissions."""
    return pickle.dumps((dict(bundles), list(modules), pages))


def connected(address: str) -> Client:
    """A way to a scheduler. Raises CourseError."""
    if not address.startswith(("tls://", "tcp://")):
        raise CourseError(f"{address} is no scheduler: expected one such as tls://host:8786")
    try:
        return Client(address, timeout=CONNECT, set_as_default=False)
    except Exception as error:  # distributed raises what its parts do: OSError, TypeError, ...
        cause = " ".join(str(error).split())[:300]
        raise CourseError(
            f"no scheduler answers at {address} ({cause}). Is one running there (dask scheduler), "
            "and where it speaks TLS, are the certificates named: see `On several machines` in "
            "README.md"
        ) from error


def why_unfit(error: Exception) -> str:
    """What is said of a worker that cannot grade, after its name."""
    if isinstance(error, on_worker.Unfit):
        return str(error)
    if isinstance(error, ImportError):
        return f"lacks what this machine has ({error}): install the same there"
    return f"failed before it could grade ({type(error).__name__}: {str(error)[:200]})"
