"""Reads what a student handed in, whatever it is, and lays out a clean copy for nbgrader."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.utils import parse_utc

from forkgrade import WEB_PAGES
from forkgrade.files import TooMuch, is_visible, walk
from forkgrade.limits import Limits

NEW = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
MIB = 2**20
LEFT_OUT = {"link": "is a link", "unreadable": "cannot be read"}
MAKE_READABLE = "give the grader the right to (chmod -R u+rX), and grade again"
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Rejected(Exception):
    """Nothing in a submission can be graded; the message says why, and what would mend it."""


def stage(handed_in: Path, staged: Path, notebooks: Sequence[str], limits: Limits) -> list[str]:
    """Copies a submission into the folder `staged` and returns what had to be mended, as sentences.

    `notebooks` are the names, without .ipynb, that the assignment has. Raises Rejected.
    """
    expected = f"{notebooks[0]}.ipynb"
    if not os.access(handed_in.parent, os.X_OK) or not may_read(handed_in):
        raise Rejected(f"the folder {handed_in.name} cannot be read: {MAKE_READABLE}")
    if not handed_in.is_dir() or handed_in.is_symlink():
        raise Rejected(
            f"{handed_in.name} is not a folder: expected <student>/<assignment>/{expected}"
        )
    if characters := unsupported_characters(staged.parent.name):
        raise Rejected(
            f"{characters} in a student's name, which nbgrader cannot take: rename the folder"
        )
    files, messages = regular_files(handed_in)
    found = [path for path in files if path.suffix.lower() == ".ipynb"]
    chosen = {name: choose(name, found, alone=len(notebooks) == 1) for name in notebooks}
    if not any(chosen.values()):
        others = listed([path.name for path in found])
        messages.append(f"{expected} is missing; found {others}: rename it, and grade again")
        raise Rejected("; ".join(messages))
    staged.mkdir(parents=True)
    for name, path in chosen.items():
        if path is None:
            messages.append(f"{name}.ipynb is missing: 0 points")
            continue
        if path != handed_in / f"{name}.ipynb":
            messages.append(f"handed in as {path.relative_to(handed_in)}: graded as {name}.ipynb")
        messages += stage_notebook(path, staged / f"{name}.ipynb", limits)
    others = [path for path in files if path not in found]
    return messages + copy_others(handed_in, staged, others, limits) + without_bad_time(staged)


def unsupported_characters(student: str) -> str:
    """What nbgrader cannot take in a student's name; empty if nothing. To it [ ] * ? make a
    pattern, and < > " would be part of its pages.
    """
    if pattern := sorted(set('[]*?<>"') & set(student)):
        return " ".join(pattern)
    as_text = student.encode("utf-8", "replace").decode()
    return "" if student == as_text else "bytes that are no text"


def regular_files(folder: Path) -> tuple[list[Path], list[str]]:
    """(regular files below a folder, sentences about what else there was)."""
    files, messages = [], []
    try:
        for path, kind in walk(folder):
            if kind == "file" and is_visible(path.name):
                files.append(path)
            if kind in LEFT_OUT:
                messages.append(f"{path.relative_to(folder)} {LEFT_OUT[kind]}: left out")
    except TooMuch as error:
        messages.append(f"the folder {error}: what lies beyond is left out")
    return files, messages


def may_read(path: Path) -> bool:
    """Whether this process may read a file, or look into a folder; of what is not there, True."""
    needed = os.R_OK | (os.X_OK if os.path.isdir(path) else 0)
    return os.access(path, needed) or not os.path.lexists(path) or os.path.islink(path)


def listed(names: Sequence[str]) -> str:
    """The names of notebooks that were found, a few where they are many."""
    shown = ", ".join(sorted(names)[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown or "no notebook"


def choose(name: str, found: Sequence[Path], alone: bool) -> Path | None:
    """The notebook to take for a name: the one so called, else, where the assignment has one
    notebook `alone`, the only one there is.
    """
    exact = [path for path in found if path.stem == name]
    if exact:
        return min(exact, key=lambda path: len(path.parts))
    return found[0] if alone and len(found) == 1 else None


def stage_notebook(path: Path, staged: Path, limits: Limits) -> list[str]:
    """Writes a clean copy of a notebook; returns what had to be left out. Raises Rejected."""
    nb, lost = cleaned(read_notebook(path, limits))
    staged.write_bytes(v4.writes(nb).encode("utf-8", "replace"))
    return [f"{lost} cells could not be read: left out"] if lost else []


def read_notebook(path: Path, limits: Limits) -> dict:
    """The JSON of a notebook, in nbformat 4. Raises Rejected, in one sentence."""
    if not may_read(path):
        raise Rejected(f"{path.name} cannot be read: {MAKE_READABLE}")
    size = path.stat().st_size
    if size > limits.notebook_mb * MIB:
        raise Rejected(
            f"{path.name} has {size / MIB:.1f} MiB, {limits.notebook_mb} at most: clear its outputs"
        )
    if not size:
        raise Rejected(f"{path.name} is empty: ask for the notebook again")
    try:
        raw = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        why = "too many brackets" if isinstance(error, RecursionError) else error
        raise Rejected(f"{path.name} is not a notebook ({why}): ask for it again") from error
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise Rejected(f"{path.name} is JSON, but not a notebook: it has no cells")
    if raw.get("nbformat", 4) != 4 or "cells" not in raw:
        raw = converted(raw, path.name)
    if not isinstance(raw["cells"], list):
        raise Rejected(f"{path.name} is JSON, but not a notebook: its cells are no list")
    return raw


def converted(raw: dict, name: str) -> dict:
    """A notebook of another format in nbformat 4. Raises Rejected."""
    try:
        return nbformat.convert(nbformat.from_dict(raw), 4)
    except Exception as error:  # each old format has its own ways to be broken
        raise Rejected(
            f"{name} cannot be read as nbformat {raw.get('nbformat')} ({error})"
        ) from error


def cleaned(raw: dict) -> tuple[NotebookNode, int]:
    """(a valid notebook with the cells that could be read, without outputs; how many could not)."""
    cells = [cell for cell in map(cleaned_cell, raw["cells"]) if cell is not None]
    return v4.new_notebook(cells=cells), len(raw["cells"]) - len(cells)


def cleaned_cell(cell: object) -> NotebookNode | None:
    """A valid cell with the source, the name, the id and the pasted pictures of what may be one;
    None where it is none.
    """
    if not isinstance(cell, dict) or cell.get("cell_type") not in NEW:
        return None
    source = source_of(cell)
    if source is None:
        return None
    made = NEW[cell["cell_type"]](source)
    if made.cell_type == "markdown" and are_pictures(cell.get("attachments")):
        made["attachments"] = nbformat.from_dict(cell["attachments"])
    if name := name_of(cell):
        made.metadata["nbgrader"] = {"grade_id": name}
    if isinstance(cell.get("id"), str) and CELL_ID.fullmatch(cell["id"]):
        made["id"] = cell["id"]
    return made


def source_of(cell: dict) -> str | None:
    """The source of a cell, which may be stored in lines; None where it is no text."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def name_of(cell: dict) -> str | None:
    """The name that nbgrader gave a cell; None for any other cell."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else None


def are_pictures(attachments: object) -> bool:
    """Whether this is what JupyterLab stores of pictures that were pasted into a text: {file:
    {kind: base64}}.
    """
    if not isinstance(attachments, dict):
        return False
    return all(
        isinstance(one, dict) and all(isinstance(data, str) for data in one.values())
        for one in attachments.values()
    )


def copy_others(handed_in: Path, staged: Path, files: Sequence[Path], limits: Limits) -> list[str]:
    """Copies the other files of a submission, as far as the limit goes; returns what was left
    out.
    """
    total, messages = 0, []
    for path in files:
        name = path.relative_to(handed_in)
        if any(fnmatchcase(path.name, pattern) for pattern in WEB_PAGES):
            messages.append(f"{name} is a web page or a drawing that can hold scripts: left out")
            continue
        total += path.stat().st_size
        if total > limits.files_mb * MIB:
            return [
                *messages,
                f"{name} and what follows is more than {limits.files_mb} MiB: left out",
            ]
        to = staged / name
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
        except OSError as error:
            messages.append(f"{name} cannot be copied ({error.strerror}): left out")
    return messages


def without_bad_time(staged: Path) -> list[str]:
    """Removes the file with the time of a submission where nbgrader, which reads it, would fail;
    returns what was left out.
    """
    path = staged / "timestamp.txt"
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8").strip()
        if not text or (len(text) < 100 and parse_utc(text)):
            return []
    except (OSError, ValueError, OverflowError, TypeError, AttributeError):
        pass
    path.unlink() if path.is_file() else shutil.rmtree(path)
    return ["timestamp.txt is no time: left out, so that it counts as handed in on time"]
