"""Makes plain data of what an answer gives, and tells where there is no answer yet."""

import dis
import types
from decimal import Decimal
from numbers import Real

import torch
from plainjudge.values import MOST_CHARS, MOST_NUMBERS, MOST_PARTS, Array, Odd

# A student may patch torch. What stands here is torch as it was when it was imported.
_Tensor, _as_tensor, _bool, _float64 = torch.Tensor, torch.as_tensor, torch.bool, torch.float64
_detach, _to, _reshape, _tolist = _Tensor.detach, _Tensor.to, _Tensor.reshape, _Tensor.tolist
_is_complex, _numel = _Tensor.is_complex, _Tensor.numel

#: What the body of a function that does nothing is compiled to.
IDLE = frozenset({"RESUME", "NOP", "RETURN_VALUE"})


def plain(value: object) -> object:
    """An answer as plain data: see ``plainjudge.values``. What is no answer keeps a description
    only.
    """
    if value is None or value is ... or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)[:MOST_CHARS]
    if isinstance(value, Real | Decimal):
        return int(value) if isinstance(value, int) and abs(value) < 2**53 else float(value)
    if isinstance(value, list | tuple | dict) and len(value) > MOST_PARTS:
        return Odd(type(value).__name__, f"{len(value)} parts")
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, _Tensor) or hasattr(value, "__array__"):
        return _array(value)
    return _odd(value)


def _array(value: object) -> Array | Odd | bool:
    """The numbers of a tensor, or of an array of NumPy."""
    is_tensor = isinstance(value, _Tensor)
    try:
        tensor = _detach(value if is_tensor else _as_tensor(value))
    except (TypeError, ValueError, RuntimeError):
        return _odd(value)
    dtype = str(tensor.dtype).removeprefix("torch.")
    if _is_complex(tensor):
        return Odd(f"{type(value).__name__} of {dtype}", _text_of(value))
    if _numel(tensor) > MOST_NUMBERS:
        return Odd(f"{type(value).__name__} of {_numel(tensor)} numbers", dtype)
    values = _tolist(_reshape(_to(tensor, "cpu", _float64), (-1,)))
    return Array(dtype, tuple(tensor.shape), values, is_tensor)


def _odd(value: object) -> Odd:
    name = getattr(value, "__name__", "")
    text = name if callable(value) and isinstance(name, str) and name else _text_of(value)
    return Odd(type(value).__name__, text[:MOST_CHARS])


def _text_of(value: object) -> str:
    try:
        return repr(value)[:MOST_CHARS]
    except Exception as error:  # a class of the student's own may have any __repr__
        return f"(cannot be shown: {type(error).__name__})"


def is_untouched(value: object) -> bool:
    """Whether a value is ``...`` or has one in it, or is a function whose body does nothing."""
    if isinstance(value, dict):
        return any(part is ... for part in value.values())
    if isinstance(value, list | tuple):
        return any(part is ... for part in value)
    if isinstance(value, types.FunctionType):
        return all(_is_idle(step) for step in dis.get_instructions(value))
    return value is ...


def left_open(answer: object) -> str:
    """The name that a function sets to ``...`` before it goes on and sets others; empty where it
    does not, as in a template to which nothing was added.
    """
    if not isinstance(answer, types.FunctionType):
        return ""
    steps = list(dis.get_instructions(answer))
    sets = [at for at, step in enumerate(steps) if step.opname.startswith("STORE_FAST")]
    of_dots = [at for at in sets if steps[at - 1].argval is ...]
    return steps[of_dots[-1]].argval if of_dots and of_dots[-1] != sets[-1] else ""


def _is_idle(step: dis.Instruction) -> bool:
    loads_none = step.opname in {"LOAD_CONST", "RETURN_CONST"} and step.argval is None
    return loads_none or step.opname in IDLE
