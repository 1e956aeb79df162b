"""Confines the calling process for good: files, network, processes, memory. Linux only; no
privileges needed, and those of root are given up.

Landlock (https://docs.kernel.org/userspace-api/landlock.html) allows files by folder, and from its
version 6 on keeps signals and abstract sockets inside. A seccomp filter (see syscalls.py) allows
some system calls. Both bind every later process too, and cannot be undone. Neither hides that a
path exists, how large a file is and when it was changed: `stat` asks no right of Landlock's.
"""

import ctypes
import functools
import itertools
import os
import platform
import resource
import site
import struct
import sys
import sysconfig

from forkgrade.limits import NotebookLimits
from forkgrade.syscalls import MACHINES, filter_program

SET_NO_NEW_PRIVS, SET_SECCOMP, DEATH_SIGNAL = 38, 22, 1
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE, READ, READ_FOLDER = 1, 2, 4, 8
#: To make a device, a socket or a pipe with a name: a notebook needs none, and whoever opens one
#: afterwards may wait for ever.
MAKE_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11
#: From version 4 on Landlock knows TCP, both to bind and to connect; from 6 on what may leave its
#: domain: a connection to an abstract socket, a signal.
TCP, SCOPES = 3, 3
#: Each version of Landlock knows more rights: 13, REFER, TRUNCATE, TCP bind and connect, ioctl on
#: devices.
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
MOST_RIGHTS = 16
#: The newest form in which a process says its capabilities.
CAPABILITIES = 0x20080522
CANNOT = {
    "files": "notebooks can read and write every file that you can (no Landlock)",
    "calls": "notebooks can open connections and start processes (no seccomp)",
    "limits": "memory and files have no limit (not Linux)",
}
#: Not /usr: below /usr/local/share lies nbgrader's exchange, where it is where nbgrader puts it.
SYSTEM = """
/usr/bin /usr/lib /usr/lib64 /usr/local/lib /lib /lib64 /bin
/usr/share/fonts /usr/share/fontconfig /usr/share/zoneinfo /usr/share/locale
/etc/fonts /etc/localtime /etc/ld.so.cache /sys/devices/system/cpu
/dev/null /dev/zero /dev/urandom /dev/random
/proc/cpuinfo /proc/meminfo /proc/sys/vm/overcommit_memory
""".split()
#: What a process may read of itself. These paths lead elsewhere in each process.
ITSELF = """
/proc/self/maps /proc/self/stat /proc/self/statm /proc/self/status /proc/self/cgroup /proc/self/fd
""".split()
#: What a connection needs to find its way, and to trust who answers.
NETWORK = (
    "/etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/ssl /usr/share/ca-certificates".split()
)


def available() -> set[str]:
    """What this machine can enforce, as words: a subset of {"files", "calls", "limits"}."""
    if sys.platform != "linux":
        return set()
    words = {"limits"}
    if libc().syscall(CREATE_RULESET, None, 0, 1) > 0:
        words.add("files")
    if platform.machine() in MACHINES and os.path.exists("/proc/sys/kernel/seccomp/actions_avail"):
        words.add("calls")
    return words


def missing() -> str:
    """One sentence on what this machine cannot enforce; empty if it can enforce everything."""
    return "; ".join(CANNOT[word] for word in sorted(CANNOT.keys() - available()))


@functools.cache
def libc() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """The result of a call to the C library. Raises OSError, naming `what`, where it failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def get_ready(limits: NotebookLimits) -> None:
    """Looks up and makes what is the same in every process, so that those which are forked from
    this one need not.
    """
    able = available()
    if "files" in able:
        python_folders()
    if "calls" in able:
        filter_program(limits, platform.machine(), os.getpid())


def confine(folder: str, limits: NotebookLimits) -> None:
    """Confines this process and its children: it may write in `folder`, and read there and where
    Python lives.

    Raises OSError where the kernel refuses what available() promised.
    """
    able = available()
    if "limits" in able:
        bound_resources(limits)
        check(libc().capset(struct.pack("Ii", CAPABILITIES, 0), bytes(24)), "capset")
    if able & {"files", "calls"}:
        check(libc().prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if "files" in able:
        network = existing(NETWORK) if limits.network else []
        read = [*python_folders(), *existing(ITSELF), *network, *limits.readable]
        allow_files(read, write=[folder], network=limits.network)
    if "calls" in able:
        forbid_calls(limits)


def die_with_parent(parent: int | None = None) -> None:
    """Ends this process when its parent ends, however that ends; at once if it is not the child of
    the process `parent` any more.
    """
    if sys.platform == "linux":
        libc().prctl(DEATH_SIGNAL, 9, 0, 0, 0)
    if parent not in (None, os.getppid()):
        os._exit(1)


# --- resources ------------------------------------------------------------------------------------


def bound_resources(limits: NotebookLimits) -> None:
    """Bounds memory, file size, open files and processor time of this process."""
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    bounds = {
        resource.RLIMIT_AS: held + limits.memory_mb * 2**20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.folder_mb * 2**20,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_MSGQUEUE: 0,
        # A processor second is at most a second of every thread; the clock is watched from outside.
        resource.RLIMIT_CPU: int(limits.total_seconds * 4) + 1,
    }
    for kind, value in bounds.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


# --- files ----------------------------------------------------------------------------------------


@functools.cache
def python_folders() -> list[str]:
    """Where Python, its packages and the system's libraries live, looked up once: whoever changes
    them there can change what is in them. Not the folder of the course.
    """
    # The source root of the course's packages, where they are installed from a checkout.
    source_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = sysconfig.get_paths()
    paths = [
        *(installed[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        *(os.path.join(one, "lib") for one in (sys.prefix, sys.base_prefix)),
        source_root,
    ]
    return existing([*paths, *SYSTEM])


def existing(paths: list[str]) -> list[str]:
    """Where these paths lead, as far as they exist."""
    real = {os.path.realpath(path) for path in paths}
    return sorted(path for path in real if os.path.exists(path) and path != "/")


def allow_files(read: list[str], write: list[str], network: bool = False) -> None:
    """Lets this process read below some paths and write below others, and reach no other file, no
    port unless `network`, and no process that is not confined with it.
    """
    version = check(libc().syscall(CREATE_RULESET, None, 0, 1), "Landlock")
    rights = (1 << RIGHTS.get(version, MOST_RIGHTS)) - 1
    attributes = struct.pack("QQQ", rights, 0 if network else TCP, SCOPES)
    known = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = check(libc().syscall(CREATE_RULESET, attributes, known, 0), "Landlock ruleset")
    for path in read:
        allow_path(ruleset, path, readable(path) & rights)
    for path in write:
        allow_path(ruleset, path, rights & ~MAKE_SPECIAL)
    check(libc().syscall(RESTRICT_SELF, ruleset, 0), "Landlock")
    os.close(ruleset)


def readable(path: str) -> int:
    """The rights to read what lies at a path; to a device such as /dev/null one may write too."""
    if os.path.isdir(path):
        return EXECUTE | READ | READ_FOLDER
    return EXECUTE | READ | (WRITE if path.startswith("/dev/") else 0)


def allow_path(ruleset: int, path: str, rights: int) -> None:
    """Adds to a Landlock ruleset the rights to everything below a path."""
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", rights, handle)
    check(libc().syscall(ADD_RULE, ruleset, 1, rule, 0), f"Landlock rule for {path}")
    os.close(handle)


# --- system calls ---------------------------------------------------------------------------------


def forbid_calls(limits: NotebookLimits) -> None:
    """Leaves this process the system calls that an exercise may need."""
    program = filter_program(limits, platform.machine(), os.getpid())
    values = itertools.chain.from_iterable(program)
    code = struct.pack("HBBI" * len(program), *values)  # 4096 lines at most
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    check(libc().prctl(SET_SECCOMP, 2, header, 0, 0), "seccomp")
