"""How Sphinx builds the pages that `python -m tools.site` lays down: myst-nb, Furo, stored outputs.

Nothing on a page comes from another host: formulas become MathML when the site is built, fonts are
the reader's own, and search runs in the page.
"""

from docutils import nodes
from math_core import LatexError
from sphinx.util import logging

from tools.formulas import mathml

project = "Autograd, seen"
html_title = project
author = "the authors of Autograd, seen"
copyright = author
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["extra"]
html_theme = "furo"
html_static_path = ["static"]
html_extra_path = ["extra"]
html_css_files = ["course.css"]
html_js_files = ["find_error.js", "course.js"]
html_copy_source = False
html_show_sphinx = False
#: A summary is fetched from the page that was found, which a browser does not do from a file.
html_show_search_summary = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

#: What `make test` compares is what is shown: no cell runs when the site is built.
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the {type}"
nb_code_prompt_hide = "Hide the {type}"
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "html_image"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
#: As JupyterLab names a heading, so that a link leads to the same place in both.
myst_heading_slug_func = "tools.site.slug"
#: A short traceback has a line "…" where frames were left out, which no lexer knows.
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_google_docstring = True

log = logging.getLogger(__name__)


def write_formula(writer, node) -> None:
    """Writes a formula of the text as MathML."""
    append(writer, node, block=False)
    raise nodes.SkipNode


def write_displayed_formula(writer, node) -> None:
    """Writes a displayed formula as MathML."""
    append(writer, node, block=True)
    raise nodes.SkipNode


def append(writer, node, block: bool) -> None:
    """Writes MathML; a formula that cannot be read is a warning of the build."""
    try:
        formula = mathml(node.astext(), displayed=block)
    except LatexError as error:
        log.warning("formula %r: %s", node.astext(), error, location=node)
        formula = f"<code>{writer.encode(node.astext())}</code>"
    tag = "div" if block else "span"
    writer.body.append(f'<{tag} class="formula{" displayed" if block else ""}">{formula}</{tag}>')


def name_folds(app, name, template, context, doctree) -> None:
    """Lets what folds an output be called by its words, which stand on it."""
    if "body" in context:
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")


def setup(app) -> None:
    """Adds the renderer of formulas, and what is put right on a page before it is written."""
    app.connect("html-page-context", name_folds)
    app.add_html_math_renderer("mathml", (write_formula, None), (write_displayed_formula, None))
    app.config.html_math_renderer = "mathml"
