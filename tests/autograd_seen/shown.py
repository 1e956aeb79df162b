"""A graph and a recording as a reader meets them: the words that `show` makes of their facts."""

from dataclasses import dataclass, fields
from types import SimpleNamespace

from autograd_seen.graph import Graph, Node, Recording
from autograd_seen.show import words
from autograd_seen.show.maths import read


@dataclass(frozen=True)
class ShownNode:
    """A node with its texts: `name` is a tensor's name, or the title of an operation's box."""

    key: int
    kind: str
    role: str
    name: str
    expression: str
    ordered: bool
    class_name: str
    shape: tuple
    dtype: str
    value: str
    grad: str
    saved: tuple
    freed: bool
    raises: bool
    notes: tuple
    settings: tuple
    count: int
    line: str


def shown(graph: Graph) -> SimpleNamespace:
    """The graph with texts in its nodes."""
    kept = {one.name: getattr(graph, one.name) for one in fields(graph)}
    nodes = tuple(_node(graph, node) for node in graph.nodes)
    return SimpleNamespace(**kept | {"nodes": nodes})


def _node(graph: Graph, node: Node) -> ShownNode:
    name, expression, ordered = node.name, "", False
    if node.kind == "operation":
        reading = read(graph, node)
        name, expression, ordered = reading.title, reading.expression, reading.ordered
    elif node.kind == "cut":
        name = "…"
    plain = (
        "key",
        "kind",
        "role",
        "class_name",
        "shape",
        "dtype",
        "saved",
        "freed",
        "raises",
        "count",
    )
    return ShownNode(
        name=name,
        expression=expression,
        ordered=ordered,
        value=words.value(node) if node.kind == "tensor" else "",
        grad=words.grad(node),
        notes=tuple(words.notes(node.notes)),
        settings=tuple(f"{name}={value}" for name, value in node.settings),
        line=node.line,
        **{name: getattr(node, name) for name in plain},
    )


def number(value):
    """The one number that a value holds, else None."""
    return value.numbers[0] if value is not None and value.size == 1 and value.numbers else None


def shown_steps(recording: Recording) -> list[SimpleNamespace]:
    """The steps with texts for their gradients."""
    return [
        SimpleNamespace(
            node=step.node,
            arriving=tuple(map(words.told, step.arriving)),
            arriving_number=number(step.arriving[0]) if len(step.arriving) == 1 else None,
            before=words.told(step.before),
            after=words.told(step.after),
            notes=tuple(words.notes(step.notes)),
            flows=tuple(
                SimpleNamespace(
                    edge=flow.edge,
                    local="" if flow.local is None else words.told(flow.local),
                    sent=words.told(flow.sent),
                    local_number=number(flow.local),
                    sent_number=number(flow.sent),
                    gradient=flow.gradient,
                    notes=tuple(words.notes(flow.notes)),
                )
                for flow in step.flows
            ),
        )
        for step in recording.steps
    ]
