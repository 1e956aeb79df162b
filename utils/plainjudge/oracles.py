"""Oracles: what is wanted of each exercise, and what each misconception gives there.

An assignment has them in ``private/oracles.py``, as a list ``ORACLES`` of what `prediction` and
`oracle` make. They are compiled into keys twice: for the cases that a student may see, in
`visible_keys`, and for cases that are drawn from a course's secret, in `questions`.

An oracle is a value or a function of a case, in Python's own arithmetic: so it gives the same
whatever the version of torch.
"""

import hashlib
import hmac
import importlib.util
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from plainjudge.answers import agree
from plainjudge.keys import LockedKey, OpenKey, locked

#: A misconception differs from the right answer by so many tolerances in one of the drawn cases.
APART = 10
#: So often cases are drawn until that holds.
TRIES = 200


class Check(Protocol):
    """What is known of a check where its answer is called."""

    number: str
    name: str
    cases: tuple[tuple, ...]

    def shown(self, case: tuple) -> str:
        """A case as a report names it."""

    def sent(self, case: tuple) -> list:
        """A case as JSON can hold it: functions by their names."""


class Undrawable(Exception):
    """No drawn cases tell each misconception from the right answer; the message says which."""


@dataclass(frozen=True)
class Oracle:
    """The oracle of one check.

    Attributes:
        check: what it is for.
        right: the right answer: a number, a list of numbers, True or False, a word, or a dict of
            these; or a function that takes the values of a case and returns one.
        wrong: for each likely cause what a student gets by it: a value or a function, too. The
            first that explains all of the student's values is named. For a dict it may give some
            of the names.
        draw: takes a source of random numbers and returns cases that nobody has seen; None for a
            prediction.
    """

    check: Check
    right: Any
    wrong: Mapping[str, Any]
    draw: Callable[[random.Random], Sequence] | None = None

    def values(self, cases: Iterable[tuple]) -> OpenKey:
        """The key for some cases."""
        cases = list(cases)
        wrong = {cause: tabulated(one, cases) for cause, one in self.wrong.items()}
        return OpenKey(tabulated(self.right, cases), wrong)

    def key(self, salt: str) -> OpenKey | LockedKey:
        """The key for the cases that a student may see; that of a prediction is locked."""
        if self.draw is None:
            return locked(f"{salt} {self.check.number}", self.right, self.wrong)
        return self.values(self.check.cases)


def prediction(check: Check, right: Any, wrong: Mapping[str, Any]) -> Oracle:
    """The oracle of a value that the student predicts."""
    return Oracle(check, right, wrong)


def oracle(
    check: Check, right: Any, wrong: Mapping[str, Any], draw: Callable[[random.Random], Sequence]
) -> Oracle:
    """The oracle of a function that the student writes."""
    return Oracle(check, right, wrong, draw)


def tabulated(right: Any, cases: Iterable[tuple]) -> list:
    """What an oracle gives for each case: a function is called, any other value is the same for
    all.
    """
    return [right(*case) if callable(right) else right for case in cases]


# --- what cases are drawn from --------------------------------------------------------------------


def number(source: random.Random, low: float, high: float, digits: int = 1) -> float:
    """A number between two bounds, of so many decimals."""
    return round(source.uniform(low, high), digits)


def signed(source: random.Random, low: float, high: float, digits: int = 1) -> float:
    """A number, positive or negative, of a size between two bounds and of so many decimals."""
    return source.choice([1, -1]) * number(source, low, high, digits)


# --- compiled -------------------------------------------------------------------------------------


def load(path: Path) -> tuple[str, list[Oracle]]:
    """(the name of the module of checks, the oracles) of a file, which calls that module
    ``check``.
    """
    spec = importlib.util.spec_from_file_location(f"oracles_of_{path.parent.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.check.__name__, module.ORACLES


def visible_keys(oracles: Iterable[Oracle], salt: str) -> dict[str, dict]:
    """{exercise: its key as JSON}: what a student's copy is checked by."""
    return {one.check.number: one.key(salt).as_json() for one in oracles}


def questions(oracles: Iterable[Oracle], salt: str, secret: bytes) -> dict[str, dict]:
    """{exercise: what the grader asks, and the key to judge it by}, as JSON can hold it.

    Asked are the cases that a student has seen, and then those that the secret of the course draws.
    A prediction has one case, and nothing to draw.
    """
    return {one.check.number: question(one, salt, secret) for one in oracles}


def question(one: Oracle, salt: str, secret: bytes) -> dict:
    """What the grader asks of one exercise, in one round or two, with the key to judge each by."""
    check = one.check
    rounds = [asked(check, check.cases, one.key(salt))]
    if one.draw:
        cases = drawn(one, secret)
        rounds.append(asked(check, cases, one.values(cases)))
    return {"check": check.name, "number": check.number, "rounds": rounds}


def asked(check: Check, cases: Sequence[tuple], key: OpenKey | LockedKey) -> dict:
    """One round: cases as they are sent and as a report names them, and their key."""
    return {
        "cases": [check.sent(case) for case in cases],
        "shown": [check.shown(case) for case in cases],
        "key": key.as_json(),
    }


def drawn(one: Oracle, secret: bytes) -> list[tuple]:
    """The cases that a secret draws: the first that tell each misconception from the right answer
    by ten tolerances. Raises Undrawable.
    """
    seed = hmac.new(secret, one.check.number.encode(), hashlib.sha256).hexdigest()
    source = random.Random(seed)
    for _ in range(TRIES):
        cases = [case if isinstance(case, tuple) else (case,) for case in one.draw(source)]
        alike = next(misconceptions_alike(one, cases), None)
        if alike is None:
            return cases
    raise Undrawable(f"{one.check.number}, {TRIES} times: in no case {alike!r} gives another value")


def misconceptions_alike(one: Oracle, cases: Sequence[tuple]) -> Iterator[str]:
    """The misconceptions that none of some cases tells from the right answer."""
    key = one.values(cases)
    for cause, wrong in key.wrong.items():
        pairs = zip(wrong, key.wanted, strict=True)
        if all(agree(value, want, within=APART) for value, want in pairs):
            yield cause
