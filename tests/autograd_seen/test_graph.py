"""A graph as plain data: what leads where, how groups nest, and what a pass left at each place."""

from dataclasses import replace

from autograd_seen.graph import Arrival, EdgeGradient, Fact, Group, Note, Recording, Step
from autograd_seen.values import Value

from tests.autograd_seen.arrange.sketched import Sketch, chain

ONE, TWO = Value(1, (), (1.0,)), Value(1, (), (2.0,))


def test_what_enters_and_what_leaves_a_node_is_found_from_either_end():
    sketch = Sketch()
    x = sketch.tensor(name="x")
    square = sketch.apply("mul", x, x)
    graph = sketch.graph()
    assert [edge.slot for edge in graph.inputs(1)] == [0, 1] and len(graph.outputs(x)) == 2
    assert [node.key for node in graph.results(1)] == [square]
    assert graph.maker(square).key == 1 and graph.maker(x) is None and graph.inputs(x) == []
    assert [graph.edges[place] is edge for place, edge in graph.entering(1)] == [True, True]
    assert graph.leaving(1) == [(2, graph.edges[2])] and graph.leaving(square) == []


def test_groups_are_a_tree_and_the_count_multiplies_through_it():
    whole = chain(["sin"] * 4, at_0={"count": 5})
    groups = (Group((1, 2, 3, 4), 3), Group((3, 4), 2), Group((7, 8), 4))
    graph = replace(whole, groups=groups)
    assert [[branch.index, *(one.index for one in branch.inner)] for branch in graph.tree] == [
        [0, 1],
        [2],
    ]
    assert graph.count() == 5 * 3 + 3 * 2 + 1 + 4


def test_a_pass_leaves_its_gradients_where_its_steps_were():
    flow = EdgeGradient(0, local=TWO, sent=TWO)
    steps = (Step(1, (ONE,), (flow,), notes=(Note(Fact.SUMMED),)), Step(0, (TWO,), after=TWO))
    found = Recording(chain(["sin"]), steps, ONE, accumulated=True).gradients()
    assert found.arrived == {2: Arrival(ONE, (Note(Fact.SUMMED),))}
    assert (found.flows, found.leaves, found.accumulated) == ({0: flow}, {0: steps[1]}, True)


def test_a_leaf_stays_as_it_was_only_for_a_reason():
    assert Step(0, (None,), notes=(Note(Fact.NOTHING_ARRIVED),)).stays
    assert not Step(0, (ONE,), notes=(Note(Fact.CAST),)).stays
