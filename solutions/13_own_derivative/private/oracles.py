"""The oracles of assignment 13: how do you give PyTorch a derivative of your own?"""

import math

from autograd_seen.checks import own_derivative as check
from autograd_seen.checks.own_derivative import BEHIND, BESIDE, COST, ENDED, RESULT, SENT, SILENT
from plainjudge.arithmetic import mean
from plainjudge.oracles import number, oracle, prediction, signed


def in_each(rule, *given):
    """A rule of numbers, for numbers or for lists of them."""
    if isinstance(given[0], list):
        return [rule(*one) for one in zip(*given, strict=True)]
    return rule(*given)


# --- 13.3 -----------------------------------------------------------------------------------------


def sent(rule):
    """What goes back to x by a rule from (x, n, arriving), number by number."""
    return lambda x, n, arriving: in_each(lambda x, g: rule(x, n, g), x, arriving)


def powers(source):
    def case(count, n):
        x = [signed(source, 0.4, 2.5) for _ in range(count)]
        # For an even n the sign of x matters, so one is negative.
        x[0] = -abs(x[0]) if n % 2 == 0 else x[0]
        arriving = [signed(source, 0.3, 9) for _ in range(count)]
        return (x, n, arriving) if count > 1 else (x[0], n, arriving[0])

    return [case(count, n) for count, n in enumerate(source.sample([-2, -1, 3, 4], 3), start=1)]


# --- 13.4 -----------------------------------------------------------------------------------------


def hypot(back, forward=math.hypot, overlooked=""):
    """``back(a, b, r, arriving)`` is what goes back to a and to b, ``overlooked`` what may be
    written over without a word.
    """

    def found(asked, a, b, arriving, written_over):
        if asked == RESULT:
            return in_each(forward, a, b)
        if asked == SILENT:
            return written_over in overlooked.split()
        pairs = in_each(lambda a, b, g: back(a, b, forward(a, b), g), a, b, arriving)
        return [list(one) for one in zip(*pairs, strict=True)] if isinstance(a, list) else pairs

    return found


def right(a, b, r, arriving):
    return [arriving * a / r, arriving * b / r]


def sides(source):
    def case():
        return signed(source, 0.4, 3), signed(source, 3.3, 6), signed(source, 1.3, 4)

    a, b, arriving = case()
    vectors = [list(one) for one in zip(*[case() for _ in range(3)], strict=True)]
    asked = [(RESULT, ""), (SENT, ""), (SILENT, "a"), (SILENT, "b"), (SILENT, "r")]
    cases = [(words, a, b, arriving, written_over) for words, written_over in asked]
    return [*cases, (SENT, *vectors, "")]


# --- 13.5 -----------------------------------------------------------------------------------------


def loss(price, total=mean, slope=None):
    """``price(one, under, over)`` is what a day costs and ``total`` what becomes of these."""

    def found(asked, r, under, over):
        if asked == COST:
            return total([price(one, under, over) for one in r])
        # All prices are straight on both sides of 0, so this quotient is the slope.
        h = 0.01
        slopes = [
            (price(one + h, under, over) - price(one - h, under, over)) / (2 * h) for one in r
        ]
        share = total([1.0] * len(r)) / len(r)
        return [one * share for one in slopes]

    return found


def right_price(r, under, over):
    return under * r if r > 0 else -over * r


def over_days_of_each_kind(asked, r, under, over):
    """The mean over the days with a shortage, and that over the others."""
    short = sum(1 for one in r if one > 0)
    of = [under / short if one > 0 else -over / (len(r) - short) for one in r]
    if asked != COST:
        return of
    return math.fsum(slope * one for slope, one in zip(of, r, strict=True))


def days(source):
    cases = []
    for count in source.sample([3, 4, 5], 2):
        r = [number(source, 0.3, 4), number(source, 0.3, 4), -number(source, 0.3, 4)]
        r += [signed(source, 0.3, 4) for _ in range(count - 3)]
        low, high = number(source, 0.2, 1.4), number(source, 1.8, 4)
        under, over = source.sample([low, high], 2)
        r = source.sample(r, count)
        cases += [(asked, r, under, over) for asked in (COST, check.SLOPES)]
    return cases


# --- 13.6 -----------------------------------------------------------------------------------------


def hooked(change, written=False, ended=True):
    """``change(one, limit, all)`` is what becomes of a number that arrives at h; ``written``: in
    the tensor itself, which k gets as well.
    """

    def found(asked, w, limit):
        changed = [change(one, limit, w) for one in w]
        if asked == BESIDE:
            return [2 * one for one in (changed if written else w)]
        return [3 * one for one in (w if asked == ENDED and ended else changed)]

    return found


def clamp(one, limit, _all):
    return max(-limit, min(limit, one))


def from_above(one, limit, _all):
    return min(limit, one)


def by_length(one, limit, all):
    return one * min(1, limit / math.hypot(*all))


def arrivals(source):
    """Numbers beyond both limits, one beyond 10, and at least one between, not in their middle."""
    cases = []
    for _ in range(2):
        limit = number(source, 0.8, 2)
        w = [number(source, 11, 15), -limit - number(source, 0.5, 6)]
        w += [round(limit * signed(source, 0.3, 0.8), 3) for _ in range(source.choice([1, 2]))]
        cases.append((source.sample(w, len(w)), limit))
    (w, limit), (other, other_limit) = cases
    return [*((asked, w, limit) for asked in (BEHIND, BESIDE, ENDED)), (BEHIND, other, other_limit)]


ORACLES = [
    prediction(
        check.flows,
        {"arrives": 8.0, "sent": -2.0, "w": -14.4},
        {
            "arrives: Reverse changes nothing on the way forward: f goes through as it is": {
                "arrives": -1.0
            },
            "arrives: that is the number there, 3.6 + 0.4: its square sends twice as much": {
                "arrives": 4.0
            },
            "arrives: the slope of the square is taken at f + 0.4": {"arrives": 7.2},
            "arrives: that is what Reverse sends on": {"arrives": -2.0},
            "arrives: what (f − 5)² sends goes past the box: leave it out": {"arrives": 5.2},
            "sent: what (f − 5)² sends goes past the box: leave it out": {"sent": -1.3},
            "sent: backward multiplies by −strength: it is not passed on as it came": {"sent": 8.0},
            "sent: the sign turns, and the strength multiplies as well": {"sent": -8.0},
            "sent: the strength multiplies, and the sign turns as well": {"sent": 2.0},
            "w: not reversed: Reverse sends −0.25 times what arrives": {"w": 15.6},
            "w: reversed as a whole: the way of (f − 5)² does not go through Reverse": {"w": -3.9},
            "w: the sign is turned, but the strength is missing": {"w": -32.4},
            "w: the strength is there, but the sign is not turned": {"w": -2.4},
            "w: that arrives at f: the factor 3 is still to come": {"w": -4.8},
            "w: that is the way through Reverse alone: add what (f − 5)² sends": {"w": -6.0},
            "w: that is the way past Reverse alone: add what Reverse sends": {"w": -8.4},
            "w: Reverse changes nothing on the way forward, only backward": {"w": -7.65},
        },
    ),
    prediction(
        check.slopes,
        {"a": 20.0, "b": 0.0, "c": 25.0, "d": 65.0},
        {
            "a: round is behind detach(), but x - x.detach() is 0 and has the slope 1": {"a": 0.0},
            "a: L is taken at the rounded y = 2, not at x": {"a": 15.0},
            "a: the factor 2.5 of the inner step is missing": {"a": 8.0},
            "b: nothing is held: the slopes of x and of −x cancel, and that of round is 0": {
                "b": 20.0
            },
            "b: the slope of y by x is 1 + (0 − 1)": {"b": -20.0},
            "c: what is held is a factor: y has the slope 2 / 1.6 = 1.25, not 1": {"c": 20.0},
            "c: L is taken at the rounded y = 2, not at x": {"c": 18.75},
            "c: the factor is held by detach(), but the x in front of it is not": {"c": 0.0},
            "c: the factor 2.5 of the inner step is missing": {"c": 10.0},
            "d: Round sends on what arrives, and then the 2 of 2 * x multiplies": {"d": 32.5},
            "d: L is taken at the rounded y = 3, not at 2 · x": {"d": 70.0},
            "d: y is no longer 2: 2 · 1.6 is rounded, to 3": {"d": 40.0},
            "d: what enters is 2 · 1.6 = 3.2, which is rounded to 3": {"d": 20.0},
            "d: y is round(2 · x) = 3, not 2 · round(x) = 4": {"d": 90.0},
            "d: Round has a backward of its own, which sends on what arrives": {"d": 0.0},
            "d: the factor 2.5 of the inner step is missing": {"d": 26.0},
        },
    ),
    oracle(
        check.Power,
        sent(lambda x, n, g: g * n * x ** (n - 1)),
        {
            "what arrives is missing: multiply the local derivative by it": sent(
                lambda x, n, g: n * x ** (n - 1)
            ),
            "what arrives is added: a chain multiplies": sent(lambda x, n, g: g + n * x ** (n - 1)),
            "the slope is taken at the result: take it at x, which was saved": sent(
                lambda x, n, g: g * n * (x**n) ** (n - 1)
            ),
            "the exponent is not one lower: the slope of xⁿ is n · xⁿ⁻¹": sent(
                lambda x, n, g: g * n * x**n
            ),
            "the factor n is missing: the slope of xⁿ is n · xⁿ⁻¹": sent(
                lambda x, n, g: g * x ** (n - 1)
            ),
            "that is the result, times what arrives: its slope is wanted": sent(
                lambda x, n, g: g * x**n
            ),
            "what arrives is passed on as it came: that is a straight-through estimator": sent(
                lambda x, n, g: g
            ),
            "the slope is taken at what arrives: take it at x, and multiply": sent(
                lambda x, n, g: n * g ** (n - 1)
            ),
            "the sign is lost: for an even n a negative x has a negative power of n − 1": sent(
                lambda x, n, g: g * n * abs(x) ** (n - 1)
            ),
            "a power for 3 alone: n is in ctx.n": sent(lambda x, n, g: g * 3 * x**2),
        },
        draw=powers,
    ),
    oracle(
        check.Hypot,
        hypot(right),
        {
            "swapped: a gets a / r, b gets b / r, in the order of forward's arguments": hypot(
                lambda a, b, r, g: [g * b / r, g * a / r]
            ),
            "not divided by r: the slope of the square root is 1 / (2 r)": hypot(
                lambda a, b, r, g: [g * a, g * b]
            ),
            "what arrives is missing: multiply by it": hypot(lambda a, b, r, g: [a / r, b / r]),
            "divided by r²: the slope of a square root s is 1 / (2 s)": hypot(
                lambda a, b, r, g: [g * a / r**2, g * b / r**2]
            ),
            "twice too much: the 2 of 2a and the 2 in 1 / (2 r) cancel": hypot(
                lambda a, b, r, g: [2 * g * a / r, 2 * g * b / r]
            ),
            "half of it: the slope of a² is 2a": hypot(
                lambda a, b, r, g: [g * a / (2 * r), g * b / (2 * r)]
            ),
            "the root is forgotten: its slope 1 / (2 r) is a factor, too": hypot(
                lambda a, b, r, g: [2 * g * a, 2 * g * b]
            ),
            "r / a is the wrong way round: r grows by a / r": hypot(
                lambda a, b, r, g: [g * r / a, g * r / b]
            ),
            "the signs are lost: r shrinks where a negative a grows": hypot(
                lambda a, b, r, g: [g * abs(a) / r, g * abs(b) / r]
            ),
            "what arrives is passed on to both: each has its own factor": hypot(
                lambda a, b, r, g: [g, g]
            ),
            "divided by r alone: the factors a and b are missing": hypot(
                lambda a, b, r, g: [g / r, g / r]
            ),
            "r is a² + b²: the square root is missing": hypot(
                lambda a, b, r, g: [2 * g * a, 2 * g * b], forward=lambda a, b: a * a + b * b
            ),
            "kept as an attribute of ctx: save_for_backward() notices a later write": hypot(
                right, overlooked="a b r"
            ),
            "a and b are kept as attributes of ctx: save_for_backward() notices a later write": (
                hypot(right, overlooked="a b")
            ),
            "r is kept as an attribute of ctx: save_for_backward() takes results as well": hypot(
                right, overlooked="r"
            ),
            **{
                f"{kept} kept as an attribute of ctx: save_for_backward() notices a later write": (
                    hypot(right, overlooked=overlooked)
                )
                for kept, overlooked in {
                    "a is": "a",
                    "b is": "b",
                    "a and r are": "a r",
                    "b and r are": "b r",
                }.items()
            },
        },
        draw=sides,
    ),
    oracle(
        check.cost,
        loss(right_price),
        {
            "the prices are swapped: where r > 0 rolls are missing": loss(
                lambda r, under, over: over * r if r > 0 else -under * r
            ),
            "the sum: divide it by the number of days": loss(right_price, total=math.fsum),
            "(under − 1) * r is right only where the two prices add up to 1": loss(
                lambda r, under, over: max(under * r, (under - 1) * r)
            ),
            "a surplus lowers the cost, in the higher of two lines: the second is −over * r": loss(
                lambda r, under, over: max(under * r, over * r)
            ),
            "|r| alone: the two prices play no part": loss(lambda r, under, over: abs(r)),
            "|r| times both prices: each day has one of the two": loss(
                lambda r, under, over: (under + over) * abs(r)
            ),
            "a surplus lowers the cost: where r < 0 it is over * (−r)": loss(
                lambda r, under, over: under * r if r > 0 else over * r
            ),
            "a surplus costs nothing: over plays no part": loss(
                lambda r, under, over: max(0.0, under * r)
            ),
            "under * |r|: a roll left over has a price of its own, over": loss(
                lambda r, under, over: under * abs(r)
            ),
            "a shortage costs nothing: under plays no part": loss(
                lambda r, under, over: max(0.0, -over * r)
            ),
            "under * r on every day: where r < 0 it is over * (−r)": loss(
                lambda r, under, over: under * r
            ),
            "the lower of the two lines: a day costs the higher one": loss(
                lambda r, under, over: min(under * r, -over * r)
            ),
            "two means: divide by all days, not by those of each kind": over_days_of_each_kind,
        },
        draw=days,
    ),
    oracle(
        check.clip,
        hooked(clamp),
        {
            "nothing is changed: a hook on h must return what goes on, and stay there": hooked(
                lambda one, limit, all: one
            ),
            "clipped at 10, as Graves did: here it is at limit": hooked(
                lambda one, limit, all: clamp(one, 10, all)
            ),
            "from above alone: a number below −limit is to become −limit": hooked(from_above),
            "from below alone: a number above limit is to become limit": hooked(
                lambda one, limit, all: max(-limit, one)
            ),
            "g itself was written into, and y gets that tensor too: return a new one": hooked(
                clamp, written=True
            ),
            "from above alone, and g itself was written into, which y gets too": hooked(
                from_above, written=True
            ),
            "what lies outside became 0: it should go to the nearer limit": hooked(
                lambda one, limit, all: one if abs(one) <= limit else 0.0
            ),
            "what lies below −limit went to +limit": hooked(
                lambda one, limit, all: one if abs(one) <= limit else limit
            ),
            "every number went to a limit: what lies between stays": hooked(
                lambda one, limit, all: math.copysign(limit, one)
            ),
            "all numbers became smaller: that clips the length, here each number is clipped": (
                hooked(by_length)
            ),
            "handle.remove() ended nothing: return the handle of the hook that clips": hooked(
                clamp, ended=False
            ),
        },
        draw=arrivals,
    ),
]
