"""Checks a student's answer: one line if it is right, else what, got, wanted and the likely cause.

A module of checks, one for each lesson, holds a `Check` for each exercise, made by `check_value` or
by `check_function`. A check calls the answer on its cases and makes plain data of what that gives;
``plainjudge`` says the verdict from these data and a key. No check holds a right answer: keys lie
beside the assignment, made from the oracles that an instructor has.

A notebook calls ``from autograd_seen.checks import scalar_gradients as check``, then
``check.nudged_slope(nudged_slope)``. Still ``...`` or None, a body with nothing in it and
nbgrader's ``raise NotImplementedError()`` count as not attempted; a function that goes on after its
``...`` and returns it is told so. Each verdict tells how far one is
in the assignment: the `record` keeps what is passed, and `points` says what it is worth."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from plainjudge.keys import UNKNOWN, LockedKey, OpenKey
from plainjudge.values import encode
from plainjudge.verdicts import Verdict, judge
from plainjudge.written import shortened

from autograd_seen.checks.hints import error_hint
from autograd_seen.checks.keys import NoKey, key_for
from autograd_seen.checks.plain import is_untouched, left_open, plain
from autograd_seen.checks.points import assignment_of
from autograd_seen.checks.record import kept, mark
from autograd_seen.checks.reference import Text, reference
from autograd_seen.checks.report import failing_line, written_in_case
from autograd_seen.checks.verdicts import Doubted, Misfit, NotAttempted, NotYet, Passed

#: What is told of a function that was written, and returns the ``...`` of its template.
STILL_OPEN = "your lines ran, but none of them sets `{0}`, which is still the `...` above them"


def call(answer: Callable, *case: Any) -> Any:
    """The value of a student's function: what it returns for a case."""
    return answer(*case)


def as_it_is(answer: Any) -> Any:
    """The value of a student's prediction: the prediction itself."""
    return answer


@dataclass(frozen=True)
class Check:
    """The check of one exercise, to be called with the student's answer. `check_value` and
    `check_function` make one.

    Attributes:
        number: the exercise, such as "1.3".
        name: the name of the student's function or value.
        cases: tuples of what ``evaluate`` takes beside the answer. At least one must tell any two
            causes apart.
        evaluate: ``evaluate(answer, *case)`` is the value to judge. It makes leaves, calls
            backward(), raises `Misfit`, and may return a `Doubted` value.
        template: how a report names a case: a format string of its values, or a function of them.
            By default a call of ``name``. A function in a case is named by its docstring, so let
            that be its formula.
        hints: what has led to an error or a warning in this exercise, by a part of its message,
            where that is not what it is elsewhere.
    """

    number: str
    name: str
    cases: tuple[tuple, ...] = field(default=((),), repr=False)
    evaluate: Callable = field(default=call, repr=False)
    template: str | Callable[..., str] = field(default="", repr=False)
    hints: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __call__(self, answer: Any, key: OpenKey | LockedKey | None = None) -> Passed:
        """Judges an answer, and keeps whether it is passed.

        Args:
            answer: the student's function or value.
            key: what it is compared with; by default what lies beside the notebook.

        Raises:
            NotAttempted: there is no answer yet.
            NotYet: the answer has a wrong value or a wrong form, or it raises; or there is nothing
                to compare it with.
        """
        try:
            key = key or key_for(self.number)
        except NoKey as missing:
            raise NotYet(f"{self.number}: {missing}") from None
        names = [self.shown(case) for case in self.cases]
        verdict = judge(self.number, names, key, self.observed(answer, self.cases))
        so_far = self._so_far(verdict)
        if verdict.passed:
            return Passed(self.number, so_far)
        raised = (NotYet if verdict.attempted else NotAttempted)(verdict.text)
        raised.so_far = so_far
        raise raised

    def solution(self) -> Text:
        """The code of the reference solution, once this check has passed; else a line that says
        so.
        """
        if self.number not in kept().passed:
            call = f"check.{self.name}({self.name})"
            return Text(f"{self.number}: the solution can be opened once {call} has passed")
        return reference(self.number)

    def shown(self, case: tuple) -> str:
        """A case as a report names it."""
        if callable(self.template):
            return self.template(*case)
        values = [written_in_case(value) for value in case]
        if self.template:
            return self.template.format(*values)
        return f"{self.name}({', '.join(values)})" if values else self.name

    def sent(self, case: tuple) -> list:
        """A case as JSON can hold it: functions by their names."""
        return [_sent(value) for value in case]

    def observed(self, answer: Any, cases: Iterable[tuple]) -> list[dict]:
        """What an answer gives for some cases, up to the first for which it gives no value: see
        ``plainjudge.verdicts``.
        """
        if answer is None:
            return [{"open": f", {self.name} is None"}]
        if is_untouched(answer):
            return [{"open": _still_open(answer)} | _parts_of(answer)]
        seen = []
        for case in cases:
            seen.append(self._observed(answer, case))
            if "value" not in seen[-1]:
                break
        return seen

    def _observed(self, answer: Any, case: tuple) -> dict:
        """What an answer gives for a case."""
        try:
            with warnings.catch_warnings(record=True, action="always") as caught:
                value = self.evaluate(answer, *case)
        except Misfit as misfit:
            texts = [misfit.got, misfit.wanted, misfit.likely]
            return {"misfit": texts} | _parts_of(answer)
        except (Exception, SystemExit) as error:
            return self._error(error, answer)
        doubt = {}
        if isinstance(value, Doubted):
            doubt = {"doubt": [value.misfit.got, value.misfit.wanted, value.misfit.likely]}
            value = value.value
        if is_untouched(value):
            name = left_open(answer)
            return {"misfit": ["...", "", STILL_OPEN.format(name)]} if name else {"open": ""}
        if value is None:
            hints = filter(None, (self._hint(warning.message) for warning in caught))
            return {"none": next(hints, "no `return`, or a .grad that no gradient has reached")}
        return {"value": encode(plain(value))} | doubt

    def _error(self, error: BaseException, answer: Any) -> dict:
        """What is to be said of an answer that raises."""
        if _is_of_a_stub(error):
            return {"open": ""}
        got = f"{type(error).__name__}: {shortened(str(error))}"
        return {"error": [got, self._hint(error) or UNKNOWN, failing_line(error, answer)]}

    def _hint(self, said: BaseException) -> str:
        """What has led to an error or a warning; empty where that is not known."""
        own = (hint for words, hint in self.hints.items() if words in str(said))
        return next(own, "") or error_hint(said)

    def _so_far(self, verdict: Verdict) -> str:
        """How far the student is after this verdict, and a note where that cannot be kept; empty
        where no table says what this exercise is worth.
        """
        assignment = assignment_of(self.number)
        if assignment is None:
            return ""
        record = mark(self.number, verdict.passed)
        parts = "" if verdict.passed else assignment.of_parts(self.number, *verdict.parts)
        return "\n".join(filter(None, [assignment.so_far(record.passed), parts, record.note]))


def _still_open(answer: Any) -> str:
    """Which parts of a prediction are still to be set, where others are set."""
    if not isinstance(answer, dict):
        return ""
    left = [str(name) for name, part in answer.items() if part is ...]
    return f": still `...` at {', '.join(left)}" if len(left) < len(answer) else ""


def _parts_of(answer: Any) -> dict:
    """The parts of a prediction: each that is right earns its share, whatever is said of others."""
    return {"value": encode(plain(answer))} if isinstance(answer, dict) else {}


def _is_of_a_stub(error: BaseException) -> bool:
    """Whether an error comes from a ``...``, or from the stub that nbgrader leaves."""
    if isinstance(error, NotImplementedError) and not str(error):
        return True
    return "ellipsis" in str(error).lower()


def _sent(value: Any) -> Any:
    """A value of a case as JSON can hold it."""
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    if not callable(value):
        return value
    maker, given = getattr(value, "made_by", (value, None))
    return {"function": [maker.__module__, maker.__name__, _sent(given)]}


def as_tuples(cases: Iterable) -> tuple[tuple, ...]:
    """Cases as a check holds them: a single value becomes a tuple of one."""
    return tuple(case if isinstance(case, tuple) else (case,) for case in cases)


def check_value(number: str, name: str) -> Check:
    """The check of a value that the student predicts: a number, True or False, a word, or a dict
    of these. Its key is locked, and its report keeps the right value to itself.

    Args:
        number: the exercise, such as "1.2".
        name: the name of the student's value.

    Example:
        >>> from plainjudge.keys import locked
        >>> slope = check_value("99.2", "slope")
        >>> slope(6, key=locked("salt", 6.0, {"9 is the value, not the slope": 9.0}))
        99.2: passed
    """
    return Check(number, name, evaluate=as_it_is)


def check_function(
    number: str,
    name: str,
    cases: Sequence,
    evaluate: Callable = call,
    template: str | Callable[..., str] = "",
    hints: Mapping[str, str] = MappingProxyType({}),
) -> Check:
    """The check of a function that the student writes or corrects. It is called once for each case.

    Args:
        number: the exercise, such as "1.3".
        name: the name of the student's function.
        cases: tuples of what it takes, or single values.
        evaluate: as in `Check`. By default the answer is called with the case.
        template: as in `Check`.
        hints: as in `Check`.

    Example:
        >>> from plainjudge.keys import OpenKey
        >>> half = check_function("99.9", "half", cases=[3.0, 5.0])
        >>> half(lambda x: x * 0.5, key=OpenKey([1.5, 2.5], {"doubled": [6.0, 10.0]}))
        99.9: passed
    """
    return Check(number, name, as_tuples(cases), evaluate, template, hints)
