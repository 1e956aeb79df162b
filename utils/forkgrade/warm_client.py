"""The way to the warm process: starts it, sends it notebooks, hands back what comes."""

import atexit
import json
import os
import secrets
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forkgrade import sandbox, supervise
from forkgrade.limits import Limits, NotebookLimits
from forkgrade.meter import Meter
from forkgrade.own_folder import OwnFolder, remove_abandoned
from forkgrade.protocol import MOMENT, PIECE, CellKind, JsonLines, Output

#: What the warm process takes over of this process' environment: where things are, and the
#: language. Nothing else, whatever its name.
KEPT = """
PATH LD_LIBRARY_PATH PYTHONPATH HOME XDG_CACHE_HOME MPLCONFIGDIR
LANG LC_ALL LC_CTYPE TZ
""".split()
#: What it has in its environment beside that.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # one for each thread would use up the addresses it may have
    "PYTHONWARNINGS": "ignore",  # a warning on stderr would cost a test cell its points
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


#: What comes from the warm process is for no program that this one starts.
FLAGS = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
#: Seconds that the warm process has to import what notebooks need.
START = 300


class WarmGone(Exception):
    """The warm process could not run a notebook, for no fault of the notebook's; the message says
    why.
    """


class NoSandbox(Exception):
    """This machine cannot confine a notebook, and the limits ask for that."""


@dataclass(frozen=True)
class CellResult:
    """What came of a cell that ended.

    Attributes:
        outputs: as the notebook stores them.
        seen: what a probe says of an answer, whatever that is: a student's code could change it.
    """

    outputs: list[Output]
    seen: object = None


class Cell(NamedTuple):
    """A cell that is to be run.

    Attributes:
        source: its code.
        kind: what it is.
        question: what a probe asks, in the place of the code.
    """

    source: str
    kind: CellKind
    question: dict | None = None


@dataclass(frozen=True)
class NotebookRun:
    """What came of a notebook.

    Attributes:
        results: one for each cell that ended, in order.
        ended: why the run ended early; "" if it did not.
    """

    results: list[CellResult]
    ended: str


@dataclass(frozen=True)
class WarmClient:
    """The way to a warm process, which listens at `socket_path`. It can be sent to another process
    of this machine.
    """

    socket_path: str

    def run(self, cells: Sequence[Cell], folder: str, limits: NotebookLimits) -> NotebookRun:
        """Runs the cells of one notebook in a folder of its own. Raises WarmGone."""
        tasks = (cell._asdict() | {"key": secrets.token_hex(8)} for cell in cells)
        done, ended = [], ""
        with self.connected() as connection:
            process = begun(connection, folder, limits)
            try:
                for result in supervise.results(tasks, process.lines, process.meter):
                    done.append(CellResult(outputs_of(result), result.get("seen")))
            except supervise.Ended as error:
                ended = str(error) or None
            finally:
                process.close()
            said, _ = answer(connection, {"end": True})
            status = said["status"]
        return NotebookRun(done, supervise.how_it_ended(status) if ended is None else ended)

    @property
    def folder(self) -> str:
        """The folder for what notebooks are given, which goes when the warm process does."""
        return os.path.dirname(self.socket_path)

    def connected(self) -> socket.socket:
        """A connection for one notebook. Raises WarmGone."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(MOMENT)
            connection.connect(self.socket_path)
        except OSError as error:
            connection.close()
            raise WarmGone(f"the process that runs notebooks has ended ({error})") from error
        return connection


def outputs_of(answer: dict) -> list[Output]:
    """The outputs of a cell, as far as they are any: a student's code could change them."""
    outputs = answer.get("outputs")
    return [one for one in outputs if is_output(one)] if isinstance(outputs, list) else []


def is_output(value: object) -> bool:
    """Whether this is an output as a notebook stores it."""
    match value:
        case {"output_type": "stream", "name": str(), "text": str()}:
            return True
        case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list(lines)}:
            return all(isinstance(line, str) for line in lines)
        case {"output_type": "display_data" | "execute_result", "data": dict(), "metadata": dict()}:
            return True
    return False


@dataclass(frozen=True)
class Process:
    """The process of a notebook: the way to it, and what it uses."""

    lines: JsonLines
    meter: Meter

    def close(self) -> None:
        """Closes the way to it."""
        os.close(self.lines.inward)
        os.close(self.lines.outward)


def begun(connection: socket.socket, folder: str, limits: NotebookLimits) -> Process:
    """The process that the warm process has begun for a notebook. Raises WarmGone."""
    said, ends = answer(connection, {"folder": folder, "limits": limits.as_dict()})
    lines = JsonLines(*ends, most=limits.display_chars * 2)
    return Process(lines, Meter(said["process"], folder, limits))


def answer(connection: socket.socket, value: object) -> tuple[dict, list[int]]:
    """What the warm process answers to a value, and the descriptors that come with it. Raises
    WarmGone.
    """
    data, descriptors = b"", []
    try:
        connection.sendall(json.dumps(value).encode() + b"\n")
        while not data.endswith(b"\n"):
            piece, came, _, _ = socket.recv_fds(connection, PIECE, 2, FLAGS)
            if not piece:
                raise WarmGone("the process that runs notebooks went away")
            data += piece
            descriptors += came
    except TimeoutError:
        reason = f"no answer in {connection.gettimeout():g} s"
        raise WarmGone(f"the process that runs notebooks failed ({reason})") from None
    except (BrokenPipeError, ConnectionResetError):
        raise WarmGone("the process that runs notebooks went away") from None
    said = json.loads(data)
    if "broken" in said:
        raise WarmGone(f"the process that runs notebooks failed ({said['broken']})")
    return said, descriptors


class WarmProcess:
    """A warm process: it holds torch and forks a confined child for each notebook.

    It ends with the process that made it, or on close().
    """

    @staticmethod
    def is_possible() -> bool:
        """Whether this machine can fork a process that holds torch: Linux. Elsewhere it was not
        tried.
        """
        return sys.platform == "linux"

    def __init__(self, limits: Limits, solutions: str | None = None):
        """Starts it without waiting, as a program of its own: so nothing of this process is in its
        memory, where a notebook could find it.

        `solutions` is the text of the solutions to the notebooks that will come: see
        Limits.modules. Raises NoSandbox.
        """
        if limits.require_sandbox and (reason := sandbox.missing()):
            raise NoSandbox(f"c.Limits.require_sandbox is set, and on this machine {reason}")
        remove_abandoned()
        self.own_folder = OwnFolder()
        self.folder = self.own_folder.path
        self.client = WarmClient(os.path.join(self.folder, "socket"))
        self.owner = os.getpid()
        # It reads the end of its life from one pipe, and says on the other that it is ready.
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.process = subprocess.Popen(
            command(self.client.socket_path, limits, solutions),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=kept | ENVIRONMENT | {"TMPDIR": self.folder},  # torch makes a folder for its cache
            cwd=self.folder,
            start_new_session=True,  # an interrupt at the terminal is its parent's to handle
        )
        self.pid, self.is_ready = self.process.pid, False
        atexit.register(self.close)

    def wait(self) -> WarmClient:
        """Returns the way to it, once notebooks can be sent. Raises RuntimeError if it could not
        start.
        """
        if not self.is_ready:
            ready = self.process.stdout
            begun, _, _ = select.select([ready], [], [], START)
            if not begun or os.read(ready.fileno(), 16) != b"ready\n":
                raise RuntimeError(
                    "the warm process did not start, see above: "
                    "can all of c.Limits.preload and c.Limits.preload_with be imported?"
                )
            self.is_ready = True
        return self.client

    def close(self) -> None:
        """Ends it. In a process that was forked from the one that made it, does nothing."""
        if self.owner != os.getpid():
            return
        atexit.unregister(self.close)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()  # the processes of notebooks end with it
        self.process.wait()
        self.own_folder.close()


def command(socket_path: str, limits: Limits, solutions: str | None) -> list[str]:
    """The program that is a warm process, and what it is told."""
    python = [sys.executable, "-P", "-m", "forkgrade.warm_server"]
    told = {
        "modules": limits.modules(solutions),
        "packages": limits.course_packages,
        "sources": limits.warm_up,
    }
    return [*python, socket_path, json.dumps(told)]
