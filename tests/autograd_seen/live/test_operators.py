"""draw_graph and record_backward held against PyTorch's own list of operators: three samples of
each, or all with --all-samples, each before and after backward().

A quarter of the list is here; the files beside this one are the other quarters, so that workers
share them."""

import re
import warnings
from collections import Counter
from itertools import islice
from xml.etree import ElementTree

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from autograd_seen.graph import Fact
from autograd_seen.live import operations
from autograd_seen.live.walk import LEAF
from autograd_seen.values import LONGEST, clip

from tests.autograd_seen.show.apart import covered
from tests.autograd_seen.shown import shown

SAMPLES = 3
FREED = re.compile("an earlier backward pass has freed it|backward through the graph a second time")


def outputs_of(result):
    """The tensors in an operator's result."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, tuple | list):
        return [tensor for part in result for tensor in outputs_of(part)]
    return []


def graphs_of(operator, most=SAMPLES):
    """For the first samples of an operator that lead to a graph: its first output with one."""
    for dtype in (torch.float32, torch.complex64):
        if dtype in operator.supported_dtypes("cpu"):
            break
    else:
        return
    torch.manual_seed(0)
    # The function behind operator.sample_inputs(), which reads the source of every caller for each
    # operator.
    samples = operator.sample_inputs_func(operator, torch.device("cpu"), dtype, requires_grad=True)
    for sample in islice(samples, most):
        try:
            result = operator(sample.input, *sample.args, **sample.kwargs)
        except (RuntimeError, NotImplementedError, ImportError):
            continue  # this build lacks the library behind it
        for output in outputs_of(result):
            if output.requires_grad and output.grad_fn is not None:
                yield output
                break


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


def nodes_of(output):
    """PyTorch's nodes that lead to an output."""
    seen, stack = {output.grad_fn: None}, [output.grad_fn]
    while stack:
        for source, _ in stack.pop().next_functions:
            if source is not None and source not in seen:
                seen[source] = None
                stack.append(source)
    return list(seen)


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


def quarter(number):
    """Every fourth operator of PyTorch's list, without what compiles for a GPU as it runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    plain = [operator for operator in op_db if "jiterator" not in operator.name]
    assert len(plain) > 600, "PyTorch's list was not read"
    part = plain[number::4]
    return pytest.mark.parametrize("operator", part, ids=[one.formatted_name for one in part])


def recorded_again(output, leaves):
    """After backward() a pass is recorded where nothing was saved, and else refused in one line."""
    try:
        record(output, leaves)
    except RuntimeError as problem:
        assert FREED.search(str(problem)) and "\n" not in str(problem), problem


def check_operator(operator, record_property, most):
    """Draws and records the graphs of an operator, before and after backward()."""
    count = 0
    for output in graphs_of(operator, most):
        nodes = nodes_of(output)
        leaves = [node.variable for node in nodes if node.name() == LEAF]
        try:
            check(output, leaves)
            recording = record(output, leaves)
            check_recording(recording, backward_overheard(output, nodes))
            check(output, leaves, twice=False)
            recorded_again(output, leaves)
        except (RuntimeError, NotImplementedError) as problem:
            # This one has a graph, and PyTorch cannot go back through it.
            if not re.search("derivative for .* is not implemented", str(problem)):
                raise
        count += 1
    record_property("graphs", count)


@pytest.mark.filterwarnings("ignore")  # what operators warn of is theirs
@quarter(0)
def test_an_operator_is_drawn_and_recorded_before_and_after_backward(
    operator, record_property, most_samples
):
    check_operator(operator, record_property, most_samples)


#: Operators with a sample beyond the first few that needs care: a node none of whose inputs leads
#: on, and a graph without any end.
BEYOND = {"istft": 10, "_chunk_cat": 8}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BEYOND)
def test_a_later_sample_of_an_operator_is_drawn_and_recorded(name, record_property):
    found = [one for part in range(4) for one in quarter(part).args[1] if one.name == name]
    assert found
    for operator in found:
        check_operator(operator, record_property, BEYOND[name])
