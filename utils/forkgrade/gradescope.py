"""The results.json of a Gradescope autograder, as
https://gradescope-autograders.readthedocs.io/en/latest/specs/ says.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from forkgrade.grade_rows import Grade

#: When a student may see a test: Gradescope's own words.
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
#: Characters of what one check said, and bytes of a graded notebook that is read for it.
MOST_SAID, MOST_NOTEBOOK = 10_000, 64 * 2**20
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
BY_A_PERSON = "A person grades this answer."


def results(grade: Grade, said: Mapping[str, str], visibility: str = "visible") -> dict:
    """What Gradescope reads of a grade; `said` is {graded cell: what its check said}.

    How many points a submission can have, Gradescope takes from its own settings, or adds up.
    """
    tests = []
    for name, (score, most) in grade.cells.items():
        test = {"name": name, "visibility": visibility}
        if name in grade.open_cells:
            test["output"] = BY_A_PERSON
        else:
            test |= {"score": score, "max_score": most, "output": said.get(name, "")}
        tests.append(test)
    return {
        "score": grade.score,
        "output_format": "text",
        "test_output_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def said_by_checks(folder: Path) -> dict[str, str]:
    """{graded cell: what its check said} in the graded notebooks of a folder.

    Of an error it is the message alone: the lines of code above it may be a hidden test's.
    """
    said = {}
    for path in sorted(folder.glob("*.ipynb")):
        if path.stat().st_size > MOST_NOTEBOOK:
            continue
        for cell in json.loads(path.read_bytes()).get("cells", []):
            marks = cell.get("metadata", {}).get("nbgrader", {})
            if marks.get("grade") and cell.get("cell_type") == "code":
                said[marks["grade_id"]] = said_by(cell.get("outputs", []))
    return said


def said_by(outputs: Sequence[dict]) -> str:
    """What the outputs of a cell say, as text."""
    parts = []
    for one in outputs:
        kind = one.get("output_type")
        if kind == "error":
            parts.append(one.get("evalue") or one.get("ename") or "")
        elif kind == "stream":
            parts.append(joined(one.get("text", "")))
        else:
            parts.append(joined(one.get("data", {}).get("text/plain", "")))
    text = ESCAPES.sub("", "\n".join(part.rstrip("\n") for part in parts if part))
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]} …"


def joined(text: str | list[str]) -> str:
    """A text of a notebook, which may be stored in lines."""
    return "".join(text) if isinstance(text, list) else text
