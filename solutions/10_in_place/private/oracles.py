"""The oracles of assignment 10: when may you write over a value?"""

import math

from autograd_seen.checks import in_place as check
from autograd_seen.checks.in_place import (
    AFTERWARDS,
    BEFORE,
    COPY,
    GRADIENT,
    LEFT,
    MOVED,
    NOW,
    RAISES,
    REFUSED,
    RETURNED,
    SERIES,
    SLOPE,
)
from plainjudge.arithmetic import sigmoid
from plainjudge.oracles import number, oracle, prediction, signed

# --- 10.3 -----------------------------------------------------------------------------------------


def clipping(change, moved=True, counted=True):
    """Weights changed one by one: in the leaf or elsewhere, by a write that is counted or not."""

    def found(asked, values, limit):
        if asked == REFUSED:
            return int(moved and counted)
        if asked == AFTERWARDS and not moved:
            return values
        return [change(value, limit) for value in values]

    return found


def clip(value, limit):
    return max(-limit, min(limit, value))


def scaled(asked, values, limit):
    """The weights made smaller by one factor, so that their length is the limit."""
    length = sum(value * value for value in values) ** 0.5
    return 1 if asked == REFUSED else [value * limit / length for value in values]


def weights(source):
    """A weight within the limit, one above it and one below −limit."""
    limit = number(source, 0.5, 1.5)
    outside = [limit + number(source, 0.3, 2), -limit - number(source, 0.3, 2)]
    values = source.sample([*outside, limit * signed(source, 0.2, 0.8)], 3)
    values = [round(value, 3) for value in values]
    return [(asked, values, limit) for asked in (RETURNED, AFTERWARDS, REFUSED)]


# --- 10.4 -----------------------------------------------------------------------------------------

COUNTED = "t.sub_(1)", "t[1:].mul_(2)", "t.detach().add_(1)", "t.add_(0)"
UNNOTICED_BY_VALUE = "nothing", "t.add_(0)"


def kept(write, _earlier, _values):
    return RAISES if write in COUNTED else NOW


def by_value(write, _earlier, _values):
    """Compares the values with a copy, and returns that copy or t where they are the same."""
    return NOW if write in UNNOTICED_BY_VALUE else RAISES


def by_both(write, _earlier, _values):
    """Raises where the version and the values have changed."""
    return RAISES if write in COUNTED and write not in UNNOTICED_BY_VALUE else NOW


def by_either(write, _earlier, _values):
    """Raises where the version or the values have changed."""
    return NOW if write == "nothing" else RAISES


def a_copy(write, _earlier, _values):
    """Never raises, and returns a copy that was made at first."""
    return COPY if write in UNNOTICED_BY_VALUE else BEFORE


def a_late_copy(write, _earlier, _values):
    """Compares the versions, and makes a copy at last."""
    return RAISES if write in COUNTED else COPY


def a_copy_by_version(write, earlier, values):
    """Compares the versions, and returns a copy."""
    return RAISES if write in COUNTED else a_copy(write, earlier, values)


def from_zero(write, earlier, _values):
    """Compares the version with 0."""
    return RAISES if earlier or write in COUNTED else NOW


def writes(source):
    """Each write once, into other numbers, and nothing at a version above 0 as well."""
    cases = [(write, source.randint(0, 3)) for write in check.WRITES]
    cases = [*source.sample(cases, len(cases)), ("nothing", source.randint(1, 3))]
    return [
        (write, earlier, [signed(source, 0.5, 9) for _ in range(source.randint(2, 4))])
        for write, earlier in cases
    ]


# --- 10.5 -----------------------------------------------------------------------------------------


def growing(slope):
    """n is multiplied by r(1 − n) in each step; ``slope(r, n, dn)`` is that of the next n by r,
    where dn is that of this one."""

    def found(asked, r, start, at, steps):
        series, dn = [start], 0.0
        for _ in range(steps if asked == SERIES else at):
            n = series[-1]
            dn = slope(r, n, dn)
            series.append(r * n * (1 - n))
        return series if asked == SERIES else dn

    return found


def right_slope(r, n, dn):
    return n * (1 - n) + r * (1 - 2 * n) * dn


def populations(source):
    """Rates at which the population grows to a rest."""
    steps = source.randint(3, 6)
    series = SERIES, number(source, 1.5, 2.9, 2), number(source, 0.1, 0.4, 2), steps, steps
    slopes = []
    for more in 0, 2:
        at = source.randint(3, 5)
        r, start = number(source, 1.4, 1.9, 2), number(source, 0.05, 0.2, 2)
        slopes.append((SLOPE, r, start, at, at + more))
    return [series, *slopes]


# --- 10.6 -----------------------------------------------------------------------------------------


def height(d, s):
    """D(s) = d₁ · sigmoid(d₀ · s)"""
    return d[1] * sigmoid(d[0] * s)


def slopes(d, s):
    """Those of D(s) by d₀ and d₁."""
    p = sigmoid(d[0] * s)
    return [d[1] * p * (1 - p) * s, p]


def by_s(d, s, saved=None):
    """The slope of D(s) by s, from a sigmoid that was computed with d, or with another that was
    saved."""
    p = sigmoid((saved or d)[0] * s)
    return d[1] * p * (1 - p) * d[0]


def stepped(d, fake, real, lr, by_fake=True):
    """D after a step down the slope of D(fake) − D(real), or of −D(real) alone."""
    return [
        one - lr * (by_fake * up - down)
        for one, up, down in zip(d, slopes(d, fake), slopes(d, real), strict=True)
    ]


def step(gradient, step=stepped):
    """``gradient(old d, new d, fake)`` is the slope of a loss by fake, which is g · noise."""

    def found(asked, g, d, noise, real, lr):
        new = step(d, g * noise, real, lr)
        if asked == GRADIENT:
            return gradient(d, new, g * noise) * noise
        return new if asked == MOVED else g

    return found


def fresh(_old, new, fake):
    return -by_s(new, fake)


def stale(old, new, fake):
    return -by_s(new, fake, saved=old)


def of_the_old(old, _new, fake):
    return -by_s(old, fake)


def uncleared(gradient):
    """What loss_d sent to g is added."""
    return lambda old, new, fake: gradient(old, new, fake) + by_s(old, fake)


def step_of_both(d, fake, real, lr):
    return stepped(d, fake, real, lr, by_fake=False)


def fresh_but_unmoved(asked, g, d, *case):
    return d if asked == MOVED else step(fresh)(asked, g, d, *case)


def with_a_step_of_g(asked, g, d, noise, real, lr):
    found = step(fresh)
    if asked == LEFT:
        return g - lr * found(GRADIENT, g, d, noise, real, lr)
    return found(asked, g, d, noise, real, lr)


def gans(source):
    cases = []
    for _ in range(2):
        g, d = signed(source, 0.4, 1.2), [signed(source, 0.6, 1.4), signed(source, 1.2, 2.5)]
        noise, real = number(source, 0.6, 1.4), number(source, 1.2, 2.5)
        case = g, d, noise, real, number(source, 0.3, 0.8)
        cases += [(asked, *case) for asked in (GRADIENT, MOVED, LEFT)]
    return cases


ORACLES = [
    prediction(
        check.versions,
        {"view": "four", "cut": "four", "data": "two", "copy": "one"},
        {
            "view: NumPy writes into the same memory, but nothing counts that": {"view": "five"},
            "cut: NumPy writes into the same memory, but nothing counts that": {"cut": "five"},
            "view: a write into a or through cut counts for it too: one counter for all three": {
                "view": "two"
            },
            "view: what is written through cut counts too: detach() shares the counter": {
                "view": "three"
            },
            "view: .data shares the memory, not the counter: its two writes do not count here": {
                "view": "six"
            },
            "cut: detach() gives no counter of its own: it has that of a, which a view has too": {
                "cut": "one"
            },
            "cut: .data shares the memory, not the counter: its two writes do not count here": {
                "cut": "six"
            },
            "data: its counter is its own, so what is written elsewhere does not count": {
                "data": "six"
            },
            "data: two writes go through it, and its counter counts both": {"data": "one"},
            "data: its own writes count, but NumPy's do not": {"data": "three"},
            "data: the counter of a does not move, but .data has its own, and add_ counts there": {
                "data": "none"
            },
            "copy: a clone has memory and a counter of its own; one write goes into it": {
                "copy": "five"
            },
            "copy: add_ writes into it, and that counts as for any tensor": {"copy": "none"},
        },
    ),
    prediction(
        check.outcomes,
        {
            "a": "raises",
            "b": "right",
            "c": "raises",
            "d": "right",
            "e": "raises",
            "f": "right",
            "g": "wrong",
            "h": "raises",
        },
        {
            "a: the slope p(1 − p) is made of the result, so that was saved and written over": {
                "a": "right"
            },
            "b: the slope of the cosine is made of x, and y *= 2 does not write into x": {
                "b": "raises"
            },
            "c: one counter for the whole of y: a write into one place of it counts": {
                "c": "right"
            },
            "d: y + 1 is a new tensor, and the name y moves to it; nothing is written over": {
                "d": "raises"
            },
            "e: no_grad() records nothing, but a write counts all the same; the square saved x": {
                "e": "right"
            },
            "f: the slope of 5 · h is 5: nothing of h was saved": {"f": "raises"},
            "g: sqrt has saved y, and .data writes into it": {"g": "right"},
            "g: .data has a counter of its own, so nobody sees that the saved y was written over": {
                "g": "raises"
            },
            "h: detach() has the counter of y, so the write is seen": {"h": "wrong"},
            "h: detach() is no copy, and the sigmoid has saved y": {"h": "right"},
            "a: the write is counted, so the pass does not go on in silence": {"a": "wrong"},
            "c: the write is counted, so the pass does not go on in silence": {"c": "wrong"},
            "e: the write is counted, so the pass does not go on in silence": {"e": "wrong"},
            "b: the write is recorded like any operation, so its factor 2 is in the slope": {
                "b": "wrong"
            },
            "f: h += 1 comes after y was computed, and y has saved nothing of h": {"f": "wrong"},
        },
    ),
    oracle(
        check.clipped,
        clipping(clip),
        {
            "w itself did not move: clamp() makes a new tensor, and the optimizer knows the old": (
                clipping(clip, moved=False)
            ),
            ".data hides the write: an older record goes back with new values, unseen": (
                clipping(clip, counted=False)
            ),
            "nothing was clipped: is what clamp() returns thrown away?": clipping(
                lambda value, limit: value, moved=False
            ),
            "only from above: −limit is a limit too": clipping(
                lambda value, limit: min(limit, value)
            ),
            "only from below: limit is a limit too": clipping(
                lambda value, limit: max(-limit, value)
            ),
            "what lies outside is set to 0: it should go to the nearer limit": clipping(
                lambda value, limit: value if abs(value) <= limit else 0.0
            ),
            "what lies below −limit went to +limit": clipping(
                lambda value, limit: value if abs(value) <= limit else limit
            ),
            "every weight went to a limit: what lies inside stays": clipping(
                lambda value, limit: math.copysign(limit, value)
            ),
            "all weights were made smaller: what lies inside the limits stays": scaled,
        },
        draw=weights,
    ),
    oracle(
        check.saved,
        kept,
        {
            "the values are compared: PyTorch compares t._version, and keeps no second copy": (
                by_value
            ),
            "the values are compared as well: a counted write raises, also where it leaves them": (
                by_both
            ),
            "the values are compared as well: a write by .data moves them, and is not counted": (
                by_either
            ),
            "a copy is kept: get() then returns old values. Keep t itself, and t._version": a_copy,
            "the version is right, but a copy is returned: return t itself": a_copy_by_version,
            "the version is right, but get() makes a copy: return t itself": a_late_copy,
            "get() makes a copy, and never raises: keep t, and compare t._version": COPY,
            "get() never raises: compare t._version with that at saved(t); t.data has another": NOW,
            "the version is compared with 0: t may have been written into before saved(t)": (
                from_zero
            ),
            "always raises: compare the version with the one at saved(t)": RAISES,
        },
        draw=writes,
    ),
    oracle(
        check.population,
        growing(right_slope),
        {
            "the slope of the last step alone: detach() cuts off what r did before it": growing(
                lambda r, n, dn: n * (1 - n)
            ),
            "one factor n[t − 1] is detached: r has acted on that one before, too": growing(
                lambda r, n, dn: n * (1 - n) - r * n * dn
            ),
            "the factor 1 − n[t − 1] is detached: r has acted on that one before, too": growing(
                lambda r, n, dn: n * (1 - n) + r * (1 - n) * dn
            ),
        },
        draw=populations,
    ),
    oracle(
        check.gan_step,
        step(fresh),
        {
            "neither the old D nor the new: .data hides the step, and the old record meets new d": (
                step(stale)
            ),
            ".data hides the step from loss_g, and what loss_d sent is in g.grad as well": step(
                uncleared(stale)
            ),
            "g.grad also holds what loss_d sent: detach() fake there": step(uncleared(fresh)),
            "that is the slope by the old D: compute D(fake) again, after the step": step(
                of_the_old
            ),
            "the step is last: g.grad has two slopes that cancel, and d moved by real alone": step(
                uncleared(of_the_old), step_of_both
            ),
            "g.grad holds what loss_d sent, too, and loss_g asked the old D: the two cancel": step(
                uncleared(of_the_old)
            ),
            "D stepped last: by what loss_g left in d.grad too, and G asked the old D": step(
                of_the_old, step_of_both
            ),
            "d did not move: d = d − … makes a new tensor, and D's optimizer knows the old": (
                fresh_but_unmoved
            ),
            "d did not move: D needs its step before G asks it": step(of_the_old, lambda d, *_: d),
            "g has moved, too: only D takes a step here": with_a_step_of_g,
            "D went up its loss: the step is −lr times d.grad": step(
                fresh, lambda d, fake, real, lr: stepped(d, fake, real, -lr)
            ),
            "the sign of loss_g: G wants D(fake) large, so its loss is −D(fake)": step(
                lambda old, new, fake: -fresh(old, new, fake)
            ),
        },
        draw=gans,
    ),
]
