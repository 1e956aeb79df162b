"""An image with its description: what stands in the HTML. test_browser.py looks at it in a page."""

import base64
import re
from html.parser import HTMLParser

import pytest
from autograd_seen.show import theme
from autograd_seen.show.plate import MOST_LINES, graph_html, spoken

from tests.autograd_seen.show.drawn import LESSONS, hostile, sine

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="620" height="40"></svg>'
SAID = "</div><script>\"'&\n$x$"


def images(html):
    """The attributes of each image of a page, and the names of all elements."""
    found, names = [], []

    class Page(HTMLParser):
        def handle_starttag(self, tag, attrs):
            names.append(tag)
            if tag == "img":
                found.append(dict(attrs))

    Page().feed(html)
    return found, names


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_every_picture_is_one_image_with_its_description(draw):
    picture = draw()
    (image,), names = images(picture.html)
    assert names == ["div", "style", "img"]
    assert image["alt"] == spoken(str(picture))
    assert base64.b64decode(image["src"].split(",")[1]).decode().startswith("<svg")


def test_a_description_stays_a_description():
    (image,), names = images(graph_html(SVG, SAID))
    assert image["alt"] == SAID and "script" not in names


def test_a_graph_is_not_shrunk_and_fades_only_where_it_is_wider_than_the_page():
    html = graph_html(SVG, "")
    assert "max-width:none" in html and "overflow-x:auto" in html
    assert f"#000 clamp(0px,(620px - 100%)*99,{theme.FADE}px)" in html
    assert re.search(r"@media print\{[^}]*max-width:100%", html), "nothing scrolls on paper"


def test_a_picture_of_graphviz_has_its_width_in_points():
    assert "(104pt - 100%)" in graph_html(
        '<?xml version="1.0"?>\n<svg width="104pt" height="1pt"/>', ""
    )


def test_aligned_text_is_read_as_sentences_and_a_long_one_is_cut():
    assert spoken("Graph of z\nx    leaf   4\n\nz  root") == "Graph of z; x leaf 4; z root"
    long = spoken("\n".join(["a"] * (MOST_LINES + 5)))
    assert long.count("a;") == MOST_LINES and long.endswith("; … and 5 more lines")


def test_an_image_of_a_graph_holds_no_second_description():
    (image,), _ = images(sine().html)
    assert "<desc>" not in base64.b64decode(image["src"].split(",")[1]).decode()
