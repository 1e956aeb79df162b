"""The rules that a notebook keeps: each is a function from the notebook to its findings, none if
all is well.

Two rules look beyond the notebook itself: `broken_links` takes its path, and `misnumbered` a list
of paths."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import nbformat
from autograd_seen.short_traceback import MOST_LINES
from nbformat import NotebookNode

from tools import predictions
from tools.strict_nbval.comparing import difference
from tools.strict_nbval.normal_form import COLOUR, code_cells, label, normalise, read, write_text

#: A line of code that is longer is cut in JupyterLab, in a window of 1,300 pixels beside the list
#: of files.
COLUMNS = 110
LINES, CELLS, BYTES = 15, 42, 300_000
#: So many cells may an assignment have: a task, what is given, an answer and its check for each of
#: ten scripts.
CELLS_ASSIGNED = 60

MACHINE = {
    "an object's address": re.compile(r"\b0x[0-9a-fA-F]{5,}"),
    "a path": re.compile(
        r"(?<![\w.:])(?:~[/\\]|/(?:home|Users|root|tmp|usr|opt|var|private|mnt|content|etc|__w)/)\w"
        r"|\b[A-Z]:\\+(?:Users|Windows|Program|Temp|tmp|a)\b"
    ),
    "an installed package's path": re.compile(r"site-packages|dist-packages"),
    "a kernel's file or a PID": re.compile(r"ipykernel_\d|\b(?:pid|PID)\W{0,2}\d"),
    "a date": re.compile(r"<dc:date>|\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d"),
}
#: The marks around a solution, which no student sees.
NBGRADER = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
SKIP_TAG = re.compile(r"(?:nbval|pytest-validate)-.*|skip-execution")
SKIP_COMMENT = re.compile(r"^\s*#\s*(?:NBVAL_|PYTEST_VALIDATE_)\w+", re.MULTILINE)
INSTALL = re.compile(
    r"^\s*[!%].*\b(?:pip|conda|mamba|uv|apt|brew)\b|\bpip3? install\b|\bsys\.path\b", re.MULTILINE
)
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(\s*<?((?:[^()\s>]|\([^()\s]*\))+)|(?:src|href)=(?:\"([^\"]+)\"|'([^']+)')")
PICTURE = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|//")


def texts(output: NotebookNode) -> Iterator[tuple[str, str]]:
    """(what it is, text) for everything in an output that is words: not a PNG."""
    for key in ("text", "evalue"):
        if key in output:
            yield key, output[key]
    yield from (("traceback", COLOUR.sub("", frame)) for frame in output.get("traceback", ()))
    for kind, value in output.get("data", {}).items():
        if not kind.startswith("image/") or kind == "image/svg+xml":
            text = value if isinstance(value, str) else json.dumps(value)
            yield kind, text
            yield from ((f"picture in {kind}", svg) for svg in pictures(text))
    if output.get("metadata"):
        yield "metadata", json.dumps(output.metadata)


def pictures(html: str) -> list[str]:
    """The SVGs that stand in HTML as images, also of a page that was altered by hand."""
    whole = (payload for payload in PICTURE.findall(html) if len(payload) % 4 == 0)
    return [b64decode(payload).decode(errors="replace") for payload in whole]


def outputs(nb: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """(cell, output) for each output of a notebook."""
    return ((cell, output) for cell in code_cells(nb) for output in cell.outputs)


def errors(cell: NotebookNode) -> list[NotebookNode]:
    """The errors among the outputs of a cell of code."""
    return [output for output in cell.outputs if output.output_type == "error"]


# --- rules for every notebook ---------------------------------------------------------------------


def not_valid(nb: NotebookNode) -> list[str]:
    """The notebook follows Jupyter's schema and no two cells share an id."""
    found = [error.message.split("\n")[0][:200] for error in nbformat.validator.iter_validate(nb)]
    ids = [cell.get("id") for cell in nb.cells]
    return found + sorted({f"the cell id {one} is used twice" for one in ids if ids.count(one) > 1})


def not_normal(nb: NotebookNode) -> list[str]:
    """The notebook is in normal form: what `make refresh` writes."""
    if write_text(nb) == write_text(normalise(nb)):
        return []
    return [f"not in normal form, make refresh mends it:\n{difference(nb, normalise(nb))}"]


def machine_in_output(nb: NotebookNode) -> list[str]:
    """No output says where, when or in which process it was made."""
    return [
        f"{label(cell)}: {what} in its {key}: {pattern.search(text).group()}…"
        for cell, output in outputs(nb)
        for key, text in texts(output)
        for what, pattern in MACHINE.items()
        if pattern.search(text)
    ]


def skipped(nb: NotebookNode) -> list[str]:
    """No tag and no comment keeps a cell out of the comparison."""
    tags = [
        (cell, tag)
        for cell in nb.cells
        for tag in cell.metadata.get("tags", [])
        if SKIP_TAG.fullmatch(tag)
    ]
    comments = [
        (cell, hit.strip()) for cell in code_cells(nb) for hit in SKIP_COMMENT.findall(cell.source)
    ]
    return [
        f"{label(cell)}: {what} would keep it from being compared" for cell, what in tags + comments
    ]


def installs(nb: NotebookNode) -> list[str]:
    """No cell installs anything or bends the import path: `make lab` has done so."""
    hits = ((cell, INSTALL.search(cell.source)) for cell in code_cells(nb))
    return [f"{label(cell)}: {hit.group().strip()}" for cell, hit in hits if hit]


def too_big(nb: NotebookNode) -> list[str]:
    """A page stays readable: columns and lines in a cell, cells on a page, bytes in a file."""
    lines = [(label(cell), NBGRADER.sub("", cell.source).splitlines()) for cell in code_cells(nb)]
    sizes = [(name, len(code), LINES, "lines") for name, code in lines]
    sizes += [(name, max(map(len, code), default=0), COLUMNS, "columns") for name, code in lines]
    assigned = any("nbgrader" in cell.metadata for cell in nb.cells)
    sizes += [("the notebook", len(nb.cells), CELLS_ASSIGNED if assigned else CELLS, "cells")]
    sizes += [("the notebook", len(write_text(nb).encode()), BYTES, "bytes")]
    return [
        f"{what} has {size} {unit}, {most} at most"
        for what, size, most, unit in sizes
        if size > most
    ]


def empty_cells(nb: NotebookNode) -> list[str]:
    """No cell is empty."""
    return [
        f"cell {number} is empty"
        for number, cell in enumerate(nb.cells, 1)
        if not cell.source.strip()
    ]


# --- rules for a notebook that is stored with its outputs -----------------------------------------


def miscounted(nb: NotebookNode) -> list[str]:
    """Every code cell was executed, once, from top to bottom."""
    counts = [cell.execution_count for cell in code_cells(nb)]
    return (
        []
        if counts == [*range(1, len(counts) + 1)]
        else [f"the cells ran as {counts}, not as 1, 2, 3 …"]
    )


def untagged_errors(nb: NotebookNode) -> list[str]:
    """A cell raises if, and only if, it is tagged raises-exception."""
    found = []
    for cell in code_cells(nb):
        tagged = "raises-exception" in cell.metadata.get("tags", [])
        if tagged != bool(errors(cell)):
            found += [
                f"{label(cell)}: tagged and quiet"
                if tagged
                else f"{label(cell)}: raises without the tag"
            ]
    return found


def torn_tracebacks(nb: NotebookNode) -> list[str]:
    """A traceback says its error's name and message, names a line of its cell, and is short."""
    found = []
    for cell in code_cells(nb):
        for error in errors(cell):
            lines = COLOUR.sub("", "\n".join(error.traceback)).splitlines()
            said = f"{error.ename}: {error.evalue}".removesuffix(": ").split("\n")[0]
            wrong = {
                f"does not say {said}": said not in lines,
                f"names no line of In[{cell.execution_count}]": not any(
                    f"In[{cell.execution_count}]" in line for line in lines
                ),
                f"has {len(lines)} lines: `%load_ext autograd_seen` in the first cell makes it "
                f"{MOST_LINES} at most": len(lines) > MOST_LINES,
            }
            found += [
                f"{label(cell)}: the traceback {what}" for what, is_so in wrong.items() if is_so
            ]
    return found


def lonely_pictures(nb: NotebookNode) -> list[str]:
    """Beside each PNG stands a number as text: a picture is compared by its look only."""
    cells = code_cells(nb)
    return [
        f"{label(cell)}: a picture without a number as text in its cell or the one before or after"
        for at, cell in enumerate(cells)
        if any("image/png" in output.get("data", {}) for output in cell.outputs)
        and not any(says_a_number(near) for near in cells[max(at - 1, 0) : at + 2])
    ]


def says_a_number(cell: NotebookNode) -> bool:
    """Whether a digit stands in what a cell printed or returned."""
    words = [
        output.get("text", output.get("data", {}).get("text/plain", "")) for output in cell.outputs
    ]
    return any(re.search(r"\d", text) for text in words if not text.startswith("<Figure"))


EVERYWHERE = [not_valid, not_normal, machine_in_output, skipped, installs, too_big, empty_cells]
EVERYWHERE += [predictions.malformed_predictions, predictions.misplaced_hiding]
EXECUTED = [miscounted, untagged_errors, torn_tracebacks, lonely_pictures]
EXECUTED += [predictions.unanswered_predictions]


def findings(nb: NotebookNode, rules: list[Callable[[NotebookNode], list[str]]]) -> list[str]:
    """What any of these rules finds in a notebook."""
    return [f"{rule.__name__}: {finding}" for rule in rules for finding in rule(nb)]


# --- rules that look beyond the notebook ----------------------------------------------------------


def broken_links(nb: NotebookNode, path: Path) -> list[str]:
    """Each relative link leads to a file that exists and, after a #, to a heading in it."""
    found = []
    for cell in nb.cells:
        words = CODE.sub("", cell.source) if cell.cell_type == "markdown" else ""
        for link in ("".join(groups) for groups in LINK.findall(words)):
            if not ELSEWHERE.match(link) and (reason := why_broken(link, nb, path)):
                found.append(f"{label(cell)}: {link} {reason}")
    return found


def why_broken(link: str, nb: NotebookNode | None, path: Path) -> str:
    """Why a relative link of the notebook in `path` leads nowhere; empty if it leads somewhere."""
    file, _, anchor = unquote(link).partition("#")
    target = path.parent / file
    if not target.exists():
        return "leads nowhere"
    if anchor and anchor not in (anchors(markdown(nb), "lab") if not file else anchors_in(target)):
        return "names no heading there"
    return ""


def anchors_in(target: Path) -> set[str]:
    """What a link to this notebook or Markdown file can name after a #."""
    if target.suffix == ".ipynb":
        return anchors(markdown(read(target)), "lab")
    return anchors(target.read_text(encoding="utf-8"), "github")


def markdown(nb: NotebookNode) -> str:
    """The prose of a notebook, without its code."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def anchors(text: str, style: str) -> set[str]:
    """The headings of a text as a link names them: in JupyterLab (style "lab"), or in a Markdown
    file on GitHub (style "github").
    """
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = HEADING.findall(text)
    if style == "lab":
        return {anchor_in_lab(title) for title in titles}
    return {re.sub(r"[^\w\- ]", "", as_shown(title).lower()).replace(" ", "-") for title in titles}


def anchor_in_lab(title: str) -> str:
    """What leads to a heading after a # in JupyterLab."""
    return as_shown(title).replace(" ", "-")


def as_shown(title: str) -> str:
    """A heading without what Markdown takes out of it; in code, a star is a star."""
    return re.sub(r"`([^`]*)`|\*|\[([^]]*)\]\([^)]*\)", r"\1\2", title)


def misnumbered(paths: list[Path]) -> list[str]:
    """Lessons are numbered 01, 02, 03 … without a gap."""
    numbers = [path.name.split("_")[0] for path in paths]
    wanted = [f"{number:02}" for number in range(1, len(paths) + 1)]
    return [] if numbers == wanted else [f"lessons are numbered {numbers}, not {wanted}"]
