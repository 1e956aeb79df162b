"""Where a gradient is not what the numbers before it give: what is blamed, and what only told."""

import random

import pytest
import torch
import torch.nn.functional as F
from autograd_seen import draw_graph, record_backward, step_through
from autograd_seen.graph import Fact, Recording
from autograd_seen.show import words

BLAME = {Fact.HOOKED, Fact.HOOKED_GRAD}
#: Pairs of numbers, some at the end of each dtype's range.
EXTREMES = (0.0, 1e-30, 1e-8, 1e-4, 0.3, 1.0, 2.5, -1e-4, -0.7, -3.0, 40.0, 300.0, 6e4, -6e4, 1e30)
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
ONE = """abs acos acosh asin asinh atan atanh cos cosh digamma erf erfc erfinv exp exp2 expm1 frac
    lgamma log log10 log1p log2 logit nan_to_num neg reciprocal relu rsqrt sigmoid sign sin sinc
    sinh sqrt square tan tanh""".split()
ACTIVATIONS = """celu elu gelu hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish silu
    softplus softshrink""".split()
TWO = "add sub mul div atan2 hypot xlogy maximum minimum logaddexp logaddexp2 pow".split()


def cross_entropy(a, b):
    probability, target = (one.double().sigmoid().nan_to_num(0.5) for one in (a, b))
    return F.binary_cross_entropy(probability, target)


FIRST = [getattr(torch, name) for name in ONE] + [getattr(F, name) for name in ACTIVATIONS]
FIRST += [lambda a: a.half().float(), lambda a: a.float() * 1e-8, lambda a: a.clamp(-1, 2)]
SECOND = [getattr(torch, name) for name in TWO] + [cross_entropy]


def leaf(value=3.0, **kwargs):
    return torch.tensor(value, requires_grad=True, **kwargs)


def notes_of(recording: Recording):
    """All notes of the steps and of what was sent in them."""
    parts = [part for step in recording.steps for part in (step, *step.flows)]
    return [note for part in parts for note in part.notes]


def facts_of(recording: Recording):
    return {note.fact for note in notes_of(recording)}


def told(recording: Recording):
    """Each form in which a reader may meet a recording, without the player's script."""
    picture, player = draw_graph(recording), step_through(recording)
    shown = player.html.split("<script>")[0]
    return [picture.svg, picture.source, str(picture), str(player), shown]


def extreme_pass(seed):
    """A small computation at extreme numbers in mixed dtypes: its two leaves, and what it gives."""
    chance = random.Random(seed)
    numbers = [torch.tensor(chance.choice(EXTREMES)) for _ in range(2)]
    a, b = (one.to(chance.choice(DTYPES)).requires_grad_() for one in numbers)
    y = chance.choice(FIRST)(a)
    z = chance.choice(SECOND)(y, b) * chance.choice((1.0, 1e-8, 1e-30, 1e5))
    seed_gradient = torch.tensor(chance.choice((1.0, 1e-6, 1e4))).to(z.dtype)
    return (a, b, y, z), seed_gradient


def test_without_hooks_none_is_blamed_and_nearly_every_number_is_explained():
    told_plainly = 0
    for seed in range(200):
        (_, _, _, z), gradient = extreme_pass(seed)
        facts = facts_of(record_backward(z, gradient))
        assert not facts & BLAME, seed
        assert Fact.NOT_THE_SUM not in facts, seed
        told_plainly += Fact.NOT_THE_PRODUCT in facts
    # A derivative that float16 cannot hold: the node computes its product otherwise.
    assert told_plainly < 16


def test_a_hook_is_blamed_at_the_tensor_that_has_it():
    blamed = 0
    for seed in range(120):
        tensors, gradient = extreme_pass(seed)
        at = seed % 4
        tensors[at].register_hook(lambda grad: grad * 3 + 1)
        recording = record_backward(tensors[3], gradient)
        graph = recording.graph
        for step in recording.steps:
            for note in step.notes:
                if note.fact in BLAME:
                    leaf_node = graph.nodes[step.node].kind == "tensor"
                    places = [graph.nodes[step.node]] if leaf_node else graph.results(step.node)
                    assert [one.name for one in places] == [f"tensors[{at}]"], seed
                    blamed += 1
    assert blamed > 80


def test_an_underflow_of_float16_is_told_as_one():
    x = leaf(1.0, dtype=torch.float16)
    recording = record_backward(x.float() * 1e-8)
    assert facts_of(recording) == {Fact.CAST, Fact.UNDERFLOWED}
    for form in told(recording)[:4]:
        assert "1e-8 underflows to 0" in form.replace("−", "-") and "hook" not in form


def test_an_overflow_of_float16_is_told_as_one():
    x = leaf(1.0, dtype=torch.float16)
    recording = record_backward(x.float() * 1e6)
    assert "1e6 overflows to inf" in [words.note(one) for one in notes_of(recording)]


class Holder:
    pass


def test_a_hook_on_what_only_an_attribute_holds_is_blamed():
    holder = Holder()
    holder.y = leaf() ** 2
    holder.y.register_hook(lambda grad: grad * 3)
    recording = record_backward(holder.y * 5)
    assert [words.note(one) for one in notes_of(recording)] == ["a hook changed 5 to 15"]


def test_a_hook_on_what_nobody_holds_is_told_without_blame():
    def build(x):
        y = x**2
        y.register_hook(lambda grad: grad * 3)
        return y * 5

    # The product saves nothing of y, since 5 is a number.
    recording = record_backward(build(leaf()))
    assert [words.note(one) for one in notes_of(recording)] == ["15 arrived, where 5 was sent"]


@pytest.mark.parametrize("put", ["tensor", "node"])
def test_what_changes_grad_after_accumulating_is_blamed_where_it_can_be_listed(put):
    w = leaf(2.0)
    z = w * 5

    def halve(*_):
        w.grad = w.grad / 2

    if put == "tensor":
        w.register_post_accumulate_grad_hook(halve)
    else:
        z.grad_fn.next_functions[0][0].register_hook(halve)
    (note,) = notes_of(record_backward(z, accumulate=True))
    blamed = note.fact is Fact.HOOKED_GRAD
    assert blamed == (put == "tensor") and note.fact in {Fact.HOOKED_GRAD, Fact.NOT_THE_GRAD}


# Each kind of note is in each form.


def hooked(z, at):
    at.register_hook(lambda grad: grad * 3)
    return record_backward(z)


def a_hook_on_an_intermediate():
    x = leaf()
    y = x * 2
    return hooked(y * 5, y)


def a_hook_on_a_leaf():
    x = leaf()
    return hooked(x * 5, x)


def a_hook_of_a_node():
    z = leaf() * 5
    z.grad_fn.register_hook(lambda sent, arriving: (sent[0] * 3, None))
    return record_backward(z)


def a_hook_that_is_not_listed():
    z = leaf() * 5
    z.grad_fn.register_prehook(lambda arriving: (arriving[0] * 3,))
    return record_backward(z)


def a_hook_after_accumulating():
    w = leaf()
    w.register_post_accumulate_grad_hook(lambda one: one.grad.mul_(2) and None)
    return record_backward(w * 5, accumulate=True)


def a_hook_of_the_leafs_node():
    w = leaf()
    z = w * 5
    z.grad_fn.next_functions[0][0].register_hook(lambda *_: w.grad.mul_(2) and None)
    return record_backward(z, accumulate=True)


def a_broadcast():
    return record_backward((torch.ones(4, 3) + torch.ones(3, requires_grad=True)).sum())


def an_underflow():
    return record_backward(leaf(dtype=torch.float16).float() * 1e-8)


def an_overflow():
    return record_backward(leaf(dtype=torch.float16).float() * 1e6)


class OneOfTwo(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return a * b

    @staticmethod
    def backward(ctx, grad):
        return grad, None


def nothing_arrives():
    return record_backward(OneOfTwo.apply(leaf(), leaf()))


def a_frozen_leaf():
    w = leaf()
    z = w * 5
    w.requires_grad_(False)
    return record_backward(z)


def a_hook_that_will_run_after_accumulating():
    x = leaf()
    x.register_post_accumulate_grad_hook(lambda tensor: None)
    return record_backward(x * 5)


def a_checkpoint():
    x = leaf()
    return record_backward(torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False))


NOTED = {
    a_hook_on_an_intermediate: Fact.HOOKED,
    a_hook_on_a_leaf: Fact.HOOKED,
    a_hook_of_a_node: Fact.NOT_THE_PRODUCT,
    a_hook_that_is_not_listed: Fact.NOT_THE_SUM,
    a_hook_after_accumulating: Fact.HOOKED_GRAD,
    a_hook_of_the_leafs_node: Fact.NOT_THE_GRAD,
    a_broadcast: Fact.SUMMED,
    an_underflow: Fact.UNDERFLOWED,
    an_overflow: Fact.OVERFLOWED,
    nothing_arrives: Fact.NOTHING_ARRIVED,
    a_frozen_leaf: Fact.NOT_ACCUMULATED,
    a_hook_that_will_run_after_accumulating: Fact.POST_HOOK,
    a_checkpoint: Fact.RAN_AGAIN,
}


@pytest.mark.parametrize(("make", "fact"), NOTED.items(), ids=[one.__name__ for one in NOTED])
def test_a_note_of_a_pass_stands_in_every_form(make, fact):
    recording = make()
    (note,) = {note: None for note in notes_of(recording) if note.fact is fact}
    said = words.note(note)
    for form in told(recording):
        plain = form.replace("−", "-").replace("&gt;", ">")
        assert said in plain, form
    captions = step_through(recording).html.split("<script>")[1]
    assert said in captions.replace("−", "-") or fact is Fact.NOTHING_ARRIVED


def test_each_fact_of_a_pass_is_among_these():
    # What stands from SUMMED to RAN_AGAIN in the list of facts is said of a pass; a cast comes with
    # each underflow. That values do not fit, or where one was cut off, is said of the graph.
    of_a_pass = {one for one in Fact if Fact.SUMMED.value <= one.value <= Fact.RAN_AGAIN.value}
    of_the_graph = {Fact.CAST, Fact.DO_NOT_FIT, Fact.ELSEWHERE, Fact.RAN_ELSEWHERE}
    assert of_a_pass - of_the_graph <= set(NOTED.values())
