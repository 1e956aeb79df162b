"""Grades many submissions at once, in processes of this machine.

Whoever grades elsewhere, on other machines say, replaces `grade_all` and nothing else.
"""

import faulthandler
import multiprocessing
import os
import signal
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from forkgrade import sandbox
from forkgrade.course import Course
from forkgrade.error_log import open_log, own_failure
from forkgrade.grade import grade
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.protocol import MOMENT
from forkgrade.records import Record, Submission
from forkgrade.warm_client import WarmClient


def grade_all(
    submissions: Sequence[Submission], course: Course, client: WarmClient | None, jobs: int
) -> Iterator[Record]:
    """Yields the record of each submission as it is graded, whatever becomes of the process that
    grades it.
    """
    waiting = dict.fromkeys(submissions)
    for submission, future in done_in_pool(submissions, course, client, jobs):
        if not isinstance(future.exception(), BrokenProcessPool):
            del waiting[submission]
            yield outcome(future, submission, course)
    for submission in waiting:  # a worker died: one of these ended it, so each alone
        for _, future in done_in_pool([submission], course, client, 1):
            yield outcome(future, submission, course)


def done_in_pool(
    submissions: Sequence[Submission], course: Course, client: WarmClient | None, jobs: int
) -> Iterator[tuple[Submission, Future]]:
    """Yields each submission with its future, once that is done."""
    with pool(jobs, course.root, client) as processes:
        futures = {processes.submit(work, one, course, client): one for one in submissions}
        pending = set(futures)
        while pending:
            # Each worker ends itself after grading_seconds; one that could not is ended here.
            patience = course.limits.grading_seconds + MOMENT
            done, pending = wait(pending, patience, return_when=FIRST_COMPLETED)
            if not done:
                end_workers(processes)
            for future in done:
                yield futures[future], future


@contextmanager
def pool(jobs: int, root: Path, client: WarmClient | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that grade: forked from this one where there is a warm process. Where the block
    raises, they are ended at once.
    """
    context = multiprocessing.get_context("fork" if client else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=begin, initargs=(root,)) as processes:
        try:
            yield processes
        except BaseException:
            end_workers(processes)
            raise


def end_workers(processes: ProcessPoolExecutor) -> None:
    """Ends the processes of a pool, whatever they are doing."""
    for process in list((processes._processes or {}).values()):
        process.kill()


def begin(root: Path) -> None:
    """Makes a process of the pool ready to grade."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sandbox.die_with_parent(multiprocessing.parent_process().pid)
    os.chdir(root)
    warnings.simplefilter("ignore")  # nbgrader's own, about how it uses its data base
    keep_what_is_compiled()


def work(submission: Submission, course: Course, client: WarmClient | None) -> Record:
    """Grades one submission in a process of the pool."""
    with deadline(course.limits.grading_seconds):
        return grade(submission, course, client)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends this process if the block takes longer, whatever it is doing then."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def outcome(future: Future, submission: Submission, course: Course) -> Record:
    """The record that a process made; where it could not make one, a record that says why."""
    if (error := future.exception()) is None:
        return future.result()
    reason = own_failure(f"{type(error).__name__}: {error}")
    if isinstance(error, BrokenProcessPool):
        reason = (
            "grading it ended the grader's own process, or took longer than "
            f"{course.limits.grading_seconds:g} s: open the notebook and see what it does"
        )
    with open_log(course.log) as (log, _):
        log.error("%s, %s: %s", submission.student, submission.assignment, reason)
    return Record(submission.student, submission.assignment, submission.digest, reasons=[reason])
