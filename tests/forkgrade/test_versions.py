"""What grades must agree on is known by name, without importing it."""

from importlib.metadata import version as installed
from platform import python_version

import pytest
from forkgrade.versions import difference, facts, version, versions

HERE = {"torch": "2.13.0", "autograd-seen": "", "python": "3.11.7", "plainjudge's files": "ab12"}


def test_versions_are_those_of_what_a_grade_depends_on():
    found = versions(["torch", "numpy"])
    assert found["torch"] == installed("torch") and found["nbgrader"] == installed("nbgrader")
    assert found["python"] == python_version() and "autograd-seen" in found
    assert "torch" not in versions(["numpy"])


def test_a_package_that_is_not_installed_has_no_version():
    assert version("no-such-package-of-anybody") == ""


def test_the_files_of_the_grader_and_of_a_course_s_packages_count(tmp_path, monkeypatch):
    package = tmp_path / "course_of_mine"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1")
    monkeypatch.syspath_prepend(tmp_path)
    before = facts([], ["course_of_mine", "no_such_package"])
    assert before.pop("no_such_package's files") == ""
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "kept.pyc").write_text("by Python")
    assert before == facts([], ["course_of_mine"])
    assert before.keys() - versions().keys() == {"forkgrade's files", "course_of_mine's files"}
    (package / "__init__.py").write_text("one = 2")
    assert difference(before, facts([], ["course_of_mine"])) == (
        "has other files of course_of_mine than this machine: install the same there"
    )


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, ""),
        ({"torch": "2.14.1"}, "has torch 2.14.1, and this course is graded with 2.13.0: install"),
        ({"python": ""}, "has no python, and this course is graded with 3.11.7: install"),
        ({"autograd-seen": "1.0"}, "has autograd-seen 1.0, and this course is graded with none:"),
        ({"plainjudge's files": ""}, "has no plainjudge: install"),
        ({"more": "1"}, ""),
    ],
)
def test_what_differs_is_said(other, says):
    found = difference(HERE, HERE | other)
    assert found.startswith(says) and bool(found) == bool(says)
