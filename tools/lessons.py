"""What belongs to one lesson, and where it lies: the one place that knows how a slug becomes a
path.
"""

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograd_seen.checks.engine import Check
from plainjudge.oracles import Oracle

from tools.places import ROOT

SLUG = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")


class PartBroken(Exception):
    """A part of a lesson is there and cannot be read; the message says which, and why."""


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course that lies in ``root``, by its slug, such as ``04_accumulation``."""

    slug: str
    root: Path = ROOT

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.slug[:2]

    @property
    def name(self) -> str:
        """The slug without its number, as Python names the module of checks."""
        return self.slug[3:]

    @property
    def notebook(self) -> Path:
        """The page that a learner reads."""
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    @property
    def solution(self) -> Path:
        """The assignment with its answers."""
        return self.root / "solutions" / self.slug / f"assignment_{self.number}.ipynb"

    @property
    def exercise(self) -> Path:
        """The assignment as a student gets it."""
        return self.root / "exercises" / self.slug / f"assignment_{self.number}.ipynb"

    @property
    def wrong_answers(self) -> Path:
        """What the checks must reject, and what they must accept."""
        return self.solution.parent / "private" / "wrong_answers.py"

    @property
    def oracles(self) -> Path:
        """What is wanted of each exercise, and what each misconception gives there."""
        return self.solution.parent / "private" / "oracles.py"

    @property
    def keys(self) -> Path:
        """What a student's copy is checked by, made from the oracles."""
        return self.exercise.parent / "checks.json"

    @property
    def checks(self) -> Path:
        """The module that asks the answers."""
        return checks_folder(self.root) / f"{self.name}.py"

    def place(self, path: Path) -> str:
        """A path as a message names it: from the root of the course."""
        return path.relative_to(self.root).as_posix()

    def load_checks(self) -> dict[str, Check]:
        """The checks of the assignment by their names, in the order of the exercises.

        Empty where there is no such file. Raises PartBroken where it cannot be loaded.
        """
        return checks_in(self.load(self.checks))

    def load_oracles(self) -> list[Oracle]:
        """The oracles of the assignment, in the order of their file.

        Empty where there is no such file. Raises PartBroken where it cannot be loaded, or holds no
        list ORACLES.
        """
        held = self.load(self.oracles)
        oracles = held.get("ORACLES", [])
        if held and not ("ORACLES" in held and isinstance(oracles, list)):
            raise PartBroken(f"{self.place(self.oracles)} needs a list ORACLES")
        return oracles

    def load_tables(self) -> dict:
        """The tables of wrong answers by the names of their checks.

        Empty where there is no such file. Raises PartBroken where it cannot be loaded, or holds no
        dict TABLES.
        """
        held = self.load(self.wrong_answers)
        tables = held.get("TABLES", {})
        if held and not ("TABLES" in held and isinstance(tables, dict)):
            raise PartBroken(
                f"{self.place(self.wrong_answers)} needs a dict TABLES, from the name of a check "
                f"to its Table"
            )
        return tables

    def load(self, path: Path) -> dict:
        """The names that a module of this lesson holds; none where there is no such file."""
        if not path.exists():
            return {}
        try:
            return vars(load(path, f"{path.stem}_of_{self.slug}"))
        except Exception as error:
            raise PartBroken(
                f"{self.place(path)} cannot be loaded: {type(error).__name__}: {error}"
            ) from error

    def broken_parts(self) -> list[str]:
        """A sentence for each of its modules that cannot be loaded."""
        found = []
        for load_part in (self.load_checks, self.load_oracles, self.load_tables):
            try:
                load_part()
            except PartBroken as broken:
                found.append(str(broken))
        return found


def load(path: Path, name: str) -> ModuleType:
    """The module in a file that lies in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks_folder(root: Path) -> Path:
    """Where the modules of checks lie."""
    return root / "utils" / "autograd_seen" / "checks"


def checks_in(names: dict) -> dict[str, Check]:
    """Those of a module's names that are checks."""
    return {name: value for name, value in names.items() if isinstance(value, Check)}


def slugs(root: Path) -> set[str]:
    """Whatever a notebook or a folder of assignments is called in a course."""
    folders = [*(root / "solutions").glob("*/"), *(root / "exercises").glob("*/")]
    found = {path.stem for path in (root / "notebooks").glob("*.ipynb")}
    return found | {folder.name for folder in folders if not folder.name.startswith(".")}


def lessons(root: Path = ROOT) -> list[Lesson]:
    """The lessons of a course in their order: whatever has a notebook, or an assignment."""
    return [Lesson(slug, root) for slug in sorted(slugs(root)) if SLUG.fullmatch(slug)]


def strays(root: Path = ROOT) -> Iterator[str]:
    """A sentence for each thing that lies among the lessons of a course and belongs to none."""
    for slug in sorted(slugs(root)):
        if not SLUG.fullmatch(slug):
            yield f"{slug} is not named like a lesson: two digits, an underscore, small letters"
    names = {lesson.name for lesson in lessons(root)}
    for path in sorted(checks_folder(root).glob("*.py")):
        if path.stem not in names and checks_in(vars(load(path, f"stray_{path.stem}"))):
            yield f"{path.relative_to(root).as_posix()} holds checks and belongs to no lesson"
