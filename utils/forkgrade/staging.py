"""Reads what a student handed in, whatever it is, and lays out a sound copy that nbgrader can
read.
"""

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import v4

NEW = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
MIB = 2**20
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Rejected(Exception):
    """Nothing in a submission can be graded; the message says why, and what would mend it."""


def stage(handed_in, staged, notebooks, limits):
    """Copies a submission into the folder `staged` and returns what had to be mended, as sentences.

    `notebooks` are the names, without .ipynb, that the assignment has. Raises Rejected.
    """
    if not handed_in.is_dir() or handed_in.is_symlink():
        raise Rejected(
            f"{handed_in.name} is not a folder: expected <student>/<assignment>/{notebooks[0]}.ipynb"
        )
    if odd := odd_name(staged.parent.name):
        raise Rejected(f"{odd} in a student's name, which nbgrader cannot take: rename the folder")
    staged.mkdir(parents=True)
    files, said = sort_files(handed_in)
    found = [path for path in files if path.suffix.lower() == ".ipynb"]
    took = 0
    for name in notebooks:
        path = choose(name, found, alone=len(notebooks) == 1)
        if path is None:
            said.append(f"{name}.ipynb is missing: 0 points")
            continue
        took += 1
        if path != handed_in / f"{name}.ipynb":
            said.append(f"handed in as {path.relative_to(handed_in)}: graded as {name}.ipynb")
        nb, lost = sound(read_notebook(path, limits))
        if lost:
            said.append(f"{lost} cells could not be read: left out")
        text = v4.writes(nb)
        (staged / f"{name}.ipynb").write_bytes(text.encode("utf-8", "replace"))
    if not took:
        others = ", ".join(sorted(path.name for path in found)) or "no notebook"
        raise Rejected(
            f"{notebooks[0]}.ipynb is missing; found {others}: rename it, and grade again"
        )
    said += copy_others(handed_in, staged, [path for path in files if path not in found], limits)
    return said


def odd_name(student):
    """What nbgrader cannot take in a student's name; empty if nothing. To it [ ] * ? make a
    pattern.
    """
    pattern = " ".join(sorted(set("[]*?") & set(student)))
    return pattern or (
        "bytes that are no text" if student != student.encode("utf-8", "replace").decode() else ""
    )


def sort_files(folder):
    """(regular files below a folder, sentences about what else there was)."""
    files, said = [], []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name != "__pycache__"
        )
        for name in sorted(folders + names):
            path = Path(place, name)
            if path.is_symlink():
                said.append(f"{path.relative_to(folder)} is a link: left out")
            elif path.is_file() and not name.startswith("."):
                files.append(path)
    return files, said


def choose(name, found, alone):
    """The notebook to take for a name: the one so called, else the only one there is."""
    exact = [path for path in found if path.stem == name]
    if exact:
        return min(exact, key=lambda path: len(path.parts))
    return found[0] if alone and len(found) == 1 else None


def read_notebook(path, limits):
    """The JSON of a notebook, in nbformat 4. Raises Rejected, in one sentence."""
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
        raise Rejected(f"{path.name} is not a notebook ({error}): ask for it again") from error
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise Rejected(f"{path.name} is JSON, but not a notebook: it has no cells")
    if raw.get("nbformat", 4) != 4 or "cells" not in raw:
        try:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        except Exception as error:  # each old format has its own ways to be broken
            raise Rejected(
                f"{path.name} cannot be read as nbformat {raw.get('nbformat')} ({error})"
            ) from error
    if not isinstance(raw["cells"], list):
        raise Rejected(f"{path.name} is JSON, but not a notebook: its cells are no list")
    return raw


def sound(raw):
    """(a valid notebook with the cells that could be read, without outputs; how many could not)."""
    cells = [made for made in map(sound_cell, raw["cells"]) if made is not None]
    return v4.new_notebook(cells=cells), len(raw["cells"]) - len(cells)


def sound_cell(cell):
    if not isinstance(cell, dict) or cell.get("cell_type") not in NEW:
        return None
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    made = NEW[cell["cell_type"]](source)
    if made.cell_type == "markdown" and are_pictures(cell.get("attachments")):
        made["attachments"] = nbformat.from_dict(cell["attachments"])
    marks = cell.get("metadata")
    marks = marks.get("nbgrader") if isinstance(marks, dict) else None
    if isinstance(marks, dict) and isinstance(marks.get("grade_id"), str):
        made.metadata["nbgrader"] = {"grade_id": marks["grade_id"]}
    if isinstance(cell.get("id"), str) and CELL_ID.fullmatch(cell["id"]):
        made["id"] = cell["id"]
    return made


def are_pictures(attachments):
    """Whether this is what JupyterLab stores of pictures that were pasted into a text: {file:
    {kind: base64}}.
    """
    held = attachments.values() if isinstance(attachments, dict) else [None]
    return all(
        isinstance(one, dict) and all(isinstance(data, str) for data in one.values())
        for one in held
    )


def copy_others(handed_in, staged, files, limits):
    """Copies the other files of a submission, as far as the limit goes; returns what was left
    out.
    """
    said, total = [], 0
    for path in files:
        total += path.stat().st_size
        if total > limits.files_mb * MIB:
            said.append(
                f"{path.relative_to(handed_in)} and what follows is more than {limits.files_mb} MiB: left out"
            )
            break
        to = staged / path.relative_to(handed_in)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    return said
