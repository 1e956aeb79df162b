"""What is on a page cannot be altered without a test turning red.

Each alteration is made in a copy of a notebook and shown to the checks that `make test` applies:
nbval's comparison of each cell, the rules of tools/rules.py, and the comparison of the page with
a fresh run. One run of a notebook serves all of its copies. At the end the real command line judges
a small notebook, which proves that these checks are the ones in use."""

import ast
import base64
import copy
import io
import os
import re
import subprocess
import sys
from collections import Counter
from functools import partial
from itertools import pairwise

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, ImageDraw

from tools.places import ROOT, name, notebooks
from tools.rules import EVERYWHERE, EXECUTED, PICTURE, findings, too_big
from tools.strict_nbval.comparing import stale_outputs, stale_page
from tools.strict_nbval.normal_form import (
    WIDGET_VIEW,
    code_cells,
    label,
    normalise,
    read,
    write_text,
)
from tools.strict_nbval.running import CellFailed, execute

LESSONS = notebooks("notebooks", "solutions")
# A page that is too long would otherwise be red whatever is done to it.
RULES = [rule for rule in (*EVERYWHERE, *EXECUTED) if rule is not too_big]

# --- what can be altered in a single value --------------------------------------------------------


def next_digit(match):
    return match[0][:-1] + str((int(match[0][-1]) + 1) % 10)


def next_letter(match):
    return "y" if match[0] == "x" else "x"


TEXT_EDITS = {
    "first digit": partial(re.compile(r"\d").sub, next_digit, count=1),
    "last digit": partial(re.compile(r"\d(?=\D*$)").sub, next_digit, count=1),
    "a letter": partial(re.compile(r"(?<![\x1b\[;\w])[A-Za-z]").sub, next_letter, count=1),
    "a space more": lambda text: text + " ",
    "the end cut off": lambda text: text[:-1],
}
SVG_EDITS = {
    "a coordinate": partial(
        re.compile(r"\b(?:c?[xy][12]?|d|points)=[\"'][^\"'\d]*\d").sub, next_digit, count=1
    ),
    "a label": partial(re.compile(r"(?<=>)[^\s<]").sub, next_letter, count=1),
}


def in_picture(edit, html):
    """HTML with another first picture of a graph."""

    def other(hit):
        svg = base64.b64decode(hit[1]).decode()
        return hit[0].replace(hit[1], base64.b64encode(edit(svg).encode()).decode())

    return PICTURE.sub(other, html, count=1)


def png_edits(payload):
    """A picture with a spot, blank, too large and torn."""
    picture = Image.open(io.BytesIO(base64.b64decode(payload))).convert("RGBA")
    width, height = picture.size
    spotted = picture.copy()
    ImageDraw.Draw(spotted).ellipse(
        [width * 0.4, height * 0.4, width * 0.5, height * 0.5], fill="#8a2be2"
    )
    return {
        "a spot": png(spotted),
        "blank": png(Image.new("RGBA", picture.size, "#ffefd5")),
        "too large": png(picture.resize((width + 3, height + 3))),
        "torn": payload[:100],
    }


def png(picture):
    held = io.BytesIO()
    picture.save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


SWITCH = {
    "stdout": "stderr",
    "stderr": "stdout",
    "display_data": "execute_result",
    "execute_result": "display_data",
}


def edits(key, value):
    """{kind: another value} for one value of an output, which stands under `key`."""
    if key in ("name", "output_type"):
        return {"another one": SWITCH[value]} if value in SWITCH else {}
    if key == "image/png":
        return png_edits(value)
    if isinstance(value, str):
        within = {
            f"{kind} in a picture": partial(in_picture, edit) for kind, edit in SVG_EDITS.items()
        }
        chosen = TEXT_EDITS | {"image/svg+xml": SVG_EDITS, "text/html": within}.get(key, {})
        return {kind: edit(value) for kind, edit in chosen.items() if edit(value) != value}
    return {"one more": value + 1} if isinstance(value, int | float) else {"nothing": None}


def values(holder, place=()):
    """(place, holder, key, value) for every single value inside an output."""
    for key, value in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
        where = place if isinstance(key, int) else (*place, key)
        if isinstance(value, dict | list):
            yield from values(value, where)
        else:
            yield " ".join(where), holder, key, value


# --- alterations of a page, each as its kind and what to do to a copy -----------------------------


def alterations(nb):
    """Every alteration of a notebook, as (kind, cell, function that alters a copy in place)."""
    code = [at for at, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    for at in code:
        for number in range(len(nb.cells[at].outputs)):
            yield from ((kind, at, do) for kind, do in of_an_output(nb, at, number))
        yield from ((kind, at, do) for kind, do in of_a_cell(nb, at))
    for here, after in pairwise(code):
        yield "cells swapped", here, partial(swap, at=here, other=after)
        # The last cell may go: nothing on the page says that it is missing.
        yield "cell removed", here, lambda page, at=here: page.cells.pop(at)
    yield "kernel renamed", 0, lambda page: page.metadata.kernelspec.update(display_name="mine")
    yield "kernel's version", 0, lambda page: page.metadata.language_info.update(version="3.12.1")
    yield "widgets stored", 0, lambda page: page.metadata.update(widgets={"state": {}})


def swap(page, at, other):
    page.cells[at], page.cells[other] = page.cells[other], page.cells[at]


def of_an_output(nb, at, number):
    output = nb.cells[at].outputs[number]
    for index, (where, _, key, value) in enumerate(values(output)):
        for kind, other in edits(key, value).items():
            yield (
                f"{where}: {kind}",
                partial(set_value, at=at, number=number, index=index, other=other),
            )

    def on_outputs(act):
        return lambda page: act(page.cells[at].outputs)

    yield "output removed", on_outputs(lambda outputs: outputs.pop(number))
    yield (
        "output doubled",
        on_outputs(lambda outputs: outputs.insert(number, copy.deepcopy(outputs[number]))),
    )
    if output != nb.cells[at].outputs[-1]:
        yield (
            "outputs swapped",
            on_outputs(lambda outputs: outputs.insert(number + 1, outputs.pop(number))),
        )
    if output.get("text"):
        yield (
            "stream in pieces",
            on_outputs(lambda outputs: outputs.insert(number, split(outputs[number]))),
        )
    for kind in output.get("data", {}):
        yield (
            f"data {kind}: removed",
            on_outputs(lambda outputs, kind=kind: outputs[number].data.pop(kind)),
        )
    if "data" in output:
        more = {"text/markdown": output.data.get("text/markdown", "") + "7"}
        yield "data: a kind added", on_outputs(lambda outputs: outputs[number].data.update(more))
        yield (
            "data: a view added",
            on_outputs(lambda outputs: outputs[number].data.update({WIDGET_VIEW: {}})),
        )
        yield (
            "metadata: added",
            on_outputs(lambda outputs: outputs[number].metadata.update(isolated=True)),
        )
    if output.output_type == "error":
        yield "traceback: removed", on_outputs(lambda outputs: outputs[number].traceback.clear())
        yield (
            "traceback: a frame more",
            on_outputs(lambda outputs: outputs[number].traceback.insert(0, "File x")),
        )


def set_value(page, at, number, index, other):
    _, holder, key, _ = list(values(page.cells[at].outputs[number]))[index]
    holder[key] = other


def split(stream):
    """Cuts a stream in two: returns the first half and leaves the second."""
    middle = len(stream.text) // 2
    first = new_output("stream", name=stream.name, text=stream.text[:middle])
    stream.text = stream.text[middle:]
    return first


def of_a_cell(nb, at):
    def on_cell(act):
        return lambda page: act(page.cells[at])

    def tags(*names):
        return on_cell(lambda cell: cell.metadata.update(tags=list(names)))

    cell = nb.cells[at]
    yield (
        "output added",
        on_cell(lambda cell: cell.outputs.append(new_output("stream", text="7\n"))),
    )
    yield "count missing", on_cell(lambda cell: cell.update(execution_count=None))
    yield (
        "count one more",
        on_cell(lambda cell: cell.update(execution_count=cell.execution_count + 1)),
    )
    yield "never run", on_cell(lambda cell: cell.update(execution_count=None, outputs=[]))
    yield (
        "raising tag switched",
        tags() if "raises-exception" in cell.metadata.get("tags", ()) else tags("raises-exception"),
    )
    yield "skipping tag", tags(*cell.metadata.get("tags", ()), "nbval-ignore-output")
    yield (
        "skipping comment",
        on_cell(lambda cell: cell.update(source=f"# NBVAL_SKIP\n{cell.source}")),
    )
    yield "time of the run", on_cell(lambda cell: cell.metadata.update(execution={"iopub": "9:00"}))
    yield "cell doubled", lambda page: page.cells.insert(at, copy.deepcopy(page.cells[at]))


# --- judging --------------------------------------------------------------------------------------


def red(page, fresh):
    """The names of the checks that reject a page, given a fresh run of the page that it was made
    from.
    """
    found = {"rules"} if findings(page, RULES) else set()
    if [cell.source for cell in page.cells] != [cell.source for cell in fresh.cells]:
        return found  # A fresh run of this page would be another one.
    again = copy.deepcopy(page)
    for old, cell, new in zip(page.cells, again.cells, fresh.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = new.outputs
            found |= {"nbval"} if stale_outputs(old, new.outputs) else set()
    return found | ({"fresh run"} if stale_page(page, normalise(again)) else set())


def must_be_red(nb, page):
    """The checks that have to reject an altered page, each by itself: none of them is idle."""
    given, now = (
        [(cell.source, cell.metadata.get("tags")) for cell in one.cells] for one in (nb, page)
    )
    if given != now:
        return {"rules"}
    shown = [cell.outputs for cell in code_cells(nb)] != [cell.outputs for cell in code_cells(page)]
    return {"fresh run", "nbval"} if shown else {"fresh run"}


#: So many lessons, one after the other, are shown an alteration of each kind between them: each
#: alteration costs a comparison of the whole page.
TURNS = 12


def sample_of(found, turn):
    """An alteration of each kind; with a turn, of one kind in TURNS, and with each turn others."""
    by_kind = {}
    for alteration in found:
        by_kind.setdefault(alteration[0], []).append(alteration)
    kinds = list(by_kind.values())
    if turn is None:
        return [same[0] for same in kinds]
    return [same[turn % len(same)] for same in kinds[turn % TURNS :: TURNS]]


def judge_alterations(title, nb, fresh, everything, note, turn=None):
    assert not red(nb, fresh), f"{title} is rejected as it is stored"
    found = list(alterations(nb))
    missed, caught = [], Counter()
    chosen = found if everything else sample_of(found, turn)
    for kind, at, alter in chosen:
        page = copy.deepcopy(nb)
        alter(page)
        checks = red(page, fresh)
        caught.update(checks)
        for check in must_be_red(nb, page) - checks:
            missed.append(f"{label(nb.cells[at])}: {kind} (not seen by {check})")
    by = ", ".join(f"{number} by {check}" for check, number in sorted(caught.items()))
    share = f"{len(chosen) - len(missed)} of {len(chosen)} caught of {len(found)} possible"
    note("note", f"{title}: {share} ({by})")
    assert not missed, f"{title}: alterations that a check does not see:\n" + "\n".join(missed)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_alteration_of_a_page_is_caught(path, fresh_run, pytestconfig, record_property):
    everything = pytestconfig.getoption("all_mutations")
    if "notebooks" not in path.parts and not everything:
        pytest.skip("the lessons are the sample of pages: --all-mutations")
    judge_alterations(
        name(path), read(path), fresh_run(path), everything, record_property, LESSONS.index(path)
    )


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_number_changed_in_the_code_changes_the_page(
    path, fresh_run, pytestconfig, record_property
):
    if not pytestconfig.getoption("all_mutations"):
        pytest.skip("takes a run for each cell: --all-mutations")
    nb, fresh = read(path), fresh_run(path)
    made, quiet, missed = 0, 0, []
    for at, cell in enumerate(nb.cells):
        if cell.cell_type != "code" or not (source := other_number(cell.source)):
            continue
        page = copy.deepcopy(nb)
        page.cells[at].source = source
        made += 1
        try:
            run = execute(page, path.parent)
        except CellFailed:
            continue
        if [cell.get("outputs") for cell in run.cells] == [
            cell.get("outputs") for cell in fresh.cells
        ]:
            quiet += 1
        elif not stale_page(page, run):
            missed.append(label(cell))
    shown = f"{made - quiet - len(missed)} of {made} changed numbers caught"
    record_property("note", f"{name(path)}: {shown}, {quiet} change nothing on the page")
    assert not missed, f"a changed number hides within what a picture may differ by: {missed}"


def other_number(source):
    """The source with its last number made one larger; None if there is none."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    numbers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    numbers = [node for node in numbers if ast.get_source_segment(source, node) == repr(node.value)]
    if not numbers:
        return None
    last = max(numbers, key=lambda node: (node.lineno, node.col_offset))
    lines = [line.encode() for line in source.split("\n")]
    line = lines[last.lineno - 1]
    lines[last.lineno - 1] = (
        line[: last.col_offset] + repr(last.value + 1).encode() + line[last.end_col_offset :]
    )
    return b"\n".join(lines).decode()


# --- a small notebook with outputs of every kind, and the real command line -----------------------


def text(new):
    return lambda cell: cell.outputs[0].update(text=new)


def data(kind, new):
    return lambda cell: cell.outputs[0].data.update({kind: new})


def tagged(*tags):
    return lambda cell: cell.metadata.update(tags=list(tags))


def one_more(cell):
    cell.outputs.append(new_output("stream", text="7\n"))


def other_kind(cell):
    cell.outputs = [new_output("display_data", data=cell.outputs[0].data)]


def other_frame(cell):
    cell.outputs[0].traceback[-2] = cell.outputs[0].traceback[-2].replace("----> ", "-----> ")


def other_picture(cell):
    cell.outputs[1].data["image/png"] = png(Image.new("RGB", (40, 20), "navy"))


def never_run(cell):
    cell.update(execution_count=None, outputs=[])


RAISES = "raises-exception"
IMPORTS = """
import warnings
from PIL import Image
from IPython.display import HTML, SVG, clear_output
"""
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M3 4"/><text x="5">leaf</text></svg>'
JSON = "display({'application/json': {'a': 1}, 'text/plain': '1'}, raw=True)"
UPDATE = "shown = display('before', display_id=True)\nshown.update('after')"
CLEAR = "print('gone')\nclear_output()\nprint('stays')"

# What is altered: (source, tags, the alteration). By itself nbval lets half of them pass.
SAMPLE = {
    "output added": (IMPORTS, (), one_more),
    "stdout": ("print(f'{7 / 2:.3f}')", (), text("3.501\n")),
    "result": ("7 / 2", (), data("text/plain", "3.6")),
    "svg": (f"SVG({DRAWING!r})", (), data("image/svg+xml", DRAWING.replace("M3", "M5"))),
    "picture": ("print(40)\nImage.new('RGB', (40, 20), 'teal')", (), other_picture),
    "kind of output": ("HTML('<b>4</b>')", (), other_kind),
    "order": ("print(1)\ndisplay(2)\nprint(3)", (), lambda cell: cell.outputs.reverse()),
    "message": ("1 / 0", (RAISES,), lambda cell: cell.outputs[0].update(evalue="division by one")),
    "traceback": ("int('seven')", (RAISES,), other_frame),
    "warning": (
        "warnings.warn('7 left', stacklevel=1)",
        (),
        text("<cell>:1: UserWarning: 8 left\n"),
    ),
    "stream": ("print(5)", (), lambda cell: cell.outputs[0].update(name="stderr")),
    "updated display": (UPDATE, (), data("text/plain", "'before'")),
    "cleared output": (CLEAR, (), text("gone\nstays\n")),
    "json": (JSON, (), data("application/json", {"a": 2})),
    "never run": ("6 + 1", (), never_run),
    "tag without error": ("quiet = 1", (), tagged(RAISES)),
    "error without tag": ("[][0]", (RAISES,), tagged()),
    "source": ("print(8)", (), lambda cell: cell.update(source="print(9)")),
    "count": ("'nine' + 'ten'", (), lambda cell: cell.outputs[0].update(execution_count=1)),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The small notebook, as a fresh run leaves it."""
    cells = [
        new_code_cell(source, metadata={"tags": list(tags)}) for source, tags, _ in SAMPLE.values()
    ]
    return execute(new_notebook(cells=cells), tmp_path_factory.mktemp("sample"))


def test_every_alteration_of_outputs_of_every_kind_is_caught(sample, pytestconfig, record_property):
    everything = pytestconfig.getoption("all_mutations")
    judge_alterations("a sample", sample, sample, everything, record_property)


def test_the_command_line_rejects_exactly_the_altered_cells(sample, tmp_path, record_property):
    altered = {}
    for start, file in enumerate(["even.ipynb", "odd.ipynb"]):
        page = copy.deepcopy(sample)
        altered[file] = set(range(start, len(SAMPLE), 2))
        for number in altered[file]:
            list(SAMPLE.values())[number][2](page.cells[number])
        (tmp_path / file).write_text(write_text(page), encoding="utf-8")
    failed, passed = outcomes(run_pytest(*(tmp_path / file for file in altered)))
    wanted = {(file, number) for file, numbers in altered.items() for number in numbers}
    names = list(SAMPLE)
    assert not [f"{file}: {names[number]}" for file, number in wanted - failed], (
        "altered, and nothing failed"
    )
    assert not [f"{file}: {names[number]}" for file, number in failed - wanted], (
        "not altered, and failed"
    )
    assert len(passed) + len(failed) == len(altered) * len(SAMPLE)
    record_property(
        "note", f"python -m pytest: {len(failed)} of {len(wanted)} altered cells of a sample caught"
    )


def run_pytest(*paths):
    """What `python -m pytest` says of the notebooks, with the settings of this repository."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    settings = ["-c", "pyproject.toml", "--rootdir", str(paths[0].parent)]
    line = [
        sys.executable,
        "-m",
        "pytest",
        *settings,
        "-p",
        "no:cacheprovider",
        "-o",
        "strict_nbval_warm=",  # the sample needs nothing of it
        "-rA",
        "--color=no",
    ]
    line += map(str, paths)
    run = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", errors="replace"
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def outcomes(said):
    found = re.findall(r"^(PASSED|FAILED) (?:.*[/\\])?(\w+\.ipynb)::Cell (\d+)", said, re.MULTILINE)
    return tuple(
        {(file, int(cell)) for how, file, cell in found if how == which}
        for which in ("FAILED", "PASSED")
    )
