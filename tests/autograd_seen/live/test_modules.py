"""A tape listens to the calls of modules, and leaves everything as it is."""

import threading

import pytest
import torch
from autograd_seen import record_forward
from torch import nn
from torch.nn.modules import module as global_hooks

from tests.autograd_seen.nets import Encoder, Twice, nets


def calls_of(tape):
    """(class, inputs, outputs) of each call, in the order in which they began."""
    calls = sorted(
        tape.calls, key=lambda call: (call.first, call.after is None, -(call.after or 0))
    )
    return [(type(call.module).__name__, call.inputs, call.outputs) for call in calls]


def hooks():
    return [
        *global_hooks._global_forward_hooks,
        *global_hooks._global_forward_pre_hooks,
        *global_hooks._global_forward_hooks_always_called,
        *global_hooks._global_forward_hooks_with_kwargs,
    ]


def test_each_call_has_the_shapes_that_it_took_and_gave():
    layer = nn.Linear(3, 2)
    with record_forward() as tape:
        layer(input=layer.weight.new_ones(5, 3))
    assert calls_of(tape) == [("Linear", ((5, 3),), ((5, 2),))]


def test_shapes_are_found_in_tuples_and_dicts():
    class Many(nn.Module):
        def forward(self, pair, *, more):
            return {"a": pair[0] * more["b"], "c": [pair[1] * 2]}

    x, y, z = torch.ones(2, requires_grad=True), torch.ones(3), torch.ones(1)
    with record_forward() as tape:
        Many()((x, y), more={"b": z})
    assert calls_of(tape) == [("Many", ((2,), (3,), (1,)), ((2,), (3,)))]


def test_a_list_that_holds_itself_ends():
    class Same(nn.Module):
        def forward(self, things):
            return things[1] * 2

    things = [None, torch.ones(2, requires_grad=True)]
    things[0] = things
    with record_forward() as tape:
        Same()(things)
    assert set(calls_of(tape)[0][1]) == {(2,)}


def test_a_call_in_which_no_node_was_made_is_not_kept():
    with record_forward() as tape, torch.no_grad():
        nn.Linear(3, 2)(torch.ones(1, 3))
    assert list(tape.calls) == []


def test_no_hook_is_left_after_the_block():
    with record_forward(), record_forward():
        assert len(set(hooks())) == 4
    assert hooks() == []


def test_no_hook_is_left_after_an_error():
    with pytest.raises(ZeroDivisionError), record_forward():
        _ = 1 / 0
    assert hooks() == []


@pytest.mark.parametrize("name", nets())
def test_results_and_random_numbers_are_those_without_a_tape(name):
    model, x = nets()[name]
    torch.manual_seed(1)
    plain, after = model(x), torch.rand(1)
    model, x = nets()[name]
    torch.manual_seed(1)
    with record_forward():
        taped = model(x)
    assert torch.equal(plain, taped) and torch.equal(after, torch.rand(1))


def test_hooks_of_the_caller_run_as_often_and_get_the_same():
    model, counted = Twice(), []
    model.a.register_forward_pre_hook(lambda *given: counted.append(("before", len(given))))
    model.a.register_forward_hook(lambda *given: counted.append(("after", len(given))))
    model(torch.ones(1, 3))
    plain, counted[:] = list(counted), []
    with record_forward():
        model(torch.ones(1, 3))
    assert counted == plain == [("before", 2), ("after", 3)] * 2


class Raises(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x, error=None):
        self.h = self.a(x)
        if error is not None:
            raise error
        return self.h


def test_a_call_ends_where_its_forward_raises():
    bad = Raises()
    with record_forward() as tape:
        with pytest.raises(ValueError, match="no"):
            bad(torch.ones(1, 3), ValueError("no"))
        bad.h.sin()
    assert sorted(kind for kind, _, _ in calls_of(tape)) == ["Linear", "Raises"]
    assert all(call.after == tape.operations[-1].span[0] for call in tape.calls)


def test_a_call_ends_where_a_hook_of_the_callers_raises():
    def refuse(*given):
        raise ValueError("no")

    bad = Raises()
    bad.register_forward_hook(refuse)
    with record_forward() as tape:
        with pytest.raises(ValueError, match="no"):
            nn.Sequential(bad)(torch.ones(1, 3))
        bad.h.sin()
    assert len(list(tape.calls)) == 3
    assert all(call.after == tape.operations[-1].span[0] for call in tape.calls)


def test_a_call_after_an_interrupt_is_not_inside_the_interrupted_one():
    bad = Raises()
    outer = nn.Sequential(nn.Linear(3, 3))

    class Catches(nn.Module):
        def forward(self, x):
            with pytest.raises(KeyboardInterrupt):
                bad(x, KeyboardInterrupt())
            return bad.h * 2

    model = Catches()
    with record_forward() as tape:
        outer(model(torch.ones(1, 3)))
    parents = {type(call.module).__name__: call.parent for call in tape.calls}
    assert parents["Sequential"] is None


def test_a_module_in_another_thread_is_not_heard():
    with record_forward() as tape:
        other = threading.Thread(target=lambda: Twice()(torch.ones(1, 3)))
        other.start()
        other.join()
    assert list(tape.calls) == []


def test_calls_that_still_run_are_told_with_no_end():
    seen = []

    class Looks(nn.Module):
        def forward(self, x):
            y = x * 2
            seen.extend((call.after, call.first) for call in tape.calls)
            return y

    with record_forward() as tape:
        Looks()(torch.ones(1, requires_grad=True))
    assert [after for after, _ in seen] == [None]
    assert [call.after for call in tape.calls] == [seen[0][1] + 1]


def test_a_tape_that_begins_inside_a_module_does_not_know_it():
    class Tapes(nn.Module):
        def forward(self, x):
            with record_forward() as tape:
                y = self.inner(x)
            return y, tape

    model = Tapes()
    model.inner = nn.Linear(3, 2)
    _, tape = model(torch.ones(1, 3))
    assert [kind for kind, _, _ in calls_of(tape)] == ["Linear"]


def test_calls_are_dropped_from_the_oldest_on(monkeypatch):
    from autograd_seen.live import modules

    monkeypatch.setattr(modules, "MOST_CALLS", 2)
    with record_forward() as tape:
        for i in range(1, 5):
            nn.Linear(i, 1)(torch.ones(1, i))
    assert [inputs for _, inputs, _ in calls_of(tape)] == [((1, 3),), ((1, 4),)]


def test_the_layers_of_an_encoder_run_inside_it():
    model = Encoder(layers=2)
    with record_forward() as tape:
        model(torch.randn(1, 4, 3))
    parents = {type(c.module).__name__: type(c.parent and c.parent.module) for c in tape.calls}
    assert parents["TransformerEncoderLayer"] is nn.TransformerEncoder
    assert parents["Encoder"] is type(None)
