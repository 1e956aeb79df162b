"""``explore``: the picture of a computation at many values of its input, with a slider."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch

from autograd_seen.graph import Recording
from autograd_seen.live.backward import record
from autograd_seen.live.called import call
from autograd_seen.live.forward import record_forward
from autograd_seen.live.reading import read_value
from autograd_seen.live.rehearsal import random_state_kept
from autograd_seen.show.positions import Position, explored
from autograd_seen.show.slider import Slider
from autograd_seen.values import clip, kind_of

#: How many inputs move, and how many positions are recorded at most.
MOST_INPUTS, MOST_POSITIONS = 2, 400


def explore(
    function: Callable[..., torch.Tensor], /, **inputs: Iterable[float] | torch.Tensor
) -> Slider:
    """Returns the picture of ``function`` and of its backward pass, with a slider over the values
    of its input.

    Each position is a pass that PyTorch ran when ``explore`` was called: ``function`` gets a new
    leaf, and the numbers are those of ``record_backward``. Moving the slider needs no kernel. The
    first value is where the slider starts. Where the function takes another way, as at an ``if``,
    the picture is another one. A page that runs no script shows the picture at the first position,
    and a table of five.

    A leaf has the name of its keyword, and is passed by that name where the function has a
    parameter of that name. Intermediates have the names that the function gives them, the result
    the function's own name where it has none. Two inputs have two sliders, and each pair of their
    values is a position. A random operation starts from the same state at each position. ``.grad``
    and the random state stay as they were.

    Args:
        function: takes one or two tensors of shape ``()``, and returns a tensor with one number
            that was computed from them.
        inputs: the name of each input, with the numbers that it takes: a list, a range, an array,
            or a vector. Numbers of Python become the default dtype; others keep theirs.

    Raises:
        TypeError: there is no input, or more than two; a value is no number; or the function
            returns no tensor.
        ValueError: an input has no values; the result is more than one number or was not computed
            from an input; or the positions take more than 120 kB: the error says how many fit.
        RuntimeError: the function raised at a position: the error says at which.

    Example:
        >>> def wave(x):
        ...     y = x**2
        ...     return torch.sin(y)
        >>> print(explore(wave, x=range(5)))
        Graph of wave(x) at 5 positions
        x  wave(x)  ∂wave/∂x
        0  0        0
        1  0.8415   1.0806
        2  -0.7568  -2.6146
        3  0.4121   -5.4668
        4  -0.2879  -7.6613
    """
    _check(function, inputs)
    values = {name: _numbers(name, given) for name, given in inputs.items()}
    count = math.prod(map(len, values.values()))
    if count > MOST_POSITIONS:
        # An input, which may have no end, is read only until it has too many values.
        cut = any(len(some) > MOST_POSITIONS for some in values.values())
        raise ValueError(
            f"explore records at most {MOST_POSITIONS} positions, and got "
            f"{'at least ' if cut else ''}{count}: give fewer values"
        )
    positions = [
        _record(function, dict(zip(values, numbers, strict=True)))
        for numbers in itertools.product(*values.values())
    ]
    texts = {name: [_text(one) for one in some] for name, some in values.items()}
    return explored(texts, positions, _called(function, inputs))


def _check(function, inputs) -> None:
    if not callable(function):
        raise TypeError(
            f"explore needs a function, and got {kind_of(function)}: pass the function itself, "
            "such as explore(f, x=[1, 2, 3])"
        )
    if not 1 <= len(inputs) <= MOST_INPUTS:
        got = f"{len(inputs)}: {', '.join(map(clip, inputs))}" if inputs else "none"
        raise TypeError(
            f"explore moves one or two inputs, and got {got}. Give each input that moves its "
            "values, such as x=[1, 2, 3], and fix the others inside the function"
        )


def _numbers(name: str, given) -> list[torch.Tensor]:
    """The values of an input, as tensors of shape ``()``."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(
            f"{clip(name)} needs several numbers, and got {kind_of(given)}: use a list such as "
            f"{clip(name)}=[1, 2, 3], or torch.linspace(0, 3, 31)"
        )
    if isinstance(given, torch.Tensor) and given.dim() != 1:
        raise ValueError(
            f"{clip(name)} needs a list of numbers, and got a tensor of shape "
            f"{tuple(given.shape)}: use a vector"
        )
    few = itertools.islice(given, MOST_POSITIONS + 1)  # the rest may have no end
    numbers = [_number(name, at, one) for at, one in enumerate(few)]
    if not numbers:
        raise ValueError(f"{clip(name)} has no values: give at least one number")
    return numbers


def _number(name: str, at: int, given) -> torch.Tensor:
    plain = type(given) in (int, float)
    try:
        one = torch.as_tensor(float(given) if plain else given).detach()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        one = None
    if one is None or one.numel() != 1 or one.dtype == torch.bool or one.is_complex():
        raise TypeError(
            f"{clip(name)} needs numbers, and its value {at + 1} is {kind_of(given)}: "
            f"{clip(repr(given))}"
        )
    whole = not one.is_floating_point()
    return one.reshape(()).to(torch.get_default_dtype() if whole else one.dtype)


def _record(function: Callable, numbers: dict[str, torch.Tensor]) -> Position:
    """One position: the pass at these numbers."""
    where = ", ".join(f"{clip(name)} = {_text(one)}" for name, one in numbers.items())
    with torch.inference_mode(False), torch.enable_grad(), random_state_kept():
        leaves = {name: one.clone().requires_grad_() for name, one in numbers.items()}
        with _placed(where, "the function"), record_forward() as tape:
            result, names = call(function, leaves)
        _check_result(result, where)
        given = [(clip(name), leaf) for name, leaf in leaves.items()]
        callers = [*given, *names, (_called(function, numbers), result)]
        with _placed(where, "its backward pass"):
            recording = record(result, None, {}, callers, tape=tape)
    keys = [_key(recording, name) for name, _ in given]
    if all(key is None for key in keys):
        names = " or ".join(name for name, _ in given)
        raise ValueError(
            f"at {where} the result was not computed from {names}: use the tensor that the "
            "function gets, without .item() or detach()"
        )
    return Position(recording, tuple(keys))


@contextmanager
def _placed(where: str, what: str) -> Iterator[None]:
    """Says of an error at which position it was raised."""
    try:
        yield
    except Exception as problem:
        raise RuntimeError(
            f"at {where} {what} raised {type(problem).__name__}: {problem}"
        ) from problem


def _check_result(result, where: str) -> None:
    if not isinstance(result, torch.Tensor):
        raise TypeError(
            f"at {where} the function returned {kind_of(result)}: return a tensor, and use torch's "
            "functions, such as torch.sin instead of math.sin"
        )
    if result.numel() != 1:
        raise ValueError(
            f"at {where} the function returned the shape {tuple(result.shape)}: return one number, "
            "such as an element or the mean"
        )
    if not result.requires_grad:
        raise ValueError(
            f"at {where} the function returned a tensor without a graph: compute it from the input "
            "with torch's functions, without .item(), detach() or no_grad()"
        )


def _key(recording: Recording, name: str) -> int | None:
    """The place of an input in the graph; None where the function did not use it."""
    nodes = recording.graph.nodes
    return next((one.key for one in nodes if one.role == "leaf" and one.name == name), None)


def _called(function: Callable, inputs: Iterable[str]) -> str:
    """``"wave(x)"``: the name of a result that has no other."""
    name = getattr(function, "__name__", "")
    return f"{clip(name) if name.isidentifier() else 'f'}({', '.join(map(clip, inputs))})"


def _text(one: torch.Tensor) -> str:
    return str(read_value(one))
