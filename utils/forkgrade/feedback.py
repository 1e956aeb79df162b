"""The pages that people look at: nbgrader's feedback and its form for grading by hand, which fetch
nothing from elsewhere. Notes stand at the top, and templates are compiled once.
"""

import html
from typing import ClassVar

import nbformat
from jinja2 import BytecodeCache, ChoiceLoader, DictLoader, Environment
from jinja2.bccache import Bucket
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from forkgrade.notes import notes
from forkgrade.safe_html import as_markdown

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


class ShowNotes(NbGraderPreprocessor):
    """Puts the notes at the top of a page."""

    display_data_priority = List().tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Adds a first cell with the notes of a notebook, if it has any."""
        if found := notes(nb):
            lines = "".join(f"<li>{html.escape(text)}</li>" for text in found)
            source = as_markdown(f"<p><b>Notes from grading</b></p><ul>{lines}</ul>")
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(source))
        return nb, resources


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

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kw: object
    ) -> tuple[str, dict]:
        """The page of a notebook, and the resources."""
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", self.highlight)
        data_type = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=resources
        )
        self.register_filter("filter_data_type", data_type)
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    def highlight(
        self, source: str, language: str | None = None, metadata: dict | None = None
    ) -> str:
        """A cell's source as coloured HTML.

        It is coloured as Python also below a magic such as %%perl: the lexers of other languages
        take minutes for what somebody may write there.
        """
        if source not in self.coloured:
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
