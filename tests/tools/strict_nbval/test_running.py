"""A page is run by the Python that proves it, and its run is kept whole."""

import sys

import nbformat.v4

from tools.strict_nbval.normal_form import read
from tools.strict_nbval.running import execute, keep_run, kept_run


def test_a_page_runs_in_the_environment_that_proves_it(tmp_path):
    cell = nbformat.v4.new_code_cell("import sys\nprint(sys.prefix)")
    fresh = execute(nbformat.v4.new_notebook(cells=[cell]), tmp_path)
    assert fresh.cells[0].outputs[0].text == f"{sys.prefix}\n", (
        "the kernel python3 that Jupyter finds is another Python's: jupyter kernelspec list"
    )


def test_pages_of_one_name_keep_their_runs_apart(tmp_path):
    for folder in ("one", "two"):
        cell = nbformat.v4.new_markdown_cell(folder)
        page = nbformat.v4.new_notebook(cells=[cell])
        keep_run(page, tmp_path / folder / "page.ipynb", tmp_path)
    for folder in ("one", "two"):
        kept = read(kept_run(tmp_path / folder / "page.ipynb", tmp_path))
        assert kept.cells[0].source == folder
    assert len(list(tmp_path.iterdir())) == 2, "what was written beside stays behind"
