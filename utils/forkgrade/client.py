"""The way to the warm process: starts it, sends it notebooks, hands back what comes."""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from forkgrade import sandbox, warm


class NoSandbox(Exception):
    """This machine cannot confine a notebook, and the limits ask for that."""


class Warm:
    """A warm process. It ends with the process that made it, or on close()."""

    @staticmethod
    def possible():
        """Whether this machine can fork a process that holds torch: Linux. Elsewhere it was not
        tried.
        """
        return sys.platform == "linux"

    def __init__(self, limits, fork=False, solutions=None):
        """Starts it without waiting: by fork, which is quick but asks that no thread runs; else
        anew.

        `solutions` is the text of the solutions to the notebooks that will come: see
        Limits.modules."""
        if limits.require_sandbox and (lack := sandbox.missing()):
            raise NoSandbox(f"c.Limits.require_sandbox is set, and on this machine {lack}")
        self.folder = tempfile.mkdtemp(prefix="warm-")
        self.place = os.path.join(self.folder, "socket")
        self.owner = os.getpid()
        life, self.life = os.pipe()
        self.said, say = os.pipe()
        os.set_inheritable(self.life, False)
        start = self.fork if fork else self.launch
        self.pid = start(life, say, limits.modules(solutions), list(limits.course_packages))
        os.close(life)
        os.close(say)
        atexit.register(self.close)

    def fork(self, life, say, modules, packages):
        if pid := os.fork():
            return pid
        status = 1
        try:
            os.setsid()  # an interrupt at the terminal is its parent's to handle
            os.environ.update(warm.ENVIRONMENT)
            os.dup2(life, 0)
            os.dup2(say, 1)
            for descriptor in {life, say, self.life, self.said} - {0, 1}:
                os.close(descriptor)
            os.chdir(self.folder)
            warm.serve(self.place, modules, packages)
            status = 0
        finally:
            os._exit(status)

    def launch(self, life, say, modules, packages):
        command = [
            sys.executable,
            "-P",
            "-m",
            "forkgrade.warm",
            self.place,
            *modules,
            "--",
            *packages,
        ]
        env = os.environ | warm.ENVIRONMENT
        self.process = subprocess.Popen(
            command, stdin=life, stdout=say, env=env, cwd=self.folder, start_new_session=True
        )
        return self.process.pid

    def wait(self):
        """Returns once notebooks can be sent. Raises RuntimeError if the process could not
        start.
        """
        if self.said is not None:
            if os.read(self.said, 16) != b"ready\n":
                raise RuntimeError(
                    "the warm process did not start, see above: "
                    "can all of c.Limits.preload and c.Limits.preload_with be imported?"
                )
            os.close(self.said)
            self.said = None

    def close(self):
        if self.owner != os.getpid():  # in a worker, which only knows the way
            return
        atexit.unregister(self.close)
        os.close(self.life)
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, cells, folder, limits):
        """Runs (source, course) pairs; yields (outputs, put_back) for each that ended, then why the
        run ended.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.place)
            line = warm.Lines(connection.fileno(), connection.fileno())
            line.send({"folder": folder, "limits": limits.for_notebook().as_dict()})
            ended = None
            for source, course in cells:
                line.send({"source": source, "course": course, "key": secrets.token_hex(8)})
                answer = line.receive() or {"ended": "the warm process went away"}
                if "ended" in answer:
                    ended = answer["ended"]
                    break
                yield answer["outputs"], answer["put_back"]
            if ended is None:
                line.send({"end": True})
                answer = line.receive() or {"ended": "the warm process went away"}
                ended = "" if answer["ended"] == "done" else answer["ended"]
            yield ended
