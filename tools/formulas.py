"""Formulas as MathML, which a browser draws without a script: for the site and for slides."""

import re
from functools import cache

#: A space between two rows of a formula, which the converter would write out.
ROW_SPACE = re.compile(r"\\\\\[[\d.]+(?:pt|em|ex)\]")
#: What has a bar above it. Fonts differ in how wide theirs can be; a style sheet draws the line.
BAR = re.compile(
    r'<mover accent="true">((?:(?!<mover).)*)<mo stretchy="true">\u0332</mo></mover>', re.DOTALL
)


@cache
def converter() -> object:
    """What reads LaTeX; `make site` and `make slides` install it."""
    from math_core import LatexToMathML

    return LatexToMathML()


def mathml(formula: str, displayed: bool) -> str:
    """A formula in LaTeX as MathML, on a line of its own where it is displayed.

    Raises math_core.LatexError for what cannot be read.
    """
    text = ROW_SPACE.sub(r"\\\\", formula)
    made = converter().convert_with_local_state(text, displaystyle=displayed)
    return BAR.sub(r'<menclose notation="top">\1</menclose>', made)
