"""The pages that people look at: nbgrader's feedback and its form for grading by hand, which fetch
nothing from elsewhere. Notes stand at the top, and templates are compiled once.
"""

import functools
import hashlib
import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import nbformat
from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    DictLoader,
    Environment,
    Template,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution, is_task
from traitlets import List

from forkgrade.notes import notes
from forkgrade.safe_html import as_markdown
from forkgrade.steps import step

#: How many texts and cells, each, are kept for other pages, and the most characters of such a cell.
MOST_KEPT, LONGEST_KEPT = 2_000, 20_000
#: What a page shows of a notebook, in the words of nbconvert's templates.
EVERYTHING = {
    "include_code": True,
    "include_markdown": True,
    "include_raw": True,
    "include_unknown": True,
    "include_input": True,
    "include_output": True,
    "include_output_stdin": True,
    "include_input_prompt": True,
    "include_output_prompt": True,
    "no_prompt": False,
}
#: What a browser is told of a page. It runs no script and fetches nothing, whatever it finds there.
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
#: That of the form for grading, which has scripts of its own. They fetch from its server only.
OWN_SCRIPTS = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'"
)
#: Stands where nbconvert's templates load MathJax from another host: formulas are shown as typed.
INSTEAD_OF_MATHJAX = """{{% macro mathjax(url="") -%}}
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="same-origin">
{{%- endmacro %}}"""


#: The page of a template, for which each cell is asked for.
CELL_BY_CELL = """{{%- extends "{name}" -%}}
{{%- block any_cell scoped -%}}{{{{ once(cell, super) }}}}{{%- endblock -%}}"""


@dataclass(frozen=True)
class Shown:
    """What a page says of a notebook beside what is in it.

    Attributes:
        scores: {graded cell or task: its points}.
        comments: {answer or task: what is said of it}.
        late_penalty: the points that are taken off.
    """

    scores: dict[str, float]
    comments: dict[str, str | None]
    late_penalty: float = 0


def feedback_page(nb: NotebookNode, name: str, shown: Shown, settings: dict[str, dict]) -> str:
    """The page of a graded notebook, which is changed for that: what nbgrader's GenerateFeedback
    makes of it. `settings` are those of a bundle.
    """
    points = show_grades(nb, shown)
    step(ClearHiddenTests, settings).preprocess(nb, {})
    show_notes(nb)
    about = {
        "notebook": name,
        "score": sum(shown.scores.values()) - shown.late_penalty,
        "max_score": points,
        "late_penalty": shown.late_penalty,
    }
    resources = {"nbgrader": about, "inlining": {"css": header_css()}, "metadata": {"name": name}}
    return exporter().rendered(nb, resources)


def show_grades(nb: NotebookNode, shown: Shown) -> float:
    """Puts scores and comments where nbgrader's template looks for them; returns the points that
    there are.
    """
    total = 0
    for cell in nb.cells:
        marks = cell.metadata.get("nbgrader", {})
        if is_grade(cell) or is_task(cell):
            marks["score"] = shown.scores.get(marks["grade_id"], 0.0)
            total += float(marks["points"])
        if is_solution(cell) or is_task(cell):
            marks["comment"] = shown.comments.get(marks["grade_id"])
    return total


@functools.cache
def header_css() -> list[str]:
    """The style of a page, as the template has it made."""
    nb, resources = nbformat.v4.new_notebook(), ResourcesDict()
    for preprocessor in exporter()._preprocessors:
        nb, resources = preprocessor(nb, resources)
    return resources["inlining"]["css"]


@functools.cache
def exporter() -> "FeedbackPage":
    """What makes the pages of this process, with nbgrader's own template."""
    return FeedbackPage(config=GenerateFeedback().config)


def show_notes(nb: NotebookNode) -> None:
    """Adds a first cell with the notes of a notebook, if it has any."""
    if found := notes(nb):
        lines = "".join(f"<li>{html.escape(text)}</li>" for text in found)
        source = as_markdown(f"<p><b>Notes from grading</b></p><ul>{lines}</ul>")
        nb.cells.insert(0, nbformat.v4.new_markdown_cell(source, id="grading-notes"))


class ShowNotes(NbGraderPreprocessor):
    """Puts the notes at the top of a page."""

    display_data_priority = List().tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Adds a first cell with the notes of a notebook, if it has any."""
        show_notes(nb)
        return nb, resources


def make_room(kept: dict) -> None:
    """Empties what is kept for other pages, where it is much: a process may make a million."""
    if len(kept) > MOST_KEPT:
        kept.clear()


class CompiledTemplates(BytecodeCache):
    """Compiled templates, kept as long as this process lives."""

    def __init__(self):
        self.codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives a template its code, if it was compiled before."""
        if bucket.key in self.codes:
            bucket.bytecode_from_string(self.codes[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps the code of a template."""
        self.codes[bucket.key] = bucket.bytecode_to_string()


class FeedbackPage(HTMLExporter):
    """nbconvert's HTML without what it fetches, and without doing for each page what takes most of
    its time.

    Its templates are compiled once, code that many notebooks share is coloured once, and the
    finished page is not parsed again, which would only add tab stops.
    """

    policy = NO_SCRIPTS
    compiled = CompiledTemplates()
    coloured: ClassVar[dict[str, str]] = {}
    texts: ClassVar[dict[str, str]] = {}

    def __init__(self, **settings: object):
        """One whose cells are kept apart from those of another, which may be set otherwise."""
        self.cells: dict[bytes, str] = {}
        super().__init__(**settings)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kw: object
    ) -> tuple[str, dict]:
        """The page of a notebook, and the resources."""
        resources = self.with_filters(resources)
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    def rendered(self, nb: NotebookNode, resources: dict) -> str:
        """The page of a notebook on which no preprocessor is to run any more: the same page,
        without the copies that nbconvert makes for them.
        """
        resources = self.with_filters(resources)
        self._nb_metadata[resources["metadata"]["name"]] = nb.metadata
        resources["global_content_filter"] = EVERYTHING
        page = self.template if "widgets" in nb.metadata else self.cell_by_cell
        return page.render(nb=nb, resources=resources, once=self.once).lstrip("\r\n")

    @functools.cached_property
    def cell_by_cell(self) -> Template:
        """The template of a page, which asks `once` for each cell."""
        return self.environment.from_string(CELL_BY_CELL.format(name=self.template.name))

    def once(self, cell: NotebookNode, make: Callable[[], str]) -> str:
        """What a page shows of a cell, with its outputs, points and comments, which says nothing of
        the rest of the notebook. It is made once for each cell that is the same.
        """
        text = json.dumps(cell)
        if len(text) > LONGEST_KEPT:
            return make()
        digest = hashlib.sha256(text.encode()).digest()
        if digest not in self.cells:
            make_room(self.cells)
            self.cells[digest] = make()
        return self.cells[digest]

    def with_filters(self, resources: dict | None) -> dict:
        """The resources of a page, for which this gets its filters."""
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", self.highlight)
        self.register_filter("markdown2html", self.markdown)
        data_type = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=resources
        )
        self.register_filter("filter_data_type", data_type)
        return resources

    @pass_context
    def markdown(self, context: Context, source: str) -> str:
        """A text as HTML. One that has no pictures of its own is made once."""
        if context.get("cell", {}).get("attachments"):
            return self.markdown2html(context, source)
        if source not in self.texts:
            make_room(self.texts)
            self.texts[source] = self.markdown2html(context, source)
        return self.texts[source]

    def highlight(
        self, source: str, language: str | None = None, metadata: dict | None = None
    ) -> str:
        """A cell's source as coloured HTML.

        It is coloured as Python also below a magic such as %%perl: the lexers of other languages
        take minutes for what somebody may write there.
        """
        if source not in self.coloured:
            make_room(self.coloured)
            colour = Highlight2HTML(pygments_lexer="ipython3", parent=self)
            self.coloured[source] = colour(source)
        return self.coloured[source]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.bytecode_cache = self.compiled
        own = DictLoader({"mathjax.html.j2": INSTEAD_OF_MATHJAX.format(policy=self.policy)})
        environment.loader = ChoiceLoader([own, environment.loader])
        return environment


class FormPage(FeedbackPage):
    """The page on which nbgrader's form grader shows a submission."""

    policy = OWN_SCRIPTS
    compiled = CompiledTemplates()
