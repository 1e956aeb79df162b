"""What a reader does to a working copy stays, whatever becomes of the page that it came from."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest

from tools import working_copies
from tools.places import ROOT
from tools.rules import ELSEWHERE, LINK, markdown
from tools.strict_nbval.normal_form import read, write_text
from tools.working_copies import Copies, places

LESSON = "notebooks/03_loss.ipynb"
TASK = "exercises/03_loss/assignment_03.ipynb"
DATA = "notebooks/data/rings.csv"
MINE = "my/notebooks/03_loss.ipynb"


def write_page(path, code="print(1)"):
    new = nbformat.v4
    ran = [new.new_output("stream", text="1\n")]
    cells = [
        new.new_markdown_cell("# A lesson", id="title"),
        new.new_code_cell(code, id="one", outputs=ran, execution_count=1, metadata={"tags": ["a"]}),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(write_text(new.new_notebook(cells=cells)), encoding="utf-8")


@pytest.fixture(autouse=True)
def signed(monkeypatch, tmp_path):
    """Where this machine keeps the signatures of the notebooks that it trusts, for these tests."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "signatures"))


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    for place in (LESSON, TASK):
        write_page(root / place)
    (root / DATA).parent.mkdir()
    (root / DATA).write_text("t,y\n1,2\n", encoding="utf-8")
    for name in ("README.md", "LICENSE"):
        (root / name).write_text(f"{name}\n", encoding="utf-8")
    (root / "solutions").mkdir()
    return root


@pytest.fixture
def bring(course, capsys):
    """A run of the tool on a course, and what it said."""

    def run(*arguments):
        code = working_copies.main(["--course", str(course), *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def source(path):
    return read(path).cells[1].source


def work(path, code="answer = 7"):
    """What a reader does: changes a cell, runs it and saves."""
    nb = read(path)
    nb.cells[1].update(source=code, execution_count=4)
    path.write_text(write_text(nb), encoding="utf-8")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_course_arrives_without_outputs_and_with_what_its_pages_need(course, bring):
    before = files(course)
    code, said = bring()
    assert code == 0 and said.count("\n") == 1 and "Your working copies are in my/" in said
    laid = {path.relative_to(course / "my").as_posix() for path in files(course / "my")}
    assert laid == {LESSON, TASK, DATA, "README.md", "LICENSE", ".laid_down.json"}
    cell = read(course / MINE).cells[1]
    assert (cell.outputs, cell.execution_count, cell.metadata.tags) == ([], None, ["a"])
    assert {path: before[path] for path in before} == {path: path.read_bytes() for path in before}


def test_a_copy_is_what_jupyterlab_would_save(course, bring):
    bring()
    nb = read(course / MINE)
    version = ".".join(map(str, sys.version_info[:3]))
    assert nb.metadata.language_info.version == version
    assert nb.metadata.language_info.codemirror_mode == {"name": "ipython", "version": 3}
    assert (course / MINE).read_bytes() == (nbformat.writes(nb) + "\n").encode()


def test_a_copy_is_trusted(course, bring):
    bring()
    notary = nbformat.sign.NotebookNotary()
    assert notary.check_signature(nbformat.read(course / MINE, as_version=4))
    work(course / MINE)
    assert not notary.check_signature(nbformat.read(course / MINE, as_version=4))


def test_a_second_run_says_and_changes_nothing(course, bring):
    bring()
    work(course / MINE)
    before = files(course)
    assert bring() == (0, "")
    assert files(course) == before


def test_a_changed_page_is_laid_beside_a_copy_that_was_used(course, bring):
    bring()
    work(course / MINE)
    write_page(course / LESSON, "print(2)")
    code, said = bring()
    assert code == 0 and f"{LESSON} has changed since you got it" in said
    assert "my/notebooks/03_loss_new.ipynb" in said and "make fresh LESSON=03" in said
    assert source(course / MINE) == "answer = 7"
    assert source(course / "my/notebooks/03_loss_new.ipynb") == "print(2)"
    assert bring() == (0, "")


def test_a_page_that_changes_twice_spares_what_was_written_in_the_new_one(course, bring):
    bring()
    work(course / MINE)
    for number, used in ((2, False), (3, True), (4, False)):
        write_page(course / LESSON, f"print({number})")
        bring()
        if used:
            work(course / "my/notebooks/03_loss_new.ipynb", "mine too")
    beside = sorted((course / "my/notebooks").glob("*_new*"))
    assert [source(path) for path in beside] == ["mine too", "print(4)"]
    assert source(course / MINE) == "answer = 7"


def test_a_changed_page_takes_the_place_of_a_copy_to_which_nothing_was_done(course, bring):
    bring()
    write_page(course / LESSON, "print(2)")
    (course / DATA).write_text("t,y\n", encoding="utf-8")
    _, said = bring()
    assert f"Renewed in my/, where you had changed nothing: {LESSON}, {DATA}" in said
    assert source(course / MINE) == "print(2)"
    assert (course / "my" / DATA).read_text(encoding="utf-8") == "t,y\n"


def test_new_outputs_alone_are_no_change(course, bring):
    bring()
    work(course / MINE)
    nb = read(course / LESSON)
    nb.cells[1].outputs[0].text = "2\n"
    (course / LESSON).write_text(write_text(nb), encoding="utf-8")
    assert bring() == (0, "")


def test_data_that_a_reader_changed_stays(course, bring):
    bring()
    (course / "my" / DATA).write_text("mine", encoding="utf-8")
    (course / DATA).write_text("t,y\n", encoding="utf-8")
    _, said = bring()
    assert "my/notebooks/data/rings_new.csv" in said and "make fresh" not in said
    assert (course / "my" / DATA).read_text(encoding="utf-8") == "mine"


def test_fresh_lays_down_anew_and_keeps_what_was_there(course, bring):
    bring()
    for number, place in enumerate(["03_loss_old.ipynb", "03_loss_old_2.ipynb"]):
        work(course / MINE, f"answer = {number}")
        code, said = bring("--fresh", "03")
        assert code == 0 and f"Your old one is kept: my/notebooks/{place}" in said
        assert source(course / MINE) == "print(1)"
        assert source(course / "my/notebooks" / place) == f"answer = {number}"
    assert "kept" not in bring("--fresh", "03")[1]


def test_fresh_takes_the_new_page_from_beside_the_old_copy(course, bring):
    bring()
    work(course / MINE)
    write_page(course / LESSON, "print(2)")
    bring()
    bring("--fresh", "03")
    names = sorted(path.name for path in (course / "my/notebooks").glob("*.ipynb"))
    assert names == ["03_loss.ipynb", "03_loss_old.ipynb"]
    assert source(course / MINE) == "print(2)"
    assert bring() == (0, "")


def test_an_assignment_is_laid_down_anew_by_its_name(course, bring):
    bring()
    work(course / "my" / TASK)
    assert "assignment_03_old.ipynb" in bring("--fresh", "assignment_03")[1]
    assert source(course / "my" / TASK) == "print(1)"


@pytest.mark.parametrize("lesson", ["", "07", "3", "../03", "README"])
def test_a_lesson_that_is_not_there_is_told(bring, lesson):
    code, said = bring("--fresh", lesson)
    assert code == 1 and "Take one of 03, assignment_03: make fresh LESSON=03" in said


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", "[1]", '{"a": 1}', '{"notebooks/03_loss.ipynb": ["x"]}', b"\xff\xfe"]
)
def test_a_broken_state_loses_nothing(course, bring, broken):
    bring()
    work(course / MINE)
    content = broken if isinstance(broken, bytes) else broken.encode()
    (course / "my/.laid_down.json").write_bytes(content)
    code, _ = bring()
    assert code == 0 and source(course / MINE) == "answer = 7"
    # From now on changes are told again.
    write_page(course / LESSON, "print(2)")
    assert "03_loss_new.ipynb" in bring()[1]
    assert source(course / MINE) == "answer = 7"


def test_a_state_that_is_gone_finds_the_copies_that_were_never_used(course, bring):
    bring()
    (course / "my/.laid_down.json").unlink()
    assert bring() == (0, "")
    write_page(course / LESSON, "print(2)")
    assert "Renewed" in bring()[1]


def test_a_copy_that_a_reader_deleted_comes_back(course, bring):
    bring()
    (course / MINE).unlink()
    bring()
    assert source(course / MINE) == "print(1)"


@pytest.mark.parametrize("written", range(5))
def test_an_interrupted_run_leaves_no_half_file_and_can_be_repeated(
    course, bring, monkeypatch, written
):
    replace, left = os.replace, [written]

    def stop(*paths):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(*paths)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            bring()
    pages = {(course / place).name for place in places(course)}
    for path in files(course / "my"):
        assert path.name in pages
    assert bring()[0] == 0
    whole = files(course / "my")
    assert bring() == (0, "") and files(course / "my") == whole


def test_an_interrupted_fresh_keeps_the_old_copy(course, bring, monkeypatch):
    bring()
    work(course / MINE)
    monkeypatch.setattr(Copies, "lay", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bring("--fresh", "03")
    assert source(course / "my/notebooks/03_loss_old.ipynb") == "answer = 7"


def test_a_page_that_cannot_be_read_stops_no_other(course, bring):
    (course / LESSON).write_text("<<<<<<< ours", encoding="utf-8")
    code, said = bring()
    assert code == 0 and f"{LESSON} cannot be read, so no copy of it was made" in said
    assert (course / "my" / TASK).exists() and not (course / MINE).exists()


def test_a_file_called_my_is_told(course, bring):
    (course / "my").write_text("a note", encoding="utf-8")
    code, said = bring()
    assert code == 1 and "cannot be written" in said
    assert (course / "my").read_text(encoding="utf-8") == "a note"


def test_what_jupyterlab_and_python_leave_beside_a_page_is_not_mirrored(course, bring):
    write_page(course / "notebooks/.ipynb_checkpoints/03_loss-checkpoint.ipynb")
    write_page(course / "exercises/03_loss/__pycache__/x.ipynb")
    bring()
    assert not [path for path in files(course / "my") if "x.ipynb" in path.name]
    assert not (course / "my/notebooks/.ipynb_checkpoints").exists()


# --- this course ----------------------------------------------------------------------------------


def test_every_relative_link_of_the_course_stays_within_what_is_mirrored():
    mirrored = {*places(ROOT)}
    folders = {parent for place in mirrored for parent in map(str, (ROOT / place).parents)}
    seen = 0
    for place in mirrored:
        path = ROOT / place
        if path.suffix not in (".ipynb", ".md"):
            continue
        text = markdown(read(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
        for link in map("".join, LINK.findall(text)):
            file = link.partition("#")[0]
            if not file or ELSEWHERE.match(link):
                continue
            target = os.path.normpath(path.parent / file)
            inside = os.path.relpath(target, ROOT).replace(os.sep, "/") in mirrored
            assert inside or target in folders, f"{place}: {link} leads out of my/"
            seen += 1
    assert seen > 20


def test_git_and_ruff_leave_the_copies_alone_and_no_test_is_collected_from_them(pytestconfig):
    assert "/my/\n" in (ROOT / ".gitignore").read_text(encoding="utf-8")
    assert "my" not in {place.split("/")[0] for place in pytestconfig.getini("testpaths")}
    ruff = [sys.executable, "-m", "ruff", "check", "--stdin-filename", str(ROOT / "my/a.py")]
    done = subprocess.run(
        [*ruff, "--force-exclude", "-"],
        cwd=ROOT,
        input="import os\n",
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0 and not re.search("F401", done.stdout)


def test_the_state_is_a_file_that_can_be_read(course, bring):
    bring()
    state = json.loads((course / "my/.laid_down.json").read_text(encoding="utf-8"))
    assert state[LESSON].keys() == {"version", "laid"}
