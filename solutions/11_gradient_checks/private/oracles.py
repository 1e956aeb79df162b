"""The oracles of assignment 11: is my gradient right?"""

import math

from autograd_seen.checks import gradient_checks as check
from plainjudge.arithmetic import mean, products
from plainjudge.oracles import number, oracle, prediction, signed

# --- 11.3 -----------------------------------------------------------------------------------------


def two_of_three(x, a, b):
    return [a * x[0] ** 2 * x[1], b * x[2] ** 3 - x[0] * x[1]]


def jacobian(x, a, b):
    return [[2 * a * x[0] * x[1], a * x[0] ** 2, 0.0], [-x[1], -x[0], 3 * b * x[2] ** 2]]


def moved(x, v, h):
    return [at + h * one for at, one in zip(x, v, strict=True)]


def combined(here, there, slopes, h):
    return [new - old - h * slope for old, new, slope in zip(here, there, slopes, strict=True)]


def both_sides(f, x, v, slopes, h):
    return combined(f(moved(x, v, -h)), f(moved(x, v, h)), slopes, 2 * h)


def ordered(remainder, anew=False, along=lambda x, v, h: v):
    """The order between h = 0.1 and 0.01 of a remainder, from (f, x, v, J times along, h)."""

    def found(f, x, v, off):
        _, given = f.made_by
        J = jacobian(x, *given)
        J[1][1] += 0 if anew else off
        sizes = []
        for h in (0.1, 0.01):
            slopes = [math.fsum(products(row, along(x, v, h))) for row in J]
            rest = remainder(lambda x: two_of_three(x, *given), x, v, slopes, h)
            sizes.append(math.hypot(*rest))
        return math.log10(sizes[0] / sizes[1])

    return found


def of_taylor(f, x, v, slopes, h):
    return combined(f(x), f(moved(x, v, h)), slopes, h)


def jacobians(source):
    def case(off):
        x = [signed(source, 0.5, 2.5) for _ in range(3)]
        v = [signed(source, 0.3, 0.9) for _ in range(3)]
        f = check.two_of_three(signed(source, 1, 3), signed(source, 1, 3))
        return f, x, v, off

    return [case(0.0), case(signed(source, 1.5, 3)), case(0.0)]


# --- 11.4 -----------------------------------------------------------------------------------------


def cubes(x, a, b):
    return a * x[0] ** 2 * x[1] + b * math.fsum(one**3 for one in x)


def steps_of(x, part):
    return [part * abs(one) for one in x]


def at(x, i, h):
    """x with its number i moved by h."""
    return [*x[:i], x[i] + h, *x[i + 1 :]]


def differences(quotient, steps=steps_of):
    """Of each number the quotient, from (f, x, i, its step, part)."""

    def found(f, x, part):
        _, given = f.made_by
        h = steps(x, part)
        return [quotient(lambda x: cubes(x, *given), x, i, h[i], part) for i in range(len(x))]

    return found


def central(f, x, i, h, part):
    return (f(at(x, i, h)) - f(at(x, i, -h))) / (2 * h)


def all_at_once(f, x, i, h, part):
    return (f(moved(x, steps_of(x, part), 1)) - f(moved(x, steps_of(x, part), -1))) / (2 * h)


def not_put_back(f, x, i, h, part):
    before = moved(x[:i], steps_of(x[:i], part), -1)
    return central(f, before + x[i:], i, h, part)


def kept(f, x, i, h, part):
    """Both clones keep the nudges of the numbers before."""
    steps = steps_of(x[: i + 1], part) + [0.0] * len(x[i + 1 :])
    return (f(moved(x, steps, 1)) - f(moved(x, steps, -1))) / (2 * h)


def all_by_one_step(f, x, i, h, part):
    steps = [h] * len(x)
    return (f(moved(x, steps, 1)) - f(moved(x, steps, -1))) / (2 * h)


def set_to_the_step(f, x, i, h, part):
    return (f([*x[:i], h, *x[i + 1 :]]) - f([*x[:i], -h, *x[i + 1 :]])) / (2 * h)


#: One size for all numbers of x, by what it is.
SIZES = {
    "the largest number": lambda x: max(map(abs, x)),
    "the norm": lambda x: math.hypot(*x),
    "the mean size": lambda x: mean(list(map(abs, x))),
}


def of_one_size(size):
    return lambda x, part: [part * size(x)] * len(x)


def slopes(f, x, part):
    _, (a, b) = f.made_by
    found = [3 * b * one**2 for one in x]
    return [found[0] + 2 * a * x[0] * x[1], found[1] + a * x[0] ** 2, *found[2:]]


def points(source):
    def case(count):
        f = check.cubes(signed(source, 1, 3), signed(source, 1, 3))
        x = [signed(source, 0.4, 3) for _ in range(count)]
        return f, x, number(source, 0.15, 0.35, 2)

    return [case(2), case(3), case(source.choice([3, 4]))]


# --- 11.5 -----------------------------------------------------------------------------------------


def alike(rtol, atol):
    """Whether a gradient that is off by a part of each number counts as the same."""
    return lambda values, offs: all(
        abs(off * one) <= atol + rtol * abs(one) for one, off in zip(values, offs, strict=True)
    )


def alike_in_length(rtol):
    """The same, by the lengths of the two vectors alone."""

    def found(values, offs):
        return math.hypot(*products(values, offs)) <= rtol * math.hypot(*values)

    return found


def gradients(source):
    """Gradients of many sizes, and small and large errors of them."""

    def of_size(size):
        return [float(f"{signed(source, 1, 9) * size:.2g}") for _ in range(source.choice([2, 3]))]

    right, wrong, bad = 3e-9, number(source, 4.6e-4, 4.9e-4, 5), number(source, 0.1, 0.4)
    offs = [(1.0, right), (1.0, -wrong), (1.0, bad), (1e5, -right), (1e5, wrong), (1e-4, wrong)]
    offs += [(1e-9, -right), (1e-9, -bad)]
    alike = [(values, [off] * len(values)) for size, off in offs for values in [of_size(size)]]
    mixed = [signed(source, 1e5, 9e5, 0), signed(source, 1, 9)]
    tiny = [source.choice([1e-9, -1e-9]), *of_size(1e-9)]
    hidden = (tiny, [wrong] + [right] * len(tiny[1:]))
    return [*alike, (mixed, [right, wrong]), hidden]


# --- 11.6 -----------------------------------------------------------------------------------------


def sent(rule):
    """What a backward pass returns by a rule from (one number of x, one of g, all of x, of g)."""
    return lambda x, g: [rule(a, b, x, g) for a, b in zip(x, g, strict=True)]


def passes(source):
    def case(count):
        return [[signed(source, 0.4, 3) for _ in range(count)] for _ in range(2)]

    return [tuple(case(count)) for count in source.sample([2, 3, 4, 5], 3)]


ORACLES = [
    prediction(
        check.columns,
        {"forward": "B", "central": "D", "forward_float32": "C", "central_float32": "A"},
        {
            "forward and central: nudged to both sides, an error falls 100-fold where h falls "
            "10-fold": {"forward": "D", "central": "B"},
            "forward and central in float32: a central error falls 100-fold at first, there too": {
                "forward_float32": "A",
                "central_float32": "C",
            },
            "the forward differences: with 7 digits rounding takes over at a larger h": {
                "forward": "C",
                "forward_float32": "B",
            },
            "the central differences: with 7 digits rounding takes over at a larger h": {
                "central": "A",
                "central_float32": "D",
            },
        },
    ),
    prediction(
        check.quotients,
        {"forward": 13.24, "backward": 10.84, "central": 12.04},
        {
            "forward: 12 is the slope, and a step as large as 0.2 misses it": {"forward": 12.0},
            "forward: that nudges backward, from 2 to 1.8": {"forward": 10.84},
            "forward: divide the difference by h = 0.2": {"forward": 2.648},
            "forward: h² = 0.04 is missing: (x + h)³ − x³ = 3x²h + 3xh² + h³": {"forward": 13.2},
            "forward: 3h in the place of 3xh: with h² goes a factor x, and that is 2": {
                "forward": 12.64
            },
            "backward: 12 is the slope, and a step as large as 0.2 misses it": {"backward": 12.0},
            "backward: that nudges forward, from 2 to 2.2": {"backward": 13.24},
            "backward: it is f(x) less f(x − h), and f grows here": {"backward": -10.84},
            "backward: divide the difference by h = 0.2": {"backward": 2.168},
            "backward: in −(−h)³ = h³ the sign turns twice: + 0.04": {"backward": 10.76},
            "backward: h² = 0.04 is missing: x³ − (x − h)³ = 3x²h − 3xh² + h³": {"backward": 10.8},
            "central: that is the forward quotient: nudge to 2.2 and to 1.8": {"central": 13.24},
            "central: from 1.8 to 2.2 it is 2h: divide by 0.4": {"central": 24.08},
            "central: divide the difference by 2h = 0.4": {"central": 4.816},
            "central: h² = 0.04 is missing: (x + h)³ − (x − h)³ = 6x²h + 2h³": {"central": 12.0},
            "central: each of the two sides brings an h³: both count": {"central": 12.02},
            "central: what is left of both h³ is divided by 2h as well": {"central": 12.08},
            "central: / 2 * h halves, and multiplies with h: put 2 * h in brackets": {
                "central": 0.4816
            },
        },
    ),
    oracle(
        check.order,
        ordered(of_taylor),
        {
            "h J v is not subtracted: that is how f changes, of order 1": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, h)), [0.0, 0.0], h)
            ),
            "J v is subtracted without its h: a step of h v changes f by h J v": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, h)), slopes, 1)
            ),
            "f(x) is not subtracted: only the change of f can be compared with h J v": ordered(
                lambda f, x, v, slopes, h: combined([0.0, 0.0], f(moved(x, v, h)), slopes, h)
            ),
            "h J v is added: take it away": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, h)), slopes, -h)
            ),
            "the step is h v, not h: it goes along v": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, [1, 1, 1], h)), slopes, h)
            ),
            "divided by h: this lowers the order by one": ordered(
                lambda *given: [one / given[-1] for one in of_taylor(*given)]
            ),
            "divided by h²: this lowers the order by two": ordered(
                lambda *given: [one / given[-1] ** 2 for one in of_taylor(*given)]
            ),
            "h² J v is subtracted: a step of h v changes f by h J v": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, h)), slopes, h * h)
            ),
            "J times (x + h v) is subtracted: f changes by J times the step alone": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, h)), slopes, 1),
                along=moved,
            ),
            "the parts of the remainder are added up, so that some cancel: leave it a vector": (
                ordered(lambda *given: [math.fsum(of_taylor(*given))])
            ),
            "a step backward, of −h v: the step is h v": ordered(
                lambda f, x, v, slopes, h: of_taylor(f, x, v, slopes, -h)
            ),
            "the step is h v, and v came without its h": ordered(
                lambda f, x, v, slopes, h: combined(f(x), f(moved(x, v, 1)), slopes, h)
            ),
            "nudged to both sides: that remainder has another order, and no f(x) in it": ordered(
                both_sides
            ),
            "the J that was handed in plays no part: it is what the test is about": ordered(
                of_taylor, anew=True
            ),
        },
        draw=jacobians,
    ),
    oracle(
        check.central,
        differences(central),
        {
            "one step for all: each number has its own, part · |x[i]|": differences(
                central, steps=lambda x, part: [part] * len(x)
            ),
            **{
                f"one step for all, from {name}: each number has its own, part · |x[i]|": (
                    differences(central, steps=of_one_size(size))
                )
                for name, size in SIZES.items()
            },
            "divided by h: from x − h to x + h it is 2h": differences(
                lambda f, x, i, h, part: 2 * central(f, x, i, h, part)
            ),
            "/ 2 * h halves, and multiplies with h: put 2 * h in brackets": differences(
                lambda f, x, i, h, part: central(f, x, i, h, part) * h**2
            ),
            "divided by 2 · part: divide by the step that was made, 2 · part · |x[i]|": differences(
                lambda f, x, i, h, part: central(f, x, i, h, part) * h / part
            ),
            "divided by a step with a sign: h is part · |x[i]| below, too": differences(
                lambda f, x, i, h, part: math.copysign(1, x[i]) * central(f, x, i, h, part)
            ),
            "f(up) is subtracted from f(down): turn the difference round": differences(
                lambda f, x, i, h, part: -central(f, x, i, h, part)
            ),
            "nudged to one side only: that is the forward quotient": differences(
                lambda f, x, i, h, part: (f(at(x, i, h)) - f(x)) / h
            ),
            "half of the forward quotient: x − h was never reached: go back by 2h": differences(
                lambda f, x, i, h, part: (f(at(x, i, h)) - f(x)) / (2 * h)
            ),
            "all numbers nudged at once: move one, and hold the others": differences(all_at_once),
            "all numbers nudged at once, by one step: move one, and hold the others": differences(
                all_by_one_step
            ),
            "the numbers before were not put back: nudge a new clone of x each time": differences(
                not_put_back
            ),
            "up and down keep the nudges of the numbers before: clone x anew for each": differences(
                kept
            ),
            "h is put in the place of x[i]: add it to x[i], or take it away": differences(
                set_to_the_step
            ),
            "nudged by half a step each way: h up, and h down": differences(
                lambda f, x, i, h, part: central(f, x, i, h / 2, part)
            ),
            "only the first number has its quotient: is `return` inside the loop?": differences(
                lambda f, x, i, h, part: 0.0 if i else central(f, x, i, h, part)
            ),
            "nothing but zeros: are up and down one tensor? clone() x for each": differences(
                lambda f, x, i, h, part: 0.0
            ),
            "the slope itself: a step of this size must show in the quotient": slopes,
            "the difference alone: divide it by 2h": differences(
                lambda f, x, i, h, part: central(f, x, i, h, part) * 2 * h
            ),
        },
        draw=points,
    ),
    oracle(
        check.agrees,
        alike(1e-6, 0.0),
        {
            "rtol is too large: 0.05 % is 5e-4, so stay well below": alike(5e-4, 0.0),
            "these tolerances let 0.05 % of 1e-9 pass: make atol smaller": (alike(1e-6, 1e-8)),
            "these tolerances let even 0.05 % of 7.1 pass: make atol far smaller": (
                alike(1e-6, 1e-2)
            ),
            "one number for all: a small wrong one hides beside a large right one": (
                alike_in_length(1e-6)
            ),
            "rtol is too small: of right gradients only tiny ones pass": alike(0.0, 1e-13),
            "rtol is too small for numbers like 3, and atol too large for numbers like 1e-9": (
                alike(0.0, 1e-9)
            ),
            "rtol is too small for large numbers, and atol too large for tiny ones": (
                alike(0.0, 1e-6)
            ),
            "False for all: a nudge has some 8 digits right, so leave room for rounding": alike(
                0.0, 0.0
            ),
            "True for all: so large a tolerance rejects nothing": True,
        },
        draw=gradients,
    ),
    oracle(
        check.returned,
        sent(lambda a, b, x, g: b * math.fsum(x) + math.fsum(products(g, x))),
        {
            "multiplying by g is not enough: x[j] goes through s into every output, so add up "
            "all g[i] * x[i]": sent(lambda a, b, x, g: 2 * b * math.fsum(x)),
            "g.sum() * x[j]: from output i comes g[i] * x[i], through the factor g[j] * s": sent(
                lambda a, b, x, g: math.fsum(g) * (math.fsum(x) + a)
            ),
            "g[j] * x[j] as often as there are outputs: each of them sends its own g[i] * x[i]": (
                sent(lambda a, b, x, g: b * math.fsum(x) + a * b * len(x))
            ),
            "as TimesSum does: g plays no part in the second term": sent(
                lambda a, b, x, g: b * math.fsum(x) + math.fsum(x)
            ),
            "g plays no part in the second term, and one number of x alone comes back there": sent(
                lambda a, b, x, g: b * math.fsum(x) + a
            ),
            "x plays no part in the second term: from output i comes g[i] times a slope": sent(
                lambda a, b, x, g: b * math.fsum(x) + math.fsum(g)
            ),
            "2 g x is for y = x * x: here the factor is s, which holds the other numbers, too": (
                sent(lambda a, b, x, g: 2 * a * b)
            ),
            "g plays no part: that is right for a g of ones, under sum()": sent(
                lambda a, b, x, g: 2 * math.fsum(x)
            ),
            "only the way through the factor: each x[j] goes into the sum as well": sent(
                lambda a, b, x, g: b * math.fsum(x)
            ),
            "only the way through the sum: each x[j] is a factor as well": sent(
                lambda a, b, x, g: math.fsum(products(g, x))
            ),
            "g * x without its sum: the sum goes into every output, so all of g * x come back": (
                sent(lambda a, b, x, g: b * math.fsum(x) + a * b)
            ),
            "J g in the place of Jᵀ g: from output i comes g[i] * x[i], not g[i] * x[j]": sent(
                lambda a, b, x, g: b * math.fsum(x) + a * math.fsum(g)
            ),
            "g.sum() * x.sum(): each number of g has its own x": sent(
                lambda a, b, x, g: b * math.fsum(x) + math.fsum(g) * math.fsum(x)
            ),
            "the mean of g * x: all of them come back, so add them": sent(
                lambda a, b, x, g: b * math.fsum(x) + mean(products(g, x))
            ),
            "nothing but zeros: autograd was asked where nothing is recorded: use x and g": sent(
                lambda a, b, x, g: 0.0
            ),
        },
        draw=passes,
    ),
]
