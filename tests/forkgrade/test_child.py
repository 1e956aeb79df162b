"""The process of a notebook holds nothing of another, and sends what it displays within limits."""

import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from forkgrade import child
from forkgrade.limits import Limits
from forkgrade.protocol import JsonLines

from tests.forkgrade.notebooks import LIMITS, run, text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


def test_what_a_cell_displays_has_a_limit(warm, tmp_path):
    limits = Limits(display_chars=1000).for_notebook()
    show = "from IPython.display import HTML\nprint('kept')\nHTML('x' * {})"
    done = run(warm, tmp_path, show.format(1500), "1", limits=limits)
    kept, note = done.results[0].outputs
    assert kept["text"] == "kept\n" and "more than 1000 characters were displayed" in note["text"]
    assert done.ended == "" and text(done.results[1]) == "1"


def test_a_notebook_has_its_own_folder_and_no_secret(warm, tmp_path):
    done = run(
        warm,
        tmp_path,
        "import os, sys\n{os.getcwd(), os.environ['HOME'], sys.path[-1]}",
        "'' in sys.path or [name for name in os.environ if 'TOKEN' in name]",
    )
    assert [text(one) for one in done.results] == [f"{{{str(tmp_path)!r}}}", "[]"]


REFUSED = {
    "import subprocess\nsubprocess.run(['true'])": "may not start a process while it is graded",
    "import os\nos.fork()": "may not start a process while it is graded",
    "import urllib.request as u\nu.urlopen('http://localhost')": "may not open a connection",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_refused_says_why(warm, tmp_path, source):
    (output,) = run(warm, tmp_path, source).results[0].outputs
    assert output["ename"] == "PermissionError" and REFUSED[source] in output["evalue"]


def test_a_command_of_a_notebook_is_not_run_and_stops_nothing(warm, tmp_path):
    done = run(warm, tmp_path, "%gui qt\n!pip install torch\nfound = !ls\nfound")
    said, value = done.results[0].outputs
    assert said["text"] == "not run while grading: pip install torch\nnot run while grading: ls\n"
    assert value["data"]["text/plain"] == "[]" and value["output_type"] == "execute_result"


def test_all_cells_together_have_a_limit_of_output(warm, tmp_path):
    limits = replace(LIMITS, total_chars=5_000)
    show = "from IPython.display import HTML\nHTML('x' * 2_000)"
    done = run(warm, tmp_path, *[show] * 4, "print('y' * 9_000)", "1", limits=limits)
    kinds = [one.outputs[0]["output_type"] for one in done.results]
    assert kinds == ["execute_result"] * 2 + ["stream"] * 2 + ["stream", "execute_result"]
    assert "more than 5000 characters were displayed in all" in done.results[2].outputs[0]["text"]
    assert len(done.results[4].outputs[0]["text"]) < 1_200 and done.ended == ""


def answers_of(cells, runner, limits=LIMITS):
    """What a child sends of cells that a runner of the test's own runs."""
    down, up = os.pipe(), os.pipe()
    teacher, pupil = JsonLines(up[0], down[1]), JsonLines(down[0], up[1])
    for cell in cells:
        teacher.send(cell)
    os.close(down[1])
    child.run_cells(pupil, limits, runner)
    os.close(up[1])
    answers = []
    while (answer := teacher.receive()) is not None:
        answers.append(answer)
    for descriptor in down[0], up[0]:
        os.close(descriptor)
    return answers


def cell(key):
    return {"source": "1", "kind": "student", "seconds": 1, "key": key}


def test_each_cell_is_answered_with_its_key_after_a_greeting():
    runner = SimpleNamespace(run=lambda *given: ([], given))
    greeting, *results = answers_of([cell("a"), cell("b")], runner)
    assert greeting == {"ready": True} and runner.output_chars == LIMITS.output_chars
    assert results == [
        {"key": key, "outputs": [], "seen": ["1", "student", 1, None]} for key in ("a", "b")
    ]


def test_where_too_much_was_displayed_the_text_and_the_errors_stay():
    kinds = ["display_data", "stream", "error", "execute_result"]
    outputs = [{"output_type": kind, "data": "x" * 500} for kind in kinds]
    runner = SimpleNamespace(run=lambda *given: (outputs, []))
    limits = Limits(display_chars=1_000).for_notebook()
    _, result = answers_of([cell("a")], runner, limits)
    assert [one["output_type"] for one in result["outputs"]] == ["stream", "error", "stream"]
    assert "more than 1000 characters were displayed" in result["outputs"][-1]["text"]


def test_every_descriptor_but_those_of_its_line_is_closed():
    reader, _ = os.pipe()
    answer, (beside, _) = os.pipe(), os.pipe()
    if (pid := os.fork()) == 0:
        child.close_all_but(JsonLines(reader, answer[1]))
        kept = [number for number in range(64) if is_open(number)]
        os.write(answer[1], repr(kept).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(answer[0], 1_000).decode() == repr([0, 1, 2, *sorted((reader, answer[1]))])
    assert is_open(beside)


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
