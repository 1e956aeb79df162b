"""The local Jacobian of an operation, row by row, where it has few entries."""

import math
from collections.abc import Iterator, Mapping

import torch

#: The entries of a Jacobian that is asked for: so a node is asked for at most so many rows.
MOST_ENTRIES = 12

Shape = tuple[int, ...]


def jacobians_of(
    node: torch.autograd.graph.Node, inputs: Mapping[int, Shape | None]
) -> dict[int, torch.Tensor]:
    """By the slot of each input: the Jacobian of the results by it, where it is small and real.

    ``inputs`` holds the shapes. Each row is what the node, with what it has saved, answers to a
    gradient of one 1 and zeros. The shape is that of the result, then that of the input, as
    ``torch.autograd.functional.jacobian`` has it; several results count as one vector, one behind
    the other. What has more dimensions than a matrix is left out, and so is a node that has lost
    what it saved.
    """
    results = node._input_metadata
    if any(map(_has_no_numbers, results)):
        return {}
    rows = sum(math.prod(one.shape) for one in results)
    out = tuple(results[0].shape) if len(results) == 1 else (rows,)
    few = {
        slot: shape
        for slot, shape in inputs.items()
        if shape is not None
        and len(out + shape) <= 2
        and 0 < rows * math.prod(shape) <= MOST_ENTRIES
    }
    try:
        answers = list(_answers(node, results)) if few else []
    except RuntimeError:  # something saved was overwritten: the pass itself will say so
        return {}
    found = {slot: _stacked([answer[slot] for answer in answers], few[slot]) for slot in few}
    return {
        slot: jacobian.reshape(out + few[slot])
        for slot, jacobian in found.items()
        if jacobian is not None
    }


def _has_no_numbers(result) -> bool:
    """Whether a result has no real numbers that could be read."""
    return result.dtype.is_complex or result.is_nested_tensor or result.device.type == "meta"


def _answers(node: torch.autograd.graph.Node, results: tuple) -> Iterator[tuple]:
    """What a node sends to its inputs when a 1 arrives at each number of its results in turn."""
    for at, result in enumerate(results):
        for place in range(math.prod(result.shape)):
            given = [torch.zeros(one.shape, dtype=one.dtype, device=one.device) for one in results]
            given[at].view(-1)[place] = 1
            with torch.no_grad():
                answer = node(*given)
            yield answer if isinstance(answer, tuple) else (answer,)


def _stacked(rows: list[torch.Tensor | None], shape: Shape) -> torch.Tensor | None:
    """The rows of a Jacobian by an input of this shape; None where one of them is not known."""
    if any(row is None or row.is_complex() or row.layout != torch.strided for row in rows):
        return None
    try:
        # The engine sums what the forward pass had broadcast.
        return torch.stack([row.detach().sum_to_size(shape) for row in rows])
    except RuntimeError:
        return None
