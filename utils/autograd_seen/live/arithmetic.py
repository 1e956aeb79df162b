"""Works plain arithmetic out again: where a result does not fit its operands, one of them was
overwritten, also where PyTorch counts no write, as through ``.data`` or NumPy.
"""

import numbers
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F

from autograd_seen.graph import Fact, Note, Operator
from autograd_seen.live.found import ConstantId, GradientEdge, Spot
from autograd_seen.live.known import Known

#: The largest tensor that is worked out again.
MOST_ELEMENTS = 1_000
#: How many units in the last place a result may be off: more than any kernel is.
UNITS = 64

Settings = dict[str, object]
#: The limits of a dtype.
limits_of = cache(torch.finfo)


def _power(settings: Settings, *inputs):
    if "self" in settings:
        return torch.pow(settings["self"], inputs[-1])
    exponent = settings.get("exponent", inputs[-1])
    return torch.pow(inputs[0], exponent)


def _times(settings: Settings, *inputs):
    return torch.mul(inputs[0], inputs[1] if len(inputs) > 1 else settings["other"])


def _divided(settings: Settings, *inputs):
    other = inputs[1] if len(inputs) > 1 else settings["other"]
    return torch.div(inputs[0], other, rounding_mode=settings.get("rounding_mode"))


ARITHMETIC: dict[str, Callable] = {
    "Add": lambda settings, a, b: torch.add(a, b, alpha=settings.get("alpha", 1)),
    "Sub": lambda settings, a, b: torch.sub(a, b, alpha=settings.get("alpha", 1)),
    "Rsub": lambda settings, a, b: torch.sub(b, a, alpha=settings.get("alpha", 1)),
    "Mul": _times,
    "Div": _divided,
    "Pow": _power,
}
#: Those of one input and no setting.
FUNCTIONS = {
    "Abs": torch.abs,
    "Cos": torch.cos,
    "Exp": torch.exp,
    "Log": torch.log,
    "LogSigmoid": F.logsigmoid,
    "Neg": torch.neg,
    "Reciprocal": torch.reciprocal,
    "Relu": torch.relu,
    "Sigmoid": torch.sigmoid,
    "Sin": torch.sin,
    "Sqrt": torch.sqrt,
    "Tanh": torch.tanh,
}


def misfits(known: Known, versions: dict[Spot, Note]) -> set:
    """The operations whose result does not fit their operands, of those that can be worked out.

    ``versions`` has the tensors that are known to be overwritten: nothing is to be found there."""
    lost = {spot for spot, note in versions.items() if note.fact is Fact.OVERWRITTEN}
    tensors = {
        spot: one for spot, one in known.tensors.items() if spot not in lost and _is_plain(one)
    }
    with torch.set_grad_enabled(False):
        return {node for node in known.found.operations if _is_misfit(known, tensors, lost, node)}


def _is_misfit(known: Known, tensors: dict, lost: set[Spot], node) -> bool:
    operator, settings = known.operators[node], known.saved[node].settings
    result = tensors.get(GradientEdge(node, 0))
    if result is None or operator.python or not _is_arithmetic(operator):
        return False
    inputs = []
    for operand in known.operands[node]:
        source = operand.source
        if isinstance(source, GradientEdge):
            source = tensors.get(source)
        elif isinstance(source, torch.Tensor) and not _is_plain(source):
            return False
        if source is None or ConstantId(id(source)) in lost:
            return False
        inputs.append(source)
    try:
        # Nearly always it comes out the same once more, and that is seen several times as fast.
        if _are_same(_work_out(operator.kind, settings, inputs), result):
            return False
        exact = _work_out(operator.kind, settings, [_widened(one) for one in inputs])
    except (RuntimeError, TypeError, LookupError):
        return False
    return not _fits(exact, result, [one for one in inputs if isinstance(one, torch.Tensor)])


def _is_arithmetic(operator: Operator) -> bool:
    return operator.kind in ARITHMETIC or operator.kind in FUNCTIONS


def _work_out(kind: str, settings: Settings, inputs: list) -> torch.Tensor:
    if kind in FUNCTIONS:
        return FUNCTIONS[kind](*inputs)
    return ARITHMETIC[kind](settings, *inputs)


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether a tensor is an ordinary, small one of real numbers."""
    return (
        type(tensor) in (torch.Tensor, torch.nn.Parameter)
        and tensor.numel() <= MOST_ELEMENTS
        and tensor.layout == torch.strided
        and not (tensor.is_complex() or tensor.is_quantized or tensor.is_nested or tensor.is_meta)
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def _are_same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one, other)


def _widened(one: torch.Tensor | numbers.Number):
    return one.double() if isinstance(one, torch.Tensor) else one


def _fits(exact: torch.Tensor, result: torch.Tensor, inputs: list[torch.Tensor]) -> bool:
    if exact.is_complex() or exact.shape != result.shape or not result.is_floating_point():
        return True
    floats = {one.dtype for one in (*inputs, result) if one.is_floating_point()}
    unit = max(limits_of(dtype).eps for dtype in floats)
    limits = limits_of(result.dtype)
    size = exact.abs()
    # Beyond these a result is rounded to 0 or to infinity.
    within = (size > 4 * limits.tiny) & (size < limits.max / 2)
    wrong = (result.detach().double() - exact).abs() > UNITS * unit * size
    return not bool((wrong & within).any())
