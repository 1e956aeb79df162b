"""The page on which a reader looks up an error: made from the rows, which the lessons prove."""

import html
import re

import nbformat
import pytest
from autograd_seen.explained import ROWS, Row, Section

from tools import error_index as errors
from tools.places import notebooks
from tools.rules import LINK, why_broken

LESSONS = notebooks("notebooks")
FOLDER = errors.PAGE.parent


def lesson(tmp_path, *cells):
    path = tmp_path / "01_a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def heading(text):
    return nbformat.v4.new_markdown_cell(text)


def shows(*outputs):
    return nbformat.v4.new_code_cell("run()", outputs=list(outputs))


def error(evalue, ename="RuntimeError"):
    return nbformat.v4.new_output("error", ename=ename, evalue=evalue, traceback=[])


def prints(text, stream="stdout"):
    return nbformat.v4.new_output("stream", name=stream, text=text)


def test_the_rows_say_what_the_lessons_raise():
    assert not (found := errors.unproven(ROWS, LESSONS)), "\n".join(found)


def test_the_pages_are_what_the_rows_say():
    text = errors.PART.text()
    assert errors.PART.filled(text, errors.table()) == text, "make refresh writes it"
    assert errors.PAGE.read_text(encoding="utf-8") == errors.page(), "make refresh writes it"


@pytest.mark.parametrize("write", [errors.table, errors.page])
def test_each_link_leads_to_a_section(write):
    links = ["".join(groups) for groups in LINK.findall(html.unescape(write()))]
    assert len(links) == sum(len(row.sections) for row in ROWS)
    assert not [link for link in links if why_broken(link, None, errors.PAGE)]


def test_each_row_stands_once_on_each_page_with_its_whole_message():
    table, page = errors.table(), errors.page()
    for row in ROWS:
        assert table.count(f"{row} `") + table.count(f"`{row}`") == 1
        assert page.count(f"<code>{html.escape(str(row))}</code>") == 1
        assert page.count(f'data-pattern="{html.escape(row.pattern)}"') == 1


def test_the_page_asks_nothing_of_a_network():
    assert not re.findall(r"https?://|src=|@import|url\(", errors.page())


SAID = "no 7 in a tensor of size [2, 3]"
ROW = Row("RuntimeError", "no … in a tensor of size …", (Section("01_a", "The `b`"),))


def test_a_row_is_proven_by_a_cell_of_its_section(tmp_path):
    path = lesson(tmp_path, heading("# T\n\n## The `b`"), shows(error(SAID)))
    assert errors.unproven((ROW,), [path]) == []
    warned = lesson(
        tmp_path, heading("# The `b`"), shows(prints("x\nUserWarning: no 7\n", "stderr"))
    )
    row = Row("UserWarning", "no …", ROW.sections)
    assert errors.unproven((row,), [warned]) == []


def test_an_error_without_a_row_is_told_with_the_line_to_add(tmp_path):
    path = lesson(tmp_path, heading("# The `b`"), shows(error(SAID)))
    (found,) = errors.unproven((), [path])
    told, line = found.split("\n")
    assert "what 01, The b raises" in told
    row = "RuntimeError", SAID, (("01_a", "The `b`"),)
    assert eval(line.partition("#")[0].strip())[0] == row


def test_a_warning_without_a_row_is_told_too_and_other_text_is_none(tmp_path):
    text = "loss 3\nFutureWarning: careful\nno Warning: here\nExplained in 01, A\n"
    for stream in ("stdout", "stderr"):
        path = lesson(tmp_path, heading("# A"), shows(prints(text, stream)))
        (found,) = errors.unproven((), [path])
        assert "'FutureWarning', 'careful'" in found


@pytest.mark.parametrize(
    ("cells", "there"),
    [
        ([heading("# The `b`")], "no lesson raises it"),
        ([heading("# The `b`"), shows(error("another"))], "no lesson raises it"),
        ([heading("# The b"), shows(error(SAID))], "Section(lesson='01_a', heading='The b')"),
        (
            [heading("# The `b`"), heading("## Below"), shows(error(SAID))],
            "Section(lesson='01_a', heading='Below')",
        ),
    ],
)
def test_a_row_whose_section_raises_nothing_of_it_is_told(tmp_path, cells, there):
    found = errors.unproven((ROW,), [lesson(tmp_path, *cells)])
    assert [line for line in found if "take it out" in line and f"({there})" in line]


def test_a_code_span_holds_whatever_a_message_has():
    assert errors.as_code("x | y") == "`x \\| y`"
    assert errors.as_code("x `y`") == "`` x `y` ``"
