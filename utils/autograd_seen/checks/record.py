"""Keeps which exercises are passed, as their checks say when they run.

A notebook among a learner's working copies, in ``my/``, keeps it in ``my/progress.json``, which all
of them share. Anywhere else it is kept until the kernel ends, and nothing is written."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

#: The folder of the working copies, and those in it that hold notebooks.
COPIES, PAGES = "my", ("notebooks", "exercises")
#: So long a notebook waits while another one writes.
SECONDS = 5


class Session:
    """What is passed since the kernel began.

    In a slot, so that a grader that puts back the tables of this package finds no other one.
    """

    __slots__ = ("passed",)

    def __init__(self) -> None:
        """Nothing is passed yet."""
        self.passed: set[str] = set()


_session = Session()


class Record(NamedTuple):
    """What is kept.

    Attributes:
        passed: the numbers of the exercises.
        note: a sentence where the file could not be used; else empty.
    """

    passed: set[str]
    note: str


def copies() -> Path | None:
    """The folder ``my/`` that the notebook of this kernel lies in; None where it lies elsewhere."""
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted
        return None
    for folder in (here, *here.parents):
        if folder.name in PAGES and folder.parent.name == COPIES:
            return folder.parent
    return None


def mark(number: str, right: bool) -> Record:
    """Keeps that an exercise is passed, or that it no longer is; returns all that are."""
    return _changed(lambda passed: (passed.add if right else passed.discard)(number))


def kept() -> Record:
    """All that is passed."""
    return _changed(lambda passed: None)


def _changed(change: Callable[[set[str]], None]) -> Record:
    """What is kept, after a change that is kept too."""
    folder = copies()
    if folder is None:
        change(_session.passed)
        return Record(set(_session.passed), "")
    path = folder / "progress.json"
    try:
        # Read again each time: another notebook may have added to it.
        with FileLock(folder / ".progress.lock", timeout=SECONDS):
            before, note = _read(path)
            after = set(before)
            change(after)
            if after != before:
                _write(path, after)
    except OSError as error:
        change(_session.passed)
        why = error.strerror or type(error).__name__
        note = f"my/{path.name} cannot be used ({why}), so this counts until the kernel ends"
        return Record(set(_session.passed), note)
    _session.passed = set(after)
    return Record(after, note)


def _read(path: Path) -> tuple[set[str], str]:
    """The numbers in a file, and a sentence where it was broken, and is now put aside."""
    try:
        passed = json.loads(path.read_text(encoding="utf-8"))["passed"]
        return {number for number in passed if isinstance(number, str)}, ""
    except FileNotFoundError:
        return set(), ""
    except (ValueError, KeyError, TypeError):
        aside = path.with_name("progress-broken.json")
        os.replace(path, aside)
        return set(), f"my/{path.name} was broken: it is kept as my/{aside.name} and begun anew"


def _write(path: Path, passed: set[str]) -> None:
    """Writes numbers beside a file and swaps them in, so that no reader meets half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps({"passed": sorted(passed)}) + "\n", encoding="utf-8")
    os.replace(beside, path)
