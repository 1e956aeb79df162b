"""How each operation reads in maths. tests/autograd_seen/live/test_operations.py has each row."""

import pytest
import torch
from autograd_seen import draw_graph, step_through
from autograd_seen.show import maths
from autograd_seen.show.maths import Readings

READS = {
    "x − y": (lambda x, y: x - y, "−", True),
    "x + y": (lambda x, y: x + y, "+", False),
    "x ÷ 3": (lambda x, y: x / 3, "÷ 3", False),
    "3 × x": (lambda x, y: 3 * x, "3 ×", False),
    "x²": (lambda x, y: x**2, "x²", False),
    "x⁻¹": (lambda x, y: x**-1, "x⁻¹", False),
    "x^0.5": (lambda x, y: x**0.5, "x^0.5", False),
    "x^y": (lambda x, y: x**y, "^", True),
    "2^x": (lambda x, y: 2**x, "2^x", False),
    "−x": (lambda x, y: -x, "−", False),
    "1 ÷ x": (lambda x, y: x.reciprocal(), "1 ÷", False),
    "atan2(x, y)": (torch.atan2, "atan2", True),
}


@pytest.mark.parametrize("expression", READS)
def test_an_operation_reads_as_on_a_board(expression):
    work, title, ordered = READS[expression]
    x, y = (torch.tensor(value, requires_grad=True) for value in (1.5, 2.5))
    graph = draw_graph(work(x, y)).graph
    (node,) = [node for node in graph.nodes if node.kind == "operation"]
    reading = Readings(graph)[node.key]
    said = reading.expression.replace("x × 3", "3 × x")
    assert (said, reading.ordered) == (expression, ordered)
    assert reading.title in (title, "× 3")


def test_numbers_that_differ_read_differently():
    x = torch.tensor(1.5, requires_grad=True)
    texts = [str(draw_graph(x * factor)) for factor in (0.99999, 0.999999, 1.0, 1.000001)]
    assert len(set(texts)) == 4


def test_a_factor_has_all_its_digits_and_its_sign_binds_to_it_alone():
    x, y = (torch.tensor(value, requires_grad=True) for value in (1.5, 2.5))
    reads = {0.123456: "x + 0.123456·y", 1 / 3: "x + 0.3333333…·y", -2: "x + (-2)·y"}
    for factor, expression in reads.items():
        z = torch.add(x, y, alpha=factor)
        assert f"z = {expression} " in str(draw_graph(z))


def test_each_operation_is_read_once_for_all_forms_of_a_picture(monkeypatch):
    read, calls = maths.read, []
    monkeypatch.setattr(
        maths, "read", lambda graph, node: calls.append(node.key) or read(graph, node)
    )
    x = torch.tensor(1.5, requires_grad=True)
    picture = draw_graph(torch.sin(x - 2) * x)
    assert picture.svg and picture.source and str(picture)
    assert len(calls) == 3 == len(set(calls))
    calls.clear()
    player = step_through(torch.sin(x - 2) * x)
    assert player.html and str(player)
    assert len(calls) == 3


def test_readings_know_operations_only():
    graph = draw_graph(torch.tensor(1.5, requires_grad=True).sin()).graph
    with pytest.raises(AttributeError):
        Readings(graph)[graph.root]
