"""An assignment keeps the form that students, checks and nbgrader rely on."""

import re
from base64 import b64decode

import pytest
import torch
from autograd_seen.checks.plain import plain
from plainjudge.answers import agree

from tools import frame
from tools.lessons import lessons
from tools.places import name
from tools.strict_nbval.normal_form import read

LESSONS = {lesson.solution: lesson for lesson in lessons() if lesson.solution.exists()}
ASSIGNMENTS = list(LESSONS)
REGION = re.compile(r"^ *### BEGIN (SOLUTION)\n(.*?)^ *### END \1$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (\d+\.\d+) · .+ · (easy|medium|hard) · (\d+) min · (\d+) points?$")

#: How many exercises an assignment may have, and how many lines an answer; the last one, whose
#: answers are whole scripts again, may have more.
MOST, LONGEST = 7, 8
CAPSTONE = {"17_broken_scripts": (12, 12)}

each = pytest.mark.parametrize("path", ASSIGNMENTS, ids=name)


def bounds(path):
    return CAPSTONE.get(LESSONS[path].slug, (MOST, LONGEST))


def setting(cell, key):
    return cell.metadata.get("nbgrader", {}).get(key)


def exercises(nb):
    """From the number of each exercise to its cells, the one with the heading first.

    Without the last cell of the notebook, which sums up.
    """
    found, number = {}, None
    for cell in nb.cells[:-1]:
        if heading := HEADING.match(cell.source.split("\n")[0]):
            number = heading[1]
        if number:
            found.setdefault(number, []).append(cell)
    return found


def coded(nb):
    """The exercises that are checked by code: all but the last."""
    return dict(list(exercises(nb).items())[:-1])


def of_kind(cells, grade, solution):
    return [
        cell
        for cell in cells
        if (setting(cell, "grade"), setting(cell, "solution")) == (grade, solution)
    ]


@each
def test_there_are_four_to_six_exercises_and_a_question(path):
    numbers = list(exercises(read(path)))
    assert 5 <= len(numbers) <= bounds(path)[0], (
        "headings such as `## 4.1 · Read a graph · easy · 2 min · 2 points`"
    )
    assert numbers == [
        f"{int(LESSONS[path].number)}.{place}" for place in range(1, len(numbers) + 1)
    ]


@each
def test_the_headings_tell_the_minutes_and_the_points(path):
    nb = read(path)
    minutes = points = 0
    for cells in exercises(nb).values():
        heading = HEADING.match(cells[0].source.split("\n")[0])
        (graded,) = (cell for cell in cells if setting(cell, "grade"))
        assert setting(graded, "points") == int(heading[4])
        minutes, points = minutes + int(heading[3]), points + int(heading[4])
    assert f"*{minutes} minutes, {points} points." in nb.cells[0].source


@each
def test_an_exercise_is_a_task_with_two_hints_an_answer_and_its_check(path):
    for number, cells in coded(read(path)).items():
        task = cells[0].source
        assert task.index("<summary>Hint</summary>") < task.index(
            "<summary>Stronger hint</summary>"
        )
        answer, check = cells[-2:]
        assert of_kind(cells, False, True) == [answer], number
        assert of_kind(cells, True, False) == [check], number
        assert [setting(cell, "grade_id") for cell in (answer, check)] == [answer.id, check.id]


@each
def test_the_student_writes_at_most_eight_lines(path):
    for cells in coded(read(path)).values():
        ((kind, written),) = REGION.findall(cells[-2].source)
        assert kind == "SOLUTION" and 1 <= len(written.splitlines()) <= bounds(path)[1]
        if "def " in cells[-2].source:
            assert '"""' in REGION.sub("", cells[-2].source)


@each
def test_a_check_is_only_called_so_that_the_grader_can_ask_in_its_place(path):
    checks = {check.number: check for check in LESSONS[path].load_checks().values()}
    assert list(checks) == list(coded(read(path)))
    for number, cells in coded(read(path)).items():
        name = checks[number].name
        assert cells[-1].source == f"check.{name}({name})"


@each
def test_cells_that_are_given_or_graded_are_locked(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert setting(cell, "schema_version") == 3
            assert setting(cell, "locked") is not setting(cell, "solution")


@each
def test_the_set_up_is_short(path):
    setup = next(cell for cell in read(path).cells if cell.cell_type == "code")
    lines = [line for line in setup.source.splitlines() if line]
    assert lines[0] == "%load_ext autograd_seen" and len(lines) <= 6


@each
def test_the_last_answer_is_read_by_a_person_with_a_rubric_that_no_student_sees(path):
    nb = read(path)
    last = nb.cells[-2]
    assert last.cell_type == "markdown" and of_kind([last], True, True)
    assert "**Rubric.**" in last.source
    assert not any("Rubric" in cell.source for cell in nb.cells if cell is not last)


@each
def test_the_last_cell_sums_up_and_names_the_next_step(path):
    last = read(path).cells[-1]
    assert last.source == f"progress({int(LESSONS[path].number)})"
    assert of_kind([last], False, False) and setting(last, "locked")
    (output,) = last.outputs
    assert re.search("^  next     .", "".join(output.data["text/plain"]), re.MULTILINE)


@each
def test_an_assignment_asks_the_question_of_its_lesson(path):
    title = frame.title(read(LESSONS[path].notebook))
    assert read(path).cells[0].source.split("\n")[0] == "# Assignment {} · {}".format(*title)


def test_a_picture_that_is_asked_about_fits_beside_its_questions():
    """In a window of 1280 × 800 JupyterLab shows 679 pixels of an output's height, and 828 of its
    width beside the file browser.
    """
    (path,) = [path for path in ASSIGNMENTS if path.stem == "assignment_03"]
    cell = exercises(read(path))["3.1"][1]
    (output,) = cell.outputs
    shown = output.data["text/html"]
    svg = b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]*)", shown)[1]).decode()
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', svg).groups())
    assert height <= 679 and width <= 828 - 32 - 16 * 15
    assert "Four questions</figcaption>" in shown and shown.count("?</div>") == 4


@each
def test_the_worked_values_are_true(path):
    for cells in coded(read(path)).values():
        for call, value in re.findall(
            r"[:.] (\w+\(.+\)) is (?:about )?(.+?)\.\"\"\"", cells[-2].source
        ):
            names = {}
            exec("import math, torch\n" + cells[-2].source, names)
            result, value = eval(call, names), eval(value)
            assert agree(plain(torch.as_tensor(result, dtype=torch.float64)), value), call
