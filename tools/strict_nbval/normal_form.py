"""The normal form of a notebook: the same page has the same bytes, on every machine and after
every run. So whatever changes in a diff has changed for the reader too.
"""

import copy
import functools
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import nbformat
from nbformat import NotebookNode

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

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)


def noise() -> list[tuple[str, str]]:
    """The (pattern, replacement) pairs of sanitize.cfg, which lies beside this file."""
    text = (Path(__file__).parent / "sanitize.cfg").read_text(encoding="utf-8")
    return re.findall(r"^regex: (.*)\nreplace: (.*)$", text, re.MULTILINE)


NOISE = [(re.compile(pattern), replacement) for pattern, replacement in noise()]


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
