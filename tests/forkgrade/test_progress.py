"""A person sees how far a run is: in one line on a terminal, in a few lines in a file."""

import io

import pytest
from forkgrade import progress
from forkgrade.progress import CLEAR, Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A list whose last number is what the clock says."""
    times = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: times[-1])
    return times


def test_on_a_terminal_one_line_changes_until_all_is_done(clock):
    shown = Progress(Terminal())
    shown.make_room()
    shown.begin(300)
    for now, count in (10, 100), (20, 200):
        clock.append(now)
        shown.add(count)
        shown.make_room()
    assert shown.stream.getvalue() == (
        f"{CLEAR}100 of 300, 10.0 a second, 20 s left{CLEAR}"
        f"{CLEAR}300 of 300, 15.0 a second, 0 s left\n{CLEAR}"
    )


def test_in_a_file_there_is_a_line_now_and_then(clock):
    shown = Progress(io.StringIO())
    shown.begin(100_000)
    for now in 1, 29, 31, 40, 62:
        clock.append(now)
        shown.add(50)
        shown.make_room()
    assert shown.stream.getvalue().splitlines() == [
        "150 of 100,000, 4.8 a second, 5 h 43 min left",
        "250 of 100,000, 4.0 a second, 6 h 52 min left",
    ]


def test_each_run_is_counted_anew(clock):
    shown = Progress(Terminal())
    for total in 4, 8:
        shown.begin(total)
        clock.append(clock[-1] + 2)
        shown.add(2)
    assert shown.line() == "2 of 8, 1.0 a second, 6 s left"
