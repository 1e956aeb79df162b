"""Shared memory is said only of tensors that have an element in common."""

import pytest
import torch
from autograd_seen.live.memory import FEW, share_memory, storage

BUFFER = torch.arange(24.0)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (BUFFER[:4], BUFFER[4:], False),
        (BUFFER[:5], BUFFER[4:], True),
        (BUFFER, BUFFER.reshape(4, 6).t(), True),
        (BUFFER[::2], BUFFER[1::2], False),
        (BUFFER[::2], BUFFER[2::4], True),
        (BUFFER[::2], BUFFER[1:4], True),
        (BUFFER.reshape(4, 6)[:, 0], BUFFER.reshape(4, 6)[:, 1], False),
        (BUFFER[:4], BUFFER[4:].view(torch.int32), False),
        (BUFFER[:4], BUFFER[:4].view(torch.float64), True),
        (BUFFER[:0], BUFFER, False),
        (BUFFER, BUFFER.clone(), False),
    ],
)
def test_two_tensors_share_memory_where_they_have_an_element_in_common(one, other, share):
    assert share_memory(one, other) is share_memory(other, one) is share


def test_of_a_large_tensor_with_gaps_nothing_is_said():
    buffer = torch.zeros(4 * FEW)
    within, beyond = buffer[: 2 * FEW : 2], buffer[: 2 * FEW + 2 : 2]
    assert share_memory(within, within) and not share_memory(beyond, beyond)
    assert share_memory(buffer, buffer), "without gaps its ends are enough"


@pytest.mark.parametrize(
    "tensor", [torch.eye(3).to_sparse(), torch.ones(2, device="meta")], ids=["sparse", "meta"]
)
def test_what_has_no_memory_shares_none_with_another(tensor):
    assert not share_memory(tensor, torch.ones(2))
    assert storage(torch.eye(3).to_sparse()) == 0
