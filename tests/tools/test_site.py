"""What Sphinx reads is the course as it is: its pages, its numbers, and no answers."""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from autograd_seen.checks.points import TABLE
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import site
from tools.frame import minutes
from tools.lessons import lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read, write_text

HERE = "https://github.com/you/autograd"
MARKS = re.compile(r"### (BEGIN|END) |<!-- (end of )?teacher -->")


def laid(tmp_path, **wanted):
    site.lay_down(ROOT, tmp_path, site.Wanted(**wanted))
    return {
        path.relative_to(tmp_path).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(tmp_path.rglob("*"))
        if path.suffix in (".md", ".ipynb")
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The files of the default build."""
    return laid(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The files of a build with all that can be asked for."""
    place = tmp_path_factory.mktemp("full")
    return laid(place, teacher=True, worked=True, repository=HERE)


def test_each_lesson_and_assignment_is_a_page_in_the_side_bar(plain):
    for lesson in lessons():
        assert {lesson.place(lesson.notebook), lesson.place(lesson.exercise)} <= plain.keys()
        assert f"\nnotebooks/{lesson.slug}\n" in plain["index.md"]
        assert f"\n{lesson.slug}/assignment_{lesson.number}\n" in plain["exercises/index.md"]
    assert "\nexercises/index\n" in plain["index.md"] and "worked" not in plain["index.md"]


def test_the_list_of_assignments_has_their_points(plain):
    points = json.loads(TABLE.read_text(encoding="utf-8"))
    rows = re.findall(r"^\| \[(\d\d)\].* \| (\d+) \| (\d+) \|$", plain["exercises/index.md"], re.M)
    by_lesson = [list(points[lesson.slug]["points"].values()) for lesson in lessons()]
    assert [(int(many), int(all_of_them)) for _, many, all_of_them in rows] == [
        (len(one), sum(one)) for one in by_lesson
    ]


def test_worked_solutions_have_a_list_of_their_own(full):
    assert "\nworked/index\n" in full["index.md"]
    for lesson in lessons():
        assert f"\n{lesson.slug}/assignment_{lesson.number}\n" in full["worked/index.md"]


def test_the_outputs_of_a_page_are_the_stored_ones(plain):
    for lesson in lessons():
        shown = json.loads(plain[lesson.place(lesson.notebook)])
        stored = json.loads(lesson.notebook.read_text(encoding="utf-8"))
        outputs = [cell.get("outputs") for cell in stored["cells"]]
        assert [cell.get("outputs") for cell in shown["cells"] if cell["id"] in ids(stored)] == (
            outputs
        )


def ids(notebook):
    return {cell["id"] for cell in notebook["cells"]}


def test_an_assignment_shows_the_pictures_that_it_asks_about(plain):
    pictures = 0
    for lesson in lessons():
        shown = json.loads(plain[lesson.place(lesson.exercise)])
        outputs = {cell["id"]: cell.get("outputs") for cell in shown["cells"]}
        for cell in read(lesson.exercise).cells:
            if cell.source.split("\n")[-1].startswith("draw_graph("):
                assert outputs[cell.id], f"{lesson.slug}: {cell.id}"
                pictures += 1
    assert pictures > 10


def test_an_assignment_shows_nothing_that_an_answer_gave(plain):
    for lesson in lessons():
        shown = json.loads(plain[lesson.place(lesson.exercise)])
        for cell in shown["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            assert not (marks.get("solution") or marks.get("grade")) or not cell.get("outputs")


def test_a_given_cell_that_reads_an_answer_shows_no_output(tmp_path):
    sources = {
        "given": "def double(x):\n    return 2 * x\n\n\nprint(double(3))",
        "answer": "slope = 7",
        "later": "def twice():\n    return double(slope)\n\n\nprint(twice())",
        "through": "print(twice())",
        "anew": "slope = 1",
        "after": "print(slope)",
    }
    cells = []
    for name, source in sources.items():
        cell = new_code_cell(source, id=name, execution_count=1)
        cell.outputs = [new_output("stream", text="something\n")]
        if name == "answer":
            cell.metadata["nbgrader"] = {"solution": True, "grade": False}
        cells.append(cell)
    lesson = SimpleNamespace(solution=tmp_path / "a.ipynb", exercise=tmp_path / "b.ipynb")
    title = new_markdown_cell("# Assignment", id="title")
    lesson.solution.write_text(write_text(new_notebook(cells=[title, *cells])), encoding="utf-8")
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    lesson.exercise.write_text(write_text(new_notebook(cells=[title, *cells])), encoding="utf-8")
    shown = {cell.id for cell in site.asked(lesson).cells if cell.get("outputs")}
    assert shown == {"given", "anew", "after"}


def test_nobody_but_who_asks_for_it_gets_a_solution_or_a_key(plain):
    assert not [name for name in plain if name.startswith("worked/")]
    assert not [name for name, text in plain.items() if MARKS.search(text)]


def test_worked_solutions_have_no_hidden_test_and_no_mark(full):
    for lesson in lessons():
        text = full[site.worked_place(lesson)]
        assert not MARKS.search(text)
        stored = lesson.solution.read_text(encoding="utf-8")
        hidden = re.findall(r"### BEGIN HIDDEN TESTS(.*?)### END HIDDEN", stored, re.DOTALL)
        for line in "\n".join(hidden).splitlines():
            assert len(line) < 25 or line not in text
        for one in lesson.load_oracles():
            assert all(json.dumps(cause, ensure_ascii=False)[1:-1] in text for cause in one.wrong)


def test_a_plot_says_the_numbers_beside_it(plain):
    for lesson in lessons():
        for cell in json.loads(plain[lesson.place(lesson.notebook)])["cells"]:
            if any("image/png" in output.get("data", ()) for output in cell.get("outputs", ())):
                assert re.search(r"\d", cell["metadata"]["mystnb"]["image"]["alt"]), cell["id"]


def test_links_to_the_pages_beside_the_lessons_lead_to_the_sites_own(plain):
    for name, text in plain.items():
        if name.startswith("notebooks/"):
            assert "](README.md" not in text and "](errors.html" not in text, name


def test_without_a_repository_no_button_and_no_copy(plain):
    assert not [name for name in plain if name.startswith("extra/")]
    assert "colab.research" not in "".join(plain.values())


def test_a_runnable_copy_installs_the_package_and_fetches_what_the_lesson_reads(full):
    for lesson in lessons():
        copy = json.loads(full[f"extra/run/{lesson.notebook.name}"])
        assert site.HOW_TO_READ not in json.dumps(copy)
        first = "".join(copy["cells"][1]["source"])
        assert first.startswith(f'%pip install -q "autograd-seen @ git+{HERE}"')
        code = "".join("".join(cell["source"]) for cell in read(lesson.notebook).cells)
        for file in (ROOT / "notebooks" / "data").iterdir():
            assert (f'"data/{file.name}"' in first) == (f"data/{file.name}" in code)
        assert not any(cell.get("outputs") for cell in copy["cells"])


def test_the_fetching_lines_fetch(tmp_path, full):
    copy = json.loads(full["extra/run/06_linear_regression.ipynb"])
    raw = f"{HERE.replace('github.com', 'raw.githubusercontent.com')}/HEAD/notebooks/"
    lines = "".join(copy["cells"][1]["source"]).partition("\n")[2]
    code = lines.replace(raw, f"{(ROOT / 'notebooks').as_uri()}/")
    assert code != lines
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env=os.environ)
    fetched = (tmp_path / "data" / "hubble.csv").read_bytes()
    assert fetched == (ROOT / "notebooks" / "data" / "hubble.csv").read_bytes()


@pytest.mark.parametrize("address", ["git@github.com:you/it", "https://gitlab.com/you/it", "you"])
def test_an_address_that_colab_cannot_open_is_refused_by_name(tmp_path, address):
    with pytest.raises(ValueError, match=re.escape(address)) as refused:
        site.lay_down(ROOT, tmp_path, site.Wanted(repository=address))
    assert "https://github.com/owner/name" in str(refused.value)


def test_a_page_without_its_mark_is_refused(tmp_path):
    page = tmp_path / "index.md"
    page.write_text("# Home\n", encoding="utf-8")
    with pytest.raises(ValueError, match="0 times <!-- lessons -->"):
        site.fill(page, "lessons", "text")


def test_a_heading_is_named_as_in_jupyterlab():
    assert site.slug("Can't call numpy() on it") == "Can't-call-numpy()-on-it"


def test_what_runs_the_course_elsewhere_uses_commands_that_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"] == "make .venv/lab" and "$(VENV)/lab:" in makefile
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "RUN make .venv/lab" in lines
    assert json.loads(lines[-1].removeprefix("CMD "))[:2] == ["make", "lab"]
    needs = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = next(line for line in needs if line.startswith("-r ")).removeprefix("-r ")
    assert (ROOT / "binder" / named).resolve() == ROOT / "requirements.txt"


def test_each_lesson_has_a_page_for_who_teaches_it_and_a_key_for_them_alone(plain, full):
    for lesson in lessons():
        page = f"guide/{lesson.slug}.md"
        assert page in plain, f"site/{page} is missing: what to ask, to expect and to skip"
        for part in "**Aim.**", "**Minutes.**", "## Ask before you run", "## Three wrong answers":
            assert part in plain[page], f"{page} lacks {part}"
        assert f"**Minutes.** {minutes(read(lesson.notebook))}" in plain[page]
        assert f"\n{lesson.slug}\n" in plain["guide/index.md"]
        assert "**Key.**" not in plain[page] and "**Key.**" in full[page]
