"""The checks of assignment 04: why does the second gradient come out double?"""

import math

import torch
from plainjudge.answers import agree

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import leaf
from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.verdicts import Doubted, Misfit

_tensor, _tolist = torch.tensor, torch.Tensor.tolist
_register_hook = torch.Tensor.register_hook

#: The edges of a graph, in the order of a backward pass: (output, input, local derivative).
TWO_FACTORS = [("z", "u", 6.25), ("z", "v", 7.5), ("u", "x", 3.0), ("v", "x", 5.0)]
A_SQUARE_BETWEEN = [("z", "y", 5.0625), ("z", "v", 2.25), ("v", "y", 4.5), ("y", "x", 3.0)]
#: The data of exercise 4.4.
X, T = [1.0, 2.0, 4.0, 5.0, 7.0, 3.0, 6.0], [3.5, 4.0, 9.5, 12.0, 13.0, 8.0, 11.0]

three_calls = check_value("4.1", "three_calls")

raises = check_value("4.2", "raises")

#: By this a hook multiplies what arrives at the leaf of exercises 4.3 and 4.6. No formula is.
GAIN = 2.0
DOUBLED = "each gradient doubled"


def _doubling_leaf(value):
    """A leaf that doubles what arrives at it."""
    x = leaf(value)
    _register_hook(x, lambda gradient: GAIN * gradient)
    return x


snapshot = check_function(
    "4.3",
    "snapshot",
    cases=[1.3, 2.7],
    template=f"snapshot(x) at x = {{}}, {DOUBLED}",
    evaluate=lambda answer, x: answer(_doubling_leaf(x)),
)


def _in_parts(answer, w, x, t, size):
    """What the answer returns; in doubt where what has arrived at w did not come part by part."""
    slopes = [(w * one - want) * one for one, want in zip(x, t, strict=True)]
    by_part = [math.fsum(slopes[start : start + size]) for start in range(0, len(x), size)]
    w, arrivals = leaf(w), []
    _register_hook(w, lambda gradient: arrivals.append(_tolist(gradient)))
    value = answer(w, _tensor(x), _tensor(t), size)
    if any(agree(_of_their_sum(arrivals), _of_their_sum(one)) for one in (by_part, slopes)):
        return value
    times, parts = len(arrivals), len(by_part)
    got, wanted = f"w has received {times} time{'s' * (times != 1)}", f"{parts} times"
    likely = "one pass for all: a part is there so that no graph holds the whole batch"
    if times >= parts:
        got += ", but not a part's slope each time"
        likely = "a pass through the whole batch, or through nothing, is not that of a part"
    return Doubted(value, Misfit(got, f"{wanted}, once from each part", likely))


def _of_their_sum(slopes):
    """What part of their sum each of some slopes is, in order of size. It tells no share: by what
    all of them are divided does not matter.
    """
    total = math.fsum(slopes) or 1.0
    return sorted(one / total for one in slopes if one)


batch_gradient = check_function(
    "4.4",
    "batch_gradient",
    cases=[(1.3, X[:count], T[:count], size) for count, size in [(5, 2), (7, 3), (7, 4)]],
    evaluate=_in_parts,
    template=lambda w, x, t, size: (
        f"batch_gradient(w, x, t, size) for {len(x)} examples in parts of {size}"
    ),
)


BY_HAND = "PyTorch ran the pass: here you write it, with numbers in a dict"


def _receive(answer, formula, edges):
    """What the answer returns for the edges of a graph, if it works by hand."""
    try:
        return by_hand(answer, [tuple(edge) for edge in edges], likely=BY_HAND)
    except KeyError as missing:
        likely = "that tensor holds nothing yet: begin with 1.0 at the root, add to 0.0 elsewhere"
        raise Misfit(f"KeyError: {missing}", "one number", likely) from None


received = check_function(
    "4.5",
    "received",
    cases=[
        ("z = u·v, u = 3x, v = x², x = 2.5", TWO_FACTORS),
        ("z = y·v, v = y², y = x², x = 1.5", A_SQUARE_BETWEEN),
    ],
    evaluate=_receive,
    template=lambda formula, edges: f"received(edges) for {formula}",
)


#: What exercise 4.6 is asked for: what the answer returns, or where the leaf that went in is then.
RETURNED, LEAF = "trained(w, {})", "w itself, after trained(w, {}),"


def _moved(answer, asked, w, steps):
    start = _doubling_leaf(w)
    value = answer(start, steps)
    return start if asked == LEAF and not is_untouched(value) else value


trained = check_function(
    "4.6",
    "trained",
    cases=[(RETURNED, 5.0, 3), (RETURNED, -1.5, 4), (LEAF, 5.0, 3)],
    evaluate=_moved,
    template=lambda asked, w, steps: f"{asked.format(steps)} from w = {w:g}, {DOUBLED}",
)
