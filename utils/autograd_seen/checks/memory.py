"""The checks of assignment 08: what does the graph remember?"""

from collections.abc import Callable

import torch

from autograd_seen.checks.endless import Limited
from autograd_seen.checks.engine import Check, check_function, check_value
from autograd_seen.checks.families import family, first_term, held, term
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _sum, _zeros = torch.Tensor, torch.tensor, torch.sum, torch.zeros
_sin, _exp, _tanh = torch.sin, torch.exp, torch.tanh


def _in_words(answer):
    """A prediction, if no number in it is written in digits."""
    if isinstance(answer, dict):
        for part, word in answer.items():
            if isinstance(word, str) and word.strip().isdigit():
                raise Misfit(f"{part}: {word!r}", "", f"{part}: digits, where a word is asked for")
    return answer


read_edges = Check("8.1", "read_edges", evaluate=_in_words)

filled = check_value("8.2", "filled")

saved = Check("8.3", "saved", evaluate=_in_words)


#: Why the x that went in comes back, without a gradient asked for it and with one.
NO_ROUND = {
    False: "no round ran: x is close enough already, and a has not come in: always run one",
    True: "requires_grad_() makes x a leaf and joins it to nothing: a has still not come in",
}
#: Why a root is not a number.
OF_A_NEGATIVE = "a ** (1/3) is nan for a negative a, and here the slope of the rounds is wanted"


WITHOUT_END = (
    "the loop does not end: go on while the cube of root itself is off by more than tol, and give "
    "root its new value"
)


def _came_back(root, x):
    """Whether the root is the x that went in, or a copy of it."""
    return root is x or (
        isinstance(root, _Tensor) and root.grad_fn is None and root.tolist() == x.tolist()
    )


def _root_and_slope(answer, a, x, tol):
    """The root that the answer computes, and the gradient of a after a backward pass from it."""
    a, x = leaf(a), _tensor(x)
    with Limited(WITHOUT_END):
        root = answer(a, x, tol)
    if _came_back(root, x):
        raise Misfit("the x that went in", "a tensor with its graph", NO_ROUND[root.requires_grad])
    root = attached(root)
    if root.numel() == 1 and root.item() != root.item():
        raise Misfit("nan", "a number", OF_A_NEGATIVE)
    root.backward()
    return [_sum(root), arrived(a, "a", "root")]


cube_root = check_function(
    "8.4",
    "cube_root",
    cases=[(27.0, 2.9, 3.0), (-20.0, -2.0, 2.0), (60.0, 1.5, 4.0), (20.0, 2.2, 5.0)],
    evaluate=_root_and_slope,
    template="[root, a.grad] of cube_root(a, x, tol) at a = {}, x = {}, tol = {}",
)


@family
def meeting(a: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """sin(u)·u + a·exp(u), u = x²"""

    def f(x: torch.Tensor) -> torch.Tensor:
        u = x**2
        return _sin(u) * u + _tensor(a) * _exp(u)

    f.__doc__ = f"sin(u)·u{term(a, '·exp(u)')}, u = x²"
    return f


@family
def recurrent(rounds: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """tanh(h·x + 0.5), some times from the constant h = 0"""

    def f(x: torch.Tensor) -> torch.Tensor:
        h = _zeros(())
        for _ in range(rounds):
            h = _tanh(h * x + 0.5)
        return h

    f.__doc__ = f"tanh(h·x + 0.5), {rounds} times from h = 0"
    return f


@family
def doubled(rounds: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """y + y, some times from y = x"""

    def f(x: torch.Tensor) -> torch.Tensor:
        for _ in range(rounds):
            x = x + x
        return x

    f.__doc__ = f"y + y, {rounds} times from y = x"
    return f


#: The node of a leaf.
ACCUMULATE = "torch::autograd::AccumulateGrad"
NO_NODE = "a tensor is no node: begin at z.grad_fn"
NOT_RETURNED = "no `return`: give back how many were found"
AT_EACH_CALL = "what was seen is kept from call to call: make the set anew inside count"


def _counted(answer, f, name):
    """What the answer counts in one graph, if it counts the same when it is called once more."""
    z = f(leaf(0.7))
    first, second = answer(z, name), answer(z, name)
    if first is None:
        raise Misfit("None", "", NOT_RETURNED)
    if repr(first) != repr(second):
        got = f"{written(second)} at the second call"
        raise Misfit(got, f"{written(first)} again", AT_EACH_CALL)
    return first


count = check_function(
    "8.5",
    "count",
    cases=[
        (meeting(3.0), "PowBackward0"),
        (meeting(3.0), "MulBackward0"),
        (meeting(3.0), "ExpBackward0"),
        (doubled(5), "AddBackward0"),
        (recurrent(4), "MulBackward0"),
        (recurrent(4), ACCUMULATE),
        (meeting(3.0), "Backward0"),
        (meeting(3.0), "Mul"),
    ],
    evaluate=_counted,
    template="count of {1} in {0}",
    hints={
        "'NoneType' object has no attribute": "the edge of a constant leads to None: skip it",
        "'Tensor' object has no attribute": NO_NODE,
        "'NoneType' object is not callable": NO_NODE,
        "'tuple' object has no attribute": "an edge is a pair, and its node comes first: node, _",
        "recursion": "walks in a circle: call count for what lies behind, not for z again",
    },
)

W_WAS_CUT = "w was cut as well: the pass must reach it, so cut h alone"
NOTHING_CAME = "no `return`, no backward pass, or w.grad was emptied after it"

Cell = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@family
def tanh_cell(a: float) -> Cell:
    """tanh(w·(h + a) + x)"""

    # At h = 0 it has a slope by w: the first pass counts too.
    def cell(w: torch.Tensor, h: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return _tanh(w * (h + a) + x)

    cell.__doc__ = f"tanh(w·(h + {a:g}) + x)"
    return cell


@family
def held_cell(a: float) -> Cell:
    """awh + x · (w held still by detach())"""

    # A nudge of w moves the held w as well, and so does a formula.
    def cell(w: torch.Tensor, h: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return a * w * h + x * held(w)

    cell.__doc__ = f"{first_term(a, 'wh')} + x · (w held still by detach())"
    return cell


def _received(answer, cell, w, xs):
    """What the answer returns, if the cell gets a w that requires grad, and a gradient is left."""

    def watched(w, h, x):
        if not getattr(w, "requires_grad", True):
            raise Misfit("a w that requires no grad, in cell", "w as it came in", W_WAS_CUT)
        return cell(w, h, x)

    w = leaf(w)
    value = answer(watched, w, _tensor(xs))
    if value is None and w.grad is None:
        raise Misfit("None", "", NOTHING_CAME)
    return value


truncated = check_function(
    "8.6",
    "truncated",
    cases=[
        (tanh_cell(1.0), 0.5, [1.0, 0.4, 0.9]),
        (held_cell(0.6), 1.4, [0.7, 0.3, 1.1, 0.5]),
        (tanh_cell(0.7), 0.9, [0.8, 1.2, 0.5, 0.9]),
    ],
    evaluate=_received,
    template="truncated with {}, w = {}, xs = {}",
    hints={
        "a second time": (
            "h still has the graph of the round before, and h.detach() alone changes nothing: "
            "h = h.detach()"
        ),
        "'builtin_function_or_method'": "without its brackets, h.detach is the method: h.detach()",
        "does not require grad": (
            "the loss has lost its record as well: cut h after the pass, or as it goes into cell"
        ),
    },
)
