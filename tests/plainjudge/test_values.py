"""Plain data goes over a line as it is, and nothing else passes for it."""

import json
import math

import pytest
from plainjudge.values import (
    DEEPEST,
    MOST_CHARS,
    MOST_NUMBERS,
    MOST_PARTS,
    Array,
    NotPlain,
    Odd,
    decode,
    encode,
)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 2, 2.5, math.inf, "leaf", ..., [1, [2.5, "a"]], {"x": [True, ...], "y": 1}),
        *(Array("float32", (2, 1), [1.5, -2.5]), Array("bool", (), [1.0], False)),
        *(Array("float64", (0,), []), Odd("function", "cube"), {"open": True}, {"array": [1]}),
    ],
    ids=repr,
)
def test_a_value_is_the_same_on_the_other_side(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_nan_is_nan_on_the_other_side():
    assert math.isnan(decode(json.loads(json.dumps(encode(math.nan)))))


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "sent, why",
    [
        ({"array": ["float32", [2], "AAAA", True]}, "cannot be read"),
        ({"array": ["float32", [2], encode(Array("f", (1,), [1.0]))["array"][2], True]}, "1 num"),
        ({"array": ["float32", [-1], "", True]}, "no shape"),
        ({"array": ["float32", [True], "", True]}, "no shape"),
        ({"array": ["float32", [0] * 7, "", True]}, "no shape"),
        ({"array": ["float32", [1], "not base64!", True]}, "cannot be read"),
        ({"array": ["float32", [1]]}, "no plain value"),
        ({"value": 1}, "no plain value"),
        ({"dict": [["x"]]}, "no key with its value"),
        ({"dict": [[1, 2]]}, "no key with its value"),
        ("x" * (MOST_CHARS + 1), "characters, more than"),
        ([0] * (MOST_PARTS + 1), "parts, more than"),
        (deep(DEEPEST + 1), "deep"),
    ],
)
def test_what_is_no_plain_value_is_refused(sent, why):
    with pytest.raises(NotPlain, match=why):
        decode(sent)


def test_an_array_has_no_more_numbers_than_allowed():
    count = MOST_NUMBERS + 1
    with pytest.raises(NotPlain, match="numbers for an array"):
        decode(encode(Array("float32", (count,), [0.0] * count)))


def test_an_array_knows_what_it_rounds_to():
    assert Array("float32", (), [1.0]).rounding == 2**-23
    assert Array("int64", (), [1.0]).rounding == 0.0
    assert Array("bfloat16", (), [1.0]).is_floating_point
    assert not Array("int64", (), [1.0]).is_floating_point
