"""Answers to assignment 01."""

import math

import torch
from autograd_seen import numerical_gradient

from tests.wrong_answers import Table


def by_autograd(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    return x.grad


def marked_no_input(f, x):
    f(torch.tensor(float(x))).backward()


def kept_the_integer(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad


def went_on_with_a_number(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).item().backward()
    return x.grad


def asked_the_root(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    y = f(x)
    y.backward()
    return y.grad


def asked_the_number(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    f(leaf).backward()
    return x.grad


def misspelt(x):
    x_squared = x * x  # noqa: F841
    return 12 * x_sqared - 2  # noqa: F821


def read_too_early(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    grad = x.grad
    f(x).backward()
    return grad


def called_twice(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    f(x).backward()
    return x.grad


def by_a_nudge(f, x):
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


def by_a_nudged_tensor(f, x):
    x = torch.tensor(float(x), dtype=torch.float64)
    return by_a_nudge(f, x)


def of_several(reduce):
    def slopes(f, values):
        x = torch.tensor(values, requires_grad=True)
        reduce(f(x)).backward()
        return x.grad

    return slopes


def broken(f, values):
    x = torch.tensor(values)
    y = f(x)
    x.requires_grad_()
    grad = x.grad
    y.backward()
    return grad


def marked_late(f, values):
    x = torch.tensor(values)
    y = f(x)
    x.requires_grad_()
    y.sum().backward()
    return x.grad


def read_before(f, values):
    x = torch.tensor(values, requires_grad=True)
    grad = x.grad
    f(x).sum().backward()
    return grad


def one_by_one(f, values):
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    for x in leaves:
        f(x).backward()
    return [x.grad for x in leaves]


TABLES = {
    "receives": Table(
        right={"as read": {"w": True, "x": False, "b": True}},
        wrong={
            "every_input_gets_one": ({"w": True, "x": True, "b": True}, "dashed"),
            "a_parameter_is_not_marked": ({"w": False, "x": False, "b": True}, "nn.Parameter"),
            "only_a_parameter_gets_one": ({"w": True, "x": False, "b": False}, "b: requires_grad"),
        },
    ),
    "two_steps": Table(
        right={"int": 15, "as a product": 3 * 2 * 2.5},
        wrong={
            "value": (13.75, "the value of z"),
            "lost_the_outer_factor": (5, "slope of y"),
            "kept_the_constant": (10.0, "leaves its slope alone"),
            "forgot_the_exponent": (7.5, "2x, not x"),
            "stopped_after_one_step": (3, "as y moves"),
            "sign": (-15.0, "the sign"),
            "anything_else": (4.2, "open the hint"),
        },
    ),
    "nudged_slope": Table(
        right={
            "as taught": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
            "the mean of two sides": lambda f, x, h: (
                ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2
            ),
            "a tensor": lambda f, x, h: (f(torch.tensor(x + h)) - f(torch.tensor(x - h))) / (2 * h),
        },
        wrong={
            "divided_by_h": (lambda f, x, h: (f(x + h) - f(x - h)) / h, "two of them"),
            "no_brackets": (lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h, "brackets"),
            "no_division": (lambda f, x, h: f(x + h) - f(x - h), "the rise alone"),
            "one_side": (lambda f, x, h: (f(x + h) - f(x)) / h, "one side only"),
            "left_minus_right": (
                lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
                "left minus right",
            ),
            "no_h": (lambda f, x, h: numerical_gradient(f, x), "without h"),
            "by_backward": (lambda f, x, h: by_autograd(f, x), "without h"),
            "too_small_a_step": (
                lambda f, x, h: (f(x + h / 9) - f(x - h / 9)) / (2 * h / 9),
                "open the hint",
            ),
        },
    ),
    "slope_by_hand": Table(
        right={
            "as taught": lambda x: 12 * x**2 - 2,
            "factored": lambda x: 2 * (6 * x * x - 1),
            "by math": lambda x: 12 * math.pow(x, 2) - 2,
        },
        wrong={
            "forgot_the_exponent": (lambda x: 4 * x**2 - 2, "comes down"),
            "kept_the_exponent": (lambda x: 12 * x**3 - 2, "goes down by one"),
            "value": (lambda x: 4 * x**3 - 2 * x, "the function itself"),
            "kept_an_x": (lambda x: 12 * x**2 - 2 * x, "not 2x"),
            "lost_a_term": (lambda x: 12 * x**2, "is lost"),
            "sign_of_a_term": (lambda x: 12 * x**2 + 2, "the sign of 2x"),
            "sign": (lambda x: 2 - 12 * x**2, "the sign"),
            "halved": (lambda x: 6 * x**2 - 1, "0.5 × the right value"),
            "power_of_a_calculator": (lambda x: 12 * x ^ 2 - 2, "x**2, not x^2"),
            "misspelt": (misspelt, "did you mean x_squared?"),
            "by_autograd": (
                lambda x: by_autograd(lambda x: 4 * x**3 - 2 * x, x),
                "yours to work out here",
            ),
        },
    ),
    "slope": Table(
        right={
            "as taught": by_autograd,
            "marked later": lambda f, x: by_autograd(f, torch.tensor(x).item()),
            "by autograd.grad": lambda f, x: torch.autograd.grad(
                f(v := torch.tensor(x * 1.0).requires_grad_()), v
            )[0],
            "as a number": lambda f, x: by_autograd(f, x).item(),
        },
        wrong={
            "value": (lambda f, x: f(float(x)), "the value"),
            "formula_of_one_function": (lambda f, x: 15 * x**2 - 4, "whatever f is"),
            "called_twice": (called_twice, "adds what arrives"),
            "by_a_nudge": (by_a_nudge, "only autograd knows"),
            "by_a_nudged_tensor": (by_a_nudged_tensor, "only autograd knows"),
            "marked_no_input": (marked_no_input, "set requires_grad on the input"),
            "kept_the_integer": (kept_the_integer, "write 3.0"),
            "went_on_with_a_number": (went_on_with_a_number, "no history"),
            "asked_the_root": (asked_the_root, "read the .grad of the leaf"),
            "asked_the_number": (asked_the_number, "read the .grad of the tensor"),
            "read_too_early": (read_too_early, "no gradient has reached"),
        },
    ),
    "slopes": Table(
        right={
            "as taught": of_several(torch.sum),
            "one by one": one_by_one,
            "by autograd.grad": lambda f, values: torch.autograd.grad(
                f(x := torch.tensor(values, requires_grad=True)), x, torch.ones(len(values))
            )[0],
            "by a transform": lambda f, values: torch.func.vmap(torch.func.grad(f))(
                torch.tensor(values)
            ),
        },
        wrong={
            "mean": (of_several(torch.mean), "÷N"),
            "first_output_only": (of_several(lambda y: y[0]), "only the first"),
            "values": (lambda f, values: f(torch.tensor(values)), "not the slopes"),
            "as_given": (broken, "set requires_grad on the input"),
            "asked_a_vector": (of_several(lambda y: y), "one number"),
            "marked_late": (marked_late, "set requires_grad on the input"),
            "read_before": (read_before, "no gradient has reached"),
            "one_slope_for_all": (
                lambda f, values: of_several(torch.sum)(f, values).sum(),
                "shape ()",
            ),
            "by_the_formula": (lambda f, values: [15 * x**2 - 4 for x in values], "open the hint"),
            "by_a_nudge": (
                lambda f, values: [by_a_nudge(f, x) for x in values],
                "only autograd knows",
            ),
        },
    ),
}
