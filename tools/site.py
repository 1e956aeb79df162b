"""Builds the course's site from the notebooks as they are: `python -m tools.site`.

What Sphinx reads is laid down in site/_build/source, the pages in site/_build/html. Outputs are
those that are stored; `make test` is what proves them.
"""

import argparse
import json
import re
import shutil
import subprocess
import symtable
import sys
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autograd_seen.checks import reference
from autograd_seen.checks.points import assignments
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools import error_index, frame, lesson_table
from tools.exercises import NUMBER
from tools.lessons import Lesson, lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import code_cells, read, write_text

BUILD = "site/_build"
#: Where a link of a notebook leads on the site, which has pages of its own for these.
ELSEWHERE = {
    "README.md#find-your-error": "../find_error.md",
    "README.md#notation": "../notation.md",
    "README.md": "../notation.md",
    "errors.html": "../find_error.md",
}
LINK = re.compile(r"\]\((?P<link>(?:README\.md|errors\.html)(?:#[\w-]*)?)\)")
GITHUB = re.compile(r"https://github\.com/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?")
#: The folder of the site with the runnable copies, and the branch that the site is published from.
RUNNABLE = "run"
PAGES = "gh-pages"
DATA = re.compile(r"data/[\w-]+\.csv")
#: What only a teacher's build has, on a page of Markdown.
TEACHERS = re.compile(r"<!-- teacher -->\n(.*?)<!-- end of teacher -->\n", re.DOTALL)
HIDDEN = re.compile(
    r"^[ ]*### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL | re.MULTILINE
)
#: What the site says below the title of a lesson, and of an assignment.
HOW_TO_READ = (
    "*Here the outputs are stored. Answer each question first, and then open **Show the output** "
    "below the cell. To run and change the code, [get the course](../start.md).*"
)
HOW_TO_ANSWER = (
    "*Here you can read what is asked. To answer it and have it checked, "
    "[get the course](../../start.md).*"
)
#: What an alternative text may have; a longer one is cut at a line.
LONGEST_ALT = 1500


@dataclass(frozen=True)
class Wanted:
    """What a build of the site holds beside what every build holds.

    Attributes:
        teacher: exam questions with their keys.
        worked: the assignments with their solutions, and the likely causes of wrong answers.
        repository: the address of the repository that a notebook's buttons open it from; empty for
            none.
    """

    teacher: bool = False
    worked: bool = False
    repository: str = ""


def lay_down(root: Path, to: Path, wanted: Wanted) -> None:
    """Writes what Sphinx reads of the course in ``root`` into a folder that is empty."""
    for path in sorted((root / "site").rglob("*")):
        place = path.relative_to(root / "site")
        if path.is_file() and not {"_build", "__pycache__"} & set(place.parts):
            copy(path, to / place)
    for path in to.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(TEACHERS.sub(r"\1" if wanted.teacher else "", text), encoding="utf-8")
    for lesson in lessons(root):
        shown = page(read(lesson.notebook))
        shown.cells.insert(1, new_markdown_cell(HOW_TO_READ))
        if wanted.repository:
            shown.cells.insert(2, buttons(lesson, wanted.repository))
            copies = to / "extra" / RUNNABLE
            write(copies / lesson.notebook.name, runnable(lesson, wanted.repository))
        write(to / lesson.notebook.relative_to(root), shown)
        write(to / lesson.exercise.relative_to(root), page(asked(lesson)))
        if wanted.worked:
            write(to / worked_place(lesson), worked(lesson))
    copy(error_index.SEARCH, to / "static" / error_index.SEARCH.name)
    for path in sorted((root / "notebooks" / "images").iterdir()):
        copy(path, to / "notebooks" / "images" / path.name)
    (to / "extra").mkdir(exist_ok=True)
    fill(to / "index.md", "lessons", contents(root))
    folders = ["exercises", "worked"] if wanted.worked else ["exercises"]
    for folder in folders:
        text = list_of_assignments(root, *LISTS[folder])
        (to / folder / "index.md").write_text(text, encoding="utf-8")
    places = ["start", *(f"{folder}/index" for folder in folders)]
    fill(to / "index.md", "practise", listed(places, caption="Practise"))
    fill(to / "notation.md", "notation", notation(root))
    fill(to / "find_error.md", "errors", errors_table())


def copy(path: Path, to: Path) -> None:
    """Copies a file, with the folders above it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


def write(path: Path, nb: NotebookNode) -> None:
    """Writes a notebook, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(write_text(nb), encoding="utf-8")


def fill(path: Path, name: str, text: str) -> None:
    """Puts a text where a page has the comment ``<!-- name -->``."""
    page = path.read_text(encoding="utf-8")
    mark = f"<!-- {name} -->"
    if page.count(mark) != 1:
        raise ValueError(f"{path} has {page.count(mark)} times {mark}, and needs it once")
    path.write_text(page.replace(mark, text), encoding="utf-8")


def slug(title: str) -> str:
    """What leads to a heading after a #, from the title as it is shown: as in JupyterLab."""
    return title.replace(" ", "-")


# --- notebooks ------------------------------------------------------------------------------------


def page(nb: NotebookNode) -> NotebookNode:
    """A notebook as the site shows it: with links to the site's own pages, and plots that say
    what they show.
    """
    code = code_cells(nb)
    for at, cell in enumerate(code):
        if any("image/png" in output.get("data", ()) for output in cell.outputs):
            near = (cell, *code[max(at - 1, 0) : at], *code[at + 1 : at + 2])
            alt = next(filter(re.compile(r"\d").search, map(printed, near)), "")
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda found: f"]({ELSEWHERE[found['link']]})", cell.source)
    return nb


def asked(lesson: Lesson) -> NotebookNode:
    """An assignment as a student gets it, with what its given cells show when they run."""
    nb, answered = read(lesson.exercise), set()
    solved = {cell.id: cell for cell in read(lesson.solution).cells}
    for cell in code_cells(nb):
        marks, stored = cell.metadata.get("nbgrader", {}), solved[cell.id]
        bound, known = names_in(stored.source)
        if marks.get("solution") or known & (answered | {"progress"}):
            answered |= bound
        elif not marks.get("grade") and cell.source == stored.source:
            answered -= bound
            cell.outputs, cell.execution_count = stored.outputs, stored.execution_count
    nb.cells.insert(1, new_markdown_cell(HOW_TO_ANSWER))
    return nb


def names_in(source: str) -> tuple[set[str], set[str]]:
    """The global names that a cell sets or defines, and those that it reads, in functions too."""
    lines = (line for line in source.splitlines() if not line.startswith(("%", "!")))
    top = symtable.symtable("\n".join(lines), "cell", "exec")
    bound = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}
    known = {one.get_name() for one in top.get_symbols() if one.is_referenced()}
    inside = list(top.get_children())
    while inside:
        scope = inside.pop()
        known |= {one.get_name() for one in scope.get_symbols() if one.is_global()}
        inside += scope.get_children()
    return bound, known


def printed(cell: NotebookNode) -> str:
    """What a cell prints or returns as text, in one line: the numbers of the plot beside it."""
    said = [
        output.get("text", output.get("data", {}).get("text/plain", ""))
        for output in cell.outputs
        if "image/png" not in output.get("data", ())
    ]
    return " ".join(" ".join(said).split())[:LONGEST_ALT]


def worked(lesson: Lesson) -> NotebookNode:
    """An assignment with its solutions, and below each check what wrong answers come from."""
    nb = page(read(lesson.solution))
    causes = {one.check.number: list(one.wrong) for one in lesson.load_oracles()}
    cells, number = [], ""
    for cell in nb.cells:
        cell.source = HIDDEN.sub("", reference.MARK.sub("", cell.source)).rstrip("\n")
        if heading := NUMBER.match(cell.source):
            number = heading[1]
        marks = cell.metadata.get("nbgrader", {})
        cells.append(cell)
        if marks.get("grade") and not marks.get("solution") and causes.get(number):
            cells.append(new_markdown_cell(why_wrong(causes[number])))
    cells[0].source = re.sub(r"^# Assignment (\d\d)", r"# Solutions \1", cells[0].source)
    nb.cells = cells
    return nb


def worked_place(lesson: Lesson) -> str:
    """Where the worked solutions of an assignment lie, as deep as the assignment itself."""
    return f"worked/{lesson.slug}/{lesson.solution.name}"


def why_wrong(causes: list[str]) -> str:
    """What the check says of the answers that it knows to be wrong."""
    rows = "\n".join(f"- {cause}" for cause in causes)
    return (
        "<details><summary>Where other answers come from</summary>\n\n"
        f"The check knows these, and says which of them fits an answer.\n\n{rows}\n\n</details>"
    )


# --- pages that are made from others --------------------------------------------------------------


def contents(root: Path) -> str:
    """The table of lessons, and the list of their pages that becomes a part of the side bar."""
    table = lesson_table.part(root).inside().strip()
    pages = [lesson.place(lesson.notebook) for lesson in lessons(root)]
    return f"{table}\n{listed(pages, caption='Lessons')}"


def list_of_assignments(root: Path, place_of: Callable[[Lesson], str], title: str) -> str:
    """The page under which the side bar has the assignments, or their worked solutions."""
    points = {one.slug: one.points.values() for one in assignments()}
    rows, pages = [], []
    for lesson in lessons(root):
        name, worth = place_of(lesson).partition("/")[2], points[lesson.slug]
        _, question = frame.title(read(lesson.notebook))
        pages.append(name)
        rows.append(f"| [{lesson.number}]({name}) | {question} | {len(worth)} | {sum(worth)} |")
    head = "| | question | exercises | points |\n|---|---|---|---|"
    table = "\n".join([head, *rows])
    return f"# {title}\n\n{table}\n{listed(pages)}"


def listed(pages: Iterable[str], caption: str = "") -> str:
    """A part of the side bar."""
    names = "\n".join(page.removesuffix(".ipynb") for page in pages)
    called = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{called}\n{names}\n```\n"


def notation(root: Path) -> str:
    """The table of letters, as notebooks/README.md has it."""
    text = (root / "notebooks" / "README.md").read_text(encoding="utf-8")
    return text.split("\n## Notation\n")[1].split("\n## ")[0].strip()


def errors_table() -> str:
    """The rows of Find your error, and what a line is searched by, for the box above them."""
    patterns = json.dumps([row.pattern for row in error_index.sorted_rows()]).replace(
        "<", "\\u003c"
    )
    script = f'<script type="application/json" id="patterns">{patterns}</script>'
    return f"{error_index.table('notebooks/')}\n{script}"


#: The pages under which the side bar has a list, by their folder: where each page lies, the title.
LISTS = {
    "exercises": (lambda lesson: lesson.place(lesson.exercise), "Assignments"),
    "worked": (worked_place, "Worked solutions"),
}


# --- run anywhere ---------------------------------------------------------------------------------


def buttons(lesson: Lesson, repository: str) -> NotebookNode:
    """The cell with the buttons that open a lesson's runnable copy.

    Raises ValueError for an address that is none of a repository on GitHub: Colab and Binder open
    no other by a link.
    """
    found = GITHUB.fullmatch(repository)
    if not found:
        raise ValueError(
            f"{repository} is no repository on GitHub, which is what Colab and Binder open by a "
            "link: give https://github.com/owner/name"
        )
    name, at = found["name"], f"{RUNNABLE}/{lesson.slug}.ipynb"
    colab = f"https://colab.research.google.com/github/{name}/blob/{PAGES}/{at}"
    binder = (
        f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/notebooks/{lesson.slug}.ipynb"
    )
    return new_markdown_cell(
        f"Run this lesson: [in Colab]({colab}) · [on Binder]({binder}) "
        f'· <a href="../{at}" download>download</a>'
    )


def runnable(lesson: Lesson, repository: str) -> NotebookNode:
    """A lesson without outputs, that first installs the package and fetches the lesson's data."""
    nb = read(lesson.notebook)
    code = code_cells(nb)
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    named = sorted(set(DATA.findall("\n".join(cell.source for cell in code))))
    raw = repository.replace("github.com", "raw.githubusercontent.com") + "/HEAD/notebooks/"
    lines = [f'%pip install -q "autograd-seen @ git+{repository}"']
    if named:
        lines += ["import os", "import urllib.request", 'os.makedirs("data", exist_ok=True)']
    lines += [f'urllib.request.urlretrieve("{raw}{file}", "{file}")' for file in named]
    nb.cells.insert(1, new_code_cell("\n".join(lines), id="anywhere"))
    return nb


# --- the build ------------------------------------------------------------------------------------


def build(source: Path, to: Path) -> None:
    """Builds the pages; any warning of Sphinx ends it.

    Raises subprocess.CalledProcessError where Sphinx refuses.
    """
    kept = source.with_name("doctrees")
    options = ("-q", "-W", "--keep-going", "-E", "-b", "html", "-d", kept)
    subprocess.run([sys.executable, "-m", "sphinx", *options, source, to], check=True)


def main() -> None:
    """Builds the site of this course, and opens it where a browser is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", action="store_true", help="with what only a teacher may have")
    parser.add_argument("--worked", action="store_true", help="with worked solutions")
    parser.add_argument("--repository", default="", help="address of a public copy, for buttons")
    parser.add_argument("--open", action="store_true", help="open the first page in a browser")
    said = parser.parse_args()
    place = ROOT / BUILD
    shutil.rmtree(place, ignore_errors=True)
    wanted = Wanted(said.teacher, said.worked, said.repository.rstrip("/"))
    lay_down(ROOT, place / "source", wanted)
    build(place / "source", place / "html")
    first = place / "html" / "index.html"
    print(f"The site begins at {first.relative_to(ROOT)}")
    if said.open:
        webbrowser.open(first.as_uri())


if __name__ == "__main__":
    sys.exit(main())
