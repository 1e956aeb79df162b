"""The checks of assignment 14: can you build it yourself?"""

import math
from collections.abc import Callable, Iterable, KeysView, Set

from autograd_seen.checks.by_hand import by_hand
from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import first_term, term
from autograd_seen.checks.plain import is_untouched
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Doubted, Misfit

PLAIN = "the inputs are plain numbers here: compute with math, as math.cos(a)"

works = check_value("14.1", "works")

slopes = check_value("14.2", "slopes")


def _by_hand(answer, *numbers):
    return by_hand(answer, *numbers)


def _slopes_by_hand(answer, number):
    """The slopes as numbers, also where a comparison stands for 1 or 0."""
    slopes = by_hand(answer, number)
    if not isinstance(slopes, list | tuple):
        return slopes
    return [float(slope) if isinstance(slope, bool) else slope for slope in slopes]


rules = check_function(
    "14.3",
    "rules",
    cases=[0.7, -1.9, 2.6],
    evaluate=_slopes_by_hand,
    hints={"must be Tensor": PLAIN, "no attribute": PLAIN},
)

divide = check_function(
    "14.4",
    "divide",
    cases=[(0.9, 2.5), (-1.7, 0.6), (3.4, -2.2)],
    evaluate=_by_hand,
    hints={"must be Tensor": PLAIN, "no attribute": PLAIN},
)


class Node:
    """A value of a graph, as an engine keeps it."""

    def __init__(self, inputs: Iterable[tuple["Node", float]]) -> None:
        self.inputs = tuple(inputs)


class BornNode(Node):
    """A value that also knows when it was made, and may have a gradient."""

    def __init__(self, inputs: Iterable[tuple[Node, float]], birth: int) -> None:
        super().__init__(inputs)
        self.birth, self.grad = birth, None


#: The shapes of the graphs that exercises 14.5 and 14.6 are asked for.
SUM, PRODUCT, DETOUR, CHAIN = "sum", "product", "detour", "chain"


def graph(shape: str, a: float, b: float, x: float, more: int = 0) -> list[list]:
    """A row for each value of a graph, from x to z: its inputs, as (row, local derivative)."""
    y = a * x
    v = b * b * y
    rows = {
        SUM: [[], [(0, a)], [(1, y), (1, y)], [(1, b)], [(2, 1.0), (3, 1.0)]],
        PRODUCT: [[], [(0, a)], [(1, b)], [(1, b * y), (2, y)]],
        DETOUR: [[], [(0, a)], [(1, b)], [(2, b)], [(3, v), (3, v)], [(4, 1.0), (2, 1.0)]],
        CHAIN: [[], [(0, a)]],
    }[shape]
    return rows + [[(len(rows) + place - 1, 1.0)] for place in range(more)]


def _formula(shape, a, b, x, more=0):
    formula = {
        SUM: f"z = y·y{term(b, 'y')}, y = {first_term(a, 'x')}",
        PRODUCT: f"z = y·u, u = {first_term(b, 'y')}, y = {first_term(a, 'x')}",
        DETOUR: f"z = v·v + y, v = {first_term(b, 'y')}, y = {first_term(b, 'q')}, "
        f"q = {first_term(a, 'x')}",
        CHAIN: f"z = {first_term(a, 'x')} and {more:,} sums",
    }[shape]
    return f"{formula}, x = {x:g}".replace("-", "−")


def _nodes(rows: list[list], make: Callable[..., Node]) -> list[Node]:
    """The values of a graph, from x to z."""
    nodes = []
    for birth, inputs in enumerate(rows):
        nodes.append(make([(nodes[place], local) for place, local in inputs], birth))
    return nodes


def _sent_in_order(answer, *given):
    """What x receives if the values have their turns as the answer says, and how many turns."""
    nodes = _nodes(graph(*given), lambda inputs, birth: Node(inputs))
    order = answer(nodes[-1])
    if order is None or is_untouched(order):
        return order
    if isinstance(order, Set) and not isinstance(order, KeysView):
        raise Misfit(f"type {type(order).__name__}", "a list of values", "a set has no order")
    if isinstance(order, str) or not isinstance(order, Iterable):
        raise Misfit(written(order), "a list of values", f"type {type(order).__name__}")
    order, known = list(order), {*map(id, nodes)}
    if not order:
        raise Misfit("an empty list", "a list of values", "order.append(…) puts one into it")
    if other := next((one for one in order if id(one) not in known), None):
        likely = "the list holds the values themselves, not the pairs in their inputs"
        raise Misfit(f"type {type(other).__name__} in the list", "values of the graph", likely)
    arrived = {nodes[-1]: 1.0}
    for node in order:
        for source, local in node.inputs:
            arrived[source] = arrived.get(source, 0.0) + arrived.get(node, 0.0) * local
    return [arrived.get(nodes[0], 0.0), len(order)]


in_order = check_function(
    "14.5",
    "in_order",
    cases=[
        (SUM, 3.0, 0.5, 0.7),
        (PRODUCT, 3.0, 0.5, 0.7),
        (DETOUR, 3.0, 0.5, 0.7),
        (CHAIN, 3.0, 0.5, 0.7, 5000),
    ],
    evaluate=_sent_in_order,
    template=lambda *given: f"x's gradient, number of turns: {_formula(*given)}",
    hints={
        "maximum recursion depth": "a recursion ends at a depth of about a thousand: keep a list",
        "(<autograd_seen.checks.build_it.Node": "an input is a pair: for source, _ in node.inputs",
        "has no attribute 'birth'": "no value has a birth here: count who is still to send",
    },
)


def _called(answer, calls, begins, *given):
    """What the last of some calls returns, where x begins with a gradient, or with None."""
    nodes = _nodes(graph(*given), BornNode)
    x = nodes[0]
    x.grad = begins
    for _ in range(calls):
        value = answer(nodes[-1], x)
    if value is None or is_untouched(value) or _is_close(value, x.grad):
        return value
    likely = "add to x.grad itself, and return that"
    return Doubted(value, Misfit(f"x.grad is {written(x.grad)}", "what is returned", likely))


def _is_close(value, grad):
    """Whether two are the same number."""
    try:
        return math.isclose(value, grad, rel_tol=2e-3)
    except (TypeError, ValueError, RuntimeError):
        return False


def _begun(begins):
    return "" if begins is None else f", x.grad {begins:g} before"


_NONE_YET = "x.grad is None before the first call: write (x.grad or 0.0) + …"

backward = check_function(
    "14.6",
    "backward",
    cases=[
        (1, None, SUM, 3.0, 0.5, 0.7),
        (2, None, SUM, 3.0, 0.5, 0.7),
        (3, 5.0, PRODUCT, 2.0, -1.5, 0.9),
    ],
    evaluate=_called,
    template=lambda calls, begins, *given: (
        f"backward(z, x), call {calls}{_begun(begins)}, {_formula(*given)}"
    ),
    hints={
        "+=: 'NoneType'": _NONE_YET,
        "+: 'NoneType'": _NONE_YET,
        "*: 'NoneType'": "cleared too early: a value sends on what it has, and then forgets it",
    },
)
