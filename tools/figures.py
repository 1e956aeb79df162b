"""Counts what the house style asks of code: `python -m tools.figures [folder…]`.

A *branch* is an `if`, `elif`, `for`, `while`, `except` or `case`, an operand of `and` or `or` after
the first, a conditional expression, and in a comprehension each `for` and each `if`. A *line of
code* holds code: it is not blank, not a comment and not part of a docstring. The *complexity* of a
function is one more than its branches, as McCabe counts it; the column has it per line of code
inside functions, so tables of data do not thin it out, and a short function pays for its `def`.
Printed are files and lines, the median, ninth tenth and largest number of lines of code in a
function, branches and complexity per line, the share of lines over 100 columns, and of annotated
parameters; then what is too branched, or public and without a docstring or an annotation.
"""

import argparse
import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from tools.places import ROOT

FOLDERS = ["utils/autograd_seen", "utils/forkgrade", "tools", "tests", "benchmarks"]
COLUMNS, BRANCHES = 100, 15

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ONE_BRANCH = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.IfExp,
    ast.ExceptHandler,
    ast.match_case,
)
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Function:
    """What is counted in one function or method.

    Attributes:
        name: its file, its line and its name, as a message shows them.
        public: whether no name on the way to it, from the file's on, begins with an underscore,
            and no other function holds it.
        lines: its lines of code.
        branches: in it and in the functions inside it.
        documented: whether it has a docstring, or a name such as `__repr__`, which says enough.
        parameters: how many it takes, `self` and `cls` left out.
        bare: the names of those without an annotation.
    """

    name: str
    public: bool
    lines: int
    branches: int
    documented: bool
    parameters: int
    bare: list[str]


@dataclass
class Package:
    """What is counted in all files of a folder."""

    files: int = 0
    lines: int = 0
    long_lines: int = 0
    code_lines: int = 0
    branches: int = 0
    functions: list[Function] = field(default_factory=list)

    def add(self, text: str, name: str) -> None:
        """Counts a file's text; `name` is what messages call the file."""
        tree, lines = ast.parse(text), text.splitlines()
        code = code_lines(text, tree)
        self.files += 1
        self.lines += len(lines)
        self.long_lines += sum(len(line) > COLUMNS for line in lines)
        self.code_lines += len(code)
        self.branches += branches(tree)
        self.functions += functions(tree, name, code)

    def total(self, what: str) -> int:
        """The sum of a number over its functions: "lines", "branches" or "parameters"."""
        return sum(getattr(function, what) for function in self.functions)

    @property
    def complexity(self) -> int:
        """The sum of its functions' complexities."""
        return self.total("branches") + len(self.functions)

    @property
    def annotated(self) -> int:
        """How many of its functions' parameters have an annotation."""
        return self.total("parameters") - sum(len(function.bare) for function in self.functions)


def branches(tree: ast.AST) -> int:
    """The number of branches in a piece of code.

    >>> branches(ast.parse("x = [a for a in b if a > 0 and a < 9]"))
    3
    """
    return sum(map(branches_of, ast.walk(tree)))


def branches_of(node: ast.AST) -> int:
    """The branches that one node brings, without those inside it."""
    if isinstance(node, ONE_BRANCH):
        return 1
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return 0


def code_lines(text: str, tree: ast.AST) -> set[int]:
    """The numbers of the lines that hold code."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            found.update(lines_of(token.start[0], token.end[0]))
    for docstring in docstrings(tree):
        found -= lines_of(docstring.lineno, docstring.end_lineno)
    return found


def lines_of(first: int, last: int) -> set[int]:
    """The numbers from the first to the last line."""
    return set(range(first, last + 1))


def docstrings(tree: ast.AST) -> Iterator[ast.Expr]:
    """The statements that are docstrings of a module, of its classes or of its functions."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTION)) and ast.get_docstring(node):
            yield node.body[0]


def functions(tree: ast.Module, name: str, code: set[int]) -> Iterator[Function]:
    """Each function and method of a module, also those inside others."""
    public = not any(is_private(part) for part in Path(name).with_suffix("").parts)
    to_visit = [(node, public) for node in tree.body]
    while to_visit:
        node, public = to_visit.pop(0)
        if isinstance(node, (ast.ClassDef, *FUNCTION)):
            public = public and not is_private(node.name)
        if isinstance(node, FUNCTION):
            yield measured(node, public, name, code)
            public = False  # nobody reaches what a function keeps to itself
        to_visit += [(child, public) for child in ast.iter_child_nodes(node)]


def is_private(name: str) -> bool:
    """Whether a name begins with an underscore; `__init__` and its like do not count."""
    return name.startswith("_") and not name.endswith("__")


def measured(node: ast.FunctionDef, public: bool, name: str, code: set[int]) -> Function:
    """What is counted in a function; `code` holds the lines of code of its file."""
    taken = parameters(node)
    return Function(
        name=f"{name}:{node.lineno} {node.name}",
        public=public,
        lines=len(code & lines_of(node.lineno, node.end_lineno)),
        branches=branches(node),
        documented=bool(ast.get_docstring(node) or node.name.endswith("__")),
        parameters=len(taken),
        bare=[parameter.arg for parameter in taken if parameter.annotation is None],
    )


def parameters(node: ast.FunctionDef) -> list[ast.arg]:
    """What a function takes, without `self` and `cls`."""
    takes = node.args
    stars = filter(None, (takes.vararg, takes.kwarg))
    taken = [*takes.posonlyargs, *takes.args, *takes.kwonlyargs, *stars]
    return [parameter for parameter in taken if parameter.arg not in ("self", "cls")]


def count(folder: Path) -> Package:
    """What is counted in the Python files at and below a folder."""
    package = Package()
    start = ROOT if folder.is_relative_to(ROOT) else folder
    for path in sorted(folder.rglob("*.py")):
        package.add(path.read_text(encoding="utf-8"), path.relative_to(start).as_posix())
    return package


# --- what is printed ------------------------------------------------------------------------------

HEADS = ["files", "lines", "median", "p90", "max", "branches", "complexity", "long", "annotated"]


def row(name: str, package: Package) -> str:
    """The line of the table for a package."""
    lengths = [function.lines for function in package.functions] or [0]
    ninth = quantiles([*lengths, *lengths], n=10)[-1]
    cells = [
        f"{package.files}",
        f"{package.lines:,}",
        f"{median(lengths):.0f}",
        f"{ninth:.0f}",
        f"{max(lengths)}",
        f"{ratio(package.branches, package.code_lines):.2f}",
        f"{ratio(package.complexity, package.total('lines')):.2f}",
        f"{ratio(package.long_lines, package.lines):.1%}",
        f"{ratio(package.annotated, package.total('parameters')):.0%}",
    ]
    return aligned(name, cells)


def aligned(name: str, cells: list[str]) -> str:
    """A line of the table."""
    return f"{name:20}" + "".join(f"{cell:>11}" for cell in cells)


def ratio(part: int, whole: int) -> float:
    """A part of a whole; of nothing it is 0."""
    return part / whole if whole else 0.0


def named(package: Package) -> Iterator[str]:
    """A line for each thing in a function that the house style asks to be otherwise."""
    for function in package.functions:
        if function.branches > BRANCHES:
            yield f"{function.name}: {function.branches} branches, {BRANCHES} at most"
        if function.public and not function.documented:
            yield f"{function.name}: no docstring"
        if function.public and function.bare:
            yield f"{function.name}: no annotation of {', '.join(function.bare)}"


def main(arguments: list[str] | None = None) -> int:
    """Prints the figures of the folders that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tools.figures", description=__doc__)
    parser.add_argument("folders", nargs="*", help=f"left out: {', '.join(FOLDERS)}")
    folders = parser.parse_args(arguments).folders or FOLDERS
    places = [(ROOT / folder).resolve() for folder in folders]
    if missing := [str(place) for place in places if not place.is_dir()]:
        parser.error(f"no such folder: {', '.join(missing)}")
    packages = [count(place) for place in places]
    print(aligned("", HEADS))
    for folder, package in zip(folders, packages, strict=True):
        print(row(folder, package))
    for folder, package in zip(folders, packages, strict=True):
        # A test is a sentence already, and pytest hands it its parameters.
        if folder != "tests" and (found := list(named(package))):
            print(f"\n{folder}", *found, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
