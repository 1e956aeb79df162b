"""What a picture says in each box and beside each edge."""

import re
from dataclasses import replace

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.graph import Fact, Note
from autograd_seen.show.content import BLANK, content, minus, value_lines
from autograd_seen.show.player import Player
from autograd_seen.values import Value, number

from tests.autograd_seen.show.drawn import LESSONS, MANY


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
    x = leaf(4.0)
    assert content(draw_graph(x * -1.5).graph).nodes[1].lines[0].text == "× −1.5"


def on_its_arrow(**facts):
    """The lines of the one label of sin(x²), whose tensor has been given other facts."""
    x = leaf(4.0)
    graph = draw_graph(torch.sin(x**2)).graph
    node = graph.nodes[2]._replace(**facts)
    text = content(replace(graph, nodes=(*graph.nodes[:2], node, *graph.nodes[3:]))).nodes[2]
    assert text.style == "label" and text.tip.startswith("#1: intermediate")
    return [line.text for line in text.lines]


FOUR = Value(4, (4,), (1.0, 2.0, 3.0, 4.0))
MATRIX = Value(6, (2, 3), ends=(-1.0, 5.5))
WRITTEN = Value(4, (2, 2), (-1.0, 0.25, 10.0, 3.0))
SIX = Value(6, (6,), (1.0, 2.0, 3.0, 4.0, 5.0, 0.123456))


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        ({}, ["#1 = 16"]),
        ({"value": None}, ["#1"]),
        ({"value": Value(1, (), (-2.5,))}, ["#1 = −2.5"]),
        ({"value": FOUR, "shape": (4,)}, ["#1 = [1, 2, 3, 4]"]),
        ({"value": None, "shape": (4,)}, ["#1", "(4,)"]),
        ({"value": MATRIX, "shape": (2, 3)}, ["#1", "(2, 3)", "−1 … 5.5"]),
        (
            {"value": WRITTEN, "shape": (2, 2)},
            ["#1", "(2, 2)", "[[−1, 0.25],", "_[10, ___3]]"],
        ),
        (
            {"value": WRITTEN, "shape": (2, 2), "notes": (Note(Fact.MAY_BE_NEWER),)},
            ["#1", "(2, 2)", "[[−1, 0.25],____", "_[10, ___3]] now"],
        ),
        ({"value": Value(4, (2, 2), (1.0,) * 4), "shape": (2, 2)}, ["#1", "(2, 2)", "all 1"]),
        ({"value": Value(1, (1, 1), (2.0,)), "shape": (1, 1)}, ["#1", "(1, 1)", "[[2]]"]),
        ({"value": SIX, "shape": (6,)}, ["#1", "(6,)", "[1, 2, 3, 4, 5, 0.1235]"]),
        ({"grad": WRITTEN}, ["#1 = 16", ".grad = [[−1, 0.25],", "_________[10, ___3]]"]),
        ({"value": None, "shape": (4,), "dtype": "float64"}, ["#1", "(4,) · float64"]),
        ({"value": None, "dtype": "bfloat16"}, ["#1", "bfloat16"]),
        ({"notes": (Note(Fact.MAY_BE_NEWER),)}, ["#1 = 16 now"]),
        (
            {"notes": (Note(Fact.OVERWRITTEN, (0, 1)),)},
            ["#1 = 16 now", "overwritten since: version 0 → 1"],
        ),
        ({"grad": Value(1, (), (3.0,))}, ["#1 = 16", ".grad = 3"]),
    ],
)
def test_a_tensor_on_its_arrow_tells_its_value_or_its_shape_and_what_is_noted(facts, lines):
    assert [line.replace(BLANK, "_") for line in on_its_arrow(**facts)] == lines


def test_the_rows_of_a_matrix_are_equally_long_and_the_text_of_an_operand_is_whole():
    long = Value(6, (3, 2), (-1234.5678, 1e-12, 0.0, 1.0, 1 / 3, -2.0))
    node = draw_graph(torch.sin(leaf(4.0) ** 2)).graph.nodes[0]._replace(value=long, shape=(3, 2))
    rows = [line.text for line in value_lines(node)]
    assert len(set(map(len, rows))) == 1 and "…" not in "".join(rows)
    told = " ".join(row.strip(BLANK).replace(BLANK, "") for row in rows)
    assert told == minus(str(long))


def test_a_gradient_that_is_a_matrix_is_added_row_below_row():
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    W.grad = torch.tensor([[0.5, 0.0], [0.0, 1.0]])
    L = (W * torch.tensor([[1.0, 10.0], [2.0, 20.0]])).sum()
    lines = said(record_backward(L, accumulate=True))["W"]
    assert [line.replace(BLANK, "_") for line in lines] == [
        *("W", "(2, 2)", "[[1, 2],", "_[3, 4]]", "leaf"),
        *("◂ .grad = [[0.5, 0],", "___________[__0, 1]]"),
        *("________+ [[1, 10],", "___________[2, 20]]"),
        *("________= [[1.5, 10],", "___________[__2, 21]]"),
    ]


def test_a_small_jacobian_stands_beside_its_edge_and_a_pattern_on_one_line():
    x = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    A = torch.tensor([[2.0, 7.0, -1.0], [4.0, 0.5, 3.0]])
    for output, lines in (
        (A @ x, ["J = [[2, __7, −1],", "_____[4, 0.5, _3]]"]),
        (x.view(3), ["J = identity"]),
        (x.sum(), ["J = [1, 1, 1]"]),
        (torch.diag(x), []),
    ):
        recording = record_backward(output, torch.ones_like(output))
        texts = content(recording.graph, recording.gradients())
        found = [line.text for edge in texts.edges for line in edge.lines if "local" in line.style]
        assert [line.replace(BLANK, "_") for line in found] == lines


def test_beside_an_edge_no_number_of_a_vector_is_cut_off():
    z = torch.tensor([1.2, -0.4, 2.1], requires_grad=True)
    p = torch.softmax(z, 0)
    assert "◂ [0.1985, −0.0151, −0.1835]" in gradients_of(record_backward(p, torch.eye(3)[0]))


def gradients_of(recording):
    """All that is said of gradients: beside edges, and in ovals."""
    texts = content(recording.graph, recording.gradients())
    lines = [line for part in (*texts.nodes, *texts.edges) for line in part.lines]
    return [line.text for line in lines if line.style == "back"]


def test_the_gradient_of_a_label_is_told_once():
    x = leaf(4.0)
    y = x**2
    named = gradients_of(record_backward(torch.sin(y)))
    del y
    unnamed = gradients_of(record_backward(torch.sin(x**2)))
    assert (named.count("◂ −0.9577"), unnamed.count("◂ −0.9577")) == (2, 1)
    assert set(named) == set(unnamed)


def test_what_a_hook_made_of_a_labels_gradient_is_told_too():
    x = leaf(4.0)
    y = x**2
    y.register_hook(lambda gradient: gradient * 10)
    z = torch.sin(y)
    del y
    said_of_it = gradients_of(record_backward(z))
    assert {"◂ −0.9577", "◂ −9.5766", "a hook changed −0.9577 to −9.5766"} <= set(said_of_it)


@pytest.mark.parametrize("draw", [*LESSONS, *MANY])
def test_what_a_label_says_the_text_says_too(draw):
    picture = draw()
    graph, text = picture.graph, minus(str(picture))
    texts = picture._content
    said = [line.text for node in texts.nodes if node.style == "label" for line in node.lines]
    said += [
        line.text
        for edge, told in zip(graph.edges, texts.edges, strict=True)
        if texts.nodes[edge.source].style == "label"
        for line in told.lines
        if line.style != "muted" or picture.recording
    ]
    for line in said:
        for part in re.split(r" = (?=[−\d[])| · ", line.removeprefix("× ").removeprefix("◂ ")):
            told = part.rstrip("…").replace(BLANK, "")
            assert told in text, f"{part} is not in the text"


def sigmoids(weights):
    h = torch.tensor(0.3, requires_grad=True)
    for weight in weights:
        h = torch.sigmoid(h * weight)
    return h


def test_in_a_frame_the_first_copy_is_told_and_the_last():
    weights = [leaf(0.5 + i / 8) for i in range(6)]
    y = sigmoids(weights)
    recording = record_backward(y)
    picture = draw_graph(recording)
    texts, nodes = picture._content, picture.graph.nodes
    grads = [grad.item() for grad in torch.autograd.grad(y, weights)]
    (own,) = (
        text
        for node, text in zip(nodes, texts.nodes, strict=True)
        if node.role == "leaf" and node.name == "weights[0]"
    )
    first, last = (minus(number(float(f"{one:.6g}"))) for one in (grads[0], grads[-1]))
    assert [line.text for line in own.lines][-2:] == [f"◂ {first}", f"in the last ◂ {last}"]
    # At a sigmoid the local derivative of the last as well, and of what is outside neither.
    beside = [[line.text for line in text.lines] for text in texts.edges]
    told = [lines for lines in beside if any(text.startswith("in the last ×") for text in lines)]
    assert told and all([t[:11] for t in lines[-2:]] == ["in the last"] * 2 for lines in told)
    out = (y * (1 - y)).item()
    assert f"in the last × {minus(number(float(f'{out:.6g}')))}" in {t for ls in told for t in ls}
    assert all(form.count("in the last") >= 4 for form in (picture.svg, picture.source))
    assert "in the last" not in draw_graph(recording, fold=False).svg


def test_an_oval_in_a_frame_tells_what_arrived_in_the_first_copy_and_in_the_last():
    def rounds(weights):
        h = torch.tensor(0.3, requires_grad=True)
        for weight in weights:
            s = torch.sigmoid(h * weight)
            h = s * torch.exp(s)
        return h

    weights = [leaf(0.5 + i / 8) for i in range(6)]
    y = rounds(weights)
    picture = draw_graph(record_backward(y))
    ovals = [text.lines for text in picture._content.nodes if text.style == "intermediate"]
    ((*_, first, last),) = [lines for lines in ovals if lines[-1].text.startswith("in the last")]
    assert first.text.startswith("◂ ") and last.style == "back"
    assert last.text.split()[-1] != first.text.split()[-1]


def test_two_long_names_are_shown_as_two():
    layers = {f"classifier.layers.{i}.self_attention": torch.ones(2) for i in (0, 1)}
    for one in layers.values():
        one.requires_grad_()
    nodes = content(draw_graph(sum(layers.values()).sum(), **layers).graph).nodes
    leaves = [text.lines[0].text for text in nodes if text.style == "leaf"]
    assert len(set(leaves)) == 2 and all("…" in one for one in leaves)
