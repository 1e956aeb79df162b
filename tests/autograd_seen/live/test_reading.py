"""Reading a tensor: the numbers as a person would write them, and nothing where there are none."""

import math

import pytest
import torch
from autograd_seen.live.reading import FEW, SIDE, read_value
from autograd_seen.values import Value


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_number_is_the_shortest_decimal_of_its_own_dtype(dtype):
    assert read_value(torch.tensor(0.1, dtype=dtype)).number == 0.1


@pytest.mark.parametrize("exponent", [-44, -40, -38, -30, -7, -1, 0, 1, 7, 30, 38])
def test_no_shorter_decimal_of_a_float32_stands_for_the_same_number(exponent):
    for _ in range(40):
        tensor = torch.rand(()) * 10.0**exponent
        decimals = [float(f"{tensor.item():.{digits}g}") for digits in range(1, 10)]
        shortest = next(one for one in decimals if torch.tensor(one) == tensor)
        assert read_value(tensor).number == shortest


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


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("tensor", "kinds", "text"),
    [
        (torch.tensor([1.0, 2.0]), set(), "[1, 2]"),
        (torch.tensor([INF, -INF, NAN]), {"inf", "-inf", "nan"}, "[inf, -inf, nan]"),
        (torch.tensor([1.0, -INF] * 9), {"-inf"}, "-inf … 1"),
        (torch.tensor([INF, NAN] * 9), {"±inf", "nan"}, "nan in 9 of 18"),
        (torch.tensor([1.0, NAN] * 9), {"nan"}, "nan in 9 of 18"),
        (torch.tensor([1j, complex(0, INF)] * 9), {"±inf"}, "inf in 9 of 18"),
        (torch.tensor([complex(NAN, -INF)]), {"±inf", "nan"}, "[nan-infj]"),
        (torch.ones(9, dtype=torch.complex64), set(), ""),
        (torch.ones(2, 9).to_sparse(), set(), ""),
        (torch.tensor([[INF] * 9] * 2).to_sparse(), {"±inf"}, "inf in 18 of 18"),
        (torch.ones(0), set(), "empty"),
        (torch.arange(9), set(), "0 … 8"),
        (torch.ones(3, device="meta"), None, ""),
    ],
)
def test_what_is_not_finite_is_known_of_nearly_every_tensor(tensor, kinds, text):
    value = read_value(tensor)
    assert value.not_finite == kinds and str(value) == text
    assert value.is_readable == bool(text)
    counts = {kind: value.count(kind) for kind in kinds or ()}
    assert all(count is None or count > 0 for count in counts.values())


def test_how_many_are_not_finite_is_counted_where_that_is_known():
    assert read_value(torch.tensor([INF, 1.0, INF, NAN])).count("inf") == 2
    assert read_value(torch.tensor([INF, NAN, NAN] * 9)).count("nan") == 18
    assert read_value(torch.full((9,), INF)).count("inf") == 9
    assert read_value(torch.tensor([INF, 1.0] * 9)).count("inf") is None
