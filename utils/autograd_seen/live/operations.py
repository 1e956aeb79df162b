"""How each operation reads in maths: from PyTorch's node names to what a person writes on a
board.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_seen.values import clip, number

#: Operations written between their inputs, and operations whose inputs may be swapped.
INFIX = {
    "Add": "+",
    "Sub": "−",
    "Mul": "×",
    "Div": "÷",
    "Mm": "@",
    "Bmm": "@",
    "Mv": "@",
    "Dot": "·",
}
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
    "CopyBackwards": "copy",
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
#: For operations that need not save a constant, how the caller writes them: functions, and where
#: among their arguments the inputs stand, in the order of ``next_functions``. What stands beyond
#: these is a number.
WRITTEN = {
    "Add": ("add", (0, 1)),
    "Sub": ("sub subtract", (0, 1)),
    "Rsub": ("rsub", (0, 1)),
    "Mul": ("mul multiply", (0, 1)),
    "Div": ("div divide true_divide", (0, 1)),
    "Remainder": ("remainder", (0, 1)),
    "Maximum": ("maximum", (0, 1)),
    "Minimum": ("minimum", (0, 1)),
    "Where": ("where", (1, 2)),
    "Addmm": ("linear", (2, 0)),
    "Convolution": ("conv1d conv2d conv3d", (0, 1, 2)),
}
#: Operations whose inputs the caller writes as a list.
LISTS = {"Cat": ("cat", "concat", "concatenate"), "Stack": ("stack",)}
#: Operations that save indices which they found themselves: an output, and no input.
FINDS_INDICES = {
    "Max",
    "Min",
    "Sort",
    "Topk",
    "Kthvalue",
    "Mode",
    "Median",
    "Nanmedian",
    "Cummax",
    "Cummin",
}
#: Operations that take each element by itself: the derivative is one number for each.
ELEMENTWISE = frozenset(
    """
    Abs Acos Acosh Add Addcdiv Addcmul Asin Asinh Atan Atan2 Atanh Celu Clamp ClampMax ClampMin Clone
    CopyBackwards Cos Cosh Digamma Div Elu Erf Erfc Erfinv Exp Exp2 Expm1 Frac Gelu Hardsigmoid Hardswish Hardtanh
    LeakyRelu Lerp Lgamma Log Log10 Log1P Log2 LogSigmoid Logaddexp Logaddexp2 Logit MaskedFill Maximum Minimum
    Mish Mul NanToNum Neg Pow Reciprocal Relu Rsqrt Rsub Sigmoid Sign Silu Sin Sinc Sinh Softplus Softshrink Sqrt
    Square Sub Tan Tanh Threshold ToCopy Where Xlogy
    """.split()
)
#: The numbers that a reading asks for, of those that nodes keep.
ATTRIBUTES = ("exponent", "alpha", "beta", "self", "other", "transposed", "rounding_mode")
#: Operations of two numbers whose second input, where it does not require grad, is a constant that
#: was not saved.
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


def inputs_of(class_name: str, function: str, arguments: Sequence) -> Sequence:
    """Of the arguments that a caller gave to a function, those that a node has in its
    ``next_functions``, in order.

    Empty where it is not certain that the node is what the function made, and which argument stands
    where."""
    if class_name.endswith("Backward"):  # a Function of the user's, whatever its name
        return ()
    kind, function = base(class_name), function.strip("_")
    if function in LISTS.get(kind, ()):
        return arguments[0] if arguments and isinstance(arguments[0], tuple) else ()
    functions, places = WRITTEN.get(kind, ("", ()))
    if function not in functions.split():
        return ()
    found = [arguments[place] for place in places] if max(places) < len(arguments) else ()
    return () if any(isinstance(one, tuple) for one in found) else found


def is_elementwise(class_name: str) -> bool:
    """Whether each element of the output depends on the same element of each input alone,
    broadcasting aside.
    """
    return base(class_name) in ELEMENTWISE


def is_output(class_name: str, saved: str) -> bool:
    """Whether a tensor that a node saves by this name is one of its results."""
    kind = base(class_name)
    if saved == "indices":
        return kind in FINDS_INDICES
    return saved.startswith("result") or (saved == "pivots" and kind == "LinalgLuFactorEx")


def read(
    class_name: str, inputs: Sequence[str | None], attributes: dict, folded: Sequence[int] = ()
) -> Reading:
    """How a node reads in maths.

    ``inputs`` holds, for each entry of ``next_functions``, what stands there: a tensor's name, a
    number, or None for an input that is not known. ``folded`` names the places whose number belongs
    into the title. ``attributes`` holds the numbers that the node keeps, such as ``{"exponent":
    2}``."""
    kind = base(class_name)
    if class_name.endswith("Backward"):  # a Function of the user's: its name stays as it is
        return _call(clip(kind), inputs, commutes=False)
    if kind == "Pow":
        return _power(inputs, attributes)
    if kind == "Rsub":  # torch.rsub(a, b) is b - a
        alpha, left = attributes.get("alpha", 1), inputs[1] if len(inputs) > 1 else None
        flipped = _infix(
            "Sub", (left, _times(alpha) + _first(inputs)), {}, [1 - slot for slot in folded]
        )
        return Reading(
            flipped.title + ("" if alpha == 1 else f" {_times(alpha)}"),
            flipped.expression,
            flipped.ordered,
        )
    if kind == "Reciprocal":
        return Reading("1 ÷", f"1 ÷ {_first(inputs)}", False)
    if kind == "Neg":
        return Reading("−", f"−{_first(inputs)}", False)
    if kind == "Addmm":  # what nn.Linear computes
        bias, left, right = (UNSAVED if name is None else name for name in inputs)
        alpha, beta = (_times(attributes.get(factor, 1)) for factor in ("alpha", "beta"))
        title = f"{alpha}matmul + {beta}bias"
        return Reading(title, f"{alpha}{left} @ {right} + {beta}{bias}", True)
    rounding = attributes.get("rounding_mode")
    if (
        kind in ("Mul", "Div") and len(inputs) == 1 and "other" in attributes
    ):  # by a number, as a derivative has it
        inputs, folded = (inputs[0], _bracketed(attributes["other"])), (1,)
    if kind in INFIX and len(inputs) == 2 and rounding is None:
        return _infix(kind, inputs, attributes, folded)
    word = WORDS.get(kind) or _snake(kind)
    if rounding is not None:
        word = f"{rounding} {word}"
    if attributes.get("transposed"):
        word = f"transposed {word}"
    if kind == "Where" and len(inputs) == 3:  # the condition, which the caller writes first
        inputs = (inputs[2], *inputs[:2])
    return _call(word, inputs, commutes=kind in COMMUTES)


def _call(word: str, inputs: Sequence[str | None], commutes: bool) -> Reading:
    shown = [name for name in inputs if name is not None]
    return Reading(word, f"{word}({', '.join(shown)})", len(shown) > 1 and not commutes)


def _power(inputs, attributes) -> Reading:
    x = _first(inputs)
    exponent = attributes.get("exponent", inputs[1] if len(inputs) > 1 else None)
    if "self" in attributes:  # a number to the power of a tensor
        power = f"{_bracketed(attributes['self'])}^{x}"
        return Reading(power, power, False)
    if exponent is None:
        return Reading("^", f"{x}^{UNSAVED}", True)
    text = exponent if isinstance(exponent, str) else number(exponent)
    text = _bracketed(exponent) if isinstance(exponent, complex) else text
    raised = text.translate(SUPERSCRIPT) if re.fullmatch(r"-?\d+", text) else f"^{text}"
    both_are_tensors = len(inputs) > 1 and isinstance(exponent, str) and not _is_number(exponent)
    title = "^" if both_are_tensors else (x if re.fullmatch(r"\w{1,3}", x) else "( )") + raised
    return Reading(
        title, (x if re.fullmatch(r"[\w#]+", x) else f"({x})") + raised, both_are_tensors
    )


def _infix(kind, inputs, attributes, folded) -> Reading:
    sign = INFIX[kind]
    left, right = (UNSAVED if name is None else name for name in inputs)
    left, right = (
        f"({text})" if i in folded and text.endswith("j") else text
        for i, text in enumerate((left, right))
    )
    times = _times(attributes.get("alpha", 1))
    title = f"{sign} {times}".rstrip()
    if inputs[1] is None or 1 in folded:
        title = f"{sign} {times}{right}"
    elif inputs[0] is None or 0 in folded:
        title = f"{left} {sign} {times}".rstrip()
    both = None not in inputs and not folded
    return Reading(title, f"{left} {sign} {times}{right}", both and kind not in COMMUTES)


def _times(factor) -> str:
    return "" if factor == 1 else f"{number(factor)}·"


def _bracketed(value) -> str:
    """A number, in brackets where the sign before it or inside it would bind to what stands beside
    it.
    """
    text = number(value)
    return f"({text})" if isinstance(value, complex) or text.startswith("-") else text


def _first(inputs: Sequence[str | None]) -> str:
    return inputs[0] if inputs and inputs[0] is not None else UNSAVED


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d.*", text) is not None


def _snake(kind: str) -> str:
    """``"log_softmax"`` for ``"LogSoftmax"``; a name with underscores of its own stays as it is."""
    kind = kind.removeprefix("torch::autograd::")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9A-Z])(?=[A-Z][a-z])", "_", kind)
    return clip(words.lower().replace("__", "_"))
