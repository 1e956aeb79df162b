"""A traceback for somebody who learns: the reader's own lines, the message, and where it is
explained.
"""

import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import dropwhile
from types import TracebackType

from autograd_seen.explained import rows_for

#: The most lines of a traceback.
MOST_LINES = 12
#: What is tried in turn until it fits: lines of code to a frame, frames, lines of the message.
FORMS = ((5, 9, 5), (3, 9, 5), (1, 9, 5), (1, 2, 4), (1, 1, 2))

#: How the place of a frame in a cell begins.
CELL = "Cell "
#: The most frames of a traceback that stands in a message.
FRAMES_TOLD = 4

#: No colours: on JupyterLab's red ground its own red and green can hardly be read.
BOLD, PLAIN = "\x1b[1m", "\x1b[22m"

#: The head of a frame where a traceback stands in a message, as anomaly mode has it in a warning.
TOLD_FRAME = re.compile(r'^ *File "(.*)", line (\d+), in (.*)$', re.MULTILINE)

#: Gives the name under which a reader knows a file of code, and None for a file of a library.
Names = Callable[[str], str | None]


@dataclass(frozen=True)
class Frame:
    """A line of the reader's own code that was running.

    Attributes:
        place: how the reader knows the file, such as "Cell In[3]".
        function: the function's name; "<module>" outside any.
        file: the file as Python knows it.
        line: the number of the line, from 1.
    """

    place: str
    function: str
    file: str
    line: int

    def lines(self, most: int) -> list[str]:
        """A head, and at most so many lines of code, which end one below the line itself."""
        inside = "" if self.function.startswith("<") else f", in {self.function}"
        code = [line.rstrip() for line in linecache.getlines(self.file)]
        first = max(self.line - max(most - 2, 0), 1)
        last = min(self.line + min(most - 1, 1), len(code))
        shown = [
            _numbered(at, code[at - 1], arrow=at == self.line)
            for at in range(first, last + 1)
            if at == self.line or code[at - 1]
        ]
        return [f"{self.place}, line {self.line}{inside}", *shown]


def _numbered(number: int, code: str, arrow: bool) -> str:
    """A line of code with its number in seven columns, as IPython writes it, and an arrow to it."""
    if arrow:
        return f"{BOLD}{'-' * (5 - len(str(number)))}> {number} {code}{PLAIN}"
    return f"{number:7} {code}"


def own_frames(trace: TracebackType | None, names: Names) -> tuple[list[Frame], list[str]]:
    """The frames of the reader's own code, and the packages of those that were called from there,
    one for each frame.
    """
    own, others = [], []
    while trace:
        code = trace.tb_frame.f_code
        place = names(code.co_filename)
        if place:
            own.append(Frame(place, code.co_name, code.co_filename, trace.tb_lineno))
        elif own and not code.co_filename.startswith("<"):
            others.append(trace.tb_frame.f_globals.get("__name__", "?").split(".")[0])
        trace = trace.tb_next
    return own, others


def told(error: BaseException, most: int) -> list[str]:
    """Class and message of an error, with its notes, in at most so many lines."""
    said = "\n".join([str(error), *getattr(error, "__notes__", ())])
    name = type(error).__name__
    lines = (f"{name}: {said}" if said else name).splitlines()
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    return [lines[0].replace(name, f"{BOLD}{name}{PLAIN}", 1), *lines[1:]]


def earlier(error: BaseException) -> tuple[BaseException | None, str]:
    """The error before this one, if there is one to be shown, and how the two hang together."""
    if error.__cause__:
        return error.__cause__, "The error above is the direct cause of this one:"
    if error.__context__ and not error.__suppress_context__:
        return error.__context__, "While the error above was handled, another one came:"
    return None, ""


def short_traceback(error: BaseException, names: Names) -> list[str]:
    """The lines of a short traceback, at most `MOST_LINES`; none where no frame is the reader's."""
    own, others = own_frames(error.__traceback__, names)
    if not own:
        return []
    for lines_each, frames, words in FORMS:
        lines = [
            *_before(error, names),
            *_frames(own, frames, lines_each),
            *_left_out(others, cut=len(own) > frames),
            "",
            *told(error, words),
            *where_explained(error),
        ]
        if len(lines) <= MOST_LINES:
            break
    return lines


def short_message(message: str, names: Names) -> list[str]:
    """The lines of a message: one, and where a traceback stands at its end, the frames of the
    reader's own code in short, from the cell that was run.
    """
    frames = [
        Frame(place, function, file, int(line))
        for file, line, function in TOLD_FRAME.findall(message)
        if (place := names(file))
    ]
    own = list(dropwhile(lambda frame: not frame.place.startswith(CELL), frames))
    said = TOLD_FRAME.split(message, maxsplit=1)[0] if own else message
    return [" ".join(said.split()), *_frames(own, FRAMES_TOLD, 1)]


def _before(error: BaseException, names: Names) -> list[str]:
    """The error before this one in short: its last frame and its first line."""
    first, relation = earlier(error)
    if not first:
        return []
    own, _ = own_frames(first.__traceback__, names)
    frame = own[-1].lines(1) if own else []
    return [*frame, told(first, 9)[0], relation]


def _frames(own: list[Frame], most: int, lines_each: int) -> list[str]:
    """The frames, or the first few and the last."""
    cut = len(own) > most
    # A recursion that was too deep has thousands: code is read for those that are shown.
    shown = [*own[: most - 1], own[-1]] if cut else own
    blocks = [frame.lines(lines_each) for frame in shown]
    if cut:
        blocks.insert(-1, ["      …"])
    return [line for block in blocks for line in block]


def _left_out(others: list[str], cut: bool) -> list[str]:
    """The line that says what is not shown. How deep a recursion went differs from run to run."""
    if cut:
        return ["(frames are left out: %tb shows the whole)"]
    if not others:
        return []
    count = f"{len(others)} frames" if len(others) > 1 else "1 frame"
    packages = ", ".join(dict.fromkeys(others))
    is_out = "are" if len(others) > 1 else "is"
    return [f"({count} inside {packages} {is_out} left out: %tb shows the whole)"]


def where_explained(error: BaseException) -> list[str]:
    """The lines that say where this error, or the one before it, is explained, one a section."""
    for one in (error, earlier(error)[0]):
        rows = rows_for(f"{type(one).__name__}: {one}") if one else []
        if rows:
            return rows[0].where.replace("; ", f";\n{' ' * 13}").splitlines()
    return []
