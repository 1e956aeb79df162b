"""Reading a tensor: the numbers as a person would write them, and nothing where there are none."""

import math

import pytest
import torch
from autograd_seen.live.reading import FEW, SIDE, read_value
from autograd_seen.values import Value


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_number_is_the_shortest_decimal_of_its_own_dtype(dtype):
    assert read_value(torch.tensor(0.1, dtype=dtype)).number == 0.1


def test_two_numbers_that_differ_are_read_as_different():
    one = torch.tensor(1.0)
    other = torch.nextafter(one, torch.tensor(2.0))
    assert read_value(one).number != read_value(other).number


def test_a_few_numbers_are_read_whole_and_more_by_their_ends():
    assert read_value(torch.arange(FEW)).numbers == tuple(range(FEW))
    assert read_value(torch.arange(FEW + 1.0)) == Value(FEW + 1, (FEW + 1,), ends=(0.0, FEW))


def test_a_small_matrix_is_read_whole():
    square = torch.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    assert read_value(square).numbers == tuple(range(SIDE * SIDE))
    assert read_value(square.T).numbers[:2] == (0, SIDE)
    for wide in (torch.zeros(1, SIDE + 1), torch.zeros(SIDE + 1, 1), torch.zeros(1, 1, 1)):
        assert read_value(wide) == Value(wide.numel(), wide.shape, ends=(0.0, 0.0))


def test_a_tensor_of_any_size_can_be_read_whole():
    value = read_value(torch.tensor([[0.1] * 6, [3.0] * 6], requires_grad=True), whole=True)
    assert value == Value(12, (2, 6), (0.1,) * 6 + (3.0,) * 6)


def test_missing_numbers_are_counted():
    value = read_value(torch.tensor([1.0, math.nan] * 4))
    assert (value.nans, value.ends) == (4, None)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(2, device="meta"),
        torch.ones(2, 3, dtype=torch.complex64),
        torch.eye(3).to_sparse(),
    ],
    ids=["meta", "complex", "sparse"],
)
def test_what_cannot_be_read_says_so_and_keeps_its_shape(tensor):
    value = read_value(tensor)
    assert not value.is_readable and value.shape == tuple(tensor.shape)


def test_reading_moves_neither_the_random_state_nor_a_version():
    tensor = torch.rand(5, requires_grad=True)
    before = torch.get_rng_state(), tensor._version
    read_value(tensor)
    assert torch.equal(before[0], torch.get_rng_state()) and tensor._version == before[1]
