"""A feedback page begins with the notes, and is made without doing anything twice."""

import pytest
from forkgrade.notes import note
from nbformat import v4


def test_a_page_begins_with_the_notes_and_runs_none_of_them():
    from forkgrade.feedback import ShowNotes

    nb = v4.new_notebook(cells=[v4.new_markdown_cell("text")])
    ShowNotes().preprocess(nb, {})
    assert [cell.source for cell in nb.cells] == ["text"]
    note(nb, "handed in as <b>.ipynb")
    note(nb, "[late](javascript:x)")
    ShowNotes().preprocess(nb, {})
    assert nb.cells[0].source == (
        "<div><p><b>Notes from grading</b></p>"
        "<ul><li>handed in as &lt;b&gt;.ipynb</li><li>&#91;late&#93;(javascript:x)</li></ul></div>"
    )


def test_a_page_is_that_of_nbconvert_but_for_its_stops_for_the_tab_key():
    from bs4 import BeautifulSoup
    from forkgrade.feedback import FeedbackPage
    from nbconvert.exporters import HTMLExporter

    def page(exporter):
        soup = BeautifulSoup(exporter().from_notebook_node(nb)[0], "html.parser").body
        for tag in soup.find_all(tabindex=True):
            del tag["tabindex"]
        return soup

    output = v4.new_output("execute_result", {"text/html": "<b>1</b>", "text/plain": "1"})
    cells = [v4.new_code_cell("x = 1", id="a", outputs=[output]), v4.new_markdown_cell("*b*")]
    nb = v4.new_notebook(cells=cells)
    assert page(FeedbackPage) == page(HTMLExporter)


def test_code_that_two_pages_share_is_coloured_once(monkeypatch):
    from forkgrade import feedback

    coloured = []
    original = feedback.Highlight2HTML.__call__

    def count(self, source, *rest):
        coloured.append(source)
        return original(self, source, *rest)

    monkeypatch.setattr(feedback.Highlight2HTML, "__call__", count)
    monkeypatch.setattr(feedback.FeedbackPage, "coloured", {})
    for source in "x = 1", "x = 1", "x = 2":
        nb = v4.new_notebook(cells=[v4.new_code_cell(source)])
        feedback.FeedbackPage().from_notebook_node(nb)
    assert coloured == ["x = 1", "x = 2"]


@pytest.mark.parametrize("page, scripts", [("FeedbackPage", False), ("FormPage", True)])
def test_a_page_fetches_nothing_from_elsewhere(page, scripts):
    from bs4 import BeautifulSoup
    from forkgrade import feedback

    nb = v4.new_notebook(cells=[v4.new_markdown_cell("$x$")])
    exporter = getattr(feedback, page)(template_name="classic")
    text = exporter.from_notebook_node(nb)[0]
    assert "MathJax.Hub" not in text and "mathjax/" not in text and "$x$" in text
    (policy,) = BeautifulSoup(text, "html.parser").select("meta[http-equiv]")
    assert ("script-src" in policy["content"]) == scripts
    assert "http:" not in policy["content"] and "*" not in policy["content"]


def test_a_magic_s_cell_is_coloured_as_python():
    from forkgrade.feedback import FeedbackPage

    source = "%%perl\nprint 'x'"
    page = FeedbackPage()
    assert page.highlight(source, metadata={"magics_language": "perl"}) == page.highlight(source)
    assert '<span class="k">print</span>' in page.highlight(source)
