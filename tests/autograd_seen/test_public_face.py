"""What a learner imports: few names, each explained, and importing them does nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import autograd_seen
import pytest

FOLDER = Path(autograd_seen.__file__).parent
MODULES = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.rglob("*.py"))
}
# What would act on the reader's notebook as soon as a module is imported.
ACTS = set("seed manual_seed display show print use rc open set_default_dtype simplefilter".split())
DEFINES = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
)


@pytest.mark.parametrize("word", ["next_functions", "_raw_saved_", "_sequence_nr"])
def test_only_what_is_live_looks_at_nodes(word):
    def mentions(module):
        # In code, that is: prose may explain the word.
        for node in ast.walk(MODULES[module]):
            text = node.value if isinstance(node, ast.Constant) else getattr(node, "attr", "")
            if isinstance(text, str) and text.startswith(word):
                return True
        return False

    found = [module for module in MODULES if mentions(module)]
    assert found and all(module.startswith("live/") for module in found)


@pytest.mark.parametrize("module", MODULES)
def test_importing_only_defines(module):
    for statement in MODULES[module].body:
        document = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        assert document or isinstance(statement, DEFINES), f"line {statement.lineno} acts"
        if isinstance(statement, ast.Assign | ast.AugAssign):
            assigned = getattr(statement, "targets", None) or [statement.target]
            targets = [part for target in assigned for part in getattr(target, "elts", [target])]
            assert all(isinstance(target, ast.Name) for target in targets), (
                "it sets another's state"
            )


@pytest.mark.parametrize("module", MODULES)
def test_nothing_displays_seeds_or_sets(module):
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(MODULES[module])
        if isinstance(node, ast.Call)
    }
    assert not called & ACTS
    named = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(MODULES[module])}
    assert "rcParams" not in named


def test_importing_beside_a_utils_of_the_readers_loads_no_plots_and_moves_no_state(tmp_path):
    # Beside a module of the reader's own that has the name of our folder.
    (tmp_path / "utils.py").write_text("mine = 1\n")
    code = (
        "import sys, torch, utils; torch.manual_seed(1); before = torch.get_rng_state()\n"
        "from autograd_seen import *\n"
        "assert utils.mine == 1 and draw_graph\n"
        "assert torch.equal(before, torch.get_rng_state())\n"
        "assert 'matplotlib' not in sys.modules and 'IPython' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_public_face_is_a_plain_list_of_imports():
    body = MODULES["__init__"].body
    imported = {
        alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(imported) == autograd_seen.__all__
    assert not [node for node in body if isinstance(node, ast.FunctionDef | ast.If)]


def test_the_public_face_is_small_and_explains_itself():
    assert 0 < len(autograd_seen.__all__) < 30
    for name in autograd_seen.__all__:
        assert getattr(autograd_seen, name).__doc__
