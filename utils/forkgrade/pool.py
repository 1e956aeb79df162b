"""Grades many submissions at once, in processes of this machine.

Whoever grades elsewhere, on other machines say, replaces `grade_all` and nothing else.
"""

import faulthandler
import multiprocessing
import os
import signal
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from forkgrade import sandbox
from forkgrade.course import Course
from forkgrade.error_log import open_log
from forkgrade.grade import grade
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.records import Record, Submission
from forkgrade.warm_client import WarmClient


def grade_all(
    submissions: Sequence[Submission], course: Course, client: WarmClient | None, jobs: int
) -> Iterator[Record]:
    """Yields the record of each submission as it is graded, whatever becomes of the process that
    grades it.
    """
    waiting = dict.fromkeys(submissions)
    with pool(jobs, course.root, client) as processes:
        futures = {processes.submit(work, one, course, client): one for one in submissions}
        for future in as_completed(futures):
            if not isinstance(future.exception(), BrokenProcessPool):
                submission = futures[future]
                del waiting[submission]
                yield outcome(future, submission, course)
    for submission in waiting:  # a worker died: one of these ended it, so each alone
        with pool(1, course.root, client) as processes:
            future = processes.submit(work, submission, course, client)
            yield outcome(future, submission, course)


def pool(jobs: int, root: Path, client: WarmClient | None) -> ProcessPoolExecutor:
    """Processes that grade: forked from this one where there is a warm process."""
    context = multiprocessing.get_context("fork" if client else "spawn")
    return ProcessPoolExecutor(jobs, context, initializer=begin, initargs=(root,))


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
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, BrokenProcessPool):
        reason = (
            "grading it ended the grader's own process, or took longer than "
            f"{course.limits.grading_seconds:g} s"
        )
    with open_log(course.log) as (log, _):
        log.error("%s, %s: %s", submission.student, submission.assignment, reason)
    return Record(submission.student, submission.assignment, submission.digest, reasons=[reason])
