"""A graph as lines of text: for a terminal, a screen reader, a diff, and a page that shows no
pictures.
"""

from autograd_seen.graph import Branch, Graph, Group, Node
from autograd_seen.show import words
from autograd_seen.show.maths import Readings

Row = tuple[str, ...]


def describe(graph: Graph, readings: Readings | None = None) -> str:
    """A line for each tensor, inputs first: what it is, its role, its value and the node that made
    it.
    """
    readings = Readings(graph) if readings is None else readings
    rows = {node.key: _row(node, readings) for node in graph.nodes if node.kind == "tensor"}
    blocks = _blocks(graph, rows, graph.tree)
    return "\n".join([*_head(graph), *words.table([row for block in blocks for row in block])])


def describe_saved(graph: Graph, readings: Readings) -> str:
    """A line for each tensor that an operation keeps for the backward pass, and their sum."""
    rows = [
        (readings[node.key].expression if i == 0 else "", words.kept(one))
        for node in graph.nodes
        for i, one in enumerate(node.kept)
    ]
    several = [node.count for node in graph.nodes if node.count > 1] or graph.groups
    first = ["of what repeats the first is listed, and all are summed"] if several else []
    return "\n".join([*words.table(rows), *first, words.memory(graph)])


def heading(graph: Graph) -> str:
    """What a graph is of, how many operations it has, and in how many boxes these are drawn."""
    count, boxes = graph.count(), sum(node.kind == "operation" for node in graph.nodes)
    folded = f", drawn in {words.counted(boxes, 'box', 'boxes')}" if boxes < count else ""
    operations = words.counted(count, "operation")
    return f"Graph of {graph.nodes[graph.root].name}: {operations}{folded}"


def _head(graph: Graph) -> list[str]:
    lines = [heading(graph)]
    if graph.limit is not None:
        last = "operation is" if graph.limit == 1 else f"{graph.limit} operations are"
        lines.append(f"… continues, not drawn: only the last {last}")
    return lines


def _blocks(graph: Graph, rows: dict[int, Row], branches: tuple[Branch, ...]) -> list[list[Row]]:
    """The rows in order, those of a repeated block together, behind a line that says how often it
    occurs.
    """
    parts, left = [], dict(rows)
    for branch in branches:
        nodes = set(branch.group.nodes)
        # What a block's operation makes stands with the block, also where it is what comes out in
        # the end.
        held = [key for key in left if _homes(graph, key) & nodes]
        within = {key: left.pop(key) for key in held}
        lines = [row for block in _blocks(graph, within, branch.inner) for row in block]
        parts.append((branch.group.nodes[-1], _framed(graph, branch.group, lines)))
    parts += [(key, [row]) for key, row in left.items()]
    return [part for _, part in sorted(parts, key=lambda pair: pair[0])]


def _framed(graph: Graph, group: Group, rows: list[Row]) -> list[Row]:
    """The rows of a repeated block between its first line and its last."""
    head = f"╭ {group.times} times this block; {words.carried(graph, group)}"
    if group.module is not None:
        named = words.module_told(group.module)
        head = f"╭ {named}" if group.times == 1 else f"{head}; the first is {named}"
    return [(head,), *((f"│ {row[0]}", *row[1:]) for row in rows), ("╰",)]


def _homes(graph: Graph, key: int) -> set[int]:
    maker = graph.maker(key)
    return {key} if maker is None else {key, maker.key}


def _row(node: Node, readings: Readings) -> Row:
    maker = readings.graph.maker(node.key)
    shape = "" if node.shape == () and node.dtype == "float32" else _shape(node)
    facts = _made_by(maker) if maker is not None and maker.kind == "operation" else []
    facts += [f".grad = {words.grad(node)}"] if node.grad is not None else []
    facts += words.notes(node.notes)
    facts += [maker.line] if maker is not None and maker.line else []
    value = words.value(node) or "value not kept"
    return _equation(node, maker, readings), node.role, shape, value, "; ".join(facts)


def _equation(node: Node, maker: Node | None, readings: Readings) -> str:
    if maker is None:
        return node.name
    made = readings[maker.key].expression if maker.kind == "operation" else "…"
    return f"{node.name} = {made}"


def _made_by(maker: Node) -> list[str]:
    raises = [words.RAISES] if maker.raises else []
    if maker.module is not None:
        told = ", ".join([words.module_kind(maker.module), *words.module_size(maker)])
        return [told, *raises, *words.notes(maker.notes)]
    return [f"{maker.class_name} {words.saves(maker)}", *raises, *words.notes(maker.notes)]


def _shape(node: Node) -> str:
    shape = "shape unknown" if node.shape is None else str(node.shape)
    return shape if node.dtype in ("float32", "") else f"{shape} {node.dtype}"
