"""Cells give the outputs that a kernel would give, and the course's own mean what it meant."""

import subprocess
import sys

import pytest
from forkgrade.limits import Limits
from forkgrade.warm_client import Cell


@pytest.fixture
def run(warm, tmp_path):
    """A function that runs (kind, source) cells in their own process; returns their outputs."""

    def run(*cells, **limits):
        limits = Limits(**limits).for_notebook()
        done = warm.run([Cell(source, kind) for kind, source in cells], str(tmp_path), limits)
        assert done.ended == ""
        return [result.outputs for result in done.results]

    return run


def own(*sources):
    return [("student", source) for source in sources]


def error_of(outputs):
    (output,) = [output for output in outputs if output["output_type"] == "error"]
    return f"{output['ename']}: {output['evalue']}"


def test_a_cell_gives_what_it_prints_shows_and_returns(run):
    source = "import sys\nprint('a')\nprint('b', file=sys.stderr)\ndisplay('c')\n'd'"
    (outputs,) = run(*own(source))
    assert [output["output_type"] for output in outputs] == [
        "stream",
        "stream",
        "display_data",
        "execute_result",
    ]
    assert [outputs[0]["text"], outputs[1]["text"]] == ["a\n", "b\n"]
    assert outputs[1]["name"] == "stderr"
    assert outputs[2]["data"] == {"text/plain": "'c'"}
    assert (outputs[3]["data"], outputs[3]["execution_count"]) == ({"text/plain": "'d'"}, 1)


def test_what_a_cell_prints_in_pieces_is_one_output(run):
    (outputs,) = run(*own("for n in range(3):\n    print(n, end='')"))
    assert [output["text"] for output in outputs] == ["012"]


def test_names_live_from_cell_to_cell_and_an_error_stops_only_its_own(run):
    outputs = run(*own("x = 1", "x / 0", "x"))
    assert error_of(outputs[1]) == "ZeroDivisionError: division by zero"
    assert "1 / 0" not in str(outputs[1]) and "x / 0" in "".join(outputs[1][0]["traceback"])
    assert outputs[2][0]["data"] == {"text/plain": "1"}


def test_a_cell_that_runs_too_long_is_interrupted_without_a_word_of_the_grader(run):
    endless = "import time\ntry:\n    while True: time.sleep(0.01)\nexcept Exception: pass"
    first, second = run(*own(endless, "1"), cell_seconds=0.3)
    assert error_of(first) == (
        "CellTimeoutError: this cell ran longer than 0.3 s and was interrupted"
    )
    assert second[0]["data"] == {"text/plain": "1"}
    assert "forkgrade" not in "".join(first[0]["traceback"])


def test_printed_text_is_cut_where_the_limit_ends(run):
    (outputs,) = run(*own("print('x' * 50)\nprint('y' * 50)"), output_chars=60)
    (output,) = outputs
    cut = "\n… the output of this cell was cut: 60 of 102 characters are kept …\n"
    assert output["text"] == "x" * 50 + "\n" + "y" * 9 + cut


def test_cleared_output_is_gone_even_where_it_was_cut(run):
    clear = "from IPython.display import clear_output\nprint('x' * 99)\nclear_output()"
    assert run(*own(clear), output_chars=9) == [[]]


def test_an_error_that_cannot_be_read_is_an_error_still(run):
    source = "class E(Exception):\n    def __str__(self): raise ValueError\n"
    outputs = run(("student", source), ("test", "raise E"))
    assert error_of(outputs[1]) == "E: (its message cannot be read: ValueError)"


# --- the course's own cells -----------------------------------------------------------------------


def test_a_test_sees_the_answer_and_shows_neither_its_lines_nor_its_values(run):
    hidden = "secret = 12.24\nassert answer == secret, 'look again'"
    outputs = run(("student", "answer = 2"), ("test", hidden), ("test", "assert answer == 2"))
    assert outputs[1][0]["traceback"] == ["AssertionError: look again"] and outputs[2] == []
    assert "12.24" not in str(outputs)


def test_what_the_course_set_up_a_test_finds_whatever_the_student_made_of_it(run):
    setup = "import math\ndef wanted(): return 2\nlimit = 3"
    spoil = "math = wanted = None\nlimit = 4"
    test = "assert math.sqrt(4) == wanted() == 2\nlimit"
    outputs = run(("set-up", setup), ("student", spoil), ("test", test))
    assert outputs[2][0]["data"] == {"text/plain": "3"}


def test_a_local_name_of_a_set_up_function_is_no_name_of_the_course(run):
    setup = "def broken():\n    loss = 1"
    outputs = run(*own("loss = 2"), ("set-up", setup), *own("loss = 3"), ("test", "loss"))
    assert outputs[3][0]["data"] == {"text/plain": "3"}


def test_what_a_test_calls_so_is_not_what_the_student_called_so(run):
    outputs = run(*own("x = 1\ndef f(): return x"), ("test", "x = 5"), ("test", "f()"))
    assert outputs[2][0]["data"] == {"text/plain": "1"}


def test_what_is_said_on_stderr_while_a_test_runs_is_no_error(run):
    logs = "import logging, sys\nlogging.basicConfig()\ndef f():\n    logging.warning('so')\n"
    outputs = run(*own(logs + "    print('thus', file=sys.stderr)"), ("test", "f()"))
    assert {output["name"] for output in outputs[1]} == {"stdout"}
    assert "so" in outputs[1][0]["text"] and "thus" in outputs[1][0]["text"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%matplotlib inline", ""),
        ("!pip install rich", "pip install rich"),
        ("%pip install rich", "install rich"),
        ("listed = !ls", "ls"),
        ("%%time", "Wall time"),
    ],
)
def test_the_magics_of_an_ordinary_notebook_stop_no_cell(run, line, said):
    outputs = run(*own(f"{line}\nanswer = 2", "answer"))
    assert outputs[1][0]["data"] == {"text/plain": "2"}
    assert said in "".join(output["text"] for output in outputs[0])


def test_a_script_is_not_run_and_its_first_line_named(run):
    (outputs,) = run(*own("%%bash\nls -l\npwd"))
    assert outputs[0]["text"] == "not run while grading: ls -l\n"


def test_a_name_like_a_builtin_is_the_students_in_his_functions_and_not_in_a_test(run):
    student = "def abs(x): return 'mine'\ndef f(): return abs(-1)"
    outputs = run(("student", student), ("test", "assert abs(-1) == 1\nf()"))
    assert outputs[1][0]["data"] == {"text/plain": "'mine'"}


def test_a_test_may_define_names_for_later_cells(run):
    outputs = run(("test", "found = 1;"), ("student", "found"))
    assert outputs[0] == [] and outputs[1][0]["data"] == {"text/plain": "1"}


def test_a_value_is_shown_unless_a_semicolon_ends_the_cell(run):
    outputs = run(("test", "1 + 1"), ("test", "1 + 1;"), ("test", "None"))
    assert [len(one) for one in outputs] == [1, 0, 0]


def test_builtins_are_as_they_were_after_each_cell(run):
    patch = "import builtins\nbuiltins.print = builtins.isinstance = lambda *a: True"
    outputs = run(*own(patch, "isinstance(1, str)"))
    assert outputs[1][0]["data"] == {"text/plain": "False"}


@pytest.mark.parametrize("ending", ["display(Dot())", "Dot()"])
def test_a_picture_of_bytes_is_stored_as_base64(run, ending):
    source = f"class Dot:\n    def _repr_png_(self):\n        return b'PNG'\n{ending}"
    ((output,),) = run(*own(source))
    assert output["data"]["image/png"] == "UE5H"


# --- probes ---------------------------------------------------------------------------------------


@pytest.fixture
def ask(warm, tmp_path):
    """A function that asks by the function of a name, after a cell of the student's; returns the
    result.
    """

    def ask(observe, source="", **limits):
        cells = [Cell(source, "student"), Cell("", "probe", {"observe": observe})]
        done = warm.run(cells, str(tmp_path), Limits(**limits).for_notebook())
        assert done.ended == ""
        return done.results[1]

    return ask


def test_a_probe_gives_back_what_its_function_sees_of_the_names(ask):
    # It compares the question with the names of the notebook, which are another dict.
    result = ask("operator.ne")
    assert (result.outputs, result.seen) == ([], True)
    assert ask("operator.eq", "get_ipython().user_ns = {'observe': 'operator.eq'}").seen is True


def test_a_probe_that_fails_has_seen_nothing(ask):
    for observe, error in [("math.cosh", "TypeError"), ("no.such", "ModuleNotFoundError")]:
        result = ask(observe)
        assert result.seen is None and result.outputs[0]["ename"] == error


def test_a_probe_that_takes_too_long_is_interrupted(ask):
    source = "import operator, time\noperator.slow = lambda *a: time.sleep(9)"
    result = ask("operator.slow", source, cell_seconds=0.3)
    assert result.seen is None and result.outputs[0]["ename"] == "CellTimeoutError"


def test_what_is_printed_while_a_probe_asks_is_kept_as_text(ask):
    source = "import operator, sys\noperator.loud = lambda *a: print('so', file=sys.stderr)"
    (output,) = ask("operator.loud", source).outputs
    assert (output["name"], output["text"]) == ("stdout", "so\n")


def test_a_cell_that_warms_up_leaves_no_name_no_count_and_no_output():
    # In a process of its own: a shell of IPython is one for all.
    code = (
        "import sys\nfrom forkgrade.cells import Runner\nrunner, out = Runner(), sys.stdout\n"
        "runner.warm_up(['left = 1', 'print(left)', '1 / 0'])\n"
        "assert sys.stdout is out and runner.outputs == [] and runner.count == 0\n"
        "outputs, _ = runner.run('left', 'student', 5)\n"
        "sys.stdout = out\n"
        "print(outputs[0]['ename'], runner.count)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "NameError 1\n", done.stderr
