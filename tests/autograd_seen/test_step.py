"""step_through: what it takes, and what it refuses."""

import doctest

import pytest
import torch
from autograd_seen import record_backward, step_through


def leaf(value=4.0):
    return torch.tensor(value, requires_grad=True)


def test_the_example_is_true():
    (example,) = doctest.DocTestFinder().find(
        step_through, globs={"torch": torch, "step_through": step_through}
    )
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_of_a_tensor_a_pass_is_rehearsed_that_leaves_grad_alone():
    x = leaf()
    z = x**2
    player = step_through(z)
    assert x.grad is None and not player.recording.accumulated
    z.backward()


def test_a_recording_is_played_as_it_is():
    recording = record_backward(leaf() ** 2, accumulate=True)
    assert step_through(recording).recording is recording


def test_a_gradient_and_names_are_passed_on():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    player = step_through(x * 3, torch.tensor([5.0, 7.0]), weights=x)
    assert str(player.recording.seed) == "[5, 7]"
    assert "weights" in {node.name for node in player.recording.graph.nodes}


def test_names_are_those_of_the_caller():
    angle = leaf()
    assert "angle" in str(step_through(torch.sin(angle)))


@pytest.mark.parametrize(
    "wrong, kind",
    [
        (3, "an int"),
        ([leaf()], "a list"),
        (None, "a NoneType"),
        (torch.nn.Linear(1, 1), "a Linear"),
    ],
)
def test_what_has_no_graph_is_refused_with_what_to_pass(wrong, kind):
    words = f"got {kind}: pass the tensor at the end of a computation"
    with pytest.raises(TypeError, match=words) as said:
        step_through(wrong)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("more", [{"gradient": torch.tensor(1.0)}, {"x": leaf()}])
def test_nothing_else_comes_with_a_recording(more):
    recording = record_backward(leaf() ** 2)
    with pytest.raises(TypeError, match="step_through of a recording takes nothing else"):
        step_through(recording, **more)


def test_errors_of_the_recording_are_those_of_record_backward():
    with pytest.raises(ValueError, match="Give an input requires_grad=True"):
        step_through(torch.tensor(1.0))
    with pytest.raises(RuntimeError, match="pass gradient=…"):
        step_through(torch.ones(2, requires_grad=True) * 2)
