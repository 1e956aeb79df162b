"""Grades the same submissions with nbgrader as it comes and with `make grade`: time and grades,
side by side.

`python -m benchmarks.grading [submissions] [assignment]`; with 40 submissions nbgrader takes
minutes. `--alone` leaves nbgrader out, for the sizes at which it would take hours.
"""

import argparse
import copy
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import nbformat

from tests.forkgrade.hostile import file_of, is_answer, solved
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

OURS = ROOT / "nbgrader_config.py"
# nbgrader as it comes, but for where things lie and what an unanswered exercise holds.
STOCK = """
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "grading/release"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
c.ClearSolutions.text_stub = "*Your answer here.*"
"""


def course(place: Path, assignment: str, count: int) -> None:
    """Lays out a course with `count` submissions: each leaves out, or has wrong, other answers than
    its neighbours.
    """
    solution, release = (
        read(ROOT / folder / assignment / file_of(assignment))
        for folder in ("solutions", "exercises")
    )
    (place / "solutions").mkdir(parents=True)
    os.symlink(ROOT / "solutions" / assignment, place / "solutions" / assignment)
    for number in range(count):
        nb = solved(solution, release)
        answers = [at for at, cell in enumerate(nb.cells) if is_answer(cell)]
        for bit, at in enumerate(answers):
            if number >> bit & 1:
                nb.cells[at] = copy.deepcopy(release.cells[at])
            elif (number + bit) % 5 == 4 and nb.cells[at].cell_type == "code":
                nb.cells[at].source += "\nraise ValueError('a slip')"
        folder = place / "grading" / "submitted" / f"student-{number:03}" / assignment
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / file_of(assignment))


class Cost(NamedTuple):
    """What a command took: seconds, those of all processors, and most MiB of its own process."""

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s {self.cpu:7.1f} s of processors {self.peak:5.0f} MiB"


def run(place: Path, *command: str) -> Cost:
    """What a command takes in a course. Raises if it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env |= {"PATH": path, "PYTHONWARNINGS": "ignore"}
    began, before, peak = time.perf_counter(), processors(), 0.0
    with tempfile.TemporaryFile("w+") as said:
        program = [sys.executable, "-m", *command]
        with subprocess.Popen(program, cwd=place, env=env, stdout=said, stderr=said) as process:
            while process.poll() is None:
                peak = max(peak, memory(process.pid))
                time.sleep(0.05)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read()[-4000:]}")
    return Cost(time.perf_counter() - began, processors() - before, peak)


def processors() -> float:
    """Seconds that the processes which this one started, and which have ended, used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(process: int) -> float:
    """Most MiB that a process has held so far; 0 where the system does not say."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s*(\d+)", text)
    return int(found[1]) / 1024 if found else 0.0


def grades(place: Path, assignment: str) -> dict[tuple[str, str], tuple[float | None, bool]]:
    """{(student, cell): (automatic points, whether a person must look)}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{place}/grading/gradebook.db") as book:
            return {
                (submission.student.id, grade.name): (grade.auto_score, grade.needs_manual_grade)
                for submission in book.assignment_submissions(assignment)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }


def main() -> int:
    """Times both and prints the figures; returns 1 if a grade differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=40)
    parser.add_argument("assignment", nargs="?", default="01_scalar_gradients")
    parser.add_argument("--alone", action="store_true", help="without nbgrader")
    options = parser.parse_args()
    print(f"{options.count} submissions of {options.assignment}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        if options.alone:
            alone(Path(folder), options.assignment, options.count)
            return 0
        return beside_nbgrader(Path(folder), options.assignment, options.count)


def alone(place: Path, name: str, count: int) -> None:
    """Grades, and grades again what has its grade, and prints what it took."""
    course(place, name, count)
    for what in "make grade", "make grade, once more":
        print(f"{what:22}", run(place, "forkgrade", "--config", str(OURS)), flush=True)


def beside_nbgrader(folder: Path, name: str, count: int) -> int:
    """Grades the same with both and prints what it took; returns 1 if a grade differs."""
    stock, ours, again = (folder / place for place in ("stock", "ours", "again"))
    for place in stock, ours, again:
        course(place, name, count)
    # Once before and once after: nbgrader's minutes use one processor, so what else runs then
    # slows ours alone.
    first = run(ours, "forkgrade", "--config", str(OURS))
    (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    run(stock, "nbgrader", "generate_assignment", name)
    cold = run(stock, "nbgrader", "autograde", name)
    pages = run(stock, "nbgrader", "generate_feedback", name)
    second = run(again, "forkgrade", "--config", str(OURS))
    rerun = run(again, "forkgrade", "--config", str(OURS))
    warm = min(first, second)
    before, after = grades(stock, name), grades(again, name)
    differ = sorted(
        key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    )
    print(f"nbgrader autograde            {cold}")
    print(f"nbgrader generate_feedback    {pages}")
    times = (cold.wall + pages.wall) / warm.wall
    print(f"make grade, which does both   {warm}   {times:.1f} times as fast")
    print(f"  (the better of {first.wall:.1f} s before and {second.wall:.1f} s after)")
    print(f"  against autograde alone {cold.wall / warm.wall:26.1f} times as fast")
    print(f"make grade, once more         {rerun}")
    for key in differ:
        print(f"differs: {key}: {before.get(key)} and {after.get(key)}")
    equal = f"{len(differ)} differ" if differ else "equal, cell by cell"
    print(f"grades of {len(before)} cells: {equal}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
