"""What a picture says in each box and beside each edge, before anything has a place."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from autograd_seen.arrange.labels import on_arrows
from autograd_seen.graph import (
    Arrival,
    Edge,
    EdgeGradient,
    Fact,
    Gradients,
    Graph,
    Group,
    Node,
    Note,
    Step,
)
from autograd_seen.show import theme, words
from autograd_seen.show.maths import Readings
from autograd_seen.values import Value, bracketed, clip, ending, endings, number

#: Characters that a box shows of a name or a class name, of a value, and of a note.
SHOWN, SHOWN_VALUE, SHOWN_NOTE = 26, 36, 38
#: Numbers of a vector that stand behind a name, and characters of a sum that stand on one line.
BESIDE_NAME, SHOWN_SUM = 4, 60
#: What is told of a graph that no pass went through.
NOT_PASSED = Gradients({}, {}, {})
#: A blank that no reader of SVG leaves out.
BLANK = "\u00a0"


class Line(NamedTuple):
    """One line of text: ``style`` is "strong", "plain", "muted", "mono", "local" or "back";
    ``size`` in pixels. One that is ``beside`` may stand behind the line before it.

    The row of a matrix has a style such as "local cells": all characters are equally wide.
    """

    text: str
    style: str
    size: float
    beside: bool = False


class NodeText(NamedTuple):
    """A node's lines, its style (a tensor's role, "label", "operation", "raises", "freed" or
    "cut"), and what a reader who points at it is told.

    A "label" stands on the arrow from what made the tensor to what uses it.
    """

    lines: tuple[Line, ...]
    style: str
    tip: str


class EdgeText(NamedTuple):
    """What stands beside an edge: the local derivative and the gradient sent, or what cut it.
    Behind a label that is all that is told of the gradient.

    ``slot`` is the input's number where the order of the inputs matters, else empty; ``back`` says
    that a gradient came back; ``tracked`` is False for a border.
    """

    lines: tuple[Line, ...]
    slot: str
    back: bool
    tracked: bool


class GroupText(NamedTuple):
    """The label of a repeated block's frame, and what a reader who points at it is told."""

    lines: tuple[Line, ...]
    tip: str


@dataclass(frozen=True)
class Content:
    """The texts of a graph, in the order of its nodes, edges and groups.

    ``recorded`` says whether a backward pass is among them.
    """

    nodes: tuple[NodeText, ...]
    edges: tuple[EdgeText, ...]
    groups: tuple[GroupText, ...]
    recorded: bool = False


def content(
    graph: Graph,
    gradients: Gradients | None = None,
    readings: Readings | None = None,
    saved: bool = False,
) -> Content:
    """What a picture of a graph says; with a pass through it, also what flowed back, and if asked
    for what each operation has saved.
    """
    readings = Readings(graph) if readings is None else readings
    passed = gradients or NOT_PASSED
    names = endings((node.name for node in graph.nodes if node.kind == "tensor"), SHOWN)
    labels = on_arrows(graph)
    return Content(
        tuple(
            _label_text(node, passed)
            if node.key in labels
            else _node_text(node, passed, readings, saved, names)
            for node in graph.nodes
        ),
        tuple(
            _edge_text(i, edge, passed, readings, edge.source in labels)
            for i, edge in enumerate(graph.edges)
        ),
        tuple(_group_text(graph, group) for group in graph.groups),
        gradients is not None,
    )


def minus(text: str) -> str:
    """Numbers with a true minus sign, as a page shows them."""
    return text.replace("-", "−")


# --- values ---------------------------------------------------------------------------------------


def value_lines(node: Node) -> list[Line]:
    """What a tensor holds, where that takes lines of its own: the rows of a matrix."""
    return _rows(node.value, words.value_suffix(node))


def _rows(
    value: Value | None, after: str = "", before: str = "", style: str = "cells"
) -> list[Line]:
    """The rows of a matrix of more than one, below one another as PyTorch prints them, with texts
    before the first and after the last; empty for any other value.
    """
    if value is None or len(value.rows) < 2:
        return []
    cells = [[minus(number(one)) for one in row] for row in value.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    last, lines = len(cells) - 1, []
    for i, row in enumerate(cells):
        aligned = bracketed(
            cell.rjust(width, BLANK) for cell, width in zip(row, widths, strict=True)
        )
        start = f"{before}[" if i == 0 else BLANK * (len(before) + 1)
        end = f"]{after}" if i == last else "," + BLANK * len(after)
        lines.append(Line(f"{start}{aligned}{end}", style, theme.NUMBER))
    return lines


def _told(value: Value | None, longest: int = SHOWN_VALUE) -> str:
    """A value on one line: numbers in all their digits, or at most so many characters."""
    told = words.told(value)
    return told if value is not None and value.numbers else clip(told, longest)


def _told_lines(before: str, value: Value | None, style: str, beside: bool = False) -> list[Line]:
    """A value behind a few characters: on one line, or as the rows of a matrix."""
    one_line = [Line(minus(before + _told(value)), style, theme.NUMBER, beside)]
    return _rows(value, before=before, style=f"{style} cells") or one_line


# --- nodes ----------------------------------------------------------------------------------------


def _node_text(
    node: Node, passed: Gradients, readings: Readings, saved: bool, names: dict[str, str]
) -> NodeText:
    if node.kind == "cut":
        tip = f"{node.class_name}, and what leads to it, is not drawn"
        notes = _muted(words.notes(node.notes))
        return NodeText((Line("…", "strong", theme.TITLE), *notes), node.role, tip)
    if node.module is not None:
        tip = f"{readings[node.key].expression}: {words.counted(node.count, 'operation')}"
        return NodeText(
            _module_lines(node, passed),
            "module" if _operation_style(node) == node.role else _operation_style(node),
            tip,
        )
    if node.kind == "operation":
        style = _operation_style(node)
        lines = (*_operation_lines(node, readings), *(_saved_lines(node) if saved else ()))
        return NodeText(lines, style, _operation_tip(node, readings))
    step = passed.leaves.get(node.key)
    # What becomes of .grad says what it held.
    lines = _tensor_lines(node, names[node.name], step is None or step.stays)
    lines += tuple(_arrived_lines(node, passed))
    if saved and node.role == "root":
        told = words.memory(readings.graph).split("; ")
        lines += tuple(Line(line, "plain", theme.NOTE) for line in told)
    style = "constant" if node.has(Fact.ELSEWHERE) else node.role
    return NodeText(lines, style, _tensor_tip(node))


def _operation_style(node: Node) -> str:
    if node.raises:
        return "raises"
    return "born" if node.is_birthplace else "freed" if node.freed else node.role


def _saved_lines(node: Node) -> list[Line]:
    """What an operation has saved, a line for each tensor."""
    return [Line(f"saves {words.kept(one)}", "plain", theme.NOTE) for one in node.kept]


def _tensor_tip(node: Node) -> str:
    shape = "shape unknown" if node.shape is None else f"shape {node.shape}"
    return f"{node.name}: {node.role}, {shape}, {node.dtype}"


def _label_text(node: Node, passed: Gradients) -> NodeText:
    """A tensor on its arrow: its value, or its shape where that says more."""
    value, rows = minus(words.value(node, SHOWN_VALUE)), value_lines(node)
    # A number, or a vector of few, tells its shape as well.
    whole = _stands_beside_name(node.value) and len(node.value.shape) < 2
    detail = [clip(str(node.shape), SHOWN)] if node.shape and not whole else []
    detail += [node.dtype] if node.dtype not in ("float32", "") else []
    lines = [Line(f"{node.name} = {value}" if whole else node.name, "strong", theme.NUMBER)]
    lines += [Line(" · ".join(detail), "plain", theme.NUMBER, beside=True)] if detail else []
    if not whole:
        lines += rows or ([Line(value, "plain", theme.NUMBER)] if value else [])
    lines += [*_muted(words.notes(node.notes)), *_grad_lines(node)]
    lines += _tangent_lines(node.key, passed) if passed.forward else []
    return NodeText(tuple(lines), "label", _tensor_tip(node))


def _stands_beside_name(value: Value | None) -> bool:
    """Whether a value stands behind the name: a number, a vector of few, a matrix of one row."""
    if value is None or not value.numbers:
        return False
    return len(value.rows) == 1 or (len(value.shape) < 2 and value.size <= BESIDE_NAME)


def _grad_lines(node: Node) -> list[Line]:
    if node.grad is None:
        return []
    if not str(node.grad):
        return [Line(".grad = set", "plain", theme.NUMBER)]
    return _told_lines(".grad = ", node.grad, "plain")


def _muted(notes: list[str]) -> list[Line]:
    return [Line(minus(clip(note, SHOWN_NOTE)), "muted", theme.NOTE) for note in notes]


def _operation_lines(node: Node, readings: Readings) -> tuple[Line, ...]:
    notes = ["saved tensors freed"] if node.freed else []
    notes += ["recomputed by a checkpoint"] if node.recomputed else []
    born = []
    for note in node.notes:
        if note.fact in (Fact.BORN, Fact.BORN_BACK):
            born.append(_born_line(note))
            continue
        is_lost = note.fact is Fact.SAVED_OVERWRITTEN
        notes += words.lost(*note.details) if is_lost else words.notes([note])
    class_name = node.class_name.removeprefix("torch::autograd::")
    return (
        *[Line(minus(text), "strong", theme.TITLE) for text in _listed(readings[node.key].title)],
        *[Line(text, "mono", theme.CLASS, beside=True) for text in _listed(class_name)],
        *([Line(words.RAISES, "strong", theme.NOTE)] if node.raises else []),
        *born,
        *_muted(notes),
    )


def _born_line(note: Note) -> Line:
    if note.fact is Fact.BORN:
        return Line(minus(words.note(note)), "strong", theme.NOTE)
    return Line(minus(f"◂ {words.born_back(note.details)}"), "back", theme.NUMBER)


def _module_lines(node: Node, passed: Gradients) -> tuple[Line, ...]:
    """The box of a module: its name, its class, what it takes and gives, how large it is, and how
    large the gradients were.
    """
    module = node.module
    born = [note for note in node.notes if note.fact in (Fact.BORN, Fact.BORN_BACK)]
    lost = [line for note in node.notes if note not in born for line in words.lost(*note.details)]
    name = [words.module_name(module)] if module.name else []
    shapes = words.module_shapes(module)
    return (
        *(Line(ending(text, SHOWN_NOTE), "strong", theme.NAME) for text in name),
        Line(words.module_kind(module), "mono", theme.CLASS + 0.5, beside=True),
        *([Line(shapes, "plain", theme.NUMBER)] if shapes else []),
        *(Line(text, "muted", theme.NOTE, True) for text in words.module_size(node)),
        *([Line(words.RAISES, "strong", theme.NOTE)] if node.raises else []),
        *_muted(lost),
        *map(_born_line, born),
        *(Line(f"◂ {text}", "back", theme.NUMBER) for text in words.norms(module, passed.scopes)),
    )


def _operation_tip(node: Node, readings: Readings) -> str:
    tip = f"{readings[node.key].expression}: {node.class_name} {words.saves(node)}"
    return f"{tip}\n{node.line}" if node.line else tip


def _listed(text: str) -> list[str]:
    """A name on one line, shortened; several, with commas between them, on as many lines as they
    need.
    """
    if ", " not in text:
        return [clip(text, SHOWN)]
    lines: list[str] = []
    for name in text.split(", "):
        if lines and len(lines[-1]) + len(name) + 3 <= SHOWN_NOTE:
            lines[-1] += f", {name}"
        else:
            lines.append(clip(name, SHOWN))
    return [line + "," for line in lines[:-1]] + lines[-1:]


def _tensor_lines(node: Node, name: str, with_grad: bool) -> tuple[Line, ...]:
    value, rows = minus(words.value(node, SHOWN_VALUE)), value_lines(node)
    numbers = node.value is not None and bool(node.value.numbers)
    beside_name = _stands_beside_name(node.value)
    beside_name |= bool(value) and not numbers and not words.is_range(value)
    first = f"{name} = {value}" if beside_name else name
    detail = [clip(str(node.shape), SHOWN)] if node.shape else []
    detail += [node.dtype] if node.dtype not in ("float32", "") else []
    detail += [value] if value and not beside_name and not rows else []
    notes = words.notes(node.notes) + ([] if value else ["value not kept"])
    said = " · ".join([node.role, *[clip(note, SHOWN_NOTE) for note in notes]])
    lines = [Line(first, "strong", theme.NAME)]
    lines += [Line(" · ".join(detail), "plain", theme.NUMBER, beside=True)] if detail else []
    lines += [*rows, Line(said, "muted", theme.NOTE, beside=not rows)]
    return (*lines, *(_grad_lines(node) if with_grad else []))


def _arrived_lines(node: Node, passed: Gradients) -> list[Line]:
    """The gradient of a tensor, under its value."""
    last = passed.last or NOT_PASSED
    if node.key in passed.leaves:
        lines = _leaf_lines(passed.leaves[node.key], passed.accumulated)
        if node.key in last.leaves:
            lines.append(_in_last("◂", last.leaves[node.key].arriving[0], "back"))
        return lines
    if passed.forward:
        return _tangent_lines(node.key, passed)
    if node.key in passed.arrived:
        arrival = passed.arrived[node.key]
        lines = [*_told_lines("◂ ", arrival.gradient, "back", True), *_back(arrival.notes)]
        if node.key in last.arrived:
            lines.append(_in_last("◂", last.arrived[node.key].gradient, "back"))
        return lines
    return []


def _tangent_lines(key: int, passed: Gradients) -> list[Line]:
    """The tangent of a tensor, which travels with its value."""
    if key not in passed.arrived:
        return []
    arrival = passed.arrived[key]
    if arrival.gradient is None:
        known = [Line(f"▸ {words.NOT_KNOWN}", "back", theme.NUMBER, beside=True)]
    else:
        known = _told_lines("▸ ", arrival.gradient, "back", True)
    return [*known, *_back(arrival.notes)]


def _back(notes: Iterable[Note]) -> list[Line]:
    return [Line(minus(text), "back", theme.NUMBER) for text in words.notes(notes)]


def _leaf_lines(step: Step, accumulated: bool) -> list[Line]:
    """What arrived at a leaf, and what became of ``.grad``, or would have."""
    if step.arriving[0] is None:
        return [Line("◂ None: nothing arrived", "back", theme.NUMBER, beside=True)]
    if step.stays:
        lines = _told_lines("◂ ", step.arriving[0], "back", True)
    elif accumulated:
        lines = _sum_lines("◂ .grad = ", step)
    else:
        # On a line of its own, so that the oval is no wider than after a pass that accumulates.
        lines = [Line(".grad would be", "back", theme.NUMBER), *_sum_lines("◂ ", step)]
    return [*lines, *_back(step.notes)]


def _sum_lines(start: str, step: Step) -> list[Line]:
    """What ``.grad`` held, what arrived, and their sum: on one line, or below one another."""
    (arriving,) = step.arriving
    if step.before is None:
        return _told_lines(start, step.after, "back", True)
    before, added, after = (_told(value, SHOWN) for value in (step.before, arriving, step.after))
    told = f"{start}{before} + {added} = {after}"
    if len(told) <= SHOWN_SUM and not (len(step.after.rows) > 1 or len(arriving.rows) > 1):
        return [Line(minus(told), "back", theme.NUMBER, beside=True)]
    indent = start[:-2]
    below = (("+ ", arriving), ("= ", step.after))
    first = _told_lines(start, step.before, "back")
    signs = [_told_lines(BLANK * len(indent) + sign, value, "back") for sign, value in below]
    return [*first, *(line for lines in signs for line in lines)]


# --- edges and frames -----------------------------------------------------------------------------


def _edge_text(
    index: int, edge: Edge, passed: Gradients, readings: Readings, from_label: bool
) -> EdgeText:
    flow = passed.flows.get(index)
    lines = _border_lines(edge) if flow is None else _flow_lines(flow, passed.forward)
    if passed.last is not None:
        lines += _last_flow_lines(passed.last.flows.get(index))
    if from_label and edge.source in passed.arrived and not passed.forward:
        several = flow is not None and flow.ways > 1
        # What arrived is their sum.
        lines = () if several else lines
        lines += _other_lines(None if several else flow, passed.arrived[edge.source])
    from_operation = readings.graph.nodes[edge.source].kind == "operation"
    back = _came_back(index, edge.target if from_operation else None, passed)
    return EdgeText(lines, _slot(edge, readings), back, edge.tracked)


def _border_lines(edge: Edge) -> tuple[Line, ...]:
    """What cut the graph here."""
    return (Line(clip(edge.border, SHOWN), "muted", theme.SMALL),) if edge.border else ()


def _flow_lines(flow: EdgeGradient, forward: bool) -> tuple[Line, ...]:
    """The local derivative and the gradient sent."""
    if flow.ways > 1:
        return (Line(f"◂ {flow.ways} gradients", "back", theme.NUMBER),)
    local = []
    if flow.local is not None:
        local = _told_lines("× ", flow.local, "local")
    elif flow.jacobian is not None:
        local = _jacobian_lines(flow.jacobian)
    sent = [Line(f"◂ {words.NOT_DEFINED}", "back", theme.NUMBER, beside=True)]
    if forward:
        sent = _product_lines(flow)
    elif flow.sent is not None:
        sent = _told_lines("◂ ", flow.sent, "back", True)
    return (*local, *sent, *_flow_notes(flow.notes))


def _flow_notes(notes: Iterable[Note]) -> list[Line]:
    """Notes beside an edge. That something is born stands in the box: here stands how."""
    told = [
        (minus(words.born_of(*one.details)), "back")
        if one.fact is Fact.BORN_OF
        else (words.note(one), "muted")
        for one in notes
    ]
    return [Line(text, style, theme.SMALL) for text, style in told if text]


def _last_flow_lines(flow: EdgeGradient | None) -> tuple[Line, ...]:
    """What went along the same edge in the last copy, of which the first is drawn."""
    if flow is None:
        return ()
    local = [] if flow.local is None else [_in_last("×", flow.local, "local")]
    return (*local, _in_last("◂", flow.sent, "back", beside=bool(local)))


def _in_last(sign: str, value: Value | None, style: str, beside: bool = False) -> Line:
    told = clip(words.brief(value), SHOWN_VALUE)
    return Line(minus(f"in the last {sign} {told}"), style, theme.SMALL, beside)


def _product_lines(flow: EdgeGradient) -> list[Line]:
    """What the tangent of an input gives at the results of an operation."""
    if flow.parts or flow.sent is None:
        told = f"({', '.join(map(words.tangent, flow.parts))})" if flow.parts else words.NOT_KNOWN
        return [Line(minus(f"▸ {clip(told, SHOWN_VALUE)}"), "back", theme.NUMBER, beside=True)]
    return _told_lines("▸ ", flow.sent, "back", True)


def _jacobian_lines(jacobian: Value) -> list[Line]:
    told = minus(f"J = {words.jacobian(jacobian)}")
    one_line = [Line(told, "local", theme.NUMBER)]
    if words.is_identity(jacobian):
        return one_line
    return _rows(jacobian, before="J = ", style="local cells") or one_line


def _other_lines(flow: EdgeGradient | None, arrival: Arrival) -> tuple[Line, ...]:
    """What an arrival tells beside what was sent: after one use these are the same gradient, unless
    a hook has changed it.
    """
    known = flow is not None and words.told(flow.sent) == words.told(arrival.gradient)
    lines = [] if known else _told_lines("◂ ", arrival.gradient, "back")
    return (*lines, *_back(arrival.notes))


def _came_back(index: int, result: int | None, passed: Gradients) -> bool:
    """Whether a gradient came back along an edge, which may lead to the result of an operation."""
    if passed.forward:
        return False
    if index in passed.flows:
        return passed.flows[index].sent is not None
    return result in passed.arrived and passed.arrived[result].gradient is not None


def _slot(edge: Edge, readings: Readings) -> str:
    """The input's number where the order of the inputs matters: a − b is not b − a."""
    target = readings.graph.nodes[edge.target]
    if edge.slot is None or target.kind != "operation" or not readings[target.key].ordered:
        return ""
    return str(edge.slot + 1)


def _group_text(graph: Graph, group: Group) -> GroupText:
    named: tuple[Line, ...] = ()
    if group.module is not None:
        module = group.module
        name = [ending(words.module_name(module), SHOWN_NOTE)] if module.name else []
        named = (
            *(Line(text, "strong", theme.NAME) for text in name),
            Line(words.module_kind(module), "mono", theme.CLASS, beside=True),
        )
        if group.times == 1:
            size = words.counted(module.operations, "operation")
            return GroupText(named, f"{words.module_name(module)}: {size}")
    repeats = [] if named else [Line(f"{group.times} times", "strong", theme.TITLE)]
    lines = (
        *named,
        *repeats,
        Line(f"the first of {group.times} is shown", "muted", theme.NOTE),
        *_muted(words.differs(group)),
    )
    return GroupText(lines, f"this block {group.times} times; {words.carried(graph, group)}")
