"""Answers to assignment 07."""

import torch
from autograd_seen import numerical_gradient

from tests.wrong_answers import Table

COUNTS = {
    "v": "three",
    "x.grad": "five",
    "rows": "three",
    "columns": "five",
    "passes": "three",
    "slopes": "fifteen",
}
jacobian = torch.autograd.functional.jacobian


# --- 7.3 ------------------------------------------------------------------------------------------


def of_each_output(row, dim=0):
    """A Jacobian whose rows are row(y, i, x)."""

    def by_rows(f, x):
        y = f(x)
        rows = [row(y, i, x) for i in range(len(y))]
        return torch.stack(rows, dim=dim)

    return by_rows


def asked(y, i, x):
    return torch.autograd.grad(y[i], x, retain_graph=True)[0]


def picked(y, i, x):
    return torch.autograd.grad(y, x, torch.eye(len(y))[i], retain_graph=True)[0]


def as_a_sum(y, i, x):
    return torch.autograd.grad((torch.eye(len(y))[i] * y).sum(), x, retain_graph=True)[0]


def cleared(y, i, x):
    x.grad = None
    y[i].backward(retain_graph=True)
    return x.grad


def zeroed_and_copied(y, i, x):
    if x.grad is not None:
        x.grad.zero_()
    y[i].backward(retain_graph=True)
    return x.grad.clone()


def zeroed(y, i, x):
    zeroed_and_copied(y, i, x)
    return x.grad


def copied(y, i, x):
    y[i].backward(retain_graph=True)
    return x.grad.clone()


def neither(y, i, x):
    y[i].backward(retain_graph=True)
    return x.grad


def of_the_vector(y, i, x):
    return torch.autograd.grad(y, x)[0]


def not_retained(y, i, x):
    return torch.autograd.grad(y[i], x)[0]


def with_its_tuple(y, i, x):
    return torch.autograd.grad(y[i], x, retain_graph=True)


def too_long(y, i, x):
    v = torch.ones(len(y) + 1)
    return torch.autograd.grad(y, x, v)[0]


def batched(f, x):
    y = f(x)
    return torch.autograd.grad(y, x, torch.eye(len(y)), is_grads_batched=True)[0]


def nudged(f, x):
    return numerical_gradient(f, x.detach().double())


def as_lists(f, x):
    return jacobian(f, x).tolist()


# --- 7.4 ------------------------------------------------------------------------------------------


def two_links(q):
    directions, lengths = q.cumsum(0), torch.tensor([0.4, 0.3])
    right = (lengths * torch.cos(directions)).sum()
    return torch.stack([right, (lengths * torch.sin(directions)).sum()])


def stepped(step):
    """The angles after some steps, each q = step(q, J, missing)."""

    def reach(q, target, steps):
        for _ in range(steps):
            q = step(q, jacobian(two_links, q), target - two_links(q))
        return q

    return reach


def newton(q, J, missing):
    return q + torch.linalg.solve(J, missing)


def for_the_target(q, target, steps):
    for _ in range(steps):
        q = newton(q, jacobian(two_links, q), target)
    return q


def one_jacobian(q, target, steps):
    J = jacobian(two_links, q)
    for _ in range(steps):
        q = newton(q, J, target - two_links(q))
    return q


# --- 7.5 ------------------------------------------------------------------------------------------


def by_a_loop(v):
    total, back = 0.0, []
    for number in v.flip(0):
        total = total + number
        back.insert(0, total)
    return torch.stack(back)


def by_slices(v):
    return [v[at:].sum() for at in range(len(v))]


def by_a_matrix(v):
    return v @ torch.ones(len(v), len(v)).tril()


def by_autograd(v):
    x = torch.zeros(len(v), requires_grad=True)
    return torch.autograd.grad(x.cumsum(0), x, v)[0]


def by_the_jacobian(v):
    return v @ jacobian(lambda x: x.cumsum(0), torch.zeros(len(v)))


# --- 7.6 ------------------------------------------------------------------------------------------


def circuit(x):
    V, mA, phase = x
    Z = V / (mA / 1000)
    return torch.stack([Z * torch.cos(phase), Z * torch.sin(phase)])


def propagated(row, C_of=lambda C: C, end=torch.sqrt):
    """Uncertainties from rows row(y, i, x)."""

    def uncertainties(x, C):
        J = of_each_output(row)(circuit, x)
        return end((J @ C_of(C) @ J.T).diagonal())

    return uncertainties


def by_jacobian(x, C):
    J = jacobian(circuit, x)
    return (J @ C @ J.T).diagonal().sqrt()


def turned_matrix(x, C):
    J = jacobian(circuit, x)
    return (J.T @ C @ J).diagonal().sqrt()


def in_float32(x, C):
    J = torch.zeros(2, 3)
    for i, row in enumerate(jacobian(circuit, x)):
        J[i] = row
    return (J @ C @ J.T).diagonal().sqrt()


def one_by_one(x, C):
    J = jacobian(circuit, x)
    return [torch.sqrt(row @ C @ row) for row in J]


TABLES = {
    "arrives": Table(
        right={"numbers": [16, 69.5, -13], "tensor": torch.tensor([16.0, 69.5, -13.0])},
        wrong={
            "sum_of_the_rows": ([6, 7.5, 2], "weigh each row"),
            "swapped": ([38, -2, 31], "swapped"),
            "first_row_only": ([20, 70, -10], "first row alone"),
            "not_ten_times": ([-2, 6.5, -4], "not taken 10 times"),
            "plus": ([24, 70.5, -7], "the sign of the second row"),
            "times_x": ([32, 208.5, -65], "multiplied by x"),
            "all_signs": ([-16, -69.5, 13], "the sign"),
            "values": ([20, 24.5], "shape (2,)"),
        },
    ),
    "counts": Table(
        right={
            "as they are": COUNTS,
            "in capitals": {name: n.upper() for name, n in COUNTS.items()},
        },
        wrong={
            "v_like_x": (COUNTS | {"v": "five"}, "so v has its shape"),
            "comes_back_like_y": (COUNTS | {"x.grad": "three"}, "the shape of x"),
            "transposed": (
                COUNTS | {"rows": "five", "columns": "three"},
                "each output has a row",
            ),
            "a_pass_for_each_input": (
                COUNTS | {"passes": "five"},
                "one pass for each output",
            ),
            "a_pass_for_each_slope": (
                COUNTS | {"passes": "fifteen"},
                "not one slope",
            ),
            "slopes": (COUNTS | {"slopes": "five"}, "a slope for each input"),
            "slopes_of_one_column": (COUNTS | {"slopes": "three"}, "a slope for each output"),
            "v_of_slopes": (COUNTS | {"v": "fifteen"}, "not for each slope"),
            "all_comes_back": (COUNTS | {"x.grad": "fifteen"}, "one row's worth"),
        },
    ),
    "by_rows": Table(
        right={
            "as taught": of_each_output(asked),
            "by a vector": of_each_output(picked),
            "v times y": of_each_output(as_a_sum),
            "backward, cleared": of_each_output(cleared),
            "backward, zeroed and copied": of_each_output(zeroed_and_copied),
            "batched": batched,
            "ready-made": jacobian,
            "jacrev": lambda f, x: torch.func.jacrev(f)(x),
            "lists": as_lists,
        },
        wrong={
            "transposed": (of_each_output(asked, dim=1), "transposed"),
            "uncleared": (of_each_output(copied), "was not cleared"),
            "neither_cleared_nor_copied": (of_each_output(neither), "all rows added up"),
            "of_the_sum": (of_each_output(lambda y, i, x: asked([y.sum()], 0, x)), "all rows"),
            "of_the_mean": (of_each_output(lambda y, i, x: asked([y.mean()], 0, x)), "the mean"),
            "zeroed_not_copied": (of_each_output(zeroed), "the last row everywhere"),
            "last_output": (of_each_output(lambda y, i, x: asked(y, -1, x)), "or begin at y[i]"),
            "first_output": (of_each_output(lambda y, i, x: asked(y, 0, x)), "the first row"),
            "with_its_tuple": (of_each_output(with_its_tuple), "take its [0]"),
            "nudged": (nudged, "by a nudge"),
            "of_the_vector": (
                of_each_output(of_the_vector),
                "a row begins at y[i]",
            ),
            "not_retained": (
                of_each_output(not_retained),
                "has freed what it saved",
            ),
            "v_like_x": (
                of_each_output(too_long),
                "the shape of the result",
            ),
        },
    ),
    "reach": Table(
        right={
            "as taught": stepped(newton),
            "by the inverse": stepped(lambda q, J, missing: q + torch.linalg.inv(J) @ missing),
            "by least squares": stepped(
                lambda q, J, missing: q + torch.linalg.lstsq(J, missing[:, None]).solution[:, 0]
            ),
        },
        wrong={
            "away": (
                stepped(lambda q, J, missing: q - torch.linalg.solve(J, missing)),
                "away from the target",
            ),
            "by_torques": (stepped(lambda q, J, missing: q + J.T @ missing), "makes torques"),
            "times_J": (stepped(lambda q, J, missing: q + J @ missing), "a move of the hand"),
            "solved_transposed": (
                stepped(lambda q, J, missing: q + torch.linalg.solve(J.T, missing)),
                "solved with J transposed",
            ),
            "no_jacobian": (stepped(lambda q, J, missing: q + missing), "J is between them"),
            "q_twice": (
                stepped(lambda q, J, missing: q + newton(q, J, missing)),
                "the move alone",
            ),
            "one_jacobian": (one_jacobian, "computed once"),
            "for_the_target": (for_the_target, "target is a place"),
        },
    ),
    "cumsum_backward": Table(
        right={
            "as taught": lambda v: v.flip(0).cumsum(0).flip(0),
            "by a loop": by_a_loop,
            "by slices": by_slices,
            "by a matrix": by_a_matrix,
            "by a difference": lambda v: v.sum() - v.cumsum(0) + v,
        },
        wrong={
            "from_the_front": (lambda v: v.cumsum(0), "from the end"),
            "as_it_came": (lambda v: v, "goes into later outputs"),
            "of_the_sum": (
                lambda v: torch.arange(len(v), 0, -1, dtype=torch.float32),
                "a v of ones",
            ),
            "whole_sum": (lambda v: v.sum().expand(len(v)), "the whole sum"),
            "exclusive": (lambda v: v.sum() - v.cumsum(0), "left out"),
            "turned_round": (lambda v: v.flip(0).cumsum(0), "turned round"),
            "by_autograd": (by_autograd, "here you are the backward pass"),
            "by_torch_func": (
                lambda v: torch.func.vjp(lambda x: x.cumsum(0), torch.zeros_like(v))[1](v)[0],
                "here you are the backward pass",
            ),
            "by_jacobian": (by_the_jacobian, "here you are the backward pass"),
        },
    ),
    "uncertainties": Table(
        right={
            "cleared": propagated(cleared),
            "zeroed and copied": propagated(zeroed_and_copied),
            "by grad": propagated(asked),
            "by jacobian": by_jacobian,
            "one by one": one_by_one,
        },
        wrong={
            "as_given": (propagated(copied), "still holds the first row"),
            "neither_cleared_nor_copied": (propagated(neither), "clear x.grad, and copy it"),
            "zeroed_not_copied": (propagated(zeroed), "both are u(X)"),
            "first_output": (propagated(lambda y, i, x: asked(y, 0, x)), "both are u(R)"),
            "independent": (
                propagated(asked, C_of=lambda C: C.diagonal().diag()),
                "covariances are left out",
            ),
            "of_the_sum": (
                propagated(lambda y, i, x: asked([y.sum()], 0, x)),
                "begin each pass at y[i]",
            ),
            "last_output": (propagated(lambda y, i, x: asked(y, 1, x)), "began at y[1]"),
            "turned_matrix": (turned_matrix, "a column for each input: J"),
            "float32": (in_float32, "dtype=x.dtype"),
            "squared": (propagated(asked, end=lambda square: square), "take the root"),
        },
    ),
}
