"""``watch_gradients``: how large each parameter's gradient is at each step of a training."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from autograd_seen.values import kind_of

#: How large a gradient is; None where ``.grad`` is None, "frozen" where it is and the parameter
#: does not require grad.
Size = float | None | Literal["frozen"]

#: Parameters and steps that the text shows.
SHOWN_ROWS, SHOWN_STEPS = 24, 5


class GradientFlow:
    """How large the gradient of each parameter was at each step. ``str()`` gives it as a table.

    ``flow["0.weight"]`` lists the sizes of one parameter: a number, nan where any entry is nan,
    else inf where any is infinite; 0.0 where all entries are zero; None where ``.grad`` is None;
    and "frozen" where it is None and the parameter does not require grad.
    """

    def __init__(self, parameters: Mapping[str, torch.Tensor], every: int):
        self._parameters = dict(parameters)
        self._every, self._count = every, 0
        #: The sizes by the name of the parameter, one for each of ``steps``.
        self.read: dict[str, list[Size]] = {name: [] for name in parameters}
        #: The numbers of the steps that were read, from 1.
        self.steps: list[int] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in the model's order; of a tied one "a.bias = b.bias"."""
        return tuple(self.read)

    def __getitem__(self, name: str) -> list[Size]:
        if name not in self.read:
            raise KeyError(f"no parameter {name!r} was watched: .names lists those that were")
        return list(self.read[name])

    def step(self) -> None:
        """Reads all gradients, as ``optimizer.step()`` makes it do. Call it in a loop that has no
        optimizer, where the gradients are complete and not yet cleared.

        Raises RuntimeError after the block of ``watch_gradients``.
        """
        if not self._parameters:
            raise RuntimeError("the block of watch_gradients has ended: call step() inside of it")
        self._count += 1
        if (self._count - 1) % self._every:
            return
        self.steps.append(self._count)
        found = _sizes(list(self._parameters.values()))
        for sizes, size in zip(self.read.values(), found, strict=True):
            sizes.append(size)

    def _after_step(self, optimizer: torch.optim.Optimizer, *_) -> None:
        watched = {id(one) for one in self._parameters.values()}
        if any(id(one) in watched for group in optimizer.param_groups for one in group["params"]):
            self.step()

    def _end(self) -> None:
        self._parameters = {}

    def __str__(self) -> str:
        return _text(self)

    __repr__ = __str__


@contextmanager
def watch_gradients(
    model: torch.nn.Module | Mapping[str, torch.Tensor], *, every: int = 1
) -> Iterator[GradientFlow]:
    """A ``with`` block that notes, at each step of the training in it, how large the gradient of
    each parameter is: a GradientFlow, for ``print`` and ``plot_gradients``.

    A step is one call of ``optimizer.step()``, of any optimizer that holds a parameter of the
    model. What is read is what ``.grad`` holds when that call returns: the sum of all backward
    passes since it was cleared, clipped if it was clipped. After a closure that is called several
    times, it is the gradient of the last call. A step that a GradScaler leaves out is none.

    The size of a gradient is the root mean square of its entries, √(Σ gᵢ² / n), so that layers of
    different sizes can be compared. Only numbers are kept: no tensor after the block, and no graph.
    The training computes what it would without. Reading waits for the device once a step.

    Args:
        model: the module, whose parameters at the start of the block are watched; or the leaves
            themselves by name, as in ``{"w": w, "b": b}``.
        every: reads the first step, and each so many steps one.

    Raises:
        TypeError: ``model`` is neither.
        ValueError: it has no parameters, one of the tensors is no leaf, or ``every`` is below 1.

    Example:
        >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([w], lr=0.5)
        >>> with watch_gradients({"w": w}) as flow:
        ...     for _ in range(2):
        ...         optimizer.zero_grad()
        ...         w.pow(2).sum().backward()
        ...         optimizer.step()
        >>> print(flow)
        root mean square of .grad at 2 steps
           step 1    step 2
        w  7.07e+00  0
    """
    if not isinstance(every, int) or every < 1:
        raise ValueError(f"every={every!r}: pass how many steps lie between two readings, as 1")
    flow = GradientFlow(_parameters_of(model), every)
    handle = register_optimizer_step_post_hook(flow._after_step)
    try:
        yield flow
    finally:
        handle.remove()
        flow._end()


def _parameters_of(model: object) -> dict[str, torch.Tensor]:
    """The leaves by name: one that has several names has them all."""
    if isinstance(model, torch.nn.Module):
        pairs = model.named_parameters(remove_duplicate=False)
    elif isinstance(model, Mapping):
        pairs = model.items()
    else:
        raise TypeError(
            f"watch_gradients needs a module or leaves by name, and got {kind_of(model)}: pass the "
            'model, or a dict such as {"w": w, "b": b}'
        )
    found: dict[int, tuple[list[str], torch.Tensor]] = {}
    for name, tensor in pairs:
        if not isinstance(tensor, torch.Tensor) or not tensor.is_leaf:
            what = "an intermediate" if isinstance(tensor, torch.Tensor) else kind_of(tensor)
            raise ValueError(f"{name} is {what}: only a leaf has a .grad that a step uses")
        found.setdefault(id(tensor), ([], tensor))[0].append(str(name))
    if not found:
        raise ValueError("watch_gradients got nothing to watch: there are no parameters")
    return {" = ".join(names): tensor for names, tensor in found.values()}


# --- how large a gradient is ----------------------------------------------------------------------


def _sizes(parameters: Sequence[torch.Tensor]) -> list[Size]:
    """How large the gradient of each parameter is now."""
    # What is computed here is nothing that a tape or a subclass is to see.
    with torch._C.DisableTorchFunction(), torch.no_grad():
        grads = [one.grad for one in parameters]
        pairs = _out_of_tensors([None if grad is None else _measured(grad) for grad in grads])
        return [
            _absent(parameter) if grad is None else _root_mean_square(*pair, grad.numel())
            for parameter, grad, pair in zip(parameters, grads, pairs, strict=True)
        ]


def _absent(parameter: torch.Tensor) -> Size:
    return None if parameter.requires_grad else "frozen"


def _measured(grad: torch.Tensor) -> torch.Tensor:
    """The largest entry, and the sum of the squares of all as parts of it: no square underflows."""
    entries = grad.coalesce().values() if grad.is_sparse else grad
    entries = entries.abs()
    if entries.dtype != torch.float64:
        entries = entries.float()
    if not entries.numel():
        return entries.new_zeros(2)
    largest = entries.max()
    return torch.stack([largest, (entries / largest).square().sum()])


def _out_of_tensors(pairs: list[torch.Tensor | None]) -> list[list[float] | None]:
    """The numbers of all pairs, with one transfer from each device."""
    found: list[list[float] | None] = [None] * len(pairs)
    together: dict[tuple, list[int]] = {}
    for i, pair in enumerate(pairs):
        if pair is not None:
            together.setdefault((str(pair.device), pair.dtype), []).append(i)
    for places in together.values():
        numbers = torch.stack([pairs[i] for i in places]).tolist()
        for i, two in zip(places, numbers, strict=True):
            found[i] = two
    return found


def _root_mean_square(largest: float, squares: float, count: int) -> float:
    if not largest or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(squares / count)


# --- as text --------------------------------------------------------------------------------------


def _text(flow: GradientFlow) -> str:
    count = len(flow.steps)
    if not count:
        return (
            f"{len(flow.names)} parameters watched, and no step seen: call optimizer.step() inside "
            "the block, or flow.step()"
        )
    places = [round(i * (count - 1) / (SHOWN_STEPS - 1)) for i in range(SHOWN_STEPS)]
    places = sorted(set(places)) if count > SHOWN_STEPS else list(range(count))
    rows = [("", *(f"step {flow.steps[i]}" for i in places))]
    rows += [(name, *(told(read[i]) for i in places)) for name, read in flow.read.items()]
    left_out = len(rows) - 1 - SHOWN_ROWS
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if left_out > 0:
        half = SHOWN_ROWS // 2
        lines = [*lines[: half + 1], f"… {left_out} more parameters …", *lines[-half:]]
    head = f"root mean square of .grad at {count} step{'s' if count > 1 else ''}"
    return "\n".join([head, *lines, *_first_bad(flow)])


def told(size: Size) -> str:
    """A size in a few characters: "1.23e-18", "0", "nan", "None"."""
    if not isinstance(size, float):
        return str(size)
    if not size or not math.isfinite(size):
        return f"{size:g}"
    return f"{size:.2e}"


def _first_bad(flow: GradientFlow) -> list[str]:
    """Where nan and inf stand first: at which step, and in which parameters."""
    lines = []
    for word, is_bad in (("nan", math.isnan), ("inf", math.isinf)):
        bad = {
            name: next(
                (i for i, one in enumerate(flow[name]) if is_number(one) and is_bad(one)), -1
            )
            for name in flow.names
        }
        first = min((i for i in bad.values() if i >= 0), default=-1)
        if first >= 0:
            where = [name for name, i in bad.items() if i == first]
            more = f" and {len(where) - 1} more" if len(where) > 1 else ""
            lines.append(f"first {word}: step {flow.steps[first]}, {where[0]}{more}")
    return lines


def is_number(size: Size) -> bool:
    """Whether a gradient was there."""
    return isinstance(size, float)
