"""draw_graph held against PyTorch's own list of operators: about 1,500 graphs, before and after backward()."""

import re
import warnings
from collections import Counter
from xml.etree import ElementTree

import pytest
import torch

from utils import draw_graph
from utils.trace import LEAF
from utils.values import LONGEST, clip

SAMPLES = 3
# A few operators have no graph on any sample, and a few need a library that is not there: fewer graphs than
# this would mean that the list was not read.
FEWEST_GRAPHS = 1_400


def outputs_of(result):
    """The tensors in an operator's result."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, tuple | list):
        return [tensor for part in result for tensor in outputs_of(part)]
    return []


def graphs_of(operator):
    """For up to three samples of an operator that lead to a graph: its first output with one."""
    for dtype in (torch.float32, torch.complex64):
        if dtype in operator.supported_dtypes("cpu"):
            break
    else:
        return
    torch.manual_seed(0)
    # The function behind operator.sample_inputs(), which reads the source of every caller for each operator.
    samples = operator.sample_inputs_func(operator, torch.device("cpu"), dtype, requires_grad=True)
    for sample, _ in zip(samples, range(SAMPLES), strict=False):
        try:
            result = operator(sample.input, *sample.args, **sample.kwargs)
        except (RuntimeError, NotImplementedError, ImportError):
            continue  # this build lacks the library behind it
        for output in outputs_of(result):
            if output.requires_grad and output.grad_fn is not None:
                yield output
                break


def plain_walk(output):
    """All nodes and edges by a walk of a few lines: names, and (source, output number, consumer, slot)."""
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
    """The picture as data and as bytes; called from here, it sees the same names each time."""
    picture = draw_graph(output, max_operations=1000)
    return picture.graph, (picture.svg, str(picture), picture.source)


def same(one, two):
    """Whether two gradients are equal, a nan being equal to a nan."""
    if one is None or two is None:
        return one is two
    return torch.allclose(one.to_dense(), two.to_dense(), rtol=0, atol=0, equal_nan=True)


def check(output, leaves):
    """Every property that a picture must have."""
    before = [(leaf._version, None if leaf.grad is None else leaf.grad.clone()) for leaf in leaves]
    random_state = torch.get_rng_state()
    graph, forms = portray(output)

    assert torch.equal(random_state, torch.get_rng_state()), "the random state moved"
    for leaf, (version, grad) in zip(leaves, before, strict=True):
        assert leaf._version == version, "a version counter moved"
        assert same(leaf.grad, grad), ".grad changed"

    assert drawn(graph) == plain_walk(output), "the picture is not the graph"
    keys = [node.key for node in graph.nodes]
    assert keys == list(range(len(keys)))
    assert all(edge.source < edge.target for edge in graph.edges)
    for node in graph.nodes:
        for label in (node.name, node.expression, node.class_name):
            assert len(label) <= LONGEST and label.isprintable()
    ElementTree.fromstring(forms[0])
    for form in forms:
        assert not re.search(r"0x[0-9a-f]{6,}", form), "a memory address in the output"
    assert portray(output)[1] == forms, "other bytes the second time"


def leaves_of(output):
    """The leaves that a graph leads to."""
    seen, stack = {output.grad_fn}, [output.grad_fn]
    while stack:
        for source, _ in stack.pop().next_functions:
            if source is not None and source not in seen:
                seen.add(source)
                stack.append(source)
    return [node.variable for node in seen if node.name() == LEAF]


def operators():
    """PyTorch's list, without what compiles for a GPU as it runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return [operator for operator in op_db if "jiterator" not in operator.name]


@pytest.mark.filterwarnings("ignore")  # what operators warn of is theirs
def test_every_operator_draws_before_and_after_backward(record_property):
    count, failures = 0, []
    for operator in operators():
        for output in graphs_of(operator):
            count += 1
            leaves = leaves_of(output)
            try:
                check(output, leaves)
                torch.autograd.backward(output, output.detach())
                check(output, leaves)
            except Exception as problem:
                if re.search("derivative for .* is not implemented", str(problem)):
                    continue  # this one has a graph, and PyTorch cannot go back through it
                failures.append(f"{operator.formatted_name}: {type(problem).__name__}: {problem}")
    record_property("summary", f"{count:,} graphs")
    assert not failures, f"{len(failures)} failures, such as:\n" + "\n".join(failures[:20])
    assert count >= FEWEST_GRAPHS
