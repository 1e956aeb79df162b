"""Tensors and numbers in a few words: true, short, and without a trace on the tensor."""

import warnings

import pytest
import torch
from autograd_seen.live.reading import read_value
from autograd_seen.values import (
    LONGEST,
    LONGEST_NAME,
    clip,
    clip_name,
    dtype_name,
    endings,
    number,
)


def summary_of(tensor):
    return str(read_value(tensor))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (4.0, "4"),
        (-0.28790331666, "-0.2879"),
        (1 / 3, "0.3333"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.001, "0.001"),
        (0.00012345, "1.234e-4"),
        (-1e-30, "-1e-30"),
        (999999.0, "999999"),
        (1e6, "1e6"),
        (1.5e300, "1.5e300"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (7, "7"),
        (True, "True"),
        (1 - 2j, "1-2j"),
        (complex(0, float("inf")), "0+infj"),
    ],
)
def test_a_number_keeps_four_decimals_or_four_digits(value, words):
    assert number(value) == words


def test_a_number_never_reads_as_zero_unless_it_is():
    for exponent in range(-300, 300):
        assert float(number(1.2345 * 10.0**exponent)) == pytest.approx(
            1.2345 * 10.0**exponent, rel=0.05
        )


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.tensor(2.5), "2.5"),
        (torch.tensor([1.0, -2.0, 0.5]), "[1, -2, 0.5]"),
        (torch.tensor([3]), "[3]"),
        (torch.tensor([True, False]), "[True, False]"),
        (torch.arange(6.0), "[0, 1, 2, 3, 4, 5]"),
        (torch.arange(7.0), "0 … 6"),
        (torch.tensor([[1.23456, -7.0]]), "[[1.2346, -7]]"),
        (torch.arange(6).reshape(2, 3), "[[0, 1, 2], [3, 4, 5]]"),
        (torch.arange(16).reshape(4, 4)[:, :1], "[[0], [4], [8], [12]]"),
        (torch.arange(10).reshape(2, 5), "0 … 9"),
        (torch.arange(10).reshape(5, 2), "0 … 9"),
        (torch.arange(8).reshape(2, 2, 2), "0 … 7"),
        (torch.full((2, 3), 1 / 3), "all 0.3333"),
        (torch.zeros(3), "[0, 0, 0]"),
        (torch.tensor([[2.5]]), "[[2.5]]"),
        (torch.tensor([[1, 2j], [0, 1]]), "[[1+0j, 0+2j], [0+0j, 1+0j]]"),
        (torch.tensor([[True, False]]), "[[True, False]]"),
        (torch.tensor([[float("nan"), 1.0]]), "[[nan, 1]]"),
        (torch.full((5, 5), float("nan")), "nan in 25 of 25"),
        (torch.tensor([[float("-inf"), 1.0]]), "[[-inf, 1]]"),
        (torch.ones(0, 3), "empty"),
        (torch.tensor(1 + 2j), "1+2j"),
        (torch.tensor([[0.1, 0.2]], dtype=torch.float16), "[[0.1, 0.2]]"),
        (torch.tensor([[0.5, 2.0]], dtype=torch.bfloat16), "[[0.5, 2]]"),
        (torch.arange(1, 10, dtype=torch.float64) / 9, "0.111 … 1"),
        (torch.arange(1, 256, dtype=torch.uint8), "1 … 255"),
        (torch.linspace(0.99991, 1.00004, 20), "0.9999 … 1.00004"),
        (torch.linspace(0.12341, 0.12349, 20), "0.1234 … 0.1235"),
    ],
    ids=str,
)
def test_a_tensor_shows_its_numbers_or_the_smallest_and_the_largest(tensor, words):
    assert summary_of(tensor) == words


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.tensor(2.5), "2.5"),
        (torch.arange(4.0), "[0, 1, 2, 3]"),
        (torch.arange(5.0), "0 … 4"),
        (torch.tensor([[2.5]]), "[[2.5]]"),
        (torch.tensor([[1.0, -7.0]]), "-7 … 1"),
        (torch.tensor([[1.0, float("nan")]]), "nan in 1 of 2"),
        (torch.ones(2, 2), "all 1"),
        (torch.tensor([[1j, 0]]), ""),
        (torch.arange(7.0), "0 … 6"),
    ],
    ids=str,
)
def test_in_a_sentence_more_than_four_numbers_are_the_smallest_and_the_largest(tensor, words):
    assert read_value(tensor).brief() == words


def test_a_matrix_has_rows_unless_it_holds_one_number_many_times():
    assert read_value(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).rows == ((1.0, 2.0), (3.0, 4.0))
    assert read_value(torch.zeros(1, 1)).rows == ((0.0,),)
    for other in (torch.ones(2, 2), torch.ones(2), torch.ones(5, 5), torch.tensor(1.0)):
        assert read_value(other).rows == ()


def test_a_tensor_whose_numbers_cannot_be_read_has_no_words():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse rows are in beta, says torch
        rows = torch.eye(3).to_sparse_csr()
    for tensor in (
        torch.ones(2, 2, device="meta"),
        torch.ones(2, 3) * 1j,
        torch.eye(3).to_sparse(),
        rows,
    ):
        assert summary_of(tensor) == ""


def test_reading_a_value_leaves_the_tensor_as_it_was():
    x = torch.arange(6.0, requires_grad=True)
    state = torch.get_rng_state()
    summary_of(x)
    assert x._version == 0 and x.grad is None and x.is_leaf
    assert torch.equal(torch.get_rng_state(), state)


def test_reading_a_value_asks_nothing_of_a_subclass():
    class Loud(torch.Tensor):
        calls = 0

        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            cls.calls += 1
            return super().__torch_function__(function, types, args, kwargs or {})

    loud = torch.ones(3).as_subclass(Loud)
    Loud.calls = 0
    assert summary_of(loud) == "[1, 1, 1]"
    assert Loud.calls == 0


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\ud800b", "a\u202eb", "a\u2028b"])
def test_a_character_that_does_not_print_is_replaced(text):
    assert clip(text) == "a�b"


def test_a_long_text_is_cut_and_says_so():
    assert clip("x" * LONGEST) == "x" * LONGEST
    assert clip("x" * 10_000) == "x" * (LONGEST - 1) + "…"
    assert clip("abcdef", 4) == "abc…"


def test_a_dtype_goes_by_its_short_name():
    assert dtype_name(torch.bfloat16) == "bfloat16"


def test_of_a_long_name_both_ends_are_kept():
    assert clip_name("w" * 60) == "w" * 60
    ends = {clip_name(f"classifier.{'encoder.' * 9}{end}") for end in ("weight", "bias")}
    assert len(ends) == 2 and all(one.startswith("classifier.") for one in ends)
    assert all(len(one) == LONGEST_NAME and one.isprintable() for one in ends)


def test_an_end_of_a_name_grows_until_it_is_no_other_names():
    long = [f"net.layers.{i}.self_attention.{end}" for i in (0, 1) for end in ("weight", "bias")]
    shown = endings([*long, "w", "net.first_and_only_one.weight"], 20)
    assert shown["w"] == "w" and len(shown["net.first_and_only_one.weight"]) == 20
    assert len(set(shown.values())) == 6
    assert shown[long[0]] == "…0.self_attention.weight"
    assert all(name.endswith(one.removeprefix("…")) for name, one in shown.items())
