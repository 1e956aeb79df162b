"""Judges a student's answer: one quiet line if it is right, else what, got, wanted and the likely
cause.

The checks of assignment NN are a module ``lesson_NN`` that holds one `Check` for each exercise,
made by `predict` or by `program`. A check is an oracle beside a table of misconceptions, and each
of those is an oracle too: it returns what a student who has that misconception gets. So the likely
cause is read off the student's own values.

A notebook calls ``from autograd_seen.checks import scalar_gradients as check``, then
``check.nudged_slope(nudged_slope)``. Still ``...`` or None, a body with nothing in it and
nbgrader's ``raise NotImplementedError()`` count as not attempted."""

import dis
import math
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Real

import torch

# A student may patch torch. What stands here is torch as it was when it was imported.
Tensor, _tensor, _as_tensor, _finfo = torch.Tensor, torch.tensor, torch.as_tensor, torch.finfo
_detach, _to, _reshape, _tolist = Tensor.detach, Tensor.to, Tensor.reshape, Tensor.tolist
_float32, _float64 = torch.float32, torch.float64

#: An answer may be off by this part of the right value, or by this many roundings of its dtype if
#: that is more.
TOLERANCE, ROUNDINGS = 1e-4, 4
#: Nearer than this to a right value of 0 counts as 0.
NEAR_ZERO = 1e-6
#: Characters of an error's message, and of a value that holds no numbers.
LONGEST = 90

#: What PyTorch and Python say, and what has led to it. An entry serves the exercises of every
#: lesson.
SAYINGS = {
    "Only Tensors of floating point": "an integer tensor: write 3.0, or convert with float(…)",
    "does not require grad": "nothing was recorded: mark the input before computing, and keep tensors",
    "can be implicitly created only for": "backward() starts from one number: ask from an element or a sum",
    "a second time": "a second backward pass through a graph that has freed what it saved",
    "no attribute 'backward'": "a Python number has no history: no tensor went in, or .item() came too early",
    "not a leaf Tensor": "only a leaf keeps its .grad; elsewhere ask for it, by retain_grad() before backward()",
    "To copy construct from a tensor": "torch.tensor(…) of a tensor is a copy without history",
    "no attribute 'zero_'": "a .grad is None: no gradient has arrived yet, or w = w − … made a new tensor",
    "leaf Variable that requires grad": "the update is recorded too: make it under torch.no_grad()",
    "'float' and 'NoneType'": "a .grad is None: cleared before the step, or w = w − … made w an intermediate",
    "'NoneType' and 'float'": "a .grad is None: cleared before the step, or w = w − … made w an intermediate",
    "should be between 0 and 1": "a probability was wanted, and got a logit: use the loss that is given z",
    "mat1 and mat2 shapes": "nn.Linear takes a row for each sample: x[:, None] makes (N,) into (N, 1)",
    "tuple index out of range": "the leaf's node has nothing after it in next_functions: stop before you call it",
    "inplace operation": "what was saved is written over: detach() shares memory with it, detach().clone() does not",
    "Inference tensors": "a product saves what inference_mode() made: clone it outside the block, or use no_grad()",
    "True on inference tensor": "an inference tensor takes no mark: clone it outside the block that made it",
    "flags of leaf variables": "only a leaf has a mark of its own to take off; cut a result off with detach()",
    "Can't call numpy()": "NumPy records nothing, so a tracked tensor is refused: detach() it first",
    "is not callable": "a function was wanted: has its name been used for something else?",
}
UNKNOWN = "none that this check knows: open the hint"


class NotYet(AssertionError):
    """Not right yet. A notebook shows the message alone, without a traceback."""

    def _render_traceback_(self):
        return str(self).splitlines()


class NotAttempted(NotYet):
    """No answer yet: one line, and no points."""


class Fault(Exception):
    """Raised by the ``ask`` of a check for what no value shows: ``Fault(got, wanted, likely)``,
    three texts.
    """


@dataclass(frozen=True)
class Passed:
    """What a check returns for a right answer: one line in the notebook."""

    number: str

    def __repr__(self) -> str:
        return f"{self.number}: passed"


@dataclass(frozen=True)
class Check:
    """The check of one exercise, to be called with the student's answer. `predict` and `program`
    make one.

    Attributes:
        number: the exercise, such as "1.3".
        name: the name of the student's function or value.
        right: the oracle: takes the values of a case and returns the right answer, which is a
            number, a list or tensor of numbers, True or False, a word, or a dict of these. It uses
            nothing that a student could patch.
        causes: for each likely cause, a function like ``right`` of what a student gets by it. The
            first that explains all of the student's values is named. For a dict it may return some
            of the keys.
        at: the cases: tuples of what ``right`` takes, or single values. At least one must tell any
            two causes apart.
        ask: ``ask(answer, *case)`` is the value to judge. It makes leaves, calls backward(), raises
            `Fault`.
        shown: how a report names a case: a format string of its values. By default a call of
            ``name``. A function in a case is named by its docstring, so let that be its formula.
        secret: whether a report keeps the right value to itself, so that a prediction stays one.
    """

    number: str
    name: str
    right: Callable
    causes: Mapping[str, Callable]
    at: Iterable
    ask: Callable
    shown: str = ""
    secret: bool = False

    def __call__(self, answer, at: Iterable | None = None) -> Passed:
        """Judges an answer at the check's own cases, or at those of a hidden test.

        Raises:
            NotAttempted: there is no answer yet.
            NotYet: the answer has a wrong value or a wrong form, or it raises.
        """
        if _untouched(answer):
            raise NotAttempted(f"{self.number}: not attempted yet")
        if answer is None:
            raise NotAttempted(f"{self.number}: not attempted yet, {self.name} is None")
        cases = [
            case if isinstance(case, tuple) else (case,) for case in (self.at if at is None else at)
        ]
        wanted = [self.right(*case) for case in cases]
        got = [self._value(answer, case, want) for case, want in zip(cases, wanted, strict=True)]
        for case, value, want in zip(cases, got, wanted, strict=True):
            if not agree(value, want):
                raise self._wrong(case, value, want, self._cause(cases, got, wanted))
        return Passed(self.number)

    def _value(self, answer, case, want):
        """What the answer gives for a case. Raises NotYet if it raises, or if what it gives has a
        wrong form.
        """
        try:
            with warnings.catch_warnings(record=True, action="always") as said:
                value = self.ask(answer, *case)
        except Fault as fault:
            raise self._not_yet(case, *fault.args) from None
        except (Exception, SystemExit) as error:
            if "ellipsis" in str(error).lower() or (
                isinstance(error, NotImplementedError) and not str(error)
            ):
                value = ...
            else:
                likely = _saying(error) or UNKNOWN
                got = f"{type(error).__name__}: {_short(str(error))}"
                raise self._not_yet(
                    case, got, written(want), likely, _line(error, answer)
                ) from None
        if _untouched(value):
            raise NotAttempted(f"{self.number}: not attempted yet")
        if value is None:
            said = next(filter(None, (_saying(warning.message) for warning in said)), "")
            raise self._wrong(
                case, None, want, said or "no `return`, or a .grad that no gradient has reached"
            )
        if complaint := _complaint(value, want):
            raise self._wrong(case, value, want, complaint)
        return value

    def _cause(self, cases, got, wanted) -> str:
        """The first misconception that explains every value; if none does, what the values have in
        common.
        """
        for cause, wrong in self.causes.items():
            if all(
                agree(value, wrong(*case), partly=True)
                for case, value in zip(cases, got, strict=True)
            ):
                return cause
        if not all(map(_numbers, wanted)):
            return UNKNOWN
        pairs = [
            pair for value, want in zip(got, wanted, strict=True) for pair in _pairs(value, want)
        ]
        if any(math.isnan(value) for value, _ in pairs):
            return "not a number: 0/0 or infinity − infinity on the way"
        factors = [value / want if want else math.nan for value, want in pairs]
        if all(agree(factor, -1) for factor in factors):
            return "the sign"
        if len(got) > 1 and all(agree(value, got[0]) for value in got):
            return "one answer for every input: is it typed in, or an input not used?"
        if len(factors) > 1 and all(agree(factor, factors[0]) for factor in factors):
            return (
                f"each time {factors[0]:.4g} × the right value: a factor too many, or one missing"
            )
        return UNKNOWN

    def _wrong(self, case, value, want, cause) -> NotYet:
        wanted = f"{_kind(want)}: yours to find" if self.secret else written(want)
        return self._not_yet(case, written(value), wanted, cause)

    def _not_yet(self, case, got, wanted, likely, line="") -> NotYet:
        shown = [_named(value) for value in case]
        place = (
            self.shown.format(*shown)
            if self.shown
            else self.name + (f"({', '.join(shown)})" if shown else "")
        )
        lines = f"  got     {got}\n  wanted  {wanted}\n  likely  {likely}"
        verdict = f"stops at `{line}`" if line else "is not right yet"
        return NotYet(f"{self.number}: {place} {verdict}\n{lines}")


def predict(number: str, name: str, right, causes: Mapping) -> Check:
    """The check of a value that the student reads or works out. Reports name the cause, never the
    right value.

    Args:
        number, name, right: as in `Check`, but ``right`` is the value itself.
        causes: for each likely cause the value that it leads to; for a dict, the keys that betray
            it.

    Example:
        >>> slope = predict("1.2", "slope", 6.0, {"9 is the value, not the slope": 9.0})
        >>> slope(6)
        1.2: passed
    """
    wrong = {cause: lambda value=value: value for cause, value in causes.items()}
    return Check(
        number, name, lambda: right, wrong, at=((),), ask=lambda answer: answer, secret=True
    )


def program(
    number: str,
    name: str,
    right: Callable,
    causes: Mapping[str, Callable],
    at: Iterable,
    ask: Callable = lambda answer, *case: answer(*case),
    shown: str = "",
) -> Check:
    """The check of a function that the student writes or mends. It is called once for each case.

    Args:
        number, name, right, causes, at, ask, shown: as in `Check`. By default the answer is called
            with the case.

    Example:
        >>> half = program("9.9", "half", lambda x: x / 2, {"doubled": lambda x: 2 * x}, at=[3.0, 5.0])
        >>> half(lambda x: x * 0.5)
        9.9: passed
    """
    return Check(number, name, right, causes, tuple(at), ask, shown)


def leaf(value, dtype=_float32) -> Tensor:
    """A new tensor that requires grad, for the ``ask`` of a check."""
    return _tensor(value, dtype=dtype, requires_grad=True)


def attached(value) -> Tensor:
    """The value, if it is a tensor with a graph behind it. Raises Fault otherwise."""
    if _untouched(value):
        raise NotImplementedError
    if not isinstance(value, Tensor):
        raise Fault(
            written(value),
            "a tensor with its graph",
            f"type {type(value).__name__}, which has no history",
        )
    if value.grad_fn is None:
        raise Fault(
            f"{written(value)}, without grad_fn",
            "a tensor with its graph",
            "detached, copied, or not tracked",
        )
    return value


def agree(got, wanted, partly: bool = False) -> bool:
    """Whether two answers are the same: numbers within the tolerance, words up to capitals.

    A tensor with one element agrees with a number. ``partly`` looks only at those keys of a dict
    that are wanted."""
    if isinstance(wanted, dict):
        keys = isinstance(got, dict) and (partly or got.keys() == wanted.keys())
        return keys and all(key in got and agree(got[key], wanted[key]) for key in wanted)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return got is wanted
    if isinstance(wanted, str):
        return isinstance(got, str) and got.strip().casefold() == wanted.casefold()
    numbers = _numbers(got)
    if numbers is None or not _same_shape(got, wanted):
        return False
    tolerance = max(TOLERANCE, ROUNDINGS * numbers[2])
    return all(
        math.isclose(a, b, rel_tol=tolerance, abs_tol=NEAR_ZERO) for a, b in _pairs(got, wanted)
    )


def written(value) -> str:
    """A value in a report: numbers with six digits, a function by its name, anything else cut
    short.
    """
    if isinstance(value, Tensor) and not value.is_floating_point():
        return f"{_short(str(_tolist(_detach(value))))}, {value.dtype}"
    if isinstance(value, list | tuple) and _numbers(value) is None:
        return _short(f"[{', '.join(map(written, value))}]")
    if isinstance(value, bool) or (numbers := _numbers(value)) is None:
        name = getattr(value, "__name__", "")
        return name if callable(value) and name else _short(repr(value))
    parts = [f"{part:.6g}" for part in numbers[1][:6]] + ["…"] * (len(numbers[1]) > 6)
    if not numbers[0]:
        return parts[0]
    return f"[{', '.join(parts)}]" + (f" of shape {numbers[0]}" if len(numbers[0]) > 1 else "")


def _named(value) -> str:
    """A value of a case in a report."""
    return (
        value if isinstance(value, str) else (callable(value) and value.__doc__) or written(value)
    )


def _untouched(value) -> bool:
    """Whether a value is ``...`` or has one in it, or is a function whose body does nothing."""
    if isinstance(value, dict | list | tuple):
        return any(part is ... for part in (value.values() if isinstance(value, dict) else value))
    if isinstance(value, types.FunctionType):
        idle = {"RESUME", "NOP", "RETURN_VALUE"}
        steps = [(step.opname, step.argval) for step in dis.get_instructions(value)]
        return all(
            name in idle or (name in {"LOAD_CONST", "RETURN_CONST"} and of is None)
            for name, of in steps
        )
    return value is ...


def _numbers(value) -> tuple[tuple[int, ...], list[float], float] | None:
    """The shape, the numbers and the rounding of a number, a tensor, an array or a list of these;
    None for others.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, Real):
        return (), [float(value)], 0.0
    if isinstance(value, list | tuple):
        parts = [_numbers(part) for part in value]
        if not parts or None in parts or len({part[0] for part in parts}) > 1:
            return None
        values = [value for part in parts for value in part[1]]
        return (len(parts), *parts[0][0]), values, max(part[2] for part in parts)
    try:
        value = _detach(
            value
            if isinstance(value, Tensor) or not hasattr(value, "__array__")
            else _as_tensor(value)
        )
    except (TypeError, ValueError, RuntimeError):
        return None
    if value.is_complex() or value.dtype is torch.bool:
        return None
    rounding = _finfo(value.dtype).eps if value.is_floating_point() else 0.0
    return tuple(value.shape), _tolist(_reshape(_to(value, "cpu", _float64), (-1,))), rounding


def _pairs(got, wanted):
    return zip(_numbers(got)[1], _numbers(wanted)[1], strict=True)


def _same_shape(got, wanted) -> bool:
    (shape, values, _), (wanted_shape, _, _) = _numbers(got), _numbers(wanted)
    return shape == wanted_shape or (not wanted_shape and len(values) == 1)


def _complaint(value, want) -> str:
    """What is wrong with the form of an answer, whatever its value; empty if nothing is."""
    mistyped = f"type {type(value).__name__}, where {_kind(want)} should be"
    if isinstance(want, dict):
        if not isinstance(value, dict):
            return mistyped
        if odd := sorted(map(str, value.keys() ^ want.keys())):
            return f"the names are {', '.join(want)}: look at {', '.join(odd)}"
        return next(
            (f"{key}: {said}" for key in want if (said := _complaint(value[key], want[key]))), ""
        )
    if isinstance(want, bool | str):
        return "" if isinstance(value, type(want)) else mistyped
    if _numbers(value) is None:
        return mistyped + (f", of {value.dtype}" if isinstance(value, Tensor) else "")
    if isinstance(value, Tensor) and not value.is_floating_point() and not isinstance(want, int):
        return f"a tensor of {value.dtype}: a gradient is a floating point number"
    if not _same_shape(value, want):
        return f"shape {_numbers(value)[0]}, where {_kind(want)} should be"
    return ""


def _kind(want) -> str:
    """The form of a right answer, without its value."""
    if isinstance(want, dict):
        return f"a dict with {_kind(next(iter(want.values())))} for each of {', '.join(want)}"
    if isinstance(want, bool | str):
        return "True or False" if isinstance(want, bool) else "a word"
    shape = _numbers(want)[0]
    return f"numbers of shape {shape}" if shape else "one number"


def _line(error, answer) -> str:
    """The student's line that an error came from; empty if that is not known."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    lines = [
        frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file
    ]
    return _short(lines[-1] or "") if lines else ""


def _short(text: str) -> str:
    first = text.split("\n")[0]
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"


def _saying(error) -> str:
    return next((cause for said, cause in SAYINGS.items() if said in str(error)), "")
