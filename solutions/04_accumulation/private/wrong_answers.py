"""Answers to assignment 04."""

import math

import torch

from tests.wrong_answers import Table

AS_THEY_ARE = {"a": True, "b": False, "c": False, "d": True, "e": False, "f": True}


def kept(keep, clear=lambda x: None):
    """before and x.grad, with before = keep(x) after the first call, then clear(x)."""

    def snapshot(x):
        (x**3).backward()
        before = keep(x)
        clear(x)
        (5 * x**2).backward()
        return before, x.grad

    return snapshot


def value_kept(x):
    y = x**3
    y.backward()
    before = y.detach()
    (5 * x**2).backward()
    return before, x.grad


def set_to_none(x):
    x.grad = None


def by_grad(x):
    first, second = torch.autograd.grad(x**3, x)[0], torch.autograd.grad(5 * x**2, x)[0]
    return first, first + second


def by_formulas(x):
    with torch.no_grad():
        return 3 * x**2, 3 * x**2 + 10 * x


def same_graph_twice(x):
    y = x**3
    y.backward()
    before = x.grad.clone()
    y.backward()
    return before, x.grad


def in_parts(share):
    """The accumulated gradient, with share(part, x, size) as the weight of a part's mean."""

    def batch_gradient(w, x, t, size):
        for part, target in zip(x.split(size), t.split(size), strict=True):
            loss = ((w * part - target) ** 2).mean()
            (share(part, x, size) * loss).backward()
        return w.grad

    return batch_gradient


def all_at_once(w, x, t, size):
    ((w * x - t) ** 2).mean().backward()
    return w.grad


def summed_losses(w, x, t, size):
    parts = zip(x.split(size), t.split(size), strict=True)
    (sum(((w * part - target) ** 2).sum() for part, target in parts) / len(x)).backward()
    return w.grad


def divided_at_the_end(w, x, t, size):
    for part, target in zip(x.split(size), t.split(size), strict=True):
        ((w * part - target) ** 2).sum().backward()
    return w.grad / len(x)


def one_by_one(w, x, t, size):
    for one, target in zip(x, t, strict=True):
        ((w * one - target) ** 2 / len(x)).backward()
    return w.grad


def by_parts_of_grad(w, x, t, size):
    parts = zip(x.split(size), t.split(size), strict=True)
    losses = (((w * part - target) ** 2).sum() / len(x) for part, target in parts)
    return sum(torch.autograd.grad(loss, w)[0] for loss in losses)


def last_part_first(w, x, t, size):
    for part, target in reversed(list(zip(x.split(size), t.split(size), strict=True))):
        (len(part) / len(x) * ((w * part - target) ** 2).mean()).backward()
    return w.grad


def empty_passes(w, x, t, size):
    for _ in x.split(size):
        (0 * w).backward()
    return all_at_once(w, x, t, size)


def whole_batch_in_shares(w, x, t, size):
    loss = ((w * x - t) ** 2).mean()
    for part in x.split(size):
        (len(part) / len(x) * loss).backward(retain_graph=True)
    return w.grad


def last_part_only(w, x, t, size):
    for part, target in zip(x.split(size), t.split(size), strict=True):
        w.grad = None
        (len(part) / len(x) * ((w * part - target) ** 2).mean()).backward()
    return w.grad


def by_edges(change, root=1.0):
    """A backward pass along the edges that calls change(gradient, output, name, local) at each."""

    def received(edges):
        gradient = {"z": root}
        for output, name, local in edges:
            change(gradient, output, name, local)
        return gradient["x"]

    return received


def adds(gradient, output, name, local):
    gradient[name] = gradient.get(name, 0.0) + gradient[output] * local


def overwrites(gradient, output, name, local):
    gradient[name] = gradient[output] * local


def keeps_the_first(gradient, output, name, local):
    gradient.setdefault(name, gradient[output] * local)


def multiplies(gradient, output, name, local):
    gradient[name] = gradient.get(name, 1.0) * gradient[output] * local


def adds_the_local(gradient, output, name, local):
    gradient[name] = gradient.get(name, 0.0) + local


def forgets_the_local(gradient, output, name, local):
    gradient[name] = gradient.get(name, 0.0) + gradient[output]


def adds_along_the_path(gradient, output, name, local):
    gradient[name] = gradient.get(name, 0.0) + gradient[output] + local


def all_paths(edges):
    """The sum over paths from z, each a product."""

    def below(output):
        return (
            1.0
            if output == "x"
            else sum(local * below(name) for above, name, local in edges if above == output)
        )

    return below("z")


def without_a_start(edges):
    gradient = {}
    for output, name, local in edges:
        arriving = gradient[output] * local
        gradient[name] = gradient.get(name, 0.0) + arriving
    return gradient["x"]


def added_to_nothing(edges):
    gradient = {"z": 1.0}
    for output, name, local in edges:
        gradient[name] += gradient[output] * local
    return gradient["x"]


def by_autograd(edges):
    """The graph is built anew from tensors, and PyTorch runs the pass."""
    x = torch.tensor(1.0, requires_grad=True)
    values = {"x": x}
    for output, name, local in reversed(edges):
        values[output] = values.get(output, 0.0) + local * values[name]
    values["z"].backward()
    return x.grad.item()


def first_and_last_edge(edges):
    return edges[0][2] * edges[-1][2]


def loop(*body, after=(), before=(), result=lambda w, loss: w):
    """A training loop: the named steps of its body in this order, those before it and those after
    it.
    """

    def trained(w, steps):
        optimizer, loss = torch.optim.SGD([w], lr=0.02), None

        def do(step):
            nonlocal loss
            if step == "loss":
                loss = (3 * w - 4) ** 2
            if step == "backward":
                loss.backward()
            if step == "retained":
                loss.backward(retain_graph=True)
            if step == "clear":
                optimizer.zero_grad()
            if step == "zeros":
                w.grad.zero_()
            if step == "step":
                optimizer.step()

        for step in before:
            do(step)
        for _ in range(steps):
            for step in body:
                do(step)
        for step in after:
            do(step)
        return result(w, loss)

    return trained


def by_hand(w, steps):
    for _ in range(steps):
        w.grad = None
        ((3 * w - 4) ** 2).backward()
        with torch.no_grad():
            w -= 0.02 * w.grad
    return w


def broken(w, steps):
    optimizer = torch.optim.SGD([w], lr=0.02)
    for _ in range(steps):
        loss = (3 * w - 4) ** 2
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
    return w


def through_data(w, steps):
    for _ in range(steps):
        (slope,) = torch.autograd.grad((3 * w - 4) ** 2, w)
        w.data = w.data - 0.02 * slope
    return w.item()


def returns_a_copy(w, steps):
    return by_hand(w.detach().clone().requires_grad_(), steps)


def rebound(w, steps):
    for _ in range(steps):
        (slope,) = torch.autograd.grad((3 * w - 4) ** 2, w)
        w = (w - 0.02 * slope).detach().requires_grad_()
    return w


def by_a_formula(w, steps):
    with torch.no_grad():
        for _ in range(steps):
            w -= 0.02 * 6 * (3 * w - 4)
    return w


def in_closed_form(w, steps):
    return 4 / 3 + (w.item() - 4 / 3) * (1 - 0.02 * 18) ** steps


def moves_a_copy(w, steps):
    copy = w.detach().clone().requires_grad_()
    by_hand(copy, steps)
    return w


TABLES = {
    "three_calls": Table(
        right={"int": 68, "as a sum": 8 + 5 + 7 + 48.0},
        wrong={
            "last_call_only": (55, "what the third call adds"),
            "before_the_third_call": (13, "before the third call"),
            "last_path_of_the_third_call": (61, "two arrows leave w"),
            "first_path_of_the_third_call": (20, "w³ brings a part too"),
            "last_arrival_only": (48, "every path of every call"),
            "paths_multiplied": (13 + 7 * 48, "is added"),
            "value": (92.0, "the value of z"),
            "slope_of_the_cube": (13 + 7 + 16, "3w²"),
            "sign": (-68, "the sign"),
            "anything_else": (17.5, "open the hint"),
        },
    ),
    "raises": Table(
        right={"as they are": AS_THEY_ARE},
        wrong={
            "every_second_call_raises": ({name: True for name in "abcdef"}, "a sum saves nothing"),
            "nothing_raises": ({name: False for name in "abcdef"}, "a product saves its factors"),
            "retain_on_the_second_call": (
                AS_THEY_ARE | {"c": True, "d": False},
                "has freed them already",
            ),
            "retain_on_both_calls": (AS_THEY_ARE | {"c": True}, "survives it"),
            "a_new_graph_does_not_help": (AS_THEY_ARE | {"e": True}, "graph of its own"),
            "two_roots_are_two_graphs": (AS_THEY_ARE | {"f": False}, "the box of h"),
        },
    ),
    "snapshot": Table(
        right={
            "as taught": kept(lambda x: x.grad.clone()),
            "as a number": kept(lambda x: x.grad.item()),
            "a new tensor by arithmetic": kept(lambda x: x.grad + 0),
            "by autograd.grad": by_grad,
        },
        wrong={
            "another_name": (kept(lambda x: x.grad), "under two names"),
            "detached_but_shared": (kept(lambda x: x.grad.detach()), "under two names"),
            "cleared_by_none": (kept(lambda x: x.grad, set_to_none), "total of both"),
            "copied_and_cleared": (
                kept(lambda x: x.grad.clone(), lambda x: x.grad.zero_()),
                "total of both",
            ),
            "zeroed": (kept(lambda x: x.grad, lambda x: x.grad.zero_()), "emptied the tensor"),
            "value": (value_kept, "not its gradient"),
            "formula": (kept(lambda x: 3 * x.detach() ** 2), "before is a formula"),
            "formulas": (by_formulas, "no gradient has arrived at x itself"),
            "of_a_copy": (lambda x: by_grad(x.detach().requires_grad_()), "at x itself"),
            "same_graph_twice": (same_graph_twice, "freed what it saved"),
        },
    ),
    "batch_gradient": Table(
        right={
            "as taught": in_parts(lambda part, x, size: len(part) / len(x)),
            "by numel": in_parts(lambda part, x, size: part.numel() / x.numel()),
            "divided at the end": divided_at_the_end,
            "one by one": one_by_one,
            "last part first": last_part_first,
            "by autograd.grad": by_parts_of_grad,
        },
        wrong={
            "as_they_are": (in_parts(lambda part, x, size: 1), "a sum of means"),
            "by_the_number_of_parts": (
                in_parts(lambda part, x, size: 1 / len(x.split(size))),
                "the same say",
            ),
            "not_divided": (in_parts(lambda part, x, size: len(part)), "N times too large"),
            "of_the_part_size": (
                in_parts(lambda part, x, size: len(part) / size),
                "a share of what",
            ),
            "of_a_full_part": (in_parts(lambda part, x, size: size / len(x)), "may be shorter"),
            "of_one_example": (in_parts(lambda part, x, size: 1 / len(x)), "one example"),
            "divided_by_the_length_again": (in_parts(lambda part, x, size: 1 / size), "1/size"),
            "upside_down": (in_parts(lambda part, x, size: len(x) / len(part)), "upside down"),
            "empty_passes": (empty_passes, "through the whole batch, or through nothing"),
            "whole_batch_in_shares": (whole_batch_in_shares, "through the whole batch"),
            "all_at_once": (all_at_once, "one pass for all"),
            "summed_losses": (summed_losses, "one pass for all"),
            "cleared_in_the_loop": (last_part_only, "open the hint"),
            "sign": (in_parts(lambda part, x, size: -len(part) / len(x)), "the sign"),
        },
    ),
    "received": Table(
        right={
            "as taught": by_edges(adds),
            "over all paths": all_paths,
            "with a tensor that is not tracked": by_edges(adds, root=torch.tensor(1.0)),
        },
        wrong={
            "overwritten": (by_edges(overwrites), "overwritten, not added"),
            "first_arrival_only": (by_edges(keeps_the_first), "arrives first"),
            "multiplied_where_paths_meet": (by_edges(multiplies), "where paths meet"),
            "local_derivatives_only": (by_edges(adds_the_local), "local derivative alone"),
            "no_local_derivative": (by_edges(forgets_the_local), "counts the paths"),
            "added_along_the_path": (by_edges(adds_along_the_path), "added along a path"),
            "started_with_0": (by_edges(adds, root=0.0), "starts with 1"),
            "without_a_start": (without_a_start, "begin with 1.0"),
            "added_to_nothing": (added_to_nothing, "add to 0.0"),
            "all_locals_multiplied": (
                lambda edges: math.prod(local for *_, local in edges),
                "where paths meet",
            ),
            "by_autograd": (by_autograd, "PyTorch ran the pass"),
            "first_and_last_edge": (first_and_last_edge, "open the hint"),
        },
    ),
    "trained": Table(
        right={
            "as taught": loop("loss", "backward", "step", "clear"),
            "cleared first": loop("clear", "loss", "backward", "step"),
            "cleared after the loss": loop("loss", "clear", "backward", "step"),
            "zeros": loop("loss", "backward", "step", "zeros"),
            "by hand": by_hand,
            "through data": through_data,
        },
        wrong={
            "as_given": (broken, "finds .grad cleared"),
            "zeroed_before_the_step": (
                loop("loss", "backward", "zeros", "step"),
                "finds .grad cleared",
            ),
            "no_step": (loop("loss", "backward", "clear"), "not what it moves"),
            "moves_a_copy": (moves_a_copy, "not what it moves"),
            "returns_a_copy": (returns_a_copy, "a copy, or a formula"),
            "in_closed_form": (in_closed_form, "a copy, or a formula"),
            "by_a_formula": (by_a_formula, "is moved by a formula"),
            "rebound": (rebound, "changes the leaf in place"),
            "never_cleared": (loop("loss", "backward", "step"), "never cleared inside"),
            "cleared_after_the_loop": (
                loop("loss", "backward", "step", after=["clear"]),
                "never cleared inside",
            ),
            "stepped_first": (
                loop("step", "clear", "loss", "backward"),
                "before the first backward()",
            ),
            "stepped_first_never_cleared": (
                loop("step", "loss", "backward"),
                "never cleared, and one step short",
            ),
            "step_after_the_loop": (
                loop("clear", "loss", "backward", after=["step"]),
                "belong in the loop",
            ),
            "one_step": (loop(before=["loss", "backward", "step"]), "one step only"),
            "one_graph_retained": (
                loop("clear", "retained", "step", before=["loss"]),
                "computed once",
            ),
            "one_graph": (
                loop("clear", "backward", "step", before=["loss"]),
                "freed what it saved",
            ),
            "zeros_before_the_first_gradient": (
                loop("zeros", "loss", "backward", "step"),
                "no gradient has arrived",
            ),
            "loss": (
                loop("clear", "loss", "backward", "step", result=lambda w, loss: loss),
                "the loss, not w",
            ),
        },
    ),
}
