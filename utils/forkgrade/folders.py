"""The folders and limits of a course, as its nbgrader config says: all that moving files needs."""

from dataclasses import dataclass
from pathlib import Path

from traitlets.config.loader import PyFileConfigLoader

from forkgrade.limits import Limits

CONFIG = "nbgrader_config.py"  # as nbgrader calls it


class NoCourse(Exception):
    """There is no course; the message says where one was looked for."""


@dataclass(frozen=True)
class Folders:
    """Where a course keeps what.

    Attributes:
        source: the solutions.
        submitted, autograded: what was handed in, and what became of it.
        work: the folder of all that grading makes.
        limits: what one submission may use.
    """

    source: Path
    submitted: Path
    autograded: Path
    work: Path
    limits: Limits


def folders_of(course: Path) -> Folders:
    """The folders of the course in a folder. Raises NoCourse."""
    path = course / CONFIG
    if not path.is_file():
        raise NoCourse(f"no file {path}: expected a course's folder with {CONFIG}: use --course")
    config = PyFileConfigLoader(str(path.resolve())).load_config()
    names = config.CourseDirectory
    source, submitted, autograded = (
        course / names.get(f"{step}_directory", step)
        for step in ("source", "submitted", "autograded")
    )
    return Folders(source, submitted, autograded, submitted.parent, Limits(config=config))
