"""Grades one submission: bytes and the assignment's bundle in, a record with all that is to be kept
out. It knows no grade book and no folder of the course.
"""

import copy
import functools
import hashlib
import re
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from nbgrader import utils as nbutils
from nbgrader.preprocessors import DeduplicateIds, LimitOutput

from forkgrade.bundle import Bundle
from forkgrade.error_log import ErrorLog, own_failure
from forkgrade.execute import Execute, emptied
from forkgrade.feedback import Shown, feedback_page
from forkgrade.limits import Limits
from forkgrade.make_safe import make_safe
from forkgrade.notes import notes
from forkgrade.points import comment_on, score, scored
from forkgrade.records import (
    GRADED,
    Given,
    Graded,
    HandedIn,
    Record,
    Scored,
    Standing,
    Submission,
    worth,
)
from forkgrade.restore import put_back, restore
from forkgrade.scratch import remove
from forkgrade.staging import Rejected, clean_notebook
from forkgrade.steps import step
from forkgrade.stored import written
from forkgrade.warm_client import WarmClient

#: How the reason begins where only the page could not be made.
NO_PAGE = "no feedback page: "


def grade(
    handed_in: HandedIn, bundle: Bundle, client: WarmClient | None = None, pages: bool = True
) -> Graded:
    """Grades one submission and returns what came of it, whatever that is.

    `client` leads to the warm process that runs its notebooks; without one, where there is no fork,
    each notebook gets a kernel of its own. Pages for the student are made where `pages`.
    """
    submission = handed_in.submission
    record = Record(submission.student, submission.assignment, submission.digest)
    record.reasons += handed_in.messages
    graded = Graded(record)
    if not handed_in.files:  # the messages say why
        return graded
    try:
        notebooks = {
            name: run(name, handed_in, bundle, client, graded) for name in bundle.notebooks
        }
        graded.files |= others(handed_in, bundle)
        record.status = GRADED
        record.reasons += [text for nb in notebooks.values() if nb for text in notes(nb)]
        if pages:
            graded.pages = make_pages(notebooks, handed_in, bundle, graded)
    except Rejected as error:
        record.reasons.append(str(error))
    except (Exception, SystemExit):
        # Whatever it was, it is this submission's alone: its row says what, and the log shows
        # where.
        graded.trouble = traceback.format_exc()
        record.reasons.append(explain(record, graded.trouble))
    return graded


def run(
    name: str, handed_in: HandedIn, bundle: Bundle, client: WarmClient | None, graded: Graded
) -> NotebookNode | None:
    """Runs and scores a notebook, puts what came of it into `graded`, and returns it as it is to be
    shown; None where it was not handed in. Raises Rejected.
    """
    content = handed_in.files.get(f"{name}.ipynb")
    if content is None:
        return None
    nb, lost = clean_notebook(content, f"{name}.ipynb")
    graded.record.reasons += lost
    parts, limits = bundle.notebooks[name], Limits(**bundle.limits)
    release = notebook_of(parts.released)
    restore(nb, release)
    nb, _ = step(DeduplicateIds).preprocess(nb, {})
    put_back(nb, parts.cells, parts.kernelspec)
    execute(
        nb,
        others(handed_in, bundle) | bundle.files,
        asked_of(handed_in, bundle).get(name),
        limits,
        client,
    )
    nb, _ = step(LimitOutput, bundle.settings).preprocess(nb, {})
    graded.scored[name] = scored(nb)
    make_safe(nb, release, limits)
    nbformat.validate(nb, relax_add_props=True)
    graded.files[f"{name}.ipynb"] = f"{written(nb)}\n".encode("utf-8", "replace")
    return nb


def asked_of(handed_in: HandedIn, bundle: Bundle) -> dict[str, dict[str, dict]]:
    """What a hand-in is asked: the variant that its student and its bytes choose."""
    if not bundle.questions:
        return {}
    chosen = hashlib.sha256(
        f"{bundle.salt}\n{handed_in.submission.student}".encode("utf-8", "replace")
    )
    for path, content in sorted(handed_in.files.items()):
        chosen.update(f"\n{path}\n{len(content)}\n".encode("utf-8", "replace"))
        chosen.update(content)
    return bundle.questions[int(chosen.hexdigest(), 16) % len(bundle.questions)]


@functools.lru_cache(maxsize=32)
def notebook_of(text: str) -> NotebookNode:
    """A notebook from its JSON, which is read once: nobody may change it."""
    return nbformat.reads(text, as_version=4)


def others(handed_in: HandedIn, bundle: Bundle) -> dict[str, bytes]:
    """The files of a submission beside its notebooks, but for those that stand where a file or a
    folder of the course's own is to be.
    """
    own = {*bundle.files, *(f"{name}.ipynb" for name in bundle.notebooks)}
    folders = {str(folder) for path in own for folder in PurePosixPath(path).parents}
    return {
        path: content
        for path, content in handed_in.files.items()
        if not path.endswith(".ipynb")
        and path not in own | folders
        and not own & {str(folder) for folder in PurePosixPath(path).parents}
    }


def execute(
    nb: NotebookNode,
    files: dict[str, bytes],
    questions: dict[str, dict] | None,
    limits: Limits,
    client: WarmClient | None,
) -> None:
    """Runs the cells of a notebook, in a folder of its own that holds these files."""
    folder = tempfile.mkdtemp(prefix="notebook-", dir=client.folder if client else None)
    try:
        for path, content in files.items():
            to = Path(folder, path)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content)
        asked = {"questions": questions} if questions else {}
        if client is None:
            with nbutils.setenv(NBGRADER_EXECUTION="autograde"):
                Execute(limits=limits).run_in_kernel(nb, {"metadata": {"path": folder}}, **asked)
        else:
            Execute(client=client, limits=limits).run_cells(nb, emptied(nb), folder, **asked)
    finally:
        remove(folder)


# --- pages ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToShow:
    """A submission that has its grade and is to have its pages.

    Attributes:
        submission: whose they are.
        notebooks: {name: bytes of the graded notebook}.
        shown: {name: what its page says}.
        settings: those of a bundle.
    """

    submission: Submission
    notebooks: dict[str, bytes]
    shown: dict[str, Shown]
    settings: dict[str, dict]


def show(task: ToShow) -> Graded:
    """The pages of graded notebooks. Nothing runs for that."""
    one = task.submission
    graded = Graded(Record(one.student, one.assignment, one.digest, GRADED))
    try:
        if not task.notebooks:
            raise FileNotFoundError("its graded notebooks are gone")
        for name, content in task.notebooks.items():
            nb = nbformat.reads(content.decode(), as_version=4)
            page = feedback_page(nb, name, task.shown[name], task.settings)
            graded.pages[f"{name}.html"] = page.encode("utf-8", "replace")
    except Exception:
        graded.pages, graded.trouble = {}, traceback.format_exc()
        graded.record.reasons.append(explain(graded.record, graded.trouble))
    return graded


def make_pages(
    notebooks: dict[str, NotebookNode | None], handed_in: HandedIn, bundle: Bundle, graded: Graded
) -> dict[str, bytes]:
    """The page of each notebook that was graded, which is changed for that."""
    return {
        f"{name}.html": feedback_page(
            nb, name, shown(graded.scored[name], handed_in.given.get(name, {})), bundle.settings
        ).encode("utf-8", "replace")
        for name, nb in notebooks.items()
        if nb
    }


def shown(scored: Scored, given: dict[str, Given]) -> Shown:
    """What the page of a notebook says of it, where the grade book holds this of its cells."""
    grades = {
        name: Standing(manual_score=one.manual_score, extra_credit=one.extra_credit)
        for name, one in given.items()
    }
    for name, points in scored.points.items():
        score(grades.setdefault(name, Standing()), points, given.get(name, Given()).digest)
    comments = {
        name: given.get(name, Given()).comment or comment_on(unanswered)
        for name, unanswered in scored.unanswered.items()
    }
    return Shown({name: worth(one) for name, one in grades.items()}, comments)


def explain(record: Record, trouble: str) -> str:
    """What went wrong, in a line, from a traceback."""
    # An error of this package says by itself what an instructor should know.
    cause = re.sub(r"^forkgrade\.[\w.]+: ", "", ErrorLog().cause(trouble))
    return (NO_PAGE if record.status == GRADED else "") + own_failure(cause)


def get_ready(bundle: Bundle) -> None:
    """Does what grading one submission does once and keeps for all others, so that processes which
    are forked from this one need not.
    """
    limits = Limits(**bundle.limits)
    for name, parts in bundle.notebooks.items():
        release = notebook_of(parts.released)
        nb = copy.deepcopy(release)
        put_back(nb, parts.cells, parts.kernelspec)
        make_safe(nb, release, limits)
        nbformat.validate(nb, relax_add_props=True)
        feedback_page(nb, name, Shown({}, {}), bundle.settings)
