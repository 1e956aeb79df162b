"""One course: its folders, its assignments, what was handed in, and what was handed out."""

import contextlib
import csv
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config

from forkgrade.error_log import open_log
from forkgrade.files import tree_digest, write_whole
from forkgrade.judge import Judge, Questions, secret_of
from forkgrade.limits import Limits
from forkgrade.records import Submission
from forkgrade.versions import digest_of_files

# nbgrader takes a second to import, and is needed only where something is to be graded.
if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory


class CourseError(Exception):
    """Grading cannot go on; the message says why."""


class Course:
    """A course as its nbgrader config describes it, in the folder `root`.

    Attributes:
        config: what the nbgrader config says.
        root: the folder of the course.
        limits: what one submission may use.
        db_url: where the grade book is.
        course_id: the course in it.
        work: the folder of everything that grading makes.
        records: the folder of records in it.
        staging: the folder in that of what is to be put in its place.
        log: the file of errors in it.
    """

    def __init__(self, config: Config, root: Path):
        self.config, self.root = config, root.resolve()
        self.limits = Limits(config=config)
        self.db_url = self.setting("db_url", "") or f"sqlite:///{self.root / 'gradebook.db'}"
        self.course_id = self.setting("course_id", "")
        self.work = self.root / Path(self.step("submitted")).parent
        self.records = self.work / "records"
        self.staging = self.records / ".staging"  # no student's: see submissions
        self.log = self.work / "log.txt"

    def setting(self, name: str, default: str) -> str:
        """What the config says of nbgrader's CourseDirectory."""
        return self.config.CourseDirectory.get(name, default)

    @functools.cached_property
    def directory(self) -> "CourseDirectory":
        """nbgrader's own view of the folders."""
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config, root=str(self.root))

    @property
    def has_own_book(self) -> bool:
        """Whether the grade book is a file, so that no other course is in it."""
        return self.db_url.startswith("sqlite")

    # -- folders

    def step(self, name: str) -> str:
        """The folder of a step of nbgrader's, "source" say, as the config calls it."""
        return self.setting(f"{name}_directory", name)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of an assignment at a step of nbgrader's. The student is "." where the step
        has none.
        """
        default = "{nbgrader_step}/{student_id}/{assignment_id}"
        path = self.setting("directory_structure", default).format(
            nbgrader_step=self.step(step), student_id=student, assignment_id=assignment
        )
        return self.root / path

    def source(self, assignment: str) -> Path:
        """The folder of an assignment's solution."""
        return self.folder("source", ".", assignment)

    def handed_in(self, submission: Submission) -> Path:
        """The folder of what a student handed in."""
        return self.folder("submitted", submission.student, submission.assignment)

    def autograded(self, submission: Submission) -> Path:
        """The folder of a submission's graded notebooks."""
        return self.folder("autograded", submission.student, submission.assignment)

    def feedback(self, submission: Submission) -> Path:
        """The folder of a submission's feedback pages."""
        return self.folder("feedback", submission.student, submission.assignment)

    def directory_with(self, **settings: str) -> "CourseDirectory":
        """nbgrader's view of the course with some of its settings changed."""
        from nbgrader.coursedir import CourseDirectory

        names = self.directory.trait_names(config=True)
        kept = {name: getattr(self.directory, name) for name in names}
        return CourseDirectory(config=self.config, **(kept | settings))

    # -- what there is

    def assignments(self) -> list[str]:
        """The assignments of the course: those that have a solution."""
        solutions = self.root.glob(f"{self.step('source')}/*/*.ipynb")
        return sorted(path.parent.name for path in solutions)

    def notebooks(self, assignment: str) -> list[str]:
        """The notebooks that an assignment has, without .ipynb."""
        return sorted(path.stem for path in self.source(assignment).glob("*.ipynb"))

    def submissions(self) -> list[Submission]:
        """Everything that was handed in."""
        paths = sorted(self.root.glob(f"{self.step('submitted')}/*/*"))
        return [
            Submission(path.parent.name, path.name)
            for path in paths
            if not path.name.startswith(".") and not path.parent.name.startswith(".")
        ]

    def closed_folders(self) -> list[str]:
        """The students' folders of which nobody knows what is in them: they cannot be read."""
        folders = sorted(self.root.glob(f"{self.step('submitted')}/*"))
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
        if not (self.course_id or self.has_own_book):
            raise CourseError(
                "c.CourseDirectory.course_id is empty: a grade book that is not SQLite needs a "
                "name for the course, such as 'calculus-2026'"
            )
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException

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

    def questions(self, assignment: str) -> list[dict[str, Questions]]:
        """{notebook: what is asked in the place of its tests} of an assignment, in each variant;
        none where it has no oracles. Raises CourseError.

        They are kept beside the records, since to load oracles takes seconds: until the solution,
        the secret or the course's own packages change.
        """
        source, judge = self.source(assignment), Judge(config=self.config)
        if not judge.judges(source):
            return []
        kept = self.records / f"{assignment}.questions"
        secret = secret_of(self.work)
        facts = [tree_digest(source), hashlib.sha256(secret).hexdigest()]
        basis = " ".join([*facts, *map(digest_of_files, self.limits.course_packages)])
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            held = json.loads(kept.read_bytes())
            if held["basis"] == basis:
                return held["questions"]
        try:
            found = judge.variants(source, secret)
        except ValueError as error:
            raise CourseError(str(error)) from error
        write_whole(kept, json.dumps({"basis": basis, "questions": found}))
        return found

    def fit_cells(self, assignment: str) -> None:
        """Makes the grade book's cells of an assignment those of its solution. What persons had
        given to a cell that is no more goes to the end of a file. Raises CourseError.
        """
        from forkgrade.book_cells import fit_cells, open_book, owner_of

        notebooks = sorted(self.source(assignment).glob("*.ipynb"))
        with open_book(self.db_url, self.course_id) as book:
            owner = owner_of(book, assignment)
            if not self.has_own_book and owner not in (None, self.course_id):
                raise CourseError(
                    f"{assignment} is in the grade book already, as an assignment of the course "
                    f"{owner}, and nbgrader tells assignments by their names alone: rename it, or "
                    "give each course a database of its own"
                )
            dropped = fit_cells(book, assignment, notebooks)
            if dropped:
                kept = self.work / "dropped_points.csv"
                with kept.open("a", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows(dropped)
            book.db.commit()
