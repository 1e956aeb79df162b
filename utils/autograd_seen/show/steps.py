"""The steps of a backward pass in words: the rows of a table, and that table as text."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_seen.graph import EdgeGradient, Fact, Node, Recording, Step
from autograd_seen.show import words
from autograd_seen.show.maths import Readings
from autograd_seen.values import Value

#: A longer pass is told by so many of its first and last steps, half of each.
MOST_STEPS = 80
#: Addends of a sum that are written out.
MOST_ADDENDS = 4
#: What stands for a local derivative that is a whole Jacobian, and no small one.
JACOBIAN = "Jacobian"
#: What stands for one that a node was not asked for.
NOT_ASKED = "not asked"
#: What is said of a gradient that is not the sum of what was sent.
CHANGED = {Fact.HOOKED, Fact.NOT_THE_SUM}
Row = tuple[str, ...]


def headings(recording: Recording) -> Row:
    """The headings of the table: a rehearsal says what would become of ``.grad``."""
    last = ".grad now" if recording.accumulated else ".grad would become"
    return ("step", "node", "gradient arriving", "local derivative", "gradient sent on", last)


def step_rows(texts: "StepTexts") -> list[list[Row]]:
    """For each step a row for each gradient that it sent, or one row; what a row shares with the
    first is blank. See ``both_ends``.
    """
    return both_ends(texts.recording.steps, lambda count, step: _rows_of(texts, count, step))


def both_ends(steps: Sequence, rows_of: Callable[[int, Any], list[Row]]) -> list[list[Row]]:
    """The rows of each step, by its number and itself. Of more than ``MOST_STEPS`` steps the first
    and the last are told, and a row of one cell says how many lie between.
    """
    numbered = list(enumerate(steps, 1))
    between = len(numbered) - MOST_STEPS
    if between <= 0:
        return [rows_of(*one) for one in numbered]
    half = MOST_STEPS // 2
    gap = [(f"… {words.counted(between, 'step')} not shown …",)]
    first, last = ([rows_of(*one) for one in end] for end in (numbered[:half], numbered[-half:]))
    return [*first, gap, *last]


def _rows_of(texts: "StepTexts", count: int, step: Step) -> list[Row]:
    rest = [(texts.local(flow), texts.sent(flow), "") for flow in step.flows]
    rest = rest or [("", "", texts.kept(step))]
    notes = [] if step.stays else words.notes(step.notes)
    shared = (str(count), texts.label(step.node), "; ".join([texts.arriving(step), *notes]))
    blank = ("",) * len(shared)
    return [(*(blank if i else shared), *cells) for i, cells in enumerate(rest)]


def describe_steps(recording: Recording, readings: Readings | None = None) -> str:
    """The steps as a table of aligned text, under its headings."""
    rows = [row for rows in step_rows(StepTexts(recording, readings)) for row in rows]
    return "\n".join(words.table([headings(recording), *rows]))


class StepTexts:
    """What a recording says of each node, as text; ``polish`` is what the medium does to a
    number's text.
    """

    def __init__(
        self,
        recording: Recording,
        readings: Readings | None = None,
        polish: Callable[[str], str] = str,
    ):
        self.recording, self.graph, self.polish = recording, recording.graph, polish
        self.readings = Readings(recording.graph) if readings is None else readings
        #: For each tensor what its consumers sent, in the order of the steps.
        self.parts: dict[int, list[Value]] = {}
        for flow in recording.flows().values():
            if flow.sent is not None:
                self.parts.setdefault(self.graph.edges[flow.edge].source, []).append(flow.sent)

    def number(self, value: Value | None) -> str:
        """A value as the medium writes it."""
        return self.polish(words.told(value))

    def label(self, key: int) -> str:
        """The equation of an operation, or the name of a leaf."""
        node = self.graph.nodes[key]
        if node.kind == "tensor":
            return f"{node.name} ({node.role})"
        results = ", ".join(result.name for result in self.graph.results(key))
        return f"{results} = {self.readings[key].expression}"

    def source(self, flow: EdgeGradient) -> Node:
        """The tensor that a gradient was sent to."""
        return self.graph.nodes[self.graph.edges[flow.edge].source]

    def local(self, flow: EdgeGradient) -> str:
        """The local derivative, or the word for one that is no number."""
        if flow.jacobian is not None:
            return f"J = {self.polish(words.jacobian(flow.jacobian))}"
        if flow.local is None:
            return JACOBIAN if flow.asked else NOT_ASKED
        return self.number(flow.local)

    def sent(self, flow: EdgeGradient) -> str:
        """What was sent, and where to."""
        sent = words.NOT_DEFINED if flow.sent is None else self.number(flow.sent)
        arrow = f"{sent} → {self.source(flow).name}"
        return "; ".join([arrow, *words.notes(flow.notes)])

    def kept(self, step: Step) -> str:
        """What became, or would become, of a leaf's ``.grad``."""
        if self.graph.nodes[step.node].kind != "tensor":
            return ""
        if step.stays:
            return ", ".join([self.number(step.after), *words.notes(step.notes)])
        return f"{self.number(step.before)} → {self.number(step.after)}"

    def arriving(self, step: Step) -> str:
        """What arrived, as the sum of what each consumer sent where there are several."""
        total = ", ".join(map(self.number, step.arriving))
        tensor = self.graph.nodes[step.node].kind == "tensor"
        at = [step.node] if tensor else [one.key for one in self.graph.results(step.node)]
        parts = self.parts.get(at[0], []) if len(at) == 1 else []
        if len(parts) < 2:
            return total
        changed = any(note.fact in CHANGED for note in step.notes)
        return f"{self.sum(parts)} {'→' if changed else '='} {total}"

    def sum(self, parts: list[Value]) -> str:
        """A sum of these addends, cut where it gets long."""
        shown = parts if len(parts) <= MOST_ADDENDS else parts[: MOST_ADDENDS - 1]
        more = [f"{len(parts) - len(shown)} more"] if len(shown) < len(parts) else []
        return " + ".join([self.factor(part, i > 0) for i, part in enumerate(shown)] + more)

    def factor(self, value: Value | None, follows: bool) -> str:
        """A number inside a sum or a product, in parentheses where it would be misread."""
        plain = words.told(value)
        misread = " … " in plain or plain.endswith("j") or (follows and plain.startswith("-"))
        return f"({self.polish(plain)})" if misread else self.polish(plain)
