"""What calls functions of torch without end is stopped, and told why."""

import pytest
import torch
from autograd_seen.checks.endless import MOST_CALLS, Limited
from autograd_seen.checks.verdicts import Misfit


def test_a_loop_without_end_is_stopped():
    x = torch.ones(3)
    with pytest.raises(Misfit) as caught, Limited("it never changes"):
        while x.dim() != 2:
            x = x + 1
    assert caught.value.likely == "it never changes" and str(MOST_CALLS) in caught.value.got


def test_what_ends_is_left_alone():
    with Limited("it never changes") as limited:
        assert (torch.ones(3) + 1).tolist() == [2, 2, 2]
    assert 0 < limited.calls < 10
