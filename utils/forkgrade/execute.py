"""The preprocessor that runs a notebook's cells in a child of a warm process, instead of in a new
kernel.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

import nbformat
from nbformat import NotebookNode
from nbgrader import utils as nbutils
from nbgrader.preprocessors import Execute as ColdExecute
from traitlets import Dict, Instance, default

from forkgrade.asked import asking, judged, probe_of, seen_in
from forkgrade.judge import Questions, questions_of
from forkgrade.limits import Limits
from forkgrade.notes import note
from forkgrade.outputs import new_display, new_output
from forkgrade.protocol import CUT, CellKind
from forkgrade.restore import grade_id
from forkgrade.scratch import remove
from forkgrade.warm_client import Cell, CellResult, WarmClient, WarmProcess

#: Errors that an instructor should know of: by the name of each what is said of it, since its own
#: words may be the student's.
TELLING = {
    "CellTimeoutError": "ran longer than a cell may, and was interrupted",
    "MemoryError": "needed more memory than a notebook has (MemoryError)",
}


class Execute(ColdExecute):
    """Runs each notebook in a confined child of a warm process. Where there is no fork, as nbgrader
    does.

    What happened that an instructor should know is noted in the notebook: see notes.py.
    """

    limits = Instance(Limits)
    client = Instance(WarmClient)
    questions = Dict(help="{notebook: its questions}")

    @default("limits")
    def _limits_default(self) -> Limits:
        return Limits(parent=self)

    @default("client")
    def _client_default(self) -> WarmClient:
        # One warm process serves all notebooks of a converter, for each of which nbgrader makes a
        # preprocessor anew. Whoever runs the converter may have given it the way to one.
        converter = self.parent.parent
        if not hasattr(converter, "warm_client"):
            converter.warm_client = WarmProcess(self.limits).wait()
        return converter.warm_client

    @default("questions")
    def _questions_default(self) -> Questions:
        converter = self.parent.parent
        if not hasattr(converter, "questions"):
            course = converter.coursedir
            converter.questions = questions_of(course, self.config, course.assignment_id)
        return converter.questions

    def preprocess(
        self, nb: NotebookNode, resources: dict, km: object = None
    ) -> tuple[NotebookNode, dict]:
        """Runs the cells of a notebook and puts their outputs into it."""
        questions = self.questions.get(resources.get("nbgrader", {}).get("notebook"), {})
        if not WarmProcess.is_possible():
            self.log.warning(
                "no fork here: this notebook gets a kernel of its own, slow and not confined"
            )
            return self.run_in_kernel(nb, resources, questions, km)
        folder = tempfile.mkdtemp(prefix="notebook-", dir=self.client.folder)
        try:
            copy_files(Path(resources["metadata"]["path"]), Path(folder))
            self.run_cells(nb, emptied(nb), folder, questions)
        finally:
            remove(folder)
        return nb, resources

    def run_in_kernel(
        self,
        nb: NotebookNode,
        resources: dict,
        questions: Questions = MappingProxyType({}),
        km: object = None,
    ) -> tuple[NotebookNode, dict]:
        """Runs a notebook in a kernel, as nbgrader does. Where a test has a question, the kernel
        asks it.
        """
        asked = [cell for cell in nb.cells if grade_id(cell) in questions]
        sources = [cell.source for cell in asked]
        for cell in asked:
            cell.source = asking(questions[grade_id(cell)])
        try:
            done = super().preprocess(nb, resources, km)
        finally:
            for cell, source in zip(asked, sources, strict=True):
                cell.source = source
        for cell in asked:
            result = CellResult(cell.outputs, seen_in(cell.outputs))
            for text in store(cell, result, cell.execution_count, questions[grade_id(cell)]):
                note(nb, text)
        return done

    def run_cells(
        self,
        nb: NotebookNode,
        cells: list[NotebookNode],
        folder: str,
        questions: Questions = MappingProxyType({}),
    ) -> None:
        """Runs some cells of a notebook in a folder of its own; in the place of those that have a
        question, the answer is asked.
        """
        tasks = [task_of(cell, questions.get(grade_id(cell))) for cell in cells]
        run = self.client.run(tasks, folder, self.limits.for_notebook())
        for number, (cell, result) in enumerate(zip(cells, run.results, strict=False), 1):
            for text in store(cell, result, number, questions.get(grade_id(cell))):
                note(nb, text)
        if run.ended:
            done = len(run.results)
            why = f"{run.ended}; this cell and what follows could not be run"
            note(nb, f"code cell {done + 1}: {why}")
            fail(cells[done:], run.ended)
        for number, cell in enumerate(cells, 1):
            for text in telling(cell):
                note(nb, f"code cell {number}: {text}")


def emptied(nb: NotebookNode) -> list[NotebookNode]:
    """The code cells of a notebook that are to be run. All have lost their outputs, and those that
    hold nothing are left out.
    """
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    return [cell for cell in cells if cell.source.strip()]


def task_of(cell: NotebookNode, question: dict | None) -> Cell:
    """What is to be run of a cell, or asked in its place."""
    kind = cell_kind(cell)
    if question and kind == "test":
        return Cell("", "probe", probe_of(question))
    return Cell(cell.source, kind)


def cell_kind(cell: NotebookNode) -> CellKind:
    """What a cell is to whoever runs it; a set-up cell is locked and has no points."""
    if nbutils.is_grade(cell) and not nbutils.is_solution(cell):
        return "test"
    return "set-up" if nbutils.is_locked(cell) else "student"


def store(
    cell: NotebookNode, result: CellResult, number: int, question: dict | None = None
) -> Sequence[str]:
    """Puts what came of a cell into it, which ran as the one of this number; returns what a person
    should know of it.
    """
    cell.execution_count, notes = number, ()
    cell.outputs = [nbformat.from_dict(output) for output in result.outputs]
    if question:
        cell.outputs, verdict = judged(question, result.seen, cell.outputs)
        right, of = verdict.parts
        notes = verdict.notes
        if not verdict.passed and 0 < right < of:
            cell.outputs.insert(0, part_of(cell.metadata.nbgrader["points"], right, of))
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = number
    return notes


def part_of(points: float, right: int, of: int) -> NotebookNode:
    """The output that gives a test a part of its points: nbgrader looks for a number before it
    looks for an error.
    """
    earned = f"{points * right / of:.3g}"
    shown = f"<p>{right} of {of} right: <b>{earned} of {points:g} points</b></p>"
    return new_display("execute_result", plain=earned, html=shown)


def fail(cells: list[NotebookNode], why: str) -> None:
    """Gives cells that did not end an error, so that a test among them scores 0."""
    for number, cell in enumerate(cells):
        text = why if number == 0 else f"not run: {why}"
        lines = [f"NotebookEnded: {text}"]
        cell.outputs = [new_output("error", ename="NotebookEnded", evalue=text, traceback=lines)]


def telling(cell: NotebookNode) -> Iterator[str]:
    """What an instructor should know of a cell's outputs."""
    for output in cell.outputs:
        if output.output_type == "error" and output.ename in TELLING:
            yield TELLING[output.ename]
        if output.output_type == "stream" and CUT in output.text:
            yield "its output was cut"


def copy_files(source: Path, folder: Path) -> None:
    """Copies what lies beside a notebook to its private folder, but no notebook and no link."""
    for path in source.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb":
            to = folder / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
