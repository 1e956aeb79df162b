"""Outputs of cells as the grader makes them, valid as they are made."""

from nbformat import NotebookNode


def new_output(kind: str, **fields: object) -> NotebookNode:
    """An output with these fields: nbformat's own function would look it up in its schema."""
    return NotebookNode(output_type=kind, **fields)


def new_display(kind: str, **forms: str) -> NotebookNode:
    """What a cell displays, or its result, as text: `new_display("display_data", plain="1")`."""
    data = NotebookNode({f"text/{name}": text for name, text in forms.items()})
    count = {"execution_count": None} if kind == "execute_result" else {}
    return new_output(kind, data=data, metadata=NotebookNode(), **count)
