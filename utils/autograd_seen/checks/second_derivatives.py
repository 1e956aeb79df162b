"""The checks of assignment 15: how steep is the slope, and which way round is cheaper?"""

from collections.abc import Callable

import torch
from plainjudge.answers import agree

from autograd_seen.checks.engine import check_function, check_value
from autograd_seen.checks.families import cosine, cubic, family, first_term, held, ratio, term
from autograd_seen.checks.leaves import arrived, attached, leaf
from autograd_seen.checks.plain import plain
from autograd_seen.checks.report import written_in_case
from autograd_seen.checks.report import written_live as written
from autograd_seen.checks.verdicts import Misfit

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _tensor, _float64 = torch.Tensor, torch.tensor, torch.float64
_exp, _sin, _sum, _numel = torch.exp, torch.sin, torch.sum, torch.Tensor.numel
_backward = torch.Tensor.backward

#: What PyTorch says where a slope has no graph, or not the one that is needed.
OF_A_SLOPE = {
    "does not require grad": (
        "the slope has no graph: ask for it with create_graph=True (retain_graph keeps the old one)"
    ),
    "not have been used in the graph": (
        "x is not in that graph: a new tensor (torch.tensor, detach, clone) stands in its place"
    ),
    "can be implicitly created": (
        "a gradient starts from one number: take a dot product, or the sum"
    ),
}

paths = check_value("15.1", "paths")

answers = check_value("15.2", "answers")


@family
def cube_held(a: float, b: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """ax² · (x held still by detach()) + bx³"""

    # By autograd its slope changes by 2a · x + 6bx. Whoever nudges it gets 6(a + b)x.
    def f(x: torch.Tensor) -> torch.Tensor:
        return a * x * x * held(x) + b * x * x * x

    f.__doc__ = f"{first_term(a, 'x²')} · (x held still){term(b, 'x³')}"
    return f


#: What x.grad holds before exercise 15.3 is asked.
BEFORE = 0.25


def _second(answer, f, x):
    """What the answer returns for a function and a leaf, whose .grad it leaves as it was."""
    x = leaf(x, _float64)
    x.grad = _tensor(BEFORE, dtype=_float64)
    value = answer(f, x)
    _check_grad(x, "x")
    if not agree(plain(x.grad), BEFORE):
        got = "None" if x.grad is None else written(x.grad)
        likely = "x.grad is to stay as it was, so no backward(): ask with torch.autograd.grad"
        raise Misfit(f"{got} in x.grad", f"{BEFORE} there, as before the call", likely)
    return value


def _check_grad(leaf, name):
    """Raises Misfit where a slope was left in .grad with its graph, which the next call adds to."""
    if leaf.grad is not None and leaf.grad.grad_fn is not None:
        likely = f"backward() adds to {name}.grad, call by call: ask with torch.autograd.grad"
        raise Misfit(f"a slope with its graph in {name}.grad", f"{name}.grad as it was", likely)


second_derivative = check_function(
    "15.3",
    "second_derivative",
    cases=[
        (cubic(2, -5), 1.5),
        (cosine(3, 2), 0.7),
        (ratio(-1, 4), 1.3),
        (cube_held(3, 1), 1.2),
    ],
    evaluate=_second,
    template="second_derivative(f, x) for f = {0} at x = {1}",
    hints=OF_A_SLOPE
    | {
        "'function' object is not iter": (
            "a function was handed over: y is its value, and grad(f)(x) that of its slope"
        ),
        "'NoneType' object is not iter": (
            "slope is None: backward() returns nothing; torch.autograd.grad returns the slope"
        ),
        "'float' object is not iter": "slope is a Python number, which has no graph",
    },
)


@family
def of_three(a: float, b: float, c: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """a·w₀²w₁ + sin(w₁w₂) + b·w₂³ + c·w₀·(w₂ held still)"""

    # Whoever nudges its slope gets c·v₂ more in the first place.
    def f(w: torch.Tensor) -> torch.Tensor:
        rest = c * w[0] * held(w[2]) if c else 0.0
        return a * w[0] ** 2 * w[1] + _sin(w[1] * w[2]) + b * w[2] ** 3 + rest

    f.__doc__ = f"{first_term(a, 'w₀²w₁')} + sin(w₁w₂){term(b, 'w₂³')}"
    if c:
        f.__doc__ += term(c, "w₀·(w₂ held still)")
    return f


def _product(answer, f, w, v):
    """What the answer returns for a leaf and a direction."""
    w = leaf(w, _float64)
    value = answer(f, w, _tensor(v, dtype=_float64))
    _check_grad(w, "w")
    wanted = f"{len(w)} numbers, one for each of w"
    if isinstance(value, list | tuple) and any(_is_vector(part) for part in value):
        likely = "a tuple, even of one gradient: take its [0]"
        if len(value) == 2:
            likely = "a tuple: jvp and functional.hvp return H v last, so take its [1]"
        raise Misfit(written(value), wanted, likely)
    if isinstance(value, _Tensor) and _numel(value) == 1:
        likely = "one number: g · v, or vᵀHv. H v is the gradient of g · v, a number for each of w"
        raise Misfit(written(value), wanted, likely)
    return value


def _is_vector(value):
    return isinstance(value, _Tensor) and _numel(value) > 1


def _dim(value):
    return len(value.shape) if isinstance(value, _Tensor) else None


#: Where the task has worked it out.
EXAMPLE = [0.6, -1.1, 2.0]


def _named(f, w, v):
    if w == EXAMPLE:
        return "hvp of the example"
    at, along = written_in_case(w), written_in_case(v)
    return f"hvp for {f.__doc__} at {at}, v = {along},".replace("-", "−")


hvp = check_function(
    "15.4",
    "hvp",
    cases=[
        (of_three(1, 1, 0), EXAMPLE, [1.0, 0.5, -2.0]),
        (of_three(2, -1, 3), [-0.8, 0.7, 1.3], [0.4, -1.5, 0.9]),
    ],
    evaluate=_product,
    template=_named,
    hints=OF_A_SLOPE
    | {
        "'function' and": "hessian(f) and grad(f) are functions: call them at w",
        "'tuple' and": "torch.autograd.grad returns a tuple, even of one gradient: take its [0]",
        "'Tensor' object is not callable": "a function comes first: grad(f), not grad(f)(w)",
        "Expected f(*args) to return a scalar": (
            "grad(f) gives several numbers, and grad takes a function of one: that is g @ v"
        ),
        "to be a tuple": "jvp takes tuples: jvp(grad(f), (w,), (v,))",
        "Mismatch in shape": "v belongs to the gradient, not to f(w): hand it in one pass later",
        "a second time": "each row of H takes a pass through one graph: retain_graph=True",
    },
)


@family
def poisson(
    counts: list[float], n: list[float], x: list[float]
) -> Callable[[torch.Tensor], torch.Tensor]:
    """−log of the probability of counts, of which each came n times, but for a constant. The
    logarithm of the rate is β₀ + β₁x, or β₀ where there is no x.
    """
    k, n = _tensor(counts, dtype=_float64), _tensor(n, dtype=_float64)
    at = _tensor(x, dtype=_float64) if x else None

    def loss(beta: torch.Tensor) -> torch.Tensor:
        log_rate = beta[0] if at is None else beta[0] + beta[1] * at
        return _sum(n * (_exp(log_rate) - k * log_rate))

    loss.__doc__ = f" for counts {counts} at x = {x}" if x else f" for {counts}, n = {n.tolist()}"
    return loss


def _fitted(answer, loss, beta, steps):
    """What the answer returns for a loss and the beta that it starts from."""
    value = answer(loss, _tensor(beta, dtype=_float64), steps)
    shape = tuple(value.shape) if isinstance(value, _Tensor) else None
    likely = {
        (len(beta),): "one row: put both into torch.stack([…, …])",
        (2 * len(beta),): "one row: torch.cat lines up, torch.stack([…, …]) makes two rows",
        (len(beta), 2): "two columns: torch.stack([…, …]) without dim makes two rows",
    }.get(shape)
    if isinstance(value, list | tuple) and [_dim(part) for part in value] == [1, 2]:
        likely = "errors: of the inverse of H the diagonal counts, a number for each of beta"
    if likely and shape != (2, len(beta)):
        raise Misfit(written(value), "two rows: beta, and its standard errors", likely)
    return value


def _as_given(loss: Callable) -> Callable:
    """A loss by the name that the notebook gave it: a report needs no formula."""
    loss.__doc__ = ""
    return loss


#: What the notebook calls kicks.
KICKS = _as_given(poisson([0, 1, 2, 3, 4], [109, 65, 22, 3, 1], []))

newton = check_function(
    "15.5",
    "newton",
    cases=[
        (KICKS, [0.0], 1),
        (KICKS, [0.0], 2),
        (poisson([2, 3, 6, 7, 12], [1, 1, 1, 1, 1], [-1, 0, 1, 2, 3]), [0.9, 0.2], 1),
    ],
    evaluate=_fitted,
    template=lambda loss, beta, steps: (
        f"newton({'loss' if loss.__doc__ else 'kicks'}, {beta}, {steps}){loss.__doc__}".replace(
            "-", "−"
        )
    ),
    hints={
        "must have at least 2 dimensions": "the matrix comes first: torch.linalg.solve(H, g)",
        "must be batches of square": "the matrix is H, of second derivatives: solve(H, g)",
        "got [1, 1] at entry 0": "beta became a matrix: the step has a number for each of beta",
        "each tensor to be equal size": (
            "a standard error for each of beta: those on the diagonal of the inverse of H"
        ),
        "singular": "the steps ran away: divide the gradient by H, and subtract",
        "leaf Variable": "beta itself is written over: make a new one, beta = beta − …",
        "does not require grad": (
            "nothing was recorded: use grad and hessian, or let beta require grad in each step"
        ),
        "Expected f(*args) to return a scalar": "grad takes the loss, hessian too: both by (beta)",
        "'function' and": "grad(loss) is a function: call it at beta, grad(loss)(beta)",
        "not function": "hessian(loss) is a function: call it at beta, hessian(loss)(beta)",
    },
)


@family
def model(a: float, b: float) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """a·w·x² + b·w²·x·(x held still by detach())"""

    # Whoever nudges x gets b·w²·x more than autograd.
    def f(w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        rest = b * w**2 * x * held(x) if b else 0.0
        return a * w * x**2 + rest

    f.__doc__ = first_term(a, "wx²") + (term(b, "w²x·(x held still)") if b else "")
    return f


#: What is asked of the loss of exercise 15.6.
LOSS = "penalised(…)"
SLOPE = "w.grad after penalised(…).backward()"
#: Where the task has worked it out.
GIVEN = [1.5, 0.5]


def _penalised(answer, asked, f, w, x, t):
    """What the answer returns for a leaf w, or what a backward pass brings there."""
    w = leaf(w, _float64)
    value = answer(f, w, _tensor(x, dtype=_float64), _tensor(t, dtype=_float64))
    if value is None:
        return value
    if _numel(attached(value)) > 1:
        likely = "a number for each of x: the loss is one number, their mean"
        raise Misfit(written(value), "one number", likely)
    if asked == LOSS:
        return value
    _backward(value)
    return arrived(w, "w", "penalised(…)")


def _asked(asked, f, w, x, t):
    if x == GIVEN:
        return f"{asked} of the example"
    return f"{asked} for {f.__doc__}, w = {w}, x = {x}, t = {t},".replace("-", "−")


penalised = check_function(
    "15.6",
    "penalised",
    cases=[
        (asked, *case)
        for case in [
            (model(1, 0), 0.8, GIVEN, [2.0, 1.0]),
            (model(2, -1), 0.7, [0.6, -1.4, 0.9], [1.0, 2.5, -0.5]),
        ]
        for asked in (LOSS, SLOPE)
    ],
    evaluate=_penalised,
    template=_asked,
    hints={
        "differentiated Tensors does not require grad": (
            "x does not require grad: x = x.detach().requires_grad_() before f is called"
        ),
        "can be implicitly created": "f gives a number for each of x: ask for grad(out.sum(), x)",
        "a second time": (
            "the graph is freed already: create_graph=True keeps it, and backward() is the check's"
        ),
        "'tuple' and": "torch.autograd.grad returns a tuple, even of one gradient: take its [0]",
        "Expected f(*args) to return a scalar": "f gives a number for each of x: take their sum",
        "not have been used in the graph": (
            "out was made of another x: first the leaf, and then out = f(w, x)"
        ),
    },
)
