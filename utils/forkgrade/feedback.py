"""The feedback page: nbgrader's, with the notes at its top and its templates compiled once."""

from typing import ClassVar

import nbformat
from jinja2 import BytecodeCache
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from forkgrade.notes import notes


class ShowNotes(NbGraderPreprocessor):
    """Puts the notes at the top of a page."""

    display_data_priority = List().tag(config=True)

    def preprocess(self, nb, resources):
        if found := notes(nb):
            lines = "\n".join(f"- {text.replace('<', '&lt;')}" for text in found)
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(f"**Notes from grading**\n\n{lines}"))
        return nb, resources


class Memory(BytecodeCache):
    """Compiled templates, kept as long as this process lives."""

    def __init__(self):
        self.codes = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.codes:
            bucket.bytecode_from_string(self.codes[bucket.key])

    def dump_bytecode(self, bucket):
        self.codes[bucket.key] = bucket.bytecode_to_string()


class FeedbackPage(HTMLExporter):
    """nbconvert's HTML, without doing for each page what takes most of its time.

    Its templates are compiled once, code that many notebooks share is coloured once, and the
    finished page is not parsed again, which would only add tab stops."""

    compiled = Memory()
    coloured: ClassVar = {}

    def from_notebook_node(self, nb, resources=None, **kw):
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", self.highlight)
        shown = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=resources
        )
        self.register_filter("filter_data_type", shown)
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    def highlight(self, source, language=None, metadata=None):
        key = source, language, (metadata or {}).get("magics_language")
        if key not in self.coloured:
            colour = Highlight2HTML(pygments_lexer="ipython3", parent=self)
            self.coloured[key] = colour(source, language, metadata)
        return self.coloured[key]

    def _create_environment(self):
        environment = super()._create_environment()
        environment.bytecode_cache = self.compiled
        return environment
