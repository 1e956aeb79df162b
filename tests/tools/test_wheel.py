"""What pip makes of this repository works elsewhere: beside a learner's own utils.py, and with no
more than it asks for.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import Distribution, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

#: What a learner types in a notebook, and a list of the modules that it took: by torch, and in all.
PROGRAM = """
import json, sys
import torch
by_torch = list(sys.modules)
import utils
from autograd_seen import draw_graph, record_backward, step_through

x = torch.tensor(4.0, requires_grad=True)
z = torch.sin(x**2)
draw_graph(record_backward(z)).save("graph.svg")
draw_graph(z).save("graph.png")
draw_graph(z).save("graph.dot")
step_through(z)._repr_mimebundle_()
files = {name: getattr(sys.modules[name], "__file__", None) for name in sys.modules}
print(json.dumps([by_torch, files]))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The interpreter of an environment outside this repository, and the folder where it keeps its
    packages. It has what the environment of the tests has, and this repository only as a wheel.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, symlinks=os.name != "nt")
    base = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=base))
    # Python reads no .pth in a folder that a .pth names, so an editable install stays out of sight.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index"]
    made = subprocess.run(
        [*pip, "--no-build-isolation", "--no-deps", "--target", str(packages), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    scripts = Path(sysconfig.get_path("scripts", scheme="venv", vars=base))
    return scripts / Path(sys.executable).name, packages


@pytest.fixture(scope="module")
def wheel(elsewhere):
    """The record of what the wheel installed."""
    (record,) = elsewhere[1].glob("autograd_seen-*.dist-info")
    return Distribution.at(record)


def below(folder):
    """The files below a folder, by their paths from it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def took(elsewhere, tmp_path_factory):
    """The modules that torch took, those that drawing took, each with its file, and the folder
    where it was typed.
    """
    folder = tmp_path_factory.mktemp("notebooks-of-a-learner")
    (folder / "utils.py").write_text("mine = True\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ran = subprocess.run(
        [elsewhere[0], "-W", "error", "-c", PROGRAM],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return *json.loads(ran.stdout), folder


def test_it_holds_both_packages_whole_and_nothing_else(elsewhere):
    files = below(elsewhere[1])
    assert {name for name in files if name.endswith((".js", ".css"))} >= {
        "autograd_seen/show/player.js",
        "autograd_seen/show/player.css",
    }
    assert {name for name in files if "/" in name and ".dist-info/" not in name} == below(
        ROOT / "utils"
    )


def test_it_says_what_it_needs_and_what_is_optional(wheel):
    needed = [Requirement(line) for line in wheel.requires]
    always = {need.name: str(need.specifier) for need in needed if not need.marker}
    assert set(always) == {"torch", "graphviz", "matplotlib", "filelock"}
    assert all(bound.startswith(">=") for bound in always.values())
    assert set(wheel.metadata.get_all("Provides-Extra")) == {
        *("grading", "cluster", "postgresql", "hostile", "test", "browser", "bench", "site")
    }


def test_it_draws_beside_a_file_named_utils(elsewhere, took):
    _, modules, folder = took
    assert Path(modules["utils"]) == folder / "utils.py"
    ours = [file for name, file in modules.items() if name.startswith("autograd_seen")]
    assert len(ours) > 10 and all(Path(file).is_relative_to(elsewhere[1]) for file in ours)
    assert "sin(" in (folder / "graph.svg").read_text(encoding="utf-8")
    assert (folder / "graph.png").read_bytes().startswith(b"\x89PNG")


def needs_of(lines):
    """The names of the packages that pip would install for these requirements, and for theirs."""
    names, left = set(), list(lines)
    while left:
        need = Requirement(left.pop())
        name = canonicalize_name(need.name)
        if name not in names and (not need.marker or need.marker.evaluate({"extra": ""})):
            names.add(name)
            left += requires(name) or []
    return names


def owners_of(modules):
    """The names of the packages that these modules belong to."""
    owners = packages_distributions()
    names = {name.partition(".")[0] for name in modules}
    return {canonicalize_name(owner) for name in names for owner in owners.get(name, [])}


def test_drawing_takes_no_package_that_it_does_not_ask_for(wheel, took):
    by_torch, modules, _ = took
    used = owners_of(modules)
    # torch takes what it finds beside it, tqdm for one, which it does not ask for.
    assert used - owners_of(by_torch) - needs_of(wheel.requires) <= {"autograd-seen"}
    assert used >= {"torch", "graphviz", "matplotlib", "filelock"}


def test_the_tests_build_it_with_what_pip_builds_it_with():
    assert set(PROJECT["build-system"]["requires"]) <= set(
        PROJECT["project"]["optional-dependencies"]["test"]
    )
