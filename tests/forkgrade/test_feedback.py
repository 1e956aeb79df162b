"""A feedback page begins with the notes, and is made without doing anything twice."""

import pytest
from forkgrade.notes import note
from nbformat import v4

from tests.forkgrade.conftest import cells


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


def page(*cells):
    """The feedback page of a notebook with these cells and no grades."""
    from forkgrade.feedback import Shown, feedback_page

    return feedback_page(v4.new_notebook(cells=list(cells)), "a", Shown({}, {}), {})


def test_a_text_that_two_pages_share_is_made_once_but_for_one_with_its_own_pictures(monkeypatch):
    from forkgrade import feedback

    monkeypatch.setattr(feedback.FeedbackPage, "texts", {})
    for data in "AAAA", "BBBB":
        picture = v4.new_markdown_cell("![x](attachment:a.png)")
        picture["attachments"] = {"a.png": {"image/png": data}}
        assert f"base64,{data}" in page(v4.new_markdown_cell("*shared*"), picture)
    assert list(feedback.FeedbackPage.texts) == ["*shared*"]


def test_a_cell_is_drawn_once_until_its_points_comment_output_or_source_change(monkeypatch):
    from forkgrade import feedback

    exporter = feedback.exporter()
    monkeypatch.setattr(exporter, "cells", {})
    kinds = {"test": (True, False), "answer": (False, True)}
    marks = {
        name: {"grade_id": name, "grade": grade, "solution": solution, "points": 3}
        for name, (grade, solution) in kinds.items()
    }

    def kept_after(points, output, comment, source):
        test = v4.new_code_cell("check()", id="a", metadata={"nbgrader": marks["test"] | {}})
        test.outputs = [v4.new_output("stream", text=output)]
        answer = v4.new_code_cell(source, id="b", metadata={"nbgrader": marks["answer"] | {}})
        nb = v4.new_notebook(cells=[test, answer, v4.new_markdown_cell("*c*", id="c")])
        said = feedback.Shown({"test": points}, {"answer": comment})
        text = feedback.feedback_page(nb, "a", said, {})
        assert f"Score: {points} / 3.0" in text and output in text and f"<p>{comment}</p>" in text
        assert source in text and "<em>c</em>" in text
        return len(exporter.cells)

    changes = [
        (1.0, "out", "well", "one"),
        (1.0, "out", "well", "one"),
        (2.0, "out", "well", "one"),
        (2.0, "other", "well", "one"),
        (2.0, "other", "good", "one"),
        (2.0, "other", "good", "two"),
        (2.0, "out", "well", "two"),
    ]
    assert [kept_after(*change) for change in changes] == [3, 3, 4, 5, 6, 7, 8]


def test_what_is_kept_for_other_pages_has_a_bound(monkeypatch):
    from forkgrade import feedback

    monkeypatch.setattr(feedback, "MOST_KEPT", 3)
    for name in "texts", "coloured":
        monkeypatch.setattr(feedback.FeedbackPage, name, {})
    for number in range(9):
        page(v4.new_markdown_cell(f"text {number}"), v4.new_code_cell(f"x = {number}"))
        kept = feedback.FeedbackPage
        assert 1 <= len(kept.texts) <= 4 and 1 <= len(kept.coloured) <= 4
        assert 1 <= len(feedback.exporter().cells) <= 4


def test_a_page_shows_scores_comments_notes_and_a_penalty_and_no_hidden_test():
    from forkgrade.feedback import Shown, feedback_page

    nb = v4.new_notebook(cells=cells("answer = 2"))
    nb.cells[2].source += "\n### BEGIN HIDDEN TESTS\nsecret()\n### END HIDDEN TESTS"
    note(nb, "look at this")
    said = Shown({"check-two": 2.0, "explain": 1.5}, {"explain": "Well said."}, late_penalty=1)
    text = feedback_page(nb, "assignment_01", said, {})
    assert "assignment_01 (Score: 2.5 / 5.0)" in text and "(Score: 1.5 / 3.0)" in text
    assert "Well said." in text and "(Score: -1.0)" in text and "look at this" in text
    assert "secret()" not in text
