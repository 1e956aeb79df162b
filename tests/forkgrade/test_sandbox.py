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
    assert confined(tmp_path, "__import__('socket').socket().family", network=True) == ["2"]


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
@pytest.mark.parametrize(("parent", "status"), [(os.getpid(), 0), (1, 1)])
def test_a_process_whose_parent_ended_before_it_looked_ends_at_once(parent, status):
    if not (child := os.fork()):
        sandbox.die_with_parent(parent)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status
