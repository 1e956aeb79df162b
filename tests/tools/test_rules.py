"""Every committed notebook keeps the rules of tools/rules.py, and each rule rejects what it is
for.
"""

import base64
import copy

import nbformat
import pytest
from autograd_seen.show.plate import graph_html

from tools import predictions, rules
from tools.places import ROOT, name, notebooks
from tools.strict_nbval.normal_form import normalise, read, write_text
from tools.strict_nbval.running import CELL_SECONDS

EXECUTED = notebooks("notebooks", "solutions", "site/gallery.ipynb")
ALL = EXECUTED + notebooks("exercises")
ALL_RULES = rules.EVERYWHERE + rules.EXECUTED


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_notebook_is_stored_as_it_is_written(path):
    assert path.read_bytes() == write_text(read(path)).encode(), (
        "its bytes are not nbformat's: make refresh"
    )


@pytest.mark.parametrize("path", ALL, ids=name)
def test_every_notebook_keeps_the_rules(path):
    nb = read(path)
    broken = [explain(rule, found) for rule in rules.EVERYWHERE if (found := rule(nb))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_an_executed_notebook_keeps_its_rules(path):
    nb = read(path)
    broken = [explain(rule, found) for rule in rules.EXECUTED if (found := rule(nb))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", ALL, ids=name)
def test_links_lead_somewhere(path):
    found = rules.broken_links(read(path), path)
    assert not found, explain(rules.broken_links, found)


def explain(rule, found):
    return "\n".join([rule.__doc__, *found])


def test_lessons_are_numbered_without_a_gap():
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert lessons, "there are no lessons"
    assert not rules.misnumbered(lessons)


# --- a rule is tested by what it rejects ----------------------------------------------------------

DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJg"
    "gg=="
)
PREDICTION = predictions.in_form(
    "> **Predict.** 3 or 4?",
    [predictions.Choice("3", "No."), predictions.Choice("4", "**Yes.** It is 4.")],
)
FRAMES = [
    "-----",
    "ValueError  Traceback (most recent call last)",
    "Cell In[2], line 1\n----> 1 half()\n",
]


def good():
    """A small notebook that keeps every rule."""
    new = nbformat.v4
    cells = [
        new.new_markdown_cell(
            "# What is `half`?\n\nSee [below](#The-end) and [Jupyter](https://jupyter.org)."
        ),
        new.new_code_cell("print(3.5)", outputs=[new.new_output("stream", text="3.5\n")]),
        new.new_code_cell(
            "half()", metadata={"tags": ["raises-exception"]}, outputs=[error("no 7")]
        ),
        new.new_code_cell(
            "picture()", outputs=[new.new_output("display_data", data={"image/png": DOT})]
        ),
        new.new_code_cell(
            "7 / 2", outputs=[new.new_output("execute_result", data={"text/plain": "3.5"})]
        ),
        new.new_markdown_cell("## The end"),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return normalise(new.new_notebook(cells=cells))


def error(evalue):
    last = f"\x1b[31mValueError\x1b[39m: {evalue}"
    return nbformat.v4.new_output(
        "error", ename="ValueError", evalue=evalue, traceback=[*FRAMES, last]
    )


def show(text, kind="text/plain"):
    return lambda nb: nb.cells[4].outputs[0].data.update({kind: text})


def source(text, cell=1):
    return lambda nb: nb.cells[cell].update(source=text)


def tags(cell, *values):
    return lambda nb: nb.cells[cell].metadata.update(tags=list(values))


def traceback(*frames):
    return lambda nb: nb.cells[2].outputs[0].update(traceback=list(frames))


def forget_numbers(nb):
    for cell in nb.cells[2:5:2]:
        cell.outputs = []


def split_stream(nb):
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", text=part) for part in ("3.", "5\n")]


def warning_first(nb):
    nb.cells[1].outputs.insert(0, nbformat.v4.new_output("stream", name="stderr", text="careful\n"))


def widget_view(nb):
    nb.cells[4].outputs[0].data["application/vnd.jupyter.widget-view+json"] = {"model_id": "4f3a"}


REJECTED = [
    (
        rules.not_valid,
        "an output of no kind",
        lambda nb: nb.cells[4].outputs[0].update(output_type="shown"),
    ),
    (rules.not_valid, "an id used twice", lambda nb: nb.cells[4].update(id="cell-1")),
    (
        rules.not_normal,
        "another kernel",
        lambda nb: nb.metadata.kernelspec.update(display_name="Ada's"),
    ),
    (
        rules.not_normal,
        "a kernel's version",
        lambda nb: nb.metadata.language_info.update(version="3.11.7"),
    ),
    (rules.not_normal, "no kernel", lambda nb: nb.metadata.pop("kernelspec")),
    (rules.not_normal, "stored widgets", lambda nb: nb.metadata.update(widgets={})),
    (
        rules.not_normal,
        "times of execution",
        lambda nb: nb.cells[1].metadata.update(execution={"at": "9:00"}),
    ),
    (rules.not_normal, "an editor's state", lambda nb: nb.cells[0].metadata.update(collapsed=True)),
    (rules.not_normal, "a stream in pieces", split_stream),
    (rules.not_normal, "a warning before what was printed", warning_first),
    (rules.not_normal, "a widget's view", widget_view),
    (
        rules.not_normal,
        "a result's count",
        lambda nb: nb.cells[4].outputs[0].update(execution_count=9),
    ),
    (rules.not_normal, "a kernel's file", show("/tmp/ipykernel_12/345.py:1: Warning")),
    (
        rules.not_normal,
        "a progress bar",
        lambda nb: nb.cells[1].outputs[0].update(text="1 %\r2 %\n"),
    ),
    (rules.machine_in_output, "an address", show("<Node object at 0x7f5d3c1b2e60>")),
    (
        rules.machine_in_output,
        "an address in SVG",
        show('<g id="0x7f5d3c1b2e60"/>', "image/svg+xml"),
    ),
    (
        rules.machine_in_output,
        "an address in an image of a graph",
        show(graph_html('<svg width="9" id="0x7f5d3c1b2e60"/>', "a graph"), "text/html"),
    ),
    (rules.machine_in_output, "a path", show("saved to /home/ada/plot.png")),
    (
        rules.machine_in_output,
        "a path of PyTorch's build",
        show("(Triggered internally at /__w/pytorch/a.cpp:8.)"),
    ),
    (rules.machine_in_output, "a path in HTML", show("<a href='/Users/ada/x'>x</a>", "text/html")),
    (rules.machine_in_output, "a path in JSON", show({"at": ["/tmp/x"]}, "application/json")),
    (rules.machine_in_output, "a path on Windows", show(r"C:\Users\ada\plot.png")),
    (rules.machine_in_output, "a short path", show("~/course/utils/draw.py:12")),
    (
        rules.machine_in_output,
        "a path in an error",
        lambda nb: nb.cells[2].update(outputs=[error("no /tmp/a")]),
    ),
    (
        rules.machine_in_output,
        "a path in a traceback",
        traceback("Cell In[2] of /opt/x.py", "ValueError: no 7"),
    ),
    (
        rules.machine_in_output,
        "a library's frame",
        traceback(*FRAMES, "File ~/torch/_tensor.py:6\n", "ValueError: no 7"),
    ),
    (rules.machine_in_output, "a package", show("site-packages/torch/_tensor.py:6")),
    (rules.machine_in_output, "a PID", show("worker (pid 4242)")),
    (
        rules.machine_in_output,
        "a date in SVG",
        show("<dc:date>2026-01-01</dc:date>", "image/svg+xml"),
    ),
    (rules.machine_in_output, "a time", show("2026-01-01 09:00:00")),
    (rules.skipped, "a tag for nbval", tags(1, "nbval-ignore-output")),
    (rules.skipped, "another tag for nbval", tags(1, "nbval-skip")),
    (rules.skipped, "a tag for nbclient", tags(1, "skip-execution")),
    (rules.skipped, "a comment", source("# NBVAL_IGNORE_OUTPUT\nprint(3.5)")),
    (rules.skipped, "an indented comment", source("if True:\n    #NBVAL_SKIP\n    print(3.5)")),
    (rules.installs, "pip by !", source("!pip install torch")),
    (rules.installs, "pip by %", source("%pip install torch")),
    (rules.installs, "pip by a process", source("run('python -m pip install torch')")),
    (rules.installs, "a bent path", source("import sys\nsys.path.insert(0, '..')")),
    (rules.too_big, "sixteen lines", source("x = 1\n" * 16)),
    (rules.too_big, "111 columns", source('x = "' + "9" * 105 + '"')),
    (rules.too_big, "too many cells", lambda nb: nb.cells.extend(copy.deepcopy(nb.cells) * 8)),
    (rules.too_big, "too many bytes", show("9" * 300_000)),
    (rules.empty_cells, "an empty code cell", source(" \n")),
    (rules.empty_cells, "an empty text cell", source("", 0)),
    (
        rules.miscounted,
        "a cell that never ran",
        lambda nb: nb.cells[1].update(execution_count=None),
    ),
    (rules.miscounted, "a cell that ran again", lambda nb: nb.cells[1].update(execution_count=5)),
    (rules.miscounted, "a cell cut out", lambda nb: nb.cells.pop(3)),
    (rules.miscounted, "a cell moved", lambda nb: nb.cells.insert(1, nb.cells.pop(3))),
    (rules.untagged_errors, "an error without the tag", tags(2)),
    (rules.untagged_errors, "the tag without an error", tags(1, "raises-exception")),
    (rules.untagged_errors, "an error taken out", lambda nb: nb.cells[2].update(outputs=[])),
    (
        rules.torn_tracebacks,
        "another message",
        lambda nb: nb.cells[2].outputs[0].update(evalue="no 8"),
    ),
    (
        rules.torn_tracebacks,
        "another name",
        lambda nb: nb.cells[2].outputs[0].update(ename="KeyError"),
    ),
    (rules.torn_tracebacks, "no traceback", traceback()),
    (rules.torn_tracebacks, "no message", traceback(*FRAMES)),
    (rules.torn_tracebacks, "no frame", traceback("ValueError: no 7")),
    (
        rules.torn_tracebacks,
        "another cell's frame",
        traceback("Cell In[3], line 1", "ValueError: no 7"),
    ),
    (
        rules.torn_tracebacks,
        "a long traceback",
        traceback(*FRAMES, *["File model.py, line 1"] * 12, "ValueError: no 7"),
    ),
    (rules.lonely_pictures, "a picture without a number", forget_numbers),
    (
        predictions.malformed_predictions,
        "a question without choices",
        source("> **Predict.** 3 or 3.5?", 0),
    ),
    (predictions.misplaced_hiding, "a hidden cell that answers nothing", tags(1, "hide-output")),
    (predictions.unanswered_predictions, "an answer that is not shown", source(PREDICTION, 0)),
]


def test_no_rule_rejects_a_good_notebook():
    assert not rules.findings(good(), ALL_RULES)


@pytest.mark.parametrize(
    ("rule", "what", "spoil"), REJECTED, ids=[f"{r.__name__}-{w}" for r, w, _ in REJECTED]
)
def test_a_rule_rejects(rule, what, spoil):
    nb = good()
    spoil(nb)
    assert rule(nb)


def test_every_rule_has_something_it_rejects():
    assert {rule for rule, _, _ in REJECTED} == set(ALL_RULES)


@pytest.mark.parametrize(
    "text",
    [
        "∂L/∂w = 1/2 and/or 3",
        "see https://pytorch.org/tmp/docs",
        "<g transform='x'></g>",
        "0x1F",
        "about ~5 steps",
        r"$f:\mathbb{R}$",
    ],
)
def test_words_that_only_look_like_a_machine_stay(text):
    nb = good()
    show(text)(nb)
    assert not rules.machine_in_output(nb)


def test_a_figure_does_not_count_as_a_number():
    nb = good()
    forget_numbers(nb)
    nb.cells[3].outputs[0].data["text/plain"] = "<Figure size 500x350 with 1 Axes>"
    assert rules.lonely_pictures(nb)


@pytest.mark.parametrize(
    ("link", "works"),
    [
        ("[a](#The-end)", True),
        ("[a](#What-is-half?)", True),
        ("[a](#the-end)", False),
        ("[a](other.ipynb)", True),
        ("[a](two%20words.md)", True),
        ("[a](other.ipynb#A-heading)", True),
        ("[a](other.ipynb#No-heading)", False),
        ("[a](other.ipynb#A-step()-more)", True),
        ("[a](other.ipynb#A-step()-less)", False),
        ("([a](other.ipynb#A-heading))", True),
        ("[a](gone.ipynb)", False),
        ("![a](gone.png)", False),
        ("<img src='gone.png'>", False),
        ("[a](notes.md#two-words-here)", True),
        ("[a](notes.md#Two-words-here)", False),
        ("[a](https://pytorch.org/docs#x)", True),
        ("[a](mailto:ada@example.org)", True),
        ("`[a](gone.md)`", True),
        ("```\n[a](gone.md)\n```", True),
    ],
)
def test_a_link_leads_to_a_file_and_a_heading(tmp_path, link, works):
    other = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(f"# {heading}")
            for heading in ("A heading", "A step() more")
        ]
    )
    (tmp_path / "other.ipynb").write_text(nbformat.writes(other), encoding="utf-8")
    (tmp_path / "two words.md").touch()
    (tmp_path / "notes.md").write_text("## Two words, here!\n", encoding="utf-8")
    nb = good()
    nb.cells[0].source += f"\n\n{link}"
    assert (not rules.broken_links(nb, tmp_path / "page.ipynb")) == works


@pytest.mark.parametrize(
    "names", [["02_b"], ["01_a", "03_c"], ["01_a", "01_b"], ["1_a"], ["intro", "01_a"]]
)
def test_numbers_of_lessons_have_no_gap(names, tmp_path):
    assert rules.misnumbered([tmp_path / f"{one}.ipynb" for one in names])
    assert not rules.misnumbered([tmp_path / "01_a.ipynb", tmp_path / "02_b.ipynb"])


def test_the_normal_form_of_a_normal_notebook_is_itself():
    for _, _, spoil in REJECTED:
        nb = good()
        spoil(nb)
        if rules.not_valid(nb) == []:
            assert write_text(normalise(normalise(nb))) == write_text(normalise(nb))


def test_cells_without_an_id_get_the_same_one_each_time():
    nb = good()
    for cell in nb.cells:
        del cell["id"]
    assert not rules.findings(normalise(nb), ALL_RULES)
    assert write_text(normalise(nb)) == write_text(normalise(nb))


def test_pytest_hands_every_notebook_to_nbval(pytestconfig):
    assert pytestconfig.getoption("nbval")
    assert pytestconfig.getoption("nbval_current_env")
    assert pytestconfig.getoption("nbval_cell_timeout") == CELL_SECONDS
    folders = pytestconfig.getini("testpaths")
    for path in EXECUTED:
        assert {name(path), path.relative_to(ROOT).parts[0]} & {*folders}, name(path)


def test_a_picture_that_was_altered_is_looked_at_all_the_same():
    svg = base64.b64encode("<svg>σ(z)</svg>".encode()).decode()
    assert rules.pictures(f"data:image/svg+xml;base64,{svg}") == ["<svg>σ(z)</svg>"]
    torn = base64.b64encode(b"<svg>\xcf(z)</svg>").decode()
    assert rules.pictures(f"data:image/svg+xml;base64,{torn}") == ["<svg>\ufffd(z)</svg>"]
    assert rules.pictures(f"data:image/svg+xml;base64,{svg}A") == []
