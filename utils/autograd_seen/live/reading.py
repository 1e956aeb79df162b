"""Reads what a tensor holds into plain data, without changing anything."""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import _disable_current_modes

from autograd_seen.values import Value

#: A vector of at most so many numbers is read whole, and a matrix with at most so many rows and
#: columns. A complex number takes the room of two.
FEW, SIDE = 6, 4
FEW_COMPLEX, SIDE_COMPLEX = 4, 2
#: Of a float32, what so many digits do not tell apart fewer do not either. From the smallest with
#: all its bits on, no two decimals of so few digits are rounded to one.
MOST_OFTEN, SMALLEST = 6, torch.finfo(torch.float32).tiny
#: How the numbers of a dtype are packed into bytes.
FORMS = {torch.float32: struct.Struct("f"), torch.float16: struct.Struct("e")}
#: Layouts of sparse tensors that keep their numbers row by row, or column by column.
COMPRESSED = (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)
#: The dtypes of real numbers in which the ends of a range are found as they are.
WIDE = (torch.float32, torch.float64)


@contextmanager
def unseen() -> Iterator[None]:
    """Lets what is done here be seen by nobody: what a subclass does with each call, and inference
    mode, are the caller's.
    """
    with torch.inference_mode(False), torch._C.DisableTorchFunctionSubclass():
        yield


def sizes(shape: object) -> tuple[int, ...] | None:
    """The sizes of a tensor as numbers; None where it has no such, as a nested tensor or one with
    symbolic sizes.
    """
    try:
        return tuple(map(int, shape))
    except (RuntimeError, TypeError, AttributeError):
        return None


def shape_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """The sizes of a tensor as numbers; None where it has no such."""
    try:
        return sizes(tensor.shape)
    except RuntimeError:  # a nested tensor has no one shape
        return None


def read_value(tensor: torch.Tensor, whole: bool = False) -> Value:
    """What a tensor holds. ``is_readable`` is False where nothing can be read (on the meta device,
    say). A dense tensor may be read ``whole``, whatever its size.

    Changes neither the tensor nor the random state.
    """
    try:
        with torch._C.DisableTorchFunctionSubclass():
            if torch._C._len_torch_dispatch_stack() == 0:
                return _read(tensor, whole)
            # A mode, such as the one that makes FakeTensors, is not meant for what is only
            # looked at.
            with _disable_current_modes():
                return _read(tensor, whole)
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        return Value(size=-1, shape=None)


def read_if_any(tensor: torch.Tensor | None) -> Value | None:
    """What a tensor holds; None for None."""
    return None if tensor is None else read_value(tensor)


def _read(tensor: torch.Tensor, whole: bool) -> Value:
    if tensor.is_nested:
        return Value(tensor.numel(), None)
    size, shape = tensor.numel(), tuple(map(int, tensor.shape))
    if size == 0 or tensor.is_meta:
        return Value(size, shape)
    if shape == ():
        return Value(size, shape, (_shortest(tensor.tolist(), tensor.dtype),))
    # What is computed from a detached tensor is recorded nowhere.
    tensor = tensor.detach()
    if whole or _is_small(tensor):
        numbers, dtype = tensor.reshape(-1).tolist(), tensor.dtype
        return Value(size, shape, tuple([_shortest(one, dtype) for one in numbers]))
    if tensor.is_complex() or tensor.layout != torch.strided:
        stored = _stored(tensor)
        return Value(size, shape) if stored is None else _counted(stored, size, shape)
    if tensor.is_floating_point() and tensor.dtype not in WIDE:
        tensor = tensor.to(torch.promote_types(tensor.dtype, torch.float32))
    low, high = (end.item() for end in tensor.aminmax())
    if low != low:  # one number that is none makes both ends so
        return _counted(tensor, size, shape)
    ends = _shortest(low, tensor.dtype), _shortest(high, tensor.dtype)
    return Value(size, shape, ends=ends)


def _counted(tensor: torch.Tensor, size: int, shape: tuple[int, ...]) -> Value:
    """How many numbers are none, and how many are infinite."""
    nans, infs = int(tensor.isnan().sum()), int(tensor.isinf().sum())
    return Value(size, shape, nans=nans, infs=infs)


def _stored(tensor: torch.Tensor) -> torch.Tensor | None:
    """The numbers that a tensor has stored; None where its layout does not give them out."""
    if tensor.layout == torch.strided:
        return tensor
    if tensor.layout == torch.sparse_coo:
        return tensor.coalesce().values()
    return tensor.values() if tensor.layout in COMPRESSED else None


def _is_small(tensor: torch.Tensor) -> bool:
    few, side = (FEW_COMPLEX, SIDE_COMPLEX) if tensor.is_complex() else (FEW, SIDE)
    if tensor.dim() == 2:
        return tensor.layout == torch.strided and max(tensor.shape) <= side
    return tensor.dim() == 1 and tensor.numel() <= few


def _shortest(
    value: int | float | complex | bool, dtype: torch.dtype
) -> int | float | complex | bool:
    """The shortest decimal that a dtype rounds to this value: 0.1 for float32's 0.10000000149."""
    if isinstance(value, complex):
        part = torch.float32 if dtype == torch.complex64 else torch.float64
        return complex(_shortest(value.real, part), _shortest(value.imag, part))
    if not isinstance(value, float) or dtype == torch.float64:
        return value
    short = float(f"{value:.{MOST_OFTEN}g}")
    few = _rounded(short, dtype) == value
    if few and dtype == torch.float32 and abs(value) >= SMALLEST:
        return short
    for digits in range(1 if few else MOST_OFTEN + 1, 10):
        short = float(f"{value:.{digits}g}")
        if _rounded(short, dtype) == value:
            return short
    return value


def _rounded(value: float, dtype: torch.dtype) -> float:
    """The number of a dtype that is nearest to a value."""
    form = FORMS.get(dtype)
    if form is None:
        return torch.tensor(value, dtype=dtype).item()
    try:
        return form.unpack(form.pack(value))[0]
    except OverflowError:
        return math.inf
