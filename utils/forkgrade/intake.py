"""Takes in what a platform hands over, a zip or a folder, and lays it down for grading:
`python -m forkgrade.intake submissions.zip 01_scalar_gradients --roster roster.csv`.

It writes grading/submitted/<student>/<assignment>/. What it cannot take is listed in
grading/intake.csv, each file with the reason, and kept in grading/unmapped/.
"""

import argparse
import hashlib
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from forkgrade.archives import BadDownload, Found, Unreadable, open_download
from forkgrade.files import MOST_ENTRIES, MOST_FOLDERS_DEEP, write_whole
from forkgrade.folders import NoCourse, folders_of
from forkgrade.limits import Limits
from forkgrade.lock import Busy, only_run
from forkgrade.platforms import NOTEBOOK, HandedInFile, platform_of, without_number
from forkgrade.records import TIMESTAMP, unsupported_characters
from forkgrade.rosters import Roster, Student, read_roster
from forkgrade.scratch import remove
from forkgrade.tables import BadTable, csv_text, plain, read_table

MIB = 2**20
#: How nbgrader reads the time of a submission.
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"
COLUMNS = ["assignment", "file", "student", "why"]
#: Bytes in all that are kept of what nobody could be found for.
MOST_KEPT = 2 * 2**30
#: A zip knows the time to two seconds.
SECONDS = 2


@dataclass
class Places:
    """Where a course has what an intake needs.

    Attributes:
        assignment: the assignment's name.
        source: the folder of its solution.
        submitted: the folder of what was handed in.
        work: the folder above that; nothing is written outside.
        limits: what one submission may be.
    """

    assignment: str
    source: Path
    submitted: Path
    work: Path
    limits: Limits

    @property
    def notebooks(self) -> list[str]:
        """The notebooks that the assignment has, without .ipynb."""
        return sorted(path.stem for path in self.source.glob(f"*{NOTEBOOK}"))

    @property
    def staging(self) -> Path:
        """The folder of what is about to be laid down."""
        return self.work / ".intake"


@dataclass
class Outcome:
    """What came of an intake.

    Attributes:
        new, newer, same: the students whose submission was laid down, replaced, or there already.
        rows: (file, student, why) of each file that was not taken, or needs a look.
    """

    new: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def refuse(self, file: HandedInFile | Found, why: str, student: str = "") -> None:
        """Lists a file that was not taken."""
        found = file.found if isinstance(file, HandedInFile) else file
        self.rows.append((found.path.as_posix(), student, why))


class Refused(Exception):
    """An intake cannot begin; the message says why, and what would mend it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes in a download; returns 1 if a file needs a look, 2 if nothing could be taken."""
    options = parse(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may be no text at all
    try:
        places = places_of(options.course, options.assignment)
        if options.course.resolve().is_relative_to(options.download.resolve()):
            raise Refused(
                f"{options.download} holds the course itself: expected a zip or a folder of "
                "submissions alone"
            )
        roster = read_roster(options.roster) if options.roster else None
        with only_run(places.work / "records"):
            outcome = take_in(options.download, places, roster, options.student)
    except (NoCourse, Refused, BadDownload, BadTable, Busy) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"stopped: {error}; what is laid down stays: mend it, and go on", file=sys.stderr)
        return 2
    print(
        f"{places.submitted}: {len(outcome.new)} laid down, {len(outcome.newer)} replaced by a "
        f"newer one, {len(outcome.same)} there already"
    )
    if outcome.rows:
        print(f"{len(outcome.rows)} files need a look: {table_path(places)}", file=sys.stderr)
    return 1 if outcome.rows else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m forkgrade.intake",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("download", type=Path, help="the zip or the folder")
    parser.add_argument("assignment", help="such as 01_scalar_gradients")
    parser.add_argument("--roster", type=Path, help="a CSV file that says who is who")
    parser.add_argument("--student", help="whose all of it is")
    parser.add_argument(
        "--course", type=Path, default=Path(), help="the course's root (default: this folder)"
    )
    return parser.parse_args(arguments)


def places_of(course: Path, assignment: str) -> Places:
    """The places of an assignment of the course in a folder. Raises NoCourse and Refused."""
    folders = folders_of(course)
    known = sorted({path.parent.name for path in folders.source.glob(f"*/*{NOTEBOOK}")})
    if assignment not in known:
        raise Refused(
            f"no assignment {assignment!r}: expected one of {', '.join(known) or 'none, as yet'}"
        )
    source = folders.source / assignment
    return Places(assignment, source, folders.submitted, folders.work, folders.limits)


# --- a whole download -----------------------------------------------------------------------------


def take_in(
    path: Path, places: Places, roster: Roster | None = None, student: str | None = None
) -> Outcome:
    """Lays down what a download holds for one assignment, and lists and keeps what it cannot.

    Whose a file is says the `roster`, else the platform; all is one `student`'s where one is
    named. Raises BadDownload.
    """
    outcome = Outcome()
    remove(places.staging)  # what an intake left that was killed
    try:
        with open_download(path) as download:
            files = [one for one in download.found() if one.is_visible or one.leads_out]
            names = [places.assignment, *places.notebooks]
            platform = platform_of(files, download.read, names)
            taken = Taking(places, download.read, outcome)
            by_student = defaultdict(list)
            for one in [one for one in files if one is not platform.metadata]:
                for name, handed_in in taken.whose(one, platform.describe(one), roster, student):
                    by_student[name].append(handed_in)
            for name, handed_in in sorted(by_student.items()):
                taken.lay_down(name, handed_in)
    finally:
        remove(places.staging)
    write_table(places, outcome.rows)
    return outcome


def table_path(places: Places) -> Path:
    """Where the table of what was not taken lies."""
    return places.work / "intake.csv"


def write_table(places: Places, rows: Iterable[Sequence[str]]) -> None:
    """Writes the table: these rows, and those of other assignments that it has already."""
    path = table_path(places)
    try:
        table = read_table(path) if path.exists() else None
    except BadTable:  # somebody's spreadsheet has it otherwise
        table = None
    kept = table.rows if table and table.header == COLUMNS else []
    kept = [row for row in kept if row[0] != places.assignment]
    new = [[plain(cell) for cell in (places.assignment, *row)] for row in rows]
    write_whole(path, csv_text([COLUMNS, *sorted([*kept, *new])]))


class Taking:
    """One intake: takes file by file, and lists in `outcome` what it cannot take."""

    def __init__(self, places: Places, read: Callable[[Found, int], bytes], outcome: Outcome):
        self.places, self.read, self.outcome = places, read, outcome
        self.most = max(places.limits.notebook_mb, places.limits.files_mb) * MIB
        self.kept = 0

    # -- whose a file is

    def whose(
        self,
        found: Found,
        described: Sequence[HandedInFile],
        roster: Roster | None,
        student: str | None,
    ) -> Iterable[tuple[str, HandedInFile]]:
        """(student, file) for each student whose a file is; keeps and lists it where it is
        nobody's.
        """
        if found.problem:
            self.outcome.refuse(found, found.problem)
            return
        if found.leads_out:
            self.keep(found, "has a path that leads out of the download")
            return
        if student:
            described = [HandedInFile(found, found.path, called=student, number=found.time)]
            roster = None
        if not described:
            self.keep(found, "is not named as the platform names what was handed in")
        for one in described:
            name, why = (one.called, "") if roster is None else named(roster.find(one.levels))
            why = why or unusable(name)
            if why:
                self.keep(found, why, name or one.called)
            else:
                yield name, one

    def keep(self, found: Found, why: str, student: str = "") -> None:
        """Lists a file that cannot be taken, and keeps it beside what was."""
        try:
            content = self.read(found, self.most)
            if self.kept + len(content) > MOST_KEPT:
                raise Unreadable(f"is beyond {MOST_KEPT // MIB} MiB of such files")
            self.kept += len(content)
            keep_file(self.places.work / "unmapped" / self.places.assignment, found.path, content)
        except Unreadable as error:
            why = f"{why}; it {error}: left in the download"
        self.outcome.refuse(found, why, student)

    # -- one submission

    def lay_down(self, student: str, files: Sequence[HandedInFile]) -> None:
        """Lays down what one student handed in: the latest of each notebook, and of every other
        file what is not too much.
        """
        if (self.places.submitted / student).is_symlink():
            for one in files:
                self.keep(one.found, "would be written through a link", student)
            return
        notebooks = [one for one in files if one.place.suffix.lower() == NOTEBOOK]
        content: dict[PurePosixPath, bytes] = {}
        chosen: list[HandedInFile] = []
        for name in self.places.notebooks:
            if one := self.choose(student, name, notebooks):
                content[PurePosixPath(f"{name}{NOTEBOOK}")] = one[1]
                chosen.append(one[0])
        self.refuse_unknown(student, notebooks)
        others = [one for one in files if one.place.suffix.lower() != NOTEBOOK]
        if not chosen:
            for one in others:
                self.keep(one.found, "came without a notebook", student)
            return
        origins = self.add_others(student, others, chosen[0].place.parent, content)
        times = [one.time for one in chosen if one.time]
        if times:
            content[PurePosixPath(TIMESTAMP)] = max(times).strftime(TIME_FORMAT).encode()
        for place, why in self.put(student, content, chosen):
            self.outcome.refuse(origins[place], f"cannot be written: {why}", student)

    def choose(
        self, student: str, name: str, notebooks: Sequence[HandedInFile]
    ) -> tuple[HandedInFile, bytes] | None:
        """(the file that is a notebook of the assignment, its content), if one is."""
        pool = [one for one in notebooks if is_called(one, name)]
        if not pool and len(self.places.notebooks) == 1:
            pool = notebooks
        readable = []
        for one in sorted(pool, key=lambda one: one.number, reverse=True):
            if readable and one.number < readable[0][0].number:
                self.outcome.refuse(one, f"is older than {readable[0][0].found.path.name}", student)
                continue
            try:
                readable.append((one, self.read(one.found, self.most)))
            except Unreadable as error:
                self.outcome.refuse(one, f"{error}: left in the download", student)
        if len({content for _, content in readable}) > 1:
            for one, _ in readable:
                why = f"may be {name}{NOTEBOOK} as well as another of the same time"
                self.keep(one.found, f"{why}: say which", student)
            return None
        if readable and readable[0][0].late:
            self.outcome.refuse(
                readable[0][0],
                "is taken; Canvas says that it is late, and not by how much",
                student,
            )
        return readable[0] if readable else None

    def refuse_unknown(self, student: str, notebooks: Sequence[HandedInFile]) -> None:
        """Keeps and lists the notebooks that are none of the assignment's."""
        names = self.places.notebooks
        unknown = [one for one in notebooks if not any(is_called(one, name) for name in names)]
        if len(names) > 1 or len(unknown) < len(notebooks):
            expected = " or ".join(f"{name}{NOTEBOOK}" for name in names)
            for one in unknown:
                self.keep(one.found, f"is not called {expected}", student)

    def add_others(
        self,
        student: str,
        others: Sequence[HandedInFile],
        beside: PurePosixPath,
        content: dict[PurePosixPath, bytes],
    ) -> dict[PurePosixPath, HandedInFile]:
        """Adds the files that lie beside a notebook to what is laid down, the latest of a name,
        as far as the limits go; returns which file of the download each is.
        """
        origins = {}
        left = self.places.limits.files_mb * MIB
        for one in sorted(others, key=lambda one: one.number, reverse=True):
            place = one.place.relative_to(beside) if one.place.is_relative_to(beside) else one.place
            if place == PurePosixPath(TIMESTAMP):
                self.keep(one.found, "is nbgrader's own, and no student's", student)
                continue
            try:
                if place in content:
                    raise Unreadable("is older than another of its name")
                if len(content) >= MOST_ENTRIES or len(place.parts) > MOST_FOLDERS_DEEP:
                    raise Unreadable("is one file or folder too many")
                content[place] = self.read(one.found, left)
                origins[place] = one
                left -= len(content[place])
            except Unreadable as error:
                self.outcome.refuse(one, f"{error}: left in the download", student)
        return origins

    def put(
        self, student: str, content: dict[PurePosixPath, bytes], chosen: Sequence[HandedInFile]
    ) -> list[tuple[PurePosixPath, str]]:
        """Puts a submission in its place, unless it is there or a newer one is; an older one is
        kept aside. Returns which files could not be written, and why.
        """
        to = self.places.submitted / student / self.places.assignment
        when = max(one.time.timestamp() if one.time else one.found.time for one in chosen)
        if to.exists() and is_there(to, content):
            self.outcome.same.append(student)
            return []
        there = time_there(to)
        if there is not None and when <= there + SECONDS:
            why = "differs from what is there already, and is not known to be newer"
            for one in chosen:
                self.keep(one.found, why, student)
            return []
        staged = self.places.staging / student
        failed = write_files(staged, content, when)
        if there is not None:
            set_aside(to, self.places.work / "replaced" / student)
        to.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, to)
        (self.outcome.new if there is None else self.outcome.newer).append(student)
        return failed


def named(found: tuple[Student | None, str]) -> tuple[str, str]:
    """(the student's name in the course, why nobody was found)."""
    student, why = found
    return (student.name if student else ""), why


def unusable(student: str) -> str:
    """Why a student cannot have this name; empty if nothing speaks against it."""
    if not student:
        return "says nobody's name: give a roster"
    if characters := unsupported_characters(student):
        return f"has {characters} in the student's name, which nbgrader cannot take"
    if re.search(r"[/\\:|\x00-\x1f\x7f]", student) or student != student.strip():
        return "has a student's name that no folder can have"
    if student.startswith(".") or len(student.encode()) > 200:
        return "has a student's name that no folder can have"
    return ""


def is_called(one: HandedInFile, name: str) -> bool:
    """Whether a file has the name of a notebook."""
    wanted = f"{name}{NOTEBOOK}".casefold()
    return wanted in (one.place.name.casefold(), without_number(one.place.name).casefold())


# --- files ----------------------------------------------------------------------------------------


def keep_file(folder: Path, path: PurePosixPath, content: bytes) -> None:
    """Keeps a file in a folder, under a name like its path; the same file only once."""
    parts = [part for part in path.parts if part not in ("/", "..")]
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]|^\.', "_", "_".join(parts))
    name = name.encode("utf-8", "replace")[-200:].decode("utf-8", "ignore") or "_"
    to = folder / name
    if to.exists() and to.read_bytes() != content:
        to = folder / f"{hashlib.sha256(content).hexdigest()[:12]}_{name}"
    if not to.exists():
        write_whole(to, content)


def is_there(folder: Path, content: dict[PurePosixPath, bytes]) -> bool:
    """Whether files lie in a folder with this content."""
    paths = {folder / place: one for place, one in content.items()}
    if not all(path.is_file() for path in paths):
        return False
    return all(path.read_bytes() == one for path, one in paths.items())


def time_there(folder: Path) -> float | None:
    """When the submission in a folder was made; None where there is none."""
    if not os.path.lexists(folder):
        return None
    notebooks = list(folder.glob(f"*{NOTEBOOK}")) or [folder]
    return max(path.lstat().st_mtime for path in notebooks)


def write_files(
    folder: Path, content: dict[PurePosixPath, bytes], when: float
) -> list[tuple[PurePosixPath, str]]:
    """Writes files of this time into a folder; returns which could not be, and why."""
    failed = []
    for place, one in content.items():
        path = folder / place
        try:
            write_whole(path, one)
            os.utime(path, (when, when))
        except OSError as error:
            if place.suffix == NOTEBOOK:
                raise
            failed.append((place, error.strerror or str(error)))
    return failed


def set_aside(folder: Path, aside: Path) -> None:
    """Moves a folder into another, where it gets a number."""
    aside.mkdir(parents=True, exist_ok=True)
    number = 1
    while (to := aside / f"{folder.name}.{number}").exists():
        number += 1
    os.replace(folder, to)


if __name__ == "__main__":
    sys.exit(main())
