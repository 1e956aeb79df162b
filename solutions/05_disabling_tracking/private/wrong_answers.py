"""Answers to assignment 05."""

import copy
import math

import torch

from tests.wrong_answers import OF_A_GRAPH, Table


def evaluated(model, x):
    model.eval()
    with torch.inference_mode():
        answers = model(x)
    model.train()
    return answers


def under_no_grad(model, x):
    model.eval()
    answers = torch.no_grad()(model)(x)
    model.train()
    return answers


def detached_afterwards(model, x):
    answers = model.eval()(x).detach()
    model.train()
    return answers


def as_numbers(model, x):
    answers = [float(answer) for answer in model.eval()(x)]
    model.train()
    return answers


def of_a_copy(model, x):
    with torch.no_grad():
        return copy.deepcopy(model).eval()(x)


def frozen_while_it_answers(model, x):
    model.eval().requires_grad_(False)
    answers = model(x)
    model.train().requires_grad_(True)
    return answers


def eval_alone(model, x):
    answers = model.eval()(x)
    model.train()
    return answers


def no_grad_alone(model, x):
    with torch.no_grad():
        return model(x)


def stays_in_eval(model, x):
    model.eval()
    with torch.no_grad():
        return model(x)


def train_too_early(model, x):
    model.eval()
    model.train()
    with torch.no_grad():
        return model(x)


def on_features(loss):
    """An answer that fills the gap of exercise 5.4: from w, x and the inference tensor h to the
    loss.
    """

    def head_loss(w, x):
        with torch.inference_mode():
            h = x**3
        return loss(w, x, h)

    return head_loss


def by_no_grad(w, x):
    with torch.no_grad():
        h = x**3
    return (w * h - 2) ** 2


def all_in_the_block(w, x):
    with torch.inference_mode():
        return (w * x**3 - 2) ** 2


def cloned_in_the_block(w, x):
    with torch.inference_mode():
        h = (x**3).clone()
    return (w * h - 2) ** 2


def reused(w, x):
    with torch.inference_mode():
        h = x**3
    return (w * h - 2) ** 2


def detached(w, x):
    with torch.inference_mode():
        h = x**3
    return (w * h.detach() - 2) ** 2


def marked(w, x):
    with torch.inference_mode():
        h = x**3
    return (w * h.requires_grad_() - 2) ** 2


def backward_inside(w, x, h):
    loss = (w * h.clone() - 2) ** 2
    loss.backward(retain_graph=True)
    return loss


def freeze(layer):
    layer.requires_grad_(False)
    for parameter in layer.parameters():
        parameter.grad = None


def first_only(model, x):
    freeze(model[2])
    model(x).backward()
    return model[0].weight.grad


def by_zero_grad(model, x):
    model.zero_grad()
    for parameter in model[2].parameters():
        parameter.requires_grad = False
    model(x).backward()
    return model[0].weight.grad


def frozen_after_the_forward(model, x):
    y = model(x)
    freeze(model[2])
    return torch.autograd.grad(y, model[0].weight)[0]


def second_under_no_grad(model, x):
    freeze(model[2])
    h = model[:2](x)
    with torch.no_grad():
        y = model[2](h)
    y.backward()
    return model[0].weight.grad


def detached_between(model, x):
    freeze(model[2])
    model[2](model[:2](x).detach()).backward()
    return model[0].weight.grad


def all_frozen(model, x):
    freeze(model)
    model(x).backward()
    return model[0].weight.grad


def other_layer_frozen(model, x):
    freeze(model[0])
    model(x).backward()
    return model[0].weight.grad


def eval_freezes(model, x):
    model[2].eval()
    model(x).backward()
    return model[0].weight.grad


def weight_alone(model, x):
    model[2].weight.requires_grad_(False)
    model[2].weight.grad = None
    model(x).backward()
    return model[0].weight.grad


def kept_the_old_gradient(model, x):
    model[2].requires_grad_(False)
    model(x).backward()
    return model[0].weight.grad


def zeroed_the_old_gradient(model, x):
    model[2].zero_grad(set_to_none=False)
    model[2].requires_grad_(False)
    model(x).backward()
    return model[0].weight.grad


def frozen_too_late(model, x):
    model[2].zero_grad()
    model(x).backward()
    model[2].requires_grad_(False)
    return model[0].weight.grad


def frozen_after_the_pass(model, x):
    model(x).backward()
    freeze(model[2])
    return model[0].weight.grad


def tried_unfrozen_first(model, x):
    model(x).backward()
    model.zero_grad()
    return first_only(model, x)


def frozen_between(model, x):
    y = model(x)
    freeze(model[2])
    y.backward()
    return model[0].weight.grad


def dropped_afterwards(model, x):
    model(x).backward()
    model[2].zero_grad()
    return model[0].weight.grad


def from_the_hidden(model, x):
    freeze(model[2])
    model[:2](x).backward()
    return model[0].weight.grad


def output(model, x):
    freeze(model[2])
    return model(x)


def twice(model, x):
    first_only(model, x)
    return first_only(model, x)


def copied(copy):
    """An answer to exercise 5.6 that writes into what `copy` makes of p."""

    def sure(p):
        kept = copy(p)
        kept[kept < 0.5] = 0
        return kept

    return sure


def above_half(p):
    kept = p.detach().clone()
    kept[kept <= 0.5] = 0
    return kept


def straight_to_numpy(p):
    kept = p.numpy()
    kept[kept < 0.5] = 0
    return kept


def other_way(p):
    kept = p.detach().clone()
    kept[kept > 0.5] = 0
    return kept


TABLES = {
    "reaches": Table(
        right={"as read": {"x": True, "w": False, "v": True, "k": False}},
        wrong={
            "a_mark_is_enough": ({"x": True, "w": True, "v": True, "k": False}, "w: its only path"),
            "one_cut_cuts_all": (
                {"x": False, "w": False, "v": True, "k": False},
                "x: one path is cut",
            ),
            "a_constant_stops_its_partner": (
                {"x": True, "w": False, "v": False, "k": False},
                "v: it multiplies",
            ),
            "frozen_counts_later": (
                {"x": True, "w": False, "v": True, "k": True},
                "k: its outline",
            ),
        },
    ),
    "one_held": Table(
        right={"as taught": 12.5, "as a product": 2 * 2.5 * 2.5},
        wrong={
            "both_moving": (18.75, "counted as moving"),
            "other_factor_held": (6.25, "x² moves"),
            "held_factor_lost": (5, "still multiplies"),
            "detach_stops_all": (0, "cuts one path"),
            "value": (15.625, "the value of z"),
            "sign": (-12.5, "the sign"),
        },
    ),
    "evaluate": Table(
        right={
            "as taught": evaluated,
            "no_grad": under_no_grad,
            "a copy": of_a_copy,
            "frozen while it answers": frozen_while_it_answers,
        },
        wrong={
            "detached": (detached_afterwards, "drop a record that was made"),
            "as_numbers": (as_numbers, "drop a record that was made"),
            "eval_alone": (eval_alone, "does not stop the record"),
            "no_grad_alone": (no_grad_alone, "train mode"),
            "train_too_early": (train_too_early, "train mode"),
            "stays_in_eval": (stays_in_eval, "no train() at the end"),
            "neither": (lambda model, x: model(x), "does not stop the record"),
            "the_model": (lambda model, x: model.eval(), "type Sequential"),
        },
    ),
    "head_loss": Table(
        right={
            "as taught": on_features(lambda w, x, h: (w * h.clone() - 2) ** 2),
            "no_grad": by_no_grad,
            "a new tensor": on_features(lambda w, x, h: (w * torch.tensor(h.item()) - 2) ** 2),
            "detached": on_features(lambda w, x, h: (w * x.detach() ** 3 - 2) ** 2),
        },
        wrong={
            "reused": (reused, "clone it outside the block"),
            "detached": (detached, "clone it outside the block"),
            "cloned_in_the_block": (cloned_in_the_block, "clone it outside the block"),
            "marked": (marked, "cannot require grad: clone it outside the block"),
            "computed_again": (on_features(lambda w, x, h: (w * x**3 - 2) ** 2), "computed again"),
            "all_in_the_block": (all_in_the_block, "not tracked"),
            "w_detached": (on_features(lambda w, x, h: (w.detach() * h - 2) ** 2), "not tracked"),
            "cut_the_wrong_one": (
                on_features(lambda w, x, h: (w.detach().requires_grad_() * h.clone() - 2) ** 2),
                "w was cut off",
            ),
            "no_square": (on_features(lambda w, x, h: w * h.clone() - 2), "square is missing"),
            "no_h": (on_features(lambda w, x, h: (w - 2) ** 2), "h was left out"),
            "x_for_h": (on_features(lambda w, x, h: (w * x.detach() - 2) ** 2), "x stands where"),
            "backward_inside": (on_features(backward_inside), "backward() inside"),
        },
        forms=OF_A_GRAPH,
    ),
    "first_only": Table(
        right={
            "as taught": first_only,
            "one by one": by_zero_grad,
            "frozen after the forward pass": frozen_after_the_forward,
            "as a number": lambda model, x: first_only(model, x).item(),
            "tried unfrozen first": tried_unfrozen_first,
            "frozen between the passes": frozen_between,
        },
        wrong={
            "second_under_no_grad": (second_under_no_grad, "is cut behind the first layer"),
            "detached_between": (detached_between, "is cut behind the first layer"),
            "all_frozen": (all_frozen, "all is frozen"),
            "other_layer_frozen": (other_layer_frozen, "model[0] is the first"),
            "eval_freezes": (eval_freezes, "eval() freezes nothing"),
            "weight_alone": (weight_alone, "a weight and a bias"),
            "kept_the_old_gradient": (kept_the_old_gradient, "its old gradient"),
            "zeroed_the_old_gradient": (zeroed_the_old_gradient, "its old gradient"),
            "frozen_too_late": (frozen_too_late, "not frozen before the pass"),
            "frozen_after_the_pass": (frozen_after_the_pass, "frozen after the pass"),
            "dropped_afterwards": (dropped_afterwards, "not frozen: the next pass"),
            "from_the_hidden": (from_the_hidden, "still multiplies"),
            "output": (output, "that is the output"),
            "twice": (twice, "two backward passes"),
            "no_backward": (lambda model, x: freeze(model[2]), "no gradient has reached"),
        },
    ),
    "sure": Table(
        right={
            "as taught": copied(lambda p: p.detach().clone()),
            "cloned first": copied(lambda p: p.clone().detach()),
            "by a product": lambda p: p.detach() * (p >= 0.5),
            "by where": lambda p: torch.where(p < 0.5, 0.0, p.detach()),
            "by NumPy": copied(lambda p: p.detach().numpy().copy()),
            "one by one": lambda p: [q if q >= 0.5 else 0.0 for q in p.tolist()],
        },
        wrong={
            "as_given": (copied(lambda p: p.data), "unnoticed"),
            "numpy": (copied(lambda p: p.detach().numpy()), "unnoticed"),
            "detach_is_no_copy": (copied(lambda p: p.detach()), "detach() shares memory with it"),
            "clone_is_recorded": (copied(lambda p: p.clone()), "detach() as well"),
            "in_place": (copied(lambda p: p), "detach() as well"),
            "tracked_one_by_one": (lambda p: [q * (q >= 0.5) for q in p], "detach() as well"),
            "straight_to_numpy": (straight_to_numpy, "detach() it first"),
            "nothing_set": (lambda p: p.detach(), "nothing was set"),
            "above_half": (above_half, "0.5 itself stays"),
            "other_way": (other_way, "sure ones were set"),
            "rounded": (lambda p: (p.detach() >= 0.5).float(), "keep their value"),
            "all_set": (lambda p: p.detach() * math.nan, "not a number"),
        },
    ),
}
