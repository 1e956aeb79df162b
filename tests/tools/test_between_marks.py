"""A part of a page that a program writes leaves the rest of the page alone."""

import pytest

from tools.between_marks import Part

BEGIN, END = "<!-- begin -->\n", "<!-- end -->\n"


@pytest.fixture
def part(tmp_path):
    return Part(tmp_path / "page.md", BEGIN, END)


@pytest.mark.parametrize("text", ["no marks", BEGIN, END + BEGIN, 2 * (BEGIN + END), BEGIN * 2])
def test_a_page_without_a_place_for_the_part_is_refused_and_left_alone(part, text):
    part.page.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"page\.md needs, once and in this order"):
        part.write("new")
    assert part.text() == text


def test_what_stands_around_the_part_stays(part, capsys):
    part.page.write_text(f"before\n{BEGIN}old\n{END}after\n", encoding="utf-8")
    assert part.inside() == "old\n"
    part.write("new")
    assert part.text() == f"before\n{BEGIN}\nnew\n{END}after\n"
    part.write("new")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "changed",
        "unchanged",
    ]
