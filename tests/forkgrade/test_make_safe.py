"""The graded copy of a notebook is safe to look at, is not too long, and keeps its points."""

import copy

import pytest
from forkgrade.limits import Limits
from forkgrade.notes import notes
from nbformat import from_dict, v4

from tests.forkgrade.conftest import submission
from tests.forkgrade.payloads import DISPLAYED, DRAWING, PIXEL, display
from tests.forkgrade.test_safe_html import Inventory

FORMS = {"text/html", "text/plain", "image/png", "image/jpeg"}


@pytest.fixture
def safe():
    """A function that changes the cells of a graded notebook and makes it safe."""
    from forkgrade.make_safe import make_safe

    def safe(change, **limits):
        release = submission("# YOUR CODE HERE")
        release.cells.append(
            v4.new_markdown_cell("A <u>hint</u> ![a](attachment:a.png)", id="hint")
        )
        release.cells[-1]["attachments"] = {"a.png": {"image/png": PIXEL}}
        nb = copy.deepcopy(release)
        change(nb)
        make_safe(nb, copy.deepcopy(release), Limits(**limits))
        return nb

    return safe


def node(value):
    return from_dict(copy.deepcopy(value))


@pytest.fixture
def shown(safe):
    """What is left of an output that the answer's cell has."""

    def shown(output, **limits):
        nb = safe(lambda nb: nb.cells[1].update(outputs=[node(output)]), **limits)
        return nb.cells[1].outputs

    return shown


def test_what_the_course_handed_out_stays_as_it_is(safe):
    nb = safe(lambda nb: None)
    assert nb == safe(lambda nb: nb.metadata.update(widgets={}, title="<b>"))
    assert nb.cells[-1].source == "A <u>hint</u> ![a](attachment:a.png)"
    assert nb.cells[-1].attachments == {"a.png": {"image/png": PIXEL}} and notes(nb) == []


def test_a_written_answer_becomes_clean_html(safe):
    nb = safe(lambda nb: nb.cells[3].update(source="**so** <script>1</script>"))
    assert nb.cells[3].source == (
        "<div><p><strong>so</strong> &lt;script&gt;1&lt;/script&gt;</p>\n</div>"
    )
    assert nb.cells[3].metadata.nbgrader.grade_id == "explain"


def test_a_raw_cell_is_shown_as_it_was_typed(safe):
    nb = safe(lambda nb: nb.cells.append(v4.new_raw_cell("<b>x</b>")))
    assert nb.cells[-1].cell_type == "markdown"
    assert Inventory(nb.cells[-1].source).text == "<b>x</b>"


def test_a_text_of_the_course_keeps_its_own_pictures(safe):
    def swapped(nb):
        nb.cells[-1].attachments = {"a.png": {'image/png" onerror="x': "x"}}

    assert safe(swapped).cells[-1].attachments == {"a.png": {"image/png": PIXEL}}


def test_a_picture_pasted_into_an_answer_is_part_of_it(safe):
    def pasted(nb):
        nb.cells[3].source = "![a](attachment:a.png) ![b](attachment:b.svg)"
        nb.cells[3]["attachments"] = node(
            {"a.png": {"image/png": PIXEL}, "b.svg": {'text/html" x="': "x"}}
        )

    answer = safe(pasted).cells[3]
    assert "attachments" not in answer
    assert "attachment" in Inventory(answer.source).text  # b.svg is none that is known
    nb = safe(lambda nb: pasted(nb) or nb.cells[3].update(source="![a](attachment:a.png)"))
    assert f"base64,{PIXEL}" in nb.cells[3].source


def test_marks_of_a_student_s_own_cell_are_dropped(safe):
    metadata = {"tags": ['"><script>'], "raw_mimetype": "text/html", "alt": '" onload="x'}
    own = v4.new_code_cell("1", metadata=metadata)
    own.id = 'a"b'
    made = safe(lambda nb: nb.cells.insert(1, own)).cells[1]
    assert made.metadata == {} and made.id == "cell-1"


@pytest.mark.parametrize("name", DISPLAYED)
def test_nothing_displayed_is_left_that_could_run_or_fetch(shown, name):
    for output in shown(DISPLAYED[name]):
        if output.output_type not in ("display_data", "execute_result"):
            assert output.output_type in ("stream", "error")
            assert output.get("name", "stdout") in ("stdout", "stderr")
            continue
        assert output.data.keys() <= FORMS and output.data
        assert list(Inventory(output.data.get("text/html", "")).harmful()) == []
        assert output.metadata.keys() <= {"image/png", "width", "height", "alt"}
        assert all(isinstance(size, int) for size in output.metadata.get("image/png", {}).values())


@pytest.mark.parametrize(
    "data, left",
    [
        ({"text/plain": "1"}, None),
        ({"text/html": "<b>1</b>", "text/plain": "1"}, None),
        ({"image/png": PIXEL, "text/plain": "<Figure>"}, None),
        ({"image/png": PIXEL}, None),
        ({"text/markdown": "*a*", "text/plain": "a"}, {"text/html": "<p><em>a</em></p>\n"}),
        ({"text/x": "1"}, {"text/plain": "(not shown: text/x)"}),
    ],
)
def test_a_display_keeps_the_forms_that_are_harmless(shown, data, left):
    (output,) = shown(display(data))
    plain = {"text/plain": data["text/plain"]} if "text/plain" in data else {}
    assert output.data == (data if left is None else plain | left)


def test_a_drawing_is_an_image(shown):
    (output,) = shown(display({"image/svg+xml": DRAWING, "text/plain": "x"}))
    assert output.data["text/html"].startswith('<img alt="" src="data:image/svg+xml;base64,')
    assert output.data["text/plain"] == "x"


def test_the_size_of_a_picture_stays(shown):
    metadata = {"image/png": {"width": 40, "height": 30}, "alt": "a line"}
    (output,) = shown(display({"image/png": PIXEL}, **metadata))
    assert output.metadata == metadata


def test_a_long_source_is_cut_in_the_copy(safe):
    nb = safe(lambda nb: nb.cells[1].update(source="x" * 99), source_chars=10)
    assert nb.cells[1].source == "xxxxxxxxxx\n… cut: 10 of 99 characters are shown"


def test_a_notebook_that_shows_too_much_is_cut_with_a_note(safe):
    def much(nb):
        nb.cells[1].outputs = [node(display({"text/html": "<b>1</b>" * 1000})) for _ in range(9)]
        nb.cells.insert(2, v4.new_code_cell("own"))

    nb = safe(much, page_chars=30_000)
    assert notes(nb) == ["shown only in part, as it is longer than 30,000 characters"]
    assert [output.output_type for output in nb.cells[1].outputs] == 3 * ["display_data"] + [
        "stream"
    ]
    assert nb.cells[1].outputs[-1].text == "… what follows is not shown\n"
    marked = [cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata]
    assert marked == ["setup", "answer", "check-two", "explain"]
    assert "own" not in [cell.source for cell in nb.cells]


def test_a_notebook_of_many_short_cells_is_cut_too(safe):
    nb = safe(
        lambda nb: nb.cells.extend(v4.new_code_cell("1") for _ in range(50)), page_chars=30_000
    )
    assert 20 < len(nb.cells) < 40 and len(notes(nb)) == 1


def test_what_takes_too_long_to_show_is_shown_as_plain_text(safe):
    def long(nb):
        nb.cells[3].source = "[" * 450_000
        nb.cells[1].outputs = [node(display({"text/html": "<b>1</b>", "text/plain": "1"}))]

    nb = safe(long, page_seconds=0.2, source_chars=450_000)
    assert notes(nb) == ["shown as plain text, as its page took longer than 0.2 s"]
    assert Inventory(nb.cells[3].source).text == "[" * 450_000
    assert nb.cells[1].outputs[0].data == {"text/plain": "1"}


@pytest.mark.parametrize("kind", ["stream", "error", "plain"])
def test_a_long_text_is_shown_by_its_ends(shown, kind):
    text = "\x1b[" * 9_000 + "end"
    forms = {
        "stream": {"output_type": "stream", "name": "stdout", "text": text},
        "error": {"output_type": "error", "ename": "E", "evalue": "e", "traceback": [text]},
        "plain": display({"text/plain": text}),
    }
    (output,) = shown(forms[kind], output_chars=50)
    left = {
        "stream": lambda: output.text,
        "error": lambda: output.traceback[0],
        "plain": lambda: output.data["text/plain"],
    }[kind]()
    assert left.startswith(text[:50] + "\n… 16,953 characters are not shown …\n")
    assert left.endswith("end") and len(left) < 1_200
