"""The bytes that a graph keeps for its backward pass, as a table."""

from collections.abc import Collection
from functools import cached_property
from html import escape
from typing import NamedTuple

from autograd_seen.graph import Graph
from autograd_seen.show import words
from autograd_seen.show.maths import Readings

#: Rows of a table that are written out: the first and the last of a longer one.
MOST_ROWS = 40


class SavedRow(NamedTuple):
    """A tensor that an operation keeps for the backward pass."""

    #: The operation with its inputs: "y = exp(x)".
    operation: str
    #: The name of PyTorch's node: "ExpBackward0".
    class_name: str
    #: What the operation calls the tensor, and what the caller or the picture does, or empty.
    name: str
    tensor: str
    shape: tuple[int, ...]
    dtype: str
    #: "intermediate", "constant", "leaf", or "number" for a Python number.
    role: str
    #: The bytes of its memory; 0 where they are counted in a row before, and for a number.
    bytes: int
    #: Whether they are counted before.
    shared: bool
    #: The source line that ran the operation, and the ``nn.Module`` in which it ran, where a tape
    #: tells; else empty.
    line: str
    module: str

    @property
    def is_counted(self) -> bool:
        """Whether the bytes are part of the total."""
        return self.role in ("intermediate", "constant")


class SavedBytes:
    """What a graph keeps alive for its backward pass, each memory counted once. Jupyter shows a
    table in HTML, ``str()`` gives it as text.
    """

    def __init__(self, graph: Graph):
        #: The graph that was looked at.
        self.graph = graph
        memory = graph.memory
        #: Bytes of what the forward pass computed, and of constants such as data.
        self.intermediates, self.constants = memory.intermediate, memory.constant
        #: Bytes of leaves and parameters that are kept, too: their memory is there anyway.
        self.leaves = memory.leaf
        #: Whether that is all; else it is at least that much.
        self.complete = memory.complete

    @property
    def total(self) -> int:
        """The bytes that are kept, leaves and parameters apart."""
        return self.intermediates + self.constants

    @cached_property
    def rows(self) -> tuple[SavedRow, ...]:
        """A row for each saved tensor, in the order of the forward pass."""
        readings = Readings(self.graph)
        found = []
        for node in self.graph.nodes:
            if node.kept:
                results = ", ".join(result.name for result in self.graph.results(node.key))
                module = self.graph.module_of(node.key)
                label = f"{results} = {readings[node.key].expression}"
                found += [
                    SavedRow(label, node.class_name, *one, node.line, module) for one in node.kept
                ]
        return tuple(found)

    @property
    def by_operation(self) -> dict[str, int]:
        """Bytes by the name of PyTorch's node, without leaves, in the order of the forward pass."""
        return self._summed("class_name")

    @property
    def by_module(self) -> dict[str, int]:
        """Bytes by ``nn.Module``, without leaves; "" for what ran in none, or where no tape
        tells.
        """
        return self._summed("module")

    def _summed(self, field: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows:
            if row.is_counted:
                found[getattr(row, field)] = found.get(getattr(row, field), 0) + row.bytes
        return found

    # --- the table --------------------------------------------------------------------------------

    def __str__(self) -> str:
        rows = self._cells()
        numbers = [len(row[-2]) for row in rows]
        lines = [(*row[:-2], row[-2].rjust(max(numbers)), row[-1]) for row in rows]
        return "\n".join(words.table(lines))

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        head, *body = self._cells()
        rows = "".join(f"<tr>{_html(row, 'td')}</tr>" for row in body)
        page = (
            '<table style="font-variant-numeric: tabular-nums">'
            f"<thead><tr>{_html(head, 'th')}</tr></thead><tbody>{rows}</tbody></table>"
        )
        return {"text/html": page, "text/plain": str(self)}

    def _cells(self) -> list[tuple[str, ...]]:
        """The cells of the table, its heading first and its sums last."""
        in_modules = any(row.module for row in self.rows)
        told = [_told(row) for row in self.rows]
        for at in range(len(told) - 1, 0, -1):
            if told[at][:2] == told[at - 1][:2]:
                told[at] = ("", "", *told[at][2:])
        if len(told) > MOST_ROWS:
            half = MOST_ROWS // 2
            hidden = self.rows[half:-half]
            count = sum(row.bytes for row in hidden if row.is_counted)
            between = (f"… {len(hidden):,} more", "", "", f"{count:,}", "")
            told = [*told[:half], between, *told[-half:]]
        rows = [("operation", "module", "saves", "bytes", ""), *told, *self._sums()]
        return rows if in_modules else [(row[0], *row[2:]) for row in rows]

    def _sums(self) -> list[tuple[str, ...]]:
        least = "" if self.complete else "at least; some cannot be seen"
        rows = [("total", "", "", f"{self.total:,}", least)]
        if self.leaves:
            rows.append(("apart, leaves", "", "", f"{self.leaves:,}", "there anyway"))
        return rows


def _html(row: tuple[str, ...], tag: str) -> str:
    """The cells of a row, the number to the right."""
    sides = ["left"] * (len(row) - 2) + ["right", "left"]
    pairs = zip(row, sides, strict=True)
    return "".join(f'<{tag} style="text-align: {side}">{escape(c)}</{tag}>' for c, side in pairs)


def _told(row: SavedRow) -> tuple[str, ...]:
    name = f"{row.name} = {row.tensor}" if row.tensor else row.name
    form = str(row.shape) if row.dtype in ("float32", "") else f"{row.shape} {row.dtype}"
    if row.role == "number":
        return row.operation, row.module, f"{row.name}, a number", "", ""
    said = ["memory counted before"] if row.shared else []
    said += [] if row.role == "intermediate" else [row.role]
    return row.operation, row.module, f"{name} {form}", f"{row.bytes:,}", ", ".join(said)
