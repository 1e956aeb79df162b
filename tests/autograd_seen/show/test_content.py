"""What a picture says in each box and beside each edge."""

import re

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.show.content import content, minus
from autograd_seen.show.player import Player


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def said(recording):
    """The lines of each tensor, by its name."""
    texts = content(recording.graph, recording.gradients())
    return {
        node.name: [line.text for line in text.lines]
        for node, text in zip(recording.graph.nodes, texts.nodes, strict=True)
        if node.kind == "tensor"
    }


def test_a_rehearsal_says_what_grad_would_be():
    x = leaf(3.0)
    y = x**2
    assert said(record_backward(y))["x"] == ["x = 3", "leaf", ".grad would be", "◂ 6"]
    x.grad = torch.tensor(2.0)
    assert said(record_backward(y))["x"][2:] == [".grad would be", "◂ 2 + 6 = 8"]


def test_a_pass_says_what_grad_is():
    x = leaf(3.0)
    y = x**2
    assert said(record_backward(y, accumulate=True))["x"] == ["x = 3", "leaf", "◂ .grad = 6"]
    assert x.grad == 6


@pytest.mark.parametrize("held", [None, 2.0])
def test_no_form_of_a_rehearsal_reads_as_done(held):
    x = leaf(3.0)
    x.grad = None if held is None else torch.tensor(held)
    y = x**2
    recording = record_backward(y)
    picture, player = draw_graph(recording), Player(recording)
    after = {None: "6", 2.0: "8"}[held]
    for form in (picture.svg, picture.source, str(picture), player.html, str(player)):
        assert not re.search(rf"\.grad (now|= (2 \+ 6 = )?{after})", form)
        assert ".grad would be" in form
    assert "rehearsed" in player.html


def test_a_leaf_whose_grad_stays_shows_it():
    x = leaf(3.0)
    y = x**2
    x.grad = torch.tensor(2.0)
    x.requires_grad_(False)
    lines = said(record_backward(y))["x"]
    assert ".grad = 2" in lines and "◂ 6" in lines and "frozen: not accumulated" in lines


def test_slots_are_numbered_where_their_order_matters():
    x, y = leaf(3.0), leaf(4.0)
    assert [edge.slot for edge in content(draw_graph(x - y).graph).edges] == ["1", "2", ""]
    assert [edge.slot for edge in content(draw_graph(x + y).graph).edges] == ["", "", ""]


def test_a_long_name_keeps_its_end():
    x = leaf(3.0)
    text = content(draw_graph(x, **{"a" * 30 + "_end": x}).graph).nodes[0].lines[0].text
    assert text.startswith("…a") and text.endswith("_end = 3") and len(text) <= 30


def test_a_minus_is_no_hyphen():
    assert minus("-4.5") == "−4.5"
