"""Grades what lies in grading/submitted/<student>/<assignment>/: `python -m forkgrade`."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config.loader import PyFileConfigLoader

from forkgrade import sandbox
from forkgrade.course import Course, CourseError
from forkgrade.folders import CONFIG
from forkgrade.lock import Busy
from forkgrade.nbgrader_patches import skip_address_grammar
from forkgrade.progress import Progress
from forkgrade.records import GRADED
from forkgrade.report import report_path
from forkgrade.run import run
from forkgrade.tables import quoted
from forkgrade.warm_client import NoSandbox, WarmProcess

if TYPE_CHECKING:
    from forkgrade.cluster import Cluster


def main(arguments: Sequence[str] | None = None) -> int:
    """Grades a course; returns 1 if a submission has no grade, 2 if grading could not begin,
    130 if it was interrupted.
    """
    options = parse(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # a student's file name may be no text at all
    path = (options.config or options.course / CONFIG).resolve()
    if not path.is_file():
        print(
            f"no file {path}: expected a course's folder with {CONFIG}; "
            "name it with --course, or the file with --config",
            file=sys.stderr,
        )
        return 2
    config = PyFileConfigLoader(str(path)).load_config()
    os.chdir(options.course)
    skip_address_grammar()
    with contextlib.ExitStack() as stack:
        try:
            return grade_course(Course(config, Path()), options, stack)
        except (NoSandbox, Busy, CourseError) as error:
            print(error, file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print(
                "Interrupted. What has a grade keeps it: type it again to go on.", file=sys.stderr
            )
            return 130


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m forkgrade", description=__doc__)
    parser.add_argument(
        "assignment", nargs="?", help="only this assignment, such as 01_scalar_gradients"
    )
    parser.add_argument(
        "--course", type=Path, default=Path(), help="the course's root (default: this folder)"
    )
    parser.add_argument(
        "--config", type=Path, help=f"an nbgrader config file (default: the course's {CONFIG})"
    )
    parser.add_argument("--jobs", type=int, help="processes to grade in (default: one a core)")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of the Dask scheduler at this address, such as tls://host:8786",
    )
    parser.add_argument("--again", action="store_true", help="grade again what has a grade")
    parser.add_argument(
        "--feedback",
        choices=["now", "later"],
        default="now",
        help="later: grades only; the next run without this writes the pages, and runs no notebook "
        "for that",
    )
    return parser.parse_args(arguments)


def grade_course(course: Course, options: argparse.Namespace, stack: contextlib.ExitStack) -> int:
    """Grades a course and says what came of it; returns the exit status. What it starts ends with
    the stack.
    """
    began, progress = time.monotonic(), Progress(sys.stderr)

    def say(text: str) -> None:
        progress.make_room()
        print(text, flush=True)

    def start(assignments: Sequence[str]) -> "WarmProcess | Cluster | None":
        if options.scheduler:
            warm = reach_cluster(course, assignments, options.scheduler, say)
        else:
            warm = start_warm_process(course, assignments)
        if warm:
            stack.callback(warm.close)
        return warm

    records = run(
        course,
        start,
        options.assignment,
        options.jobs,
        options.again,
        options.feedback == "later",
        say,
        progress,
    )
    say(f"{report_path(course)}: {len(records)} rows, {time.monotonic() - began:.1f} s")
    failed = [record for record in records if record.status != GRADED]
    for record in failed:
        reasons = "; ".join(record.reasons)
        print(
            quoted(f"not graded: {record.student}, {record.assignment}: {reasons}"), file=sys.stderr
        )
    return 1 if failed else 0


def start_warm_process(course: Course, assignments: Sequence[str]) -> WarmProcess | None:
    """The process that will run the notebooks, which imports what the solutions need; None where
    there is no fork. Says what is not confined. Raises NoSandbox.
    """
    if not WarmProcess.is_possible():
        print(
            "No fork here: each notebook gets a kernel of its own, as nbgrader does. "
            "That is slow, and not confined."
        )
        return None
    warm = WarmProcess(course.limits, solutions_to(course, assignments))
    if reason := sandbox.missing():
        print(f"Not confined on this machine: {reason}.")
    return warm


def reach_cluster(
    course: Course, assignments: Sequence[str], address: str, say: Callable[[str], object]
) -> "Cluster":
    """The workers of a scheduler, which will run the notebooks. Raises CourseError."""
    try:
        from forkgrade.cluster import Cluster
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "dask"):
            raise
        raise CourseError(
            f"--scheduler needs the package {error.name}, which is not installed here: "
            'pip install -e ".[cluster]"'
        ) from error
    return Cluster(address, course.limits, solutions_to(course, assignments), say)


def solutions_to(course: Course, assignments: Sequence[str]) -> str:
    """The text of the solutions to some assignments."""
    found = [path for name in assignments for path in sorted(course.source(name).glob("*.ipynb"))]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # taking torch apart takes as long as grading five submissions
