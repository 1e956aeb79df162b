"""Where numbers that are not finite come to be, on graphs of plain data."""

import pytest
from autograd_seen.births import Forward, family, mark_values
from autograd_seen.graph import Edge, Fact, Graph, Node, Note, Operator
from autograd_seen.values import Value

INF, NAN = float("inf"), float("nan")


def chain(*values, kinds=None, notes=()):
    """x → operation → value → … with these values; None for one that was not kept."""
    nodes, edges = [], []
    for i, value in enumerate(values):
        held = None if value is None else Value(1, (), (value,))
        if i:
            kind = (kinds or {}).get(i, "Exp")
            operator = Operator(kind, view=kind == "Select")
            edges += [Edge(len(nodes) - 1, len(nodes), 0), Edge(len(nodes), len(nodes) + 1, 0)]
            nodes.append(Node(len(nodes), "operation", "operation", operator=operator, arity=1))
        role = "leaf" if i == 0 else "root" if i == len(values) - 1 else "intermediate"
        marks = notes if i == len(values) - 2 else ()
        nodes.append(Node(len(nodes), "tensor", role, f"#{i}", value=held, notes=marks))
    return Graph(tuple(nodes), tuple(edges), len(nodes) - 1)


def births(*values, **options):
    """(which operation, what, whether that is certain), of those that the graph has notes of."""
    graph = mark_values(chain(*values, **options))
    return [
        ((node.key + 1) // 2, *note.details)
        for node in graph.nodes
        for note in node.notes
        if note.fact is Fact.BORN
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1.0, 2.0, 3.0), []),
        ((1.0, NAN, NAN), [(1, "nan", True)]),
        ((1.0, INF, NAN), [(1, "inf", True), (2, "nan", True)]),
        ((NAN, NAN, NAN), []),  # a leaf has it from the start
        ((INF, -INF, NAN), [(2, "nan", True)]),  # one sign comes from the other
        ((1.0, INF, 2.0), []),  # it is finite again
        ((1.0, NAN, INF), [(1, "nan", True), (2, "inf", True)]),
        ((1.0, None, NAN), [(2, "nan", False)]),
        ((NAN, None, NAN), []),
        ((1.0, INF, None, NAN), [(1, "inf", True), (3, "nan", False)]),
    ],
)
def test_a_birth_is_what_was_not_among_the_inputs(values, expected):
    assert births(*values) == expected


@pytest.mark.parametrize(("kind", "sign"), [("Neg", -1), ("Select", 1)])
def test_what_only_passes_tells_of_the_value_before_it(kind, sign):
    born = "inf" if sign > 0 else "-inf"
    assert births(1.0, None, INF, kinds={2: kind}) == [(1, born, True)]
    # And of the value after it.
    assert births(1.0, 2.0, None, NAN, kinds={2: kind}) == [(3, "nan", True)]


def test_a_value_that_may_be_newer_is_not_known():
    newer = (Note(Fact.MAY_BE_NEWER),)
    assert births(1.0, NAN, NAN, notes=newer) == [(2, "nan", False)]


def test_the_candidates_are_the_operations_behind_what_was_not_kept():
    graph = chain(1.0, 2.0, None, None, NAN, kinds={3: "Neg"})
    assert Forward(graph).candidates(7) == (3,)


def test_one_sign_is_of_the_family_of_the_other():
    assert family(frozenset({"-inf", "±inf", "nan"})) == {"inf", "nan"}
