"""What is known of each submission: what it is graded from, what came of it, and the file in which
that is kept.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from forkgrade.files import write_whole

GRADED, NOT_GRADED = "graded", "not graded"
TIMESTAMP = "timestamp.txt"  # as nbgrader calls it


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

    @property
    def submission(self) -> Submission:
        """The submission that it is of."""
        return Submission(self.student, self.assignment, self.digest)


@dataclass(frozen=True)
class Given:
    """What the grade book holds of a cell of an earlier grading.

    Attributes:
        manual_score, extra_credit: what a person gave, where one did.
        comment: what a person wrote.
        digest: of what these were given for; None where nobody knows.
    """

    manual_score: float | None = None
    extra_credit: float | None = None
    comment: str | None = None
    digest: str | None = None


@dataclass
class Standing:
    """What a cell has, in the columns of nbgrader's grades: see its Grade."""

    auto_score: float | None = None
    manual_score: float | None = None
    extra_credit: float | None = None
    needs_manual_grade: bool = True


def worth(grade: Standing) -> float:
    """The points that a cell counts, as nbgrader's Grade.score."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return 0.0 if given is None else given + (grade.extra_credit or 0.0)


@dataclass(frozen=True)
class HandedIn:
    """What a grade is made of, beside the assignment's bundle: it can be sent to another machine.

    Attributes:
        submission: whose it is.
        files: {path: bytes}; the notebooks under the names that the assignment has.
        messages: sentences on what had to be mended or left out when they were read.
        given: {notebook: {cell: what the grade book holds}}, for the page.
    """

    submission: Submission
    files: dict[str, bytes]
    messages: list[str] = field(default_factory=list)
    given: dict[str, dict[str, Given]] = field(default_factory=dict)


@dataclass(frozen=True)
class CellPoints:
    """What a graded cell scored.

    Attributes:
        auto: the points, None where a person must give them.
        digest: of what they are for.
        written: whether the cell is an answer itself, not a test of one.
    """

    auto: float | None
    digest: str
    written: bool


@dataclass(frozen=True)
class Scored:
    """What a notebook scored.

    Attributes:
        points: {graded cell: what it scored}.
        unanswered: {cell of an answer, or task: whether it is as it was handed out}.
    """

    points: dict[str, CellPoints]
    unanswered: dict[str, bool]


@dataclass
class Graded:
    """A submission that was graded, or could not be: all that is to be kept of it.

    Attributes:
        record: what goes to its file.
        scored: {notebook: what it scored}; of a notebook that was not handed in, nothing.
        files: {path: bytes} of the graded notebooks and the other files that were handed in.
        pages: {file name: bytes} of the pages for the student.
        trouble: the traceback of a failure of the grader's own, for the log.
    """

    record: Record
    scored: dict[str, Scored] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    trouble: str = ""


def not_graded(submission: Submission, reason: str) -> Graded:
    """What is kept of a submission that the grader itself could not grade."""
    one = submission
    record = Record(one.student, one.assignment, one.digest, reasons=[reason])
    return Graded(record, trouble=reason)


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


def unsupported_characters(student: str) -> str:
    """What nbgrader cannot take in a student's name; empty if nothing. To it [ ] * ? make a
    pattern, and < > " would be part of its pages.
    """
    if pattern := sorted(set('[]*?<>"') & set(student)):
        return " ".join(pattern)
    as_text = student.encode("utf-8", "replace").decode()
    return "" if student == as_text else "bytes that are no text"


def key(one: Submission | Record) -> tuple[str, str]:
    """What tells a submission from all others."""
    return one.student, one.assignment


def is_of(record: Record, submission: Submission) -> bool:
    """Whether a record is the grade of this very submission, and of no earlier one."""
    return (record.status, record.digest) == (GRADED, submission.digest)


def record_of(value: object, submission: Submission) -> Record:
    """The record of a submission that was read from a file. Raises ValueError where it is none."""
    kinds = {one.name: list if one.name == "reasons" else str for one in fields(Record)}
    if not isinstance(value, dict) or {key: type(one) for key, one in value.items()} != kinds:
        raise ValueError(f"expected the fields {', '.join(kinds)}")
    record = Record(**value)
    if (record.student, record.assignment) != (submission.student, submission.assignment):
        raise ValueError(f"it is that of {record.student}, {record.assignment}")
    return record
