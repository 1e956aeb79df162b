"""A graph as lines of text."""

from dataclasses import replace

import torch
from autograd_seen import draw_graph
from autograd_seen.graph import Fact, Note
from autograd_seen.show.text import describe

from tests.autograd_seen.show.drawn import every_role


def test_each_tensor_has_a_line_and_a_cut_says_so():
    assert describe(every_role()).splitlines() == [
        "Graph of z: 2 operations",
        "… continues, not drawn: only the last 2 operations are",
        "x           leaf                4",
        "c           constant            3",
        "y = x × c   intermediate        value not kept  MulBackward0 saves nothing",
        "#1 = …      intermediate  (2,)  value not kept",
        "z = y + #1  root          (2,)  [1, 2]          AddBackward0 has freed what it saved",
    ]


def test_one_operation_is_singular():
    text = describe(replace(every_role(), limit=1))
    assert "only the last operation is\n" in text


def test_a_block_in_a_block_is_framed_inside_its_frame():
    x = torch.tensor(0.5, requires_grad=True)
    for _ in range(4):
        for _ in range(4):
            x = (torch.sin(x) * x).cos()
        x = x.exp() + x
    lines = str(draw_graph(x)).splitlines()
    starts = [line.split(" times")[0] for line in lines if "times this block" in line]
    assert starts == ["╭ 4", "│ ╭ 4"]
    assert [line for line in lines if line.endswith("╰")] == ["│ ╰", "╰"]
    assert sum("sin(" in line for line in lines) == 1


def test_a_value_that_may_be_newer_says_now():
    graph = every_role()
    leaf = graph.nodes[0]._replace(notes=(Note(Fact.MAY_BE_NEWER),))
    changed = replace(graph, nodes=(leaf, *graph.nodes[1:]))
    assert describe(changed).splitlines()[2].split()[:4] == ["x", "leaf", "4", "now"]
