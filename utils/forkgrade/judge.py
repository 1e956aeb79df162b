"""Which exercises are judged, and what is asked of each.

An assignment whose folder holds oracles (``c.Judge.oracles``) has no test that runs beside the
student's code. In the place of a test cell such as ``check.slope(slope)`` stands a question: see
asked.py.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from plainjudge.oracles import Undrawable, load, questions
from traitlets import Unicode
from traitlets.config import Config, Configurable

# nbgrader takes a second to import, and is needed only where something is to be graded.
if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

#: The only source of a test cell that is judged.
CALL = re.compile(r"check\.(\w+)\((\w+)\)")
#: So often the questions of an assignment are drawn. Which of them a hand-in is asked depends on
#: its bytes and its student: who learns from a page what was asked is asked something else next
#: time, and a regrade asks the same.
VARIANTS = 16
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

    def variants(self, source: Path, secret: bytes) -> list[dict[str, Questions]]:
        """The questions of an assignment, drawn several times: each hand-in is asked one of them.
        None where it has no oracles. Raises ValueError.
        """
        drawn_from = [derived(secret, str(number)) for number in range(VARIANTS)]
        return self._drawn(source, drawn_from) if self.judges(source) else []

    def judges(self, source: Path) -> bool:
        """Whether the assignment whose solution lies in a folder has oracles that are used."""
        return bool(self.probe) and (source / self.oracles).exists()

    def questions(self, source: Path, secret: bytes) -> dict[str, Questions]:
        """{notebook: its questions} of the assignment whose solution lies in a folder; none where
        it has no oracles.

        Raises ValueError where an exercise has an oracle and no test cell, or its oracle cannot be
        loaded.
        """
        return self._drawn(source, [secret])[0] if self.judges(source) else {}

    def _drawn(self, source: Path, drawn_from: list[bytes]) -> list[dict[str, Questions]]:
        """What `questions` returns for each of some secrets."""
        path, salt = source / self.oracles, source.name
        try:
            module, oracles = load(path)
            drawn = [questions(oracles, salt, secret + salt.encode()) for secret in drawn_from]
        except Undrawable as error:
            raise ValueError(f"{path}: {error}") from error
        except Exception as error:
            raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
        numbers = {one.check.name: one.check.number for one in oracles}
        judged = {
            file.stem: dict(in_notebook(json.loads(file.read_bytes()), numbers))
            for file in sorted(source.glob("*.ipynb"))
        }
        there = {number for cells in judged.values() for number in cells.values()}
        if missing := sorted(name for name, number in numbers.items() if number not in there):
            raise ValueError(f"no test cell is `check.{missing[0]}({missing[0]})`, as {path} wants")
        whose = {"module": module, "observe": self.probe}
        return [
            {
                notebook: {cell: asked[number] | whose for cell, number in cells.items()}
                for notebook, cells in judged.items()
            }
            for asked in drawn
        ]


def in_notebook(nb: dict, numbers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name of the cell, number of its exercise) of each test cell that is judged, where `numbers`
    has the exercise of each check.
    """
    for cell in nb["cells"]:
        call = CALL.fullmatch("".join(cell["source"]).strip())
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name and call and call[1] == call[2] and call[1] in numbers:
            yield name, numbers[call[1]]


def questions_of(
    directory: "CourseDirectory", config: Config, assignment: str
) -> dict[str, Questions]:
    """{notebook: its questions} of an assignment, as nbgrader's own view of its course says. Raises
    ValueError.
    """
    source = Path(directory.format_path(directory.source_directory, ".", assignment))
    judge, work = Judge(config=config), Path(directory.root, directory.submitted_directory).parent
    return judge.questions(source, secret_of(work)) if judge.judges(source) else {}


def derived(secret: bytes, name: str) -> bytes:
    """Another secret, from which the first cannot be found."""
    return hmac.new(secret, name.encode(), hashlib.sha256).hexdigest().encode()


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
