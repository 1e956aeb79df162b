"""Whatever is handed in, or sent by a notebook's process, ends in a row, and pays for nothing but a
right answer.
"""

import functools
import math
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from plainjudge.oracles import oracle, prediction, question
from plainjudge.values import NotPlain, decode, encode
from plainjudge.verdicts import verdict_on

from tests.forkgrade.made_up import ANY, PLAIN, STEADY, packed, seen


def steadily(pytestconfig, few, many):
    """So many examples; many with --all-mutations."""
    rare = pytestconfig.getoption("--all-mutations")
    return settings(STEADY, max_examples=many if rare else few)


def with_examples(values):
    """Tries these before what is made up."""
    return lambda test: functools.reduce(lambda made, value: example(value)(made), values, test)


# --- what a notebook's process may send -----------------------------------------------------------


def check(cases=((),)):
    """What is known of a check where its answer is called."""
    return SimpleNamespace(number="1.1", name="two", cases=cases, shown=str, sent=list)


WRONG = {"twice": 4.0, "the sign": -2.0}
#: One question for each form of an answer, and what is honestly seen of it: {name: (question,
#: [[value of each case] of each round])}.
QUESTIONS = {
    name: (question(one, "salt", b"secret"), honest)
    for name, one, honest in [
        ("a locked number", prediction(check(), 2.0, WRONG), [[2.0]]),
        ("locked numbers", prediction(check(), [1.0, 2.0], {"turned": [2.0, 1.0]}), [[[1.0, 2.0]]]),
        ("a locked word", prediction(check(), "leaf", {"not": "root"}), [["leaf"]]),
        ("a locked truth", prediction(check(), True, {"not": False}), [[True]]),
        (
            "locked parts",
            prediction(check(), {"a": 2.0, "b": True}, {"half": {"a": 1.0}}),
            [[{"dict": [["a", 2.0], ["b", True]]}]],
        ),
        (
            "a function",
            oracle(
                check(((2.0,), (3.0,))),
                lambda x: 2 * x,
                {"squared": lambda x: x * x, "one": 1.0},
                lambda source: [5.0, 7.0],
            ),
            [[4.0, 6.0], [10.0, 14.0]],
        ),
        (
            "a function to numbers",
            oracle(
                check(((2.0,),)),
                lambda x: [x, x + 1],
                {"alike": lambda x: [x, x]},
                lambda source: [5.0],
            ),
            [[[2.0, 3.0]], [[5.0, 6.0]]],
        ),
        (
            "a function to names",
            oracle(
                check(((2.0,),)),
                lambda x: {"a": x, "b": [x, 1.0]},
                {"half": lambda x: {"a": x / 2}},
                lambda source: [5.0],
            ),
            [
                [{"dict": [["a", 2.0], ["b", [2.0, 1.0]]]}],
                [{"dict": [["a", 5.0], ["b", [5.0, 1.0]]]}],
            ],
        ),
    ]
}


#: What once ended the judging in an error, or kept it busy for minutes.
ONCE = [
    10**400,
    {"dict": [["a", -(10**400)], ["b", True]]},
    {"array": ["int64", [], packed([math.nan]), True]},
    {"array": ["bool", [1], packed([math.inf]), True]},
    {"array": ["float32", [0], "", True]},
    [{"array": ["float32", [0], "", True]}],
    {"array": ["int64", [10**5, 0], "", True]},
    {"array": ["int64", [0, 10**9], "", False]},
]


def leaves(value):
    """The numbers, words and truths of a plain value, in order."""
    if isinstance(value, dict):
        return [leaf for name in sorted(value) for leaf in [name, *leaves(value[name])]]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    if hasattr(value, "values"):
        truths = value.dtype == "bool"
        return [bool(one) if truths else one for one in value.values]
    return [value]


def is_right(sent, honest):
    """Whether a value that was sent is the honest one, or nearly."""
    got, wanted = leaves(decode(sent)), leaves(decode(honest))
    return len(got) == len(wanted) and all(map(is_near, got, wanted))


def is_near(got, wanted):
    """Whether a number is within the rounding of bfloat16 of another, or a word is the same."""
    if isinstance(wanted, str):
        return isinstance(got, str) and got.strip().casefold() == wanted
    if isinstance(wanted, bool):
        return got is wanted
    return isinstance(got, int | float) and math.isclose(got, wanted, rel_tol=2**-5)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_verdict_but_on_what_was_seen(name, pytestconfig):
    asked, honest = QUESTIONS[name]
    everything = [[{"value": value} for value in one] for one in honest]
    assert verdict_on(asked, everything).passed

    @with_examples([[{"value": value} for _ in one] for one in honest] for value in ONCE)
    @steadily(pytestconfig, 60, 500)
    @given(seen(honest))
    def holds(seen):
        verdict = verdict_on(asked, seen)
        right, of = verdict.parts
        assert 0 <= right <= of and of >= 1
        assert verdict.text.startswith("1.1: ") and len(verdict.text) < 5_000
        assert all(isinstance(note, str) and "\n" not in note for note in verdict.notes)
        if verdict.passed:
            for entries, values in zip(seen, honest, strict=True):
                for entry, value in zip(entries, values, strict=True):
                    assert is_right(entry["value"], value)

    holds()


def test_what_comes_over_the_line_is_plain_or_refused(pytestconfig):
    @with_examples(ONCE)
    @steadily(pytestconfig, 100, 1_000)
    @given(PLAIN | ANY)
    def holds(sent):
        try:
            value = decode(sent)
        except NotPlain as error:
            assert 0 < len(str(error)) < 300
        else:
            assert str(decode(encode(value))) == str(value)

    holds()
