"""The checks of assignment 10: when may you write over a value?"""

import torch

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _sum, _float64 = torch.Tensor, torch.tensor, torch.sum, torch.float64
_add_, _sub_, _mul_, _detach = _Tensor.add_, _Tensor.sub_, _Tensor.mul_, _Tensor.detach
_tolist, _data, _any = _Tensor.tolist, _Tensor.data, _Tensor.any

versions = check_value("10.1", "versions")

outcomes = check_value("10.2", "outcomes")

#: What is asked of the weights of exercise 10.3.
RETURNED, AFTERWARDS = (
    "clipped({1}, {2:g})",
    "w itself after clipped(w, {2:g}), w = {1},",
)
REFUSED = "the count of passes that raise, of 1 recorded before clipped(w, {2:g}),"


def _clipped(answer, asked, values, limit):
    """What the answer returns for a leaf, what the leaf holds afterwards, or how many backward
    passes raise that were recorded before.
    """
    w = leaf(values)
    recorded = _sum(w * w)
    value = answer(w, limit)
    if asked == RETURNED or is_untouched(value):
        return value
    if not (w.is_leaf and w.requires_grad):
        raise Misfit(
            f"a w with requires_grad {w.requires_grad}",
            "a leaf that requires grad",
            "w is to learn on: write into it under torch.no_grad(), and leave its mark alone",
        )
    return w if asked == AFTERWARDS else _refused(recorded)


#: What PyTorch says where a value that was saved has been written over.
WRITTEN = "modified by an inplace operation"


def _refused(loss):
    """How many backward passes raise for a write: 1, or 0 where this one runs."""
    try:
        loss.backward()
    except RuntimeError as error:
        if WRITTEN not in str(error):
            raise
        return 1
    return 0


clipped = check_function(
    "10.3",
    "clipped",
    cases=[
        (RETURNED, [0.4, -1.7, 2.6], 1.0),
        (RETURNED, [-0.03, 0.007, 0.02], 0.01),
        (AFTERWARDS, [0.4, -1.7, 2.6], 1.0),
        (REFUSED, [0.4, -1.7, 2.6], 1.0),
    ],
    evaluate=_clipped,
    template=lambda asked, values, limit: asked.format(asked, values, limit).replace("-", "−"),
)

#: What get() may do in exercise 10.4.
RAISES, NOW, BEFORE = "raises RuntimeError", "returns t", "returns what t was"
COPY = "returns a copy of t"


def _through_data(t):
    _mul_(_data.__get__(t), 3)


#: What happens to t between saved(t) and get(), by how a report calls it.
WRITES = {
    "nothing": lambda t: None,
    "t.sub_(1)": lambda t: _sub_(t, 1),
    "t[1:].mul_(2)": lambda t: _mul_(t[1:], 2),
    "t.detach().add_(1)": lambda t: _add_(_detach(t), 1),
    "t.add_(0)": lambda t: _add_(t, 0),
    "t.data.mul_(3)": _through_data,
}


def _kept(answer, write, earlier, values):
    """What get() does after a write into t, which was written into some times before."""
    t = _tensor(values)
    for _ in range(earlier):
        _add_(t, 1)
    before = _tolist(t)
    get = answer(t)
    if is_untouched(get):
        return get
    if get is None:
        raise Misfit("None from saved(t)", "a function get()", "saved has no return: return get")
    if not callable(get):
        likely = "return the function itself, get, and do not call it"
        raise Misfit(written(get), "a function get()", likely)
    WRITES[write](t)
    try:
        value = get()
    except RuntimeError:
        return RAISES
    except Exception as error:
        if type(error) not in (Exception, AssertionError, ValueError):
            raise
        likely = "PyTorch raises a RuntimeError here, so do the same"
        raise Misfit(f"{type(error).__name__} from get()", RAISES, likely) from None
    if value is None:
        raise Misfit("None from get()", NOW, "get() has no return: return t")
    if is_untouched(value):
        return value
    if not isinstance(value, _Tensor) or (numbers := _tolist(value)) not in (before, _tolist(t)):
        return f"returns {written(value)}"
    if numbers != _tolist(t):
        return BEFORE
    _add_(_data.__get__(t), 1)  # a copy does not follow
    return NOW if _tolist(value) == _tolist(t) else COPY


saved = check_function(
    "10.4",
    "saved",
    cases=[
        ("nothing", 0, [1.5, -2.0, 4.0]),
        ("nothing", 2, [1.5, -2.0, 4.0]),
        ("t.sub_(1)", 0, [1.5, -2.0, 4.0]),
        ("t[1:].mul_(2)", 0, [1.5, -2.0, 4.0]),
        ("t.detach().add_(1)", 2, [0.7, 3.0]),
        ("t.add_(0)", 1, [0.7, 3.0]),
        ("t.data.mul_(3)", 1, [0.7, 3.0]),
    ],
    evaluate=_kept,
    template=lambda write, earlier, values: (
        f"get() for get = saved(t), then {write}, with t at version {earlier} before,"
    ),
)

#: What is asked of the population of exercise 10.5.
NO_WAY = "that number does not lead to r: detached, copied, or written by .data"
SERIES = "population({1:g}, {2:g}, {4})"
SLOPE = f"the slope by r of n[{{3}}], n = {SERIES}"


def _population(answer, asked, r, start, at, steps):
    """What the answer returns, or the gradient that one of its numbers sends to r."""
    r = leaf(r, _float64)
    value = answer(r, _tensor(start, dtype=_float64), steps)
    if asked == SERIES or value is None:
        return value
    if isinstance(value, list | tuple) and not is_untouched(value):
        raise Misfit("a list", "a tensor with its graph", "stack the list: torch.stack(n)")
    if isinstance(value, _Tensor) and value.grad_fn is None:
        likely = "not tracked: detached, copied, under no_grad(), or written by .data"
        raise Misfit(f"{written(value)}, without grad_fn", "a tensor with its graph", likely)
    attached(value)[at].backward()
    gradient = arrived(r, "r", f"n[{at}]", NO_WAY)
    if not _any(gradient):
        raise Misfit(f"0 in r.grad after n[{at}].backward()", "", NO_WAY)
    return gradient


population = check_function(
    "10.5",
    "population",
    cases=[
        (SERIES, 2.5, 0.2, 4, 4),
        (SLOPE, 2.5, 0.2, 3, 3),
        (SLOPE, 1.7, 0.15, 4, 6),
        (SLOPE, 2.5, 0.2, 60, 60),
    ],
    evaluate=_population,
    template=lambda asked, *case: asked.format(asked, *case),
    hints={
        "inplace operation": "n[t − 1] was saved, and later writes move the version of all of n: "
        "use a list, or clone() what is read",
        "allow_mutation_on_saved_tensors": "that block must hold the backward pass as well, which "
        "comes later: use a list, or clone() what is read",
    },
)

#: What is asked of the step of exercise 10.6.
GRADIENT = "gan_step(g, d, noise, real, lr)"
MOVED, LEFT = f"d after {GRADIENT}", f"g after {GRADIENT}"


def _gan(answer, asked, g, d, noise, real, lr):
    """What the answer returns, or what the leaf d or g holds afterwards."""
    g, d = leaf(g, _float64), leaf(d, _float64)
    noise, real = _tensor(noise, dtype=_float64), _tensor(real, dtype=_float64)
    value = answer(g, d, noise, real, lr)
    if asked == GRADIENT or value is None or is_untouched(value):
        return value
    return d if asked == MOVED else g


gan_step = check_function(
    "10.6",
    "gan_step",
    cases=[
        (GRADIENT, 0.6, [1.3, 2.0], 0.7, 1.5, 0.5),
        (MOVED, 0.6, [1.3, 2.0], 0.7, 1.5, 0.5),
        (LEFT, 0.6, [1.3, 2.0], 0.7, 1.5, 0.5),
        (GRADIENT, -0.9, [0.8, -1.5], 1.2, 2.0, 0.4),
        (MOVED, -0.9, [0.8, -1.5], 1.2, 2.0, 0.4),
    ],
    evaluate=_gan,
    template="{0} at g = {1}, d = {2}",
    hints={
        "inplace operation": "loss_g was recorded with the old d, which the step writes over: "
        "compute loss_g after it",
        "a second time": "loss_d went back through fake too, and freed its record: detach() fake "
        "there",
    },
)
