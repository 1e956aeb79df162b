"""Keys: what a verdict is reached by. An oracle's values, compiled into plain data.

A key of a function that a student writes is open: it has the wanted value of each case, and what
each misconception gives there. A key of a prediction is locked: it has digests, so that whoever
reads the file reads no answer. The text of a misconception is locked by the wrong value itself.
That keeps from reading, not from a search: a program that tries the few answers that a question has
finds the right one.
"""

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from plainjudge.answers import NEAR_ZERO, TOLERANCE, agree, number_pairs, numbers_in, truth_in
from plainjudge.forms import Form, form_of
from plainjudge.values import decode, encode
from plainjudge.written import written

UNKNOWN = "unknown: open the hint"
NOT_A_NUMBER = "not a number: 0/0 or infinity − infinity on the way"
THE_SIGN = "the sign"

Cases = Sequence[object]


class OpenKey:
    """The key of a function, with its values in plain sight."""

    def __init__(self, wanted: Cases, wrong: Mapping[str, Cases]):
        """Takes the right value of each case, and by its text what each misconception gives."""
        self.wanted, self.wrong = wanted, wrong

    def as_json(self) -> dict:
        """The key as JSON can hold it."""
        wrong = [[cause, encode(list(values))] for cause, values in self.wrong.items()]
        return {"wanted": encode(list(self.wanted)), "wrong": wrong}

    @property
    def forms(self) -> list[Form]:
        """The form of the right value of each case."""
        return [form_of(value) for value in self.wanted]

    def is_right(self, case: int, value: object) -> bool:
        """Whether an answer has the right value for a case."""
        return agree(value, self.wanted[case])

    def shown(self, case: int) -> str:
        """The right value of a case, as a report writes it."""
        return written(self.wanted[case])

    def parts(self, value: object) -> tuple[int, int]:
        """How many parts of an answer count by themselves, and how many are right: none here."""
        return 0, 1

    def cause(self, got: Cases, tell: bool = True) -> str:
        """The first misconception that explains all values; if none does, what they have in
        common. Without ``tell`` neither a sign nor a factor of the right values is told.
        """
        for cause, wrong in self.wrong.items():
            pairs = zip(got, wrong, strict=True)
            if all(agree(value, one, partly=True) for value, one in pairs):
                return cause
        if all(numbers_in(want) for want in self.wanted):
            return _common_flaw(got, self.wanted, tell) or UNKNOWN
        return UNKNOWN


def _common_flaw(got: Cases, wanted: Cases, tell: bool) -> str:
    """What all numbers have in common that were got where others were wanted; empty if nothing. A
    factor between them, or a sign, is told only where the right values may be.
    """
    pairs = []
    for value, want in zip(got, wanted, strict=True):
        pairs += number_pairs(value, want)
    if any(math.isnan(value) for value, _ in pairs):
        return NOT_A_NUMBER
    factors = [value / want if want else math.nan for value, want in pairs]
    if tell and _all_agree(factors, -1):
        return THE_SIGN
    if len(got) > 1 and _all_agree(got, got[0]):
        return "one answer for every input: is it typed in, or an input not used?"
    if tell and len(factors) > 1 and _all_agree(factors, factors[0]):
        return f"each time {factors[0]:.4g} × the right value: a factor too many, or one missing"
    return ""


def _all_agree(values: Cases, wanted: object) -> bool:
    return all(agree(value, wanted) for value in values)


# --- locked ---------------------------------------------------------------------------------------


class LockedKey:
    """The key of a prediction: digests in the place of values."""

    def __init__(self, salt: str, form: Form, wanted: dict[str, str], wrong: list[dict]):
        """Takes what `locked` makes."""
        self.salt, self.form, self.wanted, self.wrong = salt, form, wanted, wrong

    def as_json(self) -> dict:
        """The key as JSON can hold it."""
        return {"salt": self.salt, "form": self.form, "digests": self.wanted, "wrong": self.wrong}

    @property
    def forms(self) -> list[Form]:
        """The form of the right value of the only case."""
        return [self.form]

    def is_right(self, case: int, value: object) -> bool:
        """Whether an answer is right."""
        return all(right for _, right in self._compared(value))

    def shown(self, case: int) -> str:
        """Nothing: a prediction stays one."""
        return ""

    def parts(self, value: object) -> tuple[int, int]:
        """How many parts of an answer are right, of how many: one for each name of a dict."""
        if self.form[0] != "dict":
            return int(self.is_right(0, value)), 1
        names = self.form[1].keys()
        # A name may be the beginning of another: that of a path is the longest.
        wrong = {
            max(filter(path.startswith, names), key=len)
            for path, right in self._compared(value)
            if not right
        }
        more = value.keys() - names if isinstance(value, dict) else ()
        return len(names) - len(wrong), len(names) + len(more)

    def _compared(self, value: object) -> Iterator[tuple[str, bool]]:
        """(path, whether an answer is right there) of each place of the right answer."""
        found = dict(leaves(value))
        for path, want in self.wanted.items():
            words = words_for(found[path]) if path in found else []
            yield path, any(digest(self.salt, path, word) == want for word in words)

    def cause(self, got: Cases, tell: bool = True) -> str:
        """The first misconception that explains the answer, or what else its value tells."""
        (value,) = got
        found = dict(leaves(value))
        for number, one in enumerate(self.wrong):
            if key := self._opened(number, one["digests"], found):
                return mixed(bytes.fromhex(one["text"]), key).decode(errors="replace")
        return self._flaw(value)

    def _opened(self, number: int, digests: dict[str, str], found: dict) -> str:
        """What unlocks a misconception's text, if the answer has all of its digests."""
        words = []
        for path, want in digests.items():
            candidates = words_for(found[path]) if path in found else []
            salt = f"{self.salt}.{number}"
            fits = (word for word in candidates if digest(salt, path, word) == want)
            words.append(next(fits, None))
        return "" if None in words else lock_of(self.salt, number, words)

    def _flaw(self, value: object) -> str:
        numbers = numbers_in(value)
        if numbers is None:
            return UNKNOWN
        if any(map(math.isnan, numbers.values)):
            return NOT_A_NUMBER
        turned = [-one for one in numbers.values]
        return THE_SIGN if self.is_right(0, turned if numbers.shape else turned[0]) else UNKNOWN


def locked(salt: str, wanted: object, wrong: Mapping[str, object]) -> LockedKey:
    """The key of a prediction.

    Args:
        salt: a text that no other prediction has.
        wanted: the right answer: a number, a list of them, True or False, a word, or a dict of
            these.
        wrong: for each misconception what it gives; for a dict the names that betray it.
    """
    entries = []
    for number, (cause, value) in enumerate(wrong.items()):
        words = {path: words_for(leaf)[0] for path, leaf in leaves(value)}
        digests = {path: digest(f"{salt}.{number}", path, word) for path, word in words.items()}
        lock = lock_of(salt, number, words.values())
        entries.append({"digests": digests, "text": mixed(cause.encode(), lock).hex()})
    digests = {path: digest(salt, path, words_for(leaf)[0]) for path, leaf in leaves(wanted)}
    return LockedKey(salt, form_of(wanted), digests, entries)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """(path, value) of each number, word and truth in an answer."""
    numbers, truth = numbers_in(value), truth_in(value)
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}" if path else str(name))
    elif truth is not None:
        yield path, truth
    elif numbers and len(numbers.values) == 1:
        yield path, float(numbers.values[0])
    elif numbers:
        for at, one in enumerate(numbers.values):
            yield f"{path}[{at}]", one
    else:
        yield path, value


def words_for(value: object) -> list[str]:
    """The words that stand for a value in a digest: its own first, then those of its neighbours.

    A number is put in a bin, as wide as the tolerance relatively: numbers of one bin, or of two
    neighbours, count as the same.
    """
    if isinstance(value, str):
        return [value.strip().casefold()]
    if not isinstance(value, float) or not math.isfinite(value):
        return [str(value)]
    if abs(value) <= NEAR_ZERO:
        return ["0"]
    at, sign = round(math.log(abs(value)) / TOLERANCE), "+" if value > 0 else "-"
    return [f"{sign}{one}" for one in (at, at - 1, at + 1)]


def digest(salt: str, path: str, word: str) -> str:
    """The digest of one word of an answer."""
    return hashlib.sha256("\n".join([salt, path, word]).encode()).hexdigest()[:20]


def lock_of(salt: str, number: int, words: Sequence[str]) -> str:
    """What locks and unlocks the text of a misconception: the words of the wrong answer."""
    return "\n".join([salt, str(number), *words])


def mixed(text: bytes, lock: str) -> bytes:
    """A text that is locked, or a locked one as it was: each is what the other becomes."""
    blocks = (hashlib.sha256(f"{at}\n{lock}".encode()).digest() for at in itertools.count())
    stream = itertools.chain.from_iterable(blocks)
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def key_of(value: Mapping) -> OpenKey | LockedKey:
    """The key that `as_json` of one made this of."""
    if "salt" in value:
        return LockedKey(value["salt"], value["form"], value["digests"], value["wrong"])
    wrong = {cause: decode(values) for cause, values in value["wrong"]}
    return OpenKey(decode(value["wanted"]), wrong)
