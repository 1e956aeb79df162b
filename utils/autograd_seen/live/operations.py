"""What is known of PyTorch's operators: a row for each, by the name of its node."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import torch

from autograd_seen.graph import Operator
from autograd_seen.values import clip

ROWS = (
    Operator(
        "Add", sign="+", commutes=True, functions=("add",), argument_places=(0, 1), elementwise=True
    ),
    Operator(
        "Addmm", slots=("self", "mat1", "mat2"), functions=("linear",), argument_places=(2, 0)
    ),
    Operator("AsStrided", word="view", view=True),
    Operator("Atan2", slots=("self", "other"), elementwise=True),
    Operator("BinaryCrossEntropy", word="BCE", slots=("self", "target")),
    Operator("BinaryCrossEntropyWithLogits", word="BCE with logits", slots=("self", "target")),
    Operator("Bmm", sign="@", slots=("self", "mat2")),
    Operator("Cat", functions=("cat", "concat", "concatenate"), takes_list=True),
    Operator("Clone", elementwise=True, view=True),
    Operator(
        "Convolution",
        word="conv",
        slots=("input", "weight"),
        functions=("conv1d", "conv2d", "conv3d"),
        argument_places=(0, 1, 2),
    ),
    Operator(
        "Div",
        sign="÷",
        slots=("self", "other"),
        functions=("div", "divide", "true_divide"),
        argument_places=(0, 1),
        elementwise=True,
    ),
    Operator("Dot", sign="·", commutes=True, slots=("self", "tensor")),
    Operator("Linalg_Vector_Norm", word="norm"),
    Operator("LinalgVectorNorm", word="norm"),
    Operator("Logaddexp", commutes=True, elementwise=True),
    Operator(
        "Maximum",
        commutes=True,
        slots=("self", "other"),
        functions=("maximum",),
        argument_places=(0, 1),
        elementwise=True,
    ),
    Operator(
        "Minimum",
        commutes=True,
        slots=("self", "other"),
        functions=("minimum",),
        argument_places=(0, 1),
        elementwise=True,
    ),
    Operator("Mm", sign="@", slots=("self", "mat2")),
    Operator("MseLoss", commutes=True, slots=("self", "target")),
    Operator(
        "Mul",
        sign="×",
        commutes=True,
        slots=("self", "other"),
        functions=("mul", "multiply"),
        argument_places=(0, 1),
        elementwise=True,
    ),
    Operator("Mv", sign="@", slots=("self", "vec")),
    Operator("NativeBatchNorm", word="batch_norm"),
    Operator("NativeDropout", word="dropout"),
    Operator("NativeLayerNorm", word="layer_norm"),
    Operator("Pow", slots=("self", "exponent"), elementwise=True),
    Operator("Remainder", functions=("remainder",), argument_places=(0, 1)),
    Operator("Rsub", functions=("rsub",), argument_places=(0, 1), elementwise=True),
    Operator("Stack", functions=("stack",), takes_list=True),
    Operator(
        "Sub", sign="−", functions=("sub", "subtract"), argument_places=(0, 1), elementwise=True
    ),
    Operator("T", word="transpose", view=True),
    Operator("ToCopy", word="to", elementwise=True),
    Operator("torch::autograd::CopyBackwards", word="copy", elementwise=True),
    Operator("torch::autograd::CopySlices", word="write into a view"),
    Operator("UnsafeView", word="view", view=True),
    Operator("Where", functions=("where",), argument_places=(1, 2), elementwise=True),
)
#: Operators of which nothing is to be said but that they take each element by itself.
ELEMENTWISE = """
    Abs Acos Acosh Addcdiv Addcmul Asin Asinh Atan Atanh Celu Clamp ClampMax ClampMin Cos Cosh
    Digamma Elu Erf Erfc Erfinv Exp Exp2 Expm1 Frac Gelu Hardsigmoid Hardswish Hardtanh
    LeakyRelu Lerp Lgamma Log Log10 Log1P Log2 Logaddexp2 Logit LogSigmoid MaskedFill Mish
    NanToNum Neg Reciprocal Relu Rsqrt Sigmoid Sign Silu Sin Sinc Sinh Softplus Softshrink Sqrt
    Square Tan Tanh Threshold Xlogy
""".split()
#: And those that only arrange values.
VIEWS = "Alias Expand Permute ReshapeAlias Select Slice Squeeze Transpose Unsqueeze View".split()
OPERATORS = {
    **{kind: Operator(kind, elementwise=True) for kind in ELEMENTWISE},
    **{kind: Operator(kind, view=True) for kind in VIEWS},
    **{row.kind: row for row in ROWS},
}


@cache
def operator(class_name: str) -> Operator:
    """What is known of the operator of a node, such as "SinBackward0"."""
    kind = re.sub(r"Backward\d*$", "", class_name) or class_name
    if class_name.endswith("Backward"):  # a Function of the user's: its name stays as it is
        return Operator(kind, clip(kind), python=True)
    row = OPERATORS.get(kind, Operator(kind))
    return row if row.word else replace(row, word=clip(_snake(kind)))


def inputs_of(one: Operator, function: str, arguments: Sequence) -> Sequence:
    """Of the arguments that a caller gave to a function, those that a node has in its
    ``next_functions``, in order.

    Empty where it is not certain that the node is what the function made, and which argument stands
    where.
    """
    if function.strip("_") not in one.functions:
        return ()
    if one.takes_list:
        return arguments[0] if arguments and isinstance(arguments[0], tuple) else ()
    found = (
        [arguments[at] for at in one.argument_places]
        if max(one.argument_places) < len(arguments)
        else ()
    )
    return () if any(isinstance(argument, tuple) for argument in found) else found


def is_output(one: Operator, saved: str) -> bool:
    """Whether a tensor that a node saves by this name is one of its results.

    PyTorch calls a result by the name that the operator's schema gives it, or "result".
    """
    return saved.startswith("result") or saved in _names_of_results(one.kind)


@cache
def _names_of_results(kind: str) -> frozenset[str]:
    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{_snake(kind)}")
    plain = [one for one in schemas if not any(argument.is_out for argument in one.arguments)]
    taken = {argument.name for schema in plain for argument in schema.arguments}
    return frozenset({one.name for schema in plain for one in schema.returns} - taken)


def _snake(kind: str) -> str:
    """``"log_softmax"`` for ``"LogSoftmax"``; a name with underscores of its own stays as it is."""
    kind = kind.removeprefix("torch::autograd::")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9A-Z])(?=[A-Z][a-z])", "_", kind)
    return words.lower().replace("__", "_")
