"""Says how far one is: which exercises are passed, and how much of each lesson has been run."""

import html
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograd_seen.checks.points import Assignment, assignments
from autograd_seen.checks.record import Record, copies, kept
from autograd_seen.checks.verdicts import PLATE
from autograd_seen.tables import table

UNKEPT = "This counts until the kernel ends. `make lab` opens working copies, which keep it."
HEADS = ("lesson", "cells run", "exercises passed", "points")


@dataclass(frozen=True)
class Progress:
    """How far one is. A notebook shows it as HTML; ``print`` shows it as text.

    Attributes:
        text: all of it, in lines.
        html: the same, with links to what comes next.
    """

    text: str
    html: str

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def progress(lesson: int | None = None) -> Progress:
    """What is done of the whole course, or of the assignment of one lesson.

    An exercise counts once its check has passed, until that check fails again. The cells of a
    lesson count as they were run when its working copy was last saved. All of it is read from
    ``my/`` on this machine, and sent nowhere.

    Args:
        lesson: the number of a lesson: sums up its assignment and names the next step. By default
            all of them are listed.

    Raises:
        ValueError: there is no such lesson.

    Example:
        >>> print(progress(1))  # doctest: +ELLIPSIS
        Assignment 01 · How steep is a function at one point?
        ...
    """
    known = assignments()
    if lesson is None:
        return _of_all(known, kept())
    at = next((at for at, one in enumerate(known) if int(one.number) == lesson), None)
    if at is None:
        numbers = ", ".join(str(int(one.number)) for one in known)
        raise ValueError(f"progress({lesson!r}): pass the number of a lesson, {numbers}, or none")
    return _of_one(known[at], known[at + 1] if known[at + 1 :] else None, kept())


# --- one assignment -------------------------------------------------------------------------------


def _of_one(assignment: Assignment, following: Assignment | None, record: Record) -> Progress:
    """The sum of one assignment, and the next step."""
    head = f"Assignment {assignment.number} · {assignment.title}"
    left = assignment.left(record.passed)
    step, link = _next_step(left, following)
    rows = [
        ("passed", assignment.so_far(record.passed)),
        ("open", ", ".join(left)),
        ("by hand", _by_hand(assignment)),
        ("next", step),
        ("note", record.note),
    ]
    rows = [(name, value) for name, value in rows if value]
    text = "\n".join([head, *(f"  {name:9}{value}" for name, value in rows)])
    lines = [f"{name}: {link if name == 'next' else html.escape(value)}" for name, value in rows]
    done = "" if left else f' <span style="{PLATE}">✓ every check passed</span>'
    lines = "<br>".join([f"<b>{html.escape(head)}</b>{done}", *lines])
    return Progress(text, f"<div>{lines}</div>")


def _by_hand(assignment: Assignment) -> str:
    """Which exercises a person reads, and what they are worth."""
    worth = sum(assignment.points[number] for number in assignment.by_hand)
    names = ", ".join(assignment.by_hand)
    return f"{names}, which a person reads: {worth} points" if names else ""


def _next_step(left: list[str], following: Assignment | None) -> tuple[str, str]:
    """What to do next, as text and as HTML."""
    if left:
        step = f"exercise {left[0]}"
        return step, step
    if following is None:
        step = "the end of the course: progress() shows all of it"
        return step, step
    step = f"lesson {following.number} · {following.title}"
    return step, _linked(step, f"notebooks/{following.slug}.ipynb")


# --- the whole course -----------------------------------------------------------------------------


def _of_all(known: Iterable[Assignment], record: Record) -> Progress:
    """A table of all lessons, and where it is kept."""
    rows = [(one, _row(one, record)) for one in known]
    notes = [record.note] if record.note else [UNKEPT] if copies() is None else []
    return Progress(_as_text([cells for _, cells in rows], notes), _as_html(rows, notes))


def _row(one: Assignment, record: Record) -> tuple[str, ...]:
    """What the table says of a lesson, in the order of HEADS."""
    return f"{one.number} · {one.title}", _cells_run(one), *one.counts(record.passed)


def _cells_run(one: Assignment) -> str:
    """How many cells of code of a working copy have run, when it was last saved."""
    folder = copies()
    if folder is None:
        return "–"
    try:
        nb = json.loads((folder / "notebooks" / f"{one.slug}.ipynb").read_text(encoding="utf-8"))
        code = [cell for cell in nb["cells"] if cell["cell_type"] == "code"]
        return f"{sum(bool(cell['execution_count']) for cell in code)} of {len(code)}"
    except (OSError, ValueError, KeyError, TypeError):
        return "–"


def _as_text(rows: list[tuple[str, ...]], notes: list[str]) -> str:
    columns = zip(*rows, strict=True)
    return "\n".join([str(table(dict(zip(HEADS, columns, strict=True)))), *notes])


def _as_html(rows: list[tuple[Assignment, tuple[str, ...]]], notes: list[str]) -> str:
    body = _html_row("col", *HEADS)
    for one, (title, run, passed, points) in rows:
        lesson = _linked(title, f"notebooks/{one.slug}.ipynb")
        exercises = _linked(passed, f"exercises/{one.slug}/assignment_{one.number}.ipynb")
        body += _html_row("row", lesson, run, exercises, points)
    below = "".join(f"<div>{html.escape(note)}</div>" for note in notes)
    return f"<table><caption>Your progress</caption>{body}</table>{below}"


def _html_row(scope: str, *cells: str) -> str:
    """A row of a table: of heads of columns, or with a head of its own."""
    left = 'style="text-align:left"'
    heads = cells if scope == "col" else cells[:1]
    row = "".join(f'<th scope="{scope}" {left}>{cell}</th>' for cell in heads)
    return f"<tr>{row}{''.join(f'<td {left}>{cell}</td>' for cell in cells[len(heads) :])}</tr>"


def _linked(text: str, page: str) -> str:
    """A text as HTML that leads to a page of the course, where this kernel's folder lies in one."""
    here = Path.cwd()
    course = next((folder for folder in here.parents if (folder / "notebooks").is_dir()), None)
    if course is None:
        return html.escape(text)
    path = Path(os.path.relpath(course / page, here)).as_posix()
    return f'<a href="{html.escape(path)}">{html.escape(text)}</a>'
