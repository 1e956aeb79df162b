"""Answers to assignment 13."""

import contextlib

import torch
from torch.autograd import Function

from tests.wrong_answers import OF_A_GRAPH, Table

FLOWS = {"arrives": 8.0, "sent": -2.0, "w": -14.4}
SLOPES = {"a": 20.0, "b": 0.0, "c": 25.0, "d": 65.0}

#: What is told of a wrong form that is made of a Function's result.
BESIDE_A_FUNCTION = dict.fromkeys(
    ["str", "shape", "int_tensor", "complex", "nan", "detached"], "autograd was asked"
)

# --- 13.3 -----------------------------------------------------------------------------------------


def power(back, keep=lambda ctx, x: ctx.save_for_backward(x), returned=lambda sent: (sent, None)):
    """A class whose backward sends ``back(x, n, g)``."""

    class Power(Function):
        @staticmethod
        def forward(ctx, x, n):
            keep(ctx, x)
            ctx.n = n
            return x**n

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return returned(back(x, ctx.n, g))

    return Power


class PowerByContext(Function):
    """As PyTorch's newer style has it."""

    @staticmethod
    def forward(x, n):
        return x**n

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.n = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None


class PowerOfNoAttribute(PowerByContext):
    @staticmethod
    def backward(ctx, g):
        return g * ctx.n * ctx.x ** (ctx.n - 1), None


class PowerCallsSaved(PowerByContext):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors()
        return g * ctx.n * x ** (ctx.n - 1), None


def by_a_graph(x, n, g):
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(leaf**n, leaf, g)[0]


def by_a_graph_in_secret(x, n, g):
    with contextlib.suppress(Exception):
        by_a_graph(x, n, g)
    return g * n * x ** (n - 1)


def by_vjp(x, n, g):
    return torch.func.vjp(lambda x: x**n, x)[1](g)[0]


def into_g(x, n, g):
    g *= n * x ** (n - 1)
    return g


def into_what_was_saved(x, n, g):
    x.pow_(n - 1)
    return g * n * x


# --- 13.4 -----------------------------------------------------------------------------------------


def by_saving(ctx, a, b, r):
    ctx.save_for_backward(a, b, r)
    return lambda: ctx.saved_tensors


def by_attributes(ctx, a, b, r):
    ctx.kept = a, b, r
    return lambda: ctx.kept


def by_an_attribute_r(ctx, a, b, r):
    ctx.save_for_backward(a, b)
    ctx.r = r
    return lambda: (*ctx.saved_tensors, ctx.r)


def by_attributes_a_b(ctx, a, b, r):
    ctx.save_for_backward(r)
    ctx.a, ctx.b = a, b
    return lambda: (ctx.a, ctx.b, *ctx.saved_tensors)


def by_attributes_of(kept):
    """Those of a, b and r are attributes, and the others are saved."""

    def keep(ctx, a, b, r):
        tensors = {"a": a, "b": b, "r": r}
        ctx.kept = {name: tensors[name] for name in kept}
        saved = [name for name in tensors if name not in kept]
        ctx.save_for_backward(*[tensors[name] for name in saved])

        def get():
            found = ctx.kept | dict(zip(saved, ctx.saved_tensors, strict=True))
            return [found[name] for name in "abr"]

        return get

    return keep


def by_versions(ctx, a, b, r):
    """A guard of one's own."""
    ctx.kept = a, b, r
    versions = [one._version for one in ctx.kept]

    def get():
        if [one._version for one in ctx.kept] != versions:
            raise RuntimeError("a, b or r was written over")
        return ctx.kept

    return get


def hypot(back, forward=lambda a, b: (a**2 + b**2).sqrt(), keep=by_saving):
    """A class whose backward returns ``back(a, b, r, g)``."""

    class Hypot(Function):
        @staticmethod
        def forward(ctx, a, b):
            r = forward(a, b)
            ctx.get = keep(ctx, a, b, r)
            return r

        @staticmethod
        def backward(ctx, g):
            return back(*ctx.get(), g)

    return Hypot


def taught(a, b, r, g):
    return g * a / r, g * b / r


def by_the_angle(a, b, r, g):
    angle = torch.atan2(b, a)
    return g * angle.cos(), g * angle.sin()


class HypotFromSlopes(Function):
    """Saves what backward needs, and nothing else."""

    @staticmethod
    def forward(ctx, a, b):
        r = torch.hypot(a, b)
        ctx.save_for_backward(a / r, b / r)
        return r

    @staticmethod
    def backward(ctx, g):
        return tuple(g * slope for slope in ctx.saved_tensors)


class HypotAnew(Function):
    """Saves the inputs alone."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return torch.hypot(a, b)

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        over_r = g / torch.hypot(a, b)
        return over_r * a, over_r * b


class HypotByClones(Function):
    """Copies, which nobody else can write over."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.a, ctx.b = a.clone(), b.clone()
        return torch.hypot(a, b)

    @staticmethod
    def backward(ctx, g):
        r = torch.hypot(ctx.a, ctx.b)
        return g * ctx.a / r, g * ctx.b / r


class HypotWhereNeeded(Function):
    """Sends nothing where nothing is needed."""

    @staticmethod
    def forward(ctx, a, b):
        r = torch.hypot(a, b)
        ctx.save_for_backward(a, b, r)
        return r

    @staticmethod
    def backward(ctx, g):
        *inputs, r = ctx.saved_tensors
        return tuple(
            g * one / r if needed else None
            for one, needed in zip(inputs, ctx.needs_input_grad, strict=True)
        )


class HypotByGraph(Function):
    """Lets autograd work out the slopes on the way forward."""

    @staticmethod
    def forward(ctx, a, b):
        with torch.enable_grad():
            a, b = a.detach().requires_grad_(), b.detach().requires_grad_()
            r = torch.hypot(a, b)
        ctx.save_for_backward(*torch.autograd.grad(r.sum(), (a, b)))
        return r.detach()

    @staticmethod
    def backward(ctx, g):
        return tuple(g * slope for slope in ctx.saved_tensors)


class HypotOfTwoArriving(Function):
    @staticmethod
    def forward(ctx, a, b):
        r = torch.hypot(a, b)
        ctx.save_for_backward(a, b, r)
        return r

    @staticmethod
    def backward(ctx, to_a, to_b):
        a, b, r = ctx.saved_tensors
        return to_a * a / r, to_b * b / r


class HypotWithoutBackward(Function):
    @staticmethod
    def forward(ctx, a, b):
        return torch.hypot(a, b)


class HypotWithoutReturn(Function):
    @staticmethod
    def forward(ctx, a, b):
        r = torch.hypot(a, b)
        ctx.save_for_backward(a, b, r)

    @staticmethod
    def backward(ctx, g):
        a, b, r = ctx.saved_tensors
        return g * a / r, g * b / r


# --- 13.5 -----------------------------------------------------------------------------------------


def day_by_day(r, under, over):
    return sum(max(under * one, -over * one) for one in r) / len(r)


def by_steps(r, under, over):
    return (r * torch.where(r > 0, under, -over)).mean()


def by_masks(r, under, over):
    return (under * r[r > 0].sum() - over * r[r <= 0].sum()) / len(r)


def by_tau(r, under, over):
    tau = under / (under + over)
    return (under + over) * torch.maximum(tau * r, (tau - 1) * r).mean()


class Cost(Function):
    @staticmethod
    def forward(ctx, r, under, over):
        slopes = torch.where(r > 0, under, -over)
        ctx.save_for_backward(slopes)
        return (slopes * r).mean()

    @staticmethod
    def backward(ctx, g):
        (slopes,) = ctx.saved_tensors
        return g * slopes / len(slopes), None, None


def of_each(price):
    return lambda r, under, over: price(r, under, over).mean()


def two_means(r, under, over):
    return under * r[r > 0].mean() - over * r[r < 0].mean()


def by_numpy(r, under, over):
    return torch.tensor(by_steps(r, under, over).detach().numpy())


def into_r(r, under, over):
    value = by_steps(r, under, over)
    r.data.zero_()
    return value


def by_an_if(r, under, over):
    return (under * r if r > 0 else -over * r).mean()


# --- 13.6 -----------------------------------------------------------------------------------------


def by_hook(hook):
    """``hook(g, limit)`` is hooked to h."""
    return lambda h, limit: h.register_hook(lambda g: hook(g, limit))


def as_given(h, limit):
    def clipped(g):
        g = g.clamp(max=limit)

    return h.register_hook(clipped)


def on_the_node(h, limit):
    return h.grad_fn.register_prehook(lambda given: (given[0].clamp(-limit, limit),))


def in_place(h, limit):
    def clipped(g):
        g.clamp_(-limit, limit)

    return h.register_hook(clipped)


def no_handle(h, limit):
    h.register_hook(lambda g: g.clamp(-limit, limit))


def another_handle(h, limit):
    h.register_hook(lambda g: g.clamp(-limit, limit))
    return h.register_hook(lambda g: None)


def once(h, limit):
    def clipped(g):
        handle.remove()
        return g.clamp(-limit, limit)

    handle = h.register_hook(clipped)
    return handle


def removed(h, limit):
    handle = h.register_hook(lambda g: g.clamp(-limit, limit))
    handle.remove()
    return handle


def into_grad(h, limit):
    h.retain_grad()
    h.grad.clamp_(-limit, limit)


def as_a_leaf(h):
    return h.detach().requires_grad_()


def without_a_hook(h, limit):
    h = h.clamp(-limit, limit)
    return h.register_hook(lambda g: g)


TABLES = {
    "flows": Table(
        right={
            "numbers": FLOWS,
            "tensors": {name: torch.tensor(value) for name, value in FLOWS.items()},
        },
        wrong={
            "arrives_after_a_turn": (FLOWS | {"arrives": -1}, "goes through as it is"),
            "arrives_number": (FLOWS | {"arrives": 4}, "sends twice as much"),
            "arrives_at_f": (FLOWS | {"arrives": 7.2}, "at f + 0.4"),
            "arrives_what_is_sent": (FLOWS | {"arrives": -2}, "sends on"),
            "arrives_with_the_other": (
                FLOWS | {"arrives": 5.2, "sent": -1.3, "w": -3.9},
                "arrives: what (f − 5)²",
            ),
            "sent_with_the_other": (FLOWS | {"sent": -1.3}, "sent: what (f − 5)²"),
            "sent_as_it_came": (FLOWS | {"sent": 8}, "by −strength"),
            "sent_sign_only": (FLOWS | {"sent": -8}, "the strength multiplies as well"),
            "sent_strength_only": (FLOWS | {"sent": 2}, "the sign turns as well"),
            "not_reversed": (FLOWS | {"w": 15.6}, "not reversed"),
            "all_reversed": (FLOWS | {"w": -3.9}, "reversed as a whole"),
            "sign_only": (FLOWS | {"w": -32.4}, "the strength is missing"),
            "strength_only": (FLOWS | {"w": -2.4}, "the sign is not turned"),
            "at_f": (FLOWS | {"w": -4.8}, "the factor 3"),
            "through_alone": (FLOWS | {"w": -6}, "through Reverse alone"),
            "past_alone": (FLOWS | {"w": -8.4}, "past Reverse alone"),
            "turned_forward": (FLOWS | {"w": -7.65}, "only backward"),
        },
    ),
    "slopes": Table(
        right={
            "numbers": SLOPES,
            "tensors": {name: torch.tensor(value) for name, value in SLOPES.items()},
        },
        wrong={
            "a_rounded": (SLOPES | {"a": 0}, "has the slope 1"),
            "a_unrounded": (SLOPES | {"a": 15}, "at the rounded y = 2"),
            "a_no_factor": (SLOPES | {"a": 8}, "2.5 of the inner step"),
            "b_straight_through": (SLOPES | {"b": 20}, "nothing is held"),
            "b_minus": (SLOPES | {"b": -20}, "1 + (0 − 1)"),
            "c_straight_through": (SLOPES | {"c": 20}, "what is held is a factor"),
            "c_unrounded": (SLOPES | {"c": 18.75}, "at the rounded y = 2"),
            "c_held": (SLOPES | {"c": 0}, "in front of it"),
            "c_no_factor": (SLOPES | {"c": 10}, "c: the factor 2.5"),
            "d_no_two": (SLOPES | {"d": 32.5}, "the 2 of 2 * x"),
            "d_unrounded": (SLOPES | {"d": 70}, "at the rounded y = 3"),
            "d_at_two": (SLOPES | {"d": 40}, "2 · 1.6 is rounded, to 3"),
            "d_without_two": (SLOPES | {"d": 20}, "which is rounded to 3"),
            "d_rounded_first": (SLOPES | {"d": 90}, "not 2 · round(x)"),
            "d_rounded": (SLOPES | {"d": 0}, "a backward of its own"),
            "d_no_factor": (SLOPES | {"d": 26}, "d: the factor 2.5"),
        },
    ),
    "Power": Table(
        right={
            "apply": power(lambda x, n, g: g * n * x ** (n - 1)).apply,
            "as taught": power(lambda x, n, g: g * n * x ** (n - 1)),
            "by a quotient": power(lambda x, n, g: n * x**n / x * g),
            "setup_context": PowerByContext,
            "called": lambda x, n: PowerByContext.apply(x, n),
            "one None more": power(
                lambda x, n, g: g * n * x ** (n - 1), returned=lambda sent: (sent, None, None)
            ),
        },
        wrong={
            "no_arriving": (power(lambda x, n, g: n * x ** (n - 1)), "is missing: multiply"),
            "added": (power(lambda x, n, g: g + n * x ** (n - 1)), "a chain multiplies"),
            "at_the_result": (power(lambda x, n, g: g * n * (x**n) ** (n - 1)), "at the result"),
            "not_lowered": (power(lambda x, n, g: g * n * x**n), "not one lower"),
            "no_n": (power(lambda x, n, g: g * x ** (n - 1)), "the factor n"),
            "the_result": (power(lambda x, n, g: g * x**n), "its slope is wanted"),
            "passed_on": (power(lambda x, n, g: g.clone()), "straight-through"),
            "at_arriving": (power(lambda x, n, g: n * g ** (n - 1)), "at what arrives"),
            "sign_lost": (
                power(lambda x, n, g: g * n * x.abs() ** (n - 1)),
                "the sign is lost",
            ),
            "by_logarithm": (
                power(lambda x, n, g: g * n * torch.exp((n - 1) * torch.log(x))),
                "not a number",
            ),
            "on_ctx": (power(lambda x, n, g: g, keep=lambda ctx, x: None), "fewer tensors"),
            "no_such_attribute": (PowerOfNoAttribute, "is in ctx.saved_tensors"),
            "saved_called": (PowerCallsSaved, "no brackets"),
            "of_three": (power(lambda x, n, g: g * 3 * x**2), "for 3 alone"),
            "one_gradient": (
                power(lambda x, n, g: g * n * x ** (n - 1), returned=lambda sent: sent),
                "one gradient for each argument",
            ),
            "two_gradients": (
                power(lambda x, n, g: g * n * x ** (n - 1), returned=lambda sent: (sent, sent)),
                "return None in its place",
            ),
            "none_for_x": (
                power(lambda x, n, g: g, returned=lambda sent: (None, None)),
                "returned None for x",
            ),
            "other_way_round": (
                power(lambda x, n, g: g * x, returned=lambda sent: (None, sent)),
                "return None in its place",
            ),
            "not_saved": (
                power(lambda x, n, g: g, keep=lambda ctx, x: setattr(ctx, "x", x)),
                "fewer tensors were saved",
            ),
            "number_for_n": (
                power(lambda x, n, g: g * n * x ** (n - 1), returned=lambda sent: (sent, 0.0)),
                "return None in its place",
            ),
            "number_for_x": (
                power(
                    lambda x, n, g: g * n * x ** (n - 1),
                    returned=lambda sent: (sent.sum().item(), None),
                ),
                "where there is none, return None",
            ),
            "into_g": (power(into_g), "wrote into a tensor that others use"),
            "into_x": (power(into_what_was_saved), "wrote into a tensor that others use"),
            "by_a_graph": (power(by_a_graph), "here you write the backward pass"),
            "by_a_graph_in_secret": (
                power(by_a_graph_in_secret),
                "here you write the backward pass",
            ),
            "by_vjp": (power(by_vjp), "here you write the backward pass"),
            "no_function": (lambda x, n: x**n, "here you write the backward pass"),
        },
        forms=BESIDE_A_FUNCTION,
    ),
    "Hypot": Table(
        right={
            "apply": hypot(taught).apply,
            "as taught": hypot(taught),
            "torch.hypot": hypot(taught, forward=torch.hypot),
            "by the angle": hypot(by_the_angle),
            "slopes saved": HypotFromSlopes,
            "result anew": HypotAnew,
            "clones": HypotByClones,
            "where needed": HypotWhereNeeded,
            "a guard of one's own": hypot(taught, keep=by_versions),
        },
        wrong={
            "swapped": (hypot(lambda a, b, r, g: taught(b, a, r, g)), "swapped"),
            "not_divided": (hypot(lambda a, b, r, g: (g * a, g * b)), "not divided by r"),
            "no_arriving": (hypot(lambda a, b, r, g: (a / r, b / r)), "is missing: multiply"),
            "by_square": (hypot(lambda a, b, r, g: (g * a / r**2, g * b / r**2)), "by r²"),
            "twice": (hypot(lambda a, b, r, g: (2 * g * a / r, 2 * g * b / r)), "twice too much"),
            "half": (hypot(lambda a, b, r, g: (g * a / (2 * r), g * b / (2 * r))), "half of it"),
            "root_forgotten": (
                hypot(lambda a, b, r, g: (2 * g * a, 2 * g * b)),
                "the root is forgotten",
            ),
            "turned": (hypot(lambda a, b, r, g: (g * r / a, g * r / b)), "the wrong way round"),
            "signs": (
                hypot(lambda a, b, r, g: (g * a.abs() / r, g * b.abs() / r)),
                "the signs are lost",
            ),
            "passed_on": (hypot(lambda a, b, r, g: (g.clone(), g.clone())), "passed on to both"),
            "no_root": (
                hypot(lambda a, b, r, g: (2 * g * a, 2 * g * b), lambda a, b: a**2 + b**2),
                "the square root is missing",
            ),
            "attributes": (hypot(taught, keep=by_attributes), "kept as an attribute of ctx"),
            "attributes_a_b": (
                hypot(taught, keep=by_attributes_a_b),
                "a and b are kept as attributes",
            ),
            "attribute_r": (hypot(taught, keep=by_an_attribute_r), "takes results as well"),
            "attribute_a": (hypot(taught, keep=by_attributes_of("a")), "a is kept as an attribute"),
            "attribute_b": (hypot(taught, keep=by_attributes_of("b")), "b is kept as an attribute"),
            "attributes_a_r": (hypot(taught, keep=by_attributes_of("ar")), "a and r are kept"),
            "attributes_b_r": (hypot(taught, keep=by_attributes_of("br")), "b and r are kept"),
            "factors_missing": (hypot(lambda a, b, r, g: (g / r, g / r)), "by r alone"),
            "two_arrive": (HypotOfTwoArriving, "a g for each result"),
            "one_gradient": (
                hypot(lambda a, b, r, g: g * (a + b) / r),
                "one gradient for each argument",
            ),
            "none_for_b": (hypot(lambda a, b, r, g: (g * a / r, None)), "returned None for b"),
            "by_a_graph": (HypotByGraph, "here you write the backward pass"),
            "no_function": (torch.hypot, "here you write the backward pass"),
            "a_list": (hypot(lambda *given: list(taught(*given))), "as a tuple"),
            "summed": (
                hypot(lambda a, b, r, g: ((g * a / r).sum(), (g * b / r).sum())),
                "the shape of its argument",
            ),
            "into_a": (hypot(lambda a, b, r, g: (a.div_(r) * g, b / r * g)), "wrote into a tensor"),
            "no_backward": (HypotWithoutBackward, "a Function needs a backward"),
            "no_return": (HypotWithoutReturn, "no `return`"),
        },
        forms=BESIDE_A_FUNCTION,
    ),
    "cost": Table(
        right={
            "maximum": lambda r, under, over: torch.maximum(under * r, -over * r).mean(),
            "where": lambda r, under, over: torch.where(r > 0, under * r, -over * r).mean(),
            "relu": lambda r, under, over: (under * r.relu() + over * (-r).relu()).mean(),
            "clamp": lambda r, under, over: (under * r.clamp(min=0) - over * r.clamp(max=0)).mean(),
            "day by day": day_by_day,
            "steps": by_steps,
            "a product": lambda r, under, over: r @ torch.where(r > 0, under, -over) / len(r),
            "masks": by_masks,
            "a quantile": by_tau,
            "a Function": Cost.apply,
            "abs": lambda r, under, over: (
                ((under + over) * r.abs() + (under - over) * r) / 2
            ).mean(),
        },
        wrong={
            "swapped": (
                of_each(lambda r, under, over: torch.maximum(over * r, -under * r)),
                "the prices are swapped",
            ),
            "as_in_the_lesson": (
                of_each(lambda r, under, over: torch.maximum(under * r, (under - 1) * r)),
                "add up to 1",
            ),
            "higher_of_two": (
                of_each(lambda r, under, over: torch.maximum(under * r, over * r)),
                "a surplus lowers the cost",
            ),
            "into_r": (into_r, "wrote into r"),
            "sum": (lambda r, under, over: by_steps(r, under, over) * len(r), "the sum"),
            "abs": (of_each(lambda r, under, over: r.abs()), "play no part"),
            "both": (of_each(lambda r, under, over: (under + over) * r.abs()), "one of the two"),
            "lowers": (
                of_each(lambda r, under, over: torch.where(r > 0, under * r, over * r)),
                "lowers the cost",
            ),
            "no_surplus": (of_each(lambda r, under, over: under * r.relu()), "over plays no part"),
            "one_price": (of_each(lambda r, under, over: under * r.abs()), "under * |r|"),
            "no_shortage": (
                of_each(lambda r, under, over: over * (-r).relu()),
                "under plays no part",
            ),
            "one_line": (of_each(lambda r, under, over: under * r), "on every day"),
            "minimum": (
                of_each(lambda r, under, over: torch.minimum(under * r, -over * r)),
                "the lower of the two lines",
            ),
            "two_means": (two_means, "two means"),
            "each_day": (
                lambda r, under, over: torch.maximum(under * r, -over * r),
                "shape (3,)",
            ),
            "numpy": (by_numpy, "not tracked"),
            "item": (lambda *given: by_steps(*given).item(), "has no history"),
            "if": (by_an_if, "torch.where"),
        },
        forms=OF_A_GRAPH | {"None": "no `return`"},
    ),
    "clip": Table(
        right={
            "clamp": by_hook(lambda g, limit: g.clamp(-limit, limit)),
            "min and max": by_hook(lambda g, limit: g.clamp(max=limit).clamp(min=-limit)),
            "where": by_hook(lambda g, limit: torch.where(g.abs() > limit, limit * g.sign(), g)),
            "a copy, in place": by_hook(lambda g, limit: g.clone().clamp_(-limit, limit)),
            "on the node": on_the_node,
        },
        wrong={
            "as_given": (as_given, "must return what goes on"),
            "returned": (by_hook(lambda g, limit: g.clamp(max=limit)), "from above alone: a"),
            "from_below": (by_hook(lambda g, limit: g.clamp(min=-limit)), "from below alone"),
            "in_place": (in_place, "g itself was written into, and y"),
            "in_place_returned": (
                by_hook(lambda g, limit: g.clamp_(-limit, limit)),
                "g itself was written into, and y",
            ),
            "in_place_from_above": (
                by_hook(lambda g, limit: g.clamp_(max=limit)),
                "and g itself was written into",
            ),
            "zeroed": (by_hook(lambda g, limit: g * (g.abs() <= limit)), "became 0"),
            "folded": (
                by_hook(lambda g, limit: torch.where(g.abs() <= limit, g, limit)),
                "went to +limit",
            ),
            "signs": (by_hook(lambda g, limit: limit * g.sign()), "what lies between stays"),
            "length": (
                by_hook(lambda g, limit: g * (limit / g.norm()).clamp(max=1)),
                "clips the length",
            ),
            "once": (once, "in each pass"),
            "removed": (removed, "and stay there"),
            "summed": (by_hook(lambda g, limit: g.clamp(-limit, limit).sum()), "the shape that"),
            "some_alone": (by_hook(lambda g, limit: g[g.abs() <= limit]), "the shape that"),
            "float32": (by_hook(lambda g, limit: g.clamp(-limit, limit).float()), "the dtype that"),
            "min_and_max_of_python": (
                by_hook(lambda g, limit: max(-limit, min(limit, g))),
                "g holds several numbers",
            ),
            "a_list": (
                by_hook(lambda g, limit: [max(-limit, min(limit, one)) for one in g.tolist()]),
                "a tensor, not a number or a list",
            ),
            "at_ten": (by_hook(lambda g, limit: g.clamp(-10, 10)), "clipped at 10"),
            "another_handle": (another_handle, "handle.remove() ended nothing"),
            "no_handle": (no_handle, "return the handle"),
            "into_grad": (into_grad, "no gradient has arrived yet"),
            "cut_off": (
                lambda h, limit: as_a_leaf(h).register_hook(lambda g: g.clamp(-limit, limit)),
                "a hook on h must",
            ),
            "uncalled": (
                lambda h, limit: lambda g: g.clamp(-limit, limit),
                "return the handle",
            ),
            "forward": (lambda h, limit: h.clamp(-limit, limit), "on the way forward"),
            "without_a_hook": (without_a_hook, "must return what goes on"),
        },
        forms={
            "None": "return the handle",
            "str": "return the handle",
            "shape": "must be real number",
            "int_tensor": "Could not infer dtype",
            "complex": "Could not infer dtype",
            "nan": "Could not infer dtype",
            "detached": "must be real number",
        },
    ),
}
