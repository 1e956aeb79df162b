"""What the tests share: their order, their options and the closing summary."""

import gc
from collections import Counter

import pytest

#: The lines of the closing summary by what a test's path below tests/ begins with: the first that
#: does counts.
KINDS = {
    "pages/test_mutation.py": ("mutations", "altered outputs are caught"),
    "pages": ("pages", "the README, and the form of every assignment"),
    "tools/test_rules.py": ("hygiene", "rules that every notebook keeps"),
    "tools/test_refresh.py": ("freshness", "re-executed, the same bytes"),
    "tools/test_exercises.py": ("exercises", "what a student gets, untouched and solved"),
    "tools/test_guards.py": ("guards", "imports, style, and a test for each module"),
    "tools": ("tools", "what makes and proves pages"),
    "autograd_seen/checks": ("checks", "wrong answers are rejected, right ones accepted"),
    "autograd_seen/show/test_browser": ("browser", "player and slider in JupyterLab and a page"),
    "autograd_seen/live/test_operators": ("operators", "the table of operators against PyTorch"),
    "autograd_seen": ("units", "what a learner imports, and its contracts"),
    "forkgrade": ("grading", "honest and hostile submissions"),
    "": ("tests", "what the tests themselves promise"),
}

#: The files that take longest, in the order in which they begin: or one worker would wait for the
#: other at the end.
LONGEST = (
    "test_engine.py",
    "test_grading.py",
    "test_mutation.py",
    "test_operators.py",
    "test_deep.py",
    "test_makefile.py",
    "test_backward.py",
    "test_wheel.py",
)


def pytest_collection_modifyitems(items):
    # Notebooks stay first: their runs are looked at by the tests.
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (item.path.suffix != ".ipynb", ranks.get(item.path.name, len(ranks)))
    )


def pytest_collection_finish():
    # A rehearsal looks through all objects that the garbage collector knows. What was imported and
    # collected by now, half a million of them, is put aside.
    gc.collect()
    gc.freeze()


def pytest_addoption(parser):
    parser.addoption(
        "--all-mutations", action="store_true", help="alter every stored output, not a sample"
    )
    parser.addoption("--all-samples", action="store_true", help="draw all samples of an operator")
    parser.addoption(
        "--operator", action="append", help="draw this operator of PyTorch's list and no other"
    )


@pytest.fixture(scope="session")
def most_samples(request):
    """How many samples of each of PyTorch's operators are drawn; None for all."""
    return None if request.config.getoption("--all-samples") else 3


def pytest_terminal_summary(terminalreporter):
    counts, told = {}, {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            kind = kind_of(report.nodeid)
            counts.setdefault(kind, Counter())[outcome] += 1
            # What failed to be collected has no properties.
            told.setdefault(kind, []).extend(getattr(report, "user_properties", []))
    if not counts:
        return
    terminalreporter.section("what was checked")
    for (short, meaning), count in sorted(counts.items()):
        numbers = ", ".join(f"{number} {outcome}" for outcome, number in count.items())
        terminalreporter.line(f"{short:10} {numbers:30} {meaning}")
        for line in closing_lines(told[short, meaning]):
            terminalreporter.line(f"{'':41} {line}")


def closing_lines(properties):
    """What tests told by `record_property`, as lines: each text, and the sum of each number.

    So that 600 tests which drew three graphs each say "1,800 graphs".
    """
    texts = sorted(value for _, value in properties if isinstance(value, str))
    sums = Counter()
    for name, value in properties:
        if not isinstance(value, str):
            sums[name] += value
    return [*texts, *(f"{total:,} {name}" for name, total in sorted(sums.items()))]


def kind_of(nodeid):
    """The short name of what a test is about, and its meaning."""
    path = nodeid.split("::")[0]
    if path.endswith(".ipynb"):
        return "outputs", "cells of the lessons re-run by nbval"
    if not path.startswith("tests/"):
        return "examples", "the examples in docstrings"
    below = path.removeprefix("tests/")
    return next(kind for start, kind in KINDS.items() if below.startswith(start))
