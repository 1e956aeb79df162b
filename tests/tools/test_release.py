"""A class gets all that it needs, and no answer."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tools import release
from tools.lessons import lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

#: What a release holds beside folders that are copied whole.
TOP = {
    *("LICENSE", "Makefile", "README.md", "lab_config.py", "pyproject.toml", "requirements.txt"),
    *("exercises", "notebooks", "tools", "utils"),
}


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """A release of this course, as it is laid down."""
    to = tmp_path_factory.mktemp("class") / "release"
    release.lay_down(ROOT, to)
    return to


@pytest.fixture(scope="module")
def found(laid):
    """The answers that are found in it."""
    return list(release.answers_in(laid, ROOT))


def test_a_release_holds_what_a_class_needs_and_nothing_else(laid):
    assert {path.name for path in laid.iterdir()} == TOP
    packages = {path.name for path in (laid / "utils").iterdir()}
    assert packages == {"autograd_seen", "forkgrade", "plainjudge"}
    grader = {path.name for path in (laid / "utils" / "forkgrade").iterdir()}
    assert grader == {"__init__.py", "files.py"}  # what writes a working copy whole
    tools = {path.name for path in (laid / "tools").iterdir()}
    assert tools == {"lab_settings", "places.py", "strict_nbval", "working_copies.py"}
    assert not [path for path in laid.rglob("*") if path.name.startswith((".", "test_"))]


def test_a_release_holds_no_answer(found):
    assert found == []


def test_a_prediction_is_locked_in_what_a_class_gets(laid):
    for lesson in lessons():
        keys = json.loads((laid / lesson.place(lesson.keys)).read_text(encoding="utf-8"))["keys"]
        for oracle in lesson.load_oracles():
            key = keys[oracle.check.number]
            assert ("wanted" in key) is (oracle.draw is not None)
            if oracle.draw is None:
                told = json.dumps(key, ensure_ascii=False)
                assert not [cause for cause in oracle.wrong if cause in told]
                assert set(key) == {"salt", "form", "digests", "wrong"}


@pytest.mark.parametrize("kind", ["solution", "written answer", "private", "oracle", "folder"])
def test_an_answer_is_found_wherever_it_lies(tmp_path, kind):
    lesson = lessons()[0]
    cells = read(lesson.solution).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    text, place = {
        "solution": (release.SOLUTION.findall(code)[0], f"exercises/{lesson.slug}/a.txt"),
        "written answer": (next(filter(None, map(written, cells))), "README.md"),
        "private": (first_function(lesson.wrong_answers), "utils/autograd_seen/a.py"),
        "oracle": (first_function(lesson.oracles), "utils/autograd_seen/checks/a.py"),
        "folder": ("", "utils/private/a.py"),
    }[kind]
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"before\n{text.replace('    ', '  ')}\nafter", encoding="utf-8")
    assert any(line.startswith(place) for line in release.answers_in(tmp_path, ROOT))


def written(cell):
    return next(iter(release.answers_of(cell)), None) if cell.cell_type == "markdown" else None


def first_function(path):
    source = path.read_text(encoding="utf-8")
    found = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return ast.get_source_segment(source, next(found))


def test_a_release_that_would_hold_an_answer_is_not_put_down(tmp_path, monkeypatch, capsys):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "old").write_text("")
    monkeypatch.setattr(release, "lay_down", lambda root, to: to.mkdir())
    monkeypatch.setattr(release, "answers_in", lambda folder, root: ["a.py holds an answer"])
    assert release.main(["--course", str(tmp_path)]) == 1
    assert "a.py holds an answer" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
    assert (tmp_path / "release" / "old").exists()


def test_a_release_takes_the_place_of_the_one_before(tmp_path, monkeypatch, capsys):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "old").write_text("")
    monkeypatch.setattr(release, "lay_down", lambda root, to: to.mkdir() or (to / "new").touch())
    monkeypatch.setattr(release, "answers_in", lambda folder, root: [])
    assert release.main(["--course", str(tmp_path)]) == 0
    assert [path.name for path in (tmp_path / "release").iterdir()] == ["new"]
    assert "1 files, searched for answers" in capsys.readouterr().out


def test_its_readme_names_only_what_it_has(laid):
    text = (laid / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text):
        assert (laid / target).exists(), target
    headings = set(re.findall(r"(?m)^## (.*)", text))
    assert headings == set(release.SECTIONS)
    commands = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.M))
    assert commands == {"lab", "fresh"}
    assert "pytest" not in text and "solutions/" not in text and text.count("```") % 2 == 0


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_its_makefile_has_the_targets_of_a_class(laid):
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = {"cwd": laid, "env": alone, "capture_output": True, "text": True, "check": True}
    printed = subprocess.run(["make"], **run).stdout
    assert [line.split()[1] for line in printed.splitlines()] == list(release.TARGETS)
    assert "tools.working_copies" in subprocess.run(["make", "-n", "-B", "lab"], **run).stdout
    assert "-m pytest" not in (laid / "Makefile").read_text(encoding="utf-8")


def test_what_lays_down_the_working_copies_has_all_that_it_needs(laid):
    done = subprocess.run(
        [sys.executable, "-m", "tools.working_copies", "--help"],
        cwd=laid,
        env=os.environ
        | {"PYTHONPATH": str(laid / "utils"), "PYTHONSAFEPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
