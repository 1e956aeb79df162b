"""find_error shows the section that explains a line, or says that none does."""

import pytest
from autograd_seen import find_error
from autograd_seen.explained import ROWS

LINE = "RuntimeError: Can't call numpy() on Tensor that requires grad. Use tensor.detach() instead."
NAME = "Explained in 05, Can't call numpy() on a tensor that requires grad"


def test_a_line_shows_the_message_and_where_it_is_explained():
    found = find_error(f"fit.py:3: {LINE}")
    head, where = str(found).splitlines()
    assert head.startswith("RuntimeError: Can't call numpy() on Tensor that requires grad.")
    assert where == f"  {NAME}" and repr(found) == str(found)
    assert [row.kind for row in found.rows] == ["RuntimeError"]


def test_a_piece_finds_each_message_that_holds_it():
    holding = [row for row in ROWS if "requires grad" in row.message]
    assert len(holding) > 1 and find_error("requires grad").rows == holding
    # What is found whole is not mixed with what holds it as a piece.
    assert len(find_error(LINE).rows) == 1


@pytest.mark.parametrize("folder", ["", "../../notebooks/"])
def test_it_links_where_the_lessons_lie_near_the_notebook(tmp_path, monkeypatch, folder):
    here = tmp_path / "exercises" / "05"
    here.mkdir(parents=True)
    (here / folder).mkdir(exist_ok=True)
    (here / folder / "05_disabling_tracking.ipynb").touch()
    monkeypatch.chdir(here)
    assert (
        f'href="{folder}05_disabling_tracking.ipynb#Can&#x27;t-call'
        in find_error(LINE)._repr_html_()
    )


def test_it_links_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = find_error(LINE)._repr_html_()
    assert "<a" not in shown and "Can&#x27;t call numpy() on a tensor" in shown


@pytest.mark.parametrize(
    "older",
    [
        "RuntimeError: Trying to backward through the graph a second time, but the saved "
        "intermediate results have already been freed. Specify retain_graph=True.",
        "RuntimeError: Trying to backward through the graph a second time, but the buffers have "
        "already been freed. Specify retain_graph=True when calling backward the first time.",
    ],
)
def test_a_message_of_another_release_is_found_by_its_opening(older):
    (row,) = find_error(older).rows
    assert row.sections[0].lesson == "04_accumulation"
    assert not find_error("RuntimeError: Trying to backward through another graph").rows


def test_what_no_lesson_explains_is_said_so():
    found = find_error("ValueError: <b>" + "7" * 100)
    assert not found.rows
    assert str(found).startswith("No lesson explains this yet: ValueError: <b>777")
    assert "…\nGive the last line" in str(found)
    assert "&lt;b&gt;" in found._repr_html_()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (None, TypeError, "text in quotes, and was given a NoneType"),
        (ValueError("no"), TypeError, "a ValueError"),
        (3, TypeError, "was given an int"),
        ("  \n", ValueError, "empty text: paste the line"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(given, error, words):
    with pytest.raises(error, match=words) as caught:
        find_error(given)
    assert "\n" not in str(caught.value)
