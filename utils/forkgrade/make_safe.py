"""The preprocessor that makes the graded copy of a notebook safe to look at: what is stored is what
the form grader and the feedback page show.
"""

import json
import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Instance, default

from forkgrade.limits import Limits
from forkgrade.notes import note
from forkgrade.outputs import new_output
from forkgrade.restore import grade_id, released
from forkgrade.safe_html import Piece, as_markdown, as_picture, as_text, render_all
from forkgrade.staging import CELL_ID

#: What each cell and each output counts beside its characters: a page has tags for it.
EACH = 1_000
IMAGES = "image/png", "image/jpeg"
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
STREAMS = "stdout", "stderr"


class MakeSafe(NbGraderPreprocessor):
    """Makes a graded notebook safe to look at. The last preprocessor: points are settled by then.

    A student's text becomes clean HTML, what a cell displayed keeps the forms in which nothing can
    run, and what is too long is cut, with a sentence. What the course itself handed out stays as it
    is.
    """

    limits = Instance(Limits)

    @default("limits")
    def _limits_default(self) -> Limits:
        return Limits(parent=self)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Makes a notebook safe."""
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir
        make_safe(nb, released(course, about["assignment"], about["notebook"]), self.limits)
        return nb, resources


def make_safe(nb: NotebookNode, release: NotebookNode, limits: Limits) -> None:
    """Makes a notebook safe to look at; notes in it what was cut."""
    texts = {cell.source: cell for cell in release.cells if cell.cell_type == "markdown"}
    clean_metadata(nb, release)
    if cut(nb, limits):
        note(nb, f"shown only in part, as it is longer than {limits.page_chars:,} characters")
    own = [cell for cell in nb.cells if cell.cell_type != "code" and cell.source not in texts]
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source in texts:
            keep_pictures_of(cell, texts[cell.source])
        elif cell.cell_type == "code":
            cell.outputs = [
                made
                for output in cell.outputs
                if (made := known_forms(output, limits.output_chars))
            ]
    clean_pieces(nb, own, limits)


def clean_metadata(nb: NotebookNode, release: NotebookNode) -> None:
    """Clears the metadata of each cell that was not handed out, and the notebook's title and
    widgets; gives a cell a new id where nbformat would not allow its own.
    """
    handed_out = {grade_id(cell) for cell in release.cells} - {None}
    for name in "widgets", "title":
        nb.metadata.pop(name, None)
    for number, cell in enumerate(nb.cells):
        if grade_id(cell) not in handed_out:
            cell.metadata = NotebookNode()
        if not CELL_ID.fullmatch(cell.get("id", "")):
            cell["id"] = f"cell-{number}"


def keep_pictures_of(cell: NotebookNode, release: NotebookNode) -> None:
    """Gives a text of the course's own the pictures that it was handed out with, and no others."""
    cell.pop("attachments", None)
    if "attachments" in release:
        cell["attachments"] = release["attachments"]


# --- limits ---------------------------------------------------------------------------------------


def cut(nb: NotebookNode, limits: Limits) -> bool:
    """Cuts what is too long to be shown, a cell or the whole; returns whether the whole was."""
    left = limits.page_chars
    for number, cell in enumerate(nb.cells):
        if left < 0 and grade_id(cell) is None:
            nb.cells[number:] = [one for one in nb.cells[number:] if grade_id(one) is not None]
            cut_rest(nb.cells[number:])
            return True
        if len(cell.source) > limits.source_chars:
            why = f"… cut: {limits.source_chars:,} of {len(cell.source):,} characters are shown"
            cell.source = f"{cell.source[: limits.source_chars]}\n{why}"
        left -= EACH + len(cell.source)
        for at, output in enumerate(cell.get("outputs", ())):
            left -= EACH + len(json.dumps(output))
            if left < 0:
                cell.outputs[at:] = [
                    new_output("stream", name="stdout", text="… what follows is not shown\n")
                ]
                break
    return left < 0


def cut_rest(cells: list[NotebookNode]) -> None:
    """Leaves of cells what a person needs to see that they are there."""
    for cell in cells:
        cell.source = cell.source[:EACH]
        if cell.cell_type == "code":
            cell.outputs = []


# --- outputs --------------------------------------------------------------------------------------


def known_forms(output: NotebookNode, most: int) -> NotebookNode | None:
    """An output in the forms that are known: texts of `most` characters, images as base64, and HTML
    that is yet to be cleaned. None where it is no output.
    """
    kind = output.get("output_type")
    if kind == "stream":
        name = output.get("name")
        return new_output(
            kind,
            name=name if name in STREAMS else STREAMS[0],
            text=shortened(text_of(output.get("text")), most),
        )
    if kind == "error":
        lines = output.get("traceback")
        return new_output(
            kind,
            ename=text_of(output.get("ename")),
            evalue=text_of(output.get("evalue")),
            traceback=[shortened(text_of(line), most) for line in lines]
            if isinstance(lines, list)
            else [],
        )
    if kind not in ("display_data", "execute_result"):
        return None
    data = output.get("data")
    data = NotebookNode(known_data(data if isinstance(data, dict) else {}))
    if "text/plain" in data:
        data["text/plain"] = shortened(data["text/plain"], most)
    made = new_output(kind, data=data, metadata=known_metadata(output.get("metadata")))
    if kind == "execute_result":
        count = output.get("execution_count")
        made["execution_count"] = count if isinstance(count, int) else None
    return made


def known_data(data: dict) -> Iterator[tuple[str, str]]:
    """(kind, text) of each form of a display that can be shown."""
    pictures = [kind for kind in IMAGES if BASE64.fullmatch(text_of(data.get(kind)))]
    yield from ((kind, text_of(data[kind])) for kind in pictures)
    for kind in "text/html", "text/markdown":
        if kind in data:
            yield kind, text_of(data[kind])
            break
    else:
        if "image/svg+xml" in data and not pictures:
            yield "text/html", as_picture(text_of(data["image/svg+xml"]))
    if "text/plain" in data or not pictures:
        others = ", ".join(sorted(map(str, data))) or "nothing"
        yield "text/plain", text_of(data.get("text/plain", f"(not shown: {others})"))


def known_metadata(metadata: object) -> dict:
    """How large a display is, where that is a number, and what it shows, in words."""
    if not isinstance(metadata, dict):
        return {}
    found = {name: known_metadata(metadata[name]) for name in IMAGES if name in metadata}
    sizes = {name: metadata.get(name) for name in ("width", "height")}
    found |= {name: size for name, size in sizes.items() if type(size) is int}
    return found | ({"alt": metadata["alt"]} if isinstance(metadata.get("alt"), str) else {})


def shortened(text: str, most: int) -> str:
    """A text, or its two ends. A browser's colours for a terminal's take long to work out."""
    if len(text) <= most + EACH:
        return text
    return (
        f"{text[:most]}\n… {len(text) - most - EACH:,} characters are not shown …\n{text[-EACH:]}"
    )


def text_of(value: object) -> str:
    """A text, which may be stored in lines; empty where it is none."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else ""


# --- HTML -----------------------------------------------------------------------------------------


def clean_pieces(nb: NotebookNode, own: list[NotebookNode], limits: Limits) -> None:
    """Cleans the texts that a student wrote, and the HTML that cells displayed."""
    shown = [
        output.data
        for cell in nb.cells
        for output in cell.get("outputs", ())
        if "data" in output and {"text/html", "text/markdown"} & output.data.keys()
    ]
    pieces = [piece_of(cell) for cell in own] + [piece_in(data) for data in shown]
    found = render_all(pieces, limits.page_seconds)
    if found is None:
        note(nb, f"shown as plain text, as its page took longer than {limits.page_seconds:g} s")
    for cell in own:
        html = found[piece_of(cell)] if found else as_text(cell.source)
        cell.source = as_markdown(html)
        if cell.cell_type == "raw":
            cell.cell_type = "markdown"
        cell.pop("attachments", None)
    for data in shown:
        piece = piece_in(data)
        del data[f"text/{piece.kind}"]
        if found:
            data["text/html"] = found[piece]


def piece_of(cell: NotebookNode) -> Piece:
    """What is to be cleaned of a text cell."""
    if cell.cell_type == "raw":
        return Piece("html", as_text(cell.source))
    return Piece("markdown", cell.source, json.dumps(pictures_of(cell), sort_keys=True))


def pictures_of(cell: NotebookNode) -> dict:
    """The pictures that were pasted into a text, of the kinds that a browser only draws."""
    found = {}
    for name, forms in cell.get("attachments", {}).items():
        kept = {kind: data for kind, data in forms.items() if kind in IMAGES}
        if kept:
            found[name] = kept
    return found


def piece_in(data: NotebookNode) -> Piece:
    """What is to be cleaned of a display."""
    kind = "html" if "text/html" in data else "markdown"
    return Piece(kind, data[f"text/{kind}"])
