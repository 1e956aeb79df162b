"""Nothing that a student writes runs in a browser or fetches anything; what is harmless stays."""

import time
from html.parser import HTMLParser

import pytest
from forkgrade import safe_html
from forkgrade.safe_html import (
    LINK,
    PICTURE,
    TAGS,
    Piece,
    as_markdown,
    as_picture,
    as_text,
    clean,
    render_all,
    rendered,
    without_scripts,
)

from tests.forkgrade.payloads import DRAWING, HTML, WRITTEN

HARMLESS = "alt class colspan lang open rowspan scope start style title width height".split()


class Inventory(HTMLParser):
    """All tags of a page with their attributes, and whether one of them could do anything."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))

    def handle_data(self, data):
        self.text += data

    def harmful(self):
        """What should not be there."""
        for tag, attributes in self.tags:
            if tag not in TAGS:
                yield tag
            for name, value in attributes:
                allowed = {"href": LINK, "src": PICTURE}.get(name)
                if allowed and not allowed.fullmatch(value):
                    yield f"{name}={value}"
                if not allowed and name not in HARMLESS:
                    yield name
                if name == "style" and any(word in value for word in ("url", "\\", "position")):
                    yield value


def shown(source):
    """What nbconvert, and with it the form grader, makes of a Markdown cell."""
    from nbconvert.filters import markdown2html

    return markdown2html(source)


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_written_is_left_that_could_run_or_fetch(name):
    safe = rendered(Piece("markdown", WRITTEN[name]))
    assert list(Inventory(safe).harmful()) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_markdown_makes_nothing_else_of_what_was_cleaned(name):
    safe = rendered(Piece("markdown", WRITTEN[name]))
    again, before = Inventory(shown(as_markdown(safe))), Inventory(f"<div>{safe}</div>")
    assert again.tags == before.tags
    assert again.text.strip() == before.text.strip()


@pytest.mark.parametrize("name", HTML)
def test_nothing_displayed_is_left_that_could_run_or_fetch(name):
    safe = rendered(Piece("html", HTML[name]))
    assert list(Inventory(safe).harmful()) == []
    assert clean(safe, strip=True) == safe  # what is clean stays as it is


@pytest.mark.parametrize(
    "text, part",
    [
        ("**bold** and `x < 3`", "<strong>bold</strong> and <code>x &lt; 3</code>"),
        ("[docs](https://pytorch.org/docs)", '<a href="https://pytorch.org/docs">docs</a>'),
        ("if a < b and b > c", "if a &lt; b and b &gt; c"),
        ("a List<int> is", "a List&lt;int&gt; is"),
        ("$\\alpha_i = x^2$", "$\\alpha_i = x^2$"),
        ("<details><summary>s</summary>\n\n*t*\n\n</details>", "<details><summary>s</summary>"),
        ("|a|b|\n|-|-|\n|1|2|", "<td>1</td>"),
        ("```python\nx = 1\n```", '<span class="n">x</span>'),
    ],
)
def test_what_an_honest_student_writes_stays(text, part):
    safe = rendered(Piece("markdown", text))
    assert part in safe
    assert Inventory(shown(as_markdown(safe))).text.strip() == Inventory(safe).text.strip()


def test_a_blank_line_in_code_stays_and_ends_no_block():
    source = as_markdown(rendered(Piece("markdown", "```\na\n\n[b](c)\n\n\nd\n```")))
    assert "\n\n" not in source
    assert not set("[]`\\$") & set(source)  # for a parser that looks into blocks of HTML
    assert "a\n\n[b](c)\n\n\nd" in Inventory(shown(source)).text


def test_the_package_s_pictures_and_tables_stay_readable():
    import torch
    from autograd_seen import draw_graph, explore, step_through, table

    x = torch.tensor(4.0, requires_grad=True)
    z = torch.sin(x**2)
    for display in draw_graph(z), step_through(z), explore(torch.sin, x=[1.0, 2.0]):
        text = display._repr_mimebundle_()["text/html"]
        before, after = Inventory(without_scripts(text)), Inventory(rendered(Piece("html", text)))
        assert [tag for tag, _ in after.tags] == [tag for tag, _ in before.tags]
        assert after.text.strip() == before.text.strip() and "function" not in after.text
        assert any(tag == "img" and dict(names)["src"] for tag, names in after.tags)
    numbers = table({"a": [1, 2]})._repr_html_()
    assert "text-align: right" in rendered(Piece("html", numbers))


def test_a_picture_that_was_pasted_in_is_shown():
    pictures = '{"a.png": {"image/png": "QUJD"}}'
    safe = rendered(Piece("markdown", "![a](attachment:a.png)", pictures))
    assert '<img src="data:image/png;base64,QUJD" alt="a">' in safe


def test_a_drawing_becomes_an_image():
    picture = Inventory(clean(as_picture(DRAWING), strip=True))
    ((tag, names),) = picture.tags
    assert tag == "img" and dict(names)["src"].startswith("data:image/svg+xml;base64,")


def test_a_text_is_shown_as_it_was_typed():
    assert Inventory(as_text("<b>&amp;</b>")).text == "<b>&amp;</b>"


@pytest.mark.parametrize(
    "text, left",
    [
        ("a<script>b</script>c", "ac"),
        ("a<SCRIPT x=1>b</script >c", "ac"),
        ("a<style>b", "a"),
        ("a<svg><svg>b</svg>c", "ac"),
        ("İ<script>b</script>c", "İc"),
    ],
)
def test_the_text_of_a_script_is_not_shown(text, left):
    assert without_scripts(text) == left


# --- in time --------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch):
    """The pieces that went to a process of their own."""
    sent = []
    original = safe_html.rendered_elsewhere
    monkeypatch.setattr(safe_html, "kept", {})
    monkeypatch.setattr(
        safe_html, "rendered_elsewhere", lambda *a: sent.extend(a[0]) or original(*a)
    )
    return sent


def test_a_text_that_keeps_the_parser_busy_is_given_up(elsewhere):
    began = time.monotonic()
    assert render_all([Piece("markdown", "[" * 450_000)], seconds=0.5) is None
    assert time.monotonic() - began < 2


def test_few_characters_are_cleaned_here_and_once(elsewhere, monkeypatch):
    pieces = [Piece("markdown", "*a*"), Piece("html", "<b>1</b>"), Piece("markdown", "*a*")]
    found = render_all(pieces, seconds=5)
    assert found[pieces[0]] == "<p><em>a</em></p>\n" and elsewhere == []
    monkeypatch.setattr(safe_html, "rendered", None)
    assert render_all(pieces, seconds=5) == found


def test_many_characters_are_cleaned_elsewhere_and_are_the_same(elsewhere):
    long = Piece("markdown", "*word* <script>x</script>\n\n" * 400)
    assert render_all([long], seconds=20) == {long: rendered(long)}
    assert elsewhere == [long]


def test_a_picture_s_own_bytes_are_no_work(elsewhere):
    assert Piece("html", f'<img src="data:image/png;base64,{"A" * 99_999}">').weight < 50
