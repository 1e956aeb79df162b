"""Where in a backward pass a gradient stops being finite."""

from collections.abc import Iterable

import torch

from autograd_seen.births import INFINITE, NOTHING, Kinds, family
from autograd_seen.graph import Fact, Note
from autograd_seen.live.reading import read_value
from autograd_seen.live.taped import Taped
from autograd_seen.values import Value


def of_flow(
    arrived: tuple[torch.Tensor | None, ...],
    local: torch.Tensor | None,
    sent: torch.Tensor,
    value: Value,
    held: Kinds,
) -> tuple[Note, ...]:
    """Notes of what an operation sent that is not finite, and that had not arrived so.

    ``value`` is what was ``sent``, and ``held`` what is not finite among the values that went into
    the operation on the way forward. Where the local derivative of each element is known, each is
    looked at by itself.
    """
    kinds = value.not_finite
    if not kinds:
        return ()
    if local is not None and _are_elements(local, *arrived, sent):
        return _of_elements(arrived[0].reshape(sent.shape), local.reshape(sent.shape), sent, held)
    came = _among(arrived)
    if came is None:
        return ()
    new = sorted(kind for kind in kinds if not family(frozenset({kind})) <= family(came))
    before = [kind for kind in new if family(frozenset({kind})) <= family(held)]
    notes = [Note(Fact.BORN_BEFORE, (kind,)) for kind in before]
    size = value.size
    notes += [
        Note(Fact.BORN_OF, (kind, value.count(kind), size)) for kind in new if kind not in before
    ]
    return tuple(notes)


def _among(tensors: Iterable[torch.Tensor | None]) -> Kinds | None:
    """What is not finite among tensors; None where that is not known."""
    kinds = [read_value(one).not_finite for one in tensors if one is not None]
    return None if None in kinds else frozenset().union(*kinds)


def _are_elements(*tensors: torch.Tensor | None) -> bool:
    """Whether all hold as many real numbers, each at its place."""
    if any(one is None or one.is_nested or one.is_meta for one in tensors):
        return False
    plain = all(one.layout == torch.strided and not one.is_complex() for one in tensors)
    return plain and len({one.numel() for one in tensors}) == 1


def _of_elements(
    arrived: torch.Tensor, local: torch.Tensor, sent: torch.Tensor, held: Kinds
) -> tuple[Note, ...]:
    notes = []
    infinite = bool(INFINITE & held)
    for kind, is_kind in (("nan", torch.isnan), ("inf", torch.isposinf), ("-inf", torch.isneginf)):
        new = is_kind(sent) & ~(arrived.isnan() if kind == "nan" else arrived.isinf())
        # A derivative that is itself so since a value of the forward pass was.
        passed = new & (local.isnan() if kind == "nan" else local.isinf())
        passed &= ("nan" in held) if kind == "nan" else infinite
        new &= ~passed
        if bool(passed.any()):
            notes.append(Note(Fact.BORN_BEFORE, (kind,)))
        if bool(new.any()):
            first = int(new.reshape(-1).int().argmax())
            one, other = arrived.reshape(-1)[first], local.reshape(-1)[first]
            told = bool(is_kind((one * other).to(sent.dtype)))
            at = (read_value(one).number, read_value(other).number, told)
            notes.append(Note(Fact.BORN_OF, (kind, int(new.sum()), new.numel(), *at)))
    return tuple(notes)


def of_constant(constant: torch.Tensor, taped: Taped) -> tuple[Note, ...]:
    """A note where a tape tells which operation, outside the graph, made a constant not finite."""
    if id(constant) not in taped.makers:
        return ()
    kinds = read_value(constant).not_finite
    if not kinds:
        return ()
    kind, made = sorted(kinds)[0], None
    seen: set[int] = set()
    while constant is not None and id(constant) not in seen:
        seen.add(id(constant))
        makers = taped.makers.get(id(constant), ())
        if len(makers) != 1:  # written into, or made before the tape
            break
        made = makers[0][1]
        constant = next((one for one in _operands(made) if _has(one, kind)), None)
    unknown = made is None or constant is not None or any(one.overwritten for one in made.operands)
    return () if unknown else (Note(Fact.BORN_OUTSIDE, (kind, made.name, made.line)),)


def _operands(operation) -> list[torch.Tensor]:
    return [seen.tensor for seen in operation.operands if not seen.overwritten]


def _has(tensor: torch.Tensor, kind: str) -> bool:
    kinds = read_value(tensor).not_finite
    return kinds is not None and family(frozenset({kind})) <= family(kinds)


def of_sum(parts: list[torch.Tensor], arriving: torch.Tensor | None) -> tuple[Note, ...]:
    """A note where what arrived is not finite, and none of the gradients that were sent is so."""
    whole = None if arriving is None else read_value(arriving).not_finite
    if not whole:
        return ()
    values, came = [read_value(part) for part in parts], _among(parts)
    if not values or came is None:
        return ()
    new = sorted(kind for kind in whole if not family(frozenset({kind})) <= family(came))
    if not new:
        return ()
    dense = [part.to_dense() for part in parts]
    made = read_value(sum(dense[1:], dense[0])).not_finite or NOTHING
    return tuple(
        Note(Fact.BORN_IN_SUM, (kind, tuple(values) if kind in made else ())) for kind in new
    )
