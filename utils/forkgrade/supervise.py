"""Stands between the grader and the process of one notebook: it hands over one cell at a time, and
watches clock, output and disk.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator

from forkgrade.meter import Meter
from forkgrade.protocol import MOMENT, JsonLines

#: Seconds between two looks at a cell that runs.
PERIOD = 0.1
#: Lists within lists in the result of a cell.
DEEPEST = 50
NO_RESULT = "the notebook wrote on the channel of its results"


class Ended(Exception):
    """A notebook ended early; the message says why, "" if its process says more."""


def results(cells: Iterable[dict], below: JsonLines, meter: Meter) -> Iterator[dict]:
    """Sends cells to the process of a notebook, one by one, and yields what came of each. Raises
    Ended.
    """
    limits = meter.limits
    greeting = below.receive(MOMENT)
    if greeting != {"ready": True}:
        failed = greeting and greeting["failed"]
        raise Ended(f"the notebook's process could not start: {failed}" if failed else "")
    spent = 0.0
    for count, cell in enumerate(cells):
        left = limits.total_seconds - spent
        if left <= 0:
            raise Ended(f"the notebook ran longer than {limits.total_seconds:g} s in total")
        if count == limits.cells:
            raise Ended(f"the notebook has more than {limits.cells} cells to run")
        started = time.monotonic()
        result = run_cell(cell, below, min(limits.cell_seconds, left), meter)
        spent += time.monotonic() - started
        yield result
        # A text that is cut at so many characters may have twice as many bytes.
        if below.received > limits.total_chars * 2:
            raise Ended(f"the notebook sent more than {limits.total_chars * 2} bytes of output")
        if reason := meter.exceeded(below.received):
            raise Ended(reason)


def run_cell(cell: dict, below: JsonLines, seconds: float, meter: Meter) -> dict:
    """The result that the child sends of a cell, which may run so many seconds. Raises Ended."""
    allowed = seconds + meter.limits.grace_seconds
    try:
        below.send(cell | {"seconds": seconds}, seconds=allowed)
        result = watched(below, allowed, meter)
    except TimeoutError:
        raise Ended(f"a cell ran longer than {seconds:g} s and could not be interrupted") from None
    except OverflowError:
        raise Ended(f"a cell sent more than {below.most} characters of output") from None
    except BrokenPipeError:
        raise Ended("") from None
    except (ValueError, RecursionError):
        raise Ended(NO_RESULT) from None
    if result is None:
        raise Ended("")
    if isinstance(result, dict) and "failed" in result:
        # What it says of that may be the student's words.
        raise Ended("the process of the notebook failed")
    # Only who was given the cell knows its key.
    if not isinstance(result, dict) or result.get("key") != cell["key"] or is_deep(result):
        raise Ended(NO_RESULT)
    # Nothing else: it could be taken for a word of the grader's own.
    return {"outputs": result.get("outputs"), "seen": result.get("seen")}


def is_deep(value: object) -> bool:
    """Whether a value has more lists within lists than anybody wants to follow."""
    parts = [value]
    for _ in range(DEEPEST):
        parts = [part for one in parts if isinstance(one, dict | list) for part in inner(one)]
        if not parts:
            return False
    return True


def inner(value: dict | list) -> Iterable[object]:
    """The parts of a list, or the values of a dict."""
    return value.values() if isinstance(value, dict) else value


def watched(below: JsonLines, seconds: float, meter: Meter) -> object:
    """What the child sends next, within so many seconds. Raises as `receive` does, and Ended as
    soon as the notebook has used too much.
    """
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        try:
            return below.receive(min(PERIOD, max(left, 0)))
        except TimeoutError:
            if left <= 0:
                raise
        if reason := meter.exceeded(below.received):
            raise Ended(reason)


def how_it_ended(status: int) -> str:
    """What a wait status says, in words."""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"the notebook's process was ended by {name}"
    return f"the notebook ended its process with exit code {os.WEXITSTATUS(status)}"
