"""What a backward pass leaves behind beside ``.grad`` of the leaves, put back after a rehearsal."""

import gc
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain

import torch

from autograd_seen.live.found import LEAF, most_touched, node_name
from autograd_seen.live.walk import Live


def tensors_alive() -> list[torch.Tensor]:
    """Every tensor of Python's that is alive, whoever holds it; one may come twice.

    Found through the garbage collector. A look at all objects takes 10 to 60 milliseconds for the
    200,000 to 500,000 objects of a notebook, so it is taken once after each collection that moved
    objects into the oldest generation, and else the younger ones are looked through. What
    ``gc.freeze()`` has put aside is not found.
    """
    kinds = _kinds_of_tensors()
    # The youngest first: what a collection moves meanwhile is met again.
    young = [one for age in (0, 1) for one in gc.get_objects(age) if type(one) in kinds]
    collections = tuple(one["collections"] for one in gc.get_stats()[1:])
    there = (reference() for reference in _old_tensors(collections))
    return young + [one for one in there if one is not None]


def _kinds_of_tensors() -> list[type]:
    kinds = [torch.Tensor]
    for kind in kinds:  # grows as it goes
        kinds += [one for one in kind.__subclasses__() if one not in kinds]
    return kinds


@lru_cache(maxsize=1)
def _old_tensors(collections: tuple[int, ...]) -> list[weakref.ref]:
    """The tensors of the oldest generation, after so many collections: only a collection makes an
    object one of these.
    """
    kinds = _kinds_of_tensors()
    return [weakref.ref(one) for one in gc.get_referrers(*kinds) if type(one) in kinds]


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Puts the state of PyTorch's own generators back, on the CPU and on each CUDA device."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=list(devices)):
        yield


@contextmanager
def retained_grads_kept(live: Live, known: Iterable[torch.Tensor]) -> Iterator[None]:
    """Puts back the ``.grad`` that ``retain_grad()`` asked for at results of this graph.

    The engine fills it whether or not it accumulates into leaves, and a node cannot say which
    tensor it fills. ``known`` are tensors that the caller holds: where these are all results of the
    graph there is nothing to look for.
    """
    known = list(known)
    with torch._C.DisableTorchFunctionSubclass():
        everywhere = known if _are_all_results(live, known) else tensors_alive()
        kept = [(one, one.grad) for one in everywhere if one.retains_grad]
    try:
        yield
    finally:
        with torch._C.DisableTorchFunctionSubclass():
            for one, grad in kept:
                if one.grad is not grad:
                    one.grad = grad


def _are_all_results(live: Live, known: list[torch.Tensor]) -> bool:
    edges = [edge[:2] for edge in live.gradient_edges.values()]
    results = {edge for edge in edges if not is_leaf(edge[0])}
    there = [one for one in known if one.requires_grad and not one.is_leaf]
    return results <= {(one.grad_fn, one.output_nr) for one in there}


def is_leaf(node: object) -> bool:
    """Whether a node is the one at which a leaf accumulates."""
    return node_name(node) == LEAF


def hooked_edges(live: Live) -> set[tuple]:
    """The gradient edges of this graph at which a tensor has a hook, as far as one is alive.

    A hook of a node, or of a tensor that is gone, cannot be listed.
    """
    there = {id(one): one for one in chain(live.tensors, tensors_alive()) if one._backward_hooks}
    results = [one for one in there.values() if not one.is_leaf][: most_touched()]
    edges = [edge[:2] for edge in live.gradient_edges.values()]
    leaves = [edge for edge in edges if is_leaf(edge[0])]
    hooked = {edge for edge in leaves if edge[0].variable._backward_hooks}
    return hooked | {(one.grad_fn, one.output_nr) for one in results}


def check_not_reentrant(live: Live) -> None:
    """Raises RuntimeError for a checkpoint that only ``backward()`` itself can go through."""
    for node in live.operations.values():
        if getattr(type(node), "_forward_cls", None) is torch.utils.checkpoint.CheckpointFunction:
            raise RuntimeError(
                "the graph has a checkpoint with use_reentrant=True, which runs a backward pass of "
                "its own and so changes .grad: pass accumulate=True, or checkpoint with "
                "use_reentrant=False"
            )
