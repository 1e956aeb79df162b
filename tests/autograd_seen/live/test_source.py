"""A place in somebody's code: found while it runs, and told later as it was then."""

import linecache
import sys
import textwrap

import autograd_seen
import torch
from autograd_seen import record_forward
from autograd_seen.live.source import Place, Places


def run(path, source, **names):
    """Runs a file with this source."""
    path.write_text(textwrap.dedent(source))
    linecache.checkcache(str(path))
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names


def test_a_line_that_is_asked_for_late_is_the_one_that_ran(tmp_path):
    file, x = tmp_path / "mine.py", torch.tensor(4.0, requires_grad=True)
    with record_forward() as tape:
        run(file, "y = x.sin()\n", x=x)
    run(file, "# nothing of that is left\nz = 3\n")
    assert [operation.line for operation in tape.operations] == ["line 1: x.sin()"]


def test_a_line_is_the_same_however_often_it_is_asked_for():
    place = Place(sys._getframe(), whole=False)
    assert place.text == place.text
    assert place.text.endswith(": Place(sys._getframe(), whole=False)")


def test_the_whole_line_is_told_where_that_is_asked_for():
    place = Place(sys._getframe(), whole=True)
    assert place.text.endswith(": place = Place(sys._getframe(), whole=True)")


def test_one_instruction_is_one_place_and_two_on_a_line_are_two():
    places = Places("nowhere")
    found = [places.of(sys._getframe(), False) for _ in range(3)]
    assert found[0] is found[1] is found[2]
    one, two = places.of(sys._getframe(), False), places.of(sys._getframe(), False)
    assert one is not two


def test_what_this_package_runs_has_no_place_and_what_torch_runs_has_its_callers():
    def place_in(file):
        names = {"sys": sys, "places": Places("here.py")}
        exec(compile("found = places.of(sys._getframe(), False)", file, "exec"), names)
        return names["found"]

    package = autograd_seen.__file__.removesuffix("__init__.py")
    assert place_in(package + "draw.py") is None
    for file in ("here.py", torch.__file__):
        assert place_in(file).text.endswith('file, "exec"), names)')
    assert Places("here.py").of(None, False) is None
