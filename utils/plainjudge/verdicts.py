"""The verdict on an answer: from what it gave, as plain data, and from a key.

What was observed of an answer is a list, one entry for each case, that ends early where nothing
more could be asked:

- ``{"value": …, "doubt": [got, wanted, likely]}``: what it gave, as `values.encode` makes it; a
  doubt, which may be missing, counts where the value is right;
- ``{"misfit": [got, wanted, likely], "value": …}``: what is wrong that no value shows; a value,
  which may be missing, earns what its right parts are worth;
- ``{"error": [got, likely, line]}``: it raised;
- ``{"none": likely}``: it gave None;
- ``{"open": why, "value": …}``: it is still to be written, all or a part of it.

It comes from a process in which a student's code has run. So all of it can be made up, and none of
it can help: only a value that the key calls right earns anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from plainjudge.forms import form_error, in_words
from plainjudge.keys import LockedKey, OpenKey, key_of
from plainjudge.values import NotPlain, decode
from plainjudge.written import LONGEST, shortened, written

#: Characters of a text that came from where an answer ran.
MOST_CHARS = 4 * LONGEST


@dataclass(frozen=True)
class Verdict:
    """What is to be said of an answer.

    Attributes:
        passed: whether it is right.
        text: the report in lines; one line where it is passed or not attempted.
        attempted: whether there was an answer.
        parts: how many of its parts are right, and how many there are.
        notes: what a person should look at, in sentences.
    """

    passed: bool
    text: str
    attempted: bool = True
    parts: tuple[int, int] = (0, 1)
    notes: tuple[str, ...] = ()


class _Refused(Exception):
    """Ends the judging: the verdict stands."""


def judge(
    number: str, names: Sequence[str], key: OpenKey | LockedKey, seen: object, tell: bool = True
) -> Verdict:
    """The verdict on an answer.

    Args:
        number: the exercise, such as "1.3".
        names: how the report calls each case.
        key: what was wanted.
        seen: what was observed, as above; anything else is refused.
        tell: whether the report says what was wanted.
    """
    try:
        entries = _entries(number, seen, len(names))
        values = [
            _value(number, name, key, case, entries[case], tell) for case, name in enumerate(names)
        ]
        _compare(number, names, key, values, tell)
        _require_no_doubt(number, names, entries)
    except _Refused as refused:
        (verdict,) = refused.args
        return replace(verdict, parts=_parts(key, seen))
    return Verdict(True, f"{number}: passed", parts=(1, 1))


def verdict_on(question: Mapping, seen: object) -> Verdict:
    """The verdict on what was observed of a question, round by round: the first that is not right
    stands. ``question`` is what ``plainjudge.oracles`` makes. What is wanted is told in the first
    round alone, whose cases a student knows.
    """
    number, rounds = question["number"], question["rounds"]
    if not isinstance(seen, list) or len(seen) != len(rounds):
        return _unreadable(number).args[0]
    for one, observed in zip(rounds, seen, strict=True):
        verdict = judge(number, one["shown"], key_of(one["key"]), observed, one is rounds[0])
        if not verdict.passed:
            break
    return verdict


def _parts(key: OpenKey | LockedKey, seen: object) -> tuple[int, int]:
    """How many parts of a prediction are right, and how many there are."""
    match seen:
        case [{"value": sent}]:
            try:
                return key.parts(decode(sent))
            except NotPlain:
                pass
    return 0, 1


def _refuse(text: str, attempted: bool = True, notes: Sequence[str] = ()) -> _Refused:
    return _Refused(Verdict(False, text, attempted, notes=tuple(notes)))


def _report(number: str, opening: str, got: str, wanted: str, likely: str) -> str:
    lines = f"got     {got}", f"wanted  {wanted}", f"likely  {likely}"
    return "\n  ".join([f"{number}: {opening}", *lines])


def _entries(number: str, seen: object, cases: int) -> list[dict]:
    """What was observed: one for each case, or fewer where the last of them says why. Raises
    _Refused where it is something else.
    """
    good = isinstance(seen, list) and all(isinstance(entry, dict) for entry in seen)
    whole = good and len(seen) == cases
    ended = good and 0 < len(seen) < cases and "value" not in seen[-1]
    if not (whole or ended):
        raise _unreadable(number)
    return seen


def _unreadable(number: str) -> _Refused:
    why = f"{number}: what it gave could not be read: the notebook's process sent something else"
    return _refuse(why, notes=[why])


def _wanted(key: OpenKey | LockedKey, case: int, tell: bool) -> str:
    """What was wanted of a case, as far as it is told."""
    shown = key.shown(case) if tell else ""
    return shown or f"{in_words(key.forms[case])}: yours to find"


def _value(
    number: str, name: str, key: OpenKey | LockedKey, case: int, entry: dict, tell: bool
) -> object:
    """The value that was observed for a case. Raises _Refused where it is none, or has a wrong
    form.
    """
    form = key.forms[case]
    wanted = _wanted(key, case, tell)
    wrong = f"{name} is not right yet"
    match entry:
        case {"open": str(why)}:
            raise _refuse(f"{number}: not attempted yet{why[:LONGEST]}", attempted=False)
        case {"misfit": [str(got), str(instead), str(likely)]}:
            texts = _texts(got, instead or wanted, likely)
            raise _refuse(_report(number, wrong, *texts))
        case {"value": sent}:
            value = _decoded(number, sent)
            if error := form_error(value, form):
                raise _refuse(_report(number, wrong, written(value), wanted, error))
            return value
        case {"none": str(likely)}:
            raise _refuse(_report(number, wrong, "None", wanted, likely[:MOST_CHARS]))
        case {"error": [str(got), str(likely), str(line)]}:
            opening = f"{name} stops at `{shortened(line)}`" if line else wrong
            raise _refuse(_report(number, opening, shortened(got), wanted, likely[:MOST_CHARS]))
    raise _unreadable(number)


def _texts(*texts: str) -> list[str]:
    return [text.split("\n")[0][:MOST_CHARS] for text in texts]


def _decoded(number: str, sent: object) -> object:
    try:
        return decode(sent)
    except NotPlain as error:
        why = f"{number}: what it gave is no answer: {error}"
        raise _refuse(why, notes=[why]) from error


def _compare(
    number: str, names: Sequence[str], key: OpenKey | LockedKey, values: list, tell: bool
) -> None:
    """Raises _Refused at the first case whose value is not right."""
    for case, (name, value) in enumerate(zip(names, values, strict=True)):
        if not key.is_right(case, value):
            wanted = _wanted(key, case, tell)
            opening = f"{name} is not right yet"
            cause = key.cause(values, tell)
            raise _refuse(_report(number, opening, written(value), wanted, cause))


def _require_no_doubt(number: str, names: Sequence[str], entries: list[dict]) -> None:
    """Raises _Refused at the first doubt about a value that is right."""
    for name, entry in zip(names, entries, strict=True):
        match entry:
            case {"doubt": [str(got), str(wanted), str(likely)]}:
                texts = _texts(got, wanted, likely)
                note = f"{number}: right values, refused for what its process reports: {texts[0]}"
                report = _report(number, f"{name} is not right yet", *texts)
                raise _refuse(report, notes=[note])
