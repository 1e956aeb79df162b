"""The process of one notebook: confined, and without anything of another one."""

import json
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import NoReturn

from forkgrade import sandbox, settings
from forkgrade.cells import Runner
from forkgrade.limits import NotebookLimits
from forkgrade.protocol import CUT, JsonLines

#: What Python's audit events call the start of a process, and a connection.
STARTS = """
subprocess.Popen os.system os.fork os.forkpty os.posix_spawn os.spawn os.exec
""".split()
CONNECTS = "socket.connect socket.bind socket.getaddrinfo urllib.Request".split()
#: Characters that a cell may always show, also after others have shown too much, and what is said
#: of a display that was too long.
FEW_CHARS = 1_000
SAYS_CUT = "\n" + CUT + "more than {} characters were displayed{} …\n"


def run_notebook(
    lines: JsonLines, folder: str, limits: NotebookLimits, runner: Runner, parent: int
) -> NoReturn:
    """Makes this process, a fork of the process `parent`, a notebook's, runs it, and ends the
    process.
    """
    status = 1
    try:
        sandbox.die_with_parent(parent)
        prepare(lines, folder, limits)
        run_cells(lines, limits, runner)
        status = 0
    except Exception:  # the grader's own code, as far as a notebook let it be
        lines.send({"failed": traceback.format_exc()})
    finally:
        os._exit(status)


def run_cells(lines: JsonLines, limits: NotebookLimits, runner: Runner) -> None:
    """Runs the cells that come in and sends their results, until there are no more."""
    # Bound now, before the notebook can put others in their places.
    receive, send, run, left = lines.receive, lines.send, runner.run, limits.total_chars
    dumps, write, size, says = json.dumps, os.write, len, SAYS_CUT.format
    send({"ready": True}, dumps, write)
    while cell := receive():
        left = max(left, FEW_CHARS)
        runner.output_chars = min(limits.output_chars, left)
        outputs, seen = run(cell["source"], cell["kind"], cell["seconds"], cell.get("question"))
        result = {"key": cell["key"], "outputs": outputs, "seen": seen}
        length, most = size(dumps(outputs, default=str)), min(limits.display_chars, left)
        if length > most:
            kept = [output for output in outputs if output["output_type"] in ("stream", "error")]
            in_all = most < limits.display_chars
            note = says(limits.total_chars if in_all else most, " in all" if in_all else "")
            kept.append({"output_type": "stream", "name": "stdout", "text": note})
            result["outputs"] = kept
            length = size(dumps(kept, default=str))
        left -= length
        send(result, lambda value: dumps(value, default=str), write)


def prepare(lines: JsonLines, folder: str, limits: NotebookLimits) -> None:
    """Makes this process a notebook's: its own folder, no descriptors but its line, confined."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    close_all_but(lines)
    os.chdir(folder)
    os.environ |= dict(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, PYTHONWARNINGS="ignore")
    tempfile.tempdir = None  # which may have been looked up before
    # Last: a file handed in may not stand in for a module.
    sys.path[:] = [*filter(None, sys.path), folder]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if not limits.processes:
        settings.load_in_this_process()
    sys.addaudithook(refuser(limits))
    sandbox.confine(folder, limits)


def refuser(limits: NotebookLimits) -> Callable[[str, tuple], None]:
    """A hook that says why something is refused, which the kernel would refuse without a word."""
    starts = () if limits.processes else STARTS
    connects = () if limits.network else CONNECTS

    def refuse(event: str, arguments: tuple) -> None:
        if event in starts:
            raise PermissionError("a notebook may not start a process while it is graded")
        if event in connects:
            raise PermissionError("a notebook may not open a connection while it is graded")

    return refuse


def close_all_but(lines: JsonLines) -> None:
    """Closes every descriptor of this process but those of its line; the first three lead to
    nothing.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in 0, 1, 2:
        os.dup2(null, descriptor)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    kept = sorted((lines.inward, lines.outward))
    for low, high in zip([2, *kept], [*kept, most], strict=True):
        os.closerange(low + 1, high)
