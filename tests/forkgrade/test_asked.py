"""What is asked is sent without a key, and an answer earns what its values are worth."""

import pytest
from forkgrade.asked import judged, probe_of
from nbformat import v4
from plainjudge.keys import OpenKey

from tests.forkgrade.hostile import named


@pytest.fixture
def question():
    """What is asked of an exercise, in two rounds."""
    rounds = [
        {
            "cases": [[x]],
            "shown": [f"double({x:g})"],
            "key": OpenKey([2 * x], {"half": [x / 2]}).as_json(),
        }
        for x in (2.0, 7.0)
    ]
    about = {"observe": "a.probe", "module": "a.module.of.checks", "check": "double"}
    return about | {"number": "1.2", "rounds": rounds}


def a_test():
    return named("check-2", "check.double(double)", grade=True, locked=True, points=2)


def test_what_is_sent_holds_no_key_and_no_name_of_a_case(question):
    assert probe_of(question) == {
        "observe": "a.probe",
        "module": "a.module.of.checks",
        "check": "double",
        "rounds": [[[2.0]], [[7.0]]],
    }


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
        cell = a_test()
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
