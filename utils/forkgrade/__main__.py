"""Grades what lies in grading/submitted/<student>/<assignment>/: `python -m forkgrade`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from forkgrade import sandbox
from forkgrade.limits import Limits
from forkgrade.nbgrader_patches import skip_address_grammar
from forkgrade.warm_client import NoSandbox, WarmProcess

CONFIG = "nbgrader_config.py"  # as nbgrader calls it


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
    try:
        # First: it imports what notebooks need while this process imports what grading needs.
        warm = start_warm_process(config, options.assignment)
    except NoSandbox as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return grade_course(config, warm, options)
    except KeyboardInterrupt:
        print("Interrupted. What has a grade keeps it: type it again to go on.", file=sys.stderr)
        return 130
    finally:
        if warm:
            warm.close()


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
    parser.add_argument("--again", action="store_true", help="grade again what has a grade")
    return parser.parse_args(arguments)


def start_warm_process(config: Config, only: str | None) -> WarmProcess | None:
    """The process that will run the notebooks, which imports what the solutions need; None where
    there is no fork. Says what is not confined. Raises NoSandbox.
    """
    if not WarmProcess.is_possible():
        print(
            "No fork here: each notebook gets a kernel of its own, as nbgrader does. "
            "That is slow, and not confined."
        )
        return None
    solutions = solutions_to(config.CourseDirectory, only)
    warm = WarmProcess(Limits(config=config), solutions)
    if reason := sandbox.missing():
        print(f"Not confined on this machine: {reason}.")
    return warm


def solutions_to(folders: Config, only: str | None) -> str:
    """The text of the solutions to what was handed in, or to one assignment; `folders` is the
    config of CourseDirectory.
    """
    submitted = folders.get("submitted_directory", "submitted")
    source = folders.get("source_directory", "source")
    names = {only} if only else {path.name for path in Path().glob(f"{submitted}/*/*")}
    found = [path for name in sorted(names) for path in Path(source, name).glob("*.ipynb")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)


def grade_course(config: Config, warm: WarmProcess | None, options: argparse.Namespace) -> int:
    """Grades the course in this folder and says what came of it; returns the exit status."""
    began = time.monotonic()
    skip_address_grammar()
    # Here, after the warm process has begun: nbgrader takes a second to import.
    from forkgrade.course import Course, CourseError
    from forkgrade.lock import Busy
    from forkgrade.records import GRADED
    from forkgrade.report import plain, report_path
    from forkgrade.run import run

    course = Course(config, Path())
    try:
        records = run(
            course,
            warm,
            options.assignment,
            options.jobs,
            options.again,
            say=lambda text: print(text, flush=True),
        )
    except (Busy, CourseError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{report_path(course)}: {len(records)} rows, {time.monotonic() - began:.1f} s")
    failed = [record for record in records if record.status != GRADED]
    for record in failed:
        reasons = "; ".join(record.reasons)
        print(
            plain(f"not graded: {record.student}, {record.assignment}: {reasons}"), file=sys.stderr
        )
    return 1 if failed else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # taking torch apart takes as long as grading five submissions
