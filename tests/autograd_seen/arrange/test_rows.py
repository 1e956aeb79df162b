"""A row of operations: its ends, its runs, and what is left in the old order."""

from dataclasses import replace

import pytest
from autograd_seen.arrange import fold
from autograd_seen.arrange.folded import unfolded
from autograd_seen.arrange.rows import End, Link, Row
from autograd_seen.graph import Edge, Graph, Group, Node

from tests.autograd_seen.arrange.sketched import Sketch, boxes, chain, check, labels


def test_a_chain_ends_where_a_tensor_is_used_elsewhere():
    sketch = Sketch()
    at = [sketch.tensor(name="x")]
    for _ in range(12):
        at.append(sketch.apply("sin", at[-1]))
    sketch.apply("add", at[-1], at[6])
    assert boxes(check(sketch.graph()).graph) == ["sin × 6", "sin × 6", "add"]


def test_two_chains_that_take_turns_are_two_boxes():
    sketch = Sketch()
    x, y = sketch.tensor(), sketch.tensor()
    for _ in range(6):
        x, y = sketch.apply("sin", x), sketch.apply("cos", y)
    sketch.apply("add", x, y)
    assert sorted(boxes(check(sketch.graph()).graph)) == ["add", "cos × 6", "sin × 6"]


def test_a_border_is_never_folded_away():
    graph = chain(["sin", "exp"] * 8)
    nodes = list(graph.nodes)
    nodes.insert(33, Node(33, "tensor", "constant", "#33", shape=(2,)))
    new = fold.fold(
        Graph(tuple(nodes), (*graph.edges, Edge(16, 33, None, "detach()")), graph.root)
    ).graph
    (border,) = [edge for edge in new.edges if edge.border]
    assert (new.nodes[border.source].name, new.nodes[border.target].name) == ("#16", "#33")
    assert labels(new) == ["× 4", "× 4"]


def square_and_sine():
    """sin(x * x) + x, with a place where drawing stopped before x."""
    sketch = Sketch()
    sketch.nodes.append(Node(0, "cut", "cut"))
    x = sketch.tensor("intermediate")
    sketch.edges.append(Edge(0, x, 0))
    square = sketch.apply("mul", x, x)
    sketch.apply("add", sketch.apply("sin", square), x)
    return sketch.graph()


def test_each_operation_has_its_inputs_and_outputs_by_slot_tensor_and_edge():
    row = Row(square_and_sine())
    assert [node.operator.word for node in row.operations] == ["mul", "sin", "add"]
    assert row.inputs[0] == [Link(0, 1, 1), Link(1, 1, 2)]
    assert row.outputs[0] == [Link(0, 3, 3)]
    assert row.users[1] == [End(0, 0), End(0, 1), End(2, 1)]
    assert row.maker[3] == End(0, 0) and 1 not in row.maker


def test_what_stops_leads_to_a_tensor_that_no_comparison_follows():
    row = Row(square_and_sine())
    assert (row.others, row.stopped) == ({0: [Link(0, 1, 0)]}, {1})


def test_the_last_use_of_what_goes_on_is_after_all_operations():
    graph = square_and_sine()
    row = Row(graph)
    assert [row.last_use(key) for key in (1, 3, 5, graph.root)] == [2, 1, 2, 3]
    carried = replace(graph, groups=(Group((2, 3), 3, carries=((1, 3),)),))
    assert Row(carried).last_use(3) == 3
    border = replace(graph, edges=(*graph.edges, Edge(5, 1, None, "detach()")))
    assert Row(border).last_use(5) == 3


def test_a_row_from_which_nothing_was_taken_is_the_graph():
    graph = square_and_sine()
    assert Row(graph).result() == unfolded(graph)


def runs_of(graph, joins=lambda one, two: True):
    return list(Row(graph).runs(joins))


def test_a_run_is_as_long_as_each_operation_feeds_only_the_next():
    assert runs_of(chain(["sin", "cos", "exp", "log"])) == [[0, 1, 2, 3]]
    assert runs_of(square_and_sine()) == [], "a product has two inputs, and so has a sum"


def test_a_run_ends_where_two_may_not_join_and_where_a_tensor_has_a_name():
    graph = chain(["sin"] * 6, at_2={"name": "y"})
    assert runs_of(graph) == [[0, 1, 2], [3, 4, 5]]
    assert runs_of(graph, lambda one, two: two != 1) == [[1, 2], [3, 4, 5]]


def test_a_run_does_not_lead_out_of_a_group():
    graph = chain(["sin"] * 6)
    grouped = replace(graph, groups=(Group((5, 6, 7, 8), 3),))
    assert runs_of(grouped) == [[0, 1], [2, 3], [4, 5]]
    assert Row(grouped).signature(1) != Row(grouped).signature(2) == Row(grouped).signature(3)


@pytest.mark.parametrize(("lines", "line"), [(["a", "a"], "a"), (["a", "b"], "")])
def test_a_run_is_merged_where_its_last_operation_stood(lines, line):
    facts = {f"at_{i + 1}": {"line": text} for i, text in enumerate(lines)}
    row = Row(chain(["exp", "sin", "sin", "cos"], **facts))
    row.merge([1, 2], row.operations[2])
    folded = row.result()
    box = folded.graph.nodes[3]
    assert (box.operator.word, box.count, box.line) == ("sin", 2, line)
    assert folded.nodes == (0, 1, 2, 5, 6, 7, 8)
    assert [(edge.source, edge.target) for edge in folded.graph.edges] == [
        *((0, 1), (1, 2), (2, 3)),
        *((3, 4), (4, 5), (5, 6)),
    ]
    assert folded.edges == (0, 1, 2, 5, 6, 7)


def test_the_groups_that_are_left_go_by_the_new_keys():
    group = Group((1, 5, 6, 7), 4, carries=((4, 6),), own=(2, 4))
    row = Row(replace(chain(["exp"] + ["sin"] * 3), groups=(group,)))
    row.merge([0, 1], row.operations[1])
    (group,) = row.result().graph.groups
    assert group == Group((3, 4, 5), 4, carries=((2, 4),), own=(2,))


def test_an_operation_depends_on_more_where_it_has_inputs_that_are_not_shown():
    known, unknown = Row(chain(["add"])), Row(chain(["add"], at_0={"arity": 2}))
    assert not known.depends_on_more(0) and unknown.depends_on_more(0)
