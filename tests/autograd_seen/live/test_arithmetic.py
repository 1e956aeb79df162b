"""Working arithmetic out again: what was overwritten is found, and what fits is not blamed."""

import random

import pytest
import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.live.arithmetic import ARITHMETIC, FUNCTIONS, MOST_ELEMENTS
from autograd_seen.live.found import node_name
from autograd_seen.live.operations import operator

from tests.autograd_seen.live.drawn import leaf, misfits_of

MISFIT = "values do not fit: one overwritten"


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


def random_program(seed):
    """The last sum of a random program, and its tape."""
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
    return z, tape


def test_no_random_program_is_said_not_to_fit():
    for seed in range(120):
        z, tape = random_program(seed)
        if z.requires_grad:
            found = misfits_of(draw_graph(z)), misfits_of(draw_graph(z, tape=tape))
            assert found == ([], []), seed


#: A line for each operator that is worked out again.
WORKED_OUT = {
    "Abs": "x.abs()",
    "Add": "torch.add(x, y, alpha=3)",
    "Cos": "x.cos()",
    "Div": "torch.div(x, y)",
    "Exp": "x.exp()",
    "Log": "x.log()",
    "LogSigmoid": "torch.nn.functional.logsigmoid(x)",
    "Mul": "x * y",
    "Neg": "-x",
    "Pow": "x ** y",
    "Reciprocal": "x.reciprocal()",
    "Relu": "x.relu()",
    "Rsub": "torch.rsub(x, y, alpha=3)",
    "Sigmoid": "x.sigmoid()",
    "Sin": "x.sin()",
    "Sqrt": "x.sqrt()",
    "Sub": "torch.sub(x, y, alpha=3)",
    "Tanh": "x.tanh()",
}


def test_an_operator_is_listed_where_its_result_is_worked_out():
    assert WORKED_OUT.keys() == ARITHMETIC.keys() | FUNCTIONS.keys()


@pytest.mark.parametrize("kind", WORKED_OUT)
def test_each_operator_finds_a_result_that_was_overwritten(kind):
    held = eval(WORKED_OUT[kind], {"x": leaf(2.0), "y": leaf(3.0), "torch": torch})
    assert operator(node_name(held.grad_fn)).kind == kind
    assert misfits_of(draw_graph(held)) == []
    held.data.mul_(1.5)
    assert misfits_of(draw_graph(held)) == ["held"]


@pytest.mark.parametrize(("more", "found"), [(0, ["held"]), (1, [])])
def test_a_large_tensor_is_not_worked_out_again(more, found):
    x = torch.ones(MOST_ELEMENTS + more, requires_grad=True)
    held = x + x
    held.data[0] = 7.0
    assert misfits_of(draw_graph(held)) == found


def test_a_result_that_was_rounded_to_zero_or_to_infinity_fits():
    for number in (1e-30, 1e30):
        x = leaf(number)
        z = x * x
        assert z in (0, float("inf")) and misfits_of(draw_graph(z)) == []


def test_what_is_no_plain_tensor_is_not_worked_out_again():
    x = torch.tensor([1 + 2j], requires_grad=True)
    held = x + x
    held.data.fill_(9)
    assert misfits_of(draw_graph(held)) == []
