"""The oracles of assignment 06: how does a gradient fit a line?"""

import math

from autograd_seen.checks import linear_regression as check
from autograd_seen.checks.linear_regression import squares, weighted
from plainjudge.arithmetic import descend, mean, products
from plainjudge.oracles import number, oracle, prediction, signed


def tenths(source, count, low, high):
    """Different numbers of one decimal, from so many tenths to so many."""
    return [tenth / 10 for tenth in source.sample(range(low, high), count)]


# --- 6.3 ------------------------------------------------------------------------------------------


def curvatures(x):
    """The eigenvalues of 2·[[mean x², mean x], [mean x, 1]], the Hessian in w and b: the smaller
    one first.
    """
    square = mean(products(x, x))
    half_gap = math.hypot(square - 1, 2 * mean(x))
    return square + 1 - half_gap, square + 1 + half_gap


def steepest(x):
    return curvatures(x)[1]


def inputs(source):
    """Lists whose mean is not near 0: there the largest curvature is that along w alone."""
    negative = -source.randint(3, 9) / 10
    return [(tenths(source, 3, 5, 60),), ([negative, *tenths(source, 4, 5, 40)],)]


# --- 6.4 and 6.6 ----------------------------------------------------------------------------------

#: How steep each loss of exercise 6.4 is in a residual, by autograd.
SLOPES = {squares: lambda r, a: 2 * a * r, weighted: lambda r, a: 2 * a * abs(r) * r}
#: The same by a nudge.
NUDGED = SLOPES | {weighted: lambda r, a: 3 * a * abs(r) * r}


def fitted(x, t, lr, steps, kept=0.0, moves_b=True, slope=lambda r: 2 * r):
    """[w, b] from 0 after so many steps down a loss, by its slope in a residual. ``kept`` is as in
    `descend`.
    """

    def gradient(w, b):
        slopes = [slope(w * one + b - want) for one, want in zip(x, t, strict=True)]
        return mean(products(slopes, x)), mean(slopes) if moves_b else 0.0

    return descend(gradient, [0.0, 0.0], lr, steps, kept)


def down(loss, *case, slopes=SLOPES, **options):
    """As `fitted`, down one of the losses."""
    maker, given = loss.made_by
    return fitted(*case, slope=lambda r: slopes[maker](r, *given), **options)


def kept_all(*case):
    return fitted(*case, kept=1.0)


def summed(x, t, lr, steps):
    """As `fitted`, on the sum of the squares instead of their mean."""
    return fitted(x, t, lr * len(x), steps)


def off_zero(right, make, *given):
    """The first of the cases that `make` makes for which no number of the right answer is near 0:
    there a relative error says little.
    """
    while True:
        case = make(*given)
        if min(map(abs, right(*case))) > 0.05:
            return case


def run(source, count, steps):
    """Inputs, targets, a step size below the limit, and so many steps."""
    x, t = ([signed(source, 0.4, high) for _ in range(count)] for high in (2, 2.5))
    return x, t, number(source, 0.02, 0.06, 2), steps


def run_down(maker, source, count, steps):
    """A loss of a family, and a run as above."""
    return maker(number(source, 0.5, 1.5)), *run(source, count, steps)


def losses(source):
    few, several, many = source.randint(2, 3), source.randint(4, 6), source.randint(8, 10)
    return [
        off_zero(down, run_down, squares, source, 3, few),
        off_zero(down, run_down, weighted, source, 3, several),
        off_zero(down, run_down, squares, source, 4, many),
    ]


def runs(source):
    few, several, many = source.randint(2, 3), source.randint(4, 6), source.randint(8, 10)
    return [
        off_zero(fitted, run, source, 3, few),
        off_zero(fitted, run, source, 5, several),
        off_zero(fitted, run, source, 4, many),
    ]


# --- 6.5 ------------------------------------------------------------------------------------------


def standardised_slope(x, t):
    """The least squares slope of the standardised data, and what maps it back: std of t over std of
    x.
    """
    dx, dt = [value - mean(x) for value in x], [value - mean(t) for value in t]
    std_x, std_t = math.sqrt(mean(products(dx, dx))), math.sqrt(mean(products(dt, dt)))
    return mean(products(dx, dt)) / (std_x * std_t), std_t / std_x


def line(x, t, times=1, power=1):
    """[slope, intercept] of the least squares line; ``times`` and ``power`` spoil the slope."""
    w, ratio = standardised_slope(x, t)
    slope = times * w * ratio**power
    return [slope, mean(t) - slope * mean(x)]


def clouds(source):
    """Points of one scale, and targets of hundreds over small inputs."""
    makers = [
        lambda: (tenths(source, 4, -20, 60), tenths(source, 4, -30, 60)),
        lambda: (tenths(source, 3, 3, 40), tenths(source, 3, 5, 70)),
        lambda: (
            tenths(source, 5, 3, 25),
            [10 * target for target in tenths(source, 5, 150, 900)],
        ),
    ]
    return [off_zero(in_their_scale, make) for make in makers]


def in_their_scale(x, t):
    """Slope and intercept of the line, measured by the points: near 0 where they nearly cancel."""
    return [standardised_slope(x, t)[0], line(x, t)[1] / max(map(abs, t))]


ORACLES = [
    prediction(
        check.gets_grad,
        {"w0": True, "w1": False, "b": True, "x": False},
        {
            "w1: an operation made it, so it is an intermediate, whatever it is used for": {
                "w1": True
            },
            "w0: it is the leaf at the end of the way, and no step can move it any more": {
                "w0": False
            },
            "b: changed in place under no_grad, it is the leaf that it was": {"b": False},
            "x: its outline is dashed, so it does not require grad": {"x": True},
        },
    ),
    prediction(
        check.one_step,
        2.6,
        {
            "÷N is missing: the loss is the mean, not the sum": 3.8,
            "uphill: a step goes against the gradient": 1.4,
            "the 2 that the square brings down is missing": 2.3,
            "the factor x is missing: a residual reaches w times its own x": 2.16,
            "0.6 is how far w moves, not where it arrives": 0.6,
            "−20 is the gradient: one step is still to be made": -20.0,
            "22 is a step of size 1: the gradient is multiplied by lr": 22.0,
        },
    ),
    oracle(
        check.largest_step,
        lambda x: 2 / steepest(x),
        {
            "1/λ: there the factor 1 − lr·λ is 0; it may go down to −1": lambda x: 1 / steepest(x),
            "upside down: more curvature allows a smaller step": lambda x: steepest(x) / 2,
            "the smallest λ decides how many steps are needed, the largest gives the limit": (
                lambda x: 2 / curvatures(x)[0]
            ),
            "that is the largest λ, a curvature: the limit is 2 divided by it": steepest,
            "2 over an entry of H: the curvature along w alone": lambda x: 1 / mean(products(x, x)),
            "÷N is missing in H: the loss is the mean, not the sum": lambda x: (
                2 / steepest(x) / len(x)
            ),
        },
        draw=inputs,
    ),
    oracle(
        check.fit,
        down,
        {
            "each gradient was added to those before it: clear .grad after the step": (
                lambda *case: down(*case, kept=1.0)
            ),
            "uphill: a step goes against the gradient": lambda loss, x, t, lr, steps: down(
                loss, x, t, -lr, steps
            ),
            "b has not moved: it makes its own step, with its own .grad": (
                lambda *case: down(*case, moves_b=False)
            ),
            "one step only: all of it is repeated, from the loss on": (
                lambda loss, x, t, lr, _: down(loss, x, t, lr, 1)
            ),
            "nothing moved: was .grad cleared before the step used it?": [0.0, 0.0],
            "the squares whatever the loss is: call the loss that is given": (
                lambda _, *case: fitted(*case)
            ),
            "by a nudge or a formula: this loss holds a factor still, which only autograd knows": (
                lambda *case: down(*case, slopes=NUDGED)
            ),
        },
        draw=losses,
    ),
    oracle(
        check.least_squares,
        line,
        {
            "not mapped back: that is the line of the standardised data": lambda x, t: [
                standardised_slope(x, t)[0],
                0.0,
            ],
            "upside down: a slope is so much t for each x, so std of t over std of x": (
                lambda x, t: line(x, t, power=-1)
            ),
            "the intercept is where x = 0, not where x has its mean": lambda x, t: [
                line(x, t)[0],
                mean(t),
            ],
            "the intercept takes the slope after it is mapped back, not w": lambda x, t: [
                line(x, t)[0],
                mean(t) - standardised_slope(x, t)[0] * mean(x),
            ],
            "the slope is mapped back, the intercept is not": lambda x, t: [line(x, t)[0], 0.0],
            "a line through 0: X lacks its column of ones": lambda x, t: [
                math.fsum(products(x, t)) / math.fsum(products(x, x)),
                0.0,
            ],
            "÷N is missing: the loss is the mean, not the sum": lambda x, t: line(
                x, t, times=len(x)
            ),
        },
        draw=clouds,
    ),
    oracle(
        check.corrected,
        fitted,
        {
            "(N, 1) − (N,) sets every prediction against every target": (
                lambda x, t, lr, steps: fitted(x, [mean(t)] * len(t), lr, steps)
            ),
            "each gradient was added to those before it: zero_grad() is lost": kept_all,
            "nothing moved: zero_grad() before step() leaves it no gradient": [0.0, 0.0],
            "÷N is missing: the loss is the mean, not the sum": summed,
            "the weight comes first, then the bias": lambda *case: fitted(*case)[::-1],
        },
        draw=runs,
    ),
]
