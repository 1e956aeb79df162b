"""Grades the same submissions with nbgrader as it comes and with `make grade`: time and grades,
side by side.

`python -m benchmarks.grading [submissions] [assignment]`; with 40 submissions nbgrader takes
minutes."""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat

from tests.forkgrade.hostile import file_of, is_answer, solved
from tools.normal_form import ROOT, read

OURS = ROOT / "utils" / "forkgrade" / "nbgrader_config.py"
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


def course(place, assignment, count):
    """A course with `count` submissions: each leaves out, or has wrong, other answers than its
    neighbours.
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


def run(place, *command):
    """Seconds that a command takes in a course. Raises if it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env |= {"PATH": path, "PYTHONWARNINGS": "ignore"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=place, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    return time.perf_counter() - began


def grades(place, assignment):
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


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=40)
    parser.add_argument("assignment", nargs="?", default="01_scalar_gradients")
    options = parser.parse_args()
    name = options.assignment
    with tempfile.TemporaryDirectory() as folder:
        stock, ours, again = (Path(folder, place) for place in ("stock", "ours", "again"))
        for place in stock, ours, again:
            course(place, name, options.count)
        # Once before and once after: nbgrader's minutes use one processor, so what else runs then
        # slows ours alone.
        first = run(ours, "forkgrade", "--config", str(OURS))
        (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
        run(stock, "nbgrader", "generate_assignment", name)
        cold = run(stock, "nbgrader", "autograde", name)
        pages = run(stock, "nbgrader", "generate_feedback", name)
        second = run(again, "forkgrade", "--config", str(OURS))
        warm = min(first, second)
        before, after = grades(stock, name), grades(again, name)
    differ = sorted(
        key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    )
    print(
        f"{options.count} submissions of {name}, {len(before)} graded cells, "
        f"{os.cpu_count()} processors"
    )
    print(f"nbgrader autograde            {cold:7.1f} s")
    print(f"nbgrader generate_feedback    {pages:7.1f} s")
    print(
        f"make grade, which does both   {warm:7.1f} s   {(cold + pages) / warm:.1f} times as fast"
    )
    print(f"  (the better of {first:.1f} s before and {second:.1f} s after)")
    print(f"  against autograde alone                 {cold / warm:.1f} times as fast")
    for key in differ:
        print(f"differs: {key}: {before.get(key)} and {after.get(key)}")
    print("grades: " + (f"{len(differ)} cells differ" if differ else "equal, cell by cell"))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
