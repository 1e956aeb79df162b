"""Small local Jacobians: those that PyTorch finds, and none where they are not known."""

import pytest
import torch
from autograd_seen import record_backward
from autograd_seen.live.jacobians import MOST_ENTRIES, jacobians_of

A = torch.tensor([[2.0, 7.0, -1.0], [4.0, 0.5, 3.0]])
VECTOR = torch.tensor([1.2, -0.4, 2.1])
FUNCTIONS = {
    "matrix": (lambda x: A @ x, VECTOR),
    "softmax": (lambda x: torch.softmax(x, 0), VECTOR),
    "log_softmax": (lambda x: torch.log_softmax(x, 0), VECTOR),
    "cumsum": (lambda x: x.cumsum(0), VECTOR),
    "sort": (lambda x: x.sort().values, VECTOR),
    "dot": (lambda x: torch.dot(x, torch.tensor([1.0, 10.0, 100.0])), VECTOR),
    "of a matrix": (lambda x: torch.linalg.norm(x), A),
    "to a matrix": (lambda x: x.expand(2, 2), torch.tensor(3.0)),
    "float64": (lambda x: x.prod(), VECTOR.double()),
    "selection": (lambda x: x[torch.tensor([0, 0, 2])], VECTOR),
    "mean of twelve": (lambda x: x.mean(), torch.arange(12.0)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_the_jacobian_that_pytorch_finds(name):
    function, value = FUNCTIONS[name]
    x = value.clone().requires_grad_()
    y = function(x)
    (slot,) = [i for i, (source, _) in enumerate(y.grad_fn.next_functions) if source is not None]
    found = jacobians_of(y.grad_fn, {slot: tuple(x.shape)})
    torch.testing.assert_close(found[slot], torch.autograd.functional.jacobian(function, value))


def test_several_results_are_one_vector():
    x = VECTOR.clone().requires_grad_()
    (first, *_) = x.unbind()
    assert torch.equal(jacobians_of(first.grad_fn, {0: (3,)})[0], torch.eye(3))


def test_each_input_has_its_own_and_one_without_a_derivative_none():
    x, y = VECTOR.clone().requires_grad_(), torch.tensor([3.0, 5.0, 7.0], requires_grad=True)
    node = torch.dot(x, y).grad_fn
    found = jacobians_of(node, {0: (3,), 1: (3,)})
    assert torch.equal(found[0], y.detach()) and torch.equal(found[1], x.detach())
    index = torch.tensor([1.0, 1.0]).requires_grad_()
    node = torch.nn.functional.mse_loss(index, torch.zeros(2)).grad_fn
    assert set(jacobians_of(node, {0: (2,), 1: (2,)})) == {0}


def test_what_was_broadcast_is_summed():
    x, b = torch.ones(2, 2, requires_grad=True), torch.tensor(0.5, requires_grad=True)
    node = torch.addmm(b, x, torch.eye(2)).grad_fn
    assert torch.equal(jacobians_of(node, {0: ()})[0], torch.ones(2, 2))


def test_more_dimensions_than_a_matrix_has_are_left_out():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    assert jacobians_of(torch.diag(x).grad_fn, {0: (2,)}) == {}


def test_of_more_than_a_few_entries_no_row_is_asked_for():
    x = torch.ones(MOST_ENTRIES + 1, requires_grad=True)
    calls = []

    class Node:
        _input_metadata = x.sum().grad_fn._input_metadata

        def __call__(self, *gradients):
            calls.append(gradients)
            return (gradients[0].expand(MOST_ENTRIES),)

    assert jacobians_of(Node(), {0: (MOST_ENTRIES + 1,)}) == {} == jacobians_of(Node(), {0: None})
    assert not calls
    assert jacobians_of(Node(), {0: (MOST_ENTRIES,)})[0].tolist() == [1.0] * MOST_ENTRIES
    assert len(calls) == 1


def test_of_complex_numbers_and_of_what_is_lost_nothing_is_found():
    without = torch.ones(3, device="meta", requires_grad=True)
    assert jacobians_of(without.cumsum(0).grad_fn, {0: (3,)}) == {}
    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    assert jacobians_of(z.cumsum(0).grad_fn, {0: (2,)}) == {}
    x = VECTOR.clone().requires_grad_()
    y = torch.softmax(x, 0)
    y.sum().backward()
    assert jacobians_of(y.grad_fn, {0: (3,)}) == {}


def flows(output, gradient):
    return list(record_backward(output, gradient).flows().values())


def test_a_recording_holds_the_jacobian_at_the_recorded_inputs_and_nothing_else_changes():
    x = VECTOR.clone().requires_grad_()
    y = A @ x
    state = torch.get_rng_state()
    (flow,) = flows(y, torch.tensor([10.0, -1.0]))
    assert flow.jacobian.shape == (2, 3) and flow.local is None and not flow.notes
    assert torch.tensor(flow.jacobian.numbers).reshape(2, 3).equal(A)
    assert x.grad is None and torch.equal(torch.get_rng_state(), state)
    y.sum().backward()


def test_a_jacobian_that_cannot_be_written_as_a_matrix_is_none():
    W = torch.ones(2, 2, requires_grad=True)
    (flow,) = flows(W @ torch.ones(2), torch.ones(2))
    assert (flow.jacobian, flow.local, flow.asked) == (None, None, True)


def test_a_function_written_in_python_is_asked_nothing():
    class Wrong(torch.autograd.Function):
        calls = 0

        @staticmethod
        def forward(ctx, x):
            return x.cumsum(0)

        @staticmethod
        def backward(ctx, gradient):
            Wrong.calls += 1
            return gradient

    (flow,) = flows(Wrong.apply(VECTOR.clone().requires_grad_()), torch.ones(3))
    assert (flow.jacobian, flow.asked, Wrong.calls) == (None, False, 1)


def test_where_a_hook_of_a_node_changes_what_it_sends_a_note_says_so():
    x = VECTOR.clone().requires_grad_()
    y = torch.softmax(x, 0)
    y.grad_fn.register_hook(lambda sent, arrived: tuple(one * 2 for one in sent))
    (flow,) = flows(y, torch.tensor([1.0, 0.0, 0.0]))
    assert [note.fact.name for note in flow.notes] == ["NOT_THE_PRODUCT"]
