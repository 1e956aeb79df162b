"""The notebooks are found where they are asked for, in reading order, and named from the root."""

from pathlib import Path

from tools import places


def page(folder, *parts):
    """An empty file below a folder."""
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_notebooks_are_those_below_a_folder_and_those_that_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "ROOT", tmp_path)
    second = page(tmp_path, "notebooks", "02_b.ipynb")
    first = page(tmp_path, "notebooks", "01_a.ipynb")
    page(tmp_path, "notebooks", ".ipynb_checkpoints", "01_a-checkpoint.ipynb")
    page(tmp_path, "notebooks", "data.csv")
    page(tmp_path, "elsewhere", "99.ipynb")
    gallery = page(tmp_path, "site", "gallery.ipynb")
    assert places.notebooks("notebooks", "site/gallery.ipynb") == [first, second, gallery]
    assert places.notebooks("no_such_folder") == []


def test_a_notebook_is_named_from_the_root_and_whole_elsewhere():
    assert places.name(places.ROOT / "notebooks" / "01_a.ipynb") == "notebooks/01_a.ipynb"
    assert places.name(Path("/elsewhere/01_a.ipynb")) == "/elsewhere/01_a.ipynb"
