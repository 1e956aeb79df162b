"""Judges a student's answer: one line if it is right, else what, got, wanted and the likely cause.

A module of checks, one for each lesson, holds a `Check` for each exercise, made by `check_value` or
by `check_function`. A check is an oracle beside a table of misconceptions, and each of those is an
oracle too: it gives what a student who has that misconception gets. So the likely cause is read off
the student's own values.

A notebook calls ``from autograd_seen.checks import scalar_gradients as check``, then
``check.nudged_slope(nudged_slope)``. Still ``...`` or None, a body with nothing in it and
nbgrader's ``raise NotImplementedError()`` count as not attempted. Each verdict tells how far one is
in the assignment: the `record` keeps what is passed, and `points` says what it is worth."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from autograd_seen.checks.answers import agree
from autograd_seen.checks.forms import form_error, form_of, is_untouched
from autograd_seen.checks.hints import UNKNOWN, error_hint, likely_cause
from autograd_seen.checks.points import assignment_of
from autograd_seen.checks.record import kept, mark
from autograd_seen.checks.reference import Text, reference
from autograd_seen.checks.report import failing_line, shortened, written, written_in_case
from autograd_seen.checks.verdicts import Misfit, NotAttempted, NotYet, Passed


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
        oracle: the right answer: a number, a list or tensor of numbers, True or False, a word, or
            a dict of these; or a function that takes the values of a case and returns one. It uses
            nothing that a student could patch.
        misconceptions: for each likely cause, what a student gets by it: an oracle too. The first
            that explains all of the student's values is named. For a dict it may give some of the
            keys.
        cases: tuples of what ``oracle`` takes. At least one must tell any two causes apart.
        evaluate: ``evaluate(answer, *case)`` is the value to judge. It makes leaves, calls
            backward(), raises `Misfit`.
        template: how a report names a case: a format string of its values. By default a call of
            ``name``. A function in a case is named by its docstring, so let that be its formula.
        hide_answer: whether a report keeps the right value to itself, so that a prediction stays
            one.
        hints: what has led to an error or a warning in this exercise, by a part of its message,
            where that is not what it is elsewhere.
    """

    number: str
    name: str
    # Whoever writes `check.slope` alone into a cell sees no answer.
    oracle: Any = field(repr=False)
    misconceptions: Mapping[str, Any] = field(repr=False)
    cases: tuple[tuple, ...] = field(repr=False)
    evaluate: Callable = field(default=call, repr=False)
    template: str = field(default="", repr=False)
    hide_answer: bool = False
    hints: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __call__(self, answer: Any, cases: Iterable | None = None) -> Passed:
        """Judges an answer, and keeps whether it is passed.

        Args:
            answer: the student's function or value.
            cases: by default the check's own; a hidden test gives others, and what comes of them
                is not kept. Tuples, or single values.

        Raises:
            NotAttempted: there is no answer yet.
            NotYet: the answer has a wrong value or a wrong form, or it raises.
        """
        try:
            self._judge(answer, cases)
        except NotYet as verdict:
            verdict.so_far = self._so_far(False, cases)
            verdict.parts = self._parts(answer)
            raise
        return Passed(self.number, self._so_far(True, cases))

    def solution(self) -> Text:
        """The code of the reference solution, once this check has passed; else a line that says
        so.
        """
        if self.number not in kept().passed:
            call = f"check.{self.name}({self.name})"
            return Text(f"{self.number}: the solution can be opened once {call} has passed")
        return reference(self.number)

    def _so_far(self, right: bool, cases: Iterable | None) -> str:
        """How far the student is after this verdict, and a note where that cannot be kept; empty
        where no table says what this exercise is worth.
        """
        assignment = assignment_of(self.number)
        if assignment is None:
            return ""
        record = mark(self.number, right) if cases is None else kept()
        return "\n".join(filter(None, [assignment.so_far(record.passed), record.note]))

    def _parts(self, answer: Any) -> tuple[int, int]:
        """How many parts of an answer are right, and how many there are: where it is a prediction
        of several things, one for each.
        """
        if not (self.hide_answer and isinstance(self.oracle, dict) and isinstance(answer, dict)):
            return 0, 1
        right = [agree(answer.get(name), wanted) for name, wanted in self.oracle.items()]
        return sum(right), len(right)

    def _judge(self, answer: Any, cases: Iterable | None) -> None:
        """Raises NotYet where an answer is not right."""
        if is_untouched(answer):
            raise NotAttempted(f"{self.number}: not attempted yet")
        if answer is None:
            raise NotAttempted(f"{self.number}: not attempted yet, {self.name} is None")
        cases = self.cases if cases is None else as_tuples(cases)
        wanted = tabulated(self.oracle, cases)
        got = [self._value(answer, *row) for row in zip(cases, wanted, strict=True)]
        for case, value, want in zip(cases, got, wanted, strict=True):
            if not agree(value, want):
                wrong = {
                    cause: tabulated(oracle, cases) for cause, oracle in self.misconceptions.items()
                }
                raise self._wrong(case, value, want, likely_cause(got, wanted, wrong))

    def _value(self, answer: Any, case: tuple, want: Any) -> Any:
        """What the answer gives for a case. Raises NotYet if it raises, or if what it gives has a
        wrong form.
        """
        value, said = self._evaluated(answer, case, want)
        if is_untouched(value):
            raise NotAttempted(f"{self.number}: not attempted yet")
        if value is None:
            hints = filter(None, map(self._hint, said))
            likely = next(hints, "no `return`, or a .grad that no gradient has reached")
            raise self._wrong(case, None, want, likely)
        if error := form_error(value, want):
            raise self._wrong(case, value, want, error)
        return value

    def _evaluated(self, answer: Any, case: tuple, want: Any) -> tuple[Any, list[Warning]]:
        """What the answer gives for a case, and the warnings on the way; ``...`` if it stops where
        an answer is still to be written.
        """
        try:
            with warnings.catch_warnings(record=True, action="always") as caught:
                value = self.evaluate(answer, *case)
        except Misfit as misfit:
            raise self._not_yet(case, misfit.got, misfit.wanted, misfit.likely) from None
        except (Exception, SystemExit) as error:
            if _is_of_a_stub(error):
                return ..., []
            got = f"{type(error).__name__}: {shortened(str(error))}"
            likely = self._hint(error) or UNKNOWN
            line = failing_line(error, answer)
            raise self._not_yet(case, got, written(want), likely, line) from None
        return value, [warning.message for warning in caught]

    def _hint(self, said: BaseException) -> str:
        """What has led to an error or a warning; empty where that is not known."""
        own = (hint for words, hint in self.hints.items() if words in str(said))
        return next(own, "") or error_hint(said)

    def _wrong(self, case: tuple, value: Any, want: Any, likely: str) -> NotYet:
        wanted = f"{form_of(want)}: yours to find" if self.hide_answer else written(want)
        return self._not_yet(case, written(value), wanted, likely)

    def _not_yet(self, case: tuple, got: str, wanted: str, likely: str, line: str = "") -> NotYet:
        verdict = f"stops at `{line}`" if line else "is not right yet"
        return NotYet(
            f"{self.number}: {self._named(case)} {verdict}\n"
            f"  got     {got}\n"
            f"  wanted  {wanted}\n"
            f"  likely  {likely}"
        )

    def _named(self, case: tuple) -> str:
        """A case as a report names it."""
        values = [written_in_case(value) for value in case]
        if self.template:
            return self.template.format(*values)
        return f"{self.name}({', '.join(values)})" if values else self.name


def _is_of_a_stub(error: BaseException) -> bool:
    """Whether an error comes from a ``...``, or from the stub that nbgrader leaves."""
    if isinstance(error, NotImplementedError) and not str(error):
        return True
    return "ellipsis" in str(error).lower()


def as_tuples(cases: Iterable) -> tuple[tuple, ...]:
    """Cases as a check holds them: a single value becomes a tuple of one."""
    return tuple(case if isinstance(case, tuple) else (case,) for case in cases)


def tabulated(oracle: Any, cases: Iterable[tuple]) -> list:
    """What an oracle or a misconception gives, case by case: it is a function of a case's values,
    or one value for all cases.
    """
    return [oracle(*case) if callable(oracle) else oracle for case in cases]


def check_value(number: str, name: str, oracle: Any, misconceptions: Mapping[str, Any]) -> Check:
    """The check of a value that the student reads or works out. Reports name the cause, never the
    right value.

    Args:
        number: the exercise, such as "1.2".
        name: the name of the student's value.
        oracle: the right value.
        misconceptions: for each likely cause the value that it leads to; for a dict, the keys that
            betray it.

    Example:
        >>> slope = check_value("9.2", "slope", 6.0, {"9 is the value, not the slope": 9.0})
        >>> slope(6)
        9.2: passed
    """
    return Check(number, name, oracle, misconceptions, ((),), evaluate=as_it_is, hide_answer=True)


def check_function(
    number: str,
    name: str,
    oracle: Callable,
    misconceptions: Mapping[str, Any],
    cases: Iterable,
    evaluate: Callable = call,
    template: str = "",
    hints: Mapping[str, str] = MappingProxyType({}),
) -> Check:
    """The check of a function that the student writes or mends. It is called once for each case.

    Args:
        number: the exercise, such as "1.3".
        name: the name of the student's function.
        oracle: takes the values of a case and returns the right answer.
        misconceptions: for each likely cause, a function like ``oracle``, or one value for all
            cases.
        cases: tuples of what ``oracle`` takes, or single values.
        evaluate: as in `Check`. By default the answer is called with the case.
        template: as in `Check`.
        hints: as in `Check`.

    Example:
        >>> doubled = {"doubled": lambda x: 2 * x}
        >>> half = check_function("9.9", "half", lambda x: x / 2, doubled, cases=[3.0, 5.0])
        >>> half(lambda x: x * 0.5)
        9.9: passed
    """
    return Check(
        number, name, oracle, misconceptions, as_tuples(cases), evaluate, template, hints=hints
    )
