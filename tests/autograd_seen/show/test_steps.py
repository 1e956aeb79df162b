"""The steps of a backward pass as a table."""

from dataclasses import replace

import torch
from autograd_seen import record_backward
from autograd_seen.graph import Fact, Note
from autograd_seen.show.steps import MOST_STEPS, StepTexts, describe_steps, headings, step_rows


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def used_twice(accumulate=False):
    w = leaf(1.5)
    h = w * 2
    L = h * h + h * w
    return record_backward(L, accumulate=accumulate)


def test_a_rehearsal_says_what_would_become_of_grad_and_a_pass_what_became():
    assert headings(used_twice())[-1] == ".grad would become"
    assert headings(used_twice(accumulate=True))[-1] == ".grad now"


def test_a_sum_names_its_parts():
    table = describe_steps(used_twice())
    assert "1.5 + 3 + 3 = 7.5" in table and "3 + 15 = 18" in table


def test_what_the_rows_of_one_step_share_stands_once():
    first = step_rows(StepTexts(used_twice()))[0]
    assert [row[:3] for row in first] == [("1", "L = #1 + #2", "1"), ("", "", "")]


def test_a_step_says_what_its_notes_say():
    recording = used_twice()
    noted = replace(recording.steps[1], notes=(Note(Fact.CAST, ("float32", "float16")),))
    changed = replace(recording, steps=(recording.steps[0], noted, *recording.steps[2:]))
    assert "cast float32 → float16" in describe_steps(changed)
    assert "cast" not in describe_steps(recording)


def test_a_derivative_that_is_not_defined_is_said_to_be_so():
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, gradient):
            return gradient, None

    a, b = leaf(2.0), leaf(3.0)
    table = describe_steps(record_backward(Half.apply(a, b)))
    assert "None: not defined → b" in table and "1 → a" in table


def test_a_leaf_that_stays_says_why():
    x = leaf(4.0)
    y = x**2
    x.requires_grad_(False)
    assert describe_steps(record_backward(y)).endswith("None, frozen: not accumulated")


def sines(count):
    x = leaf(0.5)
    for _ in range(count):
        x = torch.sin(x)
    return describe_steps(record_backward(x)).splitlines()


def test_a_long_pass_is_told_by_its_first_and_last_steps():
    lines = sines(MOST_STEPS + 30)
    assert len(lines) == MOST_STEPS + 2
    half = MOST_STEPS // 2
    assert lines[half].startswith(f"{half} ") and lines[half + 2].startswith(f"{half + 32} ")
    assert lines[half + 1] == "… 31 steps not shown …"
    assert lines[-1].startswith(f"{MOST_STEPS + 31} ") and "(leaf)" in lines[-1]
    # One table: its columns go on behind the gap.
    column = lines[0].index("gradient arriving")
    assert all(line[column - 2 : column] == "  " != line[column:][:2] for line in lines[1:half])
    assert all(line[column - 2 : column] == "  " != line[column:][:2] for line in lines[-half:])


def test_as_many_steps_as_are_told_have_no_gap():
    lines = sines(MOST_STEPS - 1)
    assert len(lines) == MOST_STEPS + 1 and not [line for line in lines if "…" in line]
