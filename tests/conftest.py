"""What the tests share: each notebook's fresh run, the option --all-mutations and the closing summary."""

from collections import Counter

import pytest
from filelock import FileLock

from tests.notebook_form import execute, keep_run, kept_run, read
from tests.strict_nbval import RUNS

KINDS = {
    "test_hygiene.py": ("hygiene", "rules that every notebook keeps"),
    "test_sanitize.py": ("noise", "what is taken out of an output, and nothing else"),
    "test_freshness.py": ("freshness", "re-executed, the same bytes"),
    "test_mutation.py": ("mutations", "altered outputs are caught"),
    "test_checks.py": ("checks", "wrong answers are rejected, right ones accepted"),
    "test_checks_assignments.py": ("checks", "wrong answers are rejected, right ones accepted"),
    "test_exercises.py": ("exercises", "what a student gets, untouched and solved"),
    "test_grading.py": ("grading", "honest and hostile submissions"),
    "test_browser.py": ("browser", "the player in a real JupyterLab and on an exported page"),
    "test_operators.py": ("operators", "the table of operators against PyTorch"),
}

#: The files that take longest, in the order in which they begin: or one worker would wait for the other at the end.
LONGEST = ("test_operators.py", "test_grading.py", "test_mutation.py", "test_backward.py")


def pytest_collection_modifyitems(items):
    # Notebooks stay first: their runs are looked at by the tests.
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (item.path.parent.name == "tests", ranks.get(item.path.name, len(ranks))))


def pytest_addoption(parser):
    parser.addoption("--all-mutations", action="store_true", help="alter every stored output, not a sample")


@pytest.fixture(scope="session")
def fresh_run(request):
    """A function from a notebook's path to its fresh run: nbval's, or if that made none, one made once."""
    folder = request.config.stash[RUNS]

    def run(path):
        kept = kept_run(path, folder)
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                keep_run(execute(read(path), path.parent), path, folder)
        return read(kept)

    return run


def pytest_terminal_summary(terminalreporter):
    counts, notes = {}, {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            kind = kind_of(report.nodeid)
            counts.setdefault(kind, Counter())[outcome] += 1
            properties = getattr(report, "user_properties", [])  # what failed to be collected has none
            notes.setdefault(kind, []).extend(value for key, value in properties if key == "note")
    if not counts:
        return
    terminalreporter.section("what was checked")
    for (short, meaning), count in sorted(counts.items()):
        numbers = ", ".join(f"{number} {outcome}" for outcome, number in count.items())
        terminalreporter.line(f"{short:10} {numbers:30} {meaning}")
        for note in sorted(notes[short, meaning]):
            terminalreporter.line(f"{'':41} {note}")


def kind_of(nodeid):
    file = nodeid.split("::")[0].split("/")[-1]
    if file.endswith(".ipynb"):
        return "outputs", "cells of the lessons re-run by nbval"
    return KINDS.get(file, ("units", "the helper package and its contracts"))
