"""A graph as lines of text: for a terminal, a screen reader, a diff, and a page that shows no
pictures.
"""

from autograd_seen.graph import Graph, Group, Node


def describe(graph: Graph) -> str:
    """A line for each tensor, inputs first: what it is, its role, its value and the node that made
    it.
    """
    makers = {
        e.target: graph.nodes[e.source]
        for e in graph.edges
        if graph.nodes[e.source].kind != "tensor"
    }
    rows = {
        node.key: _row(node, makers.get(node.key)) for node in graph.nodes if node.kind == "tensor"
    }
    # What a block's operation makes stands with the block, also where it is what comes out in the
    # end.
    homes = {key: {key} | ({makers[key].key} if key in makers else set()) for key in rows}
    rows = [row for block in _blocks(graph, rows, homes, graph.groups) for row in block]
    widths = [max((len(row[i]) for row in rows if len(row) > 1), default=0) for i in range(5)]
    count, boxes = graph.count(), sum(node.kind == "operation" for node in graph.nodes)
    folded = f", drawn in {boxes} box{'' if boxes == 1 else 'es'}" if boxes < count else ""
    lines = [
        f"Graph of {graph.nodes[graph.root].name}: {count} operation{'' if count == 1 else 's'}{folded}"
    ]
    if graph.limit is not None:
        drawn = (
            "the last operation is"
            if graph.limit == 1
            else f"the last {graph.limit} operations are"
        )
        lines.append(f"… continues, not drawn: only {drawn}")
    lines += [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _blocks(
    graph: Graph, rows: dict, homes: dict[int, set], groups: tuple[Group, ...]
) -> list[list[tuple]]:
    """The rows in order, those of a repeated block together, behind a line that says how often it
    occurs.
    """
    outer = [
        group
        for group in groups
        if not any(set(group.nodes) < set(other.nodes) for other in groups)
    ]
    parts, left = [], dict(rows)
    for group in outer:
        within = {
            key: left.pop(key) for key in rows if key in left and homes[key] & set(group.nodes)
        }
        inner = tuple(other for other in groups if set(other.nodes) < set(group.nodes))
        lines = [row for block in _blocks(graph, within, homes, inner) for row in block]
        taken = [
            f"{graph.nodes[after].name} for {graph.nodes[before].name}"
            for before, after in group.carries
        ]
        head = f"╭ {group.times} times this block; each next one takes {' and '.join(taken)}"
        parts.append(
            (group.nodes[-1], [(head,), *((f"│ {row[0]}", *row[1:]) for row in lines), ("╰",)])
        )
    parts += [(key, [row]) for key, row in left.items()]
    return [part for _, part in sorted(parts, key=lambda pair: pair[0])]


def _row(node: Node, maker: Node | None) -> tuple[str, ...]:
    expression = node.name
    if maker is not None:
        expression += f" = {maker.expression or '…'}"
    shape = "" if node.shape == () and node.dtype == "float32" else _shape(node)
    facts = [_maker_facts(maker)] if maker is not None and maker.kind == "operation" else []
    facts += [f".grad = {node.grad}"] if node.grad else []
    facts += node.notes
    facts += [maker.line] if maker is not None and maker.line else []
    return expression, node.role, shape, node.value or "value not kept", "; ".join(facts)


def _shape(node: Node) -> str:
    shape = "shape unknown" if node.shape is None else str(node.shape)
    return shape if node.dtype in ("float32", "") else f"{shape} {node.dtype}"


def _maker_facts(maker: Node) -> str:
    if maker.freed:
        state = "has freed what it saved"
    elif maker.saved:
        state = f"saves {', '.join(maker.saved)}"
    else:
        state = "saves nothing"
    return "; ".join([f"{maker.class_name} {state}", *maker.notes])
