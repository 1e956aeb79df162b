"""Grades every submission of a course: nbgrader's own converters, in a pool of processes.

One submission, one record; one record, one row of the CSV. A record is written last and whole, so a
run that was cut off goes on where it stopped. Scores are read from the grade book, which nbgrader
and its formgrader write too."""

import csv
import faulthandler
import hashlib
import io
import json
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from forkgrade import sandbox
from forkgrade.execute import Execute
from forkgrade.files import write_whole
from forkgrade.limits import Limits
from forkgrade.log import Listener, last_line
from forkgrade.notes import KEY
from forkgrade.speed import keep_what_is_compiled
from forkgrade.staging import Rejected, odd_name, stage

COLUMNS = [
    "student",
    "assignment",
    "status",
    "score",
    "max_score",
    "needs_manual_grade",
    "reason",
    "cells",
    "feedback",
]
DONE, FAILED = "graded", "not graded"


class Stop(Exception):
    """Grading cannot go on; the message says why."""


@dataclass
class Record:
    """What is known of one submission once it was graded, or could not be."""

    student: str
    assignment: str
    digest: str
    status: str = FAILED
    reasons: list = field(default_factory=list)
    feedback: str = ""


class Batch:
    """The submissions of one course, and what grading them needs."""

    def __init__(self, config, root, warm=None):
        self.config, self.root, self.warm = config, Path(root).resolve(), warm
        keep_what_is_compiled()
        self.course = CourseDirectory(config=config, root=str(self.root))
        self.limits = Limits(config=config)
        self.work = self.root / Path(self.course.submitted_directory).parent
        self.records = self.work / "records"
        self.csv = self.work / "grades.csv"
        self.log, self.said = self.start_log()

    def start_log(self):
        """A logger that writes errors to grading/log.txt, and the list of what it said of this
        submission.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        log, said = logging.getLogger("grading"), []
        log.propagate = False
        log.handlers.clear()
        file = logging.FileHandler(
            self.work / "log.txt", encoding="utf-8", errors="backslashreplace", delay=True
        )
        file.setLevel(logging.ERROR)
        log.addHandler(file)
        log.addHandler(Listener(said))
        log.setLevel(logging.WARNING)
        return log, said

    def folder(self, step, student, assignment):
        return Path(self.course.format_path(step, student, assignment))

    # -- what there is

    def assignments(self):
        """The assignments of the course: those that have a solution."""
        return sorted(
            path.parent.name for path in self.root.glob(f"{self.course.source_directory}/*/*.ipynb")
        )

    def submissions(self, only=None):
        """Every (student, assignment) that was handed in."""
        places = sorted(self.root.glob(f"{self.course.submitted_directory}/*/*"))
        found = [(path.parent.name, path.name) for path in places if not path.name.startswith(".")]
        return [(student, name) for student, name in found if only in (None, name)]

    # -- release

    def release(self, assignment):
        """Enters an assignment into the grade book and writes its release, if its solution changed
        since.
        """
        source = self.folder(self.course.source_directory, ".", assignment)
        mark, digest = self.records / f"{assignment}.release", tree_digest(source)
        if mark.exists() and mark.read_text() == digest:
            return digest
        course = self.coursedir(assignment_id=assignment)
        self.said.clear()
        try:
            GenerateAssignment(
                coursedir=course, config=self.config, log=self.log, force=True
            ).start()
        except NbGraderException as error:
            raise Stop(
                f"{assignment} cannot be entered into the grade book: {self.why(str(error))}\n"
                f"Where its cells changed after submissions were graded, move {self.work} away and grade them again."
            ) from error
        write_whole(mark, digest)
        return digest

    def coursedir(self, **names):
        """The course with some of its names set."""
        settings = {
            name: getattr(self.course, name) for name in self.course.trait_names(config=True)
        }
        return CourseDirectory(config=self.config, **(settings | names))

    # -- one submission

    def grade(self, student, assignment, digest):
        """Grades one submission and returns its record, which is written by then."""
        record = Record(student, assignment, digest)
        self.said.clear()
        staging = tempfile.mkdtemp(prefix="staged-", dir=self.work)
        try:
            with deadline(self.limits.grading_seconds):
                self.grade_staged(record, Path(staging))
        except Rejected as error:
            record.reasons.append(str(error))
        except (Exception, SystemExit):
            # Whatever it was, it is this submission's alone: its row says what, and the log shows
            # where.
            error = traceback.format_exc()
            self.log.error("%s, %s: %s", student, assignment, error)
            record.reasons.append(
                ("no feedback page: " if record.status == DONE else "") + self.why(error)
            )
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        if record.status == FAILED and not odd_name(student):
            self.take_back(student, assignment)
        write_whole(self.record_path(student, assignment), json.dumps(asdict(record), indent=1))
        return record

    def grade_staged(self, record, staging):
        student, assignment = record.student, record.assignment
        source = self.folder(self.course.source_directory, ".", assignment)
        if not source.is_dir():
            raise Rejected(
                f"{assignment} is not an assignment: expected one of {', '.join(self.assignments())}"
            )
        notebooks = sorted(path.stem for path in source.glob("*.ipynb"))
        handed_in = self.folder(self.course.submitted_directory, student, assignment)
        record.reasons += stage(handed_in, staging / student / assignment, notebooks, self.limits)
        course = self.coursedir(
            student_id=student,
            assignment_id=assignment,
            submitted_directory=os.path.relpath(staging, self.root),
        )
        Autograde(coursedir=course, config=self.config, log=self.log, force=True).start()
        for path in sorted(
            self.folder(self.course.autograded_directory, student, assignment).glob("*.ipynb")
        ):
            record.reasons += json.loads(path.read_bytes())["metadata"].get(KEY, [])
        record.status = DONE
        GenerateFeedback(coursedir=course, config=self.config, log=self.log, force=True).start()
        page = (
            self.folder(self.course.feedback_directory, student, assignment)
            / f"{notebooks[0]}.html"
        )
        record.feedback = page.relative_to(self.work).as_posix()

    def why(self, error):
        """What went wrong, in a line: what nbgrader logged, or this error."""
        return last_line(self.said, error)[:300]

    def take_back(self, student, assignment):
        """Marks what an earlier run graded as open: an old score must not stand for a new
        submission.
        """
        for step in self.course.autograded_directory, self.course.feedback_directory:
            shutil.rmtree(self.folder(step, student, assignment), ignore_errors=True)
        with Gradebook(self.course.db_url, self.course.course_id) as book:
            try:
                submission = book.find_submission(assignment, student)
            except MissingEntry:
                return
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = None, True
            book.db.commit()

    # -- all of them

    def run(self, only=None, jobs=None, force=False, say=print):
        """Grades what has no record yet, of one assignment or all; writes the CSV of all; returns
        the records.
        """
        found = self.submissions(only)
        tasks = self.tasks(found)
        open_tasks = [key for key in tasks if force or not self.is_done(*key, tasks[key])]
        say(f"{len(found)} submissions, {len(open_tasks)} to grade")
        if not found:
            say(
                f"expected {self.course.submitted_directory}/<student>/{only or self.assignments()[0]}/<notebook>.ipynb"
            )
        for number, record in enumerate(self.graded(open_tasks, tasks, jobs or os.cpu_count()), 1):
            reason = f": {record.reasons[0]}" if record.reasons else ""
            say(f"{number:4} {record.status:10} {record.student}, {record.assignment}{reason}")
        self.write_csv([self.read_record(*key) for key in self.submissions()])
        return [self.read_record(*key) for key in tasks]

    def tasks(self, found):
        """{(student, assignment): a digest of all that its grade depends on}."""
        self.records.mkdir(parents=True, exist_ok=True)
        names = {name for _, name in found} & set(self.assignments())
        releases = {name: self.release(name) for name in sorted(names)}
        limits = json.dumps(self.limits.as_dict())
        digests = {}
        for student, name in found:
            handed_in = self.folder(self.course.submitted_directory, student, name)
            facts = "\n".join([releases.get(name, ""), tree_digest(handed_in), limits])
            digests[student, name] = hashlib.sha256(facts.encode()).hexdigest()
        return digests

    def graded(self, keys, digests, jobs):
        """Yields the record of each submission as it is graded, in a pool of processes."""
        if not keys:
            return
        self.enter_students(keys)
        if self.warm:
            self.warm.wait()
            Execute.warm = self.warm  # which the workers inherit
        waiting = set(keys)
        with self.pool(jobs) as pool:
            futures = {pool.submit(work, key, digests[key]): key for key in keys}
            for future in as_completed(futures):
                key = futures[future]
                if not isinstance(future.exception(), BrokenProcessPool):
                    waiting.discard(key)
                    yield self.outcome(future, key, digests[key])
        for key in [
            key for key in keys if key in waiting
        ]:  # a worker died: one of these ended it, so each alone
            with self.pool(1) as pool:
                yield self.outcome(pool.submit(work, key, digests[key]), key, digests[key])

    def enter_students(self, keys):
        """Enters students of whom two workers may grade something at once: each would add them, and
        one would fail.
        """
        counts = Counter(student for student, _ in keys if not odd_name(student))
        if self.config.Autograde.get("create_student", True):
            with Gradebook(self.course.db_url, self.course.course_id) as book:
                for student in sorted(student for student, count in counts.items() if count > 1):
                    book.update_or_create_student(student)

    def outcome(self, future, key, digest):
        """The record that a worker made; where it could not make one, a record that says why."""
        if (error := future.exception()) is None:
            return future.result()
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, BrokenProcessPool):
            why = f"grading it ended the grader's own process, or took longer than {self.limits.grading_seconds:g} s"
        self.log.error("%s, %s: %s", *key, why)
        record = Record(*key, digest, reasons=[why])
        write_whole(self.record_path(*key), json.dumps(asdict(record), indent=1))
        return record

    def pool(self, jobs):
        method = "fork" if self.warm else "spawn"
        context = multiprocessing.get_context(method)
        return ProcessPoolExecutor(
            jobs, context, initializer=begin, initargs=(self.config, str(self.root))
        )

    # -- records and rows

    def record_path(self, student, assignment):
        return self.records / student / f"{assignment}.json"

    def read_record(self, student, assignment):
        path = self.record_path(student, assignment)
        if not path.exists():
            return Record(
                student,
                assignment,
                "",
                reasons=["its assignment has not been graded yet: make grade"],
            )
        return Record(**json.loads(path.read_bytes()))

    def is_done(self, student, assignment, digest):
        return self.read_record(student, assignment).digest == digest

    def write_csv(self, records):
        """Writes the CSV: one row for each record."""
        with Gradebook(self.course.db_url, self.course.course_id) as book:
            rows = [self.row(record, book) for record in records]
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        writer.writerows({key: plain(value) for key, value in row.items()} for row in rows)
        write_whole(self.csv, table.getvalue())

    def row(self, record, book):
        row = dict.fromkeys(COLUMNS, "") | {
            "student": record.student,
            "assignment": record.assignment,
            "status": record.status,
            "reason": "; ".join(record.reasons),
            "feedback": record.feedback,
        }
        if record.status == DONE:
            submission = book.find_submission(record.assignment, record.student)
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            row["score"], row["max_score"] = f"{submission.score:g}", f"{submission.max_score:g}"
            row["needs_manual_grade"] = " ".join(
                sorted(grade.name for grade in grades if grade.needs_manual_grade)
            )
            row["cells"] = " ".join(
                sorted(f"{grade.name}={grade.score:g}/{grade.max_score:g}" for grade in grades)
            )
        return row


# --- a worker -------------------------------------------------------------------------------------

worker = None


def begin(config, root):
    """Makes a process of the pool ready to grade."""
    global worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sandbox.die_with_parent()
    os.chdir(root)
    warnings.simplefilter("ignore")  # nbgrader's own, about how it uses its data base
    worker = Batch(config, root)


def work(key, digest):
    return worker.grade(*key, digest)


@contextmanager
def deadline(seconds):
    """Ends this process if the block takes longer, whatever it is doing then."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


# --- files ----------------------------------------------------------------------------------------


def tree_digest(folder):
    """A digest of a file, or of all files below a folder: names and bytes. A link counts by where
    it points.
    """
    total = hashlib.sha256()
    paths = (
        [folder, *sorted(folder.rglob("*"))]
        if folder.is_dir() and not folder.is_symlink()
        else [folder]
    )
    for path in paths:
        total.update(
            f"\n{path.name if path == folder else path.relative_to(folder)}\n".encode(
                "utf-8", "surrogateescape"
            )
        )
        if path.is_symlink():
            total.update(os.fsencode(os.readlink(path)))
        elif path.is_file():
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def plain(value):
    """A value that a spreadsheet shows and does not run, on one line."""
    value = (
        " ".join(str(value).split()).encode("utf-8", "replace").decode()
    )  # a file's name may be no text at all
    return f"'{value}" if value[:1] in "=+-@" and value[:1] else value
