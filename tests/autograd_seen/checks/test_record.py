"""What is passed is kept among the working copies, sent nowhere, and survives a broken file."""

import json
import os
import threading

import pytest
from autograd_seen.checks import record
from autograd_seen.checks.record import copies, kept, mark


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A kernel that has just begun."""
    begin(monkeypatch)


def begin(monkeypatch):
    monkeypatch.setattr(record, "_session", record.Session())


@pytest.fixture
def my(tmp_path, monkeypatch):
    """The folder my/, for a notebook that lies in my/exercises/01_slopes/."""
    place = tmp_path / "my" / "exercises" / "01_slopes"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    return tmp_path / "my"


def files(folder):
    return sorted(
        path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"
    )


def test_elsewhere_it_lives_as_long_as_the_kernel_and_nothing_is_written(tmp_path, monkeypatch):
    place = tmp_path / "exercises" / "01_slopes"
    place.mkdir(parents=True)
    (tmp_path / "my").mkdir()
    monkeypatch.chdir(place)
    assert copies() is None
    assert mark("1.1", True) == ({"1.1"}, "") == kept()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    begin(monkeypatch)
    assert kept().passed == set()


def test_among_the_working_copies_the_next_kernel_knows_it(my, monkeypatch):
    mark("1.1", True)
    mark("1.2", True)
    assert mark("1.2", True).passed == {"1.1", "1.2"}
    begin(monkeypatch)
    assert kept().passed == {"1.1", "1.2"}
    assert mark("1.1", False) == ({"1.2"}, "")
    assert json.loads((my / "progress.json").read_text(encoding="utf-8")) == {"passed": ["1.2"]}
    assert files(my) == ["progress.json"]


def test_looking_writes_no_file(my):
    kept()
    assert files(my) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"done": []}', '{"passed": 7}', b"\xff\xfe"])
def test_a_broken_file_is_put_aside_said_and_begun_anew(my, text):
    path = my / "progress.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    broken = path.read_bytes()
    said = "my/progress.json was broken: it is kept as my/progress-broken.json and begun anew"
    assert mark("1.1", True) == ({"1.1"}, said)
    assert (my / "progress-broken.json").read_bytes() == broken
    assert kept() == ({"1.1"}, "")


def test_two_notebooks_at_once_lose_nothing(my):
    """Each adds ten of its own, one by one, while the other one does."""

    def add(lesson):
        for number in range(10):
            mark(f"{lesson}.{number}", True)

    both = [threading.Thread(target=add, args=(lesson,)) for lesson in (1, 2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(kept().passed) == 20


def test_a_write_that_fails_half_way_leaves_the_file_whole(my, monkeypatch):
    mark("1.1", True)
    before = (my / "progress.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", full)
        passed, note = mark("1.2", True)
    assert passed == {"1.1", "1.2"}
    assert note == (
        "my/progress.json cannot be used (No space left on device), "
        "so this counts until the kernel ends"
    )
    assert (my / "progress.json").read_bytes() == before
    assert kept().passed == {"1.1"}


def test_a_notebook_that_waits_too_long_goes_on_without_the_file(my, monkeypatch):
    monkeypatch.setattr(record, "SECONDS", 0.01)
    with record.FileLock(my / ".progress.lock"):
        passed, note = mark("1.1", True)
    assert passed == {"1.1"} and "cannot be used" in note


def test_a_folder_that_was_deleted_is_no_reason_to_fail(tmp_path, monkeypatch):
    def gone():
        raise FileNotFoundError("the folder was deleted")

    monkeypatch.setattr(record.Path, "cwd", gone)
    assert mark("1.1", True) == ({"1.1"}, "")
