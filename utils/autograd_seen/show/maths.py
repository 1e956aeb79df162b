"""How each operation reads in maths: from PyTorch's names to what a person writes on a board."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from autograd_seen.graph import Graph, Node
from autograd_seen.show import words
from autograd_seen.values import Value, clip, exact

#: What stands for an input that was not saved: a constant, since a path would have been drawn.
UNSAVED = "const"
#: What ``y[…] = value`` becomes.
INTO_A_PART = ("torch::autograd::CopySlices", "IndexPut")
ONE_WORD, SHORT_WORD = re.compile(r"[\w#]+"), re.compile(r"\w{1,3}")
WHOLE_NUMBER = re.compile(r"-?\d+")
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Reading(NamedTuple):
    """The maths of one operation: ``title`` for its box, ``expression`` with its inputs.

    ``ordered`` says whether the order of its inputs matters.
    """

    title: str
    expression: str
    ordered: bool = False


class Inputs(NamedTuple):
    """What enters an operation, as texts; None for an input that is not known.

    ``folded`` are the slots whose number belongs into the title, ``extra`` the names of what it
    saved beside its inputs.
    """

    texts: tuple[str | None, ...]
    folded: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()

    def first(self) -> str:
        """The first input."""
        return self.texts[0] if self.texts and self.texts[0] is not None else UNSAVED


class Readings(dict[int, Reading]):
    """How each operation of a graph reads, by its key: each is worked out once, when it is asked
    for.
    """

    def __init__(self, graph: Graph):
        super().__init__()
        self.graph = graph

    def __missing__(self, key: int) -> Reading:
        reading = self[key] = read(self.graph, self.graph.nodes[key])
        return reading


def read(graph: Graph, node: Node) -> Reading:
    """How an operation of a graph reads in maths."""
    if node.operator.kind in INTO_A_PART:
        parts = [str(part) for name, part in node.settings if name == "index"]
        if parts:
            return _written_into(graph, node, f"[{', '.join(parts)}]")
    if node.module is not None:
        return _call(words.module_name(node.module), _inputs(graph, node).texts, commutes=True)
    reading = _read(node, _inputs(graph, node))
    if node.run:
        title = ", ".join(_read(one, Inputs(())).title for one in node.run)
        return Reading(clip(title), clip(f"{title} of {_enters(graph, node)}"))
    if node.count > 1:
        once = reading.title
        once = once if re.fullmatch(r"\w+|\(.*\)\S*", once) else f"({once})"
        title = f"{once} × {node.count}"
        return Reading(clip(title), clip(f"{title} of {_enters(graph, node)}"))
    return Reading(clip(reading.title), clip(reading.expression), reading.ordered)


def _written_into(graph: Graph, node: Node, part: str) -> Reading:
    """How ``y[1] = c`` reads: what y was before, with c in that place."""
    before, value = (*_inputs(graph, node).texts, None, None)[:2]
    results = graph.results(node.key)
    name = results[0].name if results and results[0].named else ""
    value = UNSAVED if value is None else value
    whole = f"{UNSAVED if before is None else before} with {part} ← {value}"
    return Reading(clip(f"{name}{part} ← {value}"), clip(whole))


def _enters(graph: Graph, node: Node) -> str:
    return graph.nodes[graph.inputs(node.key)[0].source].name


def _inputs(graph: Graph, node: Node) -> Inputs:
    known, extra = {}, []
    for edge in graph.inputs(node.key):
        name = graph.nodes[edge.source].name
        if edge.slot is None:
            extra.append(name)
        else:
            known[edge.slot] = name
    numbers = {slot: _written(value) for slot, value in node.constants}
    known |= numbers
    return Inputs(tuple(map(known.get, range(node.arity))), tuple(numbers), tuple(extra))


def _written(value: Value) -> str:
    return exact(value.number)


def _read(node: Node, inputs: Inputs) -> Reading:
    operator, settings = node.operator, dict(node.settings)
    if operator.python:
        return _call(operator.word, [*inputs.texts, *inputs.extra], commutes=False)
    special = SPECIAL.get(operator.kind)
    if special is not None:
        return special(inputs, settings)
    if operator.kind in ("Mul", "Div") and len(inputs.texts) == 1 and "other" in settings:
        # By a number, as a derivative has it.
        inputs = Inputs((inputs.texts[0], _bracketed(settings["other"])), (1,))
    rounding = settings.get("rounding_mode")
    if operator.sign and len(inputs.texts) == 2 and rounding is None:
        return _infix(operator.sign, operator.commutes, inputs, settings)
    words = [rounding, "transposed" if settings.get("transposed") else None, operator.word]
    word = " ".join(part for part in words if part)
    return _call(word, [*inputs.texts, *inputs.extra], operator.commutes)


def _call(word: str, inputs: Sequence[str | None], commutes: bool) -> Reading:
    shown = [name for name in inputs if name is not None]
    return Reading(word, f"{word}({', '.join(shown)})", len(shown) > 1 and not commutes)


def _where(inputs: Inputs, settings: dict) -> Reading:
    # The condition, which the caller writes first, is not in next_functions.
    return _call("where", [*inputs.extra, *inputs.texts], commutes=False)


def _negative(inputs: Inputs, settings: dict) -> Reading:
    return Reading("−", f"−{inputs.first()}")


def _reciprocal(inputs: Inputs, settings: dict) -> Reading:
    return Reading("1 ÷", f"1 ÷ {inputs.first()}")


def _reversed_difference(inputs: Inputs, settings: dict) -> Reading:
    # torch.rsub(a, b) is b − a.
    times = _times(settings.get("alpha", 1))
    left = inputs.texts[1] if len(inputs.texts) > 1 else None
    swapped = Inputs((left, times + inputs.first()), tuple(1 - slot for slot in inputs.folded))
    flipped = _infix("−", False, swapped, {})
    return Reading(f"{flipped.title} {times}".rstrip(), flipped.expression, flipped.ordered)


def _linear(inputs: Inputs, settings: dict) -> Reading:
    # What nn.Linear computes.
    bias, left, right = (UNSAVED if name is None else name for name in inputs.texts)
    alpha, beta = (_times(settings.get(factor, 1)) for factor in ("alpha", "beta"))
    title = f"{alpha}matmul + {beta}bias"
    return Reading(title, f"{alpha}{left} @ {right} + {beta}{bias}", True)


def _power(inputs: Inputs, settings: dict) -> Reading:
    x = inputs.first()
    if "self" in settings:  # a number to the power of a tensor
        power = f"{_bracketed(settings['self'])}^{x}"
        return Reading(power, power)
    base = x if ONE_WORD.fullmatch(x) else f"({x})"
    of_tensor = "exponent" not in settings and len(inputs.texts) > 1
    exponent = inputs.texts[1] if of_tensor else settings.get("exponent")
    if exponent is None:
        return Reading("^", f"{x}^{UNSAVED}", True)
    if of_tensor and 1 not in inputs.folded:
        return Reading("^", f"{base}^{exponent}", True)
    raised = _raised(exponent)
    return Reading((x if SHORT_WORD.fullmatch(x) else "( )") + raised, base + raised)


def _raised(exponent: object) -> str:
    """An exponent: small digits for a whole number."""
    text = exponent if isinstance(exponent, str) else exact(exponent)
    text = _bracketed(exponent) if isinstance(exponent, complex) else text
    return text.translate(SUPERSCRIPT) if WHOLE_NUMBER.fullmatch(text) else f"^{text}"


SPECIAL = {
    "Addmm": _linear,
    "Neg": _negative,
    "Pow": _power,
    "Reciprocal": _reciprocal,
    "Rsub": _reversed_difference,
    "Where": _where,
}


def _infix(sign: str, commutes: bool, inputs: Inputs, settings: dict) -> Reading:
    left, right = (
        f"({text})" if slot in inputs.folded and text.endswith("j") else text or UNSAVED
        for slot, text in enumerate(inputs.texts)
    )
    times = _times(settings.get("alpha", 1))
    inside = [slot for slot in (0, 1) if inputs.texts[slot] is None or slot in inputs.folded]
    title = f"{sign} {times}".rstrip()
    if 1 in inside:
        title = f"{sign} {times}{right}"
    elif 0 in inside:
        title = f"{left} {sign} {times}".rstrip()
    return Reading(title, f"{left} {sign} {times}{right}", not inside and not commutes)


def _times(factor: object) -> str:
    return "" if factor == 1 else f"{_bracketed(factor)}·"


def _bracketed(value: object) -> str:
    """A number, in brackets where the sign before it or inside it would bind to what stands beside
    it.
    """
    text = exact(value)
    return f"({text})" if isinstance(value, complex) or text.startswith("-") else text
