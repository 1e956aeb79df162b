"""A notebook as the text of its file, the same as nbformat writes.

nbformat indents with Python's own encoder, which is slow. Most cells of a submission are, with what
they show, what they are in others: the text of each is made once.
"""

import functools
import json

import nbformat
from nbformat import NotebookNode, v4

#: So many texts are kept, of cells that have at most so many characters.
MOST_KEPT, LONGEST_KEPT = 1_000, 10_000
#: How a notebook without cells says so. No text within it has a line of its own.
NO_CELLS = '\n "cells": []'


def written(nb: NotebookNode) -> str:
    """The text of a notebook that holds nothing but what JSON can hold."""
    head, none, tail = v4.writes(NotebookNode(nb, cells=[])).partition(NO_CELLS)
    cells = ",\n".join(map(written_cell, nb.cells))
    return f"{head}{around(cells) if cells else none}{tail}"


def around(cells: str) -> str:
    """The cells of a notebook with what stands around them."""
    return f'\n "cells": [\n{cells}\n ]'


def written_cell(cell: NotebookNode) -> str:
    """What is written of a cell."""
    text = json.dumps(cell)
    return kept(text) if len(text) <= LONGEST_KEPT else made(text)


def made(cell: str) -> str:
    """What is written of a cell, from its JSON."""
    nb = NotebookNode(metadata=NotebookNode(), cells=[nbformat.from_dict(json.loads(cell))])
    head, tail = around("|").split("|")
    return v4.writes(nb).partition(head)[2].rpartition(tail)[0]


kept = functools.lru_cache(MOST_KEPT)(made)
