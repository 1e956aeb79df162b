"""Forward mode as it is shown: tangents beside values, a table, a player; and no ``.grad``."""

import json
import re

import pytest
import torch
from autograd_seen import draw_graph, record_jvp, step_through


@pytest.fixture
def jvp():
    """L = (w x + x) exp(w) at w = 3 and x = 4, with dw = 0.5 and dx = 1."""
    w, x = (torch.tensor(value, requires_grad=True) for value in (3.0, 4.0))
    L = (w * x + x) * torch.exp(w)
    return record_jvp(L, {x: 1.0, w: 0.5})


def story_of(player):
    found = re.search(r'\{"moments":.*?"value":\[.*?\]\}', player.html, re.DOTALL)
    return json.loads(found[0])


def said(moment):
    return " ".join("".join(text for _, text in line) for line in moment["lines"])


def test_the_table_has_a_row_for_each_nudge_and_their_sum(jvp):
    table = str(draw_graph(jvp)).split("\n\n")[1].splitlines()
    assert table[0] == "nudged: x by 1, w by 0.5"
    assert [re.split(r"\s{2,}", line.strip()) for line in table[1:4]] == [
        [
            *("step", "node", "tangent arriving", "local derivative"),
            *("their product", "tangent sent on"),
        ],
        ["1", "#1 = w × x", "0.5 at w", "4", "2"],
        ["1 at x", "3", "3", "2 + 3 = 5 → #1"],
    ]


def test_nothing_of_it_speaks_of_grad_or_of_what_came_back(jvp):
    page = re.sub(r"<script.*?</script>", "", step_through(jvp).html, flags=re.DOTALL)
    captions = " ".join(map(said, story_of(step_through(jvp))["moments"]))
    for told in (str(draw_graph(jvp)), draw_graph(jvp).svg, page, captions):
        assert ".grad" not in told.replace(".autograd", "") and "◂" not in told
    for told in (draw_graph(jvp).svg, draw_graph(jvp).source):
        assert "▸ 281.1975" in told.replace("−", "-")


def test_a_picture_has_a_tangent_at_each_tensor_and_a_product_at_each_edge(jvp):
    texts = re.findall(r"▸ ([^<]*)<", draw_graph(jvp).svg)
    nudges, labels, root = ["0.5", "1"], ["5", "6", "10.0428"], ["281.1975"]
    products = ["2", "3", "5", "1", "10.0428", "120.5132", "160.6843"]
    assert sorted(texts) == sorted([*nudges, *labels, *root, *products])


def test_there_is_no_dashed_way_back(jvp):
    assert 'class="way"' not in draw_graph(jvp).svg


def test_the_player_computes_value_and_tangent_in_one_moment(jvp):
    story = story_of(step_through(jvp))
    first, *others = story["moments"]
    assert "nudged: x by 1, w by 0.5" in said(first) and len(others) == 4
    assert [moment["step"] for moment in story["moments"]] == [0, 1, 2, 3, 4]
    assert "0.5 × 4 = 2 from w" in said(others[0]) and "together 2 + 3 = 5" in said(others[0])
    assert story["back"] == story["node"]


def test_of_many_nudges_the_first_are_told_and_the_sum_of_all():
    inputs = [torch.tensor(float(i), requires_grad=True) for i in range(30)]
    player = step_through(torch.stack(inputs), tangents=dict.fromkeys(inputs, 1.0))
    told = story_of(player)["moments"][1]["lines"]
    assert sum(" from inputs[" in str(line) for line in told) == 3
    assert "… 27 more, in the table" in str(told) and "together " in str(told)


def test_an_operation_that_no_nudge_reaches_lights_no_row():
    w, x = (torch.tensor(value, requires_grad=True) for value in (3.0, 4.0))
    story = story_of(step_through(w.exp() * x.sin(), tangents={x: 1.0}))
    assert [moment["step"] for moment in story["moments"]] == [0, 0.5, 1, 2]
    assert "no input is nudged" in said(story["moments"][1])


def test_of_several_results_each_has_its_part():
    v = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a, b = v.split([1, 2])
    jvp = record_jvp(a * b.sum(), {v: torch.ones(3)})
    assert "([1], [1, 1])" in str(draw_graph(jvp))
    assert "▸ ([1], [1, 1])" in draw_graph(jvp).svg


def test_of_a_folded_graph_the_first_copy_is_told():
    x = torch.tensor([0.3, 0.4], requires_grad=True)
    h = x
    for _ in range(12):
        h = torch.tanh(h * 1.5 + x)
    jvp = record_jvp(h.sum(), {x: torch.ones(2)})
    assert draw_graph(jvp).graph.groups and "▸" in draw_graph(jvp).svg


def test_of_a_chain_in_one_box_what_its_first_operation_gives_is_not_told():
    x = torch.tensor(0.5, requires_grad=True)
    z = x
    for _ in range(9):
        z = z.sin()
    jvp = record_jvp(z)
    told = f"{jvp.output.item():.4f}"
    assert re.findall(r"▸ ([^<]*)<", draw_graph(jvp).svg) == ["1", told]
    assert "×" not in draw_graph(jvp).svg.replace("× 9", "")


def test_the_same_nudge_gives_the_same_bytes():
    def forms():
        x = torch.tensor(4.0, requires_grad=True)
        z = torch.sin(x**2)
        jvp = record_jvp(z)
        return draw_graph(jvp).svg, str(draw_graph(jvp)), step_through(jvp).html

    assert forms() == forms()
