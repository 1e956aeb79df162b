"""What belongs to one lesson, and where it lies: the one place that knows how a slug becomes a
path.
"""

import importlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograd_seen.checks.engine import Check

from tools.normal_form import ROOT

SLUG = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course that lies in ``root``, by its slug, such as ``04_accumulation``."""

    slug: str
    root: Path = ROOT

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def name(self) -> str:
        """The slug without its number, as Python names the module of checks."""
        return self.slug[3:]

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / self.slug / f"assignment_{self.number}.ipynb"

    @property
    def exercise(self) -> Path:
        return self.root / "exercises" / self.slug / f"assignment_{self.number}.ipynb"

    @property
    def wrong_answers(self) -> Path:
        return self.solution.parent / "private" / "wrong_answers.py"

    @property
    def checks(self) -> Path:
        return self.root / "utils" / "autograd_seen" / "checks" / f"{self.name}.py"

    def load_checks(self) -> dict[str, Check]:
        """The checks of the assignment by their names, in the order of the exercises."""
        module = importlib.import_module(f"autograd_seen.checks.{self.name}")
        return {name: value for name, value in vars(module).items() if isinstance(value, Check)}

    def load_tables(self) -> dict:
        """The tables of wrong answers by the names of their checks; empty where there is no such
        file.
        """
        if not self.wrong_answers.exists():
            return {}
        return load(self.wrong_answers, f"wrong_answers_{self.number}").TABLES


def load(path: Path, name: str) -> ModuleType:
    """The module in a file that lies in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lessons(root: Path = ROOT) -> list[Lesson]:
    """The lessons of a course in their order: whatever has a notebook, or an assignment."""
    slugs = {path.stem for path in (root / "notebooks").glob("*.ipynb")}
    slugs |= {path.name for path in (root / "solutions").glob("*") if path.is_dir()}
    return [Lesson(slug, root) for slug in sorted(slugs) if SLUG.fullmatch(slug)]
