"""The oracles of assignment 02: where does −7.6613 come from?"""

import math

from autograd_seen.checks import chain_rule as check
from autograd_seen.checks.families import cosine, cubic, half_held
from plainjudge.oracles import number, oracle, prediction, signed

#: An operation of a chain by its name: its value, and its local derivative.
STEPS = {
    "x²": (lambda v: v * v, lambda v: 2 * v),
    "x³": (lambda v: v**3, lambda v: 3 * v * v),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda v: -math.sin(v)),
    "exp": (math.exp, math.exp),
}
#: The slope by autograd of each family of last steps that exercise 2.5 is tried on.
SLOPES = {
    cosine: lambda y, a, b: -a * b * math.sin(b * y),
    cubic: lambda y, a, b: 3 * a * y**2 + b,
    half_held: lambda y, a: a * y,
}
#: What a nudge says of them.
NUDGED = SLOPES | {half_held: lambda y, a: 2 * a * y}


# --- 2.3 ------------------------------------------------------------------------------------------


def factors(x):
    """The three local derivatives of exp(cos(x³)), from the root on."""
    return math.exp(math.cos(x**3)), -math.sin(x**3), 3 * x**2


def points_of_the_factors(source):
    """Three points: x³ is negative, before π, and past it, and its sine never near 0."""
    return [number(source, *bounds, 2) for bounds in [(-1.35, -0.6), (0.6, 1.35), (1.52, 1.72)]]


# --- 2.4 ------------------------------------------------------------------------------------------


def entering(steps, x):
    """What enters each operation of a chain, and its value at the end."""
    values = [x]
    for step in steps:
        values.append(STEPS[step][0](values[-1]))
    return values


def local_derivatives(steps, x):
    """The local derivative of each operation of a chain, from the leaf on."""
    values = entering(steps, x)[:-1]
    return [STEPS[step][1](value) for step, value in zip(steps, values, strict=True)]


def sent_back(steps, x):
    """What each node sends on, from the 1 at the root to what arrives at the leaf."""
    sent = [1.0]
    for slope in reversed(local_derivatives(steps, x)):
        sent.append(sent[-1] * slope)
    return sent


def chain(steps, x):
    """What arrives at the leaf."""
    return sent_back(steps, x)[-1]


def is_moderate(steps, x):
    """Whether no value and no local derivative of a chain is small or large."""
    for step in steps:
        value, slope = (of(x) for of in STEPS[step])
        if not all(0.25 < abs(size) < 6 for size in (value, slope)):
            return False
        x = value
    return True


def a_chain(source, length):
    """The operations of a chain, and an x for it."""
    while True:
        steps, x = source.choices(list(STEPS), k=length), signed(source, 0.4, 1.9, 2)
        if is_moderate(steps, x):
            return steps, x


# --- 2.5 and 2.6 ----------------------------------------------------------------------------------


def slope(f, y, slopes=SLOPES):
    """The slope of one of the last steps at y."""
    maker, given = f.made_by
    return slopes[maker](y, *given)


def last_steps(source):
    """A last step of each family, and an x."""
    made = [
        cosine(signed(source, 1.2, 4, 2), number(source, 0.4, 0.9, 2)),
        cubic(number(source, 1.2, 3, 2), number(source, 1, 5, 2)),
        half_held(signed(source, 1.2, 4, 2)),
    ]
    return [(f, signed(source, 0.7, 1.4, 2)) for f in made]


def points_of_the_cut(source):
    """Three points where the slope of the sine is far from 0."""
    return [number(source, *bounds, 2) for bounds in [(-1.3, -0.4), (0.4, 1.3), (1.9, 4.2)]]


ORACLES = [
    prediction(
        check.reads,
        {"root": "z", "leaf": "x", "first": "ExpBackward0", "last": "MulBackward0"},
        {
            "first: a backward pass starts at the root": {"first": "MulBackward0"},
            "root and leaf: you ask from the root, and the leaf is where you began": {
                "root": "x",
                "leaf": "z",
            },
            "leaf: its outline is dashed, so it does not require grad": {"leaf": "k"},
            "leaf: an operation made it, so it is an intermediate": {"leaf": "u"},
            "first and last: the boxes are the nodes, not the tensors": {"first": "z"},
            "last: the sine stands in the middle": {"last": "SinBackward0"},
        },
    ),
    prediction(
        check.three_steps,
        21.0,
        {
            "24.5 is the value of z, not its slope": 24.5,
            "7 is the gradient of u: one local derivative is left, that of 3x + 1": 7.0,
            "the slope of y/2 is missing": 42.0,
            "local derivatives multiply along a chain; these were added": 17.5,
            "the local derivative of u² is taken at u = 7, not at x": 6.0,
            "14 is the local derivative of u² alone": 14.0,
        },
    ),
    oracle(
        check.three_factors,
        lambda x: math.prod(factors(x)),
        {
            "the factor 3x² is missing, the local derivative of x³": lambda x: math.prod(
                factors(x)[:2]
            ),
            "the factor −sin(y) is missing, the local derivative of the cosine": lambda x: (
                factors(x)[0] * 3 * x**2
            ),
            "the factor exp(u) is missing: the exponential is its own slope": lambda x: math.prod(
                factors(x)[1:]
            ),
            "local derivatives multiply along a chain; these were added": lambda x: sum(factors(x)),
            "the slope of the cosine is −sin: the sign": lambda x: -math.prod(factors(x)),
            "the sine is taken at y, which enters that box, not at x": lambda x: (
                -factors(x)[0] * math.sin(x) * 3 * x**2
            ),
            "the exponential is taken at u, which enters that box": lambda x: (
                math.exp(x**3) * math.prod(factors(x)[1:])
            ),
        },
        draw=points_of_the_factors,
    ),
    oracle(
        check.send_back,
        chain,
        {
            "a backward pass starts with 1, not with the value of z": lambda steps, x: (
                chain(steps, x) * entering(steps, x)[-1]
            ),
            "the last operation before the leaf was not called": lambda steps, x: sent_back(
                steps, x
            )[-2],
            "only the first node was called: go on until the leaf": lambda steps, x: sent_back(
                steps, x
            )[1],
            "each node is called with what the one before it returned, not with 1": (
                lambda steps, x: local_derivatives(steps, x)[0]
            ),
            "autograd walked, not you: it obeys a hook on z, which doubles; a node knows no hook": (
                lambda steps, x: 2 * chain(steps, x)
            ),
        },
        draw=lambda source: [a_chain(source, length) for length in (2, 4, source.randint(3, 5))],
    ),
    oracle(
        check.middle_gradient,
        lambda f, x: slope(f, x**3),
        {
            "that is the gradient of x: y.grad is wanted": lambda f, x: slope(f, x**3) * 3 * x**2,
            "that is the local derivative of x³: dz/dy belongs to the other box": lambda _, x: (
                3 * x**2
            ),
            "that is z itself": lambda f, x: f(x**3),
            "dz/dy is taken at y, not at x": slope,
            "a formula for the cosine: let autograd differentiate whatever f is": lambda _, x: (
                -math.sin(x**3)
            ),
            "by a nudge or a formula: this f holds one y still, which only autograd knows": (
                lambda f, x: slope(f, x**3, NUDGED)
            ),
        },
        draw=last_steps,
    ),
    oracle(
        check.connected,
        lambda x: [math.exp(math.sin(x)), math.exp(math.sin(x)) * math.cos(x)],
        {
            "the exponential comes after the sine, as in broken": lambda x: [
                math.sin(math.exp(x)),
                math.cos(math.exp(x)) * math.exp(x),
            ],
            "the exponential is lost": lambda x: [math.sin(x), math.cos(x)],
            "the sine is lost": lambda x: [math.exp(x), math.exp(x)],
            "backward() inside the function: a leaf adds what arrives": lambda x: [
                math.exp(math.sin(x)),
                2 * math.exp(math.sin(x)) * math.cos(x),
            ],
        },
        draw=points_of_the_cut,
    ),
]
