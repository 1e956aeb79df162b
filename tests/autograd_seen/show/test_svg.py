"""The picture's three forms: SVG in the notebook, DOT for Graphviz, PNG and PDF for paper."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import autograd_seen
import pytest
import torch
from autograd_seen import draw_graph
from autograd_seen.graph import Edge, Fact, Graph, Node, Note
from autograd_seen.live.operations import operator
from autograd_seen.show.dot import SHAPES
from autograd_seen.show.scene import compose
from autograd_seen.show.svg import to_svg
from autograd_seen.show.theme import DARK, LIGHT
from autograd_seen.values import Value

from tests.autograd_seen.shown import shown

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(autograd_seen.__file__).parents[2]
HOSTILE = [
    "<b>&\"'",
    "a\nb",
    "x" * 10_000,
    "\ud800",
    "back\\slash\\N\\",
    "]]>",
    "<b>x</b>",
    "\x00",
    "--",
    "${x}",
]


def sine():
    x = torch.tensor(4.0, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    return draw_graph(z)


def neuron():
    """Binary cross-entropy of one neuron, written out term by term."""
    x, t = torch.tensor(3.0), torch.tensor(1.0)
    w, b = torch.tensor(0.5, requires_grad=True), torch.tensor(-0.2, requires_grad=True)
    z = w * x + b
    p = 1 / (1 + torch.exp(-z))
    L = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return draw_graph(L)


def network():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    x, t = torch.rand(8, 2), torch.rand(8, 1)
    loss = torch.nn.functional.mse_loss(model(x), t)
    return draw_graph(loss)


LESSONS = [sine, neuron, network]


def hostile():
    tensors = {name: torch.tensor(1.5, requires_grad=True) for name in HOSTILE}
    z = sum(tensors.values())
    return draw_graph(z, **{"<i>&\n\\N\\": tensors[HOSTILE[0]]})


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_the_svg_says_what_it_is_to_a_screen_reader(draw):
    picture = draw()
    svg = ElementTree.fromstring(picture.svg)
    title, description = svg[0], svg[1]
    assert svg.tag == f"{SVG}svg" and svg.get("role") == "img"
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert (
        title.text
        == svg.get("aria-label")
        == f"Computation graph of {shown(picture.graph).nodes[-1].name}"
    )
    assert description.text == str(picture)


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_the_svg_shares_nothing_with_the_page_around_it(draw):
    svg = draw().svg
    assert not re.search(r"\sid=|url\(|<script|<!|href", svg)
    # Every rule of the style sheet is about this picture and no other element of the page.
    style = re.search("<style>(.*)</style>", svg)[1]
    for selector in re.findall(
        r"([^{}]+)\{", style.replace("@media screen and (prefers-color-scheme:dark){", "")
    ):
        assert selector.startswith(".autograd-graph ")


@pytest.mark.parametrize("draw", LESSONS)
def test_a_lessons_svg_is_small(draw):
    assert len(draw().svg.encode()) < 20_000


def test_the_dark_theme_is_for_screens_only():
    style = re.search("<style>(.*)</style>", sine().svg)[1]
    light, dark = style.split("@media screen and (prefers-color-scheme:dark){")
    assert "@media" not in light + dark
    painted = r"(\.autograd-graph [.\w]+)\{[^}]*(?:fill|stroke):[#n]"
    assert set(re.findall(painted, dark)) == set(re.findall(painted, light))


def test_text_in_both_themes_stands_out_from_its_plate():
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for palette in (LIGHT, DARK):
        plates = [fill for fill, _ in palette.boxes.values() if fill != "none"]
        for ink in palette.inks.values():
            for plate in plates:
                low, high = sorted((luminance(ink), luminance(plate)))
                assert (high + 0.05) / (low + 0.05) >= 4.5  # what WCAG 2.1 asks of small text


@pytest.mark.parametrize("draw", LESSONS)
def test_every_box_and_every_arrow_is_inside_the_picture(draw):
    svg = ElementTree.fromstring(draw().svg)
    width, height = float(svg.get("width")), float(svg.get("height"))
    for rect in svg.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert 0 <= x <= x + float(rect.get("width")) <= width
        assert 0 <= y <= y + float(rect.get("height")) <= height


def every_role():
    """A graph that no tensor has: one node of each kind and role."""
    nodes = [
        Node(0, "tensor", "leaf", "x", shape=(), dtype="float32", value=Value(1, (), (4,))),
        Node(1, "tensor", "constant", "c", shape=(), dtype="float32", value=Value(1, (), (3,))),
        Node(
            2,
            "operation",
            "operation",
            operator=operator("MulBackward0"),
            arity=2,
            class_name="MulBackward0",
        ),
        Node(3, "tensor", "intermediate", "y", shape=(), dtype="float32"),
        Node(4, "cut", "cut", class_name="SinBackward0", notes=(Note(Fact.CONTINUES),)),
        Node(5, "tensor", "intermediate", "#1", shape=(2,), dtype="float32"),
        Node(
            6,
            "operation",
            "operation",
            operator=operator("AddBackward0"),
            arity=2,
            class_name="AddBackward0",
            freed=True,
        ),
        Node(7, "tensor", "root", "z", shape=(2,), dtype="float32", value=Value(2, (2,), (1, 2))),
    ]
    ends = [(0, 2, 0), (1, 2, 1), (2, 3, 0), (3, 6, 0), (4, 5, 0), (5, 6, 1), (6, 7, 0)]
    return Graph(tuple(nodes), tuple(Edge(*three) for three in ends), 7, limit=2)


def test_form_and_word_tell_the_roles_apart_without_colour():
    svg = to_svg(compose(every_role()), "t", "d")
    style = re.search("<style>(.*)</style>", svg)[1]
    forms = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        outlines = [(r.get("class"), r.get("rx") == "5") for r in group.iter(f"{SVG}rect")]
        name = outlines[0][0]
        widths = re.findall(rf"\.{name}{{stroke-width:([\d.]+)}}", style)
        dashes = re.findall(rf"\.{name}{{stroke-dasharray:([\d ]+)}}", style)
        forms[name] = (len(outlines), outlines[0][1], *widths, *dashes)
    assert set(forms) == {"leaf", "constant", "operation", "intermediate", "cut", "freed", "root"}
    assert len(set(forms.values())) == len(forms)
    words = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    for role in ("leaf", "constant", "root", "intermediate"):
        assert any(word.split(" · ")[0] == role for word in words)
    assert "continues, not drawn" in words and "saved tensors freed" in words


def test_form_tells_the_roles_apart_in_dot_too():
    assert len({str(form) for form in SHAPES.values()}) == len(SHAPES)


def test_a_minus_in_a_value_is_a_minus_and_a_name_stays_as_it_is():
    params = {"a-b": torch.tensor(-4.5, requires_grad=True)}
    z = params["a-b"] * 1.5
    assert "params['a-b'] = −4.5" in texts(draw_graph(z))


@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_dot_holds_the_same_nodes_and_edges(draw):
    picture = draw()
    source = picture.source
    assert source == picture.to_graphviz().source
    nodes = re.findall(r"^\tn(\d+) \[", source, re.MULTILINE)
    edges = re.findall(r"^\tn(\d+) -> n(\d+)", source, re.MULTILINE)
    assert [int(key) for key in nodes] == [node.key for node in shown(picture.graph).nodes]
    assert [(int(a), int(b)) for a, b in edges] == [
        (e.source, e.target) for e in picture.graph.edges
    ]
    assert source.isprintable() or set(c for c in source if not c.isprintable()) <= {"\n", "\t"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz' program dot is not installed")
@pytest.mark.parametrize("draw", [*LESSONS, hostile])
def test_graphviz_reads_the_dot_and_shows_the_same_text(draw):
    picture = draw()
    drawn = ElementTree.fromstring(picture.to_graphviz().pipe(format="svg"))
    shown = {" ".join(element.text.split()) for element in drawn.iter(f"{SVG}text")}
    lines = [line.text for box in compose(picture.graph).boxes for line in box.lines]
    assert shown >= {" ".join(line.split()) for line in lines}


def test_a_name_is_never_read_as_markup_by_graphviz():
    x = torch.tensor(1.0, requires_grad=True)
    source = draw_graph(x, **{"<b>a\\Nb": x}).source
    assert not re.search(r"(label|tooltip)=<", source)
    # One backslash before N would stand for the node's own name.
    assert set(re.findall(r"a(\\+)Nb", source)) == {"\\\\"}


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


def test_jupyter_gets_svg_and_text():
    picture = sine()
    bundle = picture._repr_mimebundle_()
    assert bundle == {"image/svg+xml": picture.svg, "text/plain": str(picture)}
    assert repr(picture) == str(picture)


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
