"""Walking a live graph: a value that may be newer is never drawn as if it belonged, and nothing is
said of a tensor that is not known.
"""

import random

import pytest
import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.graph import Fact
from autograd_seen.live import known
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.autograd_seen.shown import shown

MISFIT = "these values do not fit: one was overwritten since"


def leaf(value=2.0):
    return torch.tensor(value, requires_grad=True)


def values_of(picture):
    """Name to (value, notes), for each tensor."""
    nodes = [node for node in shown(picture.graph).nodes if node.kind == "tensor"]
    return {node.name: (node.value, node.notes) for node in nodes}


def misfits_of(picture):
    """The names of the results of the operations that do not fit."""
    graph = picture.graph
    odd = [node.key for node in graph.nodes if node.has(Fact.DO_NOT_FIT)]
    return [result.name for key in odd for result in graph.results(key)]


# Values that may be newer than the computation.


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


# Arithmetic.


def data_of_a_result(x):
    y = x + 1
    z = y * 3
    y.data.fill_(100.0)
    return z, y


def write_under_no_grad(x):
    y = x * 3
    with torch.no_grad():
        y.add_(100)
    return y, x


def numpy_of_an_operand(x):
    y = x * x
    x.detach().numpy()[...] = 7.0
    return y, x


def data_of_a_vector(x):
    v = x.expand(3).clone()
    z = v.sin()
    v.data[1] = 5.0
    return z, v


@pytest.mark.parametrize(
    "program", [data_of_a_result, write_under_no_grad, numpy_of_an_operand, data_of_a_vector]
)
def test_a_result_that_does_not_fit_its_operands_says_so(program):
    result, held = program(leaf())
    picture = draw_graph(result)
    assert misfits_of(picture) == ["result"]
    assert MISFIT in str(picture) and MISFIT in picture.svg and held is not None


def test_a_tape_finds_what_no_version_counts():
    x, c = torch.tensor([3.0, 3.0], requires_grad=True), torch.tensor([2.0, 1.0])
    with record_forward() as tape:
        y = x + c
        z = y.sum()
    assert not misfits_of(draw_graph(z, tape=tape))
    c.data.fill_(7.0)
    assert misfits_of(draw_graph(z, tape=tape)) == ["y"]


def test_where_a_write_is_known_by_its_version_no_arithmetic_repeats_it():
    w, x = leaf(5.0), leaf(3.0)
    y = w * x
    with torch.no_grad():
        w.fill_(1.0)
    assert misfits_of(draw_graph(y)) == []


FORMS = ["{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} ** 2", "2 ** {0}", "-{0}"]
FORMS += ["{0} * 0.1", "{0} / 3", "{0} ** -1.5", "{0} ** {1}", "rsub({0}, {1}, alpha=4)"]
FORMS += [
    "add({0}, {1}, alpha=0.5)",
    "sub({0}, 4, alpha=3)",
    "div({0}, {1}, rounding_mode='floor')",
]
FORMS += [f"{name}({{0}})" for name in "sin cos exp log sqrt sigmoid tanh relu abs".split()]
FORMS += ["reciprocal({0})", "nn.functional.logsigmoid({0})", "{0}.clone().mul_({1})"]


@pytest.mark.parametrize("seed", range(300))
def test_no_random_program_is_said_not_to_fit(seed):
    chance = random.Random(seed)
    torch.manual_seed(seed)
    kinds = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
    shape = chance.choice([(), (3,), (2, 3)])
    one, other = chance.choice(kinds), chance.choice(kinds)
    t = [(torch.randn(shape, dtype=one) * 5).requires_grad_(), torch.rand(shape, dtype=other)]
    for _ in range(12):
        operands = f"t[{len(t) - 1}]", f"t[{chance.randrange(len(t))}]"
        made = eval(chance.choice(FORMS).format(*operands), vars(torch) | {"t": t})
        if made.requires_grad:
            t.append(made)
        else:
            t.insert(0, made)
    with record_forward() as tape:
        z = t[-1] + t[0]
    if z.requires_grad:
        assert misfits_of(draw_graph(z)) == misfits_of(draw_graph(z, tape=tape)) == []


# Outputs, and what a Function of the user's keeps.


def function(forward, backward=lambda ctx, *grads: grads[0]):
    parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Mine", (torch.autograd.Function,), parts).apply


def keep_index(ctx, x):
    index = x.argmax()
    ctx.mark_non_differentiable(index)
    ctx.save_for_backward(index)
    return x.max(), index


@pytest.mark.parametrize(
    "program",
    [
        lambda x: torch.frexp(x),
        lambda x: torch.linalg.lu(x.diag() + torch.ones(3, 3))[1::-1],
        function(keep_index),
    ],
    ids=["frexp", "lu", "function"],
)
def test_an_output_is_never_drawn_as_an_input(program):
    result, other = program(torch.tensor([1.0, 5.0, 2.0], requires_grad=True))
    z = result.sum()
    assert "other" not in values_of(draw_graph(z)) and other.numel()


def keep_both(ctx, x, c):
    ctx.save_for_backward(x, c)
    return x * c


def test_what_a_function_saves_is_its_input_where_a_tape_has_seen_it():
    x, c = leaf(), torch.tensor(3.0)
    with record_forward() as tape:
        z = function(keep_both, lambda ctx, grad: (grad, None))(x, c)
    assert "c" not in values_of(draw_graph(z))
    assert "Mine(x, c)" in str(draw_graph(z, tape=tape))


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


# Shared memory: what is known, and not how it came about.


def notes_on_constant(x, constant):
    z = (x * constant).sum()
    return values_of(draw_graph(z, k=constant))["k"][1]


def test_a_parameter_made_from_data_shares_its_memory():
    data = torch.ones(3)
    assert notes_on_constant(torch.nn.Parameter(data), data) == ("shares memory with x",)


def test_a_transposed_tensor_shares_memory_with_the_square_that_it_was():
    square = torch.arange(9.0).reshape(3, 3).requires_grad_()
    assert notes_on_constant(square, square.detach().T) == ("shares memory with x",)


def test_two_parts_of_one_buffer_share_memory_only_where_they_overlap():
    def notes(make, part):
        buffer = torch.arange(8.0)
        return notes_on_constant(make(buffer).requires_grad_(), part(buffer))

    shares = ("shares memory with x",)
    assert notes(lambda b: b[:4], lambda b: b[4:]) == ()
    assert notes(lambda b: b[:4], lambda b: b[2:6]) == shares
    assert notes(lambda b: b[::2], lambda b: b[1::2]) == ()
    assert notes(lambda b: b[::2], lambda b: b[::2]) == shares


# Names, and how often the graph is walked.


def test_with_five_names_the_graph_is_walked_once(monkeypatch):
    walks = []
    find = known.find
    monkeypatch.setattr(known, "find", lambda *given: walks.append(1) or find(*given))
    x = leaf()
    a = x * 2
    b = a.sin()
    c = b.exp()
    z = c + a
    draw_graph(z, one=x, two=a, three=b, four=c, five=z)
    assert len(walks) == 1


# What hides its graph.


def test_inside_vmap_the_error_names_vmap():
    w = leaf()
    with pytest.raises(ValueError, match=r"inside torch.vmap .* Draw what torch.vmap returns"):
        torch.vmap(lambda x: draw_graph((w * x).sin()))(torch.ones(3))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # of torch's own
def test_inside_jvp_the_error_names_jvp():
    one = torch.tensor(1.0)
    with pytest.raises(ValueError, match=r"inside torch.func.jvp"):
        torch.func.jvp(lambda x: draw_graph(x * x), (one,), (one,))


def test_what_vmap_returns_can_be_drawn():
    w = leaf()
    y = torch.vmap(lambda x: (w * x).sin())(torch.ones(3))
    z = y.sum()
    assert values_of(draw_graph(z))["w"] == ("2", ())


def test_fake_tensors_are_drawn_without_values(caplog):
    with FakeTensorMode():
        w = torch.randn(3, requires_grad=True)
        z = (w * 2).sum()
        inside = str(draw_graph(z))
    assert inside == str(draw_graph(z)) and "w × 2" in inside and "not shown" in inside
    assert not caplog.records
