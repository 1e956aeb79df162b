"""How each operation reads in maths: from PyTorch's node names to what a person writes on a board."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from utils.values import clip, number

#: Operations written between their inputs, and operations whose inputs may be swapped.
INFIX = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷", "Mm": "@", "Bmm": "@", "Mv": "@", "Dot": "·"}
COMMUTES = {"Add", "Mul", "Dot", "Maximum", "Minimum", "Logaddexp", "MseLoss"}
#: Operations whose usual word is not their node's name in lower case.
WORDS = {
    "T": "transpose",
    "Unsqueeze": "unsqueeze",
    "ToCopy": "to",
    "NativeLayerNorm": "layer_norm",
    "NativeBatchNorm": "batch_norm",
    "NativeDropout": "dropout",
    "Convolution": "conv",
    "UnsafeView": "view",
    "BinaryCrossEntropy": "BCE",
    "BinaryCrossEntropyWithLogits": "BCE with logits",
    "MseLoss": "mse_loss",
    "NllLoss": "nll_loss",
    "Linalg_Vector_Norm": "norm",
    "LinalgVectorNorm": "norm",
    "torch::autograd::CopySlices": "write in place",
    "AsStrided": "view",
}
#: For the tensors that a node saves, the place of that argument in ``next_functions``.
SLOTS = {
    "Mul": ("self", "other"),
    "Div": ("self", "other"),
    "Pow": ("self", "exponent"),
    "Mm": ("self", "mat2"),
    "Bmm": ("self", "mat2"),
    "Mv": ("self", "vec"),
    "Dot": ("self", "tensor"),
    "Addmm": ("self", "mat1", "mat2"),
    "Maximum": ("self", "other"),
    "Minimum": ("self", "other"),
    "Atan2": ("self", "other"),
    "MseLoss": ("self", "target"),
    "BinaryCrossEntropy": ("self", "target"),
    "BinaryCrossEntropyWithLogits": ("self", "target"),
    "Convolution": ("input", "weight"),
}
#: Operations of two numbers whose second input, where it does not require grad, is a constant that was not saved.
UNSAVED = "const"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Reading:
    """The maths of one operation: ``title`` for its box, ``expression`` with its inputs."""

    title: str
    expression: str
    ordered: bool


def base(class_name: str) -> str:
    """``"Sin"`` for ``"SinBackward0"``: the name without its ending."""
    return re.sub(r"Backward\d*$", "", class_name) or class_name


def slots(class_name: str) -> tuple[str, ...]:
    """The names of the arguments that a node may save, in the order of its ``next_functions``."""
    return SLOTS.get(base(class_name), ())


def read(class_name: str, inputs: Sequence[str | None], attributes: dict, folded: Sequence[int] = ()) -> Reading:
    """How a node reads in maths.

    ``inputs`` holds, for each entry of ``next_functions``, what stands there: a tensor's name, a number, or
    None for an input that is not known. ``folded`` names the places whose number belongs into the title.
    ``attributes`` holds the numbers that the node keeps, such as ``{"exponent": 2}``.
    """
    kind = base(class_name)
    if kind == "Pow":
        return _power(inputs, attributes)
    if kind == "Rsub":
        return Reading(f"{UNSAVED} −", f"{UNSAVED} − {_first(inputs)}", False)
    if kind == "Reciprocal":
        return Reading("1 ÷", f"1 ÷ {_first(inputs)}", False)
    if kind == "Neg":
        return Reading("−", f"−{_first(inputs)}", False)
    if kind == "Addmm":  # what nn.Linear computes
        bias, left, right = (UNSAVED if name is None else name for name in inputs)
        return Reading("matmul + bias", f"{left} @ {right} + {bias}", True)
    if kind in INFIX and len(inputs) == 2:
        return _infix(kind, inputs, attributes, folded)
    written_in_python = class_name.endswith("Backward")  # a Function of the user's: its name stays as it is
    word = WORDS.get(kind) or (clip(kind) if written_in_python else _snake(kind))
    shown = [name for name in inputs if name is not None]
    return Reading(word, f"{word}({', '.join(shown)})", len(shown) > 1 and kind not in COMMUTES)


def _power(inputs, attributes) -> Reading:
    x = _first(inputs)
    exponent = attributes.get("exponent", inputs[1] if len(inputs) > 1 else None)
    if "self" in attributes:  # a number to the power of a tensor
        return Reading(f"{number(attributes['self'])}^{x}", f"{number(attributes['self'])}^{x}", False)
    if exponent is None:
        return Reading("^", f"{x}^{UNSAVED}", True)
    text = exponent if isinstance(exponent, str) else number(exponent)
    raised = text.translate(SUPERSCRIPT) if re.fullmatch(r"-?\d+", text) else f"^{text}"
    both_are_tensors = len(inputs) > 1 and isinstance(exponent, str) and not _is_number(exponent)
    title = "^" if both_are_tensors else (x if re.fullmatch(r"\w{1,3}", x) else "( )") + raised
    return Reading(title, (x if re.fullmatch(r"[\w#]+", x) else f"({x})") + raised, both_are_tensors)


def _infix(kind, inputs, attributes, folded) -> Reading:
    sign = INFIX[kind]
    left, right = (UNSAVED if name is None else name for name in inputs)
    alpha = attributes.get("alpha", 1)
    times = "" if alpha == 1 else f"{number(alpha)}·"
    title = f"{sign} {times}".rstrip()
    if inputs[1] is None or 1 in folded:
        title = f"{sign} {times}{right}"
    elif inputs[0] is None or 0 in folded:
        title = f"{left} {sign} {times}".rstrip()
    both = None not in inputs and not folded
    return Reading(title, f"{left} {sign} {times}{right}", both and kind not in COMMUTES)


def _first(inputs: Sequence[str | None]) -> str:
    return inputs[0] if inputs and inputs[0] is not None else UNSAVED


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d.*", text) is not None


def _snake(kind: str) -> str:
    """``"log_softmax"`` for ``"LogSoftmax"``; a name with underscores of its own stays as it is."""
    kind = kind.removeprefix("torch::autograd::")
    return clip(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower().replace("__", "_"))
