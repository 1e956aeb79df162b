"""The oracles of assignment 12: what does backward() answer where there is no slope?"""

import math

from autograd_seen.checks import kinks as check
from plainjudge.arithmetic import mean, products
from plainjudge.oracles import number, oracle, prediction, signed

# --- 12.4 -----------------------------------------------------------------------------------------


def rooted(value=math.sqrt, slope=lambda x: 0.5 / math.sqrt(x), off=(0.0, 0.0)):
    """The roots or their slopes, by rules for a number x > 0; off are both elsewhere, where a root
    of None is x itself.
    """

    def found(asked, values):
        rule, elsewhere = (value, off[0]) if asked == check.VALUE else (slope, off[1])
        return [rule(x) if x > 0 else x if elsewhere is None else elsewhere for x in values]

    return found


def numbers(source):
    """Numbers of which one is 0, and some are negative."""

    def case(positive, negative):
        values = [number(source, 0.3, 9, 2) for _ in range(positive)]
        values += [-number(source, 0.3, 4, 2) for _ in range(negative)] + [0.0]
        source.shuffle(values)
        return values

    first, second = case(2, 1), case(3, 2)
    return [(check.VALUE, first), (check.SENT, first), (check.SENT, second)]


# --- 12.5 -----------------------------------------------------------------------------------------


def capped(r, delta):
    return max(-delta, min(delta, r))


def sign(r):
    return math.copysign(1, r) if r else 0.0


def sent(rule):
    """What a backward pass returns by a rule from (one number of g, one of r, delta)."""
    return lambda g, r, delta: [rule(a, b, delta) for a, b in zip(g, r, strict=True)]


def loss(r, delta):
    return r * r / 2 if abs(r) < delta else delta * (abs(r) - delta / 2)


def residuals(source):
    """Residuals below and above zero, within delta and beyond, and what arrives at their losses.
    One is 0, and two are so far away that no nudge shows there.
    """

    def case(*further):
        delta = number(source, 0.6, 2.5)
        near = [side * number(source, 0.2, 0.8, 2) * delta for side in (1, -1)]
        far = [side * number(source, 1.3, 20, 2) * delta for side in (1, -1)]
        r = [round(one, 2) for one in near + far] + [*further]
        source.shuffle(r)
        return [signed(source, 0.3, 5) for _ in r], r, delta

    return [case(0.0), case(number(source, 2, 9) * 1e16, -number(source, 2, 9) * 1e16)]


# --- 12.6 -----------------------------------------------------------------------------------------

EPS = 1e-5


def turned(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def centred(column):
    middle = mean(column)
    return [one - middle for one in column]


def variance(column):
    return mean([one * one for one in centred(column)])


def deviation(column):
    return math.sqrt(variance(column) + EPS)


def by_column(value, slope):
    """Columns that are standardised, or their slopes, by rules from (a column of h, one of k)."""

    def found(asked, h, k):
        pairs = list(zip(turned(h), turned(k), strict=True))
        if asked == check.COLUMNS:
            return turned([value(column, weights) for column, weights in pairs])
        varying = [pair for pair in pairs if len(set(pair[0])) > 1]
        return turned([slope(column, weights) for column, weights in varying])

    return found


def standard(column, weights):
    return [one / deviation(column) for one in centred(column)]


def sloped(of_middle=True, of_deviation=True):
    """The slopes of a standardised column, with the mean or the deviation held still."""

    def slope(column, weights):
        s, z = deviation(column), standard(column, weights)
        moved = mean(weights) if of_middle else 0.0
        turn = mean(products(weights, z)) if of_deviation else 0.0
        return [(w - moved - one * turn) / s for w, one in zip(weights, z, strict=True)]

    return slope


def of_power(power, count=len):
    """Columns, and their slopes, that are divided by a power of the variance plus EPS, where the
    variance is the sum of the squares over a count.
    """

    def parts(column):
        squares = math.fsum(one * one for one in centred(column))
        return centred(column), squares / count(column) + EPS

    def value(column, weights):
        middle, v = parts(column)
        return [one / v**power for one in middle]

    def slope(column, weights):
        middle, v = parts(column)
        turn = 2 * power * math.fsum(products(weights, middle)) / count(column) / v
        moved = mean(weights)
        return [(w - moved - one * turn) / v**power for w, one in zip(weights, middle, strict=True)]

    return by_column(value, slope)


def in_varying(rows, asked, h):
    """The rows, or of slopes only those columns in which h varies."""
    if asked == check.COLUMNS:
        return rows
    pairs = zip(turned(rows), turned(h), strict=True)
    return turned([column for column, of_h in pairs if len(set(of_h)) > 1])


def with_one_deviation(asked, h, k):
    """Each column without its own mean, over one deviation of all numbers."""
    middles, weights = [centred(column) for column in turned(h)], turned(k)
    flat = [one for middle in middles for one in middle]
    s = math.sqrt(mean([one * one for one in flat]) + EPS)
    turn = mean(products([w for column in weights for w in column], flat)) / s**3

    def slopes(middle, ws):
        moved = mean(ws)
        return [(w - moved) / s - one * turn for w, one in zip(ws, middle, strict=True)]

    if asked == check.COLUMNS:
        return turned([[one / s for one in middle] for middle in middles])
    rows = turned([slopes(*pair) for pair in zip(middles, weights, strict=True)])
    return in_varying(rows, asked, h)


def standardised_rows(asked, h, k):
    """The same along each row."""
    rule = standard if asked == check.COLUMNS else sloped()
    return in_varying([rule(row, weights) for row, weights in zip(h, k, strict=True)], asked, h)


def standardised_together(asked, h, k):
    """The same with the mean and the deviation of all numbers."""
    rule = standard if asked == check.COLUMNS else sloped()
    flat = iter(rule([one for row in h for one in row], [one for row in k for one in row]))
    return in_varying([[next(flat) for _ in row] for row in h], asked, h)


def constant_off(source):
    """A number of which the mean of three is another number, in its last bit."""
    while True:
        one = signed(source, 0.2, 6)
        if (one + one + one) / 3 != one:
            return one


def tables(source):
    """Tables in which one column is constant, and whose slopes lie so far away from 0 that
    another eps does not show in four digits. The mean of the first constant is exact, as a
    quarter is.
    """

    def case(columns, constant):
        rows = 3
        while True:
            h = [[signed(source, 0.2, 6) for _ in range(rows)] for _ in range(columns)]
            h[source.randrange(columns)] = [constant] * rows
            k = [[signed(source, 0.2, 3) for _ in range(columns)] for _ in range(rows)]
            varying = [column for column in h if len(set(column)) > 1]
            slopes = turned(right(check.GRADIENT, turned(h), k))
            smallest = [min(map(abs, column)) for column in slopes]
            pairs = zip(smallest, map(variance, varying), strict=True)
            if all(v > 1 and least * v**1.5 > 1 for least, v in pairs):
                return turned(h), k

    first = case(2, signed(source, 2, 20, 0) / 4)
    second = case(3, constant_off(source))
    return [(check.COLUMNS, *first), (check.GRADIENT, *first), (check.GRADIENT, *second)]


right = by_column(standard, sloped())

ORACLES = [
    prediction(
        check.born,
        {"variable": "r", "slope": 9.0},
        {
            "variable: x only holds it: which operation sent a nan where none had arrived?": {
                "variable": "x"
            },
            "variable: at u = x − 2 a nan has arrived already, and is multiplied by 1": {
                "variable": "u"
            },
            "variable: L = y² sends 2y = 0 on, which is a number": {"variable": "L"},
            "variable: y = 3r sends 0 · 3 = 0 on, which is a number": {"variable": "y"},
            "variable: that is the operation: which variable did it make?": {"variable": "sqrt"},
            "slope: the local derivative of the root is missing: 1/(2r) = 1.25": {"slope": 7.2},
            "slope: the local derivative of y = 3r is missing": {"slope": 3.0},
            "slope: the local derivative of y² is 2y, not y": {"slope": 4.5},
            "slope: the local derivative of the root is 1/(2r), not 1/r": {"slope": 18.0},
            "slope: 2r is what 1 is divided by: the root's local derivative is 1/(2r)": {
                "slope": 5.76
            },
            "slope: that is the value of L": {"slope": 1.44},
            "slope: that is 2y, what leaves L: three operations are to come": {"slope": 2.4},
        },
    ),
    prediction(
        check.answers,
        {"tie": 1.5, "kink": 1.0},
        {
            "tie: four numbers are the largest, and max() shares among them": {"tie": 3.0},
            "tie: v[1] goes into the sum by itself as well": {"tie": 0.5},
            "tie: v[1] is one of the largest, so a share of the maximum comes as well": {
                "tie": 1.0
            },
            "tie: shared among those that are the largest, not among all six": {"tie": 4 / 3},
            "tie: the maximum is taken twice: 2 is shared": {"tie": 1.25},
            "tie: four numbers are the largest, not three": {"tie": 5 / 3},
            "kink: that is the slope to the right, where relu has 1 and not 0": {"kink": 4.0},
            "kink: that is the slope to the left, where relu(−x) has −1 and not 0": {"kink": 2.0},
            "kink: the mean of the two slopes is fair, but no operation knows of the other": {
                "kink": 3.0
            },
            "kink: x stands there by itself too, and its slope is 1": {"kink": 0.0},
            "kink: relu answers 0 at 0, not 1": {"kink": 5.0},
        },
    ),
    prediction(
        check.slopes,
        {"absolute": 3.0, "huber": 2.5, "minimum": 3.3},
        {
            "absolute: a number below m pushes the sum up as m grows: + 1 each": {"absolute": -3.0},
            "absolute: that is the slope of the mean: here the five are added up": {
                "absolute": 0.6
            },
            "absolute: that is the slope of the squares: here each number counts 1 or −1": {
                "absolute": 11.6
            },
            "absolute: each counts 1 or −1, however far it is from m": {"absolute": 5.8},
            "absolute: 5.1 is not the median: count the numbers on each side": {"absolute": 0.0},
            "absolute: four lie below, and the one above counts −1": {"absolute": 4.0},
            "absolute: one of five lies above, so four count 1": {"absolute": 5.0},
            "huber: each pull is capped at δ = 1": {"huber": 5.8},
            "huber: a number below m pushes the sum up as m grows": {"huber": -2.5},
            "huber: add up all five: no mean, and those beyond δ pull too": {"huber": 0.5},
            "huber: within δ the loss is half of the square, so its slope is the distance": {
                "huber": 3.0
            },
            "huber: half of the square has the distance as its slope, not twice that": {
                "huber": 5.0
            },
            "huber: the one above m counts −1": {"huber": 4.5},
            "huber: beyond δ a number still pulls: 7.7 brings −1": {"huber": 3.5},
            "huber: that has the loss of 4.6, half of the square: its slope is asked for": {
                "huber": 2.125
            },
            "minimum: that is the mean, where the squares are least": {"minimum": 3.94},
            "minimum: half of the numbers have to lie on each side": {"minimum": 4.6},
            "minimum: half of the numbers must lie on each side": {"minimum": 2.9},
            "minimum: that is the middle of the smallest and the largest": {"minimum": 4.45},
        },
    ),
    oracle(
        check.safe_root,
        rooted(),
        {
            "1 stands in under the root, and so its root shows: where x ≤ 0, choose 0 after it": (
                rooted(off=(1.0, 0.0))
            ),
            "where x ≤ 0 that is x itself, and not 0": rooted(off=(None, 1.0)),
            "the square root is missing": rooted(lambda x: x, lambda x: 1.0),
        },
        draw=numbers,
    ),
    oracle(
        check.huber_backward,
        sent(lambda g, r, delta: g * capped(r, delta)),
        {
            "±1 for all, as for the absolute loss: within delta the slope is r, beyond it ±delta": (
                sent(lambda g, r, delta: g * sign(r))
            ),
            "±delta for all: within delta the slope is r": sent(
                lambda g, r, delta: g * delta * sign(r)
            ),
            "not capped: beyond delta the loss is a line of slope delta": sent(
                lambda g, r, delta: g * r
            ),
            "twice as much: within delta the loss is half of the square": sent(
                lambda g, r, delta: 2 * g * capped(r, delta)
            ),
            "within delta twice as much: the loss is half of the square": sent(
                lambda g, r, delta: g * (2 * r if abs(r) < delta else capped(r, delta))
            ),
            "divided by delta, as in the smooth L1 loss": sent(
                lambda g, r, delta: g * capped(r, delta) / delta
            ),
            "±1 beyond delta: the slope of delta · (|r| − delta/2) is ±delta": sent(
                lambda g, r, delta: g * (r if abs(r) < delta else sign(r))
            ),
            "0 beyond delta: a residual that far still pulls, by delta": sent(
                lambda g, r, delta: g * r if abs(r) < delta else 0.0
            ),
            "capped above only: a residual below −delta is as far": sent(
                lambda g, r, delta: g * min(r, delta)
            ),
            "capped below only: a residual above delta is as far": sent(
                lambda g, r, delta: g * max(r, -delta)
            ),
            "delta, and not −delta, where r is below −delta": sent(
                lambda g, r, delta: g * (r if abs(r) < delta else delta)
            ),
            "g is capped too: cap r first, and then multiply by g": sent(
                lambda g, r, delta: capped(g * r, delta)
            ),
            "g plays no part: that is right for a g of ones": sent(
                lambda g, r, delta: capped(r, delta)
            ),
            "that is the loss, times g: its slope is asked for": sent(
                lambda g, r, delta: g * loss(r, delta)
            ),
            "0 where r is 3e16 or the like: a nudge or a difference is lost in rounding": sent(
                lambda g, r, delta: g * capped(r, delta) if abs(r) < 1e12 else 0.0
            ),
            "−delta where r is 3e16: r + delta and r − delta are one number to float32": sent(
                lambda g, r, delta: g * (capped(r, delta) if r < 1e12 else -delta)
            ),
            "nothing but zeros: autograd was asked where nothing is recorded": sent(
                lambda g, r, delta: 0.0
            ),
        },
        draw=residuals,
    ),
    oracle(
        check.standardise,
        right,
        {
            "the deviation is held still by detach(): it moves with h, and that has a slope": (
                by_column(standard, sloped(of_deviation=False))
            ),
            "the mean is held still by detach(): it moves with h, and that has a slope": (
                by_column(standard, sloped(of_middle=False))
            ),
            "mean and deviation are held still by detach(): both move with h": by_column(
                standard, sloped(of_middle=False, of_deviation=False)
            ),
            "divided by the variance: the root is missing": of_power(1),
            "divided by n − 1, as std() does by default: here it is n, by correction=0": of_power(
                0.5, lambda column: len(column) - 1
            ),
            "divided by the length: the deviation is the length over √n": of_power(
                0.5, lambda column: 1
            ),
            "only the mean is taken away: divide by the deviation as well": of_power(0),
            "one deviation for all columns: each column has its own, by mean(0)": (
                with_one_deviation
            ),
            "mean and deviation of all numbers: each column has its own, by mean(0)": (
                standardised_together
            ),
            "along each row: each column has its own mean and deviation, by mean(0)": (
                standardised_rows
            ),
        },
        draw=tables,
    ),
]
