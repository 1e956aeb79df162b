"""Answers to assignment 16."""

import contextlib

import torch
from torch import nn
from torch.nn.functional import normalize

from tests.wrong_answers import OF_A_GRAPH, Table

FADING = {"box": "sigmoid", "layer": 0.24, "relu": 7776, "xavier": 32}
PREDICTED = {"w3": "zero", "w4": "not held", "w5": "no path"}
PREDICTED |= {"tanh": 9216, "gelu": 15360, "last": 3072}


def one_wrong(right, **rows):
    """Predictions of which one part is wrong: of each name, (value, a part of the cause)."""
    return {
        f"{name}_{value}": (right | {name: value}, f"{name}: {cause}")
        for name, of in rows.items()
        for value, cause in of
    }


# --- 16.2 -----------------------------------------------------------------------------------------


def by_mean_square(layer, slope):
    mean_square = (1 + slope**2) / 2
    return (layer.in_features * mean_square) ** -0.5


def by_gain(layer, slope):
    return nn.init.calculate_gain("leaky_relu", slope) / layer.weight.shape[1] ** 0.5


def by_a_tensor(layer, slope):
    return torch.sqrt(torch.tensor(2 / (1 + slope**2) / layer.weight.size(1)))


def measured(layer, slope):
    nn.init.kaiming_normal_(layer.weight, slope)
    return layer.weight.std().item()


def by_fan_in(layer, slope):
    n = layer.fan_in
    return (2 / n) ** 0.5


def measured_with_a_seed(layer, slope):
    torch.manual_seed(0)
    return measured(layer, slope)


def of_variance(variance):
    """The root of a variance by (inputs, outputs, slope)."""
    return lambda layer, slope: variance(layer.in_features, layer.out_features, slope) ** 0.5


# --- 16.4 -----------------------------------------------------------------------------------------


def scaled(parameters, factor):
    for p in parameters:
        if p.grad is not None:
            p.grad *= factor


def norm_of(parameters):
    return sum((p.grad**2).sum() for p in parameters if p.grad is not None) ** 0.5


def taught(parameters, limit):
    norm = norm_of(parameters)
    if norm > limit:
        scaled(parameters, limit / norm)
    return norm


def as_pytorch_does(parameters, limit):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in grads]))
    factor = torch.clamp(limit / (norm + 1e-6), max=1.0)
    for g in grads:
        g.mul_(factor)
    return norm


def new_tensors(parameters, limit):
    flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
    norm = flat.norm().item()
    for p in parameters:
        if p.grad is not None:
            p.grad = p.grad * min(1.0, limit / norm)
    return norm


def by_loops(parameters, limit):
    norm = sum(one**2 for p in parameters if p.grad is not None for one in p.grad.tolist()) ** 0.5
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and norm > limit:
                p.grad.copy_(limit * p.grad / norm)
    return torch.tensor(norm)


def by_data(parameters, limit):
    norm = norm_of(parameters)
    for p in parameters:
        if p.grad is not None and norm > limit:
            p.grad.data = p.grad.data / norm * limit
    return norm


def by(factor, norm=norm_of):
    """Multiplies by ``factor(norm, limit)``, and returns the norm."""

    def clip_norm(parameters, limit):
        length = norm(parameters)
        scaled(parameters, factor(length, limit))
        return length

    return clip_norm


def shortened(norm, limit):
    return min(1.0, limit / norm)


def told(value):
    """Clips, and returns ``value(norm, limit)``."""

    def clip_norm(parameters, limit):
        return value(taught(parameters, limit), limit)

    return clip_norm


def by_the_tool(parameters, limit):
    return nn.utils.clip_grad_norm_(parameters, limit)


def by_the_tool_in_secret(parameters, limit):
    with contextlib.suppress(Exception):
        return nn.utils.clip_grad_norm_(parameters, limit)
    return taught(parameters, limit)


def by_the_tool_later():
    """The tool, from the second call on."""
    calls = []

    def clip_norm(parameters, limit):
        calls.append(limit)
        return (by_the_tool if len(calls) % 2 == 0 else taught)(parameters, limit)

    return clip_norm


def by_the_tools_value(parameters, limit):
    norm = norm_of(parameters)
    nn.utils.clip_grad_value_(parameters, limit)
    return norm


def by_value(parameters, limit):
    norm = norm_of(parameters)
    for p in parameters:
        if p.grad is not None:
            p.grad.clamp_(-limit, limit)
    return norm


def each_by_itself(parameters, limit):
    norm = norm_of(parameters)
    for p in parameters:
        if p.grad is not None:
            p.grad *= min(1.0, limit / p.grad.norm())
    return norm


def rebound(parameters, limit):
    norm = norm_of(parameters)
    for p in parameters:
        if p.grad is not None:
            g = p.grad
            g = g * min(1.0, limit / norm)
    return norm


def normalized(parameters, limit):
    norm = norm_of(parameters)
    sizes = [p.numel() for p in parameters if p.grad is not None]
    flat = torch.cat([p.grad for p in parameters if p.grad is not None])
    new = iter((limit * normalize(flat, dim=0)).split(sizes))
    for p in parameters:
        if p.grad is not None:
            p.grad = next(new)
    return norm


def weights_clipped(parameters, limit):
    norm = norm_of(parameters)
    with torch.no_grad():
        for p in parameters:
            p *= min(1.0, limit / norm)
    return norm


def weights_written(parameters, limit):
    for p in parameters:
        p *= limit
    return norm_of(parameters)


def none_as_zeros(parameters, limit):
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    return taught(parameters, limit)


def none_forgotten(parameters, limit):
    grads = [p.grad for p in parameters]
    return sum(g.norm() ** 2 for g in grads) ** 0.5


def none_forgotten_in_cat(parameters, limit):
    grads = [p.grad for p in parameters]
    return torch.cat(grads).norm()


def stacked(parameters, limit):
    grads = [p.grad for p in parameters if p.grad is not None]
    return torch.stack(grads).norm()


def no_return(parameters, limit):
    taught(parameters, limit)


def largest(parameters):
    return max(p.grad.abs().max() for p in parameters if p.grad is not None)


def sum_of_sizes(parameters):
    return sum(p.grad.abs().sum() for p in parameters if p.grad is not None)


def sum_of_numbers(parameters):
    return sum(p.grad.sum() for p in parameters if p.grad is not None)


def each_and_the_last(parameters, limit):
    for p in parameters:
        if p.grad is not None:
            norm = p.grad.norm()
            if norm > limit:
                p.grad *= limit / norm
    return norm


def asked_as_truth(parameters, limit):
    for p in parameters:
        if p.grad:
            p.grad *= limit


def sum_of_lengths(parameters):
    return sum(p.grad.norm() for p in parameters if p.grad is not None)


def root_of_mean_square(parameters):
    return torch.cat([p.grad for p in parameters if p.grad is not None]).square().mean() ** 0.5


# --- 16.5 -----------------------------------------------------------------------------------------


def every(t, k):
    return t % k == 0


def both_cut(level, trend, e):
    return level.detach(), trend.detach(), None


def forecasts(cut=every, cut_off=both_cut, before=lambda one: one, total=sum):
    """``cut(t, k)`` says whether ``cut_off(level, trend, e)`` is made of the state before update t:
    a new level, trend and error, which is computed anew if that is None.
    """

    def cut_every(a, b, x, k):
        level, trend, errors = x[0], torch.zeros_like(x[0]), []
        for t in range(1, len(x)):
            e = x[t] - level - trend
            errors.append((before(e) if cut(t, k) else e) ** 2)
            if cut(t, k):
                level, trend, e = cut_off(level, trend, e)
                e = x[t] - level - trend if e is None else e
            level, trend = level + trend + a * e, trend + b * e
        return total(errors)

    return cut_every


def as_taught(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        loss = loss + (x[t] - level - trend) ** 2
        if t % k == 0:
            level, trend = level.detach(), trend.detach()
        e = x[t] - level - trend
        level, trend = level + trend + a * e, trend + b * e
    return loss


def by_numbers(a, b, x, k):
    level, trend, loss, count = x[0], 0.0, torch.zeros(()), 0
    for now in x[1:]:
        loss = loss + (now - level - trend).square()
        count += 1
        if count == k:
            level, trend, count = torch.tensor(level.item()), float(trend), 0
        forecast = level + trend
        level, trend = torch.lerp(forecast, now, a), trend + b * (now - forecast)
    return loss


def one_state(a, b, x, k):
    state, gains, errors = torch.stack([x[0], 0 * x[0]]), torch.stack([a, b]), []
    for t, now in enumerate(x[1:], start=1):
        errors.append(now - state.sum())
        state = state if t % k else state.detach()
        turned = torch.stack([state.sum(), state[1]])
        state = turned + gains * (now - state.sum())
    return (torch.stack(errors) ** 2).sum()


def e_detached_too(a, b, x, k):
    """All three are detached: the same, since e holds neither a nor b."""
    return forecasts(cut_off=lambda level, trend, e: (level.detach(), trend.detach(), e.detach()))(
        a, b, x, k
    )


def not_assigned(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        e = x[t] - level - trend
        loss = loss + e**2
        if t % k == 0:
            level.detach()
            trend.detach()
        level, trend = level + trend + a * e, trend + b * e
    return loss


def cut_after(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        e = x[t] - level - trend
        loss = loss + e**2
        level, trend = level + trend + a * e, trend + b * e
        if t % k == 0:
            level, trend = level.detach(), trend.detach()
    return loss


def unrecorded(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        e = x[t] - level - trend
        loss = loss + e**2
        with torch.no_grad() if t % k == 0 else contextlib.nullcontext():
            level, trend = level + trend + a * e, trend + b * e
    return loss


def counted_from_0(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t, now in enumerate(x[1:]):
        loss = loss + (now - level - trend) ** 2
        if t % k == 0:
            level, trend = level.detach(), trend.detach()
        e = now - level - trend
        level, trend = level + trend + a * e, trend + b * e
    return loss


def after_update(name):
    """Cuts one of the two after the updates k, 2k, …"""

    def cut_every(a, b, x, k):
        level, trend, loss = x[0], torch.zeros(()), 0.0
        for t in range(1, len(x)):
            e = x[t] - level - trend
            loss = loss + e**2
            level, trend = level + trend + a * e, trend + b * e
            if t % k == 0:
                level = level.detach() if name == "level" else level
                trend = trend.detach() if name == "trend" else trend
        return loss

    return cut_every


def weights_cut(cut_off, b_too=True):
    """Cuts a, and b, from the first cut on."""

    def cut_every(a, b, x, k):
        level, trend, loss = x[0], torch.zeros(()), 0.0
        for t in range(1, len(x)):
            e = x[t] - level - trend
            loss = loss + e**2
            if t % k == 0:
                level, trend, e = cut_off(level, trend, e)
                e = x[t] - level - trend if e is None else e
                a, b = a.detach(), b.detach() if b_too else b
            level, trend = level + trend + a * e, trend + b * e
        return loss

    return cut_every


def new_trend(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        loss = loss + (x[t] - level - trend) ** 2
        if t % k == 0:
            level, trend = level.detach(), trend.detach()
        e = x[t] - level - trend
        trend = trend + b * e
        level = level + trend + a * e
    return loss


def with_passes(a, b, x, k):
    level, trend, loss = x[0], torch.zeros(()), 0.0
    for t in range(1, len(x)):
        loss = loss + (x[t] - level - trend) ** 2
        if t % k == 0:
            loss.backward(retain_graph=True)
            level, trend = level.detach(), trend.detach()
        e = x[t] - level - trend
        level, trend = level + trend + a * e, trend + b * e
    return loss


def trend_of_a_number(a, b, x, k):
    level, trend, loss = x[0], 0.0, 0.0
    for now in x[1:]:
        trend = trend.detach()
        loss = loss + (now - level - trend) ** 2
    return loss


def loss_cut(a, b, x, k):
    return as_taught(a, b, x, k).detach()


def number_of_loss(a, b, x, k):
    return as_taught(a, b, x, k).item()


def pieces(more=0):
    """Holt's loss of each piece by itself."""
    holt = forecasts(lambda t, k: False, total=lambda errors: sum(errors, torch.zeros(())))

    def cut_every(a, b, x, k):
        return sum(holt(a, b, x[first : first + k + more], k) for first in range(0, len(x), k))

    return cut_every


def slope_of_loss(a, b, x, k):
    return torch.autograd.grad(as_taught(a, b, x, k), a)[0]


def with_a_pass(a, b, x, k):
    loss = as_taught(a, b, x, k)
    loss.backward()
    return loss


def b_cut(a, b, x, k):
    return as_taught(a, b.detach(), x, k)


def all_cut(a, b, x, k):
    return as_taught(a.detach(), b.detach(), x, k)


# --- 16.6 -----------------------------------------------------------------------------------------


def training(
    fake=lambda G, z: (G * z).detach(),
    loss_of=lambda C, fake, real: ((C * real - 1) ** 2 + (C * fake) ** 2).mean(),
    before=lambda G, C: None,
    run=lambda loss, C: loss.backward(),
    after=lambda G, C: None,
    sign=1,
    cleared=True,
    returned=lambda loss: loss.item(),
):
    """A step of the critic."""

    def critic_step(G, C, z, real, lr):
        before(G, C)
        loss = loss_of(C, fake(G, z), real)
        run(loss, C)
        with torch.no_grad():
            C -= sign * lr * C.grad
        if cleared:
            C.grad = None
        after(G, C)
        return returned(loss)

    return critic_step


def squares(C, score, real):
    return ((C * real - 1) ** 2 + score**2).mean()


def reaching(G, z):
    return G * z


def not_recorded(G, z):
    with torch.no_grad():
        return G * z


def by_grad(G, C, z, real, lr):
    loss = ((C * real - 1) ** 2 + (C * (G * z)) ** 2).mean()
    (slope,) = torch.autograd.grad(loss, C)
    with torch.no_grad():
        C -= lr * slope
    return float(loss)


def by_optimizer(G, C, z, real, lr):
    optimizer = torch.optim.SGD([C], lr=lr)
    optimizer.zero_grad()
    loss = ((C * real - 1) ** 2 + (C * (G * z).detach()) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss.detach()


def frozen(G, C, z, real, lr):
    G.requires_grad_(False)
    value = training(fake=reaching)(G, C, z, real, lr)
    G.requires_grad_(True)
    return value


def put_back(G, C, z, real, lr):
    waiting = None if G.grad is None else G.grad.clone()
    value = training(fake=reaching)(G, C, z, real, lr)
    G.grad = waiting
    return value


def put_back_the_same(G, C, z, real, lr):
    waiting = G.grad
    value = training(fake=reaching)(G, C, z, real, lr)
    G.grad = waiting
    return value


def loss_detached(G, C, z, real, lr):
    loss_of = lambda C, fake, real: squares(C, C * fake, real).detach()  # noqa: E731
    return training(loss_of=loss_of)(G, C, z, real, lr)


def C_cut_from_both(G, C, z, real, lr):
    loss = squares(C.detach(), C.detach() * G * z, real)
    loss.backward()
    with torch.no_grad():
        C -= lr * C.grad
    return loss.item()


def left_frozen(G, C, z, real, lr):
    G.requires_grad_(False)
    return training(fake=reaching)(G, C, z, real, lr)


def clear(G, C):
    G.grad = None


def to_zero(G, C):
    if G.grad is not None:
        G.grad.zero_()


def moves_G(G, C):
    with torch.no_grad():
        G -= 0.1


def after_the_step(G, C, z, real, lr):
    training()(G, C, z, real, lr)
    return ((C * real - 1) ** 2 + (C * (G * z)) ** 2).mean().item()


def one_step_only():
    """Keeps the pass from G in the first of two calls alone."""
    calls = []

    def critic_step(*given):
        calls.append(given)
        return training(*([reaching] if len(calls) % 2 == 0 else []))(*given)

    return critic_step


def cuts_C(G, C, z, real, lr):
    return training()(G, C.detach(), z, real, lr)


TABLES = {
    "fading": Table(
        right={
            "numbers": FADING,
            "tensors": FADING | {"layer": torch.tensor(0.24), "relu": torch.tensor(6.0) ** 5},
            "capital": FADING | {"box": "Sigmoid"},
        },
        wrong=one_wrong(
            FADING,
            box=[
                *[
                    (word, f"{word} is the product")
                    for word in ["× 1.5", "×", "*", "mul", "matmul", "MulBackward0"]
                ],
                *[
                    (word, f"{word} is the sum")
                    for word in ["+ const", "+", "add", "const", "AddBackward0"]
                ],
                ("weight", "the weight is 1.5"),
                *[
                    (word, "right, but the word alone")
                    for word in ["sigmoid(#2)", "h = sigmoid(#2)", "torch.sigmoid", "σ"]
                ],
                ("sigmoid()", "right, but without"),
                ("h", "right, but give the operation"),
                ("SigmoidBackward0", "right, but give"),
            ],
            layer=[
                (0.16, "that is sigmoid alone"),
                (1.5, "that is the weight alone"),
                (1.66, "the local derivatives are multiplied"),
                (1.2, "h is the value"),
                (0.375, "0.25 is the most"),
                (0.25, "that is sigmoid at its steepest"),
                (1.911e-4, "that is the way through all six"),
                (0.0576, "that is the way through two"),
                (0.0384, "a layer has one sigmoid"),
                (4.1667, "the other way round"),
            ],
            relu=[
                (7800, "too coarse"),
                (6**10, "of the mean square"),
                (6**-5, "that is what is left: "),
                (
                    6**-10,
                    "that is what is left of the mean square",
                ),
                (243, "relu is missing: it halves"),
                (486, "relu halves the mean square in each"),
                (3**10, "relu is missing, and"),
                (32, "the weights have a factor"),
                (1024, "the weights are missing, and"),
                (3**5 * 2**10, "relu halves the mean square, not"),
                (1, "relu's slope of 1"),
                (6, "that is one layer, and"),
                (6**0.5, "that is one layer: ten"),
                (6**4.5, "that is behind nine"),
                (60, "the layers multiply: a power of the factor, not ten"),
                (30, "the layers multiply: a power of the factor, not five"),
                (1 / 6, "that is what one layer"),
            ],
            xavier=[
                (2**10, "of the mean square"),
                (2**-5, "that is what is left: "),
                (
                    2**-10,
                    "that is what is left of the mean square",
                ),
                (1, "Xavier's weights have"),
                (2, "that is one layer, and"),
                (2**0.5, "that is one layer: ten"),
                (2**4.5, "that is behind nine"),
                (20, "the layers multiply: a power of the factor, not ten"),
                (10, "the layers multiply: a power of the factor, not five"),
                (1 / 2, "that is what one layer"),
                (7776, "1/3 is the default"),
                (243, "Xavier's n · Var(W) is 1, and"),
            ],
        ),
    ),
    "he_std": Table(
        right={
            "as taught": lambda layer, slope: (2 / ((1 + slope**2) * layer.in_features)) ** 0.5,
            "by the mean square": by_mean_square,
            "by the gain": by_gain,
            "a tensor": by_a_tensor,
        },
        wrong={
            "no_activation": (of_variance(lambda n, m, slope: 1 / n), "the activation is missing"),
            "variance": (
                lambda layer, slope: 2 / (1 + slope**2) / layer.in_features,
                "that is the variance",
            ),
            "outputs": (of_variance(lambda n, m, slope: 2 / (1 + slope**2) / m), "in_features"),
            "shape_0": (of_variance(lambda n, m, slope: 2 / m), "weight.shape[0]"),
            "no_slope": (of_variance(lambda n, m, slope: 2 / n), "slope plays no part"),
            "not_squared": (of_variance(lambda n, m, slope: 2 / (1 + slope) / n), "not of f′²"),
            "squared_after": (
                of_variance(lambda n, m, slope: 4 / (1 + slope) ** 2 / n),
                "squared before the mean",
            ),
            "not_halved": (of_variance(lambda n, m, slope: 1 / (1 + slope**2) / n), "two halves"),
            "times": (of_variance(lambda n, m, slope: (1 + slope**2) / 2 / n), "divide by its"),
            "times_2": (of_variance(lambda n, m, slope: 2 * (1 + slope**2) / n), "where relu"),
            "xavier": (of_variance(lambda n, m, slope: 2 / (n + m)), "that is Xavier's"),
            "of_both": (
                of_variance(lambda n, m, slope: 4 / (1 + slope**2) / (n + m)),
                "do not look at the outputs",
            ),
            "default": (of_variance(lambda n, m, slope: 1 / (3 * n)), "PyTorch's default"),
            "bound": (of_variance(lambda n, m, slope: 6 / (1 + slope**2) / n), "uniform"),
            "all_weights": (
                of_variance(lambda n, m, slope: 2 / (1 + slope**2) / n / m),
                "not all weights",
            ),
            "n_outside": (
                lambda layer, slope: (2 / (1 + slope**2)) ** 0.5 / layer.in_features,
                "under the root too",
            ),
            "gain": (
                lambda layer, slope: nn.init.calculate_gain("leaky_relu", slope),
                "n is missing",
            ),
            "bound_no_slope": (of_variance(lambda n, m, slope: 6 / n), "uniform distribution, and"),
            "variance_no_slope": (
                lambda layer, slope: 2 / layer.in_features,
                "that is the variance, and slope",
            ),
            "half_of_1_alone": (
                of_variance(lambda n, m, slope: 1 / (n * (0.5 + slope**2))),
                "for half of the numbers",
            ),
            "turned_round": (
                of_variance(lambda n, m, slope: n * (1 + slope**2) / 2),
                "turned round",
            ),
            "fan_in": (by_fan_in, "layer.in_features"),
            "measured_once": (measured_with_a_seed, "weights that were drawn"),
            "of_now": (lambda layer, slope: layer.weight.std().item(), "all 0"),
            "measured": (measured, "weights that were drawn"),
        },
    ),
    "predicted": Table(
        right={
            "numbers": PREDICTED,
            "tensors": PREDICTED | {"tanh": torch.tensor(9216)},
            "floats": PREDICTED | {"gelu": 15360.0},
            "capitals": PREDICTED | {"w5": "No path"},
        },
        wrong=one_wrong(
            PREDICTED,
            w3=[
                ("no path", "there is a path"),
                ("frozen", "w3 requires grad"),
                ("not held", "the optimizer holds w3"),
                ("learns", "its gradient is multiplied by w2"),
            ],
            w4=[
                ("zero", "w4 is added to h, with the slope 1"),
                ("no path", "w4 is added to h, so a path"),
                ("frozen", "w4 requires grad"),
                ("learns", "it has a gradient"),
            ],
            w5=[
                ("zero", "detach() leaves no path"),
                ("frozen", "w5 requires grad"),
                ("not held", "the optimizer holds w5"),
                ("learns", "detach() takes its path away"),
            ],
            tanh=[
                (7680, "the input of the net"),
                (2304, "that counts numbers"),
                (15360, "tanh keeps what comes out"),
                (1536, "that is one tensor"),
                (6, "that counts tensors"),
                (16896, "what goes into tanh"),
                (11520, "those are the weights"),
                (12000, "those are the parameters"),
                (10752, "the input is counted twice"),
                (6144, "the last tanh"),
                (21216, "parameters do not count"),
                (20736, "weights do not count"),
                (18432, "a float32 has 4 bytes, not 8"),
                (4608, "a float32 has 4 bytes, not 2"),
            ],
            gelu=[
                (9216, "gelu keeps what goes in"),
                (13824, "the input of the net"),
                (16896, "what the last gelu"),
                (7680, "that is what each gelu"),
                (3840, "that counts numbers"),
                (10, "that counts tensors"),
                (27360, "parameters do not count"),
                (30720, "a float32"),
            ],
            last=[
                (9216, "no gradient is asked"),
                (1536, "the last layer keeps"),
                (0, "the last layer does learn"),
                (4608, "the last layer has one input"),
                (768, "that counts numbers"),
                (2, "that counts tensors"),
                (5472, "parameters do not count"),
                (6144, "a float32"),
            ],
        ),
    ),
    "clip_norm": Table(
        right={
            "as taught": taught,
            "as PyTorch does": as_pytorch_does,
            "new tensors": new_tensors,
            "by loops": by_loops,
            "by data": by_data,
            "factor": by(shortened),
        },
        wrong={
            "by_value": (by_value, "clipping by value"),
            "to_1": (by(lambda norm, limit: 1 / norm), "the new length is limit"),
            "too_long_to_1": (
                by(lambda norm, limit: 1 / norm if norm > limit else 1),
                "gets the length limit",
            ),
            "enlarged": (by(lambda norm, limit: limit / norm), "became longer"),
            "normalized": (normalized, "became longer"),
            "to_0": (by(lambda norm, limit: limit / norm * (norm > limit)), "became 0"),
            "each_by_itself": (each_by_itself, "each parameter by itself"),
            "length_after": (told(lambda norm, limit: min(norm, limit)), "before, not after"),
            "factor_returned": (told(shortened), "not the factor"),
            "square_returned": (told(lambda norm, limit: norm**2), "the root of that"),
            "no_root": (by(shortened, lambda p: norm_of(p) ** 2), "the root is missing"),
            "rebound": (rebound, "nothing was changed"),
            "stops_at_the_length": (lambda p, limit: norm_of(p), "nothing was changed"),
            "largest": (by(shortened, largest), "not the largest number"),
            "sum_of_sizes": (by(shortened, sum_of_sizes), "not the sum of sizes"),
            "mean_square": (by(shortened, root_of_mean_square), "the root of the mean square"),
            "sum_of_lengths": (by(shortened, sum_of_lengths), "the lengths were added"),
            "not_squared": (by(shortened, sum_of_numbers), "the numbers were added"),
            "each_and_the_last_returned": (each_and_the_last, "of one parameter's gradient"),
            "of_the_weights": (
                by(shortened, lambda p: sum((one**2).sum().item() for one in p) ** 0.5),
                "take their .grad",
            ),
            "times_limit": (by(lambda norm, limit: limit), "limit alone: divide"),
            "too_long_times_limit": (
                by(lambda norm, limit: limit if norm > limit else 1),
                "where too long",
            ),
            "by_limit": (by(lambda norm, limit: 1 / limit), "divided by limit"),
            "short_ones": (
                by(lambda norm, limit: limit / norm if norm < limit else 1),
                "the comparison is turned",
            ),
            "asked_as_truth": (asked_as_truth, "p.grad is not None"),
            "turned_round": (
                by(lambda norm, limit: norm / limit if norm > limit else 1),
                "turned round",
            ),
            "by_the_tool": (by_the_tool, "yours to write"),
            "by_the_tool_in_secret": (by_the_tool_in_secret, "yours to write"),
            "by_the_tool_now_and_then": (by_the_tool_later(), "yours to write"),
            "by_the_tools_value": (by_the_tools_value, "yours to write"),
            "weights": (weights_clipped, "clip their .grad"),
            "weights_recorded": (weights_written, "clip their .grad"),
            "none_as_zeros": (none_as_zeros, "leave it out"),
            "none_forgotten": (none_forgotten, "leave it out"),
            "none_forgotten_in_cat": (none_forgotten_in_cat, "leave it out"),
            "stacked": (stacked, "different shapes"),
            "no_return": (no_return, "no `return`"),
        },
    ),
    "cut_every": Table(
        right={
            "as taught": as_taught,
            "as it goes in": forecasts(),
            "numbers": by_numbers,
            "one state": one_state,
            "e detached too": e_detached_too,
        },
        wrong={
            "never": (forecasts(lambda t, k: False), "never cut"),
            "not_assigned": (not_assigned, "never cut"),
            "every_update": (forecasts(lambda t, k: True), "cut before every update"),
            "too_seldom": (forecasts(lambda t, k: t % (k + 1) == 0), "too seldom"),
            "cut_after": (cut_after, "so cut before"),
            "unrecorded": (unrecorded, "so cut before"),
            "counted_from_0": (counted_from_0, "one update late"),
            "early": (forecasts(lambda t, k: (t + 1) % k == 0), "one update early"),
            "all_others": (forecasts(lambda t, k: t % k), "cut before all other"),
            "once": (forecasts(lambda t, k: t == k), "cut once only"),
            "twice": (forecasts(lambda t, k: t in (k, 2 * k)), "not before 3k"),
            "doubled": (forecasts(lambda t, k: t in (k, 2 * k, 4 * k)), "not before 3k"),
            "from_k_on": (forecasts(lambda t, k: t >= k), "from update k on"),
            "before_the_error": (forecasts(before=torch.Tensor.detach), "lost its slope"),
            "level_only": (
                forecasts(cut_off=lambda level, trend, e: (level.detach(), trend, None)),
                "the trend was not cut: ",
            ),
            "trend_only": (
                forecasts(cut_off=lambda level, trend, e: (level, trend.detach(), None)),
                "the level was not cut: ",
            ),
            "e_left": (
                forecasts(cut_off=lambda level, trend, e: (level.detach(), trend.detach(), e)),
                "compute it anew",
            ),
            "level_only_e_left": (
                forecasts(cut_off=lambda level, trend, e: (level.detach(), trend, e)),
                "the trend was not cut, and e",
            ),
            "trend_only_e_left": (
                forecasts(cut_off=lambda level, trend, e: (level, trend.detach(), e)),
                "the level was not cut, and e",
            ),
            "e_only": (
                forecasts(cut_off=lambda level, trend, e: (level, trend, e.detach())),
                "e alone was cut",
            ),
            "level_only_after": (after_update("level"), "the level alone is cut, and after"),
            "trend_only_after": (after_update("trend"), "the trend alone is cut, and after"),
            "e_only_always": (
                forecasts(lambda t, k: True, lambda level, trend, e: (level, trend, e.detach())),
                "in every update",
            ),
            "weights_too": (weights_cut(both_cut), "a and b were cut as well"),
            "weights_alone": (weights_cut(lambda *state: state), "a and b were cut, in"),
            "a_alone": (
                weights_cut(lambda *state: state, b_too=False),
                "a was cut, in the place",
            ),
            "new_trend": (new_trend, "the level got the new trend"),
            "with_passes": (with_passes, "made by the check"),
            "mean": (forecasts(total=lambda one: sum(one) / len(one)), "the mean of"),
            "trend_of_a_number": (trend_of_a_number, "begins as a number"),
            "loss_cut": (loss_cut, "detached"),
            "number": (number_of_loss, "type float"),
            "slope": (slope_of_loss, "detached"),
            "pieces": (pieces(), "its state begins anew"),
            "pieces_that_overlap": (pieces(more=1), "begins anew in each piece"),
            "with_a_pass": (with_a_pass, "made by the check"),
            "b_cut": (b_cut, "cuts the loss off from b"),
            "all_cut": (all_cut, "detached"),
        },
        forms=OF_A_GRAPH | {"None": "no `return`", "nan": "not a number"},
    ),
    "critic_step": Table(
        right={
            "as taught": training(),
            "not recorded": training(fake=not_recorded),
            "inputs": training(fake=reaching, run=lambda loss, C: loss.backward(inputs=[C])),
            "by grad": by_grad,
            "an optimizer": by_optimizer,
            "detached loss": training(returned=lambda loss: loss.detach()),
            "frozen for the pass": frozen,
            "put back": put_back,
            "cleared before": training(before=lambda G, C: setattr(C, "grad", None), cleared=False),
        },
        wrong={
            "as_it_was": (training(fake=reaching, returned=lambda loss: loss), "still reaches G"),
            "number_only": (training(fake=reaching), "still reaches G"),
            "graph_kept": (training(returned=lambda loss: loss), "its graph is kept"),
            "cleared": (training(fake=reaching, after=clear), "G.grad was cleared"),
            "to_zero": (training(fake=reaching, after=to_zero), "keep the pass from G"),
            "cleared_before": (training(fake=reaching, before=clear), "and then the loss reached"),
            "now_and_then": (one_step_only(), "unknown"),
            "no_step": (training(sign=0), "C made no step"),
            "uphill": (training(sign=-1), "uphill"),
            "C_not_cleared": (training(cleared=False), "C.grad is not cleared"),
            "no_fakes": (
                training(loss_of=lambda C, fake, real: ((C * real - 1) ** 2).mean()),
                "the fakes are missing",
            ),
            "no_real": (
                training(loss_of=lambda C, fake, real: ((C * fake) ** 2).mean()),
                "the real ones are missing",
            ),
            "after_the_step": (after_the_step, "before the step"),
            "score_cut": (
                training(loss_of=lambda C, fake, real: squares(C, (C * fake).detach(), real)),
                "detach the fakes alone",
            ),
            "C_cut_from_fakes": (
                training(
                    fake=reaching,
                    loss_of=lambda C, fake, real: squares(C, C.detach() * fake, real),
                ),
                "not from G: detach the fakes",
            ),
            "no_lr": (lambda G, C, z, real, lr: training()(G, C, z, real, 1.0), "lr times"),
            "sum": (
                training(
                    loss_of=lambda C, fake, real: len(real) * squares(C, C * fake, real),
                ),
                "their mean was asked",
            ),
            "put_back_without_a_copy": (put_back_the_same, "is no copy"),
            "loss_detached": (loss_detached, "the loss after its backward pass"),
            "C_cut_from_both": (C_cut_from_both, "the loss was cut off from C"),
            "left_frozen": (left_frozen, "leave G as it came in"),
            "moves_G": (training(after=moves_G), "leave G as it came in"),
            "cuts_C": (cuts_C, "nothing was recorded"),
        },
    ),
}
