"""The plugin: puts a stricter comparison in the place of nbval's, and keeps what it ran.

By itself nbval 0.11 compares neither pictures, nor tracebacks, nor the kind and order of outputs,
nor cells that were never run, and knows nothing of a display that is updated or cleared.
"""

import copy
import functools
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import nbval.kernel
import nbval.plugin
import pytest
from filelock import FileLock
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from .comparing import stale_outputs
from .normal_form import code_cells, normalise, read
from .running import KERNEL_OPTIONS, build_font_cache, execute, keep_run, kept_run
from .warm import fork_kernels, is_possible

KNOWN = "0.11.0"
RUNS = pytest.StashKey[Path]()

original_get_message = nbval.plugin.IPyNbFile.get_kernel_message
original_runtest = nbval.plugin.IPyNbCell.runtest
original_teardown = nbval.plugin.IPyNbFile.teardown


def pytest_addoption(parser: pytest.Parser) -> None:
    """Asks the project for its own word where a notebook is to be run anew."""
    parser.addini(
        "strict_nbval_rerun",
        "the command that runs notebooks anew and stores their outputs, named in messages",
        default="jupyter nbconvert --to notebook --execute --inplace",
    )
    parser.addini(
        "strict_nbval_warm",
        "modules that are imported once, in a process that forks each kernel (Linux)",
        type="args",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Puts what stands below in the place of what nbval does, in every process of the tests.

    Raises pytest.UsageError for a version of nbval that nobody has compared with this file.
    """
    if version("nbval") != KNOWN:
        raise pytest.UsageError(
            f"strict_nbval mends nbval {KNOWN}, and {version('nbval')} is installed: "
            f"pip install nbval=={KNOWN}, or check what the other version compares"
        )
    if hasattr(config, "workerinput"):
        config.stash[RUNS] = Path(config.workerinput["runs"])
    else:
        build_font_cache()
        folder = tempfile.TemporaryDirectory(prefix="fresh-runs-")
        config.add_cleanup(folder.cleanup)
        config.stash[RUNS] = Path(folder.name)
    modules = config.getini("strict_nbval_warm")
    if modules and is_possible():
        config.add_cleanup(fork_kernels(modules).close)
    start = functools.partial(nbval.kernel.start_new_kernel, extra_arguments=KERNEL_OPTIONS)
    nbval.kernel.start_new_kernel = start
    nbval.kernel.RunningKernel.execute_cell_input = execute_as_a_reader_does
    nbval.plugin.coalesce_streams = keep_streams
    nbval.plugin.IPyNbFile.get_kernel_message = get_message_and_show_it
    nbval.plugin.IPyNbCell.runtest = run_and_compare_all
    nbval.plugin.IPyNbCell.compare_outputs = compare_all
    nbval.plugin.IPyNbFile.teardown = keep_the_run


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tells a worker of pytest-xdist, before it starts, where the runs are kept."""
    node.workerinput["runs"] = str(node.config.stash[RUNS])


def execute_as_a_reader_does(
    kernel: RunningKernel, source: str, allow_stdin: bool | None = None
) -> str:
    """Sends a cell to the kernel; returns the number of the message."""
    # With history the kernel counts cells, as it did when the outputs were stored.
    return kernel.kc.execute(
        source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def keep_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs as they came."""
    # nbval joins all streams of a name, which hides whether a line came before or after a picture.
    return outputs


def get_message_and_show_it(
    file: IPyNbFile, timeout: float | None = None, stream: str = "iopub"
) -> dict:
    """Passes each message of the kernel to nbclient too, which shows, updates and clears as a page
    does.
    """
    message = original_get_message(file, timeout, stream)
    with suppress(CellExecutionComplete):
        file.page.process_message(message, file.page.nb.cells[file.shown], file.shown)
    return message


def run_and_compare_all(item: IPyNbCell) -> None:
    """Runs one cell, as nbval does, and shows on a page of its own what the kernel says of it."""
    file = item.parent
    if not hasattr(file, "page"):
        file.page = NotebookClient(copy.deepcopy(file.nb), record_timing=False)
        file.page.kc = file.kernel.kc
        file.ran = 0
    file.shown = next(number for number, cell in enumerate(file.nb.cells) if cell is item.cell)
    file.page.nb.cells[file.shown].outputs = []
    file.page.clear_before_next_output = False
    if item.cell.execution_count is None:
        rerun = item.config.getini("strict_nbval_rerun")
        item.raise_cell_error(f"The cell was stored without being run: {rerun}")
    file.ran += 1
    original_runtest(item)


def compare_all(
    item: IPyNbCell, test: dict, ref: dict, skip_compare: tuple[str, ...] | None = None
) -> bool:
    """Whether a cell's fresh outputs are all of its stored ones, and nothing else."""
    fresh = item.parent.page.nb.cells[item.parent.shown].outputs
    tagged = "raises-exception" in item.cell.metadata.get("tags", [])
    raised = any(output.output_type == "error" for output in fresh)
    found = stale_outputs(item.cell, fresh)
    if tagged and not raised:
        found = f"it is tagged raises-exception and raises nothing\n{found}"
    item.comparison_traceback = [found]
    return not found


def keep_the_run(file: IPyNbFile) -> None:
    """Keeps the run of a notebook whose cells were all run, when nbval is through with it."""
    original_teardown(file)
    if getattr(file, "ran", 0) == len(code_cells(file.nb)):
        keep_run(normalise(file.page.nb), file.path, file.config.stash[RUNS])


@pytest.fixture(scope="session")
def fresh_run(request: pytest.FixtureRequest) -> Callable[[Path], NotebookNode]:
    """A function from a notebook's path to its fresh run: nbval's, or if that made none, one that
    is made once for all workers.
    """
    folder = request.config.stash[RUNS]

    def run(path: Path) -> NotebookNode:
        kept = kept_run(path, folder)
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                keep_run(execute(read(path), path.parent), path, folder)
        return read(kept)

    return run
