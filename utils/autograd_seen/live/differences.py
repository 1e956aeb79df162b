"""Finds where a gradient is not what the numbers before it give, and says no more than is known.

A difference is blamed on a hook only where a tensor has one. Otherwise it is told as it is: a node
may have a hook, which PyTorch does not list, and a node computes in its own order and precision.
"""

import torch

from autograd_seen.graph import Fact, Note
from autograd_seen.live.reading import read_value

#: Units in the last place by which a product, or a sum of two, may differ.
ULPS = 8


def of_product(
    local: torch.Tensor, arrived: torch.Tensor | None, sent: torch.Tensor
) -> tuple[Note, ...]:
    """A note where what a node sent is not its local derivative times what arrived."""
    if arrived is None or not _have_numbers(local, arrived, sent):
        return ()
    product = local * arrived.reshape(local.shape)
    if product.numel() == sent.numel():
        total, size = product.reshape(sent.shape), product.abs().reshape(sent.shape)
    else:  # the engine has summed what the forward pass had broadcast
        total, size = product.sum_to_size(sent.shape), product.abs().sum_to_size(sent.shape)
    terms = product.numel() // max(1, sent.numel())
    return _of_total(total, size, sent, terms, (local.dtype, arrived.dtype))


def of_rows(
    jacobian: torch.Tensor, arrived: tuple[torch.Tensor | None, ...], sent: torch.Tensor
) -> tuple[Note, ...]:
    """A note where what a node sent is not the sum of its Jacobian's rows, each times what arrived
    there; several results are one behind the other.
    """
    known = [one for one in arrived if one is not None]
    if len(known) < len(arrived) or not _have_numbers(jacobian, *known, sent):
        return ()
    weights = torch.cat([one.reshape(-1) for one in known])
    product = jacobian.reshape(len(weights), -1) * weights[:, None]
    total, size = product.sum(0).reshape(sent.shape), product.abs().sum(0).reshape(sent.shape)
    return _of_total(total, size, sent, len(weights), (jacobian.dtype, weights.dtype))


def _of_total(
    total: torch.Tensor, size: torch.Tensor, sent: torch.Tensor, terms: int, dtypes: tuple
) -> tuple[Note, ...]:
    cast = total.to(sent.dtype)
    if not _is_near(cast, sent, size, terms, (*dtypes, sent.dtype)):
        return (_note(Fact.NOT_THE_PRODUCT, total, sent),)
    return _out_of_range(total, cast, sent)


def of_sum(
    parts: list[torch.Tensor], arriving: torch.Tensor | None, hooked: bool
) -> tuple[Note, ...]:
    """A note where what arrived at a tensor is not the sum of what its consumers sent."""
    if not parts or arriving is None or arriving.is_nested or arriving.is_meta:
        return ()
    dense = [part.to_dense() for part in parts]
    total, size = sum(dense[1:], dense[0]), sum(part.abs() for part in dense)
    if _is_near(total, arriving.to_dense(), size, len(dense), (arriving.dtype,)):
        return ()
    return (_note(Fact.HOOKED if hooked else Fact.NOT_THE_SUM, total, arriving),)


def of_grad(
    expected: torch.Tensor | None, found: torch.Tensor | None, hooked: bool
) -> tuple[Note, ...]:
    """A note where ``.grad`` holds, after a pass, something else than the pass made of it."""
    values = tuple(None if one is None else read_value(one) for one in (expected, found))
    fact = Fact.HOOKED_GRAD if hooked else Fact.NOT_THE_GRAD
    return () if values[0] == values[1] else (Note(fact, values),)


def _note(fact: Fact, expected: torch.Tensor, found: torch.Tensor) -> Note:
    return Note(fact, (read_value(expected), read_value(found)))


def _have_numbers(*tensors: torch.Tensor) -> bool:
    return all(
        one.layout == torch.strided and not (one.is_meta or one.is_nested or one.is_complex())
        for one in tensors
    )


def _is_near(
    expected: torch.Tensor, found: torch.Tensor, size: torch.Tensor, terms: int, dtypes: tuple
) -> bool:
    """Whether two results differ by no more than another order or precision of computing them.

    ``size`` is the sum of the absolute terms. Of what is not finite nothing can be said.
    """
    kinds = [torch.finfo(dtype) for dtype in dtypes]
    rounding = (ULPS + terms) * max(kind.eps for kind in kinds)
    slack = rounding * max(kind.smallest_normal for kind in kinds)
    near = (expected - found).abs() <= rounding * size + slack
    return bool((near | ~expected.isfinite() | (expected == found)).all())


def _out_of_range(total: torch.Tensor, cast: torch.Tensor, sent: torch.Tensor) -> tuple[Note, ...]:
    """A note where the dtype of what was sent is too small for it."""
    if torch.finfo(total.dtype).bits <= torch.finfo(sent.dtype).bits:
        return ()
    if bool(((total != 0) & (cast == 0) & (sent == 0)).any()):
        return (_note(Fact.UNDERFLOWED, total, sent),)
    if bool((total.isfinite() & cast.isinf() & sent.isinf()).any()):
        return (_note(Fact.OVERFLOWED, total, sent),)
    return ()
