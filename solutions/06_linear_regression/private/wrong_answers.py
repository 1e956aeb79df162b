"""Answers to assignment 06."""

import torch

from tests.wrong_answers import Table

# --- 6.3 ------------------------------------------------------------------------------------------


def hessian(x):
    X = torch.stack([x, torch.ones_like(x)], dim=1)
    return 2 * X.T @ X / len(x)


def from_eigenvalues(read):
    """largest_step, with ``read`` in the line that is filled in."""
    return lambda x: read(torch.linalg.eigvalsh(hessian(x)))


# --- 6.4 ------------------------------------------------------------------------------------------


def fit_by(update, clear=None, early=False):
    """fit, with another update or another way to clear .grad."""

    def fit(loss, x, t, lr, steps):
        w = torch.tensor(0.0, requires_grad=True)
        b = torch.tensor(0.0, requires_grad=True)
        for _ in range(steps):
            loss(w * x + b, t).backward()
            if early:
                w.grad.zero_()
                b.grad.zero_()
            update(w, b, lr)
            if clear:
                clear(w, b)
        return [w.item(), b.item()]

    return fit


def downhill(w, b, lr):
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad


def through_data(w, b, lr):
    w.data -= lr * w.grad
    b.data -= lr * b.grad


def uphill(w, b, lr):
    with torch.no_grad():
        w += lr * w.grad
        b += lr * b.grad


def w_alone(w, b, lr):
    with torch.no_grad():
        w -= lr * w.grad


def recorded(w, b, lr):
    w -= lr * w.grad
    b -= lr * b.grad


def to_none(w, b):
    w.grad = b.grad = None


def to_zero(w, b):
    w.grad.zero_()
    b.grad.zero_()


def rebound(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    for _ in range(steps):
        loss(w * x + b, t).backward()
        w = w - lr * w.grad
        b = b - lr * b.grad
    return [w.item(), b.item()]


def rebound_then_zeroed(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    for _ in range(steps):
        loss(w * x + b, t).backward()
        w = w - lr * w.grad
        b = b - lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return [w.item(), b.item()]


def rebound_without_grad(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    for _ in range(steps):
        loss(w * x + b, t).backward()
        with torch.no_grad():
            w = w - lr * w.grad
            b = b - lr * b.grad
    return [w.item(), b.item()]


def cleared_too_early(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    for _ in range(steps):
        loss(w * x + b, t).backward()
        w.grad = b.grad = None
        with torch.no_grad():
            w -= w.grad * lr
            b -= b.grad * lr
    return [w.item(), b.item()]


def returned_in_the_loop(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    for _ in range(steps):
        loss(w * x + b, t).backward()
        downhill(w, b, lr)
        return [w.item(), b.item()]


def one_graph(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    loss = ((w * x + b - t) ** 2).mean()
    for _ in range(steps):
        loss.backward()
        downhill(w, b, lr)
        to_none(w, b)
    return [w.item(), b.item()]


def by_formula(loss, x, t, lr, steps):
    w = b = 0.0
    for _ in range(steps):
        r = w * x + b - t
        w, b = w - lr * 2 * (r * x).mean().item(), b - lr * 2 * r.mean().item()
    return [w, b]


def by_a_nudge(loss, x, t, lr, steps):
    line, x, t = [0.0, 0.0], x.double(), t.double()
    for _ in range(steps):
        w, b = line
        rise = [
            loss((w + dw) * x + b + db, t) - loss((w - dw) * x + b - db, t)
            for dw, db in [(1e-6, 0), (0, 1e-6)]
        ]
        line = [w - lr * rise[0].item() / 2e-6, b - lr * rise[1].item() / 2e-6]
    return line


def by_optimizer(loss, x, t, lr, steps):
    w = torch.tensor(0.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w * x + b, t).backward()
        optimizer.step()
    return [w.item(), b.item()]


# --- 6.5 ------------------------------------------------------------------------------------------


def mapped_back(slope, intercept):
    """least_squares, from ``slope(w, std_x, std_t)`` and ``intercept(slope, w, mean_x,
    mean_t)``.
    """

    def least_squares(x, t):
        w = (standardise(x) * standardise(t)).mean().item()
        found = slope(w, x.std(correction=0).item(), t.std(correction=0).item())
        return [found, intercept(found, w, x.mean().item(), t.mean().item())]

    return least_squares


def standardise(values):
    return (values - values.mean()) / values.std(correction=0)


def right_slope(w, std_x, std_t):
    return w * std_t / std_x


def right_intercept(slope, w, mean_x, mean_t):
    return mean_t - slope * mean_x


def by_lstsq(x, t):
    return torch.linalg.lstsq(
        torch.stack([x, torch.ones_like(x)], dim=1), t[:, None]
    ).solution.flatten()


def without_ones(x, t):
    return [torch.linalg.lstsq(x[:, None], t[:, None]).solution.item(), 0.0]


def one_number(x, t):
    return torch.linalg.lstsq(x[:, None], t[:, None]).solution


def by_summed_steps(x, t):
    w = (standardise(x) * standardise(t)).sum().item()
    slope = w * (t.std() / x.std()).item()
    return [slope, t.mean().item() - slope * x.mean().item()]


# --- 6.6 ------------------------------------------------------------------------------------------


def trained(
    loss, order="zero backward step", read=lambda model: [model.weight.item(), model.bias.item()]
):
    """corrected, with ``loss(model, x, t)``; the calls that follow are in the order given."""

    def corrected(x, t, lr, steps):
        model = torch.nn.Linear(1, 1)
        for parameter in model.parameters():
            torch.nn.init.zeros_(parameter)
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(steps):
            value = loss(model, x, t)
            calls = {
                "zero": optimizer.zero_grad,
                "backward": value.backward,
                "step": optimizer.step,
            }
            for call in order.split():
                calls[call]()
        return read(model)

    return corrected


def two_columns(model, x, t):
    return ((model(x[:, None]) - t[:, None]) ** 2).mean()


def one_row(model, x, t):
    return ((model(x[:, None]).squeeze(1) - t) ** 2).mean()


def broken(model, x, t):
    return ((model(x[:, None]) - t) ** 2).mean()


def mse_of(model, x, t):
    return torch.nn.functional.mse_loss(model(x[:, None]), t[:, None])


def mse_of_two_shapes(model, x, t):
    return torch.nn.functional.mse_loss(model(x[:, None]), t)


def summed(model, x, t):
    return ((model(x[:, None]) - t[:, None]) ** 2).sum()


def without_rows(model, x, t):
    return ((model(x) - t) ** 2).mean()


TABLES = {
    "gets_grad": Table(
        right={"as read": {"w0": True, "w1": False, "b": True, "x": False}},
        wrong={
            "the_new_w_is_the_leaf": (
                {"w0": False, "w1": True, "b": True, "x": False},
                "w1: an operation",
            ),
            "both_w_get_one": ({"w0": True, "w1": True, "b": True, "x": False}, "w1: an operation"),
            "w_is_cut_off": (
                {"w0": False, "w1": False, "b": True, "x": False},
                "w0: it is the leaf",
            ),
            "an_update_ends_a_leaf": (
                {"w0": True, "w1": False, "b": False, "x": False},
                "b: changed in place",
            ),
            "data_get_one": ({"w0": True, "w1": False, "b": True, "x": True}, "dashed"),
        },
    ),
    "one_step": Table(
        right={"float": 2.6, "as a product": 2 + 0.03 * 20},
        wrong={
            "sum": (3.8, "not the sum"),
            "uphill": (1.4, "against the gradient"),
            "forgot_the_2": (2.3, "square brings down"),
            "forgot_x": (2.16, "its own x"),
            "the_step": (0.6, "how far w moves"),
            "the_gradient": (-20, "−20 is the gradient"),
            "forgot_lr": (22, "multiplied by lr"),
            "anything_else": (4.2, "open the hint"),
        },
    ),
    "largest_step": Table(
        right={
            "as taught": from_eigenvalues(lambda values: 2 / values[-1]),
            "by max": from_eigenvalues(lambda values: 2 / values.max().item()),
            "by eigvals": lambda x: 2 / torch.linalg.eigvals(hessian(x)).real.max(),
            "by the norm": lambda x: 2 / torch.linalg.matrix_norm(hessian(x), 2),
        },
        wrong={
            "one_over_lambda": (from_eigenvalues(lambda values: 1 / values[-1]), "1/λ"),
            "lambda_over_two": (from_eigenvalues(lambda values: values[-1] / 2), "upside down"),
            "smallest": (from_eigenvalues(lambda values: 2 / values[0]), "how many steps"),
            "lambda": (from_eigenvalues(lambda values: values[-1]), "divided by it"),
            "corner_of_H": (lambda x: 2 / hessian(x)[0, 0], "along w alone"),
            "sum": (lambda x: 2 / torch.linalg.eigvalsh(hessian(x) * len(x))[-1], "not the sum"),
            "without_the_2_of_H": (
                lambda x: 2 / torch.linalg.eigvalsh(hessian(x) / 2)[-1],
                "each time 2 ×",
            ),
            "both_at_once": (from_eigenvalues(lambda values: 2 / values), "shape (2,)"),
            "complex": (lambda x: 2 / torch.linalg.eigvals(hessian(x))[0], "complex64"),
        },
    ),
    "fit": Table(
        right={
            "as taught": fit_by(downhill, to_none),
            "cleared to zero": fit_by(downhill, to_zero),
            "through data": fit_by(through_data, to_none),
            "by an optimiser": by_optimizer,
        },
        wrong={
            "forgot_to_clear": (fit_by(downhill), "clear .grad"),
            "cleared_w_alone": (fit_by(downhill, lambda w, b: w.grad.zero_()), "open the hint"),
            "by_the_formula": (by_formula, "the loss that is given"),
            "by_a_nudge": (by_a_nudge, "only autograd knows"),
            "uphill": (fit_by(uphill, to_none), "uphill"),
            "w_alone": (fit_by(w_alone, to_none), "b has not moved"),
            "returned_in_the_loop": (returned_in_the_loop, "one step only"),
            "zeroed_before_the_step": (fit_by(downhill, early=True), "nothing moved"),
            "cleared_before_the_step": (cleared_too_early, "cleared before the step"),
            "recorded": (fit_by(recorded, to_none), "under torch.no_grad()"),
            "rebound": (rebound, "made w an intermediate"),
            "rebound_then_zeroed": (rebound_then_zeroed, "made a new tensor"),
            "rebound_without_grad": (rebound_without_grad, "nothing was recorded"),
            "one_graph": (one_graph, "a second backward pass"),
        },
    ),
    "least_squares": Table(
        right={
            "as taught": mapped_back(right_slope, right_intercept),
            "by lstsq": by_lstsq,
            "with another std": lambda x, t: mapped_back(
                lambda w, *_: w * (t.std() / x.std()).item(), right_intercept
            )(x, t),
        },
        wrong={
            "not_mapped_back": (mapped_back(lambda w, *_: w, lambda *_: 0.0), "not mapped back"),
            "upside_down": (
                mapped_back(lambda w, std_x, std_t: w * std_x / std_t, right_intercept),
                "upside down",
            ),
            "intercept_at_the_mean": (
                mapped_back(right_slope, lambda slope, w, x, t: t),
                "x has its mean",
            ),
            "intercept_by_w": (mapped_back(right_slope, lambda slope, w, x, t: t - w * x), "not w"),
            "intercept_not_mapped": (
                mapped_back(right_slope, lambda *_: 0.0),
                "the intercept is not",
            ),
            "without_ones": (without_ones, "column of ones"),
            "one_number": (one_number, "shape (1, 1)"),
            "sum": (by_summed_steps, "not the sum"),
        },
    ),
    "corrected": Table(
        right={
            "as taught": trained(two_columns),
            "one row": trained(one_row),
            "by mse_loss": trained(mse_of),
            "zeroed last": trained(two_columns, "backward step zero"),
        },
        wrong={
            "as_given": (trained(broken), "every prediction against every target"),
            "mse_of_two_shapes": (
                trained(mse_of_two_shapes),
                "every prediction against every target",
            ),
            "forgot_zero_grad": (trained(two_columns, "backward step"), "zero_grad() is lost"),
            "zeroed_before_the_step": (trained(two_columns, "backward zero step"), "nothing moved"),
            "sum": (trained(summed), "not the sum"),
            "bias_first": (
                trained(two_columns, read=lambda model: [model.bias.item(), model.weight.item()]),
                "the weight comes first",
            ),
            "without_rows": (trained(without_rows), "x[:, None]"),
            "weight_alone": (trained(two_columns, read=lambda model: model.weight), "shape (1, 1)"),
        },
    ),
}
