"""Which tensors are labels on their arrow, and where the texts beside edges are laid out."""

from dataclasses import replace

import pytest
from autograd_seen.arrange.labels import on_arrows, thread
from autograd_seen.graph import Edge, Graph, Group

from tests.autograd_seen.arrange.sketched import Sketch, layers


def chain(**facts):
    """x → sin → the tensor in question → exp → z."""
    sketch = Sketch()
    at = sketch.apply("sin", sketch.tensor(name="x"), **facts)
    sketch.apply("exp", at)
    return sketch, at


def test_what_has_no_name_one_maker_and_one_user_is_a_label():
    sketch, at = chain()
    assert on_arrows(sketch.graph()) == {at}


def test_a_named_tensor_is_an_oval():
    sketch, _ = chain(name="y")
    assert not on_arrows(sketch.graph())


@pytest.mark.parametrize("role", ["leaf", "constant", "root"])
def test_what_begins_or_ends_something_is_an_oval(role):
    sketch, at = chain()
    sketch.nodes[at] = sketch.nodes[at]._replace(role=role)
    assert not on_arrows(sketch.graph())


def test_what_is_used_twice_is_an_oval():
    for second in ("by another", "by the same"):
        sketch, at = chain()
        user = next(edge.target for edge in sketch.edges if edge.source == at)
        if second == "by another":
            sketch.apply("mul", at, len(sketch.nodes) - 1)
        else:
            sketch.edges.append(Edge(at, user, None))
        assert at not in on_arrows(sketch.graph())


def test_what_nothing_made_and_what_only_a_border_leaves_is_an_oval():
    sketch, at = chain()
    graph = sketch.graph()
    made = [edge for edge in graph.edges if edge.target != at]
    assert not on_arrows(replace(graph, edges=tuple(made)))
    cut = [e._replace(border="detach()") if e.source == at else e for e in graph.edges]
    assert not on_arrows(replace(graph, edges=tuple(cut)))


def test_a_text_is_numbered_just_before_what_its_edge_leads_to():
    graph = layers()
    texts = [2, 3, 7]
    threaded = thread(graph, texts)
    numbers = [*threaded.nodes, *threaded.texts.values()]
    assert sorted(numbers) == list(range(len(graph.nodes) + len(texts)))
    assert all(source < target for source, target in threaded.edges)
    for index in texts:
        edge, part = graph.edges[index], threaded.parts[index]
        source, target = threaded.nodes[edge.source], threaded.nodes[edge.target]
        text = threaded.texts[index]
        assert threaded.edges[part : part + 2] == ((source, text), (text, target))


def test_without_texts_a_graph_is_as_it_was():
    graph = layers()
    threaded = thread(graph, [])
    assert threaded.nodes == tuple(range(len(graph.nodes)))
    assert threaded.edges == tuple((e.source, e.target) for e in graph.edges)
    assert threaded.parts == tuple(range(len(graph.edges))) and not threaded.texts


def test_a_text_stands_in_the_frames_of_what_its_edge_leads_to():
    sketch, _ = chain()
    plain = sketch.graph()
    outer, inner = Group((1, 2, 3, 4), 3), Group((3, 4), 2)
    graph = Graph(plain.nodes, plain.edges, plain.root, groups=(outer, inner))
    # Into the outer frame, and from there into the inner one.
    threaded = thread(graph, [0, 2])
    (branch,) = threaded.tree
    entering, within = threaded.texts[0], threaded.texts[2]
    assert {entering, within} <= set(branch.group.nodes)
    assert within in branch.inner[0].group.nodes and entering not in branch.inner[0].group.nodes
    assert [branch.index, branch.inner[0].index] == [0, 1]
    # Out of a frame: outside.
    left = thread(replace(graph, groups=(Group((1, 2), 3),)), [2])
    assert left.texts[2] not in left.tree[0].group.nodes
