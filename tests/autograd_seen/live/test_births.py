"""What is noted where a number stops being finite, and what is not taken for a birth."""

import torch
from autograd_seen import find_nonfinite, record_forward
from autograd_seen.graph import Fact

from tests.autograd_seen.live.drawn import leaf
from tests.autograd_seen.test_nonfinite import INF, NAN


def test_a_constant_that_was_made_so_outside_the_graph_is_traced_on_the_tape():
    w = leaf([1.0, 2.0])
    with record_forward() as tape:
        with torch.no_grad():
            t = torch.tensor([0.0, 1.0]).log() * 2
        loss = (w * t).sum()
    assert "t (constant) holds -inf: -inf is born in log(), line" in str(
        find_nonfinite(loss, tape=tape)
    )
    # A tensor of the caller's that was so before the tape.
    u = torch.tensor([INF, 1.0])
    with record_forward() as tape:
        t = u * 2
        loss = (w * t).sum()
    assert "t (constant) holds inf from the start" in str(find_nonfinite(loss, tape=tape))


def test_a_hook_is_not_blamed_on_an_operation():
    y = leaf() * 3
    y.register_hook(lambda gradient: gradient * INF)
    (birth,) = find_nonfinite(y * 2).births
    assert (birth.kind, birth.operation, birth.class_name) == ("inf", "what arrived at y", "")
    assert birth.cause == "a hook may have changed what was sent"


def test_a_hook_of_a_node_is_not_told_as_an_overflow():
    y = leaf() * 3
    z = y * 2
    y.grad_fn.register_hook(lambda sent, arrived: (torch.full_like(sent[0], NAN), None))
    (birth,) = find_nonfinite(z).births
    assert birth.class_name == "MulBackward0"
    assert birth.cause == "2 · 3 is not nan: a hook may have changed what was sent"


def test_a_gradient_that_is_so_since_a_value_was_is_no_birth_on_the_way_back():
    x = leaf([NAN, 1.0])
    found = find_nonfinite((x * leaf([2.0, 3.0])).exp().sum())
    assert not found
    notes = [note for step in found.recording.steps for flow in step.flows for note in flow.notes]
    assert Fact.BORN_BEFORE in [note.fact for note in notes]
    assert Fact.BORN_OF not in [note.fact for note in notes]


def test_a_constant_that_was_written_into_is_not_traced():
    w = leaf([1.0, 2.0])
    with record_forward() as tape:
        t = torch.ones(2) * 1
        t.mul_(0)
        t.log_()
        loss = (w * t).sum()
    assert "t (constant) holds -inf from the start" in str(find_nonfinite(loss, tape=tape))


# --- what is not known --------------------------------------------------------------------------
