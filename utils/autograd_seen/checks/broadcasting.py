"""The checks of assignment 09: why do twelve numbers arrive at a bias of three?"""

import itertools

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.endless import Limited
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _tolist = torch.Tensor, torch.tensor, torch.Tensor.tolist

BY_HAND = "here you are the backward pass: multiply and add up yourself"
OFF = {"_backward": "that is PyTorch's own backward pass: here you write it, from * and sums"}
SUM_OFF = {"sum_to_size": "write it yourself, from sum(axis) and sum(axis, keepdim=True)"}

REPEATED = (
    "after the product, sum over each axis along which a was repeated: missing, or of length 1"
)
KEPT = "the axis of length 1 is gone: sum over just that axis, with keepdim=True"
TOO_MANY = "an axis too many: sum without keepdim over the axes that a does not have"
ALL = "that is the sum over all axes: so are sum() and sum(()), which names no axis"
WITHOUT_END = "the loop does not end: sum(0) takes an axis off, and one of length 1 is to stay"

arrives = check_value("9.1", "arrives")

axes = check_value("9.2", "axes")


def _by_hand(answer, *given, off=OFF):
    """What the answer returns for numbers, of which lists become tensors, if it works by hand."""
    given = [_tensor(one) if isinstance(one, list | float) else one for one in given]
    return by_hand(answer, *given, likely=BY_HAND, off=off)


def _require_shape(value: object, wanted: tuple[int, ...], likely: dict) -> None:
    """Raises Misfit where a tensor has one of the wrong shapes whose likely causes are given."""
    shape = tuple(value.shape) if isinstance(value, _Tensor) else wanted
    # For one number any tensor that holds one does.
    if wanted and shape != wanted and shape in likely:
        raise Misfit(f"the shape {shape}", f"the shape {wanted}", likely[shape])


def _product(answer, G, a, b):
    """What the answer returns for the first factor of a product."""
    with Limited(WITHOUT_END):
        value = _by_hand(answer, G, a, b, off=OFF | SUM_OFF)
    whole, shape = tuple(_tensor(G).shape), tuple(_tensor(a).shape)
    missing = len(whole) - len(shape)
    likely = {(): ALL, (1,) * len(shape): ALL, (1,) * len(whole): ALL}
    likely |= {whole[axis:]: REPEATED for axis in range(missing)}
    likely |= dict.fromkeys(itertools.product(*zip(shape, whole[missing:], strict=True)), REPEATED)
    likely |= {(1,) * missing + shape: TOO_MANY, tuple(size for size in shape if size != 1): KEPT}
    _require_shape(value, shape, likely)
    return value


def _shapes(G, a, b):
    a, b = (tuple(_tensor(one).shape) for one in (a, b))
    return f"product_backward for a of shape {a}, b of shape {b}"


product_backward = check_function(
    "9.3",
    "product_backward",
    cases=[
        (
            [[1.0, 10.0], [100.0, 1000.0], [20.0, 3.0]],
            [2.0, 3.0],
            [[5.0, 7.0], [4.0, 1.0], [9.0, 8.0]],
        ),
        (
            [[1.0, 3.0, 4.0], [2.0, 9.0, 6.0], [11.0, 5.0, 8.0]],
            [[2.0], [7.0], [4.0]],
            [3.0, -5.0, 2.0],
        ),
        ([[2.0, 5.0, 3.0], [7.0, 4.0, 9.0]], [[3.0, 8.0, 5.0], [6.0, 2.0, 4.0]], [[0.5], [-3.0]]),
        (
            [[[1.0, 4.0], [2.0, 7.0], [5.0, 3.0]], [[9.0, 8.0], [6.0, 11.0], [12.0, 13.0]]],
            [[2.0], [7.0], [4.0]],
            [[[3.0, -5.0]], [[4.0, 0.5]]],
        ),
        (
            [[[1.0, 4.0], [2.0, 7.0], [5.0, 3.0]], [[9.0, 8.0], [6.0, 11.0], [12.0, 13.0]]],
            [2.0, 7.0],
            [[[3.0], [5.0], [4.0]], [[1.0], [2.0], [6.0]]],
        ),
        (
            [[[1.0, 4.0], [2.0, 7.0], [5.0, 3.0]], [[9.0, 8.0], [6.0, 11.0], [12.0, 13.0]]],
            [[5.0]],
            [[[3.0, 2.0], [4.0, 0.5], [1.0, 6.0]], [[2.0, 8.0], [7.0, 1.5], [9.0, 5.0]]],
        ),
        ([[10.0, 1.0, 100.0], [20.0, 3.0, 5.0]], 4.0, [3.0, 7.0, 2.0]),
    ],
    evaluate=_product,
    template=_shapes,
    hints={
        "is invalid for input of size": (
            "reshape adds nothing up: sum over the axes first; and sum(()) takes all axes, not none"
        ),
        "mat1 and mat2 shapes": "a * b is no product of matrices: go back by * as well, not by @",
    },
)


def _layer(answer, name, *given):
    """What the answer returns for X, W or b, as lists."""
    value = _by_hand(answer, *given)
    if not isinstance(value, dict) or name not in value:
        return value
    part = value[name]
    if name == "b":
        whole = {tuple(_tensor(given[0]).shape): "b: each sample uses it: sum over the samples"}
        _require_shape(part, (len(given[0][0]),), whole)
    return {name: _tolist(part) if isinstance(part, _Tensor) else part}


#: Tensors that arrive, inputs and weights. All sides are equal, so that every product fits.
LAYERS = [
    (
        [[1.0, 4.0, 2.0], [6.0, 3.0, 9.0], [10.0, 20.0, 5.0]],
        [[3.0, 5.0, 1.0], [7.0, 2.0, 6.0], [1.0, 8.0, 4.0]],
        [[1.0, -2.0, 3.0], [0.5, 4.0, 6.0], [5.0, 7.0, -1.0]],
    ),
    (
        [[1.0, 0.5, 4.0], [-3.0, 2.0, 7.0], [6.0, 8.0, -2.0]],
        [[4.0, 1.0, 3.0], [2.0, -5.0, 6.0], [0.5, 9.0, 7.0]],
        [[2.0, 3.0, 7.0], [8.0, -1.0, 4.0], [6.0, 0.5, 9.0]],
    ),
]


linear_backward = check_function(
    "9.4",
    "linear_backward",
    cases=[(name, *layer) for layer in LAYERS for name in ("X", "W", "b")],
    evaluate=_layer,
    template=lambda name, G, X, W: f"what linear_backward returns for {name}",
    hints={"mat1 and mat2 shapes": "(n, k) @ (k, m) is (n, m): W is (out, in), G (samples, out)"},
)


def _kernel(answer, signal, v, size):
    """What the answer returns for the kernel of a convolution with a stride of 2."""
    value = _by_hand(answer, signal, v, size)
    likely = {
        ((len(signal) - len(v)) // 2 + 1,): (
            "stride=2 moves v by two places: but v[0] and v[1] meet numbers that lie two apart"
        ),
        (len(v),): "that has the shape of v: a gradient has the shape of its tensor, the kernel",
        (
            len(signal),
        ): "that has the shape of the signal: what is asked for has that of the kernel",
        (size + 1,): "one too many: the last number of this signal is not under the kernel",
    }
    _require_shape(value, (size,), likely)
    return value


kernel_backward = check_function(
    "9.5",
    "kernel_backward",
    cases=[
        ([2.0, 7.0, 1.0, 8.0, 3.0, 5.0], [10.0, 1.0], 4),
        ([0.5, -3.0, 4.0, 6.0, -1.0, 2.0, 9.0, 7.0], [3.0, 0.5, -1.0], 3),
    ],
    evaluate=_kernel,
    template="kernel_backward(signal, {1}, {2})",
    hints={
        "must match the size": (
            "v has a number for each output: a part of the signal that meets it is as long"
        ),
        "out of bounds": (
            "i counts the len(v) outputs and j the size of the kernel, and they meet at 2 * i + j"
        ),
    },
)


def _fitted(answer, loads, stretch, lr, steps):
    """What the answer returns for some springs."""
    value = answer(_tensor(loads), _tensor(stretch), lr, steps)
    springs = len(stretch)
    column = {(springs, 1): "a column came back: return the w of one axis, w[:, 0] of a column"}
    _require_shape(value, (springs,), column)
    return value


fit = check_function(
    "9.6",
    "fit",
    cases=[
        ([1.0, 2.0, 4.0], [[2.1, 3.9, 8.0], [0.6, 0.9, 2.1], [1.1, 2.5, 4.8]], 0.05, 3),
        (
            [0.5, 1.5, 2.0, 3.0],
            [
                [0.4, 1.1, 1.7, 2.4],
                [1.6, 4.4, 6.1, 9.2],
                [0.2, 0.4, 0.7, 0.8],
                [1.0, 3.1, 4.0, 5.8],
            ],
            0.1,
            4,
        ),
    ],
    evaluate=_fitted,
    template="fit(loads, stretch, {2}, {3}) for loads of {0}",
)
