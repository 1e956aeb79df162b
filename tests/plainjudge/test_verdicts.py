"""A verdict is reached from plain data, whoever made them up."""

import pytest
from plainjudge.keys import OpenKey, locked
from plainjudge.values import encode
from plainjudge.verdicts import judge, verdict_on

KEY = OpenKey([6.0, 9.0], {"doubled": [12.0, 18.0]})
NAMES = ["f(2)", "f(3)"]
RIGHT = [{"value": 6.0}, {"value": 9.0}]


def said(seen, key=KEY, names=NAMES):
    verdict = judge("9.9", names, key, seen)
    assert not verdict.passed
    return verdict


def test_right_values_pass():
    verdict = judge("9.9", NAMES, KEY, RIGHT)
    assert (verdict.passed, verdict.text, verdict.parts) == (True, "9.9: passed", (1, 1))


def test_a_wrong_value_is_reported_at_its_case_with_the_cause_of_all():
    assert said([{"value": 12.0}, {"value": 18.0}]).text == (
        "9.9: f(2) is not right yet\n  got     12\n  wanted  6\n  likely  doubled"
    )
    text = said([{"value": 6.0}, {"value": 18.0}]).text
    assert text.startswith("9.9: f(3) is not right yet\n  got     18\n  wanted  9\n")
    assert text.endswith("likely  unknown: open the hint")


def test_a_wrong_form_is_told_before_any_value():
    text = said([{"value": 5.0}, {"value": encode("a")}]).text
    assert text.startswith("9.9: f(3)") and "type str, where one number should be" in text


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"open": ""}, "9.9: not attempted yet"),
        ({"open": ", f is None"}, "9.9: not attempted yet, f is None"),
        (
            {"none": "no return"},
            "9.9: f(2) is not right yet\n  got     None\n  wanted  6\n  likely  no return",
        ),
        (
            {"misfit": ["a copy", "the leaf", "moved"]},
            "9.9: f(2) is not right yet\n  got     a copy\n  wanted  the leaf\n  likely  moved",
        ),
        (
            {"misfit": ["nan", "", "lost"]},
            "9.9: f(2) is not right yet\n  got     nan\n  wanted  6\n  likely  lost",
        ),
        (
            {"error": ["IndexError", "hint", "return 1/0"]},
            "9.9: f(2) stops at `return 1/0`\n  got     IndexError\n  wanted  6\n  likely  hint",
        ),
        (
            {"error": ["ValueError: no", "a hint", ""]},
            "9.9: f(2) is not right yet\n  got     ValueError: no\n  wanted  6\n  likely  a hint",
        ),
    ],
)
def test_what_gives_no_value_is_told(entry, text):
    verdict = said([entry])
    assert verdict.text == text and verdict.attempted is ("open" not in entry)
    assert verdict.notes == ()


def test_a_doubt_counts_where_the_value_is_right():
    doubt = {"doubt": ["1 arrival", "3 arrivals", "one pass"]}
    verdict = said([{"value": 6.0} | doubt, {"value": 9.0}])
    assert "got     1 arrival\n  wanted  3 arrivals\n  likely  one pass" in verdict.text
    assert verdict.notes == ("9.9: right values, refused for what its process reports: 1 arrival",)
    assert "likely  doubled" in said([{"value": 12.0} | doubt, {"value": 18.0}]).text


def nested(levels):
    value = 1.0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "seen",
    [
        *(None, 1, "passed", True, {}, [], ["passed"], [None, None], [{}], [{}, {}]),
        *([{"value": 6.0}], RIGHT * 2, [RIGHT], {"passed": True}, [{"passed": True}] * 2),
        *([{"misfit": ["a", "b"]}], [{"misfit": [1, 2, 3]}], [{"error": "no"}], [{"open": 3}]),
        [{"value": 6.0}, {"none": 3}],
    ],
    ids=repr,
)
def test_what_is_no_observation_earns_nothing_and_is_noted(seen):
    verdict = said(seen)
    assert "could not be read" in verdict.text and verdict.notes == (verdict.text,)


@pytest.mark.parametrize(
    "value",
    [{"passed": True}, {"array": ["float32", [], "!", True]}, nested(9), "x" * 5000, [0] * 5000],
)
def test_what_is_no_answer_earns_nothing_and_is_noted(value):
    verdict = said([{"value": value}, {"value": 9.0}])
    assert "is no answer" in verdict.text and verdict.notes == (verdict.text,)


def test_a_text_from_where_the_answer_ran_stays_short_and_on_its_line():
    text = said([{"misfit": ["a\n9.9: passed" + "x" * 9999, "y" * 9999, "z" * 9999]}]).text
    assert len(text) < 1500 and "passed" not in text and len(text.splitlines()) == 4
    assert len(said([{"error": ["e" * 9999, "h" * 9999, "l" * 9999]}]).text) < 1000


def test_a_prediction_is_worth_its_right_parts_and_stays_one():
    key = locked("salt", {"x": True, "y": False, "z": True}, {"y!": {"y": True}})
    verdict = said([{"value": encode({"x": True, "y": True, "z": True})}], key, ["roles"])
    assert verdict.parts == (2, 3) and verdict.text.endswith("likely  y!")
    assert "wanted  a dict with True or False for each of x, y, z: yours to find" in verdict.text
    partly = [{"open": "", "value": encode({"x": True, "y": ..., "z": ...})}]
    assert said(partly, key, ["roles"]).parts == (1, 3)
    assert said(partly, key, ["roles"]).text == "9.9: not attempted yet"
    assert said([{"value": encode({"x": True})}], key, ["roles"]).parts == (1, 3)
    assert said([{"open": "", "value": {"odd": 3}}], key, ["roles"]).parts == (0, 1)


def question(*keys):
    rounds = [{"shown": [f"f({at})"], "key": key.as_json()} for at, key in enumerate(keys)]
    return {"number": "9.9", "rounds": rounds}


def test_of_several_rounds_the_first_that_is_not_right_stands():
    asked = question(OpenKey([6.0], {}), OpenKey([9.0], {"doubled": [18.0]}))
    assert verdict_on(asked, [[{"value": 6.0}], [{"value": 9.0}]]).passed
    wrong = verdict_on(asked, [[{"value": 6.0}], [{"value": 18.0}]])
    assert not wrong.passed and wrong.text.startswith("9.9: f(1)") and "doubled" in wrong.text
    assert verdict_on(asked, [[{"value": 5.0}], [{"value": 18.0}]]).text.startswith("9.9: f(0)")
    for seen in (None, [], [[{"value": 6.0}]], {"0": 6.0}):
        assert not verdict_on(asked, seen).passed


def test_what_is_wanted_is_told_of_the_visible_cases_alone():
    asked = question(OpenKey([6.0], {}), OpenKey([9.125], {"doubled": [18.25]}))
    hidden = verdict_on(asked, [[{"value": 6.0}], [{"value": 18.25}]]).text
    assert "9.125" not in hidden and "wanted  one number: yours to find" in hidden
    assert "got     18.25" in hidden and hidden.endswith("likely  doubled")
    for entry in ({"none": "no return"}, {"error": ["a", "b", ""]}, {"misfit": ["a", "", "b"]}):
        assert "9.125" not in verdict_on(asked, [[{"value": 6.0}], [entry]]).text
    assert "wanted  6" in verdict_on(asked, [[{"value": 5.0}], [{"value": 9.125}]]).text


def test_a_name_too_many_costs_a_part():
    key = locked("salt", {"x": True, "y": False}, {})
    seen = [{"value": encode({"x": True, "y": False, "z": True})}]
    verdict = said(seen, key, ["roles"])
    assert verdict.parts == (2, 3) and "look at z" in verdict.text


@pytest.mark.parametrize("word", ["\ud800", {"x": "\ud800"}, {"\ud800": "a"}, ["\ud800"]])
def test_a_word_that_cannot_be_written_is_a_wrong_answer(word):
    for key in (locked("salt", {"x": "leaf"}, {"root": {"x": "root"}}), locked("salt", "a", {})):
        said([{"value": encode(word)}], key, ["roles"]).text.encode()
