"""What happened to a submission that a reader should know, kept in the notebook's own metadata."""

KEY = "grading_notes"
MOST = 20


def note(nb, text):
    """Adds a note to a notebook, once."""
    notes = nb.metadata.setdefault(KEY, [])
    if text not in notes and len(notes) < MOST:
        notes.append(text)


def notes(nb):
    return list(nb.metadata.get(KEY, []))
