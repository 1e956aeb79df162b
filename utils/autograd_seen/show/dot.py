"""A graph in DOT, for Graphviz and everything else that reads it."""

from collections.abc import Iterable, Iterator

import graphviz

from autograd_seen.graph import Branch, Graph
from autograd_seen.show import theme
from autograd_seen.show.content import BLANK, SHOWN, Content, EdgeText, Line
from autograd_seen.values import clip

SHAPES = {
    "leaf": f"shape=ellipse penwidth={theme.STROKES['leaf']}",
    "intermediate": "shape=ellipse",
    "root": "shape=ellipse peripheries=2",
    "constant": "shape=ellipse style=dashed",
    "operation": "shape=box style=rounded",
    "module": f"shape=box style=rounded penwidth={theme.STROKES['module']}",
    "raises": f"shape=box penwidth={theme.STROKES['raises']}",
    "born": "shape=box peripheries=2",
    "freed": "shape=box style=dashed",
    "cut": "shape=box style=dotted",
}
BORDER = "style=dashed color=gray50 fontcolor=gray40"
FONT = "Helvetica"
CLUSTER = 'labeljust=l style="rounded,dashed"'
#: A graph in which more operations than this lie one after the other is drawn downwards.
WIDE = 4


def to_dot(graph: Graph, content: Content, direction: str = "auto") -> str:
    """A graph, with what a picture says, in DOT. Needs no layout and no program."""
    look = f"label={_quoted(_title(graph))} rankdir={rankdir(graph, direction)}"
    head = f"digraph autograd {{\n\tgraph [{look}]\n\tnode [fontname={FONT}]\n"
    return "".join([head, *_statements(graph, content), "}\n"])


def to_graphviz(graph: Graph, content: Content, direction: str = "auto") -> graphviz.Digraph:
    """The same as a ``graphviz.Digraph``, which can be changed and rendered."""
    label = graphviz.escape(_title(graph))
    return graphviz.Digraph(
        "autograd",
        graph_attr={"label": label, "rankdir": rankdir(graph, direction)},
        node_attr={"fontname": FONT},
        # Digraph.node and Digraph.edge would take three times as long.
        body=list(_statements(graph, content)),
    )


def _title(graph: Graph) -> str:
    return f"Computation graph of {clip(graph.nodes[graph.root].name, SHOWN)}"


def _statements(graph: Graph, content: Content) -> Iterator[str]:
    yield from _nodes(content)
    if graph.groups:
        yield from _clusters(graph.tree, content, "\t")
    yield from _edges(graph, content)


def rankdir(graph: Graph, direction: str = "auto") -> str:
    """What ``direction`` says, "LR" or "TB"; left to itself "LR" where at most ``WIDE`` operations
    lie one after the other.
    """
    if direction != "auto":
        return "TB" if direction == "down" else "LR"
    if len([node for node in graph.nodes if node.kind != "tensor"]) <= WIDE:
        return "LR"
    depths: list[int] = []
    for node in graph.nodes:
        before = max([depths[edge.source] for edge in graph.inputs(node.key)], default=0)
        depths.append(before + (node.kind != "tensor"))
        if depths[-1] > WIDE:
            return "TB"
    return "LR"


def _nodes(content: Content) -> Iterator[str]:
    for key, text in enumerate(content.nodes):
        if text.style == "label":
            continue
        said = f"label={_label(text.lines)} tooltip={_quoted(text.tip)}"
        yield f"\tn{key} [{said} {SHAPES[text.style]}]\n"


def _edges(graph: Graph, content: Content) -> Iterator[str]:
    for edge, text in zip(graph.edges, content.edges, strict=True):
        source, lines, tip = edge.source, text.lines, ""
        if content.nodes[edge.target].style == "label":
            continue
        if content.nodes[source].style == "label":
            # One edge, from what made the tensor to what uses it.
            lines, tip = (*content.nodes[source].lines, *lines), content.nodes[source].tip
            source = graph.inputs(source)[0].source
        yield f"\tn{source} -> n{edge.target}{_edge_look(text, lines, tip)}\n"


def _edge_look(text: EdgeText, lines: tuple[Line, ...], tip: str) -> str:
    look = [f"headlabel={text.slot}"] if text.slot else []
    look += [] if text.tracked else [BORDER]
    look += [f"label={_label(lines)}"] if lines else []
    look += [f"labeltooltip={_quoted(tip)}"] if tip else []
    return f" [{' '.join(look)}]" if look else ""


def _clusters(branches: Iterable[Branch], content: Content, indent: str) -> Iterator[str]:
    """A cluster for each group, the inner ones inside the outer ones."""
    for branch in branches:
        label = _label(content.groups[branch.index].lines)
        if branch.group.module is None:
            label = _quoted(f"{branch.group.times} times, the first is shown")
        yield f"{indent}subgraph cluster{branch.index} {{\n"
        yield f"{indent}\tgraph [label={label} {CLUSTER}]\n"
        keys = [key for key in branch.group.nodes if content.nodes[key].style != "label"]
        yield from (f"{indent}\tn{key}\n" for key in keys)
        yield from _clusters(branch.inner, content, f"{indent}\t")
        yield f"{indent}}}\n"


def _label(lines: tuple[Line, ...]) -> str:
    return _quoted("\n".join([line.text for line in lines]).replace(BLANK, " "))


def _quoted(text: str) -> str:
    r"""A text in quotes, every character as itself: a backslash before N would stand for a name."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
