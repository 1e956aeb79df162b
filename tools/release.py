"""Lays down what a class gets, in release/: `python -m tools.release`.

The lessons, the assignments, what they import, and what `make lab` and `make fresh` need. No
solution, nothing that lies in a private/ folder, no grader, no test and no git history. Before it
is put in its place, every file of it is searched for answers.

What the checks compare with lies beside each assignment, in checks.json: what a function gives for
the cases that it is shown, and a prediction as a digest.
"""

import argparse
import ast
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tools.exercises import swap
from tools.lessons import lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

RELEASE = "release"
FOLDERS = (
    "notebooks",
    "exercises",
    "utils/autograd_seen",
    "utils/plainjudge",
    "tools/lab_settings",
)
FILES = ("LICENSE", "requirements.txt", "lab_config.py", "tools/strict_nbval/sanitize.cfg")
#: What `make lab` and `make fresh` run; whatever of the course's own it imports comes along.
PROGRAM = "tools/working_copies.py"
PACKAGES = {"tools": "tools", "forkgrade": "utils/forkgrade"}

TARGETS = ("help", "lab", "fresh", "clean")
SECTIONS = ("Draw your own graphs", "Without make", "Licence")
TABLES = ("build-system", "project", "tool.hatch.build", "tool.hatch.build.targets.wheel")

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)
#: A shorter answer, `2 * x` say, may stand in any lesson: it is looked for where it is asked for.
LONG = 25


class AnswersFound(Exception):
    """A release would hold answers; the message says which, and where."""


# --- what is laid down ----------------------------------------------------------------------------


def lay_down(root: Path, to: Path) -> None:
    """Writes what a class gets of the course in `root` into a folder that is empty."""
    for place in sorted({*copied(root), *imported(root, PROGRAM)}):
        (to / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / place, to / place)
    for name, part in {
        "Makefile": makefile,
        "README.md": readme,
        "pyproject.toml": pyproject,
    }.items():
        text = part((root / name).read_text(encoding="utf-8"))
        (to / name).write_text(text, encoding="utf-8", newline="\n")


def copied(root: Path) -> Iterator[str]:
    """Each file that is handed out as it is, from the root."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            place = path.relative_to(root)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in place.parts)
            if path.is_file() and not hidden:
                yield place.as_posix()
    yield from FILES


def imported(root: Path, program: str) -> set[str]:
    """A program, and the files of tools/ and the grader that it imports, and they in turn."""
    found, open_ones = set(), [program]
    while open_ones:
        place = open_ones.pop()
        if place in found:
            continue
        found.add(place)
        for node in ast.walk(ast.parse((root / place).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                open_ones += files_of(root, node.module)
    return found


def files_of(root: Path, module: str) -> Iterator[str]:
    """The files of one of the course's own modules that `autograd_seen` does not bring."""
    package, _, name = module.partition(".")
    if package in PACKAGES:
        path = PurePosixPath(PACKAGES[package], *name.split("."))
        packages = [path, *path.parents][: name.count(".") + 2]
        for place in (path.with_suffix(".py"), *(folder / "__init__.py" for folder in packages)):
            if (root / place).is_file():
                yield place.as_posix()


def makefile(text: str) -> str:
    """A Makefile with the targets that a class has."""
    kept = []
    for block in text.split("\n\n"):
        target = re.match(r"(?:#[^\n]*\n)*(\S+):(?!=)", block)
        name = target[1] if target else ""
        if name == ".PHONY":
            block = f".PHONY: {' '.join(TARGETS)}"
        if not name or name in (".PHONY", *TARGETS) or is_needed(name):
            kept.append(block.rstrip("\n"))
    text = "\n\n".join(kept) + "\n"
    return re.sub(r"(?m)^# .*(make test|test workers).*\n|^PYTEST :=.*\n", "", text)


def is_needed(target: str) -> bool:
    """Whether `make lab` needs what is made under this name."""
    return target in {f"$(VENV)/{name}" for name in ("python", "torch", "lab")}


def readme(text: str) -> str:
    """The README without what only an instructor needs, or somebody who changes the course."""
    head, *sections = re.split(r"(?m)^(?=## )", text)
    kept = [one for one in sections if one[3:].split("\n")[0] in SECTIONS]
    text = "".join([head, *kept])
    text = re.sub(r"(?s) To prove the course:.*?```.*?```", "", text)
    others = re.compile(rf"make (?!{'|'.join(TARGETS)})[a-z]+\b")
    return "".join(line for line in text.splitlines(keepends=True) if not others.match(line))


def pyproject(text: str) -> str:
    """What `pip install -e .` needs to know."""
    tables = re.split(r"(?m)^(?=\[)", text)
    return "".join(one for one in tables if one[1 : one.find("]")] in TABLES)


# --- looked for -----------------------------------------------------------------------------------


def answers_in(folder: Path, root: Path) -> Iterator[str]:
    """A sentence for each answer of the course in `root` that lies in a folder."""
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    texts = {place.as_posix(): squeezed(text_of(folder / place)) for place in paths}
    for place in paths:
        if {"private", "solutions", ".git"} & set(place.parts):
            yield f"{place.as_posix()} is no file that a class gets"
    for where, slug, answer in answers(root):
        looked_for = squeezed(answer)
        for place, text in texts.items():
            if "/private/" in where and place.startswith("notebooks/"):
                continue  # a lesson may teach what an answer is measured by
            if looked_for in text and (len(looked_for) >= LONG or slug in place):
                yield f"{place} holds an answer of {where}: {answer.strip().splitlines()[0]}"


def answers(root: Path) -> Iterator[tuple[str, str, str]]:
    """(where it stands, its lesson, its text) of each answer: the solutions, what a written answer
    should say, hidden tests, and every function in a private/ folder that is not handed out.
    """
    for lesson in lessons(root):
        cells = read(lesson.solution).cells if lesson.solution.exists() else []
        for cell in cells:
            for found in answers_of(cell):
                yield lesson.place(lesson.solution), lesson.slug, found
        shown = squeezed("\n".join(SOLUTION.sub("", HIDDEN.sub("", cell.source)) for cell in cells))
        for path in sorted((lesson.solution.parent / "private").rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            lines = source.split("\n")
            for node in ast.parse(source).body:
                text = segment_of(lines, node)
                named = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign)
                if named and squeezed(text) not in shown:
                    yield lesson.place(path), lesson.slug, text


def segment_of(lines: list[str], node: ast.stmt) -> str:
    """What `ast.get_source_segment` gives of a statement outside any other; that splits the whole
    source for each.
    """
    last = lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode()
    return "\n".join([*lines[node.lineno - 1 : node.end_lineno - 1], last])


def answers_of(cell: dict) -> Iterable[str]:
    """The answers that a cell of a solution holds."""
    marks = cell.metadata.get("nbgrader", {})
    if cell.cell_type == "markdown":
        return [cell.source] if marks.get("solution") else []
    return [found for found in SOLUTION.findall(cell.source) + HIDDEN.findall(cell.source) if found]


def text_of(path: Path) -> str:
    """The text of a file; of a notebook that of its cells and of what they show."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8", errors="replace")
    cells = json.loads(path.read_bytes())["cells"]
    outputs = [str(cell["outputs"]) for cell in cells if "outputs" in cell]
    return "\n".join(["".join(cell["source"]) for cell in cells] + outputs)


def squeezed(text: str) -> str:
    """A text without what may differ between two copies of it: spaces and line ends."""
    return "".join(text.split())


# --- putting it down ------------------------------------------------------------------------------


def release(root: Path) -> Path:
    """Makes release/ of the course in `root` anew and returns its path.

    Raises AnswersFound, and leaves the one that is there, where it would hold answers.
    """
    beside = Path(tempfile.mkdtemp(prefix=".release-", dir=root))
    try:
        new = beside / RELEASE
        lay_down(root, new)
        if found := list(answers_in(new, root)):
            raise AnswersFound("\n".join(found))
        swap(new, root / RELEASE)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return root / RELEASE


def main(arguments: list[str] | None = None) -> int:
    """Makes release/; returns 1, and leaves the old one, if it would hold answers."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("--course", type=Path, default=ROOT, help="the folder of the course")
    root = parser.parse_args(arguments).course.resolve()
    try:
        made = release(root)
    except AnswersFound as found:
        print(
            f"{RELEASE}/ is as it was, since a new one would hold answers:\n{found}",
            file=sys.stderr,
        )
        return 1
    count = sum(path.is_file() for path in made.rglob("*"))
    print(f"{made}: {count} files, searched for answers.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
