"""A recorded pass as a story: what is told at each moment, and from which moment on each part of
the picture shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autograd_seen.arrange.labels import on_arrows
from autograd_seen.graph import Edge, EdgeGradient, Fact, Graph, Node, Recording, Step
from autograd_seen.show import words
from autograd_seen.show.content import SHOWN_VALUE, minus, value_lines
from autograd_seen.show.steps import MOST_ADDENDS, StepTexts

#: What a gradient may be said to be without being another.
BIRTHS = (Fact.BORN_OF, Fact.BORN_BEFORE)
#: A line of a caption: pieces of text, each as [class, text].
Line = list[list[str]]


@dataclass(frozen=True)
class Turns:
    """Which moment belongs to which node: the start, each operation forward, the seed, each step
    back.
    """

    recording: Recording

    @property
    def graph(self) -> Graph:
        """The graph that is played."""
        return self.recording.graph

    @cached_property
    def operations(self) -> list[Node]:
        """The operations in the order in which they are played forward."""
        return [node for node in self.graph.nodes if node.kind == "operation"]

    @cached_property
    def forward(self) -> dict[int, int]:
        """By the key of an operation: its moment on the way forward."""
        return {node.key: at for at, node in enumerate(self.operations, 1)}

    @property
    def seed(self) -> int:
        """The moment at which the way back starts."""
        return len(self.operations) + 1

    @property
    def last(self) -> int:
        """The last moment."""
        return self.seed + len(self.recording.steps)

    @cached_property
    def backward(self) -> dict[int, int]:
        """By the key of an operation or a leaf: its moment on the way back."""
        return {step.node: at for at, step in enumerate(self.recording.steps, self.seed + 1)}

    @cached_property
    def reached(self) -> list[int]:
        """For each node the moment at which it is computed; 0 for what is given."""
        found: list[int] = []
        for node in self.graph.nodes:
            inputs = [found[edge.source] for edge in self.graph.inputs(node.key)]
            found.append(self.forward.get(node.key, max(inputs, default=0)))
        return found

    @cached_property
    def summed(self) -> dict[int, int]:
        """By the key of a tensor: the moment at which its gradient is complete."""
        found = {self.graph.root: self.seed}
        for at, step in enumerate(self.recording.steps, self.seed + 1):
            # The last consumer that sends its part completes the sum.
            found |= {self.graph.edges[flow.edge].source: at for flow in step.flows}
        # A leaf shows it in its own turn.
        return found | {k: at for k, at in self.backward.items() if k not in self.forward}

    def told_back(self, node: Node) -> int:
        """The moment at which what stands in a node of the way back is shown."""
        if node.has(Fact.BORN_BACK):
            return self.backward[node.key]
        return self.summed.get(node.key, self.last)

    @cached_property
    def sent(self) -> list[int]:
        """For each edge the moment at which the gradient goes back along it. Along the line of a
        label it goes all the way to what made the tensor.
        """
        labels = on_arrows(self.graph)
        return [self.backward.get(self._sender(e, labels), self.last) for e in self.graph.edges]

    def _sender(self, edge: Edge, labels: frozenset[int]) -> int:
        """The node whose turn sends a gradient back along an edge."""
        if edge.target in labels:
            (edge,) = self.graph.outputs(edge.target)
        return edge.source if edge.source in self.forward else edge.target


def tell(texts: StepTexts) -> dict:
    """What the script of the player needs, as JSON has it.

    A moment has ``where`` it is, the ``lines`` of its caption, of which the first goes on from
    there, the number of its ``step`` in the table, and which parts of the picture are ``lit``.
    Beside the moments stands, for each part of the picture, the moment from which it shows.
    """
    turns = Turns(texts.recording)
    graph = turns.graph
    return {
        "moments": _moments(turns, texts),
        "node": turns.reached,
        "edge": [turns.reached[edge.target] for edge in graph.edges],
        "flow": turns.sent,
        "back": [turns.told_back(node) for node in graph.nodes],
        "value": [hidden_value(turns, node) for node in graph.nodes],
    }


def hidden_value(turns: Turns, node: Node) -> str | list[str]:
    """What to hide of a tensor until it is computed, a matrix line by line; an input is there from
    the start.
    """
    if node.kind != "tensor" or not turns.reached[node.key]:
        return ""
    rows = [line.text for line in value_lines(node)]
    return rows or minus(words.value(node, SHOWN_VALUE))


def _moments(turns: Turns, texts: StepTexts) -> list[dict]:
    recording, graph = turns.recording, turns.graph
    captions = [
        start(graph),
        *(through(node, texts) for node in turns.operations),
        _seed(recording),
        *(_backward(step, texts) for step in recording.steps),
    ]
    keys = [None, *turns.forward, None, *turns.backward]
    return [
        {"lines": lines, "where": _where(turns, at), **_lit(turns, at, key)}
        for at, (lines, key) in enumerate(zip(captions, keys, strict=True))
    ]


def _where(turns: Turns, at: int) -> str:
    if at == 0:
        return "start"
    if at < turns.seed:
        return f"step {at} of {len(turns.operations)} · forward"
    if at == turns.seed:
        return "backward starts"
    return f"step {at - turns.seed} of {len(turns.recording.steps)} · backward"


def _lit(turns: Turns, at: int, key: int | None) -> dict:
    if at == turns.seed:
        return {"lit": {"node": [turns.graph.root]}}
    if key is None:
        return {}
    touched = [i for i, e in enumerate(turns.graph.edges) if key in (e.source, e.target)]
    if at < turns.seed:
        results = [one.key for one in turns.graph.results(key)]
        return {"lit": {"node": [key, *results], "edge": touched}, "step": 0}
    flows = []
    if key in turns.forward:
        flows = [i for i, sent in enumerate(turns.sent) if sent == at or i in touched]
    return {"lit": {"node": [key], "flow": flows}, "step": at - turns.seed}


def start(graph: Graph) -> list[Line]:
    """What is told before anything is computed."""
    tensors = [node for node in graph.nodes if node.kind == "tensor"]
    given = [node for node in tensors if not graph.inputs(node.key)]
    shown = [_named(node) for node in given[:MOST_ADDENDS]]
    shown += ["…"] if len(given) > MOST_ADDENDS else []
    return [[["what", "with what is given"]], [["", ", ".join(shown)]]]


def _named(node: Node) -> str:
    value = words.value(node)
    return f"{node.name} = {minus(value)}" if value else node.name


def through(node: Node, texts: StepTexts) -> list[Line]:
    """What is told of an operation as it is computed."""
    results = texts.graph.results(node.key)
    line = [["", texts.label(node.key)]]
    if len(results) == 1 and results[0].value is not None:
        line += [["", " = "], ["value", _value(results[0], texts)]]
    lines = [[["what", f"through {texts.readings[node.key].title}"]], line]
    if any(result.value is None for result in results):
        lines.append([["note", "the value was not kept"]])
    born = [note for note in node.notes if note.fact is Fact.BORN]
    return lines + [[["note", minus(note)]] for note in words.notes(born)]


def _value(node: Node, texts: StepTexts) -> str:
    return texts.factor(node.value, False) if node.value.is_readable else "not shown"


def _seed(recording: Recording) -> list[Line]:
    root = recording.graph.nodes[recording.graph.root].name
    seed = minus(words.told(recording.seed))
    said = f"∂{root}/∂{root} = " if seed == "1" else f"gradient given for {root}: "
    return [[["what", f"at {root}"]], [["", said], ["back", seed]]]


def _backward(step: Step, texts: StepTexts) -> list[Line]:
    node = texts.graph.nodes[step.node]
    is_leaf = node.kind == "tensor"
    label = f"to the leaf {node.name}" if is_leaf else _through(step, texts)
    lines: list[Line] = [[["what", label]]]
    total, whole = ", ".join(map(texts.number, step.arriving)), texts.arriving(step)
    if whole != total:
        name = node.name if is_leaf else texts.graph.results(step.node)[0].name
        lines.append([["note", f"arriving at {name}, a part from each use: "], ["back", whole]])
    if is_leaf:
        lines.append(_accumulation(step, texts))
    shown, more = few(step.flows)
    lines += [_product(flow, step, texts) for flow in shown] + more
    said = [*step.notes, *(note for flow in shown for note in flow.notes)]
    # What is born is told wherever it is.
    hidden = [note for flow in step.flows[len(shown) :] for note in flow.notes]
    said += [note for note in hidden if note.fact in BIRTHS]
    return lines + [[["note", note]] for note in dict.fromkeys(words.notes(said))]


def few(flows: Sequence[EdgeGradient]) -> tuple[Sequence[EdgeGradient], list[Line]]:
    """Of a step's flows those that a caption tells, and a line that says how many more there are.
    All of them would push the picture out of the window.
    """
    if len(flows) <= MOST_ADDENDS:
        return flows, []
    shown = flows[: MOST_ADDENDS - 1]
    return shown, [[["note", f"… {len(flows) - len(shown)} more, in the table"]]]


def _through(step: Step, texts: StepTexts) -> str:
    return f"through {texts.label(step.node)}"


def _accumulation(step: Step, texts: StepTexts) -> Line:
    before, after = texts.number(step.before), texts.number(step.after)
    if step.stays:
        return [["", ".grad stays "], ["held", after]]
    accumulated = texts.recording.accumulated
    verb, becomes = (".grad: ", "grad") if accumulated else (".grad would become: ", "would")
    arriving = ["arriving", texts.factor(step.arriving[0], True)]
    return [["", verb], ["held", before], ["", " + "], arriving, ["", " → "], [becomes, after]]


def _product(flow: EdgeGradient, step: Step, texts: StepTexts) -> Line:
    to = ["to", f" to {texts.source(flow).name}"]
    if flow.sent is None:
        return [["", "nothing, the derivative is not defined,"], to]
    arriving = texts.factor(step.arriving[0], False)
    if len(step.arriving) > 1:
        arriving = f"({', '.join(map(texts.number, step.arriving))})"
    sent = ["sent", texts.number(flow.sent)]
    if flow.local is None and not flow.asked:
        return [["arriving", arriving], ["", " → "], sent, to]
    # The engine may have summed or cast the product on its way.
    moved = any(note.fact not in BIRTHS for note in flow.notes)
    equals = ["", " → " if moved else " = "]
    return [["arriving", arriving], ["", " × "], local_piece(flow, texts), equals, sent, to]


def local_piece(flow: EdgeGradient, texts: StepTexts) -> list[str]:
    """A local derivative as a factor in a line of a caption."""
    if flow.jacobian is not None:
        return ["jacobian", texts.polish(words.jacobian(flow.jacobian))]
    if flow.local is None:
        return ["jacobian", "J"]
    kind = "local" if flow.local.size == 1 else "each"
    return [kind, texts.factor(flow.local, True)]
