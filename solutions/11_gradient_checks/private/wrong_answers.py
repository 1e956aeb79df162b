"""Answers to assignment 11."""

import math

import torch
from autograd_seen import numerical_gradient

from tests.wrong_answers import Table

COLUMNS = {"forward": "B", "central": "D", "forward_float32": "C", "central_float32": "A"}
QUOTIENTS = {"forward": 13.24, "backward": 10.84, "central": 12.04}
jacobian = torch.autograd.functional.jacobian


# --- 11.3 -----------------------------------------------------------------------------------------


def from_remainder(remainder):
    """An order from remainder(f, x, v, J, h)."""

    def order(f, x, v, J):
        sizes = [remainder(f, x, v, J, h).norm() for h in (0.1, 0.01)]
        return torch.log10(sizes[0] / sizes[1])

    return order


def of_taylor(f, x, v, J, h):
    return f(x + h * v) - f(x) - h * (J @ v)


def slope_of_logarithms(f, x, v, J):
    sizes = [math.log(of_taylor(f, x, v, J, h).norm()) for h in (0.1, 0.01)]
    return (sizes[0] - sizes[1]) / (math.log(0.1) - math.log(0.01))


def by_loops(f, x, v, J):
    sizes = []
    for h in (0.1, 0.01):
        here, there = f(x), f(x + h * v)
        squares = [(there[i] - here[i] - h * (J[i] * v).sum()) ** 2 for i in range(len(J))]
        sizes.append(sum(squares) ** 0.5)
    return math.log10(sizes[0] / sizes[1])


def anew(f, x, v, J, h):
    return of_taylor(f, x, v, jacobian(f, x), h)


def no_slope(f, x, v, J, h):
    return f(x + h * v) - f(x)


def slope_without_h(f, x, v, J, h):
    return f(x + h * v) - f(x) - J @ v


def no_value_here(f, x, v, J, h):
    return f(x + h * v) - h * J @ v


def slope_added(f, x, v, J, h):
    return f(x + h * v) - f(x) + h * J @ v


def step_without_v(f, x, v, J, h):
    return f(x + h) - f(x) - h * J @ v


def step_without_h(f, x, v, J, h):
    return f(x + v) - f(x) - h * J @ v


def quotient_less_slope(f, x, v, J, h):
    return (f(x + h * v) - f(x)) / h - J @ v


def step_back(f, x, v, J, h):
    return f(x - h * v) - f(x) + h * J @ v


def both_sides(f, x, v, J, h):
    return f(x + h * v) - f(x - h * v) - 2 * h * J @ v


def quotient_of_squares(f, x, v, J, h):
    return of_taylor(f, x, v, J, h) / h**2


def slope_of_square(f, x, v, J, h):
    return f(x + h * v) - f(x) - h**2 * (J @ v)


def J_of_the_point(f, x, v, J, h):
    return f(x + h * v) - f(x) - J @ (x + h * v)


def turned(f, x, v, J, h):
    return f(x + h * v) - f(x) - h * J.T @ v


def number_by_number(f, x, v, J, h):
    return f(x + h * v) - f(x) - h * J * v


# --- 11.4 -----------------------------------------------------------------------------------------


def with_clones(f, x, part):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        h = part * x[i].abs()
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes


def of_each(quotient, step=lambda x, i, part: part * x[i].abs()):
    """A gradient of quotient(f, x, e, h), where e is 1 at the number that is nudged."""

    def central(f, x, part):
        eye = torch.eye(len(x), dtype=x.dtype)
        return torch.stack([quotient(f, x, eye[i], step(x, i, part)) for i in range(len(x))])

    return central


def quotient(f, x, e, h):
    return (f(x + h * e) - f(x - h * e)) / (2 * h)


def put_back(f, x, part):
    slopes = []
    for i, old in enumerate(x.tolist()):
        h = part * abs(old)
        x[i] = old + h
        up = f(x).item()
        x[i] = old - h
        slopes.append((up - f(x).item()) / (2 * h))
        x[i] = old
    return torch.tensor(slopes)


def by_the_tool(f, x, part):
    steps = part * x.abs()
    return [numerical_gradient(f, x, step=steps[i].item())[i] for i in range(len(x))]


def x_left_moved(f, x, part):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        h = part * x[i].abs()
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        slopes[i] = (up - f(x)) / (2 * h)
    return slopes


def left_moved(f, x, part):
    return x_left_moved(f, x.clone(), part)


def one_tensor(f, x, part):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        h = part * x[i].abs()
        up = down = x
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes


def back_by_h(f, x, part):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        h = part * x[i].abs()
        nudged = x.clone()
        nudged[i] += h
        up = f(nudged)
        nudged[i] -= h
        slopes[i] = (up - f(nudged)) / (2 * h)
    return slopes


def nudged(nudge, clones_before=False, returns_early=False):
    """Quotients whose two points come from nudge(up, down, i, h)."""

    def central(f, x, part):
        slopes = torch.zeros_like(x)
        up, down = x.clone(), x.clone()
        for i in range(len(x)):
            h = part * x[i].abs()
            if not clones_before:
                up, down = x.clone(), x.clone()
            nudge(up, down, i, h)
            slopes[i] = (f(up) - f(down)) / (2 * h)
            if returns_early:
                return slopes
        return slopes

    return central


def one_number(up, down, i, h):
    up[i] += h
    down[i] -= h


def every_number(up, down, i, h):
    up += h
    down -= h


def put_in_place(up, down, i, h):
    up[i], down[i] = h, -h


def one_clone(f, x, part):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        h = part * x[i].abs()
        up = x.clone()
        down = up
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes


def at_once(f, x, part):
    h = part * x.abs()
    return (f(x + h) - f(x - h)) / (2 * h)


def by_autograd(f, x, part):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


def by_three_derivatives(f, x, part):
    """The quotient of a cubic: slope + h²/6 · its third derivative, number by number."""

    def along(x, e):
        return torch.func.jvp(f, (x,), (e,))[1]

    def third(x, e):
        twice = lambda x: torch.func.jvp(lambda x: along(x, e), (x,), (e,))[1]  # noqa: E731
        return torch.func.jvp(twice, (x,), (e,))[1]

    eye = torch.eye(len(x), dtype=x.dtype)
    return torch.stack([along(x, e) + (part * x @ e) ** 2 / 6 * third(x, e) for e in eye])


# --- 11.5 -----------------------------------------------------------------------------------------


def close(**tolerances):
    return lambda gradient, nudged: torch.allclose(gradient, nudged, **tolerances)


def atol_open(g, n):
    rtol, atol = 1e-6, ...
    return torch.allclose(g, n, rtol=rtol, atol=atol)


def rtol_open(g, n):
    rtol, atol = ..., ...
    atol = 0.0
    return torch.allclose(g, n, rtol=rtol, atol=atol)


# --- 11.6 -----------------------------------------------------------------------------------------


def by_the_matrix(x, g):
    J = x.sum() * torch.eye(len(x), dtype=x.dtype) + x[:, None]
    return J.T @ g


def by_a_loop(x, g):
    s, back = x.sum(), (g * x).sum()
    return [g[i] * s + back for i in range(len(x))]


def by_a_graph(x, g):
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(leaf * leaf.sum(), leaf, g)[0]


def by_a_record(x, g):
    with torch.inference_mode(False), torch.enable_grad():
        return by_a_graph(x.clone(), g.clone())


def by_the_jacobian(x, g):
    return g @ jacobian(lambda x: x * x.sum(), x)


TABLES = {
    "columns": Table(
        right={
            "capitals": COLUMNS,
            "small letters": {name: letter.lower() for name, letter in COLUMNS.items()},
        },
        wrong={
            "forward_and_central": (COLUMNS | {"forward": "D", "central": "B"}, "to both sides"),
            "both_in_float32": (
                COLUMNS | {"forward_float32": "A", "central_float32": "C"},
                "there too",
            ),
            "one_letter_twice": (COLUMNS | {"central": "B"}, "each letter stands once"),
            "the_same_in_float32": (
                COLUMNS | {"forward_float32": "b", "central_float32": "d"},
                "each letter stands once",
            ),
            "the_forward_ones": (
                COLUMNS | {"forward": "C", "forward_float32": "B"},
                "the forward differences: with 7 digits",
            ),
            "the_central_ones": (
                COLUMNS | {"central": "A", "central_float32": "D"},
                "the central differences: with 7 digits",
            ),
        },
    ),
    "quotients": Table(
        right={
            "numbers": QUOTIENTS,
            "tensors": {name: torch.tensor(value) for name, value in QUOTIENTS.items()},
        },
        wrong={
            "the_slope": (dict.fromkeys(QUOTIENTS, 12), "as large as 0.2"),
            "backward": (QUOTIENTS | {"forward": 10.84}, "nudges backward"),
            "forward_not_divided": (QUOTIENTS | {"forward": 2.648}, "by h = 0.2"),
            "forward_without_square": (QUOTIENTS | {"forward": 13.2}, "3xh² + h³"),
            "forward_without_x": (QUOTIENTS | {"forward": 12.64}, "3h in the place of 3xh"),
            "backward_without_square": (QUOTIENTS | {"backward": 10.8}, "3x²h − 3xh² + h³"),
            "backward_exact": (QUOTIENTS | {"backward": 12}, "as large as 0.2"),
            "backward_as_forward": (QUOTIENTS | {"backward": 13.24}, "nudges forward"),
            "backward_turned": (QUOTIENTS | {"backward": -10.84}, "f grows here"),
            "backward_not_divided": (QUOTIENTS | {"backward": 2.168}, "by h = 0.2"),
            "backward_sign": (QUOTIENTS | {"backward": 10.76}, "turns twice"),
            "central_as_forward": (QUOTIENTS | {"central": 13.24}, "to 2.2 and to 1.8"),
            "central_by_h": (QUOTIENTS | {"central": 24.08}, "divide by 0.4"),
            "central_not_divided": (QUOTIENTS | {"central": 4.816}, "by 2h = 0.4"),
            "central_one_cube": (QUOTIENTS | {"central": 12.02}, "both count"),
            "central_cubes_by_h": (QUOTIENTS | {"central": 12.08}, "divided by 2h as well"),
            "central_no_brackets": (QUOTIENTS | {"central": 0.4816}, "2 * h in brackets"),
            "central_exact": (QUOTIENTS | {"central": 12}, "h² = 0.04 is missing"),
        },
    ),
    "order": Table(
        right={
            "as taught": from_remainder(of_taylor),
            "nudged by J": from_remainder(
                lambda f, x, v, J, h: f(x + h * v) - (f(x) + J @ (h * v))
            ),
            "the other sign": from_remainder(lambda *given: -of_taylor(*given)),
            "slope of logarithms": slope_of_logarithms,
            "loops": by_loops,
        },
        wrong={
            "no_slope": (from_remainder(no_slope), "h J v is not subtracted"),
            "slope_without_h": (from_remainder(slope_without_h), "without its h"),
            "no_value_here": (from_remainder(no_value_here), "f(x) is not subtracted"),
            "slope_added": (from_remainder(slope_added), "h J v is added"),
            "slope_of_square": (from_remainder(slope_of_square), "h² J v is subtracted"),
            "J_of_the_point": (from_remainder(J_of_the_point), "the step alone"),
            "summed": (
                from_remainder(lambda *given: of_taylor(*given).sum()),
                "leave it a vector",
            ),
            "step_without_v": (from_remainder(step_without_v), "h v, not h"),
            "step_without_h": (from_remainder(step_without_h), "v came without its h"),
            "quotient_less_slope": (from_remainder(quotient_less_slope), "divided by h:"),
            "quotient_of_squares": (from_remainder(quotient_of_squares), "divided by h²"),
            "step_back": (from_remainder(step_back), "a step backward"),
            "both_sides": (from_remainder(both_sides), "another order"),
            "J_anew": (from_remainder(anew), "that was handed in"),
            "J_turned": (from_remainder(turned), "a row for each output"),
            "number_by_number": (from_remainder(number_by_number), "J * v has not"),
            "typed_in": (lambda f, x, v, J: 2.0, "one answer for every input"),
        },
    ),
    "central": Table(
        right={
            "clones": with_clones,
            "unit vectors": of_each(quotient),
            "step with a sign": of_each(quotient, step=lambda x, i, part: part * x[i]),
            "put back": put_back,
            "by the tool, one by one": by_the_tool,
        },
        wrong={
            "one_step": (of_each(quotient, step=lambda x, i, part: part), "one step for all"),
            "tool": (
                lambda f, x, part: numerical_gradient(f, x, step=part),
                "one step for all",
            ),
            "step_of_the_largest": (
                of_each(quotient, step=lambda x, i, part: part * x.max()),
                "from the largest number",
            ),
            "step_of_the_norm": (
                of_each(quotient, step=lambda x, i, part: part * x.norm()),
                "from the norm",
            ),
            "step_of_the_mean": (
                of_each(quotient, step=lambda x, i, part: part * x.abs().mean()),
                "from the mean size",
            ),
            "no_brackets": (
                of_each(lambda f, x, e, h: (f(x + h * e) - f(x - h * e)) / 2 * h),
                "2 * h in brackets",
            ),
            "turned": (of_each(lambda *given: -quotient(*given)), "turn the difference round"),
            "half_a_step": (
                of_each(lambda f, x, e, h: (f(x + h / 2 * e) - f(x - h / 2 * e)) / h),
                "by half a step",
            ),
            "by_h": (of_each(lambda *given: 2 * quotient(*given)), "divided by h"),
            "by_part": (
                lambda f, x, part: with_clones(f, x, part) * x.abs(),
                "divided by 2 · part",
            ),
            "forward": (
                of_each(lambda f, x, e, h: (f(x + h * e) - f(x)) / h),
                "to one side only",
            ),
            "back_by_h": (back_by_h, "go back by 2h"),
            "at_once": (at_once, "nudged at once: move one"),
            "at_once_by_one_step": (nudged(every_number), "nudged at once, by one step"),
            "clones_before_the_loop": (nudged(one_number, clones_before=True), "anew for each"),
            "put_in_place": (nudged(put_in_place), "in the place of x[i]"),
            "returned_early": (nudged(one_number, returns_early=True), "inside the loop?"),
            "left_moved": (left_moved, "were not put back"),
            "x_left_moved": (x_left_moved, "x itself was nudged"),
            "one_tensor": (one_tensor, "clone() x for each"),
            "one_clone": (one_clone, "clone() x for each"),
            "by_autograd": (by_autograd, "the quotients are asked for"),
            "by_three_derivatives": (by_three_derivatives, "the quotients are asked for"),
            "divided_with_a_sign": (
                of_each(
                    lambda f, x, e, h: quotient(f, x, e, h) * torch.sign(x @ e),
                ),
                "a step with a sign",
            ),
            "settled": (lambda f, x, part: numerical_gradient(f, x), "the slope itself"),
            "not_divided": (
                of_each(lambda f, x, e, h: f(x + h * e) - f(x - h * e)),
                "the difference alone",
            ),
        },
    ),
    "agrees": Table(
        right={
            "1e-6": close(rtol=1e-6, atol=0.0),
            "1e-4, with some atol": close(rtol=1e-4, atol=1e-13),
            "1e-4": close(rtol=1e-4, atol=0.0),
            "1e-8": close(rtol=1e-8, atol=0),
            "nearly 0": close(rtol=1e-5, atol=1e-20),
            "by hand": lambda g, n: ((g - n).abs() <= 1e-6 * n.abs()).all(),
            "quotient": lambda g, n: (g / n - 1).abs().max().item() < 1e-5,
        },
        wrong={
            "defaults": (close(), "let 0.05 % of 1e-9 pass"),
            "of_gradcheck": (close(rtol=1e-3, atol=1e-5), "rtol is too large"),
            "both_large": (close(rtol=1e-2, atol=1e-2), "rtol is too large"),
            "rtol_too_large": (close(rtol=1e-3, atol=0.0), "rtol is too large"),
            "the_error_itself": (close(rtol=5e-4, atol=0), "stay well below"),
            "atol_small": (close(rtol=1e-6, atol=1e-11), "let 0.05 % of 1e-9 pass"),
            "atol_smaller": (close(rtol=1e-6, atol=1e-12), "let 0.05 % of 1e-9 pass"),
            "atol_smallest": (close(rtol=1e-6, atol=5e-13), "let 0.05 % of 1e-9 pass"),
            "atol_of_defaults": (close(rtol=1e-6, atol=1e-8), "let 0.05 % of 1e-9 pass"),
            "atol_large": (close(rtol=1e-6, atol=1e-2), "even 0.05 % of 7.1"),
            "atol_open": (atol_open, "still `...` at atol"),
            "rtol_open": (rtol_open, "still `...` at rtol"),
            "lengths": (lambda g, n: (g - n).norm() <= 1e-6 * n.norm(), "hides beside"),
            "the_first": (lambda g, n: torch.isclose(g, n, 1e-6, 0)[0], "hides beside"),
            "the_sums": (
                lambda g, n: torch.isclose(g.sum(), n.sum(), 1e-6, 0),
                "hides beside",
            ),
            "parts_of_the_largest": (
                lambda g, n: torch.allclose(g / n.abs().max(), n / n.abs().max(), 0, 1e-6),
                "hides beside",
            ),
            "atol_alone": (close(rtol=0.0, atol=1e-6), "rtol is too small for large numbers"),
            "tiny_alone": (close(rtol=0.0, atol=1e-13), "only tiny ones pass"),
            "both_1e-9": (close(rtol=1e-9, atol=1e-9), "rtol is too small for numbers like 3"),
            "rtol_1e-9": (close(rtol=1e-9, atol=1e-6), "rtol is too small for large numbers"),
            "of_rounding": (close(rtol=3e-9, atol=0.0), "room for rounding"),
            "atol_left": (close(rtol=1e-6, atol=1e-6), "let 0.05 % of 1e-9 pass"),
            "exact": (torch.equal, "room for rounding"),
            "exact_numbers": (close(rtol=0.0, atol=0.0), "room for rounding"),
            "always": (lambda g, n: True, "rejects nothing"),
            "never": (lambda g, n: False, "False for all"),
            "each_number": (lambda g, n: torch.isclose(g, n, 1e-6, 0), "True or False"),
        },
    ),
    "returned": Table(
        right={
            "as taught": lambda x, g: g * x.sum() + (g * x).sum(),
            "a product": lambda x, g: g * x.sum() + g @ x,
            "by the matrix": by_the_matrix,
            "by a loop": by_a_loop,
        },
        wrong={
            "as_it_was": (lambda x, g: g * x.sum() + x.sum(), "as TimesSum does"),
            "times_g": (lambda x, g: 2 * g * x.sum(), "is not enough"),
            "sum_of_g": (lambda x, g: g.sum() * (x.sum() + x), "from output i comes"),
            "as_often_as_outputs": (
                lambda x, g: g * x.sum() + g * x * len(x),
                "as often as there are outputs",
            ),
            "no_g_and_no_sum": (lambda x, g: g * x.sum() + x, "one number of x alone"),
            "no_x": (lambda x, g: g * x.sum() + g.sum(), "x plays no part"),
            "of_a_square": (lambda x, g: 2 * g * x, "2 g x is for y = x * x"),
            "no_g": (lambda x, g: (2 * x.sum()).expand(len(x)), "under sum()"),
            "factor_only": (lambda x, g: g * x.sum(), "goes into the sum as well"),
            "sum_only": (lambda x, g: (g * x).sum().expand(len(x)), "is a factor as well"),
            "not_summed": (lambda x, g: g * x.sum() + g * x, "without its sum"),
            "turned": (lambda x, g: g * x.sum() + x * g.sum(), "in the place of Jᵀ g"),
            "sums_multiplied": (lambda x, g: g * x.sum() + g.sum() * x.sum(), "its own x"),
            "mean": (lambda x, g: g * x.sum() + (g * x).mean(), "so add them"),
            "by_a_graph": (by_a_graph, "you are the backward pass"),
            "by_the_jacobian": (by_the_jacobian, "you are the backward pass"),
            "by_a_record": (by_a_record, "you are the backward pass"),
            "by_vjp": (
                lambda x, g: torch.func.vjp(lambda x: x * x.sum(), x)[1](g)[0],
                "you are the backward pass",
            ),
            "by_jacfwd": (
                lambda x, g: g @ torch.func.jacfwd(lambda x: x * x.sum())(x),
                "you are the backward pass",
            ),
            "zeros": (lambda x, g: torch.zeros_like(x), "nothing but zeros"),
            "one_number": (lambda x, g: (g * x).sum(), "shape ()"),
        },
    ),
}
