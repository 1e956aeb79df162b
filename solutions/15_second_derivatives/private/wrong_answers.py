"""Answers to assignment 15."""

import torch
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

from tests.wrong_answers import OF_A_GRAPH, Table

PATHS = {"square": 18.0, "x1": 5.0, "second": 23.0}
ANSWERS = {"a": 18.0, "b": 31.5, "c": 486.0, "raises": "both"}

# --- 15.3 -----------------------------------------------------------------------------------------


def by_slope(ask, change=lambda slope: slope):
    """As the exercise lays it down: ``ask(y, x)`` is the slope."""

    def second(f, x):
        slope = change(ask(f(x), x))
        return torch.autograd.grad(slope, x)[0]

    return second


def taught(y, x):
    return torch.autograd.grad(y, x, create_graph=True)[0]


def retained(y, x):
    return torch.autograd.grad(y, x, retain_graph=True)[0]


def left_in_grad(y, x):
    y.backward(create_graph=True)
    return x.grad


def left_in_grad_without(y, x):
    y.backward()
    return x.grad


def left_in_grad_cleared(f, x):
    f(x).backward(create_graph=True)
    slope, x.grad = x.grad, None
    return torch.autograd.grad(slope, x)[0]


def left_in_grad_put_back(f, x):
    before, x.grad = x.grad, None
    f(x).backward(create_graph=True)
    slope, x.grad = x.grad, before
    return torch.autograd.grad(slope, x)[0]


def first_left_in_grad(f, x):
    f(x).backward()
    return grad(grad(f))(x)


def both_left_in_grad(f, x):
    f(x).backward(create_graph=True)
    x.grad.backward()
    return x.grad


def nudged_slope(f, x):
    slope = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
    return torch.autograd.grad(slope, x)[0]


def nudged_twice(f, x):
    return (f(x + 1e-4) - 2 * f(x) + f(x - 1e-4)) / 1e-8


def new_tensor(f, x):
    slope = torch.tensor(taught(f(x), x).item(), requires_grad=True)
    return torch.autograd.grad(slope, x)[0]


# --- 15.4 -----------------------------------------------------------------------------------------


def slope_of(f, w):
    return torch.autograd.grad(f(w), w, create_graph=True)[0]


def by_dot(dot, ask=None):
    """The gradient of ``dot(slope, v)``, where ``ask(y, w)`` is the slope."""

    def hvp(f, w, v):
        slope = ask(f(w), w) if ask else slope_of(f, w)
        return torch.autograd.grad(dot(slope, v), w)[0]

    return hvp


def with_v_handed_in(f, w, v):
    return torch.autograd.grad(slope_of(f, w), w, v)[0]


def by_backward(f, w, v):
    f(w).backward(create_graph=True)
    (w.grad @ v).backward()
    return w.grad


def by_backward_cleared(f, w, v):
    f(w).backward(create_graph=True)
    slope, w.grad = w.grad, None
    (slope @ v).backward()
    return w.grad


def without_create_graph(f, w, v):
    (slope,) = torch.autograd.grad(f(w), w)
    return torch.autograd.grad(slope @ v, w)[0]


def rows_of_a_freed_graph(f, w, v):
    return torch.stack([torch.autograd.grad(one, w)[0] for one in slope_of(f, w)]) @ v


def nudged(f, w, v):
    return (grad(f)(w + 1e-5 * v) - grad(f)(w - 1e-5 * v)) / 2e-5


# --- 15.5 -----------------------------------------------------------------------------------------


def solved(g, H):
    return torch.linalg.solve(H, g)


def deviations(H):
    return torch.linalg.inv(H).diagonal().sqrt()


def stacked(beta, errors):
    return torch.stack([beta, errors])


def fit(step=solved, errors=deviations, returned=stacked):
    def newton(loss, beta, steps):
        for _ in range(steps):
            beta = beta - step(grad(loss)(beta), hessian(loss)(beta))
        return returned(beta, errors(hessian(loss)(beta)))

    return newton


def by_leaves(loss, beta, steps):
    for _ in range(steps):
        beta = beta.detach().requires_grad_()
        (g,) = torch.autograd.grad(loss(beta), beta, create_graph=True)
        H = torch.stack([torch.autograd.grad(one, beta, retain_graph=True)[0] for one in g])
        beta = beta - torch.linalg.inv(H) @ g
    H = torch.autograd.functional.hessian(loss, beta.detach())
    return torch.stack([beta, torch.diag(torch.linalg.inv(H)) ** 0.5])


def one_step(loss, beta, steps):
    for _ in range(steps):
        beta = beta - solved(grad(loss)(beta), hessian(loss)(beta))
        return stacked(beta, deviations(hessian(loss)(beta)))


def each_anew(loss, beta, steps):
    for _ in range(steps):
        new = beta - solved(grad(loss)(beta), hessian(loss)(beta))
    return stacked(new, deviations(hessian(loss)(new)))


def unmoved(loss, beta, steps):
    for _ in range(steps):
        beta - solved(grad(loss)(beta), hessian(loss)(beta))
    return stacked(beta, deviations(hessian(loss)(beta)))


def frozen(g_too=False, H_too=True):
    def newton(loss, beta, steps):
        first_g, first_H = grad(loss)(beta), hessian(loss)(beta)
        for _ in range(steps):
            g = first_g if g_too else grad(loss)(beta)
            H = first_H if H_too else hessian(loss)(beta)
            beta = beta - solved(g, H)
        return stacked(beta, deviations(hessian(loss)(beta)))

    return newton


def last_H(loss, beta, steps):
    for _ in range(steps):
        H = hessian(loss)(beta)
        beta = beta - solved(grad(loss)(beta), H)
    return stacked(beta, deviations(H))


def first_H(loss, beta, steps):
    errors = deviations(hessian(loss)(beta))
    return stacked(fit()(loss, beta, steps)[0], errors)


def not_called(loss, beta, steps):
    for _ in range(steps):
        beta = beta - torch.linalg.solve(hessian(loss), grad(loss))
    return beta


def into_a_leaf(loss, beta, steps):
    beta.requires_grad_()
    for _ in range(steps):
        beta -= solved(grad(loss)(beta), hessian(loss)(beta))
    return stacked(beta, deviations(hessian(loss)(beta)))


# --- 15.6 -----------------------------------------------------------------------------------------


def penalised(ask=lambda out, x: taught(out.sum(), x), total=None, leaf=True):
    """``ask(out, x)`` is the slope, ``total(off, slope)`` the loss."""
    total = total or (lambda off, slope: (off**2 + (slope - 1) ** 2).mean())

    def answer(f, w, x, t):
        x = x.detach().requires_grad_() if leaf else x
        out = f(w, x)
        return total(out - t, ask(out, x))

    return answer


def by_vmap(f, w, x, t):
    slope = vmap(grad(lambda x: f(w, x)))(x)
    return ((f(w, x) - t) ** 2).mean() + ((slope - 1) ** 2).mean()


def by_jvp(f, w, x, t):
    out, slope = jvp(lambda x: f(w, x), (x,), (torch.ones_like(x),))
    return ((out - t) ** 2).mean() + ((slope - 1) ** 2).mean()


def by_nudges(f, w, x, t):
    slope = (f(w, x + 1e-5) - f(w, x - 1e-5)) / 2e-5
    return ((f(w, x) - t) ** 2).mean() + ((slope - 1) ** 2).mean()


def by_w(f, w, x, t):
    out = f(w, x)
    slope = taught(out.sum(), w)
    return ((out - t) ** 2).mean() + ((slope - 1) ** 2).mean()


def left_in_both(out, x):
    out.sum().backward(create_graph=True)
    return x.grad


def left_in_x(out, x):
    out.sum().backward(create_graph=True, inputs=[x])
    return x.grad


def x_too_late(f, w, x, t):
    out = f(w, x)
    x = x.detach().requires_grad_()
    slope = taught(out.sum(), x)
    return ((out - t) ** 2).mean() + ((slope - 1) ** 2).mean()


def of_a_vector(f, w, x, t):
    out = f(w, x.requires_grad_())
    (s,) = torch.autograd.grad(out, x, create_graph=True)
    return ((out - t) ** 2 + (s - 1) ** 2).mean()


def by_the_error(f, w, x, t):
    x = x.detach().requires_grad_()
    off = f(w, x) - t
    slope = taught((off**2).sum(), x)
    return (off**2 + (slope - 1) ** 2).mean()


def left_in_both_as_a_constant(out, x):
    out.sum().backward(retain_graph=True)
    return x.grad


def with_a_pass(f, w, x, t):
    loss = penalised()(f, w, x, t)
    loss.backward()
    return loss


TABLES = {
    "paths": Table(
        right={
            "numbers": PATHS,
            "tensors": {name: torch.tensor(value) for name, value in PATHS.items()},
        },
        wrong={
            "no_factor_2": ({"square": 9, "x1": 2.5, "second": 11.5}, "half of it"),
            "swapped": (PATHS | {"square": 5, "x1": 18}, "are swapped"),
            "square_half": (PATHS | {"square": 9}, "half of it"),
            "square_not_ended": (PATHS | {"square": 6}, "its own slope"),
            "square_own_value": (PATHS | {"square": 15}, "3, not 2.5"),
            "square_first_factor": (PATHS | {"square": 3}, "until you are at x"),
            "square_twice": (PATHS | {"square": 36}, "the slope of a first power is 1"),
            "square_slope_2": (PATHS | {"square": 12}, "2x = 3, not 2"),
            "first_without_what_arrives": (PATHS | {"x1": 2}, "the 2.5 that goes"),
            "square_is_the_slope": (PATHS | {"square": 7.5}, "that is 2.5 · 3"),
            "first_alone": (PATHS | {"x1": 1}, "come on the same path"),
            "first_twice": (PATHS | {"x1": 10}, "x1: a factor 2 too many"),
            "second_without_minus": (PATHS | {"second": 27}, "12x² alone"),
            "square_value": (PATHS | {"square": 13.5}, "not x² = 2.25"),
            "first_half": (PATHS | {"x1": 2.5}, "2.5 arrives there"),
            "first_own_value": (PATHS | {"x1": 6}, "2.5, not 3"),
            "first_of_the_picture": (PATHS | {"x1": 3}, "not what comes back"),
            "first_x": (PATHS | {"x1": 7.5}, "1, not x"),
            "first_2x": (PATHS | {"x1": 15}, "1, not 2x"),
            "second_slope": (PATHS | {"second": 7.5}, "the slope itself"),
            "second_product": (PATHS | {"second": 90}, "not multiplied"),
            "second_difference": (PATHS | {"second": 13}, "not subtracted"),
            "second_of_one_way": (PATHS | {"second": 18}, "x² alone"),
            "second_of_the_other": (PATHS | {"second": 5}, "x¹ alone"),
            "third": (PATHS | {"second": 36}, "third derivative"),
        },
    ),
    "answers": Table(
        right={
            "numbers": ANSWERS,
            "capitals": ANSWERS | {"raises": "Both", "b": torch.tensor(31.5)},
        },
        wrong={
            "a_slope": (ANSWERS | {"a": 13.5}, "that is the slope, 6x²"),
            "a_third": (ANSWERS | {"a": 12}, "third derivative"),
            "a_half": (ANSWERS | {"a": 9}, "the 2 is missing"),
            "a_square": (ANSWERS | {"a": 27}, "not 12x²"),
            "a_adds": (ANSWERS | {"a": 31.5}, "adds nothing"),
            "a_value": (ANSWERS | {"a": 6.75}, "the value 2x³"),
            "b_does_not_add": (ANSWERS | {"b": 18}, "it adds"),
            "b_stays": (ANSWERS | {"b": 13.5}, "adds as well"),
            "b_slope_again": (ANSWERS | {"b": 27}, "not x.grad again"),
            "b_third": (ANSWERS | {"b": 25.5}, "that is added"),
            "b_product": (ANSWERS | {"b": 243}, "does not multiply"),
            "c_value": (ANSWERS | {"c": 182.25}, "the square of the slope"),
            "c_outer": (ANSWERS | {"c": 27}, "the inner derivative"),
            "c_half": (ANSWERS | {"c": 243}, "the 2 is missing"),
            "c_squared": (ANSWERS | {"c": 324}, "f″ squared"),
            "c_twice": (ANSWERS | {"c": 36}, "that is 2 · f″"),
            "c_as_a": (ANSWERS | {"c": 18}, "is differentiated too"),
            "c_slope_again": (ANSWERS | {"c": 364.5}, "not the slope once more"),
            "in_other_words": (ANSWERS | {"raises": "d and e"}, "write both"),
            "with_a_comma": (ANSWERS | {"raises": "d, e"}, "write both"),
            "in_one_word": (ANSWERS | {"raises": "de"}, "are both"),
            "none": (ANSWERS | {"raises": "none"}, "nothing? d asks"),
            "e_alone": (ANSWERS | {"raises": "e"}, "d does too"),
            "d_alone": (ANSWERS | {"raises": "d"}, "e does too"),
            "neither": (ANSWERS | {"raises": "neither"}, "goes twice through one"),
        },
    ),
    "second_derivative": Table(
        right={
            "as taught": by_slope(taught),
            "the tuple": by_slope(lambda y, x: torch.autograd.grad(y, x, create_graph=True)),
            "both keywords": by_slope(
                lambda y, x: torch.autograd.grad(y, x, retain_graph=True, create_graph=True)[0]
            ),
            "backward(), put back": left_in_grad_put_back,
            "of the sum": by_slope(taught, torch.sum),
            "transforms": lambda f, x: grad(grad(f))(x),
            "the slope by a transform": lambda f, x: torch.autograd.grad(grad(f)(x), x)[0],
            "hessian": lambda f, x: hessian(f)(x),
        },
        wrong={
            "retained": (by_slope(retained), "create_graph=True (retain_graph keeps"),
            "no_keyword": (
                by_slope(lambda y, x: torch.autograd.grad(y, x)[0]),
                "create_graph=True (retain_graph keeps",
            ),
            "left_without": (by_slope(left_in_grad_without), "create_graph=True"),
            "detached": (by_slope(taught, torch.detach), "create_graph=True"),
            "new_tensor": (new_tensor, "x is not in that graph"),
            "value": (by_slope(lambda y, x: y), "that is f′"),
            "slope": (lambda f, x: taught(f(x), x), "that is f′"),
            "left": (by_slope(left_in_grad), "adds to x.grad, call by call"),
            "added": (both_left_in_grad, "adds to x.grad, call by call"),
            "cleared": (left_in_grad_cleared, "x.grad is to stay as it was"),
            "first_left": (first_left_in_grad, "x.grad is to stay as it was"),
            "third": (by_slope(lambda y, x: taught(taught(y, x), x)), "that is f‴"),
            "squared": (lambda f, x: taught(f(x), x) ** 2, "f′ squared"),
            "of_the_square": (by_slope(taught, torch.square), "2 f′ f″"),
            "nudged_slope": (nudged_slope, "which moves what is held still"),
            "nudged_twice": (nudged_twice, "nudged or written as a formula"),
            "of_sin_x²": (
                by_slope(lambda y, x: 2 * x * torch.cos(x**2)),
                "not of one",
            ),
            "a_function": (lambda f, x: by_slope(lambda y, x: grad(f))(f, x), "handed over"),
            "None": (by_slope(lambda y, x: y.backward(create_graph=True)), "slope is None"),
            "a_number": (by_slope(lambda y, x: taught(y, x).item()), "which has no graph"),
            "typed_in": (lambda f, x: 18.0, "one answer for every input"),
        },
    ),
    "hvp": Table(
        right={
            "a dot product": by_dot(torch.dot),
            "a sum": by_dot(lambda slope, v: (slope * v).sum()),
            "v handed in": with_v_handed_in,
            "forward over reverse": lambda f, w, v: jvp(grad(f), (w,), (v,))[1],
            "reverse over reverse": lambda f, w, v: vjp(grad(f), w)[1](v)[0],
            "H itself": lambda f, w, v: hessian(f)(w) @ v,
            "jacrev twice": lambda f, w, v: jacrev(jacrev(f))(w) @ v,
            "jacfwd twice": lambda f, w, v: jacfwd(jacfwd(f))(w) @ v,
            "of torch.autograd": lambda f, w, v: torch.autograd.functional.hvp(f, w, v)[1],
            "transposed": lambda f, w, v: torch.autograd.functional.vhp(f, w, v)[1],
            "cleared": by_backward_cleared,
            "a list": lambda f, w, v: jvp(grad(f), (w,), (v,))[1].tolist(),
        },
        wrong={
            "number_by_number": (lambda f, w, v: slope_of(f, w) * v, "number by number"),
            "no_v": (by_dot(lambda slope, v: slope.sum()), "v plays no part: that is"),
            "v_late": (
                lambda f, w, v: by_dot(lambda slope, v: slope.sum())(f, w, v) * v,
                "v came too late",
            ),
            "H_times_v_summed": (lambda f, w, v: (hessian(f)(w) * v).sum(0), "v came too late"),
            "diagonal": (lambda f, w, v: hessian(f)(w).diagonal() * v, "the diagonal of H alone"),
            "gradient": (lambda f, w, v: slope_of(f, w), "that is the gradient"),
            "jvp_first": (lambda f, w, v: jvp(grad(f), (w,), (v,))[0], "that is the gradient"),
            "left": (by_dot(torch.dot, left_in_grad), "adds to w.grad, call by call"),
            "added": (by_backward, "adds to w.grad, call by call"),
            "H_g": (by_dot(lambda slope, v: slope @ slope.detach()), "H times the slope"),
            "slope_squared": (by_dot(lambda slope, v: slope @ slope), "twice H times the slope"),
            "v_twice": (
                lambda f, w, v: by_dot(torch.dot)(f, w, v) * v,
                "v counts twice",
            ),
            "nudged": (nudged, "which moves what is held still"),
            "w_plus_v": (lambda f, w, v: grad(f)(w + v) - grad(f)(w), "for a small v alone"),
            "at_v": (lambda f, w, v: hessian(f)(v) @ v, "H is taken at v"),
            "times_w": (lambda f, w, v: hessian(f)(w) @ w, "H w: multiply by v"),
            "unit_v": (lambda f, w, v: hessian(f)(w) @ (v / v.norm()), "divided by its length"),
            "not_called": (lambda f, w, v: hessian(f) @ v, "are functions: call them at w"),
            "not_unpacked": (lambda f, w, v: torch.autograd.grad(f(w), w) @ v, "take its [0]"),
            "called_too_early": (
                lambda f, w, v: jvp(grad(f)(w), (w,), (v,)),
                "a function comes first",
            ),
            "grad_of_grad": (lambda f, w, v: grad(grad(f))(w) @ v, "that is g @ v"),
            "no_tuples": (lambda f, w, v: jvp(grad(f), w, v)[1], "jvp takes tuples"),
            "v_too_early": (lambda f, w, v: torch.autograd.grad(f(w), w, v), "one pass later"),
            "rows_of_a_freed_graph": (rows_of_a_freed_graph, "retain_graph=True"),
            "tuple_of_vjp": (lambda f, w, v: vjp(grad(f), w)[1](v), "take its [0]"),
            "without_create_graph": (without_create_graph, "create_graph=True"),
            "number_along_v": (lambda f, w, v: slope_of(f, w) @ v, "H v is the gradient of g · v"),
            "curvature_along_v": (lambda f, w, v: v @ hessian(f)(w) @ v, "or vᵀHv"),
            "tuple_of_one": (
                lambda f, w, v: torch.autograd.grad(slope_of(f, w) @ v, w),
                "take its [0]",
            ),
            "tuple_of_jvp": (lambda f, w, v: jvp(grad(f), (w,), (v,)), "take its [1]"),
            "no_scalar": (by_dot(lambda slope, v: slope * v), "take a dot product"),
            "not_summed_over_H": (lambda f, w, v: hessian(f)(w) * v, "shape (3, 3)"),
        },
    ),
    "newton": Table(
        right={
            "as taught": fit(),
            "by leaves": by_leaves,
            "the inverse": fit(step=lambda g, H: torch.linalg.inv(H) @ g),
            "two rows": fit(returned=lambda *rows: rows),
            "lists": fit(returned=lambda *rows: [row.tolist() for row in rows]),
        },
        wrong={
            "added": (fit(step=lambda g, H: -solved(g, H)), "the step is added"),
            "not_divided": (fit(step=lambda g, H: g), "is to be divided by H"),
            "multiplied": (fit(step=lambda g, H: H @ g), "the steps ran away"),
            "by_the_diagonal": (fit(step=lambda g, H: g / H.diagonal()), "g over the diagonal"),
            "each_turned_over": (
                fit(step=lambda g, H: (1 / H) @ g, errors=lambda H: (1 / H).diagonal().sqrt()),
                "1 / H turns over",
            ),
            "turned_over_in_the_step": (
                fit(step=lambda g, H: (1 / H) @ g),
                "1 / H in the step",
            ),
            "unmoved": (unmoved, "beta did not move"),
            "one_step": (one_step, "one step alone"),
            "each_anew": (each_anew, "one step alone"),
            "H_frozen": (frozen(), "H is the one of the start: take it anew in each"),
            "g_frozen": (frozen(g_too=True, H_too=False), "g is the one of the start"),
            "both_frozen": (frozen(g_too=True), "g and H are those of the start"),
            "one_too_many": (
                lambda loss, beta, steps: fit()(loss, beta, steps + 1),
                "one step too many",
            ),
            "one_too_few": (lambda loss, beta, steps: fit()(loss, beta, steps - 1), "too few"),
            "to_the_bottom": (lambda loss, beta, steps: fit()(loss, beta, 20), "to the bottom"),
            "from_zero": (
                lambda loss, beta, steps: fit()(loss, torch.zeros_like(beta), steps),
                "it begins at 0",
            ),
            "learning_rate": (fit(step=lambda g, H: 0.1 * solved(g, H)), "no learning rate"),
            "H_of_the_last_step": (last_H, "the one before the last step"),
            "H_of_the_first_step": (first_H, "errors: H is the one of the start"),
            "variances": (fit(errors=lambda H: torch.linalg.inv(H).diagonal()), "the variance"),
            "not_inverted": (fit(errors=lambda H: H.diagonal().sqrt()), "invert H first"),
            "one_over_the_diagonal": (
                fit(errors=lambda H: (1 / H.diagonal()).sqrt()),
                "and then take the diagonal",
            ),
            "one_over_the_error": (fit(errors=lambda H: 1 / deviations(H)), "not 1 / root"),
            "curvature": (fit(errors=lambda H: H.diagonal()), "the curvature itself"),
            "rows_exchanged": (
                fit(returned=lambda *rows: torch.stack(rows[::-1])),
                "the first row is beta",
            ),
            "solve_exchanged": (
                fit(step=lambda g, H: torch.linalg.solve(g, H)),
                "the matrix comes first",
            ),
            "a_matrix_of_errors": (
                fit(errors=lambda H: torch.linalg.inv(H).sqrt()),
                "on the diagonal of the inverse",
            ),
            "H_over_g": (fit(step=lambda g, H: H / g), "beta became a matrix"),
            "beta_alone": (fit(returned=lambda beta, errors: beta), "put both into"),
            "columns": (
                fit(returned=lambda *rows: torch.stack(rows, dim=1)),
                "without dim",
            ),
            "lined_up": (fit(returned=lambda *rows: torch.cat(rows)), "torch.cat lines up"),
            "covariance_beside": (
                fit(errors=torch.linalg.inv, returned=lambda *rows: rows),
                "the diagonal counts",
            ),
            "not_called": (not_called, "is a function: call it at beta"),
            "into_a_leaf": (into_a_leaf, "beta itself is written over"),
        },
    ),
    "penalised": Table(
        right={
            "as taught": penalised(),
            "two means": penalised(
                total=lambda off, slope: (off**2).mean() + ((slope - 1) ** 2).mean()
            ),
            "ones handed in": penalised(
                ask=lambda out, x: torch.autograd.grad(
                    out, x, torch.ones_like(out), create_graph=True
                )[0]
            ),
            "backward to x alone": penalised(ask=left_in_x),
            "one by one": by_vmap,
            "forward": by_jvp,
        },
        wrong={
            "as_it_was": (
                penalised(ask=lambda out, x: retained(out.sum(), x)),
                "the slope came as a constant",
            ),
            "made_to_require_grad": (
                penalised(ask=lambda out, x: retained(out.sum(), x).requires_grad_()),
                "the slope came as a constant",
            ),
            "out_held": (
                penalised(total=lambda off, slope: (off.detach() ** 2 + (slope - 1) ** 2).mean()),
                "out is a constant",
            ),
            "penalty_alone": (
                penalised(total=lambda off, slope: ((slope - 1) ** 2).mean()),
                "the penalty alone",
            ),
            "no_penalty": (
                penalised(total=lambda off, slope: (off**2).mean()),
                "the penalty is missing",
            ),
            "subtracted": (
                penalised(total=lambda off, slope: (off**2 - (slope - 1) ** 2).mean()),
                "the penalty is subtracted",
            ),
            "of_the_mean": (
                penalised(ask=lambda out, x: taught(out.mean(), x)),
                "the slope of the mean",
            ),
            "mean_slope": (
                penalised(total=lambda off, slope: (off**2).mean() + (slope.mean() - 1) ** 2),
                "the mean slope is drawn to 1",
            ),
            "length": (
                penalised(total=lambda off, slope: (off**2).mean() + (slope.norm() - 1) ** 2),
                "taken as one vector",
            ),
            "sums": (
                penalised(total=lambda off, slope: (off**2 + (slope - 1) ** 2).sum()),
                "sums: take the mean",
            ),
            "penalty_summed": (
                penalised(total=lambda off, slope: (off**2).mean() + ((slope - 1) ** 2).sum()),
                "the penalty is summed",
            ),
            "towards_0": (
                penalised(total=lambda off, slope: (off**2 + slope**2).mean()),
                "drawn to 0",
            ),
            "sizes": (
                penalised(total=lambda off, slope: (off**2 + (slope.abs() - 1) ** 2).mean()),
                "sign and all",
            ),
            "not_squared": (
                penalised(total=lambda off, slope: (off**2 + (slope - 1).abs()).mean()),
                "is not squared",
            ),
            "by_w": (by_w, "the slope by w"),
            "left_in_w": (penalised(ask=left_in_both), "left its own gradient in w.grad"),
            "nudged": (by_nudges, "x is nudged"),
            "left_as_a_constant": (
                penalised(ask=left_in_both_as_a_constant),
                "and the slope came as a constant",
            ),
            "of_the_error": (by_the_error, "the slope of the error"),
            "one_square": (
                penalised(total=lambda off, slope: ((off + slope - 1) ** 2).mean()),
                "one square of both",
            ),
            "by_a_formula": (
                lambda f, w, x, t: ((f(w, x) - t) ** 2 + (2 * w * x - 1) ** 2).mean(),
                "the slope of wx² alone",
            ),
            "freed": (
                penalised(ask=lambda out, x: torch.autograd.grad(out.sum(), x)[0]),
                "create_graph=True keeps it",
            ),
            "not_unpacked": (
                penalised(ask=lambda out, x: torch.autograd.grad(out.sum(), x, create_graph=True)),
                "take its [0]",
            ),
            "of_a_function": (
                lambda f, w, x, t: grad(f)(w, x),
                "take their sum",
            ),
            "no_leaf": (penalised(leaf=False), "x does not require grad"),
            "of_a_vector": (of_a_vector, "f gives a number for each of x"),
            "x_too_late": (x_too_late, "first the leaf"),
            "with_a_pass": (with_a_pass, "is the check's"),
            "not_reduced": (
                penalised(total=lambda off, slope: off**2 + (slope - 1) ** 2),
                "their mean",
            ),
            "a_number": (
                lambda *given: penalised()(*given).item(),
                "which has no history",
            ),
        },
        forms=OF_A_GRAPH | {"None": "no `return`"},
    ),
}
