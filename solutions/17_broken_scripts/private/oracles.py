"""The oracles of assignment 17: what is wrong with these ten training scripts?"""

import functools
import itertools
import json
import math

from autograd_seen.checks import broken_scripts as check
from plainjudge.arithmetic import descend, mean, products
from plainjudge.arithmetic import sigmoid as plain_sigmoid
from plainjudge.oracles import number, oracle, prediction, signed


def remembered(found):
    """The same function, which works each case out once: those with published data are long."""
    known = {}

    @functools.wraps(found)
    def look_up(*case):
        asked = json.dumps(case)
        if asked not in known:
            known[asked] = found(*case)
        return known[asked]

    return look_up


def sigmoid(z):
    return plain_sigmoid(z) if z > -700 else 0.0


def spread(x):
    centre = mean(x)
    return math.sqrt(mean([(one - centre) ** 2 for one in x]))


def standardised(x):
    centre, width = mean(x), spread(x)
    return [(one - centre) / width for one in x]


def in_units(w, b, x):
    slope = w / spread(x)
    return [slope, b - slope * mean(x)]


def as_they_are(w, b, _x):
    return [w, b]


# --- 17.1, 17.2 and 17.3: a line by gradient descent ----------------------------------------------


def line(lr=None, kept=0.0, times=1.0, back=in_units, slopes=None, steps=None):
    """[slope, intercept] after so many steps. ``slopes(w, b, d, t)`` are those of the loss; what
    they are multiplied by is ``times``, or a function of how many points there are.
    """

    @remembered
    def found(of, x, t, *rest):
        rate, count = rest if len(rest) == 2 else (0.1, *rest)
        rate = lr(rate) if lr else rate
        d = standardised(x)
        factor = times(len(x)) if callable(times) else times
        of_loss = slopes or squares

        def gradient(w, b):
            return [factor * one for one in of_loss(w, b, d, t)]

        end = descend(gradient, [0.0, 0.0], rate, steps(count) if steps else count, kept)
        return back(*end, x)

    return found


def squares(w, b, d, t):
    """The slopes of the mean of (w d + b − t)²."""
    rest = [w * one + b - target for one, target in zip(d, t, strict=True)]
    return [2 * mean(products(rest, d)), 2 * mean(rest)]


def every_pair(w, b, d, t):
    """The slopes of the mean over all pairs of a prediction and a target."""
    middle = mean(t)
    return squares(w, b, d, [middle] * len(t))


def of_w_alone(w, b, d, t):
    return [squares(w, b, d, t)[0], 0.0]


@remembered
def of_w_cleared(of, x, t, *rest):
    """Where b.grad alone is never cleared: standardised, w and b move without one another."""
    (w, _), (_, b) = (line(kept=kept, back=as_they_are)(of, x, t, *rest) for kept in (0.0, 1.0))
    return in_units(w, b, x)


@remembered
def best(of, x, t, *_rest):
    d = standardised(x)
    return in_units(mean(products(d, t)), mean(t), x)


def points(steps, rates=None):
    """Draws points, how many steps there are, and a rate before that if it is asked for."""

    def draw(source):
        cases = []
        for count in (5, 7):
            x = sorted(one / 10 for one in source.sample(range(5, 90), count))
            t = [signed(source, 1, 12) for _ in x]
            rate = [number(source, *rates, 2)] if rates else []
            cases.append((check.OTHERS, x, t, *rate, source.randint(*steps)))
        return cases

    return draw


# --- 17.4, 17.5 and 17.6: a probability -----------------------------------------------------------


def fitted(slope, lr=None, back=in_units, scaled=standardised, steps=None, times=1.0):
    """[slope, intercept] after so many steps; ``slope(z, t)`` is that of one loss by its logit."""

    @remembered
    def found(of, x, t, rate, count):
        d = scaled(x)
        factor = times(len(x)) if callable(times) else times

        def gradient(w, b):
            arrives = [factor * slope(w * one + b, y) for one, y in zip(d, t, strict=True)]
            return [mean(products(arrives, d)), mean(arrives)]

        rate = lr(rate) if lr else rate
        end = descend(gradient, [0.0, 0.0], rate, steps(count) if steps else count)
        return back(*end, x)

    return found


def right(z, t):
    """p − t, the slope of the cross-entropy by its logit."""
    return sigmoid(z) - t


def twice(z, t):
    """With a sigmoid before a loss that has one."""
    p = sigmoid(z)
    return (sigmoid(p) - t) * p * (1 - p)


def squared(z, t):
    p = sigmoid(z)
    return 2 * (p - t) * p * (1 - p)


def turned(z, t):
    return sigmoid(z) - (1 - t)


def clamped(edge):
    """Where p is not between the edge and 1 minus the edge, the clamp sends nothing back."""

    def slope(z, t):
        p = sigmoid(z)
        return p - t if edge < p < 1 - edge else 0.0

    return slope


def shifted(eps):
    """Of log(p + eps) and log(1 − p + eps)."""

    def slope(z, t):
        p = sigmoid(z)
        return ((1 - t) / (1 - p + eps) - t / (p + eps)) * p * (1 - p)

    return slope


def of_bce_loss(z, t):
    """As PyTorch divides by p(1 − p), but never by less than 1e-12."""
    p = sigmoid(z)
    return (p - t) / max((1 - p) * p, 1e-12) * p * (1 - p)


def raw(x):
    return x


def flights(rates, steps, counts=(6, 8)):
    """Draws temperatures, which flights were in distress, a rate and a number of steps."""

    def draw(source):
        cases = []
        for count in counts:
            T = [float(one) for one in sorted(source.sample(range(48, 85), count))]
            t = [1.0, 1.0, 0.0, 0.0, *(float(source.random() < 0.5) for _ in T[4:])]
            source.shuffle(t)
            cases.append((check.OTHERS, T, t, number(source, *rates), source.randint(*steps)))
        return cases

    return draw


# --- 17.7 -----------------------------------------------------------------------------------------

#: Slope and intercept that R's quantreg gives for the median.
PUBLISHED = {"line": [0.5601806, 81.4822474]}


def pinball(slope):
    """``slope(r, tau, arriving, count)`` is what comes back to a number of r."""

    def found(asked, r, tau, arriving):
        if asked == check.LINE:
            return PUBLISHED if slope is back else {}
        if asked == check.VALUES:
            return [max(tau * one, (tau - 1) * one) for one in r]
        return [slope(one, tau, g, len(r)) for one, g in zip(r, arriving, strict=True)]

    return found


def divided_by(count):
    """A division in place of what arrives; ``count`` makes the divisor of how many there are."""
    return pinball(lambda r, tau, g, N: side(r, tau) / count(N))


def side(r, tau):
    return tau if r > 0 else tau - 1


def back(r, tau, g, _count):
    return g * side(r, tau)


def halves(asked, r, tau, arriving):
    """The absolute value, without tau."""
    return {} if asked == check.LINE else pinball(back)(asked, r, 0.5, arriving)


def residuals(source):
    cases = []
    for asked in (check.VALUES, check.SLOPES, check.SLOPES):
        r = [signed(source, 0.3, 5) for _ in range(source.randint(2, 4))]
        tau = number(source, 0.1, 0.9, 2)
        arriving = None if asked == check.VALUES else [signed(source, 0.2, 9) for _ in r]
        cases.append((asked, r, tau, arriving))
    return cases


# --- 17.8 -----------------------------------------------------------------------------------------


def curvature(w, b, T):
    """The Hessian of the summed loss by the intercept and the slope: [[a, c], [c, e]]."""
    weights = [p * (1 - p) for p in (sigmoid(w * one + b) for one in T)]
    squared_T = products(T, T)
    return (
        math.fsum(weights),
        math.fsum(products(weights, T)),
        math.fsum(products(weights, squared_T)),
    )


def newton(T, t, steps=25):
    """(w, b, whether the steps have come to rest)."""
    centre, width = mean(T), spread(T)
    d = [(one - centre) / width for one in T]
    w = b = 0.0
    for _ in range(steps):
        a, c, e = curvature(w, b, d)
        left = [sigmoid(w * one + b) - y for one, y in zip(d, t, strict=True)]
        by_b, by_w = math.fsum(left), math.fsum(products(left, d))
        determinant = a * e - c * c
        if determinant < 1e-9:
            return w, b, False
        move_b = (e * by_b - c * by_w) / determinant
        move_w = (a * by_w - c * by_b) / determinant
        w, b = w - move_w, b - move_b
    return w / width, b - w * centre / width, abs(move_w) + abs(move_b) < 1e-10


def errors(of_hessian):
    """``of_hessian(a, c, e, N)`` makes two numbers of the Hessian of the sum."""

    @remembered
    def found(of, T, t):
        w, b, _ = newton(T, t)
        return of_hessian(*curvature(w, b, T), len(T))

    return found


def variances(a, c, e, _count=1):
    determinant = a * e - c * c
    return [e / determinant, a / determinant]


def deviations(a, c, e, _count=1):
    return [math.sqrt(one) for one in variances(a, c, e)]


@remembered
def at_zero(of, T, t):
    return deviations(*curvature(0.0, 0.0, T))


def surveys(source):
    """Draws flights for which Newton's eight steps from 0 come to rest, and none is certain."""
    while True:
        cases = [case[:3] for case in flights((1, 2), (1, 2), (8, 10))(source)]
        ends = [newton(T, t, 8) for _, T, t in cases]
        if all(rests and abs(w) < 0.4 for w, b, rests in ends):
            return cases


# --- 17.9 -----------------------------------------------------------------------------------------


def smoothed(rate, gather=math.fsum, cut=False, each_year=False, kept=0.0, anew=True):
    """a after so many rounds from 0.5. ``rate(lr, years)`` is how far a step goes, ``gather`` makes
    one slope of those of the years; ``cut`` takes the level of the year before as a constant, and
    without ``anew`` a round begins at the level at which the one before ended.
    """

    @remembered
    def found(of, flow, lr, rounds):
        a, old, step, level = 0.5, 0.0, rate(lr, len(flow) - 1), flow[0]
        for _ in range(rounds):
            level, dlevel, slopes = flow[0] if anew else level, 0.0, []
            for now, following in itertools.pairwise(flow):
                dlevel = (now - level) + (0.0 if cut else (1 - a) * dlevel)
                level += a * (now - level)
                slopes.append(-2 * (following - level) * dlevel)
                if each_year:
                    a -= step * slopes[-1]
            if not each_year:
                old = kept * old + gather(slopes)
                a -= step * old
        return a

    return found


def whole(lr, _years):
    return lr


def rivers(source):
    def case(years, rounds):
        while True:
            flow = [number(source, 1, 9) for _ in range(years)]
            lr = number(source, 1, 6) / 1000
            a = smoothed(whole)(check.OTHERS, flow, lr, rounds)
            if 0.05 < a < 0.95 and abs(a - 0.5) > 0.02:
                return "other values", flow, lr, rounds

    return [case(6, 2), case(8, 3)]


# --- 17.10 ----------------------------------------------------------------------------------------


def logged(gather, kept=0.0, after=False):
    """What is gathered of the losses, before each step or after it."""

    @remembered
    def found(of, x, t, lr, steps):
        d, v = standardised(x), standardised(t)
        w = b = old_w = old_b = 0.0
        losses = []
        for _ in range(steps):
            by_w, by_b = squares(w, b, d, v)
            before = cost(w, b, d, v)
            old_w, old_b = kept * old_w + by_w, kept * old_b + by_b
            w, b = w - lr * old_w, b - lr * old_b
            losses.append(cost(w, b, d, v) if after else before)
        return gather(losses)

    return found


def cost(w, b, d, v):
    return mean([(w * one + b - y) ** 2 for one, y in zip(d, v, strict=True)])


# --------------------------------------------------------------------------------------------------

#: The causes of exercise 17.11, in the order of the scripts.
CAUSES = [
    *("cut off", "not cleared", "shapes", "two sigmoids", "log of 0"),
    *("written over", "arriving", "mean", "two passes", "kept record"),
]

NOT_MAPPED = "w and b belong to the standardised x: in_units(w, b, x) brings them back"
NOT_CLEARED = "zero_grad() is gone: each gradient is added to those before"

ORACLES = [
    oracle(
        check.fixed_1,
        line(),
        {
            "w and b have not moved: no record leads from L to them, or others are stepped": (
                [0.0, 0.0]
            ),
            NOT_MAPPED: line(back=as_they_are),
            NOT_CLEARED: line(kept=1.0),
            "the best line: but the one after so many steps of the loop is asked for": best,
        },
        draw=points((3, 6)),
    ),
    oracle(
        check.fixed_2,
        line(),
        {
            "nothing clears .grad, so each step goes by the sum of all gradients before it": line(
                kept=1.0
            ),
            "a smaller lr swings as well, only more slowly: what is in .grad at the second step?": (
                line(lr=lambda lr: lr / 10, kept=1.0)
            ),
            "the step finds no gradient in its w and b: cleared before it, or others were made": (
                [0.0, 0.0]
            ),
            "w, b and the optimizer are made anew in each round, so one step is all": line(
                steps=lambda count: 1
            ),
            "w.grad is cleared and b.grad is not: zero_grad() clears both": of_w_cleared,
            "lr was changed, but not the mistake alone: lr as given would do": line(
                lr=lambda lr: lr / 10
            ),
            NOT_MAPPED: line(back=as_they_are),
        },
        draw=points((4, 6), (0.1, 0.25)),
    ),
    oracle(
        check.fixed_3,
        line(),
        {
            "each prediction still meets each target: print the shape of r": line(
                slopes=every_pair
            ),
            "more steps of the same: each prediction meets each target. Print the shape of r": (
                line(slopes=every_pair, steps=lambda count: 10 * count)
            ),
            "the sum of the squares: its gradient is N times that of the mean": line(
                times=lambda count: count
            ),
            "a mean over N · N numbers, of which N count: the gradient is N times too small": line(
                times=lambda count: 1 / count
            ),
            NOT_MAPPED: line(back=as_they_are),
        },
        draw=points((3, 5)),
    ),
    oracle(
        check.fixed_4,
        fitted(right),
        {
            "two sigmoids: one is enough, and binary_cross_entropy_with_logits has one itself": (
                fitted(twice)
            ),
            "two sigmoids, and more steps: with these the loss falls for ever": fitted(
                twice, steps=lambda count: 10 * count
            ),
            "the squared error of p, another loss": fitted(squared),
            "t is turned round: it is 1 where there was distress": fitted(turned),
            "a sum: its gradient is N times that of the mean": fitted(
                right, times=lambda count: count
            ),
            NOT_MAPPED: fitted(right, back=as_they_are),
        },
        draw=flights((1, 2.5), (4, 6)),
    ),
    oracle(
        check.fixed_5,
        fitted(right),
        {
            "stuck: where p is rounded to 0 or 1, a clamp, BCELoss and log(p + eps) send 0 back": (
                fitted(right, scaled=raw, back=as_they_are, steps=lambda count: 1)
            ),
            "raw °F: a step of this lr leaps over the minimum. Standardise T": fitted(
                right, scaled=raw, back=as_they_are
            ),
            "raw °F with a small lr: the intercept would need a million steps. Standardise T": (
                fitted(right, scaled=raw, back=as_they_are, lr=lambda lr: 1e-3)
            ),
            **{
                f"raw °F with lr/{part}: the intercept hardly moves. Standardise T": (
                    fitted(right, scaled=raw, back=as_they_are, lr=lambda lr, part=part: lr / part)
                )
                for part in (1000, 10000)
            },
            "where the clamp holds p back, it sends a gradient of 0: use logits": fitted(
                clamped(1e-7)
            ),
            "where the clamp at 1e-8 holds p back, it sends a gradient of 0: use logits": fitted(
                clamped(1e-8)
            ),
            "where p is rounded to 0 or 1, BCELoss, clamp and log(p + 1e-12) send 0 back": fitted(
                of_bce_loss
            ),
            **{
                f"log(p + 1e-{power}) has hardly a slope where p is near 0 or 1: use logits": (
                    fitted(shifted(10.0**-power))
                )
                for power in range(6, 11)
            },
            "two sigmoids: one is enough, and binary_cross_entropy_with_logits has one itself": (
                fitted(twice)
            ),
            "lr is typed in: use the lr that is given": fitted(right, lr=lambda lr: 2.0),
            "two sigmoids, and raw °F: give the loss z itself, and standardise T": fitted(
                twice, scaled=raw, back=as_they_are
            ),
            NOT_MAPPED: fitted(right, back=as_they_are),
        },
        draw=flights((60, 300), (3, 4)),
    ),
    oracle(
        check.fixed_6,
        fitted(right),
        {
            "the slope is 1 − t: .data hides that e is 1 too large, or no 1 is added to e": (
                fitted(lambda z, t: 1 - t)
            ),
            "e is cut off, so log(1 + e) sends nothing back to z": fitted(lambda z, t: -t),
            "t · z is cut off: z in it has to be recorded": fitted(lambda z, t: sigmoid(z)),
            "a sum: its gradient is N times that of the mean": fitted(
                right, times=lambda count: count
            ),
            NOT_MAPPED: fitted(right, back=as_they_are),
        },
        draw=flights((0.6, 1.5), (3, 4)),
    ),
    oracle(
        check.fixed_7,
        pinball(back),
        {
            "backward leaves out what arrives: under a sum that is 1, under a mean 1/N": pinball(
                lambda r, tau, g, count: side(r, tau)
            ),
            "divided by N in backward: right under a mean alone. Multiply by what arrives": (
                divided_by(lambda N: N)
            ),
            "235 belongs to these households and to a mean: multiply by what arrives": (
                divided_by(lambda N: 235)
            ),
            "what arrives is added: it has to be multiplied": pinball(
                lambda r, tau, g, count: g + side(r, tau)
            ),
            "the two sides are exchanged: the slope is tau where r is above 0": pinball(
                lambda r, tau, g, count: g * -side(-r, tau)
            ),
            "what arrives goes on as it is, without the slope": pinball(lambda r, tau, g, count: g),
            "what arrives has its sign taken off": pinball(
                lambda r, tau, g, count: abs(g) * side(r, tau)
            ),
            "tau plays no part: that is half of |r|": halves,
            "the sign is turned round: the loss grows with r where r is above 0": pinball(
                lambda r, tau, g, count: -g * side(r, tau)
            ),
            "tau plays no part in backward: ±0.5 is right for the median alone": pinball(
                lambda r, tau, g, count: g * math.copysign(0.5, r)
            ),
            "the slope is tau where r is above 0 alone; elsewhere it is tau − 1": pinball(
                lambda r, tau, g, count: g * tau
            ),
        },
        draw=residuals,
    ),
    oracle(
        check.fixed_8,
        errors(deviations),
        {
            "the Hessian of the mean loss is N times too small, and the errors √N too large": (
                errors(lambda a, c, e, N: [math.sqrt(N) * one for one in deviations(a, c, e)])
            ),
            "the Hessian is not inverted: where the loss bends more, the error is smaller": errors(
                lambda a, c, e, N: [math.sqrt(a), math.sqrt(e)]
            ),
            "1/diagonal is not the diagonal of the inverse: intercept and slope hang together": (
                errors(lambda a, c, e, N: [1 / math.sqrt(a), 1 / math.sqrt(e)])
            ),
            "these are variances: take the root": errors(variances),
            "N times too large or too small: the root of N was meant": errors(
                lambda a, c, e, N: [one / math.sqrt(N) for one in deviations(a, c, e)]
            ),
            "divided by 23: the root of the Hessian's factor was meant, and here N is another": (
                errors(lambda a, c, e, N: [math.sqrt(N) / 23 * one for one in deviations(a, c, e)])
            ),
            "the Hessian at 0: it is asked for at the best line, newton(loss)": at_zero,
            "23 belongs to Challenger's flights: take N = len(t), or the sum": errors(
                lambda a, c, e, N: [math.sqrt(N / 23) * one for one in deviations(a, c, e)]
            ),
        },
        draw=surveys,
    ),
    oracle(
        check.fixed_9,
        smoothed(whole),
        {
            "detach(): a also acts through the levels of the years before, and that is lost": (
                smoothed(whole, cut=True)
            ),
            "detach() and a step each year: a also acts through the levels before": smoothed(
                whole, cut=True, each_year=True
            ),
            "the mean over the years: the sum was asked for": smoothed(
                lambda lr, years: lr / years
            ),
            "the last year alone: add up the losses of all years": smoothed(
                whole, gather=lambda slopes: slopes[-1]
            ),
            "zero_grad() is gone: each round adds to those before": smoothed(whole, kept=1.0),
            "level goes over from round to round: each begins at flow[0] again": smoothed(
                whole, anew=False
            ),
        },
        draw=rivers,
    ),
    oracle(
        check.fixed_10,
        logged(math.fsum),
        {
            "the mean of the losses: their sum was asked for": logged(mean),
            "the last loss alone: add them up": logged(lambda losses: losses[-1]),
            "the losses after each step: L is the one before it": logged(math.fsum, after=True),
            "zero_grad() is gone: each gradient is added to those before": logged(
                math.fsum, kept=1.0
            ),
        },
        draw=points((5, 8), (0.1, 0.3)),
    ),
    prediction(
        check.causes,
        {str(at): cause for at, cause in enumerate(CAUSES, 1)},
        {
            "1: a shape would give the mean of t for each x; here nothing moved at all": {
                "1": "shapes"
            },
            "1: clearing was in its place; look at what draw_graph(L) lacks": {"1": "not cleared"},
            "2: the record was whole; print .grad after the first and the second step": {
                "2": "cut off"
            },
            "2: no factor was wrong in the gradient of one step": {"2": "arriving"},
            "3: w is in the picture of L: nothing is cut off there": {"3": "cut off"},
            "3: what did you change, the mean or what it is taken over?": {"3": "mean"},
            "4: there was no log of 0 here: its log is of σ(p), from 0.5 to 0.73": {
                "4": "log of 0"
            },
            "5: one sigmoid, and its p was rounded to 0 or 1": {"5": "two sigmoids"},
            "6: one backward in each step: which number had changed before it came?": {
                "6": "two passes"
            },
            "6: its silent fix cuts nothing off: it hides a write": {"6": "cut off"},
            "7: the step was too long by 235, but the mean was not the mistake": {"7": "mean"},
            "7: zero_grad() was in its place": {"7": "not cleared"},
            "8: no gradient arrives wrongly: the best line is right": {"8": "arriving"},
            "9: the version error comes only after retain_graph=True hides the first one": {
                "9": "written over"
            },
            "9: clearing would not help: whose record does the second year walk through?": {
                "9": "not cleared"
            },
            "10: each step made one pass: what was kept of its loss?": {"10": "two passes"},
        },
    ),
]
