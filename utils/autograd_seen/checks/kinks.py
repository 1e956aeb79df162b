"""The checks of assignment 12: what does backward() answer where there is no slope?"""

import torch

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _full_like = torch.Tensor, torch.tensor, torch.full_like
_float32, _float64 = torch.float32, torch.float64
_sum, _mean, _any = torch.sum, torch.mean, torch.any
_tolist = torch.Tensor.tolist
_isnan, _isfinite = torch.isnan, torch.isfinite

born = check_value("12.1", "born")

answers = check_value("12.2", "answers")

slopes = check_value("12.3", "slopes")


def _is_like(value, x):
    """Whether an answer is a tensor like x: else its form is what is to be told."""
    is_float = isinstance(value, _Tensor) and value.dtype.is_floating_point
    return is_float and value.shape == x.shape


#: Why a gradient has no nan in it, though nan alone arrived.
HIDDEN = (
    "what comes back is repaired, which would hide any nan: choose before the operation instead"
)


def _require_passed_on(answer, values, dtype=_float32):
    """Raises Misfit for an answer that hides a nan which was born elsewhere."""
    x = leaf(values, dtype)
    value = attached(answer(x))
    value.backward(_full_like(value, float("nan")))
    if not _any(_isnan(arrived(x, "the input", "the result"))):
        raise Misfit("only numbers, where nothing but nan arrived", "nan", HIDDEN)


#: What is asked of the roots of exercise 12.4.
VALUE = "safe_root({1})"
SENT = "x.grad for x = {1}, after safe_root(x).sum().backward(),"
#: What a root of nan, and a gradient, is where the choice came too late.
NAN_ROOT = "the root of a negative number is nan, and so is 0 · nan: choose, do not multiply"
NAN_BELOW = "a negative number still goes into the root, whose slope is nan there: 0 · nan is nan"
NAN_AT_0 = "0 still goes into the root, whose slope is inf there, and 0 · inf is nan"
INF_AT_0 = "0 still goes into the root, and the slope there, inf, is sent on: put 1 in its place"
AN_EPS = "an eps under the root: where x ≤ 0, √eps shows in the root, 1/(2√eps) in its slope"
#: A number under the root that is this small, or a slope this large, was no part of x.
SMALL, LARGE = 0.2, 50


def _rooted(answer, asked, values):
    """What the answer returns for a leaf, or the gradient that its sum sends there."""
    x = leaf(values)
    root = answer(x)
    if not _is_like(root, x):
        return root
    if _any(_isnan(root)):
        raise Misfit(f"{written(root)} from safe_root({written(x)})", "", NAN_ROOT)
    off = [abs(one) for one, at in zip(_tolist(root), values, strict=True) if at <= 0]
    if any(1e-6 < one < SMALL for one in off):
        raise Misfit(f"{written(root)} from safe_root({written(x)})", "", AN_EPS)
    if asked == VALUE:
        return attached(root)
    _sum(attached(root)).backward()
    gradient = arrived(x, "x", "safe_root(x).sum()")
    for at, slope in zip(values, _tolist(gradient), strict=True):
        if likely := _flaw(at, slope):
            raise Misfit(written(gradient), "", likely)
    _require_passed_on(answer, values)
    return gradient


def _flaw(at, slope):
    """What has led to a slope that is no number, or much too large; empty for any other."""
    if slope != slope:
        return NAN_BELOW if at < 0 else NAN_AT_0
    if abs(slope) < LARGE:
        return ""
    return INF_AT_0 if abs(slope) == float("inf") else AN_EPS


safe_root = check_function(
    "12.4",
    "safe_root",
    cases=[
        (VALUE, [0.0, 6.25, -1.0]),
        (SENT, [0.0, 6.25, -1.0]),
        (SENT, [1.44, -0.3, 0.0, 2.25]),
    ],
    evaluate=_rooted,
    template=lambda asked, values: asked.format(asked, values).replace("-", "−"),
    hints={"must match the size": "x[keep] is shorter than x"},
)

BY_HAND = "here you are the backward pass: use g, r and delta alone"
#: What would do the work of exercise 12.5.
LOSSES = dict.fromkeys(["huber", "smooth_l1"], "that is PyTorch's own loss: its slope is asked for")

huber_backward = check_function(
    "12.5",
    "huber_backward",
    cases=[
        ([1.0, 1.0, 1.0, 1.0, 1.0], [-2.5, -0.4, 0.9, 4.0, 0.0], 1.5),
        ([2.0, -0.3, 10.0, 0.5, 3.0], [0.7, 3.1, -0.2, -3e16, 3e16], 0.8),
    ],
    evaluate=lambda answer, g, r, delta: by_hand(
        answer, _tensor(g), _tensor(r), delta, likely=BY_HAND, off=LOSSES
    ),
    template=lambda g, r, delta: f"huber_backward({g}, {r}, {delta})".replace("-", "−"),
    hints={
        "does not require grad": BY_HAND,
        "is ambiguous": "`if` takes one number: torch.where chooses for each",
    },
)

#: What is asked of the columns of exercise 12.6.
COLUMNS = "standardise(h) for h = [{}, …]"
GRADIENT = "h.grad in the columns that vary, for h = [{}, …],"
NO_EPS = "0/0: a column that does not vary has the deviation 0: add an eps before you divide"
LAST_BIT = (
    "the mean can be off in its last bit, the variance 1e-34 and not 0: use an eps or clamp(min=…)"
)
STILL_0 = "the root still meets a 0, where its slope is inf: what is done after it comes too late"


def _standardised(answer, asked, h, k):
    """What the answer returns for a leaf, or the gradient of a weighted sum of it, in those columns
    that vary.
    """
    values, h, k = h, leaf(h, _float64), _tensor(k, dtype=_float64)
    value = answer(h)
    if not _is_like(value, h):
        return value
    if _any(_isnan(value)):
        raise Misfit("nan in standardise(h)", "only finite numbers", NO_EPS)
    constant = ~_any(h != h[0], 0)
    off = (h - _mean(h, 0) != 0) & constant
    if _any((value[off].abs() - 1).abs() < 1e-6):
        raise Misfit(f"{written(value)} from standardise({written(h)})", "", LAST_BIT)
    _sum(attached(value) * k).backward()
    gradient = arrived(h, "h", "(standardise(h) * k).sum()")
    lost = int(_sum(~_isfinite(gradient)))
    if lost:
        got = f"{lost} of the {gradient.numel()} numbers in h.grad are nan or inf"
        raise Misfit(got, "only finite numbers", STILL_0)
    _require_passed_on(answer, values, _float64)
    return value if asked == COLUMNS else gradient[:, ~constant]


standardise = check_function(
    "12.6",
    "standardise",
    cases=[
        (COLUMNS, [[0.4, 2.0], [1.2, 2.0], [3.2, 2.0]], [[0.7, 1.0], [-0.2, 2.0], [0.9, -0.5]]),
        (GRADIENT, [[0.4, 2.0], [1.2, 2.0], [3.2, 2.0]], [[0.7, 1.0], [-0.2, 2.0], [0.9, -0.5]]),
        (
            GRADIENT,
            [[0.1, 4.1, 0.3], [0.1, 2.2, 1.7], [0.1, 0.4, 2.9]],
            [[1.0, 0.4, -1.1], [0.5, 2.0, 0.3], [-2.0, 0.8, 0.6]],
        ),
    ],
    evaluate=_standardised,
    template=lambda asked, h, k: asked.format(h[0]).replace("-", "−"),
)
