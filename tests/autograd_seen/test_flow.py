"""What a training loop's gradients were, noted step by step without a trace in the training."""

import gc
import math
import weakref

import pytest
import torch
from autograd_seen import watch_gradients
from torch import nn
from torch.optim.optimizer import _global_optimizer_post_hooks as hooks
from torch.overrides import TorchFunctionMode


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def train(model, steps=3, optimizer=torch.optim.SGD, passes=1, **zeroing):
    optimizer = optimizer(model.parameters(), lr=0.1)
    x = torch.arange(6.0).view(2, 3)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad(**zeroing)
        for _ in range(passes):
            model(x).square().mean().backward()
        seen.append([one.grad for one in model.parameters()])
        optimizer.step()
    return seen


def leaf(*numbers, dtype=torch.float32):
    return torch.tensor(numbers, dtype=dtype, requires_grad=True)


def size_of(grad, parameter=None):
    """The size that is noted where ``.grad`` holds this."""
    parameter = torch.zeros_like(grad, requires_grad=True) if parameter is None else parameter
    parameter.grad = grad
    with watch_gradients({"w": parameter}) as flow:
        flow.step()
    return flow["w"][0]


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW, torch.optim.Rprop])
def test_each_step_notes_the_root_mean_square_of_what_the_step_used(optimizer):
    model = net()
    with watch_gradients(model) as flow:
        seen = train(model, optimizer=optimizer, set_to_none=True)
    assert flow.steps == [1, 2, 3]
    assert flow.names == ("0.weight", "0.bias", "2.weight", "2.bias")
    for i, name in enumerate(flow.names):
        wanted = [grads[i].double().square().mean().sqrt().item() for grads in seen]
        assert flow[name] == pytest.approx(wanted, rel=1e-6)


def test_two_backward_passes_before_a_step_are_summed():
    with watch_gradients(model := net()) as once:
        train(model, steps=1)
    with watch_gradients(model := net()) as twice:
        train(model, steps=1, passes=2)
    assert twice.steps == [1]
    assert twice["0.bias"] == pytest.approx([2 * once["0.bias"][0]], rel=1e-6)


def test_clipped_gradients_are_noted_as_clipped():
    w = leaf(3.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with watch_gradients({"w": w}) as flow:
        (w * 100).sum().backward()
        nn.utils.clip_grad_norm_([w], 1.0)
        optimizer.step()
    assert flow["w"] == pytest.approx([1.0], rel=1e-4)


def test_of_a_closure_the_last_gradient_is_noted():
    w = leaf(3.0)
    optimizer = torch.optim.LBFGS([w], max_iter=4)
    seen = []

    def closure():
        optimizer.zero_grad()
        loss = (w - 1).pow(4).sum()
        loss.backward()
        seen.append(abs(w.grad.item()))
        return loss

    with watch_gradients({"w": w}) as flow:
        optimizer.step(closure)
    assert len(seen) > 1 and flow["w"] == pytest.approx(seen[-1:])


def test_only_an_optimizer_that_holds_a_watched_parameter_makes_a_step():
    w, other = leaf(3.0), leaf(1.0)
    with watch_gradients({"w": w}) as flow:
        torch.optim.SGD([other]).step()
        assert flow.steps == []
        torch.optim.SGD([other, w]).step()
    assert flow["w"] == [None]


def test_a_loop_without_an_optimizer_says_itself_when_a_step_is():
    w = leaf(3.0)
    with watch_gradients({"w": w}) as flow:
        for _ in range(2):
            w.pow(2).sum().backward()
            flow.step()
            w.data -= 0.1 * w.grad
            w.grad = None
    assert flow["w"] == pytest.approx([6.0, 4.8])
    with pytest.raises(RuntimeError, match="has ended"):
        flow.step()


def test_frozen_unused_zero_and_tied_parameters_are_told_apart():
    model = net()
    model.unused = nn.Linear(2, 2, bias=False)
    model.head = nn.Module()
    model.head.bias = model[0].bias
    model[0].weight.requires_grad_(False)
    model.forward = lambda x: model[2](model[1](model[0](x)))
    with watch_gradients(model) as flow:
        train(model, steps=1)
        model.zero_grad(set_to_none=False)
        torch.optim.SGD(model.parameters()).step()
    assert flow.names == ("0.weight", "0.bias = head.bias", "2.weight", "2.bias", "unused.weight")
    assert flow["0.weight"] == ["frozen"] * 2 and flow["unused.weight"] == [None] * 2
    assert flow["0.bias = head.bias"][0] > 0 and flow["0.bias = head.bias"][1] == 0.0


def test_a_frozen_parameter_whose_grad_is_still_there_shows_it_since_a_step_uses_it():
    w = leaf(3.0)
    w.grad = torch.tensor([2.0])
    w.requires_grad_(False)
    with watch_gradients({"w": w}) as flow:
        torch.optim.SGD([w], lr=0.5).step()
    assert flow["w"] == [2.0] and w.item() == 2.0


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        ([3.0, 4.0], math.sqrt(12.5)),
        ([0.0, -0.0], 0.0),
        ([1e-30, 0.0], 1e-30 / math.sqrt(2)),  # its square is 0 in float32
        ([-1e30, 1e30], 1e30),  # and this one's inf
        ([1e-45], 1.401298464324817e-45),
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], math.inf),
        ([math.inf, math.nan], math.nan),
    ],
)
def test_a_size_neither_underflows_nor_hides_one_bad_entry(numbers, wanted):
    assert size_of(torch.tensor(numbers)) == pytest.approx(wanted, rel=1e-6, nan_ok=True, abs=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.complex64])
def test_gradients_of_every_dtype_have_a_size(dtype):
    many = torch.full((70_000,), 300.0, dtype=dtype)
    assert size_of(many) == pytest.approx(300.0, rel=1e-2)
    assert size_of(torch.tensor([1e-200], dtype=torch.float64)) == 1e-200


def test_a_sparse_gradient_is_measured_over_all_its_entries():
    embedding = nn.Embedding(8, 2, sparse=True)
    embedding(torch.tensor([1, 1, 3])).sum().backward()
    dense = embedding.weight.grad.to_dense()
    size = size_of(embedding.weight.grad, embedding.weight)
    assert size == pytest.approx(dense.square().mean().sqrt().item())
    assert size_of(torch.zeros(0, 3)) == 0.0


def test_only_each_so_many_steps_one_is_read():
    with watch_gradients(model := net(), every=3) as flow:
        train(model, steps=8)
    assert flow.steps == [1, 4, 7] and len(flow["0.bias"]) == 3


def test_a_training_computes_what_it_would_without():
    plain, watched = net(), net()
    train(plain)
    state = torch.get_rng_state()
    with watch_gradients(watched):
        train(watched)
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, other) and torch.equal(one.grad, other.grad)
        assert one._version == other._version and not other._backward_hooks


def test_what_is_computed_here_is_on_no_tape():
    class Seen(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            seen.append(function)
            return function(*args, **(kwargs or {}))

    seen, frozen, w = [], leaf(1.0).requires_grad_(False), leaf(3.0)
    w.grad = torch.ones(1)
    with watch_gradients({"w": w, "frozen": frozen}) as flow, Seen():
        flow.step()
    assert flow["w"] == [1.0] and not seen


def test_the_hook_is_gone_after_the_block_and_after_an_exception():
    before = dict(hooks)
    with pytest.raises(ZeroDivisionError), watch_gradients(model := net()) as flow:
        train(model, steps=1)
        assert len(hooks) == len(before) + 1
        1 / 0  # noqa: B018
    assert dict(hooks) == before
    train(model, steps=1)
    assert flow.steps == [1]


def test_after_the_block_neither_the_model_nor_a_gradient_is_kept_alive():
    model = net()
    with watch_gradients(model) as flow:
        train(model, steps=1)
    gone = [weakref.ref(model[0].weight), weakref.ref(model[0].weight.grad)]
    del model
    gc.collect()
    assert [one() for one in gone] == [None, None] and flow["0.weight"]


def test_the_text_shows_both_ends_of_many_steps_and_many_parameters():
    tensors = {f"w{i}": leaf(1.0) for i in range(40)}
    with watch_gradients(tensors) as flow:
        for i in range(30):
            tensors["w3"].grad = torch.tensor([math.nan if i > 16 else 1e-18])
            tensors["w20"].grad = torch.tensor([math.inf if i == 3 else 0.0])
            flow.step()
    lines = str(flow).splitlines()
    assert lines[0] == "root mean square of .grad at 30 steps"
    assert lines[1].split() == "step 1 step 8 step 15 step 23 step 30".split()
    assert lines[5].split() == ["w3", "1.00e-18", "1.00e-18", "1.00e-18", "nan", "nan"]
    assert "… 16 more parameters …" in lines and lines[-3].startswith("w39")
    assert lines[-2:] == ["first nan: step 18, w3", "first inf: step 4, w20"]
    assert len(lines) < 40


def test_no_step_is_told():
    with watch_gradients(net()) as flow:
        pass
    assert "no step seen: call optimizer.step() inside the block" in repr(flow)


@pytest.mark.parametrize(
    ("model", "every", "error", "words"),
    [
        ([leaf(1.0)], 1, TypeError, "a module or leaves by name, and got a list"),
        (nn.Tanh(), 1, ValueError, "no parameters"),
        ({"h": leaf(1.0) * 2}, 1, ValueError, "h is an intermediate: only a leaf"),
        ({"h": 3}, 1, ValueError, "h is an int"),
        (net(), 0, ValueError, "every=0"),
    ],
)
def test_what_cannot_be_watched_is_told(model, every, error, words):
    with pytest.raises(error, match=words), watch_gradients(model, every=every):
        pass


def test_an_unknown_name_is_told():
    with watch_gradients(net()) as flow, pytest.raises(KeyError, match="no parameter 'w'"):
        flow["w"]
