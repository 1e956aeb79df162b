"""The command line begins where a course is, and says what it lacks."""

import contextlib
import sys
from types import SimpleNamespace

import pytest
from forkgrade.__main__ import grade_course, main, parse, reach_cluster, solutions_to
from forkgrade.course import Course, CourseError
from forkgrade.lock import Busy
from forkgrade.warm_client import NoSandbox
from traitlets.config import Config

from tests.forkgrade.hostile import file_of


def test_a_folder_without_a_config_is_told(tmp_path, capsys):
    assert main(["--course", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert f"no file {tmp_path / 'nbgrader_config.py'}" in error
    assert "--course" in error and "--config" in error


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (Busy("graded by process 7"), 2, "graded by process 7\n"),
        (CourseError("the grade book is gone"), 2, "the grade book is gone\n"),
        (NoSandbox("no Landlock"), 2, "no Landlock\n"),
        (
            KeyboardInterrupt(),
            130,
            "Interrupted. What has a grade keeps it: type it again to go on.\n",
        ),
    ],
)
def test_a_run_that_cannot_go_on_says_so_in_a_line(
    tmp_path, monkeypatch, capsys, error, code, says
):
    from forkgrade import __main__

    def fail(*arguments, **options):
        raise error

    (tmp_path / "nbgrader_config.py").write_text("c = get_config()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(reconfigure=lambda **_: None))
    monkeypatch.setattr(__main__, "run", fail)
    assert main([]) == code
    assert capsys.readouterr().err == says


def test_the_solutions_are_those_to_what_is_to_be_graded(tmp_path):
    for name in "01_numbers", "02_words":
        path = tmp_path / "solutions" / name / file_of(name)
        path.parent.mkdir(parents=True)
        path.write_text(f"solution of {name}")
    course = Course(Config(CourseDirectory={"source_directory": "solutions"}), tmp_path)
    assert solutions_to(course, ["02_words"]) == "solution of 02_words"
    assert solutions_to(course, ["01_numbers", "07_of_nothing"]) == "solution of 01_numbers"
    assert solutions_to(Course(Config(), tmp_path), ["01_numbers"]) == ""


@pytest.mark.parametrize(
    ("arguments", "later"),
    [([], False), (["--feedback", "later"], True)],
)
def test_pages_may_be_left_for_later(arguments, later):
    assert (parse(arguments).feedback == "later") == later


def test_a_scheduler_needs_a_package_which_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "forkgrade.cluster", raising=False)
    assert parse(["--scheduler", "tls://host:8786"]).scheduler == "tls://host:8786"
    with pytest.raises(
        CourseError, match=r'needs the package distributed.*pip install -e ".\[clus'
    ):
        reach_cluster(Course(Config(), tmp_path), [], "tls://host:8786", print)


def test_only_a_scheduler_is_reached_where_one_is_named(tmp_path, monkeypatch, capsys):
    from forkgrade import __main__

    began, stack = [], contextlib.ExitStack()
    monkeypatch.setattr(__main__, "run", lambda course, start, *_: began.append(start([])) or [])
    for name in "reach_cluster", "start_warm_process":
        started = SimpleNamespace(name=name, close=lambda: began.append("closed"))
        monkeypatch.setattr(__main__, name, lambda *_, started=started: started)
    for arguments in [], ["--scheduler", "tls://host:8786"]:
        with stack:
            assert grade_course(Course(Config(), tmp_path), parse(arguments), stack) == 0
    assert [getattr(one, "name", one) for one in began] == [
        "start_warm_process",
        "closed",
        "reach_cluster",
        "closed",
    ]
