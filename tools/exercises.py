"""Makes exercises/ from solutions/ with nbgrader, and the table of their points that the checks
read: `python -m tools.exercises`.

A run that fails leaves the exercises as they were; a second run changes no byte.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from forkgrade.error_log import open_log
from forkgrade.files import write_whole
from nbformat import NotebookNode
from plainjudge.oracles import visible_keys
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from tools.lessons import Lesson, PartBroken, checks_folder, lessons
from tools.places import ROOT, notebooks
from tools.strict_nbval.normal_form import normalise, read, write_text

CONFIG = ROOT / "nbgrader_config.py"
NUMBER = re.compile(r"## (\d+\.\d+) ")


class GenerationFailed(Exception):
    """nbgrader could not make an exercise of a solution; the message says why."""


def generate(root: Path, to: Path) -> None:
    """Writes what students get of the folder solutions/ in `root` into the folder `to`: each
    assignment in normal form, and the keys of its checks.

    Raises GenerationFailed where nbgrader cannot make it, and PartBroken where oracles cannot be
    loaded.
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
        nb = normalise(read(path))
        let_all_cells_run(nb)
        path.write_bytes(write_text(nb).encode())
    for lesson in lessons(root):
        if lesson.oracles.exists():
            write_whole(to / lesson.slug / lesson.keys.name, keys_table(lesson))


def let_all_cells_run(nb: NotebookNode) -> None:
    """Tags the checks of an exercise, so that Run All goes on where one raises.

    A check that is not attempted must raise, or nbgrader would give it its points.
    """
    for cell in nb.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and marks.get("grade") and not marks.get("solution"):
            cell.metadata.tags = [*cell.metadata.get("tags", []), "raises-exception"]


def points_table(root: Path) -> str:
    """The text of the table that checks/points.py reads: what each exercise of the folder
    solutions/ in `root` is worth.
    """
    found = {
        lesson.slug: points_of(read(lesson.solution))
        for lesson in lessons(root)
        if lesson.solution.exists()
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def keys_table(lesson: Lesson) -> str:
    """The text of the file that the checks beside an assignment compare with: see
    ``plainjudge.keys``. It holds no prediction's answer in plain sight, and no hidden input.
    """
    keys = visible_keys(lesson.load_oracles(), salt=lesson.slug)
    return json.dumps({"keys": keys}, indent=1, ensure_ascii=False) + "\n"


def points_of(nb: NotebookNode) -> dict:
    """The title of an assignment, the points of each exercise, and those that a person reads."""
    # A list of progress shows it as text, so a piece of code in it loses its marks.
    title = nb.cells[0].source.split("\n")[0].partition(" · ")[2].replace("`", "")
    points, by_hand, number = {}, [], None
    for cell in nb.cells:
        if heading := NUMBER.match(cell.source):
            number = heading[1]
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            points[number] = marks["points"]
            by_hand += [number] if marks.get("solution") else []
    return {"title": title, "points": points, "by_hand": by_hand}


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
        write_whole(checks_folder(root) / "points.json", points_table(root))
        swap(beside / "exercises", root / "exercises")
    except (GenerationFailed, PartBroken) as error:
        print(f"exercises/ is as it was: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for path in notebooks(root / "exercises"):
        print(path.relative_to(root).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
