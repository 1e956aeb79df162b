"""Ridders' extrapolation sees answers to nudges, and knows nothing of tensors that require grad."""

import math

import pytest
import torch
from autograd_seen.ridders import Nudges, settled_slopes


def nudged(f, x, looks):
    """A nudge for a plain Python function, which notes the steps that it is asked for."""

    def nudge(steps):
        looks.append(steps.tolist())
        low, high = ([f(x + sign * h) for h in looks[-1]] for sign in (-1, 1))
        here, *answers = (torch.tensor(v, dtype=torch.float64) for v in ([f(x)], low, high))
        return Nudges(steps[:, None], answers[0][:, None], here, answers[1][:, None])

    return nudge


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.3, -1e5])
def test_one_look_goes_over_all_sizes_from_large_to_small(x):
    looks = []
    (slope,) = settled_slopes(nudged(lambda x: x * x + x, x, looks), x, torch.float64).tolist()
    assert math.isclose(slope, 2 * x + 1, rel_tol=1e-9)
    (steps,) = looks
    assert steps == sorted(steps, reverse=True) and len(steps) == 9
    assert math.isclose(steps[0], 0.4 * max(1, abs(x)))
    assert 0 < steps[-1] < 1e-10 * max(1, abs(x)) and (not x or steps[-1] < 1e-4 * abs(x))


def test_a_second_look_is_a_closer_one():
    looks = []
    (slope,) = settled_slopes(nudged(math.cos, 0.0, looks), 0.0, torch.float64).tolist()
    wide, close = looks
    assert slope == 0 and close[0] / close[-1] < 0.1 * wide[0] / wide[-1]
    assert wide[0] >= close[0] and close[-1] >= wide[-1]
