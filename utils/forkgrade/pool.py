"""Works on many submissions at once, in processes of this machine.

Whoever grades elsewhere, on other machines say, replaces `grade_all` and nothing else.
"""

import faulthandler
import gc
import multiprocessing
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from forkgrade import sandbox
from forkgrade.bundle import Bundle
from forkgrade.error_log import own_failure
from forkgrade.grade import ToShow, grade, show
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.protocol import MOMENT
from forkgrade.records import Graded, HandedIn, not_graded
from forkgrade.warm_client import WarmClient

#: For each process this many submissions are in memory: one at work and one that waits.
IN_MEMORY = 2


@dataclass(frozen=True)
class Grading:
    """Grades what it is called with."""

    bundles: Mapping[str, Bundle]
    client: WarmClient | None
    pages: bool

    def __call__(self, handed_in: HandedIn) -> Graded:
        bundle = self.bundles.get(handed_in.submission.assignment)
        return grade(handed_in, bundle, self.client, self.pages)


def grade_all(
    handed_in: Iterable[HandedIn],
    bundles: Mapping[str, Bundle],
    client: WarmClient | None,
    jobs: int,
    pages: bool = True,
) -> Iterator[Graded]:
    """Yields what came of each submission as it is graded, whatever becomes of the process that
    grades it. Submissions are taken as they are needed.
    """
    seconds = max((bundle.limits["grading_seconds"] for bundle in bundles.values()), default=1)
    yield from in_pool(Grading(bundles, client, pages), handed_in, jobs, seconds, bool(client))


def show_all(tasks: Iterable[ToShow], jobs: int, seconds: float, fork: bool) -> Iterator[Graded]:
    """Yields the pages of each submission as they are made."""
    yield from in_pool(show, tasks, jobs, seconds, fork)


def in_pool(
    work: Callable[[HandedIn | ToShow], Graded],
    tasks: Iterable[HandedIn | ToShow],
    jobs: int,
    seconds: float,
    fork: bool,
) -> Iterator[Graded]:
    """Yields what `work` makes of each task, each within some seconds."""
    tasks, suspects = iter(tasks), [None]
    while suspects:
        suspects = []
        with pool(jobs, work, seconds, fork) as processes:
            for task, future in done_in(processes, tasks, jobs * IN_MEMORY, seconds):
                if has_died(future):
                    suspects.append(task)
                else:
                    yield outcome(task, future, seconds)
        for suspect in suspects:  # a worker died: one of these ended it, so each alone
            with pool(1, work, seconds, fork) as processes:
                for task, future in done_in(processes, iter([suspect]), 1, seconds):
                    yield outcome(task, future, seconds)


def done_in(
    processes: ProcessPoolExecutor,
    tasks: Iterator[HandedIn | ToShow],
    most: int,
    seconds: float,
) -> Iterator[tuple[HandedIn | ToShow, Future]]:
    """Yields tasks with their futures as they are done, of which at most `most` are begun; once a
    process has died, no other is begun.
    """
    pending, whole = {}, True
    while True:
        while whole and len(pending) < most and (task := next(tasks, None)) is not None:
            future = submit(processes, task)
            pending[future] = task
            whole = not has_died(future)
        if not pending:
            return
        # Each worker ends itself after its seconds; one that could not is ended here.
        done, _ = wait(pending, seconds + MOMENT, return_when=FIRST_COMPLETED)
        if not done:
            end_workers(processes)
        for future in done:
            yield pending.pop(future), future


def has_died(future: Future) -> bool:
    """Whether a process of the pool has died, so that this task is not done."""
    return future.done() and isinstance(future.exception(), BrokenProcessPool)


def submit(processes: ProcessPoolExecutor, task: HandedIn | ToShow) -> Future:
    """The future of a task; one that has failed, where a process has just died."""
    try:
        return processes.submit(do, task)
    except BrokenProcessPool as error:
        failed = Future()
        failed.set_exception(error)
        return failed


@contextmanager
def pool(jobs: int, work: Callable, seconds: float, fork: bool) -> Iterator[ProcessPoolExecutor]:
    """Processes that work: forked from this one where there is a warm process. Where the block
    raises, they are ended at once.
    """
    context = multiprocessing.get_context("fork" if fork else "spawn")
    arguments = work, seconds
    with ProcessPoolExecutor(jobs, context, initializer=begin, initargs=arguments) as processes:
        try:
            yield processes
        except BaseException:
            end_workers(processes)
            raise


def end_workers(processes: ProcessPoolExecutor) -> None:
    """Ends the processes of a pool, whatever they are doing."""
    for process in list((processes._processes or {}).values()):
        process.kill()


# --- in a process of the pool ---------------------------------------------------------------------

#: What a process of the pool does with a task, and the seconds that it has for one.
work_here: Callable[[HandedIn | ToShow], Graded]
seconds_here: float


def begin(work: Callable[[HandedIn | ToShow], Graded], seconds: float) -> None:
    """Makes a process of the pool ready."""
    global work_here, seconds_here
    work_here, seconds_here = work, seconds
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sandbox.die_with_parent(multiprocessing.parent_process().pid)
    warnings.simplefilter("ignore")  # nbgrader's own
    keep_what_is_compiled()
    gc.freeze()  # a collection would copy every page of its parent's that it looks at


def do(task: HandedIn | ToShow) -> Graded:
    """Does one task in a process of the pool."""
    with deadline(seconds_here):
        return work_here(task)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends this process if the block takes longer, whatever it is doing then."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def outcome(task: HandedIn | ToShow, future: Future, seconds: float) -> Graded:
    """What a process made of a task; where it could not, a record that says why."""
    if (error := future.exception()) is None:
        return future.result()
    reason = own_failure(f"{type(error).__name__}: {error}")
    if isinstance(error, BrokenProcessPool):
        reason = (
            "grading it ended the grader's own process, or took longer than "
            f"{seconds:g} s: open the notebook and see what it does"
        )
    return not_graded(task.submission, reason)
