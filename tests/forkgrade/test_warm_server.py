"""The warm process serves many notebooks, each in a process of its own, and ends with its maker."""

import os
import signal
import subprocess
import sys
import time

import pytest
from forkgrade import sandbox
from forkgrade.limits import Limits
from forkgrade.warm_client import NoSandbox, WarmProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

LIMITS = Limits(cell_seconds=1, grace_seconds=0.5, total_seconds=5, folder_mb=1).for_notebook()


def run(warm, folder, *sources, limits=LIMITS):
    return warm.run([(source, "student") for source in sources], str(folder), limits)


def text(result):
    return result.outputs[0]["data"]["text/plain"]


def test_notebooks_share_nothing(warm, tmp_path):
    first = run(warm, tmp_path, "import math\nx = math.tau = 1\nx")
    second = run(warm, tmp_path, "import math\n'x' in globals(), math.tau > 6")
    assert (text(first.results[0]), text(second.results[0])) == ("1", "(False, True)")


def test_many_notebooks_run_at_once(warm, tmp_path):
    import threading

    found = []
    slow = "import time\ntime.sleep(0.4)"
    threads = [
        threading.Thread(target=lambda: found.append(run(warm, tmp_path, slow).ended))
        for _ in range(4)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [""] * 4 and time.monotonic() - began < 1.6


WRITES = """
import contextlib, os
for descriptor in range(3, 9):
    with contextlib.suppress(OSError):
        os.write(descriptor, """
ENDS = {
    "import os\nos._exit(3)": "the notebook ended its process with exit code 3",
    "import os\nos.kill(os.getpid(), 9)": "the notebook's process was ended by SIGKILL",
    "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass": (
        "a cell ran longer than 1 s and could not be interrupted"
    ),
    "for n in range(3):\n    open(f'{n}', 'wb').write(bytes(2**19))": (
        "the notebook wrote more than 1 MiB of files"
    ),
    WRITES + "b'{}\\n')": "the notebook wrote on the channel of its results",
    WRITES + "b'x\\n')": "the notebook wrote on the channel of its results",
}


@pytest.mark.parametrize("source", ENDS)
def test_a_notebook_that_ends_early_keeps_what_it_did_and_says_why(warm, tmp_path, source):
    began = time.monotonic()
    done = run(warm, tmp_path, "1", source, "2")
    assert time.monotonic() - began < 20  # many times the limits
    assert done.ended == ENDS[source]
    assert text(done.results[0]) == "1" and len(done.results) < 3


def test_all_cells_together_have_a_limit(warm, tmp_path):
    limits = Limits(cell_seconds=1, total_seconds=0.3).for_notebook()
    done = run(
        warm, tmp_path, "import time\ntime.sleep(0.2)", *["time.sleep(0.2)"] * 3, limits=limits
    )
    assert done.ended == "the notebook ran longer than 0.3 s in total"
    assert len(done.results) == 2 and done.results[1].outputs[0]["ename"] == "CellTimeoutError"


def test_what_a_cell_displays_has_a_limit(warm, tmp_path):
    limits = Limits(display_chars=1000).for_notebook()
    show = "from IPython.display import HTML\nprint('kept')\nHTML('x' * {})"
    done = run(warm, tmp_path, show.format(1500), "1", limits=limits)
    kept, note = done.results[0].outputs
    assert kept["text"] == "kept\n" and "more than 1000 characters were displayed" in note["text"]
    assert done.ended == "" and text(done.results[1]) == "1"


def test_a_notebook_has_its_own_folder_and_no_secret(warm, tmp_path):
    done = run(
        warm,
        tmp_path,
        "import os, sys\n{os.getcwd(), os.environ['HOME'], sys.path[-1]}",
        "'' in sys.path or [name for name in os.environ if 'TOKEN' in name]",
    )
    assert [text(one) for one in done.results] == [f"{{{str(tmp_path)!r}}}", "[]"]


def test_no_process_outlives_its_notebook(warm, tmp_path):
    done = run(warm, tmp_path, "import os\nos.getpid()")
    with pytest.raises(ProcessLookupError):
        os.kill(int(text(done.results[0])), 0)


# --- its life -------------------------------------------------------------------------------------


MAKER = """
import sys, time
from forkgrade.limits import Limits
from forkgrade.warm_client import WarmProcess
process = WarmProcess(Limits(preload=[], preload_with={}), fork=sys.argv[1] == "fork")
process.wait()
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("way", ["fork", "anew"])
def test_the_warm_process_ends_with_its_maker(way):
    with subprocess.Popen([sys.executable, "-c", MAKER, way], stdout=subprocess.PIPE) as maker:
        pid = int(maker.stdout.readline())
        os.kill(pid, 0)
        maker.send_signal(signal.SIGKILL)
    end = time.monotonic() + 5
    while time.monotonic() < end and is_running(pid):
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


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


def test_where_the_kernel_cannot_confine_and_must_nothing_starts(monkeypatch):
    monkeypatch.setattr(sandbox, "missing", lambda: "notebooks can read every file")
    with pytest.raises(NoSandbox, match="on this machine notebooks can read every file"):
        WarmProcess(Limits(require_sandbox=True))
