"""The checks of assignment 04: why does the second gradient come out double?"""

import math
from collections import defaultdict
from operator import itemgetter
from typing import NamedTuple

import torch

from autograd_seen.checks.answers import agree
from autograd_seen.checks.arithmetic import descend, mean, products
from autograd_seen.checks.engine import check_function, check_value, tabulated
from autograd_seen.checks.leaves import leaf
from autograd_seen.checks.report import written
from autograd_seen.checks.verdicts import Misfit

_torch_tensor, _register_hook = torch.tensor, torch.Tensor.register_hook

#: The edges of a graph by its formula, in the order of a backward pass: (output, input, local
#: derivative).
GRAPHS = {
    "z = u·v, u = 3x, v = x², x = 2.5": [
        ("z", "u", 6.25),
        ("z", "v", 7.5),
        ("u", "x", 3.0),
        ("v", "x", 5.0),
    ],
    "z = y·v, v = y², y = x², x = 1.5": [
        ("z", "y", 5.0625),
        ("z", "v", 2.25),
        ("v", "y", 4.5),
        ("y", "x", 3.0),
    ],
    "z = x·x, x = 3.5": [("z", "x", 3.5), ("z", "x", 3.5)],
    "z = x·x·x, x = 1.7": [("z", "u", 1.7), ("z", "x", 2.89), ("u", "x", 1.7), ("u", "x", 1.7)],
}
#: The data of exercise 4.4: a case takes so many of them. w is where the gradient is taken.
X, T, W = [1.0, 2.0, 4.0, 5.0, 7.0, 3.0, 6.0], [3.5, 4.0, 9.5, 12.0, 13.0, 8.0, 11.0], 1.3

three_calls = check_value(
    "4.1",
    "three_calls",
    68.0,
    {
        "55 is what the third call adds: to what w.grad holds by then": 55.0,
        "13 is what w.grad holds before the third call": 13.0,
        "one path is missing: two arrows leave w, and each brings a part": 61.0,
        "one path is missing: w³ brings a part too": 20.0,
        "one path, one call: every path of every call adds": 48.0,
        "local derivatives multiply along a path; what two paths bring is added": 349.0,
        "92 is the value of z": 92.0,
        "the slope of w³ is 3w², not w³ and not w²": 36.0,
    },
)

raises = check_value(
    "4.2",
    "raises",
    {"a": True, "b": False, "c": False, "d": True, "e": False, "f": True},
    {
        "b: a sum saves nothing, so there is nothing to free": {"b": True},
        "a: a product saves its factors, and the first pass frees them": {"a": False},
        "d: the first call has freed them already": {"d": False},
        "c: the first call decides whether what is saved survives it": {"c": True},
        "e: the second z has a graph of its own": {"e": True},
        "f: both passes go through the box of h": {"f": False},
    },
)

snapshot = check_function(
    "4.3",
    "snapshot",
    lambda x: [3 * x**2, 3 * x**2 + 10 * x],
    {
        "one tensor under two names, and the second call changed it: copy it": lambda x: (
            [3 * x**2 + 10 * x] * 2
        ),
        "cleared in between: the second number is the total of both calls": lambda x: [
            3 * x**2,
            10 * x,
        ],
        "zero_() emptied the tensor that before names as well": lambda x: [10 * x] * 2,
        "before holds the value of x³, not its gradient": lambda x: [x**3, 3 * x**2 + 10 * x],
    },
    cases=[1.3, 2.7],
    template="snapshot(x) at x = {}",
    evaluate=lambda answer, x: answer(leaf(x)),
)


class Part(NamedTuple):
    """A part of the examples, as its share of the gradient may depend on it.

    Attributes:
        length: how many examples it has.
        size: how many a full part has.
        parts: how many parts there are.
        count: how many examples there are.
    """

    length: int
    size: int
    parts: int
    count: int


def _weighed(share):
    """The accumulated gradient if the mean loss of a part counts ``share`` times: a number, or a
    function of the part.
    """

    def gradient(count, size):
        parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
        weights = tabulated(share, [(Part(len(part), size, len(parts), count),) for part in parts])
        slopes = [mean([2 * (W * X[i] - T[i]) * X[i] for i in part]) for part in parts]
        return sum(products(weights, slopes))

    return gradient


_right = _weighed(lambda part: part.length / part.count)


def _in_parts(answer, count, size):
    """What the answer returns, if w received something from each part."""
    w, arrivals = leaf(W), []
    _register_hook(w, lambda gradient: arrivals.append(1))
    value = answer(w, _torch_tensor(X[:count]), _torch_tensor(T[:count]), size)
    parts = math.ceil(count / size)
    if len(arrivals) < parts and agree(value, _right(count, size)):
        raise Misfit(
            f"w has received {len(arrivals)} time{'s' * (len(arrivals) != 1)}",
            f"{parts} times, once from each part",
            "one pass for all: a part is there so that no graph holds the whole batch",
        )
    return value


batch_gradient = check_function(
    "4.4",
    "batch_gradient",
    _right,
    {
        "a sum of means: let the shares of all parts add up to 1": _weighed(1),
        "each part has the same say, even a short last one": _weighed(lambda part: 1 / part.parts),
        "N times too large: a share is a part of the whole": _weighed(lambda part: part.length),
        "a share of what: size is the length of one part": _weighed(
            lambda part: part.length / part.size
        ),
        "size/N is the share of a full part: the last may be shorter": _weighed(
            lambda part: part.size / part.count
        ),
        "1/N is the share of one example; a part has several": _weighed(
            lambda part: 1 / part.count
        ),
        "1/size: mean() has divided by the length already": _weighed(lambda part: 1 / part.size),
        "upside down: a long part has a large share": _weighed(
            lambda part: part.count / part.length
        ),
    },
    cases=[(5, 2), (7, 3), (7, 4)],
    evaluate=_in_parts,
    template="batch_gradient(w, x, t, size) for {} examples in parts of {}",
)


_at_the_output, _local = itemgetter(0), itemgetter(1)
_first, _last = itemgetter(0), itemgetter(-1)


def _received(send=math.prod, meet=sum, start=1.0):
    """What x holds at the end, from the edges of a graph.

    ``send`` makes what an edge brings out of a pair: what its output holds, and its local
    derivative. ``meet`` makes what a tensor holds out of all that its edges have brought so far.
    """

    def received(graph):
        brought = defaultdict(list, z=[start])
        for output, name, local in GRAPHS[graph]:
            brought[name].append(send((meet(brought[output]), local)))
        return meet(brought["x"])

    return received


def _receive(answer, graph):
    try:
        return answer(list(GRAPHS[graph]))
    except KeyError as missing:
        likely = "that tensor holds nothing yet: begin with 1.0 at the root, add to 0.0 elsewhere"
        raise Misfit(f"KeyError: {missing}", "one number", likely) from None


received = check_function(
    "4.5",
    "received",
    _received(),
    {
        "overwritten, not added: a tensor that is used twice receives twice": _received(meet=_last),
        "only what arrives first was kept: add the rest": _received(meet=_first),
        "multiplied where paths meet: multiply along a path, add where paths meet": _received(
            meet=math.prod
        ),
        "the local derivative alone: multiply it by what has arrived at the output": _received(
            send=_local
        ),
        "the local derivatives are missing: that counts the paths": _received(send=_at_the_output),
        "added along a path: what arrives is multiplied by the local derivative": _received(
            send=sum
        ),
        "0 all the way: a backward pass starts with 1 at the root": _received(start=0.0),
    },
    cases=["z = u·v, u = 3x, v = x², x = 2.5", "z = y·v, v = y², y = x², x = 1.5"],
    evaluate=_receive,
    template="received(edges) for {}",
)


def _gradient(w):
    return 6 * (3 * w - 4)


def _trained(w, steps, kept=0.0):
    """w after gradient descent on (3w − 4)². ``kept`` is as in `descend`."""
    return descend(lambda w: [_gradient(w)], [w], lr=0.02, steps=steps, kept=kept)[0]


def _moved(answer, w, steps):
    """What the answer returns, if the leaf that went in has moved there."""
    start, at = leaf(w), _trained(w, steps)
    value = answer(start, steps)
    if agree(value, at) and not agree(start, at):
        raise Misfit(
            f"w left at {written(start)}, and another tensor at {written(at)}",
            f"w itself at {written(at)}",
            "w = w − … makes a new tensor, and so does a copy: a step changes the leaf in place",
        )
    return value


trained = check_function(
    "4.6",
    "trained",
    _trained,
    {
        "w has not moved: step() finds .grad cleared, or w is not what it moves": lambda w, _: w,
        "never cleared inside the loop: each step uses the sum of all gradients so far": (
            lambda w, steps: _trained(w, steps, kept=1.0)
        ),
        "one step short: the first step() came before the first backward()": (
            lambda w, steps: _trained(w, steps - 1)
        ),
        "one step only: backward() and step() belong in the loop": lambda w, _: _trained(w, 1),
        "the loss was computed once, so its graph holds the old w": (
            lambda w, steps: w - steps * 0.02 * _gradient(w)
        ),
        "never cleared, and one step short": lambda w, steps: _trained(w, steps - 1, kept=1.0),
        "that is the loss, not w": lambda w, steps: (3 * _trained(w, steps - 1) - 4) ** 2,
    },
    cases=[(5.0, 3), (-1.5, 4)],
    evaluate=_moved,
    template="trained(w, steps={1}) from w = {0}",
)
