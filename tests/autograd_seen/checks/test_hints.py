"""The likely cause is read off the values, or off what PyTorch says."""

import math

import pytest
import torch
from autograd_seen.checks.hints import ERROR_HINTS, UNKNOWN, error_hint, likely_cause

RIGHT = [2.0, -3.0]
CAUSES = {"doubled": [4.0, -6.0], "doubled too": [4.0, -6.0], "one case only": [7.0, -3.0]}


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
    assert likely_cause(got, RIGHT, CAUSES) == cause


def test_a_right_value_of_0_tells_no_factor():
    assert likely_cause([0.5, 1.0], [0.0, 1.0], {}) == UNKNOWN
    assert likely_cause([1.0], [0.5], {}) == UNKNOWN


def test_words_have_no_sign_and_no_factor():
    assert likely_cause(["root"], ["leaf"], {}) == UNKNOWN
    assert likely_cause([False], [True], {}) == UNKNOWN


def test_a_misconception_about_a_dict_may_name_some_keys():
    got, wanted = [{"x": "root", "y": "leaf"}], [{"x": "leaf", "y": "root"}]
    assert likely_cause(got, wanted, {"x": [{"x": "root"}]}) == "x"


def error_of(run):
    with pytest.raises(RuntimeError) as caught:
        run()
    return caught.value


def test_an_error_of_pytorch_is_explained():
    error = error_of(lambda: torch.tensor(2.0).backward())
    assert "nothing was recorded" in error_hint(error)
    error = error_of(lambda: torch.ones(2, requires_grad=True).backward())
    assert "starts from one number" in error_hint(error)
    assert error_hint(ValueError("no such luck")) == ""


@pytest.mark.parametrize("power", [lambda x: x ^ 2, lambda x: torch.tensor(x) ^ 2])
def test_a_power_written_with_a_roof_is_explained(power):
    with pytest.raises((TypeError, RuntimeError)) as caught:
        power(1.5)
    assert "x**2" in error_hint(caught.value)


def of_no_such(run):
    with pytest.raises(NameError) as caught:
        run()
    return error_hint(caught.value)


def test_a_name_like_one_that_is_there_is_taken_for_a_slip_of_the_hand():
    def misspelt():
        gradient = 2.0  # noqa: F841
        return gradeint  # noqa: F821

    assert of_no_such(misspelt) == "there is no gradeint: did you mean gradient?"
    assert of_no_such(lambda: floot(2)).endswith("did you mean float?")  # noqa: F821
    assert of_no_such(lambda: pytset).endswith("did you mean pytest?")  # noqa: F821


def test_a_name_like_no_other_may_come_from_a_cell_that_has_not_run():
    said = of_no_such(lambda: qqq)  # noqa: F821
    assert said == "there is no qqq: mistyped, or the cell that makes it has not run"


def test_a_name_that_is_read_before_it_is_set_is_there():
    def early():
        w = w + 1  # noqa: F821, F841

    assert of_no_such(early) == "a name is read before the line that gives it a value"


def test_a_name_error_that_says_nothing_is_not_explained():
    def by_hand():
        raise NameError("no luck")

    assert error_hint(NameError("no luck")) == of_no_such(by_hand) == ""


def test_no_hint_hides_another():
    """The first entry whose words are in a message is taken, so none may lie in a later one."""
    words = list(ERROR_HINTS)
    assert not [
        (one, other)
        for place, one in enumerate(words)
        for other in words[place + 1 :]
        if one in other
    ]
