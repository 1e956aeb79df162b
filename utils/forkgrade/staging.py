"""Reads what a student handed in, whatever it is, and makes clean notebooks of it."""

import json
import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from forkgrade import WEB_PAGES
from forkgrade.files import MAKE_READABLE, TooMuch, is_visible, walk
from forkgrade.limits import Limits
from forkgrade.records import TIMESTAMP, HandedIn, Submission, unsupported_characters

KINDS = "code", "markdown", "raw"
MIB = 2**20
LEFT_OUT = {"link": "is a link", "unreadable": "cannot be read"}
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Rejected(Exception):
    """Nothing in a submission can be graded; the message says why, and what would mend it."""


def read_handed_in(
    submission: Submission,
    folder: Path,
    notebooks: Sequence[str],
    limits: Limits,
    ignore: Sequence[str] = (),
) -> HandedIn:
    """What lies in the folder of a submission, as bytes, and what had to be mended or left out, as
    sentences.

    `notebooks` are the names, without .ipynb, that the assignment has; `ignore` are patterns of
    names that are passed over. Raises Rejected.
    """
    files, messages = regular_files(look_into(submission, folder, notebooks[0]))
    found = [path for path in files if path.suffix.lower() == ".ipynb"]
    chosen = {name: choose(name, found, alone=len(notebooks) == 1) for name in notebooks}
    if not any(chosen.values()):
        others = listed([path.name for path in found])
        messages.append(
            f"{notebooks[0]}.ipynb is missing; found {others}: rename it, and grade again"
        )
        raise Rejected("; ".join(messages))
    content = {}
    for name, path in chosen.items():
        if path is None:
            messages.append(f"{name}.ipynb is missing: 0 points")
            continue
        if path != folder / f"{name}.ipynb":
            messages.append(f"handed in as {path.relative_to(folder)}: graded as {name}.ipynb")
        content[f"{name}.ipynb"] = read_notebook(path, limits)
    others = {path.relative_to(folder): path for path in files if path not in found}
    wanted = {name: path for name, path in others.items() if not is_ignored(name, ignore)}
    left_out = read_others(wanted, content, limits)
    return HandedIn(submission, content, messages + left_out + without_bad_time(content))


def look_into(submission: Submission, folder: Path, notebook: str) -> Path:
    """The folder of a submission, if there is one that grading can look into. Raises Rejected."""
    if not os.access(folder.parent, os.X_OK) or not may_read(folder):
        raise Rejected(f"the folder {folder.name} cannot be read: {MAKE_READABLE}")
    if not folder.is_dir() or folder.is_symlink():
        raise Rejected(
            f"{folder.name} is not a folder: expected <student>/<assignment>/{notebook}.ipynb"
        )
    if characters := unsupported_characters(submission.student):
        raise Rejected(
            f"{characters} in a student's name, which nbgrader cannot take: rename the folder"
        )
    return folder


def is_ignored(name: Path, ignore: Sequence[str]) -> bool:
    """Whether a file of this name, or a folder that it is in, is passed over."""
    return any(fnmatchcase(part, pattern) for part in name.parts for pattern in ignore)


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


def read_notebook(path: Path, limits: Limits) -> bytes:
    """The bytes of a notebook that is not too large. Raises Rejected, in one sentence."""
    if not may_read(path):
        raise Rejected(f"{path.name} cannot be read: {MAKE_READABLE}")
    size = path.stat().st_size
    if size > limits.notebook_mb * MIB:
        raise Rejected(
            f"{path.name} has {size / MIB:.1f} MiB, {limits.notebook_mb} at most: clear its outputs"
        )
    return path.read_bytes()


def clean_notebook(content: bytes, name: str) -> tuple[NotebookNode, list[str]]:
    """(a valid notebook made of the bytes of one, what had to be left out). Raises Rejected."""
    nb, lost = cleaned(parsed(content, name))
    return nb, [f"{lost} cells could not be read: left out"] if lost else []


def parsed(content: bytes, name: str) -> dict:
    """The JSON of a notebook, in nbformat 4. Raises Rejected, in one sentence."""
    if not content:
        raise Rejected(f"{name} is empty: ask for the notebook again")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        why = "too many brackets" if isinstance(error, RecursionError) else error
        raise Rejected(f"{name} is not a notebook ({why}): ask for it again") from error
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise Rejected(f"{name} is JSON, but not a notebook: it has no cells")
    if raw.get("nbformat", 4) != 4 or "cells" not in raw:
        raw = converted(raw, name)
    if not isinstance(raw["cells"], list):
        raise Rejected(f"{name} is JSON, but not a notebook: its cells are no list")
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
    found = [cleaned_cell(cell, number) for number, cell in enumerate(raw["cells"])]
    cells = [cell for cell in found if cell is not None]
    nb = NotebookNode(cells=cells, metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
    return nb, len(found) - len(cells)


def cleaned_cell(cell: object, number: int) -> NotebookNode | None:
    """A valid cell with the source, the name, the id and the pasted pictures of what may be one;
    None where it is none. `number` is its place.
    """
    if not isinstance(cell, dict) or cell.get("cell_type") not in KINDS:
        return None
    source = source_of(cell)
    if source is None:
        return None
    # Valid as it is made: nbformat's own functions would look each up in its schema.
    kind, empty = cell["cell_type"], NotebookNode()
    made = NotebookNode(id=f"cell-{number}", cell_type=kind, source=as_text(source), metadata=empty)
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    if made.cell_type == "markdown" and are_pictures(cell.get("attachments")):
        pictures = as_text(json.dumps(cell["attachments"], ensure_ascii=False))
        made["attachments"] = nbformat.from_dict(json.loads(pictures))
    if name := name_of(cell):
        made.metadata["nbgrader"] = NotebookNode(grade_id=name)
    if isinstance(cell.get("id"), str) and CELL_ID.fullmatch(cell["id"]):
        made["id"] = cell["id"]
    return made


def as_text(text: str) -> str:
    """A text that can be written: half a character, which JSON can hold, becomes a `?`."""
    return text.encode("utf-8", "replace").decode()


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


def read_others(others: dict[Path, Path], content: dict[str, bytes], limits: Limits) -> list[str]:
    """Adds the bytes of the other files of a submission to `content`, as far as the limit goes;
    returns what was left out.
    """
    total, messages = 0, []
    for name, path in others.items():
        if any(fnmatchcase(path.name, pattern) for pattern in WEB_PAGES):
            messages.append(f"{name} is a web page or a drawing that can hold scripts: left out")
            continue
        total += path.stat().st_size
        if total > limits.files_mb * MIB:
            return [
                *messages,
                f"{name} and what follows is more than {limits.files_mb} MiB: left out",
            ]
        try:
            content[name.as_posix()] = path.read_bytes()
        except OSError as error:
            messages.append(f"{name} cannot be read ({error.strerror}): left out")
    return messages


def without_bad_time(content: dict[str, bytes]) -> list[str]:
    """Removes the file with the time of a submission where nbgrader, which reads it, would fail;
    returns what was left out.
    """
    bad = [name for name in content if name.startswith(f"{TIMESTAMP}/")]
    if TIMESTAMP in content and not is_time(content[TIMESTAMP]):
        bad.append(TIMESTAMP)
    for name in bad:
        del content[name]
    if not bad:
        return []
    return [f"{TIMESTAMP} is no time: left out, so that it counts as handed in on time"]


def is_time(content: bytes) -> bool:
    """Whether nbgrader can read this as the time of a submission; it takes nothing for none."""
    try:
        text = content.decode().strip()
        return not text or (len(text) < 100 and bool(parse_utc(text)))
    except (ValueError, OverflowError, TypeError, AttributeError):
        return False
