"""Nothing in a download is trusted: neither paths, nor sizes, nor what an entry says it is."""

import os
import sys
import zipfile
from pathlib import PurePosixPath

import pytest
from forkgrade.archives import BadDownload, Found, Unreadable, open_download

from tests.forkgrade.downloads import encrypted, link_entry, write_zip, zip_bytes

MOST = 1000


def found_in(path):
    """{path: found} of a download."""
    with open_download(path) as download:
        return {one.path.as_posix(): one for one in download.found()}


def read_one(path, name, most=MOST):
    """The content of one file of a download."""
    with open_download(path) as download:
        (one,) = [one for one in download.found() if one.path.as_posix() == name]
        return download.read(one, most)


@pytest.fixture(params=["folder", "zip"])
def download(request, tmp_path):
    """A function that makes a folder or a zip of {name: content}."""

    def make(files):
        if request.param == "zip":
            return write_zip(tmp_path / "x.zip", files)
        for name, content in files.items():
            (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "x" / name).write_bytes(content)
        return tmp_path / "x"

    return make


def test_each_file_is_found_and_read(download):
    path = download({"b/c.txt": b"1", "a.txt": b"22"})
    assert {name: one.size for name, one in found_in(path).items()} == {"b/c.txt": 1, "a.txt": 2}
    assert read_one(path, "a.txt") == b"22"


def test_a_file_that_is_larger_than_allowed_is_not_read(download):
    with pytest.raises(Unreadable, match=r"has 0.0 MiB or more, 0 at most"):
        read_one(download({"a": bytes(MOST + 1)}), "a")


def test_a_zip_says_when_a_file_was_written(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"a": b""}, (2026, 9, 1, 12, 0, 2))
    later = write_zip(tmp_path / "y.zip", {"a": b""}, (2026, 9, 1, 12, 0, 4))
    assert found_in(later)["a"].time - found_in(path)["a"].time == 2


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/a", "C:/a", "..\\a", ""])
def test_a_path_that_leads_out_is_known(tmp_path, name):
    (one,) = found_in(write_zip(tmp_path / "x.zip", {name: b""})).values()
    assert one.leads_out


@pytest.mark.parametrize(
    ("path", "visible"),
    [
        ("a/b.ipynb", True),
        ("../b.ipynb", True),
        ("a/.ipynb_checkpoints/b.ipynb", False),
        ("__MACOSX/a/b.ipynb", False),
        ("a/.DS_Store", False),
    ],
)
def test_what_no_person_made_is_known(path, visible):
    one = Found(PurePosixPath(path), 0, 0, None)
    assert (one.is_visible, one.leads_out) == (visible, path.startswith(".."))


def test_an_entry_that_is_a_link_has_a_problem(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr(link_entry("a.ipynb"), "/etc/passwd")
    assert found_in(tmp_path / "x.zip")["a.ipynb"].problem == "is a link"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_in_a_folder_no_link_is_followed_and_no_pipe_waited_for(tmp_path):
    folder = tmp_path / "x"
    (folder / "ada").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"1")
    os.symlink(tmp_path / "secret", folder / "ada" / "link")
    os.symlink(tmp_path, folder / "out")
    os.mkfifo(folder / "pipe")
    problems = {name: one.problem for name, one in found_in(folder).items()}
    assert problems == {"ada/link": "is a link", "out": "is a link", "pipe": "is no file"}
    with open_download(folder) as download:
        for one in download.found():
            with pytest.raises(Unreadable, match=r"cannot be read|is no file"):
                download.read(one, MOST)


def test_a_folder_that_is_no_submission_is_named_and_the_others_are_found(tmp_path):
    (tmp_path / "x" / "zoe").mkdir(parents=True)
    (tmp_path / "x" / "zoe" / "a").write_bytes(b"")
    deep = tmp_path / "x" / "bob" / "/".join(["d"] * 25)
    deep.mkdir(parents=True)
    found = found_in(tmp_path / "x")
    assert "more than 20 deep" in found["bob"].problem and not found["zoe/a"].problem


def test_a_zip_that_says_less_than_it_holds_is_not_believed(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"a": bytes(100_000)})
    size = (100_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    assert found_in(path)["a"].size == 10
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        read_one(path, "a")


def test_an_encrypted_file_and_a_broken_one_cannot_be_unpacked(tmp_path):
    (tmp_path / "x.zip").write_bytes(encrypted(zip_bytes({"a": b"1"})))
    with pytest.raises(Unreadable, match=r"cannot be unpacked: .*encrypted"):
        read_one(tmp_path / "x.zip", "a")
    path = write_zip(tmp_path / "y.zip", {"a": b"1234567890" * 20})
    path.write_bytes(path.read_bytes()[:34] + b"\xff" * 4 + path.read_bytes()[38:])
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        read_one(path, "a")


@pytest.mark.parametrize("content", [b"", b"no zip", zip_bytes({"a": b"1"})[:-5]])
def test_what_is_no_zip_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadDownload, match=r"x.zip is no zip that can be read \(.+\)$"):
        open_download(tmp_path / "x.zip")
    with pytest.raises(BadDownload, match=r"y.zip is not there: expected a zip or a folder"):
        open_download(tmp_path / "y.zip")


@pytest.mark.parametrize(("most", "value"), [("MOST_FILES", 1), ("MOST_BYTES", 5)])
def test_a_zip_with_more_than_a_class_can_hand_in_is_refused(tmp_path, monkeypatch, most, value):
    monkeypatch.setattr(f"forkgrade.archives.{most}", value)
    path = write_zip(tmp_path / "x.zip", {"a": b"123", "b": b"456"})
    with pytest.raises(BadDownload, match=r"x.zip has 2 files of .* are allowed"):
        open_download(path)
