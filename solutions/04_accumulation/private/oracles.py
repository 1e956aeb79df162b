"""The oracles of assignment 04: why does the second gradient come out double?"""

import math
from collections import defaultdict
from operator import itemgetter
from typing import NamedTuple

from autograd_seen.checks import accumulation as check
from plainjudge.arithmetic import descend, mean
from plainjudge.oracles import number, oracle, prediction, signed

# --- 4.3 ------------------------------------------------------------------------------------------


def kept(rule):
    """``rule(first, second)`` of what the two calls bring to x, which the check doubles."""
    return lambda x: rule(check.GAIN * 3 * x**2, check.GAIN * 10 * x)


# --- 4.4 ------------------------------------------------------------------------------------------


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


def weighed(share):
    """The accumulated gradient if the mean loss of a part counts ``share`` times, a function of the
    part.
    """

    def gradient(w, x, t, size):
        count, total = len(x), 0.0
        parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
        for part in parts:
            slope = mean([2 * (w * x[i] - t[i]) * x[i] for i in part])
            total += share(Part(len(part), size, len(parts), count)) * slope
        return total

    return gradient


def batches(source):
    """Slopes that all have one sign, so that float32 loses nothing where they are added."""

    def batch(count, size):
        x = [number(source, 0.5, 5) for _ in range(count)]
        t = [number(source, 2, 9) for _ in range(count)]
        return -number(source, 0.5, 1.5), x, t, size

    shapes = source.sample([(5, 3), (7, 2), (8, 3), (9, 4), (5, 4)], 2)
    return [batch(*shape) for shape in [*shapes, (6, 2)]]


# --- 4.5 ------------------------------------------------------------------------------------------

at_the_output, the_local = itemgetter(0), itemgetter(1)
first, last = itemgetter(0), itemgetter(-1)


def received(send=math.prod, meet=sum, start=1.0):
    """What x holds at the end, from the edges of a graph.

    ``send`` makes what an edge brings out of a pair: what its output holds, and its local
    derivative. ``meet`` makes what a tensor holds out of all that its edges have brought so far.
    """

    def found(formula, edges):
        brought = defaultdict(list, z=[start])
        for output, name, local in edges:
            brought[name].append(send((meet(brought[output]), local)))
        return meet(brought["x"])

    return found


def graphs(source):
    """Graphs of no formula: their edges alone."""
    plans = [
        [("z", "a"), ("z", "b"), ("a", "b"), ("b", "x"), ("a", "x")],
        [("z", "a"), ("z", "a"), ("a", "x"), ("z", "x"), ("a", "x")],
        [("z", "u"), ("z", "x"), ("u", "v"), ("u", "x"), ("v", "x")],
    ]

    def graph(plan):
        edges = [(*edge, signed(source, 1.5, 4)) for edge in plan]
        told = ", ".join(f"{above} → {below} {local:g}" for above, below, local in edges)
        return told.replace("-", "−"), edges

    return [graph(plan) for plan in source.sample(plans, 2)]


# --- 4.6 ------------------------------------------------------------------------------------------


def gradient(w):
    return 6 * (3 * w - 4)


def moved(w, steps, kept=0.0, gain=check.GAIN):
    """w after gradient descent on (3w − 4)², whose gradients the check multiplies by ``gain``.
    ``kept`` is as in `descend`.
    """
    return descend(lambda w: [gain * gradient(w)], [w], lr=0.02, steps=steps, kept=kept)[0]


def same(where):
    """What is returned and the leaf itself, where they are one tensor."""
    return lambda asked, w, steps: where(w, steps)


def starts(source):
    far = [source.choice([number(source, 2.5, 6), number(source, -4, 0.2)]) for _ in range(3)]
    ways = [check.RETURNED, check.RETURNED, check.LEAF]
    return [(asked, w, source.randint(2, 6)) for asked, w in zip(ways, far, strict=True)]


ORACLES = [
    prediction(
        check.three_calls,
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
    ),
    prediction(
        check.raises,
        {"a": True, "b": False, "c": False, "d": True, "e": False, "f": True},
        {
            "b: a sum saves nothing, so there is nothing to free": {"b": True},
            "a: a product saves its factors, and the first pass frees them": {"a": False},
            "d: the first call has freed them already": {"d": False},
            "c: the first call decides whether what is saved survives it": {"c": True},
            "e: the second z has a graph of its own": {"e": True},
            "f: both passes go through the box of h": {"f": False},
        },
    ),
    oracle(
        check.snapshot,
        kept(lambda first, second: [first, first + second]),
        {
            "one tensor under two names, and the second call changed it: copy it": kept(
                lambda first, second: [first + second] * 2
            ),
            "cleared in between: the second number is the total of both calls": kept(
                lambda first, second: [first, second]
            ),
            "zero_() emptied the tensor that before names as well": kept(
                lambda first, second: [second] * 2
            ),
            "before holds the value of x³, not its gradient": lambda x: [
                x**3,
                check.GAIN * (3 * x**2 + 10 * x),
            ],
            "before is a formula, which the check does not double: copy what x.grad holds": kept(
                lambda first, second: [first / check.GAIN, first + second]
            ),
            "no gradient has arrived at x itself: the check doubles those that do": kept(
                lambda first, second: [first / check.GAIN, (first + second) / check.GAIN]
            ),
        },
        draw=lambda source: [number(source, 0.4, 2.6), -number(source, 0.4, 2.6)],
    ),
    oracle(
        check.batch_gradient,
        weighed(lambda part: part.length / part.count),
        {
            "a sum of means: let the shares of all parts add up to 1": weighed(lambda part: 1),
            "each part has the same say, even a short last one": weighed(
                lambda part: 1 / part.parts
            ),
            "N times too large: a share is a part of the whole": weighed(lambda part: part.length),
            "a share of what: size is the length of one part": weighed(
                lambda part: part.length / part.size
            ),
            "size/N is the share of a full part: the last may be shorter": weighed(
                lambda part: part.size / part.count
            ),
            "1/N is the share of one example; a part has several": weighed(
                lambda part: 1 / part.count
            ),
            "1/size: mean() has divided by the length already": weighed(lambda part: 1 / part.size),
            "upside down: a long part has a large share": weighed(
                lambda part: part.count / part.length
            ),
        },
        draw=batches,
    ),
    oracle(
        check.received,
        received(),
        {
            "overwritten, not added: a tensor that is used twice receives twice": received(
                meet=last
            ),
            "only what arrives first was kept: add the rest": received(meet=first),
            "multiplied where paths meet: multiply along a path, add where paths meet": received(
                meet=math.prod
            ),
            "the local derivative alone: multiply it by what has arrived at the output": received(
                send=the_local
            ),
            "the local derivatives are missing: that counts the paths": received(
                send=at_the_output
            ),
            "added along a path: what arrives is multiplied by the local derivative": received(
                send=sum
            ),
            "0 all the way: a backward pass starts with 1 at the root": received(start=0.0),
        },
        draw=graphs,
    ),
    oracle(
        check.trained,
        same(moved),
        {
            "w has not moved: step() finds .grad cleared, or w is not what it moves": same(
                lambda w, _: w
            ),
            "w = w − … makes a new tensor: a step changes the leaf in place": (
                lambda asked, w, steps: (
                    w if asked == check.LEAF else moved(moved(w, 1), steps - 1, gain=1)
                )
            ),
            "a copy, or a formula: let w itself move, by what arrives in w.grad": (
                lambda asked, w, steps: w if asked == check.LEAF else moved(w, steps, gain=1)
            ),
            "w is moved by a formula, which the check does not double: use w.grad": same(
                lambda w, steps: moved(w, steps, gain=1)
            ),
            "never cleared inside the loop: each step uses the sum of all gradients so far": same(
                lambda w, steps: moved(w, steps, kept=1.0)
            ),
            "one step short: the first step() came before the first backward()": same(
                lambda w, steps: moved(w, steps - 1)
            ),
            "one step only: backward() and step() belong in the loop": same(
                lambda w, _: moved(w, 1)
            ),
            "the loss was computed once, so its graph holds the old w": same(
                lambda w, steps: w - steps * 0.02 * check.GAIN * gradient(w)
            ),
            "never cleared, and one step short": same(
                lambda w, steps: moved(w, steps - 1, kept=1.0)
            ),
            "that is the loss, not w": lambda asked, w, steps: (
                moved(w, steps) if asked == check.LEAF else (3 * moved(w, steps - 1) - 4) ** 2
            ),
        },
        draw=starts,
    ),
]
