"""Starts kernels as forks of a process that has imported what the notebooks need.

A kernel takes two or three seconds of processor time to import torch and matplotlib, and a course
has dozens of notebooks. A fork has them at once, and is otherwise what a new kernel is: no name is
defined, and its folder, environment and search path are its own.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

NAME = "strict-nbval-warm"
LAUNCHER = "ipykernel_launcher"


def is_possible() -> bool:
    """Whether kernels can be forked here. macOS forbids much in a fork, Windows has none, and some
    containers do not let a process be watched.
    """
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class ForkedKernel:
    """A kernel that another process forked, as LocalProvisioner wants it: a part of Popen."""

    stdin = stdout = stderr = None

    def __init__(self, number: int) -> None:
        self.pid = number
        try:
            self.file = os.pidfd_open(number)
        except ProcessLookupError:
            self.file = None

    def poll(self) -> int | None:
        """None while it runs, then 0: what it ended with is known to its parent alone."""
        if self.file is not None and select.select([self.file], [], [], 0)[0]:
            self.close()
        return None if self.file is not None else 0

    def wait(self) -> int:
        """Waits until it has ended."""
        if self.file is not None:
            select.select([self.file], [], [])
            self.close()
        return 0

    def close(self) -> None:
        """Lets go of it, once it has ended."""
        os.close(self.file)
        self.file = None

    def send_signal(self, number: int) -> None:
        """Sends it a signal; nothing where it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.file, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python reads as it starts, such as PYTHONPATH, and not again in a fork."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


class WarmProcess:
    """The process that forks, started when the first kernel is asked for."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = modules
        self.process = self.link = None
        self.python: dict[str, str] | None = None

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Whether a Python that starts in this environment would search where this one does."""
        self.start()
        return read_at_start(environment) == self.python

    def start(self) -> None:
        """Starts it, if it does not run; what it imports is imported while others work."""
        if self.process is not None:
            return
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        program = Path(__file__).with_name("forking.py")
        # As a kernel is started, whose debugger wants to see all of Python.
        start = [sys.executable, "-Xfrozen_modules=off", str(program), str(theirs.fileno())]
        # A kernel sets it, and matplotlib asks for it when it is imported.
        environment = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", **os.environ}
        self.python = read_at_start(environment)
        with theirs:
            self.process = subprocess.Popen(
                [*start, *self.modules], pass_fds=[theirs.fileno()], env=environment
            )

    def fork(self, arguments: list[str], folder: str, environment: dict, errors: Any) -> int:
        """The number of a process that is now a kernel.

        Raises RuntimeError where the process has ended, as it does when a module is missing.
        """
        self.start()
        request = {"arguments": arguments, "folder": folder, "environment": environment}
        files = [] if errors is None else [errors.fileno()]
        try:
            socket.send_fds(self.link, [json.dumps(request).encode()], files)
            number = self.link.recv(32)
        except (BrokenPipeError, ConnectionResetError):
            number = b""
        if not number:
            raise RuntimeError(
                "the process that forks kernels has ended; its own error stands above. Can all "
                "of strict_nbval_warm be imported?"
            )
        return int(number)

    def close(self) -> None:
        """Ends the process, where it was started, and with it each kernel that still runs."""
        if self.process is not None:
            self.link.close()
            self.process.wait()
            self.process = None


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel of this Python, and is LocalProvisioner in everything else."""

    warm: WarmProcess

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        """Starts a kernel; returns how to reach it.

        cmd : what would start it by itself, such as python -m ipykernel_launcher -f connection.json
        """
        ours = cmd[0] == sys.executable and LAUNCHER in cmd
        if not ours or not self.warm.fits(kwargs["env"]):
            return await super().launch_kernel(cmd, **kwargs)
        self.cwd = os.fspath(kwargs.get("cwd") or Path.cwd())
        arguments = cmd[cmd.index(LAUNCHER) + 1 :]
        number = self.warm.fork(arguments, self.cwd, kwargs["env"], kwargs.get("stderr"))
        self.process = ForkedKernel(number)
        # It leads a process group of its own.
        self.pid = self.pgid = number
        return self.connection_info


def fork_kernels(modules: Sequence[str]) -> WarmProcess:
    """From now on each kernel that jupyter_client starts in this process is forked, from a process
    that has imported these modules; the one who asks closes it.
    """
    WarmProvisioner.warm = WarmProcess(modules)
    factory = KernelProvisionerFactory.instance()
    value = f"{WarmProvisioner.__module__}:{WarmProvisioner.__name__}"
    factory.provisioners[NAME] = EntryPoint(NAME, value, factory.GROUP_NAME)
    factory.default_provisioner_name = NAME
    return WarmProvisioner.warm
