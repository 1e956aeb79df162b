"""What each exercise of each assignment is worth, from the table that `make exercises` writes."""

import functools
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

#: Written from the metadata of the assignments, so nobody edits it.
TABLE = Path(__file__).with_name("points.json")


@dataclass(frozen=True)
class Assignment:
    """An assignment, as a check and the list of progress know it.

    Attributes:
        slug: that of its lesson, such as ``04_accumulation``.
        title: the question that it answers.
        points: those of each exercise by its number, in their order.
        by_hand: the numbers of those that a person reads, so that no check can pass them.
    """

    slug: str
    title: str
    points: dict[str, int]
    by_hand: tuple[str, ...]

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.slug[:2]

    def passed(self, numbers: Collection[str]) -> list[str]:
        """Those of some exercises that belong to this assignment, in its order."""
        return [number for number in self.points if number in numbers]

    def left(self, numbers: Collection[str]) -> list[str]:
        """The exercises that a check has still to pass, where those of some numbers are passed."""
        return [one for one in self.points if one not in numbers and one not in self.by_hand]

    def counts(self, numbers: Collection[str]) -> tuple[str, str]:
        """How many exercises and how many points some numbers are: ``3 of 7`` and ``7 of 16``."""
        done = self.passed(numbers)
        earned, most = sum(self.points[one] for one in done), sum(self.points.values())
        return f"{len(done)} of {len(self.points)}", f"{earned} of {most}"

    def so_far(self, numbers: Collection[str]) -> str:
        """How far one is with some exercises passed: ``3 of 7 · 7 of 16 points``."""
        return "{} · {} points".format(*self.counts(numbers))

    def of_parts(self, number: str, right: int, of: int) -> str:
        """What the right parts of an exercise are worth when it is graded, which is not passed:
        ``2 of 4 right here, for 1 of 2 points when graded``; empty where none is right.
        """
        if not 0 < right < of:
            return ""
        most = self.points[number]
        return (
            f"{right} of {of} right here, for {most * right / of:.3g} of {most} points when graded"
        )


@functools.cache
def assignments() -> tuple[Assignment, ...]:
    """All assignments in their order."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Assignment(slug, held["title"], held["points"], tuple(held["by_hand"]))
        for slug, held in table.items()
    )


def assignment_of(number: str) -> Assignment | None:
    """The assignment that an exercise such as "1.3" belongs to; None where the table has none."""
    return next((one for one in assignments() if number in one.points), None)
