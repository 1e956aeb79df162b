"""Where a derivative is to be worked out by hand, autograd is refused on every way to it."""

import contextlib

import pytest
import torch
from autograd_seen.checks.by_hand import backward_by_hand, by_hand, forward_by_hand
from autograd_seen.checks.verdicts import Misfit
from torch.autograd import forward_ad

A = torch.tensor([1.0, 2, 3])


def cube(x):
    return (x**3).sum()


def backward(x):
    x.requires_grad_()
    cube(x).backward()
    return x.grad


def with_the_record_on(x):
    with torch.inference_mode(False):
        return backward(x.clone())


def a_leaf_of_its_own(x):
    with torch.inference_mode(False):
        x = torch.tensor(x.tolist(), requires_grad=True)
        return torch.autograd.grad(cube(x), x)[0]


def without_a_word(x):
    with torch.inference_mode(False):
        x = x.clone()
        x.requires_grad = True
        kept = torch.zeros(3)
        kept[...] = x
        (kept**3).sum().backward()
        return x.grad


def in_a_list(x):
    with torch.inference_mode(False):
        x = x.clone()
        x.requires_grad = True
        (cubes,) = torch._foreach_pow([x], 3)
        cubes.sum().backward()
        return x.grad


def caught(x):
    with contextlib.suppress(Misfit):
        backward(x)
    return torch.tensor([3.0, 12, 27])


def forward_mode(x):
    with forward_ad.dual_level():
        moved = forward_ad.make_dual(x, torch.ones(3))
        return forward_ad.unpack_dual(moved**3).tangent


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is")  # which forward mode loads
@pytest.mark.parametrize(
    "answer",
    [
        backward,
        with_the_record_on,
        a_leaf_of_its_own,
        without_a_word,
        in_a_list,
        caught,
        forward_mode,
        torch.func.grad(cube),
        torch.func.jacrev(cube),
        torch.func.jacfwd(cube),
        torch.vmap(torch.func.grad(cube)),
        lambda x: torch.func.vjp(cube, x)[1](torch.tensor(1.0))[0],
        lambda x: torch.func.jvp(cube, (x,), (torch.ones(3),))[1],
        lambda x: torch.autograd.functional.vjp(cube, x)[1],
        lambda x: torch.autograd.functional.jacobian(cube, x),
    ],
)
def test_autograd_is_refused_on_any_way(answer):
    with pytest.raises(Misfit) as caught:
        by_hand(answer, A.clone(), likely="because")
    assert (caught.value.got, caught.value.likely) == ("autograd was asked", "because")


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: 3 * x**2,
        lambda x: torch.vmap(lambda one: 3 * one**2)(x),
        lambda x: torch.stack([3 * one**2 for one in x]),
        lambda x: torch.tensor([3 * one**2 for one in x.tolist()]),
        lambda x: torch.from_numpy(3 * x.numpy() ** 2),
    ],
)
def test_a_formula_is_what_it_gives(answer):
    assert torch.equal(by_hand(answer, A.clone()), torch.tensor([3.0, 12, 27]))


@pytest.mark.parametrize(
    "answer",
    [lambda x: x.sum_to_size(1), lambda x: torch.ops.aten.sum_to_size(x, [1])],
)
def test_a_function_that_is_off_is_refused_by_its_name(answer):
    with pytest.raises(Misfit) as caught:
        by_hand(answer, A, off={"sum_to_size": "sum it yourself"})
    assert caught.value.got == "sum_to_size() was called"
    assert caught.value.likely == "sum it yourself"


def test_what_ran_before_and_after_is_left_alone():
    x = A.clone().requires_grad_()
    by_hand(lambda x: 3 * x**2, A.clone())
    cube(x).backward()
    assert torch.equal(x.grad, by_hand(lambda x: 3 * x**2, A))


# --- within a Function ----------------------------------------------------------------------------


def cubed(backward, forward=lambda x: x**3):
    """The apply of a Function with this backward, of (x, g)."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return backward(x, g)

    return Cube.apply


def formula(x, g):
    return g * 3 * x**2


def on_a_graph(x, g):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(x**3, x, g)[0]


def on_a_graph_in_secret(x, g):
    with contextlib.suppress(Misfit):
        on_a_graph(x, g)
    return formula(x, g)


def slope_saved(x):
    on_a_graph(x, torch.ones(3))
    return x**3


def passed(answer):
    """What an answer sends to a leaf, where ones arrive."""
    x = A.clone().requires_grad_()
    backward_by_hand(forward_by_hand(answer, x, likely="because"), torch.ones(3), likely="because")
    return x.grad


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x**3,
        lambda x: cubed(formula)(1 * x),
        cubed(formula, slope_saved),
        cubed(on_a_graph),
        cubed(on_a_graph_in_secret),
        cubed(lambda x, g: torch.func.vjp(lambda x: x**3, x)[1](g)[0]),
        cubed(lambda x, g: torch.autograd.functional.vjp(lambda x: x**3, x, g)[1]),
    ],
)
def test_autograd_is_refused_within_a_function_and_beside_it(answer):
    with pytest.raises(Misfit) as caught:
        passed(answer)
    assert (caught.value.got, caught.value.likely) == ("autograd was asked", "because")
    assert torch.is_grad_enabled()


def without_the_record(x):
    with torch.no_grad():
        return x**3


@pytest.mark.parametrize(
    "answer",
    [
        cubed(formula),
        cubed(lambda x, g: g * 3 * x.square()),
        cubed(formula, without_the_record),
        lambda x: cubed(formula)(x),
    ],
)
def test_a_formula_within_a_function_is_let_through(answer):
    assert torch.equal(passed(answer), torch.tensor([3.0, 12, 27]))
