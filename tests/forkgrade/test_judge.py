"""What is judged is asked without a key, and earns what its values are worth."""

import json
import stat

import pytest
from forkgrade.judge import Judge, digest_of, judged, probe_of, secret_of
from nbformat import v4, write

from tests.forkgrade.hostile import named

ORACLES = """
from types import SimpleNamespace
from plainjudge.oracles import oracle, prediction

class Check(SimpleNamespace):
    def shown(self, case):
        return f"{self.name}{case}"
    def sent(self, case):
        return list(case)

check = SimpleNamespace(__name__="a.module.of.checks")
guess = Check(number="1.1", name="guess", cases=((),))
double = Check(number="1.2", name="double", cases=((2.0,),))
ORACLES = [
    prediction(guess, 6.0, {"nine": 9.0}),
    oracle(double, lambda x: 2 * x, {"half": lambda x: x / 2}, lambda r: [r.uniform(3, 9)]),
]
"""
JUDGE = Judge(probe="a.probe")
CALLS = "check.guess(guess)", "check.double(double)\n"


def a_test(number, source):
    return named(f"check-{number}", source, grade=True, locked=True, points=2)


@pytest.fixture
def assignment(tmp_path):
    """A function that lays out an assignment with these sources of tests, and its oracles."""

    def assignment(*sources, oracles=ORACLES):
        folder = tmp_path / "solutions" / "01_numbers"
        (folder / "private").mkdir(parents=True, exist_ok=True)
        cells = [a_test(number, source) for number, source in enumerate(sources, 1)]
        write(v4.new_notebook(cells=cells), folder / "numbers.ipynb")
        if oracles is not None:
            (folder / "private" / "oracles.py").write_text(oracles, encoding="utf-8")
        return folder

    return assignment


def asked(folder, secret=b"a secret", judge=JUDGE):
    return judge.questions(folder, secret)


def test_each_test_cell_that_is_only_a_call_has_its_question(assignment):
    found = asked(assignment(*CALLS, "assert double(3) == 6", "check.other(other)"))
    assert list(found) == ["numbers"] and list(found["numbers"]) == ["check-1", "check-2"]
    question = found["numbers"]["check-2"]
    assert question["observe"] == "a.probe" and question["module"] == "a.module.of.checks"
    assert [len(one["cases"]) for one in question["rounds"]] == [1, 1]
    assert json.loads(json.dumps(question)) == question


def test_a_secret_asks_the_same_again_and_another_one_something_else(assignment):
    folder = assignment(*CALLS)
    assert asked(folder) == asked(folder) != asked(folder, b"another")
    assert digest_of(asked(folder)) == digest_of(asked(folder))
    assert digest_of(asked(folder)) != digest_of(asked(folder, b"another"))


def test_without_oracles_or_a_function_that_asks_nothing_is_judged(assignment):
    folder = assignment(*CALLS)
    assert asked(folder, judge=Judge()) == {}
    (folder / "private" / "oracles.py").unlink()
    assert asked(folder) == {}


@pytest.mark.parametrize(
    ("sources", "oracles", "why"),
    [
        (CALLS[:1], ORACLES, r"no test cell is `check\.double\(double\)`, as .*oracles\.py wants"),
        (("check.guess(double)", CALLS[1]), ORACLES, r"no test cell is `check\.guess\(guess\)`"),
        (CALLS, "1 / 0", r"oracles\.py cannot be loaded: ZeroDivisionError"),
        (CALLS, ORACLES.replace("x / 2", "2 * x"), r"oracles\.py: 1\.2, 200 times: in no case"),
    ],
)
def test_oracles_that_cannot_be_used_stop_the_grading(assignment, sources, oracles, why):
    with pytest.raises(ValueError, match=why):
        asked(assignment(*sources, oracles=oracles))


def test_what_is_sent_holds_no_key_and_no_name_of_a_case(assignment):
    question = asked(assignment(*CALLS))["numbers"]["check-2"]
    assert probe_of(question) == {
        "observe": "a.probe",
        "module": "a.module.of.checks",
        "check": "double",
        "rounds": [one["cases"] for one in question["rounds"]],
    }


# --- the verdict ----------------------------------------------------------------------------------


@pytest.fixture
def question(assignment):
    return asked(assignment(*CALLS))["numbers"]["check-2"]


def seen(question, answer):
    return [[{"value": answer(*case)} for case in one["cases"]] for one in question["rounds"]]


def shown_text(output):
    return output.get("text") or output.get("evalue") or output.data["text/plain"]


def printed(source="so\n"):
    return v4.new_output("stream", text=source)


def test_right_values_pass_whatever_is_printed(question):
    forged = v4.new_output("execute_result", {"text/plain": "0"})
    error = v4.new_output("error", ename="NotYet", evalue="1.2: no")
    outputs, verdict = judged(question, seen(question, lambda x: 2 * x), [printed(), forged, error])
    assert verdict.passed and [shown_text(output) for output in outputs] == ["so\n", "1.2: passed"]


def test_wrong_values_fail_whatever_is_printed(question):
    from nbgrader.utils import determine_grade

    forged = [
        printed("1.2: passed"),
        v4.new_output("execute_result", {"text/plain": "2"}),
        v4.new_output("display_data", {"text/plain": "1.2: passed"}),
    ]
    for wrong in (seen(question, lambda x: x / 2), [{"passed": True}], None, "passed", []):
        cell = a_test(2, "")
        cell.outputs, verdict = judged(question, wrong, list(forged))
        assert not verdict.passed and determine_grade(cell)[0] == 0
        assert [output.output_type for output in cell.outputs] == ["stream", "error"]
    assert "half" in judged(question, seen(question, lambda x: x / 2), [])[0][0].evalue


def test_only_the_visible_case_right_is_not_right(question):
    typed_in = seen(question, lambda x: 4.0)
    outputs, _ = judged(question, typed_in, [])
    assert outputs[0].evalue.startswith("1.2: double(") and "got     4" in outputs[0].evalue


def test_a_probe_that_was_ended_is_told_by_its_error(question):
    error = v4.new_output("error", ename="CellTimeoutError", evalue="it ran longer")
    outputs, verdict = judged(question, None, [printed(), error])
    assert outputs == [printed(), error] and not verdict.passed and verdict.notes == ()
    assert verdict.text == "1.2: CellTimeoutError: it ran longer"
    assert "could not be read" in judged(question, None, [])[1].text


# --- the secret -----------------------------------------------------------------------------------


def test_a_course_has_one_secret_that_only_its_owner_reads(tmp_path):
    folder = tmp_path / "grading"
    first = secret_of(folder)
    assert len(first) == 64 and secret_of(folder) == first
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret"]
    assert secret_of(tmp_path / "another") != first
