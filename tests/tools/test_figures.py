"""The figures count what they say that they count."""

import ast

import pytest

from tools import figures
from tools.places import ROOT

PAGE = '''\
"""A module."""

# a comment
TABLE = {
    "a": 1,
}


def public(a: int, b, *rest, key: str = "", **more):
    """Text
    on two lines.
    """
    return [x for x in rest if x and a]


class Some:
    def __repr__(self):
        return """two
lines"""

    def method(self, value):
        def inside(c):
            return c

        return inside(value)

    def _own(self, d):
        """Private."""
'''


@pytest.fixture
def package():
    counted = figures.Package()
    counted.add(PAGE, "page.py")
    return counted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("if a:\n    b\nelif c:\n    d\nelse:\n    e", 2),
        ("for a in b:\n    while c:\n        d", 2),
        ("try:\n    a\nexcept B:\n    c\nexcept D:\n    e\nfinally:\n    f", 2),
        ("a and b and c or d", 3),
        ("a if b else c", 1),
        ("{a: b for a in c if d if e for b in f}", 4),
        ("match a:\n    case 1:\n        b\n    case _:\n        c", 2),
        ("assert a == 1, b", 0),
        ("with a:\n    b", 0),
    ],
)
def test_branches_are_counted(code, wanted):
    assert figures.branches(ast.parse(code)) == wanted


def test_a_line_of_code_is_no_comment_no_docstring_and_not_blank(package):
    held = [line for line in PAGE.splitlines() if line.strip()]
    prose = ['"""A module."""', "# a comment", '"""Text', "on two", '"""', '"""Private."""']
    code = [line for line in held if not any(line.strip().startswith(word) for word in prose)]
    assert package.code_lines == len(code) == 14
    assert (package.files, package.lines) == (1, len(PAGE.splitlines()))


def test_public_is_what_can_be_reached_without_an_underscore(package):
    assert [f.name for f in package.functions if f.public] == [
        "page.py:9 public",
        "page.py:17 __repr__",
        "page.py:21 method",
    ]
    private = figures.Package()
    private.add(PAGE, "some/_page.py")
    assert not [f for f in private.functions if f.public]


def test_parameters_are_counted_with_stars_and_without_self(package):
    assert [(f.parameters, f.bare) for f in package.functions if f.parameters] == [
        (5, ["b", "rest", "more"]),
        (1, ["value"]),
        (1, ["d"]),
        (1, ["c"]),
    ]
    assert package.annotated == 2


def test_what_is_missing_is_named(package):
    assert list(figures.named(package)) == [
        "page.py:9 public: no annotation of b, rest, more",
        "page.py:21 method: no docstring",
        "page.py:21 method: no annotation of value",
    ]


def test_a_function_with_too_many_branches_is_named():
    package = figures.Package()
    package.add("def _f():\n" + "    if a:\n        b\n" * 16, "page.py")
    assert list(figures.named(package)) == ["page.py:1 _f: 16 branches, 15 at most"]


def test_long_lines_are_counted():
    package = figures.Package()
    package.add(f'"{"x" * 98}"\n"{"x" * 99}"\n', "page.py")
    assert package.long_lines == 1


def test_the_command_prints_a_line_for_each_package(capsys):
    assert figures.main(["tools"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:2] == ["tools", str(len(list((ROOT / "tools").rglob("*.py"))))]


def test_a_folder_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        figures.main(["gone"])
    assert "no such folder" in capsys.readouterr().err


def test_an_empty_package_has_figures_too():
    assert figures.row("empty", figures.Package()).split()[1:] == [
        *"00000",
        "0.00",
        "0.00",
        "0.0%",
        "0%",
    ]
