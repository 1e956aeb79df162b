"""nbval is told to compare all of a page, and only the version that was compared with is used.

That each alteration of an output is then caught is shown in tests/pages/test_mutation.py.
"""

from types import SimpleNamespace

import nbformat
import nbval.kernel
import nbval.plugin
import pytest

from tools import strict_nbval
from tools.normal_form import kept_run


def test_nbval_runs_with_what_stands_in_its_place():
    assert nbval.plugin.IPyNbCell.compare_outputs is strict_nbval.compare_all
    assert nbval.plugin.IPyNbCell.runtest is strict_nbval.run_and_compare_all
    assert nbval.plugin.IPyNbFile.teardown is strict_nbval.keep_the_run
    assert nbval.kernel.RunningKernel.execute_cell_input is strict_nbval.execute_as_a_reader_does


def test_another_version_of_nbval_is_refused(monkeypatch, pytestconfig):
    monkeypatch.setattr(strict_nbval, "version", lambda name: "0.12.0")
    with pytest.raises(pytest.UsageError, match=r"mends nbval 0\.11\.0, and 0\.12\.0 is installed"):
        strict_nbval.pytest_configure(pytestconfig)


def test_streams_stay_in_pieces_and_in_order():
    outputs = [nbformat.v4.new_output("stream", text=text) for text in ("1\n", "2\n")]
    assert strict_nbval.keep_streams(outputs) == outputs


def test_each_worker_is_told_where_the_runs_are_kept(pytestconfig):
    node = SimpleNamespace(config=pytestconfig, workerinput={})
    strict_nbval.pytest_configure_node(node)
    assert node.workerinput == {"runs": str(pytestconfig.stash[strict_nbval.RUNS])}


def test_a_notebook_that_ran_in_part_leaves_no_run_to_look_at(tmp_path, monkeypatch):
    monkeypatch.setattr(strict_nbval, "original_teardown", lambda file: None)
    cells = [nbformat.v4.new_code_cell("1"), nbformat.v4.new_code_cell("2")]
    nb = nbformat.v4.new_notebook(cells=cells)
    page = SimpleNamespace(nb=nb)
    config = SimpleNamespace(stash={strict_nbval.RUNS: tmp_path})
    file = SimpleNamespace(ran=1, nb=nb, page=page, path=tmp_path / "page.ipynb", config=config)
    strict_nbval.keep_the_run(file)
    assert not list(tmp_path.iterdir())
    file.ran = 2
    strict_nbval.keep_the_run(file)
    assert kept_run(file.path, tmp_path).exists()
