"""Asks an answer what the grader wants to know, in the process in which the student's code runs.

It knows no right answer. What it returns is judged elsewhere, from the values alone."""

import importlib
from collections.abc import Mapping

from autograd_seen.checks.engine import Check


def observe(question: Mapping, names: Mapping[str, object]) -> list[list[dict]]:
    """What the answer to an exercise gives for the cases that are asked.

    Args:
        question: ``{"module": …, "check": …, "rounds": [[case, …], …]}``: which check it is, and
            its cases as `Check.sent` makes them.
        names: the names of the notebook, the student's answer among them.

    Returns:
        For each round what ``plainjudge.verdicts.judge`` takes.
    """
    check: Check = getattr(importlib.import_module(question["module"]), question["check"])
    if check.name not in names:
        return [[{"open": f": there is no {check.name}"}]] * len(question["rounds"])
    answer = names[check.name]
    return [check.observed(answer, map(received, cases)) for cases in question["rounds"]]


def received(case: list) -> tuple:
    """A case as the check takes it: functions that were sent by their names are found again."""
    return tuple(_found(part) for part in case)


def _found(part: object) -> object:
    if isinstance(part, list):
        return [_found(one) for one in part]
    if not isinstance(part, dict):
        return part
    module, name, given = part["function"]
    function = getattr(importlib.import_module(module), name)
    return function if given is None else function(*_found(given))
