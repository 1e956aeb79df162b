"""The table of system calls is the kernel's, and the filter made of it refuses what it names."""

import errno

import pytest
from forkgrade.limits import Limits
from forkgrade.syscalls import (
    ALLOW,
    AT_LEAST,
    BITS,
    CALLS,
    CLONE_THREAD,
    EQUAL,
    ERRNO,
    KILL,
    LOAD,
    MACHINES,
    RETURN,
    STARTS,
    TO_ITSELF,
    call_numbers,
    filter_program,
)

ITSELF, OTHER = 4711, 4712
EPERM, ENOSYS = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
READ = {"x86_64": 0, "aarch64": 63}  # a call that is not in the table


def verdict(program, number, machine, argument=0):
    """What a filter says of a call, found by running its program as the kernel does."""
    words = {0: number, 4: machine, 16: argument}
    tests = {EQUAL: int.__eq__, AT_LEAST: int.__ge__, BITS: lambda a, b: bool(a & b)}
    held, at = 0, 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        if code == RETURN:
            return operand
        if code == LOAD:
            held = words[operand]
        else:
            at += if_true if tests[code](held, operand) else if_false


def ask(machine, name, argument=0, **limits):
    """What the filter of a machine says of a call with this first argument."""
    program = filter_program(Limits(**limits).for_notebook(), machine, ITSELF)
    number = READ[machine] if name == "read" else call_numbers(machine)[name]
    return verdict(program, number, MACHINES[machine], argument)


def each(names):
    """Runs a test for each of the calls that a machine has, on each machine."""
    pairs = [(one, name) for one in MACHINES for name in sorted(names & call_numbers(one).keys())]
    return pytest.mark.parametrize(("machine", "name"), pairs)


@each(CALLS.keys() - TO_ITSELF - {"clone", "clone3"})
def test_a_call_in_the_table_is_refused(machine, name):
    assert ask(machine, name) == EPERM
    assert ask(machine, "read") == ALLOW


@each(TO_ITSELF)
def test_a_process_may_signal_and_bound_itself_and_no_other(machine, name):
    assert ask(machine, name, ITSELF) == ALLOW
    for other in OTHER, 1, 2**32 - 1:
        assert ask(machine, name, other) == EPERM
    assert ask(machine, name, 0) == (ALLOW if name in ("kill", "prlimit64") else EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_thread_may_start_and_a_process_may_not(machine):
    assert ask(machine, "clone", CLONE_THREAD | 17) == ALLOW
    assert ask(machine, "clone", 17) == EPERM
    assert ask(machine, "clone3") == ENOSYS, "the C library would not ask clone instead"


@each(STARTS | {"clone", "clone3"})
def test_processes_start_where_the_limits_allow_them(machine, name):
    assert ask(machine, name, 17, processes=True) == ALLOW
    assert ask(machine, "ptrace", processes=True) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_connections_open_where_the_limits_allow_them(machine):
    assert ask(machine, "socket", network=True) == ALLOW
    assert ask(machine, "execve", network=True) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_the_same_call_by_another_architecture_is_refused(machine):
    program = filter_program(Limits().for_notebook(), machine, ITSELF)
    for other in MACHINES.keys() - {machine}:
        assert verdict(program, READ[machine], MACHINES[other]) == KILL
    assert verdict(program, READ[machine] | 0x40000000, MACHINES[machine]) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_no_two_calls_share_a_number(machine):
    numbers = call_numbers(machine).values()
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_libseccomp(machine):
    seccomp = pytest.importorskip("pyseccomp", exc_type=(ImportError, RuntimeError))
    architecture = getattr(seccomp.Arch, machine.upper())
    resolved = {name: seccomp.resolve_syscall(architecture, name) for name in CALLS}
    assert {name: number for name, number in resolved.items() if number >= 0} == call_numbers(
        machine
    )
