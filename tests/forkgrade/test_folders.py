"""The folders of a course are those that its nbgrader config says, or nbgrader's own."""

import pytest
from forkgrade.folders import NoCourse, folders_of


def test_a_config_says_where_things_lie_and_what_the_limits_are(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.submitted_directory = 'work/in'\n"
        "c.Limits.notebook_mb = 7\n"
    )
    folders = folders_of(tmp_path)
    assert (folders.submitted, folders.work) == (tmp_path / "work/in", tmp_path / "work")
    assert (folders.source, folders.autograded) == (tmp_path / "source", tmp_path / "autograded")
    assert (folders.limits.notebook_mb, folders.limits.files_mb) == (7, 16)


def test_a_folder_without_one_is_no_course(tmp_path):
    with pytest.raises(NoCourse, match=rf"no file {tmp_path}/nbgrader_config.py: .*--course"):
        folders_of(tmp_path)
