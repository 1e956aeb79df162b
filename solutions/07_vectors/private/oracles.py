"""The oracles of assignment 07: what do you hand to backward() when the result is a vector?"""

import itertools
import math

from autograd_seen.checks import vectors as check
from plainjudge.arithmetic import mean
from plainjudge.oracles import number, oracle, prediction, signed


def added(rows):
    """The sum of the rows of a matrix."""
    return [math.fsum(column) for column in zip(*rows, strict=True)]


# --- 7.3 ------------------------------------------------------------------------------------------


def of_log_softmax(x, a):
    """The slope of output i by input j is a(δ − p), with p the probability of j."""
    powers = [math.exp(a * value) for value in x]
    p = [power / math.fsum(powers) for power in powers]
    return [[a * ((i == j) - p[j]) for j in range(len(x))] for i in range(len(x))]


JACOBIANS = {
    check.log_softmax: of_log_softmax,
    check.two_of_three: lambda x, a, b: [[a * x[1], a * x[0], 0.0], [x[2], 0.0, 2 * b * x[2]]],
}
#: What a nudge says of them.
NUDGED = JACOBIANS | {
    check.two_of_three: lambda x, a, b: [
        [a * x[1], a * x[0], 0.0],
        [x[2], 0.0, 2 * b * x[2] + x[0]],
    ]
}


def rows(change=lambda rows: rows, jacobians=JACOBIANS):
    """The Jacobian of the functions, changed by a mistake."""

    def found(f, x):
        maker, given = f.made_by
        return change(jacobians[maker](x, *given))

    return found


def turned(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def functions(source):
    x = [[number(source, 0.3, 1.4), number(source, 1.6, 2.4), -number(source, 0.3, 1.4)]]
    x += [source.sample(x[0], 3)]
    softmax = check.log_softmax(signed(source, 0.4, 1.2))
    return [
        (softmax, x[0]),
        (check.two_of_three(number(source, 1.5, 4), number(source, 1, 3)), x[1]),
    ]


# --- 7.4 ------------------------------------------------------------------------------------------

LENGTHS = 0.4, 0.3


def hand(q):
    first, second = q[0], q[0] + q[1]
    return [
        LENGTHS[0] * math.cos(first) + LENGTHS[1] * math.cos(second),
        LENGTHS[0] * math.sin(first) + LENGTHS[1] * math.sin(second),
    ]


def jacobian(q):
    forearm = q[0] + q[1]
    right, up = hand(q)
    return [
        [-up, -LENGTHS[1] * math.sin(forearm)],
        [right, LENGTHS[1] * math.cos(forearm)],
    ]


def times(matrix, vector):
    return [math.fsum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def solved(matrix, vector):
    """x with matrix · x = vector, for two numbers."""
    (a, b), (c, d) = matrix
    size = a * d - b * c
    return [(d * vector[0] - b * vector[1]) / size, (a * vector[1] - c * vector[0]) / size]


def reached(move=lambda J, missing: solved(J, missing), sign=1, once=False, kept=1, origin=hand):
    """The angles after some steps: each is ``kept`` times the angles and ``sign`` times a move,
    where the target is missed by its distance from ``origin``."""

    def found(q, target, steps):
        J = jacobian(q)
        for _ in range(steps):
            J = J if once else jacobian(q)
            at = origin(q)
            turn = move(J, [target[0] - at[0], target[1] - at[1]])
            q = [kept * old + sign * new for old, new in zip(q, turn, strict=True)]
        return q

    return found


def targets(source):
    """Places near the hand, and elbows far from straight."""

    def place(steps):
        start = [number(source, -0.5, 1, 2), signed(source, 0.9, 1.5, 2)]
        end = [start[0] + signed(source, 0.15, 0.3, 2), start[1] * 1.2]
        return start, [round(value, 3) for value in hand(end)], steps

    return [place(1), place(2), place(3)]


# --- 7.5 ------------------------------------------------------------------------------------------


def from_the_end(v):
    """For each place the sum of what stands there and after it."""
    return list(itertools.accumulate(reversed(v)))[::-1]


def vectors(source):
    return [(vector(source, count),) for count in source.sample([3, 4, 5, 6], 2)]


def vector(source, count):
    """Numbers of which no sum from the end is 0: whoever subtracts sums gets that only nearly."""
    while True:
        v = [signed(source, 0.5, 9) for _ in range(count)]
        if min(map(abs, from_the_end(v))) > 0.05:
            return v


# --- 7.6 ------------------------------------------------------------------------------------------


def of_circuit(means):
    """The slopes of R and X by voltage, current in mA, and phase."""
    voltage, current, phase = means
    impedance = 1000 * voltage / current
    R, X = impedance * math.cos(phase), impedance * math.sin(phase)
    return [[R / voltage, -R / current, -X], [X / voltage, -X / current, R]]


def uncertain(change=lambda rows: rows, related=True, root=math.sqrt):
    """The uncertainties of R and X, with the rows of slopes changed by a mistake."""

    def found(means, u, correlations):
        first, second, third = correlations if related else (0.0, 0.0, 0.0)
        r = [[1.0, first, second], [first, 1.0, third], [second, third, 1.0]]
        moves = [
            [slope * one for slope, one in zip(row, u, strict=True)]
            for row in change(of_circuit(means))
        ]
        return [
            root(math.fsum(one[i] * r[i][j] * one[j] for i in range(3) for j in range(3)))
            for one in moves
        ]

    return found


def circuits(source):
    """Means, relative uncertainties below 1 %, and correlations that measurements can have."""

    def circuit():
        means = [number(source, 3, 12), number(source, 15, 60), number(source, 0.5, 1.1, 2)]
        u = [round(value * source.uniform(0.003, 0.009), 5) for value in means]
        return means, u, [signed(source, 0.2, 0.45, 2) for _ in range(3)]

    return [circuit() for _ in range(3)]


ORACLES = [
    prediction(
        check.arrives,
        [16.0, 69.5, -13.0],
        {
            "that is the sum of the rows, for v = (1, 1): weigh each row with its number in v": [
                6.0,
                7.5,
                2.0,
            ],
            "the numbers of v are swapped: 10 belongs to the first row": [38.0, -2.0, 31.0],
            "the first row alone: the second comes back too, times −1": [20.0, 70.0, -10.0],
            "the rows are subtracted, but the first is not taken 10 times": [-2.0, 6.5, -4.0],
            "the sign of the second row: its number in v is −1": [24.0, 70.5, -7.0],
            "that is multiplied by x as well: the slope of a·x is a": [32.0, 208.5, -65.0],
        },
    ),
    prediction(
        check.counts,
        {
            "v": "three",
            "x.grad": "five",
            "rows": "three",
            "columns": "five",
            "passes": "three",
            "slopes": "fifteen",
        },
        {
            "rows: each output has a row, and each input a column": {
                "rows": "five",
                "columns": "three",
            },
            "v: the pass begins at the output, so v has its shape": {"v": "five"},
            "v: it has a number for each output, and not for each slope": {"v": "fifteen"},
            "x.grad: what comes back has the shape of x": {"x.grad": "three"},
            "x.grad: one pass brings one row's worth of numbers": {"x.grad": "fifteen"},
            "passes: one nudge for each input, but one pass for each output": {"passes": "five"},
            "passes: a pass brings a whole row, not one slope": {"passes": "fifteen"},
            "slopes: each output has a slope for each input": {"slopes": "five"},
            "slopes: each input has a slope for each output": {"slopes": "three"},
        },
    ),
    oracle(
        check.by_rows,
        rows(),
        {
            check.TRANSPOSED: rows(turned),
            "each row has the rows before it in it: x.grad was not cleared": rows(
                lambda J: [added(J[: at + 1]) for at in range(len(J))]
            ),
            "all rows added up: ask y[i] for one row; x.grad must be cleared and copied": rows(
                lambda J: [added(J)] * len(J)
            ),
            "the last row everywhere: clone() x.grad, it changes in place; or begin at y[i]": rows(
                lambda J: [J[-1]] * len(J)
            ),
            "the first row everywhere: each round asks for another output, y[i]": rows(
                lambda J: [J[0]] * len(J)
            ),
            "the mean of the rows: ask y[i] for one row at a time": rows(
                lambda J: [[mean(column) for column in zip(*J, strict=True)]] * len(J)
            ),
            "by a nudge: this f holds one x still, which only autograd knows": rows(
                jacobians=NUDGED
            ),
        },
        draw=functions,
    ),
    oracle(
        check.reach,
        reached(),
        {
            "away from the target: missing points from the hand to the target": reached(sign=-1),
            "J transposed makes torques of forces; here dq is wanted with J dq = missing": reached(
                lambda J, missing: times(turned(J), missing)
            ),
            "J times missing is a move of the hand: solve for the joints' move": reached(times),
            "solved with J transposed: the columns of J belong to the joints": reached(
                lambda J, missing: solved(turned(J), missing)
            ),
            "missing is a distance of the hand, and q are angles: J is between them": reached(
                lambda J, missing: missing
            ),
            "q came in twice: dq is the move alone, and it is added to q below": reached(kept=2),
            "target is a place: solve for what is missing": reached(origin=lambda q: [0.0, 0.0]),
            "J was computed once: it changes with q, so each step needs its own": reached(
                once=True
            ),
        },
        draw=targets,
    ),
    oracle(
        check.cumsum_backward,
        from_the_end,
        {
            "added from the front: x[j] goes into the outputs from y[j] on, so add from the end": (
                lambda v: list(itertools.accumulate(v))
            ),
            "v as it came: x[j] goes into later outputs too": lambda v: v,
            "v plays no part: that is for a v of ones": lambda v: list(range(len(v), 0, -1)),
            "the whole sum everywhere: x[j] does not go into the outputs before y[j]": lambda v: (
                [math.fsum(v)] * len(v)
            ),
            "y[j] itself is left out: x[j] goes into it as well": lambda v: [
                math.fsum(v[at + 1 :]) for at in range(len(v))
            ],
            "turned round: the first number belongs to x[0]": lambda v: list(
                itertools.accumulate(reversed(v))
            ),
        },
        draw=vectors,
    ),
    oracle(
        check.uncertainties,
        uncertain(),
        {
            "u(X) is that of R + X: x.grad still holds the first row when the second arrives": (
                uncertain(lambda J: [J[0], added(J)])
            ),
            "both are that of R + X: begin each pass at y[i], clear x.grad, and copy it": uncertain(
                lambda J: [added(J), added(J)]
            ),
            "both are u(X): x.grad is one tensor, changed in place: clone() it; or each pass began "
            "at y[1]": uncertain(lambda J: [J[1], J[1]]),
            "both are u(R): the second pass begins at y[1]": uncertain(lambda J: [J[0], J[0]]),
            "the covariances are left out: the inputs do not vary independently": uncertain(
                related=False
            ),
            "that is u²: take the root": uncertain(root=lambda square: square),
        },
        draw=circuits,
    ),
]
