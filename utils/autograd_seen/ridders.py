"""The slope of a function at one point, extrapolated from nudges of many sizes, with an error
estimate: C. J. F. Ridders, Accurate computation of F′(x) and F′(x)F″(x), Advances in Engineering
Software 4 (1982) 75; as `dfridr` in Press et al., Numerical Recipes, 3rd edition, 5.7.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from autograd_seen.values import dtype_name

#: The relative error that is accepted.
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
#: Where a slope is nearly 0, its error is measured by this part of the slopes next to x.
NEARLY_ZERO = {torch.float64: 1e-3, torch.float32: 3e-2}
#: What a function may compute in by mistake.
COARSER = {torch.float64: (torch.float32,), torch.float32: (torch.float16, torch.bfloat16)}
#: So many steps over all sizes, and as many near the best of these where they do not settle.
STEPS = 9
#: The steps for a smaller x than this are those for an x of this size.
SMALLEST = 2.0**-52
#: What a difference between left and right counts in the error, beside that of the slope.
KINK = 0.3
#: What the function makes of the rounding inside it: this part of x·f′(x) in units of rounding.
PASSED_ON = {torch.float64: 0.25, torch.float32: 1.0}
#: Two slopes with at most this relative error contradict each other if they are further apart than
#: this many times their errors.
SETTLED, APART = 1e-3, 1000


@dataclass
class Nudges:
    """What a function answers when x is nudged by steps, from large to small.

    ``steps`` has the shape (steps, 1), the answers ``low`` and ``high`` to x − h and x + h the
    shape (steps, outputs), and ``here``, the answer to x, the shape (outputs,).
    """

    steps: torch.Tensor
    low: torch.Tensor
    here: torch.Tensor
    high: torch.Tensor

    def __post_init__(self):
        self.left = (self.here - self.low) / self.steps
        self.right = (self.high - self.here) / self.steps
        self.slopes = (self.high - self.low) / (2 * self.steps)
        self.sizes = torch.maximum(self.low.abs(), self.high.abs())
        self.flat = (self.low == self.here) & (self.high == self.here)


@dataclass
class Estimates:
    """Slopes, each extrapolated from some successive steps; an estimate of the error, and the same
    in relation to the slope; the smallest of the steps and its own quotient. The shape is
    (estimates, outputs).
    """

    slopes: torch.Tensor
    errors: torch.Tensor
    relative_errors: torch.Tensor
    steps: torch.Tensor
    quotients: torch.Tensor

    def best(self) -> "Estimates":
        """For each output the estimate with the smallest relative error."""
        at = self.relative_errors.argmin(0, keepdim=True)
        return Estimates(*(values.gather(0, at) for values in vars(self).values()))

    def joined(self, more: "Estimates") -> "Estimates":
        """These and more."""
        pairs = zip(vars(self).values(), vars(more).values(), strict=True)
        return Estimates(*(torch.cat(pair) for pair in pairs))


def settled_slopes(
    nudge: Callable[[torch.Tensor], Nudges], x: float, dtype: torch.dtype
) -> torch.Tensor:
    """The slope of each output at x, or a TypeError or ArithmeticError where it cannot be told.

    ``nudge`` takes the steps; ``dtype`` is what x is nudged in.
    """
    if not math.isfinite(x):
        raise _cannot_tell(x, "that is no point of the real line")
    # The finest step leaves a third of the digits for the answer; near 0 it is small beside x too.
    fine = _two_thirds(dtype)
    top = 0.4 * max(1, abs(x))
    bottom = min(fine * max(1, abs(x)), fine**0.5 * max(abs(x), SMALLEST) if x else 1)
    wide = nudge(_ladder(top, bottom))
    if not wide.here.isfinite().all():
        raise _cannot_tell(x, "the function is nan or inf there")
    constant = wide.flat.all(0)
    looks, estimates = [wide], _extrapolated(wide, x, constant, dtype)
    best = estimates.best()
    ratio = (top / bottom) ** (1 / (STEPS - 1))
    for output in range(len(wide.here)):
        if best.relative_errors[0, output] > TOLERANCE[dtype] / 100:
            near = best.steps[0, output].item()
            high, low = min(top, near * ratio**1.5), max(bottom, near / ratio**0.7)
            looks.append(nudge(_ladder(high, low)))
            estimates = estimates.joined(_extrapolated(looks[-1], x, constant, dtype))
            best = estimates.best()
    _check_digits(wide, dtype)
    for look in looks:
        _check_finer_steps(look, best, wide, x, dtype)
    _check_coarser_steps(estimates, best, x, dtype)
    _check_error(wide, best, x, dtype)
    # A slope smaller than its own error is 0.
    return torch.where(best.slopes.abs() <= best.errors, 0, best.slopes)[0]


def _two_thirds(dtype: torch.dtype) -> float:
    """A relative size that uses up two thirds of the digits."""
    return torch.finfo(dtype).eps ** (2 / 3)


def _ladder(top: float, bottom: float) -> torch.Tensor:
    rungs = torch.arange(STEPS, dtype=torch.float64) / (STEPS - 1)
    return top * (bottom / top) ** rungs


def _extrapolated(
    nudges: Nudges, x: float, constant: torch.Tensor, dtype: torch.dtype
) -> Estimates:
    """Ridders' tableau: a polynomial in h² through the quotients of successive steps, at h = 0.

    The second difference quotients go through the same tableau: they settle where the function is
    smooth and grow as 1/h at a kink, where the central quotient alone would look settled.
    """
    bends = (nudges.right - nudges.left) / nudges.steps
    quotients = torch.stack([nudges.slopes, bends * KINK], 1)
    around, rounding = _surroundings(nudges, dtype)
    eps, found, above = torch.finfo(dtype).eps, [], []
    for i, step in enumerate(nudges.steps):
        row = [(quotients[i], around[i])]
        for j, (coarser, coarser_around) in enumerate(above):
            finer, finer_around = row[-1]
            ratio = nudges.steps[i - j - 1] / step
            both = finer + (finer - coarser) / (ratio**2 - 1)
            row.append((both, torch.maximum(finer_around, coarser_around)))
            slope_change, bend_change = torch.maximum((both - finer).abs(), (both - coarser).abs())
            slope = both[0].abs()
            passed_on = PASSED_ON[dtype] * eps * (x * slope).abs() / step
            error = torch.stack([slope_change, bend_change * step, rounding[i], passed_on]).amax(0)
            nearly_zero = NEARLY_ZERO[dtype] * row[-1][1] * (slope < around[i] / 2)
            relative = error / torch.maximum(slope, nearly_zero)
            relative = torch.where(constant, 0, relative).nan_to_num(nan=math.inf)
            found.append((both[0], error, relative, step.expand_as(error), nudges.slopes[i]))
        above = row
    return Estimates(*(torch.stack(values) for values in zip(*found, strict=True)))


def _surroundings(nudges: Nudges, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """The slopes next to x for each step, and what the rounding of answers does to a quotient."""
    around = torch.maximum(nudges.left.abs(), nudges.right.abs())
    sizes = nudges.sizes.clone()
    largest = torch.ones_like(sizes[0])
    for i in range(STEPS):
        largest = torch.maximum(largest, sizes[i].nan_to_num(posinf=0))
        if i:
            # Steps too short to move the answer say nothing: what longer ones showed still holds.
            around[i] = torch.where(nudges.flat[i], around[i - 1], around[i])
            sizes[i] = torch.where(nudges.flat[i], largest, sizes[i])
    return around, torch.finfo(dtype).eps * sizes / nudges.steps


def _check_digits(nudges: Nudges, dtype: torch.dtype) -> None:
    """Answers that change with the steps and all fit a coarser dtype were computed in it, unless
    they are counts.
    """
    answers = torch.cat([nudges.low, nudges.high])
    answers = answers[answers.isfinite()]
    changes = (nudges.high[1:] != nudges.high[:-1]).any(1).sum()
    if changes < 2 or torch.equal(answers, answers.round()):
        return
    for coarser in COARSER[dtype]:
        if torch.equal(answers.to(coarser).double(), answers):
            raise _too_coarse(dtype, f"gives only answers that fit {dtype_name(coarser)}")


def _check_finer_steps(
    nudges: Nudges, best: Estimates, wide: Nudges, x: float, dtype: torch.dtype
) -> None:
    """Steps finer than those of the best slope bear it out, as far as two thirds of the digits."""
    finer = (nudges.steps < best.steps) & (best.relative_errors < SETTLED)
    rises = best.slopes * 2 * nudges.steps
    # What the function adds up on its way may be as large as its answers further off.
    inside = wide.sizes.nan_to_num(posinf=0).amax(0).clamp(max=1)
    sizes = torch.maximum(nudges.sizes, (x * best.slopes).abs()).clamp(min=inside)
    curvature = (best.quotients - best.slopes).abs() * 2 * nudges.steps
    misses = (nudges.high - nudges.low - rises).abs() - curvature
    wrong = finer & (misses > _two_thirds(dtype) * sizes)
    stuck = finer & nudges.flat & (rises.abs() > 8 * torch.finfo(dtype).eps * nudges.sizes)
    for i, output in wrong.nonzero()[-1:].tolist():
        slope = best.slopes[0, output].item()
        for k in stuck[:, output].nonzero()[:1].flatten().tolist():
            raise _too_coarse(dtype, _one_answer(nudges.steps[k].item(), slope))
        told = f"steps near {best.steps[0, output]:.1e} give {slope:.5g}, and "
        told += f"{nudges.steps[i].item():.1e} gives {nudges.slopes[i, output]:.5g}"
        raise _cannot_tell(x, told)


def _check_coarser_steps(
    estimates: Estimates, best: Estimates, x: float, dtype: torch.dtype
) -> None:
    """Steps coarser than those of the best slope do not settle on another one."""
    # A slope that shows only below the rounding of numbers like 1 and x is doubted more easily.
    rounding = torch.finfo(dtype).eps * max(1, abs(x)) / best.steps
    faint = rounding > TOLERANCE[dtype] * best.slopes.abs()
    settled, apart = torch.where(faint, 0.3, SETTLED), torch.where(faint, 3, APART)
    wrong = (estimates.relative_errors < settled) & (estimates.steps > best.steps)
    wrong &= (estimates.slopes - best.slopes).abs() > apart * (estimates.errors + best.errors)
    for i, output in wrong.nonzero()[:1].tolist():
        step, slope = best.steps[0, output].item(), estimates.slopes[i, output].item()
        if best.quotients[0, output] == 0:
            raise _too_coarse(dtype, _one_answer(step, slope))
        told = f"steps near {step:.1e} give {best.slopes[0, output]:.5g}, and steps near "
        raise _cannot_tell(x, f"{told}{estimates.steps[i, output]:.1e} give {slope:.5g}")


def _check_error(nudges: Nudges, best: Estimates, x: float, dtype: torch.dtype) -> None:
    """The best slope has a relative error within the tolerance."""
    wrong = ~(best.relative_errors[0] <= TOLERANCE[dtype])
    for (output,) in wrong.nonzero()[:1].tolist():
        i = (nudges.steps[:, 0] - best.steps[0, output]).abs().argmin()
        left, right = nudges.left[i, output].item(), nudges.right[i, output].item()
        told = f"the best estimate is {best.slopes[0, output]:.5g} ± {best.errors[0, output]:.1g}"
        if not math.isclose(left, right, rel_tol=1e-2):
            told = f"a step of {nudges.steps[i].item():.1e} finds {left:.5g} to the left and "
            told += f"{right:.5g} to the right, and other steps do not settle it"
        raise _cannot_tell(x, told)


def _cannot_tell(x: float, told: str) -> ArithmeticError:
    return ArithmeticError(
        f"numerical_gradient cannot tell the slope at x = {x:.8g}: {told}. The function is not "
        "smooth there, or computes too coarsely; step=… gives the plain quotient for one step, and "
        "float64 has more digits than float32"
    )


def _one_answer(step: float, slope: float) -> str:
    return f"gives one answer from x − {step:.1e} to x + {step:.1e}, on a slope of {slope:.5g}"


def _too_coarse(dtype: torch.dtype, told: str) -> TypeError:
    kind = dtype_name(dtype)
    return TypeError(
        f"numerical_gradient nudges a {kind} input, and the function {told}: it computes more "
        f"coarsely than that and rounds the nudge away; let it use {kind} tensors only, and "
        "subtract no large numbers from each other"
    )
