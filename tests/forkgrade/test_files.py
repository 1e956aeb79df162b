"""A file is written whole or not at all, and a digest knows a tree from any other."""

import os

import pytest
from forkgrade.files import tree_digest, write_whole


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
