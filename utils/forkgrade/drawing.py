"""Draws what is asked in a process of its own, while this one does something else.

To draw it, oracles are loaded, and with them torch: two seconds, and 180 MB that the process which
grades need not hold.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from forkgrade import sandbox
from forkgrade.course import Course


@contextmanager
def drawn_meanwhile(course: Course, assignments: Sequence[str]) -> Iterator[None]:
    """When the block ends, what is asked in these assignments is kept beside the records, where
    `Course.questions` finds it. What could not be drawn is not: whoever asks for it draws it once
    more, and is told why.

    The process is a fork, so no other thread may run.
    """
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=draw, args=(course, assignments, os.getpid()), daemon=True)
    process.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        process.join()


def draw(course: Course, assignments: Sequence[str], parent: int) -> None:
    """Keeps what is asked in some assignments, in the process `drawn_meanwhile` started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sandbox.die_with_parent(parent)
    gc.disable()  # nearly all that it makes stays until it ends
    for name in assignments:
        with suppress(Exception):  # the parent says it, when it asks
            course.questions(name)
