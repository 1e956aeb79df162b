"""Each notebook, run afresh, gives the bytes that are stored; `make refresh` is what brings that
about.
"""

import os

import nbformat
import pytest

from tools import refresh
from tools.places import name, notebooks
from tools.strict_nbval.comparing import stale_page
from tools.strict_nbval.normal_form import read
from tools.strict_nbval.running import CellFailed


@pytest.mark.parametrize(
    "path", notebooks("notebooks", "solutions", "site/gallery.ipynb"), ids=name
)
def test_a_fresh_run_gives_what_is_stored(path, fresh_run):
    stale = stale_page(read(path), fresh_run(path))
    assert not stale, "\n\n".join(
        [
            f"{name(path)} is not what a fresh run gives: make refresh",
            *(f"{k}\n{v}" for k, v in stale.items()),
        ]
    )


# --- refresh --------------------------------------------------------------------------------------


def page(folder, *sources, tags=()):
    """A notebook file of code cells that nobody ran; the last cell has the tags."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata.tags = list(tags)
    path = folder / "page.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return path


def test_refresh_runs_a_notebook_in_its_folder_once_and_for_all(tmp_path, capsys):
    (tmp_path / "data.txt").write_text("7", encoding="utf-8")
    path = page(tmp_path, "open('data.txt').read()", "1 / 0", tags=["raises-exception"])
    assert refresh.main([str(path)]) == 0
    first = path.read_bytes()
    assert read(path).cells[0].outputs[0].data == {"text/plain": "'7'"}
    assert read(path).cells[1].outputs[0].ename == "ZeroDivisionError"
    assert first.endswith(b"}\n") and b"\r" not in first

    os.utime(path, (1, 1))
    assert refresh.main([str(tmp_path)]) == 0
    assert path.read_bytes() == first
    assert path.stat().st_mtime == 1, "an unchanged file is not written again"
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["changed", "unchanged"]


def test_a_failing_cell_is_named_and_leaves_the_file_alone(tmp_path, capsys):
    path = page(tmp_path, "w = 2", "w.backward()", "never")
    before = path.read_bytes()
    assert refresh.main([str(path)]) == 1
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    said = capsys.readouterr().err.strip()
    assert "page.ipynb: code cell 2 (w.backward()): AttributeError: 'int' object has no" in said
    assert said.count("\n") == 0


def test_a_notebook_saved_during_its_run_is_left_alone(tmp_path, monkeypatch):
    path = page(tmp_path, "1")

    def save_meanwhile(nb, folder):
        path.write_text("saved", encoding="utf-8")
        return nb

    monkeypatch.setattr(refresh, "execute", save_meanwhile)
    with pytest.raises(CellFailed, match="saved from elsewhere"):
        refresh.refresh(path)
    assert path.read_text(encoding="utf-8") == "saved"


def test_a_failed_write_leaves_the_file_whole(tmp_path, monkeypatch):
    path = page(tmp_path, "1")
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(refresh, "execute", lambda nb, folder: nb)
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        refresh.refresh(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_refresh_names_what_does_not_exist(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        refresh.main([str(tmp_path / "gone.ipynb")])
    assert stop.value.code == 2
    assert "gone.ipynb" in capsys.readouterr().err
