"""On other machines each submission has its record, too, whatever becomes of a worker; what is sent
there is nobody's secret.
"""

import contextlib
import functools
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from forkgrade.course import Course, CourseError
from forkgrade.limits import Limits
from forkgrade.nbgrader_patches import keep_what_is_compiled
from forkgrade.records import GRADED, NOT_GRADED, HandedIn, Submission
from traitlets.config.loader import PyFileConfigLoader

from tests.forkgrade.conftest import NAME
from tools.places import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, and distributed's
    pytest.mark.skipif(sys.platform != "linux", reason="workers run on Linux"),
]
STAND_IN = [sys.executable, str(Path(__file__).with_name("stand_in_grader.py"))]
BUNDLE = {NAME: "a stand-in for a bundle"}


@pytest.fixture(scope="module")
def dask():
    """A scheduler and two workers, in threads of this process."""
    with local(2) as dask:
        yield dask


def local(workers, **options):
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        **{"host": "127.0.0.1", "protocol": "tcp"} | options,
    )


@pytest.fixture
def ours(dask, monkeypatch):
    """The module, in a hurry, and that of the workers, which start stand-ins. Its clients share the
    loop of the cluster: distributed gives up on a thread of its own that starts late.
    """
    from forkgrade import cluster, on_worker

    shared = functools.partial(cluster.Client, loop=dask.loop)
    monkeypatch.setattr(cluster, "Client", shared)
    monkeypatch.setattr(cluster, "LOOK", 0.05)
    monkeypatch.setattr(on_worker, "PROGRAM", STAND_IN)
    return cluster


@pytest.fixture
def reach(dask, ours):
    """A function that reaches a cluster."""
    reached = []

    def reach(address=dask.scheduler_address, seconds=300.0, preload=(), say=lambda text: None):
        limits = Limits(grading_seconds=seconds, preload=list(preload), preload_with={})
        reached.append(ours.Cluster(address, limits, say=say))
        return reached[-1]

    yield reach
    for one in reached:
        one.close()


@pytest.fixture
def grade(reach):
    """A function that grades what some students handed in; returns {student: record} and how many
    came.
    """

    def grade(*students, **options):
        found = list(reach(**options).grade_all(handed_in(students), BUNDLE))
        return {one.record.student: one.record for one in found}, len(found)

    return grade


def handed_in(students):
    for student in students:
        yield HandedIn(Submission(student, NAME, "a digest"), {"a.txt": b"1"})


def graders(dask):
    """The processes that the workers keep."""
    plugins = [one for worker in dask.workers.values() for one in worker.plugins.values()]
    return [one.process for one in plugins if hasattr(one, "process")]


def graded_by(records):
    return {record.reasons[0] for record in records.values() if record.status == GRADED}


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


# --- what comes back ------------------------------------------------------------------------------


def test_each_submission_has_one_record_and_both_workers_grade(grade):
    records, count = grade(*map(str, range(20)))
    assert count == 20 and set(records) == set(map(str, range(20)))
    assert {record.status for record in records.values()} == {GRADED}
    assert len(graded_by(records)) == 2


def test_submissions_are_read_as_they_are_needed(reach, ours):
    read = []

    def counted():
        for one in handed_in(map(str, range(30))):
            read.append(one)
            yield one

    for number, _ in enumerate(reach().grade_all(counted(), BUNDLE), 1):
        assert len(read) <= number + 2 * ours.IN_MEMORY + 1
    assert number == 30


# --- what ends ------------------------------------------------------------------------------------


def test_one_that_ends_what_grades_it_costs_no_other_its_grade(grade):
    records, count = grade("a", "deadly-1", "b", "deadly-2", "c", "d")
    assert count == 6
    for name in "deadly-1", "deadly-2":
        assert records[name].status == NOT_GRADED and records[name].digest == "a digest"
        assert "ended the process that graded it 2 times" in records[name].reasons[0]
    assert {records[student].status for student in "abcd"} == {GRADED}


def test_one_that_takes_too_long_is_ended(grade, monkeypatch):
    from forkgrade import on_worker

    monkeypatch.setattr(on_worker, "MOMENT", 0.1)
    records, count = grade("slow", "a", "b", seconds=0.2)
    assert count == 3 and "took longer than 0.2 s" in records["slow"].reasons[0]
    assert {records[student].status for student in "ab"} == {GRADED}


def test_workers_that_go_away_cost_no_submission(reach, monkeypatch):
    """Two are at work on what takes long, and two wait for them: these are innocent."""
    from forkgrade import on_worker

    students = ["slow-1", "slow-2", *map(str, range(8))]
    with local(2) as dask:
        there, found = reach(dask.scheduler_address), []
        graded = there.grade_all(handed_in(students), BUNDLE)
        thread = threading.Thread(target=lambda: found.extend(graded))
        thread.start()
        wait_until(lambda: sum(map(len, there.ready.values())) == 4)
        first = dict(there.ready)
        monkeypatch.setattr(on_worker, "MOMENT", 0.1)
        for address in first:  # nothing is heard of them again
            dask.sync(dask.scheduler.remove_worker, address, stimulus_id="a test")
        wait_until(lambda: not there.ready.keys() & first.keys())
        there.limits.grading_seconds = 0.5
        dask.scale(4)
        thread.join(20)
    records = {one.record.student: one.record for one in found}
    assert len(found) == 10 and set(records) == set(students)
    assert [records[one].status for one in students] == [NOT_GRADED] * 2 + [GRADED] * 8


# --- who may grade --------------------------------------------------------------------------------


def test_a_worker_with_another_version_is_refused_by_name(grade, dask, monkeypatch):
    from forkgrade import on_worker

    first, second = (worker.address for worker in dask.workers.values())
    facts, said = on_worker.facts, []

    def other(*names):
        differs = on_worker.get_worker().address == first
        return facts(*names) | ({"nbgrader": "0.1"} if differs else {})

    monkeypatch.setattr(on_worker, "facts", other)
    records, count = grade("a", "b", "c", "d", say=said.append)
    assert count == 4 and len(graded_by(records)) == 1
    (line,) = (text for text in said if text.startswith("worker"))
    assert line.startswith(f"worker {first} has nbgrader 0.1, and this course is graded with ")
    assert line.endswith("It gets no submission") and second not in line


def test_where_no_worker_is_fit_nothing_is_graded(reach, dask):
    said = []
    for preload, why in ("broken", "no module called broken"), ("vanish", "see the worker's log"):
        there = reach(preload=[preload], say=said.append)
        with pytest.raises(CourseError, match=r"no worker of tcp://\S+ can grade this course, see"):
            list(there.grade_all(handed_in("ab"), BUNDLE))
        assert "could not start the process that grades: " in said[-1] and why in said[-1]
        assert not graders(dask)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ModuleNotFoundError("No module named 'forkgrade'"), "lacks what this machine has (No "),
        (OSError("disk full"), "failed before it could grade (OSError: disk full)"),
    ],
)
def test_why_a_worker_is_not_fit_is_said(ours, error, says):
    assert ours.why_unfit(error).startswith(says)


def test_a_worker_that_comes_later_grades_and_where_none_comes_the_run_ends(
    reach, ours, monkeypatch
):
    with local(0) as dask:
        said = []
        late = reach(dask.scheduler_address, say=lambda text: (said.append(text), dask.scale(1)))
        dask.scale(0)
        assert len(list(late.grade_all(handed_in("ab"), BUNDLE))) == 2
        assert said[-1].endswith("has no worker: waiting for one, 300 s at most")
        dask.scale(0)
        wait_until(lambda: not dask.scheduler.workers)
        monkeypatch.setattr(ours, "PATIENCE", 0.2)
        with pytest.raises(CourseError, match=r"was ready in 0.2 s.*\(dask worker tcp://\S+ "):
            list(reach(dask.scheduler_address).grade_all(handed_in("ab"), BUNDLE))


# --- beginning and ending -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("host:8786", "host:8786 is no scheduler: expected one such as tls://host:8786"),
        ("tcp://127.0.0.1:1", "no scheduler answers at tcp://127.0.0.1:1 ("),
        ("tls://127.0.0.1:1", "are the certificates named"),
    ],
)
def test_a_scheduler_that_cannot_be_reached_is_told(reach, ours, monkeypatch, address, says):
    monkeypatch.setattr(ours, "CONNECT", 0.5)
    with pytest.raises(CourseError) as error:
        reach(address)
    assert says in str(error.value)


def test_a_run_that_is_interrupted_leaves_the_workers_as_they_were(reach, dask):
    graded = reach().grade_all(handed_in(["a", *["slow"] * 10]), BUNDLE)
    assert next(graded).record.status == GRADED
    processes = graders(dask)
    assert len(processes) == 2 and {process.poll() for process in processes} == {None}
    graded.close()
    assert not graders(dask) and None not in {process.poll() for process in processes}
    wait_until(lambda: not dask.scheduler.tasks)
    assert len(dask.scheduler.workers) == 2


def test_a_scheduler_that_goes_away_ends_the_run_in_a_line(reach, ours, monkeypatch):
    monkeypatch.setattr(ours, "CONNECT", 1)
    with local(1) as dask:
        graded = reach(dask.scheduler_address).grade_all(handed_in(["a", "slow", "b"]), BUNDLE)
        next(graded)
        (process,) = graders(dask)
    assert process.poll() is not None  # it ends with its worker, in the middle of one that is slow
    with pytest.raises(CourseError, match=r"does not answer any more. What has a grade keeps it"):
        list(graded)


def test_nothing_is_sent_before_the_first_workers_have_answered(reach):
    there = reach()
    there.met, there.ready, there.ahead = False, {"tcp://fit": []}, "a task"
    there.hand_out(iter([]))
    assert there.ahead == "a task" and not there.pending


def test_what_is_cancelled_with_its_scheduler_is_no_submission_s_fault(reach, ours):
    from distributed.client import FutureCancelledError

    def result(timeout):
        raise FutureCancelledError("key", "scheduler-connection-lost")

    task = ours.Task(next(handed_in("a")))
    with pytest.raises(CourseError, match="does not answer any more"):
        reach().outcome(task, SimpleNamespace(result=result))


def test_a_result_that_was_lost_with_its_worker_is_not_waited_for(reach, ours, dask):
    there, asked = reach(), []

    def result(timeout):
        asked.append(timeout)
        raise TimeoutError

    future = SimpleNamespace(result=result)
    for worker in "tcp://gone", next(iter(dask.workers.values())).address:
        task = ours.Task(next(handed_in("a")), worker)
        assert there.outcome(task, future) is None and task.endings == 1
    assert asked == [ours.SOON, ours.SOON, ours.TRANSFER] and len(there.suspects) == 2


def test_what_is_not_encrypted_is_told(reach):
    said = []
    reach(say=said.append)
    (line,) = said
    assert line.startswith("tcp://") and "is not encrypted: for a private network only" in line


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path):
    """What distributed's config says of TLS: one certificate, made here, for everybody."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=grading -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    settings = {"ca-file": str(certificate)}
    for role in "scheduler", "worker", "client":
        settings |= {f"{role}.cert": str(certificate), f"{role}.key": str(key)}
    return {f"distributed.comm.tls.{name}": path for name, path in settings.items()}


def test_with_certificates_all_that_is_sent_is_encrypted(reach, tls):
    import dask

    said = []
    with dask.config.set(tls), local(1, protocol="tls", security=security()) as cluster:
        assert cluster.scheduler_address.startswith("tls://")
        there = reach(cluster.scheduler_address, say=said.append)
        assert [one.record.status for one in there.grade_all(handed_in("a"), BUNDLE)] == [GRADED]
        assert not [line for line in said if "encrypted" in line]
        with dask.config.set({name: None for name in tls}), pytest.raises(CourseError):
            reach(cluster.scheduler_address)  # without a certificate nobody gets in


def security():
    from distributed import Security

    return Security(require_encryption=True)


# --- what is sent ---------------------------------------------------------------------------------


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """A real assignment of this course, whose secret and password are known, and all bytes that are
    sent to a worker for one submission.
    """
    from forkgrade import batches, cluster

    keep_what_is_compiled()
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    monkeypatch.chdir(tmp_path)
    config = PyFileConfigLoader(str(ROOT / "nbgrader_config.py")).load_config()
    course = Course(config, tmp_path)
    course.release("01_scalar_gradients")
    with batches.open_book(course) as book:
        course.db_url = "postgresql://grader:pa55word@db.example/book"
        course.config.CourseDirectory.db_url = course.db_url
        bundle = batches.make_bundle(course, book, "01_scalar_gradients")
    there = cluster.Cluster.__new__(cluster.Cluster)
    there.limits, there.modules, there.name = course.limits, ["torch"], "a run"
    calls = []
    there.submit = lambda address, call, *arguments: calls.append((call, arguments))
    there.meeting, there.pending, there.ready = {}, {}, {"worker": []}
    there.outfit = cluster.outfit({bundle.assignment: bundle}, there.modules, True)
    there.facts = cluster.facts(there.modules, []), there.modules, []
    there.meet("worker")
    there.send(cluster.Task(next(handed_in("a"))), "worker")
    return SimpleNamespace(course=course, bundle=bundle, bytes=pickle.dumps(calls))


def test_a_worker_is_sent_no_secret_no_password_and_no_oracle(sent):
    assert sent.bundle.questions and b"check-" in sent.bytes
    secret = (sent.course.work / "secret").read_bytes().strip()
    source = sent.course.source(sent.bundle.assignment) / "private" / "oracles.py"
    lines = [line.strip().encode() for line in source.read_text().splitlines()]
    released = sent.bundle.notebooks["assignment_01"].released.encode()
    code = [line for line in lines if re.match(rb"(def|class|return|from) ", line)]
    code = [line for line in code if line not in released]
    assert len(secret) == 64 and len(code) > 10
    for private in secret, b"pa55word", b"db.example", b"gradebook", str(ROOT).encode(), *code:
        assert private not in sent.bytes
    assert str(sent.course.root).encode() not in sent.bytes


# --- as a whole -----------------------------------------------------------------------------------


def test_a_worker_that_is_killed_changes_nothing_in_what_is_graded(
    small, warm_process, tls, pytestconfig
):
    """Real workers, as programs of their own: one is killed while it grades."""
    if not pytestconfig.getoption("--all-mutations"):
        pytest.skip("rare: tried with --all-mutations")
    from forkgrade.run import run

    for number in range(30):
        small.hand_in(f"student-{number:02}", f"answer = {number % 4}")
    run(small.course, lambda names: warm_process, jobs=1, say=str)
    alone = written(small.course)
    with programs(tls) as (address, workers):
        said = []

        def say(text):
            said.append(text)
            if re.match(" +1 graded", text):
                workers[0].send_signal(signal.SIGKILL)

        import dask
        from forkgrade.cluster import Cluster

        with dask.config.set(tls):
            start = lambda names: Cluster(address, small.course.limits, "", say)  # noqa: E731
            records = run(small.course, start, jobs=1, again=True, say=say)
    assert [record.status for record in records] == [GRADED] * 30
    assert written(small.course) == alone
    assert len([line for line in said if " graded  " in line]) == 30


def written(course):
    """{path: bytes} of all that grading writes, but for the grade book itself."""
    found = [
        path
        for step in ("records", "autograded", "feedback")
        for path in sorted((course.work / step).rglob("*"))
        if path.is_file()
    ]
    return {str(path): path.read_bytes() for path in [*found, course.work / "grades.csv"]}


@contextlib.contextmanager
def programs(tls):
    """(address of a scheduler, two workers of it without a nanny), as processes."""
    variables = {
        f"DASK_{name.replace('.', '__').replace('-', '_').upper()}": path
        for name, path in tls.items()
    }
    environment = os.environ | variables | {"PYTHONWARNINGS": "ignore"}

    def program(*arguments, **options):
        command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
        return subprocess.Popen(
            [*command, "--no-dashboard"], env=environment, stderr=subprocess.PIPE, text=True
        )

    scheduler = program("dask_scheduler", "--host", "tls://127.0.0.1", "--port", "0")
    found = [scheduler]
    try:
        for line in scheduler.stderr:
            if address := re.search(r"Scheduler at: +(tls://\S+)", line):
                break
        threading.Thread(target=scheduler.stderr.read, daemon=True).start()
        options = "--nthreads", "1", "--no-nanny"
        workers = [program("dask_worker", address[1], *options) for _ in range(2)]
        found += workers
        for worker in workers:
            threading.Thread(target=worker.stderr.read, daemon=True).start()
        yield address[1], workers
    finally:
        for process in found:
            process.kill()
            process.wait()
