"""The oracles of assignment 01: how steep is a function at one point?"""

from autograd_seen.checks import scalar_gradients as check
from autograd_seen.checks.families import cubic, half_held, ratio
from plainjudge.oracles import number, oracle, prediction, signed

#: The slope by autograd of each family that exercises 1.5 and 1.6 are tried on.
SLOPES = {
    cubic: lambda x, a, b: 3 * a * x**2 + b,
    ratio: lambda x, a, b: 2 * a * x - b / x**2,
    half_held: lambda x, a: a * x,
}
#: What a nudge says of them.
NUDGED = SLOPES | {half_held: lambda x, a: 2 * a * x}
BY_A_NUDGE = "by a nudge or a formula: this f holds one x still, which only autograd knows"


def slope(f, x, slopes=SLOPES):
    """The slope of one of the functions at x."""
    maker, given = f.made_by
    return slopes[maker](x, *given)


def a_cubic(source):
    return cubic(signed(source, 1.5, 6), signed(source, 1, 6))


def a_ratio(source):
    return ratio(signed(source, 1.5, 4), signed(source, 2, 7))


def a_half_held(source):
    return half_held(signed(source, 1.2, 4))


def nudges(source):
    return [
        (a_cubic(source), signed(source, 0.4, 2.5), number(source, 0.05, 0.3, 2)),
        (a_ratio(source), signed(source, 1, 2.5), number(source, 0.05, 0.3, 2)),
    ]


def single_points(source):
    makers = a_cubic, a_ratio, a_half_held
    return [(make(source), signed(source, 0.4, 2.5)) for make in makers]


def several_points(source):
    makers = a_cubic, a_ratio, a_half_held
    return [
        (make(source), [signed(source, 0.4, 2.5) for _ in range(source.randint(3, 5))])
        for make in makers
    ]


ORACLES = [
    prediction(
        check.receives,
        {"w": True, "x": False, "b": True},
        {
            "x: its outline is dashed, so it does not require grad": {"x": True},
            "w: an nn.Parameter requires grad from the start": {"w": False},
            "b: requires_grad_() makes it a leaf that requires grad, like any other": {"b": False},
        },
    ),
    prediction(
        check.two_steps,
        15.0,
        {
            "13.75 is the value of z, not its slope": 13.75,
            "5 is the slope of y: the factor 3 multiplies it": 5.0,
            "a constant moves the curve up or down and leaves its slope alone": 10.0,
            "the slope of x² is 2x, not x": 7.5,
            "that is the slope of 3y as y moves; you are asked what happens as x moves": 3.0,
        },
    ),
    oracle(
        check.nudged_slope,
        lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
        {
            "divided by h: between x − h and x + h lie two of them": lambda f, x, h: (
                (f(x + h) - f(x - h)) / h
            ),
            "a/2*h is (a/2)·h: put 2 * h in brackets": lambda f, x, h: (
                (f(x + h) - f(x - h)) / 2 * h
            ),
            "the rise alone: divide by how far x moved": lambda f, x, h: f(x + h) - f(x - h),
            "nudged to one side only: h from x, or 2h from x − h to x + h": lambda f, x, h: (
                (f(x + h) - f(x)) / h
            ),
            "left minus right: the sign": lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
            "the slope at x itself, without h: the quotient of this nudge is wanted": (
                lambda f, x, _: slope(f, x)
            ),
        },
        draw=nudges,
    ),
    oracle(
        check.slope_by_hand,
        lambda x: 12 * x**2 - 2,
        {
            "the exponent comes down as a factor: x³ has the slope 3x²": lambda x: 4 * x**2 - 2,
            "the exponent goes down by one: x³ has the slope 3x²": lambda x: 12 * x**3 - 2,
            "that is the function itself, not its slope": lambda x: 4 * x**3 - 2 * x,
            "2x has the slope 2, not 2x": lambda x: 12 * x**2 - 2 * x,
            "−2x is lost: its slope is −2 everywhere": lambda x: 12 * x**2,
            "the sign of 2x": lambda x: 12 * x**2 + 2,
        },
        draw=lambda source: [signed(source, 0.3, 3) for _ in range(3)],
    ),
    oracle(
        check.slope,
        slope,
        {
            "that is f(x), the value: the slope is in the .grad of the input": lambda f, x: f(x),
            "a formula for one function: let autograd differentiate whatever f is": (
                lambda _, x: slope(cubic(5, -4), x)
            ),
            "backward() called twice, and a leaf adds what arrives": lambda f, x: 2 * slope(f, x),
            BY_A_NUDGE: lambda f, x: slope(f, x, NUDGED),
        },
        draw=single_points,
    ),
    oracle(
        check.slopes,
        lambda f, values: [slope(f, x) for x in values],
        {
            "÷N: mean() divides each slope by how many there are": lambda f, values: [
                slope(f, x) / len(values) for x in values
            ],
            "only the first output was asked": lambda f, values: (
                [slope(f, values[0])] + [0.0] * (len(values) - 1)
            ),
            "these are the values of f, not the slopes": lambda f, values: [f(x) for x in values],
            BY_A_NUDGE: lambda f, values: [slope(f, x, NUDGED) for x in values],
        },
        draw=several_points,
    ),
]
