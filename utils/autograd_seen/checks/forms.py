"""The form of an answer: whether there is one, and whether it has the type and shape wanted."""

import dis
import types

import torch

from autograd_seen.checks.answers import numbers_in, same_shape, truth_in

_Tensor = torch.Tensor

#: What the body of a function that does nothing is compiled to.
IDLE = frozenset({"RESUME", "NOP", "RETURN_VALUE"})


def is_untouched(value: object) -> bool:
    """Whether a value is ``...`` or has one in it, or is a function whose body does nothing."""
    if isinstance(value, dict):
        return any(part is ... for part in value.values())
    if isinstance(value, list | tuple):
        return any(part is ... for part in value)
    if isinstance(value, types.FunctionType):
        return all(_is_idle(step) for step in dis.get_instructions(value))
    return value is ...


def _is_idle(step: dis.Instruction) -> bool:
    loads_none = step.opname in {"LOAD_CONST", "RETURN_CONST"} and step.argval is None
    return loads_none or step.opname in IDLE


def form_of(wanted: object) -> str:
    """The form of a right answer in words, without its value."""
    if isinstance(wanted, dict):
        first = next(iter(wanted.values()))
        return f"a dict with {form_of(first)} for each of {', '.join(wanted)}"
    if isinstance(wanted, bool):
        return "True or False"
    if isinstance(wanted, str):
        return "a word"
    shape = numbers_in(wanted).shape
    return f"numbers of shape {shape}" if shape else "one number"


def form_error(value: object, wanted: object) -> str:
    """What is wrong with the form of an answer, whatever its value; empty if nothing is."""
    if isinstance(wanted, dict):
        return _dict_error(value, wanted)
    if isinstance(wanted, bool):
        return _mistyped(value, wanted) if truth_in(value) is None else ""
    if isinstance(wanted, str):
        return "" if isinstance(value, str) else _mistyped(value, wanted)
    return _numbers_error(value, wanted)


def _mistyped(value: object, wanted: object) -> str:
    return f"type {type(value).__name__}, where {form_of(wanted)} should be"


def _dict_error(value: object, wanted: dict) -> str:
    if not isinstance(value, dict):
        return _mistyped(value, wanted)
    if odd := sorted(map(str, value.keys() ^ wanted.keys())):
        return f"the names are {', '.join(wanted)}: look at {', '.join(odd)}"
    for key, part in wanted.items():
        if error := form_error(value[key], part):
            return f"{key}: {error}"
    return ""


def _numbers_error(value: object, wanted: object) -> str:
    is_tensor = isinstance(value, _Tensor)
    numbers = numbers_in(value)
    if numbers is None:
        return _mistyped(value, wanted) + (f", of {value.dtype}" if is_tensor else "")
    if is_tensor and not value.is_floating_point() and not isinstance(wanted, int):
        return f"a tensor of {value.dtype}: a gradient is a floating point number"
    if not same_shape(numbers, numbers_in(wanted)):
        return f"shape {numbers.shape}, where {form_of(wanted)} should be"
    return ""
