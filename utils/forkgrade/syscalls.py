"""Which system calls a notebook may not make: a table of calls, and the seccomp filter made of it.

A filter (https://docs.kernel.org/userspace-api/seccomp_filter.html) is a program for a small
machine, classic BPF: it looks at the number and the arguments of each call and says what becomes of
it. Nothing here touches the running process.
"""

import errno
from collections.abc import Iterable

from forkgrade.limits import NotebookLimits

#: (code, lines to skip if true, lines to skip if false, operand).
Instruction = tuple[int, int, int, int]

#: The machines that the table knows, in the order of its columns, and what the kernel calls them.
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Each call that is looked at, with its number on each machine; None where it has no such call.
CALLS = {
    # starts a process or a thread
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "execve": (59, 221),
    "execveat": (322, 281),
    # reaches into another process
    "ptrace": (101, 117),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "prlimit64": (302, 261),
    # opens a connection
    "socket": (41, 198),
    # changes what the process sees of the machine
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    # asks the kernel for more than an exercise needs
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "open_by_handle_at": (304, 265),
    # changes what Landlock does not guard: the mode, owner, attributes and times of a file
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "utimensat": (280, 88),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    # takes the processor from others
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # holds memory that no limit counts
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "memfd_create": (319, 279),
}
STARTS = {"fork", "vfork", "execve", "execveat"}
SIGNALS = {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}
#: Calls whose first argument is a process: those that may go to this process, and to no other.
TO_ITSELF = SIGNALS | {"prlimit64"}
#: Calls for which 0 means this process, or its group, which it has alone.
ZERO_IS_ITSELF = {"kill", "prlimit64"}

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
#: Where a filter finds the number of a call, the machine, and the call's first argument.
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16
#: From here on, numbers of x32: another way to say the same calls.
X32 = 0x40000000
CLONE_THREAD = 0x00010000
REFUSE = (RETURN, 0, 0, ERRNO | errno.EPERM)
UNKNOWN_CALL = (RETURN, 0, 0, ERRNO | errno.ENOSYS)


def call_numbers(machine: str) -> dict[str, int]:
    """The number of each call in the table that a machine has: `call_numbers("x86_64")`."""
    column = list(MACHINES).index(machine)
    found = {name: numbers[column] for name, numbers in CALLS.items()}
    return {name: number for name, number in found.items() if number is not None}


def filter_program(limits: NotebookLimits, machine: str, process: int) -> list[Instruction]:
    """The filter for the process of a notebook, which has the number `process`.

    A call that is refused fails with EPERM, so that Python raises PermissionError.
    """
    program = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        REFUSE,
    ]
    for name, number in call_numbers(machine).items():
        program += rule(name, number, limits, process)
    return [*program, (RETURN, 0, 0, ALLOW)]


def rule(name: str, number: int, limits: NotebookLimits, process: int) -> list[Instruction]:
    """The lines of a filter about one call; none where it is allowed."""
    if name in TO_ITSELF:
        return only_to({process, 0} if name in ZERO_IS_ITSELF else {process}, number)
    if name == "socket" and limits.network:
        return []
    if name in STARTS | {"clone", "clone3"} and limits.processes:
        return []
    # A thread is a clone too. The C library asks clone3 first, whose flags a filter cannot read,
    # then clone.
    if name == "clone3":
        return [(EQUAL, 0, 1, number), UNKNOWN_CALL]
    if name == "clone":
        return only_threads(number)
    return [(EQUAL, 0, 1, number), REFUSE]


def only_to(processes: Iterable[int], number: int) -> list[Instruction]:
    """Lines that refuse a call unless its first argument is one of these processes."""
    allowed = sorted(processes)
    tests = [(EQUAL, len(allowed) - at, 0, process) for at, process in enumerate(allowed)]
    return [
        (EQUAL, 0, len(tests) + 3, number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *tests,
        REFUSE,
        (LOAD, 0, 0, NUMBER),
    ]


def only_threads(number: int) -> list[Instruction]:
    """Lines that refuse a clone unless it makes a thread of this process."""
    return [
        (EQUAL, 0, 4, number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (BITS, 1, 0, CLONE_THREAD),
        REFUSE,
        (LOAD, 0, 0, NUMBER),
    ]
