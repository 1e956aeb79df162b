"""A key says what is right and which misconception explains a wrong answer; a locked one tells no
reader.
"""

import json
import math

import pytest
from plainjudge.keys import UNKNOWN, LockedKey, OpenKey, key_of, leaves, locked, words_for
from plainjudge.values import Array

RIGHT = [2.0, -3.0]
CAUSES = {"doubled": [4.0, -6.0], "doubled too": [4.0, -6.0], "one case only": [7.0, -3.0]}
ROLES = {"x": "leaf", "y": "root", "z": True}


def sent(key):
    """A key as it comes out of a file."""
    return key_of(json.loads(json.dumps(key.as_json())))


@pytest.mark.parametrize(
    "got, cause",
    [
        ([4.0, -6.0], "doubled"),
        ([7.0, -3.0], "one case only"),
        ([4.0, -3.0], UNKNOWN),
        ([-2.0, 3.0], "the sign"),
        ([1.0, -1.5], "each time 0.5 × the right value: a factor too many, or one missing"),
        ([5.0, 5.0], "one answer for every input: is it typed in, or an input not used?"),
        ([math.nan, -3.0], "not a number: 0/0 or infinity − infinity on the way"),
    ],
)
def test_the_first_cause_that_explains_every_value(got, cause):
    assert sent(OpenKey(RIGHT, CAUSES)).cause(got) == cause


@pytest.mark.parametrize("got", [[-2.0, 3.0], [1.0, -1.5]])
def test_neither_sign_nor_factor_is_told_where_the_right_value_is_not(got):
    assert OpenKey(RIGHT, CAUSES).cause(got, tell=False) == UNKNOWN


def test_a_right_value_of_0_tells_no_factor():
    assert OpenKey([0.0, 1.0], {}).cause([0.5, 1.0]) == UNKNOWN
    assert OpenKey([0.5], {}).cause([1.0]) == UNKNOWN


def test_words_have_no_sign_and_no_factor():
    assert OpenKey(["leaf"], {}).cause(["root"]) == UNKNOWN
    assert OpenKey([True], {}).cause([False]) == UNKNOWN


def test_an_open_key_knows_its_values():
    key = sent(OpenKey([[1.0, 2.0], [3.0, 4.0]], {}))
    assert key.is_right(1, Array("float32", (2,), [3.0, 4.0])) and not key.is_right(0, [3.0, 4.0])
    assert key.shown(0) == "[1, 2]" and key.forms[0] == ["numbers", [2], False]
    assert key.parts([1.0, 2.0]) == (0, 1)


@pytest.mark.parametrize("right", [15.0, -1.9, 0.0, 1e-9, 3, 7.5e6, -65 / 6, 9.995, 10.0049])
def test_a_locked_number_opens_within_the_tolerance_and_nowhere_else(right):
    key = sent(locked("salt", right, {}))
    for factor in (1, 1 + 0.9e-4, 1 - 0.9e-4):
        assert key.is_right(0, right * factor)
        assert key.is_right(0, Array("float32", (1,), [right * factor]))
    for other in (right * 1.0003 + 2e-6, right * 0.9997 - 2e-6, -right - 1e-4, math.inf, math.nan):
        assert not key.is_right(0, other)


def test_a_locked_answer_of_several_parts():
    key = sent(locked("salt", ROLES, {}))
    assert key.is_right(0, {"x": " Leaf", "y": "ROOT", "z": Array("bool", (), [1.0], False)})
    assert key.parts(ROLES) == (3, 3)
    assert key.parts(ROLES | {"x": "root"}) == (2, 3)
    assert key.parts(ROLES | {"x": ..., "z": "yes"}) == (1, 3)
    assert key.parts({"x": "leaf"}) == (1, 3) and key.parts("leaf") == (0, 3)
    assert key.parts(dict.fromkeys("xyz", ...)) == (0, 3)
    assert sent(locked("salt", [1.0, 2.0], {})).parts([1.0, 3.0]) == (0, 1)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ({"x": 1, "x.grad": 2, "x[0]": [3, 4]}, 3),
        ({"x": 0, "x.grad": 2, "x[0]": [3, 4]}, 2),
        ({"x": 1, "x.grad": 0, "x[0]": [3, 4]}, 2),
        ({"x": 0, "x.grad": 0, "x[0]": [3, 4]}, 1),
        ({"x": 0, "x.grad": 0, "x[0]": [0, 0]}, 0),
    ],
)
def test_a_name_that_another_begins_with_is_a_part_of_its_own(answer, right):
    key = sent(locked("salt", {"x": 1, "x.grad": 2, "x[0]": [3, 4]}, {}))
    assert key.parts(answer) == (right, 3)


def test_a_locked_misconception_is_told_to_whoever_has_it():
    wrong = {"x is a root": {"x": "root"}, "the other way round": {"x": "root", "y": "leaf"}}
    key = sent(locked("salt", ROLES, {"both": {"x": "root", "z": False}} | wrong))
    assert key.cause([ROLES | {"x": "root"}]) == "x is a root"
    assert key.cause([ROLES | {"x": "Root", "z": False}]) == "both"
    assert key.cause([ROLES | {"y": "leaf"}]) == UNKNOWN
    numbers = sent(locked("salt", 15.0, {"13.75 is the value − of z": 13.75, "5": [5.0]}))
    assert numbers.cause([13.7501]) == "13.75 is the value − of z" and numbers.cause([5]) == "5"
    assert numbers.cause([-15]) == "the sign" and numbers.cause([14]) == UNKNOWN
    assert numbers.cause([math.nan]).startswith("not a number")
    assert sent(locked("salt", [1.0, 2.0], {})).cause([[-1.0, -2.0]]) == "the sign"


def test_a_locked_key_tells_a_reader_nothing():
    cause = "13.75 is the value of z"
    text = json.dumps(locked("salt", {"x": 15.0, "y": True}, {cause: {"x": 13.75}}).as_json())
    assert "true" not in text and "13.75" not in text and "value" not in text
    held = json.loads(text)
    for digest in held["digests"].values():
        assert len(digest) == 20
    other = locked("pepper", {"x": 15.0, "y": True}, {cause: {"x": 13.75}}).as_json()
    assert not set(other["digests"].values()) & set(held["digests"].values())
    assert other["wrong"][0]["text"] != held["wrong"][0]["text"]


def test_a_key_that_is_read_is_of_its_kind():
    assert isinstance(sent(locked("salt", 2.0, {})), LockedKey)
    assert isinstance(sent(OpenKey([2.0], {})), OpenKey)


def test_the_places_of_an_answer():
    assert dict(leaves({"x": 1, "y": [True, "a"], "z": [1.0, 2.0]})) == {
        "x": 1.0,
        "y": [True, "a"],
        "z[0]": 1.0,
        "z[1]": 2.0,
    }
    assert dict(leaves([3])) == {"": 3.0}


def test_the_words_of_a_value():
    assert words_for(" Leaf ") == ["leaf"] and words_for(True) == ["True"]
    assert words_for(0.0) == words_for(-1e-7) == ["0"] and words_for(math.inf) == ["inf"]
    assert words_for(None) == ["None"] and len(words_for(2.0)) == 3
    assert words_for(2.0)[0] != words_for(-2.0)[0]
