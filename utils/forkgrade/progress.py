"""How far a run is: how many are done, how fast, and how long it will take."""

import time
from typing import TextIO

#: Seconds between two lines where they cannot stand in one another's place.
BETWEEN = 30
CLEAR = "\r\033[K"


class Progress:
    """Says how far a run is: on a terminal in one line that changes, else in plain lines now and
    then.

    Attributes:
        total: how many there are to do.
        done: how many are done.
    """

    def __init__(self, stream: TextIO):
        self.stream, self.is_terminal = stream, stream.isatty()
        self.total = self.done = 0
        self.began = self.said = time.monotonic()

    def begin(self, total: int) -> None:
        """Begins to count anew."""
        self.total, self.done = total, 0
        self.began = self.said = time.monotonic()

    def add(self, count: int) -> None:
        """Counts some that are done, and says so where it is time to."""
        self.done += count
        if self.is_terminal:
            self.stream.write(CLEAR + self.line() + ("\n" if self.done >= self.total else ""))
        elif time.monotonic() - self.said >= BETWEEN:
            self.said = time.monotonic()
            self.stream.write(f"{self.line()}\n")
        self.stream.flush()

    def make_room(self) -> None:
        """Clears the line, so that another can be printed in its place."""
        if self.is_terminal and self.total:
            self.stream.write(CLEAR)
            self.stream.flush()

    def line(self) -> str:
        """How far it is, in a line."""
        rate = self.done / max(time.monotonic() - self.began, 1e-9)
        left = round((self.total - self.done) / rate) if rate else 0
        return f"{self.done:,} of {self.total:,}, {rate:.1f} a second, {duration(left)} left"


def duration(seconds: int) -> str:
    """A time as a person says it.

    >>> duration(59), duration(61), duration(7322)
    ('59 s', '1 min 1 s', '2 h 2 min')
    """
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
