"""How the grader, the warm process and the process of a notebook speak: in lines of JSON.

Each connection to the warm process is one notebook. To it goes {"folder", "limits"}; back come
{"process": its number} and the two ends of the way to it, or {"broken": why} where the warm process
could not start it. Any other line, or the end of the connection, ends the notebook's process; back
comes {"status": its wait status}.

From the process of a notebook comes {"ready": true}, or {"failed": why}; then for each cell that it
is sent, {"source", "kind", "key", "seconds"}, the result {"key", "outputs", "seen"}. A probe has a
"question" beside these, and its result what was "seen" of the answer.
"""

import json
import os
import select
import time
from collections.abc import Callable
from typing import Any, Literal

#: What a cell is to whoever runs it: a test that is run, a probe that asks an answer in its place,
#: the course's own set-up, or the student's.
CellKind = Literal["test", "probe", "set-up", "student"]
#: An output of a cell, as a notebook stores it.
Output = dict[str, Any]

PIECE = 1 << 16
#: As much as a pipe takes at once which has room at all.
SMALL_PIECE = select.PIPE_BUF
#: Seconds for what takes a moment: to start, to take a line, to send the next cell.
MOMENT = 60
#: How the line begins that stands where an output was cut.
CUT = "… the output of this cell was cut: "


class JsonLines:
    """Lines of JSON over a pair of file descriptors.

    `most` is the number of bytes that a line may have which comes in; None for any. `received` are
    the bytes that came in so far.
    """

    def __init__(self, read: int, write: int, most: int | None = None):
        self.inward, self.outward, self.most = read, write, most
        self.rest, self.received = b"", 0

    def send(
        self,
        value: object,
        dumps: Callable[[object], str] = json.dumps,
        write: Callable[[int, memoryview], int] = os.write,
        seconds: float | None = None,
    ) -> None:
        """Sends one value. Where a notebook runs, `dumps` and `write` are those from before it
        did. Raises TimeoutError where the other side has not taken it after so many seconds.
        """
        data = memoryview(dumps(value).encode() + b"\n")
        end = None if seconds is None else time.monotonic() + seconds
        while data:
            if end is None:
                data = data[write(self.outward, data) :]
                continue
            _, ready, _ = select.select([], [self.outward], [], max(end - time.monotonic(), 0))
            if not ready:
                raise TimeoutError
            data = data[write(self.outward, data[:SMALL_PIECE]) :]

    def receive(self, seconds: float | None = None) -> Any:
        """The next line's value, None at the end.

        Raises TimeoutError after `seconds`, and OverflowError after `most` bytes without an end of
        line.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self.rest:
            if self.most and len(self.rest) > self.most:
                raise OverflowError
            self.wait(end)
            piece = os.read(self.inward, PIECE)
            if not piece:
                return None
            self.rest += piece
            self.received += len(piece)
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def wait(self, end: float | None) -> None:
        """Returns once there is something to read. Raises TimeoutError at `end`, a time."""
        left = None if end is None else max(end - time.monotonic(), 0)
        ready, _, _ = select.select([self.inward], [], [], left)
        if not ready:
            raise TimeoutError
