"""What the tests of the tools share: a copy of the course to break."""

import shutil

import pytest

from tools.lessons import checks_folder
from tools.normal_form import ROOT


@pytest.fixture
def course(tmp_path):
    """The root of a copy of the course: its lessons with all their parts, and its README."""
    leave_out = shutil.ignore_patterns(".*", "__pycache__")
    for folder in ("notebooks", "solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=leave_out)
    shutil.copytree(checks_folder(ROOT), checks_folder(tmp_path), ignore=leave_out)
    shutil.copyfile(ROOT / "README.md", tmp_path / "README.md")
    return tmp_path
