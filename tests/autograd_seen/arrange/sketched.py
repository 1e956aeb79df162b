"""Graphs of plain data that several tests fold, and what every folded graph must keep."""

import itertools
import re
from collections import Counter

from autograd_seen.arrange import fold
from autograd_seen.graph import Edge, Graph, Node, Operator

from tests.autograd_seen.shown import shown


class Sketch:
    """Builds a graph of plain data: every function returns the key of a tensor."""

    def __init__(self):
        self.nodes, self.edges = [], []

    def tensor(self, role="leaf", name=None, shape=(2,), **facts):
        self.nodes.append(
            Node(
                len(self.nodes),
                "tensor",
                role,
                name or f"#{len(self.nodes)}",
                name is not None,
                shape=shape,
                **facts,
            )
        )
        return len(self.nodes) - 1

    def apply(self, word, *inputs, name=None, shape=(2,), **facts):
        key = len(self.nodes)
        made_by = f"{word.capitalize()}Backward0"
        facts = {"operator": Operator(word, word), "arity": len(inputs)} | facts
        self.nodes.append(Node(key, "operation", "operation", class_name=made_by, **facts))
        result = self.tensor("intermediate", name, shape)
        self.edges += [Edge(source, key, slot) for slot, source in enumerate(inputs)] + [
            Edge(key, result, 0)
        ]
        return result

    def graph(self):
        self.nodes[-1] = self.nodes[-1]._replace(role="root")
        return Graph(tuple(self.nodes), tuple(self.edges), len(self.nodes) - 1)


def boxes(graph):
    return [node.name for node in shown(graph).nodes if node.kind == "operation"]


def labels(graph):
    return [f"× {group.times}" for group in graph.groups]


def meaning(graph, numbers=True):
    """What the root computes, as one number: every operation and its inputs, each group as often as
    it says; without ``numbers``, all but which numbers they take.

    Written beside utils/fold.py and sharing nothing with it: a folded graph must mean what the
    whole one means."""
    nodes = graph.nodes

    def alike(name):
        return re.sub(r"\d+", "0", re.sub(r"^#\d+$", "", name))

    def value(key, values):
        if key not in values:
            node = nodes[key]
            assert node.role in ("leaf", "constant"), "an input comes too late"
            values[key] = hash(
                (node.role, alike(node.name), node.shape, node.dtype, node.grad is not None)
            )
        return values[key]

    def step(node, values):
        given = tuple(
            (e.slot, value(e.source, values)) for e in graph.edges if e.target == node.key
        )
        for e in (e for e in graph.edges if e.source == node.key):
            result, result_of = None, given
            for _ in range(node.count):
                facts = (
                    node.operator,
                    node.constants if numbers else tuple(slot for slot, _ in node.constants),
                    node.class_name,
                    node.settings,
                    node.saved,
                    node.freed,
                )
                result = hash(
                    (facts, result_of, e.slot, nodes[e.target].shape, nodes[e.target].dtype)
                )
                result_of = ((given[0][0], result),) if given else ()
            values[e.target] = result

    def run(operations, groups, values):
        outer = [
            group
            for group in groups
            if not any(set(group.nodes) < set(other.nodes) for other in groups)
        ]
        turns = [
            (node.key, node)
            for node in operations
            if not any(node.key in group.nodes for group in outer)
        ]
        turns += [(max(group.nodes), group) for group in outer]
        for _, turn in sorted(turns, key=lambda pair: pair[0]):
            if isinstance(turn, Node):
                step(turn, values)
                continue
            held = [node for node in operations if node.key in turn.nodes]
            entered = dict(values)
            for _ in range(turn.times):
                inside = dict(entered)
                run(held, [group for group in groups if set(group.nodes) < set(turn.nodes)], inside)
                entered |= {before: inside[after] for before, after in turn.carries}
            values |= {key: number for key, number in inside.items() if key not in values}

    values = {}
    run([node for node in nodes if node.kind == "operation"], list(graph.groups), values)
    return value(graph.root, values)


def times_of(graph, key):
    """How often a folded graph says that a node occurs."""
    times = 1
    for group in graph.groups:
        times *= group.times if key in group.nodes else 1
    return times


def check(graph):
    """Folds a graph and checks every property that a folded graph must have."""
    folded = fold.fold(graph)
    new = folded.graph
    assert fold.fold(graph) == folded, "another result the second time"
    assert [node.key for node in new.nodes] == list(range(len(new.nodes)))
    assert all(edge.source < edge.target for edge in new.edges)
    assert (len(folded.nodes), len(folded.edges)) == (len(new.nodes), len(new.edges))
    for node, old in zip(new.nodes, folded.nodes, strict=True):
        old = graph.nodes[old]
        assert (node.kind, node.role) == (old.kind, old.role) and old.class_name in [
            *node.class_name.split(", "),
            "",
        ]
        assert node.kind == "operation" or node.name == old.name
    for edge, place in zip(new.edges, folded.edges, strict=True):
        old = graph.edges[place]
        assert edge.slot == old.slot
        for one, two in ((edge.source, old.source), (edge.target, old.target)):
            assert graph.nodes[two].kind == new.nodes[one].kind
            assert graph.nodes[two].class_name in [*new.nodes[one].class_name.split(", "), ""]
    for one, two in itertools.combinations(new.groups, 2):
        assert set(two.nodes) < set(one.nodes) or not set(one.nodes) & set(two.nodes)
    assert new.count() == sum(node.kind == "operation" for node in graph.nodes)
    for role in ("leaf", "constant"):
        shown = sum(times_of(new, node.key) for node in new.nodes if node.role == role)
        assert shown == sum(node.role == role for node in graph.nodes), "a leaf is lost or invented"
    told = not any(group.numbers for group in new.groups)
    assert meaning(new, told) == meaning(graph, told), "the folded graph computes something else"
    named = [
        node.name
        for node in graph.nodes
        if node.kind == "tensor" and re.fullmatch(r"\w+", node.name)
    ]
    assert not Counter(named) - Counter(node.name for node in new.nodes), (
        "a variable is folded away"
    )
    assert new is graph or len(boxes(new)) < len(boxes(graph))
    return folded


def chain(words, **facts):
    sketch = Sketch()
    at = sketch.tensor(name="x")
    for i, word in enumerate(words):
        at = sketch.apply(word, at, **(facts.get(f"at_{i}", {})))
    return sketch.graph()


def layers(count=12, period=3, before=1, after=1, mutate=None):
    """A stack of equal layers with weights of their own and a shared one; ``mutate`` gets (layer,
    place, facts).
    """
    sketch = Sketch()
    at, scale = sketch.tensor(name="x"), sketch.tensor(name="scale")
    inner = {}
    for _ in range(before):
        at = sketch.apply("exp", at)
    for layer in range(count):
        entered = at
        for place in range(period):
            facts = {
                "word": ["matmul", "tanh", "add", "log"][place % 4],
                "extra": [],
                "weight": None,
                "result": {},
            }
            if mutate:
                mutate(layer, place, facts, inner)
            operands = [at]
            if place % 4 == 0:
                weight = facts["weight"] or {"name": f"layers.{layer}.w{'abc'[place // 4]}"}
                operands.append(weight if isinstance(weight, int) else sketch.tensor(**weight))
            if place % 4 == 2:
                operands += [entered, scale]
            at = sketch.apply(facts["word"], *operands, *facts["extra"], **facts["result"])
            inner[layer, place] = at
            inner[layer, place, "weight"] = operands[-1]
    for _ in range(after):
        at = sketch.apply("log", at)
    return sketch.graph()
