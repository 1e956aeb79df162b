"""The likely cause of an error is read off what PyTorch and Python say."""

import pytest
import torch
from autograd_seen.checks.hints import ERROR_HINTS, error_hint


def error_of(run):
    with pytest.raises(RuntimeError) as caught:
        run()
    return caught.value


def test_an_error_of_pytorch_is_explained():
    error = error_of(lambda: torch.tensor(2.0).backward())
    assert "nothing was recorded" in error_hint(error)
    error = error_of(lambda: torch.ones(2, requires_grad=True).backward())
    assert "starts from one number" in error_hint(error)
    error = error_of(lambda: torch.ones(2, requires_grad=True).sin().backward(torch.ones(3)))
    assert "the shape of the result" in error_hint(error)
    assert error_hint(ValueError("no such luck")) == ""


def test_a_list_in_the_place_of_a_vector_is_explained():
    with pytest.raises(TypeError) as caught:
        torch.ones(2, requires_grad=True).sin().backward([1.0, 0.0])
    assert "takes a tensor" in error_hint(caught.value)


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
