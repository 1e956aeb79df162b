"""What an operation saved: read where PyTorch gives it out, told where it does not, and nothing is
unpacked.
"""

import re

import pytest
import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.live.saved import Lost, read_saved
from torch.utils.checkpoint import checkpoint

from tests.autograd_seen.live.drawn import function, leaf, operations_of, tensors_of


def keep_on_ctx(ctx, x):
    ctx.x = x
    return x * 1


def keep_nothing(ctx, x):
    return x * 1


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (keep_on_ctx, "MineBackward saves x (on ctx)"),
        (keep_nothing, "MineBackward saves nothing that can be seen"),
    ],
)
def test_a_function_says_what_of_it_can_be_seen(forward, says):
    z = function(forward)(leaf())
    assert says in str(draw_graph(z))


def test_what_a_write_through_a_view_keeps_cannot_be_seen():
    a = torch.ones(3, requires_grad=True).clone()
    a[0:2].mul_(leaf())
    z = a.sum()
    assert "CopySlices saves what cannot be seen" in str(draw_graph(z))


def test_backward_frees_what_was_saved_and_the_picture_says_so():
    x = leaf()
    y = x.exp()
    z = y + 1
    z.backward()
    exp, add = operations_of(draw_graph(z))
    assert (exp.freed, add.freed) == (True, False)
    assert "ExpBackward0 has freed what it saved" in str(draw_graph(z))


def test_an_operation_says_what_it_saves():
    x, y = leaf(), leaf(2.0)
    z = x * y + 1
    times, plus = operations_of(draw_graph(z))
    assert (set(times.saved), plus.saved) == ({"self", "other"}, ())


def test_a_saved_value_overwritten_in_place_is_neither_shown_nor_kept_quiet():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = x * 5
    z = y**2
    y.add_(1)
    picture = draw_graph(z)
    assert tensors_of(picture)["#1"].value == "" and "y" not in tensors_of(picture)
    assert operations_of(picture)[-1].notes == ("saved self (y) overwritten: version 0 → 1",)


def test_a_checkpointed_forward_is_not_run_again():
    calls = []

    def block(x):
        calls.append(1)
        return (x.sin() * x).exp()

    x = leaf()
    y = checkpoint(block, x, use_reentrant=False)
    z = y * 2
    _ = draw_graph(z).svg
    assert len(calls) == 1
    z.backward()
    assert len(calls) == 2


def test_what_a_hook_has_packed_stays_packed():
    unpacked = []

    def unpack(tensor):
        unpacked.append(tensor)
        return tensor

    x = leaf()
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        y = x * x
        z = y.exp()
    picture = draw_graph(z)
    assert not unpacked
    assert set(operations_of(picture)[0].saved) == {"self", "other"}
    z.backward()
    assert unpacked


def test_a_tensor_that_was_overwritten_is_lost_with_its_versions():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = x * 5
    z = y**2
    before = read_saved(z.grad_fn)
    assert before.lost == {} and before.tensors["self"] is not None
    y.add_(1)
    after = read_saved(z.grad_fn)
    assert after.tensors == {"self": None} and not after.freed
    (lost,) = after.lost.values()
    assert lost.versions == (0, 1) and torch.equal(lost.tensor, y)
    assert isinstance(lost, Lost)


def test_of_a_list_each_tensor_has_its_number_and_the_one_that_was_overwritten_is_told():
    table = torch.rand(4, 4, requires_grad=True)
    rows, columns = torch.tensor([2, 0]), torch.tensor([1, 1])
    z = table[rows, columns]
    assert list(read_saved(z.grad_fn).tensors) == ["indices[0]", "indices[1]"]
    columns.fill_(0)
    assert list(read_saved(z.grad_fn).lost) == ["indices[1]"]


def test_what_was_freed_and_what_was_never_saved_are_told_apart():
    x = leaf()
    times, plus = x * x, x + x
    (times + plus).backward()
    assert read_saved(times.grad_fn).freed and not read_saved(plus.grad_fn).freed
    both, one = leaf() * leaf(), leaf() * torch.tensor(2.0)
    assert None not in read_saved(both.grad_fn).tensors.values()
    assert not read_saved(one.grad_fn).freed, "no derivative needs what is missing"


def test_what_a_hook_has_packed_is_named_and_not_given():
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: 0, lambda packed: 1 / packed):
        z = leaf().exp()
    saved = read_saved(z.grad_fn)
    assert (saved.packed, saved.tensors, saved.freed) == (True, {"result": None}, False)
    assert not read_saved(leaf().exp().grad_fn).packed


def keep_two(ctx, x):
    ctx.held, ctx.scale, ctx.name, ctx.rest = x, 1.5, "mine", {}
    return x * 1.5


def test_settings_are_what_a_node_keeps_beside_tensors():
    assert read_saved(torch.ones(2, 3, requires_grad=True).sum(1).grad_fn).settings["dim"] == (1,)
    node = function(keep_two)(leaf()).grad_fn
    assert read_saved(node).on_ctx == ("held",)
    assert read_saved(node).settings.items() >= {"scale": 1.5, "name": "mine"}.items()
    assert not {"held", "rest"} & read_saved(node).settings.keys()


# A box that is certain to raise.


def would_raise(picture):
    """What a picture says at each operation at which a backward pass is certain to raise."""
    return [node.notes for node in operations_of(picture) if node.raises]


def raises(z):
    """Whether a backward pass does raise of a write, by PyTorch itself."""
    try:
        z.sum().backward(retain_graph=True)
    except RuntimeError as problem:
        return "modified by an inplace operation" in str(problem)
    return False


FUNCTIONS = "sin log square abs exp sqrt sigmoid tanh relu neg cumsum expm1 reciprocal".split()


@pytest.mark.parametrize("written", ["input", "output"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_said_to_raise_raises_and_nothing_else_does(name, written):
    x = torch.tensor([0.7, 1.9], requires_grad=True)
    u = x * 1
    y = torch.cumsum(u, 0) if name == "cumsum" else getattr(torch, name)(u)
    (u if written == "input" else y).add_(10)
    assert bool(would_raise(draw_graph(y.sum()))) == raises(y)


def test_a_write_that_pytorch_does_not_count_is_not_said_to_raise():
    x = torch.tensor([0.7, 1.9], requires_grad=True)
    for write in (lambda y: y.data.zero_(), lambda y: y.detach().numpy().fill(0)):
        y = x.exp()
        write(y)
        assert not would_raise(draw_graph(y.sum())) and not raises(y)


def test_a_function_of_the_users_need_not_ask_for_what_it_saved():
    class Keeps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 2

    x = torch.tensor([0.7, 1.9], requires_grad=True)
    u = x * 1
    z = Keeps.apply(u)
    u.add_(1)
    assert not would_raise(draw_graph(z)) and not raises(z)
    assert "saved tensors[0] (u) overwritten: version 0 → 1" in str(draw_graph(z))


def test_it_says_which_tensor_was_written_over_and_where_a_tape_knows_what_wrote():
    x = torch.tensor([0.7, 1.9], requires_grad=True)
    with record_forward() as tape:
        y = torch.exp(x)
        z = y.sum()
        y.add_(10)
        y.mul_(2)
    told = "saved result (y) overwritten: version 0 → 2"
    assert would_raise(draw_graph(z)) == [(told,)]
    ((with_tape,),) = would_raise(draw_graph(z, tape=tape))
    assert re.fullmatch(re.escape(f"{told}, by line ") + r"\d+: y.add_\(10\)", with_tape)


def test_a_write_through_data_is_not_blamed_for_a_version_that_it_did_not_count():
    x = torch.tensor([0.7, 1.9], requires_grad=True)
    with record_forward() as tape:
        y = torch.exp(x)
        z = y.sum()
        hidden = y.data
        hidden.mul_(3)
        y.add_(10)
    ((note,),) = would_raise(draw_graph(z, tape=tape))
    assert note.endswith("y.add_(10)")


def test_an_optimizers_step_is_told_as_the_line_that_took_it():
    layers = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    optimizer = torch.optim.Adam(layers.parameters())
    x = torch.rand(4, 2, requires_grad=True)
    with record_forward() as tape:
        loss, other = layers(x).sum(), layers(x).mean()
        loss.backward()
        optimizer.step()
    told = would_raise(draw_graph(other, tape=tape))
    assert [note.split(":")[0] for (note,) in told] == [
        f"saved mat2 (in layers.{i}.weight) overwritten" for i in (0, 1)
    ]
    assert all(note.endswith("optimizer.step()") for (note,) in told)
    with pytest.raises(RuntimeError, match="at version 2; expected version 1"):
        other.backward()
    # What the failed pass has freed hides nothing of the cause.
    assert would_raise(draw_graph(other, tape=tape)) == told
