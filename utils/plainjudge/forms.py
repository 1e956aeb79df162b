"""The form of an answer, without its value: its type, its names, its shape.

A form is plain data too, so that a key can tell it: ``["truth"]``, ``["word"]``, ``["letter"]``,
``["numbers", shape, whole]``, or ``["dict", {name: form}]``.
"""

from plainjudge.answers import numbers_in, same_shape, truth_in
from plainjudge.values import Array, Odd

Form = list


def form_of(wanted: object) -> Form:
    """The form of a right answer."""
    if isinstance(wanted, dict):
        forms = {name: form_of(part) for name, part in wanted.items()}
        if ["word"] in forms.values():  # a letter among words would tell which is short
            forms = {name: ["word"] if form == ["letter"] else form for name, form in forms.items()}
        return ["dict", forms]
    if isinstance(wanted, bool):
        return ["truth"]
    if isinstance(wanted, str):
        return ["letter" if len(wanted) == 1 and wanted.isalpha() else "word"]
    return ["numbers", list(numbers_in(wanted).shape), isinstance(wanted, int)]


def in_words(form: Form) -> str:
    """A form as a report tells it."""
    match form:
        case ["dict", names]:
            parts = {name: in_words(part) for name, part in names.items()}
            if len(set(parts.values())) == 1:
                return f"a dict with {next(iter(parts.values()))} for each of {_all(names)}"
            return f"a dict with {', '.join(f'{part} for {name}' for name, part in parts.items())}"
        case ["truth"]:
            return "True or False"
        case ["word" | "letter" as kind]:
            return f"a {kind}"
        case ["numbers", [], _]:
            return "one number"
    return f"numbers of shape {tuple(form[1])}"


def _all(names: dict) -> str:
    return ", ".join(names)


def form_error(value: object, form: Form) -> str:
    """What is wrong with the form of an answer, whatever its value; empty if nothing is."""
    match form:
        case ["dict", names]:
            return _dict_error(value, names, form)
        case ["truth"]:
            return "" if truth_in(value) is not None else _mistyped(value, form)
        case ["word" | "letter"]:
            return "" if isinstance(value, str) else _mistyped(value, form)
    return _numbers_error(value, form)


def type_of(value: object) -> str:
    """The name of the type that an answer had."""
    if isinstance(value, Odd):
        return value.kind
    if isinstance(value, Array):
        return "Tensor" if value.is_tensor else "ndarray"
    return type(value).__name__


def _mistyped(value: object, form: Form) -> str:
    return f"type {type_of(value)}, where {in_words(form)} should be"


def _dict_error(value: object, names: dict, form: Form) -> str:
    if not isinstance(value, dict):
        return _mistyped(value, form)
    if odd := sorted(value.keys() ^ names.keys()):
        return f"the names are {_all(names)}: look at {', '.join(odd)}"
    errors = ((name, form_error(value[name], part)) for name, part in names.items())
    return next((f"{name}: {error}" for name, error in errors if error), "")


def _numbers_error(value: object, form: Form) -> str:
    _, shape, whole = form
    numbers = numbers_in(value)
    if numbers is None:
        return _mistyped(value, form)
    if isinstance(value, Array) and value.is_tensor and not (value.is_floating_point or whole):
        return f"a tensor of torch.{value.dtype}: a gradient is a floating point number"
    if not same_shape(numbers.shape, tuple(shape)):
        return f"shape {numbers.shape}, where {in_words(form)} should be"
    return ""
