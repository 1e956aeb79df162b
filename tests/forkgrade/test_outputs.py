"""Outputs that the grader makes are those that nbformat would make."""

import pytest
from forkgrade.outputs import new_display, new_output
from nbformat import NotebookNode, v4

FORMS = {"plain": "1", "html": "<b>1</b>"}


@pytest.mark.parametrize("kind", ["display_data", "execute_result"])
def test_a_display_is_nbformat_s_own(kind):
    made = new_display(kind, **FORMS)
    assert made == v4.new_output(kind, {f"text/{name}": text for name, text in FORMS.items()})
    assert type(made.data) is type(made.metadata) is NotebookNode


def test_an_error_is_nbformat_s_own():
    fields = {"ename": "NotYet", "evalue": "1.2: no", "traceback": ["1.2: no"]}
    assert new_output("error", **fields) == v4.new_output("error", **fields)
