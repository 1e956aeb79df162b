"""The oracles of assignment 08: what does the graph remember?"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_seen.checks import memory as check
from plainjudge.oracles import number, oracle, prediction

# --- 8.4 ------------------------------------------------------------------------------------------


def newton(a, x, slope):
    """The next x after a round of Newton's for the cube root of a, and its slope by a."""
    return (2 * x + a / x**2) / 3, (2 * slope + 1 / x**2 - 2 * a * slope / x**3) / 3


def missed(a, x):
    return abs(x**3 - a)


def rounds(a, x, tol, off=missed, slope=0.0):
    """[x, its slope by a] after each round, until x is close enough. ``slope`` is that of the x
    that went in.
    """
    found = [newton(a, x, slope)]
    while off(a, found[-1][0]) > tol:
        found.append(newton(a, *found[-1]))
    return [list(one) for one in found]


def too_large(a, x):
    return x**3 - a


def twice_if_far(a, x, tol):
    """One round, and a second one where the first has not brought x close enough."""
    return rounds(a, x, tol)[:2][-1]


def by_the_x_before(a, x, tol):
    """The first comparison looks at the x that went in."""
    found = rounds(a, x, tol)
    if len(found) > 1 or missed(a, x) <= tol:
        return found[-1]
    return list(newton(a, *found[0]))


def until_it_stands(a, x, tol):
    """Rounds until x and the next one are close to each other."""
    before, (x, slope) = x, newton(a, x, 0.0)
    while abs(x - before) > tol:
        before, (x, slope) = x, newton(a, x, slope)
    return [x, slope]


def one_more(a, x, tol):
    """A round for each x that is not close enough, the last included: then one on top."""
    if missed(a, x) <= tol:
        return rounds(a, x, tol)[0]
    x, slope = rounds(a, x, tol)[-1]
    return list(newton(a, x, slope))


def nothing_of_a(a, x, tol):
    """As it should be, but where x is close enough already a has the slope 0."""
    return [x, 0.0] if missed(a, x) <= tol else rounds(a, x, tol)[-1]


def last_round_alone(a, x, tol):
    before = [x, *(root for root, _ in rounds(a, x, tol))]
    return list(newton(a, before[-2], 0.0))


def after_the_loop(a, x, tol):
    """One round on top of the right ones."""
    return list(newton(a, *rounds(a, x, tol)[-1]))


def recorded_on_top(a, x, tol):
    """The same, and it alone has a history."""
    return list(newton(a, rounds(a, x, tol)[-1][0], 0.0))


def recorded_alone(a, x, tol):
    """The only round with a history comes after those that x needs, which may be none."""
    return list(newton(a, x, 0.0)) if missed(a, x) <= tol else recorded_on_top(a, x, tol)


def starts(source):
    """An x that is close already; one below 0 that needs two rounds, and one that needs three; and
    one that a single round brings close.
    """
    exact = float(source.choice([2, 3, 4, 5]))
    near = round(exact * source.uniform(0.94, 0.97), 2)
    a, x, tol = start(source, 2)
    return [
        (exact**3, near, float(f"{missed(exact**3, near) * source.uniform(1.1, 1.4):.2g}")),
        (-a, -x, tol),
        start(source, 3),
        start(source, 1),
    ]


def start(source, count):
    """A start and a tolerance that need so many rounds, whatever the last place of a float32."""
    while True:
        a = float(source.randint(15, 90))
        x = round(a ** (1 / 3) * source.uniform(0.5, 0.8), 1)
        errors, at = [missed(a, x)], x
        for _ in range(count):
            at, _ = newton(a, at, 0.0)
            errors.append(missed(a, at))
        tol = float(f"{math.sqrt(errors[-2] * errors[-1]):.2g}")
        if errors[-1] > 0.3 and all(error > 1.2 * tol for error in errors[:-1]):
            return a, x, tol


# --- 8.5 ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Node:
    """A node of a graph: its name, and the nodes that its edges lead to; None for a constant."""

    name: str
    edges: Sequence["Node | None"] = ()


def meeting(_factor):
    u = Node("PowBackward0", [Node(check.ACCUMULATE)])
    first = Node("MulBackward0", [Node("SinBackward0", [u]), u])
    return Node("AddBackward0", [first, Node("MulBackward0", [None, Node("ExpBackward0", [u])])])


def recurrent(rounds):
    x, h = Node(check.ACCUMULATE), None
    for _ in range(rounds):
        h = Node("TanhBackward0", [Node("AddBackward0", [Node("MulBackward0", [h, x]), None])])
    return h


def doubled(rounds):
    y = Node(check.ACCUMULATE)
    for _ in range(rounds):
        y = Node("AddBackward0", [y, y])
    return y


GRAPHS = {check.meeting: meeting, check.recurrent: recurrent, check.doubled: doubled}


def along_all(node):
    """The nodes behind one, itself first, once for each path that leads to it."""
    if node:
        yield node
        for behind in node.edges:
            yield from along_all(behind)


def by_edges(root):
    """The root, and for each edge the node that it leads to."""
    return [root, *(behind for node in set(along_all(root)) for behind in node.edges if behind)]


def along_the_first(node):
    """The nodes on the way that takes the first edge of each."""
    while node:
        yield node
        node = node.edges[0] if node.edges else None


def along_the_last(node):
    while node:
        yield node
        node = node.edges[-1] if node.edges else None


def right_behind(root):
    return [node for node in root.edges if node]


def before_a_constant(node):
    """As `along_all`, without the edges from a constant's on."""
    yield node
    for behind in itertools.takewhile(bool, node.edges):
        yield from before_a_constant(behind)


def from_the_front(root):
    """The nodes from the front of a list, up to the first that is a constant's or was seen."""
    seen, waiting = [], [root]
    for node in waiting:
        if node is None or node in seen:
            break
        seen.append(node)
        waiting.extend(node.edges)
    return seen


def of_the_newest(root):
    """The nodes from the end of a list that holds only those behind the node before."""
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node and node not in seen:
            seen.add(node)
            waiting = list(node.edges)
    return seen


def behind_its_like(f, name):
    """How many nodes have the name, if the walk goes on only behind such nodes."""

    def found(root):
        if root and root.name == name:
            yield root
            for behind in root.edges:
                yield from found(behind)

    return counted(lambda root: set(found(root)))(f, name)


def counted(nodes, fits=str.__eq__):
    """How many of the nodes that `nodes` takes from a graph have the name."""

    def found(f, name):
        maker, given = f.made_by
        return sum(fits(node.name, name) for node in nodes(GRAPHS[maker](*given)))

    return found


def all_once(root):
    return set(along_all(root))


def graphs(source):
    h, y = check.recurrent(source.randint(3, 7)), check.doubled(source.randint(4, 6))
    u = check.meeting(number(source, 2, 5))
    return [
        (u, "MulBackward0"),
        (u, "PowBackward0"),
        (u, "ExpBackward0"),
        (h, "MulBackward0"),
        (h, check.ACCUMULATE),
        (y, "AddBackward0"),
        (u, "Backward0"),
        (u, source.choice(["Mul", "Pow", "Exp"])),
    ]


# --- 8.6 ------------------------------------------------------------------------------------------


def of_tanh(w, h, x, a):
    """The next state, its slope by w with h held, and its slope by h."""
    new = math.tanh(w * (h + a) + x)
    return new, (1 - new**2) * (h + a), (1 - new**2) * w


def of_the_lesson(w, h, x, a):
    """The same for tanh(wh + x), whatever the cell is."""
    new = math.tanh(w * h + x)
    return new, (1 - new**2) * h, (1 - new**2) * w


CELLS = {
    check.tanh_cell: of_tanh,
    check.held_cell: lambda w, h, x, a: (a * w * h + x * w, a * h, a * w),
}


def received(back=0.0, kept=1.0, loss=lambda h: 2 * h, carried=1.0, cells=CELLS, first=0):
    """What w holds after all rounds. ``back`` is how much of the state's own slope by w goes into
    the next round, ``kept`` how much of w's gradient is still there when the next one adds to it,
    ``loss`` the slope of a round's loss by its state, ``carried`` how much of the state goes on,
    ``first`` the round with the first pass.
    """

    def found(cell, w, xs):
        maker, given = cell.made_by
        h = slope = total = 0.0
        for i, x in enumerate(xs):
            h, by_w, by_h = cells[maker](w, carried * h, x, *given)
            slope = by_w + back * by_h * slope
            total = kept * total + loss(h) * slope * (i >= first)
        return total

    return found


def last_state(cell, w, xs):
    maker, given = cell.made_by
    h = 0.0
    for x in xs:
        h, *_ = CELLS[maker](w, h, x, *given)
    return h


def first_round(cell, w, xs):
    return received()(cell, w, xs[:1])


def recordings(source):
    def recording(cell, low, high, rounds):
        xs = [number(source, 0.3, 1.3) for _ in range(rounds)]
        return cell, number(source, low, high, 2), xs

    return [
        recording(check.tanh_cell(number(source, 0.5, 1.2)), 0.4, 1.1, 3),
        recording(check.held_cell(number(source, 0.4, 0.8)), 1.2, 1.8, 4),
        recording(check.tanh_cell(number(source, 0.5, 1.2)), 0.4, 1.1, 5),
    ]


ORACLES = [
    prediction(
        check.read_edges,
        {"place 0": "two", "place 1": "zero", "None": "one", "AccumulateGrad": "one"},
        {
            "place 0: the place tells which input it is, the number which output of unbind": {
                "place 0": "zero"
            },
            "place 0: three outputs are counted from 0": {"place 0": "three"},
            "place 0: that is q, which does not go into y": {"place 0": "one"},
            "place 1: p is the first output of unbind, counted from 0": {"place 1": "one"},
            "place 1: y is r − p: r is the first input, and p the second": {"place 1": "two"},
            "None: a constant has no node, but it keeps its place": {"None": "zero"},
            "None: c goes into one operation only": {"None": "two"},
            "AccumulateGrad: v is one leaf, however many numbers it has": {
                "AccumulateGrad": "three"
            },
            "AccumulateGrad: a constant has none": {"AccumulateGrad": "two"},
            "AccumulateGrad: it is the node behind unbind that adds to v.grad": {
                "AccumulateGrad": "zero"
            },
        },
    ),
    prediction(
        check.filled,
        {
            **{"a": True, "b": False, "c": False, "d": False},
            **{"e": False, "f": True, "g": True, "h": True},
        },
        {
            "a: w is float64 already, so double() returns w itself": {"a": False},
            "b: float() has something to convert here, so it makes a result": {"b": True},
            "c: detach() gives a leaf that requires no gradient": {"c": True},
            "d: a view is made by an operation: a result": {"d": True},
            "e: the division comes after requires_grad, so it is recorded": {"e": True},
            "f: requires_grad_() comes last, on a tensor without a history": {"f": False},
            "g: a Parameter is a new leaf, whatever it is made from": {"g": False},
            "h: detach() took the history away, and then a gradient is asked for": {"h": False},
        },
    ),
    prediction(
        check.saved,
        {
            **{"a": "zero", "b": "one", "c": "one"},
            **{"d": "two", "e": "two", "f": "three"},
        },
        {
            "a: the slopes of a sum are 1, whatever went in": {"a": "two"},
            "a: a sum and sum() need no number that went in or came out": {"a": "one"},
            "a: not what goes in or comes out counts, but what a slope needs": {"a": "three"},
            "b: w is needed only for the gradient of k, and k asks for none": {"b": "two"},
            "b: the slope by w is k, so k is needed": {"b": "zero"},
            "b: no slope of a product needs the product itself": {"b": "three"},
            "c: the slope of w² is not the same for every w": {"c": "zero"},
            "c: both factors are the same tensor: nothing is saved twice": {"c": "two"},
            "d: exp saves its result, which is its slope, and sin something too": {"d": "one"},
            "d: exp saves its result, not what went in": {"d": "three"},
            "e: k asks for no gradient, and what goes into − is not needed": {"e": "three"},
            "e: w needs the factor k, and a square saves something too": {"e": "one"},
            "e: the sum needs none of the squares, and w is not needed either": {"e": "four"},
            "f: tanh saves something too": {"f": "two"},
            "f: tanh needs what comes out of it, and not what goes in": {"f": "four"},
            "f: both w and v ask for a gradient, so each needs the other": {"f": "one"},
        },
    ),
    oracle(
        check.cube_root,
        lambda a, x, tol: rounds(a, x, tol)[-1],
        {
            "one round only: go on while x³ is off by more than tol": lambda a, x, tol: rounds(
                a, x, tol
            )[0],
            "one round too many: look at x³ after the round, not before it": one_more,
            "the history of the rounds before the last is cut: detach(), item() or no_grad() in "
            "the loop": last_round_alone,
            "the slope 0 for a where x is right already: run one round there too": nothing_of_a,
            "that is the exact root: here the slope of the rounds is wanted": lambda a, x, tol: [
                math.cbrt(a),
                math.cbrt(a) / (3 * a),
            ],
            "two rounds at most: an `if` asks once, a `while` after each round": twice_if_far,
            "the first comparison looks at the x that went in: look at root**3": by_the_x_before,
            "without abs() a root that is too small counts as close": lambda a, x, tol: rounds(
                a, x, tol, too_large
            )[-1],
            "compare root**3 with a, and not one x with the next": until_it_stands,
            "one round too many: after the loop root is close enough": after_the_loop,
            "one more round after the loop, and the loop's own rounds left no history": (
                recorded_on_top
            ),
            "one round alone has a history: the rounds of the loop belong in the graph too": (
                recorded_alone
            ),
            "the rounds begin at a: begin them at the x that went in": lambda a, x, tol: rounds(
                a, a, tol, slope=1.0
            )[-1],
        },
        draw=starts,
    ),
    oracle(
        check.count,
        counted(all_once),
        {
            "counted once for each path: remember which nodes you have seen": counted(along_all),
            "counted once for each edge: look among the seen ones before you count": counted(
                by_edges
            ),
            "only the first edge of each node was followed": counted(along_the_first),
            "only what last edges lead to was found: follow every edge, and do not end the walk at "
            "a None or a seen node": counted(along_the_last),
            "the walk ends at the first None or seen node: skip it, and go on": counted(
                from_the_front
            ),
            "nodes that still wait are lost with each new one: add to the list": counted(
                of_the_newest
            ),
            "go on behind every node, not only behind those with the name": behind_its_like,
            "0 each time: does each new node go into the set, and has node.name() its brackets?": 0,
            "a part of a name is not the name: compare whole names": counted(
                all_once, fits=lambda held, name: name in held
            ),
            "the beginning of a name is not the name: compare whole names": counted(
                all_once, fits=str.startswith
            ),
            "the end of a name is not the name: compare whole names": counted(
                all_once, fits=str.endswith
            ),
            "the edges behind a constant are missing: skip its None, and go on": counted(
                lambda root: set(before_a_constant(root))
            ),
            "z's own node is missing: z.grad_fn counts too": counted(
                lambda root: all_once(root) - {root}
            ),
            "only the edges of z.grad_fn are looked at: go on behind those nodes too": counted(
                right_behind
            ),
            "only z.grad_fn and the nodes right behind it: go on behind those too": counted(
                lambda root: [root, *right_behind(root)]
            ),
            "the class of a leaf's node has a shorter name: compare node.name()": counted(
                all_once, fits=lambda held, name: held.split("::")[-1] == name
            ),
            "names are remembered in the place of nodes: several nodes have one name": counted(
                lambda root: {node.name: node for node in along_all(root)}.values()
            ),
            "all nodes are counted: compare node.name() with name": counted(
                all_once, fits=lambda *names: True
            ),
        },
        draw=graphs,
    ),
    oracle(
        check.truncated,
        received(),
        {
            "the whole past is in it: retain_graph=True, or one pass at the end, goes back to the "
            "start": received(back=1.0),
            "the last round alone: a pass belongs in each round, and w.grad adds up by itself": (
                received(kept=0.0)
            ),
            "the first round alone: return w.grad after the loop": first_round,
            "0 each time: is w.grad emptied after a pass? Let it add up": 0.0,
            "the state was thrown away; it is carried on, only without its history": received(
                carried=0.0
            ),
            "the pass began at the state: the loss is its square": received(loss=lambda h: 1.0),
            "that is the last state, not w.grad": last_state,
            "that is the last loss, not w.grad": lambda *case: last_state(*case) ** 2,
            "the pass of the first round is missing: w has come in there too": received(first=1),
            "tanh(wh + x) is only one cell: call the cell that is handed in": received(
                cells=dict.fromkeys(CELLS, of_the_lesson)
            ),
        },
        draw=recordings,
    ),
]
