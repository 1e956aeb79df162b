"""The oracles of assignment 09: why do twelve numbers arrive at a bias of three?"""

import itertools
import math

from autograd_seen.checks import broadcasting as check
from plainjudge.arithmetic import descend, mean, products
from plainjudge.oracles import number, oracle, prediction, signed


def table(source, *shape, low=0.5, high=9):
    """Numbers of one decimal in nested lists: one number for no sides."""
    if not shape:
        return signed(source, low, high)
    return [table(source, *shape[1:], low=low, high=high) for _ in range(shape[0])]


def turned(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def matmul(first, second):
    return [[math.fsum(products(row, column)) for column in turned(second)] for row in first]


# --- 9.3 ------------------------------------------------------------------------------------------


def sides(nested):
    """The shape of nested lists."""
    return (len(nested), *sides(nested[0])) if isinstance(nested, list) else ()


def place(shape, whole):
    """Where a tensor of a shape is read for a place of the whole that it was repeated into."""
    behind = whole[len(whole) - len(shape) :]
    return tuple(0 if size == 1 else at for size, at in zip(shape, behind, strict=True))


def at(nested, place):
    for one in place:
        nested = nested[one]
    return nested


def nest(values, shape, begun=()):
    """{place: number} as nested lists."""
    if len(begun) == len(shape):
        return values[begun]
    return [nest(values, shape, (*begun, one)) for one in range(shape[len(begun)])]


def gathered(effect=lambda G, a, b: G * b, gather=math.fsum):
    """What arrives at a: the effects of all places where each of its numbers is used, gathered."""

    def found(G, a, b):
        of_a, of_b = sides(a), sides(b)
        effects = {}
        for whole in itertools.product(*map(range, sides(G))):
            used = place(of_a, whole)
            numbers = at(G, whole), at(a, used), at(b, place(of_b, whole))
            effects.setdefault(used, []).append(effect(*numbers))
        return nest({used: gather(several) for used, several in effects.items()}, of_a)

    return found


def averaged_where_it_was_1(G, a, b):
    """What arrives at a, with the mean over each axis where a has the length 1."""
    of_a, whole = sides(a), sides(G)
    behind = whole[len(whole) - len(of_a) :]
    uses = math.prod(long for size, long in zip(of_a, behind, strict=True) if size == 1)
    return gathered(gather=lambda effects: math.fsum(effects) / uses)(G, a, b)


#: Shapes of G, a and b.
SHAPES = [
    ((3, 2), (2,), (3, 2)),
    ((3, 3), (3, 1), (3,)),
    ((2, 4), (1, 4), (2, 1)),
    ((2, 3), (2, 3), (2, 1)),
    ((2, 3, 2), (3, 1), (2, 1, 2)),
    ((2, 3, 2), (2,), (2, 3, 1)),
    ((2, 3, 2), (1, 1), (2, 3, 2)),
    ((2, 3), (), (3,)),
]


def factors(source):
    """Factors whose gradient has no number near 0: there a relative error says little."""

    def case(shapes):
        while True:
            G, a, b = (table(source, *shape) for shape in shapes)
            effects = gathered(gather=lambda e: abs(math.fsum(e)))(G, a, b)
            if smallest(effects) > 1:
                return G, a, b

    return [case(shapes) for shapes in SHAPES]


def smallest(nested):
    return min(map(smallest, nested)) if isinstance(nested, list) else abs(nested)


# --- 9.4 ------------------------------------------------------------------------------------------


def down(rows):
    """The sum over axis 0."""
    return [math.fsum(column) for column in turned(rows)]


def layer(name, G, X, W):
    """What arrives at X, W or b."""
    if name == "b":
        return {name: down(G)}
    return {name: matmul(G, W) if name == "X" else matmul(turned(G), X)}


def only(part, change):
    """One of the three, changed by a mistake; of the others nothing is known."""
    return lambda name, G, X, W: {name: change(G, X, W)} if name == part else {}


def layers(source):
    """Layers with as many samples as inputs and outputs, so that every product fits."""

    def case(sides):
        while True:
            given = tuple(table(source, sides, sides) for _ in range(3))
            parts = [(name, *given) for name in ("X", "W", "b")]
            if min(smallest(layer(*part)[part[0]]) for part in parts) > 1:
                return parts

    return case(3) + case(4)


# --- 9.5 ------------------------------------------------------------------------------------------


def met(signal, v, size, stride=2):
    """For each number of the kernel what it meets in the signal, times v, added up."""
    windows = [signal[stride * i : stride * i + size] for i in range(len(v))]
    return [math.fsum(products(column, v)) for column in turned(windows)]


def signals(source):
    """Signals, what arrives and the size of the kernel, with no number near 0 in the answer. The
    last number of the second signal is not under the kernel.
    """

    def case(places, outputs, size):
        while True:
            signal, v = table(source, places), table(source, outputs)
            if smallest(met(signal, v, size)) > 1:
                return signal, v, size

    return [case(7, 3, 3), case(9, 3, 4), case(12, 4, 6)]


# --- 9.6 ------------------------------------------------------------------------------------------


def fitted(pull, kept=0.0, count=lambda springs, loads: springs * loads):
    """w after so many steps from 0. ``pull(S, x, i, j)`` is (number of w, factor of it) with which
    stretch i, j is predicted; ``count`` is what the sum of the squares is divided by.
    """

    def found(loads, stretch, lr, steps):
        springs, many = len(stretch), len(loads)
        divided = count(springs, many)

        def gradient(*w):
            slopes = [0.0] * springs
            for i, j in itertools.product(range(springs), range(many)):
                one, factor = pull(loads, i, j)
                slopes[one] += 2 * (w[one] * factor - stretch[i][j]) * factor / divided
            return slopes

        return descend(gradient, [0.0] * springs, lr, steps, kept)

    return found


def by_spring(loads, i, j):
    return i, loads[j]


def best(loads, stretch, lr, steps):
    """The least squares slope of each spring."""
    square = math.fsum(products(loads, loads))
    return [math.fsum(products(row, loads)) / square for row in stretch]


def springs(source):
    """As many loads as springs: else what is wrong raises."""

    def case(count, steps):
        loads = [one / 10 for one in sorted(source.sample(range(5, 40), count))]
        soft = [one / 10 for one in source.sample(range(3, 26), count)]
        stretch = [[round(w * x + signed(source, 0.01, 0.2, 2), 2) for x in loads] for w in soft]
        curvature = 2 * mean(products(loads, loads)) / count
        return loads, stretch, float(f"{number(source, 0.2, 0.5, 2) / curvature:.2g}"), steps

    return [case(3, source.randint(2, 3)), case(4, source.randint(4, 6))]


#: What is to be summed over in 9.4.
SAMPLES = "sum over the samples, axis 0 of both"
OUTPUTS = "sum over the outputs, axis 1 of G and axis 0 of W"

ORACLES = [
    prediction(
        check.arrives,
        [9.0, 60.0, 242.0, 44.0, 106.0],
        {
            "for a: X stands beside it, so each number of G is multiplied by its X first": [
                *(9.0, 60.0),
                *(31.0, 12.0, 26.0),
            ],
            "means: each use of a number adds its effect, and nothing divides": [
                *(3.0, 20.0),
                *(121.0, 22.0, 53.0),
            ],
            "for a: a mean, but nothing divides": [9.0, 60.0, 121.0, 22.0, 53.0],
            "for c: a mean, but nothing divides": [3.0, 20.0, 242.0, 44.0, 106.0],
            "for c: it is only added, so X plays no part": [22.0, 370.0, 242.0, 44.0, 106.0],
            "for a: the first row alone, but the second uses a too": [9.0, 60.0, 2.0, 14.0, 6.0],
            "for a: first the products with X, then the sum": [9.0, 60.0, 310.0, 120.0, 156.0],
            "first the two of c, then the three of a": [242.0, 44.0, 106.0, 9.0, 60.0],
            "for c: a mean, but nothing divides; for a: each number of G is multiplied by its X": [
                *(3.0, 20.0),
                *(31.0, 12.0, 26.0),
            ],
            "for c: multiplied by c itself, but it is only added": [
                *(36.0, 360.0),
                *(242.0, 44.0, 106.0),
            ],
            "for a: X is multiplied, not added to G": [9.0, 60.0, 41.0, 22.0, 32.0],
            "for a: multiplied by a itself: the factor is what stands beside it": [
                *(9.0, 60.0),
                *(93.0, 60.0, 52.0),
            ],
            "for c: the first column alone, but it is used in all three": [
                1.0,
                30.0,
                242.0,
                44.0,
                106.0,
            ],
        },
    ),
    prediction(
        check.axes,
        {
            "(3,)": "axis 0",
            "(4, 1)": "axis 1",
            "(1, 3)": "axis 0",
            "()": "both",
            "(4,)": "error",
            "(4, 3)": "none",
        },
        {
            "(4,): shapes are compared from the right, and there 4 meets 3": {"(4,)": "axis 1"},
            "(4,): it is no row of X either: 4 numbers do not fit above 3 columns": {
                "(4,)": "axis 0"
            },
            "(3,): it is repeated in each of the 4 rows, so its copies stand below each other": {
                "(3,)": "axis 1"
            },
            "(3,): the shapes are compared from the right, where 3 meets 3": {"(3,)": "error"},
            "(4, 1): its copies stand side by side, in each of the 3 columns": {"(4, 1)": "axis 0"},
            "(4, 1): along an axis of length 1 it is repeated, without an error": {
                "(4, 1)": "error"
            },
            "(1, 3): the axis of length 1 is the one along which it is repeated": {
                "(1, 3)": "axis 1"
            },
            "(1, 3): its only row is repeated in each of the 4 rows": {"(1, 3)": "none"},
            "(): its one number is used in all rows and in all columns": {"()": "axis 0"},
            "(): its one number is used twelve times, so twelve are added": {"()": "none"},
            "(): one number is repeated into any shape": {"()": "error"},
            "(4, 3): nothing is repeated, so nothing is added up": {"(4, 3)": "both"},
            "(4, 3): it has all four rows already": {"(4, 3)": "axis 0"},
            "(4, 3): it has all three columns already": {"(4, 3)": "axis 1"},
            "(4, 3): equal shapes always fit": {"(4, 3)": "error"},
            "(3,): it has a number for each column already": {"(3,)": "both"},
            "(3,): it lacks an axis, so it is repeated along that": {"(3,)": "none"},
            "(4,): from the right its 4 meets 3, and neither is 1": {"(4,)": "none"},
            "(4,): the sum raises, since its 4 meets 3, and nothing arrives": {"(4,)": "both"},
            "(4, 1): it has a number for each row already": {"(4, 1)": "both"},
            "(4, 1): its only column is repeated in each of the 3 columns": {"(4, 1)": "none"},
            "(1, 3): it has a number for each column already": {"(1, 3)": "both"},
            "(1, 3): along an axis of length 1 it is repeated, and nothing raises": {
                "(1, 3)": "error"
            },
            "(): its one number is used in all columns and in all rows": {"()": "axis 1"},
        },
    ),
    oracle(
        check.product_backward,
        gathered(),
        {
            "b plays no part: a change of a is multiplied by b on the way to the product": gathered(
                lambda G, a, b: G
            ),
            "multiplied by a: the factor of a is what stands beside it, b": gathered(
                lambda G, a, b: G * a
            ),
            "G plays no part: this would be right for a G of ones": gathered(lambda G, a, b: b),
            "the mean over the copies: each use adds its effect, and nothing divides": gathered(
                gather=mean
            ),
            "the mean over the axes of length 1: each use adds its effect, and nothing divides": (
                averaged_where_it_was_1
            ),
            "one of the copies alone: the others use the same number": gathered(
                gather=lambda effects: effects[0]
            ),
        },
        draw=factors,
    ),
    oracle(
        check.linear_backward,
        layer,
        {
            "X: G @ W.T belongs to Y = X @ W, but this layer computes X @ W.T": only(
                "X", lambda G, X, W: matmul(G, turned(W))
            ),
            f"X: W @ G pairs inputs with samples; {OUTPUTS}": only(
                "X", lambda G, X, W: matmul(W, G)
            ),
            f"X: W.T @ G pairs outputs with samples; {OUTPUTS}": only(
                "X", lambda G, X, W: matmul(turned(W), G)
            ),
            f"X: G.T @ W pairs samples with outputs; {OUTPUTS}": only(
                "X", lambda G, X, W: matmul(turned(G), W)
            ),
            f"X: W @ G.T pairs inputs with outputs; {OUTPUTS}": only(
                "X", lambda G, X, W: matmul(W, turned(G))
            ),
            f"X: G.T @ W.T pairs samples with inputs; {OUTPUTS}": only(
                "X", lambda G, X, W: matmul(turned(G), turned(W))
            ),
            "X: transposed: X has a row for each sample": only(
                "X", lambda G, X, W: turned(matmul(G, W))
            ),
            "X: a mean, but nothing divides": only(
                "X", lambda G, X, W: [[one / len(G) for one in row] for row in matmul(G, W)]
            ),
            "X: * goes place by place: each input is used for all outputs, so sum over them": only(
                "X", lambda G, X, W: [list(products(*rows)) for rows in zip(G, W, strict=True)]
            ),
            f"W: G.T @ X.T pairs samples with inputs; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(turned(G), turned(X))
            ),
            f"W: X.T @ G.T pairs samples with outputs; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(turned(X), turned(G))
            ),
            "W: * goes place by place: each weight is used in all samples, so sum over them": only(
                "W", lambda G, X, W: [list(products(*rows)) for rows in zip(G, X, strict=True)]
            ),
            "W: X.T @ G belongs to Y = X @ W; here it comes out transposed": only(
                "W", lambda G, X, W: matmul(turned(X), G)
            ),
            f"W: G @ X pairs outputs with samples; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(G, X)
            ),
            f"W: X @ G pairs inputs with samples; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(X, G)
            ),
            f"W: G @ X.T pairs outputs with inputs; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(G, turned(X))
            ),
            f"W: X @ G.T pairs inputs with outputs; {SAMPLES}": only(
                "W", lambda G, X, W: matmul(X, turned(G))
            ),
            "W: a mean over the samples, but each adds its effect, and nothing divides": only(
                "W", lambda G, X, W: matmul([[one / len(G) for one in o] for o in turned(G)], X)
            ),
            "b: the sum over axis 1 is a number for each sample, and b has one for each output": (
                only("b", lambda G, X, W: down(turned(G)))
            ),
            "b: a mean over the samples, but each adds its effect, and nothing divides": only(
                "b", lambda G, X, W: [one / len(G) for one in down(G)]
            ),
            "b: X plays no part, since b is only added": only("b", lambda G, X, W: down(X)),
        },
        draw=layers,
    ),
    oracle(
        check.kernel_backward,
        met,
        {
            "without the stride: output i reads signal[2i + j]": lambda signal, v, size: met(
                signal, v, size, stride=1
            ),
            "turned round: kernel[0] meets signal[0] at output 0": lambda *case: met(*case)[::-1],
            "v is turned round: v[0] belongs to output 0": lambda signal, v, size: met(
                signal, v[::-1], size
            ),
            "one place alone: each output uses the kernel": lambda signal, v, size: signal[:size],
            "one place alone, times its v: each output uses the kernel": lambda signal, v, size: [
                v[0] * one for one in signal[:size]
            ],
            "the mean over the places: each use adds its effect, and nothing divides": (
                lambda signal, v, size: [one / len(v) for one in met(signal, v, size)]
            ),
            "v plays no part: this would be right for a v of ones": lambda signal, v, size: met(
                signal, [1.0] * len(v), size
            ),
            "the signal plays no part: it is what the kernel is multiplied by": (
                lambda signal, v, size: [math.fsum(v)] * size
            ),
        },
        draw=signals,
    ),
    oracle(
        check.fit,
        fitted(by_spring),
        {
            "w lies along the rows, one number for each load: a column lets it have one for each "
            "spring": fitted(lambda loads, i, j: (j, loads[j])),
            "loads became the column: that has to be w, with loads along the rows": fitted(
                lambda loads, i, j: (j, loads[i])
            ),
            "loads is a column too, or stretch is turned and w is not: each load has a column of "
            "stretch": fitted(lambda loads, i, j: (i, loads[i])),
            "the sum of the squares: its steps are longer than those of the mean": fitted(
                by_spring, count=lambda springs, loads: 1
            ),
            "the mean over one axis alone: broken takes the mean over all squares": fitted(
                by_spring, count=lambda springs, loads: loads
            ),
            "the gradients add up from step to step: clear w.grad": fitted(by_spring, kept=1.0),
            "the best w: asked is the one after so many steps": best,
        },
        draw=springs,
    ),
]
