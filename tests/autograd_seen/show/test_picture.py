"""A drawn graph as Jupyter, a terminal or a file has it."""

import base64
import gc
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import autograd_seen
import pytest
import torch
from autograd_seen import draw_graph
from autograd_seen.show import picture

from tests.autograd_seen.show.drawn import LESSONS, hostile, sine

ROOT = Path(autograd_seen.__file__).parents[2]
SAME_EVERYWHERE = """
import torch
from autograd_seen import draw_graph, step_through
params = {name: torch.tensor(float(i + 2), requires_grad=True) for i, name in enumerate("wbuv")}
x, t = torch.arange(6.0).reshape(2, 3), torch.tensor([0, 1])
y = (params["w"] * x + params["b"]).tanh() @ (x.t() * params["u"])
loss = torch.nn.functional.cross_entropy(torch.cat([y, y * params["v"]]), torch.cat([t, t]))
picture = draw_graph(loss)
forms = picture.svg + str(picture) + picture.source + step_through(loss, **params).html
"""


def test_another_process_draws_the_same_bytes():
    here = {}
    exec(SAME_EVERYWHERE, here)
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    code = SAME_EVERYWHERE + "import sys; sys.stdout.buffer.write(forms.encode())"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == here["forms"].encode()


def test_the_same_graph_gives_the_same_bytes_again():
    for draw in (*LESSONS, hostile):
        one, two = draw(), draw()
        assert (one.svg, str(one), one.source) == (two.svg, str(two), two.source)
        assert one.svg == one.svg


@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf", ".dot"])
def test_saving_writes_the_format_that_the_ending_names(ending, tmp_path):
    starts = {".svg": b"<svg", ".png": b"\x89PNG\r\n", ".pdf": b"%PDF", ".dot": b"digraph"}
    picture, path = sine(), tmp_path / f"sine{ending}"
    assert picture.save(path) == path
    content = path.read_bytes()
    assert content.startswith(starts[ending])
    assert b"\r\n" not in content or ending in (".png", ".pdf")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert picture.save(str(path)).read_bytes() == content


@pytest.mark.parametrize("name", ["sine.jpg", "sine", "sine.svg.gz", ".svg"])
def test_another_ending_is_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(ValueError, match=re.escape(".svg, .png, .pdf, .dot")) as raised:
        sine().save(tmp_path / name)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf", ".dot"])
def test_a_save_that_fails_half_way_leaves_the_old_file(ending, tmp_path, monkeypatch):
    path = tmp_path / f"sine{ending}"
    path.write_text("old")
    picture = sine()

    def half(self, path):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(type(picture), "_write", half)
    with pytest.raises(OSError, match="disk full"):
        picture.save(path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_saving_where_there_is_no_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        sine().save(tmp_path / "missing" / "sine.svg")


def test_jupyter_gets_an_image_and_text_and_nothing_large_twice():
    picture = sine()
    bundle = picture._repr_mimebundle_()
    assert bundle == {"text/html": picture.html, "text/plain": str(picture)}
    assert repr(picture) == str(picture)
    assert len(bundle["text/html"]) < 1.5 * len(picture.svg)


def test_the_image_is_the_svg_and_is_read_as_the_text():
    picture = sine()
    (payload,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', picture.html)
    described = re.sub("<desc>.*</desc>\n", "", picture.svg, flags=re.DOTALL)
    assert base64.b64decode(payload).decode() == described
    (alt,) = re.findall(r'alt="([^"]+)"', picture.html)
    assert alt.startswith("Graph of z: 2 operations; x leaf 4; y = x² intermediate 16 PowBackward0")
    assert ">read by ear<" not in picture.image("read by ear")
    assert 'alt="read by ear"' in picture.image("read by ear")


def test_without_graphviz_one_line_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    x = torch.tensor(1.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="install Graphviz") as raised:
        draw_graph(x, engine="dot")
    assert "\n" not in str(raised.value)
    # DOT, PNG and all else need no program.
    picture = draw_graph(x)
    for ending in (".svg", ".png", ".pdf", ".dot"):
        picture.save(tmp_path / f"x{ending}")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz' program dot is not installed")
def test_with_graphviz_the_picture_is_its(tmp_path):
    x = torch.tensor(4.0, requires_grad=True)
    z = torch.sin(x)
    picture = draw_graph(z, engine="dot")
    assert "Generated by graphviz" in picture.svg
    assert picture.save(tmp_path / "z.png").read_bytes().startswith(b"\x89PNG")
    assert draw_graph(z).graph == picture.graph


@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_looks_for_garbage_while_drawing_and_the_collector_is_left_as_it_was(
    enabled, monkeypatch
):
    states = []
    for module, name in [(autograd_seen.draw, "trace"), (picture, "to_svg"), (picture, "to_dot")]:
        works = getattr(module, name)

        def noted(*given, works=works, **options):
            states.append(gc.isenabled())
            return works(*given, **options)

        monkeypatch.setattr(module, name, noted)
    x = torch.tensor(4.0, requires_grad=True)
    (gc.enable if enabled else gc.disable)()
    try:
        drawn = draw_graph(torch.sin(x))
        assert drawn.svg
        assert drawn.source
        assert states == [False, False, False]
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_an_error_while_drawing_leaves_the_collector_on():
    with pytest.raises(ValueError, match="needs a tensor with a graph"):
        draw_graph(torch.ones(()))
    assert gc.isenabled()
