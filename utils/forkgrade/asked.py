"""What is asked in the place of a test, and what is said of the answer.

A probe calls the student's answer where the student's code runs, on the cases that a student knows
and on others, and sends plain data back. The verdict is reached here, from these data and a key.
So a notebook that fakes everything else is worth what its values are worth.
"""

from nbformat import NotebookNode, v4
from plainjudge.verdicts import Verdict, verdict_on


def probe_of(question: dict) -> dict:
    """What is sent to where the student's code runs: what to ask, and nothing to judge it by."""
    rounds = [one["cases"] for one in question["rounds"]]
    return {key: question[key] for key in ("observe", "module", "check")} | {"rounds": rounds}


def judged(question: dict, seen: object, outputs: list[NotebookNode]) -> tuple[list, Verdict]:
    """(the outputs of a test cell, the verdict): what the answer printed, and what is said of it.

    Of the outputs that came with what was seen, only printed text is kept: an error says something
    only where nothing was seen, since the probe itself was ended.
    """
    shown = [output for output in outputs if output.output_type == "stream"]
    errors = [output for output in outputs if output.output_type == "error"]
    if seen is None and errors:
        verdict = Verdict(False, f"{question['number']}: {errors[0].ename}: {errors[0].evalue}")
        return shown + errors[:1], verdict
    verdict = verdict_on(question, seen)
    if verdict.passed:
        return [*shown, v4.new_output("display_data", {"text/plain": verdict.text})], verdict
    name = "NotYet" if verdict.attempted else "NotAttempted"
    lines = verdict.text.split("\n")
    error = v4.new_output("error", ename=name, evalue=verdict.text, traceback=lines)
    return [*shown, error], verdict
