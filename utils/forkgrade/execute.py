"""The preprocessor that runs a notebook's cells in a child of a warm process, instead of in a new
kernel.
"""

import shutil
import tempfile
from pathlib import Path

import nbformat
from nbgrader import utils as nbutils
from nbgrader.preprocessors import Execute as ColdExecute
from traitlets import Instance, default

from forkgrade.client import Warm
from forkgrade.limits import Limits
from forkgrade.notes import note
from forkgrade.warm import CUT

TELLING = {
    "CellTimeoutError",
    "MemoryError",
}  # what an instructor should know of, where it is not a test's verdict


class Execute(ColdExecute):
    """Runs each notebook in a confined child of a warm process. Where there is no fork, as nbgrader
    does.

    What happened that an instructor should know is noted in the notebook: see notes.py.
    """

    warm = None  # one for all notebooks of this process and its workers
    limits = Instance(Limits)

    @default("limits")
    def _limits_default(self):
        return Limits(parent=self)

    def preprocess(self, nb, resources, km=None):
        if not Warm.possible():
            self.log.warning(
                "no fork here: this notebook gets a kernel of its own, slow and not confined"
            )
            return super().preprocess(nb, resources, km)
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell in cells:
            cell.outputs, cell.execution_count = [], None
        folder = tempfile.mkdtemp(prefix="notebook-")
        try:
            copy_files(resources["metadata"]["path"], folder)
            self.run_all(nb, [cell for cell in cells if cell.source.strip()], folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return nb, resources

    def run_all(self, nb, cells, folder):
        if Execute.warm is None:
            Execute.warm = Warm(self.limits)
        Execute.warm.wait()
        results = Execute.warm.run(
            [(cell.source, course(cell)) for cell in cells], folder, self.limits
        )
        done = 0
        for result in results:
            if isinstance(result, tuple):
                cell = cells[done]
                done += 1
                cell.execution_count = done
                cell.outputs = [
                    nbformat.from_dict(with_count(output, done)) for output in result[0]
                ]
                for name in result[1]:
                    note(nb, f"{name} had been replaced: put back at code cell {done}")
            elif result:
                self.fail_rest(nb, cells, done, result)
        for number, cell in enumerate(cells, 1):
            for output in cell.outputs:
                if output.output_type == "error" and output.ename in TELLING:
                    note(nb, f"code cell {number}: {output.ename}: {output.evalue}".rstrip(": "))
                if output.output_type == "stream" and CUT in output.text:
                    note(nb, f"code cell {number}: its output was cut")

    def fail_rest(self, nb, cells, done, why):
        """Gives every cell that did not end an error, so that a test among them scores 0."""
        note(nb, f"code cell {done + 1}: {why}; this cell and what follows could not be run")
        for number, cell in enumerate(cells[done:]):
            text = why if number == 0 else f"not run: {why}"
            cell.outputs = [
                nbformat.v4.new_output(
                    "error",
                    ename="NotebookEnded",
                    evalue=text,
                    traceback=[f"NotebookEnded: {text}"],
                )
            ]


def course(cell):
    """What a cell is to the runner: "test", "set-up" (locked, no points) or "" (the student's)."""
    if nbutils.is_grade(cell) and not nbutils.is_solution(cell):
        return "test"
    return "set-up" if nbutils.is_locked(cell) else ""


def with_count(output, count):
    return (
        output | {"execution_count": count} if output["output_type"] == "execute_result" else output
    )


def copy_files(source, folder):
    """Copies what lies beside a notebook to its private folder, but no notebook and no link."""
    for path in Path(source).rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb":
            to = Path(folder, path.relative_to(source))
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
