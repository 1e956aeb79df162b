"""A graph as lines of text: for a terminal, a screen reader, a diff, and a page that shows no pictures."""

from utils.graph import Graph, Node, Recording


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


def step_rows(recording: Recording) -> list[tuple[str, ...]]:
    """A row for each step, under a row of headings: what arrived at a node, and what it did with it.

    An operation with several inputs has a row for each.
    """
    rows = [("step", "node", "gradient arriving", "local derivative", "gradient sent on", ".grad now")]
    nodes, edges = recording.graph.nodes, recording.graph.edges
    for number, step in enumerate(recording.steps, 1):
        node = nodes[step.node]
        arriving = "; ".join([", ".join(step.arriving), *step.notes])
        if node.kind == "tensor":
            rows.append((str(number), f"leaf {node.name}", arriving, "", "", _grad_now(step)))
            continue
        head = (str(number), f"{node.name} {node.class_name}", arriving)
        for flow in step.flows:
            sent = "; ".join([f"{flow.sent} to {nodes[edges[flow.edge].source].name}", *flow.notes])
            rows.append((*head, flow.local or "not one number", sent, ""))
            head = ("", "", "")
    return rows


def describe_steps(recording: Recording) -> str:
    """The steps of a backward pass as a table of aligned text."""
    rows = step_rows(recording)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _grad_now(step) -> str:
    held = "" if step.before in ("None", step.after) else f"{step.before} + {step.arriving[0]} = "
    return held + step.after
