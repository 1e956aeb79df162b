"""What a graph keeps alive, in bytes: PyTorch's own hook for saved tensors is the oracle."""

import pytest
import torch
import torch.nn.functional as F
from autograd_seen import draw_graph, record_backward
from autograd_seen.live.kept import is_a_number
from torch.utils.checkpoint import checkpoint

from tests.autograd_seen.live.drawn import function, leaf, saved_while


def inputs():
    torch.manual_seed(0)
    tensors = {
        name: torch.rand(shape, requires_grad=True)
        for name, shape in {"x": (4, 3), "w": (3, 5), "b": 5, "v": 3}.items()
    }
    return tensors | {"d": torch.rand(4, 3), "t": torch.tensor([0, 2, 1, 1])}


COMPUTED = """
    torch.tanh(d * v + b[:3])
    (x @ w).sigmoid() * b
    F.cross_entropy(F.linear(x, w.t(), b), t)
    x.exp() * x.exp().log()
    torch.cat([x, d]).softmax(1)
    x.view(12)[2:5] ** 2 * v
    x.expand(7, 4, 3).sin()
    F.layer_norm(x, (3,), v, v)
    torch.where(x > 0.5, x, d) * x.sort().values
    x.double() * v.sin()
    x.mean() / x.std()
    x.unbind()[1] * x.t()[1, :3].cos()
""".strip().splitlines()


def packed(compute):
    """The result, and by storage the tensors that PyTorch saves while it is computed."""
    _, saved = saved_while(compute)
    return {one.untyped_storage()._cdata: one.untyped_storage().nbytes() for one in saved}, saved


@pytest.mark.parametrize("line", COMPUTED, ids=[line.strip() for line in COMPUTED])
def test_the_sums_are_those_of_the_hook_for_saved_tensors(line):
    tensors = inputs()

    def compute():
        return eval(line.strip(), {"torch": torch, "F": F} | tensors)

    by_storage, _ = packed(compute)
    leaves = {
        one.untyped_storage()._cdata for one in tensors.values() if one.requires_grad
    } & by_storage.keys()
    told = draw_graph(compute(), **tensors_used(line, tensors)).graph.memory
    assert told.leaf == sum(by_storage[place] for place in leaves)
    assert told.tensors == len(by_storage) and told.complete
    assert told.leaf + told.constant + told.intermediate == sum(by_storage.values())


def tensors_used(line, tensors):
    return {name: one for name, one in tensors.items() if name == "d" and name in line}


def kept(z, **options):
    return [one for node in draw_graph(z, **options).graph.nodes for one in node.kept]


def test_a_leaf_a_constant_an_intermediate_and_a_number_are_told_apart():
    x, d = torch.rand(3, requires_grad=True), torch.rand(3)
    z = (x * d).sin() * x * 3
    told = {(one.name, one.role, one.tensor, one.size) for one in kept(z, x=x, d=d)}
    assert told == {
        ("other", "constant", "d", 12),  # x needs it, and d needs nothing
        ("self", "intermediate", "#1", 12),
        ("other", "leaf", "x", 12),
        ("self", "intermediate", "#2", 12),
        ("other", "number", "", 0),
    }


def test_shared_memory_is_counted_once_and_a_view_keeps_all_of_its_base():
    x = torch.rand(100, requires_grad=True)
    y = x.exp()
    z = y[:2].sin() + y[2:4].cos()
    first, *others = kept(z, y=y)
    assert (first.name, first.tensor, first.size, first.shared) == ("result", "y", 400, False)
    assert [(one.size, one.shared) for one in others] == [(0, True)] * 2
    (part,) = kept((x * 1)[:2].sin())[-1:]
    assert (part.shape, part.size) == ((2,), 400)


@pytest.mark.parametrize(
    ("number", "is_one"),
    [(3, True), (2.5, True), (1j, True), (torch.tensor(3.0), False), (torch.tensor(3), False)],
)
def test_a_number_of_pythons_is_no_tensor_of_the_callers(number, is_one):
    z = torch.rand(3, requires_grad=True) * number
    assert is_a_number(z.grad_fn._saved_other) == is_one
    double = torch.rand(3, requires_grad=True) * torch.tensor(2.5, dtype=torch.float64)
    assert not is_a_number(double.grad_fn._saved_other)


def test_what_cannot_be_seen_makes_the_sum_a_least():
    x = torch.rand(3, requires_grad=True)
    whole = x.exp().sin()
    assert draw_graph(whole).graph.memory.complete
    written = x * 1
    written[0] = 2.0
    packed_away = checkpoint(torch.sin, x, use_reentrant=False) * 2
    freed = x.exp().sum()
    freed.backward()
    for z in (written.sum(), packed_away, freed):
        picture = draw_graph(z, saved=True)
        assert not picture.graph.memory.complete and "saved in all: at least " in str(picture)


def test_a_tensor_on_a_functions_ctx_is_kept_too():
    def forward(ctx, x):
        ctx.twice = x * 2
        return x * 1

    (one,) = kept(function(forward)(leaf()))
    assert (one.name, one.size) == ("twice (on ctx)", 4)


def test_a_folded_picture_sums_all_copies_and_a_recording_shows_them_too():
    z = x = torch.rand(5, requires_grad=True)
    for _ in range(12):
        z = z.sin().exp()
    z = z.sum()
    for picture in (draw_graph(z, saved=True), draw_graph(record_backward(z), saved=True)):
        assert picture.graph.groups and picture.graph.memory.intermediate == 12 * 20
        assert "of what repeats the first is listed, and all are summed" in str(picture)
        assert "240 bytes of intermediates; apart from 20 bytes of leaves" in str(picture)
    assert x.grad is None


def test_only_on_request_and_then_in_picture_text_and_alternative_text():
    x = torch.rand(5, requires_grad=True)
    z = x.exp().sum()
    plain, asked = draw_graph(z), draw_graph(z, saved=True)
    for one in (plain.svg, str(plain), plain.html, plain.source):
        assert "bytes" not in one
    assert (
        "saves result (5,): 20 bytes" in asked.svg
        and ">saved in all: 20 bytes of intermediates<" in asked.svg
    )
    assert "exp(x)  result (5,): 20 bytes" in str(asked) and "20 bytes" in asked.source
    assert "result (5,): 20 bytes; saved in all: 20 bytes" in asked.html
    with pytest.raises(TypeError, match="saved=a Tensor: pass True"):
        draw_graph(z, saved=x)


def test_what_a_checkpoint_does_not_keep_is_recomputed():
    x = torch.rand(3, requires_grad=True)
    again = draw_graph(checkpoint(torch.sin, x, use_reentrant=False) * x)
    assert "SinBackward0 recomputes self" in str(again)
    assert "recomputed by a checkpoint" in again.svg
    with torch.autograd.graph.save_on_cpu():
        moved = draw_graph(x.sin())
    assert "SinBackward0 saves self" in str(moved) and "recomputed" not in moved.svg
    # A block that is recomputed is not folded with one that is kept.
    z = x
    for i in range(8):
        z = checkpoint(torch.sin, z, use_reentrant=False) if i < 4 else z.sin()
    assert [node.count for node in draw_graph(z).graph.nodes if node.kind == "operation"] == [4, 4]
