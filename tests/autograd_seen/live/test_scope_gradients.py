"""The norms of what arrives at a module and of what it sends, against PyTorch's own gradients."""

import pytest
import torch
from autograd_seen import record_backward, record_forward
from torch import nn

from tests.autograd_seen.nets import Encoder, nets


def norms_of(recording):
    """Name to norms, of the calls in order."""
    return list(zip([s.module.name for s in recording.graph.scopes], recording.scopes, strict=True))


def norm(*tensors):
    return pytest.approx(float(sum(t.double().pow(2).sum() for t in tensors) ** 0.5))


def test_a_pass_without_modules_has_none():
    x = torch.ones(3, requires_grad=True)
    assert record_backward((x * 2).sum()).scopes == ()


def test_norms_are_those_of_hooks_on_the_tensors():
    torch.manual_seed(0)
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    x = torch.randn(5, 3, requires_grad=True)
    with record_forward() as tape:
        h = first(x)
        y = second(h)
        z = (y * y).sum()
    recording = record_backward(z, tape=tape)
    on_y, on_h, on_x, *on_parameters = torch.autograd.grad(
        z, [y, h, x, *first.parameters(), *second.parameters()]
    )
    assert norms_of(recording) == [
        ("first", (norm(on_h), norm(on_x), norm(*on_parameters[:2]))),
        ("second", (norm(on_y), norm(on_h), norm(*on_parameters[2:]))),
    ]


def test_what_a_hook_made_of_it_has_arrived():
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    with record_forward() as tape:
        h = first(torch.ones(5, 3))
        h.register_hook(lambda gradient: gradient * 100)
        z = second(h).sum()
    (_, of_first), (_, of_second) = norms_of(record_backward(z, tape=tape))
    (on_h,) = torch.autograd.grad(z, [h])
    assert (of_second.sent, of_first.arrived) == (norm(on_h / 100), norm(on_h))


def test_what_is_sent_twice_to_one_tensor_is_summed():
    class Square(nn.Module):
        def forward(self, x):
            return x * x

    square, x = Square(), torch.tensor([3.0, 4.0], requires_grad=True)
    with record_forward() as tape:
        z = square(x).sum()
    assert record_backward(z, tape=tape).scopes == (
        (norm(torch.ones(2)), norm(2 * x.detach()), None),
    )


def test_only_what_came_from_outside_has_arrived():
    class Both(nn.Module):
        def forward(self, x):
            y = x * 3
            return y, y * 5

    both, x = Both(), torch.tensor(1.0, requires_grad=True)
    with record_forward() as tape:
        one, two = both(x)
        z = one * 7 + two * 11
    recording = record_backward(z, tape=tape)
    assert recording.scopes == ((norm(torch.tensor(7.0), torch.tensor(11.0)), 186.0, None),)


def test_at_the_root_the_seed_has_arrived():
    layer, x = nn.Linear(2, 2), torch.ones(1, 2)
    with record_forward() as tape:
        y = layer(x)
    recording = record_backward(y, torch.tensor([[3.0, 4.0]]), tape=tape)
    assert recording.scopes[0].arrived == 5.0 and recording.scopes[0].sent is None


@pytest.mark.parametrize("name", nets())
def test_the_whole_models_parameters_have_the_norm_of_all_gradients(name):
    model, x = nets()[name]
    with record_forward() as tape:
        z = model(x)
    recording = record_backward(z, tape=tape)
    gradients = torch.autograd.grad(z, list(model.parameters()))
    assert recording.scopes[0].parameters == norm(*gradients)


def test_a_sparse_gradient_has_its_norm():
    layer = nn.Embedding(5, 2, sparse=True)
    with record_forward() as tape:
        z = layer(torch.tensor([1, 1, 3])).sum()
    recording = record_backward(z, tape=tape)
    assert recording.scopes[0].parameters == norm(torch.tensor([2.0, 2, 1, 1]))


def test_a_gradient_in_half_precision_does_not_overflow():
    class Scale(nn.Module):
        def forward(self, x):
            return x * 300

    scale, x = Scale(), torch.ones(100, dtype=torch.float16, requires_grad=True)
    with record_forward() as tape:
        z = scale(x)
    recording = record_backward(z, torch.full((100,), 200.0, dtype=torch.float16), tape=tape)
    assert recording.scopes[0][:2] == (2000.0, 600000.0)


def test_measuring_changes_no_gradient():
    torch.manual_seed(0)
    model, x = Encoder(), torch.randn(2, 5, 3)
    with record_forward() as tape:
        z = model(x)
    expected = torch.autograd.grad(z, list(model.parameters()), retain_graph=True)
    record_backward(z, tape=tape)
    assert all(one.grad is None for one in model.parameters())
    record_backward(z, tape=tape, accumulate=True)
    assert all(map(torch.equal, expected, [one.grad for one in model.parameters()]))


def test_without_numbers_no_norm_is_told():
    layer = nn.Linear(2, 1, device="meta")
    with record_forward() as tape:
        z = layer(torch.ones(3, 2, device="meta")).sum()
    assert record_backward(z, tape=tape).scopes == ((None, None, None),)
