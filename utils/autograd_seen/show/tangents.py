"""A nudge that travels forward, in words: the rows of a table, and the story of a player."""

from autograd_seen.graph import JVP, EdgeGradient, Graph, TangentStep
from autograd_seen.show import words
from autograd_seen.show.content import minus
from autograd_seen.show.maths import Readings
from autograd_seen.show.steps import NOT_ASKED, Row, StepTexts, both_ends
from autograd_seen.show.story import Line, Turns, few, hidden_value, local_piece, start, through
from autograd_seen.values import Value

HEADINGS = (
    "step",
    "node",
    "tangent arriving",
    "local derivative",
    "their product",
    "tangent sent on",
)


class TangentTexts(StepTexts):
    """What a nudge is, and gives, at each node, as text."""

    def tangent(self, value: Value | None) -> str:
        """A tangent as the medium writes it."""
        return self.polish(words.tangent(value))

    def arriving_at(self, flow: EdgeGradient) -> Value | None:
        """The tangent of an operation's input."""
        return self.recording.tangents[self.graph.edges[flow.edge].source]

    def product(self, flow: EdgeGradient) -> str:
        """What the nudge of one input gives."""
        if flow.parts:
            return f"({', '.join(map(self.tangent, flow.parts))})"
        return self.tangent(flow.sent)

    def total(self, step: TangentStep) -> str:
        """The tangents of an operation's results: of one result the sum where there is one."""
        total = ", ".join(map(self.tangent, step.sent))
        parts = [flow.sent for flow in step.flows]
        if len(parts) > 1 and len(step.sent) == 1 and None not in (*parts, *step.sent):
            total = f"{self.sum(parts)} = {total}"
        return total

    def sent_on(self, step: TangentStep) -> str:
        """What was sent on, and to which tensors."""
        results = ", ".join(result.name for result in self.graph.results(step.node))
        return "; ".join([f"{self.total(step)} → {results}", *words.notes(step.notes)])


def tangent_rows(texts: TangentTexts) -> list[list[Row]]:
    """For each step a row for each input that is nudged; what they share with the first is blank
    behind it, and what is sent on stands in the last. See ``steps.both_ends``.
    """
    return both_ends(texts.recording.steps, lambda count, step: _rows_of(texts, count, step))


def _rows_of(texts: TangentTexts, count: int, step: TangentStep) -> list[Row]:
    rows = []
    for i, flow in enumerate(step.flows):
        shared = ("", "") if i else (str(count), texts.label(step.node))
        arriving = f"{texts.tangent(texts.arriving_at(flow))} at {texts.source(flow).name}"
        last = texts.sent_on(step) if i == len(step.flows) - 1 else ""
        rows.append((*shared, arriving, texts.local(flow), texts.product(flow), last))
    return rows


def describe_tangents(jvp: JVP, readings: Readings | None = None) -> str:
    """The leaves that are nudged, and the steps as a table of aligned text."""
    texts = TangentTexts(jvp, readings)
    rows = [row for rows in tangent_rows(texts) for row in rows]
    return "\n".join([nudges(texts), *words.table([HEADINGS, *rows])])


def nudges(texts: TangentTexts) -> str:
    """Which leaves are nudged, and by what."""
    nodes, jvp = texts.graph.nodes, texts.recording
    told = [f"{nodes[key].name} by {texts.tangent(jvp.tangents[key])}" for key in jvp.nudged]
    return f"nudged: {', '.join(told) or 'nothing'}"


def tell_tangents(texts: TangentTexts) -> dict:
    """What the script of the player needs; see ``story.tell``. Each operation has one moment, in
    which its value and its tangent are computed together.
    """
    turns = Turns(texts.recording)
    graph: Graph = texts.graph
    return {
        "moments": _moments(turns, texts),
        "node": turns.reached,
        "edge": [turns.reached[edge.target] for edge in graph.edges],
        "flow": [turns.reached[edge.target] for edge in graph.edges],
        "back": turns.reached,
        "value": [hidden_value(turns, node) for node in graph.nodes],
    }


def _moments(turns: Turns, texts: TangentTexts) -> list[dict]:
    graph, steps = texts.graph, {step.node: step for step in texts.recording.steps}
    nudged = [["note", minus(nudges(texts))]]
    found = [{"lines": [*start(graph), nudged], "where": "start", "step": 0}]
    done = 0
    for at, node in enumerate(turns.operations, 1):
        step = steps.get(node.key)
        done += step is not None
        touched = [i for i, e in enumerate(graph.edges) if node.key in (e.source, e.target)]
        results = [one.key for one in graph.results(node.key)]
        lines = through(node, texts) + (_pushed(step, texts) if step else [_still()])
        found.append(
            {
                "lines": lines,
                "where": f"step {at} of {len(turns.operations)}",
                "lit": {"node": [node.key, *results], "edge": touched, "flow": touched},
                # Between two rows of the table where this operation has none.
                "step": done if step else done + 0.5,
            }
        )
    return found


def _still() -> Line:
    return [["note", "no input is nudged"]]


def _pushed(step: TangentStep, texts: TangentTexts) -> list[Line]:
    """A nudge that arrives, times the local derivative, is a nudge that is sent on."""
    summed = len(step.flows) > 1
    shown, more = few(step.flows)
    lines = [_product(flow, texts, "back" if summed else "sent") for flow in shown] + more
    if summed:
        lines.append([["", "together "], ["sent", texts.total(step)]])
    return lines + [[["note", note]] for note in words.notes(step.notes)]


def _product(flow: EdgeGradient, texts: TangentTexts, kind: str) -> Line:
    arriving, source = texts.arriving_at(flow), ["to", f" from {texts.source(flow).name}"]
    told = words.NOT_KNOWN if arriving is None else texts.factor(arriving, False)
    sent = [kind, texts.product(flow)]
    if texts.local(flow) == NOT_ASKED:
        return [["arriving", told], ["", " → "], sent, source]
    pieces = [["arriving", told], ["", " × "], local_piece(flow, texts), ["", " = "], sent, source]
    return pieces if flow.sent is not None or flow.parts else [["arriving", told], source]
