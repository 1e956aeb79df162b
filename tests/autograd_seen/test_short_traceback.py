"""A short traceback keeps the reader's frames and the message, in twelve lines at most."""

import json
import linecache
import re

import pytest
from autograd_seen.short_traceback import MOST_LINES, short_traceback

TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values"
)


def names(file):
    """Files of the tests' own code: cells; any other file is a library's."""
    return f"Cell In[{file[4:]}]" if file.startswith("cell") else None


def shown(source, **given):
    """The short traceback of what some cells raise, which share their names, without colours."""
    scope = given
    try:
        for number, code in enumerate(source.split("\n---\n"), 1):
            file = f"cell{number}"
            linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
            exec(compile(code, file, "exec"), scope)
    except BaseException as error:
        return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in short_traceback(error, names)]


def test_a_frame_shows_the_line_and_its_neighbours():
    lines = shown("a = 1\n\nb = 2\nc = 3\nd = 1 / 0\ne = 5\nf = 6")
    assert lines == [
        "Cell In[1], line 5",
        "      3 b = 2",
        "      4 c = 3",
        "----> 5 d = 1 / 0",
        "      6 e = 5",
        "",
        "ZeroDivisionError: division by zero",
    ]


def test_a_number_of_two_digits_stands_in_its_column():
    lines = shown("\n".join(["a = 1"] * 9 + ["1 / 0"]))
    assert lines[3:5] == ["      9 a = 1", "---> 10 1 / 0"]


def test_a_function_of_another_cell_is_named():
    lines = shown("def half(x):\n    return x / 0\n---\nhalf(3)")
    assert lines[:5] == [
        "Cell In[2], line 1",
        "----> 1 half(3)",
        "Cell In[1], line 2, in half",
        "      1 def half(x):",
        "----> 2     return x / 0",
    ]


def test_frames_of_a_library_are_counted_and_left_out():
    lines = shown("x = 1\nread('7 8')", read=json.loads)
    assert lines[:5] == [
        "Cell In[1], line 2",
        "      1 x = 1",
        "----> 2 read('7 8')",
        "(2 frames inside json are left out: %tb shows the whole)",
        "",
    ]
    # A reader's function that a library calls is shown between.
    lines = shown(
        "def hook(pair):\n    raise KeyError('a')\n---\nread('{}', object_hook=hook)",
        read=json.loads,
    )
    assert lines[2:4] == ["Cell In[1], line 2, in hook", "      1 def hook(pair):"]
    assert re.fullmatch(r"\(\d frames inside json are left out: .*\)", lines[5])


def test_each_section_that_explains_an_error_has_a_line():
    said = "element 0 of tensors does not require grad and does not have a grad_fn"
    lines = shown(f"raise RuntimeError({said!r})")
    assert lines[-4:] == [
        f"RuntimeError: {said}",
        "Explained in 01, When it refuses;",
        "             05, Does not require grad: three switches;",
        "             05, Freeze a part, let gradients through",  # three at most
    ]


def test_it_ends_where_the_error_is_explained():
    lines = shown(f"raise RuntimeError({TWICE!r})")
    assert lines[-3:] == [
        f"RuntimeError: {TWICE}",
        "Explained in 04, Two passes through one graph;",
        "             08, A state that drags its past along",
    ]
    assert shown("raise RuntimeError('one')")[-1] == "RuntimeError: one"


def test_an_error_without_a_message_has_no_colon():
    assert shown("assert 1 == 2")[-1] == "AssertionError"
    assert shown("raise KeyboardInterrupt")[-1] == "KeyboardInterrupt"


def test_a_note_is_told():
    lines = shown("e = ValueError('no')\ne.add_note('try 7')\nraise e")
    assert lines[-2:] == ["ValueError: no", "try 7"]


def test_an_error_at_run_time_of_what_cannot_be_read_is_shown():
    lines = shown("x = 1\nexec('1 +')")
    assert lines[2:] == [
        "----> 2 exec('1 +')",
        "",
        "SyntaxError: invalid syntax (<string>, line 1)",
    ]


WITH_CAUSE = f"try:\n    raise RuntimeError({TWICE!r})\nexcept RuntimeError as e:\n    "


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("raise ValueError('mine') from e", "The error above is the direct cause of this one:"),
        ("raise ValueError('mine')", "While the error above was handled, another one came:"),
    ],
)
def test_the_error_before_it_is_shown_and_explained(way, said):
    lines = shown(WITH_CAUSE + way)
    assert lines[:5] == [
        "Cell In[1], line 2",
        f"----> 2     raise RuntimeError({TWICE!r})",
        f"RuntimeError: {TWICE}",
        said,
        "Cell In[1], line 4",
    ]
    assert lines[-3] == "ValueError: mine" and lines[-2].startswith("Explained in 04, Two passes")


def test_an_error_before_it_that_was_silenced_is_not():
    lines = shown(WITH_CAUSE + "raise ValueError('mine') from None")
    assert lines[0] == "Cell In[1], line 4" and lines[-1] == "ValueError: mine"


DEEP = "def f(n):\n    x = n\n\n    return f(n - 1) if n else 1 / 0\n---\n"
LONG = "raise ValueError('\\n'.join(map(str, range(40))))"
HARD = {
    "recursion": "def f(n):\n    return f(n + 1)\n---\nf(0)",
    "recursion by two": "def f(n):\n    return g(n)\ndef g(n):\n    return f(n)\n---\nf(0)",
    "three frames": DEEP + "f(1)",
    "five frames": DEEP + "f(3)",
    "twenty frames": DEEP + "f(18)",
    "a long message": LONG,
    "a long message, deep": f"def f(n):\n    if n: f(n - 1)\n    {LONG}\n---\nf(9)",
    "a chain": DEEP + "try:\n    f(5)\nexcept ZeroDivisionError:\n    f(7)",
    "a chain of long messages": f"def f():\n    {LONG}\ndef g():\n    f()\n---\n"
    "try:\n    g()\nexcept ValueError as e:\n    try:\n        g()\n"
    "    except ValueError:\n        g()",
}


@pytest.mark.parametrize("source", HARD.values(), ids=HARD)
def test_twelve_lines_hold(source):
    lines = shown(source)
    assert 4 <= len(lines) <= MOST_LINES == 12
    assert all("\n" not in line for line in lines)
    # The reader's first and last frame are there, and the error itself.
    assert any("----> " in line for line in lines)
    assert any(re.match(r"\w+Error: ", line) for line in lines)


def test_frames_between_are_left_out_and_said_to_be():
    lines = shown(HARD["recursion"])
    assert lines[:7] == [
        "Cell In[2], line 1",
        "----> 1 f(0)",
        "      …",
        "Cell In[1], line 2, in f",
        "----> 2     return f(n + 1)",
        "(frames are left out: %tb shows the whole)",
        "",
    ]
    assert lines[7].startswith("RecursionError: ")
    lines = shown(LONG)
    assert lines[-6:] == ["", "ValueError: 0", "1", "2", "3", "…"]


def test_an_error_that_no_line_of_the_readers_raised_has_no_short_form():
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("7 8")
    assert short_traceback(caught.value, names) == []
