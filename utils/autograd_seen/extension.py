"""What ``%load_ext autograd_seen`` changes in a notebook: errors and warnings that a beginner can
read, and plots that stand on a dark page too.
"""

import functools
import re
import sys
import sysconfig
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import torch

from autograd_seen.explained import rows_for
from autograd_seen.plates import Plates
from autograd_seen.short_traceback import Names, short_message, short_traceback

#: Where code lies that is not the reader's.
LIBRARIES = (
    *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).parent),
)
SITE = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
#: What torch appends to a warning that comes from C++.
TRIGGERED = re.compile(r"\s*\(Triggered internally at [^)]*\)")
#: What torch 2.14 says of its own code where forward mode begins; a reader can do nothing about it.
OF_ITSELF = "`torch.jit.script` is deprecated"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

#: Under these names a shell keeps its `ShortWarnings` and its `Plates`.
KEPT_AS, PLATES_AS = "autograd_seen_warnings", "autograd_seen_plates"


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext autograd_seen``: from the next cell on short warnings, and at once short
    tracebacks, each with the lesson that explains it. ``%tb`` shows the whole traceback,
    ``%unload_ext autograd_seen`` undoes it.
    """
    unload_ipython_extension(shell)
    shell.set_custom_exc((Exception, KeyboardInterrupt), show_error)
    # IPython keeps the text of each error for `%notebook`, and lays out thousands of frames for it
    # where a recursion was too deep: seconds, in which the cell goes on running.
    shell._format_exception_for_storage = functools.partial(
        in_short_for_history, shell, shell._format_exception_for_storage
    )
    shell.meta[KEPT_AS] = short = ShortWarnings(lambda file: name_of(file, shell))
    shell.events.register("pre_run_cell", short.begin)
    shell.events.register("post_run_cell", short.end)
    torch.set_warn_always(True)
    shell.meta[PLATES_AS] = plates = Plates(shell)
    shell.events.register("pre_run_cell", plates.install)
    shell.events.register("post_execute", plates.install)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext autograd_seen``: tracebacks and warnings are Python's own again."""
    short = shell.meta.pop(KEPT_AS, None)
    if short:
        shell.set_custom_exc((), None)
        del shell._format_exception_for_storage
        short.end()
        shell.events.unregister("pre_run_cell", short.begin)
        shell.events.unregister("post_run_cell", short.end)
        torch.set_warn_always(short.always)
    plates = shell.meta.pop(PLATES_AS, None)
    if plates:
        shell.events.unregister("pre_run_cell", plates.install)
        shell.events.unregister("post_execute", plates.install)
        plates.remove()


class ShortWarnings:
    """Shows each warning of a cell on one line, and where it is explained. Of a traceback that a
    warning holds, the reader's own lines follow.

    It stands in for `warnings.showwarning` only while a cell runs, so that whoever looks between
    the cells, such as a grader, finds Python's own.
    """

    def __init__(self, names: Names):
        self.names = names
        #: How things were before.
        self.show_as_before, self.always = warnings.showwarning, torch.is_warn_always_enabled()

    def begin(self, *_: object) -> None:
        """Before a cell. Each warning can come again: Python by itself shows it once for each
        number of a line, and all cells share these numbers.
        """
        # What Python does by default, said again: any change makes it forget which it has shown.
        warnings.filterwarnings("default", append=True)
        if warnings.showwarning is self.show_as_before:
            warnings.showwarning = self.show

    def end(self, *_: object) -> None:
        """After a cell. What the reader put there stays."""
        if warnings.showwarning == self.show:
            warnings.showwarning = self.show_as_before

    def show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Stands in for `warnings.showwarning`."""
        if str(message).startswith(OF_ITSELF):
            return
        try:
            said = short_warning(message, category, self.names)
        except Exception:
            self.show_as_before(message, category, filename, lineno, file, line)
        else:
            (file or sys.stderr).write(said)


def short_warning(message: Warning | str, category: type[Warning], names: Names) -> str:
    """A warning on one line, the reader's own lines of a traceback that it holds, and where it is
    explained.
    """
    said, *frames = short_message(TRIGGERED.sub("", str(message)), names)
    said = f"{category.__name__}: {said}"
    lines = [said, *frames, *(row.where for row in rows_for(said)[:1])]
    return COLOUR.sub("", "".join(f"{line}\n" for line in lines))


def show_error(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Shows an error that a cell raised: in short, or as IPython does where that fails."""
    if issubclass(kind, SyntaxError) and shell.compile.format_code_name(error.filename or ""):
        # The cell itself cannot be read, so nothing ran.
        shell.showsyntaxerror()
        return
    lines = _in_short(shell, error)
    if not lines:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        return
    if shell.colors.lower() == "nocolor":
        lines = [COLOUR.sub("", line) for line in lines]
    # What %tb shows.
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    sys.last_exc = error
    shell._showtraceback(kind, error, lines)


def in_short_for_history(
    shell: Any, whole: Callable[..., dict], error: BaseException, *args: Any, **kwargs: Any
) -> dict:
    """What IPython keeps of an error, with the lines that were shown; by `whole`, its own way,
    where those were its own.
    """
    lines = _in_short(shell, error)
    if not lines:
        return whole(error, *args, **kwargs)
    return {"ename": type(error).__name__, "evalue": str(error), "traceback": lines}


def _in_short(shell: Any, error: BaseException) -> list[str]:
    """The lines of a short traceback; none where the error has a form of its own."""
    if not _shown_otherwise(error):
        with suppress(Exception):
            return short_traceback(error, lambda file: name_of(file, shell))
    return []


def _shown_otherwise(error: BaseException) -> bool:
    """Whether an error has a form of its own: a check's report, an error of a magic, a group."""
    is_usage = type(error).__name__ == "UsageError"
    return is_usage or hasattr(error, "_render_traceback_") or isinstance(error, BaseExceptionGroup)


def name_of(file: str, shell: Any) -> str | None:
    """How a reader knows a file of code: as a cell, or by its path from the notebook; None for a
    library's.
    """
    cell = shell.compile.format_code_name(file)
    if cell:
        return " ".join(cell)
    path = Path(file)
    if file.startswith("<") or SITE.search(file) or any(map(path.is_relative_to, LIBRARIES)):
        return None
    here = Path.cwd()
    return f"File {path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name}"
