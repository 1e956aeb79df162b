"""The warm process: it holds torch, runs no notebook itself, and forks a confined child for each.

`python -m forkgrade.warm_server SOCKET '{"modules": […], "packages": […], "sources": […]}'` imports
these, runs the sources as cells, and listens on a Unix socket; see protocol.py. It ends when its
standard input does, so with the process that started it.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import socket
import sys
import warnings
from collections.abc import Sequence

from forkgrade.cells import Runner
from forkgrade.protocol import PIECE
from forkgrade.sandbox import die_with_parent
from forkgrade.supervise import supervise


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
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listener, 0], [], [], 1.0)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if listener in ready:
            accept(listener, runner)
        if 0 in ready and not os.read(0, PIECE):
            return


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


def accept(listener: socket.socket, runner: Runner) -> None:
    """Forks a supervisor for the notebook that waits at a socket."""
    connection, _ = listener.accept()
    server = os.getpid()
    if os.fork() == 0:
        listener.close()
        status = 1
        try:
            die_with_parent(server)
            supervise(connection, runner)
            status = 0
        finally:
            os._exit(status)
    connection.close()


if __name__ == "__main__":
    told = json.loads(sys.argv[2])
    serve(sys.argv[1], told["modules"], told["packages"], told["sources"])
