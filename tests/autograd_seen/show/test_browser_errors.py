"""The box on the page of errors finds, in a real browser, what find_error finds."""

import pytest
from autograd_seen import find_error

from tests import chromium

chromium.skip_without()

from tests.autograd_seen.show.test_browser import browser, opened  # noqa: F401
from tools.error_index import PAGE, sorted_rows

LINES = [
    "",
    *(f"a.py:5: {str(row).replace('…', '[7, 8]')}\n  return x" for row in sorted_rows()),
    "RuntimeError: a view of a leaf Variable that requires grad is being used in an in-place",
    "requires grad",
    "THROUGH the  graph",
    "second",
    "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
    "Trying to backward through the graph a second time, but the buffers are freed",
]


@pytest.fixture(scope="module")
def page(browser):  # noqa: F811
    with opened(browser, PAGE.as_uri(), offline=True) as page:
        yield page


@pytest.mark.parametrize("line", LINES)
def test_the_box_shows_the_rows_of_a_line(page, line):
    page.get_by_label("Paste the line").fill(line)
    shown = page.locator("tbody tr:visible code:first-child").all_text_contents()
    found = find_error(line).rows if line else sorted_rows()
    assert {text for text in shown if ": " in text} >= {str(row) for row in found}
    assert page.locator("tbody tr:visible").count() == len(found)
    said = page.get_by_role("status").text_content()
    assert said.startswith("No lesson explains this yet") == (line != "" and not found)


def test_without_script_the_whole_table_stands_there(browser):  # noqa: F811
    with opened(browser, PAGE.as_uri(), java_script_enabled=False) as page:
        assert page.locator("tbody tr:visible").count() == len(sorted_rows())
        assert "cannot search" in page.locator("noscript").inner_text()
