"""Facts and values in a reader's words: the only place where a note becomes a sentence."""

import math
from collections.abc import Iterable, Sequence

from autograd_seen.graph import Fact, Graph, Group, Kept, Module, Node, Note, ScopeGradient
from autograd_seen.values import Value, clip, exact, number

#: What stands for a gradient that is not defined, or that nothing has set.
NONE = "None"
#: What stands for a gradient that is sent to an input for which no derivative is defined.
NOT_DEFINED = f"{NONE}: not defined"
#: What stands for a tangent that forward mode cannot tell.
NOT_KNOWN = "not known"
#: Of one number many times, so many are written out.
MOST_SAME = 6
#: What stands at an operation at which a backward pass is certain to raise.
RAISES = "✗ would raise"
#: What makes a value newer than what was computed from it, or may do so.
NEWER = (Fact.OVERWRITTEN, Fact.MAY_BE_NEWER)


def told(value: Value | None) -> str:
    """A value in a few words; "None" for None, and the shape where nothing could be read."""
    if value is None:
        return NONE
    if value.shape is None:
        return "nested"
    return str(value) or f"shape {value.shape}"


def tangent(value: Value | None) -> str:
    """A tangent in a few words."""
    return NOT_KNOWN if value is None else told(value)


def jacobian(value: Value) -> str:
    """A local Jacobian in a few words: its numbers, or the pattern that they make."""
    if is_identity(value):
        return "identity"
    same = value.size > 1 and len(set(value.numbers)) == 1
    return f"all {number(value.numbers[0])}" if same and value.size > MOST_SAME else str(value)


def is_identity(value: Value) -> bool:
    """Whether a value is a square matrix with ones on its diagonal and zeros elsewhere."""
    if len(value.rows) < 2 or len(value.rows) != len(value.rows[0]):
        return False
    return all(one == (i == j) for i, row in enumerate(value.rows) for j, one in enumerate(row))


def brief(value: Value | None) -> str:
    """A value in a sentence: of more than four numbers the smallest and the largest."""
    return told(value) if value is None or value.shape is None else value.brief() or told(value)


def held(node: Node) -> str:
    """What a tensor holds in a few words; empty where it is not known."""
    return "" if node.value is None else str(node.value) or "not shown"


def value(node: Node, longest: int = 1_000) -> str:
    """What a tensor holds, "now" behind it where that may be newer than what was computed from it.
    What is not numbers takes at most ``longest`` characters.
    """
    written = node.value is not None and bool(node.value.numbers)
    text = held(node) if written else clip(held(node), longest)
    return text + value_suffix(node)


def value_suffix(node: Node) -> str:
    """What stands behind a value that may be newer than what was computed from it."""
    may_be_newer = bool(node.notes) and any(one.fact in NEWER for one in node.notes)
    return " now" if may_be_newer and node.value is not None and str(node.value) else ""


def is_range(text: str) -> bool:
    """Whether a value is told by the ends of its range."""
    return " … " in text or text.startswith("all ")


def grad(node: Node) -> str:
    """What ``.grad`` holds in a few words; empty for None."""
    return "" if node.grad is None else str(node.grad) or "set"


def note(one: Note) -> str:
    """A note as a reader is told it."""
    return WORDS[one.fact](*one.details)


def notes(many: Iterable[Note]) -> list[str]:
    """Several notes."""
    # That a value may be newer is said at the value, by a word.
    return [note(one) for one in many if one.fact is not Fact.MAY_BE_NEWER]


def saves(node: Node) -> str:
    """What an operation keeps for the backward pass."""
    if node.freed:
        return "has freed what it saved"
    if node.saved:
        return f"{'recomputes' if node.recomputed else 'saves'} {', '.join(node.saved)}"
    if node.opaque:
        return "saves what cannot be seen"
    return f"saves nothing{' that can be seen' if node.operator.python else ''}"


def carried(graph: Graph, group: Group) -> str:
    """How each next copy of a repeated block differs from the first: what it takes in the place of
    what that took, what it has for itself, and whether it may differ in what is not drawn.
    """
    nodes = graph.nodes
    pairs = [f"{nodes[after].name} for {nodes[before].name}" for before, after in group.carries]
    own = [nodes[key] for key in group.own]
    kinds = ["parameters of its own"] if any(node.role == "leaf" for node in own) else []
    constants = [node.name for node in own if node.role != "leaf"]
    if constants:
        verb = "is" if len(constants) == 1 else "are"
        kinds.append(f"constants of its own: {_names(constants)} {verb} the first's")
    kinds += ["numbers of its own"] if group.numbers else []
    kinds += ["versions of its own"] if group.versions else []
    parts = f", with {joined(kinds)}" if kinds else ""
    rest = "; what is not drawn may differ" if group.unknown else ""
    return f"each next one takes {' and '.join(pairs)}{parts}{rest}"


def size(count: int) -> str:
    """A number of bytes: exact up to 100,000."""
    if count < 100_000:
        return counted(count, "byte")
    number, unit = (count / 1e6, "MB") if count >= 1e6 else (count / 1e3, "kB")
    return f"{number:,.1f} {unit}"


def kept(one: Kept) -> str:
    """A saved tensor: what the operation calls it, what the picture does, its form and bytes."""
    if one.role == "number":
        return f"{one.name}, a number"
    name = f"{one.name} = {one.tensor}" if one.tensor else one.name
    form = str(one.shape) if one.dtype in ("float32", "") else f"{one.shape} {one.dtype}"
    held = "memory counted before" if one.shared else size(one.size)
    role = "" if one.role == "intermediate" else f", {one.role}"
    return f"{name} {form}: {held}{role}"


def memory(graph: Graph) -> str:
    """What a graph keeps for its backward pass in all; leaves apart, which are there anyway."""
    told = graph.memory
    parts = [("of intermediates", told.intermediate), ("of constants", told.constant)]
    parts = [f"{size(count)} {word}" for word, count in parts if count]
    least = "" if told.complete else "at least "
    nothing = "nothing" if told.complete else "0 bytes"
    leaves = f"; apart from {size(told.leaf)} of leaves" if told.leaf else ""
    return f"saved in all: {least}{joined(parts) or nothing}{leaves}"


def differs(group: Group) -> list[str]:
    """What a frame says of the numbers in it, which are the first copy's."""
    return ["each with its own number"] if group.numbers else []


def module_name(module: Module) -> str:
    """What a module is called: by its name, or by its class where no variable leads to it. Of
    several, one after the other, the first and the last.
    """
    if not module.name:
        return module.kind
    if module.times == 1 or not module.last:
        return module.name
    # What both begin with is said once.
    one, two = module.name.split("."), module.last.split(".")
    while len(one) > 1 and len(two) > 1 and one[0] == two[0]:
        one, two = one[1:], two[1:]
    return f"{module.name} … {'.'.join(two)}"


def module_told(module: Module) -> str:
    """A module in a line: its name and its class."""
    told = [module_name(module)] if module.name else []
    return ", ".join([*told, module_kind(module)])


def module_kind(module: Module) -> str:
    """The class of a module, and how many stand there, or which call of one it is."""
    several = f" × {module.times}" if module.times > 1 else ""
    turn, calls = module.call
    return f"{module.kind}{several}" + (f" · call {turn} of {calls} here" if calls > 1 else "")


def module_shapes(module: Module) -> str:
    """What a module takes and gives: "(2, 3) → (2, 4)"; empty where that is not known."""
    sides = [", ".join(map(str, shapes[:3])) for shapes in (module.inputs, module.outputs)]
    more = [", …" * (len(shapes) > 3) for shapes in (module.inputs, module.outputs)]
    return " → ".join(a + b for a, b in zip(sides, more, strict=True)) if all(sides) else ""


def module_size(node: Node) -> list[str]:
    """How many operations the box of a module stands for, how many numbers its parameters hold, and
    what it keeps for the backward pass.
    """
    module = node.module
    told = [counted(module.operations, "operation")]
    if module.parameters:
        each = " each" if module.times > 1 else ""
        told.append(f"{counted(module.parameters, 'parameter')}{each}")
    kept = sum(one.size for one in node.kept if one.role != "leaf")
    if node.freed:
        told.append("saved tensors freed")
    elif kept:
        told.append(f"saves {'at least ' if node.opaque else ''}{size(kept)}")
    elif node.opaque:
        told.append("saves what cannot be seen")
    return told


def norms(module: Module, passed: Sequence[ScopeGradient]) -> list[str]:
    """How large the gradients were at the box of a module: Euclidean norms. At that of several what
    arrived at the last, and what the first sent.
    """
    if not passed:
        return []
    first = passed[module.scope]
    last = first if module.last_scope is None else passed[module.last_scope]
    pairs = [(last.arrived, "arrived"), (first.sent, "sent")]
    told = [f"{number(one)} {word}" for one, word in pairs if one is not None]
    lines = [f"norm {', '.join(told)}"] if told else []
    if first.parameters is not None and module.times == 1:
        lines.append(f"norm {number(first.parameters)} to its parameters")
    return lines


def _names(names: list[str]) -> str:
    """One name, two or three, or the first two and how many more."""
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return joined(names)


def joined(names: list[str]) -> str:
    """``"a, b and c"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(number: int, word: str, plural: str = "") -> str:
    """A number and a word: "1 operation", "2 operations"."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of cells as aligned lines. A row may be shorter than the others."""
    columns = max((len(row) for row in rows), default=0)
    cells = [[row[i] for row in rows if len(row) > i and len(row) > 1] for i in range(columns)]
    widths = [max(map(len, column), default=0) for column in cells]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def lost(attribute: str, name: str, versions: tuple[int, ...], writer: str) -> list[str]:
    """Which saved value was written over, and by what, in lines of their own."""
    saved = f"saved {attribute} ({name})" if name else f"saved {attribute}"
    counted = "overwritten: version {} → {}".format(*versions) if versions else "overwritten"
    return [saved, counted, *([f"by {writer}"] if writer else [])]


def _lost(*details) -> str:
    saved, counted, *by = lost(*details)
    return ", ".join([f"{saved} {counted}", *by])


def born_back(kinds: tuple[str, ...]) -> str:
    """What is born in an operation: "nan is born here"."""
    return f"{joined(list(kinds))} {'is' if len(kinds) == 1 else 'are'} born here"


def born_of(
    kind: str,
    count: int | None,
    size: int,
    arrived: float | None = None,
    local: float | None = None,
    told: bool = True,
) -> str:
    """How a gradient came to be not finite, at one of its numbers: "0 · inf = nan, in 3 of 9".
    ``told`` says whether the product of what arrived and the local derivative tells it.
    """
    parts = []
    if arrived is not None and local is not None:
        factor = number(local)
        factor = f"({factor})" if factor.startswith("-") else factor
        product = f"{number(arrived)} · {factor}"
        is_sudden = math.isfinite(arrived) and math.isfinite(local)
        if told:
            parts.append(f"{product} {'overflows to' if is_sudden else '='} {kind}")
        else:
            parts.append(f"{product} is not {kind}: a hook may have changed what was sent")
    if count is not None and size > 1:
        parts.append(f"in {count:,} of {size:,}")
    return ", ".join(parts)


def addends(kind: str, parts: tuple[Value, ...]) -> str:
    """A sum of numbers that is not finite: "inf + (-inf) = nan"; empty where it has others, and
    without parts what else it may be.
    """
    if not parts:
        return "a hook may have changed what was sent"
    if len(parts) > MOST_SAME or any(part.number is None for part in parts):
        return ""
    first, *rest = (number(part.number) for part in parts)
    signed = (f"({one})" if one.startswith("-") else one for one in rest)
    return f"{' + '.join([first, *signed])} = {kind}"


WORDS = {
    Fact.FROZEN: lambda: "frozen: requires_grad=False",
    Fact.OUTPUT: "output {} of {}".format,
    Fact.OVERWRITTEN: "overwritten since: version {} → {}".format,
    Fact.MAY_BE_NEWER: lambda: "as it is now",
    Fact.DETACHED: "detached from {}".format,
    Fact.MADE: "made from {} {} {}".format,
    Fact.SHARES_MEMORY: "shares memory with {}".format,
    Fact.INFERENCE: lambda: "inference tensor",
    Fact.WROTE: "wrote in place: version {} → {}".format,
    Fact.SAVED_OVERWRITTEN: _lost,
    Fact.CONTINUES: lambda: "continues, not drawn",
    Fact.AFTER_ALL: "after all {}".format,
    Fact.OF_EACH: "{} of each of the {} copies".format,
    Fact.GROWS: "{} {}, {} … {}".format,
    Fact.OWN_NUMBER: lambda *three: "own number: {}, {} … {}".format(
        *(exact(one.number) for one in three)
    ),
    Fact.SUMMED: "summed {} → {}".format,
    Fact.CAST: "cast {} → {}".format,
    Fact.HOOKED: lambda expected, found: f"a hook changed {brief(expected)} to {brief(found)}",
    Fact.HOOKED_GRAD: lambda expected, found: (
        f"a hook changed .grad from {brief(expected)} to {brief(found)}"
    ),
    Fact.NOTHING_ARRIVED: lambda: "nothing arrived",
    Fact.NOT_ACCUMULATED: lambda: "frozen: not accumulated",
    Fact.POST_HOOK: lambda: "in backward() a hook of yours runs after that, and may change .grad",
    Fact.DO_NOT_FIT: lambda: "values do not fit: one overwritten",
    Fact.NOT_THE_PRODUCT: lambda expected, found: (
        f"sent {brief(found)}, where local × arriving is {brief(expected)}"
    ),
    Fact.NOT_THE_SUM: lambda expected, found: (
        f"{brief(found)} arrived, where {brief(expected)} was sent"
    ),
    Fact.NOT_THE_GRAD: lambda expected, found: (
        f".grad is {brief(found)}, where the pass gives {brief(expected)}"
    ),
    Fact.UNDERFLOWED: lambda before, after: f"{brief(before)} underflows to {brief(after)}",
    Fact.OVERFLOWED: lambda before, after: f"{brief(before)} overflows to {brief(after)}",
    Fact.ELSEWHERE: lambda: "not in this graph",
    Fact.RAN_ELSEWHERE: lambda line: line or "what made it",
    Fact.RAN_AGAIN: lambda: "checkpoint: its forward ran again",
    Fact.BORN: lambda kind, certain: f"{kind} is born here{'' if certain else ' or before'}",
    Fact.BORN_BACK: lambda *kinds: f"{born_back(kinds)} on the way back",
    Fact.BORN_OF: lambda kind, *details: ": ".join(
        [f"{kind} is born here", *filter(None, [born_of(kind, *details)])]
    ),
    Fact.BORN_IN_SUM: lambda kind, parts: ": ".join(
        [
            f"{kind} is born {'in this sum' if parts else 'here'}",
            *filter(None, [addends(kind, parts)]),
        ]
    ),
    Fact.BORN_OUTSIDE: "{} is born in {}(), {}".format,
    Fact.BORN_BEFORE: "{} since a value or a number of the forward pass is not finite".format,
    Fact.FUNCTION_NOT_ASKED: lambda: "a Function in Python is not asked",
    Fact.PACKED_NOT_ASKED: lambda: "packed by a hook: not asked",
    Fact.NOT_TWICE_DIFFERENTIABLE: lambda: "its backward has no derivative",
}
