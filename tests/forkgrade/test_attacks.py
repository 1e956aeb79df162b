"""No submission scores a value that it does not compute: each attack, on top of an untouched
notebook of every assignment.
"""

import copy
import sys

import pytest
from forkgrade.judge import Judge
from forkgrade.limits import Limits
from forkgrade.warm_client import WarmProcess
from nbformat import v4

from tests.forkgrade.attacks import ATTACKS
from tests.forkgrade.hostile import is_answer, is_test
from tools.lessons import lessons
from tools.strict_nbval.normal_form import read

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, about how it uses its data base
]
LESSONS = {lesson.number: lesson for lesson in lessons() if lesson.oracles.exists()}
SECRET = b"a secret of a course"


@pytest.fixture(scope="module")
def graded():
    """A function from a notebook to the (points, of how many) of each of its tests, and the
    notebook's texts.
    """
    from forkgrade.execute import Execute
    from nbgrader.utils import determine_grade

    limits = Limits(
        preload=["torch", "torch._dynamo"],
        preload_with={},
        course_packages=["plainjudge", "autograd_seen"],
        cell_seconds=3,
        total_seconds=20,
    )
    process = WarmProcess(limits)
    process.wait()
    judge = Judge(probe="autograd_seen.checks.probing.observe")
    asked = {
        number: judge.questions(lesson.solution.parent, SECRET)[lesson.solution.stem]
        for number, lesson in LESSONS.items()
    }

    def graded(number, nb, folder):
        cells = [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
        preprocessor = Execute(client=process.client, limits=limits)
        preprocessor.run_cells(nb, cells, str(folder), asked[number])
        return {cell.id: determine_grade(cell) for cell in cells if is_test(cell)}

    yield graded
    process.close()


def untouched(number):
    """The notebook as a student gets it: its set-up, its answers still to be written, its tests."""
    nb = copy.deepcopy(read(LESSONS[number].exercise))
    kept = [
        cell
        for cell in nb.cells
        if cell.cell_type == "code" and (is_test(cell) or is_answer(cell) or cell.id == "setup")
    ]
    nb.cells = kept
    return nb


def attacked(number, source):
    """The notebook with an attack below its set-up, and once more below its answers."""
    names = [check.name for check in LESSONS[number].load_checks().values()]
    source = source.replace("NAMES", repr(names))
    nb = untouched(number)
    first = next(at for at, cell in enumerate(nb.cells) if is_test(cell))
    for at in (len(nb.cells) - 1, first, 1):
        nb.cells.insert(at, v4.new_code_cell(source))
    for at in reversed([at for at, cell in enumerate(nb.cells) if is_test(cell)]):
        nb.cells.insert(at, v4.new_code_cell(source))
    return nb


@pytest.mark.parametrize("number", LESSONS)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_scores_nothing(graded, tmp_path, name, number, pytestconfig):
    turn = list(ATTACKS).index(name) % len(LESSONS)
    if list(LESSONS)[turn] != number and not pytestconfig.getoption("--all-mutations"):
        pytest.skip("one assignment in turn for each attack; all of them with --all-mutations")
    nb = attacked(number, ATTACKS[name])
    earned = graded(number, nb, tmp_path)
    assert len(earned) == len(LESSONS[number].load_checks())
    assert {key: pair for key, pair in earned.items() if pair[0]} == {}
    shown = "".join(output.get("text", "") for cell in nb.cells for output in cell.outputs)
    assert "stolen" not in shown or set(shown.split("stolen")[1:]) == {" 0\n"}


@pytest.mark.parametrize("number", LESSONS)
def test_the_reference_solution_scores_everything(graded, tmp_path, number):
    nb = copy.deepcopy(read(LESSONS[number].solution))
    earned = graded(number, nb, tmp_path)
    assert {key: pair for key, pair in earned.items() if pair[0] != pair[1]} == {}
