"""The oracles of assignment 15: how steep is the slope, and which way round is cheaper?"""

import functools
import math
from dataclasses import dataclass

from autograd_seen.checks import second_derivatives as check
from autograd_seen.checks.families import cosine, cubic, ratio
from autograd_seen.checks.second_derivatives import LOSS, SLOPE
from plainjudge.arithmetic import mean, products
from plainjudge.oracles import number, oracle, prediction, signed

# --- 15.3 -----------------------------------------------------------------------------------------


def derivatives_of_cubic(x, a, b):
    return a * x**3 + b * x, 3 * a * x * x + b, 6 * a * x, 6 * a


def derivatives_of_ratio(x, a, b):
    return a * x * x + b / x, 2 * a * x - b / x**2, 2 * a + 2 * b / x**3, -6 * b / x**4


def derivatives_of_cosine(x, a, b):
    c, s = math.cos(b * x), math.sin(b * x)
    return a * c, -a * b * s, -a * b**2 * c, a * b**3 * s


def derivatives_of_cube_held(x, a, b):
    """As autograd finds them: to it a number that is held still is a constant."""
    return (a + b) * x**3, (2 * a + 3 * b) * x * x, (2 * a + 6 * b) * x, 6 * b


DERIVATIVES = {
    "cubic": derivatives_of_cubic,
    "ratio": derivatives_of_ratio,
    "cosine": derivatives_of_cosine,
    "cube_held": derivatives_of_cube_held,
}


def twice(rule, held=None):
    """``rule(f, f′, f″, f‴)`` at x; ``held(a, b)`` times x where a part is held still."""

    def found(f, x):
        maker, given = f.made_by
        if held and maker.__name__ == "cube_held":
            return held(*given) * x
        return rule(*DERIVATIVES[maker.__name__](x, *given))

    return found


def twice_of_sine(f, x):
    return 2 * math.cos(x**2) - 4 * x**2 * math.sin(x**2)


def curves(source):
    def given():
        return signed(source, 1, 4), signed(source, 1, 4)

    makers = [*source.sample([cubic, ratio, cosine], 2), check.cube_held]
    return [(maker(*given()), number(source, 0.6, 1.9)) for maker in makers]


# --- 15.4 -----------------------------------------------------------------------------------------


def gradient(w, a, b, c):
    s = w[1] * w[2]
    return [
        2 * a * w[0] * w[1] + c * w[2],
        a * w[0] ** 2 + w[2] * math.cos(s),
        w[1] * math.cos(s) + 3 * b * w[2] ** 2,
    ]


def second_derivatives(w, a, b):
    s = w[1] * w[2]
    beside = math.cos(s) - s * math.sin(s)
    return [
        [2 * a * w[1], 2 * a * w[0], 0.0],
        [2 * a * w[0], -(w[2] ** 2) * math.sin(s), beside],
        [0.0, beside, -(w[1] ** 2) * math.sin(s) + 6 * b * w[2]],
    ]


def over(one, other):
    """A quotient, and infinity where it is none."""
    return one / other if other else math.inf


def times(H, v):
    return [math.fsum(products(row, v)) for row in H]


def along(rule):
    """``rule(g, H, v)`` of a function of three numbers."""

    def found(f, w, v):
        _, (a, b, c) = f.made_by
        return rule(gradient(w, a, b, c), second_derivatives(w, a, b), v)

    return found


right_product = along(lambda g, H, v: times(H, v))


def nudged(f, w, v):
    """As the slope changes where what is held still moves as well."""
    _, (_, _, c) = f.made_by
    return [one + more for one, more in zip(right_product(f, w, v), [c * v[2], 0, 0], strict=True)]


def changed(f, w, v):
    """By how much the slope differs between w and w + v."""
    _, given = f.made_by
    there = gradient([a + b for a, b in zip(w, v, strict=True)], *given)
    return [new - old for old, new in zip(gradient(w, *given), there, strict=True)]


def at_v(f, w, v):
    return right_product(f, v, v)


def times_w(f, w, v):
    return right_product(f, w, w)


def directions(source):
    def case(c):
        f = check.of_three(signed(source, 1, 3), signed(source, 1, 3), c)
        w = [signed(source, 0.5, 1.8) for _ in range(3)]
        return f, w, [signed(source, 0.4, 2.5) for _ in range(3)]

    return [case(0), case(signed(source, 1, 3))]


# --- 15.5 -----------------------------------------------------------------------------------------


def exp(value):
    return math.exp(min(value, 300.0))


def g_and_H(loss, beta):
    return g_and_H_at(loss, tuple(beta))


@functools.lru_cache(maxsize=1000)
def g_and_H_at(loss, beta):
    _, (counts, n, x) = loss.made_by
    rows = [[1.0, at] for at in x] if x else [[1.0]] * len(counts)
    rates = [exp(math.fsum(products(row, beta))) for row in rows]
    size = len(beta)
    g = [
        math.fsum(
            times * (rate - count) * row[i]
            for times, rate, count, row in zip(n, rates, counts, rows, strict=True)
        )
        for i in range(size)
    ]
    H = [
        [
            math.fsum(
                times * rate * row[i] * row[j]
                for times, rate, row in zip(n, rates, rows, strict=True)
            )
            for j in range(size)
        ]
        for i in range(size)
    ]
    return g, H


def inverse(H):
    if len(H) == 1:
        return [[over(1, H[0][0])]]
    (a, b), (c, d) = H
    det = a * d - b * c
    return [[over(d, det), over(-b, det)], [over(-c, det), over(a, det)]]


def diagonal(H):
    return [H[i][i] for i in range(len(H))]


def newton_step(g, H):
    return times(inverse(H), g)


def roots(values):
    return [math.sqrt(value) if value >= 0 else math.nan for value in values]


def deviations(H):
    return roots(diagonal(inverse(H)))


def fit(
    step=newton_step, errors=deviations, sign=-1, H_at="here", g_at="here", most=99, read="end"
):
    """[beta, its standard errors] after some steps.

    ``H_at`` and ``g_at`` say where both are taken in each step, ``read`` where the errors are.
    """

    def found(loss, beta, steps):
        start = before = beta
        for _ in range(min(steps, most)):
            before = beta
            g, H = g_and_H(loss, beta)
            if "start" in (g_at, H_at):
                first_g, first_H = g_and_H(loss, start)
                g = first_g if g_at == "start" else g
                H = first_H if H_at == "start" else H
            beta = [at + sign * one for at, one in zip(beta, step(g, H), strict=True)]
        _, H = g_and_H(loss, {"end": beta, "before": before, "start": start}[read])
        return [beta, errors(H)]

    return found


def steps_made(change):
    """As many steps as ``change`` makes of those asked for."""
    return lambda loss, beta, steps: fit()(loss, beta, change(steps))


def from_zero(loss, beta, steps):
    return fit()(loss, [0.0] * len(beta), steps)


def exchanged(loss, beta, steps):
    beta, errors = fit()(loss, beta, steps)
    return [errors, beta]


def counted(source):
    def numbers(count, low, high):
        return [source.randint(low, high) for _ in range(count)]

    alone = check.poisson([0, 1, 2, 3], sorted(numbers(4, 2, 30), reverse=True), [])
    line = check.poisson(numbers(5, 3, 12), [1] * 5, [-1, 0, 1, 2, 3])
    beta = [number(source, 1.1, 1.7), signed(source, 0.1, 0.3)]
    return [(alone, [number(source, 0.3, 0.9)], 2), (line, beta, 1)]


# --- 15.6 -----------------------------------------------------------------------------------------


@dataclass
class Sample:
    """One x: how far out is off, how it changes with w, the slope by x, and how that does."""

    off: float
    off_by_w: float
    slope: float
    slope_by_w: float
    nudged: float
    nudged_by_w: float


def sampled(f, w, x, t):
    _, (a, b) = f.made_by
    return [
        Sample(
            off=a * w * one**2 + b * w**2 * one**2 - target,
            off_by_w=a * one**2 + 2 * b * w * one**2,
            slope=2 * a * w * one + b * w**2 * one,
            slope_by_w=2 * a * one + 2 * b * w * one,
            nudged=2 * a * w * one + 2 * b * w**2 * one,
            nudged_by_w=2 * a * one + 4 * b * w * one,
        )
        for one, target in zip(x, t, strict=True)
    ]


def error(samples):
    """(the mean square of what out is off, its slope by w)"""
    by_w = mean([2 * one.off * one.off_by_w for one in samples])
    return mean([one.off**2 for one in samples]), by_w


def penalty(samples, total=mean, share=1.0, aim=1.0):
    value = total([(share * one.slope - aim) ** 2 for one in samples])
    return value, total([2 * (share * one.slope - aim) * share * one.slope_by_w for one in samples])


def penalty_of_sizes(samples):
    value = mean([(abs(one.slope) - 1) ** 2 for one in samples])
    signs = [math.copysign(1, one.slope) for one in samples]
    pairs = zip(signs, samples, strict=True)
    return value, mean([2 * (one.slope - sign) * one.slope_by_w for sign, one in pairs])


def of_nudges(samples):
    value = mean([(one.nudged - 1) ** 2 for one in samples])
    return value, mean([2 * (one.nudged - 1) * one.nudged_by_w for one in samples])


def without_squares(samples):
    signs = [math.copysign(1, one.slope - 1) for one in samples]
    value = mean([abs(one.slope - 1) for one in samples])
    pairs = zip(signs, samples, strict=True)
    return value, mean([sign * one.slope_by_w for sign, one in pairs])


def of_the_mean_slope(samples):
    off = mean([one.slope for one in samples]) - 1
    return off**2, 2 * off * mean([one.slope_by_w for one in samples])


def of_the_length(samples):
    length = math.hypot(*(one.slope for one in samples))
    by_w = over(math.fsum(one.slope * one.slope_by_w for one in samples), length)
    return (length - 1) ** 2, 2 * (length - 1) * by_w


def loss(rule):
    """``rule(samples)`` is (the loss, what arrives at w)."""
    return lambda asked, f, w, x, t: rule(sampled(f, w, x, t))[asked == SLOPE]


def of_the_error(samples):
    """A penalty for the slope by x of what out is off, squared."""
    pairs = [
        (
            2 * one.off * one.slope - 1,
            2 * (one.off_by_w * one.slope + one.off * one.slope_by_w),
        )
        for one in samples
    ]
    return mean([off**2 for off, _ in pairs]), mean([2 * off * by_w for off, by_w in pairs])


def of_one_square(samples):
    pairs = [(one.off + one.slope - 1, one.off_by_w + one.slope_by_w) for one in samples]
    return mean([off**2 for off, _ in pairs]), mean([2 * off * by_w for off, by_w in pairs])


def of_a_formula(asked, f, w, x, t):
    """As if f were wx²."""
    pairs = [(2 * w * one - 1, 2 * one) for one in x]
    penalty = mean([off**2 for off, _ in pairs]), mean([2 * off * by_w for off, by_w in pairs])
    return both(error(sampled(f, w, x, t)), penalty)[asked == SLOPE]


def left_over(samples):
    """What out.sum().backward() leaves in w.grad."""
    return 0.0, math.fsum(one.off_by_w for one in samples)


def both(one, other, sign=1.0):
    return one[0] + sign * other[0], one[1] + sign * other[1]


def right_loss(samples):
    return both(error(samples), penalty(samples))


def by_w(asked, f, w, x, t):
    """With the slope of all outputs by w in the place of those by x."""
    _, (_, b) = f.made_by
    samples = sampled(f, w, x, t)
    off = math.fsum(one.off_by_w for one in samples) - 1
    curved = math.fsum(2 * b * one**2 for one in x)
    return both(error(samples), (off**2, 2 * off * curved))[asked == SLOPE]


def penalties(source):
    def case(count, b):
        a = signed(source, 1, 2.5)
        f = check.model(a, b)
        x = [signed(source, 0.5, 1.6) for _ in range(count)]
        if count == 1:  # a slope below 0 is not as good as its size
            x = [-math.copysign(x[0], a)]
        return f, number(source, 0.5, 1.3), x, [signed(source, 0.4, 3) for _ in range(count)]

    cases = [case(1, 0), case(source.choice([3, 4]), signed(source, 1, 2.5))]
    return [(asked, *one) for one in cases for asked in (LOSS, SLOPE)]


ORACLES = [
    prediction(
        check.paths,
        {"square": 18.0, "x1": 5.0, "second": 23.0},
        {
            "square and x1 are swapped": {"square": 5.0, "x1": 18.0},
            "square: half of it: × 2 on the path is missing, or the 2 of the slope 2x": {
                "square": 9.0
            },
            "square: that arrives at the box x²: multiply by its own slope, 2x": {"square": 6.0},
            "square: to a factor of a product goes the other factor: 3, not 2.5": {"square": 15.0},
            "square: the slope of x² is 2x = 3, not x² = 2.25": {"square": 13.5},
            "square: that goes to the factor 2.5: multiply on, until you are at x": {"square": 3.0},
            "square: a factor 2 too many: the slope of a first power is 1": {"square": 36.0},
            "square: the slope of x² is 2x = 3, not 2": {"square": 12.0},
            "square: that is 2.5 · 3, the slope itself: here 3 goes on, times 2, times 2x": {
                "square": 7.5
            },
            "x1: that is the slope of x¹: the 2.5 and the 2 come on the same path": {"x1": 1.0},
            "x1: the 2.5 that goes to this factor is missing": {"x1": 2.0},
            "x1: a factor 2 too many": {"x1": 10.0},
            "x1: × 2 on this path is missing: 2.5 arrives there, and 5 goes on": {"x1": 2.5},
            "x1: to a factor of a product goes the other factor: 2.5, not 3": {"x1": 6.0},
            "x1: that is the value of the other factor, not what comes back": {"x1": 3.0},
            "x1: the slope of x¹ is 1, not x": {"x1": 7.5},
            "x1: the slope of x¹ is 1, not 2x": {"x1": 15.0},
            "second: that is the slope itself, f′": {"second": 7.5},
            "second: what comes on two paths is added, not multiplied": {"second": 90.0},
            "second: what comes on two paths is added, not subtracted": {"second": 13.0},
            "second: that is the path of x² alone: add the other": {"second": 18.0},
            "second: that is the path of x¹ alone: add the other": {"second": 5.0},
            "second: 12x² alone: the −1 in f gives −4": {"second": 27.0},
            "second: that is the third derivative, 24x": {"second": 36.0},
        },
    ),
    prediction(
        check.answers,
        {"a": 18.0, "b": 31.5, "c": 486.0, "raises": "both"},
        {
            "a: that is the slope, 6x²: here the slope is differentiated": {"a": 13.5},
            "a: that is the third derivative, 12": {"a": 12.0},
            "a: the slope of 6x² is 12x: the 2 is missing": {"a": 9.0},
            "a: 12x at 1.5, not 12x²": {"a": 27.0},
            "a: torch.autograd.grad returns the derivative, and adds nothing to it": {"a": 31.5},
            "a: that is the value 2x³": {"a": 6.75},
            "b: x.grad held 13.5 when the second backward() came: it adds": {"b": 18.0},
            "b: the second backward() adds as well: what starts there is x.grad": {"b": 13.5},
            "b: the second pass adds the slope of x.grad, not x.grad again": {"b": 27.0},
            "b: the slope of x.grad, 6x², is 12x = 18: that is added": {"b": 25.5},
            "b: the second pass adds to x.grad, and does not multiply": {"b": 243.0},
            "c: that is the square of the slope, not what it changes by": {"c": 182.25},
            "c: the slope of slope² is 2 · slope · f″: the inner derivative is missing": {
                "c": 27.0
            },
            "c: the slope of slope² is 2 · slope · f″: the 2 is missing": {"c": 243.0},
            "c: that is f″ squared: slope² has the slope 2 · slope · f″": {"c": 324.0},
            "c: that is 2 · f″: slope² has the slope 2 · slope · f″": {"c": 36.0},
            "c: the inner derivative is f″, not the slope once more": {"c": 364.5},
            "c: that is f″: the square is differentiated too, 2 · slope · f″": {"c": 18.0},
            "raises: if you mean d as well as e, write both": {"raises": "d and e"},
            "raises: for d and e together, write both": {"raises": "d, e"},
            "raises: d and e in one word are both": {"raises": "de"},
            "raises: nothing? d asks for the slope of a slope without a graph": {"raises": "none"},
            "raises: d does too: retain_graph keeps what f saved, the slope gets no graph": {
                "raises": "e"
            },
            "raises: e does too: its first pass through the slope's graph frees that graph": {
                "raises": "d"
            },
            "raises: d asks for the slope of a slope without a graph, e goes twice through one": {
                "raises": "neither"
            },
        },
    ),
    oracle(
        check.second_derivative,
        twice(lambda f, slope, change, third: change),
        {
            "that is f′: the slope was never differentiated (is slope f(x) itself?)": twice(
                lambda f, slope, change, third: slope
            ),
            "that is f‴: one derivative too many": twice(lambda f, slope, change, third: third),
            "f′ squared: a second derivative is the slope's own slope": twice(
                lambda f, slope, change, third: slope**2
            ),
            "2 f′ f″: that is what the square of the slope changes by": twice(
                lambda f, slope, change, third: 2 * slope * change
            ),
            "that is f″ of sin x²: the slope is to be that of any f, not of one": twice_of_sine,
            "the slope is nudged or written as a formula: ask autograd for it": twice(
                lambda f, slope, change, third: change, held=lambda a, b: 6 * a + 6 * b
            ),
            "the slope is nudged, which moves what is held still: ask autograd for it": twice(
                lambda f, slope, change, third: change, held=lambda a, b: 4 * a + 6 * b
            ),
        },
        draw=curves,
    ),
    oracle(
        check.hvp,
        right_product,
        {
            "the slope times v, number by number: differentiate their sum, g · v": along(
                lambda g, H, v: products(g, v)
            ),
            "v plays no part: that is the gradient of the slope's sum": along(
                lambda g, H, v: times(H, [1.0, 1.0, 1.0])
            ),
            "v came too late: times v before the sum is differentiated": along(
                lambda g, H, v: products(times(H, [1.0, 1.0, 1.0]), v)
            ),
            "the diagonal of H alone: each number of w changes the other slopes, too": along(
                lambda g, H, v: products(diagonal(H), v)
            ),
            "that is the gradient: it has to be differentiated once more": along(lambda g, H, v: g),
            "H times the slope: the dot product is to be taken with v": along(
                lambda g, H, v: times(H, g)
            ),
            "twice H times the slope: v plays no part in a slope's own square": along(
                lambda g, H, v: [2 * one for one in times(H, g)]
            ),
            "v counts twice: multiply by v once": along(lambda g, H, v: products(times(H, v), v)),
            "the slope is nudged, which moves what is held still: ask autograd for it": nudged,
            "the slope at w + v less that at w: H v is that for a small v alone": changed,
            "H is taken at v: take it at w": at_v,
            "H w: multiply by v": times_w,
            "v was divided by its length": along(
                lambda g, H, v: [over(one, math.hypot(*v)) for one in times(H, v)]
            ),
        },
        draw=directions,
    ),
    oracle(
        check.newton,
        fit(),
        {
            "the step is added: beta − H⁻¹ g goes down": fit(sign=1),
            "beta − g: the gradient is to be divided by H": fit(step=lambda g, H: g),
            "g over the diagonal of H: with two numbers solve by the whole of H": fit(
                step=lambda g, H: [over(a, b) for a, b in zip(g, diagonal(H), strict=True)]
            ),
            "1 / H turns over each number by itself: use solve, and torch.linalg.inv": fit(
                step=lambda g, H: times([[over(1, one) for one in row] for row in H], g),
                errors=lambda H: roots([over(1, one) for one in diagonal(H)]),
            ),
            "1 / H in the step turns over each number by itself: use solve": fit(
                step=lambda g, H: times([[over(1, one) for one in row] for row in H], g)
            ),
            "beta did not move: each step makes a new beta": fit(most=0),
            "one step alone: `return` stands in the loop, or each step starts at the first beta": (
                fit(most=1)
            ),
            "H is the one of the start: take it anew in each step": fit(H_at="start"),
            "g is the one of the start: take it anew in each step": fit(g_at="start"),
            "g and H are those of the start: take both anew in each step": fit(
                H_at="start", g_at="start"
            ),
            "one step too many: make `steps` of them": steps_made(lambda steps: steps + 1),
            "one step too few: make `steps` of them": steps_made(lambda steps: steps - 1),
            "it goes on to the bottom: make `steps` steps, not more": steps_made(lambda steps: 9),
            "it begins at 0: begin at the beta that comes": from_zero,
            "a tenth of each step: Newton's step needs no learning rate": fit(
                step=lambda g, H: [0.1 * one for one in newton_step(g, H)]
            ),
            "errors: H is the one before the last step: take it anew at the last beta": fit(
                read="before"
            ),
            "errors: H is the one of the start: take it anew at the last beta": fit(read="start"),
            "errors: that is the variance: take its root": fit(
                errors=lambda H: diagonal(inverse(H))
            ),
            "errors: the diagonal of H: invert H first": fit(errors=lambda H: roots(diagonal(H))),
            "errors: 1 over the diagonal: invert H, and then take the diagonal": fit(
                errors=lambda H: roots([over(1, one) for one in diagonal(H)])
            ),
            "errors: the diagonal of the inverse is a variance: its root, not 1 / root": fit(
                errors=lambda H: [over(1, one) for one in deviations(H)]
            ),
            "errors: that is the curvature itself: the root of its inverse": fit(errors=diagonal),
            "the first row is beta, the second its errors": exchanged,
        },
        draw=counted,
    ),
    oracle(
        check.penalised,
        loss(right_loss),
        {
            "the slope came as a constant: create_graph=True lets it depend on w": loss(
                lambda samples: (right_loss(samples)[0], error(samples)[1])
            ),
            "out is a constant: leave detach() out of (out − t)²": loss(
                lambda samples: (right_loss(samples)[0], penalty(samples)[1])
            ),
            "the penalty alone: add the square of what out is off": loss(penalty),
            "the penalty is missing": loss(error),
            "the penalty is subtracted: add it": loss(
                lambda samples: both(error(samples), penalty(samples), sign=-1)
            ),
            "the slope of the mean: each is divided by how many there are: ask for the sum": loss(
                lambda samples: both(error(samples), penalty(samples, share=1 / len(samples)))
            ),
            "the mean slope is drawn to 1: square each slope's own distance": loss(
                lambda samples: both(error(samples), of_the_mean_slope(samples))
            ),
            "all slopes were taken as one vector: square each slope's own distance": loss(
                lambda samples: both(error(samples), of_the_length(samples))
            ),
            "sums: take the mean of both": loss(
                lambda samples: tuple(len(samples) * one for one in right_loss(samples))
            ),
            "the penalty is summed: take its mean": loss(
                lambda samples: both(error(samples), penalty(samples, total=math.fsum))
            ),
            "the size of each slope is drawn to 1: draw the slope itself, sign and all": loss(
                lambda samples: both(error(samples), penalty_of_sizes(samples))
            ),
            "the slope is drawn to 0: square its distance from 1": loss(
                lambda samples: both(error(samples), penalty(samples, aim=0.0))
            ),
            "the distance of the slope from 1 is not squared": loss(
                lambda samples: both(error(samples), without_squares(samples))
            ),
            "the slope by w: it is to be that by x": by_w,
            "backward() left its own gradient in w.grad: ask with torch.autograd.grad": loss(
                lambda samples: both(right_loss(samples), left_over(samples))
            ),
            "backward() left its own gradient in w.grad, and the slope came as a constant": loss(
                lambda samples: (
                    right_loss(samples)[0],
                    error(samples)[1] + left_over(samples)[1],
                )
            ),
            "the slope of the error: penalise that of out": loss(
                lambda samples: both(error(samples), of_the_error(samples))
            ),
            "one square of both: square each for itself, then add": loss(of_one_square),
            "2wx is the slope of wx² alone: ask autograd for that of any f": of_a_formula,
            "x is nudged, which moves what is held still: ask autograd for the slope": loss(
                lambda samples: both(error(samples), of_nudges(samples))
            ),
        },
        draw=penalties,
    ),
]
