"""Lays working copies of the course in my/, where a reader runs, changes and saves them:
`python -m tools.working_copies`, or with `--fresh 03` one lesson anew.

my/ mirrors what a reader opens, so that every relative link and every data file is where a page
looks for it, and git ignores it. A copy arrives once. What a reader wrote is never overwritten:

- a notebook comes without outputs, in the bytes that JupyterLab would save, and trusted;
- where a page has changed since and the copy was used, the new one is laid beside it, `…_new`;
- where nothing was done to the copy, its bytes are still those that were laid down, and the new
  page takes its place;
- `--fresh` moves a used copy aside, `…_old`, before it lays down the page again.

What was laid down is kept in my/.laid_down.json. Without that file, or with a broken one, no copy
is touched; only a change of a page that came before can then not be told.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import NamedTuple

import nbformat
from forkgrade.files import write_whole
from ipykernel.ipkernel import IPythonKernel
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary

from tools.places import ROOT
from tools.strict_nbval.normal_form import code_cells, normalise, read, write_text

MY = "my"
STATE = ".laid_down.json"
MIRRORED = (
    "README.md",
    "LICENSE",
    "notebooks",
    "exercises",
    # README leads to these.
    "CONTRIBUTING.md",
    "site/class.md",
    "site/grading.md",
    "site/proof.md",
)


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


class Page(NamedTuple):
    """A file of the course as it is laid down."""

    place: str  # from the root of the course, and from my/
    content: bytes
    version: str  # changes where a reader would see a change, and not with stored outputs


def digest(content: bytes) -> str:
    """What two files have in common only if they are the same."""
    return sha256(content).hexdigest()


# --- what is laid down ----------------------------------------------------------------------------


def places(root: Path) -> Iterator[str]:
    """Each file of the course that a reader opens, or that a page needs, from the root."""
    for name in MIRRORED:
        below = sorted((root / name).rglob("*")) if (root / name).is_dir() else [root / name]
        for path in below:
            place = path.relative_to(root)
            if path.is_file() and not any(part.startswith((".", "__")) for part in place.parts):
                yield place.as_posix()


def page(root: Path, place: str) -> Page:
    """A file of the course as it is laid down.

    Raises Refused where a notebook cannot be read.
    """
    source = root / place
    if source.suffix != ".ipynb":
        content = source.read_bytes()
        return Page(place, content, digest(content))
    try:
        nb = without_outputs(read(source))
    except Exception as error:  # whatever nbformat meets in a file that is no notebook
        raise Refused(f"{place} cannot be read, so no copy of it was made: {error}") from error
    version = digest(write_text(nb).encode())
    return Page(place, write_text(as_jupyterlab_saves(nb)).encode(), version)


def without_outputs(nb: NotebookNode) -> NotebookNode:
    """A notebook in normal form as if nobody had run it."""
    nb = normalise(nb)
    for cell in code_cells(nb):
        cell.outputs, cell.execution_count = [], None
    return nb


def as_jupyterlab_saves(nb: NotebookNode) -> NotebookNode:
    """A notebook with what this environment's kernel says of its language: JupyterLab writes that
    into a page that was only opened, and then asks whether to save it.
    """
    nb.metadata.language_info = nbformat.from_dict(IPythonKernel.language_info)
    return nb


# --- laying it down -------------------------------------------------------------------------------


class Copies:
    """The working copies of the course in ``root``, and what is known of how they came."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / MY
        self.known, self.forgotten = self.read_state()

    def read_state(self) -> tuple[dict[str, dict[str, str]], bool]:
        """{place: its version and the digest that was laid down}, and whether that was lost."""
        path = self.folder / STATE
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            return {place: dict(known) for place, known in state.items()}, False
        except FileNotFoundError:
            return {}, False
        except (OSError, ValueError, TypeError, AttributeError):
            return {}, True

    def write_state(self) -> None:
        """Keeps what is known of the copies."""
        text = json.dumps(self.known, indent=1, sort_keys=True, ensure_ascii=False)
        write_whole(self.folder / STATE, text + "\n")

    def untouched(self, place: str) -> bool:
        """Whether a copy is byte for byte what was laid down."""
        laid = self.known.get(place, {}).get("laid")
        return laid == digest((self.folder / place).read_bytes())

    def lay(self, page: Page, place: str) -> None:
        """Writes a page to a place in my/, whole or not at all; notebooks are trusted."""
        write_whole(self.folder / place, page.content)
        if place.endswith(".ipynb"):
            NotebookNotary().sign(nbformat.reads(page.content.decode(), as_version=4))
        self.known[place] = {"version": page.version, "laid": digest(page.content)}

    def bring(self, page: Page) -> str:
        """Lays down a page that is not there, or has changed; returns what a reader must be told:
        "" for nothing, "new", "renewed", or the place of the new one beside the reader's.
        """
        copy, known = self.folder / page.place, self.known.get(page.place)
        if not copy.exists():
            self.lay(page, page.place)
            return "new"
        if known is None:
            same = page.content == copy.read_bytes()
            laid = digest(page.content) if same else ""
            self.known[page.place] = {"version": page.version, "laid": laid}
            return ""
        if known.get("version") == page.version:
            return ""
        if self.untouched(page.place):
            self.lay(page, page.place)
            return "renewed"
        beside = self.free(page.place, "new", self.untouched)
        self.lay(page, beside)
        known["version"] = page.version
        return beside

    def free(
        self, place: str, word: str, spare: Callable[[str], bool] = lambda place: False
    ) -> str:
        """A place beside another, named with a word, where nothing lies, or what can be spared."""
        path = Path(place)
        for number in count(1):
            end = word if number == 1 else f"{word}_{number}"
            beside = path.with_name(f"{path.stem}_{end}{path.suffix}").as_posix()
            if not (self.folder / beside).exists() or spare(beside):
                return beside

    def fresh(self, page: Page) -> str:
        """Lays down a page anew; returns where the used copy went, "" if there was none."""
        copy, kept = self.folder / page.place, ""
        if copy.exists() and copy.read_bytes() != page.content and not self.untouched(page.place):
            kept = self.free(page.place, "old")
            os.replace(copy, self.folder / kept)
        self.lay(page, page.place)
        self.clear_beside(page.place)
        return kept

    def clear_beside(self, place: str) -> None:
        """Deletes what was laid beside a copy and never used."""
        beside = Path(place).with_suffix("").as_posix() + "_new"
        for other in [other for other in self.known if other.startswith(beside)]:
            if (self.folder / other).exists() and self.untouched(other):
                (self.folder / other).unlink()
                del self.known[other]


# --- what is said ---------------------------------------------------------------------------------


def bring_all(root: Path) -> Iterator[str]:
    """Lays down what is missing in my/, and says what a reader should know, line by line."""
    copies = Copies(root)
    told = {}
    for place in places(root):
        try:
            told[place] = copies.bring(page(root, place))
        except Refused as reason:
            yield str(reason)
    copies.write_state()
    yield from sentences(told, copies.forgotten)


def sentences(told: dict[str, str], forgotten: bool) -> Iterator[str]:
    """What a reader is told about the copies of one run."""
    if "new" in told.values():
        yield f"Your working copies are in {MY}/. Run and change them: nothing else changes."
    if renewed := [place for place, word in told.items() if word == "renewed"]:
        yield f"Renewed in {MY}/, where you had changed nothing: {', '.join(renewed)}"
    if forgotten:
        yield (
            f"{MY}/{STATE} could not be read and was written anew. Your copies are as they were; "
            f"if a lesson has changed since you got it, that cannot be told this once."
        )
    for place, beside in told.items():
        if beside not in ("", "new", "renewed"):
            yield f"{place} has changed since you got it. The new one lies beside yours:"
            yield f"  yours  {MY}/{place}"
            yield f"  new    {MY}/{beside}"
            if lesson := lesson_of(place):
                yield f"  To go on with the new one: make fresh LESSON={lesson} (it keeps yours)"


def lesson_of(place: str) -> str:
    """How a command names a notebook: 03, or assignment_03; "" where it is no notebook."""
    path = Path(place)
    if path.suffix != ".ipynb":
        return ""
    return path.stem[:2] if path.parts[0] == "notebooks" else path.stem


def lay_anew(root: Path, lesson: str) -> str:
    """Lays one notebook down anew, and says so and where the old one is.

    Raises Refused where there is no such lesson or assignment.
    """
    named = {lesson_of(place): place for place in places(root) if lesson_of(place)}
    if lesson not in named:
        raise Refused(
            f"LESSON={lesson} names nothing that can be laid down anew. "
            f"Take one of {', '.join(sorted(named))}: make fresh LESSON={min(named)}"
        )
    copies = Copies(root)
    kept = copies.fresh(page(root, named[lesson]))
    copies.write_state()
    said = f"{MY}/{named[lesson]} is laid down anew, without outputs."
    return f"{said} Your old one is kept: {MY}/{kept}" if kept else said


def main(arguments: list[str] | None = None) -> int:
    """Brings the working copies up to date; returns 1 if they could not be written."""
    parser = argparse.ArgumentParser(prog="python -m tools.working_copies", description=__doc__)
    parser.add_argument("--course", type=Path, default=ROOT, help="the folder with notebooks/")
    parser.add_argument("--fresh", metavar="LESSON", help="03, or assignment_03")
    options = parser.parse_args(arguments)
    root = options.course.resolve()
    try:
        lines = bring_all(root) if options.fresh is None else [lay_anew(root, options.fresh)]
        for line in lines:
            print(line)
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The working copies in {root / MY} cannot be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
