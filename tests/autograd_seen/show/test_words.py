"""Facts and values in words: each fact has its sentence, and each form of a picture says it."""

import re
from dataclasses import replace

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.arrange.fold import unfolded
from autograd_seen.graph import Fact, Node, Note
from autograd_seen.show import words
from autograd_seen.show.picture import GraphPicture
from autograd_seen.show.player import Player
from autograd_seen.values import Value

ONE, TWO = Value(1, (), (1.0,)), Value(1, (), (2.0,))
DETAILS = {
    Fact.OUTPUT: (0, 3),
    Fact.OVERWRITTEN: (0, 1),
    Fact.DETACHED: ("x",),
    Fact.MADE: ("x", "under", "no_grad"),
    Fact.SHARES_MEMORY: ("x",),
    Fact.WROTE: (0, 1),
    Fact.SAVED_OVERWRITTEN: ("self", "y", (0, 1), "line 2: y.add_(1)"),
    Fact.AFTER_ALL: (12,),
    Fact.OF_EACH: ("#4", 12),
    Fact.GROWS: ("dim", 1, 2, 9),
    Fact.OWN_NUMBER: (ONE, TWO, ONE),
    Fact.SUMMED: ((3,), ()),
    Fact.CAST: ("float32", "float16"),
    Fact.HOOKED: (ONE, TWO),
    Fact.HOOKED_GRAD: (ONE, TWO),
}


def note(fact):
    return Note(fact, DETAILS.get(fact, ()))


@pytest.mark.parametrize("fact", Fact)
def test_each_fact_has_words(fact):
    said = words.note(note(fact)) if fact in DETAILS or not needs_details(fact) else "?"
    assert said and said.isprintable()


def needs_details(fact):
    """A fact that came after this test was written may have details that it does not know."""
    try:
        words.note(Note(fact))
    except (IndexError, TypeError):
        return True
    return False


def test_a_note_without_its_details_is_an_error():
    with pytest.raises((IndexError, TypeError)):
        words.note(Note(Fact.OUTPUT))


def sine():
    x = torch.tensor(3.0, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    return record_backward(z)


def plain(text):
    """Text without the marks of SVG, and on one line."""
    unescaped = re.sub("<[^>]*>", "\n", text).replace("&gt;", ">")
    return " ".join(unescaped.split())


@pytest.mark.parametrize("fact", [Fact.FROZEN, Fact.OVERWRITTEN, Fact.DETACHED, Fact.INFERENCE])
@pytest.mark.parametrize("kind", ["tensor", "operation"])
def test_a_note_of_a_node_stands_in_every_form(fact, kind):
    graph = sine().graph
    node = next(node for node in graph.nodes if node.kind == kind)
    noted = node._replace(notes=(note(fact),))
    nodes = tuple(noted if one is node else one for one in graph.nodes)
    picture = GraphPicture(unfolded(replace(graph, nodes=nodes)))
    said = words.note(note(fact))
    body = plain(picture.svg.split("</style>")[1])
    assert all(said in form for form in (body, str(picture), picture.source))


STEPS = ["operation", "flow", "leaf"]


@pytest.mark.parametrize("where", STEPS)
def test_a_note_of_a_step_stands_in_every_form(where):
    recording, hooked = sine(), (note(Fact.HOOKED),)
    steps = list(recording.steps)
    # The last operation that takes its turn, and the leaf.
    place = -1 if where == "leaf" else -2
    if where == "flow":
        (flow,) = steps[place].flows
        steps[place] = replace(steps[place], flows=(replace(flow, notes=hooked),))
    else:
        steps[place] = replace(steps[place], notes=hooked)
    recording = replace(recording, steps=tuple(steps))
    picture, said = draw_graph(recording), words.note(note(Fact.HOOKED))
    body = plain(picture.svg.split("</style>")[1])
    table = plain(re.search("<table>.*</table>", Player(recording).html)[0])
    forms = (body, str(picture), picture.source, str(Player(recording)), table)
    assert all(said in form for form in forms)
    assert not any(said in form for form in (str(sine()), str(draw_graph(sine()))))


def test_a_real_hook_is_told_in_every_form():
    x = torch.tensor(3.0, requires_grad=True)
    y = x**2
    y.register_hook(lambda gradient: gradient * 3)
    z = torch.sin(y)
    recording = record_backward(z)
    for form in (draw_graph(recording).svg, str(draw_graph(recording)), str(Player(recording))):
        assert "a hook changed" in form


def test_now_stands_beside_a_value_that_may_be_newer_and_beside_no_other():
    node = Node(0, "tensor", "leaf", "w", value=Value(1, (), (4.4,)))
    assert words.value(node) == "4.4"
    for fact in (Fact.MAY_BE_NEWER, Fact.OVERWRITTEN):
        newer = node._replace(notes=(note(fact),))
        assert words.value(newer) == "4.4 now"
        # What is not shown is not said to be of now.
        assert words.value(newer._replace(value=None)) == ""
    assert words.value(node._replace(notes=(note(Fact.FROZEN),))) == "4.4"


def test_a_long_value_is_shortened_and_its_now_is_not():
    node = Node(0, "tensor", "leaf", "w", value=Value(8, (8,), ends=(-123.0, 123.0)))
    newer = node._replace(notes=(note(Fact.MAY_BE_NEWER),))
    assert words.value(newer, 6) == "-123 … now"
    numbers = node._replace(value=Value(4, (4,), (1.2345, 2.3456, 3.4567, 4.5678)))
    assert words.value(numbers, 10) == "[1.2345, 2.3456, 3.4567, 4.5678]"


def test_a_note_tells_a_matrix_by_its_ends():
    one, two = Value(4, (2, 2), (1.0, 2.0, 3.0, 4.0)), Value(2, (2,), (1.0, 2.0))
    assert words.note(Note(Fact.HOOKED, (one, two))) == "a hook changed 1 … 4 to [1, 2]"


@pytest.mark.parametrize(
    ("shape", "numbers", "told"),
    [
        ((2, 2), (1.0, 0.0, 0.0, 1.0), "identity"),
        ((2, 2), (1.0, 0.0, 0.0, 2.0), "[[1, 0], [0, 2]]"),
        ((2, 2), (1.0, 3.0, 0.0, 1.0), "[[1, 3], [0, 1]]"),
        ((2, 3), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "[[1, 0, 0], [0, 1, 0]]"),
        ((2, 3), (0.0,) * 6, "all 0"),
        ((3,), (1.0,) * 3, "[1, 1, 1]"),
        ((7,), (0.5,) * 7, "all 0.5"),
        ((7,), (0.5,) * 6 + (1.0,), "[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1]"),
        ((1, 1), (1.0,), "[[1]]"),
    ],
)
def test_a_jacobian_is_told_by_its_numbers_or_its_pattern(shape, numbers, told):
    assert words.jacobian(Value(len(numbers), shape, numbers)) == told


def test_one_is_singular():
    assert words.counted(1, "step") == "1 step" and words.counted(0, "step") == "0 steps"
    assert words.counted(1_000, "box", "boxes") == "1,000 boxes"


def test_a_table_is_aligned_and_a_row_of_one_cell_sets_no_width():
    rows = [("a", "bb", "c"), ("a long line by itself",), ("aaa", "b")]
    assert words.table(rows) == ["a    bb  c", "a long line by itself", "aaa  b"]
    assert words.table([]) == []
