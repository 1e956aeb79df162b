"""Answers to assignment 12."""

import torch
import torch.nn.functional as F

from tests.wrong_answers import Table

BORN = {"variable": "r", "slope": 9}
ANSWERS = {"tie": 1.5, "kink": 1}
SLOPES = {"absolute": 3, "huber": 2.5, "minimum": 3.3}

# --- 12.4 -----------------------------------------------------------------------------------------


def root_of(inside, instead=lambda x: torch.zeros_like(x)):
    """A root as in the task, with what goes into it, and with what stands where x ≤ 0."""
    return lambda x: torch.where(x > 0, inside(x).sqrt(), instead(x))


def positive(x, instead=1.0):
    return torch.where(x > 0, x, instead)


def by_index(x):
    root = torch.zeros_like(x)
    root[x > 0] = x[x > 0].sqrt()
    return root


def by_scatter(x):
    return torch.zeros_like(x).masked_scatter(x > 0, x[x > 0].sqrt())


def at_least_0(x):
    """max(x, 0), with a slope of a half at 0 in any release; that of clamp differs."""
    return torch.maximum(x, torch.zeros_like(x))


def keeping_0(x):
    keep = x >= 0
    return torch.where(keep, torch.where(keep, x, 1.0).sqrt(), 0.0)


def repaired(x):
    """The gradient is repaired by a hook, after the root has sent what it sends."""
    x.register_hook(lambda gradient: gradient.nan_to_num(0, 0, 0))
    return torch.where(x > 0, x.sqrt(), 0.0)


def one_by_one(x):
    return torch.stack([one.sqrt() if one > 0 else one * 0 for one in x])


# --- 12.5 -----------------------------------------------------------------------------------------


def huber(r, delta):
    return torch.where(r.abs() < delta, r**2 / 2, delta * (r.abs() - delta / 2))


def by_where(g, r, delta):
    return g * torch.where(r.abs() <= delta, r, delta * r.sign())


def by_a_loop(g, r, delta):
    return [a * max(-delta, min(delta, b)) for a, b in zip(g.tolist(), r.tolist(), strict=True)]


def by_if(g, r, delta):
    return g * r if abs(r) < delta else g * delta * r.sign()


def by_minimum(g, r, delta):
    return g * r.sign() * r.abs().minimum(torch.tensor(delta))


def by_autograd(g, r, delta):
    r = r.clone().requires_grad_()
    return torch.autograd.grad(F.huber_loss(r, r * 0, delta=delta, reduction="none"), r, g)[0]


def by_own_loss(g, r, delta):
    with torch.inference_mode(False), torch.enable_grad():
        r = r.clone().requires_grad_()
        return torch.autograd.grad(huber(r, delta), r, g.clone())[0]


def by_vjp(g, r, delta):
    return torch.func.vjp(lambda r: huber(r, delta), r)[1](g)[0]


def by_nudging(g, r, delta):
    def nudged(h):
        return F.huber_loss(r.double() + h, 0 * r.double(), delta=delta, reduction="none")

    return g * (nudged(1e-4) - nudged(-1e-4)) / 2e-4


def shorter(x):
    keep = x > 0
    return torch.where(keep, x[keep].sqrt(), 0.0)


def by_nudging_own_loss(g, r, delta, h=1e-4):
    return g * (huber(r.double() + h, delta) - huber(r.double() - h, delta)) / (2 * h)


def by_a_nudge_in_proportion(g, r, delta):
    return by_nudging_own_loss(g, r, delta, h=1e-4 * r.double().abs())


def by_two_relus(g, r, delta):
    return g * (F.relu(r + delta) - F.relu(r - delta) - delta)


def by_aten(g, r, delta):
    return torch.ops.aten.huber_loss_backward(g, r, 0 * r, 0, delta)


def by_smooth(g, r, delta):
    return g * F.smooth_l1_loss(r, 0 * r, reduction="none", beta=delta)


def per_row(rule):
    """A backward pass from a rule of r and delta."""
    return lambda g, r, delta: g * rule(r, delta)


# --- 12.6 -----------------------------------------------------------------------------------------


def divided(deviation, centre=lambda h: h - h.mean(0)):
    """h without its mean, divided by a deviation that is made from that."""
    return lambda h: centre(h) / deviation(centre(h))


def variance(middle):
    return (middle**2).mean(0)


def inside(middle, eps=1e-5):
    return (variance(middle) + eps).sqrt()


def outside(middle, eps=1e-5):
    return variance(middle).sqrt() + eps


def at_least_eps(middle):
    return variance(middle).clamp(min=1e-10).sqrt()


def where_twice(middle):
    v = variance(middle)
    return torch.where(v > 0, torch.where(v > 0, v, 1.0).sqrt(), 1e-5)


def in_where(h, v):
    return (h - h.mean(0)) / torch.where(v > 0, v, 1.0).sqrt()


def where_once(middle):
    v = variance(middle)
    return torch.where(v > 0, v.sqrt(), 1e-5)


def by_batch_norm(h):
    return F.batch_norm(h, None, None, training=True, eps=1e-5)


def in_all(h):
    return (h - h.mean()) / (h.var(correction=0) + 1e-5).sqrt()


def over_rows(h):
    middle = h - h.mean(1, keepdim=True)
    return middle / ((middle**2).mean(1, keepdim=True) + 1e-5).sqrt()


def repaired_columns(h):
    h.register_hook(lambda gradient: gradient.nan_to_num())
    return divided(outside)(h)


TABLES = {
    "born": Table(
        right={"as asked": BORN, "a capital": BORN | {"variable": "R", "slope": 9.0}},
        wrong={
            "the_leaf": (BORN | {"variable": "x"}, "x only holds it"),
            "receives_it": (BORN | {"variable": "u"}, "has arrived already"),
            "the_root": (BORN | {"variable": "L"}, "sends 2y = 0 on"),
            "times_3": (BORN | {"variable": "y"}, "sends 0 · 3 = 0 on"),
            "operation": (BORN | {"variable": "sqrt"}, "which variable did it make"),
            "no_root": (BORN | {"slope": 7.2}, "of the root is missing"),
            "no_3": (BORN | {"slope": 3}, "of y = 3r is missing"),
            "no_2": (BORN | {"slope": 4.5}, "2y, not y"),
            "one_over_r": (BORN | {"slope": 18}, "not 1/r"),
            "times_2r": (BORN | {"slope": 5.76}, "1 is divided by"),
            "the_value": (BORN | {"slope": 1.44}, "the value of L"),
            "first_step": (BORN | {"slope": 2.4}, "what leaves L"),
            "both": ({"variable": "x", "slope": 7.2}, "x only holds it"),
        },
    ),
    "answers": Table(
        right={
            "numbers": ANSWERS,
            "tensors": {name: torch.tensor(float(value)) for name, value in ANSWERS.items()},
        },
        wrong={
            "winner_takes_all": (ANSWERS | {"tie": 3}, "max() shares"),
            "no_second_way": (ANSWERS | {"tie": 0.5}, "by itself as well"),
            "second_way_only": (ANSWERS | {"tie": 1}, "a share of the maximum comes"),
            "among_all": (ANSWERS | {"tie": 1.3333}, "not among all six"),
            "no_factor": (ANSWERS | {"tie": 1.25}, "taken twice"),
            "among_three": (ANSWERS | {"tie": 1.6667}, "not three"),
            "to_the_right": (ANSWERS | {"kink": 4}, "to the right"),
            "to_the_left": (ANSWERS | {"kink": 2}, "to the left"),
            "mean": (ANSWERS | {"kink": 3}, "the mean of the two"),
            "all_0": (ANSWERS | {"kink": 0}, "x stands there by itself"),
            "relu_1": (ANSWERS | {"kink": 5}, "relu answers 0"),
        },
    ),
    "slopes": Table(
        right={
            "numbers": SLOPES,
            "tensors": {name: torch.tensor(float(value)) for name, value in SLOPES.items()},
        },
        wrong={
            "sign": (SLOPES | {"absolute": -3}, "absolute: a number below m"),
            "mean": (SLOPES | {"absolute": 0.6}, "absolute: that is the slope of the mean"),
            "squared": (SLOPES | {"absolute": 11.6}, "the slope of the squares"),
            "half_of_the_squares": (SLOPES | {"absolute": 5.8}, "however far"),
            "at_the_median": (SLOPES | {"absolute": 0}, "5.1 is not the median"),
            "four": (SLOPES | {"absolute": 4}, "the one above counts −1"),
            "five": (SLOPES | {"absolute": 5}, "one of five lies above"),
            "not_capped": (SLOPES | {"huber": 5.8}, "capped at δ"),
            "huber_sign": (SLOPES | {"huber": -2.5}, "huber: a number below m"),
            "huber_mean_or_near": (SLOPES | {"huber": 0.5}, "huber: add up all five"),
            "all_capped": (SLOPES | {"huber": 3}, "its slope is the distance"),
            "huber_five": (SLOPES | {"huber": 4.5}, "the one above m counts"),
            "huber_four": (SLOPES | {"huber": 3.5}, "7.7 brings −1"),
            "huber_loss": (SLOPES | {"huber": 2.125}, "the loss of 4.6"),
            "twice": (SLOPES | {"huber": 5}, "not twice that"),
            "the_mean": (SLOPES | {"minimum": 3.94}, "that is the mean, where"),
            "fourth": (SLOPES | {"minimum": 4.6}, "half of the numbers have"),
            "second": (SLOPES | {"minimum": 2.9}, "half of the numbers must"),
            "middle": (SLOPES | {"minimum": 4.45}, "the smallest and the largest"),
        },
    ),
    "safe_root": Table(
        right={
            "as taught": root_of(positive),
            "relu before": lambda x: x.relu().sqrt(),
            "where before": lambda x: positive(x, 0.0).sqrt(),
            "clamped above 0": root_of(lambda x: x.clamp(min=1e-12)),
            "relu inside": root_of(F.relu),
            "another number": root_of(lambda x: positive(x, 9.0)),
            "by index": by_index,
            "by scatter": by_scatter,
            "one by one": one_by_one,
            "a power": lambda x: torch.where(x > 0, positive(x) ** 0.5, 0.0),
            "filled": lambda x: x.masked_fill(x <= 0, 1).sqrt().masked_fill(x <= 0, 0),
        },
        wrong={
            "where_after": (root_of(lambda x: x), "0 still goes into the root"),
            "multiplied": (lambda x: (x > 0) * x.sqrt(), "choose, do not multiply"),
            "multiplied_inside": (root_of(lambda x: x * (x > 0)), "0 · inf is nan"),
            "absolute_inside": (root_of(torch.abs), "0 · inf is nan"),
            "at_least_0": (lambda x: at_least_0(x).sqrt(), "inf, is sent on"),
            "at_least_0_and_eps": (lambda x: (at_least_0(x) + 1e-12).sqrt(), "an eps under"),
            "eps_shows": (lambda x: (x.relu() + 1e-8).sqrt(), "an eps under"),
            "eps_inside": (root_of(lambda x: x + 1e-6), "a negative number still goes"),
            "nan_to_num": (lambda x: x.sqrt().nan_to_num(), "inf, is sent on"),
            "keeping_0": (keeping_0, "inf, is sent on"),
            "shorter": (shorter, "shorter than x"),
            "no_choice_after": (lambda x: positive(x).sqrt(), "1 stands in"),
            "x_itself": (root_of(positive, lambda x: x), "x itself"),
            "no_root": (lambda x: torch.where(x > 0, x, 0.0), "root is missing"),
            "repaired": (repaired, "what comes back is repaired"),
            "held": (root_of(lambda x: positive(x).detach()), "detached, copied"),
        },
        forms={"nan": "choose, do not multiply", "detached": "without grad_fn"},
    ),
    "huber_backward": Table(
        right={
            "as taught": lambda g, r, delta: g * r.clamp(-delta, delta),
            "where": by_where,
            "a loop": by_a_loop,
            "signs": by_minimum,
            "a quotient": lambda g, r, delta: g * r / (r.abs() / delta).clamp(min=1),
        },
        wrong={
            "absolute": (per_row(lambda r, delta: r.sign()), "as for the absolute loss"),
            "delta_for_all": (per_row(lambda r, delta: delta * r.sign()), "±delta for all"),
            "not_capped": (per_row(lambda r, delta: r), "not capped"),
            "twice": (per_row(lambda r, delta: 2 * r.clamp(-delta, delta)), "twice as much: w"),
            "twice_near": (
                per_row(lambda r, delta: torch.where(r.abs() < delta, 2 * r, delta * r.sign())),
                "within delta twice",
            ),
            "smooth": (per_row(lambda r, delta: r.clamp(-delta, delta) / delta), "smooth L1"),
            "one_beyond": (
                per_row(lambda r, delta: torch.where(r.abs() < delta, r, r.sign())),
                "±1 beyond delta",
            ),
            "nothing_beyond": (per_row(lambda r, delta: r * (r.abs() < delta)), "0 beyond delta"),
            "above_only": (per_row(lambda r, delta: r.clamp(max=delta)), "capped above only"),
            "below_only": (per_row(lambda r, delta: r.clamp(min=-delta)), "capped below only"),
            "no_sign": (
                per_row(lambda r, delta: torch.where(r.abs() < delta, r, delta)),
                "and not −delta",
            ),
            "g_capped": (lambda g, r, delta: (g * r).clamp(-delta, delta), "g is capped too"),
            "no_g": (lambda g, r, delta: r.clamp(-delta, delta), "g plays no part"),
            "loss": (per_row(huber), "that is the loss"),
            "zeros": (lambda g, r, delta: torch.zeros_like(r), "nothing but zeros"),
            "summed": (lambda g, r, delta: (g * r.clamp(-delta, delta)).sum(), "shape ()"),
            "by_autograd": (by_autograd, "you are the backward pass"),
            "by_own_loss": (by_own_loss, "you are the backward pass"),
            "by_vjp": (by_vjp, "you are the backward pass"),
            "by_nudging": (by_nudging, "PyTorch's own loss"),
            "by_nudging_own_loss": (by_nudging_own_loss, "is lost in"),
            "by_a_nudge_in_proportion": (by_a_nudge_in_proportion, "not a number: 0/0"),
            "by_two_relus": (by_two_relus, "are one number to float32"),
            "by_shrinking": (
                lambda g, r, delta: g * (r - F.softshrink(r, delta)),
                "a difference is lost",
            ),
            "one_branch": (by_if, "torch.where chooses for each"),
            "by_aten": (by_aten, "PyTorch's own loss"),
            "by_smooth": (by_smooth, "PyTorch's own loss"),
        },
    ),
    "standardise": Table(
        right={
            "as taught": divided(inside),
            "std": divided(lambda middle: middle.std(0, correction=0) + 1e-5),
            "another eps": divided(lambda middle: inside(middle, 1e-8)),
            "at least eps": divided(at_least_eps),
            "var": lambda h: (h - h.mean(0)) * (h.var(0, correction=0) + 1e-5).rsqrt(),
            "batch norm": by_batch_norm,
            "var without a mean": lambda h: in_where(h, h.var(0, correction=0)),
            "length": divided(lambda middle: middle.norm(dim=0) / len(middle) ** 0.5 + 1e-5),
        },
        wrong={
            "as_it_was": (divided(outside), "comes too late"),
            "larger_eps": (divided(lambda middle: outside(middle, 0.1)), "comes too late"),
            "nan_to_num": (lambda h: divided(outside)(h).nan_to_num(), "comes too late"),
            "where_once": (divided(where_once), "comes too late"),
            "clamped_after": (
                divided(lambda middle: variance(middle).sqrt().clamp(min=1e-5)),
                "comes too late",
            ),
            "deviation_held": (
                divided(lambda middle: outside(middle).detach()),
                "the deviation is held still",
            ),
            "mean_held": (
                divided(inside, lambda h: h - h.mean(0).detach()),
                "the mean is held still",
            ),
            "both_held": (
                divided(lambda middle: outside(middle).detach(), lambda h: h - h.mean(0).detach()),
                "both move with h",
            ),
            "where_twice": (divided(where_twice), "off in its last bit"),
            "where_at_1": (lambda h: in_where(h, variance(h - h.mean(0))), "off in its last bit"),
            "the_length": (divided(lambda middle: middle.norm(dim=0) + 1e-5), "over √n"),
            "one_deviation": (
                divided(lambda middle: inside(middle).square().mean().sqrt()),
                "one dev",
            ),
            "no_root": (divided(lambda middle: variance(middle) + 1e-5), "the root is missing"),
            "no_eps": (divided(lambda middle: middle.std(0, correction=0)), "0/0"),
            "n_less_1": (
                divided(lambda middle: (middle.var(0) + 1e-5).sqrt()),
                "divided by n − 1",
            ),
            "not_divided": (lambda h: h - h.mean(0), "only the mean"),
            "together": (in_all, "of all numbers"),
            "over_rows": (over_rows, "along each row"),
            "repaired": (repaired_columns, "what comes back is repaired"),
            "held": (lambda h: divided(inside)(h.detach()), "detached, copied"),
        },
        forms={"nan": "0/0", "detached": "without grad_fn"},
    ),
}
