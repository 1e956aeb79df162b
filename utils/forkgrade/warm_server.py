"""The warm process: it holds torch, runs no notebook itself, and forks a confined child for each.

`python -m forkgrade.warm_server SOCKET '{"modules": […], "packages": […], "sources": […]}'` imports
these, runs the sources as cells, and listens on a Unix socket; see protocol.py. It ends when its
standard input does, so with the process that started it.

What a notebook holds never comes here: whoever asks for a child speaks with it directly. So no
child has anything of another notebook in its memory.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import warnings
from collections.abc import Sequence

from forkgrade import sandbox
from forkgrade.cells import Runner
from forkgrade.child import run_notebook
from forkgrade.limits import NotebookLimits
from forkgrade.protocol import MOMENT, PIECE, JsonLines


def serve(
    socket_path: str, modules: list[str], packages: list[str], sources: Sequence[str] = ()
) -> None:
    """Imports modules and the course's packages, runs the cells that warm it up, then listens until
    standard input ends.
    """
    preload(modules, packages)
    warnings.simplefilter("ignore")
    runner = Runner(packages)
    runner.warm_up(sources)
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it looks at
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(socket_path)
    listener.listen(64)
    children = Children(runner)
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listener, 0, *children.watched()], [], [])
        if listener in ready:
            children.asking.append(listener.accept()[0])
        if 0 in ready and not os.read(0, PIECE):
            return
        children.look_after(ready)


def preload(modules: list[str], packages: list[str]) -> None:
    """Imports modules, and packages with all their parts: a later import could find another's."""
    for name in modules:
        importlib.import_module(name)
    for name in packages:
        package = importlib.import_module(name)
        for part in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(part.name)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


class Children:
    """The processes of the notebooks that run, and the connections to those who asked for them.

    A notebook is asked for, begun, and ended when its connection says so or is closed.
    """

    def __init__(self, runner: Runner):
        self.runner = runner
        self.asking: list[socket.socket] = []
        self.running: dict[socket.socket, int] = {}
        self.ending: dict[int, socket.socket] = {}
        self.limits: NotebookLimits | None = None  # those of the last notebook
        # Whenever a child has ended, a byte comes out of this pipe.
        self.has_ended, note = os.pipe()
        os.set_blocking(note, False)
        signal.set_wakeup_fd(note, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def watched(self) -> list[socket.socket | int]:
        """What may have something to say."""
        return [self.has_ended, *self.asking, *self.running]

    def look_after(self, ready: list[socket.socket | int]) -> None:
        """Does what those ask for that have something to say."""
        for connection in [one for one in self.running if one in ready]:
            process = self.running.pop(connection)
            with contextlib.suppress(OSError):
                connection.recv(PIECE)  # or its end would be an error at the other side
            self.ending[process] = connection
            end(process)
        for connection in [one for one in self.asking if one in ready]:
            self.asking.remove(connection)
            self.begin(connection)
        if self.has_ended in ready:
            os.read(self.has_ended, PIECE)
        for process in list(self.ending):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                tell(self.ending[process], {"status": status})
                self.ending.pop(process).close()

    def begin(self, connection: socket.socket) -> None:
        """Starts the notebook that is asked for, and hands over the way to it."""
        pipes: list[int] = []
        try:
            task = JsonLines(connection.fileno(), connection.fileno()).receive(MOMENT)
            pipes += os.pipe()
            pipes += os.pipe()
            down, to_it, from_it, up = pipes
            process = self.fork(JsonLines(down, up), task["folder"], task["limits"])
            self.running[connection] = process
            tell(connection, {"process": process}, [from_it, to_it])
        except Exception as error:  # the grader's own: who asked for the notebook is told
            tell(connection, {"broken": f"{type(error).__name__}: {error}"})
            connection.close()
        finally:
            for descriptor in pipes:
                os.close(descriptor)

    def fork(self, lines: JsonLines, folder: str, limits: dict) -> int:
        """The number of a new process, which runs the notebook that comes over its lines."""
        limits, server = NotebookLimits(**limits), os.getpid()
        if limits != self.limits:
            sandbox.get_ready(limits)
            self.limits = limits
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run_notebook(lines, folder, limits, self.runner, server)
        return process


def tell(connection: socket.socket, value: dict, descriptors: Sequence[int] = ()) -> None:
    """Sends a value, with some descriptors, to whoever asked for a notebook and may be gone."""
    with contextlib.suppress(OSError):
        socket.send_fds(connection, [json.dumps(value).encode() + b"\n"], descriptors)


def end(process: int) -> None:
    """Ends a child, and what it may have started, before its number is given to another process."""
    for kill in os.killpg, os.kill:
        with contextlib.suppress(ProcessLookupError):
            kill(process, signal.SIGKILL)


if __name__ == "__main__":
    told = json.loads(sys.argv[2])
    serve(sys.argv[1], told["modules"], told["packages"], told["sources"])
