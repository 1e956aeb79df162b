"""What one submission may use: the one place where the limits of grading stand."""

from dataclasses import asdict, dataclass, fields

from traitlets import Bool, Dict, Float, Integer, List, Unicode
from traitlets.config import Configurable


@dataclass(frozen=True)
class NotebookLimits:
    """The limits that a running notebook is held to, as plain values.

    They go to the warm process as JSON. `Limits` says what each of them means.
    """

    cell_seconds: float
    grace_seconds: float
    total_seconds: float
    memory_mb: int
    output_chars: int
    display_chars: int
    total_chars: int
    cells: int
    folder_mb: int
    written_mb: int
    files: int
    threads: int
    processes: bool
    network: bool
    readable: list[str]

    def as_dict(self) -> dict[str, object]:
        """The limits by their names, as JSON can hold them."""
        return asdict(self)


class Limits(Configurable):
    """The limits of one submission. In an nbgrader config file, `c.Limits.cell_seconds = 20`
    changes one.
    """

    cell_seconds = Float(10, help="seconds that a cell may run before it is interrupted").tag(
        config=True
    )
    grace_seconds = Float(
        3, help="seconds that it then has to stop, before its process is ended"
    ).tag(config=True)
    total_seconds = Float(60, help="seconds that all cells of a notebook may run, together").tag(
        config=True
    )
    grading_seconds = Float(
        300, help="seconds for everything that is done with one submission"
    ).tag(config=True)
    memory_mb = Integer(1024, help="MiB of address space beyond what the idle process holds").tag(
        config=True
    )
    output_chars = Integer(20_000, help="characters of printed text that are kept of a cell").tag(
        config=True
    )
    display_chars = Integer(
        2_000_000, help="characters of all outputs of a cell, pictures too"
    ).tag(config=True)
    total_chars = Integer(
        10_000_000, help="characters of all outputs of all cells of a notebook"
    ).tag(config=True)
    cells = Integer(2_000, help="cells of a notebook that are run").tag(config=True)
    folder_mb = Integer(
        16, help="MiB that may lie in the folder of the notebook, in one file or many"
    ).tag(config=True)
    written_mb = Integer(
        64, help="MiB that the notebook may write to files in all, also to those that it removes"
    ).tag(config=True)
    files = Integer(1_000, help="files and folders that may lie in the folder at once").tag(
        config=True
    )
    threads = Integer(64, help="threads that the notebook may have at once").tag(config=True)
    notebook_mb = Integer(4, help="MiB of a notebook that is handed in").tag(config=True)
    files_mb = Integer(16, help="MiB of all other files that are handed in with it").tag(
        config=True
    )
    source_chars = Integer(
        50_000, help="characters of a cell's source that are shown to a person"
    ).tag(config=True)
    page_chars = Integer(
        8_000_000, help="characters of a whole notebook that are shown, pictures too"
    ).tag(config=True)
    page_seconds = Float(
        10, help="seconds that a student's texts and displays may take to be made a page"
    ).tag(config=True)
    processes = Bool(False, help="whether a notebook may start processes").tag(config=True)
    network = Bool(False, help="whether a notebook may open a network connection").tag(config=True)
    readable = List(Unicode(), help="folders that a notebook may read, beside Python's own").tag(
        config=True
    )
    preload = List(
        Unicode(),
        ["torch", "numpy", "matplotlib.pyplot"],
        help="modules that the warm process imports before any notebook",
    ).tag(config=True)
    course_packages = List(
        Unicode(),
        help="the course's own packages: imported with all their parts",
    ).tag(config=True)
    warm_up = List(
        Unicode(),
        ["1 / 0"],
        help="cells that the warm process runs before any notebook, so that what they make once is "
        "there; no backward pass, after which torch cannot be forked",
    ).tag(config=True)
    preload_with = Dict(
        # What an optimizer imports when it is first made takes a second, and torch.testing's first
        # look half of one.
        {"torch.optim": "torch._dynamo", "torch.testing": "torch.distributed.tensor"},
        help="a word, and the module that the warm process imports too where a solution has that "
        "word",
    ).tag(config=True)
    require_sandbox = Bool(
        False,
        help="refuse to grade where the kernel cannot confine a notebook, instead of saying so",
    ).tag(config=True)

    def modules(self, solutions: str | None = None) -> list[str]:
        """The modules to import before any notebook runs, where the solutions have this text; all
        if it is None.
        """
        needed = [
            module
            for word, module in self.preload_with.items()
            if solutions is None or word in solutions
        ]
        return self.preload + needed

    def as_dict(self) -> dict[str, object]:
        """The limits by their names, as JSON can hold them: a grade depends on each."""
        return {name: getattr(self, name) for name in sorted(self.class_trait_names(config=True))}

    def for_notebook(self) -> NotebookLimits:
        """The limits that concern a notebook while it runs."""
        return NotebookLimits(
            **{one.name: getattr(self, one.name) for one in fields(NotebookLimits)}
        )
