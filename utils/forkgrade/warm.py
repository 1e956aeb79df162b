"""The warm process: it holds torch, runs no notebook itself, and forks a confined child for each.

`python -m forkgrade.warm SOCKET MODULE... -- PACKAGE...` imports these and listens on a Unix
socket. It ends when its standard input does, so with the process that started it. Each connection
is one notebook; everything on it is a line of JSON:

    to the warm process      {"folder", "limits"}, then for each cell {"source", "course"}, then
    {"end": true} from the warm process    {"outputs", "put_back"} for each cell that ended, then
    {"ended": why}

Between the two stands a keeper, the child's parent: it hands over one cell at a time, watches
clock, output and disk, and ends the child's whole session. It has read no grade book and no other
notebook, so neither has the child."""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import random
import resource
import select
import signal
import socket
import sys
import time
import traceback
import warnings

from forkgrade import sandbox
from forkgrade.limits import NotebookLimits

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",  # a warning on stderr would cost a test cell its points
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
PIECE = 1 << 16
CUT = "… the output of this cell was cut: "


class Lines:
    """Lines of JSON over a pair of file descriptors."""

    def __init__(self, read, write, most=None):
        self.inward, self.outward, self.most, self.rest = read, write, most, b""

    def send(self, value, dumps=json.dumps, write=os.write):
        data = memoryview(dumps(value).encode() + b"\n")
        while data:
            data = data[write(self.outward, data) :]

    def receive(self, seconds=None, beside=None):
        """The next line's value, None at the end.

        Raises TimeoutError after `seconds`, OverflowError after `most` bytes without an end of
        line, and BrokenPipeError when the descriptor `beside` is closed at its other end."""
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self.rest:
            if self.most and len(self.rest) > self.most:
                raise OverflowError
            left = None if end is None else max(end - time.monotonic(), 0)
            ready, _, _ = select.select([self.inward, *([beside] if beside else [])], [], [], left)
            if not ready:
                raise TimeoutError
            if self.inward not in ready:
                raise BrokenPipeError
            piece = os.read(self.inward, PIECE)
            if not piece:
                return None
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)


# --- the warm process -----------------------------------------------------------------------------


def serve(place, modules, packages):
    """Imports modules and the course's packages, then listens at `place` until standard input
    ends.
    """
    preload(modules, packages)
    from forkgrade.cells import Runner

    warnings.simplefilter("ignore")
    runner = Runner(packages)
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it looks at
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen(64)
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listener, 0], [], [], 1.0)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if listener in ready:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                status = 1
                try:
                    keep(connection, runner)
                    status = 0
                finally:
                    os._exit(status)
            connection.close()
        if 0 in ready and not os.read(0, PIECE):
            return


def preload(modules, packages):
    """Imports modules, and packages with all their parts: a later import could find another's."""
    for name in modules:
        importlib.import_module(name)
    for name in packages:
        package = importlib.import_module(name)
        for part in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(part.name)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


# --- the keeper -----------------------------------------------------------------------------------


def keep(connection, runner):
    """Runs one notebook in a child and reports on it."""
    above = Lines(connection.fileno(), connection.fileno())
    task = above.receive()
    limits, folder = NotebookLimits(**task["limits"]), task["folder"]
    down, up = os.pipe(), os.pipe()
    os.setsid()
    child = os.fork()
    if child == 0:
        connection.close()
        status = 1
        line = Lines(down[0], up[1])
        try:
            play(line, folder, limits, runner)
            status = 0
        except Exception:  # the grader's own code, as far as a notebook let it be
            line.send({"failed": traceback.format_exc()})
        finally:
            os._exit(status)
    os.close(down[0])
    os.close(up[1])
    below = Lines(up[0], down[1], most=limits.display_chars * 2)
    try:
        why = watch(above, below, folder, limits)
    finally:
        # The child and what it may have started, before its number is given to another process.
        for end in os.killpg, os.kill:
            with contextlib.suppress(ProcessLookupError):
                end(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
    above.send({"ended": why or death(status), "peak_mb": used.ru_maxrss // 1024})


def watch(above, below, folder, limits):
    """Passes cells down and results up. Returns why that ended early; "" if the child ended by
    itself.
    """
    if (greeting := below.receive(seconds=60)) != {"ready": True}:
        return (
            ""
            if greeting is None
            else f"the notebook's process could not start: {greeting['failed']}"
        )
    spent = 0.0
    while "end" not in (cell := above.receive() or {"end": True}):
        left = limits.total_seconds - spent
        if left <= 0:
            return f"the notebook ran longer than {limits.total_seconds:g} s in total"
        seconds = min(limits.cell_seconds, left)
        started = time.monotonic()
        try:
            below.send(cell | {"seconds": seconds})
            result = below.receive(seconds + limits.grace_seconds, beside=above.inward)
        except TimeoutError:
            return f"a cell ran longer than {seconds:g} s and could not be interrupted"
        except OverflowError:
            return f"a cell sent more than {below.most} characters of output"
        except BrokenPipeError:
            return ""
        except ValueError:
            return "the notebook wrote on the channel of its results"
        spent += time.monotonic() - started
        if result is None:
            return ""
        if isinstance(result, dict) and "failed" in result:
            return (
                f"the process of the notebook failed: {result['failed'].strip().splitlines()[-1]}"
            )
        if not isinstance(result, dict) or result.pop("key", None) != cell["key"]:
            return "the notebook wrote on the channel of its results"
        above.send(result)
        if weight(folder) > limits.folder_mb * 2**20:
            return f"the notebook wrote more than {limits.folder_mb} MiB of files"
    return "done"


def weight(folder):
    """Bytes of all files below a folder."""
    total, waiting = 0, [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def death(status):
    """What a wait status says, in words."""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"the notebook's process was ended by {name}"
    return f"the notebook ended its process with exit code {os.WEXITSTATUS(status)}"


# --- the child ------------------------------------------------------------------------------------


def play(line, folder, limits, runner):
    """Runs the cells that come in on a line and sends their results, until the line ends."""
    prepare(line, folder, limits)
    runner.output_chars = limits.output_chars
    # Bound now, before the notebook can put others in their places.
    receive, send, run, most = line.receive, line.send, runner.run, limits.display_chars
    dumps, write, size = json.dumps, os.write, len
    send({"ready": True}, dumps, write)
    while cell := receive():
        outputs, put_back = run(cell["source"], cell["course"], cell["seconds"])
        result = {"key": cell["key"], "outputs": outputs, "put_back": put_back}
        if size(dumps(outputs, default=str)) > most:
            kept = [output for output in outputs if output["output_type"] in ("stream", "error")]
            note = f"\n{CUT}more than {most} characters were displayed …\n"
            kept.append({"output_type": "stream", "name": "stdout", "text": note})
            result["outputs"] = kept
        send(result, lambda value: dumps(value, default=str), write)


def prepare(line, folder, limits):
    """Makes this process a notebook's: its own folder, no descriptors but its line, confined."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sandbox.die_with_parent()
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in 0, 1, 2:
        os.dup2(null, descriptor)
    kept = sorted((line.inward, line.outward))
    for low, high in zip(
        [2, *kept], [*kept, resource.getrlimit(resource.RLIMIT_NOFILE)[0]], strict=True
    ):
        os.closerange(low + 1, high)
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, PYTHONWARNINGS="ignore")
    for name in [
        name
        for name in os.environ
        if any(word in name for word in ("TOKEN", "SECRET", "PASSWORD", "KEY"))
    ]:
        del os.environ[name]
    # Last: a file handed in may not stand in for a module.
    sys.path[:] = [entry for entry in sys.path if entry] + [folder]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    sandbox.confine(folder, limits)


if __name__ == "__main__":
    end = sys.argv.index("--")
    serve(sys.argv[1], sys.argv[2:end], sys.argv[end + 1 :])
