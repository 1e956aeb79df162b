"""Where in the user's code something runs: found at once, and told when it is asked for."""

import itertools
import linecache
import os
import re
from types import CodeType, FrameType

import torch

from autograd_seen.values import clip

#: Characters that are kept of a source line.
LONGEST_LINE = 80

OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
#: torch itself, and what is installed beside it: not what the user has written.
INSTALLED = os.path.dirname(os.path.dirname(os.path.abspath(torch.__file__))) + os.sep


class Place:
    """An instruction of somebody's code, with the source of its file as it was when it ran."""

    __slots__ = ("_code", "_instruction", "_lines", "_number", "_text", "_whole")

    def __init__(self, frame: FrameType, whole: bool):
        self._code: CodeType = frame.f_code
        self._instruction: int = frame.f_lasti
        self._number: int = frame.f_lineno or 0
        # The list of a file that has changed since is another one.
        self._lines = linecache.getlines(self._code.co_filename, frame.f_globals)
        self._whole = whole
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The number of the line, and the expression that ran, or the line where that says too
        little.
        """
        if self._text is None:
            source = " ".join(self._source().split())
            # The file's name stays out of it: a notebook's cell has another one on every run.
            self._text = f"line {self._number}" + (
                f": {clip(source, LONGEST_LINE)}" if source else ""
            )
        return self._text

    def _source(self) -> str:
        positions = itertools.islice(self._code.co_positions(), self._instruction // 2, None)
        place = next(positions)
        if None not in place and not self._whole:
            first, last, start, end = place
            lines = [
                self._line(number).encode() for number in range(first, last + 1)
            ]  # columns are counted in bytes
            lines[-1] = lines[-1][:end]
            lines[0] = lines[0][start:]
            text = b"".join(lines).decode(errors="replace")
            # An iteration has the place of the names that it sets, or of the whole loop.
            if re.search(r"[^\w\s,]", text) and not re.match(r"(async\s+)?for\b", text):
                return text
        return self._line(self._number)

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


class Places:
    """The places of one recording. ``here`` is the file whose own frames are passed over."""

    def __init__(self, here: str):
        #: By file: whether its frames are passed over, are the user's, or end the search.
        self._skips: dict[str, bool | None] = {here: True}
        self._found: dict[tuple[int, int], Place] = {}
        self._here = here

    def of(self, frame: FrameType | None, whole: bool) -> Place | None:
        """The innermost place of the user's; None where this package runs something of its own.

        ``whole`` asks for the line, of which the expression is a part.
        """
        innermost, skips = None, self._skips
        while frame is not None:
            file = frame.f_code.co_filename
            skipped = skips[file] if file in skips else self._look_at(file)
            if skipped is None:
                return None
            if not skipped:
                break
            if innermost is None and file != self._here:
                innermost = frame
            frame = frame.f_back
        frame = frame or innermost
        if frame is None:
            return None
        # A place holds its code, so that no other gets its id.
        key = (id(frame.f_code), frame.f_lasti)
        place = self._found.get(key)
        if place is None:
            place = self._found[key] = Place(frame, whole)
        return place

    def _look_at(self, file: str) -> bool | None:
        self._skips[file] = None if file.startswith(OURS) else file.startswith(INSTALLED)
        return self._skips[file]
