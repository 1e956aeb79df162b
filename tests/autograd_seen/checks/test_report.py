"""A report names a case as a reader would, and the line that an error came from."""

import math

import pytest
import torch
from autograd_seen.checks.report import failing_line, written_in_case, written_live


def cube(x):
    """x³"""
    return x**3


def test_a_case_shows_words_bare_and_functions_by_their_formula():
    assert written_in_case("z = x·x") == "z = x·x"
    assert written_in_case(cube) == "x³"
    assert written_in_case(lambda x: x) == "<lambda>"
    assert written_in_case(1.5) == "1.5"


def test_a_live_value_is_written_as_plain_data():
    assert written_live(torch.tensor([2.5, 3.0], requires_grad=True)) == "[2.5, 3]"
    assert written_live(cube) == "cube"


def test_the_line_of_an_error_is_the_last_one_of_the_students_own_file():
    def answer():
        return torch.linalg.inv(torch.zeros(2))

    with pytest.raises(RuntimeError) as caught:
        answer()
    assert failing_line(caught.value, answer) == "return torch.linalg.inv(torch.zeros(2))"
    assert failing_line(caught.value, math.sin) == failing_line(caught.value, 4.2) == ""


def test_the_line_of_an_error_within_a_function_is_that_of_its_class():
    class Answer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.linalg.inv(x)

    with pytest.raises(RuntimeError) as caught:
        Answer.apply(torch.zeros(2))
    for answer in (Answer, Answer.apply):
        assert failing_line(caught.value, answer) == "return torch.linalg.inv(x)"
