"""The exercises that are judged: asked where the student's code runs, judged here.

An assignment whose folder holds oracles (``c.Judge.oracles``) has no test that runs beside the
student's code. In the place of a test cell such as ``check.slope(slope)`` stands a question: a
probe calls the answer there, on the cases that a student knows and on others, and sends plain data
back. The verdict is reached in this process, from these data and a key. What an exercise is worth
to a notebook that fakes everything else is what its values are worth.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.coursedir import CourseDirectory
from plainjudge.oracles import Undrawable, load, questions
from plainjudge.verdicts import Verdict, verdict_on
from traitlets import Unicode
from traitlets.config import Config, Configurable

#: The only source of a test cell that is judged.
CALL = re.compile(r"check\.(\w+)\((\w+)\)")
#: {name of a test cell: its question}.
Questions = dict[str, dict]


class Judge(Configurable):
    """Which exercises are judged. In an nbgrader config file, `c.Judge.probe = "…"` sets one."""

    oracles = Unicode(
        "private/oracles.py", help="where the oracles of an assignment lie, from its folder on"
    ).tag(config=True)
    probe = Unicode(
        help="the function that asks an answer: it is given a question and the notebook's names"
    ).tag(config=True)

    def questions(self, source: Path, secret: bytes) -> dict[str, Questions]:
        """{notebook: its questions} of the assignment whose solution lies in a folder; none where
        it has no oracles.

        Raises ValueError where an exercise has an oracle and no test cell, or its oracle cannot be
        loaded.
        """
        path = source / self.oracles
        if not self.probe or not path.exists():
            return {}
        try:
            module, oracles = load(path)
            asked = questions(oracles, source.name, secret + source.name.encode())
        except Undrawable as error:
            raise ValueError(f"{path}: {error}") from error
        except Exception as error:
            raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
        by_name = {
            one["check"]: one | {"module": module, "observe": self.probe}
            for one in asked.values()
        }
        found = {
            file.stem: dict(in_notebook(nbformat.read(file, as_version=4), by_name))
            for file in sorted(source.glob("*.ipynb"))
        }
        there = {one["check"] for questions in found.values() for one in questions.values()}
        if missing := sorted(by_name.keys() - there):
            raise ValueError(f"no test cell is `check.{missing[0]}({missing[0]})`, as {path} wants")
        return found


def in_notebook(nb: NotebookNode, by_name: dict[str, dict]) -> Iterator[tuple[str, dict]]:
    """(name of the cell, its question) of each test cell that is judged."""
    for cell in nb.cells:
        call = CALL.fullmatch(cell.source.strip())
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name and call and call[1] == call[2] and call[1] in by_name:
            yield name, by_name[call[1]]


def questions_of(
    directory: CourseDirectory, config: Config, assignment: str
) -> dict[str, Questions]:
    """{notebook: its questions} of an assignment, as its course says. Raises ValueError."""
    source = Path(directory.format_path(directory.source_directory, ".", assignment))
    secret = secret_of(Path(directory.root, directory.submitted_directory).parent)
    return Judge(config=config).questions(source, secret)


def secret_of(folder: Path) -> bytes:
    """The secret of a course, which lies beside its grade book: made where there is none."""
    path = folder / "secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".secret-{secrets.token_hex(4)}"
        with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    return path.read_bytes().strip()


def digest_of(questions: object) -> str:
    """A digest of questions: a grade depends on them."""
    return hashlib.sha256(json.dumps(questions, sort_keys=True).encode()).hexdigest()


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
