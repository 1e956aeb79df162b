"""Confines the calling process for good: files, network, processes, memory. Linux only; no
privileges needed.

Landlock (https://docs.kernel.org/userspace-api/landlock.html) allows files by folder. A seccomp
filter (https://docs.kernel.org/userspace-api/seccomp_filter.html) forbids system calls. Both bind
every later process too, and cannot be undone."""

import ctypes
import errno
import os
import platform
import resource
import site
import struct
import sys
import sysconfig

# The calls that are looked at, and their numbers on each machine in the same order; - where it has
# no such call.
NAMES = """
    fork vfork clone clone3 execve execveat ptrace kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo
    pidfd_open pidfd_send_signal process_vm_readv process_vm_writev prlimit64 socket socketpair unshare setns mount
    umount2 pivot_root chroot bpf io_uring_setup perf_event_open userfaultfd keyctl add_key open_by_handle_at
    chmod fchmod fchmodat chown lchown fchown fchownat setxattr lsetxattr fsetxattr utimensat utime utimes futimesat
    setpriority sched_setaffinity sched_setscheduler sched_setattr ioprio_set shmget msgget semget memfd_create
""".split()
CALLS = {
    "x86_64": (
        0xC000003E,
        """
        57 58 56 435 59 322 101 62 200 234 129 297 434 424 310 311 302 41 53 272 308 165 166 155 161
        321 425 298 323 250 248 304 90 91 268 92 94 93 260 188 189 190 280 132 235 261 141 203 144 314
        251 29 68 64 319
        """.split(),
    ),
    "aarch64": (
        0xC00000B7,
        """
        - - 220 435 221 281 117 129 130 131 138 240 434 424 270 271 261 198 199 97 268 40 39 41 51 280
        425 241 282 219 217 265 - 52 53 - - 55 54 5 6 7 88 - - - 140 122 119 274 30 194 186 190 279
        """.split(),
    ),
}
STARTS = {"fork", "vfork", "execve", "execveat"}
SIGNALS = {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CLONE_THREAD = 0x00010000
SET_NO_NEW_PRIVS, SET_SECCOMP, DEATH_SIGNAL = 38, 22, 1
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE, READ, READ_FOLDER = 1, 2, 4, 8


def available():
    """What this machine can enforce, as words: a subset of {"files", "calls", "limits"}."""
    if sys.platform != "linux":
        return set()
    words = {"limits"}
    if libc().syscall(CREATE_RULESET, None, 0, 1) > 0:
        words.add("files")
    if platform.machine() in CALLS and os.path.exists("/proc/sys/kernel/seccomp/actions_avail"):
        words.add("calls")
    return words


def missing():
    """One sentence on what this machine cannot enforce; empty if it can enforce everything."""
    lacks = {"files", "calls", "limits"} - available()
    means = {
        "files": "notebooks can read and write every file that you can (no Landlock)",
        "calls": "notebooks can open connections and start processes (no seccomp)",
        "limits": "memory and files have no limit (not Linux)",
    }
    return "; ".join(means[word] for word in sorted(lacks))


def libc():
    return ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def confine(folder, limits):
    """Confines this process and its children: it may write in `folder`, and read there and where
    Python lives.

    `limits` is Limits.as_dict(). Raises OSError where the kernel refuses what available() promised.
    """
    able = available()
    if "limits" in able:
        bound_resources(limits)
    if able & {"files", "calls"}:
        check(libc().prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if "files" in able:
        allow_files(read=[*python_folders(), *limits["readable"]], write=[folder])
    if "calls" in able:
        forbid_calls(limits)


# --- resources ------------------------------------------------------------------------------------


def bound_resources(limits):
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    most = held + limits["memory_mb"] * 2**20
    file = limits["folder_mb"] * 2**20
    bounds = {
        resource.RLIMIT_AS: most,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: file,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_MSGQUEUE: 0,
        # A processor second is at most a second of every thread; the clock is watched from outside.
        resource.RLIMIT_CPU: int(limits["total_seconds"] * 4) + 1,
    }
    for kind, value in bounds.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


# --- files ----------------------------------------------------------------------------------------


def python_folders():
    """Where Python, its packages and the system's libraries live. Not the folder of the course."""
    # The source root of the course's packages, where they are installed from a checkout.
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    places = [
        *sysconfig.get_paths().values(),
        *site.getsitepackages(),
        sys.prefix,
        sys.base_prefix,
        here,
    ]
    places += [
        "/usr",
        "/lib",
        "/lib64",
        "/bin",
        "/etc/fonts",
        "/etc/localtime",
        "/etc/ld.so.cache",
        "/sys/devices",
    ]
    places += [
        "/dev/null",
        "/dev/zero",
        "/dev/urandom",
        "/dev/random",
        "/proc/cpuinfo",
        "/proc/meminfo",
    ]
    real = {os.path.realpath(place) for place in places}
    return sorted(place for place in real if os.path.exists(place) and place != "/")


def allow_files(read, write):
    abi = check(libc().syscall(CREATE_RULESET, None, 0, 1), "Landlock")
    # Each version of Landlock knows more rights: 13, REFER, TRUNCATE, TCP bind and connect, ioctl
    # on devices.
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1
    attributes = struct.pack("QQ", rights, 3 if abi >= 4 else 0)
    size = 16 if abi >= 4 else 8
    ruleset = check(libc().syscall(CREATE_RULESET, attributes, size, 0), "Landlock ruleset")
    looks = READ | READ_FOLDER
    for place, allowed in [(place, looks | EXECUTE) for place in read] + [
        (place, rights) for place in write
    ]:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
        if not os.path.isdir(place):
            allowed = EXECUTE | READ | (WRITE if place.startswith("/dev/") else 0)
        rule = struct.pack("=Qi", allowed & rights, handle)
        check(libc().syscall(ADD_RULE, ruleset, 1, rule, 0), f"Landlock rule for {place}")
        os.close(handle)
    check(libc().syscall(RESTRICT_SELF, ruleset, 0), "Landlock")
    os.close(ruleset)


# --- system calls ---------------------------------------------------------------------------------


def forbid_calls(limits):
    """Forbids what no exercise needs. A forbidden call fails with EPERM, so Python raises
    PermissionError.
    """
    program = filter_program(limits)
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    check(libc().prctl(SET_SECCOMP, 2, header, 0, 0), "seccomp")


def filter_program(limits):
    """The filter as lines (code, jump if true, jump if false, operand) of classic BPF."""
    architecture, numbers = CALLS[platform.machine()]
    number_of = {
        name: int(number) for name, number in zip(NAMES, numbers, strict=True) if number != "-"
    }
    refuse = (RETURN, 0, 0, ERRNO | errno.EPERM)
    program = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
        (AT_LEAST, 0, 1, 0x40000000),  # the numbers of x32, another way to say the same calls
        refuse,
    ]
    allowed = (
        {"socketpair"}
        | (STARTS if limits["processes"] else set())
        | ({"socket"} if limits["network"] else set())
    )
    special = SIGNALS | {"clone", "clone3", "prlimit64"}
    for name, number in number_of.items():
        if name not in allowed | special:
            program += [(EQUAL, 0, 1, number), refuse]
    for name in SIGNALS & set(number_of):  # a signal may go to this process, and to no other
        program += only_if(
            number_of[name], [0, os.getpid()] if name == "kill" else [os.getpid()], refuse
        )
    program += only_if(number_of["prlimit64"], [0, os.getpid()], refuse)
    if not limits["processes"]:
        # A thread is a clone too. The C library asks clone3 first, whose flags a filter cannot
        # read, then clone.
        program += [(EQUAL, 0, 1, number_of["clone3"]), (RETURN, 0, 0, ERRNO | errno.ENOSYS)]
        program += [
            (EQUAL, 0, 3, number_of["clone"]),
            (LOAD, 0, 0, 16),
            (BITS, 1, 0, CLONE_THREAD),
            refuse,
            (LOAD, 0, 0, 0),
        ]
    return [*program, (RETURN, 0, 0, ALLOW)]


def only_if(number, values, refuse):
    """Lines that refuse a call unless its first argument is one of `values`."""
    tests = [(EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [(EQUAL, 0, len(tests) + 3, number), (LOAD, 0, 0, 16), *tests, refuse, (LOAD, 0, 0, 0)]


def die_with_parent():
    """Ends this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        libc().prctl(DEATH_SIGNAL, 9, 0, 0, 0)
