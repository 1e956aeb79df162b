"""A note is kept once, and notes have an end."""

from forkgrade.notes import MOST, note, notes
from nbformat import v4


def test_a_note_is_kept_once_and_in_order():
    nb = v4.new_notebook()
    for text in "one", "two", "one":
        note(nb, text)
    assert notes(nb) == ["one", "two"]


def test_a_notebook_cannot_be_given_notes_without_end():
    nb = v4.new_notebook()
    for number in range(MOST + 5):
        note(nb, f"{number}")
    assert notes(nb) == [f"{number}" for number in range(MOST)]
