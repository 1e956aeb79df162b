"""nbval is told to compare all of a page, in this course and cut out of it.

That each alteration of an output is then caught is shown in tests/pages/test_mutation.py.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import nbval.kernel
import nbval.plugin
import pytest
from hatchling.builders.wheel import WheelBuilder

from tools.strict_nbval import plugin as strict_nbval
from tools.strict_nbval.normal_form import write_text
from tools.strict_nbval.running import execute, kept_run


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


# --- cut out of this course -----------------------------------------------------------------------

#: What a project without any of ours asks of its own notebooks.
PROJECT = """
[pytest]
addopts = --nbval --nbval-current-env -p no:cacheprovider
strict_nbval_rerun = make pages
strict_nbval_warm = matplotlib.pyplot
"""
PLOT = """import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.bar([1], [{height}])
plt.show()"""


@pytest.fixture(scope="module")
def cut_out(tmp_path_factory):
    """The folder of an installed wheel, made of a copy of the plugin's folder alone."""
    alone = tmp_path_factory.mktemp("alone") / "strict_nbval"
    shutil.copytree(
        Path(strict_nbval.__file__).parent, alone, ignore=shutil.ignore_patterns("__pycache__")
    )
    (wheel,) = WheelBuilder(str(alone)).build(directory=str(alone.parent / "wheel"))
    installed = alone.parent / "installed"
    shutil.unpack_archive(wheel, installed, "zip")
    return installed


def pytest_says(folder, installed):
    """What pytest prints of a folder, with nothing of ours on the path but the installed plugin."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed), "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def test_it_works_in_a_project_that_has_nothing_else_of_ours(cut_out, tmp_path):
    sources = [PLOT.format(height=3), PLOT.format(height=3), "1 / 0", "1 / 0", "2 + 2"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[2].metadata.tags = cells[3].metadata.tags = ["raises-exception"]
    page = execute(nbformat.v4.new_notebook(cells=cells), tmp_path)
    # Of each pair the second is no longer what was stored.
    page.cells[1].source = PLOT.format(height=4)
    page.cells[3].source = "2 / 0"
    page.cells[4].execution_count, page.cells[4].outputs = None, []
    (tmp_path / "pytest.ini").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "page.ipynb").write_text(write_text(page), encoding="utf-8")
    (tmp_path / "test_run.py").write_text(
        "from pathlib import Path\n\n\n"
        "def test_a_test_can_look_at_a_run(fresh_run):\n"
        "    page = fresh_run(Path(__file__).with_name('page.ipynb'))\n"
        "    assert page.cells[2].outputs[0].ename == 'ZeroDivisionError'\n",
        encoding="utf-8",
    )
    said = pytest_says(tmp_path, cut_out)
    failed = re.findall(r"^FAILED page\.ipynb::Cell (\d)\b", said, re.MULTILINE)
    assert failed == ["1", "3", "4"], said
    assert "data image/png: " in said, "a stale plot is not told"
    assert "traceback" in said, "a stale traceback is not told"
    assert "The cell was stored without being run: make pages" in said
    assert re.search(r"\b3 failed, 3 passed\b", said), said


def test_it_imports_nothing_of_the_course(cut_out):
    for path in cut_out.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        ours = re.findall(
            r"^(?:from|import) (?:tools|forkgrade|autograd_seen|plainjudge)", text, re.M
        )
        assert not ours, path.name
