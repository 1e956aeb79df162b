"""Answers to assignment 10."""

import torch
from torch import equal  # as it is: a test patches torch

from tests.wrong_answers import Table

VERSIONS = {"view": "four", "cut": "four", "data": "two", "copy": "one"}
OUTCOMES = {
    "a": "raises",
    "b": "right",
    "c": "raises",
    "d": "right",
    "e": "raises",
    "f": "right",
    "g": "wrong",
    "h": "raises",
}


# --- 10.3 -----------------------------------------------------------------------------------------


def under_no_grad(write):
    """An answer that writes into w under no_grad()."""

    def clipped(w, limit):
        with torch.no_grad():
            write(w, limit)
        return w

    return clipped


def by_masks(w, limit):
    w[w > limit] = limit
    w[w < -limit] = -limit


def one_by_one(w, limit):
    for at in range(len(w)):
        w[at] = max(-limit, min(limit, w[at].item()))


def unmarked_for_a_moment(w, limit):
    w.requires_grad_(False)
    w.clamp_(-limit, limit)
    return w.requires_grad_()


def tracked(w, limit):
    w.clamp_(-limit, limit)
    return w


def through_detach(w, limit):
    w.detach().clamp_(-limit, limit)
    return w


def through_data(w, limit):
    w.data.clamp_(-limit, limit)
    return w


def data_replaced(w, limit):
    w.data = w.data.clamp(-limit, limit)
    return w


def through_numpy(w, limit):
    numbers = w.detach().numpy()
    numbers.clip(-limit, limit, out=numbers)
    return w


def rebound_under_no_grad(w, limit):
    with torch.no_grad():
        w = w.clamp(-limit, limit)
    return w


def out_of_place_and_lost(w, limit):
    w.clamp(-limit, limit)
    return w


def a_clone_returned(w, limit):
    with torch.no_grad():
        return w.clamp_(-limit, limit).clone()


def the_detached_returned(w, limit):
    w = w.detach()
    w.clamp_(-limit, limit)
    return w


def mark_lost(w, limit):
    w.requires_grad_(False)
    return w.clamp_(-limit, limit)


# --- 10.4 -----------------------------------------------------------------------------------------


def remembering(keep=lambda t: t, watched=lambda t: t, error=RuntimeError, given=lambda kept: kept):
    """A saved() that returns given(keep(t)), where watched(t) has the version that it had."""

    def saved(t):
        kept, seen = keep(t), watched(t)
        version = seen._version

        def get():
            if seen._version != version:
                raise error(f"is at version {seen._version}; expected version {version}")
            return given(kept)

        return get

    return saved


def by_a_product(t):
    """An operation of PyTorch keeps t."""
    node = (torch.ones_like(t).requires_grad_() * t).grad_fn
    return lambda: node._saved_other


def comparing_values(t):
    old = t.clone()

    def get():
        if not equal(old, t):
            raise RuntimeError("was written over")
        return t

    return get


def comparing(has_changed):
    """A saved() that raises where has_changed(whether the version did, whether the values did)."""

    def saved(t):
        version, old = t._version, t.clone()

        def get():
            if has_changed([t._version != version, not equal(old, t)]):
                raise RuntimeError("was written over")
            return t

        return get

    return saved


def from_zero(t):
    def get():
        if t._version:
            raise RuntimeError("was written over")
        return t

    return get


def always_raises(t):
    def get():
        raise RuntimeError("was written over")

    return get


def forgets_to_return_get(t):
    version = t._version

    def get():
        return t if t._version == version else None

    get()


def forgets_its_return(t):
    def get():
        t.sum()

    return get


def of_the_sum(t):
    return lambda: t.sum()


# --- 10.5 -----------------------------------------------------------------------------------------


def listed(grow):
    """A population by a list, with the next n by grow(r, n)."""

    def population(r, start, steps):
        n = [start]
        for _ in range(steps):
            n.append(grow(r, n[-1]))
        return torch.stack(n)

    return population


def buffered(grow, read=lambda n: n):
    """A population in a buffer, with the next n by grow(r, read(n))."""

    def population(r, start, steps):
        n = torch.empty(steps + 1, dtype=r.dtype)
        n[0] = start
        for t in range(1, steps + 1):
            n[t] = grow(r, read(n[t - 1]))
        return n

    return population


def cloned_in_float32(r, start, steps):
    n = torch.empty(steps + 1)
    n[0] = start
    for t in range(1, steps + 1):
        n[t] = logistic(r, n[t - 1].clone())
    return n


def logistic(r, n):
    return r * n * (1 - n)


def by_the_square(r, n):
    """No product saves n itself here, so the buffer may be written into."""
    return r * (0.25 - (n - 0.5) ** 2)


def first_cloned(r, n):
    return r * n.clone() * (1 - n)


def by_cat(r, start, steps):
    n = start[None]
    for _ in range(steps):
        n = torch.cat([n, logistic(r, n[-1:])])
    return n


def by_where(r, start, steps):
    places = torch.arange(steps + 1)
    n = start.expand(steps + 1)
    for t in range(1, steps + 1):
        n = torch.where(places == t, logistic(r, n[t - 1]), n)
    return n


def copied_in_each_step(r, start, steps):
    n = torch.zeros(steps + 1, dtype=r.dtype)
    n[0] = start
    for t in range(1, steps + 1):
        old, n = n, n.clone()
        n[t] = logistic(r, old[t - 1])
    return n


def allowed_in_the_forward_pass(r, start, steps):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        return buffered(logistic)(r, start, steps)


def written_by_data(r, start, steps):
    n = torch.empty(steps + 1, dtype=r.dtype)
    n[0] = start
    for t in range(1, steps + 1):
        n.data[t] = logistic(r, n[t - 1]).detach()
    return n


def read_by_data(r, start, steps):
    return buffered(logistic, lambda n: n.data.clone())(r, start, steps)


def a_list(r, start, steps):
    n = [start]
    for _ in range(steps):
        n.append(logistic(r, n[-1]))
    return n


def of_the_last_alone(r, start, steps):
    n = a_list(r, start, steps)
    return torch.stack([one.detach() for one in n[:-1]] + [n[-1]])


def wrapped(r, start, steps):
    return torch.tensor(a_list(r, start, steps), dtype=r.dtype)


def without_start(r, start, steps):
    return listed(logistic)(r, start, steps)[1:]


def under_no_grad_all(r, start, steps):
    with torch.no_grad():
        return buffered(logistic)(r, start, steps)


# --- 10.6 -----------------------------------------------------------------------------------------


def D(d, s):
    return d[1] * torch.sigmoid(d[0] * s)


def descend(d, lr):
    with torch.no_grad():
        d -= lr * d.grad


def as_taught(g, d, noise, real, lr):
    fake = g * noise
    loss_d = D(d, fake.detach()) - D(d, real)
    loss_d.backward()
    descend(d, lr)
    loss_g = -D(d, fake)
    loss_g.backward()
    return g.grad


def by_an_optimizer(g, d, noise, real, lr):
    optimizer = torch.optim.SGD([d], lr=lr)
    fake = g * noise
    (D(d, fake.detach()) - D(d, real)).backward()
    optimizer.step()
    optimizer.zero_grad()
    (-D(d, fake)).backward()
    return g.grad


def by_grad(g, d, noise, real, lr):
    loss_d = D(d, g * noise) - D(d, real)
    with torch.no_grad():
        d -= lr * torch.autograd.grad(loss_d, d)[0]
    return torch.autograd.grad(-D(d, g * noise), g)[0]


def cleared(g, d, noise, real, lr):
    (D(d, g * noise) - D(d, real)).backward()
    descend(d, lr)
    g.grad = None
    (-D(d, g * noise)).backward()
    return g.grad


def for_d_alone(g, d, noise, real, lr):
    fake = g * noise
    (D(d, fake) - D(d, real)).backward(inputs=[d], retain_graph=True)
    descend(d, lr)
    (-D(d, fake)).backward()
    return g.grad


def in_the_old_order(step, of_fake=lambda fake: fake, order="step first"):
    """The program that is given, with another step, and another fake in loss_d."""

    def gan_step(g, d, noise, real, lr):
        fake = g * noise
        loss_d = D(d, of_fake(fake)) - D(d, real)
        loss_g = -D(d, fake)
        loss_d.backward(retain_graph=True)
        if order == "step first":
            step(d, lr)
        loss_g.backward()
        if order == "step last":
            step(d, lr)
        return g.grad

    return gan_step


def descend_by_data(d, lr):
    d.data -= lr * d.grad


def both_then_one_step(g, d, noise, real, lr):
    """The other order, with each gradient kept apart."""
    fake = g * noise
    loss_d, loss_g = D(d, fake.detach()) - D(d, real), -D(d, fake)
    loss_d.backward()
    slope = torch.autograd.grad(loss_g, g)[0]
    descend(d, lr)
    return slope


def cloned_for_loss_g(g, d, noise, real, lr):
    fake = g * noise
    loss_d, loss_g = D(d, fake) - D(d, real), -D(d.detach().clone(), fake)
    loss_d.backward(retain_graph=True)
    descend(d, lr)
    loss_g.backward()
    return g.grad


def uncleared(g, d, noise, real, lr):
    fake = g * noise
    (D(d, fake) - D(d, real)).backward(retain_graph=True)
    descend(d, lr)
    (-D(d, fake)).backward()
    return g.grad


def not_retained(g, d, noise, real, lr):
    fake = g * noise
    (D(d, fake) - D(d, real)).backward()
    descend(d, lr)
    (-D(d, fake)).backward()
    return g.grad


def rebound(g, d, noise, real, lr):
    fake = g * noise
    (D(d, fake.detach()) - D(d, real)).backward()
    d = d - lr * d.grad
    (-D(d, fake)).backward()
    return g.grad


def unstepped(g, d, noise, real, lr):
    (-D(d, g * noise)).backward()
    return g.grad


def detached_for_both(g, d, noise, real, lr):
    fake = (g * noise).detach()
    (D(d, fake) - D(d, real)).backward()
    descend(d, lr)
    (-D(d, fake)).backward()
    return g.grad


def uphill(g, d, noise, real, lr):
    return as_taught(g, d, noise, real, -lr)


def wrong_sign(g, d, noise, real, lr):
    return -as_taught(g, d, noise, real, lr)


def tracked_step(g, d, noise, real, lr):
    (D(d, g.detach() * noise) - D(d, real)).backward()
    d -= lr * d.grad
    (-D(d, g * noise)).backward()
    return g.grad


def with_a_step_of_g(g, d, noise, real, lr):
    slope = as_taught(g, d, noise, real, lr).clone()
    descend(g, lr)
    return slope


TABLES = {
    "versions": Table(
        right={
            "as counted": VERSIONS,
            "with a capital": {name: word.capitalize() for name, word in VERSIONS.items()},
        },
        wrong={
            "numpy_counts": (VERSIONS | {"view": "five", "cut": "five"}, "nothing counts that"),
            "numpy_counts_for_view": (VERSIONS | {"view": "five"}, "view: NumPy writes"),
            "numpy_counts_for_cut": (VERSIONS | {"cut": "five"}, "cut: NumPy writes"),
            "one_write_by_data": (VERSIONS | {"data": "one"}, "counts both"),
            "each_alone": (
                {"view": "two", "cut": "one", "data": "two", "copy": "one"},
                "one counter for all three",
            ),
            "detach_apart": (
                VERSIONS | {"view": "three", "cut": "one"},
                "detach() shares the counter",
            ),
            "cut_alone": (VERSIONS | {"cut": "one"}, "no counter of its own"),
            "data_shared": (
                VERSIONS | {"view": "six", "cut": "six", "data": "six"},
                "view: .data shares the memory, not the counter",
            ),
            "data_counts_for_cut": (VERSIONS | {"cut": "six"}, "cut: .data shares the memory"),
            "data_counts_all": (VERSIONS | {"data": "six"}, "is its own"),
            "numpy_counts_for_data": (VERSIONS | {"data": "three"}, "NumPy's do not"),
            "data_never_counts": (VERSIONS | {"data": "none"}, ".data has its own"),
            "copy_is_a_view": (VERSIONS | {"copy": "five"}, "memory and a counter of its own"),
            "copy_never_counts": (VERSIONS | {"copy": "none"}, "as for any tensor"),
        },
    ),
    "outcomes": Table(
        right={
            "as they run": OUTCOMES,
            "in capitals": {name: word.upper() for name, word in OUTCOMES.items()},
        },
        wrong={
            "every_write_raises": (
                dict.fromkeys(OUTCOMES, "raises") | {"d": "right"},
                "b: the slope of the cosine",
            ),
            "results_are_not_saved": (OUTCOMES | {"a": "right"}, "made of the result"),
            "in_silence": (OUTCOMES | {"a": "wrong"}, "a: the write is counted"),
            "a_part_in_silence": (OUTCOMES | {"c": "wrong"}, "c: the write is counted"),
            "no_grad_in_silence": (OUTCOMES | {"e": "wrong"}, "e: the write is counted"),
            "a_write_is_not_recorded": (OUTCOMES | {"b": "wrong"}, "its factor 2"),
            "an_old_input_changes_the_slope": (OUTCOMES | {"f": "wrong"}, "comes after y"),
            "a_part_does_not_count": (OUTCOMES | {"c": "right"}, "one counter for the whole"),
            "a_new_tensor_is_a_write": (OUTCOMES | {"d": "raises"}, "a new tensor"),
            "no_grad_protects": (OUTCOMES | {"e": "right"}, "counts all the same"),
            "a_product_saves_both": (OUTCOMES | {"f": "raises"}, "nothing of h"),
            "data_is_harmless": (OUTCOMES | {"g": "right"}, "sqrt has saved y"),
            "data_raises": (OUTCOMES | {"g": "raises"}, "nobody sees"),
            "detach_is_data": (OUTCOMES | {"h": "wrong"}, "the counter of y"),
            "detach_is_a_copy": (OUTCOMES | {"h": "right"}, "no copy"),
        },
    ),
    "clipped": Table(
        right={
            "as taught": under_no_grad(lambda w, limit: w.clamp_(-limit, limit)),
            "copied in": under_no_grad(lambda w, limit: w.copy_(w.clamp(-limit, limit))),
            "whole slice": under_no_grad(
                lambda w, limit: w.__setitem__(slice(None), w.clip(-limit, limit))
            ),
            "by masks": under_no_grad(by_masks),
            "one by one": under_no_grad(one_by_one),
            "out=": under_no_grad(lambda w, limit: torch.clamp(w, -limit, limit, out=w)),
            "unmarked for a moment": unmarked_for_a_moment,
            "through detach": through_detach,
            "a clone returned": a_clone_returned,
            "the detached returned": the_detached_returned,
        },
        wrong={
            "data": (through_data, ".data hides the write"),
            "data_replaced": (data_replaced, ".data hides the write"),
            "numpy": (through_numpy, "hides the write"),
            "rebound": (lambda w, limit: w.clamp(-limit, limit), "w itself did not move"),
            "rebound_under_no_grad": (rebound_under_no_grad, "w itself did not move"),
            "new_leaf": (
                lambda w, limit: w.detach().clamp(-limit, limit).requires_grad_(),
                "w itself did not move",
            ),
            "tracked": (tracked, "make it under torch.no_grad()"),
            "all_to_a_limit": (
                under_no_grad(lambda w, limit: w.sign_().mul_(limit)),
                "every weight went to a limit",
            ),
            "lost": (out_of_place_and_lost, "nothing was clipped"),
            "mark_lost": (mark_lost, "w is to learn on"),
            "from_above": (under_no_grad(lambda w, limit: w.clamp_(max=limit)), "−limit is a"),
            "from_below": (under_no_grad(lambda w, limit: w.clamp_(min=-limit)), "from below"),
            "zeroed": (
                under_no_grad(lambda w, limit: w.mul_(w.abs() <= limit)),
                "the nearer limit",
            ),
            "one_limit": (
                under_no_grad(lambda w, limit: w.masked_fill_(w.abs() > limit, limit)),
                "went to +limit",
            ),
            "by_length": (
                under_no_grad(lambda w, limit: w.mul_(limit / w.norm())),
                "all weights were made smaller",
            ),
        },
    ),
    "saved": Table(
        right={
            "as taught": remembering(),
            "through detach": remembering(watched=lambda t: t.detach()),
            "the detached one": remembering(lambda t: t.detach(), lambda t: t.detach()),
            "through a view": remembering(watched=lambda t: t.view(-1)),
            "by an operation": by_a_product,
        },
        wrong={
            "compares_values": (comparing_values, "the values are compared"),
            "keeps_a_clone": (lambda t: t.clone().clone, "a copy is kept"),
            "never_raises": (lambda t: lambda: t, "get() never raises"),
            "watches_data": (remembering(watched=lambda t: t.data), "get() never raises"),
            "keeps_data": (
                remembering(lambda t: t.data, lambda t: t.data),
                "get() never raises",
            ),
            "watches_a_clone": (
                remembering(lambda t: t.clone(), lambda t: t.clone()),
                "a copy is kept",
            ),
            "returns_a_clone": (remembering(lambda t: t.clone()), "a copy is returned"),
            "copies_in_get": (remembering(given=torch.clone), "get() makes a copy: return t"),
            "adds_zero_in_get": (
                remembering(given=lambda t: t + 0),
                "get() makes a copy: return t",
            ),
            "only_copies": (lambda t: t.clone, "get() makes a copy, and never raises"),
            "version_and_values": (comparing(all), "also where it leaves them"),
            "version_or_values": (comparing(any), "is not counted"),
            "raises_any_exception": (remembering(error=Exception), "raises a RuntimeError here"),
            "from_zero": (from_zero, "compared with 0"),
            "always_raises": (always_raises, "always raises"),
            "asserts": (remembering(error=AssertionError), "raises a RuntimeError here"),
            "t_itself": (lambda t: t.add(0), "return the function itself"),
            "forgets_its_return": (forgets_its_return, "get() has no return"),
            "forgets_to_return_get": (forgets_to_return_get, "saved has no return"),
        },
    ),
    "population": Table(
        right={
            "as taught": listed(logistic),
            "cloned": buffered(logistic, lambda n: n.clone()),
            "cloned, in float32": cloned_in_float32,
            "only what is saved, cloned": buffered(first_cloned),
            "a formula that does not save n": buffered(by_the_square),
            "by cat": by_cat,
            "by where": by_where,
            "copied in each step": copied_in_each_step,
        },
        wrong={
            "as_given": (buffered(logistic), "use a list, or clone()"),
            "detached": (
                buffered(logistic, lambda n: n.detach().clone()),
                "the slope of the last step alone",
            ),
            "read_by_data": (read_by_data, "the slope of the last step alone"),
            "detached_without_clone": (
                buffered(logistic, lambda n: n.detach()),
                "use a list, or clone()",
            ),
            "first_detached": (
                listed(lambda r, n: r * n.detach() * (1 - n)),
                "one factor n[t − 1] is detached",
            ),
            "second_detached": (
                listed(lambda r, n: r * n * (1 - n.detach())),
                "the factor 1 − n[t − 1]",
            ),
            "expanded": (buffered(lambda r, n: r * (n - n**2)), "use a list, or clone()"),
            "allowed_in_the_forward_pass": (
                allowed_in_the_forward_pass,
                "the backward pass as well",
            ),
            "written_by_data": (written_by_data, "written by .data"),
            "under_no_grad": (under_no_grad_all, "not tracked"),
            "wrapped": (wrapped, "not tracked"),
            "only_the_last": (of_the_last_alone, "that number does not lead to r"),
            "a_list": (a_list, "stack the list"),
            "start_missing": (without_start, "shape (4,)"),
            "r_left_out": (listed(lambda r, n: n * (1 - n) * r.detach()), "not tracked"),
        },
        forms={"detached": "without grad_fn"},
    ),
    "gan_step": Table(
        right={
            "as taught": as_taught,
            "by an optimizer": by_an_optimizer,
            "by grad": by_grad,
            "cleared": cleared,
            "for d alone": for_d_alone,
        },
        wrong={
            "as_given": (in_the_old_order(descend), "compute loss_g after it"),
            "data": (in_the_old_order(descend_by_data), "what loss_d sent is in g.grad as well"),
            "data_and_detach": (
                in_the_old_order(descend_by_data, torch.Tensor.detach),
                "neither the old D nor the new",
            ),
            "detach_alone": (
                in_the_old_order(descend, torch.Tensor.detach),
                "compute loss_g after it",
            ),
            "uncleared": (uncleared, "g.grad also holds"),
            "not_retained": (not_retained, "detach() fake"),
            "old_order": (both_then_one_step, "by the old D"),
            "cloned_for_loss_g": (cloned_for_loss_g, "the two cancel"),
            "step_last": (in_the_old_order(descend, order="step last"), "two slopes that cancel"),
            "step_last_detached": (
                in_the_old_order(descend, torch.Tensor.detach, "step last"),
                "left in d.grad",
            ),
            "rebound": (rebound, "d = d − … makes a new tensor"),
            "unstepped": (unstepped, "needs its step before"),
            "detached_for_both": (detached_for_both, "no gradient has reached"),
            "uphill": (uphill, "went up its loss"),
            "with_a_step_of_g": (with_a_step_of_g, "only D takes a step"),
            "wrong_sign": (wrong_sign, "the sign of loss_g"),
            "tracked_step": (tracked_step, "make it under torch.no_grad()"),
        },
    ),
}
