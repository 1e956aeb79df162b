"""The text of a notebook is what nbformat writes, and that of a cell is made once."""

import pytest
from forkgrade import stored
from nbformat import v4

from tests.forkgrade.conftest import cells
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

#: What could be taken for what stands around cells.
LOOKS_LIKE = '\n "cells": []\n "cells": [\n|\n ]\n\u2028\ud800'
OUTPUTS = [
    v4.new_output("stream", text=LOOKS_LIKE),
    v4.new_output(
        "display_data", {"text/plain": "a\nb", "application/json": {"a": [1, 2.5, None]}}
    ),
    v4.new_output("error", ename="É", evalue="", traceback=["a\nb"]),
]
ODD = [
    v4.new_raw_cell(""),
    v4.new_markdown_cell(LOOKS_LIKE, attachments={"a.png": {"image/png": "AA\nAA"}}),
    v4.new_code_cell("x", metadata={"trusted": True, "|": {"b": 1, "a": "\n"}}, outputs=OUTPUTS),
]


@pytest.mark.parametrize("found", [[], cells("answer = 2"), ODD], ids=["none", "some", "odd"])
@pytest.mark.parametrize("metadata", [{}, {"cells": [], "a": LOOKS_LIKE, "signature": "x"}])
def test_a_text_is_that_of_nbformat(found, metadata):
    nb = v4.new_notebook(cells=found, metadata=metadata)
    wanted = v4.writes(nb)
    assert [stored.written(nb), stored.written(nb)] == [wanted, wanted]


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("solutions/*/*.ipynb")), ids=lambda path: path.stem
)
def test_a_solution_is_written_as_nbformat_writes_it(path):
    nb = read(path)
    assert stored.written(nb) == v4.writes(nb)


def test_a_cell_is_written_once_and_a_long_one_is_not_kept(monkeypatch):
    written = []
    monkeypatch.setattr(stored.v4, "writes", lambda nb: written.append(nb.cells) or "")
    short, long = v4.new_raw_cell("x"), v4.new_raw_cell("x" * stored.LONGEST_KEPT)
    for cell in short, short, long, long:
        stored.written_cell(cell)
    assert [len(cell.source) for (cell,) in written] == [1, *[stored.LONGEST_KEPT] * 2]
