"""What may be newer: a value that was written into since is never drawn as if it belonged."""

import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.graph import Fact, Note
from autograd_seen.live.known import read
from autograd_seen.live.versions import version_notes

from tests.autograd_seen.live.drawn import leaf, misfits_of, values_of


def test_after_a_step_a_weight_that_was_not_saved_is_shown_as_it_is_now():
    w = torch.nn.Parameter(torch.tensor(5.0))
    optimizer = torch.optim.SGD([w], lr=0.1)
    loss = (w - 2) ** 2
    loss.backward(retain_graph=True)
    optimizer.step()
    values = values_of(draw_graph(loss))
    assert values["w"] == ("4.4 now", ()) and values["#1"] == ("3", ())
    assert "4.4 now" in draw_graph(loss).svg


def test_after_a_loop_whose_graph_was_freed_every_weight_is_shown_as_it_is_now():
    model, x = torch.nn.Linear(1, 1), torch.ones(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss = ((model(x) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
    values = values_of(draw_graph(loss))
    assert values["model.weight"][0].endswith(" now") and values["model.bias"][0].endswith(" now")


def test_a_saved_weight_that_was_stepped_is_overwritten_for_certain():
    w, x = leaf(5.0), leaf(3.0)
    y = w * x
    with torch.no_grad():
        w -= 0.6
    values = values_of(draw_graph(y))
    assert values["w"] == ("4.4 now", ("overwritten since: version 0 → 1",))
    assert values["x"] == ("3", ())


def test_the_weight_under_an_overwritten_view_is_overwritten_too():
    w = torch.ones(2, 2, requires_grad=True)
    z = (torch.ones(1, 2, requires_grad=True) @ w.t()).sum()
    with torch.no_grad():
        w.mul_(3)
    assert values_of(draw_graph(z))["w"] == (
        "all 3 now",
        ("overwritten since: version 0 → 1",),
    )


def test_a_constant_that_was_overwritten_is_not_shown_as_if_it_were_the_old_one():
    x, c = leaf(3.0), torch.tensor(2.0)
    y = x * c
    c.fill_(7.0)
    assert values_of(draw_graph(y))["c"] == ("7 now", ("overwritten since: version 0 → 1",))
    # Where the version tells, arithmetic does not repeat it.
    assert misfits_of(draw_graph(y)) == []


def test_a_saved_result_that_was_overwritten_is_named_at_that_tensor():
    x = leaf(0.0)
    y = x.exp()
    y.detach().fill_(9.0)
    assert values_of(draw_graph(y))["y"] == ("9 now", ("overwritten since: version 0 → 1",))


def test_a_write_that_autograd_records_does_not_make_its_own_result_overwritten():
    x = leaf()
    y = x * 2
    square = y**2
    y.add_(1)
    z = square + y
    values = values_of(draw_graph(z))
    assert values["y"] == ("5 now", ())
    assert values["#1"] == ("", ("overwritten since: version 0 → 1",))


def test_what_was_written_before_its_first_use_and_saved_is_certain():
    model, x = torch.nn.Linear(2, 3), torch.ones(1, 2, requires_grad=True)
    z = model(x).sum()
    assert model.weight._version == model.bias._version == 1  # torch.nn.init writes in place
    values = values_of(draw_graph(z))
    assert not values["model.weight"][0].endswith("now")
    # Nothing saves a bias: it may have been written before or after.
    assert values["model.bias"][0].endswith("now")


def test_a_value_is_certain_only_from_its_first_use_on():
    def drawn(early, write):
        w, x = leaf(2.0), leaf(3.0)
        y = w + 1 if early else leaf(1.0)
        with torch.no_grad():
            w += write
        z = w * x + y
        return values_of(draw_graph(z))["w"][0]

    assert drawn(early=False, write=1) == "3"
    assert drawn(early=True, write=1) == "3 now"


def test_a_tensor_that_nothing_was_written_into_is_shown_without_a_word():
    x = leaf()
    y = x + 1
    z = y * 3
    assert " now" not in str(draw_graph(z)) and not misfits_of(draw_graph(z))


def test_an_inference_tensor_counts_no_writes():
    with torch.inference_mode():
        c = torch.tensor([1.0, 2.0])
    x = torch.ones(2, requires_grad=True)
    with record_forward() as tape:
        z = (x + c).sum()
    assert "c" in values_of(draw_graph(z, tape=tape))


def notes_of(output):
    """The facts that are said of the tensors of a graph, without names for any."""
    return [note.fact for note in version_notes(read(output, [], 1_000, None)).values()]


def test_of_what_nothing_was_written_into_there_is_no_note():
    assert notes_of(leaf() * leaf(3.0) + 1) == []


def test_a_write_before_the_saving_and_a_write_after_it_are_told_apart():
    w = leaf()
    with torch.no_grad():
        w.add_(1)
    assert notes_of(w + 1) == [Fact.MAY_BE_NEWER], "an addition saves nothing"
    z = w * leaf(3.0)
    assert notes_of(z) == [], "it was saved as it is"
    with torch.no_grad():
        w.add_(1)
    known = read(z, [("w", w)], 1_000, None)
    assert Note(Fact.OVERWRITTEN, (1, 2)) in version_notes(known).values()


def test_a_result_that_was_made_after_the_use_is_not_taken_for_the_overwritten_one():
    y = leaf(1.0) * 2
    square = y**2
    y.add_(1)
    z = square + y
    notes = version_notes(read(z, [("y", y)], 1_000, None))
    lost = [spot.node for spot, note in notes.items() if note.fact is Fact.OVERWRITTEN]
    assert lost == [square.grad_fn.next_functions[0][0]] and y.grad_fn not in lost
