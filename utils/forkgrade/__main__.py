"""Grades what lies in grading/submitted/<student>/<assignment>/: `python -m forkgrade`."""

import argparse
import os
import sys
import time
from pathlib import Path

from traitlets.config.loader import PyFileConfigLoader

from forkgrade import sandbox
from forkgrade.client import NoSandbox, Warm
from forkgrade.lean import skip_address_grammar
from forkgrade.limits import Limits

HERE = Path(__file__).parent


def main(arguments=None):
    """Grades a course; returns 1 if a submission has no grade, 2 if grading could not begin."""
    parser = argparse.ArgumentParser(prog="python -m forkgrade", description=__doc__)
    parser.add_argument(
        "assignment", nargs="?", help="only this assignment, such as 01_scalar_gradients"
    )
    parser.add_argument(
        "--course", type=Path, default=Path(), help="the course's root (default: this folder)"
    )
    parser.add_argument(
        "--config", type=Path, default=HERE / "nbgrader_config.py", help="an nbgrader config file"
    )
    parser.add_argument("--jobs", type=int, help="processes to grade in (default: one a core)")
    parser.add_argument("--again", action="store_true", help="grade again what has a grade")
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # a student's file name may be no text at all
    began = time.monotonic()
    config = PyFileConfigLoader(str(options.config.resolve())).load_config()
    os.chdir(options.course)
    try:
        # First: it imports what notebooks need while this process imports what grading needs.
        solutions = solutions_to(config.CourseDirectory, options.assignment)
        warm = (
            Warm(Limits(config=config), fork=True, solutions=solutions) if Warm.possible() else None
        )
    except NoSandbox as error:
        print(error, file=sys.stderr)
        return 2
    if warm is None:
        print(
            "No fork here: each notebook gets a kernel of its own, as nbgrader does. That is slow, and not confined."
        )
    elif lack := sandbox.missing():
        print(f"Not confined on this machine: {lack}.")
    skip_address_grammar()
    from forkgrade.batch import DONE, Batch, Stop, plain

    try:
        batch = Batch(config, ".", warm)
        records = batch.run(
            options.assignment,
            options.jobs,
            options.again,
            say=lambda text: print(text, flush=True),
        )
    except Stop as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if warm:
            warm.close()
    print(f"{batch.csv}: {len(records)} rows, {time.monotonic() - began:.1f} s")
    failed = [record for record in records if record.status != DONE]
    for record in failed:
        print(
            plain(
                f"not graded: {record.student}, {record.assignment}: {'; '.join(record.reasons)}"
            ),
            file=sys.stderr,
        )
    return 1 if failed else 0


def solutions_to(course, only):
    """The text of the solutions to what was handed in, or to one assignment; `course` is the config
    of folders.
    """
    submitted, source = (
        course.get("submitted_directory", "submitted"),
        course.get("source_directory", "source"),
    )
    names = {only} if only else {path.name for path in Path().glob(f"{submitted}/*/*")}
    found = [path for name in sorted(names) for path in Path(source, name).glob("*.ipynb")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # taking torch apart takes as long as grading five submissions
