"""Each PyTorch has an environment of its own, and `make lab` opens the course for anybody."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
(PIN,) = re.findall(r"^torch==(\S+)", REQUIREMENTS, re.M)
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
LESSON = "notebooks/01_scalar_gradients.ipynb"

pytestmark = pytest.mark.skipif(
    shutil.which("make") is None, reason="there is no make on this machine"
)


def surroundings(**changes):
    """The environment variables of a person who types make: none from a make that runs the tests,
    and no screen.
    """
    left_out = ("MAKE", "JUPYTER", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "LAB_ARGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | changes


def commands(*arguments, **changes):
    """What make would run, were nothing there yet."""
    return subprocess.run(
        ["make", "-n", "-B", *arguments],
        cwd=ROOT,
        env=surroundings(**changes),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    "arguments, folder, version",
    [
        ([], ".venv", PIN),
        ([f"TORCH={PIN}"], ".venv", PIN),
        (["TORCH=2.99.1"], ".venv-2.99.1", "2.99.1"),
    ],
)
def test_each_torch_has_an_environment_of_its_own(arguments, folder, version):
    printed = commands("test", *arguments)
    assert set(re.findall(r"torch==(\d[\w.+]*)", printed)) == {version}
    assert set(re.findall(r"\.venv[\w.-]*", printed)) == {folder}


def test_the_readme_installs_the_torch_that_is_pinned():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (by_hand,) = re.findall(r"`\S+(/bin/pip .* torch==\S+)`", readme)
    assert by_hand == f"/bin/pip install --no-deps --index-url {CPU_WHEELS} torch=={PIN}"
    assert f"--index-url {CPU_WHEELS} torch=={PIN}" in commands("lab")


@pytest.mark.skipif(os.name == "nt", reason="the line is written for a POSIX shell")
def test_another_torch_leaves_every_other_requirement_as_it_is():
    (rewriting,) = re.findall(r"^(sed .*) > ", commands("test", "TORCH=2.99.1"), re.M)
    rewritten = subprocess.run(
        rewriting, shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert rewritten == REQUIREMENTS.replace(f"torch=={PIN}", "torch==2.99.1")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a browser")
def test_a_browser_is_tried_only_where_there_is_a_screen():
    assert "--no-browser" in commands("lab")
    assert "--no-browser" not in commands("lab", DISPLAY=":0")
    assert "--no-browser" not in commands("lab", WAYLAND_DISPLAY="wayland-0")
    assert "--no-browser" not in commands("lab", BROWSER="/opt/opens-it-on-the-laptop")


@pytest.fixture
def lab(tmp_path):
    """`make lab` as it runs in the environment of the tests: the process, and what it prints."""
    environment = os.path.relpath(sys.prefix, ROOT)
    printed = tmp_path / "printed.txt"
    with printed.open("w") as output:
        process = subprocess.Popen(
            # What runs the tests can run the lessons (-o). Trusting them belongs to the proof (-W).
            ["make", "lab", f"VENV={environment}", "-o", f"{environment}/lab", "-W", LESSON],
            cwd=ROOT,
            env=surroundings(LAB_ARGS="--no-browser", JUPYTER_CONFIG_DIR=str(tmp_path)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    yield process, printed
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def address_in(process, printed):
    """The address that a person would copy from what JupyterLab prints."""
    for _ in range(600):
        found = re.search(r"(http://127\.0\.0\.1:\d+)(/lab/\S+)\?token=(\w+)", printed.read_text())
        if found:
            return found.groups()
        assert process.poll() is None, f"make lab ended:\n{printed.read_text()}"
        time.sleep(0.1)
    raise AssertionError(f"make lab printed no address in a minute:\n{printed.read_text()}")


def ask(address, token, method="GET"):
    """The bytes that the server answers."""
    request = urllib.request.Request(
        address, method=method, headers={"Authorization": f"token {token}"}
    )
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with without_proxy.open(request, timeout=20) as answer:
        return answer.read()


@pytest.mark.skipif(os.name == "nt", reason="what is left running is ended as POSIX systems do")
def test_make_lab_opens_the_first_lesson_whoever_types_it(lab):
    process, printed = lab
    server, page, token = address_in(process, printed)
    assert page == f"/lab/tree/{LESSON}" and b"<title>JupyterLab" in ask(server + page, token)
    served = json.loads(ask(f"{server}/api/contents/{LESSON}", token))["content"]["cells"]
    stored = json.loads((ROOT / LESSON).read_text(encoding="utf-8"))["cells"]
    assert [cell["source"] for cell in served] == ["".join(cell["source"]) for cell in stored]
    # JupyterLab hides the stored pictures of a cell that it does not trust.
    assert all(cell["metadata"]["trusted"] for cell in served if cell["cell_type"] == "code")
    assert ("You are root" in printed.read_text()) == (os.geteuid() == 0)
    ask(f"{server}/api/shutdown", token, method="POST")
    assert process.wait(timeout=20) == 0, printed.read_text()
