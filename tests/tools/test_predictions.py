"""A prediction has its form, and the cell after it shows the right choice."""

import nbformat
import pytest

from tools import predictions
from tools.predictions import Choice, in_form, plain, why_malformed, why_unanswered, without_tags

NINE = Choice("9", "That is $f(3)$: the height, not the slope.")
SEVEN = Choice("7", "**Yes.** $(16 - 9)/1 = 7$.")
QUESTION = "> **Predict.** With $h = 1$, is the ratio\n> 7 or 9?"
GOOD = in_form(QUESTION, [NINE, SEVEN])


def page(source=GOOD, printed="slope = 7.0000\n", tags=("hide-output",)):
    """A prediction, prose, and two cells of code of which the first answers it."""
    new = nbformat.v4
    stream = [new.new_output("stream", text=printed)]
    cells = [
        new.new_markdown_cell(source),
        new.new_markdown_cell("Prose may stand between."),
        new.new_code_cell("slope()", metadata={"tags": list(tags)}, outputs=stream),
        new.new_code_cell("other()"),
    ]
    return new.new_notebook(cells=cells)


def findings(nb):
    rules = (
        predictions.malformed_predictions,
        predictions.misplaced_hiding,
        predictions.unanswered_predictions,
    )
    return [finding for rule in rules for finding in rule(nb)]


def test_a_prediction_in_its_form_keeps_every_rule():
    assert GOOD.splitlines()[3:6] == [
        "<details><summary>9</summary>",
        "",
        "That is $f(3)$: the height, not the slope.",
    ]
    assert findings(page()) == []


def swap(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


MALFORMED = {
    "another beginning": (swap("> **Predict.**", "> **Predict:**"), "must begin with"),
    "a line that is not quoted": (swap("\n> 7 or", "\n7 or"), "each of its lines with >"),
    "no blank line after a summary": (
        swap("9</summary>\n", "9</summary>"),
        "it is not in its form",
    ),
    "no blank line before the end": (swap("7$.\n\n", "7$.\n"), "line 12 is '</details>', not ''"),
    "no blank line after the question": (swap("9?\n\n", "9?\n"), "each of its lines with >"),
    "prose after the choices": (GOOD + "\n\nIt is 7.", "line 14 is '', not 'nothing'"),
    "an open choice": (GOOD.removesuffix("</details>"), "it has 1 choices, not 2 to 4"),
    "one choice": (in_form(QUESTION, [SEVEN]), "it has 1 choices, not 2 to 4"),
    "five choices": (
        in_form(QUESTION, [SEVEN, *(Choice(f"{n}", f"No {n}.") for n in range(4))]),
        "it has 5 choices",
    ),
    "no right choice": (swap("**Yes.** ", ""), "0 of its answers open with **Yes.**"),
    "two right choices": (swap("That is", "**Yes.** That is"), "2 of its answers open with"),
    "one answer for two": (
        in_form(QUESTION, [SEVEN, Choice("9", "No."), Choice("8", "No.")]),
        "an answer of its own",
    ),
    "no answer": (in_form(QUESTION, [SEVEN, Choice("9", "")]), "an answer of its own"),
    "Markdown in a summary": (swap("<summary>9", "<summary>`9`"), "a summary is plain HTML"),
    "a formula in a summary": (swap("<summary>9", "<summary>$9$"), "a summary is plain HTML"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_form_is_rejected(what):
    source, words = MALFORMED[what]
    found = list(why_malformed(source))
    assert any(words in one for one in found), found
    assert predictions.malformed_predictions(page(source))


@pytest.mark.parametrize("source", [f"Prose.\n\n{GOOD}", f"{GOOD}\n{GOOD}", "**Predict.** 6?"])
def test_a_prediction_is_a_cell_of_its_own(source):
    (found, *_) = predictions.malformed_predictions(page(source))
    assert "a cell of its own" in found


def test_the_answering_cell_and_no_other_is_tagged():
    untagged, both = page(tags=()), page()
    both.cells[3].metadata.tags = ["hide-output"]
    assert "answers a prediction and is not tagged" in predictions.misplaced_hiding(untagged)[0]
    assert "answers no prediction and is tagged" in predictions.misplaced_hiding(both)[0]
    assert len(findings(untagged)) == len(findings(both)) == 1


def test_the_next_cell_shows_the_right_choice():
    assert "7 is in no output" in findings(page(printed="slope = 9"))[0]
    nb = page()
    del nb.cells[2:]
    assert "7 is in no output" in findings(nb)[0]


SHOWN = [
    ("6", "x = 6.0000"),
    ("6", "tensor(6.)"),
    ("6", "tensor([2, 3, 6])"),
    ("−0.96", "slope -0.9577"),
    ("0.96", "0.9577"),
    ("4.1 · 10<sup>−5</sup>", "4.06e-05"),
    ("10⁻⁷", "1e-07"),
    ("1,024", "1024 bytes"),
    ("3 of the 4", "3 are nan"),
    ("3 and 8", "3.0 8.0"),
    ("8h", "8 times"),
    ("<code>None</code>", "x.grad: None"),
    ("True", "True"),
    ("∞", "tensor(inf)"),
    ("<code>6.0</code>", "6.0000"),
    ("a <code>MulBackward0</code>", "<MulBackward0>"),
    ("<code>x[0]</code> or <code>y</code>", "y"),
    ("It raises a <code>RuntimeError</code>", "RuntimeError\nelement 0"),
    ("A <code>UserWarning</code>, and 3", "UserWarning: The .grad"),
]
NOT_SHOWN = [
    ("6", "6.1"),
    ("6", "16 60 x6"),
    ("6", "-6"),
    ("−6", "12-6"),
    ("0.96", "0.9"),
    ("0.96", "-0.96"),
    ("3 and 8", "3"),
    ("3 of 4", "4"),
    ("<code>None</code>", "0.0"),
    ("False", "True"),
    ("<code>MulBackward0</code>", "AddBackward0"),
    ("<code>x[7]</code>", "7"),
    ("It raises a <code>RuntimeError</code>", "TypeError"),
    ("It raises", "RuntimeError"),
    ("None of them", "None of them"),
    ("Both", "Both"),
]


@pytest.mark.parametrize(("summary", "shown"), SHOWN)
def test_a_choice_is_found_in_what_is_shown(summary, shown):
    assert list(why_unanswered(summary, plain(shown))) == []


@pytest.mark.parametrize(("summary", "shown"), NOT_SHOWN)
def test_a_choice_is_missed_where_it_is_not_shown(summary, shown):
    assert list(why_unanswered(summary, plain(shown)))


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        (("execute_result", {"data": {"text/plain": "7"}}), True),
        (("display_data", {"data": {"text/html": "<td>7</td>"}}), True),
        (("error", {"ename": "ValueError", "evalue": "no 7", "traceback": []}), True),
        (("display_data", {"data": {"text/html": "<script>7</script><b id='7'>8</b>"}}), False),
        (("display_data", {"data": {"image/svg+xml": "<text>7</text>"}}), False),
    ],
)
def test_words_count_and_the_inside_of_a_picture_does_not(output, seen):
    nb = page()
    nb.cells[2].outputs = [nbformat.v4.new_output(output[0], **output[1])]
    assert (not findings(nb)) == seen


def test_html_is_read_as_a_reader_sees_it():
    assert without_tags("1 &lt; 2<style>b{}</style> <b>3</b>").split() == ["1", "<", "2", "3"]
