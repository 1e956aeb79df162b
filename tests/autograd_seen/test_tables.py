"""A table shows each value as Python reads it, aligned as text and as a table in HTML."""

import math

import pytest
import torch
from autograd_seen import table


def test_columns_stand_aligned_side_by_side():
    w = torch.tensor([0.5, -12.25], requires_grad=True)
    shown = table({"step": [0, 10], "w": w, "way": ["by hand", "nudged"], "same": [True, None]})
    assert str(shown).splitlines() == [
        "step        w   way       same",
        "   0     0.5    by hand   True",
        "  10   -12.25   nudged    None",
    ]
    assert repr(shown) == str(shown)


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (1234.567, 4, "1235.0"),
        (0.00012345, 3, "0.000123"),
        (-2e-9, 4, "-2e-09"),
        (7.0, 4, "7.0"),
        (-0.0, 4, "0.0"),
        (-10.0, 4, "-10.0"),
        (7, 4, "7"),
        (123456, 2, "123456"),
        (math.nan, 4, "nan"),
        (-math.inf, 4, "-inf"),
        (torch.tensor([[2.5]]), 4, "2.5"),
        (torch.tensor(3), 4, "3"),
        (1 - 2j, 4, "1-2j"),
        (None, 4, "None"),
        ("−", 4, "−"),
    ],
)
def test_a_value_is_written_so(value, digits, written):
    assert str(table({"v": [value]}, digits=digits)).split()[1] == written
    assert f">{written}</td>" in table({"v": [value]}, digits=digits)._repr_html_()


def test_the_decimal_points_of_a_column_stand_below_one_another():
    shown = table({"s": [7.0, -0.0625, math.nan, 2e-9, None, 3], "n": [1, 20, 3, 4, 5, 6]})
    assert str(shown).splitlines() == [
        "        s    n",
        "   7.0       1",
        "  -0.0625   20",
        " nan         3",
        "   2e-09     4",
        "None         5",
        "   3         6",
    ]
    # On a page blanks are as wide as what they stand for.
    html = shown._repr_html_()
    assert ">7.0\u2007\u2007\u2007</td>" in html
    assert ">3\u2008\u2007\u2007\u2007\u2007</td>" in html and ">20</td>" in html


def test_whole_numbers_words_and_truth_values_are_not_filled_up():
    shown = table({"n": [1, 22], "w": ["0.5", 0.25], "i": [math.inf, None], "z": [1j, 0.5]})
    assert not set("\u2007\u2008") & set(shown._repr_html_())


def test_an_accent_takes_no_column():
    assert str(table({"x\u0304": ["ab"], "n": [1]})) == "x\u0304    n\nab   1"


def test_the_html_has_a_caption_and_heads_of_columns():
    shown = table({"a<b": [1], "ok": [True]}, caption="x & y")
    assert str(shown).splitlines()[0] == "x & y"
    html = shown._repr_html_()
    assert ">x &amp; y</caption>" in html
    assert '<th scope="col" style="text-align: right">a&lt;b</th>' in html
    assert '<td style="text-align: left">True</td>' in html
    assert "overflow-x: auto" in html and "color" not in html
    assert "<caption" not in table({"a": [1]})._repr_html_()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: table([1, 2]), TypeError, "was given a list"),
        (lambda: table(3), TypeError, "was given an int"),
        (lambda: table({}), ValueError, "at least one column"),
        (lambda: table({"a": [1, 2], "b": [1]}), ValueError, "'a' 2, 'b' 1"),
        (lambda: table({"a": 3.0}), TypeError, "'a' is a float: a column is a list"),
        (lambda: table({"a": "abc"}), TypeError, "'a' is a str: a column is a list"),
        (lambda: table({"a": torch.ones(2, 1)}), TypeError, r"shape \(2, 1\).*flatten"),
        (lambda: table({"a": torch.tensor(1.0)}), TypeError, r"shape \(\)"),
        (lambda: table({"a": [torch.ones(2)]}), TypeError, r"'a' holds a tensor of shape \(2,\)"),
        (lambda: table({"a": [[1]]}), TypeError, "'a' holds a list"),
        (lambda: table({"a": [object()]}), TypeError, "'a' holds an object"),
        (lambda: table({"a": [1]}, digits=0), ValueError, "at least 1, not 0"),
        (lambda: table({"a": [1]}, digits="4"), ValueError, "not '4'"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
