"""The table of system calls is the kernel's, and the filter made of it allows what it names."""

import errno

import pytest
from forkgrade.limits import Limits
from forkgrade.syscalls import (
    ALLOW,
    AT_LEAST,
    BITS,
    CALLS,
    CHANGES,
    CONNECTS,
    EQUAL,
    ERRNO,
    FREE,
    KILL,
    LOAD,
    MACHINES,
    RETURN,
    STARTS,
    THREAD,
    call_numbers,
    filter_program,
)

ITSELF, OTHER = 4711, 4712
EPERM, ENOSYS, ENOTTY = (ERRNO | getattr(errno, name) for name in ("EPERM", "ENOSYS", "ENOTTY"))
SIGNALS = {"kill", "tkill", "tgkill"}
#: What stands in no table, on each machine: io_uring_setup, userfaultfd, inotify_init1, mknodat.
UNNAMED = {"x86_64": [425, 323, 294, 259, 9_999], "aarch64": [425, 282, 26, 33, 9_999]}
STREAM, DATAGRAM, UNIX, INTERNET = 1, 2, 1, 2


def verdict(program, number, machine, *arguments):
    """What a filter says of a call, found by running its program as the kernel does."""
    words = {0: number, 4: machine}
    for at, argument in enumerate([*arguments, *[0] * (6 - len(arguments))]):
        words[16 + 8 * at], words[20 + 8 * at] = argument & 0xFFFFFFFF, argument >> 32
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


def ask(machine, name, *arguments, **limits):
    """What the filter of a machine says of a call with these arguments."""
    program = filter_program(Limits(**limits).for_notebook(), machine, ITSELF)
    return verdict(program, call_numbers(machine)[name], MACHINES[machine], *arguments)


def each(names):
    """Asks for each of the calls that a machine has, on each machine."""

    def test_of(ask_for):
        def test(machine):
            there = sorted(names & call_numbers(machine).keys())
            assert there
            for name in there:
                ask_for(machine, name)

        return pytest.mark.parametrize("machine", MACHINES)(test)

    return test_of


@each(FREE.keys())
def test_a_call_that_every_notebook_needs_is_allowed(machine, name):
    assert ask(machine, name, 2**31, 2**31, 2**31) == ALLOW


@each((STARTS.keys() | CONNECTS.keys() | CHANGES.keys()) - {"clone", "clone3"})
def test_a_call_that_can_harm_is_refused(machine, name):
    assert ask(machine, name) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_in_no_table_does_not_exist(machine):
    program = filter_program(Limits().for_notebook(), machine, ITSELF)
    for number in UNNAMED[machine]:
        assert number not in call_numbers(machine).values()
        assert verdict(program, number, MACHINES[machine]) == ENOSYS


@each(SIGNALS | {"prlimit64"})
def test_a_process_may_signal_itself_and_no_other(machine, name):
    assert ask(machine, name, ITSELF) == ALLOW
    for other in OTHER, 1, 2**32 - 1:
        assert ask(machine, name, other) == EPERM
    assert ask(machine, name, 0) == (ALLOW if name in ("kill", "prlimit64") else EPERM)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("address", [1, 0x7FFF_0000_0000, 0x1_0000_0000])
def test_a_process_may_read_its_limits_and_set_none(machine, address):
    assert ask(machine, "prlimit64", 0, 9, 0, address) == ALLOW
    assert ask(machine, "prlimit64", 0, 9, address, 0) == EPERM


F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY, FIOSETOWN, SIOCSPGRP = 8, 10, 15, 1026, 0x8901, 0x8902


@pytest.mark.parametrize("machine", MACHINES)
def test_the_kernel_signals_nobody_for_a_notebook(machine):
    for command in F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY:
        assert ask(machine, "fcntl", 0, command) == EPERM
    for command in FIOSETOWN, SIOCSPGRP:
        assert ask(machine, "ioctl", 0, command) == ENOTTY
    assert ask(machine, "fcntl", 0, 3) == ask(machine, "ioctl", 0, 0x5401) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_a_thread_may_start_and_a_process_may_not(machine):
    new_user = 0x10000000
    assert {ask(machine, "clone", flags) for flags in THREAD} == {ALLOW}
    for flags in 17, 0, *(flags | new_user for flags in THREAD):
        assert ask(machine, "clone", flags) == EPERM
    assert ask(machine, "clone3") == ENOSYS, "the C library would not ask clone instead"


@pytest.mark.parametrize("machine", MACHINES)
def test_a_file_is_not_shared_with_memory(machine):
    shared, private, validated, anonymous = 1, 2, 3, 0x20
    flags = {shared: EPERM, validated: EPERM, private: ALLOW, shared | anonymous: ALLOW}
    assert {one: ask(machine, "mmap", 0, 4096, 3, one) for one in flags} == flags


@each(STARTS.keys())
def test_processes_start_where_the_limits_allow_them(machine, name):
    assert ask(machine, name, 17, processes=True) == ALLOW
    assert ask(machine, "socket", INTERNET, processes=True) == EPERM


@each(CONNECTS.keys())
def test_connections_open_where_the_limits_allow_them_but_none_to_this_machines_own(machine, name):
    assert ask(machine, name, INTERNET, network=True) == ALLOW
    assert ask(machine, "socket", UNIX, STREAM, network=True) == EPERM
    assert ask(machine, "execve", network=True) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_a_pair_of_sockets_is_one_that_takes_no_address(machine):
    assert ask(machine, "socketpair", UNIX, STREAM | 0x80000) == ALLOW
    assert ask(machine, "socketpair", UNIX, DATAGRAM) == EPERM
    assert ask(machine, "socketpair", INTERNET, STREAM) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_the_same_call_by_another_architecture_is_refused(machine):
    program = filter_program(Limits().for_notebook(), machine, ITSELF)
    for other in MACHINES.keys() - {machine}:
        assert verdict(program, call_numbers(machine)["read"], MACHINES[other]) == KILL
    number = call_numbers(machine)["read"] | 0x40000000
    assert verdict(program, number, MACHINES[machine]) == ENOSYS


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
