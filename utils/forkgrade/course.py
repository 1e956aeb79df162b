"""One course: its folders, its assignments, what was handed in, and what was handed out."""

import csv
import os
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from forkgrade.book_cells import fit_cells
from forkgrade.error_log import open_log
from forkgrade.files import tree_digest, write_whole
from forkgrade.limits import Limits
from forkgrade.records import Submission


class CourseError(Exception):
    """Grading cannot go on; the message says why."""


class Course:
    """A course as its nbgrader config describes it, in the folder `root`.

    It can be sent to another process.

    Attributes:
        config: what the nbgrader config says.
        root: the folder of the course.
        directory: nbgrader's own view of the folders.
        limits: what one submission may use.
        work: the folder of everything that grading makes.
        records: the folder of records in it.
        staging: the folder in that of what is being graded.
        log: the file of errors in it.
    """

    def __init__(self, config: Config, root: Path):
        self.config, self.root = config, root.resolve()
        self.directory = CourseDirectory(config=config, root=str(self.root))
        self.limits = Limits(config=config)
        self.work = self.root / Path(self.directory.submitted_directory).parent
        self.records = self.work / "records"
        self.staging = self.records / ".staging"  # no student's: see submissions
        self.log = self.work / "log.txt"

    def __reduce__(self):
        return Course, (self.config, self.root)

    # -- folders

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of an assignment at a step of nbgrader's, `directory.source_directory` say.
        The student is "." where the step has none.
        """
        return Path(self.directory.format_path(step, student, assignment))

    def source(self, assignment: str) -> Path:
        """The folder of an assignment's solution."""
        return self.folder(self.directory.source_directory, ".", assignment)

    def handed_in(self, submission: Submission) -> Path:
        """The folder of what a student handed in."""
        step = self.directory.submitted_directory
        return self.folder(step, submission.student, submission.assignment)

    def autograded(self, submission: Submission) -> Path:
        """The folder of a submission's graded notebooks."""
        step = self.directory.autograded_directory
        return self.folder(step, submission.student, submission.assignment)

    def feedback(self, submission: Submission) -> Path:
        """The folder of a submission's feedback pages."""
        step = self.directory.feedback_directory
        return self.folder(step, submission.student, submission.assignment)

    def directory_with(self, **settings: str) -> CourseDirectory:
        """nbgrader's view of the course with some of its settings changed."""
        names = self.directory.trait_names(config=True)
        kept = {name: getattr(self.directory, name) for name in names}
        return CourseDirectory(config=self.config, **(kept | settings))

    # -- what there is

    def assignments(self) -> list[str]:
        """The assignments of the course: those that have a solution."""
        solutions = self.root.glob(f"{self.directory.source_directory}/*/*.ipynb")
        return sorted(path.parent.name for path in solutions)

    def notebooks(self, assignment: str) -> list[str]:
        """The notebooks that an assignment has, without .ipynb."""
        return sorted(path.stem for path in self.source(assignment).glob("*.ipynb"))

    def submissions(self, only: str | None = None) -> list[Submission]:
        """Everything that was handed in, or what was for one assignment."""
        paths = sorted(self.root.glob(f"{self.directory.submitted_directory}/*/*"))
        found = [
            Submission(path.parent.name, path.name)
            for path in paths
            if not path.name.startswith(".") and not path.parent.name.startswith(".")
        ]
        return [submission for submission in found if only in (None, submission.assignment)]

    def closed_folders(self) -> list[str]:
        """The students' folders of which nobody knows what is in them: they cannot be read."""
        folders = sorted(self.root.glob(f"{self.directory.submitted_directory}/*"))
        return [
            str(path.relative_to(self.root))
            for path in folders
            if path.is_dir() and not os.access(path, os.R_OK)
        ]

    # -- what is handed out

    def release(self, assignment: str) -> str:
        """Enters an assignment into the grade book and writes what students get of it, if its
        solution changed since; returns a digest of the solution. Raises CourseError.
        """
        mark, digest = self.records / f"{assignment}.release", tree_digest(self.source(assignment))
        if mark.exists() and mark.read_bytes() == digest.encode():
            return digest
        self.work.mkdir(parents=True, exist_ok=True)
        directory = self.directory_with(assignment_id=assignment)
        try:
            self.fit_cells(assignment)
        except (ValueError, AttributeError) as error:  # a notebook that is none, or has no marks
            raise CourseError(f"{assignment} cannot be read: {error}") from error
        with open_log(self.log) as (log, errors):
            try:
                GenerateAssignment(
                    coursedir=directory, config=self.config, log=log, force=True
                ).start()
            except NbGraderException as error:
                raise CourseError(
                    f"{assignment} cannot be entered into the grade book: "
                    f"{errors.cause(str(error))[:300]}\n"
                    "Where its notebooks, not their cells, changed after submissions were graded, "
                    f"move {self.work} away and grade them again."
                ) from error
        write_whole(mark, digest)
        return digest

    def fit_cells(self, assignment: str) -> None:
        """Makes the grade book's cells of an assignment those of its solution. What persons had
        given to a cell that is no more goes to the end of a file.
        """
        notebooks = sorted(self.source(assignment).glob("*.ipynb"))
        with Gradebook(self.directory.db_url, self.directory.course_id) as book:
            dropped = fit_cells(book, assignment, notebooks)
            if dropped:
                kept = self.work / "dropped_points.csv"
                with kept.open("a", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows(dropped)
            book.db.commit()
