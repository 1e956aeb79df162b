"""A process that has imported what notebooks need, and forks a kernel whenever it is asked.

`python forking.py SOCKET MODULE …` imports the modules, then answers each request on the socket
with which it was started by the number of the process that is now a kernel. It ends when the
other end is closed. No thread runs in it, so a fork is a whole copy.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from importlib.util import find_spec

#: Bytes of the longest request: an environment is the most of it.
LONGEST = 1 << 20


def main() -> None:
    """Imports, answers, and in each fork goes on as the kernel that was asked for."""
    # As ipykernel_launcher does: a kernel does not import from where its launcher lies.
    del sys.path[0]
    link = socket.socket(fileno=int(sys.argv[1]))
    given = dict(os.environ)
    for name in ["ipykernel.kernelapp", "ipykernel.debugger", *sys.argv[2:]]:
        importlib.import_module(name)
    # What an import sets is set in a kernel that imports it too.
    added = dict(os.environ.items() - given.items())
    # Or the first full collection in each kernel would look through, and copy, all of this.
    gc.collect()
    gc.freeze()
    # Nobody waits for a kernel that ended here: the one who asked watches it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(link, LONGEST, 1)
        if not request:
            return
        number = os.fork()
        if number == 0:
            link.close()
            break
        for file in files:
            os.close(file)
        link.send(str(number).encode())
    wanted = json.loads(request)
    wanted["environment"] |= added
    become_kernel(wanted, files)


def become_kernel(wanted: dict, files: list[int]) -> None:
    """Goes on as the kernel of a request, until it ends.

    wanted : the kernel's `arguments`, `folder` and `environment`
    files : where its standard error goes; nothing for that of this process
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for file in files:
        os.dup2(file, 2)
        os.close(file)
    # A kernel ends when the process of this number is no longer its parent.
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = [find_spec("ipykernel_launcher").origin, *wanted["arguments"], parent]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
