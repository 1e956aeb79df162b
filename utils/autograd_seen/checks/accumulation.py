"""The checks of assignment 04: why does the second gradient come out double?"""

import torch

from autograd_seen.checks.engine import Fault, leaf, predict, program

_torch_tensor = torch.tensor

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

three_calls = predict(
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

raises = predict(
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

snapshot = program(
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
    at=[1.3, 2.7],
    shown="snapshot(x) at x = {}",
    ask=lambda answer, x: answer(leaf(x)),
)


def _weighed(weigh):
    """The accumulated gradient if the mean loss of a part counts weigh(its length, size, number of
    parts, N) times.
    """

    def gradient(count, size):
        parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
        means = [sum(2 * (W * X[i] - T[i]) * X[i] for i in part) / len(part) for part in parts]
        return sum(
            weigh(len(part), size, len(parts), count) * mean
            for part, mean in zip(parts, means, strict=True)
        )

    return gradient


batch_gradient = program(
    "4.4",
    "batch_gradient",
    _weighed(lambda length, size, parts, count: length / count),
    {
        "a sum of means: let the shares of all parts add up to 1": _weighed(
            lambda length, size, parts, count: 1
        ),
        "each part has the same say, even a short last one": _weighed(
            lambda length, size, parts, count: 1 / parts
        ),
        "N times too large: a share is a part of the whole": _weighed(
            lambda length, size, parts, count: length
        ),
        "a share of what: size is the length of one part": _weighed(
            lambda length, size, parts, count: length / size
        ),
        "size/N is the share of a full part: the last may be shorter": _weighed(
            lambda length, size, parts, count: size / count
        ),
        "1/N is the share of one example; a part has several": _weighed(
            lambda length, size, parts, count: 1 / count
        ),
        "1/size: mean() has divided by the length already": _weighed(
            lambda length, size, parts, count: 1 / size
        ),
        "upside down: a long part has a large share": _weighed(
            lambda length, size, parts, count: count / length
        ),
    },
    at=[(5, 2), (7, 3), (7, 4)],
    ask=lambda answer, count, size: answer(
        leaf(W), _torch_tensor(X[:count]), _torch_tensor(T[:count]), size
    ),
    shown="batch_gradient(w, x, t, size) for {} examples in parts of {}",
)


def _sent(receive, start=1.0):
    """What x holds after each edge has changed what its input holds (None at first) by
    receive(held, from, local).
    """

    def received(graph):
        held = {"z": start}
        for output, name, local in GRAPHS[graph]:
            held[name] = receive(held.get(name), held[output], local)
        return held["x"]

    return received


def _receive(answer, graph):
    try:
        return answer(list(GRAPHS[graph]))
    except KeyError as missing:
        likely = "that tensor holds nothing yet: begin with 1.0 at the root, add to 0.0 elsewhere"
        raise Fault(f"KeyError: {missing}", "one number", likely) from None


received = program(
    "4.5",
    "received",
    _sent(lambda held, arriving, local: (held or 0) + arriving * local),
    {
        "overwritten, not added: a tensor that is used twice receives twice": _sent(
            lambda held, arriving, local: arriving * local
        ),
        "only what arrives first was kept: add the rest": _sent(
            lambda held, arriving, local: arriving * local if held is None else held
        ),
        "multiplied where paths meet: multiply along a path, add where paths meet": _sent(
            lambda held, arriving, local: (1 if held is None else held) * arriving * local
        ),
        "the local derivative alone: multiply it by what has arrived at the output": _sent(
            lambda held, arriving, local: (held or 0) + local
        ),
        "the local derivatives are missing: that counts the paths": _sent(
            lambda held, arriving, local: (held or 0) + arriving
        ),
        "added along a path: what arrives is multiplied by the local derivative": _sent(
            lambda held, arriving, local: (held or 0) + arriving + local
        ),
        "0 all the way: a backward pass starts with 1 at the root": _sent(
            lambda held, arriving, local: (held or 0) + arriving * local, start=0.0
        ),
    },
    at=["z = u·v, u = 3x, v = x², x = 2.5", "z = y·v, v = y², y = x², x = 1.5"],
    ask=_receive,
    shown="received(edges) for {}",
)


def _descended(w, steps, clear=True, anew=True):
    """w after gradient descent on (3w − 4)² with lr 0.02, clearing what was accumulated and
    computing the loss anew.
    """
    first, total = w, 0.0
    for _ in range(steps):
        gradient = 6 * (3 * (w if anew else first) - 4)
        total = gradient if clear else total + gradient
        w -= 0.02 * total
    return w


trained = program(
    "4.6",
    "trained",
    _descended,
    {
        "w has not moved: step() finds .grad cleared, or w is not what it moves": lambda w, steps: (
            w
        ),
        "never cleared inside the loop: each step uses the sum of all gradients so far": lambda w, steps: (
            _descended(w, steps, clear=False)
        ),
        "one step short: the first step() came before the first backward()": lambda w, steps: (
            _descended(w, steps - 1)
        ),
        "one step only: backward() and step() belong in the loop": lambda w, steps: _descended(
            w, 1
        ),
        "the loss was computed once, so its graph holds the old w": lambda w, steps: _descended(
            w, steps, anew=False
        ),
        "never cleared, and one step short": lambda w, steps: _descended(w, steps - 1, clear=False),
        "that is the loss, not w": lambda w, steps: (3 * _descended(w, steps - 1) - 4) ** 2,
    },
    at=[(5.0, 3), (-1.5, 4)],
    ask=lambda answer, w, steps: answer(leaf(w), steps),
    shown="trained(w, steps={1}) from w = {0}",
)
