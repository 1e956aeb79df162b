"""Grades the same submissions on this machine's own processes and on a Dask cluster of one and two
workers, and says by simulation what more workers give.

`python -m benchmarks.cluster [submissions] [assignment]`. The simulation: a submission passes the
process that reads, sends, receives and writes (one at a time), the scheduler (one message at a
time, there and back), and the worker with the fewest, which has one at work and one that waits.
Each takes the processor seconds that were measured here, of a worker's as various as the seconds of
the clock; the network and the disks take nothing.
"""

import argparse
import contextlib
import heapq
import os
import pickle
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from traitlets.config.loader import PyFileConfigLoader

from benchmarks.grading import OURS, course

WORKERS = 2, 4, 8, 16, 32, 64
CLASS = 100_000
#: So many are sent to learn what it takes to send one.
SENT = 500


class Times(NamedTuple):
    """Seconds that one submission takes: of the main process, of the scheduler, of a worker."""

    main: float
    scheduler: float
    tasks: Sequence[float]


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[tuple[str, int]]:
    """(address of a scheduler with some workers on this machine, its process)."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}

    def start(*command: str) -> subprocess.Popen:
        program = [sys.executable, "-m", *command, "--no-dashboard"]
        return subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True)

    scheduler = start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    started = [scheduler]
    try:
        said = (re.search(r"Scheduler at: +(tcp://\S+)", line) for line in scheduler.stderr)
        address = next(found[1] for found in said if found)
        for _ in range(workers):
            command = "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"
            started.append(start(*command))
        for process in started:
            threading.Thread(target=process.stderr.read, daemon=True).start()
        yield address, scheduler.pid
    finally:
        for process in started:
            process.terminate()
            process.wait()


def processor_seconds(process: int) -> float:
    """Seconds of processors that a process has used, and those that it started and that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Bench:
    """A course with submissions, read and ready to be graded."""

    def __init__(self, place: Path, assignment: str, count: int):
        """Lays it out, and times how long reading takes."""
        from forkgrade import batches
        from forkgrade.__main__ import solutions_to
        from forkgrade.course import Course
        from forkgrade.nbgrader_patches import keep_what_is_compiled
        from forkgrade.records import RecordStore

        course(place, assignment, count)
        os.chdir(place)
        keep_what_is_compiled()
        self.course = Course(PyFileConfigLoader(str(OURS)).load_config(), place)
        self.course.release(assignment)
        self.solutions = solutions_to(self.course, [assignment])
        with batches.open_book(self.course) as book:
            self.bundles = {assignment: batches.make_bundle(self.course, book, assignment)}
        began = time.process_time()
        self.read = list(batches.read_all(self.course, self.course.submissions(), self.bundles))
        self.reading = (time.process_time() - began) / count
        self.writer = batches.Writer(self.course, self.bundles, RecordStore(self.course.records))

    def one_by_one(self) -> tuple[list[float], float, bytes]:
        """(processor seconds that each submission takes here, those that writing one takes, the
        last result as it would be sent).
        """
        from forkgrade.batches import BATCH
        from forkgrade.grade import grade
        from forkgrade.warm_client import WarmProcess

        warm, seconds, graded = WarmProcess(self.course.limits, self.solutions), [], []
        client = warm.wait()
        bundle = self.bundles[self.read[0].submission.assignment]
        grade(self.read[0], bundle, client)  # it reads what is then kept
        before = time.process_time() + processor_seconds(warm.pid)
        for one in self.read:
            began = time.perf_counter()
            graded.append(grade(one, bundle, client))
            seconds.append(time.perf_counter() - began)
        time.sleep(2)  # until it knows what its processes used
        used = time.process_time() + processor_seconds(warm.pid) - before
        warm.close()
        before = time.process_time()
        for at in range(0, len(graded), BATCH):
            self.writer.write(graded[at : at + BATCH])
        writing = (time.process_time() - before) / len(self.read)
        result = zlib.compress(pickle.dumps(graded[-1]), 1)
        return [one * used / sum(seconds) for one in seconds], writing, result

    def on_this_machine(self, jobs: int) -> float:
        """Submissions a second that the processes of this machine grade."""
        from forkgrade.pool import grade_all
        from forkgrade.warm_client import WarmProcess

        warm = WarmProcess(self.course.limits, self.solutions)
        graded = grade_all(self.read, self.bundles, warm.wait(), jobs)
        next(graded)
        began = time.perf_counter()
        rest = sum(1 for _ in graded)
        taken = time.perf_counter() - began
        warm.close()
        return rest / taken

    def on_a_cluster(self, workers: int) -> tuple[float, float]:
        """(seconds until the first has its grade, submissions a second from then on)."""
        from forkgrade.cluster import Cluster

        with local_cluster(workers) as (address, _):
            there = Cluster(address, self.course.limits, self.solutions, lambda text: None)
            while len(there.present()) < workers:
                time.sleep(0.1)
            start = time.perf_counter()
            graded = there.grade_all(self.read, self.bundles)
            next(graded)
            began = time.perf_counter()
            rest = sum(1 for _ in graded)
            return began - start, rest / (time.perf_counter() - began)

    def on_the_way(self, result: bytes) -> tuple[float, float]:
        """Processor seconds (of this process, of the scheduler) for one submission that is sent to
        a worker, which only sends back as many bytes as a result has.
        """
        from forkgrade.cluster import Cluster

        with local_cluster(1) as (address, scheduler):
            there = Cluster(address, self.course.limits, self.solutions, lambda text: None)
            while not (present := there.present()):
                time.sleep(0.1)
            (worker,) = present
            calls = {there.submit(worker, bytes, result) for _ in range(4)}
            before, used = time.process_time(), processor_seconds(scheduler)
            for number in range(SENT):
                future = there.done.get()
                pickle.loads(zlib.decompress(future.result()))
                calls.remove(future)
                if number < SENT - 4:
                    calls.add(there.submit(worker, bytes, result))
            own, other = time.process_time() - before, processor_seconds(scheduler) - used
            there.close()
        return own / SENT, other / SENT


def simulate(times: Times, workers: int, count: int, most: int = 2, seed: int = 0) -> float:
    """Seconds that some workers take for a number of submissions.

    >>> round(simulate(Times(0.0, 0.0, [1.0]), workers=4, count=100))
    25
    >>> round(simulate(Times(0.5, 0.0, [1.0]), workers=64, count=100))
    50
    """
    draw, free, ended = random.Random(seed), {}, 0.0
    begun = min(most * workers, count)
    # What comes next: when, of which submission, to which of the five places on its way.
    coming = [(0.0, number, 0, number % workers) for number in range(begun)]
    while coming:
        at, number, stage, worker = heapq.heappop(coming)
        place, seconds = (
            ("main", times.main / 2),
            ("scheduler", times.scheduler / 2),
            (worker, draw.choice(times.tasks)),
            ("scheduler", times.scheduler / 2),
            ("main", times.main / 2),
        )[stage]
        free[place] = ended = max(free.get(place, 0.0), at) + seconds
        if stage < 4:
            heapq.heappush(coming, (ended, number, stage + 1, worker))
        elif begun < count:
            heapq.heappush(coming, (ended, begun, 0, worker))
            begun += 1
    return ended


def main() -> int:
    """Measures, simulates, and prints both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=40)
    parser.add_argument("assignment", nargs="?", default="01_scalar_gradients")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{options.count} submissions of {options.assignment}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.assignment, options.count)
        tasks, writing, result = bench.one_by_one()
        mean = sum(tasks) / len(tasks)
        print(f"grading one: {mean * 1e3:.0f} ms, the slowest {max(tasks) * 1e3:.0f} ms")
        print(f"reading one: {bench.reading * 1e3:.1f} ms, writing one: {writing * 1e3:.1f} ms")
        own, scheduler = bench.on_the_way(result)
        print(f"sending one, and {len(result) // 1024} KiB back: ", end="")
        print(f"{own * 1e3:.1f} ms here, {scheduler * 1e3:.1f} ms of the scheduler")
        for jobs in 1, 2:
            print(f"processes here: {jobs}: {bench.on_this_machine(jobs):6.2f} a second")
        for workers in 1, 2:
            first, rate = bench.on_a_cluster(workers)
            print(f"Dask workers:   {workers}: {rate:6.2f} a second, the first after {first:.1f} s")
        os.chdir("/")
    times = Times(bench.reading + own + writing, scheduler, tasks)
    print(f"\nsimulated, {CLASS:,} submissions, {times.main * 1e3:.1f} ms each in the main process")
    for workers in WORKERS:
        seconds = simulate(times, workers, CLASS)
        rate = CLASS / seconds
        print(f"{workers:3} workers {seconds / 3600:6.2f} h {rate:7.1f} a second", end=" ")
        print(f"{rate * mean / workers:4.0%} of the workers' time used")
    return 0


if __name__ == "__main__":
    sys.exit(main())
