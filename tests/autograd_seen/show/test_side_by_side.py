"""Graphs in one row, each under its label: the HTML and the text. test_browser.py looks at it."""

import re

import pytest
import torch
from autograd_seen import draw_graph, side_by_side
from autograd_seen.show.plate import spoken


def two():
    """Pictures of two graphs."""
    x = torch.tensor(3.0, requires_grad=True)
    return {"x².detach() & more": draw_graph(x**2), "<b>$x$": draw_graph(x.sin())}


def test_each_picture_stands_under_its_label_with_its_description():
    pictures = two()
    html = side_by_side(pictures)._repr_html_()
    assert re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", html) == [
        "x².detach() &amp; more",
        "&lt;b&gt;$x$",
    ]
    for picture in pictures.values():
        assert picture.html in html and f'alt="{spoken(str(picture))}"' in html
    assert "<script" not in html and html.count("<figure") == 2
    assert "mathjax_ignore" in html.split("<figure")[0]


def test_a_row_goes_on_below_where_it_has_no_room():
    html = side_by_side(two())._repr_html_()
    assert "display:flex;flex-wrap:wrap" in html.split("<figure")[0]
    assert html.count('<figure style="margin:0;max-width:100%">') == 2


def test_the_text_has_each_label_above_the_text_of_its_picture():
    one, other = (pictures := two()).values()
    shown = side_by_side(pictures)
    assert str(shown) == f"x².detach() & more\n{one}\n\n<b>$x$\n{other}" == repr(shown)
    assert shown.pictures == pictures


def test_a_text_stands_beside_a_picture_and_keeps_its_lines():
    picture = two()["<b>$x$"]
    shown = side_by_side({"": picture, "Which oval?": "\nfirst: 1 < 2\nsecond: a $b$\n"})
    first, second = shown._repr_html_().split("<figure")[1:]
    assert picture.html in first and "figcaption" not in first
    assert re.findall(r"<div[^>]*>(.*?)</div>", second) == ["first: 1 &lt; 2", "second: a $b$"]
    assert "Which oval?</figcaption><div" in second
    assert str(shown) == f"{picture}\n\nWhich oval?\nfirst: 1 < 2\nsecond: a $b$"


@pytest.mark.parametrize(
    ("pictures", "error", "words"),
    [
        ([1, 2], TypeError, "got a list.*label: draw_graph"),
        ({}, ValueError, "got no picture"),
        ({"y": torch.ones(2)}, TypeError, "'y' is a Tensor.*what draw_graph returns"),
        ({"y": b"<svg>"}, TypeError, "'y' is a bytes"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_to_do(pictures, error, words):
    with pytest.raises(error, match=words) as caught:
        side_by_side(pictures)
    assert "\n" not in str(caught.value)
