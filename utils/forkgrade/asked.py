"""What is asked in the place of a test, and what is said of the answer.

A probe calls the student's answer where the student's code runs, on the cases that a student knows
and on others, and sends plain data back. The verdict is reached here, from these data and a key.
So a notebook that fakes everything else is worth what its values are worth.
"""

from nbformat import NotebookNode
from plainjudge.verdicts import Verdict, verdict_on

from forkgrade.outputs import new_display, new_output

#: How a kernel displays what a probe sees.
KIND = "application/vnd.forkgrade.seen+json"


def probe_of(question: dict) -> dict:
    """What is sent to where the student's code runs: what to ask, and nothing to judge it by."""
    rounds = [one["cases"] for one in question["rounds"]]
    return {key: question[key] for key in ("observe", "module", "check")} | {"rounds": rounds}


def asking(question: dict) -> str:
    """The source of a cell by which a kernel asks a question and displays what it sees."""
    module, _, name = question["observe"].rpartition(".")
    return (
        f"from {module} import {name} as _observe\n"
        f"_seen = _observe({probe_of(question)!r}, globals())\n"
        f"get_ipython().display_pub.publish({{{KIND!r}: _seen}})"
    )


def seen_in(outputs: list[NotebookNode]) -> object:
    """What such a cell has displayed; None where it has not."""
    shown = [output.data for output in outputs if output.output_type == "display_data"]
    return next((data[KIND] for data in shown if KIND in data), None)


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
        return [*shown, new_display("display_data", plain=verdict.text)], verdict
    name = "NotYet" if verdict.attempted else "NotAttempted"
    lines = verdict.text.split("\n")
    error = new_output("error", ename=name, evalue=verdict.text, traceback=lines)
    return [*shown, error], verdict
