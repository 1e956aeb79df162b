"""A bundle is all that a grade is made of beside what was handed in, and nothing that is nobody's
business.
"""

import json
import pickle

import pytest

from tests.forkgrade.conftest import NAME, solution
from tests.forkgrade.hostile import save

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base

HIDDEN = "assert answer == 2\n### BEGIN HIDDEN TESTS\nassert answer < 3\n### END HIDDEN TESTS"


@pytest.fixture
def bundle(small):
    """A function that makes the bundle of the small assignment, with a hidden test and files."""
    from forkgrade.bundle import make_bundle
    from forkgrade.gradebook import open_book

    def bundle(**config):
        for name, values in config.items():
            small.course.config[name].update(values)
        nb = solution()
        nb.cells[2].source = HIDDEN
        folder = small.root / "solutions" / NAME
        save(nb, folder)
        for name in "data/table.csv", "private/oracle.py", "own.py":
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(name)
        small.course.release(NAME)
        with open_book(small.course) as book:
            return make_bundle(small.course, book, NAME)

    return bundle


def test_a_bundle_holds_what_was_handed_out_and_what_is_hidden(bundle):
    made = bundle()
    assert (made.assignment, list(made.notebooks), made.questions) == (NAME, ["assignment_01"], [])
    notebook = made.notebooks["assignment_01"]
    released = json.loads(notebook.released)
    assert "HIDDEN" not in notebook.released and "answer = 2" not in notebook.released
    assert released["cells"][3]["id"] == "explain" and notebook.kernelspec["name"] == "python3"
    assert sorted(notebook.cells) == ["answer", "check-two", "explain", "setup"]
    check = notebook.cells["check-two"]
    assert (check["source"], check["points"], check["locked"]) == (HIDDEN, 2.0, True)
    assert len(check["checksum"]) == 32 and notebook.cells["setup"]["points"] is None


def test_files_beside_a_notebook_are_the_course_s_own_but_for_those_that_a_student_edits(bundle):
    assert bundle().files == {"data/table.csv": b"data/table.csv", "own.py": b"own.py"}
    edited = bundle(Autograde={"exclude_overwriting": {NAME: ["own.py"]}})
    assert list(edited.files) == ["data/table.csv"]


def test_a_bundle_holds_no_secret_and_no_path_and_can_be_sent(bundle, small):
    small.course.course_id = "calculus"
    made = bundle()
    sent = pickle.dumps(made)
    assert pickle.loads(sent) == made and made.course_id == "calculus"
    for secret in str(small.root), "sqlite", "gradebook", "oracle.py":
        assert secret.encode() not in sent


def test_a_bundle_knows_what_the_config_says_of_nbgrader_s_own_steps(bundle):
    made = bundle(LimitOutput={"max_lines": 7}, Exchange={"root": "/secret"})
    assert made.settings == {"LimitOutput": {"max_lines": 7}}
    assert made.limits["preload"] == [] and made.limits["cell_seconds"] == 10
