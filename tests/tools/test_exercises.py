"""What students get: made from solutions/ and nothing else, in normal form, without an answer in
it.
"""

import json
import re
import shutil
import warnings
from unittest.mock import ANY

import nbformat
import pytest
from autograd_seen.checks.verdicts import Passed
from IPython.core.interactiveshell import InteractiveShell

from tools import exercises
from tools.places import ROOT, name, notebooks
from tools.strict_nbval.normal_form import code_cells, normalise, read, write_text

SOLUTIONS = notebooks("solutions")
REGION = re.compile(
    r"^\s*### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)^\s*### END \1", re.MULTILINE | re.DOTALL
)


def files(folder):
    """{path: bytes} of a folder's files, without the copies that JupyterLab keeps of what it
    opens.
    """
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


TABLE = "utils/autograd_seen/checks/points.json"


def exercise_of(solution):
    return ROOT / "exercises" / solution.relative_to(ROOT / "solutions")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The exercises, made anew."""
    folder = tmp_path_factory.mktemp("made") / "exercises"
    exercises.generate(ROOT, folder)
    return folder


def test_exercises_are_what_the_solutions_make(fresh):
    made, stored = files(fresh), files(ROOT / "exercises")
    assert made.keys() == stored.keys(), "make exercises"
    assert not [path for path, data in made.items() if data != stored[path]], "make exercises"


def test_the_table_of_points_is_what_the_solutions_make():
    made = exercises.points_table(ROOT)
    assert (ROOT / TABLE).read_text(encoding="utf-8") == made, "make exercises"


def test_the_table_tells_titles_points_and_what_a_person_reads():
    def graded(points, solution):
        marks = {"grade": True, "solution": solution, "points": points}
        return nbformat.v4.new_markdown_cell("…", metadata={"nbgrader": marks})

    cells = ["# Assignment 07 · Which `way`?", "## 7.1 · Read · easy · 2 min · 3 points"]
    cells = [nbformat.v4.new_markdown_cell(text) for text in cells]
    cells += [graded(3, False), nbformat.v4.new_markdown_cell("## 7.12 · Explain"), graded(1, True)]
    assert exercises.points_of(nbformat.v4.new_notebook(cells=cells)) == {
        "title": "Which way?",
        "points": {"7.1": 3, "7.12": 1},
        "by_hand": ["7.12"],
    }


@pytest.mark.parametrize("solution", SOLUTIONS, ids=name)
def test_an_exercise_holds_no_answer_and_no_hidden_test(solution):
    given = {cell.id: cell.source for cell in read(exercise_of(solution)).cells}
    assert not [source for source in given.values() if "SOLUTION" in source or "HIDDEN" in source]
    regions = [
        (cell.id, text) for cell in read(solution).cells for _, text in REGION.findall(cell.source)
    ]
    assert regions
    for cell, text in regions:
        # The visible half of a check may end as its hidden half does, and a decorator is no answer.
        secret = {line for line in stripped(text) if not line.startswith(("check.", "@"))}
        assert secret.isdisjoint(stripped(given[cell]))


def stripped(text):
    return {line.strip() for line in text.split("\n") if line.strip()}


@pytest.mark.parametrize("solution", SOLUTIONS, ids=name)
def test_an_exercise_has_never_been_run_and_its_checks_are_locked(solution):
    for cell in read(exercise_of(solution)).cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("locked") or (marks.get("grade") and not marks.get("solution")):
            assert cell.metadata.editable is False and cell.metadata.deletable is False


#: Without those that make an optimiser, for which torch imports its compiler, in three seconds.
QUICK = [path for path in SOLUTIONS if "torch.optim" not in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("solution", QUICK, ids=name)
def test_run_all_reaches_the_end_of_an_untouched_exercise(solution, monkeypatch):
    """JupyterLab and nbclient go on where a cell raises that is tagged, and nowhere else.

    What is given to look at has run in the solution as well.
    """
    monkeypatch.chdir(exercise_of(solution).parent)
    nb, shell, raised = read(exercise_of(solution)), InteractiveShell(), set()
    for cell in (cell for cell in code_cells(nb) if not cell.id.startswith(("given", "shown"))):
        result = shell.run_cell(cell.source)
        if not result.success:
            assert "raises-exception" in cell.metadata.get("tags", []), cell.source
            raised.add(type(result.error_in_exec).__name__)
    shell.run_line_magic("unload_ext", "autograd_seen")  # it turns a switch of torch's
    assert raised == {"NotAttempted"}
    assert "next     exercise" in repr(result.result)


@pytest.mark.parametrize("solution", SOLUTIONS, ids=name)
def test_only_what_is_checked_may_raise_and_only_with_the_student(solution):
    checks = [cell for cell in code_cells(read(exercise_of(solution))) if setting(cell, "grade")]
    assert checks
    assert [cell for cell in code_cells(read(exercise_of(solution))) if tagged(cell)] == checks
    assert not [cell for cell in code_cells(read(solution)) if tagged(cell)]


def test_nbgrader_gives_a_tagged_check_that_raises_no_point(tmp_path):
    """nbgrader runs on where any cell raises, and looks for an error among the outputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbgrader.preprocessors import Execute
        from nbgrader.utils import determine_grade

    assert Execute().allow_errors
    nb = read(exercise_of(SOLUTIONS[0]))
    check = next(cell for cell in code_cells(nb) if tagged(cell))
    most = setting(check, "points")
    check.outputs = [nbformat.v4.new_output("error", ename="NotAttempted", evalue="not yet")]
    assert determine_grade(check) == (0, most)
    check.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": PASSED})]
    assert determine_grade(check) == (most, most)
    check.outputs = []
    assert determine_grade(check) == (most, most), "a check that raised nothing would get all"


#: What a check says of a right answer. nbgrader takes a text that is a number for points.
PASSED = repr(Passed("1.1", "1 of 7 · 2 of 16 points"))


def setting(cell, key):
    return cell.metadata.get("nbgrader", {}).get(key)


def tagged(cell):
    return "raises-exception" in cell.metadata.get("tags", [])


def test_what_only_an_instructor_may_have_is_not_among_the_exercises(fresh):
    private = [path for path in (ROOT / "solutions").glob("*/private/*") if path.is_file()]
    assert "wrong_answers.py" in {path.name for path in private}
    made = {*files(fresh), *files(ROOT / "exercises")}
    assert not {path.name for path in private} & {path.rpartition("/")[2] for path in made}
    assert not [path for path in made if "private" in path.split("/")]


@pytest.fixture
def course(tmp_path):
    """A course with one small solution, and old exercises."""
    source = SOLUTIONS[0]
    place = tmp_path / "solutions" / source.parent.name / source.name
    place.parent.mkdir(parents=True)
    shutil.copyfile(source, place)
    old = tmp_path / "exercises" / "old.ipynb"
    old.parent.mkdir()
    old.write_text("old", encoding="utf-8")
    return tmp_path, place


def test_a_run_replaces_the_old_exercises(course, capsys):
    root, place = course
    assert exercises.main(["--course", str(root)]) == 0
    made = files(root / "exercises")
    assert list(made) == [f"{place.parent.name}/{place.name}"]
    assert made.popitem()[1] == exercise_of(SOLUTIONS[0]).read_bytes()
    assert sorted(path.name for path in root.iterdir()) == ["exercises", "solutions", "utils"]
    assert files(root / "utils") == {"autograd_seen/checks/points.json": ANY}
    assert list(json.loads((root / TABLE).read_text(encoding="utf-8"))) == [place.parent.name]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda nb: answer(nb).update(source="### BEGIN SOLUTION\nx = 1"),
            "no end solution statement found",
        ),
        (
            lambda nb: nb.cells.append(
                nbformat.v4.new_code_cell("### BEGIN SOLUTION\n### END SOLUTION")
            ),
            "Solution region",
        ),
        (
            lambda nb: answer(nb).metadata.nbgrader.update(grade_id="setup"),
            "Duplicate grade id: setup",
        ),
    ],
    ids=["a region without an end", "a region in an ordinary cell", "two cells of one name"],
)
def test_a_run_that_fails_leaves_the_old_exercises_and_says_why(course, capsys, spoil, said):
    root, place = course
    nb = read(place)
    spoil(nb)
    place.write_text(write_text(normalise(nb)), encoding="utf-8")
    assert exercises.main(["--course", str(root)]) == 1
    assert files(root / "exercises") == {"old.ipynb": b"old"}
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in root.iterdir()) == ["exercises", "solutions"]


def answer(nb):
    return next(cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("solution"))
