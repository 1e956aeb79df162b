"""A check finds its key beside the notebook, or in the course around it, or says what it lacks."""

import json
import shutil

import pytest
from autograd_seen.checks.engine import check_value
from autograd_seen.checks.keys import FILE, NoKey, key_for
from autograd_seen.checks.verdicts import NotAttempted, NotYet
from plainjudge.keys import locked

from tools.lessons import lessons
from tools.places import ROOT

FIRST = lessons()[0]


def test_a_key_lies_beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = locked("salt", 8.0, {}).as_json()
    (tmp_path / FILE).write_text(json.dumps({"keys": {"1.2": key}}), encoding="utf-8")
    assert key_for("1.2").is_right(0, 8)


def test_a_key_is_found_in_the_course_around_a_notebook(tmp_path, monkeypatch):
    folder = tmp_path / "solutions" / FIRST.slug
    folder.mkdir(parents=True)
    (tmp_path / FIRST.place(FIRST.keys)).parent.mkdir(parents=True)
    shutil.copyfile(FIRST.keys, tmp_path / FIRST.place(FIRST.keys))
    monkeypatch.chdir(folder)
    assert key_for("1.2").is_right(0, 15)


def test_a_package_inside_a_course_finds_its_keys_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert key_for("1.2").is_right(0, 15)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"keys": 3}', '{"keys": {"1.2": 4}}'])
def test_a_broken_file_is_passed_over(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert key_for("1.2").is_right(0, 15)


def test_without_a_key_a_check_says_what_is_missing_and_passes_nothing():
    with pytest.raises(NoKey, match=r"no checks\.json with 9\.9 beside this notebook"):
        key_for("9.9")
    with pytest.raises(NotYet, match="get the assignment's folder anew") as caught:
        check_value("9.9", "slope")(6)
    assert not isinstance(caught.value, NotAttempted)


def test_in_a_folder_that_is_gone_a_key_is_found_all_the_same(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert key_for("1.2").is_right(0, 15)
    monkeypatch.chdir(ROOT)
