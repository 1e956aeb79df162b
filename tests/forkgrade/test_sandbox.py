"""A confined process reaches what it needs and nothing else, and a machine says what it lacks."""

import json
import os
import subprocess
import sys

import pytest
from forkgrade import sandbox
from forkgrade.limits import Limits

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines")

CONFINED = """
import json, os, sys
from forkgrade.limits import NotebookLimits
from forkgrade.sandbox import confine
folder, limits, attempts = json.loads(sys.argv[1])
confine(folder, NotebookLimits(**limits))
for attempt in attempts:
    try:
        print(eval(attempt))
    except BaseException as error:
        print(type(error).__name__)
"""


# What a program does with its attempts, and how it ends.
ATTEMPTED = """
    for attempt in attempts:
        try:
            print(attempt(), flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


# Only Landlock, to see that it does not lean on the filter of calls.
BY_LANDLOCK = """
import os, socket, sys
from forkgrade.sandbox import allow_files, python_folders
there = socket.socket(socket.AF_UNIX)
there.bind("\\0" + f"forkgrade-{os.getpid()}")
there.listen()
parent = os.getpid()
if (child := os.fork()) == 0:
    os.chdir(sys.argv[1])
    allow_files(python_folders(), [sys.argv[1]])
    attempts = (
        lambda: os.mkdir("a folder"),
        lambda: os.mkfifo("a pipe"),
        lambda: socket.socket(socket.AF_UNIX).bind("a socket"),
        lambda: os.kill(os.getpid(), 0),
        lambda: os.kill(parent, 0),
        lambda: socket.socket(socket.AF_UNIX).connect(f"\\0forkgrade-{parent}"),
    )
"""


# What was looked up and made before a fork leads to no other process afterwards.
FORKED = """
import json, os, sys
from forkgrade.limits import NotebookLimits
from forkgrade.sandbox import confine, get_ready
folder, limits = json.loads(sys.argv[1])
limits, parent = NotebookLimits(**limits), os.getpid()
get_ready(limits)
if (child := os.fork()) == 0:
    confine(folder, limits)
    attempts = (
        lambda: len(open("/proc/self/maps").read(9)),
        lambda: os.kill(os.getpid(), 0),
        lambda: open(f"/proc/{parent}/maps"),
        lambda: os.listdir(f"/proc/{parent}/fd"),
        lambda: os.kill(parent, 0),
    )
"""


def confined(folder, *attempts, **limits):
    """What comes of each expression in a process that may write in a folder: a value's text or the
    name of an error.
    """
    values = Limits(**limits).for_notebook().as_dict()
    task = json.dumps([str(folder), values, attempts])
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, task], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@linux
def test_a_confined_process_writes_in_its_folder_and_nowhere_else(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "beside").write_text("secret")
    attempts = [f"open({str(own / 'new')!r}, 'w').write('x')"]
    attempts += [f"open({str(tmp_path / 'beside')!r}, {mode!r}).read()" for mode in ("r", "r+")]
    assert confined(own, *attempts) == ["1", "PermissionError", "PermissionError"]
    assert (own / "new").read_text() == "x"


@linux
def test_a_folder_that_the_limits_name_may_be_read_and_not_written(tmp_path):
    own, data = tmp_path / "own", tmp_path / "data"
    own.mkdir()
    data.mkdir()
    (data / "table").write_text("7")
    attempts = [f"open({str(data / 'table')!r}, {mode!r}).read()" for mode in ("r", "r+")]
    assert confined(own, *attempts, readable=[str(data)]) == ["7", "PermissionError"]


@linux
def test_a_confined_process_has_no_more_memory_and_disk_than_the_limits_say(tmp_path):
    file = str(tmp_path / "large")
    attempts = ["len(bytes(2**24))", "bytes(2**28)", f"open({file!r}, 'wb').write(bytes(2**21))"]
    found = confined(tmp_path, *attempts, memory_mb=100, folder_mb=1)
    assert found == [str(2**24), "MemoryError", "OSError"]


@linux
def test_a_confined_process_starts_nothing_and_connects_to_nothing(tmp_path):
    attempts = ["os.fork()", "__import__('socket').socket()", "os.kill(os.getppid(), 0)"]
    assert confined(tmp_path, *attempts) == ["PermissionError"] * 3
    connect = "__import__('socket').create_connection(('127.0.0.1', 9), 1)"
    assert confined(tmp_path, connect, network=True) == ["ConnectionRefusedError"]


@linux
def test_what_is_made_ready_before_a_fork_opens_nothing_of_its_parent_s(tmp_path):
    task = json.dumps([str(tmp_path), Limits().for_notebook().as_dict()])
    command = [sys.executable, "-c", FORKED + ATTEMPTED, task]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9", "None", *["PermissionError"] * 3]


@linux
def test_landlock_alone_keeps_signals_connections_and_special_files_out(tmp_path):
    if sandbox.libc().syscall(sandbox.CREATE_RULESET, None, 0, 1) < 6:
        pytest.skip("this kernel's Landlock does not know signals")
    command = [sys.executable, "-c", BY_LANDLOCK + ATTEMPTED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    refused = "PermissionError"
    assert done.stdout.split() == ["None", refused, refused, "None", refused, refused]


@linux
def test_no_device_pipe_or_socket_is_made_and_no_privilege_of_root_is_left(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    makes = f"__import__('os').mknod({str(own / 'made')!r}, {{}}, 0o103)"
    attempts = [makes.format(f"0o{kind}00600") for kind in ("2", "6", "1", "14")]
    attempts += [
        "__import__('resource').setrlimit(7, (4096, 4096))",
        "[line.split()[1].strip('0') for line in open('/proc/self/status') if 'CapEff' in line]",
    ]
    found = confined(own, *attempts, network=True)
    assert set(found[:4]) <= {"OSError", "PermissionError"} and list(own.iterdir()) == []
    assert found[4:] == ["ValueError", "['']"] or found[4:] == ["PermissionError", "['']"]


ROADS = {
    "inotify": "1 / (ctypes.CDLL(None).inotify_init() + 1)",
    "memory without a name": "os.memfd_create('x')",
    "a file shared by memory": "open('own', 'wb').write(b'x') * mmap.mmap(os.open('own', 2), 1)",
    "reserved blocks": "os.posix_fallocate(os.open('own', os.O_RDWR | os.O_CREAT), 0, 4096)",
    "a signal by a file": "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
    "a signal by a socket": "fcntl.ioctl(socket.socketpair()[0], 0x8901, bytes([1, 0, 0, 0]))",
    "another's memory": "1 / (ctypes.CDLL(None).process_vm_readv(1, 0, 0, 0, 0, 0) + 1)",
    "its parent's folder": "os.listdir(f'/proc/{os.getppid()}')",
    "its own memory as a file": "open('/proc/self/mem', 'rb')",
    "its environment as a file": "open('/proc/self/environ', 'rb').read()",
    "the machine's connections": "open('/proc/self/net/unix').read()",
    "the exchange of nbgrader": "os.listdir('/usr/local/share')",
}


@linux
@pytest.mark.parametrize("road", ROADS)
def test_no_road_leads_out(tmp_path, road):
    own = f"__import__('os').chdir({str(tmp_path)!r}) or {{'os': __import__('os')}}"
    names = "fcntl ctypes mmap socket".split()
    scope = f"({own}) | {{name: __import__(name) for name in {names}}}"
    (found,) = confined(tmp_path, f"eval({ROADS[road]!r}, {scope})")
    assert found in ("OSError", "PermissionError", "FileNotFoundError", "ZeroDivisionError")


@linux
def test_what_is_python_and_the_machines_may_be_read(tmp_path):
    paths = ["/proc/self/status", "/proc/cpuinfo", json.__file__]
    assert confined(tmp_path, *(f"len(open({path!r}).read(9))" for path in paths)) == ["9"] * 3


def test_a_machine_says_what_it_cannot_enforce(monkeypatch):
    monkeypatch.setattr(sandbox, "available", lambda: {"files", "calls", "limits"})
    assert sandbox.missing() == ""
    monkeypatch.setattr(sandbox, "available", lambda: {"limits"})
    assert "no Landlock" in sandbox.missing() and "no seccomp" in sandbox.missing()
    monkeypatch.undo()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "not Linux" in sandbox.missing()


def test_the_folder_of_a_course_is_not_among_those_of_python(tmp_path):
    assert not [path for path in sandbox.python_folders() if str(tmp_path).startswith(path)]


def test_a_call_that_failed_says_what_it_was_for():
    assert sandbox.check(3, "the ruleset") == 3
    with pytest.raises(OSError, match="the ruleset: "):
        sandbox.check(-1, "the ruleset")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
@pytest.mark.parametrize(("parent", "status"), [(os.getpid(), 0), (1, 1)], ids=["there", "gone"])
def test_a_process_whose_parent_ended_before_it_looked_ends_at_once(parent, status):
    if not (child := os.fork()):
        sandbox.die_with_parent(parent)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status
