"""The way to the warm process: what is sent, what comes back, and what is left behind: nothing."""

import json
import os
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from forkgrade import sandbox, warm_client
from forkgrade.__main__ import start_warm_process
from forkgrade.course import Course
from forkgrade.limits import Limits
from forkgrade.protocol import JsonLines
from forkgrade.warm_client import Cell, NoSandbox, WarmClient, WarmGone, WarmProcess
from traitlets.config import Config

from tests.forkgrade.notebooks import LIMITS, is_running, run, text

PATIENT = replace(LIMITS, cell_seconds=20, total_seconds=20)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


def test_a_module_that_cannot_be_imported_is_told():
    process = WarmProcess(Limits(preload=["no_such_module"], preload_with={}))
    with pytest.raises(RuntimeError, match=r"can all of c\.Limits\.preload"):
        process.wait()
    process.close()


def test_closing_it_leaves_nothing_behind():
    process = WarmProcess(Limits(preload=[], preload_with={}))
    process.wait()
    process.close()
    assert not os.path.exists(process.folder) and not is_running(process.pid)


def test_what_a_module_leaves_in_the_temporary_folder_goes_with_it(tmp_path, monkeypatch):
    (tmp_path / "leaves_a_folder.py").write_text("import tempfile\ntempfile.mkdtemp()")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    # A socket needs a short path.
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        process = WarmProcess(Limits(preload=["leaves_a_folder"], preload_with={}))
        process.wait()
        (own,) = Path(short).iterdir()
        assert str(own) == process.folder and len(list(own.iterdir())) == 3
        process.close()
        assert list(Path(short).iterdir()) == []


# Looks for what stands after TO_FIND in every object, every frame, its environment, every file that
# it can open by a descriptor or below /proc, and every byte of its memory; never holds it whole.
SEARCH = """
import ctypes, gc, os, sys, threading
half, other = {halves!r}
def has(data):
    if not isinstance(data, bytes):
        data = data.encode(errors="replace") if isinstance(data, str) else b""
    at = data.find(half.encode())
    while at >= 0:
        if data[at + len(half):].startswith(other.encode()):
            return True
        at = data.find(half.encode(), at + 1)
    return False
found = []
frame = sys._getframe()
while frame:
    seen = [*frame.f_locals.values(), *map(repr, frame.f_locals.values())]
    found += [f"frame {{frame.f_code.co_name}}" for value in seen if has(value)]
    frame = frame.f_back
gc.unfreeze()
found += ["object" for one in gc.get_objects() for part in gc.get_referents(one) if has(part)]
found += ["environment" for pair in os.environ.items() if has("=".join(pair))]
for name in os.listdir("/proc/self/fd"):
    if int(name) > 2 and os.path.lexists(f"/proc/self/fd/{{name}}"):
        found += [f"descriptor {{os.readlink('/proc/self/fd/' + name)}}"]
for name in "environ cmdline mem maps status stat".split():
    for process in "self", os.getppid(), 1:
        try:
            with open(f"/proc/{{process}}/{{name}}", "rb") as file:
                found += [f"/proc/{{process}}/{{name}}"] * has(file.read())
        except OSError:
            pass
for line in open("/proc/self/maps"):
    span, rights, *_ = line.split()
    low, high = (int(end, 16) for end in span.split("-"))
    if rights[:2] == "rw" and "[v" not in line:
        data = ctypes.string_at(low, high - low)
        found += [f"memory of {{line.split()[-1]}}"] * has(data)
sorted(set(found))
"""


def test_nothing_of_its_maker_can_be_found_from_inside_a_notebook(tmp_path, monkeypatch):
    halves = "postgresql://grader:", "correct-horse-battery"
    secret = "".join(halves)
    solutions = tmp_path / "solutions" / "01_numbers"
    solutions.mkdir(parents=True)
    (solutions / "a.ipynb").write_text(f"torch.optim {secret}")
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE", secret)
    reader, writer = os.pipe()
    os.write(writer, secret.encode())
    os.set_inheritable(reader, True)
    folders = {"source_directory": "solutions", "db_url": secret}
    limits = {"preload": [], "preload_with": {"torch.optim": "wave"}}
    course = Course(Config(CourseDirectory=folders, Limits=limits), tmp_path)
    warm = start_warm_process(course, ["01_numbers"])
    try:
        client = warm.wait()
        done = run(client, tmp_path / "own", "1", SEARCH.format(halves=halves), limits=PATIENT)
    finally:
        warm.close()
        os.close(reader)
        os.close(writer)
    result = text(done.results[1])
    assert [one for one in eval(result) if "descriptor pipe:" not in one] == []
    assert result.count("descriptor pipe:") == 2  # the two ends of its line


def test_where_the_kernel_cannot_confine_and_must_nothing_starts(monkeypatch):
    monkeypatch.setattr(sandbox, "missing", lambda: "notebooks can read every file")
    with pytest.raises(NoSandbox, match="on this machine notebooks can read every file"):
        WarmProcess(Limits(require_sandbox=True))


@pytest.fixture
def answered(tmp_path):
    """A function that sends two cells to a warm process of the test's own, whose notebook gives
    these results and then ends; returns the run, and what was sent to either.
    """
    path, asked, sent = str(tmp_path / "socket"), [], []

    def serve(listener, results, begun, status):
        connection, _ = listener.accept()
        ours, its = socket.socketpair()
        with connection, ours, its:
            lines = JsonLines(connection.fileno(), connection.fileno())
            asked.append(lines.receive())
            ends = [its.fileno(), its.fileno()] if "process" in begun else []
            socket.send_fds(connection, [json.dumps(begun).encode() + b"\n"], ends)
            if not ends:
                return
            its.close()
            notebook = JsonLines(ours.fileno(), ours.fileno())
            notebook.send({"ready": True})
            for result in results:
                sent.append(notebook.receive())
                notebook.send(result | {"key": sent[-1]["key"]})
            ours.shutdown(socket.SHUT_WR)
            asked.append(lines.receive())
            if status is not None:
                lines.send({"status": status})

    def send(*results, begun=MAPPED, status=3 << 8):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            thread = threading.Thread(target=serve, args=(listener, results, begun, status))
            thread.start()
            try:
                done = WarmClient(path).run(
                    [Cell("1", "student"), Cell("2", "test")], "a folder", LIMITS
                )
            finally:
                thread.join()
        return done, asked, sent

    return send


#: What a warm process says of a notebook that it has begun. No process has this number.
MAPPED = {"process": 2**30}


def result(text):
    return {"outputs": [printed(text)], "seen": [text]}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_a_notebook_is_sent_cell_by_cell_each_with_a_key_that_cannot_be_guessed(answered):
    done, (task, end), (one, two) = answered(result("a"), result("b"))
    assert task == {"folder": "a folder", "limits": LIMITS.as_dict()} and end == {"end": True}
    assert [(cell["source"], cell["kind"]) for cell in (one, two)] == [
        ("1", "student"),
        ("2", "test"),
    ]
    assert one["key"] != two["key"] and len(one["key"]) >= 16
    assert [found.outputs for found in done.results] == [[printed("a")], [printed("b")]]
    assert [found.seen for found in done.results] == [["a"], ["b"]] and done.ended == ""


def test_what_is_no_output_is_left_out(answered):
    broken = [printed("a") | {"text": 1}, {"output_type": "error"}, {"output_type": "update"}]
    sent = ["a", 1, printed("a"), *broken]
    done, _, _ = answered({"outputs": sent}, {"outputs": "a"})
    assert [found.outputs for found in done.results] == [[printed("a")], []]


def test_what_ended_early_keeps_the_results_before_it(answered):
    done, asked, _ = answered(result("a"))
    assert len(done.results) == 1 and asked[-1] == {"end": True}
    assert done.ended == "the notebook ended its process with exit code 3"


def test_a_warm_process_that_goes_away_is_told(answered):
    with pytest.raises(WarmGone, match=r"^the process that runs notebooks went away$"):
        answered(result("a"), status=None)


def test_what_the_grader_itself_could_not_do_is_no_end_of_a_notebook(answered):
    with pytest.raises(WarmGone, match=r"runs notebooks failed \(OSError: no space left\)"):
        answered(begun={"broken": "OSError: no space left"})


def test_a_warm_process_that_never_answers_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(warm_client, "MOMENT", 0.02)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        client = WarmClient(str(tmp_path / "socket"))
        with pytest.raises(WarmGone, match=r"failed \(no answer in 0\.02 s\)"):
            client.run([Cell("1", "student")], "a folder", LIMITS)


def test_a_warm_process_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WarmGone, match="the process that runs notebooks has ended"):
        WarmClient(str(tmp_path / "socket")).run([Cell("1", "student")], "a folder", LIMITS)


def test_one_that_was_stopped_is_ended():
    process = WarmProcess(Limits(preload=[], preload_with={}))
    process.wait()
    os.kill(process.pid, signal.SIGSTOP)
    process.close()
    assert not os.path.exists(process.folder) and not is_running(process.pid)


def test_one_that_does_not_begin_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(warm_client, "START", 0.01)
    process = WarmProcess(Limits(preload=["numpy"], preload_with={}))
    with pytest.raises(RuntimeError, match="did not start"):
        process.wait()
    process.close()


def test_a_fork_of_its_maker_does_not_end_it(warm_process, monkeypatch):
    monkeypatch.setattr(warm_process, "owner", warm_process.owner + 1)
    warm_process.close()
    assert is_running(warm_process.pid) and os.path.exists(warm_process.folder)
