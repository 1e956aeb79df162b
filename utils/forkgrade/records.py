"""What is known of each submission: one file each, written whole."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
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
    """The records of a course, in a folder; `say` is told, in a line, of one that is broken."""

    def __init__(self, folder: Path, say: Callable[[str], object] = print):
        self.folder, self.say = folder, say

    def path(self, submission: Submission | Record) -> Path:
        """Where the record of a submission lies."""
        return self.folder / submission.student / f"{submission.assignment}.json"

    def read(self, submission: Submission) -> Record:
        """The record of a submission; where there is none, one that says so. One that is broken is
        set aside, as if there were none.
        """
        path = self.path(submission)
        try:
            return record_of(json.loads(path.read_bytes()), submission)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            aside = path.with_suffix(".broken")
            os.replace(path, aside)
            self.say(f"{path} was broken ({error}): set aside as {aside.name}, to be graded again")
        reason = "its assignment has not been graded yet: make grade"
        return Record(submission.student, submission.assignment, "", reasons=[reason])

    def write(self, record: Record) -> None:
        """Writes a record in the place of any earlier one."""
        write_whole(self.path(record), json.dumps(asdict(record), indent=1))

    def forget(self, submission: Submission) -> None:
        """Removes the record of a submission, if there is one."""
        self.path(submission).unlink(missing_ok=True)

    def has_grade(self, submission: Submission) -> bool:
        """Whether this very submission, and no earlier one, was graded and has its page."""
        record = self.read(submission)
        same = (record.status, record.digest) == (GRADED, submission.digest)
        return same and bool(record.feedback)


def record_of(value: object, submission: Submission) -> Record:
    """The record of a submission that was read from a file. Raises ValueError where it is none."""
    kinds = {one.name: list if one.name == "reasons" else str for one in fields(Record)}
    if not isinstance(value, dict) or {key: type(one) for key, one in value.items()} != kinds:
        raise ValueError(f"expected the fields {', '.join(kinds)}")
    record = Record(**value)
    if (record.student, record.assignment) != (submission.student, submission.assignment):
        raise ValueError(f"it is that of {record.student}, {record.assignment}")
    return record
