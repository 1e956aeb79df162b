"""Each thing that a rehearsal promises to leave as it was, and what it cannot."""

import gc
import warnings

import pytest
import torch
from autograd_seen import draw_graph, record_backward, step_through
from autograd_seen.graph import Fact
from autograd_seen.live.rehearsal import tensors_alive
from torch.utils.checkpoint import checkpoint

nn = torch.nn
REHEARSALS = (record_backward, step_through, lambda z: draw_graph(record_backward(z)))


def leaf(value=3.0, **kwargs):
    return torch.tensor(value, requires_grad=True, **kwargs)


# Retained gradients, whoever holds their tensor.


class Keeping(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        self.hidden = self.weight * x
        self.hidden.retain_grad()
        return self.hidden + 1


class Plain(torch.Tensor):
    pass


def in_a_module(x):
    module = Keeping()
    return module(x), module, lambda: module.hidden


def below_an_underscore(x):
    _y = x**2
    _y.retain_grad()
    return _y + 1, [_y], lambda: _y


def two_levels_deep(x):
    held = {"a": {"y": x**2}}
    held["a"]["y"].retain_grad()
    return held["a"]["y"] + 1, held, lambda: held["a"]["y"]


def of_a_subclass(x):
    y = (x**2).as_subclass(Plain)
    y.retain_grad()
    return y + 1, [[y]], lambda: y


def a_view_written_in_place(x):
    y = (x * torch.ones(3)).mul_(2)
    y.retain_grad()
    y[1:].mul_(5)
    return y.sum(), [[y]], lambda: y


@pytest.mark.parametrize("rehearse", REHEARSALS, ids=["record", "step_through", "draw"])
@pytest.mark.parametrize(
    "make",
    [in_a_module, below_an_underscore, two_levels_deep, of_a_subclass, a_view_written_in_place],
)
def test_a_retained_gradient_stays_as_it_was(make, rehearse):
    _output, _held, intermediate = make(leaf())
    assert intermediate().grad is None
    rehearse(_output)
    assert intermediate().grad is None
    _output.backward(retain_graph=True)
    kept = intermediate().grad
    before = kept.clone()
    rehearse(_output)
    assert intermediate().grad is kept and torch.equal(kept, before)
    record_backward(_output, accumulate=True)
    assert torch.equal(intermediate().grad, 2 * before)


def test_a_retained_gradient_stays_where_the_pass_fails():
    module = Keeping()
    z = module(leaf())
    z.register_hook(lambda grad: 1 / 0)
    module.hidden.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        record_backward(z)
    assert module.hidden.grad is None


def test_tensors_are_found_before_and_after_they_are_old():
    held = {"old": torch.ones(2)}
    for _ in range(2):
        held["young"] = torch.ones(3)
        found = {id(one) for one in tensors_alive()}
        assert {id(one) for one in held.values()} <= found
        gc.collect()
        assert {id(one) for one in held.values()} <= {id(one) for one in tensors_alive()}


def test_objects_are_not_looked_at_where_each_result_has_a_name(monkeypatch):
    def fail():
        raise AssertionError("looked")

    monkeypatch.setattr("autograd_seen.live.rehearsal.tensors_alive", fail)
    x = leaf()
    y = x**2
    z = y.sin()
    record_backward(z)
    with pytest.raises(AssertionError, match="looked"):
        record_backward((x**2).sin())


# The random state.


class Noise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.rand_like(grad)


def dropped(x):
    return nn.functional.dropout(x * 2, 0.5).sum()


def a_checkpoint_with(preserve):
    return lambda: checkpoint(
        dropped,
        torch.ones(5, requires_grad=True),
        use_reentrant=False,
        preserve_rng_state=preserve,
    )


DRAWING = {
    "a function": lambda: Noise.apply(leaf()),
    "a checkpoint that keeps it": a_checkpoint_with(True),
    "a checkpoint that does not": a_checkpoint_with(False),
}


@pytest.mark.parametrize("rehearse", REHEARSALS, ids=["record", "step_through", "draw"])
@pytest.mark.parametrize("make", DRAWING.values(), ids=DRAWING)
def test_the_random_state_stays_as_it_was(make, rehearse):
    z = make()
    state = torch.get_rng_state()
    rehearse(z)
    assert torch.equal(state, torch.get_rng_state())


def test_a_real_pass_draws_what_backward_draws():
    x = leaf()
    y = Noise.apply(x)
    torch.manual_seed(1)
    record_backward(y, accumulate=True)
    state = torch.get_rng_state()
    torch.manual_seed(1)
    assert x.grad == torch.rand(()) and torch.equal(state, torch.get_rng_state())


# What runs again, and is said to.


def test_a_checkpoint_that_runs_its_forward_again_says_so_once():
    norm = nn.BatchNorm1d(2)
    x = torch.tensor([[1.0, 2.0], [5.0, 3.0]], requires_grad=True)
    z = checkpoint(lambda a: norm(a).exp().sin(), x, use_reentrant=False).sum()
    mean = norm.running_mean.clone()
    recording = record_backward(z)
    assert not torch.equal(mean, norm.running_mean), "then the note would be false"
    assert [note.fact for step in recording.steps for note in step.notes] == [Fact.RAN_AGAIN]
    said = "checkpoint: its forward ran again"
    picture, player = draw_graph(recording), step_through(recording)
    assert said in picture.svg and said in str(picture) and said in str(player)


def test_what_another_hook_packed_is_not_said_to_run_again():
    x = leaf()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        z = x.exp()
    assert not any(step.notes for step in record_backward(z).steps)


@pytest.mark.parametrize("rehearse", REHEARSALS, ids=["record", "step_through", "draw"])
def test_a_reentrant_checkpoint_is_refused_before_anything_runs(rehearse):
    ran, w, x = [], leaf(3.0), leaf(2.0)
    z = checkpoint(lambda a: (w * a).sin(), x, use_reentrant=True) * 2
    z.register_hook(ran.append)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="pass accumulate=True, or checkpoint with use_") as said:
        rehearse(z)
    assert "\n" not in str(said.value)
    assert (w.grad, x.grad, ran) == (None, None, [])
    assert torch.equal(state, torch.get_rng_state())
    recording = record_backward(z, accumulate=True)
    assert w.grad is not None and recording.accumulated


# Counters, hooks and modes.


@pytest.mark.parametrize("rehearse", REHEARSALS, ids=["record", "step_through", "draw"])
def test_no_version_and_no_hook_is_left(rehearse):
    x = leaf()
    y = x * 3
    z = y.sin()
    rehearse(z)
    assert [one._version for one in (x, y, z)] == [0, 0, 0]
    assert not any(one._backward_hooks for one in (x, y, z)) and z.grad_fn.metadata == {}


def test_inference_mode_and_grad_mode_are_as_they_were():
    x = leaf()
    z = x.sin()
    with torch.inference_mode():
        record_backward(z)
        assert torch.is_inference_mode_enabled() and not torch.is_grad_enabled()
    with torch.no_grad():
        record_backward(z)
        assert not torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()


def test_no_warning_filter_is_left():
    before = list(warnings.filters)
    record_backward(leaf().sin())
    assert list(warnings.filters) == before


# A rehearsal never reads as done.


@pytest.mark.parametrize("held", [None, 12.0])
def test_no_form_says_that_grad_was_changed(held):
    x = leaf()
    x.grad = None if held is None else torch.tensor(held)
    y = x**2
    picture, player = draw_graph(record_backward(y)), step_through(y)
    shown = player.html.split("<script>")[0]
    for form in (picture.svg, picture.source, str(picture), str(player), shown):
        assert ".grad would be" in form
        said = form.replace(".grad = 12", "") if held else form  # which it holds
        assert ".grad =" not in said and ".grad now" not in said
    assert ".grad would become: " in player.html
    done = record_backward(y, accumulate=True)
    picture, player = draw_graph(done), step_through(done)
    for form in (picture.svg, picture.source, str(player), player.html):
        assert "would be" not in form.split("<script>")[0]
