"""A fresh run of a notebook, and where it is kept for whoever asks for it next."""

import copy
import hashlib
import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .normal_form import code_cells, normalise, write_text

CELL_SECONDS = 120
# Without these a kernel warns of each start on the terminal, and adds the cells to the user's own
# history.
KERNEL_OPTIONS = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]


def build_font_cache() -> None:
    """Does now what the first plot on a machine does, because that plot's cell may say so in its
    output.
    """
    import matplotlib.font_manager  # noqa: F401


class CellFailed(Exception):
    """A cell raised an error that is not part of the lesson, or never came to an end."""


def execute(nb: NotebookNode, folder: Path) -> NotebookNode:
    """A fresh run of a notebook in a folder, in normal form.

    Raises CellFailed, in one line, where a cell that is not tagged raises-exception raises.
    """
    nb, at = copy.deepcopy(nb), {}
    client = NotebookClient(
        nb,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        extra_arguments=KERNEL_OPTIONS,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        skip_cells_with_tag="",
        shutdown_kernel="immediate",
        on_cell_start=lambda cell, cell_index: at.update(number=cell_index),
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        reason = str(error)
        if isinstance(error, CellExecutionError):
            reason = f"{error.ename}: {error.evalue}"
        raise CellFailed(f"{position(nb, at['number'])}: {one_line(reason)}") from error
    return normalise(nb)


def kept_run(path: Path, folder: Path) -> Path:
    """Where the fresh run of a notebook is kept in a folder."""
    whole = path.resolve()
    return folder / f"{whole.stem}-{hashlib.sha256(bytes(whole)).hexdigest()[:16]}.ipynb"


def keep_run(nb: NotebookNode, path: Path, folder: Path) -> None:
    """Keeps the fresh run of a notebook for whoever asks for it next, whole or not at all."""
    kept = kept_run(path, folder)
    beside = kept.with_suffix(f".{os.getpid()}.new")
    beside.write_text(write_text(nb), encoding="utf-8", newline="\n")
    os.replace(beside, kept)


def position(nb: NotebookNode, number: int) -> str:
    """How a message names the cell of this number, in a notebook that was not run to its end."""
    code = len(code_cells(NotebookNode(cells=nb.cells[: number + 1])))
    return f"code cell {code} ({nb.cells[number].source.strip().splitlines()[0][:60]})"


def one_line(text: str) -> str:
    """The beginning of a text on one line."""
    return " ".join(text.split())[:200]
