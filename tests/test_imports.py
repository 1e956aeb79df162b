"""The rooms of utils/: who may know whom, and what importing them does."""

import ast
import doctest
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import utils
from utils import draw

FOLDER = Path(utils.__file__).parent
MODULES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}
CHECKS = {f"checks.{path.stem}" for path in sorted((FOLDER / "checks").glob("*.py"))}
MODULES |= {
    name: ast.parse((FOLDER / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")) for name in sorted(CHECKS)
}
# Rooms of plain data and pure functions, rooms that look at live tensors, and rooms that make the picture.
PURE = {"graph", "layout", "labels", "nesting", "fold"} & set(MODULES)
LIVE = {"values", "names", "operations", "trace", "forward", "backward"} & set(MODULES)
DRAWN = {"text", "steps", "scene", "svg", "dot", "figure"} & set(MODULES)
# What would act on the reader's notebook as soon as a module is imported.
ACTS = {"seed", "manual_seed", "display", "show", "print", "use", "rc", "open", "set_default_dtype", "simplefilter"}


def imports_of(module):
    """The modules that a module imports, ours by their full names and others by their packages."""
    found = set()
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.ImportFrom) and node.module == "utils":
            found |= {f"utils.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    found = {name if name.startswith("utils") else name.split(".")[0] for name in found}
    return {name for name in found if name not in sys.stdlib_module_names}


def ours(module):
    """The rooms that a room imports."""
    return {name.removeprefix("utils.") for name in imports_of(module) if name.startswith("utils")}


def test_the_graph_is_plain_data_that_imports_nothing():
    assert imports_of("graph") == set()


@pytest.mark.parametrize("module", sorted(PURE))
def test_a_pure_room_imports_pure_rooms_only(module):
    assert ours(module) <= PURE and imports_of(module) <= {f"utils.{room}" for room in PURE}


@pytest.mark.parametrize("module", sorted(LIVE))
def test_what_looks_at_live_tensors_knows_no_picture(module):
    assert ours(module) <= LIVE | PURE and imports_of(module) <= {"torch"} | {f"utils.{room}" for room in LIVE | PURE}


@pytest.mark.parametrize("module", sorted(DRAWN))
def test_what_makes_the_picture_knows_no_tensor(module):
    assert "torch" not in imports_of(module)
    assert ours(module) <= DRAWN | PURE | {"values"}


def test_values_and_layout_stand_on_their_own():
    assert imports_of("values") == {"torch"}
    assert imports_of("layout") == imports_of("labels") == set()


def test_the_plots_stand_beside_the_road():
    assert ours("plots") == set()
    assert not [module for module in MODULES if module != "__init__" and "plots" in ours(module)]


@pytest.mark.parametrize("module", sorted(CHECKS))
def test_the_checks_stand_beside_the_road(module):
    assert ours(module) <= {"checks.engine"} and imports_of(module) <= {"torch", "utils.checks.engine"}
    assert not [other for other in set(MODULES) - CHECKS if any(room.startswith("checks") for room in ours(other))]


def test_data_flows_one_way():
    waiting = {module: ours(module) & set(MODULES) for module in MODULES if module != "__init__"}
    while waiting:
        free = {module for module, needed in waiting.items() if not needed & set(waiting)}
        assert free, f"{sorted(waiting)} import one another"
        waiting = {module: needed for module, needed in waiting.items() if module not in free}


@pytest.mark.parametrize("word", ["next_functions", "_raw_saved_", "_sequence_nr"])
def test_only_trace_walks_the_backward_graph(word):
    def mentions(module):
        # In code, that is: prose may explain the word.
        for node in ast.walk(MODULES[module]):
            text = node.value if isinstance(node, ast.Constant) else getattr(node, "attr", "")
            if isinstance(text, str) and text.startswith(word):
                return True
        return False

    assert [module for module in MODULES if mentions(module)] == ["trace"]


@pytest.mark.parametrize("module", MODULES)
def test_importing_only_defines(module):
    for statement in MODULES[module].body:
        document = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        kinds = (
            ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.AugAssign
        )
        for_editors = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
        assert document or for_editors or isinstance(statement, kinds), f"line {statement.lineno} acts"
        if isinstance(statement, ast.Assign | ast.AugAssign):
            assigned = getattr(statement, "targets", None) or [statement.target]
            targets = [part for target in assigned for part in getattr(target, "elts", [target])]
            assert all(isinstance(target, ast.Name) for target in targets), "importing sets another's state"


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


def test_importing_loads_no_plotting_library_and_moves_no_random_state():
    code = (
        "import sys, torch; torch.manual_seed(1); before = torch.get_rng_state(); from utils import *\n"
        "assert torch.equal(before, torch.get_rng_state())\n"
        "assert 'matplotlib' not in sys.modules and 'IPython' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_grader_loads_no_torch_and_no_nbgrader():
    code = (
        "import sys, utils.grading.client, utils.grading.limits\n"
        "print({'torch', 'nbgrader', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "set()\n", "")


def test_the_public_face_has_its_names_before_and_after_they_are_used():
    (for_editors,) = [node for node in MODULES["__init__"].body if isinstance(node, ast.If)]
    told = {alias.name: statement.module for statement in for_editors.body for alias in statement.names}
    assert told == {name: f"utils.{home}" for name, home in utils._HOMES.items()}
    assert sorted(told) == utils.__all__ and set(told) <= set(dir(utils))
    with pytest.raises(AttributeError, match=r"module 'utils' has no attribute 'draw_grpah'"):
        utils.draw_grpah  # noqa: B018


def test_the_public_face_is_small_and_explains_itself():
    assert 0 < len(utils.__all__) < 12
    for name in utils.__all__:
        assert getattr(utils, name).__doc__


def test_the_example_of_draw_graph_is_true():
    (example,) = doctest.DocTestFinder().find(draw.draw_graph, globs={"torch": torch, "draw_graph": draw.draw_graph})
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


GRADING = {path.stem: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "grading").glob("*.py"))}


def roots(source):
    """The modules that a source imports anywhere: ours by their full names, others by their packages."""
    nodes = list(ast.walk(ast.parse(source)))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" if "utils" in node.module else node.module for alias in node.names}
    return {name if name.startswith("utils") else name.split(".")[0] for name in found}


def test_nothing_that_a_reader_uses_knows_the_grader():
    assert not [name for name in MODULES if any(room.startswith("grading") for room in ours(name))]
    assert roots(GRADING["__init__"]) == set()


@pytest.mark.parametrize("module", ["cells", "sandbox", "warm"])
def test_the_process_that_runs_students_code_has_read_no_grade_book(module):
    found = roots(GRADING[module]) - set(sys.stdlib_module_names)
    assert not found & {"nbgrader", "nbconvert", "nbformat", "sqlalchemy"}
    assert {name.split(".")[2] for name in found if name.startswith("utils.")} <= {"cells", "sandbox", "warm"}
