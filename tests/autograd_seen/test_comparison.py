"""compare says of numbers what is so: in how many digits they agree, or which of them differ."""

import math

import pytest
import torch
from autograd_seen import compare

INF, NAN = math.inf, math.nan


def verdict(**answers):
    return str(compare(**answers)).splitlines()[-1]


def test_a_comparison_is_a_table_with_a_verdict():
    assert str(compare(by_hand=[-7.6613, 8], autograd=torch.tensor([-7.6611, 8.0]))) == (
        "by hand    -7.6613   8.0000\nautograd   -7.6611   8.0000\nagree to 4 digits"
    )


VERDICTS = [
    (1.0, 1.0, "agree to 12 digits"),
    (1.0, 1.0 + 2e-16, "agree to 12 digits"),
    (1.0, 1.0 + 9e-8, "agree to 7 digits"),
    (6.0, torch.tensor(6.0), "agree to 6 digits"),
    (1.0, torch.tensor(1.0 + 1e-7), "agree to 6 digits"),
    (3.0, torch.tensor(3.0, dtype=torch.float64), "agree to 12 digits"),
    (1.0, torch.tensor(1.0, dtype=torch.float16), "agree to 3 digits"),
    (1.0, torch.tensor(1.0, dtype=torch.bfloat16), "agree to 2 digits"),
    (1.0, 1.001, "agree to 3 digits"),
    (1.0, 1.0011, "differ: 1 against 1.001"),
    (0.00123, 0.00124, "differ: 0.00123 against 0.00124"),
    (0.6955, -0.3092, "differ: 0.6955 against −0.3092"),
    (0.0, 9.99, "differ: 0 against 9.99"),
    (1e-20, 3e-20, "differ: 1e−20 against 3e−20"),
    (1e308, -1e308, "differ: 1e+308 against −1e+308"),
    (True, 1.0, "agree to 12 digits"),
    # An exact 0.
    (0.0, 0.0, "agree: both 0"),
    (0, 1e-17, "agree: both 0"),
    (0.0, 2e-12, "differ: 0 against 2e−12"),
    (0.0, torch.tensor(1e-7), "agree: both 0"),
    (0.0, torch.tensor(1e-5), "differ: 0 against 1e−05"),
    # No numbers in the usual sense.
    (INF, torch.tensor(INF), "agree: both inf"),
    (-INF, -INF, "agree: both −inf"),
    (INF, -INF, "differ: inf against −inf"),
    (INF, 1e308, "differ: inf against 1e+308"),
    (NAN, torch.tensor(NAN), "agree: both nan"),
    (NAN, 1.0, "differ: nan against 1"),
    (INF, NAN, "differ: inf against nan"),
    # Complex.
    (torch.tensor(1 + 2j), torch.tensor(1 + 5j), "differ: 1+2j against 1+5j"),
    (torch.tensor(1 + 2j), 1 + 2j, "agree to 6 digits"),
    (1 + 2j, 1 + 2.0000001j, "agree to 7 digits"),
    (2.0 + 0j, 2.0, "agree to 12 digits"),
    (complex(NAN, 1), 1.0, "differ: nan+1j against 1"),
    # Integers, all of them exactly.
    (3, torch.tensor(3), "agree exactly"),
    (2**53 + 1, 2**53, "differ: 9007199254740993 against 9007199254740992"),
    (torch.tensor(2**53 + 1), 2**53, "differ: 9007199254740993 against 9007199254740992"),
    (2**70, 2**70, "agree exactly"),
    (1000, 1001, "differ: 1000 against 1001"),
    (2**53 + 1, float(2**53), "agree to 12 digits"),
    # Several numbers.
    ([1.0, 2.0], [1.0, 2.002], "agree to 3 digits"),
    ([1e6, 0.5], [1e6, 0.3], "differ in 1 of 2 numbers: 0.5 against 0.3"),
    ([1.0, 2.0, 3.0], [1.5, 2.0, 9.0], "differ in 2 of 3 numbers, most in 3 against 9"),
    ([0.0, 0.0], [0.0, 1e-13], "agree: both 0"),
    ([INF, 3.0], [INF, 3.0], "agree to 12 digits"),
    ([NAN, 3.0], [NAN, 3.0], "agree to 12 digits, both nan in 1 of 2 numbers"),
    ([], [], "agree: there are no numbers"),
]


@pytest.mark.parametrize(("one", "two", "told"), VERDICTS)
def test_the_verdict_is_so(one, two, told):
    assert verdict(one=one, two=two) == told


def test_of_more_than_two_answers_the_two_that_differ_most_are_named():
    assert verdict(cosine_at_y=-0.30919, cosine_at_x=0.69549, nudged=-0.309190001) == (
        "differ: −0.3092 (cosine at y) against 0.6955 (cosine at x)"
    )
    assert verdict(relu=[0.1, 0.0], clamp=[0.1, 1.0], maximum=[0.1, 0.5]) == (
        "differ in 1 of 2 numbers: 0 (relu) against 1 (clamp)"
    )
    assert verdict(a=0.0, b=1e-15, c=0) == "agree: all 0"
    assert verdict(a=1.0, b=1.0, c=torch.tensor(1.00001)) == "agree to 4 digits"


def test_many_numbers_are_told_by_their_range():
    lines = str(compare(a=torch.arange(10.0), b=torch.arange(10.0) + 0.5)).splitlines()
    assert lines == [
        "a   10 numbers       0 … 9",
        "b   10 numbers   0.5 … 9.5",
        "differ in 10 of 10 numbers, most at [0]: 0 against 0.5",
    ]


def test_among_many_numbers_nan_and_inf_are_told():
    one = torch.tensor([1.0] * 5 + [NAN, INF, 2.0])
    assert str(compare(a=one, b=torch.ones(8))).splitlines() == [
        "a   8 numbers   1 … 2   nan in 1   inf in 1",
        "b   8 numbers   1 … 1",
        "differ in 3 of 8 numbers, most at [5]: nan against 1",
    ]
    assert str(compare(a=one.fill_(NAN), b=one)).splitlines()[0] == "a   8 numbers   nan in 8"
    assert verdict(a=[*range(7), NAN], b=[*range(7), NAN]) == (
        "agree to 12 digits, both nan in 1 of 8 numbers"
    )


SOFTMAX = torch.tensor(
    [[0.1985, -0.0151, -0.1835], [-0.0151, 0.0521, -0.037], [-0.1835, -0.037, 0.2205]]
)


def test_a_small_matrix_has_a_line_for_each_row():
    flat = SOFTMAX.reshape(-1).tolist()
    assert str(compare(rows=SOFTMAX, by_hand=flat)).splitlines() == [
        "rows       0.1985   -0.0151   -0.1835",
        "          -0.0151    0.0521   -0.0370",
        "          -0.1835   -0.0370    0.2205",
        "by hand    0.1985   -0.0151   -0.1835",
        "          -0.0151    0.0521   -0.0370",
        "          -0.1835   -0.0370    0.2205",
        "agree to 6 digits",
    ]
    lists = str(compare(a=[[1.0, 2.0], [3.0, 4.0]], b=[(1.0, 2.0), (3.0, 4.0)])).splitlines()
    assert lists[:2] == ["a   1.0000   2.0000", "    3.0000   4.0000"]
    wide = torch.zeros(2, 7)
    assert str(compare(a=wide, b=wide)).splitlines()[0] == "a   14 numbers   0 … 0"
    assert str(compare(a=torch.ones(0, 3), b=torch.ones(0, 3))).endswith("there are no numbers")


def test_the_place_of_the_largest_difference_is_told():
    other = SOFTMAX.clone()
    other[1, 2] += 0.5
    assert verdict(a=SOFTMAX, b=other) == (
        "differ in 1 of 9 numbers, at [1, 2]: −0.037 against 0.463"
    )
    other[2, 0] = 0.3
    told = "differ in 2 of 9 numbers, most at [2, 0]: −0.1835 against 0.3"
    assert verdict(a=SOFTMAX.reshape(-1).tolist(), b=other) == told
    many = torch.zeros(2, 3, 4)
    one = many.clone()
    one[1, 2, 3] = 1.0
    assert verdict(a=many, b=one) == "differ in 1 of 24 numbers, at [1, 2, 3]: 0 against 1"


def test_parts_of_unequal_shape_have_no_place():
    parts = [torch.zeros(2, 3), torch.zeros(3)]
    other = [torch.zeros(2, 3), torch.ones(3)]
    assert verdict(a=parts, b=other) == "differ in 3 of 9 numbers, most in 0 against 1"


def test_many_complex_numbers_are_told_by_their_size():
    line = str(compare(a=[3 + 4j] * 7, b=[3 + 4j] * 7)).splitlines()[0]
    assert line == "a   7 complex numbers, of size   5 … 5"


def test_the_largest_difference_is_that_between_any_two():
    assert compare(a=1.0, b=1.0, c=3.5).largest == 2.5
    assert compare(a=1 + 1j, b=1 - 2j).largest == 3.0
    assert compare(a=INF, b=INF).largest == 0.0
    assert compare(a=2**53 + 1, b=float(2**53)).largest == 1.0
    assert compare(a=[], b=[]).largest == 0.0
    assert math.isnan(compare(a=[1.0, 1.0], b=[NAN, 1.0]).largest)
    assert math.isnan(compare(a=NAN, b=NAN).largest)


def test_tensors_of_any_kind_are_compared_and_left_alone():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    assert verdict(a=x.detach().to_sparse(), b=x) == "agree to 6 digits"
    assert verdict(a=x > 1.5, b=[False, True]) == "agree exactly"
    assert x.requires_grad and x.grad is None


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (torch.ones(2, 3), [1] * 6),
        (torch.ones(2, 3), [[1] * 3] * 2),
        (torch.ones(2, 1, 3), torch.ones(2, 3)),
        ([torch.ones(2, 3), torch.ones(3)], (torch.ones(2, 3), torch.ones(3))),
        ([torch.ones(()), torch.ones(())], torch.ones(2)),
    ],
)
def test_shapes_that_say_the_same_are_compared(one, two):
    assert verdict(a=one, b=two) == "agree to 6 digits"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: compare(autograd=1.0), ValueError, "at least two"),
        (
            lambda: compare(by_hand=[1, 2], autograd=torch.ones(3)),
            ValueError,
            "by hand 2, autograd 3",
        ),
        (
            lambda: compare(a=torch.ones(2, 3), b=torch.ones(3, 2)),
            ValueError,
            r"a \(2, 3\), b \(3, 2\): transpose",
        ),
        (
            lambda: compare(
                a=[torch.ones(2, 3), torch.ones(3)], b=[torch.ones(3, 2), torch.ones(3)]
            ),
            ValueError,
            "transpose",
        ),
        (lambda: compare(by_hand=1.0, autograd=None), TypeError, r"autograd=None.*backward"),
        (lambda: compare(by_hand=1.0, autograd="1"), TypeError, "a str as autograd"),
        (lambda: compare(a=10**400, b=1.0), TypeError, "an int as a that is larger than any"),
        (
            lambda: compare(a=torch.ones(2, device="meta"), b=[1.0, 1.0]),
            TypeError,
            "the numbers of a: pass a plain tensor",
        ),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
