"""A forked kernel is what a new one is, and ends as a new one does."""

import os
import subprocess
import sys
import time

import nbformat
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from tools.strict_nbval import warm
from tools.strict_nbval.running import CellFailed, execute

pytestmark = pytest.mark.skipif(not warm.is_possible(), reason="no kernel can be forked here")

#: What a page can see of the kernel that it runs in.
SEEN = """
import os, sys, threading
known = {"JPY_PARENT_PID", "PYTEST_CURRENT_TEST"}
print(__name__, sys.path, sys.argv[0], sys.executable, os.getcwd(), sys.stdin)
print(sorted((name, value) for name, value in os.environ.items() if name not in known))
print(sorted(thread.name.rstrip("0123456789") for thread in threading.enumerate()))
print(sorted(name for name in globals() if not name.startswith("_")))
"""


@pytest.fixture
def warmed(monkeypatch):
    """A process that forks each kernel of a test, and has imported a module that no kernel does."""
    process = warm.WarmProcess(["colorsys"])
    monkeypatch.setattr(warm.WarmProvisioner, "warm", process)
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setattr(factory, "default_provisioner_name", warm.NAME)
    yield process
    process.close()


def printed(source, folder):
    """What a page of one cell prints, in a kernel of its own."""
    cell = nbformat.v4.new_code_cell(source)
    (output,) = execute(nbformat.v4.new_notebook(cells=[cell]), folder).cells[0].outputs
    return output.text


def in_time(holds):
    """Whether something comes to hold within half a minute."""
    until = time.monotonic() + 30
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def test_a_page_sees_what_it_sees_in_a_kernel_of_its_own(warmed, tmp_path, monkeypatch):
    monkeypatch.setenv("SET_AFTER_THE_START", "yes")
    forked = printed(SEEN, tmp_path)
    assert "SET_AFTER_THE_START" in forked
    monkeypatch.setattr(
        KernelProvisionerFactory.instance(), "default_provisioner_name", "local-provisioner"
    )
    assert printed(SEEN, tmp_path).splitlines() == forked.splitlines()
    assert printed("import sys\nprint('colorsys' in sys.modules)", tmp_path) == "False\n"


def test_what_was_imported_is_there_at_once_and_each_page_begins_anew(warmed, tmp_path):
    look = "import sys\nprint('colorsys' in sys.modules, hasattr(sys, 'left'))\nsys.left = 1"
    for _ in range(2):
        assert printed(look, tmp_path) == "True False\n"
    draw = "import random\nprint(random.random())"
    assert printed(draw, tmp_path) != printed(draw, tmp_path)


def test_where_python_would_search_elsewhere_a_kernel_starts_by_itself(
    warmed, tmp_path, monkeypatch
):
    look = "import sys\nprint('colorsys' in sys.modules, sys.argv[0], *sys.path)"
    assert printed(look, tmp_path).startswith("True ")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    said = printed(look, tmp_path).split()
    assert said[0] == "False" and str(tmp_path / "mine") in said


def test_a_kernel_that_dies_is_noticed(warmed, tmp_path):
    cell = nbformat.v4.new_code_cell("import os\nos._exit(3)")
    with pytest.raises(CellFailed, match=r"code cell 1 \(import os\): Kernel died"):
        execute(nbformat.v4.new_notebook(cells=[cell]), tmp_path)


def test_a_kernel_is_watched_interrupted_and_ended():
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    kernel = warm.ForkedKernel(sleeper.pid)
    assert kernel.poll() is None
    kernel.kill()
    assert kernel.wait() == kernel.poll() == 0
    kernel.terminate()
    assert sleeper.wait() == -9
    gone = warm.ForkedKernel(sleeper.pid)
    assert gone.poll() == gone.wait() == 0


def test_with_the_process_end_its_kernels(warmed, tmp_path):
    connection = tmp_path / "kernel.json"
    arguments = ["-f", str(connection), "--log-level=ERROR"]
    kernel = warm.ForkedKernel(warmed.fork(arguments, str(tmp_path), dict(os.environ), None))
    assert in_time(connection.exists) and kernel.poll() is None
    warmed.close()
    ended = in_time(lambda: kernel.poll() == 0)
    kernel.kill()
    assert ended


def test_a_module_that_is_not_there_is_told(tmp_path):
    process = warm.WarmProcess(["no_module_of_this_name"])
    with pytest.raises(RuntimeError, match=r"Can all of strict_nbval_warm be imported\?"):
        process.fork([], str(tmp_path), {}, None)
    process.close()


@pytest.mark.parametrize(
    "command", [["R"], ["/another/python", "-m", "ipykernel_launcher", "-f", "a.json"]]
)
def test_what_is_no_kernel_of_this_python_is_started_as_ever(monkeypatch, command):
    started = []

    async def start(self, cmd, **kwargs):
        started.append(cmd)

    monkeypatch.setattr(warm.LocalProvisioner, "launch_kernel", start)
    with pytest.raises(StopIteration):
        warm.WarmProvisioner.launch_kernel(object.__new__(warm.WarmProvisioner), command).send(None)
    assert started == [command]


def test_where_a_process_cannot_be_watched_no_kernel_is_forked(monkeypatch):
    def refused(number):
        raise OSError("not permitted")

    monkeypatch.setattr(os, "pidfd_open", refused)
    assert not warm.is_possible()
    monkeypatch.undo()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not warm.is_possible()
