"""The page on which a reader looks up an error: made from the lessons, and true."""

from urllib.parse import unquote

import nbformat
import pytest

from tools import error_index as errors
from tools.normal_form import name, notebooks, read
from tools.rules import LINK, anchor_in_lab, why_broken

LESSONS = notebooks("notebooks")
PAGE = errors.PART.text()


def lesson(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def heading(text):
    return nbformat.v4.new_markdown_cell(text)


def shows(*outputs):
    return nbformat.v4.new_code_cell("run()", outputs=list(outputs))


def error(evalue, ename="RuntimeError"):
    return nbformat.v4.new_output("error", ename=ename, evalue=evalue, traceback=[])


def prints(text):
    return nbformat.v4.new_output("stream", text=text)


def test_the_page_is_what_the_lessons_show():
    assert errors.PART.filled(PAGE, errors.table(LESSONS)) == PAGE, "make refresh writes it"


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_each_error_of_a_lesson_is_on_the_page(path):
    tagged = [
        cell for cell in read(path).cells if "raises-exception" in cell.metadata.get("tags", [])
    ]
    for cell in tagged:
        (raised,) = [output for output in cell.outputs if output.output_type == "error"]
        assert f"{raised.ename}: {raised.evalue.splitlines()[0]}" in PAGE


def test_each_link_leads_to_a_section_that_shows_the_error():
    rows = [row for row in errors.PART.inside().splitlines() if "](" in row]
    assert rows
    for row in rows:
        for link in ("".join(groups) for groups in LINK.findall(row)):
            assert not why_broken(link, None, errors.PART.page)
            file, _, anchor = unquote(link).partition("#")
            shown = errors.messages_by_heading(read(errors.PART.page.parent / file))
            said = row.split("|")[1].strip().strip("`").strip()
            assert (said, anchor) in [(line, anchor_in_lab(heading)) for line, heading in shown]


def test_a_line_belongs_to_the_nearest_heading_above_it():
    nb = lesson(
        heading("# 01 · Title"),
        shows(error("one")),
        heading("Prose.\n\n## First\n\n## Second"),
        shows(error("two\nmore")),
    )
    assert list(errors.messages_by_heading(nb)) == [
        ("RuntimeError: one", "01 · Title"),
        ("RuntimeError: two", "Second"),
    ]


def test_a_printed_warning_counts_and_other_text_does_not():
    nb = lesson(heading("# T"), shows(prints("loss 3\nUserWarning: careful\nno Warning: here\n")))
    assert list(errors.messages_by_heading(nb)) == [("UserWarning: careful", "T")]


def test_a_line_that_two_sections_show_has_one_row_with_both(tmp_path):
    path = tmp_path / "01_a.ipynb"
    cells = [heading("## A `b`"), shows(error("x | `y`")), heading("## C"), shows(error("x | `y`"))]
    nbformat.write(lesson(*cells), path)
    (row,) = [line for line in errors.table([path]).splitlines() if "Runtime" in line]
    links = "[01 · A `b`](01_a.ipynb#A-b)<br>[01 · C](01_a.ipynb#C)"
    assert row == f"| `` RuntimeError: x \\| `y` `` | {links} |"
