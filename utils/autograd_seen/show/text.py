"""A graph as lines of text: for a terminal, a screen reader, a diff, and a page that shows no
pictures.
"""

from autograd_seen.graph import Branch, Graph, Node
from autograd_seen.show import words
from autograd_seen.show.maths import read

Row = tuple[str, ...]


def describe(graph: Graph) -> str:
    """A line for each tensor, inputs first: what it is, its role, its value and the node that made
    it.
    """
    rows = {node.key: _row(graph, node) for node in graph.nodes if node.kind == "tensor"}
    blocks = _blocks(graph, rows, graph.tree)
    return "\n".join([*_head(graph), *words.table([row for block in blocks for row in block])])


def _head(graph: Graph) -> list[str]:
    count, boxes = graph.count(), sum(node.kind == "operation" for node in graph.nodes)
    folded = f", drawn in {words.counted(boxes, 'box', 'boxes')}" if boxes < count else ""
    operations = words.counted(count, "operation")
    lines = [f"Graph of {graph.nodes[graph.root].name}: {operations}{folded}"]
    if graph.limit is not None:
        drawn = (
            "the last operation is"
            if graph.limit == 1
            else f"the last {graph.limit} operations are"
        )
        lines.append(f"… continues, not drawn: only {drawn}")
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
        within = {key: left.pop(key) for key in rows if key in left and _homes(graph, key) & nodes}
        lines = [row for block in _blocks(graph, within, branch.inner) for row in block]
        head = f"╭ {branch.group.times} times this block; {words.carried(graph, branch.group)}"
        framed = [(head,), *((f"│ {row[0]}", *row[1:]) for row in lines), ("╰",)]
        parts.append((branch.group.nodes[-1], framed))
    parts += [(key, [row]) for key, row in left.items()]
    return [part for _, part in sorted(parts, key=lambda pair: pair[0])]


def _homes(graph: Graph, key: int) -> set[int]:
    maker = graph.maker(key)
    return {key} if maker is None else {key, maker.key}


def _row(graph: Graph, node: Node) -> Row:
    maker = graph.maker(node.key)
    expression, facts = node.name, []
    if maker is not None and maker.kind == "operation":
        expression += f" = {read(graph, maker).expression}"
        facts += [f"{maker.class_name} {words.saves(maker)}", *words.notes(maker.notes)]
    elif maker is not None:
        expression += " = …"
    facts += [f".grad = {words.grad(node)}"] if node.grad is not None else []
    facts += words.notes(node.notes)
    facts += [maker.line] if maker is not None and maker.line else []
    shape = "" if node.shape == () and node.dtype == "float32" else _shape(node)
    return expression, node.role, shape, words.held(node) or "value not kept", "; ".join(facts)


def _shape(node: Node) -> str:
    shape = "shape unknown" if node.shape is None else str(node.shape)
    return shape if node.dtype in ("float32", "") else f"{shape} {node.dtype}"
