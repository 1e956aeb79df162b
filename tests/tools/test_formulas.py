"""Formulas become MathML that says what the LaTeX says, whatever font draws it."""

import pytest

pytest.importorskip("math_core", reason="`make site` installs what reads formulas")

from tools.formulas import mathml


def test_a_bar_reaches_over_all_that_it_covers():
    made = mathml(r"\overline{r^2} = \bar{x} + \hat{y}", displayed=False)
    assert "\u0332" not in made
    assert '<menclose notation="top"><msup><mi>r</mi><mn>2</mn></msup></menclose>' in made
    assert made.count("<mover") == 2, "over one letter it stays an accent"


def test_the_space_between_two_rows_is_not_written_out():
    made = mathml(r"\begin{aligned} a &= 1 \\[6pt] b &= 2 \end{aligned}", displayed=True)
    assert "6" not in made and made.count("<mtr") == 2


def test_what_is_no_latex_is_refused():
    from math_core import LatexError

    with pytest.raises(LatexError):
        mathml(r"\frac{1}", displayed=False)
