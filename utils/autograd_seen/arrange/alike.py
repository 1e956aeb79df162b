"""When two places of a graph say the same: what folding may call equal, and what it cannot know.

A pure function of plain data.
"""

import math
import re
from collections.abc import Iterable, Sequence

from autograd_seen.graph import Fact, Node, Note
from autograd_seen.values import Value

#: Settings that may grow by a fixed step from copy to copy: which part of a tensor is taken.
PARTS = {
    "SelectBackward0": ("index",),
    "SliceBackward0": ("start", "end"),
    "torch::autograd::CopySlices": ("index",),
}

#: Tensors that a node saves and that the graph shows: its inputs, and its results. Any other, such
#: as a mask or the indices of a permutation, is only a name there.
INPUTS = frozenset(
    """
    A b batch1 batch2 bias data exponent grad grad_out grad_output grid i1 i2 i3 imag input input2
    input3 key log_probs mat mat1 mat2 other per_sample_weights query real self source src tau
    tensor tensor1 tensor2 value vec vec1 vec2 weight x1 x2
    """.split()
)
RESULTS = frozenset(
    """
    L LU P Q R S U Vh buffer eigenvalues eigenvectors inverse logsumexp max min output pivots result
    sign solution
    """.split()
)
#: Operators whose node keeps no trace of a number that the result depends on, such as the value of
#: ``masked_fill``, of a tensor that is neither differentiated nor saved, or of a random choice.
FORGETFUL = frozenset(
    """
    BatchNormNoUpdate Bernoulli Bucketize Cauchy ConstantPadNd CtcLoss EmbeddingRenorm Exponential
    FakeQuantizePerTensorAffineCachemask FakeQuantizePerChannelAffineCachemask Fill FusedDropout
    FusedRmsNorm Geometric IndexFill Kthvalue LinalgEigh LinalgLstsq LinalgPinv LogNormal MaskedFill
    MultiMarginLoss MultilabelMarginLoss NanToNum NativeDropout NativeLayerNorm NllLoss NllLoss2D
    Normal Poisson Random Round Scatter SoftMarginLoss Sort Threshold Topk Uniform UnsafeMaskedIndex
    """.split()
)
#: Operators of two operands whose node may have one input alone: the other is then a number, which
#: the node keeps as a setting or not at all.
OF_TWO = frozenset("Add Copysign Fmod Remainder Rsub SpecialZeta Sub".split())


#: What tells numbers and versions that each copy may have for itself.
COUNTED = {Fact.WROTE, Fact.SAVED_OVERWRITTEN, Fact.OVERWRITTEN}
OWN = {Fact.OWN_NUMBER, *COUNTED}


def signature(node: Node, loose: bool = False) -> tuple:
    """All of an operation that does not depend on where its inputs come from, but what may grow.

    A ``loose`` one leaves out what each copy may have for itself: which numbers its constants are,
    and which versions were counted.
    """
    constants = tuple((slot, _constant(value, loose)) for slot, value in node.constants)
    return (
        node.class_name,
        node.arity,
        constants,
        node.saved,
        node.freed,
        node.recomputed,
        _told(node.notes, loose),
        node.count,
        node.run,
        _typed(settings(node)[0]),
        node.module and node.module.form,
    )


def signature_of_tensor(tensor: Node, loose: bool = False) -> tuple:
    """All of a tensor that the same tensor in another copy must share."""
    notes = _told(tensor.notes, loose)
    return tensor.shape, tensor.dtype, notes, tensor.class_name, tensor.grad is not None


def _told(notes: tuple[Note, ...], loose: bool) -> tuple:
    return tuple(one.fact if loose and one.fact in OWN else one for one in notes)


def _constant(value: Value, loose: bool) -> tuple | type:
    is_real = isinstance(value.number, int | float)
    return float if loose and is_real else exactly(value)


def own_numbers(copies: Sequence[Node]) -> list[Note]:
    """For each number in which the copies of an operation differ: the first, the second, and the
    last.
    """
    told = []
    for place in range(len(copies[0].constants)):
        values = [copy.constants[place][1] for copy in copies]
        if len({exactly(value) for value in values}) > 1:
            told.append(Note(Fact.OWN_NUMBER, (values[0], values[1], values[-1])))
    return told


def differ_in(facts: set[Fact], copies: Iterable[Node]) -> bool:
    """Whether notes of these facts say something else of each copy."""
    told = [tuple(one for one in copy.notes if one.fact in facts) for copy in copies]
    return any(one != told[0] for one in told)


def settings(node: Node) -> tuple[tuple, tuple[tuple[str, int], ...]]:
    """An operation's settings: those that are the same in all copies, and those that may grow."""
    may_grow = PARTS.get(node.class_name)
    if may_grow is None:
        return node.settings, ()
    same, growing = [], []
    for name, value in node.settings:
        grows = name in may_grow and isinstance(value, int)
        (growing if grows else same).append((name, value))
    return tuple(same), tuple(growing)


def exactly(value: Value) -> tuple:
    """A value such that only the same numbers compare equal: 0.0 is not −0.0, and 1 is not True."""
    return value.shape, value.size, _typed(value.numbers), _typed(value.ends), value.nans


def _typed(thing: object) -> object:
    if isinstance(thing, str):  # equals nothing but a string
        return thing
    if isinstance(thing, tuple):
        return tuple(map(_typed, thing))
    if isinstance(thing, float):
        # Not a number is written as a word, since it does not equal itself.
        return type(thing), "nan" if math.isnan(thing) else thing, math.copysign(1, thing)
    if isinstance(thing, complex):
        return type(thing), _typed(thing.real), _typed(thing.imag)
    return type(thing), thing


def are_equal(tensors: Iterable[Node]) -> bool:
    """Whether tensors are known to hold the same numbers, each of them."""
    values = [tensor.value for tensor in tensors]
    return all(map(_is_whole, values)) and len({exactly(value) for value in values}) == 1


def _is_whole(value: Value | None) -> bool:
    """Whether a value tells all numbers of its tensor."""
    if value is None or value.shape is None:
        return False
    is_one_number = value.ends is not None and value.ends[0] == value.ends[1]
    return value.size == 0 or bool(value.numbers) or is_one_number


def depends_on_more(node: Node, operands: int, beside: int) -> bool:
    """Whether an operation may compute something else than another that looks like it.

    ``operands`` of its inputs are shown as tensors, and ``beside`` tensors that it saved. It may
    where an operand is not known, where it saved what is not shown, or where its kind keeps no
    trace of a number. Nothing is known of a Function written in Python or in C++, and a module's
    box shows nothing of what is in it.
    """
    operator = node.operator
    if node.module is not None:
        return True
    opaque = "::" in node.class_name and not any(name == "index" for name, _ in node.settings)
    if operator.python or operator.kind in FORGETFUL or opaque:
        return True
    known = operands + len(node.constants)
    is_told = operator.kind in OF_TWO and any(name == "other" for name, _ in node.settings)
    if known < node.arity or (operator.kind in OF_TWO and known < 2 and not is_told):
        return True
    return sum(not _is_shown(name) for name in node.saved) > beside


def _is_shown(saved: str) -> bool:
    """Whether the graph shows what is saved by this name: ``"indices[0]"`` is one of a list."""
    name = saved.partition("[")[0]
    return name in INPUTS or name in RESULTS or name.startswith("result")


def may_stand_for(shown: Node, hidden: Node) -> bool:
    """Whether a tensor may be shown in the place of one that is folded away: that one has no name,
    or one that differs in numbers only.
    """
    if not hidden.named:
        return True
    one, two = (re.sub(r"\d+", "0", name.removesuffix("…")) for name in (hidden.name, shown.name))
    if "…" in (hidden.name[-1:], shown.name[-1:]):
        # Shortened, at another place where a number is longer.
        shortest = min(len(one), len(two))
        one, two = one[:shortest], two[:shortest]
    return one == two and is_of_a_collection(hidden)


def is_of_a_collection(tensor: Node) -> bool:
    """Whether a tensor has no name of its own, or that of a member of a list, dict or module."""
    return not tensor.named or re.search(r"[.\[]", tensor.name) is not None
