"""Facts and values in a reader's words: the only place where a note becomes a sentence."""

from collections.abc import Iterable

from autograd_seen.graph import Fact, Graph, Group, Node, Note
from autograd_seen.values import Value

#: What stands for a gradient that is not defined, or that nothing has set.
NONE = "None"


def told(value: Value | None) -> str:
    """A value in a few words; "None" for None, and the shape where nothing could be read."""
    if value is None:
        return NONE
    if value.shape is None:
        return "nested"
    return str(value) or f"shape {value.shape}"


def held(node: Node) -> str:
    """What a tensor holds in a few words; empty where it is not known."""
    if node.value is None:
        return ""
    return str(node.value) or "not shown"


def grad(node: Node) -> str:
    """What ``.grad`` holds in a few words; empty for None."""
    return "" if node.grad is None else str(node.grad) or "set"


def note(one: Note) -> str:
    """A note as a reader is told it."""
    return WORDS[one.fact](*one.details)


def notes(many: Iterable[Note]) -> list[str]:
    """Several notes."""
    return [note(one) for one in many]


def saves(node: Node) -> str:
    """What an operation keeps for the backward pass."""
    if node.freed:
        return "has freed what it saved"
    return f"saves {', '.join(node.saved)}" if node.saved else "saves nothing"


def carried(graph: Graph, group: Group) -> str:
    """What each next copy of a repeated block takes in the place of what the first took."""
    pairs = [(graph.nodes[after].name, graph.nodes[before].name) for before, after in group.carries]
    return "each next one takes " + " and ".join(f"{after} for {before}" for after, before in pairs)


def counted(number: int, word: str, plural: str = "") -> str:
    """A number and a word: "1 operation", "2 operations"."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of cells as aligned lines. A row may be shorter than the others."""
    columns = max((len(row) for row in rows), default=0)
    cells = [[row[i] for row in rows if len(row) > i and len(row) > 1] for i in range(columns)]
    widths = [max(map(len, column), default=0) for column in cells]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def _saved_overwritten(*versions: int) -> str:
    then_and_now = ": saved at version {}, now at {}".format(*versions) if versions else ""
    return f"saved value overwritten in place{then_and_now}"


WORDS = {
    Fact.FROZEN: lambda: "frozen: requires_grad=False",
    Fact.OUTPUT: "output {} of {}".format,
    Fact.OVERWRITTEN: "overwritten since: version {} → {}".format,
    Fact.MAY_BE_NEWER: lambda: "as it is now",
    Fact.DETACHED: "detached from {}".format,
    Fact.MADE: "made from {} {} {}".format,
    Fact.SHARES_MEMORY: "shares memory with {}".format,
    Fact.INFERENCE: lambda: "inference tensor",
    Fact.WROTE: "wrote in place: version {} → {}".format,
    Fact.SAVED_OVERWRITTEN: _saved_overwritten,
    Fact.CONTINUES: lambda: "continues, not drawn",
    Fact.AFTER_ALL: "after all {}".format,
    Fact.GROWS: "{} {}, {} … {}".format,
    Fact.SUMMED: "summed {} → {}".format,
    Fact.CAST: "cast {} → {}".format,
    Fact.HOOKED: lambda expected, found: f"a hook changed {told(expected)} to {told(found)}",
    Fact.HOOKED_GRAD: lambda expected, found: (
        f"a hook changed .grad from {told(expected)} to {told(found)}"
    ),
    Fact.NOTHING_ARRIVED: lambda: "nothing arrived",
    Fact.NOT_ACCUMULATED: lambda: "frozen: not accumulated",
    Fact.NOT_THE_PRODUCT: lambda expected, found: (
        f"sent {told(found)}, where local × arriving is {told(expected)}"
    ),
    Fact.NOT_THE_SUM: lambda expected, found: (
        f"{told(found)} arrived, where {told(expected)} was sent"
    ),
    Fact.NOT_THE_GRAD: lambda expected, found: (
        f".grad is {told(found)}, where the pass gives {told(expected)}"
    ),
    Fact.UNDERFLOWED: lambda before, after: f"{told(before)} underflows to {told(after)}",
    Fact.OVERFLOWED: lambda before, after: f"{told(before)} overflows to {told(after)}",
    Fact.RAN_AGAIN: lambda: "checkpoint: its forward ran again",
}
