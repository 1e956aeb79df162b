"""The oracles of assignment 16: what becomes of a gradient in twenty layers, what does it cost?"""

import math

from autograd_seen.checks import deep_networks as check
from autograd_seen.checks.deep_networks import (
    AGAIN,
    LATER,
    LOSS,
    LOSS_OF_STEP,
    RETURNED,
    STEP,
    WAITING,
    WAITS,
)
from plainjudge.arithmetic import mean
from plainjudge.oracles import number, oracle, prediction, signed


def parts(**causes):
    """The misconceptions of a prediction with several names: of each name {cause: value}."""
    return {
        f"{name}: {cause}": {name: value}
        for name, of in causes.items()
        for cause, value in of.items()
    }


# --- 16.2 -----------------------------------------------------------------------------------------


def std(variance):
    """The standard deviation, from the variance by (inputs, outputs, slope)."""
    return lambda inputs, outputs, slope: math.sqrt(variance(inputs, outputs, slope))


def layers(source):
    sizes = source.sample(range(20, 400), 6)
    slopes = [0.0, number(source, 0.2, 0.4, 2), number(source, 0.2, 0.4, 2)]
    return list(zip(sizes[:3], sizes[3:], slopes, strict=True))


# --- 16.4 -----------------------------------------------------------------------------------------


def length(groups):
    return math.hypot(*joined(groups))


def joined(groups):
    return [number for one in groups for number in one]


def kept_short(norm, limit):
    return min(1.0, limit / norm)


def clipping(scale=kept_short, told=lambda norm, limit: norm, size=length, own=False):
    """``scale(norm, limit)`` is the factor of the gradients and ``told`` what is returned, ``size``
    makes a norm of the gradients; ``own``: each parameter has a factor of its own.
    """

    def found(asked, grads, limit):
        grads = halved(asked, grads)
        if asked == RETURNED:
            return told(size(grads), limit)
        groups = [[one] for one in grads] if own else [grads]
        return [scale(size(one), limit) * number for one in groups for number in joined(one)]

    return found


def halved(asked, grads):
    """The gradients that stand there at the last call."""
    share = 0.5 if asked == LATER else 1
    return [[share * number for number in grad] for grad in grads if grad is not None]


def by_value(asked, grads, limit):
    """Each number by itself."""
    grads = halved(asked, grads)
    if asked == RETURNED:
        return length(grads)
    return [max(-limit, min(limit, one)) for one in joined(grads)]


def of_parameters(asked, grads, limit):
    """By the length of the parameters, each of which is 0.5; one without .grad is one number."""
    norm = 0.5 * math.sqrt(len(joined(grad or [0.0] for grad in grads)))
    return clipping(size=lambda grads: norm)(asked, grads, limit)


def gradients(source):
    def some(count):
        return [signed(source, 0.4, 6, 2) for _ in range(count)]

    long = [some(3), None, some(source.choice([2, 4]))]
    short = [[signed(source, 0.1, 0.6, 2) for _ in range(count)] for count in (2, 3)]
    low, high = number(source, 1.3, 2.2, 2), number(source, 2.5, 3.5, 2)
    return [
        (RETURNED, source.sample(long, 3), low),
        (check.GRADS, source.sample(long, 3), low),
        (check.GRADS, [some(4)], low),
        (check.GRADS, short, high),
        (RETURNED, short, high),
        (LATER, [some(2), some(2)], high),
    ]


# --- 16.5 -----------------------------------------------------------------------------------------


def forecasts(cut=lambda t, k: t % k == 0, **way):
    """The loss, or its slopes by a and b, where ``cut(t, k)`` says whether the state is cut before
    update t. ``way`` says what else differs: see `loss_and_slopes`.
    """

    def found(asked, a, b, x, k):
        loss, slopes = loss_and_slopes(a, b, x, lambda t: cut(t, k), **way)
        return loss if asked == LOSS else slopes

    return found


def loss_and_slopes(
    a,
    b,
    x,
    cut,
    level=True,
    trend=True,
    error=True,
    counted=False,
    learns=(True, True),
    new=False,
    total=math.fsum,
):
    """(loss, [its slope by a, by b]). ``level``, ``trend`` and ``error`` say what a cut takes the
    record of (``error`` is None: of the error alone), ``counted``: of the error that counts in the
    loss as well. ``learns``: whether a and b have their record after a cut, ``new``: the
    level gets the new trend.
    """
    at, rise, by_level, by_trend, was_cut = x[0], 0.0, [0.0, 0.0], [0.0, 0.0], False
    errors, slopes = [], []
    for t in range(1, len(x)):
        e, whole = x[t] - at - rise, minus_sum(by_level, by_trend)
        was_cut |= cut(t)
        if cut(t):
            by_level = [0.0, 0.0] if level else by_level
            by_trend = [0.0, 0.0] if trend else by_trend
        left = minus_sum(by_level, by_trend)
        errors.append(e**2)
        slopes.append([2 * e * one for one in (left if counted else whole)])
        by_error = [0.0, 0.0] if error is None and cut(t) else left if error else whole
        grown = [b * of for of in by_error]
        grown[1] += e if learns[1] or not was_cut else 0.0
        by_level = [a * of - old for of, old in zip(by_error, left, strict=True)]
        by_level[0] += e if learns[0] or not was_cut else 0.0
        if new:
            by_level = [old + more for old, more in zip(by_level, grown, strict=True)]
        by_trend = [old + more for old, more in zip(by_trend, grown, strict=True)]
        before, rise = rise, rise + b * e
        at += (rise if new else before) + a * e
    return total(errors), [total(of) for of in zip(*slopes, strict=True)]


def in_pieces():
    """The sum over pieces of k updates, each with a state of its own."""

    def found(asked, a, b, x, k):
        pieces = [x[first : first + k + 1] for first in range(0, len(x), k)]
        sums = [loss_and_slopes(a, b, one, lambda t: False) for one in pieces if len(one) > 1]
        if asked == LOSS:
            return math.fsum(loss for loss, _ in sums)
        return [math.fsum(of) for of in zip(*(slopes for _, slopes in sums), strict=True)]

    return found


def minus_sum(first, second):
    return [-one - other for one, other in zip(first, second, strict=True)]


def series(source):
    cases = []
    for k in source.sample([2, 3], 2):
        # A slope near 0 would be lost among its terms.
        while True:
            a, b = number(source, 0.2, 0.7, 2), number(source, 0.1, 0.4, 2)
            x = [signed(source, 0.3, 4) for _ in range(8)]
            if min(map(abs, forecasts()("", a, b, x, k))) > 3:
                break
        cases += [(asked, a, b, x, k) for asked in (LOSS, check.SLOPES)]
    return cases


# --- 16.6 -----------------------------------------------------------------------------------------


def training(
    reaches=0.0,
    sign=-1,
    cleared=True,
    of_real=1.0,
    of_fake=1.0,
    slope_of_fake=None,
    waits=1,
    late=False,
    rate=None,
    total=mean,
):
    """A step of the critic. ``reaches``: the part of its slope that comes to G, ``sign``: which way
    C goes, ``cleared``: whether C.grad is, ``of_real`` and ``of_fake``: the parts of the loss,
    ``slope_of_fake`` that of the slope, ``waits``: what a step leaves of what is in G.grad,
    ``late``: the loss is that after the step, ``rate``: instead of lr, ``total``: instead of mean.
    """
    slope_of_fake = of_fake if slope_of_fake is None else slope_of_fake

    def found(asked, G, C, z, real, lr):
        fake = [G * one for one in z]
        left, waiting = 0.0, WAITS
        for _ in range(2 if asked in (AGAIN, WAITING) else 1):
            loss = loss_of(C, fake, real)
            waiting = waits * waiting + reaches * total([2 * C * C * G * one**2 for one in z])
            slope = left + total(
                [
                    of_real * 2 * (C * true - 1) * true + slope_of_fake * 2 * C * false**2
                    for true, false in zip(real, fake, strict=True)
                ]
            )
            left = 0.0 if cleared else slope
            C += sign * (rate or lr) * slope
        if asked == LOSS_OF_STEP:
            return loss_of(C, fake, real) if late else loss
        return waiting if asked == WAITING else C

    def loss_of(C, fake, real):
        scores = zip(real, fake, strict=True)
        return total(
            [of_real * (C * true - 1) ** 2 + of_fake * (C * one) ** 2 for true, one in scores]
        )

    return found


def critics(source):
    def case(count):
        z, real = ([signed(source, 0.5, 2.5) for _ in range(count)] for _ in range(2))
        return signed(source, 0.4, 1.5), signed(source, 0.6, 2), z, real, number(source, 0.05, 0.2)

    case = case(source.choice([2, 3, 4]))
    return [(asked, *case) for asked in (STEP, WAITING, LOSS_OF_STEP, AGAIN)]


LAYERS = "the layers multiply: a power of the factor, not ten times it"
LEFT = "that is what is left: how many times smaller is the size?"
LEFT_OF_SQUARE = "that is what is left of the mean square: how many times smaller is the size?"
ONE_LAYER = "that is what one layer leaves of the mean square: there are ten, and a root"
TIMES_FIVE = "the layers multiply: a power of the factor, not five times it"
MEAN_SQUARE = "of the mean square: the size is its root"
NINE = "that is behind nine layers"

ORACLES = [
    prediction(
        check.fading,
        {"box": "sigmoid", "layer": 0.24, "relu": 7776.0, "xavier": 32.0},
        parts(
            box={
                **{
                    f"{word} is the product with 1.5, which makes it larger": word
                    for word in ["× 1.5", "×", "*", "mul", "matmul", "MulBackward0"]
                },
                **{
                    f"{word} is the sum, which passes it on as it is": word
                    for word in ["+ const", "+", "add", "const", "AddBackward0"]
                },
                "the weight is 1.5, which makes it larger: look beside the arrows": "weight",
                **{
                    f"right, but the word alone, not {word}": word
                    for word in ["sigmoid(#2)", "h = sigmoid(#2)", "torch.sigmoid", "σ"]
                },
                "right, but without the brackets": "sigmoid()",
                "right, but give the operation in its box": "h",
                "right, but give the first word in its box": "SigmoidBackward0",
            },
            layer={
                "that is sigmoid alone: a layer multiplies by its weight too": 0.16,
                "that is the weight alone: sigmoid multiplies too": 1.5,
                "the local derivatives are multiplied along a path": 1.66,
                "h is the value: the slope of sigmoid there is h (1 − h) = 0.16": 1.2,
                "0.25 is the most that sigmoid has, at 0.5: here h is 0.8": 0.375,
                "that is sigmoid at its steepest, and without the weight": 0.25,
                "that is the way through all six layers": 0.24**6,
                "that is the way through two layers": 0.24**2,
                "a layer has one sigmoid, not two": 0.24 * 0.16,
                "the other way round: the gradient is multiplied by it": 1 / 0.24,
            },
            relu={
                f"{MEAN_SQUARE}, (√6)¹⁰": 6.0**10,
                LEFT: 6.0**-5,
                LEFT_OF_SQUARE: 6.0**-10,
                "relu is missing: it halves the mean square": 3.0**5,
                "relu halves the mean square in each of the ten layers": 3.0**5 * 2,
                "relu is missing, and the size is the root of the mean square": 3.0**10,
                "the weights have a factor too: 1/3 by default": 32.0,
                "the weights are missing, and the size is the root of the mean square": 2.0**10,
                "relu halves the mean square, not the size": 3.0**5 * 2.0**10,
                "relu's slope of 1 is that of half the numbers, and the weights count too": 1.0,
                "that is one layer, and its mean square": 6.0,
                "that is one layer: ten multiply": 6**0.5,
                f"{NINE}": 6**4.5,
                LAYERS: 60.0,
                TIMES_FIVE: 30.0,
                ONE_LAYER: 1 / 6,
                "too coarse: give all digits, or 6**5": 7800.0,
            },
            xavier={
                f"{MEAN_SQUARE}, (√2)¹⁰": 2.0**10,
                LEFT: 2.0**-5,
                LEFT_OF_SQUARE: 2.0**-10,
                "Xavier's weights have the factor 1, and relu halves the mean square": 1.0,
                "that is one layer, and its mean square": 2.0,
                "that is one layer: ten multiply": 2**0.5,
                f"{NINE}": 2**4.5,
                LAYERS: 20.0,
                TIMES_FIVE: 10.0,
                ONE_LAYER: 1 / 2,
                "1/3 is the default start's: Xavier's n · Var(W) is 1": 6.0**5,
                "Xavier's n · Var(W) is 1, and relu is missing": 3.0**5,
            },
        ),
    ),
    oracle(
        check.he_std,
        std(lambda inputs, outputs, slope: 2 / ((1 + slope**2) * inputs)),
        {
            "the activation is missing: relu's mean of f′² is 1/2": std(lambda n, m, slope: 1 / n),
            "that is the variance: the standard deviation is its root": (
                lambda n, m, slope: 2 / ((1 + slope**2) * n)
            ),
            "n is the number of inputs, layer.in_features": std(
                lambda n, m, slope: 2 / ((1 + slope**2) * m)
            ),
            "weight.shape[0] is the outputs, and slope is missing: half of f′² is slope²": std(
                lambda n, m, slope: 2 / m
            ),
            "slope plays no part: where z < 0, f′² is slope²": std(lambda n, m, slope: 2 / n),
            "the mean of f′, not of f′²: square the slope": std(
                lambda n, m, slope: 2 / ((1 + slope) * n)
            ),
            "squared before the mean: it is the mean of 1 and slope², (1 + slope²) / 2": std(
                lambda n, m, slope: 4 / ((1 + slope) ** 2 * n)
            ),
            "1 + slope² is a sum of two halves: divide it by 2": std(
                lambda n, m, slope: 1 / ((1 + slope**2) * n)
            ),
            "f′² multiplies the variance, so divide by its mean": std(
                lambda n, m, slope: (1 + slope**2) / (2 * n)
            ),
            "times the mean of f′², where relu would need 2: divide by it": std(
                lambda n, m, slope: 2 * (1 + slope**2) / n
            ),
            "that is Xavier's, of inputs and outputs": std(lambda n, m, slope: 2 / (n + m)),
            "n is the inputs alone: He's weights do not look at the outputs": std(
                lambda n, m, slope: 4 / ((1 + slope**2) * (n + m))
            ),
            "that is PyTorch's default start, n · Var(W) = 1/3": std(
                lambda n, m, slope: 1 / (3 * n)
            ),
            "that is the bound of a uniform distribution: it is √3 times its spread": std(
                lambda n, m, slope: 6 / ((1 + slope**2) * n)
            ),
            "n is the inputs of a number, not all weights of the layer": std(
                lambda n, m, slope: 2 / ((1 + slope**2) * n * m)
            ),
            "√n · Var(W) · …: n stands under the root too": (
                lambda n, m, slope: math.sqrt(2 / (1 + slope**2)) / n
            ),
            "n is missing: each number is a sum of n products": std(
                lambda n, m, slope: 2 / (1 + slope**2)
            ),
            "that is the bound of a uniform distribution, and slope is missing": std(
                lambda n, m, slope: 6 / n
            ),
            "that is the variance, and slope is missing": lambda n, m, slope: 2 / n,
            "slope² counts for half of the numbers, as 1 does: (1 + slope²) / 2": std(
                lambda n, m, slope: 1 / (n * (0.5 + slope**2))
            ),
            "turned round: 1 / (n · mean of f′²) is the variance": std(
                lambda n, m, slope: n * (1 + slope**2) / 2
            ),
            "that is measured on the weights of now, all 0: work it out": 0.0,
        },
        draw=layers,
    ),
    prediction(
        check.predicted,
        {
            "w3": "zero",
            "w4": "not held",
            "w5": "no path",
            "tanh": 9216,
            "gelu": 15360,
            "last": 3072,
        },
        parts(
            w3={
                "there is a path, through w2 * w3: which factor is on it?": "no path",
                "w3 requires grad: which factor is on its path?": "frozen",
                "the optimizer holds w3: which factor is on its path?": "not held",
                "its gradient is multiplied by w2, which is 0": "learns",
            },
            w4={
                "w4 is added to h, with the slope 1, so its gradient is not 0": "zero",
                "w4 is added to h, so a path leads to it": "no path",
                "w4 requires grad: who would move it?": "frozen",
                "it has a gradient: does the optimizer hold it?": "learns",
            },
            w5={
                "detach() leaves no path, so .grad is None, and not 0": "zero",
                "w5 requires grad: what does detach() leave of its path?": "frozen",
                "the optimizer holds w5: does a gradient come?": "not held",
                "detach() takes its path away": "learns",
            },
            tanh={
                "the input of the net is kept too, for the first layer's weight": 7680,
                "that counts numbers: float32 has 4 bytes each": 2304,
                "tanh keeps what comes out, and the next layer the same tensor: count it once": (
                    15360
                ),
                "that is one tensor: how many are there?": 1536,
                "what goes into tanh is kept by nobody: tanh looks at what comes out": 16896,
                "those are the weights: they are there anyway, and do not count": 11520,
                "those are the parameters: they are there anyway, and do not count": 12000,
                "that counts tensors, not bytes": 6,
                "the input is counted twice: there are five outputs, and one input": 10752,
                "the last tanh keeps its output too, though no layer comes after it": 6144,
                "parameters do not count: they are there anyway": 9216 + 12000,
                "weights do not count: they are there anyway": 9216 + 11520,
                "a float32 has 4 bytes, not 8": 18432,
                "a float32 has 4 bytes, not 2": 4608,
            },
            gelu={
                "parameters do not count: they are there anyway": 15360 + 12000,
                "gelu keeps what goes in, which the layer after it does not": 9216,
                "the input of the net is kept too, for the first layer's weight": 13824,
                "what the last gelu gives is kept by nobody": 16896,
                "that is what each gelu keeps: each layer keeps its input too": 7680,
                "that counts numbers: float32 has 4 bytes each": 3840,
                "that counts tensors, not bytes": 10,
                "a float32 has 4 bytes, not 8": 30720,
            },
            last={
                "parameters do not count: they are there anyway": 3072 + 2400,
                "no gradient is asked for before the last layer: what lies there is not kept": 9216,
                "the last layer keeps its input, and tanh its output: two tensors": 1536,
                "the last layer does learn: its weight needs its input": 0,
                "the last layer has one input, and tanh keeps what comes out: two tensors": 4608,
                "that counts numbers: float32 has 4 bytes each": 768,
                "that counts tensors, not bytes": 2,
                "a float32 has 4 bytes, not 8": 6144,
            },
        ),
    ),
    oracle(
        check.clip_norm,
        clipping(),
        {
            "each number by itself: that is clipping by value, and turns the direction": by_value,
            "limit is missing: the new length is limit, not 1": clipping(
                lambda norm, limit: 1 / norm
            ),
            "limit is missing: what is too long gets the length limit, not 1": clipping(
                lambda norm, limit: 1 / norm if norm > limit else 1.0
            ),
            "a short one became longer: below the limit it stays": clipping(
                lambda norm, limit: limit / norm
            ),
            "a short one became 0: below the limit it stays": clipping(
                lambda norm, limit: limit / norm if norm > limit else 0.0
            ),
            "each parameter by itself: one factor for all, from the length of all": clipping(
                own=True
            ),
            "return the length before, not after": clipping(told=min),
            "return the length, not the factor": clipping(told=kept_short),
            "return the length: the root of that": clipping(told=lambda norm, limit: norm**2),
            "the length is the root of the sum of squares: the root is missing": clipping(
                size=lambda grads: length(grads) ** 2
            ),
            "nothing was changed: write into .grad, or give it a new tensor": clipping(
                lambda norm, limit: 1.0
            ),
            "the length is the root of the sum of squares, not the largest number": clipping(
                size=lambda grads: max(map(abs, joined(grads)))
            ),
            "the length is the root of the sum of squares, not the sum of sizes": clipping(
                size=lambda grads: math.fsum(map(abs, joined(grads)))
            ),
            "that is the root of the mean square: the length has the sum": clipping(
                size=lambda grads: length(grads) / math.sqrt(len(joined(grads)))
            ),
            "the lengths were added: add the squares of all, and take one root": clipping(
                size=lambda grads: math.fsum(math.hypot(*grad) for grad in grads)
            ),
            "the numbers were added: the length is the root of the sum of their squares": clipping(
                size=lambda grads: math.fsum(joined(grads)) or 1e-9
            ),
            "that is the length of one parameter's gradient: all make one vector": clipping(
                size=lambda grads: math.hypot(*grads[-1]), own=True
            ),
            "that is the length of the parameters: take their .grad": of_parameters,
            "multiplied by limit alone: divide by the length as well": clipping(
                lambda norm, limit: limit
            ),
            "multiplied by limit alone, where too long: divide by the length as well": clipping(
                lambda norm, limit: limit if norm > limit else 1.0
            ),
            "divided by limit: multiply by limit, and divide by the length": clipping(
                lambda norm, limit: 1 / limit
            ),
            "the comparison is turned round: what is longer than limit is shortened": clipping(
                lambda norm, limit: limit / norm if norm < limit else 1.0
            ),
            "the factor is turned round: it is limit divided by the length": clipping(
                lambda norm, limit: norm / limit if norm > limit else 1.0
            ),
        },
        draw=gradients,
    ),
    oracle(
        check.cut_every,
        forecasts(),
        {
            "never cut: detach() changes nothing by itself: level = level.detach()": forecasts(
                lambda t, k: False
            ),
            "cut before every update: only before the updates k, 2k, 3k, …": forecasts(
                lambda t, k: True
            ),
            "cut before the updates k + 1, 2 (k + 1), …: that is too seldom": forecasts(
                lambda t, k: t % (k + 1) == 0
            ),
            "cut one update late, before k + 1, 2k + 1, …: the first update is number 1": forecasts(
                lambda t, k: t % k == 1
            ),
            "cut after the updates k, 2k, …: their error has to count first, so cut before": (
                forecasts(lambda t, k: t % k == 1, counted=True)
            ),
            "cut one update early: the first update is number 1": forecasts(
                lambda t, k: t % k == k - 1
            ),
            "cut before all other updates: where t % k is 0, not where it is not": forecasts(
                lambda t, k: t % k != 0
            ),
            "cut once only: before the updates 2k, 3k, … as well": forecasts(lambda t, k: t == k),
            "cut before k and 2k, but not before 3k: before every update that k divides": forecasts(
                lambda t, k: t in (k, 2 * k, 4 * k, 8 * k)
            ),
            "cut from update k on: only before k, 2k, 3k, …": forecasts(lambda t, k: t >= k),
            "the trend was not cut: the state is two tensors": forecasts(trend=False),
            "the level was not cut: the state is two tensors": forecasts(level=False),
            "e still has its record: compute it anew from the state that was cut": forecasts(
                error=False
            ),
            "the level was not cut, and e still has its record": forecasts(
                level=False, error=False
            ),
            "the trend was not cut, and e still has its record": forecasts(
                trend=False, error=False
            ),
            "e alone was cut: level and trend still have their record": forecasts(
                level=False, trend=False, error=None
            ),
            "the error of update k lost its slope: count it, and cut after that": forecasts(
                counted=True
            ),
            "the level alone is cut, and after the updates k, 2k, …: cut both before": forecasts(
                lambda t, k: t % k == 1, trend=False, counted=True
            ),
            "the trend alone is cut, and after the updates k, 2k, …: cut both before": forecasts(
                lambda t, k: t % k == 1, level=False, counted=True
            ),
            "e alone was cut, in every update: cut level and trend before k, 2k, …": forecasts(
                lambda t, k: True, level=False, trend=False, error=None
            ),
            "a and b were cut as well: detach the state alone": forecasts(learns=(False, False)),
            "a and b were cut, in the place of the state": forecasts(
                level=False, trend=False, error=False, learns=(False, False)
            ),
            "a was cut, in the place of the state": forecasts(
                level=False, trend=False, error=False, learns=(False, True)
            ),
            "the level got the new trend: both get the old one, so assign them at once": forecasts(
                new=True
            ),
            "the mean of the errors: their sum was asked": forecasts(total=mean),
            "the state begins anew in each piece: go on with the old one, detached": in_pieces(),
        },
        draw=series,
    ),
    oracle(
        check.critic_step,
        training(),
        {
            "the loss still reaches G: use what detach() gives (a G.grad put aside is no copy)": (
                training(reaches=1.0)
            ),
            "what was waiting in G.grad was cleared: keep the pass from G instead": training(
                waits=0
            ),
            "what was waiting in G.grad was cleared, and then the loss reached G": training(
                waits=0, reaches=1.0
            ),
            "C made no step": training(sign=0),
            "C went uphill: a step goes against the gradient": training(sign=1),
            "C.grad is not cleared: the next step takes this one's gradient too": training(
                cleared=False
            ),
            "the fakes are missing in the loss": training(of_fake=0.0),
            "the real ones are missing in the loss": training(of_real=0.0),
            "the loss is that before the step": training(late=True),
            "the score of the fakes was cut off from C too: detach the fakes alone": training(
                slope_of_fake=0.0
            ),
            "the score of the fakes was cut off from C, not from G: detach the fakes": training(
                slope_of_fake=0.0, reaches=1.0
            ),
            "the step has to be lr times the gradient": training(rate=1.0),
            "the sum over the fakes: their mean was asked": training(total=math.fsum),
        },
        draw=critics,
    ),
]
