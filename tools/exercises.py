"""Makes exercises/ from solutions/ with nbgrader: `python -m tools.exercises`.

A run that fails leaves the exercises as they were; a second run changes no byte.
"""

import argparse
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from forkgrade.error_log import open_log
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from tools.normal_form import ROOT, normalise, notebooks, read, write_text

CONFIG = ROOT / "nbgrader_config.py"


class GenerationFailed(Exception):
    """nbgrader could not make an exercise of a solution; the message says why."""


def generate(root: Path, to: Path) -> None:
    """Writes what students get of the folder solutions/ in `root` into the folder `to`, in normal
    form.

    Raises GenerationFailed where nbgrader cannot make it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own, as it is imported and as it runs
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory

        config = PyFileConfigLoader(str(CONFIG)).load_config()
        config.merge(
            Config({"SaveCells": {"enabled": False}, "GenerateAssignment": {"no_database": True}})
        )
        course = CourseDirectory(
            config=config, root=str(root), release_directory=str(to), assignment_id="*"
        )
        with open_log() as (log, errors):
            try:
                GenerateAssignment(coursedir=course, config=config, log=log).start()
            except NbGraderException as error:
                raise GenerationFailed(errors.cause(str(error))) from error
    for path in notebooks(to):
        path.write_bytes(write_text(normalise(read(path))).encode())


def swap(new: Path, old: Path) -> None:
    """Puts a folder in the place of another, or of none."""
    away = new.with_name(f"{new.name}.old")
    if old.exists():
        os.replace(old, away)
    try:
        os.replace(new, old)
    except OSError:
        os.replace(away, old)
        raise
    shutil.rmtree(away, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Makes the exercises; returns 1, and leaves the old ones, if one could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tools.exercises", description=__doc__)
    parser.add_argument(
        "--course", type=Path, default=ROOT, help="the folder that holds solutions/"
    )
    root = parser.parse_args(arguments).course.resolve()
    beside = Path(tempfile.mkdtemp(prefix=".exercises-", dir=root))
    try:
        generate(root, beside / "exercises")
        swap(beside / "exercises", root / "exercises")
    except GenerationFailed as error:
        print(f"exercises/ is as it was: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for path in notebooks(root / "exercises"):
        print(path.relative_to(root).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
