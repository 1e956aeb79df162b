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
from contextlib import closing
from pathlib import Path

import pytest
from websocket import create_connection

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
(PIN,) = re.findall(r"^torch==(\S+)", REQUIREMENTS, re.M)
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
LESSON = "notebooks/01_scalar_gradients.ipynb"
COURSE = ("Makefile", "README.md", "LICENSE", "lab_config.py", "requirements.txt", "pyproject.toml")
FOLDERS = ("tools", "notebooks", "exercises")

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
def course(tmp_path):
    """A copy of the course, so that the working copies of whoever runs the tests stay as they
    are.
    """
    root = tmp_path / "course"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in COURSE:
        shutil.copyfile(ROOT / file, root / file)
    return root


@pytest.fixture
def lab(tmp_path, course):
    """`make lab` as it runs in the environment of the tests: the process, and what it prints."""
    environment = os.path.relpath(sys.prefix, course)
    printed = tmp_path / "printed.txt"
    places = {f"JUPYTER_{what}_DIR": str(tmp_path / what) for what in ("CONFIG", "DATA")}
    with printed.open("w") as output:
        process = subprocess.Popen(
            # What runs the tests can run the lessons (-o).
            ["make", "lab", f"VENV={environment}", "-o", f"{environment}/lab"],
            cwd=course,
            env=surroundings(LAB_ARGS="--no-browser", PYTHONDONTWRITEBYTECODE="1", **places),
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


def wait_for_a_kernel(server, token):
    """Starts a kernel, as JupyterLab does for each page, and waits until it has answered."""
    kernel = json.loads(ask(f"{server}/api/kernels", token, method="POST"))["id"]
    channels = f"{server.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?token={token}"
    with closing(create_connection(channels, timeout=60, http_no_proxy=["127.0.0.1"])) as socket:
        assert socket.recv()


@pytest.mark.skipif(os.name == "nt", reason="what is left running is ended as POSIX systems do")
def test_make_lab_opens_a_copy_of_the_first_lesson_whoever_types_it(lab, course):
    process, printed = lab
    server, page, token = address_in(process, printed)
    assert page == f"/lab/tree/{LESSON}" and b"<title>JupyterLab" in ask(server + page, token)
    served = json.loads(ask(f"{server}/api/contents/{LESSON}", token))["content"]["cells"]
    stored = json.loads((ROOT / LESSON).read_text(encoding="utf-8"))["cells"]
    assert [cell["source"] for cell in served] == ["".join(cell["source"]) for cell in stored]
    code = [cell for cell in served if cell["cell_type"] == "code"]
    assert all(cell["metadata"]["trusted"] and not cell["outputs"] for cell in code)
    assert ("You are root" in printed.read_text()) == (os.geteuid() == 0)
    assert "Your working copies are in my/" in printed.read_text()
    news = f"{server}/lab/api/settings/@jupyterlab/apputils-extension:notification"
    schema = json.loads(ask(news, token))["schema"]["properties"]
    assert schema["fetchNews"]["default"] == "false"  # or JupyterLab would ask, over the lesson
    wait_for_a_kernel(server, token)
    assert "eavesdropping" not in printed.read_text()
    changed = [path for path in course.iterdir() if path.name not in (*COURSE, *FOLDERS)]
    assert changed == [course / "my"]
    ask(f"{server}/api/shutdown", token, method="POST")
    assert process.wait(timeout=20) == 0, printed.read_text()
