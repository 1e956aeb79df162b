"""What a graph keeps alive for its backward pass, in bytes, each memory counted once."""

from collections.abc import Callable, Iterator

import torch
from torch.autograd.graph import Node as TorchNode

from autograd_seen.graph import Kept, Memory
from autograd_seen.live import operations
from autograd_seen.live.found import Spot
from autograd_seen.live.known import Known
from autograd_seen.live.memory import places
from autograd_seen.live.reading import shape_of
from autograd_seen.live.saved import Saved
from autograd_seen.values import dtype_name

#: For each dtype that PyTorch gives a Python number, a narrower one.
NARROWER = {
    torch.float64: torch.float32,
    torch.int64: torch.int8,
    torch.complex128: torch.complex64,
}


class Ledger:
    """Counts what operations keep, in the order in which it is asked.

    Memory that several saved tensors share is counted at the first of them. A parameter is apart:
    its memory is there with a graph or without.
    """

    def __init__(self, known: Known):
        self.known = known
        leaves = known.found.leaves.values()
        self.leaves = {place for leaf in leaves for place in places(leaf)}
        self.counted: set[int] = set()
        self.sums = dict.fromkeys(("leaf", "constant", "intermediate"), 0)
        self.tensors, self.complete = 0, not known.found.cut

    def of(self, node: TorchNode, called: Callable[[Spot], str]) -> tuple[Kept, ...]:
        """What one operation keeps; ``called`` tells the names of what is drawn already."""
        saved = self.known.saved[node]
        hidden = saved.packed or saved.opaque or saved.freed or saved.holds_more
        self.complete = self.complete and not hidden
        return tuple(
            [self._count(node, name, tensor, called) for name, tensor in _tensors(node, saved)]
        )

    def _count(self, node, name: str, tensor: torch.Tensor, called: Callable) -> Kept:
        spot = self.known.found.spot(tensor)
        known = self.known.names.get(spot) or called(spot)
        dtype = dtype_name(tensor.dtype)
        if is_a_number(tensor):
            return Kept(name, known, (), dtype, "number", 0)
        held = places(tensor)
        role = self._role(node, name, tensor, held)
        new = [size for place, size in held.items() if place not in self.counted]
        size = sum(new)
        self.counted |= held.keys()
        self.sums[role] += size
        self.tensors += size > 0
        return Kept(name, known, shape_of(tensor) or (), dtype, role, size, shared=not new)

    def _role(self, node, name: str, tensor: torch.Tensor, held: dict[int, int]) -> str:
        if held.keys() <= self.leaves or _is_parameter(tensor):
            return "leaf"
        operator = self.known.operators[node]
        made_here = operator.python or operations.is_output(operator, name)
        return "intermediate" if tensor.requires_grad or made_here else "constant"

    def memory(self) -> Memory:
        """The sums so far."""
        return Memory(self.tensors, **self.sums, complete=self.complete)


def _is_parameter(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a parameter, such as a frozen one, or a view of one."""
    base = tensor._base if tensor._is_view() else tensor
    return isinstance(base, torch.nn.Parameter)


def is_a_number(tensor: torch.Tensor) -> bool:
    """Whether a saved tensor is a Python number of the caller's, such as the 3 of ``3 * x``.

    PyTorch lets such a number take on a narrower dtype, and no tensor.
    """
    narrower = NARROWER.get(tensor.dtype)
    if tensor.dim() or narrower is None or tensor.requires_grad:
        return False
    return torch.result_type(tensor, torch.zeros((), dtype=narrower)) == narrower


def _tensors(node, saved: Saved) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in saved.tensors.items():
        lost = saved.lost.get(name)
        held = tensor if lost is None else lost.tensor
        if held is not None:
            yield name, held
    for name in saved.on_ctx:
        yield f"{name} (on ctx)", getattr(node, name)
