"""The checks of assignment 17: what is wrong with these ten training scripts?"""

import math
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from plainjudge.answers import numbers_in

from autograd_seen.checks.engine import Check, check_function
from autograd_seen.checks.leaves import arrived, attached
from autograd_seen.checks.plain import is_untouched, plain
from autograd_seen.checks.real_data import CHALLENGER, ENGEL, HUBBLE, NILE, columns
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _float64, _sum = torch.Tensor, torch.tensor, torch.float64, torch.sum
_mean, _std, _item = torch.mean, torch.std, torch.Tensor.item
_Function = torch.autograd.Function
_backward, _no_grad, _zeros = torch.Tensor.backward, torch.no_grad, torch.zeros

#: How a report calls published data.
NEBULAE, FLIGHTS, YEARS, HOUSEHOLDS = (
    "Hubble's nebulae",
    "Challenger's flights",
    "the Nile",
    "Engel's households",
)
DISTANCE, VELOCITY = columns(HUBBLE)
TEMPERATURE, DISTRESS = columns(CHALLENGER)
(FLOW,) = columns(NILE)
INCOME, FOOD = columns(ENGEL)

#: What a report calls data that were made up for a check.
OTHERS = "other points"


def _of(values: list) -> torch.Tensor:
    return _tensor(values, dtype=_float64)


def _standardised(x):
    return (x - _mean(x)) / _std(x, correction=0)


def _trained(answer, of, x, t, *rest):
    """What the answer returns for points."""
    return answer(_of(x), _of(t), *rest)


def _named(of, x, t, *rest):
    """A case of points as a report names it."""
    return ", ".join(map(str, ["x", "t", *rest])), (of if of != OTHERS else f"{len(x)} {of}")


def _of_points(
    number: int,
    cases: Sequence[tuple],
    evaluate: Callable = _trained,
    hints: Mapping[str, str] = MappingProxyType({}),
) -> Check:
    """The check of a script that is a function of its points."""
    name = f"fixed_{number}"

    def template(*case):
        given, of = _named(*case)
        return f"{name}({given}) for {of}"

    return check_function(
        f"17.{number}", name, cases=cases, evaluate=evaluate, template=template, hints=hints
    )


def _finite(value, likely):
    """A value, if it is a number."""
    found = numbers_in(plain(value))
    if found and any(map(math.isnan, found.values)):
        raise Misfit("nan, which is not a number", "", likely)
    return value


def _of_logs(answer, of, x, t, *rest):
    """What the answer returns for points, if no log of 0 makes a nan of it."""
    likely = "log of a p that is rounded to 0 or 1; a smaller lr only delays it. Give the loss z"
    return _finite(_trained(answer, of, x, t, *rest), likely)


#: What is told where a loss that takes probabilities is given something else.
PROBABILITIES = {
    "all elements of input should be between 0 and 1": (
        "that loss wants probabilities: the one with_logits is given z"
    )
}
#: Flights in other weather.
COLDER = [50.0, 56.0, 63.0, 70.0, 77.0, 81.0], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]

fixed_1 = _of_points(
    1,
    [
        (NEBULAE, DISTANCE, VELOCITY, 100),
        (OTHERS, [1.5, 2.2, 4.1, 5.0, 7.3], [4.0, -3.5, 9.2, 8.0, 12.1], 3),
    ],
    hints={
        "does not require grad": "nothing leads from L to w and b: draw_graph(L) shows what is cut"
    },
)

fixed_2 = _of_points(
    2,
    [
        (NEBULAE, DISTANCE, VELOCITY, 0.1, 100),
        (OTHERS, [0.7, 2.9, 4.4, 6.0, 8.1], [-2.0, 3.5, 4.1, 11.0, 9.6], 0.2, 4),
    ],
)

fixed_3 = _of_points(
    3,
    [
        (NEBULAE, DISTANCE, VELOCITY, 100),
        (OTHERS, [2.5, 3.1, 4.9, 6.4, 6.8], [8.0, 3.5, 6.2, -4.0, 1.1], 4),
    ],
    hints={
        "mat1 and mat2 shapes": "X is (N, 2) and weights (2, 1): leave X @ weights as it is",
        "must match the size": "p is (N, 1): give t that shape, or take the axis from p",
    },
)

fixed_4 = _of_points(
    4,
    [
        (FLIGHTS, TEMPERATURE, DISTRESS, 2.0, 200),
        (OTHERS, [52.0, 61.0, 66.0, 70.0, 73.0, 79.0], [1.0, 1.0, 0.0, 1.0, 0.0, 0.0], 1.5, 4),
    ],
    hints=PROBABILITIES,
)

fixed_5 = _of_points(
    5,
    [
        (FLIGHTS, TEMPERATURE, DISTRESS, 2.0, 200),
        (OTHERS, *COLDER, 150.0, 4),
        (OTHERS, *COLDER, 400.0, 3),
    ],
    evaluate=_of_logs,
    hints=PROBABILITIES,
)

fixed_6 = _of_points(
    6,
    [
        (FLIGHTS, TEMPERATURE, DISTRESS, 2.0, 200),
        (OTHERS, [52.0, 58.0, 65.0, 71.0, 74.0, 80.0], [1.0, 0.0, 1.0, 1.0, 0.0, 0.0], 1.5, 3),
    ],
    hints={
        "inplace operation": (
            "exp has saved its result, and += writes over it: make a new tensor instead"
        )
    },
)

#: What is asked of the loss of exercise 17.7.
LINE = "the line through {1} that fixed_7 leads to"
VALUES = "fixed_7(r, {2:g}) at r = {1}"
SLOPES = "r.grad, where {3} arrives at fixed_7(r, {2:g}), r = {1}"


def _engel(loss):
    """[slope, intercept] of the median line through the households, by gradient descent."""
    x, t, lr = _of(INCOME), _of(FOOD), 1000.0
    d = _standardised(x)
    w, b = (_zeros((), dtype=_float64, requires_grad=True) for _ in range(2))
    for _ in range(500):
        w.grad = b.grad = None
        _backward(_mean(loss(t - (w * d + b), 0.5)))
        if w.grad is None or b.grad is None:
            likely = "None came back to r: backward returns a gradient for r, and None for tau"
            raise Misfit("no gradient in w or b", "", likely)
        with _no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        lr *= 0.98
    slope = _item(w / _std(x, correction=0))
    return {"line": [round(slope, 5), round(_item(b - slope * _mean(x)), 3)]}


def _pinball(answer, asked, r, tau, arriving):
    """What the answer returns for a leaf, what comes back to it, or the line that it leads to."""
    if asked == LINE:
        probe = answer(_of([1.5]), tau)
        if probe is None or is_untouched(probe):
            return probe
        return _engel(answer)
    leaf = _tensor(r, dtype=_float64, requires_grad=True)
    value = answer(leaf, tau)
    if asked == VALUES or value is None or is_untouched(value):
        return value
    _backward(_sum(attached(value) * _of(arriving)))
    return arrived(leaf, "r", "fixed_7(r, tau)", "backward returned None for r")


fixed_7 = check_function(
    "17.7",
    "fixed_7",
    cases=[
        (LINE, HOUSEHOLDS, 0.5, None),
        (VALUES, [-1.2, 0.7, 2.5], 0.3, None),
        (SLOPES, [-1.2, 0.7, 2.5], 0.3, [1.0, 1.0, 1.0]),
        (SLOPES, [-1.2, 0.7, 2.5], 0.3, [10.0, -1.0, 0.5]),
        (SLOPES, [3.1, -0.4], 0.8, [-2.0, 0.6]),
    ],
    evaluate=_pinball,
    template=lambda asked, *case: asked.format(asked, *case).replace("-", "−"),
    hints={
        "incorrect number of gradients": "forward takes r and tau, so backward returns two things",
        "expected Variable or None": "a gradient is a tensor; where there is none, return None",
    },
)

fixed_8 = check_function(
    "17.8",
    "fixed_8",
    cases=[
        (FLIGHTS, TEMPERATURE, DISTRESS),
        (
            OTHERS,
            [52.0, 58.0, 65.0, 71.0, 74.0, 80.0, 83.0],
            [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0],
        ),
    ],
    evaluate=_trained,
    template=lambda *case: "fixed_8({}) for {}".format(*_named(*case)),
)


def _forecast(answer, of, flow, *rest):
    """What the answer returns for a river, if its steps do not carry a away."""
    likely = "a ran away: one backward() and one step a round, each L made after its level moved"
    return _finite(answer(_of(flow), *rest), likely)


fixed_9 = check_function(
    "17.9",
    "fixed_9",
    cases=[
        (YEARS, FLOW, 3e-7, 10),
        (YEARS, FLOW, 3e-7, 1),
        ("other values", [4.0, 6.5, 3.1, 7.2, 5.5, 9.0], 0.003, 2),
    ],
    evaluate=_forecast,
    template=lambda of, flow, lr, rounds: f"fixed_9(flow, {lr:g}, {rounds}) for {of}",
    hints={
        "a second time": (
            "level leads back into the years before, whose record was freed: one backward a round"
        ),
        "inplace operation": (
            "a step within the round writes over the a that later years have saved: step after it"
        ),
    },
)


class _Kept(_Function):
    """Hands a loss on, and notes whether its record is still held."""

    @staticmethod
    def forward(ctx, value, noted):
        """The value itself, as a new tensor."""
        noted.append(weakref.ref(ctx))
        return value.clone()

    @staticmethod
    def backward(ctx, arriving):
        """What arrives goes on."""
        return arriving, None


#: Two records at once are those of the loss before and of this one.
HELD = 2


def _logged(answer, of, x, t, lr, steps):
    """What the answer returns, if it lets go of the records of earlier losses."""
    d, v = (_standardised(_of(one)) for one in (x, t))
    noted, most = [], 0
    w, b = (_zeros((), dtype=_float64, requires_grad=True) for _ in range(2))

    def loss():
        nonlocal most
        most = max(most, sum(one() is not None for one in noted))
        return _Kept.apply(_mean((w * d + b - v) ** 2), noted)

    value = answer(loss, [w, b], lr, steps)
    if isinstance(value, _Tensor) and value.grad_fn is not None:
        likely = "L brings its record along: add a float, L.item(), or L.detach()"
        raise Misfit(f"{written(value)} with a grad_fn", "a number without a record", likely)
    if most > HELD:
        likely = "what is kept of each loss still has its record: keep L.item() and not L"
        raise Misfit(f"the records of {most} losses at once", "that of the last", likely)
    return value


fixed_10 = check_function(
    "17.10",
    "fixed_10",
    cases=[
        (NEBULAE, DISTANCE, VELOCITY, 0.1, 100),
        (OTHERS, [1.5, 2.2, 4.1, 5.0, 7.3], [4.0, -3.5, 9.2, 8.0, 12.1], 0.2, 6),
    ],
    evaluate=_logged,
    hints={
        "does not require grad": "L was cut off before backward(): cut off only what is added up"
    },
    template=lambda of, x, t, lr, steps: (
        f"fixed_10(loss, [w, b], {lr:g}, {steps}) for {_named(of, x, t)[1]}"
    ),
)

#: The words to choose from in exercise 17.11, as its text lists them.
WORDS = (
    *("arriving", "cut off", "kept record", "log of 0", "mean"),
    *("not cleared", "shapes", "two passes", "two sigmoids", "written over"),
)


def _of_the_list(answer):
    """A prediction, if its words are among those of the list."""
    if isinstance(answer, dict):
        for script, word in answer.items():
            if isinstance(word, str) and word.strip().casefold() not in WORDS:
                raise Misfit(f"{script}: {word!r}", "", f"{script}: not one of the ten words")
    return answer


causes = Check("17.11", "causes", evaluate=_of_the_list)
