"""A file is written whole or not at all, and a digest knows a tree from any other, whatever the
tree.
"""

import os
import sys
import time

import pytest
from forkgrade import files
from forkgrade.files import TooMuch, tree_digest, walk, write_whole
from forkgrade.scratch import remove


def test_a_file_appears_with_its_folder_and_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_whole(path, "naïve\n")
    write_whole(path, "naïve, twice\n")
    assert path.read_bytes() == "naïve, twice\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def broken(new, old):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says which file is meant")
def test_a_file_and_its_name_are_on_the_disk_before_the_old_one_is_given_up(tmp_path, monkeypatch):
    done = []
    sync, swap = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda fd: (done.append(os.readlink(f"/proc/self/fd/{fd}")), sync(fd))
    )
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("swap"), swap(old, new)))
    write_whole(tmp_path / "new" / "file.txt", "x")
    file, *rest = done
    assert file.startswith(str(tmp_path / "new" / "file.txt."))
    assert rest == ["swap", str(tmp_path / "new"), str(tmp_path)]


def lay(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_digest_is_that_of_names_and_bytes(tmp_path):
    trees = [
        {"a": "1", "b/c": "2"},
        {"a": "1", "b/c": "3"},
        {"a": "1", "b/d": "2"},
        {"a": "1", "c": "2"},
        {"a": "1"},
        {"a": "", "1": ""},
    ]
    folders = [lay(tmp_path / f"{number}" / "tree", tree) for number, tree in enumerate(trees)]
    assert len({tree_digest(folder) for folder in folders}) == len(trees)
    assert tree_digest(lay(tmp_path / "same" / "tree", trees[0])) == tree_digest(folders[0])


def test_a_link_counts_by_where_it_points_and_not_by_what_is_there(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("1")
    (tmp_path / "tree").mkdir()
    link = tmp_path / "tree" / "link"
    link.symlink_to(outside)
    first = tree_digest(tmp_path / "tree")
    outside.write_text("2")
    assert tree_digest(tmp_path / "tree") == first
    link.unlink()
    link.symlink_to(tmp_path / "elsewhere")
    assert tree_digest(tmp_path / "tree") != first


def test_a_submission_that_is_no_folder_has_a_digest_too(tmp_path):
    (tmp_path / "loose.ipynb").write_text("{}")
    first = tree_digest(tmp_path / "loose.ipynb")
    (tmp_path / "loose.ipynb").write_text("{ }")
    assert tree_digest(tmp_path / "loose.ipynb") != first != tree_digest(tmp_path / "missing")


# --- what is too deep, too much, too large, or not to be read -------------------------------------


@pytest.fixture
def deep(tmp_path):
    """A folder with folders in one another, whose path is too long for the system, and with
    one that nobody may read.
    """
    here, top = os.getcwd(), tmp_path / "deep"
    top.mkdir()
    os.chdir(top)
    for _ in range(600):
        os.mkdir("deeper and deeper")
        os.chdir("deeper and deeper")
    os.chdir(here)
    (top / "closed" / "inner").mkdir(parents=True)
    (top / "closed" / "inner" / "file").write_text("x")
    (top / "closed" / "inner").chmod(0)
    (top / "closed").chmod(0)
    yield top
    remove(top)


def test_a_folder_too_deep_for_any_path_is_told(deep):
    with pytest.raises(TooMuch, match="more than 20 deep"):
        list(walk(deep))
    assert tree_digest(deep) == tree_digest(deep)


def test_a_folder_of_too_many_names_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_ENTRIES", 3)
    lay(tmp_path / "tree", {"a": "", "b/c": ""})
    assert [(path.name, kind) for path, kind in walk(tmp_path / "tree")] == [
        ("a", "file"),
        ("b", "folder"),
        ("c", "file"),
    ]
    (tmp_path / "tree" / "b" / "d").touch()
    with pytest.raises(TooMuch, match="more than 3 files"):
        list(walk(tmp_path / "tree"))
    first = tree_digest(tmp_path / "tree")
    assert first == tree_digest(tmp_path / "tree")


def test_a_huge_file_is_known_by_its_size_and_time_and_not_read(tmp_path):
    tree = lay(tmp_path / "tree", {"small": "1"})
    with (tree / "large").open("wb") as file:
        file.truncate(6 * 2**30)
    began = time.monotonic()
    first = tree_digest(tree)
    assert time.monotonic() - began < 0.5  # to read it takes seconds
    (tree / "small").write_text("2")
    assert tree_digest(tree) != first == tree_digest(lay(tree, {"small": "1"}))
    os.utime(tree / "large", ns=(1, 1))
    assert tree_digest(tree) != first


def test_what_may_not_be_read_counts_and_stops_nothing(tmp_path, monkeypatch):
    tree = lay(tmp_path / "tree", {"closed/file": "1", "file": "1"})
    before, look = tree_digest(tree), os.scandir

    def refuse(path, *arguments):
        if os.path.basename(path) == "closed" or arguments:
            raise PermissionError(13, "not yours")
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(type(tree), "open", refuse)
    assert ("closed", "unreadable") in [(path.name, kind) for path, kind in walk(tree)]
    assert tree_digest(tree) == tree_digest(tree) != before
