"""The oracles of assignment 14: can you build it yourself?"""

import math

from autograd_seen.checks import build_it as check
from plainjudge.oracles import number, oracle, prediction, signed

# --- 14.3 and 14.4 --------------------------------------------------------------------------------


def step(a):
    return 1.0 if a > 0 else 0.0


def both(of_sin=math.cos, of_relu=step):
    return lambda a: [of_sin(a), of_relu(a)]


def quotient(by_a=lambda a, b: 1 / b, by_b=lambda a, b: -a / b**2, value=lambda a, b: a / b):
    return lambda a, b: [value(a, b), by_a(a, b), by_b(a, b)]


# --- 14.5 -----------------------------------------------------------------------------------------


def passed(rows, order):
    """What x receives if rows have their turns in this order, and how many turns there are."""
    arrived = [0.0] * len(rows)
    arrived[-1] = 1.0
    for row in order:
        for source, local in rows[row]:
            arrived[source] += arrived[row] * local
    return [arrived[0], len(order)]


def sources(rows, row):
    return [source for source, _ in rows[row]]


def newest_first(rows):
    return [*reversed(range(len(rows)))]


def first_met(last_input_first=False):
    """Each row when it is first met on a walk in depth."""

    def order(rows):
        found, waiting = [], [len(rows) - 1]
        while waiting:
            row = waiting.pop()
            if row not in found:
                found.append(row)
                follow = sources(rows, row)
                waiting += follow if last_input_first else reversed(follow)
        return found

    return order


def in_breadth(last_input_first=False):
    """Each row when it is first met on a walk in breadth."""

    def order(rows):
        found = [len(rows) - 1]
        for row in found:
            follow = sources(rows, row)[:: -1 if last_input_first else 1]
            found += [one for one in dict.fromkeys(follow) if one not in found]
        return found

    return order


def until_turned(rows):
    """A walk in depth that goes on to each row which has not had its turn, met before or not."""
    found, waiting = [], [len(rows) - 1]
    while waiting:
        found.append(waiting.pop())
        waiting += [one for one in sources(rows, found[-1]) if one not in found]
    return found


def fewest_uses_first(rows):
    used = [source for inputs in rows for source, _ in inputs]
    return sorted(newest_first(rows), key=used.count)


def along_paths(take=-1, turned=-1):
    """Each row each time it is met: the newest of those that wait, or the oldest (``take`` 0)."""

    def order(rows):
        found, waiting = [], [len(rows) - 1]
        while waiting:
            found.append(waiting.pop(take))
            waiting += sources(rows, found[-1])[::turned]
        return found

    return order


def never_ready(rows):
    """Counted once for each use, and taken off once for each user."""
    used = [source for inputs in rows for source, _ in inputs]
    left = [used.count(row) for row in range(len(rows))]
    found = [len(rows) - 1]
    for row in found:
        for source in {*sources(rows, row)}:
            left[source] -= 1
            found += [source] * (left[source] == 0)
    return found


def received(order):
    """What x receives, and the number of turns. The sums of a chain are left out of the walk: each
    has one input, so that they come one after the other in any order that starts at z.
    """

    def found(shape, a, b, x, more=0):
        rows = check.graph(shape, a, b, x)
        slope, turns = passed(rows, order(rows))
        return [slope, turns + more]

    return found


def oldest_first(shape, a, b, x, more=0):
    return [0.0, len(check.graph(shape, a, b, x)) + more]


def root_alone(shape, a, b, x, more=0):
    return [0.0, 1]


def walks(source):
    def case(shape, more=0):
        return shape, signed(source, 1.5, 4), signed(source, 0.3, 0.9), signed(source, 0.6, 2), more

    shapes = [check.SUM, check.PRODUCT, check.DETOUR]
    return [*map(case, shapes), case(check.CHAIN, source.randint(3000, 6000))]


# --- 14.6 -----------------------------------------------------------------------------------------


def times(share, begins=True):
    """The slope as often as ``share`` says, of the number of calls, and what x began with."""

    def found(calls, before, *given):
        slope = received(newest_first)(*given)[0]
        return share(calls) * slope + (before or 0.0) * begins

    return found


def kept(begins):
    """x's gradient if every value keeps what has arrived there; z begins with ``begins``, a
    function of what it has.
    """

    def found(calls, before, *given):
        rows = check.graph(*given)
        arrived = [before or 0.0] + [0.0] * (len(rows) - 1)
        for _ in range(calls):
            arrived[-1] = begins(arrived[-1])
            for row in newest_first(rows):
                for source, local in rows[row]:
                    arrived[source] += arrived[row] * local
        return arrived[0]

    return found


def overwritten(calls, before, *given):
    rows = check.graph(*given)
    arrived = [0.0] * len(rows)
    arrived[-1] = 1.0
    for row in newest_first(rows):
        for source, local in rows[row]:
            arrived[source] = arrived[row] * local
    return calls * arrived[0] + (before or 0.0)


def leaf_cleared(calls, before, *given):
    """x's gradient if x begins each call with none, and every other value with what it has."""
    rows = check.graph(*given)
    arrived = [0.0] * len(rows)
    for _ in range(calls):
        arrived[0], arrived[-1] = 0.0, 1.0
        for row in newest_first(rows):
            for source, local in rows[row]:
                arrived[source] += arrived[row] * local
    return arrived[0]


def calls(source):
    def case(count, before, shape):
        a, b = signed(source, 1.5, 4), signed(source, 0.6, 2)
        return count, before, shape, a, b, signed(source, 0.6, 2)

    before = number(source, 3, 9)
    return [case(1, None, check.SUM), case(2, None, check.SUM), case(3, before, check.PRODUCT)]


ORACLES = [
    prediction(
        check.works,
        {"a": True, "b": False, "c": True, "d": False},
        {
            "b: y has its turn before v, whose 0.5 then arrives too late": {"b": True},
            "d: x has its turn before anything has arrived there": {"d": True},
            "a: newest first is not the only right order: u and v may change places": {"a": False},
            "c: this is newest first: v was made after u": {"c": False},
        },
    ),
    prediction(
        check.slopes,
        {"overwritten": 6.3, "too_early": 33.0, "oldest_first": 0.0},
        {
            "overwritten: 14.1 is the sum of three parts, and = keeps the last of them": {
                "overwritten": 14.1
            },
            "overwritten: v is newer than u, so u sends last": {"overwritten": 1.5},
            "overwritten: u sends 2.1 twice, and the second one replaces the first": {
                "overwritten": 12.6
            },
            "overwritten: 2.1 is what is left at y: x gets 3 times that": {"overwritten": 2.1},
            "too_early: 14.1 is the right slope. y sends on 2.1, then 4.2, then 4.7": {
                "too_early": 14.1
            },
            "too_early: what y has grows: it sends on 2.1, then 2.1 + 2.1, then 4.7": {
                "too_early": 18.9
            },
            "too_early: each of these 11 goes on times the local derivative 3": {"too_early": 11.0},
            "oldest_first: y sends when nothing has arrived there, and has no second turn": {
                "oldest_first": 14.1
            },
            "oldest_first: y comes before u and v, so 0.5 from v is not there when it sends": {
                "oldest_first": 1.5
            },
            "oldest_first: 3 is the local derivative, and is multiplied by what has arrived": {
                "oldest_first": 3.0
            },
        },
    ),
    oracle(
        check.rules,
        both(),
        {
            "sin: that is its value, not its slope": both(of_sin=math.sin),
            "sin: the cosine of a, not of the result": both(of_sin=lambda a: math.cos(math.sin(a))),
            "sin: a minus too many: it is the cosine that has a minus in its slope": both(
                of_sin=lambda a: -math.cos(a)
            ),
            "sin: the root loses the sign, which cos has below 0 for some a": both(
                of_sin=lambda a: math.sqrt(1 - math.sin(a) ** 2)
            ),
            "sin: a is in radians already, as math.cos takes it": both(
                of_sin=lambda a: math.cos(math.radians(a))
            ),
            "the two are exchanged: first sin, then relu": lambda a: both()(a)[::-1],
            "relu: that is its value, not its slope": both(of_relu=lambda a: max(a, 0.0)),
            "relu: −1 is the slope of |a| below 0, where relu is flat": both(
                of_relu=lambda a: 2 * step(a) - 1
            ),
            "relu: the wrong way round: it is flat below 0": both(of_relu=lambda a: 1 - step(a)),
            "relu: 1 for every a: below 0 it is flat": both(of_relu=lambda a: 1.0),
        },
        draw=lambda source: [
            number(source, 0.4, 1.3, 2),
            -number(source, 0.4, 1.3, 2),
            signed(source, 1.8, 2.8, 2),
        ],
    ),
    oracle(
        check.divide,
        quotient(),
        {
            "by b: a larger b makes the quotient smaller: a minus is missing": quotient(
                by_b=lambda a, b: a / b**2
            ),
            "by b: one b too few: 1/b has the slope −1/b²": quotient(by_b=lambda a, b: -a / b),
            "by b: 1/b² has neither the minus nor the factor a": quotient(
                by_b=lambda a, b: 1 / b**2
            ),
            "by b: the factor a is missing": quotient(by_b=lambda a, b: -1 / b**2),
            "by b: that is 1/a: the slope of 1/b is −1/b², times a": quotient(
                by_b=lambda a, b: 1 / a
            ),
            "by b: a is not squared: −a · 1/b²": quotient(by_b=lambda a, b: -((a / b) ** 2)),
            "the quotient: // drops what stands behind the point": quotient(
                value=lambda a, b: a // b
            ),
            "by a: b is the slope of a product": quotient(by_a=lambda a, b: b),
            "these are the slopes of a product, b and a": quotient(
                by_a=lambda a, b: b, by_b=lambda a, b: a
            ),
            "by a: 1 is the slope of a sum": quotient(by_a=lambda a, b: 1.0),
            "the two are exchanged: first by a, then by b": quotient(
                by_a=lambda a, b: -a / b**2, by_b=lambda a, b: 1 / b
            ),
        },
        draw=lambda source: [
            (signed(source, 1.2, 4), signed(source, 0.4, 0.8)),
            (signed(source, 0.5, 0.9), signed(source, 1.5, 3)),
            (signed(source, 3, 5), signed(source, 1.5, 2.5)),
        ],
    ),
    oracle(
        check.in_order,
        received(newest_first),
        {
            "in depth, first input first: y has its turn when it is met, not when all have sent": (
                received(first_met())
            ),
            "in depth, last input first: y has its turn when it is met, not when all have sent": (
                received(first_met(last_input_first=True))
            ),
            "in breadth: a short way may reach y before a long one, which also sends to it": (
                received(in_breadth())
            ),
            "in breadth, last input first: y may be reached before another that also sends to it": (
                received(in_breadth(last_input_first=True))
            ),
            "y has its turn when it is met, before all that use it have sent": (
                received(until_turned)
            ),
            "by the number of uses: what is used once may be made from what is used twice, or into "
            "it": received(fewest_uses_first),
            "oldest first: start at z, where the 1 is": oldest_first,
            "a value has a turn each time it is met: wait for the last of its uses": received(
                along_paths()
            ),
            "each value that is met is taken at once: wait until its count is 0": received(
                along_paths(turned=1)
            ),
            "each value that is met waits in line, and comes again: wait until its count is 0": (
                received(along_paths(take=0, turned=1))
            ),
            "z alone is ready: a turn takes 1 off the count of each of its inputs": root_alone,
            "y·y uses y twice: take off 1 for each pair, as they were counted": received(
                never_ready
            ),
            "x is missing: a leaf has its turn, too": received(
                lambda rows: newest_first(rows)[:-1]
            ),
            "z is missing: it is ready from the start": received(
                lambda rows: newest_first(rows)[1:]
            ),
        },
        draw=walks,
    ),
    oracle(
        check.backward,
        times(lambda calls: calls),
        {
            "as it was: what y has kept from the first call is sent on again": kept(lambda z: 1.0),
            "z too begins the second call with what it has kept": kept(lambda z: z + 1.0),
            "the wrong one is cleared: x adds up, and what y kept is sent on again": leaf_cleared,
            "cleared too much: x is a leaf, and adds up what all calls bring": times(
                lambda _: 1, begins=False
            ),
            "x.grad is never set, so no call adds to the one before: put the sum there": times(
                lambda _: 1
            ),
            "x.grad held something before the first call: add to that": times(
                lambda calls: calls, begins=False
            ),
            "= in the place of +=: y receives more than one part": overwritten,
        },
        draw=calls,
    ),
]
