"""A graph in DOT, for Graphviz and everything else that reads it."""

import graphviz

from autograd_seen.graph import Graph, Group, Node
from autograd_seen.show.scene import SHOWN, Scene
from autograd_seen.values import clip

SHAPES = {
    "leaf": {"shape": "ellipse", "penwidth": "2.4"},
    "intermediate": {"shape": "ellipse"},
    "root": {"shape": "ellipse", "peripheries": "2"},
    "constant": {"shape": "ellipse", "style": "dashed"},
    "operation": {"shape": "box", "style": "rounded"},
    "cut": {"shape": "box", "style": "dotted"},
}


def to_graphviz(graph: Graph, scene: Scene) -> graphviz.Digraph:
    """A graph, with what its scene says, as a ``graphviz.Digraph``: its ``.source`` needs no
    program to be made.
    """
    digraph = graphviz.Digraph(
        "autograd",
        graph_attr={"rankdir": "TB" if scene.down else "LR", "label": _root_label(graph)},
        node_attr={"fontname": "Helvetica"},
    )
    for node, box in zip(graph.nodes, scene.boxes, strict=True):
        label = "\n".join(line.text for line in box.lines)
        freed = {"style": "dashed"} if node.freed else {}
        digraph.node(
            f"n{node.key}",
            graphviz.escape(label),
            tooltip=graphviz.escape(box.tip),
            **(SHAPES[node.role] | freed),
        )
    _clusters(digraph, list(enumerate(graph.groups)))
    for edge, route in zip(graph.edges, scene.routes, strict=True):
        shown = {"headlabel": route.label} if route.label else {}
        if not route.tracked:
            shown |= {"style": "dashed", "color": "gray50", "fontcolor": "gray40"}
        if route.flow is not None:
            shown["label"] = graphviz.escape("\n".join(line.text for line in route.flow.lines))
        digraph.edge(f"n{edge.source}", f"n{edge.target}", **shown)
    return digraph


def _clusters(parent: graphviz.Digraph, groups: list[tuple[int, Group]]) -> None:
    """A cluster for each group, the inner ones inside the outer ones."""
    for i, group in groups:
        if not any(set(group.nodes) < set(other.nodes) for _, other in groups):
            look = {
                "label": f"× {group.times}, the first is shown",
                "labeljust": "l",
                "style": "rounded,dashed",
            }
            with parent.subgraph(name=f"cluster{i}", graph_attr=look) as cluster:
                for key in group.nodes:
                    cluster.node(f"n{key}")
                _clusters(
                    cluster, [pair for pair in groups if set(pair[1].nodes) < set(group.nodes)]
                )


def _root_label(graph: Graph) -> str:
    root: Node = graph.nodes[graph.root]
    return graphviz.escape(f"Computation graph of {clip(root.name, SHOWN)}")
