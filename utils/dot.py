"""A graph in DOT, for Graphviz and everything else that reads it."""

import graphviz

from utils.graph import Graph, Node, Recording
from utils.scene import SHOWN, compose
from utils.values import clip

SHAPES = {
    "leaf": {"shape": "ellipse", "penwidth": "2.4"},
    "intermediate": {"shape": "ellipse"},
    "root": {"shape": "ellipse", "peripheries": "2"},
    "constant": {"shape": "ellipse", "style": "dashed"},
    "operation": {"shape": "box", "style": "rounded"},
    "cut": {"shape": "box", "style": "dotted"},
}


def to_graphviz(graph: Graph, direction: str = "auto", recording: Recording | None = None) -> graphviz.Digraph:
    """The graph as a ``graphviz.Digraph``: its ``.source`` is DOT, and needs no program to be made."""
    scene = compose(graph, direction, recording)
    digraph = graphviz.Digraph(
        "autograd",
        graph_attr={"rankdir": "TB" if scene.down else "LR", "label": _root_label(graph)},
        node_attr={"fontname": "Helvetica"},
    )
    for node, box in zip(graph.nodes, scene.boxes, strict=True):
        label = "\n".join(line.text for line in box.lines)
        freed = {"style": "dashed"} if node.freed else {}
        digraph.node(
            f"n{node.key}", graphviz.escape(label), tooltip=graphviz.escape(box.tip), **(SHAPES[node.role] | freed)
        )
    for edge, route in zip(graph.edges, scene.routes, strict=True):
        shown = {"headlabel": route.label} if route.label else {}
        if route.flow is not None:
            shown["label"] = graphviz.escape("\n".join(line.text for line in route.flow.lines))
        digraph.edge(f"n{edge.source}", f"n{edge.target}", **shown)
    return digraph


def _root_label(graph: Graph) -> str:
    root: Node = graph.nodes[graph.root]
    return graphviz.escape(f"Computation graph of {clip(root.name, SHOWN)}")
