"""A notebook gets its outputs from a confined process, and what was odd is noted in it."""

import contextlib
import sys
from types import SimpleNamespace

import pytest
from forkgrade.notes import notes
from forkgrade.warm_client import CellResult, NotebookRun
from nbconvert.exporters import NotebookExporter
from nbformat import v4
from plainjudge.keys import OpenKey, locked
from traitlets.config import LoggingConfigurable

from tests.forkgrade.hostile import named

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


@pytest.fixture
def run(monkeypatch):
    """A function from cells, and what the warm process says of them, to the notebook."""
    from forkgrade.execute import Execute

    def run(cells, results, ended="", questions=None):
        nb = v4.new_notebook(cells=cells)
        said = NotebookRun([CellResult(*result) for result in results], ended)
        preprocessor = Execute()

        def answer(tasks, *rest):
            run.sent = tasks
            return said

        monkeypatch.setattr(Execute, "client", SimpleNamespace(run=answer))
        preprocessor.run_cells(nb, cells, "a folder", questions or {})
        return nb

    return run


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def error(name, message):
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": []}


def test_outputs_and_counts_are_put_where_they_belong(run):
    value = {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": 99}
    nb = run([v4.new_code_cell("1"), v4.new_code_cell("2")], [([stream("a")], []), ([value], [])])
    assert [cell.execution_count for cell in nb.cells] == [1, 2]
    assert nb.cells[0].outputs[0].text == "a" and nb.cells[1].outputs[0].execution_count == 2
    assert notes(nb) == []


QUESTION = {
    "observe": "a.probe",
    "module": "a",
    "check": "roles",
    "number": "9.9",
    "rounds": [
        {
            "cases": [[]],
            "shown": ["roles"],
            "key": locked("salt", dict.fromkeys("uvwxyz", True), {}).as_json(),
        }
    ],
}


@pytest.mark.parametrize(
    ("right", "earned"), [("uvwxyz", 3), ("uvwxy", 2.5), ("uv", 1), ("", 0)], ids=str
)
def test_the_parts_that_are_right_have_their_points(run, right, earned):
    from nbgrader.utils import determine_grade

    test = named("check", "check.roles(roles)", grade=True, locked=True, points=3)
    answer = {"dict": [[name, name in right] for name in "uvwxyz"]}
    forged = [{"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}}]
    run([test], [(forged, [[{"value": answer}]])], questions={"check": QUESTION})
    assert determine_grade(test) == (earned, 3)
    shown = "".join(one.data.get("text/html", "") for one in test.outputs if "data" in one)
    assert bool(shown) == (0 < earned < 3)
    assert not shown or f"{len(right)} of 6 right: <b>{earned} of 3 points</b>" in shown


def test_in_the_place_of_a_judged_test_its_answer_is_asked_and_no_key_is_sent(run):
    test = named("check", "check.roles(roles)", grade=True, locked=True, points=3)
    other = named("other", "assert True", grade=True, locked=True, points=3)
    run([test, other], [([], None), ([], None)], questions={"check": QUESTION})
    probe, plain = run.sent
    assert (probe.source, probe.kind) == ("", "probe") and plain.kind == "test"
    assert probe.question == {
        "observe": "a.probe",
        "module": "a",
        "check": "roles",
        "rounds": [[[]]],
    }


def test_cells_that_did_not_end_have_an_error(run):
    nb = run([v4.new_code_cell("1") for _ in range(3)], [([], [])], ended="exit code 3")
    assert [cell.outputs[0].evalue for cell in nb.cells[1:]] == [
        "exit code 3",
        "not run: exit code 3",
    ]
    assert nb.cells[0].outputs == []
    assert notes(nb) == [
        "code cell 2: exit code 3; this cell and what follows could not be run",
    ]


def test_an_instructor_is_told_of_what_a_verdict_does_not_say(run):
    outputs = [
        [error("AssertionError", "got 3")],
        [error("MemoryError", "full marks, the grader")],
        [error("CellTimeoutError", "it ran longer")],
        [stream("x\n… the output of this cell was cut: 9 of 99 …")],
    ]
    nb = run([v4.new_code_cell("1") for _ in outputs], [(one, None) for one in outputs])
    assert notes(nb) == [
        "code cell 2: needed more memory than a notebook has (MemoryError)",
        "code cell 3: ran longer than a cell may, and was interrupted",
        "code cell 4: its output was cut",
    ]


@pytest.mark.parametrize(
    ("marks", "kind"),
    [
        ({"grade": True, "locked": True, "points": 1}, "test"),
        ({"locked": True}, "set-up"),
        ({"solution": True}, "student"),
        ({"grade": True, "solution": True, "points": 1}, "student"),
    ],
)
def test_what_a_cell_is_to_the_runner(marks, kind):
    from forkgrade.execute import cell_kind

    assert cell_kind(named("a", "1", **marks)) == kind
    assert cell_kind(v4.new_code_cell("1")) == "student"


def test_files_are_copied_to_the_private_folder_but_no_notebook_and_no_link(tmp_path):
    from forkgrade.execute import copy_files

    source, folder = tmp_path / "source", tmp_path / "folder"
    (source / "data").mkdir(parents=True)
    (source / "data" / "table.csv").write_text("1")
    (source / "a.ipynb").write_text("{}")
    (source / "link").symlink_to(source / "data" / "table.csv")
    copy_files(source, folder)
    assert [path.name for path in folder.rglob("*")] == ["data", "table.csv"]


@linux
def test_a_converter_has_one_warm_process_for_all_its_notebooks(monkeypatch):
    from forkgrade import execute

    made = []

    class Process:
        is_possible = staticmethod(lambda: True)

        def __init__(self, limits):
            made.append(limits)

        def wait(self):
            return execute.WarmClient("a socket")

    monkeypatch.setattr(execute, "WarmProcess", Process)
    converter, given = LoggingConfigurable(), LoggingConfigurable()
    given.warm_client = execute.WarmClient("another socket")

    def socket_path(converter):
        # As nbgrader makes it: its parent is an exporter, whose parent is the converter.
        exporter = NotebookExporter(parent=converter)
        return execute.Execute(parent=exporter).client.socket_path

    assert [socket_path(converter), socket_path(converter)] == ["a socket"] * 2 and len(made) == 1
    assert socket_path(given) == "another socket" and len(made) == 1


def test_without_fork_nbgrader_runs_the_notebook_as_it_does(monkeypatch):
    from forkgrade import execute

    ran = []
    nb = v4.new_notebook(cells=[v4.new_code_cell("1")])
    monkeypatch.setattr(execute.WarmProcess, "is_possible", staticmethod(lambda: False))
    monkeypatch.setattr(
        execute.ColdExecute,
        "preprocess",
        lambda self, nb, resources, km: ran.append(nb) or (nb, {}),
    )
    execute.Execute(questions={}).preprocess(nb, {})
    assert ran == [nb]


@pytest.mark.parametrize(("answer", "earned"), [("6.0", 2), ("5.0", 0), ("1 / 0", 0)])
def test_without_fork_a_kernel_asks_what_is_judged(monkeypatch, answer, earned):
    from forkgrade import execute
    from nbgrader.utils import determine_grade

    names = {}

    def run(self, nb, resources, km):
        # What a kernel does, as far as it is needed here.
        for number, cell in enumerate(nb.cells, 1):
            cell.execution_count = number
            shown = []
            names["get_ipython"] = lambda: SimpleNamespace(
                display_pub=SimpleNamespace(publish=shown.append)  # noqa: B023
            )
            with contextlib.suppress(ZeroDivisionError, KeyError):
                exec(cell.source, names)
            cell.outputs = [v4.new_output("display_data", data) for data in shown]
        return nb, {}

    monkeypatch.setattr(execute.WarmProcess, "is_possible", staticmethod(lambda: False))
    monkeypatch.setattr(execute.ColdExecute, "preprocess", run)
    key = OpenKey([6.0], {}).as_json()
    question = {
        "observe": "tests.forkgrade.probe.observe",
        "module": "a",
        "check": "two",
        "number": "9.9",
        "rounds": [{"cases": [[]], "shown": ["two"], "key": key}],
    }
    test = named("check", "check.two(two)", grade=True, locked=True, points=2)
    nb = v4.new_notebook(cells=[v4.new_code_cell(f"two = {answer}"), test])
    preprocessor = execute.Execute(questions={"numbers": {"check": question}})
    preprocessor.preprocess(nb, {"nbgrader": {"notebook": "numbers"}})
    assert determine_grade(test) == (earned, 2) and test.source == "check.two(two)"
