"""Oracles are compiled into keys, and a secret draws cases that tell every misconception apart."""

import json
import random

import pytest
from plainjudge.keys import key_of
from plainjudge.oracles import (
    Undrawable,
    drawn,
    load,
    misconceptions_alike,
    number,
    oracle,
    prediction,
    question,
    questions,
    signed,
    tabulated,
    visible_keys,
)


class Named:
    """A check, as far as an oracle knows it."""

    def __init__(self, number="9.1", cases=((),)):
        self.number, self.name, self.cases = number, "f", cases

    def shown(self, case):
        return f"f({', '.join(map(str, case))})"

    def sent(self, case):
        return list(case)


GUESS = prediction(Named("9.2"), 6.0, {"nine": 9.0})


def double(draw, wrong=None):
    return oracle(
        Named(cases=((2.0,),)), lambda x: 2 * x, wrong or {"squared": lambda x: x * x}, draw
    )


DOUBLE = double(lambda source: [number(source, 1, 9), (5.0,)])


def test_an_oracle_is_tabulated_case_by_case():
    assert tabulated(lambda a, b: a + b, [(1, 2), (3, 4)]) == [3, 7]
    assert tabulated(5, [(1,), (2,)]) == [5, 5]


def test_what_a_student_gets_is_the_key_of_the_visible_cases():
    keys = json.loads(json.dumps(visible_keys([DOUBLE, GUESS], "salt")))
    assert list(keys) == ["9.1", "9.2"]
    assert keys["9.1"] == {"wanted": [4.0], "wrong": [["squared", [4.0]]]}
    assert set(keys["9.2"]) == {"salt", "form", "digests", "wrong"}
    assert key_of(keys["9.2"]).is_right(0, 6)
    assert visible_keys([GUESS], "other")["9.2"] != keys["9.2"]


def test_the_grader_asks_the_visible_cases_and_then_others():
    asked = question(DOUBLE, "salt", b"a secret")
    visible, hidden = asked["rounds"]
    assert (asked["check"], asked["number"]) == ("f", "9.1")
    assert visible["cases"] == [[2.0]] and visible["shown"] == ["f(2.0)"]
    (first,), (second,) = hidden["cases"]
    assert second == 5.0 and key_of(hidden["key"]).wanted == [2 * first, 10.0]
    assert len(question(GUESS, "salt", b"a secret")["rounds"]) == 1
    assert list(questions([DOUBLE, GUESS], "salt", b"a secret")) == ["9.1", "9.2"]


def test_a_secret_asks_the_same_again_and_another_secret_something_else():
    assert question(DOUBLE, "salt", b"one") == question(DOUBLE, "salt", b"one")
    asked = {str(drawn(DOUBLE, b"%d" % number)) for number in range(20)}
    assert len(asked) > 15


def test_what_is_drawn_depends_on_the_exercise_too():
    numbers = "9.1", "9.3"
    one, other = (
        drawn(oracle(Named(number), lambda x: x, {}, lambda source: [source.random()]), b"s")
        for number in numbers
    )
    assert one != other


def test_cases_are_drawn_until_each_misconception_differs():
    rarely = double(lambda source: [source.choice([2.0, 2.0, 2.0, 3.0])])
    assert {drawn(rarely, b"%d" % number)[0] for number in range(30)} == {(3.0,)}
    assert list(misconceptions_alike(rarely, [(2.0,)])) == ["squared"]
    assert list(misconceptions_alike(rarely, [(2.0,), (3.0,)])) == []
    near = double(lambda source: [2.0, 2.001])
    assert list(misconceptions_alike(near, [(2.001,)])) == ["squared"], "less than ten tolerances"
    with pytest.raises(Undrawable, match=r"9\.1, 200 times: in no case 'squared' gives another"):
        drawn(near, b"s")


def test_a_misconception_about_a_dict_may_name_some_keys():
    roles = prediction(Named(), {"x": "leaf", "y": "root"}, {"swapped": {"x": "root"}})
    assert roles.key("salt").cause([{"x": "root", "y": "root"}]) == "swapped"


def test_a_file_of_oracles_says_which_checks_they_are_for(tmp_path):
    path = tmp_path / "01_numbers" / "private" / "oracles.py"
    path.parent.mkdir(parents=True)
    path.write_text("import math as check\nORACLES = [1, 2]\n", encoding="utf-8")
    assert load(path) == ("math", [1, 2])


def test_the_numbers_that_are_drawn_have_their_size_their_decimals_and_their_sign():
    source = random.Random(1)
    drawn = [number(source, 0.1, 0.4, 2) for _ in range(300)]
    assert min(drawn) == 0.1 and max(drawn) == 0.4 and drawn == [round(one, 2) for one in drawn]
    drawn = {signed(source, 1.5, 1.8) for _ in range(300)}
    assert drawn == {sign * size for sign in (1, -1) for size in (1.5, 1.6, 1.7, 1.8)}


def test_drawing_leaves_the_random_numbers_of_others_alone():
    random.seed(1)
    before = random.getstate()
    question(DOUBLE, "salt", b"s")
    assert random.getstate() == before
