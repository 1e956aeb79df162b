"""What it means that two runs of a notebook say the same."""

import base64
import copy
import difflib
import hashlib
import io
from collections.abc import Iterator
from itertools import zip_longest

from nbformat import NotebookNode
from PIL import Image, ImageChops

from .normal_form import COLOUR, label, normal_outputs, write_text

# Two pictures are the same if their sizes differ by at most PIXELS and, both shrunk to GRID, no
# square differs by more than LEVELS of 255 in red, green or blue. That forgives how a machine
# smooths its letters.
PIXELS, GRID, LEVELS = 2, (32, 32), 11


def difference(stored: object, fresh: object) -> str:
    """A short diff between a stored and a fresh value, such as two lists of outputs; empty if they
    agree.
    """
    if stored == fresh:
        return ""
    lines = difflib.unified_diff(
        list(facts(stored)), list(facts(fresh)), "stored", "fresh", n=1, lineterm=""
    )
    return "\n".join(list(lines)[:40]) or "they differ in colours, in types or far to the right"


def facts(value: object, path: str = "") -> Iterator[str]:
    """Lines that show a nested value, each with the keys that lead to it in front."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from facts(value[key], f"{path} {key}".strip())
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from facts(part, f"{path} {number}".strip())
    elif path.endswith("image/png"):
        digest = hashlib.sha256(value.encode()).hexdigest()[:12]
        yield f"{path}: {len(value)} characters, sha256 {digest}"
    else:
        yield from (f"{path}: {COLOUR.sub('', line)[:160]}" for line in str(value).split("\n"))


def with_stored_pictures(
    stored: list[NotebookNode], fresh: list[NotebookNode]
) -> list[NotebookNode]:
    """A copy of fresh outputs in which each picture that looks as stored is the stored one."""
    fresh = copy.deepcopy(fresh)
    for old, new in zip(stored, fresh, strict=False):
        before, after = old.get("data", {}).get("image/png"), new.get("data", {}).get("image/png")
        if before and after and same_picture(before, after):
            new.data["image/png"] = before
    return fresh


def same_picture(one: str, other: str) -> bool:
    """Whether two PNGs in base64 look the same, within PIXELS and LEVELS."""
    if one == other:
        return True
    try:
        one, other = on_white(one), on_white(other)
    except (ValueError, OSError):
        return False
    if any(abs(a - b) > PIXELS for a, b in zip(one.size, other.size, strict=True)):
        return False
    small, beside = (picture.resize(GRID, Image.Resampling.BOX) for picture in (one, other))
    return max(high for _, high in ImageChops.difference(small, beside).getextrema()) <= LEVELS


def on_white(payload: str) -> Image.Image:
    """The picture of a PNG in base64, on a white ground."""
    picture = Image.open(io.BytesIO(base64.b64decode(payload))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def stale_outputs(cell: NotebookNode, fresh: list[NotebookNode]) -> str:
    """How a cell's stored outputs differ from the outputs of a fresh run; empty if they agree."""
    fresh = normal_outputs(fresh, cell.execution_count)
    return difference(cell.outputs, with_stored_pictures(cell.outputs, fresh))


def stale_page(stored: NotebookNode, fresh: NotebookNode) -> dict[str, str]:
    """How a stored notebook differs from a fresh run in normal form: {cell: diff}, empty if it
    agrees.
    """
    fresh = copy.deepcopy(fresh)
    for old, new in zip(stored.cells, fresh.cells, strict=False):
        if old.cell_type == new.cell_type == "code":
            new.outputs = with_stored_pictures(old.outputs, new.outputs)
    if write_text(stored) == write_text(fresh):
        return {}
    cells = zip_longest(stored.cells, fresh.cells, fillvalue=None)
    found = {
        label(old or new): difference(old or {}, new or {}) for old, new in cells if old != new
    }
    return found or {"the notebook's own metadata": difference(stored.metadata, fresh.metadata)}
