"""The rules of a prediction: a cell in which a reader commits to an answer before the next cell of
code shows it. Each rule is a function from a notebook to its findings.

**The form.** A prediction is one Markdown cell: the question, then each choice as a `<details>`
whose summary is the choice, in plain HTML, and whose body is that choice's own answer. The blank
lines belong to it: without them Markdown in a body is not rendered. `in_form` writes it.

**What must be in the output.** Of the right choice's summary, in the output of the next cell of
code:

- the class of an error, where it names one: `It raises a <code>RuntimeError</code>`;
- otherwise each number that stands in its words, and each `None`, `True`, `False`, `nan` and `inf`.
  The 4 of "3 of 4" counts the things that are asked about, and need not be there. Numbers inside
  code count where they are all of it: `<code>6.0</code>`, not `<code>x[0]</code>`;
- otherwise one of its pieces of code, such as `<code>MulBackward0</code>`.

A number of the output is the choice's if it is equal up to half a thousandth (6 and 6.0000), or if
it is so when rounded to the decimals that the choice has (−0.96 and -0.9577). The output is what is
printed, returned as text or HTML, or raised: not the inside of a picture.
"""

import html
import re
from collections.abc import Iterator
from math import isclose
from typing import NamedTuple

from nbformat import NotebookNode

from tools.strict_nbval.normal_form import label

#: The tag of the cell that answers a prediction: a site folds its output, JupyterLab ignores it.
HIDDEN = "hide-output"
YES = "**Yes.** "
FEWEST, MOST = 2, 4

MARK = re.compile(r"^\s*>?\s*\*\*Predict\b", re.MULTILINE)
BEGIN = "> **Predict.** "
CHOICE = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
NOT_HTML = re.compile(r"[`*$]")

UNSEEN = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
CODE = re.compile(r"<code>(.*?)</code>|`([^`]*)`")
ERROR = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning|Iteration|Interrupt)\b")
RAISED = re.compile(r"<sup>\s*[−-]?\d+\s*</sup>|(?<=10)[⁻⁰¹²³⁴-⁹]+")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
POWER = re.compile(r"(?:(\d[\d.]*)\s*[·×*]\s*)?10\^(-?\d+)")
NUMBER = re.compile(
    r"(?<![\w.])(?:(?<![\w)\]])-)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?"
)
SINGULAR = re.compile(r"\b(?:None(?! of)|True|False|nan|inf)\b")
COUNTED = re.compile(r"\bof (?:the |all )?\d+")


class Choice(NamedTuple):
    """One choice of a prediction, and what it answers whoever takes it."""

    summary: str
    answer: str

    @property
    def right(self) -> bool:
        """Whether it is what the next cell shows."""
        return self.answer.startswith(YES)


def in_form(question: str, choices: list[Choice]) -> str:
    """The source of a prediction: its quoted question, and its choices."""
    folded = [f"<details><summary>{one}</summary>\n\n{two}\n\n</details>" for one, two in choices]
    return "\n".join([question, "", *folded])


def choices_in(source: str) -> list[Choice]:
    """The choices of a prediction, in their order."""
    return [Choice(one.strip(), two.strip()) for one, two in CHOICE.findall(source)]


def is_prediction(cell: NotebookNode) -> bool:
    """Whether a cell is a prediction, in its form or not."""
    return cell.cell_type == "markdown" and cell.source.lstrip().startswith("> **Predict")


def answered(nb: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode | None]]:
    """(prediction, the next cell of code) for each prediction; None where no code follows."""
    for at, cell in enumerate(nb.cells):
        if is_prediction(cell):
            following = (other for other in nb.cells[at + 1 :] if other.cell_type == "code")
            yield cell, next(following, None)


# --- the rules ------------------------------------------------------------------------------------


def malformed_predictions(nb: NotebookNode) -> list[str]:
    """Each prediction has the form: a cell of its own, two to four choices, each with an answer of
    its own, one of them right.
    """
    found = [
        f"{label(cell)}: a prediction is a cell of its own that begins with `{BEGIN.strip()}`"
        for cell in nb.cells
        if cell.cell_type == "markdown"
        and len(MARK.findall(cell.source)) != int(is_prediction(cell))
    ]
    for cell, _ in answered(nb):
        found += [f"{label(cell)}: {reason}" for reason in why_malformed(cell.source)]
    return found


def why_malformed(source: str) -> Iterator[str]:
    """What is wrong with the form of a prediction."""
    question = source.partition("\n\n")[0]
    choices = choices_in(source)
    if not source.startswith(BEGIN) or any(
        not line.startswith(">") for line in question.split("\n")
    ):
        yield f"its question must begin with `{BEGIN}`, each of its lines with >"
    elif source != (wanted := in_form(question, choices)):
        yield f"it is not in its form, from here on: {first_difference(source, wanted)}"
    if not FEWEST <= len(choices) <= MOST:
        yield f"it has {len(choices)} choices, not {FEWEST} to {MOST}"
    if (right := sum(choice.right for choice in choices)) != 1:
        yield f"{right} of its answers open with {YES.strip()}, not one"
    answers = [choice.answer.removeprefix(YES) for choice in choices]
    if "" in answers or len({*answers}) < len(answers):
        yield "each choice needs an answer of its own"
    for choice in choices:
        if NOT_HTML.search(choice.summary):
            yield (
                f"a summary is plain HTML, where ` and * stay as they are and $ is maths in some "
                f"places only: {choice.summary} (write <code>…</code>, <i>x</i>, −3)"
            )


def first_difference(source: str, wanted: str) -> str:
    """The first line of a source that is not as it should be."""
    pairs = zip(source.split("\n"), [*wanted.split("\n"), "nothing"], strict=False)
    for number, (have, want) in enumerate(pairs, 1):
        if have != want:
            return f"line {number} is {have!r}, not {want!r}"
    return "its last lines are missing"


def misplaced_hiding(nb: NotebookNode) -> list[str]:
    """The next cell of code after a prediction is tagged hide-output, and no other cell is."""
    answering = [cell for _, cell in answered(nb) if cell is not None]
    found = []
    for cell in nb.cells:
        tagged = HIDDEN in cell.metadata.get("tags", [])
        if tagged != any(cell is other for other in answering):
            what = "answers no prediction and is" if tagged else "answers a prediction and is not"
            found += [f"{label(cell)}: it {what} tagged {HIDDEN}"]
    return found


def unanswered_predictions(nb: NotebookNode) -> list[str]:
    """The right choice of each prediction can be read in the output of the next cell of code."""
    found = []
    for cell, answer in answered(nb):
        shown = said(answer) if answer else ""
        right = [choice.summary for choice in choices_in(cell.source) if choice.right]
        for summary in right:
            found += [f"{label(cell)}: {reason}" for reason in why_unanswered(summary, shown)]
    return found


def why_unanswered(summary: str, shown: str) -> Iterator[str]:
    """What of the right choice is not in an output: see the docstring of this module."""
    pieces = [plain(without_tags("".join(groups))) for groups in CODE.findall(summary)]
    words = plain(
        without_tags(CODE.sub(lambda hit: number_alone("".join(hit.groups(""))), summary))
    )
    values = NUMBER.findall(COUNTED.sub("of", words))
    values += SINGULAR.findall(plain(without_tags(summary)))
    missing = f"is in no output of the next cell of code: {summary}"
    if errors := ERROR.findall(summary):
        yield from (f"{name} {missing}" for name in errors if name not in shown)
    elif values:
        yield from (f"{value} {missing}" for value in values if not is_shown(value, shown))
    elif pieces:
        if not any(piece in shown for piece in pieces):
            yield f"none of its code {missing}"
    else:
        yield (
            "its right choice needs a number, a piece of code or the class of an error that the "
            f"next cell shows: {summary}"
        )


def number_alone(piece: str) -> str:
    """A piece of code if it is a number, otherwise a space."""
    return piece if NUMBER.fullmatch(plain(piece)) else " "


def is_shown(value: str, shown: str) -> bool:
    """Whether a number, or a word such as None, stands in a text."""
    if SINGULAR.fullmatch(value):
        return value in SINGULAR.findall(shown)
    return any(same_number(value, other) for other in NUMBER.findall(shown))


def same_number(value: str, other: str) -> bool:
    """Whether a number of an output is the one that a choice names.

    >>> same_number("6", "6.0000"), same_number("-0.96", "-0.9577"), same_number("6", "6.1")
    (True, True, False)
    """
    wanted, have = float(value.replace(",", "")), float(other.replace(",", ""))
    mantissa, _, power = value.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    rounded = f"{have:.{decimals}{'e' if power else 'f'}}"
    return isclose(wanted, have, rel_tol=5e-4) or (decimals > 0 and float(rounded) == wanted)


def said(cell: NotebookNode) -> str:
    """What the outputs of a cell say in words: printed, returned as text or HTML, or raised."""
    parts = []
    for output in cell.outputs:
        data = output.get("data", {})
        parts += [output.get("text", ""), data.get("text/plain", "")]
        parts += [without_tags(data.get("text/html", ""))]
        parts += [output.get("ename", ""), output.get("evalue", "")]
    return "\n".join(map(plain, parts))


def without_tags(text: str) -> str:
    """What a reader sees of HTML, as text."""
    powers = RAISED.sub(lambda hit: f"^{TAG.sub('', hit[0]).translate(SUPERSCRIPTS)}", text)
    return html.unescape(TAG.sub(" ", UNSEEN.sub(" ", powers)))


def plain(text: str) -> str:
    """A text without Markdown and TeX, and with each number as Python writes it.

    >>> plain(r"`None`, −0.5, $3 \\cdot 10^{-7}$, ∞")
    'None, -0.5, 3e-7, inf'
    """
    text = re.sub(r"[−–](?=\s?[\d.∞])", "-", text.replace("\\cdot", "·").replace("\\times", "×"))
    text = re.sub(r"[${}\\`]", "", text).replace("∞", "inf")
    return POWER.sub(lambda hit: f"{hit[1] or 1}e{hit[2]}", text)
