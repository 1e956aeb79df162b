"""The normal form of a notebook, and what it means that two notebooks say the same.

In normal form the same page has the same bytes, on every machine and after every run. So whatever
changes in a diff has changed for the reader too."""

import base64
import copy
import difflib
import functools
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest
from pathlib import Path

import nbformat
from forkgrade.files import write_whole
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# Without the kernel's version. JupyterLab then marks a page as modified when it is opened, as it
# does for any version but its own kernel's. No one version can be right on Python 3.11, 3.12 and
# 3.13 at once.
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
# What nbgrader says of an exercise's cell, and JupyterLab's word for a cell that a student cannot
# change.
CELL_METADATA = {"tags", "nbgrader", "deletable", "editable"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# Two pictures are the same if their sizes differ by at most PIXELS and, both shrunk to GRID, no
# square differs by more than LEVELS of 255 in red, green or blue. That forgives how a machine
# smooths its letters.
PIXELS, GRID, LEVELS = 2, (32, 32), 12

CELL_SECONDS = 120
# Without these a kernel warns of each start on the terminal, and adds the cells to the user's own
# history.
KERNEL_OPTIONS = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)


def noise() -> list[tuple[str, str]]:
    """The (pattern, replacement) pairs of sanitize.cfg."""
    text = (ROOT / "tools" / "sanitize.cfg").read_text(encoding="utf-8")
    return re.findall(r"^regex: (.*)\nreplace: (.*)$", text, re.MULTILINE)


NOISE = [(re.compile(pattern), replacement) for pattern, replacement in noise()]


def notebooks(*folders: str | Path) -> list[Path]:
    """The notebooks that are named, or lie below a named folder of the repository, in reading
    order.
    """
    places = [ROOT / folder for folder in folders]
    found = [path for path in places if path.suffix == ".ipynb"]
    found += [path for folder in places if folder.is_dir() for path in folder.rglob("*.ipynb")]
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def name(path: Path) -> str:
    """A notebook's path from the root of the repository, with forward slashes; the whole path
    elsewhere.
    """
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


def read(path: Path) -> NotebookNode:
    """The notebook in a file, as it is: nbformat.read would mend it on the way."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def write_text(nb: NotebookNode) -> str:
    """The text of a notebook as nbformat writes it: sorted keys, one final newline."""
    return nbformat.v4.writes(nb).rstrip("\n") + "\n"


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells of a notebook that hold code."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def label(cell: NotebookNode) -> str:
    """How a message names a cell: its number and its first line."""
    first = cell.source.strip().split("\n")[0][:60]
    if cell.cell_type != "code":
        return f"text: {first}"
    return f"[{cell.get('execution_count') or ' '}] {first}"


# --- normal form ----------------------------------------------------------------------------------


def normalise(nb: NotebookNode) -> NotebookNode:
    """A copy of a notebook in normal form. Sources, cell ids and tags stay as they are."""
    nb = copy.deepcopy(nb)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    for number, cell in enumerate(nb.cells):
        cell.setdefault("id", f"cell-{number}")
        kept = {key: cell.metadata[key] for key in CELL_METADATA & cell.metadata.keys()}
        cell.metadata = {key: value for key, value in kept.items() if value not in (None, [], {})}
    # A page that nobody ran yet, such as an exercise, has a normal form too.
    ran = any(cell.execution_count or cell.outputs for cell in code_cells(nb))
    for count, cell in enumerate(code_cells(nb), 1):
        cell.execution_count = count if ran else None
        cell.outputs = normal_outputs(cell.outputs, cell.execution_count)
    return nbformat.from_dict(nb)


def normal_outputs(outputs: list[NotebookNode], count: int | None) -> list[NotebookNode]:
    """The outputs of the cell that ran as number `count`, in normal form."""
    outputs = merge_streams(copy.deepcopy(outputs))
    for output in outputs:
        if output.output_type == "stream":
            output.text = without_noise(output.text)
        if output.output_type == "execute_result":
            output.execution_count = count
        for kind, value in list(output.get("data", {}).items()):
            if isinstance(value, str) and kind != "image/png":
                output.data[kind] = without_noise(value)
        # A view refers to a live kernel by a random name. A reader without one sees the text of the
        # widget.
        output.get("data", {}).pop(WIDGET_VIEW, None)
    return outputs


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with neighbouring streams joined, stdout before stderr.

    A kernel sends a stream in pieces, cut by its clock; only a display puts them in order.
    """
    merged = []
    for streams, run in groupby(outputs, key=lambda output: output.output_type == "stream"):
        merged += (one_stream_a_name if streams else list)(run)
    return merged


def one_stream_a_name(streams: Iterable[NotebookNode]) -> list[NotebookNode]:
    """What was printed to each stream, joined: stdout, then stderr."""
    texts = {}
    for stream in streams:
        texts[stream.name] = texts.get(stream.name, "") + stream.text
    return [
        nbformat.v4.new_output("stream", name=name, text=OVERWRITTEN.sub("", texts[name]))
        for name in sorted(texts, reverse=True)
    ]


# The mutations ask for the same few texts thousands of times.
@functools.lru_cache(maxsize=2000)
def without_noise(text: str) -> str:
    """A text in which what differs from run to run is replaced, as sanitize.cfg says."""
    for pattern, replacement in NOISE:
        text = pattern.sub(replacement, text)
    return text


# --- comparing ------------------------------------------------------------------------------------


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


# --- running --------------------------------------------------------------------------------------


def build_font_cache() -> None:
    """Does now what the first plot on a machine does, because that plot's cell may say so in its
    output.
    """
    import matplotlib.font_manager  # noqa: F401


class CellFailed(Exception):
    """A cell raised an error that is not part of the lesson, or never came to an end."""


def execute(nb: NotebookNode, folder: Path) -> NotebookNode:
    """A fresh run of a notebook in a folder, in normal form.

    Raises CellFailed, in one line, where a cell that is not tagged raises-exception raises.
    """
    nb, at = copy.deepcopy(nb), {}
    client = NotebookClient(
        nb,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        extra_arguments=KERNEL_OPTIONS,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        skip_cells_with_tag="",
        shutdown_kernel="immediate",
        on_cell_start=lambda cell, cell_index: at.update(number=cell_index),
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        reason = str(error)
        if isinstance(error, CellExecutionError):
            reason = f"{error.ename}: {error.evalue}"
        raise CellFailed(f"{position(nb, at['number'])}: {one_line(reason)}") from error
    return normalise(nb)


def kept_run(path: Path, folder: Path) -> Path:
    """Where the fresh run of a notebook is kept in a folder."""
    return folder / name(path).replace("/", "--").replace(":", "")


def keep_run(nb: NotebookNode, path: Path, folder: Path) -> None:
    """Keeps the fresh run of a notebook for whoever asks for it next."""
    write_whole(kept_run(path, folder), write_text(nb))


def position(nb: NotebookNode, number: int) -> str:
    """How a message names the cell of this number, in a notebook that was not run to its end."""
    code = len(code_cells(NotebookNode(cells=nb.cells[: number + 1])))
    return f"code cell {code} ({nb.cells[number].source.strip().splitlines()[0][:60]})"


def one_line(text: str) -> str:
    """The beginning of a text on one line."""
    return " ".join(text.split())[:200]
