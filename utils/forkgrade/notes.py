"""What happened to a submission that a reader should know, kept in the notebook's own metadata."""

from nbformat import NotebookNode

KEY = "grading_notes"
MOST = 20


def note(nb: NotebookNode, text: str) -> None:
    """Adds a note to a notebook, once."""
    notes = nb.metadata.setdefault(KEY, [])
    if text not in notes and len(notes) < MOST:
        notes.append(text)


def notes(nb: NotebookNode) -> list[str]:
    """The notes of a notebook, in the order in which they were made."""
    return list(nb.metadata.get(KEY, []))
