"""Whatever was handed in, nbgrader gets a notebook that it can read, or a sentence says why not."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from forkgrade import files
from forkgrade.limits import Limits
from forkgrade.records import Submission
from forkgrade.staging import (
    Rejected,
    clean_notebook,
    cleaned,
    listed,
    read_handed_in,
    unsupported_characters,
)
from nbformat import v4

NOTEBOOK = v4.writes(v4.new_notebook(cells=[v4.new_code_cell("1", id="one")]))


@pytest.fixture
def put(tmp_path):
    """A function that lays {path: text} into a submission and reads it; returns the messages and
    {path: bytes}, in which notebooks are clean ones.
    """
    handed_in = tmp_path / "handed in" / "01_numbers"
    handed_in.mkdir(parents=True)

    def put(files, notebooks=("a",), student="zoe", ignore=(), **limits):
        for name, text in files.items():
            path = handed_in / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        submission = Submission(student, "01_numbers")
        read = read_handed_in(submission, handed_in, notebooks, Limits(**limits), ignore)
        clean, lost = dict(read.files), []
        for name in [name for name in clean if name.endswith(".ipynb")]:
            nb, some = clean_notebook(clean[name], name)
            clean[name], lost = v4.writes(nb).encode(), lost + some
        return read.messages + lost, clean

    put.folder = handed_in
    return put


def test_a_submission_as_it_should_be_is_copied_without_a_word(put):
    messages, staged = put({"a.ipynb": NOTEBOOK, "data/table.csv": "1,2"})
    assert messages == [] and sorted(staged) == ["a.ipynb", "data/table.csv"]
    assert staged["data/table.csv"] == b"1,2"
    nbformat.validate(nbformat.reads(staged["a.ipynb"].decode(), 4))


@pytest.mark.parametrize("name", ["homework (1).ipynb", "deep/down/a.ipynb", "A.IPYNB"])
def test_the_only_notebook_is_taken_under_any_name(put, name):
    messages, staged = put({name: NOTEBOOK})
    assert messages == [f"handed in as {name}: graded as a.ipynb"] and list(staged) == ["a.ipynb"]


def test_of_several_notebooks_the_uppermost_of_the_name_is_taken(put):
    messages, staged = put({"a.ipynb": NOTEBOOK, "old/a.ipynb": "{", "b.ipynb": "{"})
    assert messages == [] and list(staged) == ["a.ipynb"]


def test_of_several_notebooks_none_is_taken_for_another(put):
    with pytest.raises(Rejected, match=r"^a\.ipynb is missing; found b\.ipynb, c\.ipynb: rename"):
        put({"b.ipynb": NOTEBOOK, "c.ipynb": NOTEBOOK})


def test_one_missing_notebook_of_two_costs_its_own_points(put):
    messages, staged = put({"a.ipynb": NOTEBOOK}, notebooks=("a", "b"))
    assert messages == ["b.ipynb is missing: 0 points"] and list(staged) == ["a.ipynb"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("{", "is not a notebook"),
        ("[" * 100_000, "is not a notebook"),
        ("[]", "it has no cells"),
        ('{"cells": {}}', "its cells are no list"),
        ('{"nbformat": 3, "worksheets": 7}', "cannot be read as nbformat 3"),
    ],
)
def test_what_is_no_notebook_is_rejected_in_a_sentence(put, text, reason):
    with pytest.raises(Rejected, match=rf"^a\.ipynb .*{reason}"):
        put({"a.ipynb": text})


def test_what_is_too_large_is_rejected_or_left_out(put):
    files = {"a.ipynb": NOTEBOOK, "large": "x" * 2**20, "small": "x"}
    messages, staged = put(files, files_mb=1)
    assert sorted(staged) == ["a.ipynb", "large"]
    assert messages == ["small and what follows is more than 1 MiB: left out"]
    put.folder.joinpath("a.ipynb").write_text(NOTEBOOK + " " * 2**20)
    with pytest.raises(Rejected, match=r"has 1\.0 MiB, 1 at most"):
        put({}, student="adam", notebook_mb=1)


def test_links_and_hidden_files_stay_where_they_are(put, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (put.folder / "link").symlink_to(tmp_path / "secret")
    (put.folder / "folder").symlink_to(tmp_path)
    messages, staged = put(
        {"a.ipynb": NOTEBOOK, ".ipynb_checkpoints/a.ipynb": "{", "__pycache__/x.pyc": "x"}
    )
    assert messages == ["folder is a link: left out", "link is a link: left out"]
    assert list(staged) == ["a.ipynb"]


def test_what_is_no_folder_is_rejected(tmp_path):
    loose = tmp_path / "loose.ipynb"
    loose.write_text(NOTEBOOK)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    for path in loose, link, tmp_path / "missing":
        with pytest.raises(Rejected, match="is not a folder: expected <student>/<assignment>/a"):
            read_handed_in(Submission("zoe", "01"), path, ["a"], Limits())


@pytest.mark.parametrize("name", ["a.html", "b/A.HTM", "c.svg", "d.xhtml", "e.mhtml", "f.xml"])
def test_a_page_that_was_handed_in_is_left_out(put, name):
    messages, staged = put({"a.ipynb": NOTEBOOK, name: "<script>", "html.csv": "1"})
    assert sorted(staged) == ["a.ipynb", "html.csv"]
    assert messages == [f"{name} is a web page or a drawing that can hold scripts: left out"]


def test_a_name_that_would_be_part_of_a_page_is_rejected(put):
    with pytest.raises(Rejected, match=r"^\" < > in a student's name"):
        put({"a.ipynb": NOTEBOOK}, student='<img src="x">')


def test_a_name_that_nbgrader_takes_for_a_pattern_is_rejected(put):
    with pytest.raises(Rejected, match=r"^\* \[ \] in a student's name"):
        put({"a.ipynb": NOTEBOOK}, student="[a-z]*")
    assert unsupported_characters("Zoë O'Neil, 2nd =+-@") == ""
    assert unsupported_characters(os.fsdecode(b"caf\xe9")) == "bytes that are no text"


def test_what_may_not_be_read_is_told_with_what_to_do(put, monkeypatch):
    put({"a.ipynb": NOTEBOOK}, student="before")
    refused, allowed = [], os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: str(path) not in refused and allowed(path, mode)
    )
    refused.append(str(put.folder / "a.ipynb"))
    with pytest.raises(Rejected, match=r"^a\.ipynb cannot be read: give the grader the right to"):
        put({})
    for folder in put.folder, put.folder.parent:
        refused[:] = [str(folder)]
        with pytest.raises(Rejected, match=r"^the folder 01_numbers cannot be read: give the"):
            put({}, student="adam")


def test_a_folder_or_a_file_that_may_not_be_read_is_left_out(put, monkeypatch):
    look, read = os.scandir, Path.read_bytes

    def refuse(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied")
        return read(path) if isinstance(path, Path) and path.is_file() else look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    messages, staged = put({"a.ipynb": NOTEBOOK, "closed/b": "x", "c": "x"})
    assert messages == ["closed cannot be read: left out"] and sorted(staged) == ["a.ipynb", "c"]
    monkeypatch.setattr(Path, "read_bytes", refuse)
    (put.folder / "closed" / "b").unlink()
    (put.folder / "closed").rmdir()
    messages, staged = put({"closed": "x"}, student="adam")
    assert messages == ["closed cannot be read (Permission denied): left out"]
    assert sorted(staged) == ["a.ipynb", "c"]


def test_what_the_config_ignores_is_passed_over(put):
    files = {
        "a.ipynb": NOTEBOOK,
        "x.pyc": "x",
        "private/key": "x",
        "deep/private/key": "x",
        "c": "x",
    }
    messages, staged = put(files, ignore=["*.pyc", "private"])
    assert messages == [] and sorted(staged) == ["a.ipynb", "c"]


def test_half_a_character_becomes_a_question_mark(put):
    nb = json.loads(NOTEBOOK)
    nb["cells"][0] |= {"source": "'\ud83d'"}
    _, staged = put({"a.ipynb": json.dumps(nb)})
    assert nbformat.reads(staged["a.ipynb"].decode(), 4).cells[0].source == "'?'"


def test_folders_without_end_cost_no_grade(put):
    deep = put.folder / "/".join("d" * 400)
    deep.mkdir(parents=True)
    messages, staged = put({"a.ipynb": NOTEBOOK})
    assert messages == ["the folder has folders more than 20 deep: what lies beyond is left out"]
    assert list(staged) == ["a.ipynb"]
    (put.folder / "a.ipynb").unlink()
    with pytest.raises(Rejected, match=r"20 deep.*; a\.ipynb is missing; found no notebook"):
        put({}, student="adam")


def test_a_large_repository_beside_the_notebook_is_not_looked_into(put, monkeypatch):
    monkeypatch.setattr(files, "MOST_ENTRIES", 3)
    messages, staged = put({f".git/{n}": "" for n in range(9)} | {"a.ipynb": NOTEBOOK})
    assert messages == [] and list(staged) == ["a.ipynb"]


@pytest.mark.parametrize("text", ["soon", "2026-13-45", "9" * 5000, "caf\udce9", None])
def test_a_time_that_is_none_is_left_out(put, text):
    path = put.folder / "timestamp.txt"
    if text is None:
        path.mkdir()
        (path / "file").touch()
    else:
        path.write_bytes(os.fsencode(text))
    messages, staged = put({"a.ipynb": NOTEBOOK})
    assert list(staged) == ["a.ipynb"]
    assert messages == [
        "timestamp.txt is no time: left out, so that it counts as handed in on time"
    ]


@pytest.mark.parametrize("text", ["2026-02-01 17:28:58.749302 UTC", "2026-02-01", ""])
def test_a_time_that_nbgrader_can_read_stays(put, text):
    messages, staged = put({"a.ipynb": NOTEBOOK, "timestamp.txt": text})
    assert messages == [] and sorted(staged) == ["a.ipynb", "timestamp.txt"]


def test_of_many_notebooks_a_few_are_named():
    assert listed([]) == "no notebook" and listed("ba") == "a, b"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


# --- cells ----------------------------------------------------------------------------------------


def test_a_cell_keeps_its_source_its_name_and_its_id_and_nothing_else():
    marks = {"grade_id": "check", "points": 1000, "locked": False}
    cell = {
        "cell_type": "code",
        "id": "check-1",
        "source": ["a = 1\n", "b = 2"],
        "metadata": {"nbgrader": marks, "tags": ["raises-exception"]},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "passed"}],
        "execution_count": 7,
    }
    nb, lost = cleaned({"cells": [cell]})
    assert lost == 0
    assert nb.cells[0] == {
        "cell_type": "code",
        "id": "check-1",
        "source": "a = 1\nb = 2",
        "metadata": {"nbgrader": {"grade_id": "check"}},
        "outputs": [],
        "execution_count": None,
    }


@pytest.mark.parametrize(
    "cell",
    [1, None, {}, {"cell_type": "heading"}, {"cell_type": "code", "source": [1]}],
    ids=json.dumps,
)
def test_what_is_no_cell_is_counted_and_left_out(cell):
    nb, lost = cleaned({"cells": [{"cell_type": "markdown", "source": "text"}, cell]})
    assert lost == 1 and [one.source for one in nb.cells] == ["text"]


@pytest.mark.parametrize("marks", [1, [], {"grade_id": ["check"]}, {"grade_id": None}])
def test_marks_that_nbgrader_never_made_are_no_marks(marks):
    cell = {"cell_type": "code", "source": "", "id": "no good!", "metadata": {"nbgrader": marks}}
    (made,) = cleaned({"cells": [cell]})[0].cells
    assert made.metadata == {} and made.id != "no good!"


def test_pictures_pasted_into_a_text_stay_and_anything_else_does_not():
    good, bad = {"image.png": {"image/png": "iVBORw0KGgo="}}, {"image.png": ["x"]}
    cells = [{"cell_type": "markdown", "source": "", "attachments": one} for one in (good, bad)]
    kept, dropped = cleaned({"cells": cells})[0].cells
    assert kept.attachments == good and "attachments" not in dropped
