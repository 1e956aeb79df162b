"""A graph as lines of text: for a terminal, a screen reader, a diff, and a page that shows no pictures."""

from utils.graph import Graph, Node


def describe(graph: Graph) -> str:
    """A line for each tensor, inputs first: what it is, its role, its value and the node that made it."""
    makers = {e.target: graph.nodes[e.source] for e in graph.edges if graph.nodes[e.source].kind != "tensor"}
    rows = [_row(node, makers.get(node.key)) for node in graph.nodes if node.kind == "tensor"]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    count = sum(node.kind == "operation" for node in graph.nodes)
    lines = [f"Graph of {graph.nodes[graph.root].name}: {count} operation{'' if count == 1 else 's'}"]
    if graph.limit is not None:
        lines.append(f"… continues, not drawn: only the last {graph.limit} operations are")
    lines += ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def _row(node: Node, maker: Node | None) -> tuple[str, ...]:
    expression = node.name
    if maker is not None:
        expression += f" = {maker.expression or '…'}"
    shape = "" if node.shape == () and node.dtype == "float32" else _shape(node)
    facts = [_maker_facts(maker)] if maker is not None and maker.kind == "operation" else []
    facts += [f".grad = {node.grad}"] if node.grad else []
    facts += node.notes
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
