"""The README, and the pages that it leads to, say what is so: pictures, links, commands."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from autograd_seen import draw_graph, record_backward
from traitlets.config.loader import PyFileConfigLoader

from tests.forkgrade.conftest import NAME, solution, submission
from tests.forkgrade.hostile import save

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GRADING = (ROOT / "site" / "grading.md").read_text(encoding="utf-8")
#: What is read on a plain web page, too.
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted(path for path in (ROOT / "site").rglob("*.md") if "_build" not in path.parts)


def test_the_picture_is_what_draw_graph_draws():
    x = torch.tensor(4.0, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    committed = (ROOT / "notebooks" / "images" / "sin_x2.svg").read_text(encoding="utf-8")
    drawn = draw_graph(record_backward(z)).svg
    assert drawn == committed, (
        "draw it again: draw_graph(record_backward(z)).save('notebooks/images/sin_x2.svg')"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    # On the site notebooks/, exercises/ and the gallery lie beside the pages.
    places = (path.parent, ROOT) if path.name == "index.md" else (path.parent,)
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text):
        found = [place / name for place in places for name in (target, f"{target}.ipynb")]
        assert any(one.exists() for one in found), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_commands_are_targets_of_the_makefile(path):
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)[ `]", text, re.M))
    assert {a or b for a, b in named} <= set(targets)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_make_alone_prints_each_target_with_a_line():
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    printed = subprocess.run(
        ["make"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert [line.split()[1] for line in printed.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in printed.splitlines())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing confines a notebook without fork")
@pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base
def test_the_lines_for_a_course_of_ones_own_grade_and_write_pages(tmp_path, monkeypatch):
    from forkgrade.nbgrader_patches import keep_what_is_compiled
    from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    own = GRADING.split("## In a course of your own")[1].split("\n## ")[0]
    (lines,) = re.findall(r"```python\n(.*?)```", own, re.DOTALL)
    quick = "c.Limits.preload, c.Limits.preload_with = [], {}"
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{lines}\n{quick}\n")
    monkeypatch.chdir(tmp_path)
    keep_what_is_compiled()  # or nbgrader would start programs from the PATH for a new grade book
    save(solution(), tmp_path / "source" / NAME)
    handed_in = tmp_path / "submitted" / "zoe" / NAME
    nb = submission("answer = 2")
    nb.cells[3].source = "<script>steal()</script> because"
    save(nb, handed_in)
    (handed_in / "page.html").write_text("<script>steal()</script>")
    config = PyFileConfigLoader("nbgrader_config.py", str(tmp_path)).load_config()
    for step in GenerateAssignment, Autograde, GenerateFeedback:
        course = CourseDirectory(config=config, root=str(tmp_path), assignment_id=NAME)
        step(coursedir=course, config=config).start()
    (page,) = (tmp_path / "feedback").rglob("*.*")
    text = page.read_text(encoding="utf-8")
    assert page.name == "assignment_01.html" and "Score: 2.0 / 2.0" in text
    assert "<script" not in text and "steal() because" not in text and "because" in text
    assert not list((tmp_path / "autograded").rglob("*.html"))
