"""The minutes of a lesson are counted by one rule, so that what is printed can be believed."""

import nbformat
import pytest

from tools import minutes
from tools.minutes import estimate, words

text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell


@pytest.mark.parametrize(
    ("cell", "counted"),
    [
        (text("word " * 300), 2.0),
        (code("x = 1\n\n\n" * 12), 1.0),
        (text("$$x$$\n" * 5), 2.0),
        (text("**Checkpoint.** <details>A long answer</details>"), 1 / 150 + 0.3),
        (text("> **Predict.** Six?\n\n<details><summary>6</summary>\n\n$$x$$</details>"), 0.513),
    ],
)
def test_each_part_of_a_page_takes_its_time(cell, counted):
    assert estimate(nbformat.v4.new_notebook(cells=[cell])) == pytest.approx(counted, abs=0.001)


def test_words_are_what_is_read():
    assert words("A [link here](somewhere.html#else), **bold**: `code = 1`.") == 6
    assert words("| a | b |\n|---|---|\n| 1 | − |") == 3
    assert words("```\nnot prose\n```") == 0


def test_the_command_lists_every_lesson(capsys):
    minutes.main()
    said = capsys.readouterr().out
    assert "01_scalar_gradients " in said and said.count(" minutes\n") >= 6
