"""The checks of assignment 01: how steep is a function at one point?"""

import torch

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.leaves import half_held

Number = float | torch.Tensor


def cube(x: Number) -> Number:
    """5x³ − 4x"""
    return 5 * x * x * x - 4 * x


def ratio(x: Number) -> Number:
    """x² + 6/x"""
    return x * x + 6 / x


#: The functions that exercises 1.5 and 1.6 are tried on, with what autograd says of them.
SLOPES = {
    cube: lambda x: 15 * x**2 - 4,
    ratio: lambda x: 2 * x - 6 / x**2,
    half_held: lambda x: x,
}
#: What a nudge says of them.
NUDGED = SLOPES | {half_held: lambda x: 2 * x}
BY_A_NUDGE = "by a nudge or a formula: this f holds one x still, which only autograd knows"

receives = check_value(
    "1.1",
    "receives",
    {"w": True, "x": False, "b": True},
    {
        "x: its outline is dashed, so it does not require grad": {"x": True},
        "w: an nn.Parameter requires grad from the start": {"w": False},
        "b: requires_grad_() makes it a leaf that requires grad, like any other": {"b": False},
    },
)

two_steps = check_value(
    "1.2",
    "two_steps",
    15.0,
    {
        "13.75 is the value of z, not its slope": 13.75,
        "5 is the slope of y: the factor 3 multiplies it": 5.0,
        "a constant moves the curve up or down and leaves its slope alone": 10.0,
        "the slope of x² is 2x, not x": 7.5,
        "that is the slope of 3y as y moves; you are asked what happens as x moves": 3.0,
    },
)

nudged_slope = check_function(
    "1.3",
    "nudged_slope",
    lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    {
        "divided by h: between x − h and x + h lie two of them": lambda f, x, h: (
            (f(x + h) - f(x - h)) / h
        ),
        "a/2*h is (a/2)·h: put 2 * h in brackets": lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
        "the rise alone: divide by how far x moved": lambda f, x, h: f(x + h) - f(x - h),
        "nudged to one side only: h from x, or 2h from x − h to x + h": lambda f, x, h: (
            (f(x + h) - f(x)) / h
        ),
        "left minus right: the sign": lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
        "the slope at x itself, without h: the quotient of this nudge is wanted": (
            lambda f, x, _: (f(x + 1e-4) - f(x - 1e-4)) / 2e-4
        ),
    },
    cases=[(cube, 1.3, 0.1), (ratio, 1.7, 0.2)],
)

slope_by_hand = check_function(
    "1.4",
    "slope_by_hand",
    lambda x: 12 * x**2 - 2,
    {
        "the exponent comes down as a factor: x³ has the slope 3x²": lambda x: 4 * x**2 - 2,
        "the exponent goes down by one: x³ has the slope 3x²": lambda x: 12 * x**3 - 2,
        "that is the function itself, not its slope": lambda x: 4 * x**3 - 2 * x,
        "2x has the slope 2, not 2x": lambda x: 12 * x**2 - 2 * x,
        "−2x is lost: its slope is −2 everywhere": lambda x: 12 * x**2,
        "the sign of 2x": lambda x: 12 * x**2 + 2,
    },
    cases=[1.5, -0.7],
)

slope = check_function(
    "1.5",
    "slope",
    lambda f, x: SLOPES[f](x),
    {
        "that is f(x), the value: the slope is in the .grad of the input": lambda f, x: f(x),
        "a formula for one function: let autograd differentiate whatever f is": (
            lambda _, x: SLOPES[cube](x)
        ),
        "backward() called twice, and a leaf adds what arrives": lambda f, x: 2 * SLOPES[f](x),
        BY_A_NUDGE: lambda f, x: NUDGED[f](x),
    },
    cases=[(cube, 1.5), (ratio, 1.7), (cube, 3), (half_held, 0.8)],
)

slopes = check_function(
    "1.6",
    "slopes",
    lambda f, values: [SLOPES[f](x) for x in values],
    {
        "÷N: mean() divides each slope by how many there are": lambda f, values: [
            SLOPES[f](x) / len(values) for x in values
        ],
        "only the first output was asked": lambda f, values: (
            [SLOPES[f](values[0])] + [0.0] * (len(values) - 1)
        ),
        "these are the values of f, not the slopes": lambda f, values: [f(x) for x in values],
        BY_A_NUDGE: lambda f, values: [NUDGED[f](x) for x in values],
    },
    cases=[(cube, [1.5, -0.4, 2.2]), (half_held, [0.7, 3.1])],
)
