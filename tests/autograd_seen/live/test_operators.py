"""draw_graph, record_backward and saved_bytes held against PyTorch's own list of operators: three
samples of each, or all with --all-samples; of each operator, or with --operator of one.
"""

import re
import warnings
from collections import Counter
from functools import cache
from xml.etree import ElementTree

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.graph import Fact
from autograd_seen.live import operations
from autograd_seen.live.found import LEAF
from autograd_seen.values import LONGEST, clip

from tests.autograd_seen.live.heard import check_saved
from tests.autograd_seen.live.samples import graphs_of, nodes_of
from tests.autograd_seen.show.apart import covered
from tests.autograd_seen.shown import shown
from tests.rows import each

#: So many tests ask for the operators: workers share them, and each operator need not be a test.
PARTS = 30
in_parts = pytest.mark.parametrize("part", range(PARTS))
FREED = re.compile("an earlier backward pass has freed it|backward through the graph a second time")


def plain_walk(output):
    """All nodes and edges by a walk of a few lines: names, and (source, output number, consumer,
    slot).
    """
    seen, stack, edges = {output.grad_fn}, [output.grad_fn], Counter()
    while stack:
        node = stack.pop()
        for slot, (source, number) in enumerate(node.next_functions):
            if source is None:
                continue
            edges[clip(source.name()), number, clip(node.name()), slot] += 1
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return Counter(clip(node.name()) for node in seen), edges


def drawn(graph):
    """The same two counts, read off the plain data of a drawn graph."""
    made_by = {
        e.target: (graph.nodes[e.source].class_name, e.slot)
        for e in graph.edges
        if graph.nodes[e.source].kind == "operation"
    }
    made_by |= {n.key: (LEAF, 0) for n in graph.nodes if n.class_name == LEAF}
    nodes = Counter(n.class_name for n in graph.nodes if n.class_name)
    edges = Counter(
        (*made_by[e.source], graph.nodes[e.target].class_name, e.slot)
        for e in graph.edges
        if graph.nodes[e.target].kind == "operation" and e.source in made_by
    )
    return nodes, edges


def portray(output):
    """The picture; drawn from here, it sees the same names each time."""
    return draw_graph(output, fold=False, max_operations=1000)


def same(one, two):
    """Whether two gradients are equal, a nan being equal to a nan."""
    if one is None or two is None:
        return one is two
    return torch.allclose(one.to_dense(), two.to_dense(), rtol=0, atol=0, equal_nan=True)


def check(output, leaves, twice=True):
    """Every property that a picture must have; ``twice`` draws it again for that."""
    before = [(leaf._version, None if leaf.grad is None else leaf.grad.clone()) for leaf in leaves]
    random_state = torch.get_rng_state()
    picture = portray(output)
    graph, forms = picture.graph, (picture.svg, str(picture), picture.source)

    assert torch.equal(random_state, torch.get_rng_state()), "the random state moved"
    for leaf, (version, grad) in zip(leaves, before, strict=True):
        assert leaf._version == version, "a version counter moved"
        assert same(leaf.grad, grad), ".grad changed"

    assert drawn(graph) == plain_walk(output), "the picture is not the graph"
    keys = [node.key for node in graph.nodes]
    assert keys == list(range(len(keys)))
    assert all(edge.source < edge.target for edge in graph.edges)
    for node in shown(graph).nodes:
        for label in (node.name, node.expression, node.class_name):
            assert len(label) <= LONGEST and label.isprintable()
    ElementTree.fromstring(forms[0])
    for form in forms:
        assert not re.search(r"0x[0-9a-f]{6,}", form), "a memory address in the output"
    assert not twice or portray(output).svg == picture.svg, "other bytes the second time"


def backward_overheard(output, nodes):
    """Runs a real backward pass. Returns (class name, sent, arriving) of each operation, in the
    engine's order.
    """
    turns = []

    def listen(node):
        def hook(sent, arriving):
            turns.append((clip(node.name()), sent, arriving))
            if operations.operator(node.name()).elementwise:
                check_elementwise(node, sent, *arriving)

        return node.register_hook(hook)

    handles = [listen(node) for node in nodes if node.name() != LEAF]
    torch.autograd.backward(output, output.detach())
    for handle in handles:
        handle.remove()
    return turns


def check_elementwise(node, sent, arriving):
    """What a node answers to ones is the derivative of each element, if it tells what the node
    sends of anything.
    """
    if arriving is None or arriving.is_complex() or not arriving.isfinite().all():
        return
    with torch.no_grad():
        answers = node(torch.ones_like(arriving))
    for local, one in zip(answers if isinstance(answers, tuple) else (answers,), sent, strict=True):
        # What the node has summed already is no derivative of each element, and the recorder leaves
        # it out.
        whole = local is not None and local.numel() == arriving.numel()
        if whole and one is not None and not one.is_complex():
            product = (local * arriving).sum_to_size(one.shape).to(one.dtype)
            assert torch.allclose(product, one, rtol=1e-4, atol=1e-5, equal_nan=True), (
                f"{node.name()} is not elementwise"
            )


def record(output, leaves):
    """The recording of a pass that leaves everything as it was, drawn once."""
    before = [(leaf._version, leaf.grad) for leaf in leaves]
    random_state = torch.get_rng_state()
    recording = record_backward(output, output.detach(), max_operations=1000)
    assert torch.equal(random_state, torch.get_rng_state()), "the random state moved"
    for leaf, (version, grad) in zip(leaves, before, strict=True):
        assert leaf._version == version and leaf.grad is grad, "a leaf changed"
    picture = draw_graph(recording)
    ElementTree.fromstring(picture.svg)
    assert not covered(picture._scene), "something stands on something else"
    assert not re.search(r"0x[0-9a-f]{6,}", str(picture)), "a memory address in the output"
    return recording


def check_recording(recording, turns):
    """Each step is a turn of the engine, and each flow what the node sent in it."""
    nodes, edges = recording.graph.nodes, recording.graph.edges
    steps = [step for step in recording.steps if nodes[step.node].kind == "operation"]
    assert [nodes[step.node].class_name for step in steps] == [name for name, _, _ in turns], (
        "another order"
    )
    for step, (name, sent, arriving) in zip(steps, turns, strict=True):
        assert len(step.arriving) == len(arriving)
        for flow in step.flows:
            assert same(flow.gradient, sent[edges[flow.edge].slot]), f"{name} sent another gradient"
    said = [note for step in recording.steps for part in (step, *step.flows) for note in part.notes]
    unexplained = {Fact.HOOKED, Fact.NOT_THE_SUM, Fact.NOT_THE_PRODUCT}
    assert not [note for note in said if note.fact in unexplained], said


@cache
def operators():
    """PyTorch's list of operators by their names, without what compiles for a GPU as it runs. It is
    read when it is needed: that takes as long as importing torch.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    plain = [operator for operator in op_db if "jiterator" not in operator.name]
    assert len(plain) > 600, "PyTorch's list was not read"
    return {operator.formatted_name: operator for operator in plain}


@pytest.fixture
def asked(request, part):
    """The names of the operators of a part of the list that are asked for."""
    if not (names := request.config.getoption("--operator")):
        return list(operators())[part::PARTS]
    return [name for name in names if list(operators()).index(name) % PARTS == part]


def recorded_again(output, leaves):
    """After backward() a pass is recorded where nothing was saved, and else refused in one line."""
    try:
        record(output, leaves)
    except RuntimeError as problem:
        assert FREED.search(str(problem)) and "\n" not in str(problem), problem


def check_operator(operator, most):
    """Draws and records the graphs of an operator, before and after backward(). Returns how many
    graphs these were.
    """
    count = 0
    for output in graphs_of(operator, most):
        nodes = nodes_of(output)
        leaves = [node.variable for node in nodes if node.name() == LEAF]
        try:
            check(output, leaves, twice=not count)
            recording = record(output, leaves)
            check_recording(recording, backward_overheard(output, nodes))
            check(output, leaves, twice=False)
            recorded_again(output, leaves)
        except (RuntimeError, NotImplementedError) as problem:
            # This one has a graph, and PyTorch cannot go back through it.
            if not re.search("derivative for .* is not implemented", str(problem)):
                raise
        count += 1
    return count


@pytest.mark.filterwarnings("ignore")  # what operators warn of is theirs
@in_parts
def test_operators_are_drawn_and_recorded_before_and_after_backward(
    asked, record_property, most_samples
):
    graphs = []
    each(asked, lambda name: graphs.append(check_operator(operators()[name], most_samples)))
    assert sum(graphs) >= len(graphs), "few samples led to a graph"
    record_property("graphs", sum(graphs))


@pytest.mark.filterwarnings("ignore")
@in_parts
def test_the_sum_is_what_the_hook_for_saved_tensors_is_handed(asked, record_property, most_samples):
    graphs = []
    each(asked, lambda name: graphs.append(check_saved(operators()[name], most_samples)))
    assert sum(graphs) >= len(graphs), "few samples led to a graph"
    record_property("graphs", sum(graphs))


#: Operators with a sample beyond the first few that needs care: a node none of whose inputs leads
#: on, and a graph without any end.
BEYOND = {"istft": 10, "_chunk_cat": 8}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BEYOND)
def test_a_later_sample_of_an_operator_is_drawn_and_recorded(name, record_property):
    found = [one for one in operators().values() if one.name == name]
    assert found
    for operator in found:
        record_property("graphs", check_operator(operator, BEYOND[name]))
