"""What is known of each submission: one file each, written whole."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from forkgrade.files import write_whole

GRADED, NOT_GRADED = "graded", "not graded"


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment.

    Attributes:
        student: the student's name, which is that of a folder.
        assignment: the assignment's name, likewise.
        digest: of all that its grade depends on; "" where nobody asked for it.
    """

    student: str
    assignment: str
    digest: str = ""


@dataclass
class Record:
    """What is known of one submission once it was graded, or could not be.

    Attributes:
        student, assignment, digest: those of the submission.
        status: GRADED or NOT_GRADED.
        reasons: sentences on what an instructor should know.
        feedback: the path of the page for the student, from the folder of the CSV on.
    """

    student: str
    assignment: str
    digest: str
    status: str = NOT_GRADED
    reasons: list[str] = field(default_factory=list)
    feedback: str = ""


class RecordStore:
    """The records of a course, in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, submission: Submission | Record) -> Path:
        """Where the record of a submission lies."""
        return self.folder / submission.student / f"{submission.assignment}.json"

    def read(self, submission: Submission) -> Record:
        """The record of a submission; where there is none, one that says so."""
        path = self.path(submission)
        if path.exists():
            return Record(**json.loads(path.read_bytes()))
        reason = "its assignment has not been graded yet: make grade"
        return Record(submission.student, submission.assignment, "", reasons=[reason])

    def write(self, record: Record) -> None:
        """Writes a record in the place of any earlier one."""
        write_whole(self.path(record), json.dumps(asdict(record), indent=1))

    def has(self, submission: Submission) -> bool:
        """Whether there is a record of this very submission, and of no earlier one."""
        return self.read(submission).digest == submission.digest
