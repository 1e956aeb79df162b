"""Which system calls a notebook may make: a table of calls, and the seccomp filter made of it.

A filter (https://docs.kernel.org/userspace-api/seccomp_filter.html) is a program for a small
machine, classic BPF: it looks at the number and the arguments of each call and says what becomes of
it. What no rule allows is refused. Nothing here touches the running process.
"""

import errno
import functools
from collections.abc import Mapping, Set

from forkgrade.limits import NotebookLimits

#: (code, lines to skip if true, lines to skip if false, operand).
Instruction = tuple[int, int, int, int]

#: The machines that the table knows, in the order of its columns, and what the kernel calls them.
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def table(text: str) -> dict[str, tuple[int | None, ...]]:
    """A table of calls from its text: `table("fork:57:-")` is `{"fork": (57, None)}`, the number of
    each call on each machine; None where it has no such call.
    """
    rows = (row.split(":") for row in text.split())
    return {
        name: tuple(None if number == "-" else int(number) for number in numbers)
        for name, *numbers in rows
    }


#: What every notebook may call.
FREE = table(
    # reads and writes what is open
    """
    read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69
    pwritev:296:70 lseek:8:62 close:3:57 close_range:436:436 dup:32:23 dup2:33:- dup3:292:24
    ftruncate:77:46 fsync:74:82 fdatasync:75:83 flock:73:32 sendfile:40:71 fadvise64:221:223
    fstat:5:80 fstatfs:138:44 getdents64:217:61 pipe:22:- pipe2:293:59
    """
    # names files: Landlock says which
    """
    open:2:- openat:257:56 stat:4:- lstat:6:- newfstatat:262:79 statx:332:291 statfs:137:43
    access:21:- faccessat:269:48 faccessat2:439:439 readlink:89:- readlinkat:267:78 getcwd:79:17
    chdir:80:49 fchdir:81:50 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35
    rename:82:- renameat:264:38 renameat2:316:276 link:86:- linkat:265:37 symlink:88:-
    symlinkat:266:36 truncate:76:45 umask:95:166
    """
    # waits
    """
    select:23:- pselect6:270:72 poll:7:- ppoll:271:73 epoll_create:213:- epoll_create1:291:20
    epoll_ctl:233:21 epoll_wait:232:- epoll_pwait:281:22 epoll_pwait2:441:441 eventfd:284:-
    eventfd2:290:19 nanosleep:35:101 clock_nanosleep:230:115 restart_syscall:219:128 wait4:61:260
    waitid:247:95
    """
    # holds memory
    """
    brk:12:214 munmap:11:215 mremap:25:216 mprotect:10:226 madvise:28:233
    """
    # runs threads, and ends
    """
    futex:202:98 set_robust_list:273:99 get_robust_list:274:100 rseq:334:293 membarrier:324:283
    sched_yield:24:124 exit:60:93 exit_group:231:94
    """
    # gets signals
    """
    rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136
    rt_sigtimedwait:128:137 sigaltstack:131:132 pause:34:- alarm:37:- setitimer:38:103
    getitimer:36:102
    """
    # asks for the time, chance, itself or the machine
    """
    time:201:- times:100:153 gettimeofday:96:169 clock_gettime:228:113 clock_getres:229:114
    getrandom:318:278 getpid:39:172 getppid:110:173 gettid:186:178 getuid:102:174 geteuid:107:175
    getgid:104:176 getegid:108:177 getresuid:118:148 getresgid:120:150 getgroups:115:158
    getpgrp:111:- getpgid:121:155 getsid:124:156 getrlimit:97:163 getrusage:98:165
    getpriority:140:141 getcpu:309:168 sched_getaffinity:204:123 sched_getscheduler:145:120
    sched_getparam:143:121 sched_get_priority_max:146:125
    sched_get_priority_min:147:126 uname:63:160 sysinfo:99:179
    """
    # speaks over a pair of sockets of its own
    """
    sendto:44:206 recvfrom:45:207 shutdown:48:210 getsockopt:55:209 setsockopt:54:208
    getsockname:51:204 getpeername:52:205
    """
)
#: What a notebook may call with some arguments: see ARGUMENTS.
LOOKED_AT = table("""
kill:62:129 tkill:200:130 tgkill:234:131 prlimit64:302:261 fcntl:72:25 ioctl:16:29 prctl:157:167
mmap:9:222 socketpair:53:199
""")
#: What starts a process, or what only a program calls: for `limits.processes`.
STARTS = table("""
clone:56:220 clone3:435:435 fork:57:- vfork:58:- execve:59:221 execveat:322:281 arch_prctl:158:-
set_tid_address:218:96 setsid:112:157 setpgid:109:154
""")
#: What speaks with the world: for `limits.network`.
CONNECTS = table("""
socket:41:198 connect:42:203 bind:49:200 listen:50:201 accept:43:202 accept4:288:242
sendmsg:46:211 recvmsg:47:212 sendmmsg:307:269 recvmmsg:299:243
""")
#: What changes a file in a way that Landlock does not guard, in any folder.
CHANGES = table("""
chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- lchown:94:- fchown:93:55
fchownat:260:54 setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 utimensat:280:88 utime:132:-
utimes:235:- futimesat:261:-
""")
CALLS = FREE | LOOKED_AT | STARTS | CONNECTS | CHANGES

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
#: Where a filter finds the number of a call, the machine, and the lower half of the call's first
#: argument; the upper half follows it, and then the next argument.
NUMBER, MACHINE, FIRST, NEXT, UPPER = 0, 4, 16, 8, 4
#: From here on, numbers of x32: another way to say the same calls.
X32 = 0x40000000
PASS = (RETURN, 0, 0, ALLOW)
#: What cannot be had says so, and Python raises PermissionError.
REFUSE = (RETURN, 0, 0, ERRNO | errno.EPERM)
#: What no table names does not exist, for a library that then takes another way.
UNKNOWN = (RETURN, 0, 0, ERRNO | errno.ENOSYS)
NOT_A_TERMINAL = (RETURN, 0, 0, ERRNO | errno.ENOTTY)

#: The flags by which the C libraries (glibc, musl) make a thread of this process, and nothing else.
THREAD = {0x3D0F00, 0x7D0F00}
#: A pair of sockets: a stream, closed on exec or not, waiting or not. Another kind could be given
#: an address, and so lead to another process.
STREAMS = {1, 1 | 0x80000, 1 | 0x800, 1 | 0x80800}
#: {call: {where: values}}: it is allowed where each of these arguments has one of these values.
#: fcntl and ioctl can have the kernel send signals to any process, so neither may do all it can.
ARGUMENTS = {
    "fcntl": {FIRST + NEXT: {0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032}},  # copies, flags, locks, a size
    "ioctl": {FIRST + NEXT: {0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451}},
    "prctl": {FIRST: {15, 16, 0x53564D41}},  # the name of a thread, and that of a part of memory
    "arch_prctl": {FIRST: {0x1021, 0x1022, 0x1023}},  # whether the processor's matrices may be used
    "socketpair": {FIRST: {1}, FIRST + NEXT: STREAMS},
    "clone": {FIRST: THREAD},
}
#: Of the network: TCP and UDP, by either version of IP. No socket of this machine's own services.
INTERNET = {"socket": {FIRST: {2, 10}}}
SHARED, ANONYMOUS = 0x01, 0x20


@functools.cache
def call_numbers(machine: str) -> dict[str, int]:
    """The number of each call in the tables that a machine has: `call_numbers("x86_64")`."""
    column = list(MACHINES).index(machine)
    found = {name: numbers[column] for name, numbers in CALLS.items()}
    return {name: number for name, number in found.items() if number is not None}


def filter_program(limits: NotebookLimits, machine: str, process: int) -> list[Instruction]:
    """The filter for the process of a notebook, which has the number `process`.

    A call in the tables that is refused fails with EPERM, so that Python raises PermissionError;
    one that stands in none, with ENOSYS.
    """
    program = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        UNKNOWN,
    ]
    own = signals(process)
    for name, number in call_numbers(machine).items():
        if name in own:
            lines = only(own[name], REFUSE)
        else:
            lines = rule(name, limits.processes, limits.network)
        program += [(EQUAL, 0, len(lines), number), *lines]
    return [*program, UNKNOWN]


@functools.cache
def rule(name: str, processes: bool, network: bool) -> list[Instruction]:
    """The lines of a filter that decide about one call, the same in every process: nobody may
    change them.
    """
    starts, connects = name in STARTS and processes, name in CONNECTS and network
    if name in FREE or starts or (connects and name not in INTERNET):
        return [PASS]
    # A filter cannot read the flags of clone3. The C library asks it first, then clone.
    if name == "clone3":
        return [UNKNOWN]
    if name == "mmap":
        return [PASS] if processes else private_memory()
    wanted = ARGUMENTS | (INTERNET if network else {})
    if name not in wanted:
        return [REFUSE]
    return only(wanted[name], NOT_A_TERMINAL if name == "ioctl" else REFUSE)


def signals(process: int) -> dict[str, dict[int, set[int]]]:
    """What a process may ask about processes: to signal itself, and to read its own limits. To
    kill, 0 is the group of the caller, which it has alone.
    """
    no_new_limit = {FIRST + 2 * NEXT: {0}, FIRST + 2 * NEXT + UPPER: {0}}
    return {
        "kill": {FIRST: {process, 0}},
        "tkill": {FIRST: {process}},
        "tgkill": {FIRST: {process}},
        "prlimit64": {FIRST: {process, 0}} | no_new_limit,
    }


def only(arguments: Mapping[int, Set[int]], refusal: Instruction) -> list[Instruction]:
    """Lines that allow a call whose arguments have these values: {where: values}."""
    lines = []
    for where, values in arguments.items():
        tests = [(EQUAL, len(values) - at, 0, value) for at, value in enumerate(sorted(values))]
        lines += [(LOAD, 0, 0, where), *tests, refusal]
    return [*lines, PASS]


def private_memory() -> list[Instruction]:
    """Lines that allow a call of mmap unless it shares a file: what is written there is written
    without any call, which nobody could count.
    """
    return [
        (LOAD, 0, 0, FIRST + 3 * NEXT),
        (BITS, 0, 2, SHARED),
        (BITS, 1, 0, ANONYMOUS),
        REFUSE,
        PASS,
    ]
