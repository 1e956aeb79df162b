"""The steps of a backward pass in words: the rows of a table, and that table as text."""

from autograd_seen.graph import NONE, Flow, Node, Recording, Step

#: A longer pass is told by its first steps.
MOST_STEPS = 80
#: Addends of a sum that are written out.
MOST_ADDENDS = 4
#: What stands for a local derivative that is a whole Jacobian.
JACOBIAN = "Jacobian"
HEADINGS = (
    "step",
    "node",
    "gradient arriving",
    "local derivative",
    "gradient sent on",
    ".grad now",
)


def step_rows(recording: Recording, number=str) -> list[list[tuple[str, ...]]]:
    """For each step a row for each gradient that it sent, or one row; what a row shares with the
    first is blank.

    ``number`` is how a number is written. Only the first ``MOST_STEPS`` steps are told.
    """
    words, found = Words(recording, number), []
    for count, step in enumerate(recording.steps[:MOST_STEPS], 1):
        rest = [(number(flow.local) or JACOBIAN, _sent(flow, words), "") for flow in step.flows]
        rest = rest or [("", "", _kept(step, number))]
        arriving = "; ".join([words.arriving(step), *(() if stays(step) else step.notes)])
        shared = (str(count), words.label(step.node), arriving)
        found.append(
            [(*(shared if i == 0 else ("", "", "")), *cells) for i, cells in enumerate(rest)]
        )
    return found


def describe_steps(recording: Recording) -> str:
    """The steps as a table of aligned text, under its headings."""
    rows = [HEADINGS, *(row for rows in step_rows(recording) for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines + left_out(recording))


def left_out(recording: Recording) -> list[str]:
    """A line that says how many steps the table leaves out, if any."""
    more = len(recording.steps) - MOST_STEPS
    return [f"… and {more} more step{'' if more == 1 else 's'}"] if more > 0 else []


def stays(step: Step) -> bool:
    """Whether nothing was added to a leaf's ``.grad``, for a reason that a note gives."""
    return step.before == step.after and bool(step.notes)


def _sent(flow: Flow, words: "Words") -> str:
    return "; ".join([f"{words.number(flow.sent)} → {words.source(flow)}", *flow.notes])


def _kept(step: Step, number) -> str:
    """What became of a leaf's ``.grad``."""
    if not step.after:
        return ""
    if stays(step):
        return ", ".join([number(step.after), *step.notes])
    return f"{number(step.before)} → {number(step.after)}"


class Words:
    """What a recording says of each node, as text; ``number`` is how a number is written."""

    def __init__(self, recording: Recording, number=str):
        self.recording, self.graph, self.number = recording, recording.graph, number
        #: For each operation its results.
        self.results: dict[int, list[Node]] = {}
        for edge in self.graph.edges:
            if self.graph.nodes[edge.source].kind == "operation":
                self.results.setdefault(edge.source, []).append(self.graph.nodes[edge.target])
        #: For each tensor what its consumers sent, in the order of the steps.
        self.parts: dict[int, list[str]] = {}
        for step in recording.steps:
            for flow in step.flows:
                if flow.sent != NONE:
                    self.parts.setdefault(self.graph.edges[flow.edge].source, []).append(flow.sent)

    def label(self, key: int) -> str:
        """The equation of an operation, or the name of a leaf."""
        node = self.graph.nodes[key]
        if node.kind == "tensor":
            return f"{node.name} ({node.role})"
        return f"{', '.join(result.name for result in self.results.get(key, ()))} = {node.expression or node.name}"

    def source(self, flow: Flow) -> str:
        """The name of the tensor that a gradient was sent to."""
        return self.graph.nodes[self.graph.edges[flow.edge].source].name

    def arriving(self, step: Step) -> str:
        """What arrived, as the sum of what each consumer sent where there are several."""
        total = ", ".join(map(self.number, step.arriving))
        at = [step.node] if self.graph.nodes[step.node].kind == "tensor" else self.keys(step.node)
        parts = self.parts.get(at[0], []) if len(at) == 1 else []
        # A note says that a hook changed the sum.
        return (
            f"{self.sum(parts)} {'→' if step.notes else '='} {total}" if len(parts) > 1 else total
        )

    def keys(self, operation: int) -> list[int]:
        return [result.key for result in self.results.get(operation, ())]

    def sum(self, parts: list[str]) -> str:
        """A sum of these addends, cut where it gets long."""
        shown = parts if len(parts) <= MOST_ADDENDS else parts[: MOST_ADDENDS - 1]
        more = [f"{len(parts) - len(shown)} more"] if len(shown) < len(parts) else []
        return " + ".join([self.factor(part, i > 0) for i, part in enumerate(shown)] + more)

    def factor(self, text: str, follows: bool) -> str:
        """A number inside a sum or a product, in parentheses where it would be misread."""
        number = self.number(text)
        return (
            f"({number})"
            if " … " in text or text.endswith("j") or (follows and text.startswith("-"))
            else number
        )
