"""Answers to assignment 03."""

import math

import torch
import torch.nn.functional as F

from tests.wrong_answers import OF_A_GRAPH, Table


def bce(p, t):
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def factors(
    first=lambda p, t: -t / p + (1 - t) / (1 - p),
    second=lambda p: p * (1 - p),
    third=lambda w, x: x,
):
    def answer(w, b, x, t):
        p = sigmoid(w * x + b)
        return [first(p, t), second(p), third(w, x)]

    return answer


def factors_by_autograd(w, b, x, t):
    z = torch.tensor(w * x + b, dtype=torch.float64, requires_grad=True)
    p = torch.sigmoid(z)
    return torch.stack(
        [*torch.autograd.grad(bce(p, t), p), *torch.autograd.grad(p, z), torch.tensor(x)]
    )


def products(w, b, x, t):
    p = sigmoid(w * x + b)
    return [(p - t) / (p * (1 - p)), p - t, (p - t) * x]


def fit(gradients):
    def answer(x, t, steps, lr):
        w = b = torch.tensor(0.0)
        for _ in range(steps):
            dw, db = gradients(w, b, x, t)
            w, b = w - lr * dw, b - lr * db
        return w, b

    return answer


def taught(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return ((p - t) * x).mean(), (p - t).mean()


def without_n(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return ((p - t) * x).sum(), (p - t).sum()


def without_x(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return (p - t).mean(), (p - t).mean()


def x_in_both(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return ((p - t) * x).mean(), ((p - t) * x).mean()


def climbs(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return ((t - p) * x).mean(), (t - p).mean()


def swapped(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    return ((p - (1 - t)) * x).mean(), (p - (1 - t)).mean()


def without_the_sigmoid(w, b, x, t):
    error = w * x + b - t
    return (error * x).mean(), error.mean()


def slope_again(w, b, x, t):
    p = torch.sigmoid(w * x + b)
    local = (p - t) * p * (1 - p)
    return (local * x).mean(), local.mean()


def two_means(w, b, x, t):
    error = torch.sigmoid(w * x + b) - t
    return error.mean() * x.mean(), error.mean()


def without_a_mean(w, b, x, t):
    error = torch.sigmoid(w * x + b) - t
    return error * x, error


def one_mean_only(w, b, x, t):
    error = torch.sigmoid(w * x + b) - t
    return error * x, error.mean()


def half(w, b, x, t):
    dw, db = taught(w, b, x, t)
    return dw / 2, db / 2


def by_autograd(w, b, x, t):
    w, b = w.detach().requires_grad_(), b.detach().clone().requires_grad_()
    return torch.autograd.grad(F.binary_cross_entropy_with_logits(w * x + b, t), [w, b])


def clamped(eps):
    def loss_of_logit(z, t):
        p = torch.sigmoid(z).clamp(eps, 1 - eps)
        return bce(p, t)

    return loss_of_logit


def size_of_a_far_logit(z, t):
    return z.abs() if z.abs() > 15 else clamped(1e-8)(z, t)


def logits_to_bceloss(z, t):
    return F.binary_cross_entropy(z, t)


def eps_in_the_log(z, t):
    p = torch.sigmoid(z)
    return -(t * torch.log(p + 1e-8) + (1 - t) * torch.log(1 - p + 1e-8))


def log_sum_exp(positive):
    return lambda z, t: positive(z) - z * t + torch.log1p(torch.exp(-z.abs()))


TABLES = {
    "reads": Table(
        right={
            "as read": {"silent": "q", "steepest": "p", "error": "b", "error_times_input": "w"},
            "capitals": {"silent": "Q", "steepest": "p ", "error": "B", "error_times_input": "w"},
        },
        wrong={
            "swapped_t_and_1_minus_t": (
                {"silent": "p", "steepest": "p", "error": "b", "error_times_input": "w"},
                "silent: the target is 1",
            ),
            "none_is_zero": (
                {"silent": "t", "steepest": "p", "error": "b", "error_times_input": "w"},
                "not even 0",
            ),
            "the_sigmoid_is_steep": (
                {"silent": "q", "steepest": "z", "error": "b", "error_times_input": "w"},
                "the sigmoid is flat",
            ),
            "the_other_log": (
                {"silent": "q", "steepest": "q", "error": "b", "error_times_input": "w"},
                "compare the two logs",
            ),
            "forgot_x": (
                {"silent": "q", "steepest": "p", "error": "w", "error_times_input": "b"},
                "w that times x",
            ),
            "an_intermediate_is_a_leaf": (
                {"silent": "q", "steepest": "p", "error": "z", "error_times_input": "w"},
                "asked for a leaf",
            ),
            "the_input_receives": (
                {"silent": "q", "steepest": "p", "error": "b", "error_times_input": "x"},
                "it is no leaf but a number",
            ),
        },
    ),
    "mean_slope": Table(
        right={"a number": -1.9, "as a mean": ((0.2 - 1) * 3 + (0.7 - 0) * -2) / 2},
        wrong={
            "forgot_n": ((0.2 - 1) * 3 + (0.7 - 0) * -2, "÷N"),
            "forgot_x": (((0.2 - 1) + (0.7 - 0)) / 2, "the x are forgotten"),
            "sign": (((1 - 0.2) * 3 + (0 - 0.7) * -2) / 2, "not t − p"),
            "swapped_t_and_1_minus_t": (((0.2 - 0) * 3 + (0.7 - 1) * -2) / 2, "changed places"),
            "kept_the_slope_of_the_sigmoid": (
                ((0.2 - 1) * 0.16 * 3 + 0.7 * 0.21 * -2) / 2,
                "has cancelled",
            ),
            "forgot_the_sigmoid": ((-1 / 0.2 * 3 + 1 / 0.3 * -2) / 2, "is missing"),
            "two_means": ((-0.8 + 0.7) / 2 * (3 - 2) / 2, "product of the means"),
            "value": (1.4067, "the loss, not its slope"),
            "one_sample": (-2.4, "first sample alone"),
            "sign_and_n": (3.8, "open the hint"),
        },
    ),
    "arrives": Table(
        right={
            "as computed": {
                "formula": "right",
                "clamp 1e-8": "zero",
                "clamp 1e-6": "zero",
                "BCELoss": "right",
                "with logits": "right",
            },
        },
        wrong={
            name: (
                {
                    "formula": "right",
                    "clamp 1e-8": "zero",
                    "clamp 1e-6": "zero",
                    "BCELoss": "right",
                    "with logits": "right",
                    **changed,
                },
                cause,
            )
            for name, changed, cause in [
                (
                    "as_on_the_other_side",
                    {"formula": "nan", "clamp 1e-8": "nan", "BCELoss": "zero"},
                    "room near 0",
                ),
                ("a_flat_sigmoid_passes_nothing", {"formula": "zero"}, "that factor cancels"),
                ("1e_8_does_nothing_anywhere", {"clamp 1e-8": "right"}, "compare p with it"),
                ("1e_8_gives_nan_anywhere", {"clamp 1e-8": "nan"}, "so no 1/0 is formed"),
                ("1e_6_is_the_cure", {"clamp 1e-6": "right"}, "a clamp is flat"),
                ("1e_6_gives_nan", {"clamp 1e-6": "nan"}, "clamp 1e-6: it holds p away"),
                ("bceloss_ends_at_once", {"BCELoss": "zero"}, "has not reached −100"),
                ("bceloss_divides_by_zero", {"BCELoss": "nan"}, "bounds the log"),
                ("logits_lose_it_too", {"with logits": "zero"}, "it is given z"),
                ("logits_give_nan", {"with logits": "nan"}, "open the hint"),
            ]
        },
    ),
    "factors": Table(
        right={
            "as taught": factors(),
            "collected": factors(first=lambda p, t: (p - t) / (p * (1 - p))),
        },
        wrong={
            "swapped_t_and_1_minus_t": (
                factors(lambda p, t: (1 - t) / -p + t / (1 - p)),
                "changed places",
            ),
            "sign": (factors(lambda p, t: (t - p) / (p * (1 - p))), "minus the logs"),
            "sign_of_one_log": (
                factors(lambda p, t: -(t / p + (1 - t) / (1 - p))),
                "two minuses meet",
            ),
            "half_of_the_loss": (factors(lambda p, t: -t / p), "is missing"),
            "collapsed_too_soon": (factors(lambda p, t: p - t), "the first two factors"),
            "sigmoid_itself": (factors(second=lambda p: p), "p(1 − p), not p"),
            "half_of_the_slope": (factors(second=lambda p: 1 - p), "p the other"),
            "slope_in_x": (factors(third=lambda w, x: w), "as x moves"),
            "forgot_x": (factors(third=lambda w, x: 1), "x is forgotten"),
            "products": (products, "each factor alone"),
            "all_signs": (lambda *case: [-part for part in factors()(*case)], "the sign"),
            "two_mistakes": (factors(lambda p, t: p - t, second=lambda p: p), "open the hint"),
            "by_autograd": (factors_by_autograd, "yours to work out here"),
            "the_gradient_alone": (lambda w, b, x, t: (sigmoid(w * x + b) - t) * x, "shape ()"),
        },
    ),
    "fit": Table(
        right={"as taught": fit(taught)},
        wrong={
            "forgot_n": (fit(without_n), "÷N"),
            "forgot_x": (fit(without_x), "the x are forgotten"),
            "x_in_both": (fit(x_in_both), "the input of b is 1"),
            "sign": (fit(climbs), "each step climbs"),
            "swapped_t_and_1_minus_t": (fit(swapped), "changed places"),
            "forgot_the_sigmoid": (fit(without_the_sigmoid), "not z − t"),
            "kept_the_slope_of_the_sigmoid": (fit(slope_again), "has cancelled"),
            "two_means": (fit(two_means), "product of the means"),
            "no_mean": (fit(without_a_mean), "its own w or b"),
            "one_mean_only": (fit(one_mean_only), "its own w or b"),
            "halved": (fit(half), "open the hint"),
            "by_autograd": (fit(by_autograd), "yours to work out here"),
        },
    ),
    "loss_of_logit": Table(
        right={
            "as taught": F.binary_cross_entropy_with_logits,
            "by logaddexp": lambda z, t: torch.logaddexp(torch.zeros_like(z), z) - z * t,
            "by softplus": lambda z, t: F.softplus(z) - z * t,
            "by logsigmoid": lambda z, t: -(t * F.logsigmoid(z) + (1 - t) * F.logsigmoid(-z)),
            "by maximum": log_sum_exp(lambda z: torch.maximum(z, torch.zeros_like(z))),
            "float64": lambda z, t: F.binary_cross_entropy_with_logits(z.double(), t.double()),
            "one element": lambda z, t: F.binary_cross_entropy_with_logits(
                z.reshape(1), t.reshape(1)
            ),
        },
        wrong={
            "as_given": (clamped(1e-8), "near 1 an eps such as 1e-8 does nothing"),
            "a_smaller_eps": (clamped(1e-12), "near 1 an eps such as 1e-8 does nothing"),
            "no_eps": (lambda z, t: bce(torch.sigmoid(z), t), "1 − p is 0"),
            "a_larger_eps": (clamped(1e-6), "finite, but flat"),
            "eps_in_the_log": (eps_in_the_log, "finite, but flat"),
            "bceloss": (
                lambda z, t: F.binary_cross_entropy(torch.sigmoid(z), t),
                "finite, but flat",
            ),
            "in_float64": (lambda z, t: bce(torch.sigmoid(z.double()), t), "lost further out"),
            "log_of_one_plus_exp": (
                lambda z, t: torch.log1p(torch.exp(z)) - z * t,
                "lost further out",
            ),
            "size_of_a_far_logit": (size_of_a_far_logit, "of the wrong side"),
            "relu_at_zero": (log_sum_exp(torch.relu), "taken as 0, as relu does"),
            "where_at_zero": (
                log_sum_exp(lambda z: torch.where(z >= 0, z, torch.zeros_like(z))),
                "taken as 1, not 0.5",
            ),
            # clamp's slope at its bound is 1 in PyTorch 2.13 and 0 from 2.14 on.
            "clamp_at_zero": (log_sum_exp(lambda z: z.clamp(min=0)), "a kink of max(z, 0)"),
            "swapped_t_and_1_minus_t": (lambda z, t: F.softplus(z) - z * (1 - t), "changed places"),
            "a_sigmoid_too_many": (
                lambda z, t: F.binary_cross_entropy_with_logits(torch.sigmoid(z), t),
                "a sigmoid too many",
            ),
            "logits_to_bceloss": (logits_to_bceloss, "a probability was wanted"),
            "sign": (lambda z, t: z * t - F.softplus(z), "the sign"),
            "detached": (
                lambda z, t: F.binary_cross_entropy_with_logits(z.detach(), t),
                "detached, copied",
            ),
            "a_new_leaf": (
                lambda z, t: F.softplus(torch.tensor(z.item(), requires_grad=True)) - z.item() * t,
                "cuts L off from z",
            ),
        },
        forms=OF_A_GRAPH,
    ),
}
