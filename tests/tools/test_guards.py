"""What holds the house together as it changes: imports, style, examples, a test for each module."""

import os
import subprocess
import sys

import pytest

from tools.lessons import lessons
from tools.places import ROOT

SOURCES = {"utils/autograd_seen": "autograd_seen", "utils/forkgrade": "forkgrade", "tools": "tools"}

#: Modules that have no test file of their name. It may only grow shorter.
UNTESTED: set[str] = set()


def typed(*arguments):
    """What a command of Python's prints in the root of the repository, and whether it went well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


def test_imports_keep_their_contracts():
    command = "from importlinter.cli import lint_imports; exit(lint_imports(no_cache=True))"
    code, printed = typed("-c", command)
    assert code == 0, printed
    assert " 0 broken" in printed


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(command):
    code, printed = typed("-m", "ruff", *command, "--quiet", ".")
    assert code == 0, f"make lint\n{printed}"


def test_examples_in_docstrings_are_run(pytestconfig):
    assert pytestconfig.getoption("doctestmodules")
    folders = pytestconfig.getini("testpaths")
    assert {source.split("/")[0] for source in SOURCES} <= set(folders)


# --- each module has its test file ----------------------------------------------------------------


def modules():
    """{module: its test file} for each module with code of its own, as paths from the root.

    Checks of a lesson are a table, which their wrong answers test; an `__init__` only imports.
    """
    tables = {lesson.checks for lesson in lessons()}
    found = {}
    for source, below in SOURCES.items():
        for path in sorted((ROOT / source).rglob("*.py")):
            if path.name != "__init__.py" and path not in tables:
                folder = ROOT / "tests" / below / path.parent.relative_to(ROOT / source)
                test = folder / f"test_{path.stem.strip('_')}.py"
                found[path.relative_to(ROOT).as_posix()] = test.relative_to(ROOT).as_posix()
    return found


MODULES = modules()


def test_a_module_has_a_test_file_of_its_name():
    wanted = [MODULES[module] for module in MODULES if module not in UNTESTED]
    missing = [file for file in wanted if not (ROOT / file).exists()]
    assert len(wanted) > 100 and not missing, f"write {', '.join(missing)}"


def test_the_list_of_what_has_none_is_no_longer_than_it_must_be():
    assert not UNTESTED - MODULES.keys(), "no such module: take it off the list"
    tested = {module for module in UNTESTED if (ROOT / MODULES[module]).exists()}
    assert not tested, "it has a test file: take it off the list"


def test_a_module_in_a_folder_has_its_test_in_a_folder_of_that_name():
    assert MODULES["tools/rules.py"] == "tests/tools/test_rules.py"
    assert MODULES["utils/autograd_seen/live/names.py"] == "tests/autograd_seen/live/test_names.py"
    assert MODULES["utils/forkgrade/__main__.py"] == "tests/forkgrade/test_main.py"
    assert "utils/autograd_seen/checks/accumulation.py" not in MODULES
