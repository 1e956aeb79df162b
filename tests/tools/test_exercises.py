"""What students get: made from solutions/ and nothing else, in normal form, without an answer in
it.
"""

import re
import shutil

import nbformat
import pytest

from tools import exercises
from tools.normal_form import ROOT, name, normalise, notebooks, read, write_text

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


@pytest.mark.parametrize("solution", SOLUTIONS, ids=name)
def test_an_exercise_holds_no_answer_and_no_hidden_test(solution):
    given = {cell.id: cell.source for cell in read(exercise_of(solution)).cells}
    assert not [source for source in given.values() if "SOLUTION" in source or "HIDDEN" in source]
    regions = [
        (cell.id, text) for cell in read(solution).cells for _, text in REGION.findall(cell.source)
    ]
    assert regions
    for cell, text in regions:
        # The visible half of a check may end as its hidden half does.
        secret = {line for line in stripped(text) if not line.startswith("check.")}
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
    assert sorted(path.name for path in root.iterdir()) == ["exercises", "solutions"]


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
