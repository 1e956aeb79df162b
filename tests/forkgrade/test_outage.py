"""Whatever goes down in the middle of a run, the next one ends as if nothing had: each submission
has one row, and nothing is left.
"""

import contextlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.forkgrade.conftest import NAME, small_config, solution, submission
from tests.forkgrade.hostile import save

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
]

#: So many hand in, and a notebook takes so long, that a run has written some when it has others to
#: grade.
STUDENTS = [f"student-{number:02}" for number in range(14)]
SLOW = "import time\ntime.sleep(0.3)\nanswer = 2"
KEEPS = "What has a grade keeps it: "


def lay_down(root, answer=SLOW, database="sqlite:///grading/gradebook.db?timeout=1"):
    """A course in a folder, with a config file, and what a class handed in."""
    save(solution(), root / "solutions" / NAME)
    for student in STUDENTS:
        save(submission(answer), root / "grading" / "submitted" / student / NAME)
    config = small_config(root)
    config.CourseDirectory.db_url, config.CourseDirectory.course_id = database, "numbers"
    lines = [
        f"c.{name}.{key} = {value!r}"
        for name, part in config.items()
        for key, value in part.items()
    ]
    (root / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *lines]))
    (root / "temporary").mkdir()


@pytest.fixture
def root():
    """A folder with a short name: the path of a socket has a hundred characters at most."""
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def running(root):
    """A run, in a session of its own, as a terminal starts it."""
    command = [sys.executable, "-m", "forkgrade", "--course", str(root), "--jobs", "2"]
    # Not a pipe, which what outlives the run would hold open.
    with (root / "errors").open("w") as errors:
        run = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"TMPDIR": str(root / "temporary")},
            start_new_session=True,
            # What a shell runs in its background ignores an interrupt, and hands that down.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield run
    finally:
        if run.poll() is None:
            run.kill()
        run.wait()
        run.stdout.close()


def graded(root):
    """Grades a course to the end; returns its table."""
    with running(root) as run:
        said = run.stdout.read()
        assert run.wait() == 0, (root / "errors").read_text() + said
    return (root / "grading" / "grades.csv").read_bytes()


@pytest.fixture(scope="module")
def undisturbed():
    """The table of a run that nothing happened to."""
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        lay_down(Path(folder), "answer = 2")
        table = graded(Path(folder))
    assert table.count(b",graded,2,5,") == len(STUDENTS) == table.count(b"\n") - 1
    return table


# --- what goes down -------------------------------------------------------------------------------


def processes_of(root):
    """{number: (its parent, its command)} of the processes of a run, which know its folder."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            facts = [(folder / name).read_bytes() for name in ("cmdline", "environ")]
            if any(os.fsencode(root) in one for one in facts):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                found[int(folder.name)] = parent, facts[0].decode()
    found.pop(os.getpid(), None)
    return found


def children(root, run, warm):
    """The warm process of a run, or those of its pool."""
    return [
        number
        for number, (parent, command) in processes_of(root).items()
        if parent == run.pid and ("warm_server" in command) == warm
    ]


@contextlib.contextmanager
def killed(root, run, server):
    os.kill(run.pid, signal.SIGKILL)
    yield


@contextlib.contextmanager
def interrupted(root, run, server):
    os.killpg(run.pid, signal.SIGINT)
    yield


@contextlib.contextmanager
def without_warm_process(root, run, server):
    (warm,) = children(root, run, warm=True)
    os.kill(warm, signal.SIGKILL)
    yield


@contextlib.contextmanager
def without_a_worker(root, run, server):
    os.kill(children(root, run, warm=False)[0], signal.SIGKILL)
    yield


@contextlib.contextmanager
def locked(root, run, server):
    with contextlib.closing(sqlite3.connect(root / "grading" / "gradebook.db")) as book:
        book.isolation_level = None
        book.execute("BEGIN IMMEDIATE")
        yield
        book.execute("ROLLBACK")


@contextlib.contextmanager
def full(root, run, server):
    resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (4_096, 4_096))
    yield


@contextlib.contextmanager
def without_server(root, run, server):
    server.stop()
    yield
    server.start()


#: {what goes down: (how, the exit status, what is said)}.
BOOK = (
    "^the grade book cannot be used: {}[^\n]* " + f"{KEEPS}see to the grade book, and grade again$"
)
OUTAGES = {
    "grader": (killed, -signal.SIGKILL, "^$"),
    "interrupt": (interrupted, 130, f"^Interrupted. {KEEPS}type it again to go on.$"),
    "warm process": (
        without_warm_process,
        1,
        r"^not graded: student-\d\d, .*\(the process that runs notebooks .* grade again",
    ),
    "worker": (without_a_worker, 0, "^$"),
    "book": (locked, 2, BOOK.format("database is locked")),
    "disk": (full, 2, f"cannot be (used|written): .* {KEEPS}.* and grade again$"),
    "server": (without_server, 2, BOOK.format("")),
}


def disturbed(root, harm, server):
    """Runs a course until something has a grade, then does harm; returns what came of the run:
    `status`, `errors`, and `kept`, {record of a grade: when it was written}.
    """
    with running(root) as run:
        for line in run.stdout:
            if line.startswith("   1 graded"):
                break
        with harm(root, run, server):
            run.stdout.read()
            status = run.wait(60)
    end = time.monotonic() + 10
    while processes_of(root) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_of(root) == {}
    kept = {
        path: path.stat().st_mtime_ns
        for path in (root / "grading" / "records").glob("*/*.json")
        if '"status": "graded"' in path.read_text()
    }
    return SimpleNamespace(status=status, errors=(root / "errors").read_text(), kept=kept)


@pytest.mark.parametrize("what", OUTAGES)
def test_the_next_run_ends_as_if_nothing_had_happened(what, root, pytestconfig, request):
    harm, status, says = OUTAGES[what]
    if not pytestconfig.getoption("--all-mutations"):
        pytest.skip("with --all-mutations")
    undisturbed, server = request.getfixturevalue("undisturbed"), None
    if what == "server":
        server = request.getfixturevalue("postgresql")
        lay_down(root, database=request.getfixturevalue("database"))
    else:
        lay_down(root)

    done = disturbed(root, harm, server)
    assert done.status == status and re.search(says, done.errors, re.MULTILINE), done.errors
    assert "Traceback" not in done.errors
    assert 0 < len(done.kept) < len(STUDENTS) or what == "worker"

    table = graded(root)
    assert table == undisturbed
    assert {path: path.stat().st_mtime_ns for path in done.kept} == done.kept  # and not again
    assert list((root / "temporary").iterdir()) == []
    assert processes_of(root) == {}


# --- in this process, in a second -----------------------------------------------------------------


@pytest.fixture
def run_here(small, monkeypatch):
    """A function that grades a class in this process, record by record; returns the table."""
    from forkgrade import batches
    from forkgrade.run import run

    monkeypatch.setattr(batches, "BATCH", 1)
    for student in STUDENTS[:3]:
        small.hand_in(student)

    def run_here(warm, say=len):
        run(small.course, lambda names: warm, jobs=1, say=say)
        return (small.root / "grading" / "grades.csv").read_text()

    return run_here


@pytest.mark.filterwarnings("ignore")
def test_without_a_warm_process_the_rest_is_graded_next_time(run_here, warm_process):
    from forkgrade.limits import Limits
    from forkgrade.warm_client import WarmProcess

    def kill(text):
        if text.startswith("   1 graded"):
            os.kill(mine.pid, signal.SIGKILL)

    mine = WarmProcess(Limits(preload=[], preload_with={}))
    table = run_here(mine, kill)
    mine.close()
    assert 1 <= table.count(",graded,2,5,") < 3 and "the process that runs notebooks" in table
    table = run_here(warm_process)
    assert table.count(",graded,2,5,") == 3 == table.count("\n") - 1


@pytest.mark.filterwarnings("ignore")
def test_a_grade_book_that_is_held_too_long_is_told(small, run_here, warm_process):
    from forkgrade.course import CourseError

    small.course.release(NAME)
    book = small.root / "grading" / "gradebook.db"
    small.course.db_url = f"sqlite:///{book}?timeout=0.1"
    with contextlib.closing(sqlite3.connect(book, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            CourseError, match=r"^the grade book cannot be used: database is locked"
        ):
            run_here(warm_process)
    assert not list((small.root / "grading" / "records").glob("*/*.json"))
    assert run_here(warm_process).count(",graded,2,5,") == 3
