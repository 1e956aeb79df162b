"""Pictures as pieces: put together again, each is the picture that it was."""

import re

import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward
from autograd_seen.show.pieces import SHORT, Pieces, in_brief
from autograd_seen.show.svg import to_svg

from tests.autograd_seen.nets import nets

NUMBER = r"-?\d+(?:\.\d+)?"


def long(piece):
    for sign, text in SHORT.items():
        piece = piece.replace(sign, text)
    return piece


def texts(svg):
    """Every text with where it stands, in whole pixels."""
    found = []
    for x, y, inside in re.findall(
        rf"<g transform='({NUMBER}) ({NUMBER})'>(.*?)<!--end-->", svg, flags=re.S
    ):
        for a, b, text in re.findall(rf"x='({NUMBER})' y='({NUMBER})'[^>]*>([^<]*)</text>", inside):
            found.append((round(float(x) + float(a)), round(float(y) + float(b)), text))
    return sorted(found)


@pytest.mark.parametrize("name", nets())
def test_put_together_the_pieces_show_the_same_texts_in_the_same_places(name):
    model, x = nets()[name]
    with record_forward() as tape:
        z = model(x)
    pieces = Pieces()
    for picture in (draw_graph(z, tape=tape), draw_graph(record_backward(z, tape=tape), modules=1)):
        numbers, parts = pieces.add(picture._scene)
        assert len(numbers) == 3 * len(parts)
        placed = [
            f"<g transform='{x} {y}'>{long(pieces.table[one])}<!--end-->"
            for one, x, y in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        ]
        svg = to_svg(picture._scene, "t").replace('"', "'").partition("</style>")[2]
        whole = re.findall(rf"x='({NUMBER})' y='({NUMBER})'[^>]*>([^<]*)</text>", svg)
        expected = sorted((float(a), float(b), text) for a, b, text in whole)
        found = texts("".join(placed))
        assert [text for *_, text in sorted(found, key=lambda one: one[2])] == sorted(
            text for *_, text in expected
        )
        for a, b, text in expected:
            assert any(abs(a - x) < 1 and abs(b - y) < 1 and text == t for x, y, t in found), text


def test_a_piece_that_stands_in_several_pictures_is_written_once():
    x = torch.ones(3, requires_grad=True)
    scene = draw_graph(x.sin().sum())._scene
    pieces = Pieces()
    first, _ = pieces.add(scene)
    size = len(pieces.table)
    assert pieces.add(scene)[0] == first and len(pieces.table) == size
    assert len(set(pieces.table)) == size


def test_a_text_with_one_of_the_signs_stays_that_text():
    for sign in SHORT:
        assert long(in_brief(f'<text class="strong">a{sign}b</text>')) == (
            f"<text class='strong'>a&#{ord(sign)};b</text>"
        )


def test_quotes_in_a_text_stay():
    assert long(in_brief('<text x="1">say "so"</text>')) == "<text x='1'>say \"so\"</text>"
