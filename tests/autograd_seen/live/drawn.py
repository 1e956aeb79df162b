"""What several tests of live graphs need: leaves, Functions, what a picture says of its nodes."""

import torch
from autograd_seen.graph import Fact

from tests.autograd_seen.shown import shown


def leaf(value=2.0):
    return torch.tensor(value, requires_grad=True)


def saved_while(run):
    """What a function returns, and the tensors that PyTorch saved meanwhile."""
    saved = []

    def pack(tensor):
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        return run(), saved


def values_of(picture):
    """Name to (value, notes), for each tensor."""
    nodes = [node for node in shown(picture.graph).nodes if node.kind == "tensor"]
    return {node.name: (node.value, node.notes) for node in nodes}


def misfits_of(picture):
    """The names of the results of the operations that do not fit."""
    graph = picture.graph
    odd = [node.key for node in graph.nodes if node.has(Fact.DO_NOT_FIT)]
    return [result.name for key in odd for result in graph.results(key)]


def function(forward, backward=lambda ctx, *grads: grads[0]):
    parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Mine", (torch.autograd.Function,), parts).apply


def tensors_of(picture):
    """Name to node, for each tensor."""
    nodes = [node for node in shown(picture.graph).nodes if node.kind == "tensor"]
    assert len({node.name for node in nodes}) == len(nodes), "two tensors of one name"
    return {node.name: node for node in nodes}


def operations_of(picture):
    return [node for node in shown(picture.graph).nodes if node.kind == "operation"]


def edges_of(picture):
    """The edges as (name of the source, name of the target, slot)."""
    nodes = shown(picture.graph).nodes
    return [(nodes[e.source].name, nodes[e.target].name, e.slot) for e in picture.graph.edges]
