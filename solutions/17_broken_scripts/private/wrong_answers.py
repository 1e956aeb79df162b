"""Answers to assignment 17."""

import itertools

import torch
from torch.nn import functional as F

from tests.wrong_answers import Table


def standardise(x):
    return (x - x.mean()) / x.std(correction=0)


def zeros():
    return [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2)]


def in_units(w, b, x):
    slope = w / x.std(correction=0)
    return torch.stack([slope, b - slope * x.mean()]).tolist()


def as_they_are(w, b, _x):
    return [w.item(), b.item()]


# --- 17.1 and 17.2 --------------------------------------------------------------------------------


def squares(p, t):
    return ((p - t) ** 2).mean()


def new_ones(optimizer_too):
    """w and b are made again in each round, and the optimizer too or not."""

    def fixed(x, t, lr, steps):
        d = standardise(x)
        w, b = zeros()
        optimizer = torch.optim.SGD([w, b], lr=lr)
        first = w, b
        for _ in range(steps):
            w, b = zeros()
            if optimizer_too:
                optimizer = torch.optim.SGD([w, b], lr=lr)
            optimizer.zero_grad()
            squares(w * d + b, t).backward()
            optimizer.step()
        return in_units(*((w, b) if optimizer_too else first), x)

    return fixed


def of_w_cleared(x, t, lr, steps):
    d = standardise(x)
    w, b = zeros()
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(steps):
        w.grad = None
        squares(w * d + b, t).backward()
        optimizer.step()
    return in_units(w, b, x)


def line(loss=squares, predict=lambda w, b, d: w * d + b, clear="before", back=in_units, lr=None):
    """The line after so many steps; ``clear`` says where .grad is cleared."""

    def fixed(x, t, *rest):
        rate, steps = rest if len(rest) == 2 else (0.1, *rest)
        d = standardise(x)
        w, b = zeros()
        optimizer = torch.optim.SGD([w, b], lr=lr(rate) if lr else rate)
        for _ in range(steps):
            if clear == "before":
                optimizer.zero_grad()
            loss(predict(w, b, d), t).backward()
            if clear == "between":
                optimizer.zero_grad()
            optimizer.step()
            if clear == "after":
                optimizer.zero_grad()
        return back(w, b, x)

    return fixed


def by_grad(x, t, steps):
    d = standardise(x)
    w, b = zeros()
    for _ in range(steps):
        by_w, by_b = torch.autograd.grad(squares(w * d + b, t), [w, b])
        with torch.no_grad():
            w -= 0.1 * by_w
            b -= 0.1 * by_b
    return in_units(w, b, x)


def marked(p, t):
    return squares(p, t).requires_grad_()


def a_leaf_in_between(w, b, d):
    return (w * d + b).detach().requires_grad_()


def without_a_record(w, b, d):
    with torch.no_grad():
        return w * d + b


def best(x, t, *_rest):
    X = torch.stack([x, torch.ones_like(x)], dim=1)
    return torch.linalg.lstsq(X, t[:, None]).solution.flatten()


# --- 17.3 -----------------------------------------------------------------------------------------


def of_shapes(residuals, gather=torch.mean, back=in_units, more=1):
    """``residuals(p, t)`` for p of shape (N, 1) and t of shape (N,)."""

    def fixed(x, t, steps):
        X = torch.stack([standardise(x), torch.ones_like(x)], dim=1)
        weights = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([weights], lr=0.1)
        for _ in range(more * steps):
            optimizer.zero_grad()
            gather(residuals(X @ weights, t) ** 2).backward()
            optimizer.step()
        return back(weights.detach()[0, 0], weights.detach()[1, 0], x)

    return fixed


def column(p, t):
    return p - t[:, None]


def pairs(p, t):
    return p - t


def masked(p, t):
    return (p - t) * torch.eye(len(t), dtype=p.dtype)


# --- 17.4, 17.5 and 17.6 --------------------------------------------------------------------------


def fitted(loss, lr=None, scaled=standardise, back=in_units, more=1):
    """The logit's line after so many steps; ``loss(z, t)``."""

    def fixed(T, t, rate, steps):
        d = scaled(T)
        w, b = zeros()
        optimizer = torch.optim.SGD([w, b], lr=lr(rate) if lr else rate)
        for _ in range(more * steps):
            optimizer.zero_grad()
            loss(w * d + b, t).backward()
            optimizer.step()
        return back(w, b, T)

    return fixed


logits = F.binary_cross_entropy_with_logits
REST = {"scaled": lambda T: T, "back": as_they_are}


def with_sigmoid(z, t):
    return F.binary_cross_entropy(torch.sigmoid(z), t)


def of_logits(z, t):
    return F.binary_cross_entropy(z, t)


def two_sigmoids(z, t):
    return logits(torch.sigmoid(z), t)


def formula(z, t):
    p = torch.sigmoid(z)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


def clamped(edge):
    def loss(z, t):
        p = torch.sigmoid(z).clamp(edge, 1 - edge)
        return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()

    return loss


def shifted(eps):
    def loss(z, t):
        p = torch.sigmoid(z)
        return -(t * torch.log(p + eps) + (1 - t) * torch.log(1 - p + eps)).mean()

    return loss


def softplus(z, t):
    return (F.softplus(z) - t * z).mean()


def stable(z, t):
    return (torch.logaddexp(z, torch.zeros_like(z)) - t * z).mean()


def by_parts(z, t):
    return -(t * F.logsigmoid(z) + (1 - t) * F.logsigmoid(-z)).mean()


def written_out(one_more, gather=torch.mean):
    """log(1 + exp z) − t z, where ``one_more`` adds the 1."""
    return lambda z, t: gather(torch.log(one_more(z)) - t * z)


def in_place(z):
    e = z.exp()
    e += 1
    return e


def by_data(z):
    e = z.exp()
    e.data += 1
    return e


def of_a_copy(z):
    e = z.exp().clone()
    e += 1
    return e


# --- 17.7 -----------------------------------------------------------------------------------------


def function(backward):
    """Pinball.apply with a backward pass; ``backward(g, slope)``."""

    class Pinball(torch.autograd.Function):
        @staticmethod
        def forward(ctx, r, tau):
            ctx.save_for_backward(r)
            ctx.tau = tau
            return torch.maximum(tau * r, (tau - 1) * r)

        @staticmethod
        def backward(ctx, g):
            (r,) = ctx.saved_tensors
            return backward(g, torch.where(r > 0, ctx.tau, ctx.tau - 1).to(r.dtype)), None

    return lambda r, tau: Pinball.apply(r, tau)


class Exchanged(torch.autograd.Function):
    @staticmethod
    def forward(ctx, r, tau):
        ctx.save_for_backward(r)
        ctx.tau = tau
        return torch.maximum(tau * r, (tau - 1) * r)

    @staticmethod
    def backward(ctx, g):
        (r,) = ctx.saved_tensors
        return g * torch.where(r > 0, 1 - ctx.tau, -ctx.tau), None


class Upwards(Exchanged):
    @staticmethod
    def backward(ctx, g):
        return g * ctx.tau, None


class Alone(Exchanged):
    @staticmethod
    def backward(ctx, g):
        (r,) = ctx.saved_tensors
        return g * torch.where(r > 0, ctx.tau, ctx.tau - 1)


class Nothing(Exchanged):
    @staticmethod
    def backward(ctx, g):
        return None, None


# --- 17.8 -----------------------------------------------------------------------------------------


def newton(loss):
    beta = torch.zeros(2, dtype=torch.float64)
    for _ in range(8):
        H, g = torch.func.hessian(loss)(beta), torch.func.grad(loss)(beta)
        beta = beta - torch.linalg.solve(H, g)
    return beta


def errors(of_hessian, reduction="sum"):
    def fixed(T, t):
        X = torch.stack([torch.ones_like(T), T], dim=1)

        def loss(beta):
            return logits(X @ beta, t, reduction=reduction)

        return of_hessian(torch.func.hessian(loss)(newton(loss)), len(T))

    return fixed


def deviations(H, _count=1):
    return torch.linalg.inv(H).diagonal().sqrt()


def at_zero(T, t):
    X = torch.stack([torch.ones_like(T), T], dim=1)

    def loss(beta):
        return logits(X @ beta, t, reduction="sum")

    return deviations(torch.func.hessian(loss)(torch.zeros(2, dtype=torch.float64)))


def by_fisher(T, t):
    X = torch.stack([torch.ones_like(T), T], dim=1)
    p = torch.sigmoid(X @ newton(lambda beta: logits(X @ beta, t)))
    return deviations(X.T @ (X * (p * (1 - p))[:, None]))


# --- 17.9 -----------------------------------------------------------------------------------------


def smoothed(gather=sum, cut=False, each_year=False, clear=True, retain=False, anew=True):
    """a after so many rounds; ``gather`` makes one loss of those of the years."""

    def fixed(flow, lr, rounds):
        a = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([a], lr=lr)
        level = flow[0]
        for _ in range(rounds):
            level, losses = flow[0] if anew else level.detach(), []
            if clear:
                optimizer.zero_grad()
            for now, following in itertools.pairwise(flow):
                if cut:
                    level = level.detach()
                level = level + a * (now - level)
                losses.append((following - level) ** 2)
                if each_year:
                    optimizer.zero_grad()
                    losses[-1].backward(retain_graph=retain)
                    optimizer.step()
            if not each_year:
                gather(losses).backward()
                optimizer.step()
        return a

    return fixed


def early(flow, lr, rounds):
    """Each loss is made before its level has moved."""
    a = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([a], lr=lr)
    for _ in range(rounds):
        optimizer.zero_grad()
        level, total = flow[0], 0.0
        for now, following in itertools.pairwise(flow):
            total = total + (following - level) ** 2
            level = level + a * (now - level)
        total.backward()
        optimizer.step()
    return a.item()


def in_a_list(flow, lr, rounds):
    a = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    for _ in range(rounds):
        levels = [flow[0]]
        for now in flow[1:-1]:
            levels.append(a * now + (1 - a) * levels[-1])
        (slope,) = torch.autograd.grad(((flow[1:] - torch.stack(levels)) ** 2).sum(), a)
        a = (a - lr * slope).detach().requires_grad_()
    return a.item()


# --- 17.10 ----------------------------------------------------------------------------------------


def logged(keep, gather=sum, clear=True, after=False):
    """What is gathered of what is kept of each loss."""

    def fixed(loss, parameters, lr, steps):
        optimizer = torch.optim.SGD(parameters, lr=lr)
        kept = []
        for _ in range(steps):
            if clear:
                optimizer.zero_grad()
            L = loss()
            L.backward()
            optimizer.step()
            kept.append(keep(loss() if after else L))
        return gather(kept)

    return fixed


def in_silence(loss, parameters, lr, steps):
    optimizer = torch.optim.SGD(parameters, lr=lr)
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(steps):
        optimizer.zero_grad()
        L = loss()
        L.backward()
        optimizer.step()
        with torch.no_grad():
            total += L
    return total


def cut_too_early(loss, parameters, lr, steps):
    for _ in range(steps):
        L = loss().detach()
        L.backward()
    return L


def deleted(loss, parameters, lr, steps):
    optimizer = torch.optim.SGD(parameters, lr=lr)
    total = 0.0
    for _ in range(steps):
        optimizer.zero_grad()
        L = loss()
        L.backward()
        optimizer.step()
        total += L
        del L
    return total


# --------------------------------------------------------------------------------------------------

CAUSES = {
    "1": "cut off",
    "2": "not cleared",
    "3": "shapes",
    "4": "two sigmoids",
    "5": "log of 0",
    "6": "written over",
    "7": "arriving",
    "8": "mean",
    "9": "two passes",
    "10": "kept record",
}

TABLES = {
    "fixed_1": Table(
        right={
            "as taught": line(),
            "by grad": by_grad,
            "requires_grad_ left in": line(marked),
            "mse_loss": line(F.mse_loss),
        },
        wrong={
            "as given": (line(marked, lambda w, b, d: (w * d + b).detach()), "have not moved"),
            "a_leaf": (line(predict=a_leaf_in_between), "have not moved"),
            "data": (line(marked, lambda w, b, d: (w * d + b).data), "have not moved"),
            "no_grad": (line(marked, without_a_record), "have not moved"),
            "hack_out": (
                line(predict=lambda w, b, d: (w * d + b).detach()),
                "nothing leads from L to w and b",
            ),
            "not_mapped": (line(back=as_they_are), "in_units(w, b, x) brings"),
            "not_cleared": (line(clear=""), "zero_grad() is gone"),
            "lstsq": (best, "the best line"),
        },
    ),
    "fixed_2": Table(
        right={"as taught": line(), "after the step": line(clear="after")},
        wrong={
            "as given": (line(clear=""), "nothing clears .grad"),
            "smaller": (line(clear="", lr=lambda lr: lr / 10), "only more slowly"),
            "between": (line(clear="between"), "the step finds no gradient"),
            "w alone": (of_w_cleared, "b.grad is not"),
            "other weights": (new_ones(optimizer_too=False), "or others were made"),
            "all made anew": (new_ones(optimizer_too=True), "so one step is all"),
            "both": (line(lr=lambda lr: lr / 10), "not the mistake alone"),
            "not_mapped": (line(back=as_they_are), "in_units(w, b, x) brings"),
        },
    ),
    "fixed_3": Table(
        right={
            "as taught": of_shapes(column),
            "squeeze": of_shapes(lambda p, t: p.squeeze(1) - t),
            "index": of_shapes(lambda p, t: p[:, 0] - t),
            "view": of_shapes(lambda p, t: p - t.view(-1, 1)),
            "turned": of_shapes(lambda p, t: p.T - t),
            "diagonal": of_shapes(lambda p, t: torch.diagonal(p - t)),
        },
        wrong={
            "as given": (of_shapes(pairs), "print the shape of r"),
            "mean first": (of_shapes(lambda p, t: p.mean() - t), "print the shape of r"),
            "more steps": (of_shapes(pairs, more=10), "more steps of the same"),
            "sum": (of_shapes(column, torch.sum), "the sum of the squares"),
            "masked": (of_shapes(masked), "of which N count"),
            "not_mapped": (of_shapes(column, back=as_they_are), "in_units(w, b, x) brings"),
        },
    ),
    "fixed_4": Table(
        right={
            "as taught": fitted(logits),
            "the other loss": fitted(with_sigmoid),
            "the formula": fitted(formula),
            "softplus": fitted(softplus),
        },
        wrong={
            "as given": (fitted(two_sigmoids), "two sigmoids: one is enough"),
            "more steps": (fitted(two_sigmoids, more=10), "falls for ever"),
            "twice": (
                fitted(lambda z, t: with_sigmoid(torch.sigmoid(z), t)),
                "two sigmoids: one is enough",
            ),
            "squares": (
                fitted(lambda z, t: F.mse_loss(torch.sigmoid(z), t)),
                "the squared error of p",
            ),
            "turned": (fitted(lambda z, t: logits(-z, t)), "turned round"),
            "sum": (fitted(lambda z, t: logits(z, t, reduction="sum")), "a sum"),
            "not_mapped": (fitted(logits, back=as_they_are), "in_units(w, b, x) brings"),
            "the_wrong_one": (
                fitted(of_logits, lr=lambda lr: 50.0),
                "wants probabilities",
            ),
        },
    ),
    "fixed_5": Table(
        right={
            "as taught": fitted(logits),
            "softplus": fitted(softplus),
            "stable": fitted(stable),
            "by parts": fitted(by_parts),
        },
        wrong={
            "as given": (fitted(formula, **REST), "log of a p that is rounded"),
            "standardised alone": (fitted(formula), "log of a p that is rounded"),
            "BCELoss": (fitted(with_sigmoid, **REST), "stuck: where p is rounded"),
            "clamp": (fitted(clamped(1e-7), **REST), "stuck: where p is rounded"),
            "log(p + eps)": (fitted(shifted(1e-8), **REST), "stuck: where p is rounded"),
            "logits alone": (fitted(logits, **REST), "leaps over"),
            "small steps": (fitted(logits, **REST, lr=lambda lr: 1e-3), "a million steps"),
            "smaller, of p": (
                fitted(formula, **REST, lr=lambda lr: lr / 1000),
                "a smaller lr only delays it",
            ),
            **{
                f"lr/{part}": (
                    fitted(logits, **REST, lr=lambda lr, part=part: lr / part),
                    f"raw °F with lr/{part}:",
                )
                for part in (1000, 10000)
            },
            "clamp, standardised": (fitted(clamped(1e-7)), "where the clamp holds p back"),
            "clamp at 1e-8": (fitted(clamped(1e-8)), "where the clamp at 1e-8"),
            "BCELoss, standardised": (fitted(with_sigmoid), "log(p + 1e-12) send 0 back"),
            **{
                f"log(p + 1e-{power})": (
                    fitted(shifted(10.0**-power)),
                    f"log(p + 1e-{power}) has hardly a slope",
                )
                for power in range(6, 11)
            },
            "two sigmoids": (fitted(two_sigmoids), "two sigmoids: one is enough"),
            "lr typed in": (fitted(logits, lr=lambda lr: 2.0), "lr is typed in"),
            "two sigmoids, raw": (fitted(two_sigmoids, **REST), "two sigmoids, and raw"),
            "not_mapped": (fitted(logits, back=as_they_are), "in_units(w, b, x) brings"),
        },
    ),
    "fixed_6": Table(
        right={
            "as taught": fitted(written_out(lambda z: z.exp() + 1)),
            "a copy": fitted(written_out(of_a_copy)),
            "softplus": fitted(softplus),
            "log1p": fitted(lambda z, t: (torch.log1p(z.exp()) - t * z).mean()),
            "logits": fitted(logits),
        },
        wrong={
            "as given": (fitted(written_out(in_place)), "+= writes over it"),
            "data": (fitted(written_out(by_data)), ".data hides that e is 1 too large"),
            "no_one": (fitted(written_out(torch.exp)), "or no 1 is added"),
            "detach": (fitted(written_out(lambda z: z.exp().detach() + 1)), "e is cut off"),
            "z_detached": (
                fitted(lambda z, t: (torch.log(z.exp() + 1) - t * z.detach()).mean()),
                "t · z is cut off",
            ),
            "sum": (fitted(written_out(lambda z: z.exp() + 1, torch.sum)), "a sum"),
            "not_mapped": (fitted(logits, back=as_they_are), "in_units(w, b, x) brings"),
        },
    ),
    "fixed_7": Table(
        right={
            "as taught": function(lambda g, slope: g * slope),
            "no class": lambda r, tau: torch.maximum(tau * r, (tau - 1) * r),
            "where": lambda r, tau: torch.where(r > 0, tau * r, (tau - 1) * r),
            "relu": lambda r, tau: tau * F.relu(r) + (1 - tau) * F.relu(-r),
        },
        wrong={
            "as given": (function(lambda g, slope: slope), "leaves out what arrives"),
            "divided": (function(lambda g, slope: slope / len(slope)), "divided by N"),
            "by_235": (function(lambda g, slope: slope / 235), "235 belongs to these households"),
            "added": (function(lambda g, slope: g + slope), "has to be multiplied"),
            "exchanged": (lambda r, tau: Exchanged.apply(r, tau), "two sides are exchanged"),
            "passed_on": (function(lambda g, slope: g), "without the slope"),
            "size": (function(lambda g, slope: g.abs() * slope), "sign taken off"),
            "turned": (function(lambda g, slope: -g * slope), "sign is turned round"),
            "no tau": (function(lambda g, slope: g * slope.sign() / 2), "±0.5 is right"),
            "tau alone": (lambda r, tau: Upwards.apply(r, tau), "elsewhere it is tau − 1"),
            "halves": (lambda r, tau: r.abs() / 2, "tau plays no part"),
            "one_gradient": (lambda r, tau: Alone.apply(r, tau), "backward returns two things"),
            "nothing": (lambda r, tau: Nothing.apply(r, tau), "None came back"),
        },
    ),
    "fixed_8": Table(
        right={
            "as taught": errors(deviations),
            "the mean, divided": errors(
                lambda H, N: deviations(H) / N**0.5,
                reduction="mean",
            ),
            "the mean, times N": errors(lambda H, N: deviations(N * H), reduction="mean"),
            "by Fisher's formula": by_fisher,
        },
        wrong={
            "as given": (errors(deviations, "mean"), "the Hessian of the mean"),
            "not_inverted": (errors(lambda H, N: H.diagonal().sqrt()), "is not inverted"),
            "1/diagonal": (errors(lambda H, N: 1 / H.diagonal().sqrt()), "hang together"),
            "no_root": (errors(lambda H, N: torch.linalg.inv(H).diagonal()), "take the root"),
            "twice": (errors(lambda H, N: deviations(H) / N**0.5), "the root of N was meant"),
            "/ 23": (errors(lambda H, N: deviations(H) / 23, "mean"), "divided by 23"),
            "at 0": (at_zero, "the Hessian at 0"),
            "23 times": (errors(lambda H, N: deviations(23 * H), "mean"), "23 belongs to"),
            "√23": (errors(lambda H, N: deviations(H) / 23**0.5, "mean"), "23 belongs to"),
        },
    ),
    "fixed_9": Table(
        right={
            "as taught": smoothed(),
            "stack": smoothed(lambda losses: torch.stack(losses).sum()),
            "in a list": in_a_list,
        },
        wrong={
            "as given": (smoothed(each_year=True), "one backward a round"),
            "retained": (smoothed(each_year=True, retain=True), "step after it"),
            "detach": (smoothed(cut=True), "detach(): a also acts"),
            "detach, step": (smoothed(cut=True, each_year=True), "and a step each year"),
            "mean": (smoothed(lambda losses: sum(losses) / len(losses)), "the mean over the years"),
            "last": (smoothed(lambda losses: losses[-1]), "the last year alone"),
            "not_cleared": (smoothed(clear=False), "zero_grad() is gone"),
            "carried_over": (smoothed(anew=False), "goes over from round to round"),
            "early": (early, "a ran away"),
        },
    ),
    "fixed_10": Table(
        right={
            "as taught": logged(lambda L: L.item()),
            "detach": logged(lambda L: L.detach()),
            "float": logged(float),
            "no_grad": in_silence,
        },
        wrong={
            "as given": (logged(lambda L: L), "brings its record along"),
            "times 1.0": (logged(lambda L: L * 1.0), "brings its record along"),
            "del": (deleted, "brings its record along"),
            "at last": (
                logged(lambda L: L, lambda kept: sum(kept).item()),
                "keep L.item() and not L",
            ),
            "cut too early": (cut_too_early, "cut off before backward()"),
            "clone": (logged(lambda L: L.clone()), "brings its record along"),
            "mean": (logged(float, lambda kept: sum(kept) / len(kept)), "the mean of the losses"),
            "last": (logged(float, lambda kept: kept[-1]), "the last loss alone"),
            "after": (logged(float, after=True), "the losses after each step"),
            "not_cleared": (logged(float, clear=False), "zero_grad() is gone"),
        },
    ),
    "causes": Table(
        right={"as found": CAUSES, "in capitals": {at: one.upper() for at, one in CAUSES.items()}},
        wrong={
            "1_misspelt": (CAUSES | {"1": "cutoff"}, "1: not one of the ten words"),
            "1_shapes": (CAUSES | {"1": "shapes"}, "here nothing moved at all"),
            "1_cleared": (CAUSES | {"1": "not cleared"}, "what draw_graph(L) lacks"),
            "2_cut": (CAUSES | {"2": "cut off"}, "after the first and the second step"),
            "2_arriving": (CAUSES | {"2": "arriving"}, "gradient of one step"),
            "3_cut": (CAUSES | {"3": "cut off"}, "nothing is cut off there"),
            "3_mean": (CAUSES | {"3": "mean"}, "what it is taken over"),
            "4_log": (CAUSES | {"4": "log of 0"}, "its log is of σ(p)"),
            "5_sigmoids": (CAUSES | {"5": "two sigmoids"}, "one sigmoid, and its p"),
            "6_passes": (CAUSES | {"6": "two passes"}, "which number had changed"),
            "6_cut": (CAUSES | {"6": "cut off"}, "it hides a write"),
            "7_mean": (CAUSES | {"7": "mean"}, "too long by 235"),
            "7_cleared": (CAUSES | {"7": "not cleared"}, "was in its place"),
            "8_arriving": (CAUSES | {"8": "arriving"}, "the best line is right"),
            "9_written": (CAUSES | {"9": "written over"}, "hides the first one"),
            "9_cleared": (CAUSES | {"9": "not cleared"}, "the second year walk through"),
            "10_passes": (CAUSES | {"10": "two passes"}, "what was kept of its loss"),
        },
    ),
}
