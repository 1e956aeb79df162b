"""The process of one notebook: confined, and without anything of another one."""

import json
import os
import random
import resource
import signal
import sys
import traceback
from typing import NoReturn

from forkgrade import sandbox, settings
from forkgrade.cells import Runner
from forkgrade.limits import NotebookLimits
from forkgrade.protocol import CUT, JsonLines

SECRETS = ("TOKEN", "SECRET", "PASSWORD", "KEY")


def run_notebook(lines: JsonLines, folder: str, limits: NotebookLimits, runner: Runner) -> NoReturn:
    """Makes this process a notebook's, runs it, and ends the process."""
    status = 1
    try:
        prepare(lines, folder, limits)
        run_cells(lines, limits, runner)
        status = 0
    except Exception:  # the grader's own code, as far as a notebook let it be
        lines.send({"failed": traceback.format_exc()})
    finally:
        os._exit(status)


def run_cells(lines: JsonLines, limits: NotebookLimits, runner: Runner) -> None:
    """Runs the cells that come in and sends their results, until there are no more."""
    runner.output_chars = limits.output_chars
    # Bound now, before the notebook can put others in their places.
    receive, send, run, most = lines.receive, lines.send, runner.run, limits.display_chars
    dumps, write, size = json.dumps, os.write, len
    send({"ready": True}, dumps, write)
    while cell := receive():
        outputs, put_back = run(cell["source"], cell["kind"], cell["seconds"])
        result = {"key": cell["key"], "outputs": outputs, "put_back": put_back}
        if size(dumps(outputs, default=str)) > most:
            kept = [output for output in outputs if output["output_type"] in ("stream", "error")]
            note = f"\n{CUT}more than {most} characters were displayed …\n"
            kept.append({"output_type": "stream", "name": "stdout", "text": note})
            result["outputs"] = kept
        send(result, lambda value: dumps(value, default=str), write)


def prepare(lines: JsonLines, folder: str, limits: NotebookLimits) -> None:
    """Makes this process a notebook's: its own folder, no descriptors but its line, confined."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sandbox.die_with_parent()
    os.setsid()
    close_all_but(lines)
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, PYTHONWARNINGS="ignore")
    for name in list(os.environ):
        if any(word in name for word in SECRETS):
            del os.environ[name]
    # Last: a file handed in may not stand in for a module.
    sys.path[:] = [*filter(None, sys.path), folder]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if not limits.processes:
        settings.load_in_this_process()
    sandbox.confine(folder, limits)


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
